"""One exchange log read for the scorecard: its dispatches, the other side's receipts in it, and when each was made.

The rule it keeps: a time is never a node's own clock. A leaf was made after the other party signed the head that the batch
follows, and that time stands in the log; entries that do not give the root of the cut are not counted at all.
"""  # spec: protocol.md 4 rule 3

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, Final

from comity.base.cbor import known
from comity.base.errors import BadProof
from comity.base.ids import Digest, DispatchId, LeafIndex
from comity.desks.workplan.scorecard.model import NOTHING_YET, Cut, Fate, Leaf, LogCut, Logs, SideLog
from comity.dispatch.entries import LEAF, Fact
from comity.tlog.tree import EMPTY_ROOT, Edge

_TYPE_AT: Final = 2 + len(LEAF)
"""Place of the type in an entry: after the head of the array and the text of the version."""
_DISPATCH, _RECEIPT, _WITHDRAW, _HEAD = 1, 3, 4, 5
_SECOND: Final = 1_000


def read_pair(cut: Cut, entries: tuple[Iterable[bytes], Iterable[bytes]]) -> Logs:
    """Read the entries of both logs up to a cut.

    Args:
        cut: how far, with the roots that they must give.
        entries: of each from index 0 on; those beyond the cut are not looked at.

    Raises:
        BadProof: the entries of a log are too few, or do not give the root; nothing was counted.
    """
    one, two = (_whole(log, found) for log, found in zip(cut, entries, strict=True))
    first, second = _first_time(one), _first_time(two)
    return (
        _sort(cut[0], one, first or second or cut[0].time * _SECOND),
        _sort(cut[1], two, second or first or cut[1].time * _SECOND),
    )


def _whole(cut: LogCut, entries: Iterable[bytes]) -> Sequence[bytes]:
    found = [entry for entry, _ in zip(entries, range(cut.size), strict=False)]
    if len(found) != cut.size or _root(found) != cut.root:
        raise BadProof(
            f"the {len(found)} entries of {cut.origin} do not give the root of its head of {cut.size}; nothing was counted."
            " `comity log audit` names what was changed"
        )
    return found


def _root(entries: Sequence[bytes]) -> Digest:
    if not entries:
        return EMPTY_ROOT
    return Edge().append([sha256(b"\x00" + entry).digest() for entry in entries])[0].root()


def _sort(cut: LogCut, entries: Sequence[bytes], at: int) -> SideLog:
    leaves: list[Leaf] = []
    fates: dict[bytes, Fate] = {}
    withdrawn: set[int] = set()
    for index, entry in enumerate(entries):
        number = entry[_TYPE_AT]
        item: Any
        if number == _RECEIPT:
            item = known(entry)
            fates[item[3]] = _after(fates.get(item[3], NOTHING_YET), item[5], item[6], at)
        elif number == _DISPATCH:
            item = known(entry)
            leaves.append(Leaf(LeafIndex(index), DispatchId(item[2]), item[3], Digest(item[5]), at))
        elif number == _HEAD:
            item = known(entry)
            at = max(at, item[5] * _SECOND)
        elif number == _WITHDRAW:
            item = known(entry)
            withdrawn.add(item[2])
    return SideLog(cut, tuple(leaves), fates, frozenset(withdrawn))


def _first_time(entries: Sequence[bytes]) -> int:
    """Return the time of the first head that a log names, 0 if it names none.

    What stands before it counts as made then. In a log that names none yet, it counts as made at the first head of this log that
    the other one names, or at its cut.
    """
    for entry in entries:
        if entry[_TYPE_AT] == _HEAD:
            head: Any = known(entry)
            return int(head[5]) * _SECOND
    return 0


def _after(fate: Fate, fact: int, code: str | None, at: int) -> Fate:
    if fact == Fact.SEEN:
        return fate if fate.seen else fate._replace(seen=at)
    return Fate(fate.arrived or at, fate.seen, fact, code or "")
