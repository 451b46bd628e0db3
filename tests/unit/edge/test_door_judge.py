"""Writing through the door: a draft is judged as it would be sent, nothing of it is kept, a form goes in once."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import msgspec
import pytest

from comity.base.ids import show_id
from comity.dispatch.columns import bytes_of
from comity.edge.clock import SetClock
from comity.edge.door import Door
from comity.edge.judging import field_of
from comity.edge.listener import serve_socket
from comity.edge.showing import lines_of, make_board
from comity.edge.theirlaw import TheirLaw
from comity.edge.writing import Writing
from comity.screen.writing import Basis, HeldCard, Judgement, Options, TheirLawAsked
from tests.unit.edge.driven import engine_of, run
from tests.unit.edge.test_door import BY, FORM, NOW, Visitor
from tests.unit.edge.twofolders import MADE, copy_of, opened, paired
from tests.unit.node.world import exchange

NUMBERS = [show_id(bytes([n]) * 16) for n in range(1, 9)]
APPROVER = {"desk": "requests", "number": 17}
TABLES = (
    "sent",
    "pool",
    "kept",
    "record",
    "entry",
    "handed_in",
    "owed",
    "alarm",
    "person_asked",
    "dissent",
    "counter",
    "act",
)


@contextlib.asynccontextmanager
async def visiting(one, law=None):
    with engine_of(one.node, SetClock(NOW, 0)) as engine:
        listening = socket.socket(socket.AF_UNIX)
        path = one.config.folder / "office.sock"
        listening.bind(str(path))
        listening.listen()
        door = Door(
            engine, make_board(one), one.desks["requests"].asked, lines=lines_of(one), their_law=law,
            writing=Writing.of(one),
        )  # fmt: skip
        listener = await serve_socket(door, listening, stop_seconds=1)
        yield Visitor(engine, path)
        await listener.stop()
        path.unlink()


@pytest.fixture
def two(tmp_path):
    base = copy_of(paired(), tmp_path)
    both = opened(base, "ostrel"), opened(base, "vanmere")
    exchange(both[0].node, both[1].node, MADE)
    yield both
    for one in both:
        one.store.close()


def visit(one, act, law=None):
    async def play():
        async with visiting(one, law) as visitor:
            return await act(visitor)

    return run(play())


def counted(one):
    with one.node.ledger.read() as tx:
        return {table: tx.rows(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}


def draft(**changes):
    body = FORM["body"] | changes.pop("body", {})
    return FORM | {"body": body} | changes


SAMPLE = {
    "goes": draft(),
    "another purpose": draft(purpose="fraud"),
    "without power": draft(body={"own_power": ""}),
    "about a person": draft(
        body={"asks": ["person"], "items": [{"label": "name", "value": "Ada Tern", "categories": ["person"]}]}
    ),
    "a place": draft(body={"asks": ["location"]}),
    "with a marking": draft(marking="ours-secret"),
    "an officer of another agency": draft(agency="harbour-watch"),
    "unfit": draft(body={"title": ""}),
    "no item": draft(workplan_item=None),
    "no such purpose": draft(purpose="curiosity"),
    "no such urgency": draft(urgency="at once"),
    "normal": draft(urgency="normal"),
    "spontaneous without evaluation": FORM
    | {"kind": "spontaneous", "body": {"title": "A boat", "text": "It left at night."}},
    "spontaneous": FORM
    | {"kind": "spontaneous", "evaluation": "B2", "body": {"title": "A boat", "text": "It left at night."}},
}


@pytest.mark.parametrize("name", SAMPLE)
def test_a_draft_is_judged_as_it_is_then_sent_and_judging_keeps_nothing(two, name):
    """Property over a sample: whatever the draft, the judge says what the path then does, reason by reason."""

    async def act(door):
        before = counted(two[0])
        _, judged = await door.ask("POST", "/judge", {"form": SAMPLE[name], "by": BY})
        assert counted(two[0]) == before
        return judged, (await door.ask("POST", "/hand-in", {"number": NUMBERS[0], "form": SAMPLE[name], "by": BY}))[1]

    judged, sent = visit(two[0], act)
    assert judged["outcome"] == sent["outcome"]
    if judged["outcome"] == "unfit":
        assert judged == sent
        return
    assert judged["verdict"] == sent["verdict"]
    assert [one["step"] for one in judged["missing"]] == sent.get("missing", [])
    read = msgspec.convert(judged, Judgement)
    if read.outcome == "sent":
        assert list(read.removed) == sorted(set(sent["redactions"]))
    elif read.ways is not None and read.ways.curable:
        assert read.ways.steps


def test_the_sample_has_every_outcome(two):
    async def act(door):
        return {(await door.ask("POST", "/judge", {"form": form, "by": BY}))[1]["outcome"] for form in SAMPLE.values()}

    assert visit(two[0], act) >= {"sent", "held", "refused", "unfit"}


def test_an_error_names_its_field():
    assert field_of("rfi", "rfi: lacks title; nothing was kept") == "body.title"
    assert field_of("rfi", "rfi: own_power is not a text of 1 to 9 characters; nothing was kept") == "body.own_power"
    assert field_of("rfi", "rfi has no field called colour; nothing was kept") == ""
    assert field_of("rfi", "there is no Urgency called x") == ""


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"body": {"title": ""}}, "body.title"),
        ({"body": {"asks": ["everything"]}}, "body.asks"),
        ({"purpose": "curiosity"}, "purpose"),
        ({"workplan_item": None}, "workplan_item"),
        ({"recipients": []}, "recipients"),
        ({"agency": "nobody"}, "agency"),
        ({"evaluation": "Z9"}, "evaluation"),
        ({"label": {"originator": "paper-office", "handling": ["H0", "H1"]}}, "handling"),
        ({"label": {"originator": "paper-office", "handling": ["H3"]}}, "handling"),
        ({"label": {"originator": "paper-office", "handling": ["H1"], "conditions": ["destroy-by"]}}, "conditions"),
        ({"urgency": "normal", "break_glass": "because"}, "break_glass"),
        ({"ground": "no-such"}, "ground"),
    ],
)
def test_what_does_not_fit_is_told_at_its_field(two, changes, field):
    _, said = visit(two[0], lambda door: door.ask("POST", "/judge", {"form": draft(**changes), "by": BY}))
    assert (said["outcome"], said["problem"]["field"]) == ("unfit", field)
    assert said["problem"]["message"]


def test_the_same_form_twice_is_one_dispatch(two):
    """A double click, and a reload."""

    async def act(door):
        asked = {"number": NUMBERS[0], "form": FORM, "by": BY}
        both = await asyncio.gather(*(door.ask("POST", "/hand-in", asked) for _ in range(2)))
        return [said for _, said in (*both, await door.ask("POST", "/hand-in", asked))]

    first, second, third = sorted(visit(two[0], act), key=lambda one: one["again"])
    assert (first["again"], second["again"], third["again"]) == (False, True, True)
    assert first["id"] == second["id"] == third["id"]
    assert {**second, "again": False, "index": first["index"]} == first
    assert counted(two[0])["sent"] == 1


def test_a_form_that_left_is_not_sent_again_with_other_content(two):
    async def act(door):
        await door.ask("POST", "/hand-in", {"number": NUMBERS[0], "form": FORM, "by": BY})
        changed = draft(body={"text": "Shown at the other port."})
        return await door.ask("POST", "/hand-in", {"number": NUMBERS[0], "form": changed, "by": BY})

    _, said = visit(two[0], act)
    assert said["outcome"] == "unfit"
    assert "sent already" in said["problem"]["message"]
    assert counted(two[0])["sent"] == 1


def test_a_refused_form_may_be_changed_and_handed_in_again(two):
    async def act(door):
        refused = await door.ask(
            "POST", "/hand-in", {"number": NUMBERS[0], "form": SAMPLE["another purpose"], "by": BY}
        )
        again = await door.ask("POST", "/hand-in", {"number": NUMBERS[0], "form": SAMPLE["another purpose"], "by": BY})
        sent = await door.ask("POST", "/hand-in", {"number": NUMBERS[0], "form": FORM, "by": BY})
        return refused[1], again[1], sent[1]

    refused, again, sent = visit(two[0], act)
    assert refused["outcome"] == "refused"
    assert (again["id"], again["outcome"], again["again"]) == (refused["id"], "refused", True)
    assert again["verdict"] == refused["verdict"]
    assert sent["outcome"] == "sent"


def test_another_officer_has_other_forms(two):
    async def act(door):
        first = await door.ask("POST", "/hand-in", {"number": NUMBERS[0], "form": FORM, "by": BY})
        other = await door.ask("POST", "/hand-in", {"number": NUMBERS[0], "form": FORM, "by": BY | {"number": 17}})
        return first[1], other[1]

    first, other = visit(two[0], act)
    assert first["id"] != other["id"]
    assert other["again"] is False


def test_what_became_of_a_form_is_read_back(two):
    async def act(door):
        sent = (await door.ask("POST", "/hand-in", {"number": NUMBERS[0], "form": FORM, "by": BY}))[1]
        found = await door.ask("GET", f"/outcome?id={sent['id']}")
        return sent, found[1], await door.ask("GET", f"/outcome?id={NUMBERS[5]}")

    sent, found, nothing = visit(two[0], act)
    assert (found["outcome"], found["case"], found["verdict"]) == ("sent", sent["case"], sent["verdict"])
    assert nothing[0] == 400


# --- their published law ---------------------------------------------------------------------------------------------


def law_of(one):
    """Both states have one law, so ours stands for theirs."""
    return TheirLaw(one.edition, one.node.office.desks)


def test_a_law_that_was_not_handed_over_is_not_asked(two):
    status, said = visit(two[0], lambda door: door.ask("POST", "/judge/their-law", {"form": FORM, "by": BY}))
    assert (status, "not handed over" in said["error"]) == (400, True)


def test_asking_their_law_is_counted_with_the_officer_and_without_content(two):
    async def act(door):
        before = counted(two[0])
        status, said = await door.ask("POST", "/judge/their-law", {"form": FORM, "by": BY})
        return before, status, said, (await door.ask("GET", "/judge/their-law/asked?since=0"))[1]

    before, status, said, listed = visit(two[0], act, law_of(two[0]))
    assert (status, said["outcome"]) == (200, "read")
    assert said["verdict"]["reasons"]
    (one,) = msgspec.convert(listed, tuple[TheirLawAsked, ...])
    assert (one.officer, one.kind, one.purpose, one.effect) == (
        "requests/13",
        "rfi",
        "border-document",
        said["verdict"]["effect"],
    )
    after = counted(two[0])
    assert after["record"] - before["record"] == 1
    assert {**after, "record": 0, "entry": 0} == {**before, "record": 0, "entry": 0}
    with two[0].node.ledger.read() as tx:
        record = bytes_of(tx.rows("SELECT record FROM record WHERE kind = 'their-law-asked'")[0][0])
    assert b"paper 88" not in record


def test_their_law_is_not_asked_about_what_does_not_fit(two):
    unfit = {"form": draft(body={"title": ""}), "by": BY}
    _, said = visit(two[0], lambda door: door.ask("POST", "/judge/their-law", unfit), law_of(two[0]))
    assert said["outcome"] == "unfit"
    assert visit(two[0], lambda door: door.ask("GET", "/judge/their-law/asked"))[1] == []


# --- held drafts whole -----------------------------------------------------------------------------------------------


def test_a_held_draft_is_read_as_it_would_leave(two):
    async def act(door):
        held = (await door.ask("POST", "/hand-in", {"number": NUMBERS[0], "form": SAMPLE["with a marking"], "by": BY}))[
            1
        ]
        whole = msgspec.convert((await door.ask("GET", f"/held/whole?id={held['id']}"))[1], HeldCard)
        return held, whole

    held, whole = visit(two[0], act)
    assert held["outcome"] == "held"
    assert (whole.id, whole.subject, whole.same, whole.by) == (held["id"], held["subject"], True, "requests/13")
    assert [line.text for line in whole.judgement.leaves if line.label == "text"] == ["Shown at the port."]
    assert [one.role for one in whole.roles] == ["approver"]


def test_what_an_assessor_adds_does_not_let_the_draft_go(two):
    """Also where nothing stands against it: who lets it go is its officer."""

    async def act(door):
        held = (await door.ask("POST", "/hand-in", {"number": NUMBERS[0], "form": FORM, "by": BY | {"number": 12}}))[1]
        added = await door.ask("POST", "/held/add", {"draft": held["id"], "by": APPROVER})
        released = await door.ask("POST", "/held/resume", {"draft": held["id"], "by": BY})
        again = await door.ask("POST", "/held/add", {"draft": held["id"], "by": APPROVER})
        nobody = await door.ask("POST", "/held/add", {"draft": held["id"], "by": BY | {"number": 99}})
        return held, added, released, again, nobody

    held, added, released, again, nobody = visit(two[0], act)
    assert held["outcome"] == "held"
    assert (added[1]["outcome"], added[1]["missing"]) == ("held", ["release:officer"])
    assert released[1]["outcome"] == "sent"
    assert again[0] == 400
    assert nobody[0] == 409


# --- what forms offer ------------------------------------------------------------------------------------------------


def test_forms_offer_what_the_accord_opens(two):
    _, said = visit(two[0], lambda door: door.ask("GET", "/writing/options?desk=requests&number=12"))
    options = msgspec.convert(said, Options)
    assert options.form("rfi") is not None
    assert options.form("no-such") is None
    assert options.zone == "Etc/GMT-4"
    assert {one.code for one in options.theirs} >= {"seal-house"}
    assert [one.urgency for one in options.limits] == ["immediate", "urgent", "normal", "formal"]
    assert not options.their_law
    assert all("requests" in name for name in [options.desk])


def test_a_form_is_written_on_a_dispatch_or_a_case(two):
    async def act(door):
        sent = (await door.ask("POST", "/hand-in", {"number": NUMBERS[0], "form": FORM, "by": BY}))[1]
        on = (await door.ask("GET", f"/writing/on?dispatch={sent['id']}"))[1]
        in_case = (await door.ask("GET", f"/writing/on?case={sent['case']}"))[1]
        nothing = [await door.ask("GET", f"/writing/on?{what}={NUMBERS[4]}") for what in ("case", "dispatch")]
        wrong = await door.ask("GET", "/writing/options?desk=requests&number=x")
        return sent, msgspec.convert(on, Basis), msgspec.convert(in_case, Basis), nothing, wrong

    sent, on, in_case, nothing, wrong = visit(two[0], act)
    assert (on.on, on.kind, on.ours, on.purpose, on.urgency, on.item) == (
        sent["id"],
        "rfi",
        True,
        "border-document",
        "immediate",
        "F-1",
    )
    assert (in_case.on, in_case.case, in_case.agency, in_case.theirs) == (
        "",
        sent["case"],
        "paper-office",
        ("seal-house",),
    )
    assert [one.id for one in in_case.dispatches] == [sent["id"]]
    assert [status for status, _ in (*nothing, wrong)] == [400, 400, 400]
