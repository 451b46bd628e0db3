"""What one desk alone can have goes to the first that offers it; what belongs to a kind, to the desk of that kind."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from comity.base.errors import BadConfiguration, BadForm
from comity.desks.requests.body import compose_body
from comity.dispatch.accord import OpenDesk
from comity.edge import desks
from tests.unit.desks.precursors.forms import EXPORTER

BOTH = ("precursors", "requests")
ACCORD = SimpleNamespace(
    desks=(OpenDesk("node", ("manifest",)), OpenDesk("precursors", ("pen",)), OpenDesk("requests", ("message", "rfi")))
)


def test_each_part_goes_to_the_first_desk_that_offers_it_whatever_stands_first():
    assert desks.offering(BOTH, "knowing") == BOTH
    assert desks.offering(BOTH, "batch") == ("precursors",)
    assert desks.case_desk(BOTH) == desks.case_desk(BOTH[::-1]) == "requests"
    assert desks.powers_desk(BOTH) == "requests"
    for wanted in (desks.case_desk, desks.powers_desk):
        with pytest.raises(BadConfiguration, match="was not started"):
            wanted(("precursors",))


def test_a_body_is_laid_out_by_the_desk_of_its_kind():
    lines = desks.lines_of(ACCORD, BOTH)
    assert lines("message", compose_body("message", {"text": "x"}))[0].text == "x"
    pen = EXPORTER.compose("pen", {"state": "cancellation", "version": 2, "reason": "withdrawn"})
    assert ("reason", "withdrawn") in [(line.label, line.text) for line in lines("pen", pen)]
    with pytest.raises(BadForm, match="no desk of this node"):
        lines("sighting", b"")
    with pytest.raises(BadForm, match="no desk of this node"):
        lines("manifest", b"")


def test_need_to_know_asks_every_desk():
    class Keeper:
        def __init__(self, agencies, number):
            self.found, self.number = agencies, number

        def agencies(self, tx, case):
            return self.found

        def numbered(self, tx, number):
            return self.number

    both = desks._EveryKeeper(
        [Keeper(frozenset({"a"}), None), Keeper(frozenset({"b"}), b"case"), Keeper(None, b"other")]
    )
    assert both.agencies(None, b"") == {"a", "b"}
    assert both.numbered(None, "XO-2026-0001") == b"case"
    assert desks._EveryKeeper([Keeper(None, None)]).agencies(None, b"") is None
    assert desks._EveryKeeper([Keeper(None, None)]).numbered(None, "") is None
    assert desks.keeper_of(BOTH) is not None
