"""2. Forked log: one side signs a second history of its own log and shows it to the other.

What notices: the other side's witness. It co-signed a head over every entry, and the new head has another root at that
size. Two signed heads are proof for any stranger; the traffic stops.
"""

from __future__ import annotations

from comity.base.errors import BadSignature
from comity.cli.demo.attacks.arena import Arena, timed
from comity.cli.demo.attacks.result import AttackResult
from comity.dispatch.book import LogRole
from comity.dispatch.columns import bytes_of
from comity.dispatch.entries import DispatchLeaf, LinkEvent, LinkLeaf, decode_entry, encode_entry
from comity.dispatch.exchange_codec import EvidenceClass, decode_evidence
from comity.node import evidence
from comity.node.link import LinkState
from comity.tlog.checkpoint import parse_body, verify_head
from comity.tlog.note import parse_note
from comity.tlog.tree import EMPTY_ROOT, Edge, leaf_hash

ATTACK = (2, "forked-log")


def run(ring: Arena) -> AttackResult:
    """Replace a leaf in the cheat's own log, sign the other history with the real keys, and show it."""
    number = ring.finished.script.attacks[ATTACK[1]][0]
    cheat = ring.scene(number).party
    victim = ring.finished.other(cheat)
    index = _fork(ring, cheat, ring.id(number))
    before = ring.row(victim, LogRole.THEIRS)
    problems = []
    took = timed(lambda: problems.append(ring.meet(cheat).problem))
    after = ring.row(victim, LogRole.THEIRS)
    problem = problems[0]
    ring.check("the exchange was not taken", problem is not None and problem.code == "broken")
    ring.check("the mirror is as it was", (before.size, before.head_root) == (after.size, after.head_root))
    _check_evidence(ring, cheat, victim)
    link = ring.nodes[victim].link()
    ring.check("the link is broken", link.state is LinkState.BROKEN)
    again = ring.meet(cheat).problem
    ring.check("nothing more is taken", again is not None and again.code == "broken")
    return ring.result(
        ATTACK,
        by=cheat,
        done=f"a second history, in which leaf {index} (dispatch {number}) is another, was signed with the real log keys "
        f"and shown to {ring.mark(victim)}",
        noticed=f"{ring.mark(victim)}'s witness: the head has another root at a size that {ring.mark(victim)} co-signed; it kept both signed "
        f"heads, said so in its own log, and stopped the traffic",
        after=f"in that exchange, {took:.0f} ms",
    )


def _fork(ring: Arena, cheat: str, dispatch: bytes) -> int:
    """Write the other history into the cheat's store: one leaf commits to something else, the tree above it is made anew."""
    ledger = ring.nodes[cheat].ledger
    with ledger.begin() as book:
        index = book.tx.rows("SELECT idx FROM sent WHERE id = ?", (dispatch,))[0][0]
        assert isinstance(index, int)
        leaf = book.entry(LogRole.OURS, index)
        assert isinstance(leaf, DispatchLeaf)
        other = DispatchLeaf(
            leaf.id, leaf.lane, leaf.edition, leaf_hash(b"other"), leaf.sealed, leaf.size, leaf.decision
        )
        book.tx.run("UPDATE entry SET entry = ? WHERE role = 'ours' AND idx = ?", (encode_entry(other), index))
        entries = book.entries(LogRole.OURS, 0, book.logs[LogRole.OURS].size)
        _, tiles = Edge().append([leaf_hash(entry) for entry in entries])
        book.tx.many(
            "UPDATE tile SET hashes = ? WHERE role = 'ours' AND level = ? AND n = ?",
            [(hashes, level, n) for (level, n), hashes in tiles.items()],
        )
        # The size co-signed last stays, so that nothing but the new head need be shown.
        book.tx.run("DELETE FROM head WHERE role = 'ours' AND size > ?", (index,))
        book.change(LogRole.OURS, head_size=0, head_root=EMPTY_ROOT)
    ledger.forget()
    assert decode_entry(encode_entry(other)) != leaf
    return index


def _check_evidence(ring: Arena, cheat: str, victim: str) -> None:
    """Check what the victim kept as a stranger would: two heads of one log and size, both signed, with two roots."""
    with ring.nodes[victim].ledger.begin() as book:
        kept = evidence.stored(book)
    ring.check("evidence was stored", kept)
    if not kept:
        return
    found = decode_evidence(kept[0][2])
    ring.keep("evidence.cbor", kept[0][2])
    ring.check("it is proof of a forked log", found.kind is EvidenceClass.EQUIVOCATION)
    notes = [artifact.decode() for artifact in found.artifacts[:2]]
    for place, note in enumerate(notes, 1):
        ring.keep(f"signed-head-{place}.txt", note)
    log = ring.nodes[victim].peer.log
    heads = [_signed(ring, note) for note in notes]
    ring.check("both heads carry the cheat's two signatures", all(heads), public=True)
    first, second = (parse_body(parse_note(note).text) for note in notes)
    same = first.origin == second.origin == log.name and first.size == second.size
    ring.check(
        "they are of one log and one size, and their roots differ", same and first.root != second.root, public=True
    )
    last = ring.rows(victim, "SELECT entry FROM entry WHERE role = 'ours' ORDER BY idx DESC LIMIT 1")
    said = decode_entry(bytes_of(last[0][0]))
    accused = isinstance(said, LinkLeaf) and said.event is LinkEvent.ACCUSED
    ring.check(f"{ring.mark(victim)}'s own log says that {ring.mark(cheat)} is accused", accused)


def _signed(ring: Arena, note: str) -> bool:
    """Verify a head with the two key lists: alone, or with the other party's co-signature under it."""
    keys, origin = ring.keys(), parse_body(parse_note(note).text).origin
    try:
        keys.head(note)
    except BadSignature:
        try:
            verify_head(note, origin, [one for one in keys.logs if one.name == origin])
        except BadSignature:
            return False
    return True
