"""The words of the pages in one language, looked up by key; codes (labels, grounds, TLP) are never translated.

English stands in `words`, a catalog of each other language in `locale/<language>/<module>.po`, read at the start: an entry
has the key as its context and the English as its id, so one whose English has since changed counts for nothing. What has no
translation is given in English. Names of states, agencies and laws are not here: they come with the cards of `screen`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from babel import Locale
from babel.lists import format_list
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from comity.web import words

FIRST = "en"
LANGUAGES = (FIRST, "fr", "hi", "pa")
MANY = ".many"
FOLDER = Path(__file__).parent / "locale"

_LOCALES = {FIRST: "en_001"}  # English as it is written between states: 13 Jul 2026; A, B and C
_THIN = "\u202f"

ENGLISH: Mapping[str, str] = {key: text for table in words.tables().values() for key, text in table.items()}


@cache
def locale(language: str) -> Locale:
    """Return what the Unicode CLDR knows of a language of the pages."""
    return Locale.parse(_LOCALES.get(language, language))


def catalog(path: Path) -> dict[tuple[str, str], str]:
    """Read one catalog: (key, English) -> translation; what is empty or marked fuzzy is left out."""
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        entries = [entry for entry in read_po(file) if entry.id]
    return {
        (entry.context or "", str(entry.id)): str(entry.string) for entry in entries if entry.string and not entry.fuzzy
    }


@dataclass(frozen=True, slots=True)
class _Table:
    """All words of one language, and the keys of those that are still English."""

    words: Mapping[str, str]
    borrowed: frozenset[str]


@cache
def _table(language: str, folder: Path) -> _Table:
    found: dict[str, str] = {"lang": language}
    borrowed: set[str] = set()
    for name, table in words.tables().items():
        known = {} if language == FIRST else catalog(folder / language / f"{name}.po")
        for key, english in table.items():
            said = english if language == FIRST else known.get((key, english))
            found[key] = english if said is None else said
            if said is None:
                borrowed.add(key)
    return _Table(found, frozenset(borrowed))


@lru_cache(maxsize=4096)
def _decimal(number: int, language: str) -> str:
    if language == FIRST:
        return f"{number:,}".replace(",", _THIN)
    return format_decimal(number, locale=locale(language), numbering_system="latn")


class Texts:
    """Looks words up in one language and writes numbers and lists as it does.

    Attributes:
        lang: the language's tag, for `lang` of the page.
        borrowed: keys that have no translation and are given in English.
    """

    __slots__ = ("_locale", "_words", "borrowed", "lang")

    def __init__(self, language: str = FIRST, folder: Path = FOLDER) -> None:
        """Take the language, one of `LANGUAGES`; a language that is none of them is English.

        Args:
            language: tag such as `fr`.
            folder: where the catalogs stand.
        """
        self.lang = language if language in LANGUAGES else FIRST
        table = _table(self.lang, folder)
        self._words, self.borrowed = table.words, table.borrowed
        self._locale = locale(self.lang)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Texts) and self.lang == other.lang and self._words is other._words

    def __hash__(self) -> int:
        return hash(self.lang)

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of `key` with its places filled.

        Raises:
            KeyError: no such text, or a place is not filled: a fault of the program, found by the tests.
        """
        return self._words[key].format(**values)

    def says(self, text: str) -> bool:
        """Say whether a text is one of these words as it stands."""
        return text in self._words.values()

    def count(self, key: str, n: int, **values: object) -> str:
        """Return the text for `n` things: `key` or `key.many`, as the language counts; `{count}` and `{n}` are `n` written."""
        form = key if self._locale.plural_form(n) == "one" else key + MANY  # spec: Unicode CLDR plurals
        said = self.number(n)
        return self._words[form].format(**{"count": said, "n": said, **values})

    def word(self, family: str, code: str) -> str:
        """Return the word for a code of a closed list, or the code itself if this program does not know it."""
        return self._words.get(f"{family}.{code}", code)

    def filled(self, family: str, code: str, *, value: str) -> str:
        """Return the sentence for a code of a closed list with its value in place; of an unknown code both as they are."""
        known = self._words.get(f"{family}.{code}")
        return f"{code}: {value}" if known is None else known.format(value=value)

    def lang_of(self, key: str) -> str:
        """Return the language in which the text of `key` stands: English if it has no translation."""
        return FIRST if key in self.borrowed else self.lang

    def language(self, tag: str) -> str:
        """Return the name of a language in this one, or its tag if the CLDR has no name for it."""
        return str(self._locale.languages.get(tag.partition("-")[0].lower(), tag))

    def number(self, number: int) -> str:
        """Write a whole number with Latin digits, grouped as the language groups."""
        return _decimal(number, self.lang)

    def listing(self, items: Iterable[str], *, either: bool = False) -> str:
        """Write a list as a sentence has it: `A, B and C`, or `A, B or C`."""
        return format_list(list(items), "or" if either else "standard", locale=self._locale)
