"""What was filed as the checks take it: the same however often and in whatever order, and nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from comity.base.ids import Ms, show_id
from comity.desks.precursors.flows.alerts import run
from comity.desks.precursors.flows.filed import Filed, Unplaced, laid_beside, last_day, project
from comity.desks.precursors.flows.model import Discrepancy, Flow, Grams, HolderId, LicenceHolder, Party, SubstanceId
from comity.desks.precursors.flows.naming import BookNaming
from comity.desks.precursors.flows.told import read_all, read_between
from comity.desks.precursors.flows.trade import Trade
from comity.desks.precursors.model import LineVerdict, Screened
from comity.dispatch.entries import Fact
from comity.dispatch.filing import TakenBack
from comity.dispatch.ports import Tx
from comity.edge.opening import read_schema
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore
from tests.trade.given import RULES
from tests.unit.desks.precursors.forms import BUYER, DAY, EXPORTER, FIRM, GOODS, PEN, T0, filing, ident
from tests.unit.desks.precursors.screening.edition import book

SIDES = (Party("OX"), Party("XO"))
FAR = date(2027, 12, 31)


@pytest.fixture(scope="module")
def naming() -> BookNaming:
    return BookNaming(book())


@pytest.fixture
def tx() -> Iterator[Tx]:
    with SqliteStore(":memory:", (Schema("precursors", read_schema("comity.desks.precursors")),)).begin() as tx:
        yield tx


def says(tx: Tx, number: int, kind: str = "pen", body: dict | None = None, **more) -> None:
    EXPORTER.file(
        tx, filing(number, kind, {**PEN, **(body or {})} if kind == "pen" else body or {}, **{"ours": True, **more})
    )


def shipped(tx: Tx, number: int, grams: int, day: str = "2026-08-20") -> None:
    body = {"day": day, "counts": [{"line": 1, "grams": grams}]}
    says(tx, number + 1, "shipped", body, re=(ident(number),), at=DAY)


def arrived(tx: Tx, number: int, grams: int, day: str = "2026-09-20", line: int = 1) -> None:
    body = {"day": day, "counts": [{"line": line, "grams": grams}]}
    says(tx, number + 2, "arrived-quantity", body, ours=False, re=(ident(number),), at=2 * DAY)


def filed(tx: Tx, naming: BookNaming) -> Filed:
    read = read_all(tx, SIDES)
    found = project((*read.told, *read.told), naming)
    assert found == project(reversed(read.told), naming), "neither order nor repeats change anything"
    return found


def whys(found: Filed) -> list[tuple[int, Unplaced]]:
    return [(one.line, one.why) for one in found.left]


def recalled(tx: Tx, number: int, *, ours: bool = True, refused: bool = False) -> None:
    EXPORTER.take_back(tx, TakenBack(ident(number), ident(900), "recall", ours, Ms(T0 + 5 * DAY), refused))


def test_what_was_recalled_is_in_no_check_unless_that_was_refused(tx, naming):
    for number in (1, 11):
        says(tx, number, body={"lines": [{**GOODS, "hs": "2933.39"}]})
    recalled(tx, 1)
    shipped(tx, 11, 100_000)
    arrived(tx, 11, 99_000)
    recalled(tx, 13, ours=False)
    found = filed(tx, naming)
    assert whys(found) == [(1, Unplaced.ENDED)]
    assert [one.kind for one in found.movements] == [Flow.EXPORT], "what arrived was recalled"
    recalled(tx, 13, ours=False, refused=True)
    recalled(tx, 1, refused=True)
    found = filed(tx, naming)
    assert not found.left
    assert [one.kind for one in found.movements] == [Flow.EXPORT, Flow.IMPORT]


def test_a_consignment_to_its_end_is_two_declarations_and_two_movements(tx, naming):
    says(
        tx,
        1,
        body={"lines": [{**GOODS, "hs": "2933.39"}], "worth": {"label": "w", "hundredths": 900_000, "currency": "EUR"}},
    )
    shipped(tx, 1, 100_000)
    arrived(tx, 1, 99_000)
    arrived(tx, 1, 99_000)  # filed twice
    found = filed(tx, naming)
    out, came = found.consignments
    assert out.id == came.id == f"{show_id(ident(1))}/1"
    assert (out.substance, out.hs6, out.declared_by, came.declared_by) == ("4-piperidone", "293339", "OX", "XO")
    assert (out.grams, came.grams, out.day, came.day) == (100_000, 99_000, date(2026, 8, 20), date(2026, 9, 20))
    assert (out.value_minor, out.currency) == (450_000, "EUR"), "half of what was notified, half of its price"
    assert [(one.kind, one.party, one.holder, one.grams) for one in found.movements] == [
        (Flow.EXPORT, "OX", "tern fine intermediates", 100_000),
        (Flow.IMPORT, "XO", "pivot reagents", 99_000),
    ]
    assert [one.traits for one in found.holders] == [("address:dock 4, ford",), ("address:hill lane 2, crossing",)]
    assert not found.left
    assert not found.announced
    assert last_day(found) == date(2026, 9, 20)


def test_a_new_version_takes_the_place_of_the_one_before(tx, naming):
    says(tx, 1)
    before = filed(tx, naming)
    assert before.announced == {before.consignments[0].id}
    assert last_day(before) == date(2026, 8, 20)
    says(
        tx,
        5,
        body={"state": "amendment", "version": 2, "lines": [{**GOODS, "grams": 7}], "reason": "x"},
        replaces=ident(1),
        at=DAY,
    )
    (one,) = filed(tx, naming).consignments
    assert (one.id, one.grams) == (before.consignments[0].id, Grams(7))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"lines": [{"substance": "table salt", "grams": 5}]}, Unplaced.SUBSTANCE),
        ({"lines": [{**GOODS, "substance": "acetic anhydride"}]}, Unplaced.APART),
        ({"lines": [GOODS]}, Unplaced.CODE),
        ({"lines": [{**GOODS, "hs": "2933"}]}, Unplaced.CODE),
    ],
)
def test_what_cannot_be_placed_is_told(tx, naming, body, why):
    says(tx, 1, body=body)
    found = filed(tx, naming)
    assert whys(found) == [(1, why)]
    assert bool(found.consignments) is not why.whole


def test_a_price_of_several_lines_is_of_none_of_them(tx, naming):
    coded = {**GOODS, "hs": "293339"}
    says(tx, 1, body={"lines": [coded, coded], "worth": {"label": "w", "hundredths": 9, "currency": "EUR"}})
    found = filed(tx, naming)
    assert whys(found) == [(1, Unplaced.PRICE_OF_ALL), (2, Unplaced.PRICE_OF_ALL)]
    assert {one.currency for one in found.consignments} == {""}
    assert len({one.id for one in found.consignments}) == 2


def test_goods_that_will_not_leave_and_lines_that_are_not_there(tx, naming):
    says(tx, 1)
    says(tx, 2, "objection", {"reasons": ["no-permit"]}, ours=False, re=(ident(1),), at=DAY)
    assert whys(filed(tx, naming)) == [(1, Unplaced.ENDED)]
    says(tx, 11)
    arrived(tx, 11, 5, line=3)
    assert (3, Unplaced.LINE) in whys(filed(tx, naming))


def test_of_a_price_and_a_firm_that_were_removed_it_is_said_that_they_were(tx, naming):
    body = {
        **PEN,
        "exporter": {**FIRM, "natural": True},
        "lines": [{**GOODS, "hs": "2933.39"}],
        "worth": {"label": "w", "hundredths": 900_000, "currency": "EUR"},
    }
    one = filing(1, "pen", body, ours=True)
    EXPORTER.file(tx, replace(one, body=EXPORTER.redact("pen", one.body, frozenset({"commercial", "person"}))[0]))
    found = filed(tx, naming)
    assert whys(found) == [(1, Unplaced.EXPORTER), (1, Unplaced.PRICE_REMOVED)]
    assert [one.id for one in found.holders] == ["pivot reagents"]


def test_erased_words_are_told_and_what_was_refused_counts_not(tx, naming):
    says(tx, 1)
    shipped(tx, 1, 100)
    EXPORTER.settle(tx, ident(2), Fact.REFUSED, "E-1", T0)
    assert filed(tx, naming).announced
    EXPORTER.erase(tx, ident(1), filing(1, "pen", PEN, ours=True).case)
    read = read_all(tx, SIDES)
    assert not read.told
    assert [one.why for one in read.left] == [Unplaced.GONE]


def test_what_the_screen_recognised_comes_before_number_and_name(tx, naming):
    says(tx, 1, body={"lines": [{"substance": "goods 7", "grams": 5, "hs": "293339"}]})
    assert whys(filed(tx, naming)) == [(1, Unplaced.SUBSTANCE)]
    EXPORTER.note_screened(tx, ident(1), Screened((LineVerdict(1, "controlled", "4-piperidone", "structure"),)), T0)
    found = filed(tx, naming)
    assert [one.substance for one in found.consignments] == ["4-piperidone"]


def test_a_part_of_the_trade_is_that_of_the_two_firms_the_newest_first(tx):
    says(tx, 1)
    says(tx, 11, body={"importer": {**BUYER, "name": "Other Reagents"}, "leaves": "2026-09-01"})
    says(
        tx,
        21,
        body={"importer": {**BUYER, "name": "Other Reagents"}, "exporter": {**FIRM, "name": "Other Intermediates"}},
    )
    says(tx, 31, ours=False)
    assert {one.root for one in read_between(tx, SIDES, ident(1), 9).told} == {ident(1), ident(11)}
    cut = read_between(tx, SIDES, ident(1), 1)
    assert [one.root for one in cut.told] == [ident(1)]
    assert cut.cut


def test_planted_half_of_a_consignment_that_did_not_come_is_found_and_nothing_else(tx, naming):
    coded = {"lines": [{**GOODS, "hs": "293339"}]}
    for number in (1, 11, 21):
        says(tx, number, body=coded)
    shipped(tx, 1, 200_000)
    arrived(tx, 1, 199_950)
    shipped(tx, 11, 200_000)
    arrived(tx, 11, 100_000)
    found = filed(tx, naming)
    report = run(laid_beside(Trade(FAR), found), RULES)
    gaps = [one for one in report.alerts if one.kind is Discrepancy.MIRROR and "consignment" in one.subject[0]]
    assert [one.consignments for one in gaps] == [(f"{show_id(ident(11))}/1",)], "not the one that was only announced"
    assert [str(line) for line in gaps[0].lines][2] == "= gap 100,000 g"
    assert not [one for one in report.alerts if one.kind in {Discrepancy.RECONCILE, Discrepancy.NEWCOMER}]


def test_a_register_counts_for_its_own_account_and_a_list_of_firms_for_its_side(tx, naming):
    says(tx, 1)
    shipped(tx, 1, 100)
    arrived(tx, 1, 100)
    found = filed(tx, naming)
    own = found.movements[0]
    given = Trade(FAR, movements=(own,), holders=(LicenceHolder(HolderId("x"), Party("OX"), None, ()),))
    beside = laid_beside(given, found)
    assert beside.movements == found.movements, "once each"
    assert [one.id for one in beside.holders] == ["x", "pivot reagents"]
    assert not laid_beside(Trade(FAR), found).movements
    early = laid_beside(Trade(date(2026, 8, 21)), found)
    assert [one.outward for one in early.consignments] == [True]


def test_firms_are_known_by_number_licence_or_name(tx, naming):
    says(tx, 1, body={"exporter": {**FIRM, "number": "N1", "licence": "L1"}, "consignee": {**BUYER, "licence": "L2"}})
    (one,) = filed(tx, naming).consignments
    assert (one.exporter, one.consignee) == ("N1", "L2")
    assert one.substance == SubstanceId("4-piperidone")
