"""What must be true of two honest nodes after every committed transaction, whatever failed before it.

The rule it keeps: everything is compared with a record of its own, made from what was committed and what was said; no
check trusts a node's own account of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from comity.base.ids import Digest, show_id
from comity.dispatch.book import LogRole, LogRow, RowTiles, log_rows
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
    RecordLeaf,
    ResealLeaf,
    WithdrawLeaf,
    decode_entry,
    encode_entry,
    record_commit,
)
from comity.dispatch.partsrow import parts_of
from comity.dispatch.ports import Store, Tx
from comity.dispatch.stops import NOTHING, Stops, scope_of
from comity.dispatch.wire import Header, decode_header
from comity.node.link import LinkState
from comity.node.linkrow import read_link
from comity.node.manifest import KIND as MANIFEST
from comity.node.papers import CEREMONY
from comity.node.resealing import KEY_EXPIRED
from comity.sim.exercise import DESK, RECALL, Locker
from comity.sim.gone import check_certificates, destroyed, said_gone
from comity.sim.rows import Rows, RowsHeld, check_disowned, check_rows
from comity.sim.ruled import Invariant, ensure
from comity.sim.signers import Lists, check_signers, check_waited, lists_of
from comity.tlog.tree import Edge, leaf_hash

CREATED_AHEAD_MS = 150_000
"""A dispatch made under a clock that was further ahead than any honest skew may be quarantined; no other may."""
_SETTLING = frozenset({Fact.FILED, Fact.QUARANTINED, Fact.REFUSED})


@dataclass(slots=True)
class Log:
    """The one history that a log has, as it was committed; every root it ever had, by size."""

    entries: list[bytes] = field(default_factory=list)
    decoded: list[Entry] = field(default_factory=list)
    roots: list[Digest] = field(default_factory=lambda: [Edge().root()])
    edge: Edge = field(default_factory=Edge)

    def extend(self, entry: bytes) -> Entry:
        """Append one entry."""
        self.edge, _ = self.edge.append([leaf_hash(entry)])
        self.entries.append(entry)
        self.decoded.append(decode_entry(entry))
        self.roots.append(self.edge.root())
        return self.decoded[-1]


@dataclass(slots=True)
class Side:
    """What is known of one side.

    Attributes:
        log: its exchange log.
        mirror: how many entries of the peer's log it holds.
        decisions: entries of its decision log.
        leaves: index of each dispatch id in its log.
        facts: for each leaf of the peer's log, the facts of its receipts, in their order.
        headers: of each dispatch that it sent.
        far: its dispatches that were made under a clock far ahead.
        signed: root of every head it signed, by (size, time).
        newest: its newest head, (size, time).
        cosigned: its newest cosignature of the peer's log, (size, time).
        kept: the newest head of the peer that it keeps, (size, time).
        tied: it had cosigned the peer's log before its newest transaction.
        elsewhere: its dispatches of another desk: one manifest, for a world is shorter than a day, and key lists.
        withdrawn: leaves of its log that it withdrew.
        past: heads that it signed before its store was put back, as `signed`.
        put_back: its store was put back at least once.
        came_back: entries of its log that came back with its newest put-back.
        stops: what both logs suspended, as far as it has them.
        sealed: how each dispatch of its log was sealed, the newest last.
        about: for each leaf of the peer's log, the bytes that its newest receipt names.
        editions: digests of the accords behind the ceremony in its log.
        seen: facts that the peer's receipts state, for each leaf of its log, as far as it mirrors them.
        recalled: leaves that the peer withdrew, as far as it mirrors them.
        resealed: for each leaf of the peer's log that was sealed anew, the newest bytes, as far as it mirrors them.
        keys_changed: its log names a key list after those of the ceremony.
        good: the newest rows that were good, and beside what.
    """

    log: Log = field(default_factory=Log)
    mirror: int = 0
    decisions: int = 0
    leaves: dict[bytes, int] = field(default_factory=dict)
    facts: dict[int, list[Fact]] = field(default_factory=dict)
    headers: dict[bytes, Header] = field(default_factory=dict)
    far: set[bytes] = field(default_factory=set)
    seen: dict[int, list[Fact]] = field(default_factory=dict)
    stops: Stops = NOTHING
    signed: dict[tuple[int, int], bytes] = field(default_factory=dict)
    newest: tuple[int, int] = (0, 0)
    cosigned: tuple[int, int] = (0, 0)
    tied: bool = False
    kept: tuple[int, int] = (0, 0)
    elsewhere: set[bytes] = field(default_factory=set)
    withdrawn: set[int] = field(default_factory=set)
    past: dict[tuple[int, int], bytes] = field(default_factory=dict)
    put_back: bool = False
    came_back: int = 0
    sealed: dict[int, list[bytes]] = field(default_factory=dict)
    about: dict[int, bytes] = field(default_factory=dict)
    editions: list[Digest] = field(default_factory=list)
    recalled: set[int] = field(default_factory=set)
    resealed: dict[int, bytes] = field(default_factory=dict)
    keys_changed: bool = False
    good: tuple[Rows, RowsHeld] | None = None


class Watch:
    """The record of one world and the checks on it.

    Args:
        stores: of both sides; they are only read.
        clock: the true virtual time, milliseconds.
        lockers: the keys of both sides, for which lists were made; None: those of the ceremony.
    """

    def __init__(
        self, stores: tuple[Store, Store], clock: Callable[[], int], lockers: tuple[Locker, Locker] | None = None
    ) -> None:
        self.stores = stores
        self._lockers = lockers or (Locker.of(0), Locker.of(1))
        self.sides = [Side(), Side()]
        self.said: tuple[dict[str, int], dict[str, int]] = ({}, {})
        """Of each side, the heads that it ever said, with their log time."""
        self._put_back: set[int] = set()
        self._clock = clock

    def check(self, number: int) -> None:
        """Check one side after it committed something.

        Raises:
            Broken: an invariant does not hold.
        """
        with self.stores[number].read() as tx:
            logs = log_rows(tx)
            if len(logs) < len(LogRole):
                return
            accepted = self._begin_again(number, tx)
            if accepted is None:
                return
            side, peer = self.sides[number], self.sides[1 - number]
            self._mirror(number, tx, logs[LogRole.THEIRS])
            self._sent(number, tx)
            self._own(number, tx, logs[LogRole.OURS])
            kept = side.log.entries[: len(accepted)] == accepted
            ensure(kept, Invariant.ONE_HISTORY, number, f"not the {len(accepted)} entries that the peer accepted")
            stored = Edge.load(RowTiles(tx, LogRole.OURS), logs[LogRole.OURS].size)
            rooted = stored.root() == side.log.roots[-1]
            ensure(rooted, Invariant.LOG, number, "the tiles of our log do not give its root")
            self._heads(number, tx, logs[LogRole.OURS])
            _cosignatures(number, side, peer, tx, logs)
            self._decisions(number, tx, logs[LogRole.DECISION])
            mirrored = peer.log.decoded[: side.mirror]
            gone = destroyed(number, tx, side.log.decoded)
            check_certificates(number, tx, side.leaves, mirrored, lambda: self._said_gone(1 - number))
            away = gone | {bytes_of(row[0]) for row in tx.rows("SELECT id FROM custody")}
            self._rows(number, Rows.read(tx), mirrored, away)
            state = read_link(tx).state
            accused = tx.rows("SELECT class FROM evidence")
            ensure(not accused and state is not LinkState.BROKEN, Invariant.ACCUSED, number, f"{accused}, {state}")

    def _rows(self, number: int, rows: Rows, mirrored: list[Entry], away: frozenset[bytes]) -> None:
        """Check the rows of a side; what was good beside the same is good."""
        side, peer = self.sides[number], self.sides[1 - number]
        receipts = {
            place: ()
            if facts == [Fact.QUARANTINED] and side.resealed.get(place, side.about[place]) != side.about[place]
            else tuple(facts)
            for place, facts in side.facts.items()
        }
        held = RowsHeld(
            dict(side.leaves),
            receipts,
            {place: tuple(facts) for place, facts in side.seen.items()},
            mirrored,
            side.elsewhere | peer.elsewhere,
            frozenset(side.recalled),
            away,
        )
        if side.good != (rows, held):
            check_rows(number, rows, held)
            side.good = rows, held

    def _said_gone(self, number: int) -> frozenset[bytes]:
        with self.stores[number].read() as tx:
            return said_gone(tx)

    def put_back(self, number: int) -> None:
        """Note that the store of a side was put back: what it says of itself counts again once it has recovered."""
        self._put_back.add(number)

    def _begin_again(self, number: int, tx: Tx) -> list[bytes] | None:
        """Return the entries that the peer accepted before a put-back ended in this transaction; None: it has not.

        Then the record of the side is made anew, from all that its store says now.
        """
        if number not in self._put_back:
            return []
        if read_link(tx).state in {LinkState.RECOVERING, LinkState.SUPERSEDED}:
            ensure(not tx.rows("SELECT 1 FROM evidence"), Invariant.ACCUSED, number, "while it recovers")
            return None
        self._put_back.discard(number)
        old, peer = self.sides[number], self.sides[1 - number]
        accepted = old.log.entries[: peer.mirror]
        self.sides[number] = Side(
            headers=old.headers,
            far=old.far,
            elsewhere=old.elsewhere,
            past=old.past | old.signed,
            put_back=True,
            came_back=len(accepted),
        )
        with self.stores[1 - number].read() as peer_tx:
            check_disowned(number, tx, peer_tx)
        return accepted

    def _mirror(self, number: int, tx: Tx, row: LogRow) -> None:
        side, peer = self.sides[number], self.sides[1 - number]
        new = tx.rows("SELECT idx, entry FROM entry WHERE role = ? AND idx >= ? ORDER BY idx", (row.role, side.mirror))
        for place, (index, entry) in enumerate(new, side.mirror):
            same = index == place < len(peer.log.entries) and peer.log.entries[place] == entry
            ensure(same, Invariant.MIRROR, number, f"mirrored entry {place} is not that of the log")
            leaf = peer.log.decoded[place]
            match leaf:
                case ReceiptLeaf():
                    side.seen.setdefault(leaf.index, []).append(leaf.fact)
                case WithdrawLeaf():
                    side.recalled.add(leaf.index)
                case ResealLeaf():
                    side.resealed[leaf.index] = leaf.sealed
                case _:
                    pass
            side.stops = _stopped(side.stops, leaf, ours=False)
        side.mirror += len(new)
        ensure(side.mirror == row.size, Invariant.MIRROR, number, f"{side.mirror} entries under a size of {row.size}")

    def _sent(self, number: int, tx: Tx) -> None:
        """Remember the headers of new dispatches: what they wait for is checked when the peer files them."""
        side = self.sides[number]
        for (id_,) in tx.rows("SELECT id FROM sent"):
            if id_ not in side.headers:
                plain = tx.rows("SELECT plain FROM sent WHERE id = ?", (id_,))[0][0]
                self._new_header(number, decode_header(parts_of(bytes_of(plain))[0].content))

    def _new_header(self, number: int, header: Header) -> None:
        side = self.sides[number]
        side.headers[header.id] = header
        if header.desk != DESK:
            days = sum(side.headers[one].kind == MANIFEST for one in side.elsewhere)
            side.elsewhere.add(header.id)
            twice = header.kind == MANIFEST and days and not side.put_back
            ensure(not twice, Invariant.SENT_TWICE, number, "a day was closed twice")
        if header.created > self._clock() + CREATED_AHEAD_MS:
            side.far.add(header.id)

    def _own(self, number: int, tx: Tx, row: LogRow) -> None:
        side = self.sides[number]
        first = len(side.log.entries)
        new = tx.rows("SELECT idx, entry FROM entry WHERE role = ? AND idx >= ? ORDER BY idx", (row.role, first))
        for place, (index, raw) in enumerate(new, first):
            ensure(index == place, Invariant.LOG, number, f"entry {index!r} stands at place {place}")
            entry = side.log.extend(bytes_of(raw))
            if place == side.newest[0] and side.tied:
                ensure(isinstance(entry, HeadLeaf), Invariant.TIE, number, f"batch at {place} begins without l-head")
            self._entry(number, place, entry, tx)
        size = len(side.log.entries)
        ensure(size == row.size, Invariant.LOG, number, f"{size} entries under a size of {row.size}")

    def _entry(self, number: int, place: int, entry: Entry, tx: Tx) -> None:
        side, peer = self.sides[number], self.sides[1 - number]
        side.stops = _stopped(side.stops, entry, ours=True)
        match entry:
            case InstrumentLeaf(kind=InstrumentKind.ACCORD) if place >= CEREMONY:
                side.editions.append(entry.digest)
                both = zip(side.editions, peer.editions, strict=False)
                ensure(all(one == other for one, other in both), Invariant.EDITION, number, f"another text at {place}")
            case InstrumentLeaf(kind=InstrumentKind.KEYS) if place >= CEREMONY:
                side.keys_changed = True
            case DispatchLeaf():
                fits = entry.edition == 1 + len(side.editions)
                ensure(fits, Invariant.EDITION, number, f"edition {entry.edition} of a dispatch at {place}")
                ensure(entry.id not in side.leaves, Invariant.LOGGED_TWICE, number, show_id(entry.id))
                side.leaves[entry.id] = place
                side.sealed[place] = [entry.sealed]
            case ResealLeaf():
                tries = side.sealed[entry.index]
                good = entry.attempt == len(tries) and entry.sealed not in tries
                ensure(good, Invariant.RESEALED, number, f"try {entry.attempt} of leaf {entry.index}")
                tries.append(entry.sealed)
                seen = side.seen.get(entry.index, [])
                side.seen[entry.index] = [fact for fact in seen if fact is not Fact.QUARANTINED]
            case ReceiptLeaf():
                self._receipt(number, place, entry, tx)
            case HeadLeaf():
                named = (entry.size, entry.time)
                true = entry.root in {peer.signed.get(named), peer.past.get(named)} and entry.size <= side.mirror
                ensure(true, Invariant.TIE, number, f"l-head of size {entry.size} that the peer did not sign")
            case WithdrawLeaf():
                side.withdrawn.add(entry.index)
            case LinkLeaf(event=LinkEvent.ACCUSED):
                ensure(False, Invariant.ACCUSED, number, f"entry {place} accuses an honest peer")
            case _:
                pass

    def _receipt(self, number: int, place: int, leaf: ReceiptLeaf, tx: Tx) -> None:
        side, peer = self.sides[number], self.sides[1 - number]
        # What comes back may receipt leaves above the newest head that our log names: their entries come again later.
        reach = len(peer.log.decoded) if place < side.came_back else side.mirror
        named = peer.log.decoded[leaf.index] if leaf.index < reach else None
        sealed = peer.sealed.get(leaf.index, [])
        true = isinstance(named, DispatchLeaf) and named.id == leaf.id and leaf.sealed in sealed
        ensure(true, Invariant.RECEIPT_WITHOUT_LEAF, number, f"receipt for leaf {leaf.index}")
        before = side.facts.setdefault(leaf.index, [])
        if leaf.sealed != side.about.get(leaf.index, leaf.sealed) and before == [Fact.QUARANTINED]:
            before.clear()  # it was sealed anew
        side.about[leaf.index] = leaf.sealed
        # What comes back after a put-back stands in another order; what opens to nothing is quarantined whatever is suspended.
        if not before and not side.put_back and leaf.fact is not Fact.QUARANTINED:
            header = peer.headers[leaf.id]
            stopped = side.stops.stop(header.desk, header.kind, header.lane)
            ensure(not stopped, Invariant.SUSPENDED, number, f"{leaf.fact.name} for {show_id(leaf.id)}")
        fits = {Fact.ARRIVED: not before, Fact.SEEN: Fact.FILED in before and Fact.SEEN not in before}
        settled = not _SETTLING.intersection(before)
        ensure(fits.get(leaf.fact, settled), Invariant.RECEIPTED_TWICE, number, f"{leaf.fact.name} after {before}")
        before.append(leaf.fact)
        if leaf.fact is Fact.FILED:
            self._order(number, leaf, tx)
        if leaf.fact is Fact.QUARANTINED:
            expired = leaf.code == KEY_EXPIRED and self._lockers[number].gone
            ensure(expired or leaf.id in peer.far, Invariant.QUARANTINED, number, f"honest {show_id(leaf.id)}")

    def _order(self, number: int, leaf: ReceiptLeaf, tx: Tx) -> None:
        """Check that whatever a filed dispatch comes after was settled before it."""  # spec: protocol.md 8
        side, peer = self.sides[number], self.sides[1 - number]
        header = peer.headers[leaf.id]
        for one in () if header.kind == RECALL else header.after:
            if one in peer.leaves:
                place = peer.leaves[one]
                done = place in peer.withdrawn or bool(_SETTLING.intersection(side.facts.get(place, ())))
            else:
                rows = "SELECT settled_at FROM sent WHERE id = ? UNION ALL SELECT settled_at FROM lost WHERE id = ?"
                done = any(settled is not None for (settled,) in tx.rows(rows, (one, one)))
            ensure(done, Invariant.ORDER, number, f"{show_id(leaf.id)} was filed before {show_id(one)}")

    def lists(self, number: int) -> Lists:
        """Return the key lists that a side made, that of the ceremony first."""
        return lists_of(self._lockers[number])

    def _heads(self, number: int, tx: Tx, row: LogRow) -> None:
        """Check the heads of our log, and which keys signed the new ones."""
        side, peer = self.sides[number], self.sides[1 - number]
        before = side.newest
        _heads(number, side, tx, row)
        if not side.keys_changed:
            return
        found = tx.rows("SELECT size, note FROM head WHERE role = ? AND (size > ? OR time > ?)", (row.role, *before))
        for size, note in found:
            check_signers(number, side.log.decoded, int_of(size), text_of(note), self.lists(number))
            if not side.put_back:
                check_waited(number, side.log.decoded, int_of(size), peer.cosigned[0])

    def _decisions(self, number: int, tx: Tx, row: LogRow) -> None:
        side = self.sides[number]
        new = tx.rows(
            "SELECT e.idx, e.entry, r.kind, r.salt, r.record FROM entry e LEFT JOIN record r ON r.idx = e.idx"
            " WHERE e.role = ? AND e.idx >= ? ORDER BY e.idx",
            (row.role, side.decisions),
        )
        for index, entry, kind, salt, record in new:
            opens = kind is not None and entry == encode_entry(
                RecordLeaf(text_of(kind), record_commit(bytes_of(salt), bytes_of(record)))
            )
            ensure(opens, Invariant.DECISION, number, f"decision leaf {index!r} has no record that opens it")
        side.decisions += len(new)
        records = int_of(tx.rows("SELECT count(*) FROM record")[0][0])
        same = side.decisions == row.size == records
        ensure(same, Invariant.DECISION, number, f"{records} records, {side.decisions} leaves, size {row.size}")


def _stopped(stops: Stops, leaf: Entry, *, ours: bool) -> Stops:
    """Return what is suspended after one more entry of either log."""
    if not isinstance(leaf, LinkLeaf) or leaf.event not in {LinkEvent.SUSPEND, LinkEvent.RESUME}:
        return stops
    return stops.with_scope(scope_of(leaf.digest, (DESK,)), ours=ours, stopped=leaf.event is LinkEvent.SUSPEND)


def _heads(number: int, side: Side, tx: Tx, row: LogRow) -> None:
    """Check every head that this side signed and stored: roots of one growing log, never back in size or time."""
    size, time = side.newest
    found = tx.rows(
        "SELECT size, time, root FROM head WHERE role = ? AND size >= ? AND time >= ? ORDER BY size, time",
        (row.role, size, time),
    )
    for raw_size, raw_time, raw_root in found:
        place, root = (int_of(raw_size), int_of(raw_time)), bytes_of(raw_root)
        ensure(place[0] < len(side.log.roots), Invariant.HEAD_FIRST, number, f"head of size {place[0]}")
        ensure(root == side.log.roots[place[0]], Invariant.ONE_HISTORY, number, f"head of size {place[0]}")
        ensure(place[1] >= side.newest[1], Invariant.WENT_BACK, number, f"head {place} after {side.newest}")
        if place[0] > side.newest[0]:
            lone = isinstance(side.log.decoded[place[0] - 1], HeadLeaf)
            ensure(not lone, Invariant.TIE, number, f"head of size {place[0]} over an l-head alone")
        side.newest = place
        side.signed[place] = root
    count = int_of(tx.rows("SELECT count(*) FROM head WHERE role = ?", (row.role,))[0][0])
    ensure(count == len(side.signed), Invariant.WENT_BACK, number, f"{count} heads, {len(side.signed)} in order")
    same = (row.head_size, row.head_time) == side.newest and row.head_size <= row.size
    ensure(same, Invariant.WENT_BACK, number, f"newest head {row.head_size}, {row.head_time} is not {side.newest}")


def _cosignatures(number: int, side: Side, peer: Side, tx: Tx, logs: Mapping[LogRole, LogRow]) -> None:
    """Check what this side cosigned, and that it takes no more as cosigned than the peer holds."""
    ours, theirs = logs[LogRole.OURS], logs[LogRole.THEIRS]
    place = (theirs.cosigned_size, theirs.cosigned_time)
    ensure(place[0] <= side.mirror, Invariant.COSIGNED_MORE, number, f"{place[0]} cosigned, {side.mirror} held")
    forward = place[0] >= side.cosigned[0] and place[1] >= side.cosigned[1]
    ensure(forward, Invariant.WENT_BACK, number, f"cosignature {place} after {side.cosigned}")
    ensure(
        ours.cosigned_size <= peer.mirror, Invariant.COSIGNED_MORE, number, f"{ours.cosigned_size} taken as cosigned"
    )
    for size, root in tx.rows(
        "SELECT size, root FROM head WHERE role = ? AND size >= ?", (LogRole.THEIRS, side.kept[0])
    ):
        same = int_of(size) < len(peer.log.roots) and peer.log.roots[int_of(size)] == root
        ensure(same, Invariant.ONE_HISTORY, number, f"kept a head of size {size!r} with another root")
    newer = (theirs.head_size, theirs.head_time)
    ensure(newer >= side.kept, Invariant.WENT_BACK, number, f"kept the head {newer} after {side.kept}")
    side.cosigned, side.kept = place, newer
    side.tied = bool(theirs.cosigned_time)
