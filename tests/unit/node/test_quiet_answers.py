"""A true no and a refusal that neither confirms nor denies: the same on the wire in code, size, header and time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.dispatch import wire
from comity.dispatch.book import LogRole
from comity.dispatch.columns import bytes_of
from comity.dispatch.entries import DispatchLeaf, decode_entry
from comity.dispatch.partsrow import parts_of
from comity.marking.labels import Urgency
from tests.unit.edge.deskworld import form, make_pair
from tests.unit.node.world import START, exchange

HOUR = 3_600_000
BEGIN = Ms(START - START % (6 * HOUR) + 6 * HOUR)
"""The first instant of a bucket of every length."""
NO = {"outward": "not-held-or-not-confirmed"}


def asked(urgency=Urgency.URGENT):
    """Return two nodes, the second of which holds a question of the first, and the question's id."""
    a, b = make_pair()
    (sent,) = a.submit([form(urgency=urgency, basis=("arrangement:1",))], BEGIN)
    for n in range(3):
        exchange(a, b, Ms(BEGIN + 100 + n))
    return a, b, sent.id


def refuse(question, **more):
    urgency = more.pop("urgency", Urgency.URGENT)
    body = more.pop("body", NO)
    ground = more.pop("ground", "not-held" if body["outward"] == NO["outward"] else "")
    return form("refusal", body=body, urgency=urgency, re=(question,), case=question, ground=ground, **more)


def on_the_wire(b, outcome):
    """Return all that the asking side can see of an answer, but for what is random."""
    with b.ledger.begin() as book:
        row = book.tx.rows("SELECT idx, plain FROM sent WHERE id = ?", (outcome.id,))[0]
        leaf = book.entry(LogRole.OURS, row[0]) if row[0] is not None else None
    header = wire.decode_header(parts_of(bytes_of(row[1]))[0].content)
    assert leaf is None or isinstance(leaf, DispatchLeaf)
    return {
        "header": replace(header, id=bytes(16), accord=bytes(32)),  # the accord of each pair has other signatures
        "body": parts_of(bytes_of(row[1]))[1].content,
        "id time": header.id[:6],
        "leaf": leaf and (leaf.lane, leaf.edition, leaf.size),
    }


def answered_at(b, a, question, at, made):
    """Answer at an instant, let time pass minute by minute, and return what is seen and when it first crossed."""
    (outcome,) = b.submit([made], at)
    before = len([e for e in entries(a) if isinstance(e, DispatchLeaf)])
    for minute in range(24 * 60):
        now = Ms(BEGIN + minute * 60_000)
        if now < at:
            continue
        due = b.due_at(now)
        if due is not None and due <= now:
            exchange(b, a, now)
        if len([e for e in entries(a) if isinstance(e, DispatchLeaf)]) > before:
            return on_the_wire(b, outcome), now
    raise AssertionError("it never crossed")


def entries(a):
    with a.ledger.begin() as book:
        size = book.logs[LogRole.THEIRS].size
        return [decode_entry(e) for e in book.entries(LogRole.THEIRS, 0, size)]


@pytest.mark.parametrize("urgency", [Urgency.IMMEDIATE, Urgency.URGENT, Urgency.NORMAL])
def test_what_the_officer_adds_and_when_he_decides_leave_no_trace(urgency):
    seen = []
    for minutes, more in (
        (1, {"ground": "not-held"}),
        (
            8,
            {
                "ground": "neither-confirm-nor-deny",
                "purpose": "fraud",
                "item": "W-2",
                "basis": ("other",),
                "conduct": "an act",
                "answer_by": Ms(BEGIN + 9 * HOUR),
                "retain_until": Ms(BEGIN + 99 * HOUR),
            },
        ),
    ):
        a, b, question = asked(urgency)
        made = refuse(question, urgency=urgency, **more)
        seen.append(answered_at(b, a, question, Ms(BEGIN + minutes * 60_000), made))
    assert seen[0] == seen[1]


def test_another_code_shows_the_difference_that_the_quiet_one_hides():
    """The plant: without the rule the two answers would differ in header and in time."""
    seen = []
    for minutes, more in ((1, {}), (8, {"basis": ("other",)})):
        a, b, question = asked()
        made = refuse(question, body={"outward": "cannot-assist"}, **more)
        seen.append(answered_at(b, a, question, Ms(BEGIN + minutes * 60_000), made))
    assert seen[0][0]["header"] != seen[1][0]["header"]
    assert seen[0][1] != seen[1][1]


def test_it_says_nothing_else_and_names_its_question():
    _a, b, question = asked()
    for body in (
        {**NO, "text": "Sorry."},
        {**NO, "other_way": "the treaty"},
        {**NO, "reference": "2026-0001"},
        {**NO, "language": "fr"},
        {**NO, "items": [{"label": "x", "value": "y"}]},
    ):
        (outcome,) = b.submit([refuse(question, body=body)], BEGIN)
        assert isinstance(outcome, BadForm), body
    (outcome,) = b.submit([form("refusal", body=NO, urgency=Urgency.URGENT, ground="not-held")], BEGIN)
    assert isinstance(outcome, BadForm)
    assert "names the question" in str(outcome)


def test_nothing_leaves_before_the_bucket_ends_and_an_urgent_one_overtakes_it():
    a, b, question = asked()
    b.submit([refuse(question)], Ms(BEGIN + 1000))
    b.submit([form("message", body={"text": "On the telephone now."}, urgency=Urgency.URGENT)], Ms(BEGIN + 2000))
    exchange(b, a, Ms(BEGIN + 3000))
    kinds = [e for e in entries(a) if isinstance(e, DispatchLeaf)]
    assert len(kinds) == 1
    assert b.due_at(Ms(BEGIN + 4000)) <= BEGIN + HOUR
    exchange(b, a, Ms(BEGIN + HOUR))
    assert len([e for e in entries(a) if isinstance(e, DispatchLeaf)]) == 2


def test_its_inward_ground_is_asked_for_and_must_go_with_the_code():
    _a, b, question = asked()
    for made, said in (
        (refuse(question, ground=""), "for our own record"),
        (refuse(question, ground="unclear"), "does not go with"),
        (refuse(question, ground="no-such-ground"), "no ground called"),
        (form("message", body={"text": "x"}, ground="not-held"), "does not go with"),
    ):
        (outcome,) = b.submit([made], BEGIN)
        assert isinstance(outcome, BadForm)
        assert said in str(outcome)
