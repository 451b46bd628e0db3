"""Papers for a court: one dispatch with its proofs as a zip, stored not packed, and how such a zip is checked.

The rule it keeps: what is left out is named, what is shown is proved before it is written, and whoever checks needs the
zip and the two parties' public keys, nothing of this node.
"""  # spec: protocol.md 12

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from io import BytesIO
from typing import Final

from comity.base import cbor
from comity.base.errors import BadForm
from comity.base.hashing import sha256
from comity.base.ids import DispatchId, LeafIndex, Ms, show_id
from comity.crypto.sign import unverified_payload
from comity.dispatch import wire
from comity.dispatch.accord import decode_accord, fingerprint
from comity.dispatch.book import LogRole, log_row
from comity.dispatch.closed import OPENING, closed_logs
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.decision import Decided, read_record
from comity.dispatch.entries import DispatchLeaf, InstrumentKind, ReceiptLeaf, decode_entry
from comity.dispatch.keylist import decode_keylist
from comity.dispatch.partsrow import GONE, commit_shown, part_digest_shown, parts_of
from comity.dispatch.ports import Tx
from comity.node.proofs import EntryProof, entry_proof, leaf_interval, leaf_type, tie_before

_RECEIPT_TYPE: Final = 3
_CHUNK: Final = 4_096
_DATE: Final = (1980, 1, 1, 0, 0, 0)


class Piece(StrEnum):
    """What of a dispatch may be left out; the first four are its parts, in their order."""

    HEADER = "header"
    BODY = "body"
    ATTACHMENTS = "attachments"
    AUTHOR = "author"
    SEALED = "sealed"


PARTS: Final = (Piece.HEADER, Piece.BODY, Piece.ATTACHMENTS, Piece.AUTHOR)


@dataclass(frozen=True, slots=True)
class Wish:
    """What goes into a bundle.

    Attributes:
        without: pieces left out; in place of a part stands its digest.
        decision: our own decision record and its salt are put in, if our law allows that they are shown.
    """

    without: frozenset[Piece] = frozenset()
    decision: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """The row of a dispatch and the proof of its leaf.

    Attributes:
        id: of it.
        own, other: the log that its leaf is in, and that of its receipts.
        leaf: what its leaf commits to.
        proof: of that leaf under the first co-signed head above it.
        parts: its four parts, `GONE` for those that were destroyed; None where its content was never opened here.
        sealed: the bytes that crossed; empty where they are no longer kept, None where they never came.
        digests: of the four parts where one was destroyed, else None.
        place: of the leaf in our tables; of a log that a cut closed it is another number than the index.
    """

    id: DispatchId
    own: LogRole
    other: LogRole
    leaf: DispatchLeaf
    proof: EntryProof
    parts: wire.Parts | None
    sealed: bytes | None
    digests: bytes | None = None
    place: int = 0


def make_bundle(tx: Tx, dispatch: DispatchId, wish: Wish, *, now: Ms, act: DispatchId | None = None) -> bytes:
    """Return the zip for one dispatch that this node sent or got.

    Args:
        tx: the snapshot.
        dispatch: which.
        wish: what is left out.
        now: for the statement.
        act: the act under which our law lets its content leave the node (`Node.act`: export, court or evidence, done);
            None: only proofs and hashes go in.

    Raises:
        BadForm: the dispatch is not here, no co-signed head covers it yet, its content was never opened here, or our law
            did not say that its content may leave.
        BadProof, BadSignature, MissingTile: the stored rows do not prove it; nothing was made.
    """  # spec: protocol.md 12
    source, parts, sealed = _whole(tx, dispatch)
    wish = _left(source, wish)
    _check_act(tx, dispatch, wish, act)
    name = f"dispatch/{show_id(dispatch)}"
    files = dict(instruments(tx))
    files |= {f"{name}/entry": source.proof.entry, f"{name}/proof": source.proof.text().encode()}
    for number, piece in enumerate(PARTS):
        part = parts[number]
        if piece in wish.without:
            files[f"{name}/part{number}.digest"] = part_digest_shown(number, part, source.digests)
        else:
            files[f"{name}/part{number}"] = cbor.encode((part.salt, part.content))
    if Piece.SEALED not in wish.without:
        files[f"{name}/sealed"] = sealed
    receipts, uncovered = _receipts(tx, source)
    files |= receipts
    files |= _tie(tx, source)
    files |= key_proofs(tx) | reseal_proofs(tx, (source,))
    if wish.decision:
        files |= _decision(tx, dispatch)
    count = f"{len(receipts) // 2}" + (f"; {uncovered} more under no co-signed head yet" if uncovered else "")
    statement = _statement(tx, source, wish, count, now)
    return write_zip({"statement.txt": statement.encode(), **files})


def _left(source: Source, wish: Wish) -> Wish:
    """Leave out what is no more: parts that were destroyed, sealed bytes that are no longer kept."""
    gone = {piece for piece, part in zip(PARTS, source.parts or (), strict=False) if part == GONE}
    gone |= set() if source.sealed else {Piece.SEALED}
    return replace(wish, without=wish.without | gone)


def needs_act(wish: Wish) -> bool:
    """Say whether anything goes in that our law must let out first; proofs, heads and hashes need nothing."""
    return wish.decision or not wish.without.issuperset(Piece)


def _check_act(tx: Tx, dispatch: DispatchId, wish: Wish, act: DispatchId | None) -> None:
    """Check that our law let this content leave, in our own rows, and that what it orders removed is left out."""
    if not needs_act(wish):
        return
    decided = let_out(tx, dispatch, act)
    if decided is None:
        raise BadForm("our law was not asked whether this content may leave the node, or said no; nothing was made")
    removed = removed_by(decided)
    if removed and not wish.without >= {Piece.BODY, Piece.SEALED}:
        raise BadForm(
            f"our law lets this leave only without {', '.join(removed)}; nothing was made: leave out body and sealed"
        )


def let_out(tx: Tx, dispatch: DispatchId, act: DispatchId | None) -> Decided | None:
    """Return the decision under which an act let this content leave the node; None if no such act was done."""
    rows = tx.rows(
        "SELECT r.record FROM act a JOIN record r ON r.idx = a.record WHERE a.id = ? AND a.dispatch = ?"
        " AND a.act IN ('export', 'court', 'evidence') AND a.effect IN ('permit', 'permit-with')",
        (act, dispatch),
    )
    return read_record(bytes_of(rows[0][0])) if rows else None


def removed_by(decided: Decided) -> tuple[str, ...]:
    """Return the data categories without which alone our law lets this content leave, sorted."""
    return tuple(sorted({duty.value for duty in decided.verdict.obligations if duty.verb == "redact"}))


def write_zip(files: Mapping[str, bytes]) -> bytes:
    """Return a zip with these files, stored and not packed; the same files give the same bytes."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as pack:
        for name, content in files.items():
            pack.writestr(zipfile.ZipInfo(name, _DATE), content)
    return out.getvalue()


def instruments(tx: Tx) -> Iterator[tuple[str, bytes]]:
    """Yield the accords and all key lists back to the ceremony under their names in a bundle or an export."""
    rows = tx.rows("SELECT kind, signed FROM instrument ORDER BY from_ours")
    rows += tx.rows("SELECT kind, signed FROM paper WHERE our_idx IS NULL ORDER BY edition, digest")
    accords = sum(kind == InstrumentKind.ACCORD for kind, _ in rows)
    for kind, signed in rows:
        payload = unverified_payload(bytes_of(signed))
        if kind == InstrumentKind.ACCORD:
            yield ("accord.cose" if accords == 1 else f"accord-{decode_accord(payload).edition}.cose"), bytes_of(signed)
        elif kind == InstrumentKind.KEYS:
            keys = decode_keylist(payload)
            yield f"keys/{keys.node.replace('/', '-')}-{keys.edition}.cose", bytes_of(signed)
    yield from cut_files(tx)


def find_source(tx: Tx, dispatch: DispatchId) -> Source | None:
    """Return the row of a dispatch that this node sent or got, with its proof; None if no co-signed head covers it yet.

    Raises:
        BadForm: the dispatch is not here, or its row is not what its leaf commits to.
        BadProof, BadSignature, MissingTile: the stored rows do not prove it.
    """
    sent = tx.rows("SELECT idx, plain, sealed, digests FROM sent WHERE id = ?", (dispatch,))
    found = sent or tx.rows("SELECT idx, plain, sealed, digests FROM got WHERE id = ?", (dispatch,))
    if not found:
        raise BadForm(f"this node has no dispatch {show_id(dispatch)}; nothing was made")
    own, other = (LogRole.OURS, LogRole.THEIRS) if sent else (LogRole.THEIRS, LogRole.OURS)
    idx, plain, sealed, stored = found[0]
    digests = None if stored is None else bytes_of(stored)
    if digests is not None:
        sealed = b""
    proof = entry_proof(tx, own, int_of(idx), first=True) if idx is not None else None
    if proof is None or idx is None:
        return None
    leaf = decode_entry(proof.entry)
    parts = None if plain is None else parts_of(bytes_of(plain))
    if (
        not isinstance(leaf, DispatchLeaf)
        or leaf.id != dispatch
        or (parts is not None and commit_shown(parts, digests) != leaf.commit)
    ):
        raise BadForm("the stored content is not what its leaf commits to; nothing was made: audit this node")
    content = None if sealed is None else bytes_of(sealed)
    return Source(dispatch, own, other, leaf, proof, parts, content, digests, int_of(idx))


def _whole(tx: Tx, dispatch: DispatchId) -> tuple[Source, wire.Parts, bytes]:
    """Return a dispatch with its content."""
    source = find_source(tx, dispatch)
    if source is None:
        raise BadForm("no co-signed head covers this dispatch yet; nothing was made, try again after the next exchange")
    if source.parts is None or source.sealed is None:
        raise BadForm("the content of this dispatch was never opened here; nothing was made")
    return source, source.parts, source.sealed


def _receipts(tx: Tx, source: Source) -> tuple[dict[str, bytes], int]:
    """Return every receipt of the dispatch with its proof, and how many no co-signed head covers yet."""
    files: dict[str, bytes] = {}
    uncovered = number = 0
    for index, _ in receipt_places(tx, source.other, {source.id: source.proof.index}):
        proof = entry_proof(tx, source.other, index, first=True)
        if proof is None:
            uncovered += 1
            continue
        files |= {f"receipt/{number}/entry": proof.entry, f"receipt/{number}/proof": proof.text().encode()}
        number += 1
    return files, uncovered


def receipt_places(
    tx: Tx, role: LogRole, about: Mapping[DispatchId, LeafIndex]
) -> Iterator[tuple[LeafIndex, ReceiptLeaf]]:
    """Yield every receipt in a log for some dispatches of the other log, with its place in our tables, in order.

    Args:
        tx: the snapshot.
        role: the log that the receipts are in.
        about: dispatches with their places in the other log.
    """
    row = log_row(tx, role)
    spans = [(one.base, one.base + one.cut_size) for one in closed_logs(tx, role)]
    spans += [(0, row.size if row is not None else 0)]
    for start, end in ((at, stop) for begin, stop in spans for at in range(begin, stop, _CHUNK)):
        found = tx.rows(
            "SELECT idx, entry FROM entry WHERE role = ? AND idx >= ? AND idx < ? ORDER BY idx",
            (role, start, min(end, start + _CHUNK)),
        )
        for index, raw in found:
            entry = bytes_of(raw)
            if leaf_type(entry) == _RECEIPT_TYPE and any(bytes(one) in entry for one in about):
                leaf = decode_entry(entry)
                if isinstance(leaf, ReceiptLeaf) and about.get(leaf.id) == leaf.index:
                    yield LeafIndex(int_of(index)), leaf


def _tie(tx: Tx, source: Source) -> dict[str, bytes]:
    tie = tie_before(tx, source.own, source.place)
    proof = entry_proof(tx, source.own, tie[0], first=True) if tie is not None else None
    return {} if proof is None else {"l-head/entry": proof.entry, "l-head/proof": proof.text().encode()}


def key_proofs(tx: Tx) -> dict[str, bytes]:
    """Return the entries by which later key lists and editions of the accord entered the two logs, with their proofs.

    Which keys and which edition apply at an index follows from them.
    """  # spec: protocol.md 10
    files: dict[str, bytes] = {}
    count = {InstrumentKind.KEYS.value: 0, InstrumentKind.ACCORD.value: 0}
    for column, role in (("our_idx", LogRole.OURS), ("their_idx", LogRole.THEIRS)):
        rows = tx.rows(
            f"SELECT kind, {column} FROM paper WHERE (kind = 'accord' OR node = ?) AND {column} IS NOT NULL ORDER BY {column}",  # noqa: S608  our two columns
            (_node(tx, role),),
        )
        for kind, index in rows:
            proof = entry_proof(tx, role, int_of(index), first=True)
            if proof is not None:
                name = f"{text_of(kind)}-entry/{count[text_of(kind)]}"
                files |= {f"{name}/entry": proof.entry, f"{name}/proof": proof.text().encode()}
                count[text_of(kind)] += 1
        for begin in _behind_cuts(tx, role):
            # A log behind a cut says anew which edition it begins with.
            proof = entry_proof(tx, role, begin + OPENING - 1, first=True)
            if proof is not None:
                name = f"accord-entry/{count['accord']}"
                files |= {f"{name}/entry": proof.entry, f"{name}/proof": proof.text().encode()}
                count["accord"] += 1
    return files


def _behind_cuts(tx: Tx, role: LogRole) -> list[int]:
    """Return where each log of one side begins that follows another one."""
    closed = closed_logs(tx, role)
    return [*(one.base for one in closed[1:]), *([0] if closed else [])]


def cut_files(tx: Tx) -> Iterator[tuple[str, bytes]]:
    """Yield the cuts of both logs under their names in a bundle or an export."""
    for role, signed in tx.rows("SELECT role, signed FROM closed_log ORDER BY role, number"):
        yield f"cut-{text_of(role)}-{sha256(bytes_of(signed)).hex()[:8]}.cose", bytes_of(signed)


def reseal_proofs(tx: Tx, sources: Iterable[Source]) -> dict[str, bytes]:
    """Return the entries by which dispatches were sealed anew, with their proofs: receipts may be about those bytes."""
    # spec: protocol.md 7
    found: list[EntryProof] = []
    for source in sources:
        row = "SELECT leaf_idx FROM reseal WHERE role = ? AND idx = ? ORDER BY leaf_idx"
        places = (int_of(index) for (index,) in tx.rows(row, (source.own, source.place)))
        proofs = (entry_proof(tx, source.own, place, first=True) for place in places)
        found += [proof for proof in proofs if proof is not None]
    files: dict[str, bytes] = {}
    for number, proof in enumerate(found):
        files |= {f"reseal/{number}/entry": proof.entry, f"reseal/{number}/proof": proof.text().encode()}
    return files


def _decision(tx: Tx, dispatch: DispatchId) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    rows = tx.rows(
        "SELECT kind, salt, record FROM record WHERE dispatch = ? AND kind IN ('sent', 'received') ORDER BY idx",
        (dispatch,),
    )
    for number, (kind, salt, record) in enumerate(rows):
        place = f"decision/{number}-{text_of(kind)}"
        files |= {f"{place}/salt": bytes_of(salt), f"{place}/record": bytes_of(record)}
    return files


# --- the statement -------------------------------------------------------------------------------------------------

_STATEMENT = """Papers on one dispatch under the accord {accord}.

Dispatch     {id}
Committed by {sender}, entry {index} of its log
Received by  {receiver}
Made         after {after} and before {before}, both by the clock of {receiver}
Receipts     {receipts}
Left out     {left_out}
Written      {now}, by the node {us}

What these papers show: the parts in them were committed by that node, under that accord, between those two times, and the
other node said what the receipts say about exactly those bytes. What they do not show: that the content is true, or which
person wrote it. The files in `keys/` are for comparison only: take the keys from a source you trust, and compare the
fingerprints below with what both parties read aloud at their ceremony.

How to check: comity log verify FILE --keys YOUR-KEYS, or by hand as docs/protocol/verify-by-hand.md says.

Fingerprints (SHA-256)
{fingerprints}
"""


def _statement(tx: Tx, source: Source, wish: Wish, receipts: str, now: Ms) -> str:
    after, before = leaf_interval(tx, source.own, source.place)
    signed = dict(instruments(tx))
    assert source.parts is not None
    return _STATEMENT.format(
        accord=_accord_name(source.parts[0].content, signed),
        id=show_id(source.id),
        sender=_node(tx, source.own),
        receiver=_node(tx, source.other),
        us=_node(tx, LogRole.OURS),
        index=source.proof.index,
        after=_moment(after, "the ceremony"),
        before=_moment(before, "the co-signature"),
        receipts=receipts,
        left_out=", ".join(piece for piece in Piece if piece in wish.without) or "nothing",
        now=_moment(now, ""),
        fingerprints="\n".join(f"{fingerprint(content)}  {name}" for name, content in signed.items()),
    )


def _node(tx: Tx, role: LogRole) -> str:
    row = log_row(tx, role)
    return row.origin.rsplit("/log/", 1)[0] if row is not None else ""


def _accord_name(header_part: bytes, signed: Mapping[str, bytes]) -> str:
    header = wire.decode_header(header_part)
    for content in signed.values():
        if sha256(content) == header.accord:
            accord = decode_accord(unverified_payload(content))
            return f"{accord.name}, edition {accord.edition}"
    return "that its header names, which is not among these papers"


def _moment(at: Ms | None, otherwise: str) -> str:
    return otherwise if at is None else f"{datetime.fromtimestamp(at / 1_000, UTC):%Y-%m-%d %H:%M:%S} UTC"
