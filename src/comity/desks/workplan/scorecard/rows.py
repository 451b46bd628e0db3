"""What a node holds of the leaves that its scorecard needs, read from its own rows and compared with the leaves.

The rule it keeps: no row is trusted. Header and body count only if the stored parts give the commitment that stands in the leaf;
what does not is named, and what is not there is named too.
"""  # spec: protocol.md 3

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from comity.base.cbor import known
from comity.base.errors import BadEnvelope, BadForm
from comity.base.ids import Digest, LeafIndex, Origin
from comity.desks.workplan.scorecard.model import (
    NO_ITEM,
    Cut,
    Held,
    Leaf,
    LogCut,
    Logs,
    Period,
    Place,
    Said,
)
from comity.desks.workplan.scorecard.reading import read_pair
from comity.desks.workplan.scorecard.rules import needs_body
from comity.dispatch.book import LogRole, log_row
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.entries import Fact
from comity.dispatch.ports import Scalar, Tx
from comity.tlog.tree import leaf_hash

_PAGE: Final = 4_096
_DIGEST: Final = 32
_PARTS: Final = 4
_PART: Final = tuple(b"comity/part/1\x00" + bytes((number,)) for number in range(_PARTS))
_COMMIT: Final = b"comity/commit/1\x00"
_ROLES: Final = (LogRole.OURS, LogRole.THEIRS)
_FROM: Final = {
    LogRole.OURS: "SELECT idx, plain, digests FROM sent WHERE idx >= ? AND idx < ? ORDER BY idx",
    LogRole.THEIRS: "SELECT idx, plain, digests FROM got WHERE idx >= ? AND idx < ? ORDER BY idx",
}


@dataclass(frozen=True, slots=True)
class Holding:
    """What one node has of the leaves that count.

    Attributes:
        needed: the leaves, in the order of logs and places.
        held: what it has of each, in the same order.
        said: what those that are whole say, by place.
    """

    needed: tuple[Place, ...]
    held: tuple[Held, ...]
    said: Mapping[Place, Said]


def newest_cut(tx: Tx) -> Cut:
    """Return both logs as far as both sides have signed: our newest co-signed head, and the newest of theirs that we co-signed.

    Raises:
        BadForm: one of the two has no co-signed head yet.
    """
    found = [one for role in _ROLES if (one := _newest(tx, role)) is not None]
    if len(found) != len(_ROLES):
        raise BadForm("no head of both logs is co-signed yet; there is nothing that both sides can count")
    first, second = sorted(found, key=lambda one: one.origin)
    return first, second


def _newest(tx: Tx, role: LogRole) -> LogCut | None:
    row = log_row(tx, role)
    if row is None or not row.cosigned_size:
        return None
    heads = tx.rows(
        "SELECT size, root, time FROM head WHERE role = ? AND size <= ? AND cosignature IS NOT NULL"
        " ORDER BY size DESC, time DESC LIMIT 1",
        (role, row.cosigned_size),
    )
    return (
        LogCut(row.origin, int_of(heads[0][0]), Digest(bytes_of(heads[0][1])), int_of(heads[0][2])) if heads else None
    )


def read_logs(tx: Tx, cut: Cut) -> Logs:
    """Read both logs of a node up to a cut; each head of it must be one that this node holds.

    Raises:
        BadForm: the cut is of other logs, or names a head that was never signed here.
        BadProof: the stored entries do not give the root.
    """
    roles = roles_of(tx, cut)
    for role, one in zip(roles, cut, strict=True):
        if not tx.rows(
            "SELECT 1 FROM head WHERE role = ? AND size = ? AND time = ? AND root = ?",
            (role, one.size, one.time, one.root),
        ):
            raise BadForm(f"no signed head of {one.origin} with {one.size} entries and this root is held here")
    return read_pair(cut, (_entries(tx, roles[0], cut[0].size), _entries(tx, roles[1], cut[1].size)))


def roles_of(tx: Tx, cut: Cut) -> tuple[LogRole, LogRole]:
    """Return which log of ours each side of a cut is.

    Raises:
        BadForm: the cut is of other logs.
    """
    known_by: dict[Origin, LogRole] = {}
    for role in _ROLES:
        row = log_row(tx, role)
        if row is not None:
            known_by[row.origin] = role
    try:
        return known_by[cut[0].origin], known_by[cut[1].origin]
    except KeyError as error:
        raise BadForm(f"{error.args[0]} is no log of this node") from None


def _entries(tx: Tx, role: LogRole, size: int) -> Iterator[bytes]:
    for start in range(0, size, _PAGE):
        rows = tx.rows(
            "SELECT entry FROM entry WHERE role = ? AND idx >= ? AND idx < ? ORDER BY idx",
            (role, start, min(size, start + _PAGE)),
        )
        yield from (entry if isinstance(entry, bytes) else b"" for (entry,) in rows)


def leaf_hashes(tx: Tx, cut: Cut, places: Iterable[Place]) -> Mapping[Place, bytes]:
    """Return the hashes of the leaves at some places of a node's logs."""
    roles = roles_of(tx, cut)
    found: dict[Place, bytes] = {}
    for side, place in places:
        rows = tx.rows("SELECT entry FROM entry WHERE role = ? AND idx = ?", (roles[side], place))
        found[side, place] = leaf_hash(bytes_of(rows[0][0])) if rows else b""
    return found


def needed_of(logs: Logs, period: Period) -> tuple[Place, ...]:
    """Return the leaves whose header the figures of a period need: all that were filed, from its beginning on.

    What came after its end counts too, for an answer of the next month answers a question of this one.
    """
    found: list[Place] = []
    for side, (log, other) in enumerate(zip(logs, reversed(logs), strict=True)):
        fates = other.fates
        for leaf in log.leaves:
            fate = fates.get(leaf.id)
            if leaf.at >= period.begins and fate is not None and fate.fact == Fact.FILED:
                found.append((side, leaf.place))
    return tuple(found)


def holding(tx: Tx, logs: Logs, period: Period) -> Holding:
    """Read from a node's rows what the leaves that count say."""
    needed = needed_of(logs, period)
    wanted = frozenset(needed)
    held: dict[Place, Held] = {}
    said: dict[Place, Said] = {}
    for side, (role, log) in enumerate(zip(roles_of(tx, (logs[0].cut, logs[1].cut)), logs, strict=True)):
        leaves = {leaf.place: leaf for leaf in log.leaves if (side, leaf.place) in wanted}
        for index, plain, digests in _rows(tx, role, log.cut.size, leaves):
            place = (side, index)
            found = read_said(leaves[LeafIndex(index)], plain, digests)
            if isinstance(found, Said):
                said[place] = found
            else:
                held[place] = found
    return Holding(needed, tuple(Held.WHOLE if one in said else held.get(one, Held.ABSENT) for one in needed), said)


def _rows(tx: Tx, role: LogRole, size: int, leaves: Mapping[LeafIndex, Leaf]) -> Iterator[tuple[int, Scalar, Scalar]]:
    if not leaves:
        return
    for start in range(min(leaves), size, _PAGE):
        for index, plain, digests in tx.rows(_FROM[role], (start, min(size, start + _PAGE))):
            if index in leaves:
                yield int_of(index), plain, digests


def read_said(leaf: Leaf, plain: Scalar, digests: Scalar) -> Said | Held:
    """Return what a stored dispatch says, or why it does not count.

    Args:
        leaf: its leaf.
        plain: the column with the four parts; None where nothing is held.
        digests: of the parts, once one was erased; None before.
    """
    if plain is None:
        return Held.ABSENT
    try:
        rows: Any = known(bytes_of(plain))
        if _commit(rows, digests) != leaf.commit:
            return Held.ALTERED
        return _said(known(rows[0][1]), rows[1])
    except (BadEnvelope, AssertionError, ValueError, TypeError, LookupError):  # a row that this program did not write
        return Held.ALTERED


def _commit(rows: Sequence[tuple[bytes, bytes]], digests: Scalar) -> bytes:
    """Return the commitment that the parts give; for a part that was erased with the digest that is kept of it.

    As `wire.commit_of`, written out: it is made of every dispatch of a quarter.
    """  # spec: protocol.md 3
    shown = [
        sha256(_PART[number] + salt + content).digest()
        if salt or not isinstance(digests, bytes)
        else digests[number * _DIGEST : (number + 1) * _DIGEST]
        for number, (salt, content) in enumerate(rows)
    ]
    return sha256(_COMMIT + b"".join(shown)).digest()


def _said(header: Any, body: Sequence[bytes]) -> Said | Held:
    desk, kind = header[6], header[7]
    item = header[20][0] or NO_ITEM
    within = _span(header[17], header[16])
    if not needs_body(desk, kind):
        return Said(desk, kind, header[23], item, tuple(header[10]), within, "", "")
    if not body[0]:
        return Held.ERASED
    words: Any = known(body[1])
    target, due = words.get("target"), _span(words.get("due"), header[16])
    ids: list[bytes] = [*header[10], *([target] if isinstance(target, bytes) else [])]
    named = tuple(dict.fromkeys(ids))
    within = min(within or due, due or within)
    return Said(desk, kind, header[23], item, named, within, words.get("state", ""), words.get("outward", ""))


def _span(day: object, created: int) -> int:
    """Return how long after it was written an answer is asked for, 0 where no later day is named."""
    return day - created if isinstance(day, int) and day > created else 0
