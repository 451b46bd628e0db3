"""The plots of a scorecard: what is drawn is what was counted, on the page and in the report, in four languages, without colour."""

from __future__ import annotations

import re

import pytest

from comity.edge.figurepdf import LANGUAGES, Sheet, make_sheet, words_of
from comity.screen.plots import Draw, Look
from comity.screen.scorecard import FigureLine, MonthLine
from comity.screen.scoreplots import Charted, plots, span

HOUR, DAY = 3_600_000, 86_400_000


def line(figure: str, side: int, value: int, *, item: str = "*", urgency: str = "*", code: str = "") -> FigureLine:
    return FigureLine(figure, side, item, "", "", urgency, code, value)


LINES = (
    line("answered-in-limit", 0, 3, item="W-1"), line("answered-late", 0, 1, item="W-1"), line("overdue", 1, 2, item="W-1"),
    line("answered-in-limit", 1, 6, item="W-2"),
    line("answer-median-ms", 0, 2 * HOUR, urgency="urgent"), line("answer-p80-ms", 0, 80 * HOUR, urgency="urgent"),
    line("answer-count", 0, 4, urgency="urgent"), line("seen-median-ms", 1, HOUR, urgency="normal"),
    line("seen-p80-ms", 1, 3 * HOUR, urgency="normal"), line("seen-count", 1, 9, urgency="normal"),
    line("week-in-limit", 0, 3, code="2026-W30"), line("week-late", 0, 1, code="2026-W31"),
    line("refusals", 0, 4, code="cannot-assist"), line("not-admitted", 1, 2, code="cannot-assist"), line("refusals", 1, 1, code="unclear"),
)  # fmt: skip
MONTHS = (
    MonthLine("2026-07", line("answered-in-limit", 0, 3)), MonthLine("2026-07", line("refusals", 0, 4, code="unclear")),
    MonthLine("2026-08", line("answered-late", 0, 1)), MonthLine("2026-08", line("answer-median-ms", 1, DAY)),
    MonthLine("2026-08", line("answer-p80-ms", 1, 3 * DAY)), MonthLine("2026-08", line("answer-count", 1, 7)),
)  # fmt: skip
LIMITS = {"urgent": (4 * HOUR, 72 * HOUR), "normal": (None, None)}


def charted(language: str = "en", months=MONTHS, ours: int = 0) -> Charted:
    return Charted(("XO", "XV"), ours, LINES, months, LIMITS, words_of(language))


def by_id(**more):
    return {one.id: one for one in plots(charted(**more))}


def test_every_plot_says_what_was_counted_of_how_many() -> None:
    found = by_id()
    assert set(found) == {
        "items",
        "times",
        "seen-times",
        "weeks",
        "month-shares",
        "month-times",
        "refusals",
        "month-refusals",
    }
    assert found["items"].rows == (("W-1", "XO", "75 %", "4"), ("W-1", "XV", "0 %", "2"), ("W-2", "XV", "100 %", "6"))
    assert found["times"].rows == (("urgent", "XO", "2 h", "3.3 d", "4", "3 d"),)
    assert found["seen-times"].rows == (("normal", "XV", "1 h", "3 h", "9", ""),)
    assert found["weeks"].rows == (("2026-W30", "XO", "100 %", "3"), ("2026-W31", "XO", "0 %", "1"))
    assert found["refusals"].rows == (("cannot-assist", "6"), ("unclear", "1"))
    assert found["month-refusals"].rows == (("unclear", "4", "0"),)
    assert found["month-times"].rows == (("2026-08", "XV", "24 h", "3 d", "7"),)
    assert "XO 75 % (n = 4)" in {shape.text for shape in found["items"].shapes}


def test_a_period_of_one_month_has_no_plots_by_month_and_an_empty_one_none() -> None:
    assert "month-shares" not in by_id(months=MONTHS[:2])
    assert plots(Charted(("XO", "XV"), 0, (), (), {}, {})) == ()


@pytest.mark.parametrize("ours", [0, 1])
def test_nothing_is_drawn_outside_and_bars_have_the_length_of_their_share(ours: int) -> None:
    for plot in plots(charted(ours=ours)):
        assert plot.sentence
        assert any(re.search(r"\bn\b", shape.text) for shape in plot.shapes), f"{plot.id} says of how many"
        for shape in plot.shapes:
            assert 0 <= shape.x <= plot.width
            assert 0 <= shape.y <= plot.height
            assert shape.to_x <= plot.width
    bars = [shape.to_x - shape.x for shape in by_id()["items"].shapes if shape.draw is Draw.BAR]
    whole = bars[-1]
    assert bars == [whole * 75 // 100, 2, whole]
    urgent = [shape for shape in by_id()["times"].shapes if shape.draw is Draw.LINE]
    limit = next(shape.x for shape in urgent if shape.look is Look.LIMIT)
    assert next(shape.to_x for shape in urgent if shape.look is Look.OURS) > limit, "80 hours are past the limit of 72"


def test_words_at_the_ends_of_lines_do_not_cover_each_other() -> None:
    months = (*MONTHS, MonthLine("2026-08", line("answered-late", 1, 9)))
    plot = by_id(months=months)["month-shares"]
    ends = sorted(shape.y for shape in plot.shapes if shape.look is Look.LABEL)
    assert len(ends) == 2
    assert ends[1] - ends[0] >= 12


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_has_the_plots_as_vectors_in_every_language(language: str) -> None:
    words = words_of(language)
    bare = make_sheet(Sheet(words["scorecard"], "", (), (), ""), language, second=0)
    drawn = make_sheet(Sheet(words["scorecard"], "", (), (), "", plots(charted(language))), language, second=0)
    again = make_sheet(Sheet(words["scorecard"], "", (), (), "", plots(charted(language))), language, second=0)
    assert drawn == again
    assert len(drawn) > len(bare) + 5_000
    assert b"/Subtype/Image" not in drawn.replace(b" ", b""), "vectors, no pictures"
    assert drawn.count(b"/Figure") >= 8, "each with its sentence for who cannot see it"
    assert all(plot.title in words.values() for plot in plots(charted(language)))


@pytest.mark.parametrize(
    ("milliseconds", "words"), [(9 * 60_000, "9 min"), (24_000_000, "6 h 40"), (3 * DAY + DAY // 5, "3.2 d")]
)
def test_times_are_written_short(milliseconds: int, words: str) -> None:
    assert span(milliseconds) == words
