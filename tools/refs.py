"""Check that each rule taken from a text names a text that `docs/sources.toml` knows, and list texts no code names.

Code, law and accord files say where a rule comes from in a comment at the place where it is applied:

    # spec: RFC 6962 2.1.1            # law: XA/Some-Act/s8(2)(f)            # agreement: art-4(2)

Several references stand behind one mark, separated by `;`, or each behind its own. In Cedar files `//` opens the comment, and a `@law("...")` or
`@spec("...")` annotation counts the same. A law's provision must be one that the source lists, or a part of one, so that
the mark for how it was read (T text, S secondary page, M memory) is known for every rule.

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
_OPEN = r"(?:#|//|--|/\*)\s*(spec|law|agreement):\s*"
_COMMENT = re.compile(rf"{_OPEN}(.+?)(?=\s*(?:-->|\*/|{_OPEN})|\s*$)")
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
    provision = reference.text[len(source.id) :].split(" ")[0].lstrip("/")
    if source.kind != "law" or not source.provisions or not provision:
        return None
    if any(is_part(provision, listed) for listed in source.provisions):
        return None
    return f"{source.id} lists no provision {provision!r}; it has {', '.join(source.provisions)}"


def is_part(provision: str, listed: str) -> bool:
    """Say whether a provision is the listed one or a part of it: `s8(2)(f)` is a part of `s8`, `s81` is not."""
    return provision == listed or (provision.startswith(listed) and provision[len(listed)] in "(.-/")


def read_tree(root: Path) -> Iterator[Reference]:
    """Yield each reference under the folders that hold rules."""
    for path in sorted(p for folder in FOLDERS for p in (root / folder).rglob("*") if p.suffix in ENDINGS):
        yield from find_references(str(path.relative_to(root)), path.read_text(encoding="utf-8"))


def main() -> int:
    """Read sources and tree, print faults, then what no code names."""
    parser = argparse.ArgumentParser(description="Check references to texts, and list texts that no code names.")
    parser.add_argument("--all", action="store_true", help="also list each source with the places that name it")
    wanted = parser.parse_args()
    sources = read_sources(SOURCES.read_text(encoding="utf-8"))
    references = tuple(read_tree(ROOT))
    faults = [(r, fault) for r in references if (fault := fault_of(r, sources))]
    for reference, fault in faults:
        print(f"{reference.path}:{reference.line}: {fault}")
    places: dict[str, list[str]] = {source.id: [] for source in sources}
    for reference in references:
        source = source_of(reference, sources)
        if source:
            places[source.id].append(f"{reference.path}:{reference.line}")
    if wanted.all:
        for name, where in places.items():
            print(f"{name}: {len(where)}\n    " + "\n    ".join(where) if where else f"{name}: 0")
    unnamed = [name for name, where in places.items() if not where]
    print(
        f"{len(references)} references to {len(sources) - len(unnamed)} of {len(sources)} texts, {len(faults)} faults"
    )
    if unnamed:
        print(f"no code names: {', '.join(unnamed)}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
