"""The developer set, and a share of the survey: all holds, all that wait for a person, some hundred clear ones."""

from __future__ import annotations

import pytest

from comity.cli.precursors import read_input
from comity.desks.precursors.screening.verdict import Verdict
from tests.unit.desks.precursors.screening.edition import screened, screener, vectors

DEV = vectors("screening-dev.csv")


def test_the_developer_set_is_whole():
    assert len(DEV) == 30


@pytest.mark.parametrize("row", DEV, ids=lambda row: row["id"])
def test_the_developer_set(row):
    found = screener().screen(read_input(row, 1))
    assert found.verdict in {row["expected"], *row["accept"].split("|")}
    if row["expected_substance"] and found.verdict in {Verdict.CONTROLLED, Verdict.CONTROLLED_CLASS, Verdict.REVIEW}:
        assert found.first.substance == row["expected_substance"]
    if found.verdict.holds:
        assert found.first.instrument
        assert found.first.since


def test_every_hold_of_the_survey_is_looked_at_and_still_held():
    rows = vectors("survey-holds.csv")
    assert len(rows) > 90
    assert [row["cas"] for row in rows if not row["why_right"] or "?" in row["why_right"]] == []
    again = {row["cas"]: screened(smiles=row["smiles"]) for row in rows}
    assert [
        row["cas"]
        for row in rows
        if (again[row["cas"]].verdict, again[row["cas"]].first.substance) != (row["verdict"], row["substance"])
    ] == []


def test_what_waited_for_a_person_in_the_survey_is_not_held():
    held = [
        row["cas"]
        for row in vectors("survey-reviews.csv")
        if screened(smiles=row["smiles"]).verdict is not Verdict.REVIEW
    ]
    assert held == []


def test_a_share_of_the_rest_is_clear():
    rows = vectors("survey-clear.csv")
    assert len(rows) >= 350
    assert [
        row["cas"] for row in rows if screened(smiles=row["smiles"]).verdict not in {Verdict.CLEAR, Verdict.INVALID}
    ] == []
