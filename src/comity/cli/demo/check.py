"""Whether the day went as the script says: every number, every verdict, every removal; each deviation is one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from comity.cli.demo.clone import FinishedDay
from comity.cli.demo.consigned import ConsignmentShown, StepShown
from comity.cli.demo.day import ExpectedVerdict, Scene
from comity.cli.demo.report import DayShown, DispatchShown, ItemShown, RefusalShown
from comity.cli.demo.script import ConsignmentScript, ItemScript, Overdue
from comity.cli.demo.served import LogFound
from comity.cli.demo.sides import VerdictShown

_SETTLED = "filed"
_CLOCKS_APART = 1
"""Seconds: each side notes times by its own clock, and the two were set one after the other."""
_MINUTE = 60


def deviations(finished: FinishedDay, shown: DayShown, logs: tuple[LogFound, ...]) -> list[str]:
    """Return what is not as the script says; empty if everything is."""
    by_number = {one.number: one for one in shown.dispatches}
    found = [*shown.differences, *_totals(finished, shown)]
    for scene in finished.day.scenes:
        found += _dispatch(scene, by_number[scene.number])
    for refusal in shown.refusals:
        found += _refusal(finished.day.scene(refusal.number), refusal)
    items = {one.item: one for one in shown.workplan}
    for item in finished.script.item:
        found += _item(item, items[item.id])
    found += _spans(finished, by_number)
    found += _consignments(finished, shown.consignments)
    for log in logs:
        if not (log.verified and log.mirrored):
            found.append(f"the log {log.origin} is not verified: {'; '.join(log.findings)}")
    return found


def _totals(finished: FinishedDay, shown: DayShown) -> Iterator[str]:
    totals, all_ = finished.script.totals, shown.dispatches
    removed = Counter(one.sender for one in all_ if one.redactions)
    counted: tuple[tuple[str, object, object], ...] = (
        ("dispatches", len(all_), totals.dispatches),
        ("dispatches by party", dict(Counter(one.sender for one in all_)), totals.by_party),
        ("dispatches by kind", dict(Counter(one.kind for one in all_)), totals.by_kind),
        ("answers", dict(Counter(one.stage for one in all_ if one.kind == "answer")), totals.answers_by_stage),
        ("refusals by law", dict(Counter(one.law for one in shown.refusals)), totals.refusals_by_law),
        ("redactions by law", dict(removed), totals.redactions_by_law),
    )
    for what, is_, should in counted:
        if is_ != should:
            yield f"{what}: {is_}, the script says {should}"


def _dispatch(scene: Scene, one: DispatchShown) -> Iterator[str]:
    name = f"dispatch {scene.number}"
    yield from _crossed(scene, one)
    should = sorted(value.partition(":")[2] for value in scene.clear.obligations if value.startswith("redact:"))
    removed = sorted({removal.category for removal in one.redactions})
    if removed != should:
        yield f"{name}: removed {removed}, the script says {should}"


def _crossed(scene: Scene, one: DispatchShown | StepShown) -> Iterator[str]:
    """Yield what is otherwise of both laws' answers, the receipt and the times."""
    name = f"dispatch {scene.number}"
    for expected, verdict in zip((scene.clear, scene.admit), one.verdicts, strict=True):
        yield from _verdict(f"{name}, {verdict.whose} {verdict.act}", expected, verdict)
    if one.log.receipt_fact != _SETTLED or one.log.leaf is None or one.log.receipt is None:
        yield f"{name}: its receipt says {one.log.receipt_fact}"
    yield from _times(scene, one)


def _verdict(name: str, expected: ExpectedVerdict, verdict: VerdictShown) -> Iterator[str]:
    if verdict.effect != expected.effect:
        yield f"{name}: {verdict.effect}, the script says {expected.effect}"
    missing = expected.articles - set(verdict.articles)
    if missing:
        yield f"{name}: cites {list(verdict.articles)}, the script says also {sorted(missing)}"
    if set(verdict.obligations) != expected.obligations:
        yield f"{name}: obliges {list(verdict.obligations)}, the script says {sorted(expected.obligations)}"
    if not verdict.articles:
        yield f"{name}: no article"


def _times(scene: Scene, one: DispatchShown | StepShown) -> Iterator[str]:
    name = f"dispatch {scene.number}"
    for state, latest in (("arrived", scene.arrived), ("seen", scene.seen)):
        at = one.states[state]
        if at is None:
            yield f"{name} is not {state}"
        elif latest is not None and _seconds(at) > latest // 1_000 + _MINUTE:
            yield f"{name} is {state} at {at}, later than the script says"
    order = [at for state in ("sent", "arrived", "seen") if (at := one.states[state]) is not None]
    if any(_seconds(later) < _seconds(earlier) - _CLOCKS_APART for earlier, later in pairwise(order)):
        yield f"{name}: its times are out of order: {order}"


def _refusal(scene: Scene, one: RefusalShown) -> Iterator[str]:
    name = f"refusal {scene.number}"
    expected = scene.draft.expected if scene.draft is not None else None
    if expected is None:
        yield f"{name}: the script has no draft for it"
        return
    is_ = (one.effect, one.ground, one.outward)
    should = (expected.effect, expected.ground, expected.outward)
    if is_ != should:
        yield f"{name}: {is_}, the script says {should}"
    if not expected.articles <= set(one.articles):
        yield f"{name}: cites {list(one.articles)}, the script says {sorted(expected.articles)}"
    if not one.kept_at_home:
        yield f"{name}: the other side has a trace of the draft"


def _item(script: ItemScript, item: ItemShown) -> Iterator[str]:
    if (item.moved, item.before) != (script.moved, script.before):
        yield (
            f"{item.item}: moved {item.moved} and {item.before} before, the script says {script.moved} and {script.before}"
        )
    if item.overdue:
        yield f"{item.item}: {item.overdue} overdue at the end of the day"
    late = [(one.of, one.number, one.begins[:16], (one.ends or "")[:16]) for one in item.overdue_of]
    should = [] if script.overdue is None else [_overdue(script.overdue)]
    if late != should:
        yield f"{item.item}: late {late}, the script says {should}"


def _overdue(script: Overdue) -> tuple[str, int, str, str]:
    return script.of, script.question, f"{script.begins:%Y-%m-%dT%H:%M}", f"{script.ends:%Y-%m-%dT%H:%M}"


def _spans(finished: FinishedDay, by_number: dict[int, DispatchShown]) -> Iterator[str]:
    for span in finished.script.span:
        begins, ends = by_number[span.after].states[span.since], by_number[span.until].states["sent"]
        minutes = None if begins is None or ends is None else (_seconds(ends) - _seconds(begins)) / _MINUTE
        if minutes is None or abs(minutes - span.minutes) > 1:
            yield f"{span.what}: {minutes} min, the script says {span.minutes}"


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


def _consignments(finished: FinishedDay, shown: tuple[ConsignmentShown, ...]) -> Iterator[str]:
    """Yield what is otherwise of the consignments, which are not among the dispatches of the totals."""
    scripts = {one.number: one for one in finished.script.consignment}
    if [one.number for one in shown] != list(scripts):
        yield f"consignments: {[one.number for one in shown]}, the script says {list(scripts)}"
        return
    for one in shown:
        yield from one.differences
        yield from _consignment(scripts[one.number], one)
    steps = {step.number: step for one in shown for step in one.dispatches}
    for scene in finished.consignments.scenes:
        if scene.number not in steps:
            yield f"dispatch {scene.number} is about no consignment that both sides have"
        else:
            yield from _crossed(scene, steps[scene.number])


def _consignment(script: ConsignmentScript, one: ConsignmentShown) -> Iterator[str]:
    missing = [goods.missing for goods in one.goods if goods.missing is not None]
    compared: tuple[tuple[str, object, object], ...] = (
        ("held when it was notified", one.held, script.held),
        ("held at the end of the day", one.holds, script.holds),
        ("state", one.state, script.state),
        ("grams missing", sum(missing) if missing else None, script.missing),
        ("said out of turn", [step.number for step in one.dispatches if step.out_of_turn], []),
        *(
            (f"screen of {screen.party}", (screen.verdicts, screen.one_sided), (script.screen, script.one_sided))
            for screen in one.screens
            if screen.verdicts
        ),
    )
    for what, is_, should in compared:
        if is_ != should:
            yield f"consignment {one.number}, {what}: {is_}, the script says {should}"
