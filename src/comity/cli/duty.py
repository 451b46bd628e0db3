"""`comity duty`: who is there on both sides until when, changes of shifts, hand-over notes, how one is rung elsewhere."""

from __future__ import annotations

import argparse
from typing import Any
from urllib.parse import urlencode

from comity.base.errors import BadForm
from comity.base.ids import read_id, show_id
from comity.cli.acts import add_node, add_officer, officer_of
from comity.cli.doorway import ask
from comity.cli.out import moment, show_json, show_table

DONE = 0
_SHIFT = "NUMBER/ROLE/DAY or NUMBER/ROLE/DAY/HH:MM, such as 101/duty-officer/2026-07-14"


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's."""
    parser = commands.add_parser("duty", help="who is on duty on both sides, shifts, hand-over notes")
    inner = parser.add_subparsers(dest="duty", metavar="ACTION", required=True)
    show = inner.add_parser("show", help="both sides: who is there until when, and when nobody is")
    show.add_argument("--shifts", action="store_true", help="also our shifts of two weeks with their changes")
    add_node(show)
    show.set_defaults(run=run_show)
    swap = inner.add_parser("swap", help="change one shift on one date: another officer, nobody, or two shifts swapped")
    swap.add_argument("shift", metavar="SHIFT", help=_SHIFT)
    how = swap.add_mutually_exclusive_group(required=True)
    how.add_argument("--with", dest="other", metavar="SHIFT", help="the shift that is given for it")
    how.add_argument("--substitute", type=int, metavar="NUMBER", help="who has it instead")
    how.add_argument("--absent", action="store_true", help="nobody has it")
    how.add_argument("--planned", action="store_true", help="as the roster has it again")
    swap.add_argument("--note", default="", help="why")
    add_officer(swap)
    add_node(swap)
    swap.set_defaults(run=run_swap)
    _add_plan(inner)
    _add_handover(inner)
    bell = inner.add_parser("bell", help="how you are rung when your screen is elsewhere; without options: as it is")
    bell.add_argument("--mail", metavar="ADDRESS", help="where rings go; an empty text for nowhere")
    bell.add_argument(
        "--quiet", metavar="HH:MM-HH:MM", help="when only what is immediate rings; an empty text for never"
    )
    bell.add_argument("--zone", default="UTC", help="in which these hours are read")
    add_officer(bell)
    add_node(bell)
    bell.set_defaults(run=run_bell)


def _add_plan(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    plan = inner.add_parser(
        "plan", help="our standing shifts; with --add or --end a desk lead changes them, from now on"
    )
    which = plan.add_mutually_exclusive_group()
    which.add_argument("--add", metavar="NUMBER/ROLE", help="a shift of this officer in this role")
    which.add_argument("--end", metavar="NUMBER/ROLE", help="the shift that has these days and hours")
    plan.add_argument("--days", default="mon,tue,wed,thu,fri,sat,sun", help="such as mon,tue")
    plan.add_argument(
        "--hours", default="00:00-00:00", metavar="HH:MM-HH:MM", help="over midnight if they end before they begin"
    )
    plan.add_argument("--zone", default="UTC", help="in which the hours are read")
    plan.add_argument("--note", default="", help="why")
    add_officer(plan, required=False)
    add_node(plan)
    plan.set_defaults(run=run_plan)


def run_plan(asked: argparse.Namespace) -> int:
    """Show the plan, or change it."""
    if asked.add or asked.end:
        if not asked.officer:
            raise BadForm("say by --officer who changes the plan")
        number, _, role = (asked.add or asked.end).partition("/")
        if not (number.isascii() and number.isdecimal() and role):
            raise BadForm("a standing shift is a number and a role, such as 101/duty-officer")
        opens, _, closes = asked.hours.partition("-")
        shift = {"number": int(number), "role": role, "days": asked.days.split(","), "zone": asked.zone}
        hours = {"opens": opens, "closes": closes, "note": asked.note, "what": "added" if asked.add else "ended"}
        ask(asked.node, "POST", "/duty/plan", {"by": officer_of(asked.officer), **shift, **hours})
    found = ask(asked.node, "GET", "/duty/plan")
    if asked.json:
        show_json(found)
        return DONE
    rows = [
        [str(one["number"]), one["role"], " ".join(one["days"]), f"{one['opens']}-{one['closes']}", one["zone"]]
        for one in found["plan"]
    ]
    show_table("Standing shifts", ("officer", "role", "days", "hours", "zone"), rows)
    return DONE


def _add_handover(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    handover = inner.add_parser("handover", help="hand-over notes: those that wait, a new one, or taking one over")
    which = handover.add_mutually_exclusive_group()
    which.add_argument("--take", metavar="NOTE", help="take this note over")
    which.add_argument("--sign", action="store_true", help="sign one; the node adds what must not be forgotten")
    which.add_argument("--all", action="store_true", help="also those that were taken over")
    for name, words in (("eye", "open cases that need an eye"), ("promised", "calls that were promised"),
                        ("home", "what waits at home")):  # fmt: skip
        handover.add_argument(f"--{name}", default="", help=words)
    add_officer(handover, required=False)
    add_node(handover)
    handover.set_defaults(run=run_handover)


def run_show(asked: argparse.Namespace) -> int:
    """Show both sides."""
    card = ask(asked.node, "GET", "/duty")
    if asked.json:
        show_json(card)
        return DONE
    rows = [[*_side(one)] for one in card["sides"]]
    show_table("Duty", ("side", "office", "there now", "staffed until", "24-hour line"), rows)
    for one in card["sides"]:
        for gap in one["gaps"]:
            rings = f"; then {gap['rings']} is rung" if gap["rings"] else ""
            print(f"{one['short']}: nobody from {moment(gap['begins'])} to {moment(gap['ends'])}{rings}")
    postings = [
        ["ours" if one["ours"] else "theirs", str(one["number"]), one["state"], one["host_agency"],
         f"{one['opens']}-{one['closes']} {one['zone']}".strip("- "), moment(one["until"]), one["id"]]
        for one in card["postings"]
    ]  # fmt: skip
    if postings:
        show_table("Postings", ("whose", "officer", "state", "host", "hours", "until", "id"), postings)
    if asked.shifts:
        shifts = [
            [one["day"], moment(one["begins"]), moment(one["ends"]), one["role"], str(one["number"]),
             "nobody" if one["stands"] is None else str(one["stands"])]
            for one in card["shifts"]
        ]  # fmt: skip
        show_table("Our shifts", ("day", "from", "to", "role", "planned", "who"), shifts)
    return DONE


def _side(one: dict[str, Any]) -> list[str]:
    here = [f"{p['role'] or p['why']} {p['number'] or ''}".strip() for p in one["here"]]
    until = "the next seven days" if one["whole"] else moment(one["until"]) or "nobody is there"
    office = "open" if one["office_open"] else "closed"
    return [one["short"], office, ", ".join(here), until, one["line"]]


def run_swap(asked: argparse.Namespace) -> int:
    """Change a shift."""
    by = officer_of(asked.officer)
    if asked.other:
        body = {"by": by, "one": _shift(asked.shift), "other": _shift(asked.other), "note": asked.note}
        made = ask(asked.node, "POST", "/duty/swap", body)
    else:
        what = "absence" if asked.absent else "planned" if asked.planned else "substitute"
        body = {"by": by, "shift": _shift(asked.shift), "what": what, "stands_in": asked.substitute, "note": asked.note}
        made = [ask(asked.node, "POST", "/duty/shift", body)]
    if asked.json:
        show_json(made)
        return DONE
    for one in made:
        stands = "nobody" if one["stands_in"] is None else one["stands_in"]
        print(f"{one['what']}: the shift of {one['number']} as {one['role']} on {one['day']} is {stands}'s")
    return DONE


def run_handover(asked: argparse.Namespace) -> int:
    """Show notes, sign one or take one over."""
    if asked.sign or asked.take:
        if not asked.officer:
            raise BadForm("say by --officer who signs or takes over")
        by = officer_of(asked.officer)
        words = {name: getattr(asked, name) for name in ("eye", "promised", "home")}
        note = (
            ask(asked.node, "POST", "/duty/note", {"by": by, **words})
            if asked.sign
            else ask(asked.node, "POST", "/duty/take", {"by": by, "note": show_id(read_id(asked.take))})
        )
        if asked.json:
            show_json(note)
        else:
            print(
                f"{'signed' if asked.sign else 'taken over'}: {note['id']}, {len(note['made'])} lines added by the node"
            )
        return DONE
    found = ask(asked.node, "GET", "/duty/notes")
    notes = [one for one in found if asked.all or one["taken_at"] is None]
    if asked.json:
        show_json(notes)
        return DONE
    rows = [
        [moment(one["at"]), f"{one['desk']}/{one['by_number']}", one["eye"], one["promised"], one["home"],
         str(len(one["made"])), str(one["taken_number"] or ""), one["id"]]
        for one in notes
    ]  # fmt: skip
    heads = ("when", "by", "needs an eye", "promised", "at home", "added", "taken by", "id")
    show_table("Hand-over notes", heads, rows)
    return DONE


def run_bell(asked: argparse.Namespace) -> int:
    """Show or keep how an officer is rung elsewhere."""
    by = officer_of(asked.officer)
    said = ask(asked.node, "GET", f"/bell?{urlencode(by)}")
    if asked.mail is not None or asked.quiet is not None:
        begins, _, ends = (asked.quiet or "").partition("-")
        quiet = {"quiet_from": said["quiet_from"], "quiet_to": said["quiet_to"], "zone": said["zone"]}
        if asked.quiet is not None:
            quiet = {"quiet_from": begins, "quiet_to": ends, "zone": asked.zone}
        mail = said["mail"] if asked.mail is None else asked.mail
        said = ask(asked.node, "POST", "/bell/set", {"by": by, "mail": mail, **quiet})
    if asked.json:
        show_json(said)
    else:
        quiet_hours = f"{said['quiet_from']}-{said['quiet_to']} {said['zone']}" if said["quiet_from"] else "never"
        print(f"rings go to: {said['mail'] or 'nowhere'}; only what is immediate: {quiet_hours}")
    return DONE


def _shift(text: str) -> dict[str, Any]:
    fields = text.split("/")
    if len(fields) not in {3, 4} or not (fields[0].isascii() and fields[0].isdecimal()):
        raise BadForm(f"a shift is written as {_SHIFT}")
    opens = fields[3] if len(fields) > 3 else ""  # noqa: PLR2004  the fourth field
    return {"number": int(fields[0]), "role": fields[1], "day": fields[2], "opens": opens}
