"""Rows of yearly reports: words of closed lists in four languages; nothing of a person; what leaves the party gives no small count away."""

from __future__ import annotations

import itertools
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from comity.edge.casepages import DOCUMENTS
from comity.edge.figurepdf import LANGUAGES
from comity.edge.yearlyrows import LEAST, Row, activity_rows, hidden, mistreatment_rows, said, yearly_words
from comity.marking.vocabulary import CATEGORIES, OUTWARD, PURPOSES
from comity.node.activityreport import ActivityReport
from comity.node.lawreport import FullForms, MistreatmentReport
from comity.policy.question import Act, AssessedAct, Decision, Risk

ROOT = Path(__file__).parents[3]
PLANTED = ("Amelie Dubois", "Tarang community", "amelie-dubois", "Dubois > low", "law: amelie-dubois", "redact:tarang")
ACTIVITY = ActivityReport(
    2026, 40, (("requests rfi", 12), ("workplan scorecard", 2)), (("requests answer", 9),),
    (("sent fraud", 14), ("received fraud", 9)), (("held", 1), ("refused", 6)), (("cannot-assist", 7),),
    (("use done", 5), ("use not done", 6)), 0, (("search", 8),),
)  # fmt: skip
MISTREATMENT = MistreatmentReport(
    2026, 30, (("disclose", 7), ("use", 6)), (("disclose full", 7), ("use short", 6)), (("medium > low", 13),),
    (("go", 13),), (), (("redact:victim", 5), ("no-onward", 5), ("other", 6)), (("law: head-office", 6), ("undecided", 5)),
    (("use", 8),), (("not allowed", 6),), FullForms(6, 6, 0, 0),
)  # fmt: skip


def texts(rows) -> str:
    return " ".join(word for language in LANGUAGES for row in said(rows, language, "hidden") for word in row)


def test_every_language_has_the_same_words_and_every_closed_list_has_all_of_its_own():
    keys = {
        language: (yearly_words(language).rows.keys(), yearly_words(language).words.keys()) for language in LANGUAGES
    }
    assert len({(frozenset(rows), frozenset(words)) for rows, words in keys.values()}) == 1
    accord = tomllib.loads((ROOT / "accords" / "ostrel-vanmere" / "accord.toml").read_text())
    wanted = {f"desk-{desk}" for desk in accord["desks"]} | {
        f"kind-{kind}" for one in accord["desks"].values() for kind in one
    }
    wanted |= {f"purpose-{one}" for one in PURPOSES} | {f"outward-{one}" for one in OUTWARD}
    wanted |= (
        {f"category-{one}" for one in CATEGORIES} | {f"act-{one}" for one in Act} | {f"risk-{one}" for one in Risk}
    )
    wanted |= {f"decision-{one}" for one in Decision} | {f"assessed-{one}" for one in AssessedAct}
    assert wanted <= {*yearly_words("en").words}
    for language in LANGUAGES[1:]:
        assert yearly_words(language).rows != yearly_words("en").rows
    assert sorted(path.stem for path in (DOCUMENTS / "yearly").iterdir()) == sorted(LANGUAGES)


def test_a_report_is_said_in_the_language_of_its_reader():
    assert ["Sent, by kind", "requests, Request for information", "12"] in said(activity_rows(ACTIVITY), "en", "")
    french = said(mistreatment_rows(MISTREATMENT, ("head-office",)), "fr", "")
    assert ["Transmis à l'échelon supérieur", "par notre droit, head-office", "6"] in french
    assert ["Ce qui a réduit le risque", "no-onward", "5"] in french
    for language in LANGUAGES:
        rows = said((*activity_rows(ACTIVITY), *mistreatment_rows(MISTREATMENT)), language, "")
        assert all(what and count for what, _, count in rows)


@pytest.mark.parametrize("planted", PLANTED)
def test_a_name_or_a_community_that_was_written_into_a_record_cannot_stand_in_a_report(planted: str):
    """Planted in each list of both reports; without the closed words of `_known`, `_mitigation`, `_upward` this fails."""
    for name in ("sent", "received", "purposes", "not_sent", "not_admitted", "acts", "other"):
        rows = activity_rows(replace(ACTIVITY, **{name: ((planted, 9), (f"requests {planted}", 9))}))
        assert "ubois" not in texts(rows) + str(rows)
        assert "arang" not in texts(rows) + str(rows)
        assert sum(row.number for row in rows if row.table == name) == 18, "counted all the same"
    for name in ("assessments", "forms", "risks", "decisions", "inside", "mitigations", "upward", "refused", "tainted"):
        rows = mistreatment_rows(replace(MISTREATMENT, **{name: ((planted, 9),)}))
        assert "ubois" not in texts(rows) + str(rows)
        assert "arang" not in texts(rows) + str(rows)


def candidates(shown: list[int | None], total: int) -> list[tuple[int, ...]]:
    """Return all counts that an outsider who knows the total can think of: hidden ones are at least one."""
    places = [place for place, count in enumerate(shown) if count is None]
    rest = total - sum(count for count in shown if count is not None)
    found = itertools.product(range(1, rest + 1), repeat=len(places))
    return [one for one in found if sum(one) == rest]


@pytest.mark.parametrize("counts", [c for c in itertools.product((1, 2, 4, 5, 6, 9), repeat=3) if min(c) < LEAST])
def test_no_hidden_count_is_the_rest_of_a_total(counts: tuple[int, ...]):
    rows = [Row("acts", (str(place),), count) for place, count in enumerate(counts)]
    shown = [row.number for row in hidden(rows)]
    assert all(count is None or count >= LEAST for count in shown)
    if any(count is not None for count in shown) or sum(counts) > len(counts):
        thinkable = candidates(shown, sum(counts))
        for place in range(sum(count is None for count in shown)):
            assert len({one[place] for one in thinkable}) > 1, (counts, shown)


def test_what_cannot_be_hidden_alone_takes_what_counts_the_same_with_it():
    report = replace(MISTREATMENT, assessments=(("disclose", 2), ("use", 11)), risks=(("medium > low", 1),))
    public = {row.table: row.number for row in hidden(mistreatment_rows(report))}
    assert public["forms"] is None
    assert public["risks"] is None
    assert public["refused"] == 8
    assert "hidden" in texts(hidden(mistreatment_rows(report)))
    assert all(row.number is None or row.number == 0 or row.number >= LEAST for row in hidden(activity_rows(ACTIVITY)))
