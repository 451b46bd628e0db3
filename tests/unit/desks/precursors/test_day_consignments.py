"""The consignments beside the day and of the next morning: bodies that the desk takes, both laws as written, the story kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from comity.base.ids import CaseId, DispatchId
from comity.cli.demo.clone import load_day, load_open, load_whole
from comity.cli.demo.day import Scene, body_of
from comity.cli.demo.stage import find_data
from comity.desks.precursors.body import parse_body
from comity.desks.precursors.model import Pen
from comity.dispatch.outbound.clear import ask
from comity.dispatch.states import Draft, Form, Labelled
from comity.edge.registry import Registry, Roster, Workplan, read_toml
from comity.marking.labels import LANE_OF
from comity.marking.rules import check_conduct, check_label
from comity.marking.scan import proposed, scan
from comity.policy.question import Act
from comity.policy.verdict import Verdict
from tests.unit.desks.precursors.forms import EXPORTER as DESK
from tests.unit.policy.policy_laws import edition, gate

ROOT = Path(__file__).parents[4]
DATA = find_data(ROOT, "india-canada")
COUNTED, WHOLE, OPEN = load_day(DATA), load_whole(DATA), load_open(DATA)
IDS = {scene.number: DispatchId(scene.number.to_bytes(16, "big")) for scene in (*WHOLE.scenes, *OPEN.scenes)}
BESIDE = WHOLE.besides("requests").scenes
SCENES = (*BESIDE, *OPEN.besides("requests").scenes)
OTHER = {"ca": "in", "in": "ca"}
NAMES = [str(scene.number) for scene in SCENES]


def check(verdict: Verdict, effect: str, articles: frozenset[str], obligations: frozenset[str]) -> None:
    assert verdict.effect == effect, [reason.rule for reason in verdict.reasons]
    assert articles <= {reason.article for reason in verdict.reasons}
    assert {f"{duty.verb}:{duty.value}" for duty in verdict.obligations} == obligations


@pytest.mark.parametrize("scene", SCENES, ids=NAMES)
def test_both_laws_say_what_the_script_says(scene: Scene) -> None:
    form = Form(
        desk=scene.desk, kind=scene.kind, agency=scene.agency, role="officer", recipients=scene.to, purpose=scene.purpose,
        urgency=scene.urgency, workplan_item=scene.item, workplan_reason="", body=body_of(scene, IDS),
        case=None if scene.case == scene.number else CaseId(IDS[scene.case]), label=scene.label, basis=scene.basis,
        conduct=scene.conduct,
    )  # fmt: skip
    body = DESK.compose(scene.kind, form.body)
    facts = DESK.facts(scene.kind, body)
    found, unanswered = proposed(scan(facts.texts, edition(scene.party).patterns, scene.at), facts.tagged, frozenset())
    assert not unanswered
    label = replace(scene.label, categories=tuple(sorted(facts.tagged | found)))
    check_label(label, scene.purpose, facts.asserts)
    check_conduct(scene.purpose, scene.conduct)
    draft = Draft(
        id=IDS[scene.number], form=form, lane=LANE_OF[scene.urgency], body=body, facts=facts, after=(),
        answers="pen" if scene.re else "", created=scene.at,
    )  # fmt: skip
    asked = ask(Labelled(draft, label, found))
    check(gate(scene.party).decide(asked, scene.at), scene.clear.effect, scene.clear.articles, scene.clear.obligations)
    arrived = replace(asked, act=Act.ADMIT, agency=scene.to[0], peer_agencies=(scene.agency,))
    admitted = gate(OTHER[scene.party]).decide(arrived, scene.at)
    check(admitted, scene.admit.effect, scene.admit.articles, scene.admit.obligations)


@pytest.mark.parametrize("scene", SCENES, ids=NAMES)
def test_each_fits_accord_registry_roster_and_workplan(scene: Scene) -> None:
    registries = {
        party.id: read_toml(DATA.registries / f"{party.registry}.toml", Registry) for party in DATA.terms.party
    }
    sends = {agency.id: agency.sends for agency in registries[scene.party].agency}
    assert scene.kind in sends[scene.agency]
    assert scene.kind in DATA.terms.desks[scene.desk]
    assert set(scene.to) <= set(registries[OTHER[scene.party]].acting)
    roster = read_toml(DATA.accord / "roster.toml", Roster)
    homes = {(party, one.number): one for party in OTHER for one in roster.of(party)}
    assert homes[scene.party, scene.officer].agency == scene.agency
    assert (OTHER[scene.party], scene.seen_by) in homes
    assert 0 < scene.seen - scene.at <= DATA.terms.lanes[LANE_OF[scene.urgency].name.lower()].seen
    assert scene.item in {item.id for item in read_toml(DATA.accord / "workplan.toml", Workplan).item}


def test_the_day_is_counted_without_them() -> None:
    assert len(COUNTED.scenes) == len(WHOLE.at("requests").scenes) == 48
    assert {scene.number for scene in BESIDE}.isdisjoint(range(1, 49))
    assert {scene.kind for scene in BESIDE} == {
        "pen",
        "pen-reply",
        "shipped",
        "arrived-quantity",
        "outcome",
        "objection",
    }


def test_the_consignment_of_the_warning_is_the_one_of_the_day() -> None:
    """Firms, goods, port and day as the early word of the morning has them; the price stays out, as it did there."""
    told = {item["label"]: item["value"] for item in COUNTED.scene(5).body["items"]}
    notified = WHOLE.scene(208)
    pen = parse_body("pen", DESK.compose("pen", notified.body))
    assert isinstance(pen, Pen)
    assert pen.exporter is not None
    assert pen.importer is not None
    assert (pen.exporter.name, pen.importer.name) == (told["exporter"], told["importer"])
    for place, line in enumerate(pen.lines, 1):
        assert told[f"line {place}"] == f"{line.substance}, CAS {line.cas}, HS {line.hs}, {line.grams // 1000} kg"
    assert pen.route is not None
    assert told["port of entry"] == f"{pen.route.entry}, loading not before 3 August 2026"
    assert (pen.leaves, pen.worth) == ("2026-08-03", None)
    assert notified.case == 5
    assert COUNTED.scene(7).at < notified.at < COUNTED.scene(12).at < WHOLE.scene(209).at
