"""Reading single provisions out of an official consolidation in XML, as plain text that can be kept and compared.

The rule it keeps: labels and words stand, marginal notes, footnotes and history do not (they are no part of the law), and
blanks and lines are those of this reading; so two texts differ only if the law does. The form is that of consolidations
with `Section`, `Subsection`, `Paragraph` and so on, each with a `Label` and a `Text`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree as ET

from comity.base.errors import BadConfiguration
from comity.policy.toml import Table

ACTS = "acts.toml"
"""In a folder of kept texts: where each act lies in the consolidation, and which provisions are not kept, and why."""
_SILENT = frozenset({"Label", "MarginalNote", "HistoricalNote", "Footnote", "FootnoteRef", "OriginatingRef", "Leader"})
_INLINE = frozenset(
    {
        "Emphasis", "XRefExternal", "XRefInternal", "DefinedTermEn", "DefinedTermFr", "DefinitionRef", "Language", "Sup",
        "Sub", "Repealed", "DefinitionEnOnly", "DefinitionFrOnly", "FormulaTerm",
    }
)  # fmt: skip
_LABELLED = re.compile(r"s(?P<section>[\d.]+)(?P<rest>(?:\([^()]+\))*)|Sch(?P<schedule>[IVX]+|\d+)")
_CURRENT = "current-date"
_SINCE = "inforce-start-date"


@dataclass(frozen=True, slots=True)
class Act:
    """One act as the consolidation has it: its file and its title."""

    xml: str
    title: str


@dataclass(frozen=True, slots=True)
class Collection:
    """What is said of one jurisdiction's texts.

    Attributes:
        prefix: of its provisions, such as `XA`.
        acts: by the word that a provision has for them.
        spans: provision to the provisions that it stands for, where one word means several sections.
        not_kept: why there is no text, by provision or by the beginning of one up to a `/`.
    """

    prefix: str
    acts: Mapping[str, Act]
    spans: Mapping[str, tuple[str, ...]]
    not_kept: Mapping[str, str]

    def why_not(self, provision: str) -> str | None:
        """Return why no text of it is kept; None if one should be."""
        places = [provision, *(provision[: place.start()] for place in re.finditer("/", provision))]
        return next((self.not_kept[place] for place in places if place in self.not_kept), None)

    def act_of(self, provision: str) -> Act | None:
        """Return the act that a provision belongs to, if it is of this jurisdiction."""
        parts = provision.split("/")
        return self.acts.get(parts[1]) if len(parts) > 1 and parts[0] == self.prefix else None


@dataclass(frozen=True, slots=True)
class Extract:
    """One provision's text: lines with their labels; `pit` and `since` are ISO days, as the consolidation says."""

    text: str
    act: str
    section: str
    pit: str
    since: str


def read_collection(text: str, file: str) -> Collection:
    """Read an `acts.toml`.

    Raises:
        BadConfiguration: it does not fit.
    """
    try:
        head = Table(file, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration(f"{file}: {error}") from error
    acts, spans, reasons = head.table("acts"), head.table("spans"), head.table("not_kept")
    found = Collection(
        prefix=head.text("prefix"),
        acts={name: _act(acts.table(name)) for name in acts.names()},
        spans={name: spans.texts(name) for name in spans.names()},
        not_kept={name: reasons.text(name) for name in reasons.names()},
    )
    head.done()
    return found


def folder_reader(path: Path) -> Callable[[str], bytes | None]:
    """Return a reader of a consolidation's files: below a folder, or one XML file that stands for its namesake."""

    def read(name: str) -> bytes | None:
        file = path / name if path.is_dir() else path
        return file.read_bytes() if file.is_file() and file.name == Path(name).name else None

    return read


def extract(provision: str, collection: Collection, read: Callable[[str], bytes | None]) -> Extract | None:
    """Return the text of a provision; None if the file or the provision is not there.

    Args:
        provision: as `@law` has it, such as `XA/Some-Act/s8(2)(f)`; of an act of the collection.
        collection: where its acts lie.
        read: content of a file of the consolidation, None if there is none.

    Raises:
        BadConfiguration: the provision is not of the collection, or the file is no consolidation.
    """
    act = collection.act_of(provision)
    if act is None:
        raise BadConfiguration(f"{provision}: no act of {ACTS} is meant")
    content = read(act.xml)
    if content is None:
        return None
    root = _parse(content, act.xml)
    parts = collection.spans.get(provision, (provision.split("/", 2)[2],))
    found = [_provision(root, part) for part in parts]
    if any(one is None for one in found):
        return None
    lines = [line for one in found if one is not None for line in one[0]]
    return Extract(
        text="".join(f"{line}\n" for line in lines),
        act=act.title,
        section=f"{_name(parts[0])} to {_name(parts[-1])}" if len(parts) > 1 else _name(parts[0]),
        pit=_attribute(root, _CURRENT),
        since=max(one[1] for one in found if one is not None),
    )


def _act(table: Table) -> Act:
    act = Act(table.text("xml"), table.text("title"))
    table.done()
    return act


def _name(part: str) -> str:
    return part.removeprefix("s") if part.startswith("s") else part.replace("Sch", "Sch. ")


@lru_cache(maxsize=2)
def _parse(content: bytes, name: str) -> ET.Element:
    try:
        return ET.fromstring(content)  # noqa: S314  a file that the person names; the parser bounds entity expansion
    except ET.ParseError as error:
        raise BadConfiguration(f"{name} is no XML ({error}); nothing was compared") from error


def _attribute(element: ET.Element, name: str) -> str:
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _provision(root: ET.Element, part: str) -> tuple[list[str], str] | None:
    """Return the lines of one section, part of one or schedule, and since when it reads so."""
    form = _LABELLED.fullmatch(part)
    if form is None:
        raise BadConfiguration(f"{part!r} is neither a section such as s8(2)(f) nor a schedule such as SchVI")
    if form["schedule"]:
        unit = _labelled(root.iter("Schedule"), f"SCHEDULE {form['schedule']}")
        return None if unit is None else (list(_lines(unit, "")), _attribute(unit, _SINCE))
    body = root.find("Body")
    unit = None if body is None else _labelled(body.iter("Section"), form["section"])
    if unit is None:
        return None
    lines, label = [], form["section"]
    tail: list[str] = []
    for step in re.findall(r"\([^()]+\)", form["rest"]):
        path = _path_to(unit, step)
        if path is None:
            return None
        for ancestor in path[:-1]:
            before, after = _own_words(ancestor)
            lines += [f"{label} {line}".strip() for line in before]
            label, tail = "" if before else label, [*after, *tail]
        unit, label = path[-1], f"{label} {step}".strip()
    return [*lines, *_lines(unit, label), *tail], _attribute(unit, _SINCE)


def _path_to(unit: ET.Element, label: str) -> list[ET.Element] | None:
    """Return the way from a unit down to the only part with this label; parts without labels are passed through."""
    ways = []
    for child in unit:
        own = _label(child)
        if own == label:
            ways.append([unit, child])
        elif own == "" and child.tag not in _SILENT and child.tag != "Text":
            below = _path_to(child, label)
            if below is not None:
                ways.append([unit, *below])
    return ways[0] if len(ways) == 1 else None


def _own_words(unit: ET.Element) -> tuple[list[str], list[str]]:
    """Return what a unit says before its parts, and what it says after them."""
    before = [_plain(child) for child in unit if child.tag == "Text"]
    after = [_plain(child) for child in unit if child.tag.startswith("Continued")]
    return before, after


def _labelled(elements: Iterator[ET.Element], label: str) -> ET.Element | None:
    return next((element for element in elements if _label(element) == label), None)


def _label(element: ET.Element) -> str:
    found = element.find("Label")
    if found is None:
        found = element.find("ScheduleFormHeading/Label")
    return "" if found is None else " ".join("".join(found.itertext()).split())


def _lines(unit: ET.Element, label: str) -> Iterator[str]:
    """Yield a unit's words line by line, each label before the first words that it stands for."""
    pending = label
    for child in unit:
        if child.tag in _SILENT:
            continue
        if child.tag == "Text" or (child.find(".//Text") is None and child.find(".//Label") is None):
            words = _plain(child)
            if words:
                yield f"{pending} {words}".strip()
                pending = ""
            continue
        own = "" if child.tag == "ScheduleFormHeading" else _label(child)
        yield from _lines(child, f"{pending} {own}".strip())
        pending = ""
    if pending:
        yield pending


def _plain(element: ET.Element) -> str:
    """Return the words of an element on one line; what is set within a line joins its neighbours."""
    return " ".join("".join(_pieces(element)).split())


def _pieces(element: ET.Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        gap = "" if child.tag in _INLINE or child.tag in _SILENT else " "
        yield gap
        if child.tag not in _SILENT:
            yield from _pieces(child)
        yield gap
        yield child.tail or ""
