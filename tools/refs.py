"""Check that each rule taken from a text names a text that `docs/sources.toml` knows, and list texts no code names.

Code, law and accord files say where a rule comes from in a comment at the place where it is applied:

    # spec: RFC 6962 2.1.1            # law: XA/Some-Act/s8(2)(f)            # agreement: art-4(2)

Several references stand behind one mark, separated by `;`, or each behind its own. In Cedar files `//` opens the comment, and a `@law("...")` or
`@spec("...")` annotation counts the same. A law's provision must be one that the source lists, or a part of one, so that
the mark for how it was read (T text, S secondary page, M memory) is known for every rule. Of a text whose sections are counted, the
section must be one of them.

A law's rules say it in words of their own, for people: `@article("Some Act, s. 8(2)(f); treaty way: Other Act, s. 7")`. The act
must be one of the texts of that jurisdiction, the provision must be listed, and `@status` may not claim to know the text better
than the list says.

Exit codes: 0 all references are known, 1 at least one is not.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "docs" / "sources.toml"
FOLDERS = ("src", "laws", "accords")
ENDINGS = frozenset({".py", ".cedar", ".toml", ".sql", ".html", ".js", ".css", ".cddl"})
MARKS = frozenset({"T", "S", "M"})
KINDS = frozenset({"spec", "law", "agreement"})
ORDER = "TSM"
KNOWN_AS = {"accord": "T", "text-read": "T", "secondary": "S", "unverified": "M"}
"""What a rule's status claims, as a mark."""
_OPEN = r"(?:#|//|--|/\*)\s*(spec|law|agreement):\s*"
_COMMENT = re.compile(rf"{_OPEN}(.+?)(?=\s*(?:-->|\*/|{_OPEN})|\s*$)")
_ARTICLE = re.compile(r'@article\("([^"]+)"\)')
_STATUS = re.compile(r'@status\("([^"]+)"\)')
_NUMBER = re.compile(r"(?<![\w(])(?:\d[\w.]*|[IVX]+)(?:\(\w+\))*")
_PROVISIONS = re.compile(r"\b(ss?|arts?|cl|Sch)\. ((?:[\dIVX][\w.]*(?:\(\w+\))*(?:, |-)?|\(\w+\)(?:, )?)+)")
_SECTION = re.compile(r"\s*(\d+)(?:\.\d+)*(?:-(\d+))?\b")
_ANNOTATION = re.compile(r'@(spec|law|agreement)\("([^"]+)"\)')


@dataclass(frozen=True)
class Source:
    """One text: its id as code writes it, its kind, and how it (or each provision of a law) was read."""

    id: str
    kind: str
    title: str
    cite: str
    read: str
    provisions: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    """How rules of law write it, beside the title."""
    sections: int = 0
    """Number of its last section, from 1; 0: they are not counted here."""


@dataclass(frozen=True)
class Rule:
    """What one rule of law says of its text: `folder` is that of its edition."""

    path: str
    line: int
    folder: str
    article: str
    status: str


@dataclass(frozen=True)
class Reference:
    """One place that names a text: `text` is what stands behind the mark, without it."""

    path: str
    line: int
    kind: str
    text: str


def read_sources(text: str) -> tuple[Source, ...]:
    """Read the list of texts.

    Raises:
        ValueError: an entry lacks a field, repeats an id, or has a mark or kind that is none.
    """
    found: dict[str, Source] = {}
    for entry in tomllib.loads(text).get("source", []):
        try:
            source = Source(**entry)
        except TypeError as error:
            raise ValueError(f"sources.toml: {entry.get('id', entry)}: {error}") from error
        if source.id in found:
            raise ValueError(f"sources.toml: {source.id} stands twice")
        if source.kind not in KINDS or {source.read, *source.provisions.values()} - MARKS:
            raise ValueError(f"sources.toml: {source.id}: kind is one of {sorted(KINDS)}, read one of {sorted(MARKS)}")
        found[source.id] = source
    return tuple(found.values())


def find_references(path: str, text: str) -> Iterator[Reference]:
    """Yield each reference of one file, in its order."""
    for number, line in enumerate(text.splitlines(), 1):
        for mark in (*_COMMENT.finditer(line), *_ANNOTATION.finditer(line)):
            for one in mark[2].split(";"):
                yield Reference(path, number, mark[1], one.strip().rstrip("."))


def source_of(reference: Reference, sources: Iterable[Source]) -> Source | None:
    """Return the source whose id begins the reference; the longest wins, so that `RFC 690` never stands for `RFC 6902`."""
    fits = [s for s in sources if s.kind == reference.kind and re.match(rf"{re.escape(s.id)}(?![\w])", reference.text)]
    return max(fits, key=lambda s: len(s.id), default=None)


def fault_of(reference: Reference, sources: Iterable[Source]) -> str | None:
    """Return what is wrong with a reference, or None."""
    source = source_of(reference, sources)
    if source is None:
        return f"no {reference.kind} of docs/sources.toml begins {reference.text!r}"
    beyond = [one for one in sections_in(reference.text[len(source.id) :]) if not 0 < one <= source.sections]
    if source.sections and beyond:
        return f"{source.id} has no section {beyond[0]}; its last is {source.sections}"
    provision = reference.text[len(source.id) :].split(" ")[0].lstrip("/")
    if source.kind != "law" or not source.provisions or not provision:
        return None
    if any(is_part(provision, listed) for listed in source.provisions):
        return None
    return f"{source.id} lists no provision {provision!r}; it has {', '.join(source.provisions)}"


def sections_in(words: str) -> list[int]:
    """Return the numbers of the sections that words name: `2.1, 5-7` gives 2, 5 and 7, `4 rule 3, 10` gives 4 and 10."""
    found = (_SECTION.match(part) for part in words.split(","))
    return [int(number) for one in found if one is not None for number in one.groups() if number]


def is_part(provision: str, listed: str) -> bool:
    """Say whether a provision is the listed one or a part of it: `s8(2)(f)` is a part of `s8`, `s81` is not."""
    return provision == listed or (provision.startswith(listed) and provision[len(listed)] in "(.-/")


def read_tree(root: Path) -> Iterator[Reference]:
    """Yield each reference under the folders that hold rules."""
    for path in sorted(p for folder in FOLDERS for p in (root / folder).rglob("*") if p.suffix in ENDINGS):
        yield from find_references(str(path.relative_to(root)), path.read_text(encoding="utf-8"))


def read_rules(root: Path) -> Iterator[Rule]:
    """Yield each rule of law under `laws`."""
    for path in sorted((root / "laws").rglob("*.cedar")):
        yield from find_rules(str(path.relative_to(root)), path.read_text(encoding="utf-8"))


# --- the articles of rules of law ----------------------------------------------------------------------------------------


def find_rules(path: str, text: str) -> Iterator[Rule]:
    """Yield article and status of each rule of a Cedar file."""
    folder = next(name for name in reversed(path.split("/")[:-1]) if name != "private")
    for found in _ARTICLE.finditer(text):
        status = _STATUS.search(text, found.end())
        yield Rule(path, text.count("\n", 0, found.start()) + 1, folder, found[1], status[1] if status else "")


def parts_of(article: str) -> list[str]:
    """Return the texts that an article names, and the remarks between them."""
    return [part.strip().removeprefix("treaty way: ") for part in article.split(";")]


def named_text(part: str, folder: str, sources: Iterable[Source]) -> tuple[Source, str] | None:
    """Return the law that a part of an article begins with, and how it was written there; the longest name wins."""
    fits = [
        (source, name)
        for source in sources
        if source.kind == "law" and source.id.split("/")[0] in {folder.upper(), "XX", "UN"}
        for name in (source.title, *source.names)
        if re.match(rf"{re.escape(name)}(?!\w)", part)
    ]
    return max(fits, key=lambda fit: len(fit[1]), default=None)


def provisions_in(words: str) -> list[str]:
    """Return the provisions that words name, in the list's form: `ss. 44, 46` gives s44 and s46, `Sch. VI` SchVI."""
    found = []
    for kind, numbers in _PROVISIONS.findall(words):
        form = {"s": "s", "ss": "s", "art": "art", "arts": "art", "cl": "cl", "Sch": "Sch"}[kind]
        found += [form + number for number in _NUMBER.findall(numbers)]
    return found


def faults_of_rule(rule: Rule, sources: Iterable[Source]) -> Iterator[str]:
    """Yield what is wrong with the article of a rule, or with what its status claims."""
    kept = tuple(sources)
    for number, part in enumerate(parts_of(rule.article)):
        found = named_text(part, rule.folder, kept)
        if found is None:
            if number == 0 or part[:1].isupper():
                yield f"no law of docs/sources.toml for {rule.folder} is called {part!r}"
            continue
        source, name = found
        named = provisions_in(part[len(name) :])
        marks = [source.provisions[p] for n in named for p in source.provisions if is_part(n, p)] or [source.read]
        if source.provisions and any(not any(is_part(n, p) for p in source.provisions) for n in named):
            yield f"{source.id} lists not all of {', '.join(named)}; it has {', '.join(source.provisions)}"
        elif number == 0 and KNOWN_AS.get(rule.status, "?") not in allowed_by(marks):
            yield f"status {rule.status!r} claims more than the marks of {source.id}: {', '.join(marks)}"


def allowed_by(marks: Iterable[str]) -> str:
    """Return the marks that a rule may claim whose provisions have these: the worst of them, or a worse one."""
    return ORDER[max(ORDER.index(mark) for mark in marks) :]


def faults_of_tree(root: Path, sources: tuple[Source, ...]) -> list[str]:
    """Return every fault of the tree, each with its place."""
    found = [(r.path, r.line, fault) for r in read_tree(root) if (fault := fault_of(r, sources))]
    found += [(rule.path, rule.line, fault) for rule in read_rules(root) for fault in faults_of_rule(rule, sources)]
    return [f"{path}:{line}: {fault}" for path, line, fault in found]


def places_of(root: Path, sources: tuple[Source, ...]) -> dict[str, list[str]]:
    """Return for each text the places that name it."""
    places: dict[str, list[str]] = {source.id: [] for source in sources}
    for reference in read_tree(root):
        source = source_of(reference, sources)
        if source:
            places[source.id].append(f"{reference.path}:{reference.line}")
    for rule in read_rules(root):
        for part in parts_of(rule.article):
            called = named_text(part, rule.folder, sources)
            if called:
                places[called[0].id].append(f"{rule.path}:{rule.line}")
    return places


def main() -> int:
    """Read sources and tree, print faults, then what no code names."""
    parser = argparse.ArgumentParser(description="Check references to texts, and list texts that no code names.")
    parser.add_argument("--all", action="store_true", help="also list each text with the places that name it")
    wanted = parser.parse_args()
    sources = read_sources(SOURCES.read_text(encoding="utf-8"))
    faults = faults_of_tree(ROOT, sources)
    places = places_of(ROOT, sources)
    print("".join(f"{fault}\n" for fault in faults), end="")
    if wanted.all:
        for name, where in places.items():
            print("\n    ".join([f"{name}: {len(where)}", *where]))
    unnamed = [name for name, where in places.items() if not where]
    count = sum(map(len, places.values()))
    print(f"{count} places name {len(sources) - len(unnamed)} of {len(sources)} texts, {len(faults)} faults")
    if unnamed:
        print(f"no code names: {', '.join(unnamed)}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
