"""What became of a case in words: whose move it is, who was told, what a visitor can do about it and what not."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from comity.base.ids import CaseId, DispatchId, Ms, show_id
from comity.policy.access import Deed, Person
from comity.screen.case import After, FeedbackState, Holder, Keeping, OpenDuty, Promise, Treaty
from comity.screen.duty import HandoverLine, Told
from comity.screen.inbox import Line
from comity.screen.tasks import TaskCard, TaskState
from comity.web import aftermath, dutyview, listing
from comity.web.letters import Sight
from comity.web.texts import Texts
from tests.web.board import AURIA, BOREA, DAY_START

NOW = Ms(DAY_START + 600_000)
AT = Sight(NOW, (AURIA, BOREA), Texts())
ID, OWED = DispatchId(bytes(15) + b"\x01"), DispatchId(bytes(15) + b"\x02")
CASE = CaseId(ID)
LINE = Line(
    ID, True, "rfi", "", CASE, 2, None, "XA-2026-0001", None, "Lorries", "Police", ("Customs",), (), NOW, NOW, NOW, NOW,
    None, None, None, None, None, None, None, "", False, True, ("requests", 7),
)  # fmt: skip
NOTHING = After()
DUTY = OpenDuty("feedback", "wanted", True, Ms(NOW + 1), CASE, "XA-2026-0001", ID)


class Needs:
    """Opens what a test says."""

    def __init__(self, *deeds: Deed) -> None:
        self._deeds = deeds

    def may(self, _person: object, deed: Deed, _case: object = None) -> bool:
        return deed in self._deeds


def visit(*deeds: Deed, tasks: object = None) -> Any:
    site = SimpleNamespace(needs=Needs(*deeds), tasks=tasks)
    person = Person("requests", 7, "police", frozenset({"officer"}))
    return cast(
        "Any", SimpleNamespace(site=site, who=SimpleNamespace(person=person), case=None, now=NOW, texts=AT.texts)
    )


def file(after: After = NOTHING, *duties: OpenDuty) -> Any:
    return cast("Any", SimpleNamespace(case=CASE, after=after, duties=duties))


@pytest.mark.parametrize(
    ("change", "word", "facts"),
    [
        ({"withdrawn": NOW, "answered": NOW}, "Withdrawn", ("Taken back by who asked, 00:10 UTC. Nothing more is answered to it.",)),
        ({"converted": NOW, "answered": NOW}, "By treaty", ("Goes on by treaty since 00:10 UTC.",)),
        ({"answered": NOW}, "Answered", ()),
        ({"passed_to": "Harbour", "passed": NOW}, "Seen", ("Passed to Harbour, 00:10 UTC. Its limits go on.",)),
    ],
)  # fmt: skip
def test_how_a_question_ended_is_one_word_in_a_list_and_a_sentence_in_its_case(change: dict[str, Any], word: str, facts: tuple[str, ...]) -> None:  # fmt: skip
    line = replace(LINE, **change)
    assert listing.state_of(line, AT).word == word
    assert aftermath.facts(line, AT) == facts


def test_a_row_says_to_which_agency_it_was_passed() -> None:
    person = Person("requests", 7, "police", frozenset({"officer"}))
    assert listing.row(replace(LINE, passed_to="Harbour"), person, AT).ends == "Police to Customs, passed to Harbour"
    assert listing.row(LINE, person, AT).ends == "Police to Customs"


def test_a_holder_is_told_or_not_and_only_who_may_says_so() -> None:
    holder = Holder("Harbour", ours=True, by="passed", told=None, owed=OWED)
    open_ = aftermath.told(holder, visit(Deed.OWED), AT)
    assert open_.text == "Harbour, to which we passed it on: not told yet"
    assert open_.go is not None
    assert open_.go.href == f"/owed/{show_id(OWED)}"
    assert aftermath.told(holder, visit(), AT).go is None
    done = aftermath.told(Holder("Customs", ours=False, by="sent", told=NOW, outcome="stopped"), visit(Deed.OWED), AT)
    assert (done.text, done.done, done.go) == ("Customs, to which it was sent: told 00:10 UTC, not used any more", True, None)  # fmt: skip


@pytest.mark.parametrize(
    ("duty", "text", "stage", "href"),
    [
        (DUTY, "Feedback on their answer", "wanted", "feedback"),
        (replace(DUTY, ours=False, stage="missing"), "Their feedback on our answer", "missing", ""),
        (replace(DUTY, kind="contact-note", stage=""), "Confirm their note of a call or meeting", "", "confirm"),
        (replace(DUTY, kind="preservation", stage="ends-soon"), "Data they keep for us until then", "ends soon", "preserve"),
        (replace(DUTY, kind="preservation", stage="kept"), "Data they keep for us until then", "kept", ""),
        (replace(DUTY, kind="treaty-status", stage=""), "Our word on where the treaty request stands", "", ""),
        (replace(DUTY, kind="recall", stage="unread", ours=False), "Their desk has not opened our recall", "not opened", ""),
        (replace(DUTY, kind="correction", stage="tell", agency="Harbour", owed=OWED), "Tell Harbour of the correction", "", "owed"),
    ],
)  # fmt: skip
def test_an_open_thing_says_whose_move_it_is(duty: OpenDuty, text: str, stage: str, href: str) -> None:
    (one,) = aftermath.open_things(file(NOTHING, duty), visit(Deed.OWED, Deed.COMPOSE), AT)
    assert (one.text, one.stage, one.short) == (text, stage, "XA" if duty.ours else "XB")
    address = "" if one.go is None else one.go.href
    assert address == {"": "", "owed": f"/owed/{show_id(OWED)}"}.get(href, f"/dispatch/{show_id(ID)}/{href}")
    (reads,) = aftermath.open_things(file(NOTHING, duty), visit(), AT)
    assert reads.go is None


def test_ours_comes_before_theirs() -> None:
    found = aftermath.open_things(file(NOTHING, replace(DUTY, ours=False), DUTY), visit(), AT)
    assert [one.ours for one in found] == [True, False]


def test_every_kind_and_stage_of_what_is_open_has_words() -> None:
    for kind in ("feedback", "contact-note", "preservation", "treaty-status", "correction", "recall", "withdraw"):
        for ours in (True, False):
            (one,) = aftermath.open_things(file(NOTHING, replace(DUTY, kind=kind, ours=ours, stage="")), visit(), AT)
            assert not one.text.startswith("case."), kind


def test_each_fact_says_whose_it_is() -> None:
    end = Ms(NOW + 86_400_000)
    after = After(
        treaty=(
            Treaty(ID, ours=True, at=NOW, authority="Bureau", instrument="letter", number="T-9", usable=("lead",)),
            Treaty(ID, ours=False, at=NOW, authority="Bureau", instrument="letter", number="", usable=()),
        ),
        keepings=(Keeping(ID, True, end, None, None), Keeping(ID, True, end, end, None), Keeping(ID, False, end, end, OWED)),
        promises=(Promise(ID, False, ID, ("treatment", "use"), "Minister", None),),
        feedback=(
            FeedbackState(ID, True, NOW, None, "", ()),
            FeedbackState(OWED, False, NOW, ID, "partly", ("lead",)),
            FeedbackState(CASE, False, NOW, ID, "too-late", ()),
        ),
    )  # fmt: skip
    waits = replace(DUTY, ours=False, stage="missing")
    assert aftermath.became(file(after, waits), AT) == (
        ("XA", "Goes on by treaty since 13 Jul 2026: letter, through Bureau, T-9", True),
        ("XA", "Usable until then: as a lead", True),
        ("XB", "Goes on by treaty since 13 Jul 2026: letter, through Bureau, no number yet", False),
        ("XA", "Asked to keep data until 14 Jul 2026; not answered yet", True),
        ("XA", "Asked to keep data; kept until 14 Jul 2026", True),
        ("XB", "Asked to keep data until 14 Jul 2026; renewed since", False),
        ("XB", "Promised, how the person is treated and how the fact is used: Minister, without an end", False),
        ("XA", "Feedback on this side's answer: missing", True),
        ("XB", "Feedback on this side's answer: partly useful; used for a lead", False),
        ("XB", "Feedback on this side's answer: too late", False),
    )
    assert aftermath.became(file(after), AT)[7][1] == "Feedback on this side's answer: not here yet"


TASK = TaskCard(ID, CASE, None, "XA-2026-0001", "customs", None, "Look it up", "requests", 3, "police", NOW, Ms(NOW + 1), None, TaskState.GIVEN)  # fmt: skip


class Tasks:
    """One task of the case."""

    def of_case(self, case: CaseId) -> tuple[TaskCard, ...]:
        assert case == CASE
        return (TASK,)

    def agencies(self) -> tuple[tuple[str, str, tuple[int, ...]], ...]:
        return (("customs", "Customs", ()),)


def test_tasks_of_the_case_are_links_for_who_may_open_them_and_words_for_the_others() -> None:
    found = aftermath.tasks(file(), visit(Deed.TASKS, tasks=Tasks()), AT)
    assert found is not None
    assert [(one.asked, one.whom, one.href) for one in found.rows] == [
        ("Look it up", "Customs", f"/task/{show_id(ID)}")
    ]
    assert found.give == f"/case/{show_id(CASE)}/task"
    read = aftermath.tasks(file(), visit(tasks=Tasks()), AT)
    assert read is not None
    assert ([one.href for one in read.rows], read.give) == ([""], "")
    assert aftermath.tasks(file(), visit(Deed.TASKS), AT) is None


@pytest.mark.parametrize(
    ("what", "words", "href"),
    [
        ("correction.tell:harbour", "Tell harbour of the correction", "/owed/X"),
        ("feedback.ours", "Feedback on their answer", "/dispatch/X"),
        ("later-kind.ours", "later-kind.ours", "/dispatch/X"),
    ],
)
def test_a_line_of_a_hand_over_note_says_what_is_open_and_where(what: str, words: str, href: str) -> None:
    one = dutyview.made(HandoverLine(Told.OPEN, "X", "XA-2026-0001", what, None, Ms(NOW + 1)), AT)
    assert (one.told, one.what, one.number, one.href) == ("Open in a case", words, "XA-2026-0001", href)
