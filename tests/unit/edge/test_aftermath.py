"""Two nodes: what became of a case stands in its file, its lines and its traces on both sides, and of no other case."""

from __future__ import annotations

import pytest

from comity.base.ids import Ms
from comity.edge.handoverlines import made_now
from comity.screen.duty import Told
from tests.unit.edge.casesworld import readers_of
from tests.unit.edge.test_board import DAY
from tests.unit.edge.test_duties import FINAL, LINE, Story


@pytest.fixture
def story():
    return Story()


def file_of(node, case, now):
    found = readers_of(node).cases.file(case, now)
    assert found is not None
    return found


def line_of(node, dispatch):
    return readers_of(node).inbox.line(dispatch)


def steps(node, dispatch):
    return [(one.what, one.word) for one in readers_of(node).traces.trace(dispatch).steps]


def test_a_question_that_was_taken_back_says_so_in_lists_and_trace(story):
    one = story.ask()
    other = story.ask()
    story.tell(story.a, "withdraw", {"reason": "no-longer-needed"}, re=(one,), case=one)
    for node in (story.a, story.b):
        line = line_of(node, one)
        assert line.withdrawn == line.answered is not None
        assert (line.converted, line.passed_to) == (None, "")
        assert ("withdrawn", "") in steps(node, one)
        assert line_of(node, other).withdrawn is None
        assert [d.kind for d in file_of(node, one, story.now).duties] == ["withdraw"]
        assert not file_of(node, other, story.now).duties


def test_a_question_that_was_passed_on_names_the_agency_that_has_it_and_when(story):
    one = story.ask()
    story.pass_on(story.b, one, "harbour")
    over = story.tell(story.b, "transfer", {"agency": "harbour", "reason": "They keep the ships."}, re=(one,), case=one)
    for node in (story.a, story.b):
        line = line_of(node, one)
        assert line.passed_to == "Harbour Watch"
        assert line.passed == int.from_bytes(over.id[:6], "big")
        assert ("transferred", "harbour") in steps(node, one)
        assert line_of(node, over.id).passed is None


def test_a_case_by_treaty_has_its_reference_and_whose_word_is_due(story):
    one, other = story.ask(), story.ask()
    body = {"authority": "bureau", "instrument": "letter", "treaty_reference": "T-9", "usable": ["lead"]}
    story.tell(story.a, "convert-to-mla", body, re=(one,), case=one)
    for node, ours in ((story.a, True), (story.b, False)):
        file = file_of(node, one, story.now)
        (treaty,) = file.after.treaty
        assert (treaty.ours, treaty.number, treaty.usable) == (ours, "T-9", ("lead",))
        assert [(d.kind, d.ours) for d in file.duties] == [("treaty-status", not ours)]
        assert ("converted", "") in steps(node, one)
        assert line_of(node, one).converted is not None
        assert file_of(node, other, story.now).after.treaty == ()


def test_holders_stand_with_the_mark_and_what_must_be_told_with_its_case(story):
    one = story.tell(story.a, "spontaneous", {"title": "A lorry", "text": "It is red."}).id
    story.pass_on(story.b, one, "harbour")
    mark = story.tell(story.a, "correction", {"replacements": [LINE]}, re=(one,), replaces=one, case=one).id
    file = file_of(story.b, one, story.now)
    assert [id_ for id_, _ in file.holders] == [mark]
    assert [(h.agency, h.by, h.told, h.owed is not None) for h in file.holders[0][1]] == [
        ("agency", "sent", None, False),
        ("Harbour Watch", "passed", None, True),
    ]
    assert [(d.kind, d.stage, d.agency) for d in file.duties if d.stage == "tell"] == [
        ("correction", "tell", "Harbour Watch")
    ]


def test_feedback_that_came_and_that_is_missing(story):
    one, two = story.ask(), story.ask()
    first = story.tell(story.b, "answer", FINAL, re=(one,), case=one).id
    story.tell(story.b, "answer", FINAL, re=(two,), case=two)
    story.tell(story.a, "feedback", {"useful": "partly", "used": ["lead"]}, re=(first,), case=one)
    (came,) = file_of(story.b, one, story.now).after.feedback
    assert (came.ours, came.useful, came.used) == (True, "partly", ("lead",))
    late = Ms(story.now + 40 * DAY)
    (missing,) = file_of(story.a, two, late).duties
    assert (missing.kind, missing.stage, missing.ours) == ("feedback", "missing", True)
    (state,) = file_of(story.a, two, late).after.feedback
    assert (state.feedback, state.useful) == (None, "")


def test_a_preservation_and_a_promise_are_facts_of_the_case(story):
    until = int(story.now) + 80 * DAY
    ask = {"title": "Account", "text": "Keep.", "until": until, "records": ["subscriber-record"], "own_power": "order"}
    one = story.tell(story.a, "preserve", ask).id
    story.tell(story.b, "answer", {"state": "final", "kept_until": until}, re=(one,), case=one)
    promise = {"state": "given", "target": one, "covers": ["treatment"], "text": "None.", "authority": "Minister"}
    story.tell(story.b, "assurance", promise, case=one)
    after = file_of(story.a, one, story.now).after
    assert [(k.ours, k.kept) for k in after.keepings] == [(True, until)]
    assert [(p.ours, p.covers, p.until) for p in after.promises] == [(False, ("treatment",), None)]


class NoDuty:
    """A desk on which nothing but what is open in cases waits."""

    def unconfirmed(self, tx):
        return ()

    def due_lines(self, tx, until):
        return ()


def handed_over(node, now):
    with node.ledger.read() as tx:
        return [(one.told, one.what, one.number) for one in made_now(tx, NoDuty(), None, node.desk, now)]


def test_a_hand_over_note_has_what_is_open_in_cases(story):
    one = story.tell(story.a, "spontaneous", {"title": "A lorry", "text": "It is red."}).id
    story.pass_on(story.b, one, "harbour")
    assert handed_over(story.b, story.now) == []
    mark = story.tell(story.a, "correction", {"replacements": [LINE]}, re=(one,), replaces=one, case=one).id
    assert handed_over(story.b, story.now) == [
        (Told.OPEN, "correction.ours", "XB-2026-0001"),
        (Told.OPEN, "correction.tell:harbour", "XB-2026-0001"),
    ]
    assert handed_over(story.a, story.now) == [(Told.OPEN, "correction.theirs", "XA-2026-0001")]
    story.b.see([mark], story.now)
    assert [what for _, what, _ in handed_over(story.b, story.now)] == ["correction.tell:harbour"]


def test_a_hand_over_note_has_feedback_and_preservations_when_they_are_near(story):
    until = int(story.now) + 80 * DAY
    ask = {"title": "Account", "text": "Keep.", "until": until, "records": ["subscriber-record"], "own_power": "order"}
    one = story.tell(story.a, "preserve", ask).id
    story.tell(story.b, "answer", {"state": "final", "kept_until": until}, re=(one,), case=one)
    two = story.ask()
    story.tell(story.b, "answer", FINAL, re=(two,), case=two)

    def on(day):
        told = handed_over(story.a, Ms(story.now + int(day * DAY)))
        return [what for word, what, _ in told if word is Told.OPEN]

    assert on(1) == []
    assert on(13.9) == ["feedback.ours"]
    assert on(29.9) == ["feedback.ours"]
    assert on(31) == [], "it is missing: told once by an alarm, and counted"
    assert on(74) == ["preservation.ours"]
    assert [w for _, w, _ in handed_over(story.b, Ms(story.now + 74 * DAY))] == [], "who asked for it decides"
