"""`comity send | inbox | case | search`: the path from a terminal, through the running node of a folder."""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from comity.base.errors import BadForm, Superseded
from comity.base.ids import SHOWN_LENGTH
from comity.cli.acts import officer_of
from comity.cli.attach import attached
from comity.cli.doorway import ask
from comity.cli.out import moment, show_json, show_table
from comity.desks.requests.cli import COMMANDS

_OWED = {"arrived": "receipt", "seen": "first look", "first": "first answer", "full": "full answer"}


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the desk's commands, which it describes as data, to the program's."""
    runs = {"send": run_send, "inbox": run_inbox, "case": run_case, "search": run_search}
    for command in COMMANDS:
        parser = commands.add_parser(command.name, help=command.words)
        parser.add_argument("--node", type=Path, required=True, help="folder of the running node")
        parser.add_argument("--json", action="store_true", help="for machines")
        for argument in command.arguments:
            _add(parser, argument.name, argument.words, needed=argument.needed, many=argument.many, flag=argument.flag)
        parser.set_defaults(run=runs[command.name])


def _add(parser: argparse.ArgumentParser, name: str, words: str, *, needed: bool, many: bool, flag: bool) -> None:
    if not name.startswith("--"):
        parser.add_argument(name, help=words)
    elif flag:
        parser.add_argument(name, action="store_true", help=words)
    else:
        parser.add_argument(name, required=needed, action="append" if many else "store", help=words)


def run_send(asked: argparse.Namespace) -> int:
    """Send a dispatch from a TOML or JSON file; a refusal by law is shown with all its reasons and ends with 1."""
    form = _read(Path(asked.file))
    by = officer_of(asked.officer)
    if asked.case:
        form["case"] = _case_id(asked.node, asked.case)
    if asked.re:
        form["re"] = asked.re
    if asked.replaces:
        form["replaces"] = asked.replaces
    files = attached(asked.node, asked.attach or (), asked.files or "", by)
    if files:
        form["files"] = files
    if asked.break_glass:
        form["break_glass"] = asked.break_glass
    outcome = ask(asked.node, "POST", "/submit", {"form": form, "by": by})
    if asked.json:
        show_json(outcome)
    else:
        _show_outcome(outcome)
    return 0 if outcome["outcome"] == "sent" else 1


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        form = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise BadForm(f"{path} is no form ({error}); nothing was sent") from error
    return {"desk": "requests", **form}


def _case_id(node: Path, text: str) -> str:
    if len(text) == SHOWN_LENGTH and "-" not in text:
        return text
    number = text.partition(" / ")[0]
    straight = ask(node, "GET", f"/search?{urlencode({'q': number})}")["straight"]
    if straight is not None:
        return str(straight[0])
    raise BadForm(f"there is no case {text} on this node; nothing was sent")


def _show_outcome(outcome: dict[str, Any]) -> None:
    verdict = outcome["verdict"]
    rows = [[r["effect"], r["sentence"], r["article"], r["status"]] for r in verdict["reasons"]]
    print(f"{outcome['outcome']}: {outcome['id']}" + (f", case {outcome['case']}" if "case" in outcome else ""))
    if outcome.get("redactions"):
        print("removed before sending: " + ", ".join(outcome["redactions"]))
    if outcome.get("rings"):
        print(
            f"immediate: ring the {outcome['rings']} now; whoever is on call has an alarm. The form with the minimum"
            f" facts is ready: comity held minimum {outcome['id']}"
        )
    if outcome.get("missing"):
        print("missing: " + ", ".join(outcome["missing"]))
    if outcome["outcome"] == "held":
        print(f"what an approval binds to: comity held show {outcome['id']}")
    show_table(
        "Our law (exercise edition unless signed by counsel)", ("verdict", "reason", "article", "known from"), rows
    )


def run_inbox(asked: argparse.Namespace) -> int:
    """Show what waits, overdue first."""
    rows = list(_waiting(asked))
    if asked.json:
        show_json(rows)
        return 0
    shown = [
        [
            ("OVERDUE " if r["overdue"] else "") + moment(r["due"]),
            _OWED.get(r["due_what"], r["due_what"]),
            r["kind"],
            r["case_number"],
            r["title"] or r["kind"],
            r["id"],
        ]
        for r in rows
    ]
    show_table("Waiting for them" if asked.waiting else "For us", ("due", "what", "kind", "case", "title", "id"), shown)
    return 0


def _waiting(asked: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield what waits, page by page."""
    fields = {"waiting": "yes" if asked.waiting else "", "item": asked.item or "", "page": ""}
    while True:
        page = ask(asked.node, "GET", f"/inbox?{urlencode({name: text for name, text in fields.items() if text})}")
        yield from page["lines"]
        if not page["following"]:
            return
        fields["page"] = page["following"]


def _mark_seen(node: Path, case: dict[str, Any], officer: str | None) -> None:
    """Note that a person has opened what came in: the other side gets a receipt that says so.

    Where the person says who they are, it is noted of every dispatch of the case, for whoever asks later who saw it.
    """
    unseen = [
        one["id"]
        for one in case["dispatches"]
        if not one["ours"] and one["times"]["filed"] and not one["times"]["seen"]
    ]
    with suppress(Superseded):  # it is shown all the same
        if officer is not None:
            ids = [one["id"] for one in case["dispatches"]]
            ask(node, "POST", "/see", {"ids": ids, "by": officer_of(officer)})
        elif unseen:
            ask(node, "POST", "/see", {"ids": unseen})


def run_case(asked: argparse.Namespace) -> int:
    """Show one case to a person, which marks what came in as seen; with `--json` nothing is marked."""
    found = ask(asked.node, "GET", f"/cases?id={_case_id(asked.node, asked.case)}")
    if not found:
        raise BadForm(f"there is no case {asked.case} on this node")
    if asked.json:
        show_json(found[0])
        return 0
    case = found[0]
    _mark_seen(asked.node, case, asked.officer)
    rows = []
    for d in case["dispatches"]:
        times = d["times"]
        state = ", ".join(
            f"{name} {moment(times[name])}" for name in ("sent", "arrived", "seen", "answered") if times[name]
        )
        body = "\n".join(
            f"{line['label']}: {line['text']}"
            if not line["removed"]
            else f"{line['label']}: [removed: {line['removed']}]"
            for line in d["body"]
        )
        rows.append([d["from_party"], f"{d['kind']} {d['stage']}".strip(), body, state, d["id"]])
    show_table(
        f"Case {case['number']}: {case['title']} ({case['state']})", ("from", "kind", "content", "states", "id"), rows
    )
    return 0


def run_search(asked: argparse.Namespace) -> int:
    """Show in which cases something stands, the newest first."""
    fields = {
        "q": asked.words,
        "kind": asked.kind,
        "side": getattr(asked, "from"),
        "since": asked.since,
        "until": asked.until,
        "page": asked.page,
    }
    card = ask(asked.node, "GET", "/search?" + urlencode({name: value for name, value in fields.items() if value}))
    if asked.json:
        show_json(card)
        return 0
    if card["straight"] is not None:
        print(f"this is case {card['straight'][0]}")
    rows = [
        [
            one["opener"]["number"],
            moment(found["line"]["created"]),
            found["line"]["kind"],
            _text(one["title"]) or "recalled",
            _text(found["around"]),
            found["line"]["id"],
        ]
        for one in card["cases"]
        for found in one["dispatches"]
    ]
    show_table(f"Found: {_many(card)}", ("case", "when", "kind", "title", "around", "id"), rows)
    if card["consignments"]:
        pens = [[one["reference"], one["state"], one["title"], one["exporter"], one["importer"], one["id"]] for one in card["consignments"]]  # fmt: skip
        show_table("Consignments", ("number", "state", "goods", "exporter", "importer", "id"), pens)
    if card["following"]:
        print(f"more: --page {card['following']}")
    return 0


def _many(card: dict[str, Any]) -> str:
    return f"more than {card['most']}" if card["count"] > card["most"] else str(card["count"])


def _text(pieces: list[dict[str, Any]]) -> str:
    """Write pieces with the hits in brackets."""
    return "".join(f"[{piece['text']}]" if piece["hit"] else piece["text"] for piece in pieces)
