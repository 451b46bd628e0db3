"""One dispatch proved again, now, from the stored rows: row, leaf, tree, signatures, receipt, decision record.

The rule it keeps: nothing is taken over from an earlier check, and a row that was altered or cannot be read is a step
that fails and says so, never an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from comity.base.hashing import sha256
from comity.base.ids import DispatchId, Origin
from comity.dispatch import wire
from comity.dispatch.book import LogRole, RowTiles
from comity.dispatch.closed import SPAN, closed_at, floor, real
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.entries import (
    DispatchLeaf,
    Fact,
    ReceiptLeaf,
    RecordLeaf,
    ResealLeaf,
    decision_hash,
    decode_entry,
    record_commit,
)
from comity.dispatch.partsrow import commit_shown, parts_of
from comity.dispatch.ports import Scalar, Tx
from comity.node.difference import DAMAGE, as_bytes, as_int
from comity.node.logfiles import head_end
from comity.node.proofs import Signers
from comity.screen import ProofStep
from comity.tlog.checkpoint import SignedHead, verify_cosignature, verify_head
from comity.tlog.tree import HASH_BYTES, TILE_WIDTH, inclusion_proof, leaf_hash, verify_inclusion

_SHORT = 12


@dataclass(frozen=True, slots=True)
class Remade:
    """The checks of one dispatch in order, and its parts if they are what the leaf commits to."""

    steps: tuple[ProofStep, ...]
    parts: wire.Parts | None


@dataclass(frozen=True, slots=True)
class _Stored:
    """The row of a dispatch, nothing of it believed; `own` and `other` are the logs of its sender and its receiver."""

    id: DispatchId
    own: LogRole
    other: LogRole
    idx: Scalar
    lane: Scalar
    sealed: Scalar
    sealed_hash: Scalar
    plain: Scalar
    fact: Scalar
    code: Scalar
    receipt: Scalar
    digests: Scalar


class _Broken(ValueError):
    """A check that does not hold; the text is a sentence for a person."""


def remake(tx: Tx, dispatch: DispatchId, signers: Signers) -> Remade | None:
    """Check one dispatch from its row to the co-signed head, and its receipt; None if there is no such row."""
    row = _stored(tx, dispatch)
    if row is None:
        return None
    steps: list[ProofStep] = []
    try:
        signers = signers.current(tx)
    except DAMAGE as error:
        steps.append(ProofStep("Key lists", good=False, sentence=f"A stored key list does not stand: {error}."))
    entry = _entry(tx, row)
    leaf: list[DispatchLeaf] = []
    parts: list[wire.Parts] = []
    steps.append(_step("Row to leaf", lambda: _check_leaf(row, entry, leaf)))
    if leaf:
        steps.append(_step("Content", lambda: _check_content(row, leaf[0], parts)))
        steps.append(_step("Sealed bytes", lambda: _check_sealed(tx, row, leaf[0])))
    steps += _placed(tx, row.own, row.idx, entry, signers)
    receipt: list[ReceiptLeaf] = []
    steps += _receipt(tx, row, receipt, signers)
    shown = (leaf[0].decision if leaf else None) if row.own is LogRole.OURS else None
    if receipt and row.own is LogRole.THEIRS:
        shown = receipt[0].decision
    if row.own is LogRole.OURS or receipt:
        steps += _decision(tx, row, shown)
    return Remade(tuple(steps), parts[0] if parts else None)


def _stored(tx: Tx, dispatch: DispatchId) -> _Stored | None:
    for table, own, other in (("sent", LogRole.OURS, LogRole.THEIRS), ("got", LogRole.THEIRS, LogRole.OURS)):
        found = tx.rows(
            f"SELECT idx, lane, sealed, sealed_sha256, plain, fact, code, receipt_idx, digests FROM {table} WHERE id = ?",  # noqa: S608  our two tables
            (dispatch,),
        )
        if found:
            return _Stored(dispatch, own, other, *found[0])
    return None


def _step(what: str, check: Callable[[], str]) -> ProofStep:
    try:
        return ProofStep(what, good=True, sentence=check())
    except _Broken as error:
        return ProofStep(what, good=False, sentence=str(error))
    except DAMAGE as error:
        return ProofStep(what, good=False, sentence=f"What is stored cannot be read as what it was: {error}.")


def _entry(tx: Tx, row: _Stored) -> bytes:
    """Return the entry of the leaf as stored, from the pool while it waits; empty if there is none."""
    if row.idx is None:
        found = tx.rows("SELECT entry FROM pool WHERE dispatch = ?", (row.id,))
    else:
        found = tx.rows("SELECT entry FROM entry WHERE role = ? AND idx = ?", (row.own, row.idx))
    return as_bytes(found[0][0]) if found else b""


def _short(raw: bytes) -> str:
    return raw.hex()[:_SHORT] or "nothing"


def _number(value: int) -> str:
    return f"{value:,}"


# --- row and leaf --------------------------------------------------------------------------------------------------


def _check_leaf(row: _Stored, entry: bytes, leaf: list[DispatchLeaf]) -> str:
    if not entry:
        raise _Broken("The entry of this dispatch is missing from the stored log.")
    decoded = decode_entry(entry)
    if not isinstance(decoded, DispatchLeaf) or decoded.id != row.id:
        raise _Broken("The stored entry at its place is not a leaf of this dispatch.")
    leaf.append(decoded)
    if row.lane != int(decoded.lane):
        raise _Broken("The lane in the row is not the one in the leaf.")
    if row.idx is None:
        return f"The leaf waits in the pool, {_number(len(entry))} bytes; it gets its number when it leaves."
    return f"Entry {_number(real(int_of(row.idx)))} of {_whose(row.own)} log, {_number(len(entry))} bytes, is its leaf."


def _whose(role: LogRole) -> str:
    return "our" if role is LogRole.OURS else "their"


def _check_content(row: _Stored, leaf: DispatchLeaf, parts: list[wire.Parts]) -> str:
    if row.plain is None and row.own is LogRole.THEIRS and row.fact not in {int(Fact.ARRIVED), int(Fact.FILED)}:
        return _not_open(row)
    held = parts_of(bytes_of(row.plain))
    made = commit_shown(held, None if row.digests is None else bytes_of(row.digests))
    if made != leaf.commit:
        raise _Broken(
            f"The stored content was altered: its four parts commit to {_short(made)}, "
            f"the leaf says {_short(leaf.commit)}."
        )
    if row.digests is not None:
        return f"What was destroyed leaves its digests: with the rest they commit to {_short(made)}, as the leaf says."
    parts.append(held)
    size = sum(len(part.content) for part in held)
    return f"Four parts, {_number(size)} bytes, commit to {_short(made)}, as the leaf says."


def _not_open(row: _Stored) -> str:
    if row.fact == int(Fact.REFUSED):
        return "Our law did not admit it: the content stays sealed and was not stored."
    if row.fact == int(Fact.QUARANTINED):
        return "It did not open and is kept apart; its bytes are checked below."
    return "Its bytes have not been opened here yet."


def _check_sealed(tx: Tx, row: _Stored, leaf: DispatchLeaf) -> str:
    if row.sealed is None and row.own is LogRole.THEIRS and not row.fact:
        return f"{_number(leaf.size)} bytes are named by the leaf and have not come yet: the other side owes them."
    if not row.sealed and row.fact and (row.own is LogRole.OURS or row.digests is not None):
        return "The sealed bytes are no longer kept; their hash stands in the leaf."
    sealed = bytes_of(row.sealed)
    made = sha256(sealed)
    named = {leaf.sealed} if made == leaf.sealed else {leaf.sealed, *_resealed(tx, row)}
    if made not in named:
        raise _Broken(
            f"The sealed bytes were altered: SHA-256 gives {_short(made)}, the leaf says {_short(leaf.sealed)}."
        )
    if row.sealed_hash not in named:
        raise _Broken("The hash of sealed bytes in the row is not the one in the leaf.")
    return f"{_number(len(sealed))} bytes, SHA-256 {_short(made)}, as the leaf says."


def _resealed(tx: Tx, row: _Stored) -> Iterator[bytes]:
    """Give the hashes under which the dispatch was sealed anew; looked for only if the first does not fit."""
    place = int_of(row.idx)
    end = floor(place) + SPAN
    rows = tx.rows("SELECT entry FROM entry WHERE role = ? AND idx > ? AND idx < ?", (row.own, place, end))
    for (entry,) in rows:
        try:
            leaf = decode_entry(as_bytes(entry))
        except DAMAGE:
            continue
        if isinstance(leaf, ResealLeaf) and leaf.index == real(place):
            yield leaf.sealed


# --- tree and signatures -------------------------------------------------------------------------------------------


def _placed(tx: Tx, role: LogRole, index: Scalar, entry: bytes, signers: Signers, *, of: str = "") -> list[ProofStep]:
    """Check that an entry stands under the newest co-signed head, and both pairs of signatures under that head."""
    if index is None:
        return []
    closed = closed_at(tx, role, as_int(index))
    base = 0 if closed is None else closed.base
    place = as_int(index) - base
    signers = signers.of_log(tx, role, base) if base else signers
    found = tx.rows(
        "SELECT size, note, cosignature FROM head WHERE role = ? AND size > ? AND size <= ? AND cosignature IS NOT NULL"
        " ORDER BY size DESC, time DESC LIMIT 1",
        (role, base, head_end(tx, role, base)),
    )
    size, note, cosignature = found[0] if found else (base, None, None)
    size = max(real(as_int(size)), 0 if base else _cosigned_size(tx, role))
    if place >= size:
        words = f"Not yet: the newest co-signed head covers {_number(size)} entries, this is entry {place}."
        return [ProofStep(of + "Co-signed", good=True, sentence=words)]
    head: list[SignedHead] = []
    return [
        _step(of + "Head signed", lambda: _check_head(note, role, signers, head)),
        _step(of + "Co-signed", lambda: _check_cosignature(cosignature, role, signers, head)),
        _step(of + "Leaf in the tree", lambda: _check_inclusion(tx, role, int_of(index), entry, head)),
    ]


def _cosigned_size(tx: Tx, role: LogRole) -> int:
    found = tx.rows("SELECT cosigned_size FROM log WHERE role = ?", (role,))
    return as_int(found[0][0]) if found else 0


def _check_head(note: Scalar, role: LogRole, signers: Signers, head: list[SignedHead]) -> str:
    key = signers.under(role)[0]
    if note is None:
        raise _Broken("The co-signed head is missing from the store, and the log says that there was one.")
    signed = verify_head(text_of(note), Origin(key.name), signers.at(role, text_of(note)))
    head.append(signed)
    size = _number(signed.checkpoint.size)
    return f"Ed25519 and ML-DSA-44 of {key.name} hold over size {size}, root {_short(signed.checkpoint.root)}."


def _check_cosignature(cosignature: Scalar, role: LogRole, signers: Signers, head: list[SignedHead]) -> str:
    key = signers.cosigner_of(role, text_of(cosignature))
    assert key is not None
    cosigned = verify_cosignature(text_of(cosignature), Origin(signers.under(role)[0].name), key)
    if not head or cosigned.checkpoint != head[0].checkpoint:
        raise _Broken("The co-signature is good, but not over the head that is stored beside it.")
    return f"Ed25519 and ML-DSA-44 of {key.name} hold over the same head."


def _check_inclusion(tx: Tx, role: LogRole, index: int, entry: bytes, head: list[SignedHead]) -> str:
    if not head:
        raise _Broken("Without a signed head there is nothing to prove the leaf under.")
    checkpoint = head[0].checkpoint
    made = leaf_hash(entry)
    tiles, index = RowTiles(tx, role, floor(index)), real(index)
    place = index % TILE_WIDTH * HASH_BYTES
    stored = tiles.tile(0, index // TILE_WIDTH)[place : place + HASH_BYTES]
    if made != stored:
        raise _Broken(f"The entry hashes to {_short(made)}, the stored tree has {_short(stored)} in its place.")
    path = inclusion_proof(tiles, index, checkpoint.size)
    verify_inclusion(made, index, checkpoint.size, path, checkpoint.root)
    steps = f"{len(path)} hash{'' if len(path) == 1 else 'es'}"
    size, root = _number(checkpoint.size), _short(checkpoint.root)
    return f"Leaf {_number(index)} of {size}, hash {_short(made)}, leads by {steps} to the signed root {root}."


# --- receipt and decision ------------------------------------------------------------------------------------------


def _receipt(tx: Tx, row: _Stored, receipt: list[ReceiptLeaf], signers: Signers) -> list[ProofStep]:
    if row.receipt is None and not row.fact:
        whose = (
            "The other side has not receipted it yet." if row.own is LogRole.OURS else "We have not receipted it yet."
        )
        return [ProofStep("Receipt", good=True, sentence=whose)]
    found = tx.rows("SELECT entry FROM entry WHERE role = ? AND idx = ?", (row.other, row.receipt))
    entry = as_bytes(found[0][0]) if found else b""
    first = _step("Receipt", lambda: _check_receipt(row, entry, receipt))
    return [first, *_placed(tx, row.other, row.receipt, entry, signers, of="Receipt: ")]


def _check_receipt(row: _Stored, entry: bytes, receipt: list[ReceiptLeaf]) -> str:
    if not entry:
        raise _Broken("The row says that it was receipted, and the receipt's entry is missing.")
    leaf = decode_entry(entry)
    if not isinstance(leaf, ReceiptLeaf) or (leaf.id, leaf.index, leaf.sealed) != (
        row.id,
        real(as_int(row.idx)),
        row.sealed_hash,
    ):
        raise _Broken("The entry that should be its receipt is not a receipt of this dispatch.")
    receipt.append(leaf)
    if (int(leaf.fact), leaf.code) != (row.fact, row.code):
        raise _Broken(f"The receipt says {leaf.fact.name.lower()}; the row says something else.")
    word = leaf.fact.name.lower() + (f", {leaf.code}" if leaf.code else "")
    return f"Entry {_number(real(int_of(row.receipt)))} of {_whose(row.other)} log receipts these very bytes: {word}."


def _decision(tx: Tx, row: _Stored, shown: bytes | None) -> list[ProofStep]:
    """Check our decision records of this dispatch; `shown` is the hash that our own leaf shows to the other side."""
    rows = tx.rows("SELECT idx, salt, record FROM record WHERE dispatch = ? ORDER BY idx", (row.id,))
    if not rows and shown is None:
        return []
    return [_step("Our decision record", lambda: _check_decision(tx, rows, shown))]


def _check_decision(tx: Tx, rows: list[tuple[Scalar, ...]], shown: bytes | None) -> str:
    held: list[bytes] = []
    for index, salt, record in rows:
        found = tx.rows("SELECT entry FROM entry WHERE role = ? AND idx = ?", (LogRole.DECISION, index))
        leaf = decode_entry(bytes_of(found[0][0]))
        if not isinstance(leaf, RecordLeaf) or leaf.commit != record_commit(bytes_of(salt), bytes_of(record)):
            raise _Broken(f"The record was altered: entry {as_int(index)} of our decision log commits to another.")
        held.append(decision_hash(bytes_of(salt), bytes_of(record)))
    if shown is not None and shown not in held:
        raise _Broken(f"Our leaf shows the hash {_short(shown)} of a decision record that is not stored.")
    where = ", ".join(_number(int_of(index)) for index, _, _ in rows)
    return f"What our law answered is entry {where} of our decision log; the other side has its hash only."
