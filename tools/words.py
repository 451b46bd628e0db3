"""The words of the pages in other languages: write the catalogs from the English, and check them.

    python tools/words.py extract           write src/comity/web/locale/<language>/<module>.po anew; translations are kept
    python tools/words.py check             say what is missing, left over, changed, fuzzy or has lost a place; the gate `words`
    python tools/words.py todo fr [module]  print what has no translation, as key<TAB>English

`check` ends with 1 if it found a fault. An entry has the key as msgctxt and the English as msgid; where the English was
changed, `extract` keeps the old translation, marked fuzzy, and it does not count until a person has read it again.
"""

from __future__ import annotations

import argparse
import string
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from babel.messages.catalog import Message
from babel.messages.pofile import escape, read_po

from comity.web import words
from comity.web.texts import FIRST, FOLDER, LANGUAGES

NAMES = {"fr": "French", "hi": "Hindi", "pa": "Punjabi (Gurmukhi)"}
UNREVIEWED = "A native reader who knows the field has not reviewed it yet."
OTHERS = tuple(language for language in LANGUAGES if language != FIRST)
Tables = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Entry:
    """What a catalog says for one key."""

    english: str
    said: str
    fuzzy: bool = False


@dataclass(frozen=True)
class Catalog:
    """One catalog: the remarks at its head, its entries, and keys that stand in it twice."""

    head: tuple[str, ...]
    entries: Mapping[str, Entry]
    twice: tuple[str, ...]


def read(path: Path) -> Catalog:
    """Read a catalog; one that is not there is empty."""
    if not path.is_file():
        return Catalog((), {}, ())
    with path.open("rb") as file:
        messages: list[Message] = [message for message in read_po(file, abort_invalid=True) if message.id]
    lines = path.read_text(encoding="utf-8").splitlines()
    head = tuple(line for line in lines[: lines.index('msgid ""')] if line.startswith("#"))
    counted = Counter(str(m.context) for m in messages)
    stated = path.read_text(encoding="utf-8").count("\nmsgctxt ")
    twice = tuple(key for key, times in counted.items() if times > 1)
    if stated != len(messages):
        twice += ("an entry",)  # the reader keeps the last of two with the same key and English
    entries = {str(m.context): Entry(str(m.id), str(m.string or ""), m.fuzzy) for m in messages}
    return Catalog(head, entries, twice)


def write(path: Path, language: str, name: str, table: Mapping[str, str], known: Catalog) -> None:
    """Write a catalog in the order of the English table; what it said is kept."""
    first = f"# {NAMES[language]} words of Comity, module {name}. {UNREVIEWED}"
    fields = (f"Language: {language}", "MIME-Version: 1.0", "Content-Type: text/plain; charset=UTF-8")
    header = "".join(f"{escape(field + chr(10))}\n" for field in (*fields, "Content-Transfer-Encoding: 8bit"))
    blocks = ["\n".join(known.head or (first,)) + f'\nmsgid ""\nmsgstr ""\n{header}']
    for key, english in table.items():
        old = known.entries.get(key, Entry(english, ""))
        changed = bool(old.said) and (old.fuzzy or old.english != english)
        mark = "#, fuzzy\n" if changed else ""
        blocks.append(f"{mark}msgctxt {escape(key)}\nmsgid {escape(english)}\nmsgstr {escape(old.said)}\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(blocks), encoding="utf-8")


def places(text: str) -> Counter[str]:
    """Count each {place} of a text."""
    return Counter(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def extract(tables: Tables, folder: Path = FOLDER) -> None:
    """Write every catalog of every language; a catalog of a module that is gone is removed."""
    for language in OTHERS:
        for name, table in tables.items():
            path = folder / language / f"{name}.po"
            write(path, language, name, table, read(path))
        for path in sorted((folder / language).glob("*.po")):
            if path.stem not in tables:
                path.unlink()


def faults(tables: Tables, folder: Path = FOLDER) -> Iterator[str]:
    """Say each fault of the English tables and of each catalog, one a line."""
    yield from _english(tables)
    for language in OTHERS:
        for name, table in tables.items():
            where = f"{language}/{name}.po"
            for said in _compared(table, read(folder / language / f"{name}.po")):
                yield f"{where}: {said}"
        for path in sorted((folder / language).glob("*.po")):
            if path.stem not in tables:
                yield f"{language}/{path.name}: there is no such module of words"


def _english(tables: Tables) -> Iterator[str]:
    seen: dict[str, str] = {}
    for name, table in tables.items():
        for key, text in table.items():
            if key in seen:
                yield f"words/{name}.py: {key} stands in {seen[key]}.py too"
            seen.setdefault(key, name)
            try:
                places(text)
            except ValueError:
                yield f"words/{name}.py: {key} has a brace that opens no place"
    for key, name in seen.items():
        if key.endswith(".many") and key.removesuffix(".many") not in seen:
            yield f"words/{name}.py: {key} has no form for one"


def _compared(table: Mapping[str, str], catalog: Catalog) -> Iterator[str]:
    for key in catalog.twice:
        yield f"{key} stands twice"
    for key in catalog.entries:
        if key not in table:
            yield f"{key} is no key of the English"
    for key, english in table.items():
        entry = catalog.entries.get(key)
        if entry is None or not entry.said:
            yield f"{key} is not translated"
        elif entry.fuzzy:
            yield f"{key} is fuzzy"
        elif entry.english != english:
            yield f"{key}: the English was changed"
        else:
            yield from _kept(key, english, entry.said)


def _kept(key: str, english: str, said: str) -> Iterator[str]:
    try:
        same = places(said) == places(english)
    except ValueError:
        same = False
    if not same:
        yield f"{key} has lost or invented a {{place}}"
    if "!" in said and "!" not in english:
        yield f"{key} has an exclamation mark"
    if (said[:1].isspace(), said[-1:].isspace()) != (english[:1].isspace(), english[-1:].isspace()):
        yield f"{key} begins or ends with a blank"


def todo(tables: Tables, language: str, only: str = "", folder: Path = FOLDER) -> Iterator[str]:
    """Give `key<TAB>English` of each text that has no translation that counts."""
    for name, table in tables.items():
        entries = read(folder / language / f"{name}.po").entries
        for key, english in table.items():
            known = entries.get(key)
            if only in {"", name} and (known is None or not known.said or known.fuzzy or known.english != english):
                yield f"{key}\t{english}"


def main() -> int:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description="Write and check the catalogs of words.")
    ways = parser.add_subparsers(dest="way", required=True)
    ways.add_parser("extract")
    ways.add_parser("check")
    left = ways.add_parser("todo")
    left.add_argument("language", choices=OTHERS)
    left.add_argument("module", nargs="?", default="")
    asked = parser.parse_args()
    tables = words.tables()
    if asked.way == "extract":
        extract(tables)
        return 0
    found = list(todo(tables, asked.language, asked.module) if asked.way == "todo" else faults(tables))
    whole = sum(len(table) for table in tables.values())
    done = f"{whole} texts in {len(LANGUAGES)} languages, none is missing"
    print("\n".join(found) or done)
    return 1 if found and asked.way == "check" else 0


if __name__ == "__main__":
    sys.exit(main())
