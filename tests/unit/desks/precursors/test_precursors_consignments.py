"""The lists of the board say by their statement what the rules say of each consignment, and show nobody more than is theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from comity.base.ids import CaseId, Ms
from comity.desks.precursors.consignments import Consignments
from comity.desks.precursors.model import LineVerdict, Screened
from comity.dispatch.filing import TakenBack
from comity.dispatch.ports import Tx
from comity.edge.opening import read_schema
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore
from comity.policy.scope import NOTHING, Scope
from comity.screen.consignments import View
from tests.unit.desks.precursors.forms import DAY, EXPORTER, HOUR, IMPORTER, PEN, T0, filing, ident

WHOLE = Scope(whole=True)
NONE: frozenset[CaseId] = frozenset()
LEAVES = ("2026-07-15", "2026-07-19", "2026-07-30", "2026-09-20")
PAPER = {"sort": "export", "number": "E-1", "until": "2026-07-25"}


def on(number: int) -> dict[str, object]:
    return {"re": (ident(number),)}


@pytest.fixture
def tx() -> Iterator[Tx]:
    """Rows of one side, with consignments of both sides in every state that a word can bring about."""
    with SqliteStore(":memory:", (Schema("precursors", read_schema("comity.desks.precursors")),)).begin() as tx:
        number = 1
        for ours, desk in ((True, EXPORTER), (False, EXPORTER)):
            for place, leaves in enumerate(LEAVES):
                body = {**PEN, "leaves": leaves, "permits": [PAPER] if place % 2 else []}
                for word in (
                    None,
                    "enquiry",
                    "need-information",
                    "no-objection",
                    "objection",
                    "cancellation",
                    "shipped",
                    "recall",
                    "correction",
                    "reply-recalled",
                    "recall-refused",
                ):
                    one = filing(number, "pen", body, ours=ours, at=place * HOUR)
                    desk.file(tx, replace(one, case=CaseId(ident(number))))
                    if word is not None:
                        _say(tx, number, word, ours=ours)
                    number += 10
        yield tx


def _say(tx: Tx, number: int, word: str, *, ours: bool) -> None:
    case = {"at": DAY}
    if word in {"recall", "correction", "recall-refused"}:
        kind, _, no = word.partition("-")
        EXPORTER.take_back(tx, TakenBack(ident(number), ident(number + 1), kind, ours, Ms(T0 + DAY), bool(no)))
        return
    if word == "reply-recalled":
        _say(tx, number, "no-objection", ours=ours)
        later = Ms(T0 + 2 * DAY)
        EXPORTER.take_back(tx, TakenBack(ident(number + 1), ident(number + 2), "recall", not ours, later))
        return
    match word:
        case "cancellation":
            form = {"state": "cancellation", "version": 2, "reason": "x"}
            one = filing(number + 1, "pen", form, ours=ours, replaces=ident(number), **case)
        case "shipped":
            form = {"day": "2026-07-14", "counts": [{"line": 1, "grams": 1}]}
            one = filing(number + 1, "shipped", form, ours=ours, **on(number), **case)
        case "objection":
            one = filing(number + 1, "objection", {"reasons": ["no-permit"]}, ours=not ours, **on(number), **case)
        case _:
            asked = {"asks": ["dates"]} if word == "need-information" else {"reason": "x"}
            form = {"state": word, **({} if word == "no-objection" else asked)}
            one = filing(number + 1, "pen-reply", form, ours=not ours, **on(number), **case)
    EXPORTER.file(tx, replace(one, case=CaseId(ident(number))))


@pytest.mark.parametrize("days", [0, 1, 3, 6, 7.5, 12, 40, 90])
def test_the_lists_say_what_the_rules_say(tx: Tx, days: float) -> None:
    now, lists = Ms(int(T0 + days * DAY)), Consignments(EXPORTER)
    board = EXPORTER.board(tx, now)
    said = {
        View.OURS: {row.notice.id for row in board if row.we_owe is True},
        View.THEIRS: {row.notice.id for row in board if row.we_owe is False},
        View.HELD: {row.notice.id for row in board if row.holds},
        View.ALL: {row.notice.id for row in board},
        View.DONE: {row.notice.id for row in board if row.we_owe is None},
    }
    for view, wanted in said.items():
        assert {line.id for line, _ in lists.page(tx, view, WHOLE, NONE, None, 200, now)} == wanted, view
    counts = lists.counts(tx, WHOLE, NONE, now)
    late = [row for row in board if row.left is not None and row.left <= 0]
    assert (counts.ours, counts.theirs, counts.held) == tuple(
        len(said[view]) for view in (View.OURS, View.THEIRS, View.HELD)
    )
    assert counts.overdue == sum(row.we_owe is True for row in late)
    assert counts.theirs_overdue == sum(row.we_owe is False for row in late)


def test_a_list_is_sorted_by_what_is_due_and_goes_on_after_a_row(tx: Tx) -> None:
    now, lists = Ms(T0 + 2 * DAY), Consignments(EXPORTER)
    whole = [line for line, _ in lists.page(tx, View.ALL, WHOLE, NONE, None, 200, now)]
    dues = [line.due for line in whole if line.we_owe is not None and line.due is not None]
    assert dues == sorted(dues)
    assert [line.we_owe is None for line in whole] == sorted(line.we_owe is None for line in whole)
    paged, after = [], None
    while found := lists.page(tx, View.ALL, WHOLE, NONE, after, 5, now):
        paged += [line for line, _ in found]
        after = found[-1][1]
    assert paged == whole


def test_a_scope_shows_what_its_agencies_sent_or_got_and_what_was_given(tx: Tx) -> None:
    lists = Consignments(EXPORTER)

    def seen(scope: Scope, given: frozenset[CaseId] = NONE) -> int:
        assert lists.counts(tx, scope, given, T0).ours <= len(lists.page(tx, View.ALL, scope, given, None, 200, T0))
        return len(lists.page(tx, View.ALL, scope, given, None, 200, T0))

    whole = seen(WHOLE)
    assert seen(NOTHING) == 0
    assert seen(Scope(agencies=frozenset({"seal-house", "paper-office"}))) == whole
    assert seen(Scope(agencies=frozenset({"seal-house"}))) == 44 + 20, "it sent ours, and answered some of theirs"
    assert seen(Scope(agencies=frozenset({"seal_house"}))) == 0, "what a pattern means is taken as it stands"
    assert seen(Scope(cases=frozenset({CaseId(ident(1))}))) == 1
    assert seen(NOTHING, frozenset({CaseId(ident(11))})) == 1
    assert len(lists.cases(tx)) == whole


def test_the_consignments_of_a_case_are_the_oldest_first(tx: Tx) -> None:
    with_two = CaseId(ident(1))
    EXPORTER.file(tx, filing(5_001, "pen", PEN, ours=True, at=2 * DAY))
    EXPORTER.file(tx, filing(5_011, "pen", PEN, ours=True, at=DAY))
    lists, now = Consignments(EXPORTER), Ms(T0 + 3 * DAY)
    found = lists.of_case(tx, with_two, now)
    assert [one.id for one in found] == [ident(1), ident(5_011), ident(5_001)]
    assert found == lists.lines(tx, (ident(1), ident(5_011), ident(9_999), ident(5_001)), now)
    assert lists.of_case(tx, CaseId(ident(9_999)), now) == ()


def test_incidents_are_listed_until_our_side_said_what_became_of_them() -> None:
    lists, seen = Consignments(EXPORTER), Scope(agencies=frozenset({"paper-office"}))
    report = {"state": "reported", "what": "seizure", "text": "x"}
    with SqliteStore(":memory:", (Schema("precursors", read_schema("comity.desks.precursors")),)).begin() as tx:

        def says(number: int, kind: str, form: dict[str, object], *, ours: bool, **more: object) -> None:
            EXPORTER.file(tx, filing(number, kind, form, ours=ours, at=number * HOUR, **more))

        def listed(scope: Scope = WHOLE, limit: int = 9) -> list[object]:
            return [one.step.id for one in lists.incidents(tx, scope, NONE, limit)]

        says(1, "pen", PEN, ours=True)
        says(2, "incident", {**report, "copy": True}, ours=False, **on(1))
        says(3, "incident", {**report, "lines": PEN["lines"]}, ours=False)
        says(4, "incident", report, ours=False)
        says(5, "incident", {"state": "copy-agreed"}, ours=True, **on(2))
        says(6, "incident", {**report}, ours=False, admitted=False)
        assert listed() == [ident(4), ident(3), ident(2)], "neither a word on a copy nor what our law did not let in"
        assert listed(limit=1) == [ident(4)]
        assert (listed(seen), listed(NOTHING)) == ([ident(4), ident(3), ident(2)], [])
        EXPORTER.take_back(tx, TakenBack(ident(4), ident(20), "recall", ours=False, made=Ms(T0 + 20 * HOUR)))
        says(7, "outcome", {"results": ["seized"]}, ours=True, **on(3))
        assert listed() == [ident(2)]
        card = lists.incident(tx, ident(2))
        assert card is not None
        assert (card.about, card.closed, card.title) == (ident(1), False, "seizure 200 kg 4-piperidone hydrochloride")
        assert [(one.id, one.copy) for one in card.steps if one.kind == "incident"] == [
            (ident(2), "agreed"),
            (ident(5), ""),
        ]
        alone = lists.incident(tx, ident(3))
        assert alone is not None
        assert (alone.about, alone.closed) == (None, True)
        assert [lists.incident(tx, ident(one)) for one in (1, 5, 9_999)] == [None, None, None]


def test_one_consignment_whole(tx: Tx) -> None:
    EXPORTER.note_screened(tx, ident(1), Screened((LineVerdict(1, "controlled", "x", "name"),), True, "e"), T0)
    card = Consignments(EXPORTER).card(tx, ident(1), T0)
    assert card is not None
    assert (card.line.verdict, card.line.asymmetric, card.checks[0].rule) == ("controlled", True, "name")
    assert [goods.substance for goods in card.goods] == ["4-piperidone hydrochloride"]
    assert {fact.label for fact in card.facts} >= {"exporter", "importer", "entry", "leaves"}
    assert ("shipped", "") in card.may
    assert ("pen", "amendment") in card.may
    assert not any(kind in {"objection", "arrived-quantity"} for kind, _ in card.may)
    assert Consignments(EXPORTER).card(tx, ident(9_999), T0) is None


def test_the_other_side_may_say_other_things(tx: Tx) -> None:
    with SqliteStore(":memory:", (Schema("precursors", read_schema("comity.desks.precursors")),)).begin() as other:
        IMPORTER.file(other, filing(1, "pen", PEN, ours=False))
        card = Consignments(IMPORTER).card(other, ident(1), T0)
    assert card is not None
    kinds = {kind for kind, _ in card.may}
    assert kinds == {"pen-reply", "objection", "arrived-quantity", "incident"}
    assert [step.lines for step in card.steps] == [()], "the notification itself stands above its steps"
