"""`comity link show | suspend | resume | end | accuse | confirm | drop`: what one side does to the link.

Two persons do it: one asks, another confirms; it takes effect with the confirmation, at once and without the other side.
"""

from __future__ import annotations

import argparse
from typing import Any

from comity.cli.acts import add_node, add_officer, officer_of
from comity.cli.doorway import ask
from comity.cli.out import moment, show_json, show_table

DONE = 0
_ENDED = "!ended"


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the program's."""
    parser = commands.add_parser("link", help="show the link; suspend and resume the exchange, or one desk")
    inner = parser.add_subparsers(dest="link", metavar="ACTION", required=True)
    show = inner.add_parser("show", help="the state, what is suspended by whom, and what waits for a second person")
    add_node(show)
    show.set_defaults(run=run_show)
    for act, words in (
        ("suspend", "ask for a suspension; a second person confirms it"),
        ("resume", "ask that what this side suspended goes on; a second person confirms it"),
        ("end", "ask that the accord ends, for good; a second person confirms it"),
        (
            "accuse",
            "ask that a proof which waits for the other side's answer is held against it; a second person confirms it",
        ),
    ):
        one = inner.add_parser(act, help=words)
        if act in {"end", "accuse"}:
            one.set_defaults(desk="")
        else:
            one.add_argument("--desk", default="", help="one desk alone; default: the whole exchange")
        one.add_argument("--reason", required=True, help="why, in words; they stay in our own decision log")
        add_officer(one)
        add_node(one)
        one.set_defaults(run=run_wish, act=act)
    for act, run, words in (
        ("confirm", run_confirm, "confirm what another person asked for; it takes effect at once"),
        ("drop", run_drop, "take back what was asked for and not confirmed"),
    ):
        one = inner.add_parser(act, help=words)
        one.add_argument("wish", metavar="ID", help="26 letters and digits, as `show` has them")
        add_officer(one)
        add_node(one)
        one.set_defaults(run=run)


def run_show(asked: argparse.Namespace) -> int:
    """Show the link."""
    found = ask(asked.node, "GET", "/link")
    if asked.json:
        show_json(found)
        return DONE
    print(f"{found['state']} since {moment(found['since'])}: {found['reason']}")
    for line in named_lines(found["named"]):
        print(line)
    for side, words in (("ours", "this side"), ("theirs", "the other side")):
        for scope in found[side]:
            print(f"{words} {'ended' if scope == _ENDED else 'suspended'} {_scope(scope)}")
    rows = [[one["id"], one["act"], _what(one), one["by"], moment(one["at"])] for one in found["wishes"]]
    if rows:
        show_table("Waiting for a second person", ("id", "act", "what", "asked by", "at"), rows)
    return DONE


def named_lines(named: dict[str, Any] | None) -> tuple[str, ...]:
    """Return what a person reads of a head that the other side names and that nobody here signed; nothing if there is none."""
    if named is None:
        return ()
    how = "co-signed" if named["by"] == "co-signature" else "names in its log"
    hours, minutes = divmod(named["asked_ms"] // 60_000, 60)
    head = f"a head of {named['origin']} of {named['size']} entries that this node did not sign"
    since = f"{moment(named['since'])}, {hours} h {minutes} min ago"
    return (
        f"the other side {how} {head}; asked what it holds since {since}",
        "Nothing is exchanged until it answers: telephone; its node must be up, or carry media. operations.md, section 7",
    )


def run_wish(asked: argparse.Namespace) -> int:
    """Ask for a suspension or a resumption."""
    body = {"by": officer_of(asked.officer), "act": asked.act, "reason": asked.reason, "desk": asked.desk}
    said = ask(asked.node, "POST", "/link/wish", body)
    return _say(asked, said, f"asked for. Another desk lead or administrator now confirms it: {said['id']}")


def run_confirm(asked: argparse.Namespace) -> int:
    """Confirm what another person asked for."""
    said = ask(asked.node, "POST", "/link/confirm", {"by": officer_of(asked.officer), "id": asked.wish})
    if said["act"] == "accuse":
        return _say(asked, said, "the proof is held against the other side and the link is broken: comity log evidence")
    word = {"suspend": "suspended", "resume": "resumed"}.get(said["act"], "ended")
    return _say(asked, said, f"{_scope(said['desk'])} is {word}; the other side hears it with the next exchange")


def run_drop(asked: argparse.Namespace) -> int:
    """Take a wish back."""
    said = ask(asked.node, "POST", "/link/drop", {"by": officer_of(asked.officer), "id": asked.wish})
    return _say(asked, said, "taken back; nothing was changed")


def _what(wish: dict[str, Any]) -> str:
    return "the proof that waits" if wish["act"] == "accuse" else _scope(wish["desk"])


def _scope(scope: str) -> str:
    if scope.startswith("#"):
        return "a desk that is not open here"
    return {"": "the whole exchange", _ENDED: "the accord, for good"}.get(scope, f"the desk {scope}")


def _say(asked: argparse.Namespace, said: dict[str, Any], words: str) -> int:
    if asked.json:
        show_json(said)
    else:
        print(words)
    return DONE
