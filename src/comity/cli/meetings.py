"""`comity workplan meeting` and `comity workplan minutes`: lists, one meeting, its minutes to keep, and the check of a file."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from comity.base.errors import BadForm
from comity.cli.acts import add_node
from comity.cli.doorway import ask
from comity.cli.out import moment, show_json, show_table
from comity.desks.workplan.meetings.file import check
from comity.edge.meetingpdf import minutes_pdf, minutes_text
from comity.screen.meetings import MeetingNames

DONE, REFUSED = 0, 1
LANGUAGES = ("en", "fr", "hi", "pa")
Inner = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_actions(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `meeting` and `minutes` to the actions of `comity workplan`."""
    meeting = inner.add_parser("meeting", help="meetings and consultations of a node")
    ways = meeting.add_subparsers(dest="meeting", metavar="ACTION", required=True)
    listed = ways.add_parser("list", help="all, newest first")
    add_node(listed)
    listed.set_defaults(run=run_list)
    shown = ways.add_parser("show", help="one: agenda, paragraphs, who stands behind what, signatures")
    shown.add_argument("number", metavar="MEETING", help="26 letters and digits")
    shown.add_argument("--language", default="en", choices=LANGUAGES, help="default: en")
    add_node(shown)
    shown.set_defaults(run=run_show)
    minutes = inner.add_parser("minutes", help="the minutes of a meeting")
    ways = minutes.add_subparsers(dest="minutes", metavar="ACTION", required=True)
    out = ways.add_parser("export", help="write the minutes to a file")
    out.add_argument("number", metavar="MEETING", help="26 letters and digits")
    out.add_argument(
        "--as", dest="form", choices=("json", "text", "pdf"), default="json", help="default: json, which can be checked"
    )
    out.add_argument("--language", default="en", choices=LANGUAGES, help="of text and PDF; default: en")
    out.add_argument("--out", type=Path, metavar="FILE", help="default: standard output, not for PDF")
    add_node(out)
    out.set_defaults(run=run_export)
    verify = ways.add_parser("verify", help="check the hash of minutes in a plain file, without a node")
    verify.add_argument("file", type=Path, metavar="FILE", help="minutes as JSON")
    verify.add_argument("--json", action="store_true", help="answer as JSON")
    verify.set_defaults(run=run_verify)


def run_list(asked: argparse.Namespace) -> int:
    """Show the meetings."""
    found = ask(asked.node, "GET", "/meetings")
    if asked.json:
        show_json(found)
        return DONE
    rows = [
        [moment(one["at"]), one["state"], one["sort"], one["title"], str(one["paragraphs"]), one["id"]] for one in found
    ]
    show_table("Meetings", ("at", "state", "sort", "title", "paragraphs", "id"), rows)
    return DONE


def run_show(asked: argparse.Namespace) -> int:
    """Show one meeting."""
    found = ask(asked.node, "GET", f"/meetings/one?id={asked.number}")
    if asked.json:
        show_json(found)
        return DONE
    minutes = ask(asked.node, "GET", f"/meetings/minutes?id={asked.number}")
    print(minutes_text(minutes, asked.language, names(asked.node, asked.language)))
    return DONE


def run_export(asked: argparse.Namespace) -> int:
    """Write the minutes."""
    found = ask(asked.node, "GET", f"/meetings/minutes?id={asked.number}")
    if asked.form == "pdf":
        if asked.out is None:
            raise BadForm("a PDF is written to a file; name it with --out")
        asked.out.write_bytes(minutes_pdf(found, asked.language, names(asked.node, asked.language)))
        return DONE
    words = (
        json.dumps(found, ensure_ascii=False, indent=2)
        if asked.form == "json"
        else minutes_text(found, asked.language, names(asked.node, asked.language))
    )
    if asked.out is None:
        sys.stdout.write(words + "\n")
    else:
        asked.out.write_text(words + "\n", encoding="utf-8")
    return DONE


def run_verify(asked: argparse.Namespace) -> int:
    """Check a file; 1 if the text does not give the hash that the file names."""
    try:
        found = json.loads(asked.file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise BadForm(f"{asked.file} could not be read as minutes ({error})") from error
    if not isinstance(found, dict):
        raise BadForm(f"{asked.file} is no file of minutes")
    checked = check(found)
    if asked.json:
        show_json(
            {"good": checked.good, "hash": checked.hash, "said": checked.said, "both": checked.both,
             "signed": [list(one) for one in checked.signed]}
        )  # fmt: skip
    else:
        said = (
            "the text gives this hash"
            if checked.good
            else f"the text gives another hash than the file says ({checked.said})"
        )
        who = "; ".join(f"{node} ({function}, {desk} {officer})" for node, function, desk, officer in checked.signed)
        print(f"{checked.hash}: {said}\nsigned: {who or 'nobody'}")
        print(
            "both sides, by this file; that they did is proved by the logs"
            if checked.both
            else "not signed by both sides"
        )
    return DONE if checked.good else REFUSED


def names(node: Path, language: str) -> MeetingNames:
    """Return the names that a node prints minutes with, in a language."""
    found = ask(node, "GET", f"/meetings/names?language={language}")
    return MeetingNames(
        tuple((name, mark, called) for name, mark, called in found["parties"]),
        tuple((name, called) for name, called in found["agencies"]),
        tuple((name, called) for name, called in found["titles"]),
    )
