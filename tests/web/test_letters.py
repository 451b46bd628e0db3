"""What a card says on the page: both laws, time left, removals, nothing inward of the other side."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.ids import CaseId, Ms
from comity.screen import BodyLine, Removal, WorkItem
from comity.web import letters
from comity.web.letters import Sight
from comity.web.texts import Texts
from tests.web.board import AURIA, BOREA, DAY_START, HOUR, MINUTE, Board, Clock, Count, tell_day, verdict

NOW = Ms(DAY_START + 9 * HOUR + 42 * MINUTE)
SIGHT = Sight(NOW, (AURIA, BOREA), Texts())


def day() -> tuple[Board, dict[str, object]]:
    board = Board(Clock(NOW), Count())
    return board, tell_day(board)  # type: ignore[return-value]  # the story's own names


def one(name: str) -> letters.DispatchCard:
    board, told = day()
    card = board.dispatch(told[name], NOW)  # type: ignore[arg-type]  # as above
    assert card is not None
    return card


def test_both_laws_stand_in_every_dispatch_ours_first() -> None:
    view = letters.letter(one("cyber"), SIGHT)
    assert [(o.party, o.ours, o.look) for o in view.opinions] == [("XA", True, "permit"), ("XB", False, "with")]


def test_a_verdict_that_is_missing_or_unknown_is_said_to_be_unknown() -> None:
    for verdicts in ((verdict("XA"),), (verdict("XA"), replace(verdict("XB", known=False), effect="", sentence=""))):
        theirs = letters.letter(replace(one("ask"), verdicts=verdicts), SIGHT).opinions[1]
        assert (theirs.look, theirs.word) == ("unknown", "Not known here")
        assert theirs.sentence
        assert not theirs.articles


def test_what_only_its_act_tells_of_their_law_is_shown_without_an_article() -> None:
    told = (verdict("XA"), verdict("XB", "refuse", "admit", known=False, sentence="It was not admitted."))
    theirs = letters.letter(replace(one("ask"), verdicts=told), SIGHT).opinions[1]
    assert (theirs.look, theirs.sentence, theirs.articles, theirs.ground) == (
        "refuse",
        "It was not admitted.",
        (),
        None,
    )
    assert theirs.edition == "edition and reasons not known here"


def test_a_law_that_answers_on_admission_and_on_use_is_shown_twice() -> None:
    told = (verdict("XB"), verdict("XA", act="admit"), verdict("XA", "refer", "use"))
    view = letters.letter(replace(one("part"), verdicts=told), SIGHT)
    assert [(o.party, o.act, o.look) for o in view.opinions] == [
        ("XA", "receiving", "permit"),
        ("XA", "use", "refer"),
        ("XB", "sending", "permit"),
    ]


def test_an_inward_ground_of_theirs_is_never_shown() -> None:
    told = (verdict("XB", "refuse", ground="location"), verdict("XA", "refuse", "admit", ground="disproportionate"))
    ours, theirs = letters.letter(replace(one("list"), verdicts=told), SIGHT).opinions
    assert (ours.ground, theirs.ground) == ("disproportionate", None)


def test_an_unknown_effect_looks_like_a_refusal_not_like_a_permit() -> None:
    assert letters.opinion(replace(verdict("XA"), effect="maybe"), SIGHT).look == "refuse"


def test_each_article_has_its_mark_and_a_missing_mark_is_left_open() -> None:
    line = replace(verdict("XA"), articles=("A s. 1", "B s. 2"), marks=("[text-read]",))
    assert letters.opinion(line, SIGHT).articles == (("A s. 1", "T", ()), ("B s. 2", "", ()))


def test_the_exercise_edition_is_said_at_the_verdict() -> None:
    assert letters.opinion(verdict("XA"), SIGHT).exercise
    assert not letters.opinion(verdict("XA", exercise=False), SIGHT).exercise


@pytest.mark.parametrize(
    ("due", "look", "text"),
    [(10 * HOUR + 11 * MINUTE, "soon", "29 min"), (10 * HOUR + 42 * MINUTE, "", "1 h"), (9 * HOUR, "over", "42 min")],
)
def test_time_left(due: int, look: str, text: str) -> None:
    late = due < NOW - DAY_START
    card = replace(one("ask"), due=Ms(DAY_START + due), overdue=late, overdue_of="XB" if late else None)
    left = letters.letter(card, SIGHT).left
    assert left is not None
    assert (left.look, left.text) == (look, text)
    assert "full answer" in left.what
    assert left.due.endswith("UTC")
    assert ("owed by XB" in left.what) is late


def test_nothing_owed_shows_no_limit_and_no_answered_step() -> None:
    view = letters.letter(replace(one("ask"), due=None), SIGHT)
    assert view.left is None
    assert "Answered" not in [s.word for s in view.steps]


def test_arrived_seen_answered_are_three_facts_with_times() -> None:
    steps = {s.word: (s.done, s.time) for s in letters.letter(one("ask"), SIGHT).steps}
    assert steps["Arrived"] == (True, "02:11")
    assert steps["Seen"] == (True, "02:34")
    assert steps["Answered"] == (False, "")


def test_facts_stand_in_the_log_of_whoever_stated_them() -> None:
    happened = {h.word: (h.log, h.utc, h.local) for h in letters.letter(one("ask"), SIGHT).happened}
    assert happened["Committed"] == ("XA", "02:10:00", ("Sun 23:10", "Mon 07:55"))
    assert happened["Seen"][0] == "XB"
    assert happened["Answered"] == ("XB", "", ())


def test_a_removal_names_its_class_and_is_not_said_twice() -> None:
    view = letters.letter(one("part"), SIGHT)
    assert [g.text for g in view.gaps] == ["Removed: national-number"]
    assert view.gaps[0].where == "in form, by their law"
    assert view.gaps_apart == ()
    assert view.body[-1].removed == "Removed: national-number"


@pytest.mark.parametrize(
    ("by", "said"), [("us", "our law"), ("them", "their law"), ("XA", "our law"), ("desk", "desk")]
)
def test_who_removed_it(by: str, said: str) -> None:
    assert letters.gap(Removal("source", "row 3", by), SIGHT).where == f"in row 3, by {said}"


def test_recalled_text_is_closed_and_the_fact_stays() -> None:
    view = letters.letter(one("recalled"), SIGHT)
    assert view.body == ()
    assert view.recalled == "08:05"


def test_quarantined_is_said_with_its_code() -> None:
    view = letters.letter(one("quarantined"), SIGHT)
    assert (view.end, view.end_time, view.code) == ("quarantined", "06:12", "bad-envelope")


def test_a_bad_language_tag_is_dropped() -> None:
    assert letters.line(BodyLine("a", "b", None, "hi-Deva"), SIGHT.texts).lang == "hi-Deva"
    assert letters.line(BodyLine("a", "b", None, 'en" onload="x'), SIGHT.texts).lang is None


@pytest.mark.parametrize(
    ("text", "look"),
    [("H1", "code h"), ("H10", "code"), ("TLP:AMBER+STRICT", "tlp amber"), ("TLP:WHITE", "code"), ("lead-only", "code cond"), ("4x4 B2", "code"), ("PAP:RED", "code")],
)  # fmt: skip
def test_labels_stand_in_full(text: str, look: str) -> None:
    assert letters.code(text) == letters.Code(text, look)


def test_unknown_words_are_shown_as_they_came() -> None:
    card = replace(one("ask"), kind="new-kind", stage="draft", urgency=9)
    view = letters.letter(card, SIGHT)
    assert view.kind == "new-kind, draft"
    assert (view.urgency.name, view.urgency.word) == ("normal", "9")


def test_the_proof_in_one_sentence_needs_the_cosignature() -> None:
    card = one("part")
    assert "Borea committed this dispatch, Auria co-signed" in letters.letter(card, SIGHT).sentence
    waiting = replace(card, times=replace(card.times, cosigned=None))
    assert "until Auria has co-signed" in letters.letter(waiting, SIGHT).sentence


def test_a_case_is_announced_at_30_10_and_5_minutes_and_when_it_is_over() -> None:
    board, _ = day()
    case = next(c for c in board.cases(NOW) if c.case == CaseId((1).to_bytes(16, "big")))
    assert case.due is not None

    def said(before: int) -> str:
        return letters.file(case, replace(SIGHT, now=Ms(case.due - before))).say  # type: ignore[operator]  # asserted above

    assert said(31 * MINUTE) == ""
    assert said(29 * MINUTE).startswith("30 minutes left")
    assert said(9 * MINUTE).startswith("10 minutes left")
    assert said(4 * MINUTE).startswith("5 minutes left")
    assert letters.file(replace(case, overdue=True), SIGHT).say.startswith("Overdue")


@pytest.mark.parametrize(
    "state", ["up", "unpaired", "recovering", "silent", "uncosigned", "suspended", "broken", "superseded"]
)
def test_each_state_of_the_link_has_words(state: str) -> None:
    board, _ = day()
    view = letters.wire(replace(board.link(), state=state, waiting=2, oldest_waiting=NOW), SIGHT)
    assert view.word != state
    assert view.text != state
    assert view.waiting == "2, the oldest since 09:42"


def test_an_unknown_state_of_the_link_has_no_colour() -> None:
    board, _ = day()
    view = letters.wire(replace(board.link(), state="odd", last_exchange=None, waiting=3), SIGHT)
    assert (view.word, view.look, view.last, view.waiting) == ("odd", "", "none yet", "3")


def test_the_bar_says_in_words_what_the_line_shows() -> None:
    line = letters.days(SIGHT)
    assert "Aurin 11:30 to 20:00" in line.sentence
    assert "Now 09:42 UTC" in line.sentence
    assert line.now == "55.4"  # 2 + 582 / 1440 * 132
    assert [bar[0] for bar in line.bars] == ["open-o", "open-t"]
    assert letters.capital(AURIA, SIGHT).office == "Office closed"
    assert letters.capital(BOREA, SIGHT).office == "Office open"


def test_refused_is_said_with_its_outward_code_alone() -> None:
    card = one("list")
    card = replace(card, times=replace(card.times, refused=NOW, code="cannot-assist"))
    view = letters.letter(card, SIGHT)
    assert (view.end, view.code) == ("refused", "cannot-assist")
    assert "Seen" not in [s.word for s in view.steps]


def test_missing_feedback_stands_with_who_owes_it():
    one = WorkItem("W-1", "aim", (), 0, 0, (), "30 Sep", "measure", (("XB", 2), ("XA", 1)))
    assert letters.work_item(one, SIGHT).missing == (
        ("XB", False, "feedback missing: 2"),
        ("XA", True, "feedback missing: 1"),
    )


def test_a_line_of_codes_stands_in_the_readers_words_and_free_text_as_it_was_written():
    french = Texts("fr")
    asked = letters.line(BodyLine("records", "customs-record, permit-data", None, "en"), Texts())
    assert (asked.text, asked.lang) == ("customs records, permit data", None)
    assert "douan" in letters.line(BodyLine("records", "customs-record", None, "en"), french).text
    for label, text in (("reason", "The container left early"), ("records", "customs-record, of 2025"), ("asks", "")):
        kept = letters.line(BodyLine(label, text, None, "en"), french)
        assert (kept.text, kept.lang) == (text, "en")
