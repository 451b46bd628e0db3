"""`comity people ...`: accounts of the running node, from its own machine; the first administrator comes in by this way.

Who is an officer, and in which roles, stands in the roster beside the node and is changed there.
"""

from __future__ import annotations

import argparse
from typing import Any

from comity.cli.acts import add_node, officer_of
from comity.cli.doorway import ask
from comity.cli.out import moment, show_json, show_table

DONE, REFUSED = 0, 1
_WAITS = "it waits for an administrator to confirm it, as proposal {proposal}; nothing was changed yet"
_HEADS = (
    "officer",
    "agency",
    "roles",
    "state",
    "passkeys",
    "links",
    "sessions",
    "last here",
    "name",
    "agency's sign-in",
)


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the program's."""
    parser = commands.add_parser("people", help="accounts of our officers: keys, links, sessions; never content")
    inner = parser.add_subparsers(dest="people", metavar="WHAT", required=True)
    listed = inner.add_parser("list", help="every officer of ours with keys, links and sessions")
    add_node(listed)
    listed.set_defaults(run=run_list)
    invite = _one(inner, "invite", "make a link by which an officer registers one passkey, once, within a day")
    _one(inner, "suspend", "close every session and link of an officer at once, and let him or her in no more")
    reinstate = _one(inner, "reinstate", "let an officer in again")
    sessions = _one(inner, "sessions", "show an officer's open sessions, or end them all")
    sessions.add_argument("--end", action="store_true", help="end them all")
    bind = _one(inner, "bind", "bind an officer to a subject of the agency's own sign-in")
    bind.add_argument("subject", metavar="SUBJECT", help='"ISSUER SUBJECT" in one argument; "" ends the binding')
    for one in (invite, reinstate, bind):
        one.add_argument(
            "--alone",
            default="",
            metavar="WHY",
            help="at once, though an administrator could confirm it: rings all of them",
        )
    waiting = inner.add_parser(
        "waiting", help="changes that wait for another person's confirmation, and the last that were decided"
    )
    add_node(waiting)
    waiting.set_defaults(run=run_waiting)
    for what, words in (
        ("confirm", "confirm, from this machine, what an administrator proposed"),
        ("refuse", "refuse it"),
    ):
        decide = inner.add_parser(what, help=words)
        decide.add_argument("proposal", metavar="PROPOSAL", help="as `people waiting` shows it")
        add_node(decide)
        decide.set_defaults(run=run_decide, decision=what)
    name = _one(inner, "name", "keep an officer's name, shown to those with the same case only")
    name.add_argument("name", metavar="NAME", help='the name; "" removes it')


def _one(inner: argparse._SubParsersAction[argparse.ArgumentParser], what: str, words: str) -> argparse.ArgumentParser:
    parser = inner.add_parser(what, help=words)
    parser.add_argument("officer", metavar="OFFICER", help="desk and number, such as requests/101")
    add_node(parser)
    parser.set_defaults(run=_RUN[what])
    return parser


def run_list(asked: argparse.Namespace) -> int:
    """Show all accounts."""
    found = ask(asked.node, "GET", "/people")
    if asked.json:
        show_json(found)
        return DONE
    show_table("Officers of ours", _HEADS, [_row(one) for one in found])
    return DONE


def run_invite(asked: argparse.Namespace) -> int:
    """Make an invitation and print its link, which is shown this once."""
    said = ask(asked.node, "POST", "/people/invite", {**officer_of(asked.officer), "alone": asked.alone})
    if asked.json or said["waits"]:
        return _say(asked, said, _WAITS.format(**said))
    return _show_link(said, asked.officer)


def _show_link(said: dict[str, Any], officer: str) -> int:
    print(said["link"] or f"the address of this node's pages, and then {said['path']}")
    print(f"for {officer}, once, until {moment(said['until'])}; hand it over by a way that you trust")
    if said["alone"]:
        print("made by one person alone, and marked so in our decision log")
    return DONE


def run_waiting(asked: argparse.Namespace) -> int:
    """Show what waits for a second person, and what was decided."""
    found = ask(asked.node, "GET", "/people/proposals")
    if asked.json:
        show_json(found)
        return DONE
    rows = [
        [moment(one["since"]), one["what"], f"{one['desk']}/{one['number']}", one["by"],
         "waits" if one["waits"] else one["ended_how"], one["ended_by"], one["id"]]
        for one in found["proposals"]
    ]  # fmt: skip
    show_table(
        "Changes of accounts", ("since", "what", "officer", "proposed by", "state", "decided by", "proposal"), rows
    )
    print("administrators who can sign in: " + (", ".join(found["administrators"]) or "none"))
    return DONE


def run_decide(asked: argparse.Namespace) -> int:
    """Confirm or refuse a change that an administrator proposed."""
    said = ask(asked.node, "POST", f"/people/{asked.decision}", {"proposal": asked.proposal})
    if asked.decision == "confirm" and "path" in said and not asked.json:
        return _show_link(said, "the officer")
    return _say(asked, said, "confirmed, and done" if asked.decision == "confirm" else "refused; nothing was changed")


def run_suspend(asked: argparse.Namespace) -> int:
    """Suspend an officer."""
    said = ask(asked.node, "POST", "/people/suspend", officer_of(asked.officer))
    return _say(asked, said, f"{asked.officer} is suspended; {said['sessions']} sessions were closed")


def run_reinstate(asked: argparse.Namespace) -> int:
    """Reinstate an officer."""
    said = ask(asked.node, "POST", "/people/reinstate", {**officer_of(asked.officer), "alone": asked.alone})
    return _say(asked, said, _WAITS.format(**said) if said["waits"] else f"{asked.officer} can sign in again")


def run_sessions(asked: argparse.Namespace) -> int:
    """Show or end an officer's sessions; 1 if there is no such officer."""
    who = officer_of(asked.officer)
    if asked.end:
        said = ask(asked.node, "POST", "/people/sessions/end", who)
        return _say(asked, said, f"{said['ended']} sessions of {asked.officer} were closed")
    found = ask(asked.node, "GET", f"/people/one?desk={who['desk']}&number={who['number']}")
    if asked.json:
        show_json(found)
        return DONE if found else REFUSED
    if found is None:
        print(f"the roster names no {asked.officer} of ours")
        return REFUSED
    rows = [[one["how"], moment(one["since"]), moment(one["seen"]), moment(one["until"])] for one in found["sessions"]]
    show_table(f"Sessions of {asked.officer}", ("how", "since", "last here", "at most until"), rows)
    return DONE


def run_bind(asked: argparse.Namespace) -> int:
    """Bind a subject, or end a binding."""
    body = {**officer_of(asked.officer), "subject": asked.subject, "alone": asked.alone}
    said = ask(asked.node, "POST", "/people/bind", body)
    if said.get("waits"):
        return _say(asked, said, _WAITS.format(**said))
    return _say(asked, said, f"{asked.officer} is {'bound' if said['bound'] else 'bound to nobody there'}")


def run_name(asked: argparse.Namespace) -> int:
    """Keep a name."""
    said = ask(asked.node, "POST", "/people/name", {**officer_of(asked.officer), "name": asked.name})
    return _say(asked, said, f"{asked.officer} has {'a name that is kept' if said['named'] else 'no name'}")


_RUN = {
    "invite": run_invite,
    "suspend": run_suspend,
    "reinstate": run_reinstate,
    "sessions": run_sessions,
    "bind": run_bind,
    "name": run_name,
}


def _say(asked: argparse.Namespace, said: dict[str, Any], words: str) -> int:
    if asked.json:
        show_json(said)
    else:
        print(words)
    return DONE


def _row(one: dict[str, Any]) -> list[str]:
    return [
        f"{one['desk']}/{one['number']}",
        one["agency"],
        ", ".join(one["roles"]),
        one["why"] or "active",
        str(one["passkeys"]),
        str(one["invitations"]),
        str(one["sessions"]),
        moment(one["seen"]),
        "kept" if one["named"] else "",
        "bound" if one["bound"] else "",
    ]
