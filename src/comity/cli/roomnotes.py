"""What a named person types, on their own machine: their key, notes and counter-notes, receipts, outcomes, proofs.

The rule it keeps: what is written for the node is ciphertext; a text is printed only to the person whose key opened it, and
only if their own law admits it.
"""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from pathlib import Path
from typing import Any

from comity.base import cbor
from comity.base.errors import BadForm
from comity.base.ids import DispatchId, Ms, show_id
from comity.cli.out import moment, show_json, show_table
from comity.crypto.keys import SealingPublic, read_cose_key
from comity.dispatch.decision import receiving
from comity.dispatch.entries import Fact, decision_hash
from comity.dispatch.states import Withheld
from comity.edge.clock import SystemClock
from comity.edge.entropy import SystemEntropy
from comity.edge.files import PUBLIC_FILE, read_private, write_atomic
from comity.edge.listener import run as run_loop
from comity.edge.plain import to_json
from comity.edge.roomdesk import (
    Looked,
    find_note,
    form_of,
    keep_record,
    look,
    open_chamber,
    open_draft,
    read_box,
    read_law,
    seal_draft,
)
from comity.edge.roomhand import RoomHand
from comity.edge.roompage import run_room_page
from comity.edge.rooms import PersonCard, card_bytes, read_json
from comity.edge.roomtray import Tray
from comity.marking.vocabulary import ROOM_PURPOSE
from comity.policy.verdict import Verdict
from comity.room.box import Box
from comity.room.keyfile import PersonKeys, lock, unlock
from comity.room.reading import Note, Read, receipts
from comity.room.reveal import asks_law, reveal, seal_reveal
from comity.room.slot import Found, encode_item
from comity.room.writing import Begun, Chamber, approve, write_note, write_receipt

DONE, REFUSED = 0, 1
_MINUTE_MS = 60_000


def add_person_commands(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands of a named person."""
    join = inner.add_parser("join", help="make your own key file and the card that the charter names you by")
    join.add_argument("--number", type=int, required=True, help="your number in your side's roster")
    join.add_argument("--agency", required=True)
    join.add_argument(
        "--role", action="append", default=[], help="a role in which you may approve, as your law asks for it"
    )
    _add_key(join)
    join.add_argument("--card", type=Path, required=True, metavar="FILE", help="the card to write")
    join.set_defaults(run=run_join)
    for name, words in (
        ("note", "write a note: your law clears it here, what is written out is ciphertext"),
        ("reply", "write a counter-note to a note"),
        ("outcome", "write one paragraph of outcome"),
    ):
        one = inner.add_parser(name, help=words)
        _add_desk(one)
        _add_writing(one)
        one.set_defaults(run=run_note, what=name)
        if name == "reply":
            one.add_argument("id", help="number of the note that is answered")
    yes = inner.add_parser("approve", help="approve the draft of another named person of your side")
    _add_desk(yes)
    yes.add_argument("draft", type=Path)
    yes.add_argument("--role", required=True, help="the role in which you approve")
    yes.add_argument("--yes", action="store_true", help="do not ask; you have read it before")
    yes.add_argument("--out", type=Path, required=True, metavar="FILE", help="the approval, to be given to the writer")
    yes.set_defaults(run=run_approve)
    read = inner.add_parser("read", help="check both logs and read what is in the room")
    _add_desk(read)
    read.add_argument("--json", action="store_true", help="for machines")
    read.set_defaults(run=run_read)
    seen = inner.add_parser("receipt", help="write the receipt of a note of the other side")
    _add_desk(seen)
    seen.add_argument("id", help="number of the note")
    seen.add_argument("--out", type=Path, required=True, metavar="FILE", help="the item for the node")
    seen.set_defaults(run=run_receipt)
    page = inner.add_parser("page", help="open the room as a page in a browser of this machine, for you alone")
    _add_key(page)
    page.add_argument("--tray", type=Path, required=True, metavar="FOLDER", help="where your node leaves the box")
    page.add_argument("--law", type=Path, required=True, metavar="FOLDER", help="copy of your node's folder `law`")
    page.add_argument("--port", type=int, default=0, help="of the loopback address; default any free one")
    page.add_argument("--idle-minutes", type=int, default=15, metavar="N", help="end after so long; default 15")
    page.add_argument("--json", action="store_true", help="print one JSON line when it is ready")
    page.set_defaults(run=run_page)
    show = inner.add_parser("reveal", help="open one note to a named third person, with the proof of its day")
    _add_desk(show)
    show.add_argument("id", help="number of the note")
    show.add_argument("--for", required=True, dest="whom", metavar="WHO", help="name or office of the third person")
    show.add_argument("--to", type=Path, metavar="CARD", help="their card, to seal the proof to their key")
    show.add_argument("--out", type=Path, required=True, metavar="FILE")
    show.set_defaults(run=run_reveal)


def _add_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="your key file")
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help="a private file; without it you are asked")


def _add_desk(parser: argparse.ArgumentParser) -> None:
    _add_key(parser)
    parser.add_argument("--box", type=Path, required=True, metavar="FILE", help="what `comity room fetch` wrote")
    parser.add_argument("--law", type=Path, required=True, metavar="FOLDER", help="copy of your node's folder `law`")


def _add_writing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kind", default="message", help="message, spontaneous, rfi, answer or refusal")
    parser.add_argument("--purpose", default=ROOM_PURPOSE, help=f"default {ROOM_PURPOSE}")
    parser.add_argument("--text", type=Path, metavar="FILE", help="file with the text; - for standard input")
    parser.add_argument(
        "--form", type=Path, metavar="FILE", help="JSON with further fields of the form, `body` among them"
    )
    parser.add_argument(
        "--draft", type=Path, metavar="FILE", help="the draft that waits for an approval: written, then read"
    )
    parser.add_argument("--approval", type=Path, action="append", default=[], metavar="FILE")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the item for the node")
    parser.add_argument("--json", action="store_true", help="for machines")


# --- the key ---------------------------------------------------------------------------------------------------------


def run_join(asked: argparse.Namespace) -> int:
    """Make a key file and a card; a key file that is there is never replaced."""
    if asked.key.exists():
        raise BadForm(f"{asked.key} is there already; it was not replaced, for a key once lost cannot be made again")
    words, entropy = _passphrase(asked, new=True), SystemEntropy()
    keys = PersonKeys.generate(entropy)
    write_atomic(asked.key, lock(keys, words, entropy))
    card = PersonCard.of(keys.person(asked.number, asked.agency, tuple(asked.role)))
    write_atomic(asked.card, card_bytes(card), mode=PUBLIC_FILE)
    print(
        f"{asked.key} stays with you; {asked.card} goes into the charter. Lost, nobody can open your notes with another key"
    )
    return DONE


def keys_of(asked: argparse.Namespace) -> PersonKeys:
    """Open the key file that a command names."""
    return unlock(read_private(asked.key), _passphrase(asked))


def _passphrase(asked: argparse.Namespace, *, new: bool = False) -> str:
    if asked.passphrase_file:
        return read_private(asked.passphrase_file).decode().rstrip("\n")
    words = getpass.getpass("passphrase: ")
    if new and words != getpass.getpass("again: "):
        raise BadForm("the two passphrases differ; nothing was made")
    return words


# --- reading ---------------------------------------------------------------------------------------------------------


def _open(asked: argparse.Namespace) -> tuple[Box, Chamber, Looked, PersonKeys, Ms]:
    keys, box, now = keys_of(asked), read_box(asked.box), SystemClock().now()
    chamber = open_chamber(box, keys, read_law(asked.law))
    return box, chamber, look(box, chamber, asked.key, now), keys, now


def run_read(asked: argparse.Namespace) -> int:
    """Show every note and outcome with its receipts, and all that is wrong; 1 if anything is."""
    _, _, looked, _, _ = _open(asked)
    got = receipts(looked.read)
    notes = [_note_json(one, one.note, looked, len(got.get(one.note.header.id, ()))) for one in looked.read if one.note]
    wrong = [*looked.faults, *(f"{_side(one)} leaf {one.index}: {one.fault}" for one in looked.read if one.fault)]
    counts = {kind.value: sum(one.found is kind for one in looked.read) for kind in Found}
    if asked.json:
        show_json({"notes": notes, "wrong": wrong, "leaves": counts, "good": not wrong})
    else:
        for one in notes:
            _show_note(one)
        print(f"{len(notes)} notes in {len(looked.read)} leaves; {counts['cover']} hold nothing")
        for line in wrong:
            print(f"BAD   {line}")
    return REFUSED if wrong else DONE


def _note_json(one: Read, note: Note, looked: Looked, receipted: int) -> dict[str, Any]:
    heads = (looked.ours if one.ours else looked.theirs).heads
    covering = next((head for head in heads if head.head.checkpoint.size > one.index), None)
    said: dict[str, Any] = {
        "id": show_id(note.header.id),
        "ours": one.ours,
        "leaf": one.index,
        "kind": note.header.kind,
        "purpose": note.header.purpose,
        "author": {"agency": note.author.agency, "number": note.author.number},
        "re": [show_id(re) for re in note.header.re],
        "co_signed": None if covering is None else covering.cosigned.time,
        "receipts": receipted,
        "refused": note.code,
        "reasons": _reasons(note.verdict),
    }
    return said if note.code else {**said, "body": to_json(cbor.decode(note.body))}


def _reasons(verdict: Verdict | None) -> list[dict[str, str]]:
    return (
        [] if verdict is None else [{"rule": r.rule, "article": r.article, "says": r.sentence} for r in verdict.reasons]
    )


def _show_note(one: dict[str, Any]) -> None:
    who = f"{one['author']['agency']}, number {one['author']['number']}"
    at = moment(one["co_signed"] * 1_000) if one["co_signed"] else "not co-signed yet"
    print(f"{one['id']}  {'ours' if one['ours'] else 'theirs'}  {one['kind']}  {who}  {at}  receipts {one['receipts']}")
    if one["refused"]:
        print(f"  our law does not admit it ({one['refused']}); its text is not shown")
    else:
        print("  " + json.dumps(one["body"], ensure_ascii=False))
    for reason in one["reasons"]:
        print(f"  {reason['rule']}: {reason['article']}: {reason['says']}")


def _side(one: Read) -> str:
    return "our" if one.ours else "their"


# --- writing ---------------------------------------------------------------------------------------------------------


def run_note(asked: argparse.Namespace) -> int:
    """Write a note, a counter-note or an outcome; held for an approval, a draft is written for the one who gives it."""
    _, chamber, looked, keys, now = _open(asked)
    begun: Begun | None = None
    if asked.draft and asked.draft.exists():
        fields, kept = open_draft(asked.draft, keys)
        begun = Begun(*kept)
    else:
        fields = _fields(asked, chamber, now)
    form, question = form_of(fields, looked)
    approvals = [path.read_bytes() for path in asked.approval]
    outcome, begun = write_note(form, chamber, now, question=question, begun=begun, approvals=approvals)
    if isinstance(outcome, Withheld):
        if asked.draft and outcome.missing and not asked.draft.exists():
            draft = seal_draft(fields, (begun.id, begun.created), chamber.charter(now), chamber.office.us)
            write_atomic(asked.draft, draft)
        return _withheld(asked, outcome)
    keep_record(asked.key, outcome.id, outcome.salt, outcome.record, keys)
    write_atomic(asked.out, encode_item(outcome.slot))
    if asked.json:
        said = {"outcome": "written", "id": show_id(outcome.id), "removed": list(outcome.redactions)}
        show_json({**said, "reasons": _reasons(outcome.verdict), "item": str(asked.out)})
    else:
        removed = f"; removed by law: {', '.join(outcome.redactions)}" if outcome.redactions else ""
        print(f"{asked.out}: note {show_id(outcome.id)}{removed}. Hand it to the node: comity room hand-in")
    return DONE


def _withheld(asked: argparse.Namespace, outcome: Withheld) -> int:
    if asked.json:
        said = {"outcome": outcome.state, "missing": list(outcome.missing), "reasons": _reasons(outcome.verdict)}
        show_json(said)
        return REFUSED
    print(f"{outcome.state}: nothing left this machine")
    for reason in _reasons(outcome.verdict):
        print(f"  {reason['rule']}: {reason['article']}: {reason['says']}")
    for missing in outcome.missing:
        print(f"  missing: {missing}")
    if asked.draft and asked.draft.exists():
        print(f"  {asked.draft} goes to the person who approves: comity room approve")
    return REFUSED


def _fields(asked: argparse.Namespace, chamber: Chamber, now: Ms) -> dict[str, Any]:
    """Put the fields of a form together from what was typed and from the charter."""
    charter, me = chamber.me(now)
    peers = sorted({one.agency for one in charter.other(chamber.office.us).persons})
    given: dict[str, Any] = json.loads(asked.form.read_text()) if asked.form else {}
    body = dict(given.pop("body", {}))
    if asked.text:
        text = (sys.stdin.read() if str(asked.text) == "-" else asked.text.read_text()).strip()
        body["text"] = text
    if asked.what == "outcome":
        body.setdefault("items", [{"label": "outcome", "value": f"room {charter.number}"}])
    said = {
        "desk": next(iter(chamber.office.desks)),
        "kind": asked.kind,
        "agency": me.agency,
        "recipients": peers,
        "purpose": asked.purpose,
        "workplan_reason": f"restricted room {charter.number}",
        "re": [asked.id] if asked.what == "reply" else [],
    }
    return {**said, **given, "body": body}


def run_approve(asked: argparse.Namespace) -> int:
    """Show a draft of another named person of our side, and sign the approval of exactly this text."""
    _, chamber, looked, keys, now = _open(asked)
    fields, kept = open_draft(asked.draft, keys)
    form, question = form_of(fields, looked)
    print(json.dumps(fields, ensure_ascii=False, indent=2))
    if not asked.yes and input("approve exactly this text? [y/N] ").strip().lower() != "y":
        print("nothing was approved")
        return REFUSED
    signed, _ = approve(form, chamber, now, role=asked.role, begun=Begun(*kept), question=question)
    write_atomic(asked.out, signed)
    print(f"{asked.out}: give it to the writer, for --approval")
    return DONE


def run_receipt(asked: argparse.Namespace) -> int:
    """Write the receipt of a note: read, or not admitted by our law."""
    _, chamber, looked, keys, now = _open(asked)
    one = find_note(looked, asked.id)
    if one.ours or one.note is None or one.note.verdict is None:
        raise BadForm("a receipt is for a note of the other side; nothing was made")
    salt = chamber.office.entropy.draw(32)
    record = receiving(DispatchId(one.note.header.id), one.note.question, one.note.verdict, now)
    keep_record(asked.key, one.note.header.id, salt, record, keys)
    stated = (Fact.REFUSED, one.note.code) if one.note.code else (Fact.SEEN, None)
    slot = write_receipt((one.index, one.note.leaf), stated, chamber, now, decided=decision_hash(salt, record))
    write_atomic(asked.out, encode_item(slot))
    print(f"{asked.out}: the receipt of {asked.id}. Hand it to the node: comity room hand-in")
    return DONE


def run_page(asked: argparse.Namespace) -> int:
    """Serve the room's page until it is closed or nobody is there; the address it prints is good once."""
    clock = SystemClock()
    hand = RoomHand(asked.key, keys_of(asked), read_law(asked.law), Tray(asked.tray), clock)
    hand.look()  # what cannot be opened is said here, before there is a page

    def ready(url: str) -> None:
        if asked.json:
            show_json({"url": url})
        else:
            print(f"open this in a browser of this machine; it is good once:\n  {url}\nstop with Ctrl-C", flush=True)

    run_loop(run_room_page(hand, clock, port=asked.port, idle_ms=asked.idle_minutes * _MINUTE_MS, ready=ready))
    return DONE


def run_reveal(asked: argparse.Namespace) -> int:
    """Write the proof of one note for a named third person, if our law lets a note of the other side out."""
    box, chamber, looked, _, now = _open(asked)
    one = find_note(looked, asked.id)
    if one.note is None or one.note.code:
        raise BadForm("our law does not admit this note, so it is not shown to anybody; nothing was made")
    verdict = asks_law(one.note, chamber, now)
    if verdict is not None and not verdict.permits:
        rows = [[r["rule"], r["article"], r["says"]] for r in _reasons(verdict)]
        show_table("Our law does not let it out; nothing was made", ("Rule", "Article", "Says"), rows)
        return REFUSED
    log = looked.ours if one.ours else looked.theirs
    proof = reveal(one, log, chamber, (box.accord, box.charters), asked.whom)
    if asked.to:
        reader = read_cose_key(bytes.fromhex(read_json(asked.to, PersonCard).seal))
        assert isinstance(reader, SealingPublic)
        proof = seal_reveal(proof, reader, SystemEntropy())
    write_atomic(asked.out, proof)
    print(f"{asked.out}: the proof of {asked.id} for {asked.whom}; they check it with: comity room verify")
    return DONE
