"""4. Replay: an outsider who recorded an exchange sends the same bytes again.

What notices: id and leaf are held already. The same receipt stands, nothing has a second effect, a counter rises.
"""

from __future__ import annotations

from comity.base.ids import LeafIndex
from comity.cli.demo.attacks.arena import Arena, timed
from comity.cli.demo.attacks.result import AttackResult
from comity.dispatch.book import LogRole
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.exchange_codec import Exchange, encode_exchange
from comity.node.taken import Taken

ATTACK = (4, "replay")
COUNTER = "dispatch-repeated"
_TIMES = 3
_PASSING = frozenset({"counter", "link", "sqlite_sequence"})


def run(ring: Arena) -> AttackResult:
    """Put the exchange together that carried a dispatch, from what crossed then, and hand it in three times."""
    number = ring.finished.script.attacks[ATTACK[1]][0]
    sender = ring.scene(number).party
    victim = ring.finished.other(sender)
    dispatch = ring.id(number)
    recorded = _recorded(ring, sender, dispatch)
    ring.keep("exchange.cbor", recorded)
    before, receipt = _everything(ring, victim), ring.receipt(victim, dispatch)
    counted = ring.counter(victim, COUNTER)
    taken: list[Taken] = []
    took = timed(lambda: taken.extend(ring.nodes[victim].take(recorded, ring.now) for _ in range(_TIMES)))
    ring.check("nothing was recorded again", all(not one.recorded and not one.grew for one in taken))
    ring.check("no row but counters and the time of the last exchange changed", _everything(ring, victim) == before)
    ring.check("the receipt is the same leaf as before", ring.receipt(victim, dispatch) == receipt)
    ring.check("each repeat was counted", ring.counter(victim, COUNTER) == counted + _TIMES)
    index = int_of(receipt[1])
    ring.keep_proof(victim, LogRole.OURS, index, "receipt")
    return ring.result(
        ATTACK,
        by="an outsider",
        done=f"the exchange that carried dispatch {number} was sent {_TIMES} times more, byte by byte",
        noticed=f"{ring.mark(victim)} holds its id and leaf already: the receipt is still leaf {index}, nothing has a second effect; "
        f"the counter `{COUNTER}` rose by {_TIMES}",
        after=f"at once, {took / _TIMES:.1f} ms each",
    )


def _recorded(ring: Arena, sender: str, dispatch: bytes) -> bytes:
    """Return an exchange as the outsider recorded it: the head of that moment, its entries, the sealed bytes."""
    with ring.nodes[sender].ledger.begin() as book:
        index, sealed = book.tx.rows("SELECT idx, sealed FROM sent WHERE id = ?", (dispatch,))[0]
        size, note = book.tx.rows(
            "SELECT size, note FROM head WHERE role = 'ours' AND size > ? ORDER BY size, time LIMIT 1", (index,)
        )[0]
        at = LeafIndex(int_of(index))
        theirs = book.logs[LogRole.THEIRS]
        exchange = Exchange(
            origin=book.logs[LogRole.OURS].origin,
            base=at,
            entries=tuple(book.entries(LogRole.OURS, at, int_of(size))),
            checkpoint=text_of(note),
            cosignature=None,
            mirror_size=theirs.size,
            mirror_root=theirs.head_root,
            dispatches=((at, bytes_of(sealed)),),
            wants=(),
            credit=(),
            wait=0,
        )
    return encode_exchange(exchange)


def _everything(ring: Arena, party: str) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of a store but those that any exchange changes."""
    with ring.nodes[party].ledger.read() as tx:
        names = [
            text_of(row[0]) for row in tx.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ]
        return {
            name: [tuple(row) for row in tx.rows(f"SELECT * FROM {name}")]  # noqa: S608  names from the store itself
            for name in names
            if name not in _PASSING
        }
