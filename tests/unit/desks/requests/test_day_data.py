"""The day's files: totals of the script, bodies that the desk takes, officers of the roster, both laws as written."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from comity.base.errors import BadConfiguration
from comity.base.ids import CaseId, DispatchId, Ms, NodeName, read_id
from comity.cli.demo.day import Day, Scene, body_of, read_day
from comity.desks.requests.body import parse_body
from comity.desks.requests.model import Posting
from comity.desks.requests.rules import clocks_of, limits
from comity.desks.requests.service import RequestsDesk
from comity.dispatch.outbound.clear import ask
from comity.dispatch.states import Draft, Form, Labelled
from comity.edge.handover import Terms
from comity.edge.registry import Registry, Roster, Workplan, read_toml
from comity.marking.labels import LANE_OF, Lane, Urgency
from comity.marking.rules import check_conduct, check_label
from comity.marking.scan import proposed, scan, telling
from comity.policy.question import Act, Question
from comity.policy.verdict import Verdict
from tests.unit.policy.policy_laws import edition, gate

ROOT = Path(__file__).parents[4]
DESK = RequestsDesk((), "A")
IDS = {number: DispatchId(number.to_bytes(16, "big")) for number in range(1, 49)}
DAYS = {"india-canada": {"ca": "ca", "in": "in"}, "ostrel-vanmere": {"xo": "ostrel-vanmere", "xv": "ostrel-vanmere"}}
PLACES = [name for name in DAYS if (ROOT / "accords" / name / "accord.toml").is_file()]


@cache
def day(accord: str) -> Day:
    files = sorted((ROOT / "accords" / accord / "day").glob("*.toml"))
    return read_day(*(file.read_text(encoding="utf-8") for file in files))


@cache
def terms(accord: str) -> Terms:
    return read_toml(ROOT / "accords" / accord / "accord.toml", Terms)


@cache
def registries(accord: str) -> dict[str, Registry]:
    return {
        party.id: read_toml(ROOT / "registries" / f"{party.registry}.toml", Registry) for party in terms(accord).party
    }


@cache
def roster(accord: str) -> Roster:
    return read_toml(ROOT / "accords" / accord / "roster.toml", Roster)


SCENES = [(accord, scene) for accord in PLACES for scene in day(accord).scenes]
NAMES = [f"{accord}-{scene.number}" for accord, scene in SCENES]
DRAFTED = [(accord, scene) for accord, scene in SCENES if scene.draft is not None]


def other(accord: str, scene: Scene) -> str:
    return next(party.id for party in terms(accord).party if party.id != scene.party)


def form(accord: str, scene: Scene) -> Form:
    return Form(
        desk=scene.desk,
        kind=scene.kind,
        agency=scene.agency,
        role="officer",
        recipients=scene.to,
        purpose=scene.purpose,
        urgency=scene.urgency,
        workplan_item=scene.item,
        workplan_reason=scene.reason,
        body=body_of(scene, IDS),
        case=None if scene.case == scene.number else CaseId(IDS[scene.case]),
        label=scene.label,
        basis=scene.basis,
        conduct=scene.conduct,
        assessments=scene.assessments,
        in_answer_to=day(accord).asked(scene),
        rejected=scene.rejected,
    )


def question(accord: str, scene: Scene, made: Form) -> tuple[Question, bytes]:
    """Return what the sender's law is asked, after the label step."""
    body = DESK.compose(made.kind, made.body)
    facts = DESK.facts(made.kind, body)
    hits = scan(facts.texts, edition(DAYS[accord][scene.party]).patterns, scene.at)
    found, unanswered = proposed(hits, facts.tagged, made.rejected)
    assert not unanswered or scene.number == 39  # there law removes the line that it stands in
    assert made.label is not None
    label = replace(made.label, categories=tuple(sorted(facts.tagged | found)))
    check_label(label, made.purpose, facts.asserts)
    check_conduct(made.purpose, made.conduct)
    answers = day(accord).scene(scene.answers).kind if scene.answers else ""
    draft = Draft(
        id=IDS[scene.number],
        form=made,
        lane=LANE_OF[made.urgency],
        body=body,
        facts=facts,
        after=(),
        answers=answers,
        created=scene.at,
    )
    return ask(Labelled(draft, label, found)), body


def check(verdict: Verdict, effect: str, articles: frozenset[str], obligations: frozenset[str]) -> None:
    assert verdict.effect == effect, [reason.rule for reason in verdict.reasons]
    assert articles <= {reason.article for reason in verdict.reasons}
    assert {f"{duty.verb}:{duty.value}" for duty in verdict.obligations} == obligations


@pytest.mark.parametrize(("accord", "scene"), SCENES, ids=NAMES)
def test_both_laws_say_what_the_script_says(accord: str, scene: Scene) -> None:
    asked, body = question(accord, scene, form(accord, scene))
    laws = DAYS[accord]
    cleared = gate(laws[scene.party]).decide(asked, scene.at)
    check(cleared, scene.clear.effect, scene.clear.articles, scene.clear.obligations)
    classes = frozenset(duty.value for duty in cleared.obligations if duty.verb == "redact")
    left, removed = DESK.redact(scene.kind, body, classes)
    assert set(removed) == classes
    facts = DESK.facts(scene.kind, left)
    hits = telling(facts.texts, scan(facts.texts, edition(laws[scene.party]).patterns, scene.at))
    assert not {hit.category for hit in hits if hit.hard_stop} | ({hit.category for hit in hits} & classes)
    arrived = replace(
        asked,
        act=Act.ADMIT,
        agency=scene.to[0],
        peer_agencies=(scene.agency,),
        categories=asked.categories - classes,
        asks=facts.asks,
        records=facts.records,
        assessments=(),
    )
    admitted = gate(laws[other(accord, scene)]).decide(arrived, scene.at)
    check(admitted, scene.admit.effect, scene.admit.articles, scene.admit.obligations)


@pytest.mark.parametrize(("accord", "scene"), DRAFTED, ids=[f"{accord}-{scene.number}" for accord, scene in DRAFTED])
def test_the_drafted_answer_is_refused_as_the_script_says(accord: str, scene: Scene) -> None:
    assert scene.draft is not None
    label = replace(scene.label, evaluation=scene.draft.evaluation)
    made = replace(
        form(accord, scene), kind="answer", body=scene.draft.body, label=label, assessments=scene.draft.assessments
    )
    verdict = gate(DAYS[accord][scene.party]).decide(question(accord, scene, made)[0], scene.at)
    expected = scene.draft.expected
    assert (verdict.effect, verdict.ground, verdict.outward) == (expected.effect, expected.ground, expected.outward)
    assert expected.articles <= {reason.article for reason in verdict.reasons}
    assert scene.body["outward"] == verdict.outward


@pytest.mark.parametrize(("accord", "scene"), SCENES, ids=NAMES)
def test_every_scene_fits_accord_registry_roster_and_workplan(accord: str, scene: Scene) -> None:
    ours, theirs = registries(accord)[scene.party], registries(accord)[other(accord, scene)]
    agencies = {agency.id: agency for agency in ours.agency}
    assert scene.kind in agencies[scene.agency].sends
    assert set(scene.to) <= set(theirs.acting)
    assert scene.kind in terms(accord).desks[scene.desk]
    sender = next(
        one for one in roster(accord).of(scene.party) if (one.desk, one.number) == (scene.desk, scene.officer)
    )
    assert sender.agency == scene.agency
    assert any(one.number == scene.seen_by for one in roster(accord).of(other(accord, scene)))
    deciders = [one.decider_number for one in (*scene.assessments, *(scene.draft.assessments if scene.draft else ()))]
    home = {one.number: one.roles for one in roster(accord).of(scene.party)}
    assert all("decider-outside" in home[number] for number in deciders)
    items = {item.id for item in read_toml(ROOT / "accords" / accord / "workplan.toml", Workplan).item}
    assert (scene.item in items) or (scene.item is None and scene.reason)
    assert scene.at < scene.seen


@pytest.mark.parametrize(("accord", "scene"), SCENES, ids=NAMES)
def test_a_posted_officer_stays_within_the_delegation(accord: str, scene: Scene) -> None:
    sender = next(
        one for one in roster(accord).of(scene.party) if (one.desk, one.number) == (scene.desk, scene.officer)
    )
    assert (scene.delegation is not None) is ("posted-officer" in sender.roles)
    if scene.delegation is None:
        return
    for nomination in day(accord).scenes:
        if nomination.kind == "posting" and nomination.body["state"] == "nominated" and nomination.party == scene.party:
            body = parse_body("posting", DESK.compose("posting", nomination.body))
            assert isinstance(body, Posting)
            assert body.delegation is not None
            assert scene.delegation == body.delegation.id
            assert (scene.officer, scene.agency) == (body.officer, body.agency)
            assert scene.kind in body.delegation.kinds
            stage = DESK.facts(scene.kind, DESK.compose(scene.kind, body_of(scene, IDS))).stage
            assert stage in {"", *body.delegation.stages}


@pytest.mark.parametrize(("accord", "scene"), SCENES, ids=NAMES)
def test_what_is_seen_is_seen_in_time(accord: str, scene: Scene) -> None:
    lane = LANE_OF[scene.urgency]
    assert scene.seen - scene.at <= terms(accord).lanes[lane.name.lower()].seen


MODEL = day("india-canada").scenes


def test_totals_of_the_script() -> None:
    assert sorted(scene.number for scene in MODEL) == list(range(1, 49))
    assert Counter(scene.party for scene in MODEL) == {"ca": 22, "in": 26}
    assert Counter(scene.kind for scene in MODEL) == {
        "posting": 5, "rfi": 14, "answer": 9, "refusal": 10, "spontaneous": 3, "message": 3, "correction": 2,
        "recall": 1, "reminder": 1,
    }  # fmt: skip
    stages = Counter(scene.body["state"] for scene in MODEL if scene.kind == "answer")
    assert stages == {"holding": 2, "part": 2, "final": 5}
    assert Counter(scene.party for scene in MODEL if scene.kind == "refusal") == {"ca": 5, "in": 5}
    removals = Counter(s.party for s in MODEL for duty in s.clear.obligations if duty.startswith("redact:"))
    assert removals == {"ca": 4, "in": 4}
    assert all((scene.draft is not None) is (scene.kind == "refusal") for scene in MODEL)


def test_moved_by_workplan_item() -> None:
    on_the_day = [scene for scene in MODEL if scene.at >= 1_783_900_800_000]
    moved = Counter(scene.item for scene in on_the_day)
    assert moved == {None: 5, "W-1": 8, "W-2": 9, "W-3": 9, "W-4": 7, "W-5": 9}
    assert [scene.number for scene in MODEL if scene not in on_the_day] == [31]


def test_one_answer_is_late_by_five_hours_forty() -> None:
    model = day("india-canada")
    clocks = clocks_of(
        {Lane[name.upper()].value: (one.arrived, one.seen) for name, one in terms("india-canada").lanes.items()},
        terms("india-canada").timers,
    )
    late = []
    for scene in model.scenes:
        if scene.kind != "rfi":
            continue
        answers = [s for s in model.scenes if scene.number in s.re and s.kind in {"answer", "refusal"}]
        owed = limits(scene.urgency, LANE_OF[scene.urgency], clocks)
        assert owed.full is not None
        assert owed.first is None or min(s.at for s in answers) - scene.at <= owed.first
        last = max(s.at for s in answers)
        if last - scene.at > owed.full:
            late.append((scene.number, last - scene.at - owed.full))
    assert late == [(31, (5 * 60 + 40) * 60_000)]


def test_the_limits_of_the_accord_are_those_of_the_vocabulary() -> None:
    clocks = clocks_of({}, terms("india-canada").timers)
    assert clocks.limits == clocks_of({}, {}).limits


def test_two_scripts_and_a_number_that_is_never_issued() -> None:
    texts = json.dumps([dict(scene.body) for scene in MODEL], default=str, ensure_ascii=False)
    for word in ("कप्तान", "Kaptan", "तरंग फ़्रेट"):
        assert word in texts
    form_of_42 = next(scene for scene in MODEL if scene.number == 42)
    hits = scan(DESK.facts("answer", DESK.compose("answer", form_of_42.body)).texts, edition("in").patterns)
    assert [hit.category for hit in hits] == ["national-number"]
    assert "1042 7718 3900" in texts


def test_only_one_text_of_the_day_has_a_national_number() -> None:
    found = [
        scene.number
        for scene in MODEL
        for hit in scan(
            DESK.facts(scene.kind, DESK.compose(scene.kind, body_of(scene, IDS))).texts, edition("ca").patterns
        )
        if hit.hard_stop
    ]
    assert found == [42]


def test_parties_registries_and_numbers_agree() -> None:
    for accord in PLACES:
        for party in terms(accord).party:
            registry = registries(accord)[party.id]
            assert (registry.short, registry.id) == (party.short, party.registry)
            assert all(set(agency.name) == set(registry.languages) for agency in registry.agency)
            assert NodeName(party.node)
        numbers = [(one.desk, one.number) for one in roster(accord).officer]
        assert len(set(numbers)) == len(numbers)


GOOD = """
[common]
purpose = "fraud"
urgency = "normal"
[common.articles]
a = ["A"]
b = ["B"]
[[scene]]
number = 1
at = 2026-07-13T01:00:00Z
from = "a"
officer = 1
agency = "police"
to = ["bureau"]
kind = "message"
seen = 2026-07-13T01:10:00Z
seen_by = 2
[scene.body]
text = "x"
"""


def test_a_small_day() -> None:
    scene = read_day(GOOD).scene(1)
    assert (scene.clear.articles, scene.admit.articles) == ({"A"}, {"B"})
    assert (scene.case, scene.urgency, scene.at) == (1, Urgency.NORMAL, Ms(1_783_904_400_000))
    assert body_of(scene, {}) == {"text": "x"}
    assert read_day(GOOD).asked(scene) is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[common]", "[common", "not well made"),
        ("number = 1", 'number = "1"', "not well made"),
        ("number = 1", "number = 1\nmood = 1", "mood"),
        ("2026-07-13T01:00:00Z", "2026-07-13T01:00:00", "zone"),
        ('urgency = "normal"', 'urgency = "soon"', "no urgency soon"),
        ('purpose = "fraud"', 'purpose = "gossip"', "no purpose"),
        ('kind = "message"', 'kind = "message"\nre = [2]', "no dispatch 2"),
        ('text = "x"', "text = 1.5", "whole numbers"),
        ('text = "x"', 'text = "x"\n[scene.draft]\ntext = "y"\nevaluation = "B2"', "go together"),
    ],
)
def test_a_day_that_is_not_well_made_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(BadConfiguration, match=message):
        read_day(GOOD.replace(old, new, 1))


def test_numbers_stand_once_and_name_what_came_before() -> None:
    with pytest.raises(BadConfiguration, match="twice"):
        read_day(GOOD, GOOD)
    second = GOOD.replace("number = 1", "number = 2").replace("T01:00:00Z", "T02:00:00Z").replace("T01:10", "T02:10")
    assert [scene.number for scene in read_day(second, GOOD).scenes] == [1, 2]
    with pytest.raises(BadConfiguration, match="comes later"):
        read_day(second, GOOD.replace('kind = "message"', 'kind = "message"\nre = [2]'))


def test_ids_and_times_in_a_body() -> None:
    text = GOOD.replace(
        'text = "x"',
        'target = 1\ndue = 2026-07-13T01:00:00Z\n[scene.body.delegation]\nid = "01J0C000000000000000000117"',
    )
    scene = read_day(text).scene(1)
    assert body_of(scene, IDS) == {
        "target": IDS[1],
        "due": 1_783_904_400_000,
        "delegation": {"id": read_id("01J0C000000000000000000117")},
    }


# --- the second accord -----------------------------------------------------------------------------------------

INVENTED = day("ostrel-vanmere").scenes


def test_the_second_accord_has_its_own_small_day() -> None:
    assert Counter(scene.kind for scene in INVENTED) == {"posting": 2, "rfi": 4, "answer": 2, "refusal": 2}
    assert Counter(scene.party for scene in INVENTED if scene.kind == "refusal") == {"xo": 1, "xv": 1}
    assert [s.number for s in INVENTED if "redact:victim" in s.clear.obligations] == [6]


def test_the_second_accord_shares_nothing_with_the_model_case() -> None:
    first, second = (registries(accord) for accord in ("india-canada", "ostrel-vanmere"))

    def marks(of: dict[str, Registry]) -> set[str]:
        found = {registry.short for registry in of.values()} | {registry.zone for registry in of.values()}
        return found | {agency.id for registry in of.values() for agency in registry.agency}

    assert not marks(first) & marks(second)
    assert {p.country for p in terms("india-canada").party}.isdisjoint(p.country for p in terms("ostrel-vanmere").party)
    assert {s.item for s in INVENTED}.isdisjoint(s.item for s in MODEL if s.item)
    assert all(str(scene.body).isascii() for scene in INVENTED)
    timers = terms("ostrel-vanmere").timers
    hour = 3_600_000
    assert [timers[f"full-{name}"] for name in ("immediate", "urgent", "normal")] == [hour, 24 * hour, 240 * hour]


def office_hours(registry: Registry) -> set[int]:
    """Return the minutes of a UTC day in July in which an office is open."""
    opens, closes = (datetime.fromisoformat(f"2026-07-13T{clock}:00") for clock in (registry.opens, registry.closes))
    first, last = (t.replace(tzinfo=ZoneInfo(registry.zone)).astimezone(UTC) for t in (opens, closes))
    return {
        (first + timedelta(minutes=m)).hour * 60 + (first + timedelta(minutes=m)).minute
        for m in range(int((last - first).total_seconds()) // 60)
    }


def test_office_hours_meet_in_the_second_accord_and_never_in_the_model_case() -> None:
    model, invented = (list(registries(accord).values()) for accord in ("india-canada", "ostrel-vanmere"))
    assert not office_hours(model[0]) & office_hours(model[1])
    assert office_hours(invented[0]) & office_hours(invented[1])
