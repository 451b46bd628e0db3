"""The cut at the node: a log whose key was stolen is closed where both parties accept it, and the next one begins.

The rule it keeps: everything is checked against this node's own store before anything is written, and all of it is one
transaction. Both sides write the first four leaves of the new log by themselves, from what both roots signed, so that no
head has to be believed before they stand.
"""  # spec: protocol.md 9, 10

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from comity.base import cbor
from comity.base.errors import BadCut
from comity.base.hashing import sha256
from comity.base.ids import Digest, LeafIndex, Ms
from comity.crypto.sign import unverified_payload
from comity.dispatch import records
from comity.dispatch.accord import Agreed, fingerprint, verify_accord
from comity.dispatch.alarms import Alarm, ring
from comity.dispatch.attached import FileState
from comity.dispatch.book import Book, LogRole
from comity.dispatch.closed import MOST, OPENING, Closed, base_of, closed_logs
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.cut import DISOWNED, Cut, View, accord_party, decode_cut, follows_cut, head_of, keys_of, verify_cut
from comity.dispatch.entries import (
    DispatchLeaf,
    Entry,
    HeadLeaf,
    InstrumentKind,
    InstrumentLeaf,
    LinkLeaf,
    ReceiptLeaf,
    RecordLeaf,
    WithdrawLeaf,
    decode_entry,
    encode_entry,
)
from comity.dispatch.entries import (
    LinkEvent as Act,
)
from comity.dispatch.glass import DUTY_OFFICER
from comity.dispatch.keylist import KeyList, verify_keylist
from comity.dispatch.office import Office
from comity.dispatch.ports import Tx
from comity.dispatch.stops import NOTHING, Stops, scope_of
from comity.node import challenge, recovery
from comity.node.editions import move_pool
from comity.node.incarnation import Incarnation, write_incarnation
from comity.node.link import LinkEvent
from comity.node.linkrow import moved, read_link, write_link
from comity.node.papers import KEYS, Listed, first_lists, keep_instrument, read_papers, take_back
from comity.node.stolen import KIND as FOREIGN
from comity.node.tail import Tail, put_back
from comity.tlog.tree import root

RECORD = "comity/cut-taken/1"
GATED = Ms(1 << 62)
"""When a dispatch leaves that waits for the other side's word that it took the cut: never, before that."""
KNOWS_CUTS = 15
"""The step of the core's tables since which a program knows closed places."""
_SALT_BYTES = 32
_SHOWN_HEADS = 10_000


@dataclass(frozen=True, slots=True)
class Held:
    """The lists and accords of both parties as this store has them, by the side whose log is cut."""

    own: tuple[Listed, ...]
    other: tuple[Listed, ...]
    coming: tuple[Listed, ...]
    agreed: tuple[tuple[int, Digest], ...]

    def before(self, size: int) -> Listed:
        """Return the newest list that entered the log below `size`."""
        return [one for one in self.own if one.index is not None and one.index < size][-1]

    def known(self) -> frozenset[bytes]:
        """Return every public key that the party ever listed."""
        node = self.own[0].keys.node
        lists = [*self.own, *(one for one in self.coming if one.keys.node == node)]
        return frozenset[bytes]().union(*(keys_of(one.keys) for one in lists))


@dataclass(frozen=True, slots=True)
class Given:
    """What is handed in by hand.

    Attributes:
        signed: the cut, signed by both roots.
        keys: the list of the new log, signed by the root of its party.
        lacking: says which private keys of a list of ours are not here, or "".
    """

    signed: bytes
    keys: bytes
    lacking: Callable[[KeyList], str]


@dataclass(frozen=True, slots=True)
class Aside:
    """One dispatch that this side took above a cut: it stands no more, and is shown.

    Attributes:
        id: its number.
        origin: the log that was cut.
        index: its leaf there.
        fact: what we had receipted.
    """

    id: bytes
    origin: str
    index: int
    fact: int


# --- what is needed to make one ---------------------------------------------------------------------------------------


def view_of(book: Book, role: LogRole) -> View:
    """Return what this store has of a log, for a cut to be made of."""
    rows = book.tx.rows(
        "SELECT DISTINCT size, root FROM head WHERE role = ? AND size > 0 ORDER BY size DESC LIMIT ?",
        (role, _SHOWN_HEADS),
    )
    notes = book.tx.rows(
        "SELECT note, size FROM head WHERE role = ? AND size > 0 ORDER BY size DESC, time DESC LIMIT ?",
        (role, DISOWNED),
    )
    found = [text_of(row[0]) for row in notes]
    found += (
        [text_of(note) for (note,) in book.tx.rows("SELECT note FROM pending_head")] if role is LogRole.THEIRS else []
    )
    found += _foreign(book.tx) if role is LogRole.OURS else []
    log = book.logs[role]
    heads = tuple(sorted((int_of(size), Digest(bytes_of(digest))) for size, digest in rows))
    newest: dict[tuple[int, Digest], str] = {}
    for note in found:
        head = head_of(note)
        if head.origin == log.origin:
            newest.setdefault((head.size, head.root), note)
    return View(log.origin, role is LogRole.OURS, log.size, heads, tuple(newest.values()))


def _foreign(tx: Tx) -> list[str]:
    """Return the heads under our own key that our node never signed, as its decision log keeps them."""
    rows = tx.rows(f"SELECT record FROM record WHERE kind = ? AND {records.RARE} ORDER BY idx", (FOREIGN,))  # noqa: S608  a constant
    records_ = [cbor.decode(bytes_of(row[0])) for row in rows]
    return [note for one in records_ if isinstance(one, list) for note in one[1:2] if isinstance(note, str)]


# --- checks -----------------------------------------------------------------------------------------------------------


def check_cut(book: Book, office: Office, given: Given) -> tuple[Cut, KeyList, LogRole]:
    """Check a cut and the list that comes with it against everything that this store holds.

    Raises:
        BadSignature, BadEnvelope: the roots have not signed them, or they are none.
        BadCut: they do not fit; nothing was changed.
    """  # spec: protocol.md 10
    cut = verify_cut(given.signed, office.accord)
    accord_party(cut, office.accord)
    role = LogRole.OURS if cut.node == office.us else LogRole.THEIRS
    keys = verify_keylist(given.keys, office.accord.party(cut.node).root())
    wrong = _fault(book, role, cut, sha256(given.signed)) or _unnamed(book, role, cut)
    if not wrong:
        held = held_of(book.tx, role)
        before = held.before(cut.size)
        wrong = follows_cut(keys, before.keys, before.digest, cut, held.known())
        wrong = wrong or (given.lacking(keys) if role is LogRole.OURS else "")
        wrong = f"the key list cannot be that of the new log: {wrong}" if wrong else ""
    if wrong:
        raise BadCut(f"this cut cannot be taken: {wrong}; nothing was changed")
    return cut, keys, role


def _fault(book: Book, role: LogRole, cut: Cut, digest: Digest) -> str:
    log, closed = book.logs[role], closed_logs(book.tx, role)
    faults = (
        (any(one.digest == digest for one in closed), "it was taken already"),
        (any(one.origin == cut.origin for one in closed), f"{cut.origin} was cut before, by another cut"),
        (log.origin != cut.origin, f"it is of {cut.origin}, and the log here is {log.origin}"),
        (len(closed) >= MOST, f"a log is cut {MOST} times at most"),
        (cut.size > log.size, f"its size is {cut.size}, and this store has {log.size} entries"),
    )
    wrong = next((why for is_so, why in faults if is_so), "")
    if not wrong and root(book.tiles(role), cut.size) != cut.root:
        wrong = f"this store has another root at size {cut.size}"
    return wrong


def _unnamed(book: Book, role: LogRole, cut: Cut) -> str:
    """Say which co-signed head above the cut it does not name, the newest first, or ""."""
    named = {(head.size, head.root) for head in map(head_of, cut.disowned)}
    rows = book.tx.rows(
        "SELECT DISTINCT size, root FROM head WHERE role = ? AND size > ? AND cosignature IS NOT NULL"
        " ORDER BY size DESC LIMIT ?",
        (role, cut.size, DISOWNED),
    )
    heads = [(int_of(size), bytes_of(digest)) for size, digest in rows]
    if role is LogRole.OURS:
        foreign = [head for head in map(head_of, _foreign(book.tx)) if head.origin == cut.origin]
        heads += [(head.size, head.root) for head in foreign if head.size > cut.size]
    missing = next((size for size, digest in heads if (size, digest) not in named), None)
    return (
        "" if missing is None else f"it does not disown the head of size {missing}, which was co-signed; draft it again"
    )


def held_of(tx: Tx, role: LogRole) -> Held:
    """Return lists and editions, by the side whose log is cut."""
    papers = read_papers(tx)
    if papers is None:
        ours, theirs = first_lists(tx)
        signed = bytes_of(tx.rows("SELECT signed FROM instrument WHERE kind = 'accord' ORDER BY from_ours")[0][0])
        agreed: tuple[Agreed, ...] = (Agreed(LeafIndex(2), sha256(signed), verify_accord(signed)),)
        pair: tuple[tuple[Listed, ...], tuple[Listed, ...]] = ((ours,), (theirs,))
        coming: tuple[Listed, ...] = ()
    else:
        pair, coming = (papers.ours, papers.theirs), papers.coming
        agreed = papers.agreed_ours if role is LogRole.OURS else papers.agreed_theirs
    own, other = pair if role is LogRole.OURS else pair[::-1]
    return Held(own, other, coming, tuple((one.index, one.digest) for one in agreed))


# --- taking it --------------------------------------------------------------------------------------------------------


def take_cut(book: Book, office: Office, given: Given, now: Ms) -> Cut:
    """Close the old log and begin the new one; the caller then reads the papers anew.

    Raises:
        BadSignature, BadEnvelope, BadCut: as `check_cut`.
    """  # spec: protocol.md 9 table, 10
    cut, keys, role = check_cut(book, office, given)
    digest = sha256(given.signed)
    opening = _opening(book, role, cut, digest, sha256(given.keys))
    above = [decode_entry(one) for one in book.entries(role, cut.size, book.logs[role].size)]
    base = base_of(len(closed_logs(book.tx, role)) + 1)
    _note_closed(book, role, cut, given.signed, now)
    shut_out(book.tx)
    if role is LogRole.OURS:
        tail = _close_ours(book, cut, above, base)
    else:
        tail = None
        _close_theirs(book, cut, above, base, now)
    book.begin_anew(role, cut.new_origin, base)
    book.append_opening(role, [encode_entry(one) for one in opening])
    _keep_list(book, role, keys, given.keys, now)
    _forget(book, role, now)
    if tail is not None:
        keep_instrument(book.tx, opening[0], given.signed, 0)
        keep_instrument(book.tx, opening[1], given.keys, 1)
        put_back(book, tail)
        _follow_openings(book)
    else:
        place = book.append_own([encode_entry(opening[0])])
        keep_instrument(book.tx, opening[0], given.signed, place)
    _say(book, office, cut, digest, now)
    return cut


def shut_out(tx: Tx) -> None:
    """Let no program open this store any more that knows no closed places; nothing if no log in it was cut.

    It would read a closed log's rows as rows of the log of now. Each program since the first reads this number before it
    writes anything. It is a fact of this store: where nothing was cut, the program before goes on.
    """
    tx.run(
        "UPDATE schema_version SET compatible = ? WHERE owner = 'node' AND compatible < ? AND number >= ?"
        " AND EXISTS (SELECT 1 FROM closed_log)",
        (KNOWS_CUTS, KNOWS_CUTS, KNOWS_CUTS),
    )


def _opening(
    book: Book, role: LogRole, cut: Cut, digest: Digest, keys: Digest
) -> tuple[InstrumentLeaf, InstrumentLeaf, InstrumentLeaf, InstrumentLeaf]:
    """Return the first leaves of the new log, the same on both sides: nothing in them is newer than the old log says."""
    held, known = held_of(book.tx, role), _named_by(book, role, cut.size)
    other = [one for one in held.other if one.index is not None and one.index < max(known, 1)][-1]
    accord = [one for index, one in held.agreed if index < cut.size][-1]
    return (
        InstrumentLeaf(InstrumentKind.CUT, digest),
        InstrumentLeaf(InstrumentKind.KEYS, keys),
        InstrumentLeaf(InstrumentKind.KEYS, other.digest),
        InstrumentLeaf(InstrumentKind.ACCORD, accord),
    )


def _named_by(book: Book, role: LogRole, size: int) -> int:
    """Return up to where the last l-head below the cut names the other side's log; 0 where none names the log of now."""
    other = book.logs[LogRole.THEIRS if role is LogRole.OURS else LogRole.OURS].origin
    step = 256
    for end in range(size, 0, -step):
        for raw in reversed(book.entries(role, max(0, end - step), end)):
            leaf = decode_entry(raw)
            if isinstance(leaf, HeadLeaf):
                return leaf.size if leaf.origin == other else 0
    return 0


def _note_closed(book: Book, role: LogRole, cut: Cut, signed: bytes, now: Ms) -> None:
    log = book.logs[role]
    book.tx.run(
        "INSERT INTO closed_log (role, number, origin, size, head_size, head_time, head_root, cut_size, cut_root, digest,"
        " signed, at, mark) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
        (
            *(role, len(closed_logs(book.tx, role)) + 1, log.origin, log.size, log.head_size, log.head_time),
            *(log.head_root, cut.size, cut.root, sha256(signed), signed, now),
        ),
    )


def _shift(tx: Tx, base: int, columns: Sequence[tuple[str, str]], more: str = "") -> None:
    for table, column in columns:
        tx.run(f"UPDATE {table} SET {column} = {column} + ? WHERE {column} >= 0{more}", (base,))  # noqa: S608  names of our own


def _close_ours(book: Book, cut: Cut, above: Sequence[Entry], base: int) -> Tail:
    """Let our rows point into the closed log, gate what the peer has not receipted, and return what is said again."""
    tx, size = book.tx, cut.size
    openings = tuple(tx.rows("SELECT kind, salt, record, at FROM opening WHERE idx >= ? ORDER BY idx", (size,)))
    tx.run("DELETE FROM opening WHERE idx >= ?", (size,))
    take_back(book, size)
    _gate(book)
    _shift(
        tx,
        base,
        (("sent", "idx"), ("sent", "resealed_idx"), ("got", "receipt_idx"), ("opening", "idx"), ("erasure", "leaf"),
         ("instrument", "from_ours"), ("paper", "our_idx"), ("lost", "idx")),
    )  # fmt: skip
    _shift(tx, base, (("reseal", "leaf_idx"), ("reseal", "idx")), " AND role = 'ours'")
    tx.run("UPDATE lost SET settled_at = coalesce(settled_at, 0)")
    return Tail(tuple(one for one in above if _is_said_again(one)), openings)


def _follow_openings(book: Book) -> None:
    """Let erasures point to the new places of the leaves that say that something was destroyed."""
    for target, leaf in book.tx.rows("SELECT dispatch, leaf FROM erasure WHERE leaf IS NOT NULL AND leaf < 0"):
        if book.tx.rows("SELECT 1 FROM opening WHERE idx = ?", (leaf,)):
            continue
        old = book.raw_entry(LogRole.OURS, int_of(leaf))
        assert old is not None
        entries = book.entries(LogRole.OURS, OPENING, book.logs[LogRole.OURS].size)
        book.tx.run("UPDATE erasure SET leaf = ? WHERE dispatch = ?", (OPENING + entries.index(old), target))


def _is_said_again(leaf: Entry) -> bool:
    """Say whether a leaf of ours above the cut is written again at once: what we receipted, recorded or suspended."""
    match leaf:
        case ReceiptLeaf() | RecordLeaf():
            return True
        case LinkLeaf():
            return leaf.event in {Act.SUSPEND, Act.RESUME}
        case InstrumentLeaf():
            return leaf.kind in {InstrumentKind.ACCORD, InstrumentKind.CUT}
        case _:
            return False


def _gate(book: Book) -> None:
    """Take the place from whatever the peer has not receipted: it goes again once its receipts before the cut are here."""
    rows = book.tx.rows(
        "SELECT id, idx, lane, sealed_sha256, length(sealed), digests, plain FROM sent"
        " WHERE idx >= 0 AND fact = 0 AND settled_at IS NULL ORDER BY lane, idx"
    )
    for id_, index, lane, digest, length, *_ in rows:
        leaf = book.entry(LogRole.OURS, int_of(index))
        assert isinstance(leaf, DispatchLeaf)
        now = replace(leaf, sealed=Digest(bytes_of(digest)), size=int_of(length) or leaf.size)
        book.tx.run(
            "INSERT INTO pool (place, lane, entry, dispatch, not_before)"
            " SELECT coalesce(max(place), 0) + 1, ?, ?, ?, ? FROM pool",
            (lane, encode_entry(now), id_, GATED),
        )
        book.tx.run("UPDATE sent SET idx = NULL, resealed_idx = NULL WHERE id = ?", (id_,))


def _close_theirs(book: Book, cut: Cut, above: Sequence[Entry], base: int, now: Ms) -> None:
    """Undo what stands above the cut, drop what never came, and let the rows that stay point into the closed log."""
    tx, size = book.tx, cut.size
    _undo(book, cut, above)
    waiting = "SELECT id FROM got WHERE fact = 0 AND settled_at IS NULL AND idx >= 0 OR idx >= ?"
    tx.run(f"DELETE FROM waits WHERE id IN ({waiting})", (size,))  # noqa: S608  the line above
    tx.run("DELETE FROM got WHERE fact = 0 AND idx >= 0 AND (settled_at IS NULL OR idx >= ?)", (size,))
    tx.run("UPDATE got SET settled_at = coalesce(settled_at, ?) WHERE idx >= ?", (now, size))
    tx.run(
        "UPDATE attachment SET state = ?, found = '', since = ? WHERE ours = 0 AND state = ? AND dispatch IN"
        " (SELECT id FROM got WHERE idx >= ?)",
        (FileState.ERASED.value, now, FileState.COMING.value, size),
    )  # nobody has what a thief named
    for table in ("regot", "pending_head", "disowned_head"):
        tx.run(f"DELETE FROM {table}")  # noqa: S608  names of our own
    tx.run("UPDATE paper SET their_idx = NULL WHERE their_idx >= ?", (size,))
    _shift(
        tx,
        base,
        (("got", "idx"), ("sent", "receipt_idx"), ("sent", "seen_idx"), ("set_aside", "idx"), ("custody", "idx"),
         ("paper", "their_idx")),
    )  # fmt: skip
    _shift(tx, base, (("reseal", "leaf_idx"), ("reseal", "idx")), " AND role = 'theirs'")


def _undo(book: Book, cut: Cut, above: Sequence[Entry]) -> None:
    """Take back what receipts, withdrawals and suspensions above the cut had changed here."""
    tx = book.tx
    lower: dict[bytes, tuple[int, ReceiptLeaf]] | None = None
    for index, leaf in enumerate(above, cut.size):
        match leaf:
            case ReceiptLeaf():
                tx.run("UPDATE sent SET seen_at = NULL, seen_idx = NULL WHERE seen_idx = ?", (index,))
                if tx.run(_UNDONE, (index,)):
                    lower = _arrived_below(book, cut.size) if lower is None else lower
                    if leaf.id in lower:
                        place, first = lower[leaf.id]
                        tx.run(
                            "UPDATE sent SET fact = ?, receipt_idx = ? WHERE id = ?", (int(first.fact), place, leaf.id)
                        )
            case WithdrawLeaf():
                tx.run("UPDATE got SET settled_at = NULL, code = NULL WHERE idx = ? AND fact = 0", (leaf.index,))
            case LinkLeaf(event=Act.SUSPEND | Act.RESUME):
                stops = replace(_stops_below(book, cut.size), ours=book.stops.ours)
                write_link(tx, replace(read_link(tx), stops=stops))
            case _:
                pass


_UNDONE = "UPDATE sent SET fact = 0, code = NULL, receipt_idx = NULL, arrived_at = NULL, settled_at = NULL WHERE receipt_idx = ?"


def _arrived_below(book: Book, size: int) -> dict[bytes, tuple[int, ReceiptLeaf]]:
    """Return the newest receipt of each dispatch below the cut."""
    entries = enumerate(map(decode_entry, book.entries(LogRole.THEIRS, 0, size)))
    return {leaf.id: (index, leaf) for index, leaf in entries if isinstance(leaf, ReceiptLeaf)}


def _stops_below(book: Book, size: int) -> Stops:
    """Return what the peer's log suspends by what stands below the cut."""
    desks = tuple(text_of(row[0]) for row in book.tx.rows("SELECT DISTINCT desk FROM sent"))
    stops = NOTHING
    for leaf in map(decode_entry, book.entries(LogRole.THEIRS, 0, size)):
        if isinstance(leaf, LinkLeaf) and leaf.event in {Act.SUSPEND, Act.RESUME}:
            stops = stops.with_scope(scope_of(leaf.digest, desks), ours=False, stopped=leaf.event is Act.SUSPEND)
    return stops


def _keep_list(book: Book, role: LogRole, keys: KeyList, signed: bytes, now: Ms) -> None:
    """Keep the new list at its place, instead of any that waited to enter the old log."""
    column = "our_idx" if role is LogRole.OURS else "their_idx"
    book.tx.run(f"DELETE FROM paper WHERE kind = ? AND node = ? AND {column} IS NULL", (KEYS, keys.node))  # noqa: S608  one of two names above
    book.tx.run(
        f"INSERT INTO paper (digest, kind, node, edition, signed, since, ready, {column}) VALUES (?, ?, ?, ?, ?, ?, 1, 1)",  # noqa: S608  one of two names above
        (sha256(signed), KEYS, keys.node, keys.edition, signed, now),
    )


def _forget(book: Book, role: LogRole, now: Ms) -> None:
    """Forget questions and challenges about the old log, and let the link compare the new one first."""
    tx = book.tx
    recovery.done(book)
    challenge.forget(book)
    tx.run("DELETE FROM challenge")
    tx.run("DELETE FROM carry_back")
    write_incarnation(tx, role, Incarnation())
    link = replace(read_link(tx), challenged=0, failures=0)
    reason = "both roots cut the log whose key was stolen; the new one is compared before the first dispatch"
    write_link(tx, moved(link, LinkEvent.CUT, now, reason))


def _say(book: Book, office: Office, cut: Cut, digest: Digest, now: Ms) -> None:
    """Keep in our decision log that the cut was taken, and ring for what is set aside."""
    record = cbor.encode((RECORD, digest, cut.origin, cut.size, now))
    records.keep(book, "cut", None, office.entropy.draw(_SALT_BYTES), record, now=now)
    found = aside(book.tx)
    if found:
        ring(Alarm("cut-aside", DUTY_OFFICER, f"{len(found)} dispatches", (digest.hex(),)), book.tx, now)


# --- afterwards -------------------------------------------------------------------------------------------------------


def release(book: Book, office: Office, entries: Sequence[Entry], first: int, now: Ms) -> int:
    """Once the peer's log says that it took the cut of ours, let what it had not receipted before go again; return how many.

    Args:
        book: the logs, with those entries applied.
        office: with the accord and keys of now.
        entries: new ones of the peer's log.
        first: index of the first of them.
        now: our time.
    """  # spec: protocol.md 10
    tx = book.tx
    waiting = {one.digest: one for one in closed_logs(tx, LogRole.OURS) if one.mark is None}
    marks = [
        (first + at, waiting[leaf.digest])
        for at, leaf in enumerate(entries)
        if isinstance(leaf, InstrumentLeaf) and leaf.kind is InstrumentKind.CUT and leaf.digest in waiting
    ]
    for index, closed in marks:
        tx.run("UPDATE closed_log SET mark = ? WHERE digest = ? AND role = ?", (index, closed.digest, LogRole.OURS))
        _settle_receipted(book, closed)
    if not marks:
        return 0
    again = tuple(bytes_of(row[0]) for row in tx.rows("SELECT dispatch FROM pool WHERE not_before = ?", (GATED,)))
    tx.run("UPDATE pool SET not_before = NULL WHERE not_before = ?", (GATED,))
    move_pool(book, office, now, again=frozenset(again))
    return len(again)


def _settle_receipted(book: Book, closed: Closed) -> None:
    """Give what the peer receipted before it took the cut its place in the closed log back; it does not go again."""
    rows = book.tx.rows(
        "SELECT s.id, s.receipt_idx FROM sent s JOIN pool p ON p.dispatch = s.id WHERE p.not_before = ? AND s.fact <> 0",
        (GATED,),
    )
    for id_, receipt in rows:
        leaf = book.entry(LogRole.THEIRS, int_of(receipt))
        assert isinstance(leaf, ReceiptLeaf)
        book.tx.run("UPDATE sent SET idx = ? WHERE id = ?", (closed.base + leaf.index, id_))
        book.tx.run("DELETE FROM pool WHERE dispatch = ?", (id_,))


def aside(tx: Tx) -> tuple[Aside, ...]:
    """Return what we had taken above a cut of the peer's log, with what we had receipted; it stands no more."""
    found: list[Aside] = []
    for one in closed_logs(tx, LogRole.THEIRS):
        rows = tx.rows(
            "SELECT id, idx, fact FROM got WHERE idx >= ? AND idx < ? ORDER BY idx",
            (one.base + one.cut_size, one.base + one.size),
        )
        found += [Aside(bytes_of(id_), one.origin, int_of(index) - one.base, int_of(fact)) for id_, index, fact in rows]
    return tuple(found)


def held_back(tx: Tx) -> int:
    """Return how many dispatches of ours wait for the other side's word that it took the cut; then they go again."""
    return int_of(tx.rows("SELECT count(*) FROM pool WHERE not_before = ?", (GATED,))[0][0])


@dataclass(frozen=True, slots=True)
class TakenCut:
    """A cut that this node took, for people.

    Attributes:
        cut: what both roots signed.
        ours: it was our log.
        at: when this node took it.
        fingerprint: of the signed bytes.
        mark: the leaf by which the peer's log says the same; None while it does not, or where it is the peer's log.
        entries_above: entries of the old log that it cut off.
    """

    cut: Cut
    ours: bool
    at: Ms
    fingerprint: str
    mark: int | None
    entries_above: int


def taken_cuts(tx: Tx) -> tuple[TakenCut, ...]:
    """Return the cuts that this node took, oldest first."""
    rows = tx.rows("SELECT role, signed, at, mark, size FROM closed_log ORDER BY at, role, number")
    found: list[TakenCut] = []
    for role, signed, at, mark, size in rows:
        cut = decode_cut(unverified_payload(bytes_of(signed)))
        whole = fingerprint(bytes_of(signed))
        place = None if mark is None else int_of(mark)
        found.append(
            TakenCut(cut, text_of(role) == LogRole.OURS, Ms(int_of(at)), whole, place, int_of(size) - cut.size)
        )
    return tuple(found)
