"""Whether one consignment adds up, for its page: its own alerts, the months of its firms, within a scope and a bound."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from comity.base.ids import Ms, show_id
from comity.desks.precursors.consignments import inside
from comity.desks.precursors.flows.alerts import run
from comity.desks.precursors.flows.filed import laid_beside, project
from comity.desks.precursors.flows.model import Reversal, SubstanceId
from comity.desks.precursors.flows.naming import BookNaming
from comity.desks.precursors.flows.onpage import OnPage
from comity.desks.precursors.flows.rows import keep_reversal
from comity.desks.precursors.flows.thresholds import read_thresholds
from comity.desks.precursors.flows.told import read_all
from comity.desks.precursors.flows.trade import Trade
from comity.dispatch.ports import Tx
from comity.edge.opening import read_schema
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore
from comity.policy.scope import NOTHING
from comity.screen.consignments import Month
from tests.unit.desks.precursors.flows.test_filed import SIDES, arrived, says, shipped
from tests.unit.desks.precursors.forms import DAY, GOODS, ident
from tests.unit.desks.precursors.screening.edition import book, files

ALL = ("1 = 1", ())
CODED = {"lines": [{**GOODS, "hs": "293339"}]}
TODAY = date(2026, 10, 1)


@pytest.fixture(scope="module")
def page() -> OnPage:
    return OnPage(files(), SIDES)


@pytest.fixture
def tx() -> Iterator[Tx]:
    """One consignment of which half came, one of the same firms that came whole, one of them with another code."""
    with SqliteStore(":memory:", (Schema("precursors", read_schema("comity.desks.precursors")),)).begin() as tx:
        says(tx, 1, body=CODED)
        shipped(tx, 1, 200_000)
        arrived(tx, 1, 100_000)
        says(tx, 11, body=CODED)
        shipped(tx, 11, 200_000, "2026-09-02")
        arrived(tx, 11, 200_000)
        says(tx, 21, body={"lines": [{**GOODS, "hs": "280110"}]})
        yield tx


def test_the_planted_half_is_told_on_its_own_page_only(tx, page):
    (doubt,) = page.of(tx, ident(1), ALL, TODAY).doubts
    assert (doubt.kind, doubt.explained) == ("mirror", None)
    assert [(line.sign, line.amount, line.unit) for line in doubt.lines] == [
        ("+", "200000", "g"),
        ("-", "100000", "g"),
        ("=", "100000", "g"),
        ("limit", "9000", "g"),
    ]
    assert not page.of(tx, ident(11), ALL, TODAY).doubts
    assert [one.kind for one in page.of(tx, ident(21), ALL, TODAY).doubts] == ["description"]


def test_the_list_that_names_lines_also_knows_what_their_papers_say():
    naming = BookNaming(book())
    for text in ("Acetic anhydride", "acetic anhydride, technical", "anhydride acétique"):
        assert naming.by_text(text) == {"acetic-anhydride"}, text
    assert naming.by_text("4-piperidone hydrochloride") == {"4-piperidone"}
    assert naming.by_text("acetic anhydride; ephedrine") == {"acetic-anhydride", "ephedrine"}
    assert naming.by_text("") == naming.by_text("chalk") == naming.by_text("acetic anhydrid") == frozenset()
    assert naming.by_cas("108-24-7") == {"acetic-anhydride"}
    assert naming.by_cas("") == naming.by_cas("64-17-5") == frozenset()
    own = SubstanceId("acetic-anhydride")
    assert (naming.codes(own), naming.transport(own)) == ({"291524"}, {"1715"})
    assert naming.codes(SubstanceId("chalk")) == naming.transport(SubstanceId("chalk")) == frozenset()


def test_a_reversal_in_the_rows_explains_the_arithmetic_that_it_names(tx, page):
    read = read_all(tx, SIDES)
    trade = laid_beside(Trade(TODAY), project(read.told, BookNaming(book())))
    alerts = run(trade, read_thresholds(files()["thresholds.toml"].decode())).alerts
    one = next(one for one in alerts if one.subject == (f"consignment={show_id(ident(1))}/1",))
    keep_reversal(tx, Reversal(one.id, one.arithmetic, "pd/7", Ms(5), "seized at the port"))
    (doubt,) = page.of(tx, ident(1), ALL, TODAY).doubts
    assert doubt.explained == ("pd/7", 5, "seized at the port")
    body = {"day": "2026-09-20", "counts": [{"line": 1, "grams": 90_000}]}
    says(tx, 4, "arrived-quantity", body, ours=False, re=(ident(1),), at=3 * DAY)
    assert page.of(tx, ident(1), ALL, TODAY).doubts[0].explained is None, "another number, and it is back"


def test_months_are_of_the_substance_between_the_two_firms(tx, page):
    (series,) = page.of(tx, ident(1), ALL, TODAY).series
    assert series.months == (Month("2026-08", 600_000, 200_000, 0), Month("2026-09", 0, 200_000, 300_000))


def test_a_scope_counts_what_it_may_see_and_the_consignment_itself(tx, page):
    (series,) = page.of(tx, ident(1), inside(NOTHING, frozenset()), TODAY).series
    assert series.months == (Month("2026-08", 200_000, 200_000, 0), Month("2026-09", 0, 0, 100_000))


def test_what_is_not_placed_is_told_and_more_than_a_page_reads_is_cut(tx, page):
    says(tx, 31)
    assert page.of(tx, ident(31), ALL, TODAY).unplaced == ((1, "code"),)
    says(tx, 41, body={"lines": [{"substance": "chalk", "grams": 4}]})
    found = page.of(tx, ident(41), ALL, TODAY)
    assert (found.unplaced, found.series) == (((1, "substance"),), ())
    assert OnPage(files(), SIDES, most=2).of(tx, ident(1), ALL, TODAY).cut
    assert not page.of(tx, ident(9_999), ALL, TODAY).series
    assert show_id(ident(41)) not in str(page.of(tx, ident(1), ALL, TODAY).unplaced)
