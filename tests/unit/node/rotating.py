"""Two honest nodes whose keys change, and what a stranger sees of it."""

from __future__ import annotations

from comity.base.ids import Ms
from comity.crypto.sign import unverified_payload
from comity.dispatch.entries import InstrumentKind, InstrumentLeaf, decode_entry
from comity.dispatch.keylist import decode_keylist
from comity.node.node import Node
from comity.sim.exercise import OFFICER, Locker
from comity.tlog.note import parse_note
from tests.unit.node.putback import SECOND, START, Side, settle

TICK = 61 * SECOND


class Rotating(Side):
    """A side with a locker of keys that outlives its store."""

    def __init__(self, number, node_type=Node, spares=3):
        self.locker = Locker.of(number)
        super().__init__(number, node_type, spares)

    def more(self):
        return {"keyring": lambda: self.locker.ring}

    def prepare(self, now, *, log=True, mirror=True) -> bytes:
        newest, _ = self.node.our_lists()
        return self.locker.next_list(newest, now, log=log, mirror=mirror)

    def install(self, now, *, log=True, mirror=True) -> bytes:
        signed = self.prepare(now, log=log, mirror=mirror)
        self.node.install_keys(signed, OFFICER, now)
        return signed

    def list_places(self):
        entries = self.rows("SELECT idx, entry FROM entry WHERE role = 'ours' ORDER BY idx")
        leaves = [(idx, decode_entry(entry)) for idx, entry in entries]
        return [
            idx
            for idx, one in leaves
            if isinstance(one, InstrumentLeaf) and one.kind is InstrumentKind.KEYS and idx > 2
        ]

    def signers(self, size):
        """Return the key ids of the log lines under each stored head of this size of our log."""
        notes = self.rows("SELECT note FROM head WHERE role = 'ours' AND size = ?", size)
        return [{line.key_id for line in parse_note(note).lines} for (note,) in notes]

    def heads(self):
        return [row[0] for row in self.rows("SELECT DISTINCT size FROM head WHERE role = 'ours' ORDER BY size")]


def two() -> tuple[Rotating, Rotating]:
    a, b = Rotating(0), Rotating(1)
    settle(a, b, START)
    return a, b


def turn(a, b, now, **new) -> bytes:
    """Let the keys of `a` change, with all exchanges that it takes."""
    signed = a.install(now, **new)
    settle(a, b, Ms(now + TICK), rounds=6)
    return signed


def list_of(signed):
    return decode_keylist(unverified_payload(signed))
