"""A named person's own machine: their key file, the box they were handed, their party's law, and what they saw before.

The rule it keeps: nothing here needs a node, a socket or a secret of the node; what is written beside the key file is how
far each log was seen, and decision records that only this person's key opens.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import msgspec

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.errors import BadConfiguration, BadForm
from comity.base.hashing import sha256
from comity.base.ids import Digest, DispatchId, Ms, NodeName, read_id, show_id
from comity.base.workdays import Calendar
from comity.crypto.keys import cose_key, key_id
from comity.crypto.seal import seal, unseal
from comity.desk import Around, Desk
from comity.dispatch.accord import Accord, verify_accord
from comity.dispatch.keylist import verify_keylist
from comity.dispatch.office import Office
from comity.dispatch.states import Form
from comity.dispatch.wire import Header
from comity.edge.desks import part
from comity.edge.entropy import SystemEntropy
from comity.edge.files import make_private_folder, read_private, write_atomic
from comity.edge.forms import FormIn
from comity.edge.opening import DeskMaker, read_schema
from comity.edge.setup import LAW_FILE, LAW_KEY, LAW_PRIVATE, read_edition
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition
from comity.room.box import Box, CheckedLog, Remembered, check_log, decode_box
from comity.room.charter import KINDS, Charter, verify_charters
from comity.room.keyfile import PersonKeys
from comity.room.reading import Read, read_room
from comity.room.writing import Chamber

WRITER = "by"
"""Beside the fields of a draft's form: the number of who wrote it."""
_DRAFT = "comity/room-draft/1"
_AAD = cbor.encode((_DRAFT,))
_RECORD_AAD = cbor.encode(("comity/room-record/1",))


@dataclass(frozen=True, slots=True)
class Looked:
    """What a person sees of a room: its charters, our log and theirs, every leaf, and what is wrong."""

    charters: tuple[Charter, ...]
    ours: CheckedLog
    theirs: CheckedLog
    read: tuple[Read, ...]
    faults: tuple[str, ...]


class _Nobody:
    """Powers of a room: the charter says who may release, so no roster is asked."""

    def standing(self, *_: object) -> None:
        """Return that nobody has a standing by a roster."""

    def peer_posting_ended(self, *_: object) -> None:
        """Return that no posting is known."""


def read_box(path: Path) -> Box:
    """Read a box from a file.

    Raises:
        BadForm: the file cannot be read.
        BadEnvelope: it is no box.
    """
    try:
        return decode_box(path.read_bytes())
    except OSError as error:
        raise BadForm(f"{path} could not be read ({error.strerror}); nothing was done") from error


def read_law(folder: Path) -> Edition:
    """Load the law edition from a copy of the node's folder `law`.

    Raises:
        BadConfiguration: it is not there or does not hold.
        BadSignature: another key signed it.
    """
    try:
        private = read_private(folder / LAW_PRIVATE) if (folder / LAW_PRIVATE).exists() else None
        return read_edition((folder / LAW_FILE).read_bytes(), (folder / LAW_KEY).read_text(), private)
    except OSError as error:
        raise BadConfiguration(f"{folder} holds no signed law edition ({error}); nothing was done") from error


def open_chamber(box: Box, keys: PersonKeys, law: Edition) -> Chamber:
    """Put a person's machine together from what they were handed; every paper in it is verified.

    Raises:
        BadSignature: a paper does not stand.
        BadForm: no edition of the charter names the owner of these keys on this side.
    """
    charters = verify_charters(box.charters, box.accord)
    accord = verify_accord(box.accord)
    node, kid = NodeName(box.node), key_id(cose_key(keys.seal.public()))
    mine = [(edition, one) for edition in charters for one in edition.persons_of(node) if one.kid == kid]
    if not mine:
        raise BadForm("no edition of this room's charter names the owner of this key on this side; nothing was opened")
    name = next((one.desk for one in accord.desks if set(KINDS) & set(one.kinds)), None)
    if name is None:
        raise BadForm("the accord opens none of the kinds of a room; nothing was opened")
    peer = accord.peer_of(node)
    office = Office(
        us=node,
        peer=peer.node,
        accord=accord,
        accord_digest=Digest(sha256(box.accord)),
        peer_keys=verify_keylist(box.peer_keys, peer.root()),
        sealing={},
        seals={},
        agencies=frozenset(one.agency for edition in charters for one in edition.persons_of(node)),
        gate=CedarGate(law),
        patterns=law.patterns,
        desks={name: _desk(name, node, accord)},
        powers=_Nobody(),
        entropy=SystemEntropy(),
        listed=law.listed,
    )
    return Chamber(office, charters, mine[-1][1].number, keys.seal, keys.signs)


def look(box: Box, chamber: Chamber, key_file: Path, now: Ms) -> Looked:
    """Check both logs, read every leaf, and remember how far the logs were seen if nothing is wrong with them.

    Raises:
        BadSignature, BadProof: a log is not what its heads say; nothing of it was read.
    """
    seen = _seen(key_file)
    logs = [
        check_log(copy, box, chamber.charters, ours=ours, seen=seen.get(_name(box, ours=ours)), now=now)
        for copy, ours in ((box.ours, True), (box.theirs, False))
    ]
    read = read_room(logs[0].slots, logs[1].slots, chamber, now)
    faults = tuple(fault for log in logs for fault in log.faults)
    if not faults:
        _remember(
            key_file,
            {**seen, **{_name(box, ours=ours): log.seen for log, ours in zip(logs, (True, False), strict=True)}},
        )
    return Looked(chamber.charters, logs[0], logs[1], read, faults)


def keep_record(key_file: Path, dispatch: DispatchId, salt: bytes, record: bytes, keys: PersonKeys) -> Path:
    """Keep what opens the decision hash of a leaf, sealed to the person's own key; it is for their reviewer or court."""
    folder = key_file.with_name(key_file.name + ".records")
    make_private_folder(folder)
    public = keys.seal.public()
    to = [(key_id(cose_key(public)), public)]
    path = folder / f"{show_id(dispatch)}.sealed"
    write_atomic(path, seal(cbor.encode((salt, record)), recipients=to, aad=_RECORD_AAD, entropy=SystemEntropy()))
    return path


def seal_draft(form: Mapping[str, object], begun: tuple[DispatchId, Ms], charter: Charter, node: NodeName) -> bytes:
    """Seal a draft to the named persons of our side, so that one of them can approve it."""
    to = [(one.kid, one.sealing()) for one in charter.persons_of(node)]
    plain = cbor.encode((_DRAFT, json.dumps(form), *begun))
    return seal(plain, recipients=to, aad=_AAD, entropy=SystemEntropy())


def open_draft(path: Path, keys: PersonKeys) -> tuple[dict[str, Value], tuple[DispatchId, Ms]]:
    """Open a draft.

    Raises:
        BadSeal: it is not sealed to this person.
        BadForm: it is no draft.
    """
    kid = key_id(cose_key(keys.seal.public()))
    match cbor.decode(unseal(path.read_bytes(), kid=kid, private=keys.seal, aad=_AAD)):
        case [str(kind), str(form), bytes(dispatch), int(created)] if kind == _DRAFT:
            return json.loads(form), (DispatchId(dispatch), Ms(created))
    raise BadForm(f"{path} is no draft of a room; nothing was done")


def find_note(looked: Looked, text: str) -> Read:
    """Return the leaf of the note with this number, of 26 letters and digits.

    Raises:
        BadForm: the box has none.
    """
    wanted = read_id(text)
    for one in looked.read:
        if one.note is not None and one.note.header.id == wanted:
            return one
    raise BadForm(f"{text} is no note in this box; fetch it again, or from an earlier index")


def form_of(fields: Mapping[str, object], looked: Looked) -> tuple[Form, Header | None]:
    """Return a form as the path takes it, and the header of the note that it answers.

    Raises:
        BadForm: it does not fit, or the note that it answers is not here.
    """
    try:
        read = msgspec.convert({name: value for name, value in fields.items() if name != WRITER}, FormIn)
    except msgspec.ValidationError as error:
        raise BadForm(f"the form does not fit: {error}; nothing was made") from error
    note = find_note(looked, read.re[0]).note if read.re else None
    if note is None:
        return read.form(), None
    return read.form((note.facts.asks, note.facts.records)), note.header


def _desk(name: str, node: NodeName, accord: Accord) -> Desk:
    around = Around(node, node, accord, Calendar(), Calendar())  # no kind of a room counts working days
    return cast("DeskMaker", part(name, "opening")).open_desk(read_schema(f"comity.desks.{name}"), around)


def _name(box: Box, *, ours: bool) -> str:
    return f"{box.node}{'' if ours else ' the other'} {sha256(box.charters[0]).hex()[:16]}"


def _memory(key_file: Path) -> Path:
    return key_file.with_name(key_file.name + ".seen")


def _seen(key_file: Path) -> dict[str, Remembered]:
    path = _memory(key_file)
    if not path.exists():
        return {}
    try:
        rows: Sequence[tuple[str, int, str]] = json.loads(path.read_text())
        return {name: Remembered(size, Digest(bytes.fromhex(root))) for name, size, root in rows}
    except (ValueError, TypeError) as error:
        raise BadConfiguration(
            f"{path} cannot be read; it says how far you have seen the logs, put a copy back"
        ) from error


def _remember(key_file: Path, seen: Mapping[str, Remembered]) -> None:
    rows = [(name, one.size, one.root.hex()) for name, one in sorted(seen.items())]
    write_atomic(_memory(key_file), json.dumps(rows).encode())
