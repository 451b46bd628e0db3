"""People who amend the accord in the middle of traffic: they propose editions, and sign or refuse those of the other side."""

from __future__ import annotations

from dataclasses import replace

from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.crypto.sign import add_signatures, sign_instrument
from comity.dispatch.accord import encode_accord
from comity.dispatch.amendment import edition_of
from comity.dispatch.proposals import Said
from comity.node.amending import Amending
from comity.node.node import Node
from comity.sim.agenda import Agenda
from comity.sim.chance import Chance
from comity.sim.exercise import OFFICER, Locker
from comity.sim.station import Station

_LOOK_AGAIN_MS = (15_000, 60_000)
_REFUSE_RATE = 0.25
_KIND = "accord"


class Amenders:
    """People of one side with its root keys: what they want is said until it is in both logs, or was refused.

    Args:
        station: their node.
        locker: their keys, which no crash touches.
        agenda: the virtual clock.
        chance: whether they sign, and how soon they look again.
    """

    def __init__(self, station: Station, locker: Locker, agenda: Agenda, chance: Chance) -> None:
        self._station, self._locker, self._agenda, self._chance = station, locker, agenda, chance
        self._wanted = self._said = 0
        self.active = False

    def begin(self) -> None:
        """Begin to look at what the other side proposes."""
        self.active = True
        self._look()

    def want(self) -> None:
        """Want one edition more."""
        self._wanted += 1

    def behind(self) -> str:
        """Say what is still open, or ""."""
        if not self.active or not self._station.is_ready():
            return ""
        found = self._station.node.amending()
        if self._wanted or any(one.waits for one in found.proposals):
            return "an amendment waits for people"
        late = [one.accord.edition for one in found.signed if one.our_index is None or one.their_index is None]
        return f"edition {late[0]} is not in both logs" if late else ""

    def _look(self) -> None:
        if self._station.is_at_work():
            self._station.attempt(self._act)
            if self._station.is_ready():
                self._station.wake_by(self._agenda.now)
        self._agenda.after(self._chance.number(*_LOOK_AGAIN_MS), self._look)

    def _act(self, node: Node) -> None:
        found = node.amending()
        waiting = [one.said for one in found.proposals if one.waits]
        for said in waiting:
            if not said.ours:
                self._answer(said, node)
                return
        open_ends = [one for one in found.signed if one.our_index is None or one.their_index is None]
        if self._wanted and not waiting and not open_ends:
            self._propose(found, node)

    def _answer(self, said: Said, node: Node) -> None:
        clock = self._station.clock
        try:
            if self._chance.hit(_REFUSE_RATE):
                node.refuse_edition(said.text_sha256, "the exercise says no", OFFICER, clock)
            else:
                signed = add_signatures(said.signed, _KIND, self._locker.half.root)
                node.hand_in_edition(signed, "agreed", OFFICER, clock)
            self._agenda.note(self._station.number, "answers an amendment", said.edition)
        except BadForm:
            self._agenda.note(self._station.number, "may not answer yet", said.edition)

    def _propose(self, found: Amending, node: Node) -> None:
        self._said += 1
        before = found.ours
        accord = replace(
            before.accord,
            edition=before.accord.edition + 1,
            prev=before.digest,
            timers=(("exchange-timeout", 30_000 + self._said), *_others(before.accord.timers)),
            in_force_from=Ms(before.accord.in_force_from + 1),
        )
        signed = sign_instrument(encode_accord(accord), _KIND, self._locker.half.root)
        try:
            node.hand_in_edition(signed, "the exercise wants it", OFFICER, self._station.clock)
        except BadForm:
            return
        self._wanted -= 1
        self._agenda.note(self._station.number, "proposes an edition", edition_of(signed).edition)


def _others(timers: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
    return tuple(one for one in timers if one[0] != "exchange-timeout")
