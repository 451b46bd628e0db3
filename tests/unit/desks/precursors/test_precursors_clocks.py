"""Which limit goes before which, which paper ends first, how late a report is, what an accord may say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from comity.base.errors import BadConfiguration, BadForm
from comity.base.ids import Ms, NodeName
from comity.base.workdays import Calendar, read_week
from comity.desk import Around
from comity.desks.precursors import opening
from comity.desks.precursors.clocks import Limit, Policy, Silence, Since, policy_of, reported_late, times_of
from comity.desks.precursors.model import Pen, Permit
from tests.unit.desks.precursors.forms import DAY, HOUR, T0, THEIRS

PLAIN = Calendar()
CONSIGNMENT = Pen(leaves="2026-08-20", lands="2026-09-01", applied="2026-07-01")


def test_the_exporters_own_window_goes_before_the_importers_reply() -> None:
    seven, three = Limit(7, False, Since.NOTIFIED), Limit(3, False, Since.NOTIFIED)
    exporter, importer = Policy(window=seven), Policy(reply=three)
    assert times_of(CONSIGNMENT, T0, exporter, importer).answer == T0 + 8 * DAY
    assert times_of(CONSIGNMENT, T0, Policy(), importer).answer == T0 + 4 * DAY
    nothing = times_of(CONSIGNMENT, T0, Policy(), Policy())
    assert (nothing.answer, nothing.certificate, nothing.silence) == (None, None, Silence.HELD)
    assert nothing.lands == PLAIN.ends(date(2026, 9, 1))
    assert nothing.leaves - nothing.sails == DAY


def test_an_application_without_a_day_counts_from_the_notification() -> None:
    exporter = Policy(certificate=Limit(1, False, Since.APPLIED))
    assert times_of(replace(CONSIGNMENT, applied=""), T0, exporter, Policy()).certificate == T0 + 2 * DAY


@pytest.mark.parametrize(
    ("permits", "last"),
    [
        ((Permit("export", "1", until="2026-12-01"), Permit("import", "2", until="2026-11-01")), date(2026, 11, 1)),
        ((Permit("import", "1", issued="2026-07-01"),), date(2026, 12, 28)),
        ((Permit("export", "1", issued="2026-07-01"),), None),
        ((Permit("licence", "1", issued="2026-07-01"),), None),
        ((), None),
    ],
)
def test_the_paper_that_ends_first_counts(permits: tuple[Permit, ...], last: date | None) -> None:
    importer = Policy(permit_days=180)  # 1 July and 180 days: 28 December
    found = times_of(replace(CONSIGNMENT, permits=permits), T0, Policy(), importer)
    assert found.permits == (None if last is None else PLAIN.ends(last))


def test_a_report_is_late_after_its_hours() -> None:
    assert reported_late(0, 72 * HOUR, THEIRS) == 0
    assert reported_late(0, 72 * HOUR + 1, THEIRS) == 1
    assert reported_late(0, 900 * HOUR, Policy()) == 0


def test_an_accord_that_says_nothing_holds_the_goods() -> None:
    assert policy_of("xa", {}, PLAIN) == Policy()
    assert policy_of("xa", {"notice-xb-reply-days": 3}, PLAIN) == Policy()
    assert policy_of(
        "xa", {"notice-xa-reply-days": 3, "notice-xa-reply-working": 1, "notice-xa-silence": 0}, PLAIN
    ) == Policy(reply=Limit(3, True, Since.NOTIFIED), silence=Silence.NO_OBJECTION)


@pytest.mark.parametrize("timers", [{"notice-xa-silence": 3}, {"notice-xa-reply-days": 1, "notice-xa-reply-since": 2}])
def test_a_word_of_a_later_accord_is_not_guessed(timers: dict[str, int]) -> None:
    with pytest.raises(BadConfiguration, match="does not know"):
        policy_of("xa", timers, PLAIN)


def test_the_desk_is_opened_with_each_sides_part_of_the_accord() -> None:
    sides = {NodeName("a"): SimpleNamespace(country="XA"), NodeName("b"): SimpleNamespace(country="XB")}
    accord = SimpleNamespace(
        timers=(("notice-xa-report", 72), ("notice-xb-report", 24)),
        party=lambda node: sides[node],
        peer_of=lambda node: next(side for name, side in sides.items() if name != node),
    )
    desk = opening.open_desk((), Around("XA", NodeName("a"), accord, PLAIN, PLAIN))  # type: ignore[arg-type]  # what the opening asks of one
    assert (desk._ours.report_ms, desk._theirs.report_ms) == (72 * HOUR, 24 * HOUR)  # type: ignore[attr-defined]


def test_a_calendar_without_any_working_day_does_not_run_for_ever() -> None:
    never = Calendar(working=frozenset())
    with pytest.raises(BadForm, match="ten years"):
        never.after(date(2026, 7, 13), 1, working=True)
    assert never.after(date(2026, 7, 13), 0, working=True) == date(2026, 7, 13)
    assert never.between(date(2026, 7, 13), date(2026, 7, 1)) == 0
    assert read_week(("sun", "mon")) == {0, 6}
    with pytest.raises(BadForm, match="one of mon"):
        read_week(("someday",))


def test_times_are_the_same_type_everywhere() -> None:
    assert isinstance(PLAIN.ends(date(2026, 7, 13)), int)
    assert Ms(PLAIN.begins(date(2026, 7, 13))) == T0
