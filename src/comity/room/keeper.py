"""The process that keeps a room's log: one leaf a slot, true or not, mirrored and co-signed by the other side's border.

The rule it keeps: it holds no key of a person and never knows what a place holds; what it says and how long that is
depends on the clock alone. It reuses the node's checks, heads and logs; only what stands behind a leaf is the room's own.
"""  # spec: protocol.md 3, 6, 7, 8

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from comity.base import cbor, fields
from comity.base.entropy import Entropy
from comity.base.errors import BadEnvelope, BadForm, BadSeal, BadSignature
from comity.base.ids import Digest, LeafIndex, Ms
from comity.crypto.keys import CosignerKeys, LogKeys
from comity.crypto.seal import recipients
from comity.dispatch.accord import verify_accord
from comity.dispatch.book import Book, Ledger, LogRole, create_log
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.entries import BlindLeaf, decode_entry
from comity.dispatch.exchange_codec import Exchange, encode_evidence, encode_exchange, encode_problem
from comity.dispatch.exchange_codec import Problem as ProblemBytes
from comity.dispatch.ports import Store, Tx
from comity.node import absorb, heads
from comity.node.assemble import cosigner_name, timers_of
from comity.node.link import LinkEvent, LinkState
from comity.node.linkrow import Link, moved, read_link, write_link
from comity.node.peer import Peer, Voice
from comity.node.taken import Problem, Proven
from comity.room.charter import (
    Charter,
    Side,
    cosigner_verifier,
    in_force,
    log_verifier,
    room_origin,
    verify_charters,
)
from comity.room.slot import Slot, check_slot, cover_slot, slot_size
from comity.tlog.checkpoint import KeyRole, NoteKeys, SignedHead, verify_cosigned_head
from comity.tlog.tree import leaf_hash, root

CATCH_UP = 16
"""Most leaves that one turn adds for slots that passed while nobody turned."""
WANTS = 64
BODY_BYTES = 6 << 20
RETRY_MS = 1_000
_NEVER = 1 << 62


@dataclass(frozen=True, slots=True)
class RoomKeys:
    """The private keys of the room's process: those of its log, and those with which the border co-signs."""

    log: LogKeys
    cosigner: CosignerKeys


@dataclass(frozen=True, slots=True)
class Lost:
    """What a put-back store lacks of our own log: entries from `start` up to `end`, which the other side holds."""

    start: int
    end: int


class Keeper:
    """One side's log of one room. Not safe for two callers at once.

    Args:
        side: our side, by node name in the charter.
        papers: the signed accord, and all signed editions of the charter, oldest first.
        keys: of this process.
        store: with the tables of the node and of the room.
        entropy: for covers.

    Raises:
        BadSignature: a paper does not stand.
        BadForm: the keys are not those of the charter.
    """

    def __init__(
        self,
        side: str,
        papers: tuple[bytes, Sequence[bytes]],
        keys: RoomKeys,
        store: Store,
        entropy: Entropy,
        *,
        now: Ms,
    ) -> None:
        accord, signed = papers
        self.charters = verify_charters(signed, accord)
        first = self.charters[0]
        self._accord = verify_accord(accord)
        self.ours = next(one for one in first.sides if one.node == side)
        self.theirs = first.other(self.ours.node)
        self.voice, self.peer = _voice(self.ours, first, keys), _peer(self.theirs, first)
        self._timers = timers_of(self._accord)
        self._entropy = entropy
        self._wanted: tuple[LeafIndex, ...] = ()
        self.lost: Lost | None = None
        with store.begin() as tx:
            create_log(tx, LogRole.OURS, self.voice.log_origin)
            create_log(tx, LogRole.THEIRS, self.peer.log_origin)
            for paper, edition in zip(signed, self.charters, strict=True):
                tx.run(
                    "INSERT INTO room_charter (edition, signed) VALUES (?, ?) ON CONFLICT (edition) DO NOTHING",
                    (edition.edition, paper),
                )
        self.ledger = Ledger(store)
        with self.ledger.begin() as book:
            for event in (LinkEvent.CEREMONY_DONE, LinkEvent.NODE_STARTS):
                self._move(book, event, now, "the other side is asked whether our store is the newest")

    # --- what persons hand in ----------------------------------------------------------------------------------

    def hand_in(self, slot: Slot, now: Ms) -> None:
        """Keep a place that a named person made until a slot is due; handed in twice, it is kept once.

        Raises:
            BadSeal: it has another size, or is sealed to others than the charter in force names.
            BadForm: the room has ended.
        """
        with self.ledger.begin() as book:
            hand_in(book.tx, slot, self.charters, self._accord.edition, now)

    def waiting(self) -> int:
        """Return how many places wait."""
        with self.ledger.read() as tx:
            return int_of(tx.rows("SELECT count(*) FROM room_waiting")[0][0])

    # --- time --------------------------------------------------------------------------------------------------

    def turn(self, now: Ms) -> int:
        """Add one leaf for each slot that has come, what waits first, and return how many; the clock alone decides that."""
        with self.ledger.begin() as book:
            if read_link(book.tx).state in {LinkState.RECOVERING, LinkState.BROKEN}:
                return 0
            charter = in_force(self.charters, now)
            slot, last = now // charter.slot_ms, _last_slot(book.tx)
            due = 0 if charter.ended else min(1 if last is None else slot - last, CATCH_UP)
            if due <= 0:
                return 0
            self._add([self._next(book.tx, charter) for _ in range(due)], book)
            book.tx.run(
                "INSERT INTO room_clock (one, slot) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET slot = excluded.slot",
                (slot,),
            )
        return due

    def next_turn(self, now: Ms) -> Ms:
        """Return when the next slot begins."""
        slot_ms = in_force(self.charters, now).slot_ms
        return Ms((now // slot_ms + 1) * slot_ms)

    def _next(self, tx: Tx, charter: Charter) -> Slot:
        # A cover is made also where it is not used, so that the time it takes tells nothing.
        cover = cover_slot(self.voice.log_origin, charter, self._accord.edition, self._entropy)
        found = tx.rows("SELECT place, commitment, opening, behind FROM room_waiting ORDER BY place LIMIT 1")
        if not found:
            return cover
        place, commit, opening, behind = found[0]
        tx.run("DELETE FROM room_waiting WHERE place = ?", (place,))
        return replace(cover, commit=Digest(bytes_of(commit)), opening=bytes_of(opening), behind=bytes_of(behind))

    def _add(self, slots: Sequence[Slot], book: Book) -> None:
        first = book.append_blind([slot.leaf for slot in slots])
        rows = [(LogRole.OURS, first + n, slot.opening, slot.behind) for n, slot in enumerate(slots)]
        book.tx.many("INSERT INTO room_place (role, idx, opening, behind) VALUES (?, ?, ?, ?)", rows)

    # --- speaking ----------------------------------------------------------------------------------------------

    def speak(self, now: Ms) -> bytes:
        """Return the exchange that this side sends now, as request or as answer, from what is stored."""
        with self.ledger.begin() as book:
            if read_link(book.tx).state is LinkState.RECOVERING:
                return encode_exchange(self._say_stored(book, now))
            note, size = heads.own_head(book, self.voice, now, _NEVER), heads.head_size(book)
            base = book.logs[LogRole.OURS].cosigned_size
            cosignature = heads.own_cosignature(book, self.voice, now)
            return encode_exchange(self._exchange(book, note, base, size, cosignature))

    def _say_stored(self, book: Book, now: Ms) -> Exchange:
        """Say what was signed before, from where the other side last co-signed; of an empty log the empty head.

        Were it said from our newest head on, two sides that both start would each call the other's exchange a gap for ever.
        """
        # spec: protocol.md 6 step 2, 9: nothing new is signed before the other side has said that our store is the newest
        if not book.logs[LogRole.OURS].head_time:
            heads.own_head(book, self.voice, now, _NEVER)
        (found,) = book.tx.rows(_WITHIN_REACH, (LogRole.OURS, heads.head_size(book)))
        size, note = int_of(found[0]), text_of(found[1])
        return self._exchange(book, note, min(book.logs[LogRole.OURS].cosigned_size, size), size, None)

    def _exchange(self, book: Book, note: str, base: int, size: int, cosignature: str | None) -> Exchange:
        theirs = book.logs[LogRole.THEIRS]
        return Exchange(
            origin=self.voice.log_origin,
            base=base,
            entries=tuple(book.entries(LogRole.OURS, base, size)),
            checkpoint=note,
            cosignature=cosignature,
            mirror_size=theirs.size,
            mirror_root=book.edges[LogRole.THEIRS].root(),
            dispatches=self._places(book, base, size),
            wants=wants(book.tx),
            credit=(),
            wait=0,
        )

    def _places(self, book: Book, base: int, size: int) -> tuple[tuple[LeafIndex, bytes], ...]:
        """Return openings and what is behind them: of the entries that are shown, then what the other side lacks."""
        said: list[tuple[LeafIndex, bytes]] = []
        total = 0
        for index in dict.fromkeys((*self._wanted, *range(base, size))):
            found = book.tx.rows(_PLACE, (LogRole.OURS, index)) if index < size else []
            total += sum(len(bytes_of(part)) for part in (found[0] if found else ()))
            if total > BODY_BYTES or len(said) >= 2 * WANTS:
                break
            said += [(LeafIndex(index), bytes_of(part)) for part in (found[0] if found else ())]
        return tuple(said)

    # --- listening ---------------------------------------------------------------------------------------------

    def take(self, data: bytes, now: Ms) -> bool:
        """Take an exchange, request or answer, by the node's own checks, and return whether it brought anything new.

        Raises:
            Problem: it is not taken.
        """  # spec: protocol.md 7
        exchange = absorb.read_exchange(data, self.peer)
        head = absorb.read_head(exchange, self.peer)
        if self.link().state is LinkState.BROKEN:
            raise Problem("broken", 503, "the other side broke a rule of the log; the room stands still")
        if not all(_is_blind(entry) for entry in exchange.entries):
            raise Problem("unproven-head", 422, "an entry of a room's log that is no blinded leaf")
        try:
            with self.ledger.begin() as book:
                self._look(exchange, book, now)
                news = absorb.absorb(exchange, head, book, self.peer, self._timers, now=now)
                self._keep_places(exchange, book)
                if exchange.mirror_size < book.logs[LogRole.OURS].cosigned_size:
                    # It forgot: its store was put back. It is shown again what it lacks.
                    book.change(LogRole.OURS, cosigned_size=exchange.mirror_size)
                self._move(book, LinkEvent.EXCHANGE_COSIGNED, now, "an exchange went well")
        except Proven as proven:
            self._accuse(proven, now)
            raise Problem("broken", 503, str(proven)) from proven
        except Problem as problem:
            if problem.code == "unproven-head":
                with self.ledger.begin() as book:
                    absorb.keep_pending(head, book)
            raise
        self._wanted = exchange.wants
        return news

    def _keep_places(self, exchange: Exchange, book: Book) -> None:
        """Keep what stands behind leaves that our mirror has; the first that comes is kept, and never another over it."""
        size = book.logs[LogRole.THEIRS].size
        rows, dropped = exchange.dispatches, len(exchange.dispatches) % 2
        for (index, opening), (again, behind) in zip(rows[::2], rows[1::2], strict=False):
            place = Slot(leaf_hash(b""), opening, behind)
            if index != again or index >= size or not self._fits(place):
                dropped += 1
                continue
            book.tx.run(_KEEP, (LogRole.THEIRS, index, opening, behind))
        if dropped:
            absorb.count(book, "place-dropped", dropped)

    def _fits(self, place: Slot) -> bool:
        try:
            charter = charter_of(place.opening, self.charters)
        except BadSeal:
            return False
        return charter is not None and place.size == slot_size(charter, self._accord.edition)

    def _accuse(self, proven: Proven, now: Ms) -> None:
        # The room's log holds blinded leaves only, so the accusation stands in our store and not as a leaf.
        with self.ledger.begin() as book:
            book.tx.run(
                "INSERT INTO evidence (found, class, evidence) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (now, proven.evidence.kind.value, encode_evidence(proven.evidence)),
            )
            self._move(book, LinkEvent.EVIDENCE, now, proven.evidence.note)

    def take_problem(self, problem: ProblemBytes) -> None:
        """Act on the problem that answered our exchange: a gap moves our base to the size that the other side holds."""
        with self.ledger.begin() as book:
            if problem.code == "gap" and problem.mirror_size < book.logs[LogRole.OURS].cosigned_size:
                book.change(LogRole.OURS, cosigned_size=problem.mirror_size)

    def problem_bytes(self, problem: Problem) -> bytes:
        """Return what the other side reads of a problem: a code, when to come again, how far our mirror reaches."""
        with self.ledger.read() as tx:
            size = int_of(tx.rows("SELECT size FROM log WHERE role = ?", (LogRole.THEIRS,))[0][0])
        retry = RETRY_MS if problem.code in {"gap", "slow-down", "clock"} else 0
        return encode_problem(ProblemBytes(problem.code, retry, size, None, 0))

    # --- start and restore -------------------------------------------------------------------------------------

    def _look(self, exchange: Exchange, book: Book, now: Ms) -> None:
        """Learn from the other side's mirror of our log whether our store was put back."""  # spec: protocol.md 9
        ours = book.logs[LogRole.OURS]
        if read_link(book.tx).state is not LinkState.RECOVERING:
            return
        if exchange.mirror_size > ours.head_size:
            self.lost = Lost(ours.head_size, exchange.mirror_size)
        elif root(book.tiles(LogRole.OURS), exchange.mirror_size) == exchange.mirror_root:
            self.lost = None
            self._move(book, LinkEvent.RECOVERED, now, "the other side holds nothing of ours that is not here")
        else:
            raise Problem(
                "broken", 503, "the other side holds another log of ours than this store has; people must look"
            )

    def own_head(self, note: str) -> SignedHead:
        """Check a head of our own log that the other side holds: our signature, and its co-signature.

        Raises:
            Problem: it is not under both.
        """
        origin, keys = self.voice.log_origin, (self.voice.log_keys.verifier,)
        try:
            return verify_cosigned_head(note, origin, keys, self.peer.cosigner).head
        except BadSignature as error:
            raise Problem("bad-signature", 422, "a head of our log that is not under both signatures") from error

    def restore(self, note: str, entries: Sequence[bytes], now: Ms) -> None:
        """Put the entries back that a put-back store lost, under the head that we signed and the other side co-signed.

        Raises:
            Problem: they do not give that head, or the other side mirrors more than that head covers; nothing was changed.
        """
        head = self.own_head(note)
        checkpoint = head.checkpoint
        if self.lost is not None and checkpoint.size < self.lost.end:  # to go on from here would be another log
            raise Problem("unproven-head", 422, "the other side mirrors more of our log than the head that it shows")
        with self.ledger.begin() as book:
            ours = book.logs[LogRole.OURS]
            if ours.size > ours.head_size:
                self._take_back(book, ours.head_size)
            edge, tiles = book.edges[LogRole.OURS].append([leaf_hash(entry) for entry in entries])
            if (edge.size, edge.root()) != (checkpoint.size, checkpoint.root) or not all(map(_is_blind, entries)):
                raise Problem(
                    "unproven-head", 422, "the other side's entries of our log do not give the head we signed"
                )
            book.append_proven(LogRole.OURS, entries, edge, tiles)
            self._forget_waiting(book, entries)
            heads.keep_head(book, LogRole.OURS, checkpoint, head.time, head.note)
            book.change(LogRole.OURS, cosigned_size=checkpoint.size, cosigned_time=head.time)
            self._move(book, LinkEvent.RECOVERED, now, "the store was put back; our log came back from the other side")
            self.lost = None

    def gaps(self) -> tuple[LeafIndex, ...]:
        """Return leaves of our own log whose places a put-back store lost, oldest first; the other side has them."""
        with self.ledger.read() as tx:
            return _without_place(tx, LogRole.OURS)

    def mend(self, index: LeafIndex, data: bytes) -> bool:
        """Put a place of our own log back that the other side holds; say whether it fits, which persons alone can judge further."""
        try:
            opening, behind = fields.row(cbor.decode(data, limit=BODY_BYTES), 2, "place")
            slot = Slot(leaf_hash(b""), fields.octets(opening, "opening"), fields.octets(behind, "behind"))
        except BadEnvelope:
            return False
        if not self._fits(slot):
            return False
        with self.ledger.begin() as book:
            if index < book.logs[LogRole.OURS].size:
                book.tx.run(_KEEP, (LogRole.OURS, index, slot.opening, slot.behind))
        return True

    def _forget_waiting(self, book: Book, entries: Sequence[bytes]) -> None:
        """Let nothing wait that has its place in the log that came back: it would stand there twice."""
        for leaf in map(decode_entry, entries):
            assert isinstance(leaf, BlindLeaf)  # else they would not have come back
            book.tx.run("DELETE FROM room_waiting WHERE commitment = ?", (leaf.commit,))

    def _take_back(self, book: Book, size: int) -> None:
        """Let what no head of ours covers wait for a place again: in the log that comes back its place is another's."""
        for entry, index in zip(book.rewind(size), range(size, 1 << 62), strict=False):
            leaf = decode_entry(entry)
            assert isinstance(leaf, BlindLeaf)  # this process adds no other
            found = book.tx.rows(_PLACE, (LogRole.OURS, index))
            if found:
                book.tx.run(_WAIT, (leaf.commit, *found[0]))
        book.tx.run("DELETE FROM room_place WHERE role = ? AND idx >= ?", (LogRole.OURS, size))

    def link(self) -> Link:
        """Return where the link of the room stands."""
        with self.ledger.read() as tx:
            return read_link(tx)

    def _move(self, book: Book, event: LinkEvent, now: Ms, reason: str) -> None:
        write_link(book.tx, moved(read_link(book.tx), event, now, reason))


_WITHIN_REACH = "SELECT size, note FROM head WHERE role = ? AND size <= ? ORDER BY size DESC, time DESC LIMIT 1"
"""The newest head of ours that one exchange from the other side's last co-signature reaches; the empty one always is."""
_PLACE = "SELECT opening, behind FROM room_place WHERE role = ? AND idx = ?"
_KEEP = "INSERT INTO room_place (role, idx, opening, behind) VALUES (?, ?, ?, ?) ON CONFLICT (role, idx) DO NOTHING"
_WAIT = "INSERT INTO room_waiting (commitment, opening, behind) VALUES (?, ?, ?) ON CONFLICT (commitment) DO NOTHING"


def hand_in(tx: Tx, slot: Slot, charters: Sequence[Charter], accord_edition: int, now: Ms) -> None:
    """Keep a place that waits, in the caller's transaction; errors as `Keeper.hand_in`."""
    charter = in_force(charters, now)
    if charter.ended:
        raise BadForm("the room has ended; nothing was kept")
    check_slot(slot, charter, slot_size(charter, accord_edition))
    if not tx.rows("SELECT 1 FROM entry WHERE role = ? AND entry = ?", (LogRole.OURS, slot.leaf)):
        tx.run(_WAIT, (slot.commit, slot.opening, slot.behind))


def wants(tx: Tx) -> tuple[LeafIndex, ...]:
    """Return the leaves of the other side's log whose place has not come: named debts, oldest first."""
    return _without_place(tx, LogRole.THEIRS)


def place_of_log(tx: Tx, role: LogRole, index: int) -> bytes | None:
    """Return what stands behind a leaf of either log, for the other side's room alone; None if it is not here."""
    found = tx.rows(_PLACE, (role, index))
    return cbor.encode(tuple(bytes_of(part) for part in found[0])) if found else None


def _without_place(tx: Tx, role: LogRole) -> tuple[LeafIndex, ...]:
    rows = tx.rows(
        "SELECT e.idx FROM entry e LEFT JOIN room_place p ON p.role = e.role AND p.idx = e.idx"
        " WHERE e.role = ? AND p.idx IS NULL ORDER BY e.idx LIMIT ?",
        (role, WANTS),
    )
    return tuple(LeafIndex(int_of(row[0])) for row in rows)


def charter_of(opening: bytes, charters: Sequence[Charter]) -> Charter | None:
    """Return the newest edition to whose persons an opening is sealed; None if there is none.

    Raises:
        BadSeal: it is no sealed opening.
    """
    kids = recipients(opening)
    return next((one for one in reversed(charters) if one.kids == kids), None)


def _is_blind(entry: bytes) -> bool:
    try:
        return isinstance(decode_entry(entry), BlindLeaf)
    except BadEnvelope:
        return False


def _last_slot(tx: Tx) -> int | None:
    found = tx.rows("SELECT slot FROM room_clock")
    return int_of(found[0][0]) if found else None


def _voice(side: Side, charter: Charter, keys: RoomKeys) -> Voice:
    origin = room_origin(side.node, charter.number)
    log = NoteKeys.of(KeyRole.LOG, origin, keys.log.ed25519, keys.log.ml_dsa)
    name = cosigner_name(side.node, side.cosigner.number)
    cosigner = NoteKeys.of(KeyRole.COSIGNER, name, keys.cosigner.ed25519, keys.cosigner.ml_dsa)
    if log.verifier != log_verifier(side, charter.number) or cosigner.verifier != cosigner_verifier(side):
        raise BadForm("the private keys are not those that the charter names; nothing was started")
    return Voice(side.node, origin, origin, log, log, cosigner)


def _peer(side: Side, charter: Charter) -> Peer:
    log = log_verifier(side, charter.number)
    return Peer(side.node, room_origin(side.node, charter.number), log, cosigner_verifier(side))
