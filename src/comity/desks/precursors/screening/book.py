"""One edition of the list: substances, their standing by jurisdiction and day, class rules, words and codes.

The rule it keeps: an edition is read whole or not at all, every number's digit is checked as it is read, and its hash is over
all of its files, so that a verdict names exactly what it rests on.
"""  # spec: precursors-and-documents.md 2

from __future__ import annotations

import csv
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from io import StringIO
from typing import Final

from comity.base import cbor
from comity.base.errors import BadConfiguration
from comity.base.hashing import domain_hash
from comity.base.ids import Digest
from comity.desks.precursors.screening import cas
from comity.desks.precursors.screening.rules import ClassRule, Group, Known, Nearness, read_rules
from comity.desks.precursors.screening.status import Precision, Standing, Status, span
from comity.desks.precursors.screening.words import Words, read_words
from comity.policy.toml import Table

EDITION: Final = "edition.toml"
SUBSTANCES: Final = "substances.csv"
STATUSES: Final = "statuses.csv"
NAMES: Final = "names.csv"
NUMBERS: Final = "numbers.csv"
OTHERS: Final = "others.csv"
FORMS: Final = "forms.csv"
RULES: Final = "classes.toml"
WORDS: Final = "words.toml"
NEEDED: Final = (EDITION, SUBSTANCES, STATUSES, NAMES, NUMBERS, OTHERS, FORMS, RULES, WORDS)
_DOMAIN: Final = "comity/substances/1"
_SHOWN_HASH: Final = 12
_HS_DIGITS: Final = 6


class Salts(StrEnum):
    """Which salts of a substance count as the substance."""

    NONE = "none"
    BASE = "base"
    ACID = "acid"
    BOTH = "both"


class Counts(StrEnum):
    """As which part of the goods a substance counts."""

    ANYWHERE = "anywhere"
    WHOLE = "whole"
    """Only as the whole of them: acids whose salts are free, solvents that crystals hold, elements."""
    INGREDIENT = "ingredient"
    """As the whole of them; as one of several components, which is how polymers are drawn, for a person."""


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """Whose law: a state's, a treaty's, or a list of what to watch.

    Attributes:
        code: as statuses and rules have it.
        kind: `nation`, `treaty` or `watch`.
        titles: (language, title), sorted.
    """

    code: str
    kind: str
    titles: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Substance:
    """One listed substance.

    Attributes:
        id: stable key.
        name: English.
        names: every name, the English first; French and trade names among them.
        cas: number, checked; "" if none is known.
        related: (number, form) of salts and other forms, checked.
        smiles: "" where no structure was read.
        drawings: every structure under which it is drawn, `smiles` first; other tautomers and its hydrate among them.
        inchikey: as the list has it.
        keys: further InChIKeys under which tables have it.
        hs: 6 digits; "" if none is known.
        hs_exact: the code names it; otherwise it is one of many under that code.
        un: transport number; "" if none is known.
        salts: which salts count.
        relative: only this relative configuration is meant; other stereoisomers are other substances.
        counts: as which part of the goods.
        one_source: nothing independent confirms that number and structure belong together.
        sources: where the row was read.
        notes: what an officer should know.
    """

    id: str
    name: str
    names: tuple[str, ...]
    cas: str
    related: tuple[tuple[str, str], ...]
    smiles: str
    drawings: tuple[str, ...]
    inchikey: str
    keys: tuple[str, ...]
    hs: str
    hs_exact: bool
    un: str
    salts: Salts
    relative: bool
    counts: Counts
    one_source: bool
    sources: tuple[str, ...]
    notes: str


@dataclass(frozen=True, slots=True)
class Other:
    """A substance that is not on the list: a common one, or one that fits a general wording.

    Attributes:
        names: every name.
        cas: checked; "" if none.
        smiles: "" if none.
    """

    names: tuple[str, ...]
    cas: str
    smiles: str


@dataclass(frozen=True, slots=True)
class SubstanceBook:
    """One edition of the list, read and checked.

    Attributes:
        name: of the edition.
        day: up to which instruments were read.
        digest: hash over all its files.
        jurisdictions: in the order in which verdicts prefer them.
        substances: in the order of the list.
        by_id: the same by id.
        status: (substance, jurisdiction) to what is known, in the order of time.
        classes: class rules, in the order of the file.
        groups: groups that a law names, which are taken off before comparing again.
        known: structures that fit a class wording and were looked at.
        nearness: from which likeness on a person looks.
        words: for names and texts.
        others: common substances that are not listed.
        forms: known substances that fit a general wording, so that their names and numbers lead to their structures.
    """

    name: str
    day: date
    digest: Digest
    jurisdictions: tuple[Jurisdiction, ...]
    substances: tuple[Substance, ...]
    by_id: Mapping[str, Substance]
    status: Mapping[tuple[str, str], tuple[Status, ...]]
    classes: tuple[ClassRule, ...]
    groups: tuple[Group, ...]
    known: tuple[Known, ...]
    nearness: Nearness
    words: Words
    others: tuple[Other, ...]
    forms: tuple[Other, ...]

    @property
    def edition(self) -> str:
        """Return name and first digits of the hash, as verdicts name the edition."""
        return f"{self.name} ({self.digest.hex()[:_SHOWN_HASH]})"

    @property
    def treaties(self) -> tuple[str, ...]:
        """Return the codes of the treaties."""
        return tuple(one.code for one in self.jurisdictions if one.kind == "treaty")

    @property
    def nations(self) -> tuple[str, ...]:
        """Return the codes of the states."""
        return tuple(one.code for one in self.jurisdictions if one.kind == "nation")

    def statuses(self, substance: str, jurisdiction: str) -> tuple[Status, ...]:
        """Return what is known of it, in the order of time; () if nothing."""
        return self.status.get((substance, jurisdiction), ())

    def pairs(self) -> frozenset[tuple[str, str]]:
        """Return every (substance, jurisdiction) of which something is known."""
        return frozenset(self.status)

    @classmethod
    def load(cls, files: Mapping[str, bytes]) -> SubstanceBook:
        """Read and check an edition; the last ones are kept, for several parts of a node read the same.

        Args:
            files: name inside the edition's folder to content; names that end in `.md` are for people and count in
                the hash only.

        Raises:
            BadConfiguration: anything missing, unknown or wrong, a check digit among them; the message names it.
        """
        return _loaded(tuple(sorted(files.items())))

    @classmethod
    def read(cls, files: Mapping[str, bytes]) -> SubstanceBook:
        """Read and check an edition anew; see `load`."""
        missing = [name for name in NEEDED if name not in files]
        if missing:
            raise BadConfiguration(f"an edition of the list needs {missing[0]}; nothing was loaded")
        head = Table(EDITION, _toml(EDITION, files[EDITION]))
        name, day = head.text("name"), _day(EDITION, head.text("day"))
        head.one_of("status", ("exercise", "in-force"))
        jurisdictions = tuple(_jurisdiction(table) for table in head.tables("jurisdiction"))
        head.done()
        codes = frozenset(one.code for one in jurisdictions)
        substances = _substances(files)
        by_id = {one.id: one for one in substances}
        if len(by_id) != len(substances):
            raise BadConfiguration(f"{SUBSTANCES}: an id stands twice; nothing was loaded")
        rules = read_rules(RULES, _toml(RULES, files[RULES]), codes, frozenset(by_id))
        return cls(
            name=name,
            day=day,
            digest=domain_hash(_DOMAIN, cbor.encode(dict(files))),
            jurisdictions=jurisdictions,
            substances=substances,
            by_id=by_id,
            status=_statuses(_rows(STATUSES, files[STATUSES]), codes, frozenset(by_id)),
            classes=rules.classes,
            groups=rules.groups,
            known=rules.known,
            nearness=rules.nearness,
            words=read_words(WORDS, _toml(WORDS, files[WORDS]), frozenset(by_id)),
            others=tuple(_other(OTHERS, row) for row in _rows(OTHERS, files[OTHERS])),
            forms=tuple(_other(FORMS, row) for row in _rows(FORMS, files[FORMS])),
        )


@lru_cache(maxsize=4)
def _loaded(files: tuple[tuple[str, bytes], ...]) -> SubstanceBook:
    return SubstanceBook.read(dict(files))


def _toml(file: str, data: bytes) -> Mapping[str, object]:
    try:
        return tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{file}: {error}; nothing was loaded") from error


def _rows(file: str, data: bytes) -> Iterator[dict[str, str]]:
    """Yield the rows of a table, each with every column of its first line."""
    try:
        reader = csv.DictReader(StringIO(data.decode()), strict=True)
        for row in reader:
            if None in row or None in row.values():
                raise BadConfiguration(f"{file}:{reader.line_num}: a row has other columns; nothing was loaded")
            yield {column: value.strip() for column, value in row.items()}
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{file}: {error}; nothing was loaded") from error


def _day(where: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadConfiguration(f"{where}: {text!r} is no day; nothing was loaded") from error


def _jurisdiction(table: Table) -> Jurisdiction:
    code, kind = table.text("code"), table.one_of("kind", ("nation", "treaty", "watch"))
    titles = tuple((tag, table.text(tag)) for tag in sorted(table.names() - {"code", "kind"}))
    return Jurisdiction(code, kind, titles)


def _parts(text: str, mark: str = ";") -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(mark) if part.strip())


def _number(file: str, text: str) -> str:
    if text and not cas.is_valid(text):
        raise BadConfiguration(f"{file}: {text} fails its check digit; nothing was loaded")
    return text


def _code(file: str, text: str) -> str:
    plain = text.replace(".", "")
    if plain and not (plain.isascii() and plain.isdigit() and len(plain) == _HS_DIGITS):
        raise BadConfiguration(f"{file}: {text} is no customs code of six digits; nothing was loaded")
    return plain


def _substances(files: Mapping[str, bytes]) -> tuple[Substance, ...]:
    names: defaultdict[str, list[str]] = defaultdict(list)
    for row in _rows(NAMES, files[NAMES]):
        names[row["substance_id"]].append(row["name"])
    numbers: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in _rows(NUMBERS, files[NUMBERS]):
        numbers[row["substance_id"]].append((_number(NUMBERS, row["cas"]), row["form"]))
    found = tuple(_substance(row, names, numbers) for row in _rows(SUBSTANCES, files[SUBSTANCES]))
    unknown = (names.keys() | numbers.keys()) - {one.id for one in found}
    if unknown:
        raise BadConfiguration(f"{NAMES}, {NUMBERS}: there is no substance {min(unknown)}; nothing was loaded")
    return found


def _substance(
    row: Mapping[str, str], names: Mapping[str, list[str]], numbers: Mapping[str, list[tuple[str, str]]]
) -> Substance:
    own, other = row["substance_id"], row["structure_crosscheck"]
    try:
        salts, counts = Salts(row["salts"]), Counts(row["counts"])
    except ValueError as error:
        raise BadConfiguration(f"{SUBSTANCES}: {own}: {error}; nothing was loaded") from error
    return Substance(
        id=own,
        name=row["name"],
        names=_once((row["name"], *_parts(row["synonyms"]), *_parts(row["name_fr"]), *names.get(own, ()))),
        cas=_number(SUBSTANCES, row["cas"]),
        related=tuple(numbers.get(own, ())),
        smiles=row["smiles"],
        drawings=_once((row["smiles"], *_parts(row["smiles_other"]))),
        inchikey=row["inchikey"],
        keys=(other.rpartition(" ")[2],) if other.startswith("PubChem differs") else (),
        hs=_code(SUBSTANCES, row["hs2022"]),
        hs_exact=row["hs_scope"].startswith("exact"),
        un=row["un_number"],
        salts=salts,
        relative=row["stereo"] == "relative",
        counts=counts,
        one_source=other in {"", "none found"},
        sources=_parts(row["source"], "|"),
        notes=row["notes"],
    )


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))


def _other(file: str, row: Mapping[str, str]) -> Other:
    return Other(_parts(row["names"]), _number(file, row["cas"]), row["smiles"])


def _statuses(
    rows: Iterable[Mapping[str, str]], codes: frozenset[str], substances: frozenset[str]
) -> dict[tuple[str, str], tuple[Status, ...]]:
    found: defaultdict[tuple[str, str], list[Status]] = defaultdict(list)
    for row in rows:
        if row["jurisdiction"] not in codes or row["substance_id"] not in substances:
            raise BadConfiguration(
                f"{STATUSES}: {row['substance_id']}, {row['jurisdiction']}: not of this edition; nothing was loaded"
            )
        found[row["substance_id"], row["jurisdiction"]].append(_status(row))
    return {pair: tuple(sorted(several, key=lambda one: one.since)) for pair, several in found.items()}


def _status(row: Mapping[str, str]) -> Status:
    where = f"{STATUSES}: {row['substance_id']}, {row['jurisdiction']}"
    try:
        kind = Precision(row["since_kind"])
        if row["since"]:
            span(row["since"])
        if row["until"]:
            span(row["until"])
        if bool(row["since"]) == (kind in {Precision.UNREAD, Precision.ALWAYS}):
            raise BadConfiguration(
                f"{where}: a {kind} start and {row['since']!r} do not go together; nothing was loaded"
            )
        return Status(
            substance=row["substance_id"],
            jurisdiction=row["jurisdiction"],
            standing=Standing(row["standing"]),
            since=row["since"],
            kind=kind,
            before=Standing(row["before"] or Standing.UNKNOWN),
            until=row["until"],
            list=row["list"],
            instrument=row["instrument"],
            source=row["source"],
        )
    except ValueError as error:
        raise BadConfiguration(f"{where}: {error}; nothing was loaded") from error
