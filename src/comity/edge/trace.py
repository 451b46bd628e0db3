"""The way of one dispatch through both logs and our decision log, its proof to keep, and the daily manifests with the gaps.

The rule it keeps: places, times, codes and officers as desk and number; no content, no reason of an officer, no name. What is
given out to be checked elsewhere was proved from the stored rows first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from comity.base import cbor
from comity.base.errors import BadForm, BadProof, BadSignature, StoreError
from comity.base.ids import CaseId, DispatchId, Ms
from comity.dispatch.book import Ledger, LogRole
from comity.dispatch.closed import floor, real
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.decision import read_record
from comity.dispatch.entries import Fact
from comity.dispatch.exchange_codec import decode_manifest
from comity.dispatch.holding import find
from comity.dispatch.partsrow import parts_of
from comity.dispatch.ports import Row, Tx
from comity.edge.inbox import DeskLists
from comity.edge.scope import case_of
from comity.node.bundle import Piece, Wish, make_bundle
from comity.node.difference import DAMAGE
from comity.node.logfiles import head_end
from comity.node.proofs import SECOND_MS, entry_proof
from comity.screen.inbox import Line
from comity.screen.trace import GapLine, GapsCard, ManifestLine, Trace, TraceCard
from comity.tlog.tree import leaf_hash

_FIRST = -(1 << 62)  # those of a closed log stand below nought
_DAYS = 31
_LISTED = 100
_LOOKED_BACK = 20_000
_NAME = re.compile(r"[a-z]{1,32}")
_ROLES = {LogRole.OURS: "ours", LogRole.THEIRS: "theirs"}
_RANK = {
    "held": 0,
    "approval": 0,
    "refused": 0,
    "referred": 0,
    "sent": 1,
    "committed": 2,
    "signed": 3,
    "cosigned": 4,
    "cosigned-by-us": 4,
    "arrived": 5,
    "received": 6,
    "filed": 7,
    "quarantined": 7,
}
"""What must come before what; all else happens later, in the order of time."""
_ANSWER = {"approval": (3, 4, 5, 6)}
"""Places of role, desk, number and word in a record of this kind."""


class TraceReader:
    """A `screen.trace.TraceBoard` over one node's store.

    Args:
        ledger: of the node; only read.
        desk: name of the desk that keeps the cases.
        lists: of that desk.
    """

    def __init__(self, ledger: Ledger, desk: str, lists: DeskLists) -> None:
        if not _NAME.fullmatch(desk):
            raise ValueError("a desk's name has small letters only")
        self._ledger = ledger
        self._desk = desk
        self._lists = lists

    def trace(self, dispatch: DispatchId) -> TraceCard | None:
        """Return the way of one dispatch, or None."""
        with self._ledger.read() as tx:
            line = self._lists.lines(tx, (dispatch,)).get(dispatch)
            row = _row(tx, dispatch)
            if row is None:
                return None
            own, idx = (LogRole.OURS if row[0] == "sent" else LogRole.THEIRS), row[1]
            steps = [*_decided(tx, dispatch), *_logged(tx, own, row), *_looked(tx, dispatch), *_ended(line)]
            steps.sort(key=_when)
            entry = tx.rows("SELECT entry FROM entry WHERE role = ? AND idx = ?", (own, idx)) if idx is not None else []
            return TraceCard(
                id=dispatch,
                case=line.case if line is not None else case_of(tx, dispatch) or CaseId(dispatch),
                ours=own is LogRole.OURS,
                number=line.number if line is not None else "",
                kind=line.kind if line is not None else _kind(tx, dispatch),
                steps=tuple(steps),
                leaf_hash=leaf_hash(bytes_of(entry[0][0])).hex() if entry else "",
                provable=any(step.what.startswith("cosigned") and step.at is not None for step in steps),
            )

    def proof(self, dispatch: DispatchId) -> bytes | None:
        """Return the `.tlog-proof` of its leaf, or None while no co-signed head covers it."""
        with self._ledger.read() as tx:
            row = _row(tx, dispatch)
            if row is None or row[1] is None:
                return None
            role = LogRole.OURS if row[0] == "sent" else LogRole.THEIRS
            try:
                found = entry_proof(tx, role, int_of(row[1]), first=True)
            except StoreError:
                raise
            except DAMAGE:
                return None
            return None if found is None else found.text().encode()

    def papers(self, dispatch: DispatchId, now: Ms) -> bytes | None:
        """Return a zip with entry, proofs, receipts and keys, and no content; None where it cannot be made."""
        with self._ledger.read() as tx:
            try:
                return make_bundle(tx, dispatch, Wish(without=frozenset(Piece)), now=now)
            except (BadForm, BadProof, BadSignature):
                return None

    def gaps(self) -> GapsCard:
        """Return what both sides say that they hold, and what is missing."""
        with self._ledger.read() as tx:
            wanted = "FROM got WHERE sealed IS NULL AND fact = 0 AND settled_at IS NULL"
            waiting = "FROM sent WHERE settled_at IS NULL AND idx >= 0"
            last = tx.rows("SELECT COALESCE(MAX(idx), 0) FROM got")[0][0]
            return GapsCard(
                manifests=tuple(sorted(self._manifests(tx), key=lambda one: (one.day, one.at), reverse=True)),
                wanted=_gaps(tx, f"SELECT idx, lane, known_at, code {wanted} ORDER BY idx LIMIT {_LISTED}"),
                unreceipted=_gaps(tx, f"SELECT idx, lane, sent_at, code {waiting} ORDER BY idx LIMIT {_LISTED}"),
                quarantined=_gaps(
                    tx,
                    f"SELECT idx, lane, COALESCE(arrived_at, known_at), code FROM got WHERE fact = {int(Fact.QUARANTINED)}"  # noqa: S608  constants of this module only
                    f" AND idx > {int_of(last) - _LOOKED_BACK} ORDER BY idx DESC LIMIT {_LISTED}",
                ),
                wanted_count=int_of(tx.rows(f"SELECT count(*) {wanted}")[0][0]),
                unreceipted_count=int_of(tx.rows(f"SELECT count(*) {waiting}")[0][0]),
            )

    def _manifests(self, tx: Tx) -> Iterator[ManifestLine]:
        """Yield the newest manifests of both sides; what cannot be read is left out, and the proof tells of it."""
        sent = tx.rows("SELECT id, plain, sent_at FROM sent WHERE desk = 'node' AND idx IS NOT NULL ORDER BY idx DESC LIMIT ?", (_DAYS,))  # fmt: skip
        # Which they are is seen by the index of receipts alone: the rows of all other dispatches are not read.
        got = tx.rows(
            "SELECT id, plain, known_at FROM got WHERE plain IS NOT NULL AND id IN (SELECT g.id FROM got g"  # noqa: S608  the desk's name has letters only
            f" WHERE g.settled_at IS NOT NULL AND g.fact = {int(Fact.FILED)} AND g.receipt_idx > ? AND NOT EXISTS"
            f" (SELECT 1 FROM {self._desk}_dispatch d WHERE d.id = g.id) ORDER BY g.receipt_idx DESC LIMIT ?) ORDER BY idx DESC",
            (_FIRST, _DAYS),
        )
        for ours, rows in ((True, sent), (False, got)):
            for id_, plain, at in rows:
                try:
                    manifest = decode_manifest(parts_of(bytes_of(plain))[1].content)
                except DAMAGE:
                    continue
                told = tx.rows("SELECT what FROM difference WHERE id = ?", (id_,))
                yield ManifestLine(
                    day=manifest.day,
                    ours=ours,
                    own_size=manifest.ours.size,
                    other_size=manifest.theirs.size,
                    own_open=len(manifest.our_open),
                    other_open=len(manifest.their_open),
                    differs=text_of(told[0][0]) if told else "",
                    at=Ms(int_of(at)),
                )


def _when(step: Trace) -> tuple[bool, int, int]:
    """Order by what must come before what, then by time: a head is known to the second only."""
    return step.at is None, _RANK.get(step.what, 8), step.at or 0


def _gaps(tx: Tx, statement: str) -> tuple[GapLine, ...]:
    return tuple(
        GapLine(int_of(index), int_of(lane), Ms(int_of(since)), "" if code is None else text_of(code))
        for index, lane, since, code in tx.rows(statement)
    )


def _kind(tx: Tx, dispatch: DispatchId) -> str:
    """Return the kind of a dispatch of a desk that keeps no cases, "" where it is not held."""
    try:
        return find(dispatch, tx).header.kind
    except BadForm:
        return ""


def _row(tx: Tx, dispatch: DispatchId) -> Row | None:
    """Return (table, idx, first time here, fact, code, receipt idx, arrived, seen, seen idx) of a dispatch."""
    sent = tx.rows(
        "SELECT 'sent', idx, sent_at, fact, code, receipt_idx, arrived_at, seen_at, seen_idx FROM sent WHERE id = ?",
        (dispatch,),
    )
    got = sent or tx.rows(
        "SELECT 'got', idx, known_at, fact, code, receipt_idx, arrived_at, seen_at, NULL FROM got WHERE id = ?",
        (dispatch,),
    )
    return got[0] if got else None


def _logged(tx: Tx, own: LogRole, row: Row) -> Iterator[Trace]:
    """Yield what stands in the two exchange logs: leaf, head, co-signature, receipts."""
    _, idx, first, fact, code, receipt, arrived, seen, seen_idx = row
    log, other = _ROLES[own], "theirs" if own is LogRole.OURS else "ours"
    index = None if idx is None else real(int_of(idx))
    yield Trace("committed", log, index, ms_or_none(first))
    last = 0 if idx is None else head_end(tx, own, floor(int_of(idx)))
    head = tx.rows(
        "SELECT size, time, cosigned_time FROM head WHERE role = ? AND size > ? AND size <= ? ORDER BY size, time LIMIT 1",
        (own, idx, last),
    ) if idx is not None else []  # fmt: skip
    size, signed = (real(int_of(head[0][0])), int_of(head[0][1])) if head else (None, None)
    yield Trace("signed", log, None, None if signed is None else Ms(signed * SECOND_MS), size=size, exact=False)
    covered = tx.rows(
        "SELECT size, cosigned_time FROM head WHERE role = ? AND size > ? AND size <= ? AND cosignature IS NOT NULL ORDER BY size, time LIMIT 1",
        (own, idx, last),
    ) if idx is not None else []  # fmt: skip
    at = Ms(int_of(covered[0][1]) * SECOND_MS) if covered else None
    what = "cosigned" if own is LogRole.OURS else "cosigned-by-us"
    yield Trace(what, log, None, at, size=real(int_of(covered[0][0])) if covered else None, exact=False)
    place = None if receipt is None else real(int_of(receipt))
    yield Trace("arrived", other, place, ms_or_none(arrived))
    ends = {int(Fact.FILED): "filed", int(Fact.REFUSED): "refused", int(Fact.QUARANTINED): "quarantined"}
    if int_of(fact) in ends:
        end = ends[int_of(fact)] if int_of(fact) != Fact.REFUSED else "not-admitted"
        yield Trace(end, other, place, ms_or_none(arrived), word="" if code is None else text_of(code))
    yield Trace("seen", other, None if seen_idx is None else real(int_of(seen_idx)), ms_or_none(seen))


def _decided(tx: Tx, dispatch: DispatchId) -> Iterator[Trace]:
    """Yield what stands in our decision log about it: verdicts and answers of people, without any reason."""
    for index, kind, record, at in tx.rows(
        "SELECT idx, kind, record, at FROM record WHERE dispatch = ? ORDER BY idx", (dispatch,)
    ):
        what, word, by, role = text_of(kind), "", "", ""
        try:
            if what in _ANSWER:
                role, by, word = _answer(bytes_of(record), _ANSWER[what])
            else:
                decided = read_record(bytes_of(record))
                word = "" if decided is None else decided.verdict.effect.value
        except StoreError:
            raise
        except DAMAGE:
            word = "unread"
        yield Trace(what, "decision", int_of(index), Ms(int_of(at)), by=by, role=role, word=word)


def _answer(record: bytes, places: tuple[int, int, int, int]) -> tuple[str, str, str]:
    members = cbor.decode(record)
    if not isinstance(members, list | tuple) or len(members) <= max(places):
        return "", "", "unread"
    role, desk, number, word = (members[place] for place in places)
    return str(role), f"{desk} {number}", str(word)


def _ended(line: Line | None) -> Iterator[Trace]:
    """Yield what later dispatches made of a question: taken back, on by treaty, passed to another agency."""
    if line is None:
        return
    for what, at in (("withdrawn", line.withdrawn), ("converted", line.converted)):
        if at is not None:
            yield Trace(what, "", None, at)
    if line.passed is not None:
        yield Trace("transferred", "", None, line.passed, word=line.passed_to)


def _looked(tx: Tx, dispatch: DispatchId) -> Iterator[Trace]:
    rows = tx.rows("SELECT desk, number, at FROM viewed WHERE dispatch = ? ORDER BY at, desk, number", (dispatch,))
    for desk, number, at in rows:
        yield Trace("opened", "", None, Ms(int_of(at)), by=f"{text_of(desk)} {int_of(number)}")
