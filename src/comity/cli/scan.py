"""`comity scan`: what the scan of a law edition finds in a text, before anybody composes a dispatch of it."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.cli.out import show_json, show_table
from comity.edge.setup import edition_files
from comity.marking.scan import OVERRIDING, Finding, scan
from comity.policy.edition import Edition

FOUND_STOP = 1
_SHOWN = 60


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's."""
    parser = commands.add_parser("scan", help="show what the scan finds in a text, and what it would do to a draft")
    parser.add_argument("file", help="a text in UTF-8, or - for standard input")
    parser.add_argument(
        "--law", default=None, metavar="NAME", help="edition whose patterns are used; default: the first"
    )
    parser.add_argument("--laws", type=Path, default=Path("laws"), help="folder of law editions")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=run_scan)


def run_scan(asked: argparse.Namespace) -> int:
    """Show the findings; 1 if there is a hard stop among them."""
    text = _text(asked.file)
    edition = Edition.load(edition_files(asked.laws, asked.law or _first(asked.laws)))
    findings = scan((text,), edition.patterns, Ms(int(time.time() * 1_000)))
    if asked.json:
        show_json({"law": edition.name, "findings": [_as_json(finding) for finding in findings]})
    elif findings:
        rows = [
            [f"{one.start}-{one.end}", one.category, _effect(one), one.pattern, text[one.start : one.end][:_SHOWN]]
            for one in findings
        ]
        show_table(edition.name, ("place", "category", "what follows", "pattern", "text"), rows)
    else:
        print("nothing found; a scan does not see everything, so read the text as well")
    return FOUND_STOP if any(finding.hard_stop for finding in findings) else 0


def _effect(finding: Finding) -> str:
    if finding.hard_stop:
        return "never crosses"
    if finding.category in OVERRIDING:
        return "holds the draft until confirmed or rejected"
    return "counts unless rejected"


def _as_json(finding: Finding) -> dict[str, object]:
    return {
        "start": finding.start,
        "end": finding.end,
        "category": finding.category,
        "pattern": finding.pattern,
        "hard_stop": finding.hard_stop,
        "sure": finding.sure,
        "holds": finding.category in OVERRIDING and not finding.hard_stop,
    }


def _text(name: str) -> str:
    data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise BadForm(f"{name} is no text in UTF-8; nothing was scanned") from error


def _first(laws: Path) -> str:
    names = sorted(path.parent.name for path in laws.glob("*/edition.toml"))
    if not names:
        raise BadForm(f"there is no law edition in {laws}; name the folder with --laws")
    return names[0]
