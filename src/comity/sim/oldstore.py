"""The store that a put-back one took the place of: it comes up again by mistake, or its process never died.

The rule it keeps: it is an honest node over an honest store, and does what a node does. Its peer takes nothing of it, it is told,
and it stops; the store that went on does not notice.
"""

from __future__ import annotations

from comity.dispatch.book import LogRole, log_rows
from comity.dispatch.exchange_codec import decode_problem
from comity.dispatch.states import Form
from comity.marking.labels import Lane, Urgency
from comity.node.audit import audit
from comity.node.incarnation import read_incarnation
from comity.node.link import LinkState
from comity.node.recovery import AHEAD_S
from comity.node.taken import Problem
from comity.sim.chance import Chance
from comity.sim.disk import FailingStore
from comity.sim.exercise import AGENCY, DESK, NOTE, OFFICER, PERMITTED
from comity.sim.ruled import Invariant, ensure
from comity.sim.station import Station

_TRIES = 8


class OldStore:
    """One old store of a side.

    Args:
        station: the side, which went on with another store.
        store: the old one; its disk does not fail.
        chance: the stream of its choices.
    """

    def __init__(self, station: Station, store: FailingStore, chance: Chance) -> None:
        self.station, self._store, self._chance = station, store, chance
        self._over = self.told = False
        self._node = station.build.start(store, station.clock)
        if chance.hit(0.5):  # else its process never died
            self._node.starts(station.clock)

    def act(self) -> None:
        """Hand in a form, or speak to the peer, or ask it; where the peer does not know yet that it is old, do nothing."""
        if self._over or not self._is_old():
            return
        state = self._node.link().state
        if state is LinkState.SUPERSEDED:
            return
        if state is LinkState.RECOVERING:
            self._ask()
        elif self._chance.hit(0.3):
            self._node.submit([(_FORM, OFFICER)], self.station.clock)
        else:
            self._speak()

    def end(self) -> None:
        """See that it was told, that it accuses nobody, and that it can account for itself.

        Raises:
            Broken: one of these does not hold.
        """
        for _ in range(_TRIES):
            self.act()
        number, state = self.station.number, self._node.link().state
        told = state is LinkState.SUPERSEDED or not self._is_old() or self._lies_ahead()
        with self._store.read() as tx:
            evidence, differences = tx.rows("SELECT class FROM evidence"), audit(tx).differences
        self._over = True
        self._store.close()
        ensure(told, Invariant.OLD_STORE, number, f"it is {state} at the end")
        self.told = state is LinkState.SUPERSEDED
        ensure(not evidence, Invariant.OLD_STORE, number, f"it accuses its peer of {evidence}")
        ensure(not differences, Invariant.OLD_STORE, number, f"its audit: {differences}")

    def _is_old(self) -> bool:
        """Say whether the peer can be asked, and knows a later store of this node, which had signed something.

        One that never did cannot be told from a disk that was lost, and comes back (ADR 0097).
        """
        peer = self.station.peer
        with self._store.read() as tx:
            if not log_rows(tx)[LogRole.OURS].head_time:
                return False
        if self.station.mending() or peer.mending() or not peer.is_ready():
            return False
        return _second(peer.store, LogRole.THEIRS) > _second(self._store, LogRole.OURS)

    def _lies_ahead(self) -> bool:
        """Say whether the later store's incarnation is over an hour ahead of our clock: until it is not, nobody is believed."""
        return _second(self.station.peer.store, LogRole.THEIRS) > self.station.clock // 1_000 + AHEAD_S

    def _speak(self) -> None:
        peer, data = self.station.peer, self._node.speak(self.station.clock)
        try:
            taken = peer.attempt(lambda node: node.take(data, peer.clock))
        except Problem as problem:
            fit = problem.code in {"stale-incarnation", "recovering"}
            ensure(fit, Invariant.OLD_STORE, self.station.number, f"it is refused as {problem.code}")
            told = peer.problem_letter(problem)
            if told is not None:
                self._node.take_problem(decode_problem(told.data), self.station.clock)
            return
        ensure(taken is None, Invariant.OLD_STORE, self.station.number, "its peer took an exchange of it")

    def _ask(self) -> None:
        peer, asked = self.station.peer, self._node.recover_request()
        before = _second(peer.store, LogRole.THEIRS)
        try:
            answer = peer.attempt(lambda node: node.take_recover(asked, peer.clock))
        except Problem as problem:
            told = peer.problem_letter(problem)
            if told is not None:
                self._node.told_stale(decode_problem(told.data), self.station.clock)
            return
        same = _second(peer.store, LogRole.THEIRS) == before
        ensure(same, Invariant.OLD_STORE, self.station.number, "its peer took an incarnation of it")
        if answer is not None:
            self._node.take_recovered(answer, self.station.clock)


def _second(store: FailingStore, role: LogRole) -> int:
    with store.read() as tx:
        return read_incarnation(tx, role).second


_FORM = Form(
    desk=DESK,
    kind=NOTE,
    agency=AGENCY,
    role="officer",
    recipients=(AGENCY,),
    purpose=PERMITTED,
    urgency=Urgency.URGENT,
    workplan_item=None,
    workplan_reason="exercise",
    body={"text": "of an old store"},
    lane=Lane.URGENT,
)
