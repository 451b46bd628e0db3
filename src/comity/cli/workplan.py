"""`comity workplan`: the plan that both sides signed, its changes, its files and its calendar.

`diff`, `import`, `export` and `calendar` work on plain files; with `--node` the plan in force of a running node is one of them.
"""

from __future__ import annotations

import argparse
import json
import time
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from comity.base.bodies import tidy
from comity.base.cbor import decode
from comity.base.commands import Argument
from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.base.readers import Misfit
from comity.cli import meetings, scorecards
from comity.cli.acts import officer_of
from comity.cli.doorway import ask
from comity.cli.out import moment, show_json, show_table
from comity.desks.workplan.calendar import calendar_text, plan_entries
from comity.desks.workplan.cli import COMMANDS
from comity.desks.workplan.files import from_csv, to_csv
from comity.desks.workplan.kinds import plan_of
from comity.desks.workplan.model import Plan
from comity.desks.workplan.plans import changes, difference, operation_value, ordered, plan_value
from comity.desks.workplan.rules import first_version
from comity.edge.registry import Workplan, plan_bytes

_MOST_BYTES = 4 << 20


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's."""
    parser = commands.add_parser("workplan", help="the plan that both sides signed: show, change, report on, export")
    inner = parser.add_subparsers(dest="workplan", metavar="ACTION", required=True)
    runs = {
        "show": run_show,
        "history": run_history,
        "propose": run_propose,
        "again": run_again,
        "agree": run_answer,
        "decline": run_answer,
        "withdraw": run_answer,
        "update": run_update,
    }
    for command in COMMANDS:
        one = inner.add_parser(command.name, help=command.words)
        one.add_argument("--node", type=Path, required=True, help="folder of the running node")
        one.add_argument("--json", action="store_true", help="for machines")
        for argument in command.arguments:
            _add(one, argument)
        one.set_defaults(run=runs[command.name])
    _add_files(inner)
    scorecards.add_actions(inner)
    meetings.add_actions(inner)


def _add(parser: argparse.ArgumentParser, one: Argument) -> None:
    if not one.name.startswith("--"):
        parser.add_argument(one.name, help=one.words)
    elif one.flag:
        parser.add_argument(one.name, action="store_true", help=one.words)
    else:
        parser.add_argument(one.name, required=one.needed, action="append" if one.many else "store", help=one.words)


def _add_files(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    differs = inner.add_parser("diff", help="what differs between two plans, or between the one in force and a file")
    differs.add_argument("files", type=Path, nargs="+", metavar="FILE", help="two files, or one with --node")
    took = inner.add_parser("import", help="read a plan from a file, check it, and write it in another form")
    took.add_argument("file", type=Path, metavar="FILE", help="TOML, JSON or CSV")
    gave = inner.add_parser("export", help="write a plan as JSON or CSV")
    made = inner.add_parser("calendar", help="write the days of a plan as iCalendar")
    made.add_argument("--language", default="en", metavar="TAG", help="of the texts; default: en")
    for one in (gave, made):
        one.add_argument("file", type=Path, nargs="?", metavar="FILE", help="TOML, JSON or CSV; or --node")
    for one in (took, gave, made):
        one.add_argument(
            "--to", type=Path, metavar="FILE", help="where to; its ending says the form (.json, .csv, .ics)"
        )
    for one, run in ((differs, run_diff), (took, run_export), (gave, run_export), (made, run_calendar)):
        one.add_argument("--node", type=Path, help="folder of a running node, for the plan in force")
        one.add_argument("--json", action="store_true", help="for machines")
        one.set_defaults(run=run)


# --- with a running node -----------------------------------------------------------------------------------------


def run_show(asked: argparse.Namespace) -> int:
    """Show the plan in force."""
    card = ask(asked.node, "GET", "/plan")
    if asked.json:
        show_json(card)
        return 0
    for line in _warnings(card):
        print(line)
    rows = [
        [one["id"], _words(one["aim"]), _owners(one["owners"]), one["due"], _item_state(one), str(_count(one))]
        for one in card["items"]
    ]
    title = f"{card['title']}: version {card['number']}, {card['digest'][:16]}"
    show_table(title, ("item", "aim", "owners", "due", "state", "dispatches"), rows)
    actions = [
        [action["id"], _words(action["title"]), action["due"], *(_part(part) for part in action["parts"])]
        for one in card["items"]
        for action in one["actions"]
    ]
    if actions:
        show_table("Actions", ("action", "what", "due", *card["parties"]), actions)
    waits = [_proposal(one) for one in card["proposals"] if one["fate"] in {"open", "outdated", ""}]
    if waits:
        show_table("Proposed", ("id", "by", "when", "state", "changes", "words"), waits)
    return 0


def _warnings(card: dict[str, Any]) -> list[str]:
    said = []
    if card["other_text"]:
        said.append(
            "THE OTHER SIDE HOLDS ANOTHER TEXT: it names a version that is not here; compare the plan files: "
            + ", ".join(one[:16] for one in card["other_text"])
        )
    if card["other_file"]:
        said.append("the plan file beside this node is not the one with which it began; the signed one counts")
    if card["held"]:
        said.append(f"{card['held']} amendments wait for something before them")
    if len({one["party"] for one in card["proposals"] if one["fate"] == "open"}) > 1:
        said.append(f"proposals crossed: on version {card['number']} those of {card['first']} go first")
    return said


def _proposal(one: dict[str, Any]) -> list[str]:
    state = one["fate"] or "waits"
    state += ", signed by us" if one["signed"] else ", goes first" if one["first"] and one["fate"] == "open" else ""
    changed = ", ".join(dict.fromkeys(f"{diff['what']} {diff['id']}" for diff in one["differences"]))
    return [one["id"], one["party"], moment(one["made"]), state, changed, one["words"]]


def run_history(asked: argparse.Namespace) -> int:
    """Show every version."""
    card = ask(asked.node, "GET", "/plan")
    if asked.json:
        show_json({"versions": card["versions"], "proposals": card["proposals"]})
        return 0
    rows = [
        [str(one["number"]), one["digest"][:16], _signature(one["proposed"]), _signature(one["agreed"]), _changed(one)]
        for one in card["versions"]
    ]
    show_table("Versions, the newest first", ("version", "digest", "proposed", "agreed", "changed"), rows)
    show_table(
        "Everything proposed",
        ("id", "by", "when", "became", "why", "answer"),
        [
            [
                one["id"],
                one["party"],
                moment(one["made"]),
                one["fate"],
                one["verdict"] or one["words"],
                " ".join(str(x) for x in one["answer"][:2] if x),
            ]
            for one in card["proposals"]
        ],
    )
    return 0


def run_propose(asked: argparse.Namespace) -> int:
    """Propose the plan of a file."""
    plan = read_plan(Path(asked.file))
    now = _of_node(asked.node)
    if asked.check:
        return _show_difference(now, plan, as_json=asked.json)
    if not changes(now, plan):
        raise BadForm("this is the plan in force; nothing was kept")
    what = {"operations": [operation_value(one) for one in changes(now, plan)], "text": asked.text or ""}
    what |= {"about": asked.against, "reason": asked.reason or ""} if asked.against else {}
    return _told(asked, "/plan/propose", what)


def run_again(asked: argparse.Namespace) -> int:
    """Make an outdated proposal anew."""
    return _told(asked, "/plan/propose", {"again": asked.proposal})


def run_answer(asked: argparse.Namespace) -> int:
    """Agree to a proposal, decline it, or withdraw one's own."""
    state = {"agree": "agreed", "decline": "declined", "withdraw": "withdrawn"}[asked.workplan]
    reason = getattr(asked, "reason", None) or ""
    return _told(asked, "/plan/answer", {"about": asked.proposal, "state": state, "reason": reason})


def run_update(asked: argparse.Namespace) -> int:
    """Say how far our part of an action is."""
    what = {"action": asked.action, "state": asked.state, "text": asked.text or "", "evidence": asked.evidence or []}
    return _told(asked, "/plan/update", what)


def _told(asked: argparse.Namespace, path: str, what: dict[str, Any]) -> int:
    outcome = ask(asked.node, "POST", path, {"what": what, "by": officer_of(asked.officer)})
    if asked.json:
        show_json(outcome)
    else:
        print(f"{outcome['outcome']}: {outcome['id']}")
    return 0 if outcome["outcome"] == "sent" else 1


# --- files -------------------------------------------------------------------------------------------------------


def read_plan(path: Path) -> Plan:
    """Read a plan from a TOML, JSON or CSV file.

    Raises:
        BadForm: the file cannot be read, or holds no plan; the message says what does not fit.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadForm(f"{path} is larger than {_MOST_BYTES >> 20} MiB; nothing was read")
        text = path.read_bytes().decode("utf-8-sig")
        if path.suffix == ".csv":
            value = from_csv(text)
        elif path.suffix == ".toml":
            return ordered(plan_of(decode(plan_bytes(msgspec.convert(tomllib.loads(text), Workplan)))))
        else:
            value = json.loads(text)
        return ordered(plan_of(tidy(value)))
    except (OSError, ValueError, msgspec.ValidationError, Misfit) as error:
        raise BadForm(f"{path} holds no plan ({error}); nothing was read") from error


def _of_node(folder: Path) -> Plan:
    return ordered(plan_of(tidy(ask(folder, "GET", "/plan/text"))))


def _given(asked: argparse.Namespace) -> Plan:
    if asked.node is not None:
        return _of_node(asked.node)
    if asked.file is None:
        raise BadForm("name a file, or a node with --node; nothing was done")
    return read_plan(asked.file)


def run_diff(asked: argparse.Namespace) -> int:
    """Show what differs; 1 if anything does."""
    plans = [*([_of_node(asked.node)] if asked.node else []), *map(read_plan, asked.files)]
    if len(plans) != 2:  # noqa: PLR2004  a difference is between two
        raise BadForm("two plans are compared: two files, or --node and one file; nothing was done")
    return _show_difference(*plans, as_json=asked.json)


def _show_difference(before: Plan, after: Plan, *, as_json: bool) -> int:
    found = difference(before, after)
    if as_json:
        show_json(
            [
                {"what": one.what, "id": one.id, "field": one.field, "before": one.before, "after": one.after}
                for one in found
            ]
        )
    else:
        rows = [[one.what, one.id, one.field or "all of it", one.before, one.after] for one in found]
        show_table(f"{len(rows)} differences", ("what", "id", "field", "before", "after"), rows)
    return 1 if found else 0


def run_export(asked: argparse.Namespace) -> int:
    """Write a plan in another form."""
    plan = _given(asked)
    suffix = asked.to.suffix if asked.to else ".json"
    if suffix not in {".json", ".csv"}:
        raise BadForm("a plan is written as .json or .csv; nothing was written")
    text = to_csv(plan) if suffix == ".csv" else json.dumps(plan_value(plan), ensure_ascii=False, indent=2) + "\n"
    return _write(asked, text)


def run_calendar(asked: argparse.Namespace) -> int:
    """Write the days of a plan as iCalendar."""
    plan = _given(asked)
    digest, now = first_version(plan).digest, Ms(time.time_ns() // 1_000_000)
    return _write(asked, calendar_text(plan.title, plan_entries(plan, digest, now, 1, asked.language), digest))


def _write(asked: argparse.Namespace, text: str) -> int:
    if asked.to is None:
        print(text, end="")
    else:
        asked.to.write_text(text, encoding="utf-8", newline="")
        print(f"{asked.to}: written")
    return 0


# --- words -------------------------------------------------------------------------------------------------------


def _words(words: list[list[str]]) -> str:
    found = {tag: text for tag, text in words}  # noqa: C416  pairs from JSON
    return found.get("en") or next(iter(found.values()), "")


def _owners(owners: list[list[str]]) -> str:
    return ", ".join(f"{short}: {name}" for short, _, name in owners)


def _item_state(one: dict[str, Any]) -> str:
    return "closed" if one["closed"] else "OVERDUE" if one["overdue"] else "open"


def _count(one: dict[str, Any]) -> int:
    return sum(int(made["ours"]) + int(made["theirs"]) for made in one["made"])


def _part(part: dict[str, Any]) -> str:
    return ("OVERDUE, " if part["overdue"] else "") + f"{part['state']} ({part['name']})"


def _signature(one: list[Any] | None) -> str:
    return "" if one is None else f"{one[0]} {one[1]} {moment(one[2])}"


def _changed(one: dict[str, Any]) -> str:
    return ", ".join(dict.fromkeys(f"{diff['what']} {diff['id']}" for diff in one["differences"]))
