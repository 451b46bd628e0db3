"""People who change the keys of a side in the middle of traffic."""

from __future__ import annotations

from comity.node.papers import Listed
from comity.sim.agenda import Agenda
from comity.sim.exercise import OFFICER, Locker
from comity.sim.station import Station

_LOOK_AGAIN_MS = 20_000


class KeyKeepers:
    """People who change the keys of one side: they make a list, hand it in, and look whether it counts.

    Args:
        station: their node.
        locker: their keys, which no crash touches.
        agenda: the virtual clock.
        forget: older sealing keys are destroyed at once.
    """

    def __init__(self, station: Station, locker: Locker, agenda: Agenda, *, forget: bool = False) -> None:
        self._station, self._locker, self._agenda, self._forget = station, locker, agenda, forget
        self.wanted = 1

    def change(self, *, log: bool, mirror: bool) -> None:
        """Want one edition more, and see to it until it is in force."""
        self.wanted += 1
        self._see_to(self.wanted, log=log, mirror=mirror)

    def behind(self) -> str:
        """Say which edition is not in force here yet, or ""."""
        if not self._station.is_ready():
            return f"edition {self.wanted} of the keys" if self.wanted > 1 else ""
        reached = self._station.node.our_lists()[0].keys.edition
        return f"edition {self.wanted} of the keys, {reached} is in force" if reached < self.wanted else ""

    def _see_to(self, edition: int, *, log: bool, mirror: bool) -> None:
        if self._station.is_at_work():
            newest, coming = self._station.node.our_lists()
            if newest.keys.edition >= edition:
                if self._forget:
                    self._locker.forget_sealing(newest.keys)
                    self._station.attempt(lambda node: node.reread())
                return
            if not coming and newest.keys.edition == edition - 1:
                signed = self._list(newest, log=log, mirror=mirror)
                clock = self._station.clock
                self._station.attempt(lambda node: node.install_keys(signed, OFFICER, clock))
                self._agenda.note(self._station.number, "new keys", edition)
                if self._station.is_ready():
                    self._station.wake_by(self._agenda.now)
        self._agenda.after(_LOOK_AGAIN_MS, lambda: self._see_to(edition, log=log, mirror=mirror))

    def _list(self, before: Listed, *, log: bool, mirror: bool) -> bytes:
        made = self._locker.made.get(before.keys.edition + 1)
        return made or self._locker.next_list(before, self._station.clock, log=log, mirror=mirror)
