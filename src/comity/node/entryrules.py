"""What the entries of the peer's log must keep among themselves and with ours, and what each of them changes here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from comity.base.ids import Ms
from comity.dispatch.book import Book, LogRole
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.entries import (
    DispatchLeaf,
    Entry,
    Fact,
    HeadLeaf,
    InstrumentKind,
    InstrumentLeaf,
    LinkEvent,
    LinkLeaf,
    ReceiptLeaf,
    ResealLeaf,
    WithdrawLeaf,
)
from comity.dispatch.exchange_codec import EvidenceClass
from comity.dispatch.filing import DeskPort, foresees
from comity.dispatch.foresight import rows_among
from comity.dispatch.holding import STOPPING_KINDS
from comity.dispatch.ports import Row, Scalar, Tx
from comity.dispatch.takingback import heard
from comity.node import closed, evidence
from comity.node.incarnation import read_incarnation, write_incarnation
from comity.node.link import LinkEvent as Event
from comity.node.linkrow import moved, read_link, write_link
from comity.node.papers import CEREMONY, place_theirs
from comity.node.refile import check_receipted, settle_row
from comity.node.resealing import sealed_so, take_reseal
from comity.node.suspending import apply_leaf
from comity.node.taken import Named, Proven
from comity.tlog.checkpoint import SignedHead
from comity.tlog.tree import TileReader, root

_SETTLING = frozenset({Fact.FILED, Fact.QUARANTINED, Fact.REFUSED})


def check_entries(
    first: int,
    fresh: Sequence[bytes],
    decoded: Sequence[Entry],
    tiles: TileReader,
    *,
    head: SignedHead,
    book: Book,
    now: Ms,
) -> None:
    """Make check 11 on the entries that begin at index `first` of the peer's log.

    Raises:
        Proven: an id used twice, a receipt for what we never sent, or a head of ours that we never signed.
        Problem: other entries than our own receipts name that came back after a put-back.
    """  # spec: protocol.md 7 check 11
    check_receipted(first, decoded, book)
    seen: dict[bytes, int] = {}
    known = _known(decoded, book.tx)
    for place, entry in enumerate(decoded):
        kind, note = _broken(entry, seen, known, book)
        if kind is not None:
            index = first + place
            shown = [(index, fresh[place])]
            if isinstance(entry, DispatchLeaf):
                shown.insert(0, _earlier(entry, seen, first, fresh, book))
            ours = _against(entry, book)
            made = evidence.false_entry(kind, shown, ours, tiles, head, note=note, now=now)
            named = Named(entry.origin, entry.size, entry.root) if isinstance(entry, HeadLeaf) else None
            raise Proven(made, note, named)
        if isinstance(entry, DispatchLeaf):
            seen[entry.id] = first + place


class _Known(NamedTuple):
    """What our rows say of what new entries name, read at once: ids that we got, dispatches of ours by their place."""

    got: frozenset[Scalar]
    sent: Mapping[Scalar, Row]


def _known(decoded: Sequence[Entry], tx: Tx) -> _Known:
    ids = [one.id for one in decoded if isinstance(one, DispatchLeaf)]
    places = [one.index for one in decoded if isinstance(one, ReceiptLeaf)]
    got = frozenset(row[0] for row in rows_among(tx, "SELECT id FROM got WHERE id IN", ids))
    rows = rows_among(tx, "SELECT idx, id, sealed_sha256 FROM sent WHERE idx IN", places)
    return _Known(got, {row[0]: row[1:] for row in rows})


def _broken(entry: Entry, seen: Mapping[bytes, int], known: _Known, book: Book) -> tuple[EvidenceClass | None, str]:
    match entry:
        case DispatchLeaf():
            if entry.id in seen or entry.id in known.got:
                return EvidenceClass.ID_REUSE, "one dispatch id stands in two leaves"
        case ReceiptLeaf():
            found = [known.sent[entry.index]] if entry.index in known.sent else []
            if not found:  # a store that was put back has the leaf and not the row
                leaf = book.entry(LogRole.OURS, entry.index)
                found = [(leaf.id, leaf.sealed)] if isinstance(leaf, DispatchLeaf) else []
            same = bool(found) and found[0] == (entry.id, entry.sealed)
            same = same or (bool(found) and found[0][0] == entry.id and entry.sealed in _sealed_so(entry, book))
            if not same and not closed.receipted(book, entry):
                return EvidenceClass.FALSE_RECEIPT, "a receipt for a dispatch that we did not send"
        case HeadLeaf() if entry.origin != book.logs[LogRole.OURS].origin:
            if not closed.named(book, entry):
                return EvidenceClass.FALSE_COSIGN, "a head under our name that we did not sign"
        case HeadLeaf():
            place = (LogRole.OURS, entry.size, entry.time)
            found = book.tx.rows("SELECT root FROM head WHERE role = ? AND size = ? AND time = ?", place)
            if not found and _forgotten(entry, book):
                found = [(root(book.tiles(LogRole.OURS), entry.size),)]
            if not found or found[0][0] != entry.root:
                return EvidenceClass.FALSE_COSIGN, "a head under our name that we did not sign"
        case _:
            pass
    return None, ""


def _sealed_so(receipt: ReceiptLeaf, book: Book) -> tuple[bytes, ...]:
    """Return the hashes under which what a receipt names was sealed, by our own log."""
    return sealed_so(book, LogRole.OURS, receipt.index)


def _forgotten(head: HeadLeaf, book: Book) -> bool:
    """Say whether it may be a head that we signed before our store was put back: then the log itself must agree."""
    if head.size > book.logs[LogRole.OURS].size:
        return False
    return head.time < read_incarnation(book.tx, LogRole.OURS).second or _is_between(head, book)


def _is_between(head: HeadLeaf, book: Book) -> bool:
    """Say whether its time is between two heads of that size that we know.

    A store that lost nothing but heads of the tree that it has takes no new incarnation, and gets the newest of them back only.
    """  # spec: protocol.md 9
    place = (LogRole.OURS, head.size)
    first, last = book.tx.rows("SELECT min(time), max(time) FROM head WHERE role = ? AND size = ?", place)[0]
    return first is not None and int_of(first) < head.time < int_of(last)


def _against(entry: Entry, book: Book) -> tuple[bytes, ...]:
    """Return what our own log shows against a false entry, so that a stranger need not take our word."""
    match entry:
        case ReceiptLeaf():
            return evidence.own_leaf(book, entry.index)
        case HeadLeaf():
            return evidence.own_head(book, entry.size)
        case _:
            return ()


def _earlier(
    entry: DispatchLeaf, seen: Mapping[bytes, int], first: int, fresh: Sequence[bytes], book: Book
) -> tuple[int, bytes]:
    if entry.id in seen:
        return seen[entry.id], fresh[seen[entry.id] - first]
    index = int_of(book.tx.rows("SELECT idx FROM got WHERE id = ?", (entry.id,))[0][0])
    raw = book.raw_entry(LogRole.THEIRS, index)
    assert raw is not None
    return index, raw


def apply_entries(
    first: int, decoded: Sequence[Entry], head: SignedHead, book: Book, desks: Mapping[str, DeskPort], *, now: Ms
) -> tuple[bytes, ...]:
    """Let each new entry of the peer change our rows; return the ids of the dispatches that they settled.

    Args:
        first: index of the first entry.
        decoded: the entries, checked.
        head: the head that covers them; its log time is when the peer said so.
        book: the logs.
        desks: every open desk by name.
        now: our time.
    """
    settled: list[bytes] = []
    said_at = min(now, head.time * 1_000)
    leaves = [_debt(first + n, entry, now) for n, entry in enumerate(decoded) if isinstance(entry, DispatchLeaf)]
    book.tx.many(
        "INSERT INTO got (idx, id, lane, sealed_sha256, size, commitment, edition, known_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        leaves,
    )
    for index, *_ in leaves if book.tx.rows("SELECT 1 FROM regot LIMIT 1") else ():
        again = settle_row(book, int_of(index), now)
        settled += [again] if again is not None else []
    stated = _stated(decoded, book.tx, desks)
    for place, entry in enumerate(decoded):
        match entry:
            case InstrumentLeaf(kind=InstrumentKind.RESTORED):
                known = read_incarnation(book.tx, LogRole.THEIRS)
                write_incarnation(book.tx, LogRole.THEIRS, replace(known, restored=known.restored + 1))
                book.tx.run("DELETE FROM disowned_head")
            case InstrumentLeaf() if first + place >= CEREMONY:
                place_theirs(book, first + place, entry)
            case ReceiptLeaf():
                _take_receipt(first + place, entry, stated, book, desks, at=Ms(said_at))
                if entry.fact in _SETTLING:
                    settled.append(entry.id)
            case ResealLeaf():
                take_reseal(first + place, entry, book, now)
            case WithdrawLeaf():
                settled += _withdraw(entry, book, now)
            case LinkLeaf(event=LinkEvent.SUSPEND | LinkEvent.RESUME):
                apply_leaf(book, entry, tuple(desks), ours=False, now=now)
            case LinkLeaf(event=LinkEvent.ACCUSED) if not closed.awaited(book):
                reason = "the other party's log says that it holds proof against this node; both desks must talk"
                write_link(book.tx, moved(read_link(book.tx), Event.EVIDENCE, now, reason))
            case _:
                pass
    return tuple(settled)


def _withdraw(leaf: WithdrawLeaf, book: Book, now: Ms) -> list[bytes]:
    """Settle a dispatch of the peer that will not come and return its id, for what waited for it."""
    place = (leaf.index,)
    found = book.tx.rows("SELECT id FROM got WHERE idx = ? AND fact = 0 AND settled_at IS NULL", place)
    book.tx.run(
        "UPDATE got SET settled_at = ?, code = ?, sealed = NULL WHERE idx = ? AND fact = 0 AND settled_at IS NULL",
        (now, leaf.reason, leaf.index),
    )
    book.tx.run("DELETE FROM regot WHERE idx = ?", place)  # its bytes are gone there too
    return [bytes_of(row[0]) for row in found]


def _debt(index: int, leaf: DispatchLeaf, now: Ms) -> Row:
    return index, leaf.id, int(leaf.lane), leaf.sealed, leaf.size, leaf.commit, leaf.edition, now


class _Stated(NamedTuple):
    """Of the dispatches of ours that new receipts name: desk and kind, and which of them a put-back store lost."""

    kinds: Mapping[Scalar, Row]
    lost: frozenset[Scalar]


def _stated(decoded: Sequence[Entry], tx: Tx, desks: Mapping[str, DeskPort]) -> _Stated:
    ids = [one.id for one in decoded if isinstance(one, ReceiptLeaf)]
    rows = rows_among(tx, "SELECT id, desk, kind FROM sent WHERE id IN", ids)
    kinds = {row[0]: row[1:] for row in rows}
    lost = rows_among(tx, "SELECT id FROM lost WHERE id IN", ids)
    stated = _Stated(kinds, frozenset(row[0] for row in lost))
    for name, desk in desks.items():
        if foresees(desk):
            desk.foresee_settled(tx, [one for one in dict.fromkeys(ids) if kinds.get(one, ("",))[0] == name])
    return stated


def _take_receipt(
    index: int, leaf: ReceiptLeaf, stated: _Stated, book: Book, desks: Mapping[str, DeskPort], *, at: Ms
) -> None:
    if leaf.fact is Fact.SEEN:
        book.tx.later(
            "UPDATE sent SET seen_at = ?, seen_idx = ? WHERE id = ? AND seen_at IS NULL", (at, index, leaf.id)
        )
    elif leaf.id in stated.lost:
        _take_for_lost(leaf, book, at)
    else:
        values = (int(leaf.fact), leaf.code, index, at, at if leaf.fact in _SETTLING else None)
        book.tx.later(
            "UPDATE sent SET fact = ?, code = ?, receipt_idx = ?, arrived_at = coalesce(arrived_at, ?), settled_at = ?"
            " WHERE id = ? AND settled_at IS NULL AND (sealed_sha256 = ? OR ? <> 3)",  # what does not open may be sealed anew
            (*values, leaf.id, leaf.sealed, int(leaf.fact)),
        )
    for desk, kind in (stated.kinds[leaf.id],) if leaf.id in stated.kinds else ():
        desks[text_of(desk)].settle(book.tx, leaf.id, int(leaf.fact), leaf.code, at)
        if kind is None or kind in STOPPING_KINDS:  # None: sent by a program that did not write it down
            heard(leaf.id, leaf.fact, desks, book.tx)


def _take_for_lost(leaf: ReceiptLeaf, book: Book, at: Ms) -> None:
    """Note the receipt of a dispatch of ours whose content a put-back store lost."""
    settled = at if leaf.fact in _SETTLING else None
    book.tx.run(
        "UPDATE lost SET fact = ?, settled_at = coalesce(settled_at, ?) WHERE id = ?",
        (int(leaf.fact), settled, leaf.id),
    )
