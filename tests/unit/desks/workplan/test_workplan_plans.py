"""A plan is one value: what changes make of it, what differs, what a body must have, and that files lose nothing."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from comity.base.bodies import tidy
from comity.base.errors import BadEnvelope, BadForm
from comity.base.ids import Digest, DispatchId, Ms, show_id
from comity.base.readers import Misfit
from comity.desks.workplan.body import compose_body, read
from comity.desks.workplan.calendar import calendar_text, plan_entries
from comity.desks.workplan.files import from_csv, to_csv
from comity.desks.workplan.kinds import operation_of, plan_of
from comity.desks.workplan.model import Action, Item, Operation, Plan, Priority, Track, What
from comity.desks.workplan.plans import (
    apply,
    changes,
    clashes,
    difference,
    operation_value,
    ordered,
    plan_value,
    version_digest,
)
from comity.desks.workplan.web import body_lines

OWNERS = (("xa", "watch"), ("xb", "guard"))
BOTH = frozenset({"xa", "xb"})
ITEM = Item("F-2", (("en", "lost travellers"), ("osv", "person perdat")), OWNERS, "ten days", "2026-12-01", "P-1")
ACTION = Action("F-2.1", "F-2", (("en", "count, or; else\\"),), OWNERS, "2026-11-01", "=1+1")
PLAN = Plan(
    "Common work",
    "2026-05-20",
    (Priority("P-1", (("en", "travel"),)),),
    (ITEM, replace(ITEM, id="F-10", closed=True)),
    (ACTION,),
    (Track("T-1", (("en", "trade"),), OWNERS, ("2026-10-01", "2026-11-01")),),
)
DIGEST = Digest(b"d" * 32)
AMEND = {"state": "proposal", "number": 1, "seen": 0, "base": DIGEST, "result": DIGEST}
CHANGE = {"what": "title", "id": "title", "to": "Other work"}


def test_a_plan_is_the_same_after_every_way_there_and_back():
    value = plan_value(PLAN)
    assert plan_of(value) == PLAN == ordered(plan_of(tidy(value)))
    assert ordered(plan_of(tidy(from_csv(to_csv(PLAN))))) == PLAN
    for one in (*changes(Plan("x", "2026-05-20"), PLAN), Operation(What.ACTION, "F-9", None)):
        assert operation_of(operation_value(one)) == one


def test_ids_are_ordered_by_their_numbers_and_are_there_once():
    assert [one.id for one in ordered(replace(PLAN, items=PLAN.items[::-1])).items] == ["F-2", "F-10"]
    with pytest.raises(BadForm, match="F-2 twice"):
        ordered(replace(PLAN, items=(ITEM, ITEM)))


def test_a_digest_is_of_number_history_and_text():
    assert len({version_digest(1, None, PLAN), version_digest(2, None, PLAN), version_digest(1, DIGEST, PLAN)}) == 3
    assert version_digest(1, None, PLAN) != version_digest(1, None, replace(PLAN, title="x"))


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (Operation(What.TITLE, "title", None), "has a title"),
        (Operation(What.ITEM, "F-2", None), "close it"),
        (Operation(What.ACTION, "F-9", None), "no action F-9"),
        (Operation(What.ACTION, "F-2.1", "text"), "is a record"),
        (Operation(What.ITEM, "F-2", replace(ITEM, owners=OWNERS[:1])), "one owner on each side"),
        (Operation(What.TRACK, "T-1", Track("T-1", (("en", "x"),), (("zz", "who"),))), "neither side"),
        (Operation(What.ITEM, "F-2", ITEM), "changes nothing"),
        (Operation(What.PRIORITY, "P-1", None), "names the priority"),
        (Operation(What.ACTION, "F-2.2", replace(ACTION, id="F-2.2", item="F-3")), "names the item"),
    ],
)
def test_a_change_that_does_not_fit_says_why(operation, words):
    with pytest.raises(BadForm, match=words):
        apply(PLAN, (operation,), BOTH)


def test_changes_lead_from_one_plan_to_the_other_and_differences_name_each_field():
    other = replace(
        PLAN,
        title="New",
        items=(replace(ITEM, due="2027-01-01", measure="five days"),),
        actions=(),
        priorities=PLAN.priorities,
    )
    found = changes(PLAN, other)
    after = apply(PLAN, found, BOTH)
    assert after == replace(other, items=(other.items[0], PLAN.items[1]))
    assert [(one.what.value, one.id, one.field, one.before, one.after) for one in difference(PLAN, after)] == [
        ("title", "title", "", "Common work", "New"),
        ("item", "F-2", "measure", "ten days", "five days"),
        ("item", "F-2", "due", "2026-12-01", "2027-01-01"),
        ("action", "F-2.1", "", "count, or; else\\", ""),
    ]
    dropped = changes(PLAN, replace(PLAN, items=(), actions=(), priorities=()))
    assert [one for one in dropped if one.what is What.ITEM] == [
        Operation(What.ITEM, "F-2", replace(ITEM, closed=True))
    ]
    assert clashes(PLAN, after, (Operation(What.ITEM, "F-2", ITEM), Operation(What.TRACK, "T-1", None))) == ("F-2",)
    fields = {
        one.field
        for one in difference(
            PLAN, replace(PLAN, items=(replace(ITEM, closed=True, owners=OWNERS[:1], aim=ITEM.aim[:1]), PLAN.items[1]))
        )
    }
    assert fields == {"aim", "owners", "closed"}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"operations": None}, "operations stand"),
        ({"result": None}, "result stands"),
        ({"state": "agreed", "operations": None}, "about names"),
        ({"state": "declined", "operations": None, "result": None, "about": bytes(16)}, "lacks reason"),
        ({"state": "maybe"}, "not one of"),
        ({"number": 0}, "from 1 on"),
        ({"seen": -1}, "from 0 on"),
        ({"seen": None}, "lacks seen"),
        ({"number": None}, "lacks number"),
        ({"base": b"short"}, "32 bytes"),
        ({"colour": "red"}, "no field called colour"),
        ({"operations": [{"what": "title", "id": "title", "to": "x", "more": "y"}]}, "is not a change"),
        ({"operations": ["x", "y"]}, "is not a change"),
        ({"operations": [{"what": "item", "id": "F-3", "to": plan_value(PLAN)["items"][0]}]}, "names one thing"),
    ],
)
def test_an_amendment_that_does_not_fit_says_why(changed, words):
    with pytest.raises(BadForm, match=re.escape(words)):
        compose_body("workplan-amend", {**AMEND, "operations": [CHANGE], **changed})


@pytest.mark.parametrize(
    "changed",
    [
        {"due": "2026-02-30"}, {"due": "soon"}, {"aim": {}}, {"aim": {"english": "x"}}, {"owners": {"xa": "The Watch"}}, {"id": "F 2"},
    ],
)  # fmt: skip
def test_a_record_that_does_not_fit_is_no_plan(changed):
    value = plan_value(PLAN)
    with pytest.raises(Misfit):
        plan_of({**value, "items": [{**value["items"][0], **changed}]})


def test_days_of_a_track_are_in_order_and_a_body_of_no_kind_is_none():
    with pytest.raises(Misfit, match="sorted"):
        plan_of(
            {
                **plan_value(PLAN),
                "tracks": [
                    {"id": "T-1", "title": {"en": "x"}, "owners": {"xa": "ww"}, "days": ["2026-02-02", "2026-02-01"]}
                ],
            }
        )
    with pytest.raises(BadEnvelope, match="no kind"):
        body_lines("pen", b"")
    with pytest.raises(BadEnvelope, match="does not fit"):
        read("workplan-amend", b"\xa0")
    with pytest.raises(BadForm, match="nothing is filled in"):
        compose_body("workplan-amend", [])
    with pytest.raises(Misfit):
        plan_of([])


def test_a_body_is_laid_out_in_lines():
    body = compose_body(
        "workplan-amend", {**AMEND, "operations": [CHANGE, {"what": "action", "id": "A-1"}], "text": "why"}
    )
    lines = [(one.label, one.text) for one in body_lines("workplan-amend", body)]
    assert lines[:4] == [
        ("state", "proposal"),
        ("text", "why"),
        ("change", "= title: Other work"),
        ("change", "- action A-1"),
    ]
    told = compose_body(
        "action-update",
        {"action": "A-1", "state": "done", "plan": DIGEST, "evidence": [bytes(15) + b"1"], "text": "all of it"},
    )
    assert [(one.label, one.text) for one in body_lines("action-update", told)] == [
        ("action", "A-1"), ("state", "done"), ("text", "all of it"), ("evidence", show_id(DispatchId(bytes(15) + b"1"))),
    ]  # fmt: skip
    with pytest.raises(BadForm, match="twice"):
        compose_body(
            "action-update", {"action": "A-1", "state": "done", "plan": DIGEST, "evidence": [bytes(16), bytes(16)]}
        )


def test_a_calendar_has_every_day_in_lines_of_75_octets():
    entries = plan_entries(PLAN, DIGEST, Ms(1_783_900_800_000), 1, "en")
    text = calendar_text("व्यापार " * 20, entries, DIGEST)
    lines = text.split("\r\n")
    assert lines[-1] == ""
    assert all(len(line.encode()) <= 75 for line in lines)
    plain = text.replace("\r\n ", "")
    assert plain.count("BEGIN:VEVENT") == plain.count("END:VEVENT") == 4
    assert f"X-WR-CALNAME:{'व्यापार ' * 20}" in plain
    assert "SUMMARY:F-2.1 count\\, or\\; else\\\\" in plain
    assert "DTSTART;VALUE=DATE:20261201\r\nDTEND;VALUE=DATE:20261202" in plain
    assert plain.count(f"@{DIGEST.hex()[:16]}.workplan") == 4
    assert "F-10" not in plain


def test_a_cell_is_never_a_formula_and_a_strange_line_is_none():
    text = to_csv(PLAN)
    assert "'=1+1" in text
    assert ",=1+1" not in text
    with pytest.raises(BadForm, match="line 2"):
        from_csv("what,id\r\nrobots,R-1\r\n")
