"""Whose law on which day: what is not said is unknown, and the two countries' answers are compared."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from comity.desks.precursors.screening.book import SubstanceBook
from comity.desks.precursors.screening.status import Gap, Relation, Standing, asymmetry, changes, span, status_on
from comity.desks.precursors.screening.verdict import Input, Verdict
from tests.unit.desks.precursors.screening.edition import book, changed, screener, with_status


def standing(substance: str, law: str, day: str) -> Standing:
    return status_on(book(), substance, law, date.fromisoformat(day)).standing


@pytest.mark.parametrize(
    ("substance", "law", "day", "expected"),
    [
        ("4-piperidone", "un", "2024-12-02", Standing.NOT_CONTROLLED),
        ("4-piperidone", "un", "2024-12-03", Standing.CONTROLLED),
        ("4-piperidone", "in", "2025-01-22", Standing.NOT_CONTROLLED),
        ("4-piperidone", "in", "2025-01-23", Standing.CONTROLLED),
        ("4-piperidone", "ca", "2017-12-26", Standing.UNKNOWN),  # there by that day; when it came was not read
        ("4-piperidone", "ca", "2017-12-27", Standing.CONTROLLED),
        ("4-piperidone", "us", "2023-05-15", Standing.UNKNOWN),  # some day of that month
        ("4-piperidone", "us", "2023-06-01", Standing.CONTROLLED),
        ("anpp", "un", "2016-12-31", Standing.NOT_CONTROLLED),
        ("anpp", "un", "2017-06-01", Standing.UNKNOWN),  # some day of that year
        ("anpp", "un", "2018-01-01", Standing.CONTROLLED),
        ("anpp", "in", "2026-01-01", Standing.UNKNOWN),
        ("acetone", "in", "2026-01-01", Standing.UNKNOWN),
        ("acetone", "ca", "2004-01-01", Standing.UNKNOWN),  # there by the end of that year; when it came was not read
        (
            "benzaldehyde",
            "issl",
            "2026-10-30",
            Standing.UNKNOWN,
        ),  # its day was not read: there on the day of the edition
        ("acetone", "ca", "2026-11-01", Standing.CONTROLLED),
        ("acetic-anhydride", "un", "1995-01-01", Standing.CONTROLLED),
        ("acetic-anhydride", "un", "2001-06-01", Standing.CONTROLLED),  # Table II or Table I, controlled either way
        ("phenethyl-bromide", "ca", "2025-04-13", Standing.NOT_CONTROLLED),
        ("phenethyl-bromide", "ca", "2025-04-14", Standing.CONTROLLED),
        ("phenethyl-chloride", "ca", "2026-04-11", Standing.NOT_CONTROLLED),
        ("phenethyl-chloride", "ca", "2026-04-12", Standing.CONTROLLED),
        ("r-29676", "ca", "2027-06-04", Standing.CONTROLLED),
        ("r-29676", "ca", "2027-06-05", Standing.UNKNOWN),  # an order of one year has ended
        ("mapa", "ca", "2020-01-01", Standing.CLASS),
        ("benzaldehyde", "issl", "2026-11-01", Standing.WATCHED),
        ("benzyl-chloride", "un", "2026-11-01", Standing.NOT_CONTROLLED),
    ],
)
def test_the_standing_on_a_day(substance, law, day, expected):
    assert standing(substance, law, day) is expected


def test_the_newest_status_is_the_one_that_is_named():
    table = status_on(book(), "acetic-anhydride", "un", date(2026, 1, 1)).status
    assert table is not None
    assert table.list == "Table I"


def test_a_later_start_is_named_while_it_is_unknown():
    later = status_on(book(), "4-piperidone", "ca", date(2017, 1, 1))
    assert later.standing is Standing.UNKNOWN
    assert later.status is not None


@pytest.mark.parametrize(
    ("substance", "day", "relation", "gap"),
    [
        ("4-piperidone", date(2024, 12, 15), Relation.THERE, Gap.CERTAIN),
        ("4-piperidone", date(2025, 2, 1), Relation.BOTH, Gap.NONE),
        ("phenethyl-bromide", date(2026, 7, 1), Relation.UNKNOWN, Gap.POSSIBLE),
        ("1-benzyl-4-piperidone", date(2026, 7, 1), Relation.UNKNOWN, Gap.POSSIBLE),
        ("benzaldehyde", date(2026, 7, 1), Relation.UNKNOWN, Gap.NONE),
        ("acetic-anhydride", date(2026, 7, 1), Relation.BOTH, Gap.NONE),
    ],
)
def test_the_two_countries_compared(substance, day, relation, gap):
    found = asymmetry(book(), substance, "in", "ca", day)
    assert (found.relation, found.gap) == (relation, gap)
    assert "in:" in found.sentence
    assert "ca:" in found.sentence


def test_a_certain_gap_is_said_plainly():
    said = asymmetry(book(), "4-piperidone", "in", "ca", date(2024, 12, 15)).sentence
    assert "may lawfully leave in and may not land in ca without a permit" in said


def test_unknown_is_never_said_to_be_free():
    said = asymmetry(book(), "phenethyl-bromide", "in", "ca", date(2026, 7, 1)).sentence
    assert "not known" in said
    assert "lawfully leave" not in said


def test_here_and_neither():
    other = with_status({"substance_id": "benzaldehyde", "jurisdiction": "in", "standing": "controlled", "since": "2026-01-01",
                         "since_kind": "exact", "instrument": "planted"})  # fmt: skip
    both = SubstanceBook.load(
        {
            **changed(
                "statuses.csv",
                lambda text: (
                    text
                    + "benzaldehyde,ca,not-controlled,,always,,,,planted,planted\nbenzaldehyde,in,not-controlled,,always,,,,planted,planted\n"
                ),
            )
        }
    )
    assert asymmetry(other, "benzaldehyde", "in", "ca", date(2026, 7, 1)).relation is Relation.UNKNOWN
    assert asymmetry(both, "benzaldehyde", "in", "ca", date(2026, 7, 1)).relation is Relation.NEITHER
    assert asymmetry(book(), "4-piperidone", "ca", "in", date(2024, 12, 15)).relation is Relation.HERE


def test_treaties_stand_beside_the_two():
    assert [one.standing for one in asymmetry(book(), "anpp", "in", "ca", date(2026, 1, 1)).treaties] == [
        Standing.CONTROLLED
    ]


def test_what_two_editions_say_differently_and_from_when():
    new = with_status({"substance_id": "phenethyl-bromide", "jurisdiction": "in", "standing": "controlled", "since": "2026-06-01",
                       "since_kind": "exact", "before": "not-controlled", "instrument": "G.S.R. planted"})  # fmt: skip
    found = changes(book(), new, date(2026, 1, 1), date(2026, 12, 31))
    assert [(one.substance, one.jurisdiction) for one in found] == [("phenethyl-bromide", "in")] * 2
    assert (found[0].old, found[0].new, found[0].since, found[0].until) == (
        Standing.UNKNOWN, Standing.NOT_CONTROLLED, date(2026, 1, 1), date(2026, 6, 1)
    )  # fmt: skip
    assert (found[1].new, found[1].since, found[1].until) == (Standing.CONTROLLED, date(2026, 6, 1), None)
    assert found[1].instrument == "G.S.R. planted"
    assert changes(book(), book(), date(2020, 1, 1), date(2026, 12, 31)) == ()


def test_what_was_dropped_is_told_too_and_ends_where_both_agree_again():
    old = with_status({"substance_id": "bdo", "jurisdiction": "in", "standing": "controlled", "since": "2026-02-01", "since_kind": "exact",
                       "before": "not-controlled", "until": "2026-03-01", "instrument": "planted"})  # fmt: skip
    found = changes(old, book(), date(2026, 2, 1), date(2026, 12, 31))
    assert [(one.old, one.new, one.since, one.until) for one in found] == [
        (Standing.CONTROLLED, Standing.UNKNOWN, date(2026, 2, 1), date(2026, 3, 1))
    ]


def test_changes_agree_with_asking_every_day():
    new = SubstanceBook.load(changed("statuses.csv", lambda text: text.replace("2025-01-23", "2025-03-01")))
    first, last = date(2025, 1, 1), date(2025, 4, 1)
    told = changes(book(), new, first, last)
    for substance in ("4-piperidone", "bmk-glycidate-acid", "acetone"):
        day = first
        while day <= last:
            differs = (
                status_on(book(), substance, "in", day).standing is not status_on(new, substance, "in", day).standing
            )
            covered = any(
                one.substance == substance and one.since <= day and (one.until is None or day < one.until)
                for one in told
            )
            assert differs == covered, (substance, day)
            day += timedelta(days=1)


def test_the_verdict_follows_the_day_and_the_law():
    early = screener(date(2022, 6, 1)).screen(Input("1", name="4-piperidone"))
    assert early.verdict is Verdict.CONTROLLED  # in one country since 2017
    india = screener(date(2022, 6, 1), frozenset({"in"})).screen(Input("1", name="4-piperidone"))
    assert (india.verdict, india.first.instrument) == (Verdict.REVIEW, "")
    assert "no control of it is known" in india.first.reason
    before = screener(date(2023, 1, 1), frozenset({"us"})).screen(Input("1", smiles="O=C(c1ccccc1)N1CCC(=O)CC1"))
    assert before.verdict is Verdict.CLEAR
    assert before.day == date(2023, 1, 1)


def test_a_screener_of_another_day_answers_as_one_made_for_it():
    first = screener(date(2022, 6, 1), frozenset({"in"}))
    for day in (date(2025, 1, 22), date(2025, 1, 23)):
        row = Input("1", name="4-piperidone")
        assert first.on(day).screen(row) == screener(day, frozenset({"in"})).screen(row)
    assert first.on(date(2025, 1, 23)).screen(Input("1", name="4-piperidone")).verdict is Verdict.CONTROLLED
    assert first.screen(Input("1", name="4-piperidone")).verdict is Verdict.REVIEW


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [("2024", "2024-01-01", "2024-12-31"), ("2024-02", "2024-02-01", "2024-02-29"), ("2024-12", "2024-12-01", "2024-12-31"),
     ("2024-03-04", "2024-03-04", "2024-03-04")],
)  # fmt: skip
def test_what_a_date_can_mean(text, first, last):
    assert span(text) == (date.fromisoformat(first), date.fromisoformat(last))
