"""`comity accord next | diff | state | fetch | propose | agree | refuse`: the next edition of the accord, signed by both roots.

The order is next and sign where the root is, propose on the node; there: fetch on the node, sign where the root is, agree on
the node, or refuse. Both nodes do the rest.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from comity.base.errors import BadConfiguration, BadForm
from comity.base.hashing import sha256
from comity.cli.acts import add_node
from comity.cli.doorway import ask
from comity.cli.out import moment, show_json, show_table
from comity.crypto.sign import unverified_payload
from comity.dispatch.accord import Accord, decode_accord, encode_accord, fingerprint, verify_accord
from comity.dispatch.amendment import What, changes, follows
from comity.edge.files import write_atomic
from comity.edge.handover import PartyCard, Terms, make_accord, read_card
from comity.edge.registry import read_toml

DONE, REFUSED = 0, 1
_TAGGED = b"\xd8\x62"
_MINUTE = 60_000

SENTENCES = {
    What.DESK_OPENED: "opens the desk {subject} with: {after}",
    What.DESK_CLOSED: "closes the desk {subject}, which had: {before}",
    What.KIND_OPENED: "opens the kind {after} of the desk {subject}",
    What.KIND_CLOSED: "closes the kind {before} of the desk {subject}",
    What.ARRIVED: "lane {subject}: arrived within {after} minutes instead of {before}",
    What.SEEN: "lane {subject}: seen within {after} more minutes instead of {before}",
    What.TIMER: "timer or cap {subject}: {after} instead of {before}",
    What.AUTHOR_ADDED: "the kind {subject} needs its author's own assertion",
    What.AUTHOR_ENDED: "the kind {subject} no longer needs its author's own assertion",
    What.ADDRESS: "{subject} is reached at {after} instead of {before}",
    What.COUNTRY: "{subject} has the country code {after} instead of {before}",
    What.FROM: "may enter the logs from {after} on",
    What.UNKNOWN: "says something under number {subject} that this program does not know: ask before you sign",
}
"""What a difference between two editions means, for operators."""


def add_actions(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the actions to `comity accord`."""
    new = inner.add_parser("next", help="make the unsigned next edition from terms; no node is needed")
    new.add_argument("--before", type=Path, required=True, help="the accord in force, signed by both")
    new.add_argument("--terms", type=Path, required=True, help="TOML file with what both parties agree on now")
    new.add_argument(
        "--party", type=Path, action="append", default=[], help="party.json of a party whose address changed"
    )
    new.add_argument("--out", type=Path, required=True, help="file to write; both roots sign it: comity accord sign")
    new.set_defaults(run=run_next)
    diff = inner.add_parser("diff", help="say in words what an edition changes; no node is needed")
    diff.add_argument("before", type=Path, help="the accord in force")
    diff.add_argument("after", type=Path, help="the next edition, signed or not")
    diff.set_defaults(run=run_diff)
    state = inner.add_parser("state", help="editions in both logs, and proposals with what they change")
    add_node(state)
    state.set_defaults(run=run_state)
    fetch = inner.add_parser("fetch", help="write a proposal of the other side to a file, to be signed by our root")
    fetch.add_argument("number", help="of the proposal, as `state` has it; its first 8 digits will do")
    fetch.add_argument("--out", type=Path, required=True, metavar="FILE")
    add_node(fetch)
    fetch.set_defaults(run=run_fetch)
    for name, words in (
        ("propose", "hand an edition that our root signed to the running node, which proposes it to the other side"),
        ("agree", "hand an edition that both roots signed to the running node; it enters both logs"),
    ):
        one = inner.add_parser(name, help=words)
        one.add_argument("file", type=Path)
        one.add_argument("--note", default="", help="a word to the other side")
        add_node(one)
        one.set_defaults(run=run_hand_in, agreed=name == "agree")
    refuse = inner.add_parser("refuse", help="send a proposal of the other side back without our signature")
    refuse.add_argument("number", help="of the proposal, as `state` has it; its first 8 digits will do")
    refuse.add_argument("--note", required=True, help="why; the other side reads it")
    add_node(refuse)
    refuse.set_defaults(run=run_refuse)


def run_next(asked: argparse.Namespace) -> int:
    """Make the edition that follows the accord in force."""
    signed = asked.before.read_bytes()
    before = verify_accord(signed)
    cards: dict[str, PartyCard] = {party.node: _card(party.node, before) for party in before.parties}
    cards |= {card.node: card for card in map(read_card, asked.party)}
    if len(cards) != len(before.parties):
        raise BadForm("a card is of no party of the accord; nothing was made")
    first, second = (cards[party.node] for party in before.parties)
    accord = make_accord(read_toml(asked.terms, Terms), (first, second), prev=sha256(signed))
    wrong = follows(accord, before, sha256(signed))
    if wrong:
        raise BadForm(f"these terms make no next edition: {wrong}; nothing was made")
    if asked.out.exists():
        raise BadConfiguration(f"{asked.out} is there already; nothing was made")
    write_atomic(asked.out, encode_accord(accord), mode=0o644)
    print(f"{asked.out}: {accord.name}, edition {accord.edition}, not signed. It")
    _say(before, accord)
    print("Our root signs it first: comity accord sign; then comity accord propose")
    return DONE


def _card(node: str, accord: Accord) -> PartyCard:
    party = next(one for one in accord.parties if one.node == node)
    first, second = party.root_keys
    return PartyCard(party.node, party.country, (first.hex(), second.hex()), party.address)


def run_diff(asked: argparse.Namespace) -> int:
    """Say what an edition changes, and whether it follows."""
    signed = asked.before.read_bytes()
    before, after = _read(signed), _read(asked.after.read_bytes())
    _say(before, after)
    wrong = follows(after, before, sha256(signed))
    print(f"It CANNOT follow: {wrong}" if wrong else f"It follows edition {before.edition} by its signed bytes.")
    return REFUSED if wrong else DONE


def _read(data: bytes) -> Accord:
    return decode_accord(unverified_payload(data) if data.startswith(_TAGGED) else data)


def _say(before: Accord, after: Accord) -> None:
    for one in changes(before, after):
        print(f"  - {sentence(one.what.value, one.subject, one.before, one.after)}")


def sentence(what: str, subject: str, before: str, after: str) -> str:
    """Say one difference in words."""
    kind = What(what)
    if kind is What.FROM:
        return SENTENCES[kind].format(after=moment(int(after)))
    if kind in {What.ARRIVED, What.SEEN}:
        before, after = (str(int(one) // _MINUTE) if one else "" for one in (before, after))
    return SENTENCES[kind].format(subject=subject, before=before or "nothing", after=after or "nothing")


def run_state(asked: argparse.Namespace) -> int:
    """Show editions and proposals."""
    found = ask(asked.node, "GET", "/accord")
    if asked.json:
        show_json(found)
        return DONE
    for side, words in (("ours", "our log"), ("theirs", "the other side's log")):
        print(f"in force in {words}: edition {found[side]['edition']}, from {_place(found[side])}")
    rows = [_signed_row(one) for one in found["signed"]]
    show_table("Signed by both", ("edition", "from", "our log", "their log", "both by"), rows)
    for one in found["proposals"]:
        _show_proposal(one)
    return DONE


def _place(said: dict[str, Any]) -> str:
    return f"entry {said['entry']}" + (" of the log before the cut" if said["closed"] else "")


def _signed_row(one: dict[str, Any]) -> list[str]:
    places = ["not yet" if one[side] is None else _place(one[side]) for side in ("ours", "theirs")]
    due = f"LATE: {moment(one['due'])}" if one["late"] else moment(one["due"])
    return [str(one["edition"]), moment(one["from"]), *places, due]


def _show_proposal(one: dict[str, Any]) -> None:
    whose = "our proposal" if one["ours"] else "PROPOSED by the other side"
    if one["forgotten"]:
        whose = "signed by our root, but this node has no proposal of it; the answer came for"
    print(f"{whose}, edition {one['edition']}, {moment(one['at'])}: {one['state']}  number {one['number'][:16]}")
    for said in (one["note"], one["answer"]):
        if said:
            print(f"  {said!r}")
    for change in one["changes"]:
        print(f"  - {sentence(change['what'], change['subject'], change['before'], change['after'])}")


def run_fetch(asked: argparse.Namespace) -> int:
    """Write a proposal to a file."""
    if asked.out.exists():
        raise BadConfiguration(f"{asked.out} is there already; nothing was written")
    signed = bytes.fromhex(ask(asked.node, "GET", f"/accord/edition?number={asked.number}")["signed"])
    write_atomic(asked.out, signed, mode=0o644)
    print(f"wrote {asked.out}, as its proposer signed it. Fingerprint:\n  {fingerprint(signed)}")
    print("Where our root is: comity accord diff, comity accord sign; then comity accord agree")
    return DONE


def run_hand_in(asked: argparse.Namespace) -> int:
    """Hand an edition to the running node."""
    signed = asked.file.read_bytes()
    if not signed.startswith(_TAGGED):
        raise BadForm(f"{asked.file} is not signed: comity accord sign; nothing was changed")
    if asked.agreed:
        verify_accord(signed)
    said = ask(asked.node, "POST", "/accord/hand-in", {"signed": signed.hex(), "note": asked.note})
    return _report(said, asked, "It enters each log within a day: comity accord state" if asked.agreed else "")


def run_refuse(asked: argparse.Namespace) -> int:
    """Send a proposal back."""
    said = ask(asked.node, "POST", "/accord/refuse", {"number": asked.number, "note": asked.note})
    return _report(said, asked, "The accord in force goes on.")


def _report(said: dict[str, Any], asked: argparse.Namespace, more: str) -> int:
    if asked.json:
        show_json(said)
    elif said["sent"]:
        print(f"sent to the other side as {said['id']}. Fingerprint, for their officers:\n  {said['fingerprint']}")
        if more:
            print(more)
    else:
        print("our own law or the officer's standing holds it back: see comity approvals")
    return DONE if said["sent"] else REFUSED
