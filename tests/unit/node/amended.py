"""Two honest nodes whose accord is amended, and editions as both roots sign them."""

from __future__ import annotations

from dataclasses import replace

from comity.base.ids import Ms
from comity.crypto.sign import add_signatures, sign_instrument
from comity.dispatch.accord import encode_accord
from comity.dispatch.amendment import Amendment, encode_amendment
from comity.dispatch.decision import read_record
from comity.dispatch.entries import InstrumentKind, InstrumentLeaf, decode_entry, encode_entry
from comity.dispatch.path import send
from comity.dispatch.proposals import newest_signed
from comity.node.manifest import NodeDesk, amendment_form
from comity.node.node import Node
from comity.policy.verdict import Effect
from comity.sim.exercise import AGENCY, DESK, OFFICER, Locker, parties
from tests.unit.node.putback import SECOND, START, Side, settle

TICK = 61 * SECOND
HOUR = 3_600_000
DAY = 24 * HOUR


class Amended(Side):
    """A side whose people propose, sign and refuse editions."""

    def __init__(self, number, node_type=Node, spares=3):
        self.locker = Locker.of(number)
        super().__init__(number, node_type, spares)

    def more(self):
        return {"keyring": lambda: self.locker.ring}

    def next_edition(self, **changed):
        """Return the edition that follows the newest, with what is changed; without changes only a date."""
        with self.store.read() as tx:
            before, digest = newest_signed(tx, self.node.office)
        return replace(before, **{"edition": before.edition + 1, "prev": digest, "in_force_from": Ms(1), **changed})

    def half(self, accord=None, **changed):
        made = accord or self.next_edition(**changed)
        return sign_instrument(encode_accord(made), "accord", self.locker.half.root)

    def also(self, half):
        return add_signatures(half, "accord", self.locker.half.root)

    def say(self, signed, now, note="so that"):
        return self.node.hand_in_edition(signed, note, OFFICER, now)

    def proposal(self):
        (found,) = [one for one in self.node.amending().proposals if one.waits and not one.said.ours]
        return found.said

    def accords(self):
        """Return the places of accords behind the ceremony in our log."""
        entries = self.rows("SELECT idx, entry FROM entry WHERE role = 'ours' ORDER BY idx")
        leaves = [(idx, decode_entry(entry)) for idx, entry in entries]
        return [
            idx
            for idx, one in leaves
            if isinstance(one, InstrumentLeaf) and one.kind is InstrumentKind.ACCORD and idx > 2
        ]

    def edition(self):
        return self.node.office.accord.edition

    def alarms(self):
        return sorted(one.kind for one in self.node.alarms())


def two(first=Node, second=Node) -> tuple[Amended, Amended]:
    a, b = Amended(0, first), Amended(1, second)
    settle(a, b, START)
    return a, b


def signed_by_both(a, accord=None, **changed):
    """Return an edition with the signatures of both roots, without a word between the nodes."""
    half = a.half(accord, **changed)
    return add_signatures(half, "accord", parties().halves[1 - a.number].root)


def rest(a, b, now, rounds=4):
    """Let both look at the clock and speak until nothing is to be said."""
    for n in range(rounds):
        at = Ms(now + n * TICK)
        for side in (a, b):
            side.node.tick(at)
        settle(a, b, Ms(at + SECOND), rounds=1)


def agree(a, b, now, **changed):
    """Let `a` propose an edition and `b` sign it, with everything that it takes; return the signed bytes."""
    a.say(a.half(**changed), now)
    rest(a, b, Ms(now + TICK), rounds=2)
    signed = b.also(b.proposal().signed)
    b.say(signed, Ms(now + 4 * TICK), "agreed")
    rest(a, b, Ms(now + 5 * TICK))
    return signed


def with_kinds(accord, *kinds):
    """Return the accord with these kinds in the exercise's desk."""
    return replace(accord, desks=tuple(replace(one, kinds=kinds) if one.desk == DESK else one for one in accord.desks))


class Careless(NodeDesk):
    """Sends what it does not keep itself."""

    def file(self, tx, filing):
        return None


def force(side, signed, now, note="forced"):
    """Send an amendment that an honest node would not send."""
    node = side.node
    node.office = replace(node.office, desks={**node.office.desks, "node": Careless()})
    with node._change() as book:
        form = amendment_form(encode_amendment(Amendment(signed, note)), AGENCY, AGENCY)
        return send(form, OFFICER, book, node.office, now)


def force_leaf(side, digest):
    """Write a leaf that an honest node would not write."""
    with side.node.ledger.begin() as book:
        book.append_own([encode_entry(InstrumentLeaf(InstrumentKind.ACCORD, digest))])


def why_refused(side):
    """Return the sentences under which a side refused what came, from its own decision log."""
    found = [read_record(bytes(row[0])) for row in side.rows("SELECT record FROM record ORDER BY idx")]
    return [one.verdict.reasons[0].sentence for one in found if one.verdict.effect is Effect.REFUSE]
