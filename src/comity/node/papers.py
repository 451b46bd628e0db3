"""Key lists and editions of the accord after the ceremony: what is held, and from which entry of which log it is in force.

The rule it keeps: a paper counts only with the roots' signatures and from its leaf on; which keys and which edition apply
is read from the logs, so that a stranger with the logs comes to the same answer.
"""  # spec: protocol.md 10

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from comity.base.errors import BadConfiguration, BadEnvelope
from comity.base.hashing import sha256
from comity.base.ids import Digest, DispatchId, LeafIndex, Ms, NodeName, Origin
from comity.crypto.sign import unverified_payload
from comity.dispatch.accord import Accord, Agreed, verify_accord
from comity.dispatch.book import Book, LogRole, LogRow
from comity.dispatch.closed import first_base, floor, real
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.entries import Entry, InstrumentKind, InstrumentLeaf, encode_entry
from comity.dispatch.keylist import KeyList, decode_keylist, verify_keylist
from comity.dispatch.ports import Tx
from comity.dispatch.recover_codec import MAX_PAPERS, Paper
from comity.node.incarnation import Incarnation, read_incarnation, write_incarnation

CEREMONY = 3
"""Leaves of a log that the ceremony writes: own keys, the peer's keys, the accord."""  # spec: protocol.md 10
KEYS, ACCORD = InstrumentKind.KEYS.value, InstrumentKind.ACCORD.value


@dataclass(frozen=True, slots=True)
class Listed:
    """A key list with its place in its party's log; the list of the ceremony has index 0, one that is coming None."""

    index: LeafIndex | None
    digest: Digest
    keys: KeyList

    @property
    def turn(self) -> int:
        """Size of the head that first covers it; where its log begins if it is among the first leaves, 0 in the log of now."""
        if self.index is None:
            return 0
        return floor(self.index) if real(self.index) < CEREMONY else self.index + 1


@dataclass(frozen=True, slots=True)
class Papers:
    """Everything that both parties signed, in the order in which it came into force.

    Attributes:
        ours, theirs: key lists of both parties that stand in their logs, oldest first.
        coming: key lists of either party that have no leaf yet and are newer than the list in force.
        agreed_ours, agreed_theirs: accords that stand in our log, in the peer's; oldest first.
        agreed: signed accords that we hold and that are missing in one of the logs.
    """

    ours: tuple[Listed, ...]
    theirs: tuple[Listed, ...]
    coming: tuple[Listed, ...]
    agreed_ours: tuple[Agreed, ...]
    agreed_theirs: tuple[Agreed, ...]
    agreed: tuple[tuple[Digest, Accord], ...] = ()

    @property
    def known(self) -> frozenset[Digest]:
        """Digests of all papers after the ceremony."""
        listed = [one.digest for one in (*self.ours[1:], *self.theirs[1:], *self.coming)]
        agreed = [one.digest for one in (*self.agreed_ours[1:], *self.agreed_theirs[1:])]
        return frozenset((*listed, *agreed, *(digest for digest, _ in self.agreed)))

    @property
    def next_edition(self) -> Accord | None:
        """The edition that both sides signed and that has no place in our log yet."""
        return next(
            (accord for digest, accord in self.agreed if digest not in {one.digest for one in self.agreed_ours}), None
        )


def read_papers(tx: Tx, hints: Mapping[tuple[bytes, bool], int] | None = None) -> Papers | None:
    """Read what is in force; None where nothing came after the ceremony.

    Args:
        tx: the snapshot.
        hints: (digest, in our log) to the index at which the peer says that it stands, where our rows have none.

    Raises:
        BadSignature, BadEnvelope: a stored paper does not stand.
    """
    rows = tx.rows("SELECT digest, kind, signed, our_idx, their_idx FROM paper ORDER BY edition, digest")
    if not rows:
        return None
    said = hints or {}
    first = [bytes_of(row[0]) for row in tx.rows(_FIRST, (CEREMONY,))]
    if len(first) != CEREMONY:
        raise BadConfiguration("the store lacks the papers of the ceremony; audit this node")
    accord = verify_accord(first[2])
    bases = [first_base(tx, role) for role in (LogRole.OURS, LogRole.THEIRS)]
    ours, theirs = _first_lists(first, bases)
    agreed = [Agreed(LeafIndex(base + 2), sha256(first[2]), accord) for base in bases]
    coming: list[Listed] = []
    lists, editions = _Lists(ours, theirs), _Editions(*agreed)
    for raw, kind, signed, in_ours, in_theirs in rows:
        digest = _same(bytes_of(raw), bytes_of(signed))
        paper = _verified(bytes_of(signed), text_of(kind), first[2])
        our_idx = said.get((digest, True)) if in_ours is None else in_ours
        their_idx = said.get((digest, False)) if in_theirs is None else in_theirs
        if isinstance(paper, Accord):
            editions.take(paper, digest, our_idx, their_idx)
            continue
        idx = our_idx if paper.node == ours.keys.node else their_idx
        listed = Listed(None if idx is None else LeafIndex(int_of(idx)), digest, paper)
        if listed.index is None:
            coming.append(listed)
        else:
            lists.take(listed)
    return Papers(*lists.both(), lists.still(coming), *editions.both(), tuple(editions.open))


def first_lists(tx: Tx) -> tuple[Listed, Listed]:
    """Return the key lists of the ceremony, ours and the peer's."""
    first = [bytes_of(row[0]) for row in tx.rows(_FIRST, (CEREMONY,))]
    return _first_lists(first, (0, 0))


def _first_lists(first: Sequence[bytes], bases: Sequence[int]) -> tuple[Listed, Listed]:
    ours, theirs = (
        Listed(LeafIndex(base), sha256(one), _list_of(one)) for base, one in zip(bases, first, strict=False)
    )
    return ours, theirs


_FIRST = "SELECT signed FROM instrument WHERE from_ours < ? ORDER BY from_ours LIMIT 3"


class _Lists:
    def __init__(self, ours: Listed, theirs: Listed) -> None:
        self._ours, self._theirs = [ours], [theirs]

    def take(self, listed: Listed) -> None:
        (self._ours if listed.keys.node == self._ours[0].keys.node else self._theirs).append(listed)

    def still(self, coming: Sequence[Listed]) -> tuple[Listed, ...]:
        """Return those that may still come into force: one that another list of its edition overtook never does."""
        newest = {one.keys.node: one.keys.edition for both in self.both() for one in both}
        return tuple(one for one in coming if one.keys.edition > newest[one.keys.node])

    def both(self) -> tuple[tuple[Listed, ...], tuple[Listed, ...]]:
        def order(lists: list[Listed]) -> tuple[Listed, ...]:
            return tuple(sorted(lists, key=lambda one: one.turn))

        return order(self._ours), order(self._theirs)


class _Editions:
    def __init__(self, ours: Agreed, theirs: Agreed) -> None:
        self._ours, self._theirs = [ours], [theirs]
        self.open: list[tuple[Digest, Accord]] = []

    def take(self, accord: Accord, digest: Digest, our_idx: object, their_idx: object) -> None:
        for index, into in ((our_idx, self._ours), (their_idx, self._theirs)):
            if isinstance(index, int):
                into.append(Agreed(LeafIndex(index), digest, accord))
        if our_idx is None or their_idx is None:
            self.open.append((digest, accord))

    def both(self) -> tuple[tuple[Agreed, ...], tuple[Agreed, ...]]:
        return tuple(sorted(self._ours, key=_place)), tuple(sorted(self._theirs, key=_place))


def _place(agreed: Agreed) -> int:
    return agreed.index


@lru_cache(maxsize=64)
def _list_of(signed: bytes) -> KeyList:
    return decode_keylist(unverified_payload(signed))


@lru_cache(maxsize=256)
def _verified(signed: bytes, kind: str, accord: bytes) -> KeyList | Accord:
    """Read a paper; the same bytes under the same accord are verified once a process."""
    return verify_paper(signed, kind, verify_accord(accord))


def _same(digest: bytes, signed: bytes) -> Digest:
    if sha256(signed) != digest:
        raise BadEnvelope("a stored key list or accord is not the one whose hash its leaf names")
    return Digest(digest)


def verify_paper(signed: bytes, kind: str, accord: Accord) -> KeyList | Accord:
    """Read a key list or an accord after checking the signatures of the roots that the accord of the ceremony names.

    Raises:
        BadSignature: they have not signed it.
        BadEnvelope: it is none, or names other parties.
    """
    if kind == ACCORD:
        agreed = verify_accord(signed)
        if [(p.node, p.root_keys) for p in agreed.parties] != [(p.node, p.root_keys) for p in accord.parties]:
            raise BadEnvelope("an accord of other parties, or with other roots, than that of the ceremony")
        return agreed
    keys = decode_keylist(unverified_payload(signed))
    root = next((party.root() for party in accord.parties if party.node == keys.node), None)
    if kind != KEYS or root is None:
        raise BadEnvelope("a paper that is neither a key list of one of the parties nor an accord")
    return verify_keylist(signed, root)


# --- writing ----------------------------------------------------------------------------------------------------------


def keep_paper(
    tx: Tx, signed: bytes, paper: KeyList | Accord, *, node: NodeName, ready: bool, dispatch: DispatchId | None, now: Ms
) -> None:
    """Store a paper whose signatures are good; one that is there already only becomes ready."""
    kind = ACCORD if isinstance(paper, Accord) else KEYS
    tx.run(
        "INSERT INTO paper (digest, kind, node, edition, signed, since, dispatch, ready) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (digest) DO UPDATE SET ready = CASE WHEN excluded.ready > paper.ready THEN excluded.ready"
        " ELSE paper.ready END, dispatch = coalesce(excluded.dispatch, paper.dispatch)",
        (sha256(signed), kind, node, paper.edition, signed, now, dispatch, int(ready)),
    )


def filed(tx: Tx, dispatch: bytes) -> bool:
    """Note that the other side filed the dispatch by which a paper went; say whether it was one."""
    return bool(tx.run("UPDATE paper SET ready = 1 WHERE dispatch = ? AND ready = 0", (dispatch,)))


def not_taken(tx: Tx, dispatch: bytes) -> bool:
    """Forget the key list of ours that a dispatch brought and the other side did not take; say whether it was one.

    It waits for nothing any more: people hand the same list in again, or make another.
    """
    forgotten = "DELETE FROM paper WHERE dispatch = ? AND kind = ? AND ready = 0 AND our_idx IS NULL"
    return bool(tx.run(forgotten, (dispatch, KEYS)))


def said_papers(tx: Tx, ours: LogRow, theirs: LogRow, *, own_size: int, mirror_size: int) -> tuple[Paper, ...]:
    """Return the papers that a node which starts may have forgotten, as its peer has them.

    Args:
        tx: the snapshot.
        ours: our log.
        theirs: our mirror of the asker's.
        own_size: entries of the asker's own log, the last of which may not be those that we mirror.
        mirror_size: entries of its mirror of ours.
    """  # spec: protocol.md 9
    found: list[Paper] = []
    rows = tx.rows("SELECT kind, node, signed, our_idx, their_idx FROM paper ORDER BY kind, edition DESC, digest")
    newest = 0  # of the asker: its last entries may not be those that we mirror, so that its size says too little
    for kind, node, signed, our_idx, their_idx in rows:
        whose = f"{text_of(node)}/"
        if text_of(kind) == ACCORD or ours.origin.startswith(whose):
            found += _said(ours, our_idx, bytes_of(signed), mirror_size, always=True)
        if text_of(kind) == ACCORD or theirs.origin.startswith(whose):
            newest += text_of(kind) == KEYS
            found += _said(theirs, their_idx, bytes_of(signed), own_size, always=newest <= _NEWEST)
    return tuple(found[:MAX_PAPERS])


_NEWEST = 3


def _said(log: LogRow, index: object, signed: bytes, size: int, *, always: bool) -> list[Paper]:
    if not isinstance(index, int) or index < 0:  # in no log, or in one that was closed
        return [Paper(log.origin, None, signed)] if always else []
    return [Paper(log.origin, LeafIndex(index), signed)] if always or index >= size else []


def take_papers(tx: Tx, said: Sequence[Paper], ours: Origin, now: Ms) -> dict[tuple[bytes, bool], int]:
    """Keep the papers in an answer to our `recover`, and return where the peer says that they stand.

    Raises:
        BadSignature, BadEnvelope: one does not bear the signatures of the roots.
    """
    accord = verify_accord(bytes_of(tx.rows(_FIRST, (CEREMONY,))[2][0])) if said else None
    hints: dict[tuple[bytes, bool], int] = {}
    first = {bytes_of(row[0]) for row in tx.rows(_FIRST, (CEREMONY,))} if said else set[bytes]()
    for one in said:
        assert accord is not None
        if one.signed in first:
            continue
        kind = _kind_of(one.signed)
        paper = verify_paper(one.signed, kind, accord)
        node = paper.node if isinstance(paper, KeyList) else accord.parties[0].node
        if isinstance(paper, Accord) and one.index is None and _is_settled(tx, paper.edition, one.signed):
            continue
        keep_paper(tx, one.signed, paper, node=node, ready=True, dispatch=None, now=now)
        if one.index is not None:
            hints[sha256(one.signed), one.origin == ours] = one.index
    return hints


def _is_settled(tx: Tx, edition: int, signed: bytes) -> bool:
    """Say whether both sides hold other bytes of an edition, as far as we know: these, that no log has, may not stand beside them.

    The peer forgets what we did not take, and may have had it signed again before it hears that we hold it all the same.
    """  # spec: protocol.md 10
    statement = (
        "SELECT 1 FROM paper WHERE kind = ? AND edition = ? AND digest <> ?"
        " AND (ready = 1 OR our_idx IS NOT NULL OR their_idx IS NOT NULL)"
    )
    return bool(tx.rows(statement, (ACCORD, edition, sha256(signed))))


def _kind_of(signed: bytes) -> str:
    try:
        decode_keylist(unverified_payload(signed))
    except BadEnvelope:
        return ACCORD
    return KEYS


def enter_keys(book: Book, us: NodeName) -> bool:
    """Write our next key list into our log, if the other side holds it and no earlier one is still to be cosigned.

    It ends its batch: the head that first covers it covers nothing behind it.
    """  # spec: protocol.md 10
    if book.logs[LogRole.OURS].turning:
        return False
    found = book.tx.rows(
        "SELECT digest, signed FROM paper WHERE kind = ? AND node = ? AND ready = 1 AND our_idx IS NULL"
        " AND edition > (SELECT coalesce(max(edition), 1) FROM paper WHERE kind = ? AND node = ? AND our_idx IS NOT NULL)"
        " ORDER BY edition LIMIT 1",
        (KEYS, us, KEYS, us),
    )
    if not found:
        return False
    digest, signed = Digest(bytes_of(found[0][0])), bytes_of(found[0][1])
    leaf = InstrumentLeaf(InstrumentKind.KEYS, digest)
    index = book.append_own([encode_entry(leaf)])
    keep_instrument(book.tx, leaf, signed, index)
    place_own(book, index, digest, leaf.kind)
    return True


def keep_instrument(tx: Tx, leaf: InstrumentLeaf, signed: bytes, index: int) -> None:
    """Keep the signed bytes of an instrument with the place of its leaf in our log."""
    tx.run(
        "INSERT INTO instrument (digest, kind, signed, from_ours) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (digest) DO UPDATE SET from_ours = excluded.from_ours",
        (leaf.digest, leaf.kind.value, signed, index),
    )


def place_own(book: Book, index: int, digest: Digest, kind: InstrumentKind) -> None:
    """Note that a key list or an accord stands at `index` of our log.

    The keys of a list count from there on, its first mirror key too.
    """
    book.tx.run("UPDATE paper SET our_idx = ?, ready = 1 WHERE digest = ?", (index, digest))
    if kind is not InstrumentKind.KEYS:
        return
    book.change(LogRole.OURS, turn=index + 1)
    known = read_incarnation(book.tx, LogRole.OURS)
    write_incarnation(book.tx, LogRole.OURS, Incarnation(known.second, 0))


def take_back(book: Book, size: int) -> None:
    """Forget the places of papers from `size` of our log on, which no head covers: they are written again later."""
    book.tx.run("DELETE FROM instrument WHERE from_ours >= ? AND digest IN (SELECT digest FROM paper)", (size,))
    book.tx.run("UPDATE paper SET our_idx = NULL WHERE our_idx >= ?", (size,))
    left = book.tx.rows("SELECT max(our_idx) FROM paper WHERE kind = ? AND our_idx >= ?", (KEYS, CEREMONY))[0][0]
    book.change(LogRole.OURS, turn=0 if left is None else int_of(left) + 1)


def place_theirs(book: Book, index: int, leaf: InstrumentLeaf) -> None:
    """Note that a key list or an accord stands at `index` of the peer's log."""
    book.tx.run("UPDATE paper SET their_idx = ? WHERE digest = ? AND kind = ?", (index, leaf.digest, leaf.kind.value))
    if leaf.kind is InstrumentKind.KEYS:
        known = read_incarnation(book.tx, LogRole.THEIRS)
        write_incarnation(book.tx, LogRole.THEIRS, Incarnation(known.second, 0))


def lists_of(first: int, entries: Sequence[Entry]) -> tuple[tuple[int, InstrumentLeaf], ...]:
    """Return the leaves of key lists after the ceremony among entries that begin at index `first`, with their index."""
    return tuple(
        (first + n, one)
        for n, one in enumerate(entries)
        if isinstance(one, InstrumentLeaf) and one.kind is InstrumentKind.KEYS and first + n >= CEREMONY
    )


def restores(before: int, first: int, entries: Sequence[Entry]) -> int:
    """Return how many `restored` leaves a log has behind its newest key list, after entries that begin at `first`.

    Args:
        before: how many it had.
        first: index of the first entry.
        entries: in order.
    """
    count = before
    for index, one in enumerate(entries, first):
        if isinstance(one, InstrumentLeaf):
            if one.kind is InstrumentKind.RESTORED:
                count += 1
            elif one.kind is InstrumentKind.KEYS and index >= CEREMONY:
                count = 0
    return count
