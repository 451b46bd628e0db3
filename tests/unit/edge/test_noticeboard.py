"""The board of consignments for one person: only what is open to them, and the bodies in lines."""

from __future__ import annotations

import pytest

from comity.base.ids import CaseId, Ms
from comity.desks.precursors import knowing
from comity.desks.precursors.model import LineVerdict, Screened
from comity.desks.precursors.web import body_lines
from comity.dispatch.book import Ledger
from comity.edge.noticeboard import NoticeReader
from comity.edge.opening import read_schema
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore
from comity.policy.access import Person
from tests.unit.desks.precursors.forms import HOUR, IMPORTER, PEN, T0, filing, ident


def person(agency, *roles):
    return Person("requests", 7, agency, frozenset(roles))


@pytest.fixture
def reader():
    schemas = [Schema("node", read_schema("comity.node")), Schema("precursors", read_schema("comity.desks.precursors"))]
    store = SqliteStore(":memory:", schemas)
    with store.begin() as tx:
        IMPORTER.file(tx, filing(1, "pen", {**PEN, "reference": "T-1"}, ours=False, at=HOUR))
        objection = {"reasons": ["no-permit"]}
        IMPORTER.file(tx, filing(2, "objection", objection, ours=True, at=2 * HOUR, re=(ident(1),)))
        IMPORTER.note_screened(tx, ident(1), Screened((LineVerdict(1, "controlled"),), asymmetric=True), Ms(T0))
    yield NoticeReader(Ledger(store), IMPORTER, body_lines, knowing, "requests")
    store.close()


def test_only_what_is_open_to_a_person_is_on_the_board(reader):
    (line,) = reader.board(person("elsewhere", "duty-officer"), "", T0)
    assert (line.reference, line.state, line.holds, line.awaited) == ("T-1", "objected", ("objected",), "")
    assert (line.verdict, line.asymmetric, line.silence, line.we_owe, line.left) == ("controlled", True, "", None, None)
    assert reader.board(person("paper-office", "officer"), "", T0) == (line,)
    assert reader.board(person("elsewhere", "officer"), "", T0) == ()
    assert reader.board(person("paper-office", "officer"), "ours", T0) == ()


def test_one_consignment_has_every_body_in_lines(reader):
    card = reader.notice(ident(2), T0)
    assert [(one.kind, one.ours) for one in card.dispatches] == [("pen", False), ("objection", True)]
    assert ("reasons", "no-permit") in [(line.label, line.text) for line in card.dispatches[1].lines]
    assert [one.verdict for one in card.verdicts] == ["controlled"]
    assert [(one.notified, one.missing) for one in card.quantities] == [(200_000, 0)]
    assert card.line.case == CaseId(ident(1))
    assert reader.notice(ident(9), T0) is None
