"""`comity law statutes`: whether the texts that the rules were written from are kept, and still are the law."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from comity.base.errors import BadForm
from comity.cli.out import show_json, show_table
from comity.edge.consolidation import Collection, Extract, extract, folder_reader
from comity.edge.lawfiles import collections, edition_names, kept_texts
from comity.edge.setup import edition_files
from comity.policy.binding import Binding
from comity.policy.edition import Edition
from comity.policy.statute import Problem, check, compare


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the action to the group."""
    statutes = actions.add_parser("statutes", help="check the statute texts that rules were written from")
    statutes.add_argument("editions", nargs="*", metavar="EDITION", help="folders of editions; default: all")
    statutes.add_argument("--laws", type=Path, default=Path("laws"), help="folder of law editions")
    statutes.add_argument("--against", type=Path, help="newer consolidation: its folder, or one act's XML file")
    statutes.add_argument("--json", action="store_true", help="for machines")
    statutes.set_defaults(run=run_statutes)


@dataclass(frozen=True, slots=True)
class Compared:
    """How many provisions were read in another consolidation, and of which that one is older than the kept text."""

    provisions: int
    older: tuple[str, ...]


def run_statutes(asked: argparse.Namespace) -> int:
    """Check each edition; 1 if a text is missing, another, or amended."""
    if asked.against is not None and not asked.against.exists():
        raise BadForm(f"there is no consolidation {asked.against}; nothing was compared")
    texts = kept_texts(asked.laws)
    named = asked.editions or edition_names(asked.laws)
    editions = {name: Edition.load(edition_files(asked.laws, name)) for name in named}
    editions = {name: edition for name, edition in editions.items() if asked.editions or edition.bindings}
    found = {name: list(check(edition, texts)) for name, edition in editions.items()}
    newer: dict[str, Extract | None] = {}
    if asked.against is not None:
        newer = newer_texts(editions.values(), collections(asked.laws), asked.against)
        if not newer:
            raise BadForm(f"{asked.against} holds none of the acts that these editions rest on; nothing was compared")
        words = {provision: None if one is None else one.text for provision, one in newer.items()}
        for name, edition in editions.items():
            found[name] += compare(edition, texts, words)
    older = sorted({b.provision for e in editions.values() for b in e.bindings if _is_older(newer.get(b.provision), b)})
    (_say_json if asked.json else _say)(editions, found, Compared(len(newer), tuple(older)))
    return 1 if any(found.values()) else 0


def newer_texts(editions: Iterable[Edition], known: tuple[Collection, ...], against: Path) -> dict[str, Extract | None]:
    """Return each bound provision as it stands in another consolidation; an act whose file is not there is left out.

    Raises:
        BadConfiguration: a file is no consolidation.
    """
    read = cache(folder_reader(against))
    newer: dict[str, Extract | None] = {}
    for edition in editions:
        for binding in edition.bindings:
            own = next((one for one in known if one.act_of(binding.provision)), None)
            act = own.act_of(binding.provision) if own and binding.kept else None
            if own is None or act is None or read(act.xml) is None:
                continue
            newer[binding.provision] = extract(binding.provision, own, read)
    return newer


def _is_older(found: Extract | None, binding: Binding) -> bool:
    return found is not None and found.pit < binding.pit


def _say(editions: dict[str, Edition], found: dict[str, list[Problem]], compared: Compared) -> None:
    for name, problems in found.items():
        for problem in problems:
            rules = f" (rules: {', '.join(problem.rules)})" if problem.rules else ""
            print(f"WRONG {name}: {problem.provision}: {problem.what}{rules}")
            print("".join(f"      {place}\n" for place in problem.words), end="")
    rows = []
    for name, edition in editions.items():
        kept = sum(binding.kept for binding in edition.bindings)
        pits = sorted(binding.pit for binding in edition.bindings if binding.kept)
        days = f"{pits[0]} to {pits[-1]}" if pits else ""
        rows.append([name, str(kept), str(len(edition.bindings) - kept), days, str(len(found[name]))])
    show_table("Statute texts", ("law", "kept", "not kept, says why", "as of", "wrong"), rows)
    if compared.provisions:
        print(f"{compared.provisions} provisions compared with the other consolidation")
    if compared.older:
        print(
            f"NOTE: it is older than the kept text of {len(compared.older)} of them: what differs is what was amended since"
        )


def _say_json(editions: dict[str, Edition], found: dict[str, list[Problem]], compared: Compared) -> None:
    show_json(
        {
            "editions": {
                name: {
                    "kept": sum(binding.kept for binding in edition.bindings),
                    "not_kept": {b.provision: b.not_kept for b in edition.bindings if not b.kept},
                    "wrong": [
                        {"provision": p.provision, "rules": list(p.rules), "what": p.what, "words": list(p.words)}
                        for p in found[name]
                    ],
                }
                for name, edition in editions.items()
            },
            "compared": compared.provisions,
            "older": list(compared.older),
        }
    )
