"""Each number of the script is compared: a day that went otherwise in one point is said to have."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from comity.cli.demo.check import deviations
from comity.cli.demo.report import read_day
from comity.cli.demo.served import LogFound


@pytest.fixture(scope="module")
def shown(finished):
    return read_day(finished)


def changed(shown, number: int, **changes):
    """Return the day with one dispatch otherwise."""
    return replace(
        shown, dispatches=tuple(replace(o, **changes) if o.number == number else o for o in shown.dispatches)
    )


def verdict(shown, number: int, place: int, **changes):
    (one,) = (one for one in shown.dispatches if one.number == number)
    verdicts = list(one.verdicts)
    verdicts[place] = replace(verdicts[place], **changes)
    return changed(shown, number, verdicts=tuple(verdicts))


def refusal(shown, number: int, **changes):
    return replace(shown, refusals=tuple(replace(o, **changes) if o.number == number else o for o in shown.refusals))


def item(shown, name: str, **changes):
    return replace(shown, workplan=tuple(replace(o, **changes) if o.item == name else o for o in shown.workplan))


def consignment(shown, number: int, **changes):
    return replace(
        shown, consignments=tuple(replace(o, **changes) if o.number == number else o for o in shown.consignments)
    )


def step(shown, number: int, **changes):
    """Return the day with one dispatch about a consignment otherwise."""
    return replace(
        shown,
        consignments=tuple(
            replace(o, dispatches=tuple(replace(s, **changes) if s.number == number else s for s in o.dispatches))
            for o in shown.consignments
        ),
    )


def states(shown, number: int, **changes):
    (one,) = (one for one in shown.dispatches if one.number == number)
    return changed(shown, number, states={**one.states, **changes})


def test_the_day_as_it_went_is_the_scripts(finished, shown):
    assert deviations(finished, shown, ()) == []


PLANTED = {
    "a dispatch is missing": (lambda s: changed(s, 6, sender="in"), "dispatches by party"),
    "another kind": (lambda s: changed(s, 12, kind="reminder"), "dispatches by kind"),
    "another stage": (lambda s: changed(s, 40, stage="final"), "answers"),
    "another effect": (lambda s: verdict(s, 5, 0, effect="permit"), "dispatch 5, in clear"),
    "an article is missing": (lambda s: verdict(s, 5, 1, articles=("another",)), "dispatch 5, ca admit"),
    "no article at all": (lambda s: verdict(s, 14, 1, articles=()), "no article"),
    "another obligation": (lambda s: verdict(s, 39, 0, obligations=()), "dispatch 39, ca clear: obliges"),
    "nothing was removed": (lambda s: changed(s, 42, redactions=()), "dispatch 42: removed []"),
    "it was not filed": (lambda s: changed(s, 7, log=replace(s.dispatches[0].log, receipt_fact="refused")), "receipt"),
    "it was seen late": (lambda s: states(s, 39, seen="2026-07-13T03:34:00.000Z"), "dispatch 39 is seen"),
    "it was not seen": (lambda s: states(s, 39, seen=None), "dispatch 39 is not seen"),
    "times out of order": (lambda s: states(s, 39, arrived="2026-07-13T02:09:00.000Z"), "out of order"),
    "another ground": (lambda s: refusal(s, 18, ground="hard-stop"), "refusal 18"),
    "another word": (lambda s: refusal(s, 18, outward="no-legal-basis"), "refusal 18"),
    "a refusal without its article": (lambda s: refusal(s, 46, articles=()), "refusal 46: cites"),
    "a trace of the draft": (lambda s: refusal(s, 27, kept_at_home=False), "trace of the draft"),
    "another count": (lambda s: item(s, "W-2", moved=8), "W-2: moved 8"),
    "something is overdue": (lambda s: item(s, "W-1", overdue=1), "W-1: 1 overdue"),
    "nothing was late": (lambda s: item(s, "W-4", overdue_of=()), "W-4: late []"),
    "a late first answer": (lambda s: states(s, 40, sent="2026-07-13T04:25:00.000Z"), "first answer on the threat"),
    "a consignment is not there": (lambda s: replace(s, consignments=s.consignments[:2]), "consignments: [201, 206]"),
    "nothing held it": (lambda s: consignment(s, 206, held=()), "consignment 206, held when it was notified"),
    "nothing holds it": (lambda s: consignment(s, 208, holds=()), "consignment 208, held at the end"),
    "it stands elsewhere": (lambda s: consignment(s, 201, state="shipped"), "consignment 201, state"),
    "some of it is missing": (
        lambda s: consignment(s, 201, goods=(replace(s.consignments[0].goods[0], missing=20_000),)),
        "consignment 201, grams missing: 20000",
    ),
    "a screen says otherwise": (
        lambda s: consignment(s, 206, screens=(replace(s.consignments[1].screens[0], verdicts=("clear",)),)),
        "consignment 206, screen of ca",
    ),
    "a word out of turn": (lambda s: step(s, 209, out_of_turn=True), "consignment 208, said out of turn: [209]"),
    "the boards differ": (lambda s: consignment(s, 201, differences=("the boards differ",)), "the boards differ"),
    "a word is missing": (
        lambda s: consignment(s, 201, dispatches=s.consignments[0].dispatches[:-1]),
        "dispatch 205 is about no consignment",
    ),
    "another obligation on a consignment": (
        lambda s: step(s, 209, verdicts=(s.consignments[2].dispatches[1].verdicts[0],) * 2),
        "dispatch 209, ca clear: obliges",
    ),
    "no receipt for a notification": (
        lambda s: step(s, 206, log=replace(s.consignments[0].dispatches[0].log, receipt_fact="refused")),
        "dispatch 206: its receipt",
    ),
    "the nodes differ": (lambda s: replace(s, differences=("the screens count differently",)), "count differently"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_day_that_went_otherwise_is_said_to_have(finished, shown, name):
    plant, words = PLANTED[name]
    found = deviations(finished, plant(shown), ())
    assert any(words in one for one in found), found


@pytest.mark.parametrize("lacks", ["verified", "mirrored"])
def test_a_log_that_is_not_verified_is_a_deviation(finished, shown, lacks):
    good = LogFound("xo", "xo.example/log/1", 3, "00", "", verified=True, mirrored=True, findings=())
    assert deviations(finished, shown, (good,)) == []
    (found,) = deviations(finished, shown, (replace(good, findings=("wrong-root",), **{lacks: False}),))
    assert "wrong-root" in found


def test_totals_are_counted_and_not_taken_over(finished, shown):
    totals = msgspec.structs.replace(finished.script.totals, dispatches=47)
    script = msgspec.structs.replace(finished.script, totals=totals)
    assert deviations(replace(finished, script=script), shown, ()) == ["dispatches: 48, the script says 47"]
