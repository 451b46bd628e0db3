"""Every decision in our decision log made again, with the edition of its day: the same question, the same answer, bit by bit.

The rule it keeps: a record is believed only if the decision log commits to it; an answer counts only if the edition that
gave it is kept whole and gives the very same bytes again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from comity.base.ids import Digest, DispatchId, LeafIndex
from comity.dispatch.book import LogRole
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.decision import Decided, encode_verdict, read_record
from comity.dispatch.entries import RecordLeaf, decode_entry, record_commit
from comity.dispatch.ports import Row, Scalar, Tx
from comity.node.difference import DAMAGE, as_bytes
from comity.node.lawkept import kept_edition
from comity.policy.cedar import CedarGate
from comity.policy.verdict import Gate

SAME, DIFFERS, OLDER, NO_QUESTION = "same", "differs", "older", "no-question"
NO_EDITION = Digest(bytes(32))
"""What stands in a verdict that the accord gave before the law was asked."""
_PAGE = 256


@dataclass(frozen=True, slots=True)
class Replayed:
    """One record looked at again.

    Attributes:
        index: its leaf in our decision log.
        kind: of the record.
        dispatch: what it is about, or None.
        outcome: `same`; `differs`, with `why`; `older`: written before records held the question; `no-question`: no
            question to the law was asked (an approval, a refusal by the accord itself).
        why: in words, "" unless it differs.
    """

    index: LeafIndex
    kind: str
    dispatch: DispatchId | None
    outcome: str
    why: str = ""


def record_count(tx: Tx) -> int:
    """Return how many entries of the decision log a replay of this snapshot looks at."""
    return int_of(tx.rows("SELECT count(*) FROM entry WHERE role = ?", (LogRole.DECISION,))[0][0])


def replay(tx: Tx) -> Iterator[Replayed]:
    """Yield every record of our decision log in order, each decision made again."""
    gates = _Gates(tx)
    last = -1
    while rows := tx.rows(_ENTRIES, (LogRole.DECISION, last, _PAGE)):
        for row in rows:
            last = int_of(row[0])
            yield _replay(row, gates)
    for row in tx.rows(_ORPHANS, (LogRole.DECISION,)):
        yield _replay(row, gates)


_ENTRIES = (
    "SELECT e.idx, e.entry, r.kind, r.dispatch, r.salt, r.record FROM entry e LEFT JOIN record r ON r.idx = e.idx"
    " WHERE e.role = ? AND e.idx > ? ORDER BY e.idx LIMIT ?"
)
_ORPHANS = (
    "SELECT r.idx, NULL, r.kind, r.dispatch, r.salt, r.record FROM record r"
    " WHERE NOT EXISTS (SELECT 1 FROM entry e WHERE e.role = ? AND e.idx = r.idx) ORDER BY r.idx"
)


class _Gates:
    """A gate for each edition that is kept, made when it is first asked for."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._made: dict[Digest, Gate | None] = {}

    def gate(self, edition: Digest) -> Gate | None:
        if edition not in self._made:
            kept = kept_edition(edition, self._tx)
            self._made[edition] = None if kept is None else CedarGate(kept)
        return self._made[edition]


def _replay(row: Row, gates: _Gates) -> Replayed:
    index, entry, kind, dispatch, salt, record = row
    shown = kind if isinstance(kind, str) else "(missing)"
    about = DispatchId(dispatch) if isinstance(dispatch, bytes) else None
    outcome, why = _outcome(entry, shown, as_bytes(salt), record, gates)
    return Replayed(LeafIndex(int_of(index)), shown, about, outcome, why)


def _outcome(entry: Scalar, kind: str, salt: bytes, record: Scalar, gates: _Gates) -> tuple[str, str]:
    if record is None or entry is None:
        gone = "record is missing; the decision log has its entry"
        return DIFFERS, f"the {gone if record is None else 'decision log has no entry for this record'}"
    try:
        leaf = decode_entry(as_bytes(entry))
        if not isinstance(leaf, RecordLeaf) or (leaf.kind, leaf.commit) != (
            kind,
            record_commit(salt, bytes_of(record)),
        ):
            return DIFFERS, "the record is not the one that the decision log commits to"
        decided = read_record(bytes_of(record))
    except DAMAGE as error:
        return DIFFERS, f"the record cannot be read as what it was: {error}"
    if decided is None or decided.verdict.edition == NO_EDITION:
        return NO_QUESTION, ""
    if decided.question is None or decided.now is None:
        return OLDER, ""
    return _again(decided, gates.gate(decided.verdict.edition))


def _again(decided: Decided, gate: Gate | None) -> tuple[str, str]:
    assert decided.question is not None
    assert decided.now is not None
    if gate is None:
        return DIFFERS, f"the edition {decided.verdict.edition.hex()} that decided is not kept whole"
    verdict = gate.decide(decided.question, decided.now)
    if encode_verdict(verdict) == decided.written:
        return SAME, ""
    then = f"{decided.verdict.effect} by {', '.join(reason.rule for reason in decided.verdict.reasons)}"
    return DIFFERS, f"the answer was {then}; it is {verdict.effect} by {', '.join(r.rule for r in verdict.reasons)}"
