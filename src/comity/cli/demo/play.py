"""Playing a day on the stage: every scene through the officers' door, drafts and refusals included, checked as it goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from comity.base.errors import ComityError
from comity.base.ids import DispatchId, Ms, read_id, show_id
from comity.cli.demo.day import DESK, Day, Scene, body_of
from comity.cli.demo.stage import Actor, Stage
from comity.edge.plain import ID_KEY
from comity.marking.labels import Label, Lane
from comity.policy.assessment import Assessment

SETTLE_SECONDS = 60.0
_POLL_SECONDS = 0.01
_AT_ONCE_SECONDS = 0.12
_FIRST_SECONDS = 3.0
"""The nodes have just started and owe each other nothing, so the first dispatch need not wait for any tick."""
_TICK_MS = 61_000
_SENT, _ARRIVES = 10_000, 20_000
"""Order within one minute of the script: what came before is seen, then everything is sent, then it arrives."""


class DayFailed(ComityError):
    """A scene did not go as the script says; the message names it and what happened instead."""

    code = "day"


@dataclass(slots=True)
class Played:
    """What was played.

    Attributes:
        ids: dispatch id by number.
        outcomes: what the sender's node answered, by number.
        drafts: what the law answered to the draft that led to a refusal, by number of the refusal.
    """

    ids: dict[int, DispatchId] = field(default_factory=dict)
    outcomes: dict[int, dict[str, Any]] = field(default_factory=dict)
    drafts: dict[int, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Step:
    at: Ms
    order: int
    act: Callable[[], None]


class Player:
    """Plays one day.

    Args:
        stage: both nodes, running.
        day: what is played.
        tell: hears one word for each thing that happened.
        looks: (when, what is done then) for whoever wants to look at the nodes between two scenes.
    """

    def __init__(
        self,
        stage: Stage,
        day: Day,
        tell: Callable[[Scene, str], None],
        looks: Sequence[tuple[Ms, Callable[[], None]]] = (),
    ) -> None:
        self._stage = stage
        self._day = day
        self._tell = tell
        self._looks = tuple(looks)
        self.played = Played()

    def play(self) -> Played:
        """Play all scenes and the moments at which they were seen, in time order.

        Raises:
            DayFailed: a scene was not sent, or did not arrive.
        """
        steps = [step for scene in self._day.scenes for step in self._steps(scene)]
        steps += [_Step(at, 0, look) for at, look in self._looks]
        for step in sorted(steps, key=lambda one: (one.at, one.order)):
            self._stage.set_time(step.at)
            step.act()
        self._stage.set_time(Ms(self._stage.now + _TICK_MS))
        return self.played

    def leave_open(self, tick_ms: int) -> None:
        """Send every scene and let it arrive; nobody looks at any, and the clock then goes on a little.

        Raises:
            DayFailed: a scene was not sent, or did not arrive.
        """
        for scene in self._day.scenes:
            self._stage.set_time(scene.at)
            self._send(scene)
            self._arrive(scene)
        self._stage.set_time(Ms(self._stage.now + tick_ms))

    def _steps(self, scene: Scene) -> list[_Step]:
        return [
            _Step(scene.seen, scene.number, lambda: self._see(scene)),
            _Step(scene.at, _SENT + scene.number, lambda: self._send(scene)),
            _Step(scene.at, _ARRIVES + scene.number, lambda: self._arrive(scene)),
        ]

    def _send(self, scene: Scene) -> None:
        actor = self._stage.actor(scene.party)
        if scene.draft is not None:
            self._draft(scene, actor)
        outcome = self._submit(actor, scene, form_of(scene, self._day, self.played.ids))
        if outcome["outcome"] != "sent":
            raise DayFailed(f"dispatch {scene.number} was {outcome['outcome']}: {_words(outcome)}")
        self.played.ids[scene.number] = read_id(outcome["id"])
        self.played.outcomes[scene.number] = outcome

    def _arrive(self, scene: Scene) -> None:
        """Wait until both sides have the receipt; what was sent at the same minute has been sent before."""
        actor, sent = self._stage.actor(scene.party), show_id(self.played.ids[scene.number])
        if _lane(scene) >= Lane.NORMAL and not self._sequenced(scene, actor, sent):
            self._stage.set_time(Ms(self._stage.now + _TICK_MS))
        self._await(scene, self._stage.other(scene.party), sent, "filed")
        self._await(scene, actor, sent, "filed")
        self._tell(scene, "sent")

    def _draft(self, scene: Scene, actor: Actor) -> None:
        """Draft the answer that the law then does not let go; its outward word is what the refusal says."""
        assert scene.draft is not None
        form = form_of(scene, self._day, self.played.ids)
        form |= {"kind": "answer", "body": _plain(scene.draft.body), "evaluation": scene.draft.evaluation}
        form["assessments"] = [_assessment(one) for one in scene.draft.assessments]
        outcome = self._submit(actor, scene, form)
        if outcome["outcome"] == "sent":
            raise DayFailed(f"the draft that dispatch {scene.number} refuses was let go")
        self.played.drafts[scene.number] = outcome

    def _see(self, scene: Scene) -> None:
        reader = self._stage.other(scene.party)
        reader.ask("POST", "/see", {"ids": [show_id(self.played.ids[scene.number])]})
        self._await(scene, self._stage.actor(scene.party), show_id(self.played.ids[scene.number]), "seen")
        self._tell(scene, "seen")

    def _submit(self, actor: Actor, scene: Scene, form: dict[str, Any]) -> dict[str, Any]:
        by: dict[str, Any] = {"desk": DESK, "number": scene.officer}
        if scene.delegation is not None:
            by["delegation"] = show_id(scene.delegation)
        try:
            answer: dict[str, Any] = actor.ask("POST", "/submit", {"form": form, "by": by})
        except ComityError as error:
            raise DayFailed(f"dispatch {scene.number}: {error}") from error
        return answer

    def _sequenced(self, scene: Scene, actor: Actor, dispatch: str) -> bool:
        """Say whether a dispatch gets its place in the log at once; what is not urgent may have to wait for the tick."""
        first = scene.at == self._day.scenes[0].at
        ends = time.monotonic() + (_FIRST_SECONDS if first else _AT_ONCE_SECONDS)
        while time.monotonic() < ends:
            if actor.ask("GET", f"/state?id={dispatch}").get("index") is not None:
                return True
            time.sleep(_POLL_SECONDS)
        return False

    def _await(self, scene: Scene, actor: Actor, dispatch: str, state: str) -> None:
        ends = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < ends:
            found = actor.ask("GET", f"/state?id={dispatch}")
            if found.get(state) is not None:
                return
            if found.get("refused") is not None or found.get("quarantined") is not None:
                raise DayFailed(f"dispatch {scene.number} was not admitted by {actor.id}: {found}")
            time.sleep(_POLL_SECONDS)
        raise DayFailed(f"dispatch {scene.number} is not {state} at {actor.id} after {SETTLE_SECONDS:.0f} s")


def form_of(scene: Scene, day: Day, ids: Mapping[int, DispatchId]) -> dict[str, Any]:
    """Return a scene as the form that the officers' door takes."""
    del day
    form: dict[str, Any] = {
        "desk": scene.desk,
        "kind": scene.kind,
        "agency": scene.agency,
        "recipients": list(scene.to),
        "purpose": scene.purpose,
        "urgency": scene.urgency.name.lower(),
        "workplan_item": scene.item,
        "workplan_reason": scene.reason,
        "body": _plain(body_of(scene, ids)),
        "re": [show_id(ids[number]) for number in scene.re],
        "basis": list(scene.basis),
        "label": _label(scene.label),
        "assessments": [_assessment(one) for one in scene.assessments],
    }
    if scene.case != scene.number:
        form["case"] = show_id(ids[scene.case])
    if scene.replaces is not None:
        form["replaces"] = show_id(ids[scene.replaces])
    if scene.rejected:
        form["rejected"] = sorted(scene.rejected)
    if scene.conduct is not None:
        form["conduct"] = scene.conduct
    return form


def _lane(scene: Scene) -> Lane:
    return Lane.NORMAL if scene.urgency >= Lane.NORMAL else Lane(int(scene.urgency))


def _label(label: Label) -> dict[str, Any]:
    return {
        "originator": label.originator,
        "handling": list(label.handling),
        "conditions": list(label.conditions),
        "evaluation": label.evaluation,
        "tlp": label.tlp,
        "pap": label.pap,
        "retain_until": label.retain_until,
        "categories": list(label.categories),
    }


def _assessment(one: Assessment) -> dict[str, Any]:
    return {
        "act": one.act.value,
        "form": one.form.value,
        "who_and_how": one.who_and_how,
        "risk_before": one.risk_before.value,
        "source": one.source,
        "mitigations": [{"what": m.what, "lowers_to": m.lowers_to.value} for m in one.mitigations],
        "risk_after": one.risk_after.value,
        "decision": one.decision.value,
        "basis": one.basis,
        "decider_desk": one.decider_desk,
        "decider_number": one.decider_number,
        "outside_operation": one.outside_operation,
    }


def _plain(value: Any) -> Any:
    """Return a form's value as JSON; identifiers as the door reads them."""
    if isinstance(value, bytes):
        return {ID_KEY: show_id(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _words(outcome: Mapping[str, Any]) -> str:
    reasons = [f"{one['sentence']} ({one['article']})" for one in outcome["verdict"]["reasons"]]
    return " ".join([*reasons, *(f"missing: {one}" for one in outcome.get("missing", ()))])
