"""`comity room ...`: a restricted room, on the node's side and on a named person's own machine.

On the node: prepare, open, sign, install, serve, fetch, hand-in, export, list. On the person's machine: join, note, reply,
outcome, approve, read, receipt, reveal. Anywhere: verify. What a person does is in `roomnotes`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

from comity.base import cbor
from comity.base.errors import BadForm, PeerError
from comity.base.ids import show_id
from comity.cli.out import moment, show_json, show_table
from comity.cli.roomnotes import add_person_commands, keys_of
from comity.cli.terminal import progress
from comity.dispatch.accord import fingerprint
from comity.dispatch.columns import int_of, text_of
from comity.edge.clock import SystemClock
from comity.edge.config import Config, read_config
from comity.edge.export import export_logs, file_count
from comity.edge.files import PUBLIC_FILE, write_atomic
from comity.edge.logs import start_logging
from comity.edge.plain import to_json
from comity.edge.rooms import (
    SideCard,
    box_of,
    card_bytes,
    charters_in,
    install,
    make_charter,
    open_store,
    prepare,
    read_json,
    read_terms,
    room_folder,
    sign_charter,
    take_in,
)
from comity.edge.roomserver import run_room
from comity.room.box import encode_box
from comity.room.charter import Charter, cosigner_verifier, log_verifier, unverified_charter
from comity.room.reveal import open_reveal, verify_reveal
from comity.room.slot import decode_item

DONE, REFUSED = 0, 1
_KEYS_FILE = "room.vkeys"


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the program's."""
    parser = commands.add_parser("room", help="a restricted room: named persons, own keys, a log of blinded leaves")
    inner = parser.add_subparsers(dest="room", metavar="ACTION", required=True)
    _add_opening(inner)
    _add_running(inner)
    add_person_commands(inner)
    verify = inner.add_parser(
        "verify", help="check a proof of a note; needs no node, no network and no key of the room"
    )
    verify.add_argument("file", type=Path)
    verify.add_argument("--accord", type=Path, help="the signed accord from a source you trust")
    verify.add_argument("--key", type=Path, help="your key file, if the proof is sealed to you")
    verify.add_argument("--passphrase-file", type=Path, metavar="FILE")
    verify.add_argument("--json", action="store_true", help="for machines")
    verify.set_defaults(run=run_verify)


def _add_opening(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    first = inner.add_parser("prepare", help="on the node: make the log keys of a room and the card for the other side")
    _add_room(first)
    first.add_argument(
        "--address", action="append", default=[], help="https://host:port at which this side's room listens"
    )
    first.add_argument("--out", type=Path, required=True, metavar="FILE", help="the card")
    first.set_defaults(run=run_prepare)
    new = inner.add_parser("open", help="write an unsigned charter, or its next edition, from terms and cards")
    new.add_argument("--terms", type=Path, required=True, help="TOML: number, title, slot_ms, bucket, begins, ended")
    new.add_argument("--accord", type=Path, required=True, help="the signed accord")
    new.add_argument("--side", type=Path, action="append", required=True, help="card of a side's room; give both")
    new.add_argument("--person", action="append", required=True, metavar="NODE=FILE", help="card of a named person")
    new.add_argument("--before", type=Path, metavar="FILE", help="the signed edition before")
    new.add_argument("--out", type=Path, required=True, metavar="FILE")
    new.set_defaults(run=run_open)
    sign = inner.add_parser("sign", help="sign a charter with a party's root keys; each party does it once")
    sign.add_argument("file", type=Path)
    sign.add_argument("--root", type=Path, required=True, help="folder of the root keys")
    sign.set_defaults(run=run_sign)
    put = inner.add_parser("install", help="on the node: put a charter that both signed into the room's folder")
    put.add_argument("file", type=Path)
    put.add_argument(
        "--node", type=Path, default=Path(), metavar="FOLDER", help="the node's data folder; default: here"
    )
    put.set_defaults(run=run_install)


def _add_running(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    serve = inner.add_parser("serve", help="on the node: run the room's process, its own log, keys and path")
    _add_room(serve)
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=0)
    serve.add_argument(
        "--tray", type=Path, metavar="FOLDER", help="leave the box there, and take in what persons leave"
    )
    serve.set_defaults(run=run_serve)
    fetch = inner.add_parser("fetch", help="on the node: write the box for a named person; ciphertext and public data")
    _add_room(fetch)
    fetch.add_argument("--since", type=int, default=0, metavar="INDEX", help="places from this index on; default 0")
    fetch.add_argument("--out", type=Path, required=True, metavar="FILE")
    fetch.set_defaults(run=run_fetch)
    hand = inner.add_parser("hand-in", help="on the node: let a person's item wait for its slot")
    _add_room(hand)
    hand.add_argument("item", type=Path)
    hand.set_defaults(run=run_hand_in)
    out = inner.add_parser("export", help="on the node: write both logs out for a stranger, with their public keys")
    _add_room(out)
    out.add_argument("folder", type=Path)
    out.set_defaults(run=run_export)
    shown = inner.add_parser("list", help="on the node: rooms by number and agreed title, and how their logs stand")
    shown.add_argument(
        "--node", type=Path, default=Path(), metavar="FOLDER", help="the node's data folder; default: here"
    )
    shown.add_argument("--json", action="store_true", help="for machines")
    shown.set_defaults(run=run_list)


def _add_room(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--node", type=Path, default=Path(), metavar="FOLDER", help="the node's data folder; default: here"
    )
    parser.add_argument("--room", type=int, required=True, metavar="N", help="number of the room", dest="number")


# --- opening ---------------------------------------------------------------------------------------------------------


def run_prepare(asked: argparse.Namespace) -> int:
    """Make the log keys of a room and write our card."""
    card = prepare(read_config(asked.node), asked.number, tuple(asked.address))
    write_atomic(asked.out, card_bytes(card), mode=PUBLIC_FILE)
    print(f"{asked.out}: the card of {card.node} for room {card.room}; give it to whoever writes the charter")
    return DONE


def run_open(asked: argparse.Namespace) -> int:
    """Write a charter that nobody has signed yet."""
    terms, sides = read_terms(asked.terms), [read_json(path, SideCard) for path in asked.side]
    persons = [(node, Path(path)) for node, _, path in (one.partition("=") for one in asked.person)]
    before = asked.before.read_bytes() if asked.before else None
    payload = make_charter(terms, asked.accord.read_bytes(), sides, persons, before)
    write_atomic(asked.out, payload, mode=PUBLIC_FILE)
    charter = unverified_charter(payload)
    _show_charter(charter)
    print(f"{asked.out}: edition {charter.edition}; both parties now sign it with `comity room sign`")
    return DONE


def run_sign(asked: argparse.Namespace) -> int:
    """Add one party's two signatures to a charter, after showing what is signed."""
    data = asked.file.read_bytes()
    _show_charter(unverified_charter(data))
    done, both = sign_charter(data, asked.root)
    write_atomic(asked.file, done, mode=PUBLIC_FILE)
    print(
        f"signed by both parties. Read this fingerprint aloud:\n  {fingerprint(done)}"
        if both
        else "signed by one party"
    )
    return DONE


def run_install(asked: argparse.Namespace) -> int:
    """Put a signed charter into the room's folder; a process that runs takes it at its next start."""
    charter = install(read_config(asked.node), asked.file.read_bytes())
    print(f"room {charter.number}, edition {charter.edition}, is open; start `comity room serve` anew")
    return DONE


def _show_charter(charter: Charter) -> None:
    rows = [
        [side.node, str(one.number), one.agency, ", ".join(one.roles), one.kid.hex()[:16]]
        for side in charter.sides
        for one in side.persons
    ]
    ends = ", ENDED" if charter.ended else ""
    show_table(
        f"Room {charter.number}, edition {charter.edition}{ends}: {charter.title}; one leaf each {charter.slot_ms / 1000:g} s",
        ("Side", "Number", "Agency", "Roles", "Key"),
        rows,
    )


# --- running ---------------------------------------------------------------------------------------------------------


def run_serve(asked: argparse.Namespace) -> int:
    """Run the room's process until it is stopped."""
    config = read_config(asked.node)
    start_logging(config.log)

    def ready(port: int) -> None:
        print(f"room {asked.number} listens on {asked.host} port {port}", flush=True)

    room = run_room(config, asked.number, SystemClock(), host=asked.host, port=asked.port, ready=ready, tray=asked.tray)
    asyncio.run(room)
    return DONE


def run_fetch(asked: argparse.Namespace) -> int:
    """Write the box for a named person."""
    box = box_of(read_config(asked.node), asked.number, asked.since)
    write_atomic(asked.out, encode_box(box))
    print(f"{asked.out}: {len(box.ours.places)} places of ours and {len(box.theirs.places)} of theirs, all ciphertext")
    return DONE


def run_hand_in(asked: argparse.Namespace) -> int:
    """Let an item wait for its slot."""
    take_in(read_config(asked.node), asked.number, decode_item(asked.item.read_bytes()), SystemClock().now())
    print("it waits for its slot; when it left does not show")
    return DONE


def run_export(asked: argparse.Namespace) -> int:
    """Write both logs of a room as files, and their public keys for `comity log verify`."""
    config = read_config(asked.node)
    charter = _newest(config, asked.number)
    with (
        open_store(config, asked.number) as store,
        store.read() as tx,
        progress("writing", file_count(tx), hidden=False) as tick,
    ):
        done = export_logs(tx, asked.folder, tick)
    lines = [
        line
        for side in charter.sides
        for key in (log_verifier(side, charter.number), cosigner_verifier(side))
        for line in key.vkeys()
    ]
    write_atomic(asked.folder / _KEYS_FILE, "\n".join([*lines, ""]).encode(), mode=PUBLIC_FILE)
    for one in done:
        print(f"{one.origin}: {one.size} leaves in {asked.folder / one.folder}")
    print(f"check it with: comity log verify {asked.folder} --keys {asked.folder / _KEYS_FILE}")
    return DONE


def run_list(asked: argparse.Namespace) -> int:
    """Show the rooms of a node: numbers, agreed titles, editions and sizes; nothing else is known here."""
    config = read_config(asked.node)
    rows = [_row(config, int(path.name.removeprefix("room-"))) for path in sorted(config.folder.glob("room-*"))]
    if asked.json:
        show_json({"rooms": rows})
        return DONE
    shown = [
        [str(one[name]) for name in ("room", "title", "edition", "state", "ours", "theirs", "missing")] for one in rows
    ]
    show_table("Rooms", ("Room", "Agreed title", "Edition", "Link", "Our leaves", "Their leaves", "Missing"), shown)
    return DONE


def _row(config: Config, number: int) -> dict[str, object]:
    charter = _newest(config, number)
    with open_store(config, number) as store, store.read() as tx:
        sizes = {text_of(role): int_of(size) for role, size in tx.rows("SELECT role, size FROM log")}
        link = tx.rows("SELECT state FROM link")
        missing = tx.rows(
            "SELECT count(*) FROM entry e LEFT JOIN room_place p ON p.role = e.role AND p.idx = e.idx WHERE p.idx IS NULL"
        )[0][0]
    return {
        "room": number,
        "title": charter.title,
        "edition": charter.edition,
        "ended": charter.ended,
        "state": text_of(link[0][0]) if link else "not started",
        "ours": sizes.get("ours", 0),
        "theirs": sizes.get("theirs", 0),
        "missing": missing,
    }


def _newest(config: Config, number: int) -> Charter:
    found = charters_in(room_folder(config, number))
    if not found:
        raise BadForm(f"room {number} has no signed charter here; nothing was done")
    return unverified_charter(found[-1])


# --- verify ----------------------------------------------------------------------------------------------------------


def run_verify(asked: argparse.Namespace) -> int:
    """Check a proof of a note and show what it proves; 0 only if all of it holds."""
    key = keys_of(asked).seal if asked.key else None
    accord = asked.accord.read_bytes() if asked.accord else None
    try:
        proof = open_reveal(asked.file.read_bytes(), key)
        found = verify_reveal(proof, accord)
    except PeerError as error:
        if asked.json:
            show_json({"verified": False, "error": str(error)})
        else:
            print(f"NOT VERIFIED: {error}")
        return REFUSED
    body = to_json(cbor.decode(found.body))
    days = [datetime.fromtimestamp(at, UTC).isoformat() if at else None for at in (found.after, found.before)]
    if asked.json:
        said = {"room": found.room, "title": found.title, "sender": found.sender, "index": found.index, "body": body}
        show_json(
            {
                "verified": True, "accord_given": accord is not None, **said, "id": show_id(found.header.id),
                "kind": found.header.kind, "author": {"agency": found.author.agency, "number": found.author.number},
                "after": days[0], "before": days[1], "for": found.for_whom,
            }
        )  # fmt: skip
        return DONE
    rows = [
        [
            "note",
            f"{show_id(found.header.id)}, {found.header.kind}, leaf {found.index} of {found.sender}, room {found.room}",
        ],
        ["written by", f"{found.author.agency}, number {found.author.number}, under their own key"],
        ["made after", moment(found.after * 1000) if found.after else "the opening of the room"],
        ["made before", f"{moment(found.before * 1000)}, by the other side's co-signature"],
        ["opened for", f"{found.for_whom}, by {found.by.agency}, number {found.by.number}"],
        ["text", json.dumps(body, ensure_ascii=False)],
    ]
    show_table("What it proves", ("What", "Says"), rows)
    print("VERIFIED" if accord else "VERIFIED under the accord inside it; compare that with yours: --accord FILE")
    return DONE
