"""The plan as pages show it: the version in force with both sides' progress, what is proposed, the history.

The rule it keeps: what is shown as in force is what both signed; overdue is by the clock of the side whose part it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeVar, cast

from comity.base.bodies import tidy
from comity.base.cbor import Value
from comity.base.errors import BadForm
from comity.base.ids import Digest, DispatchId, Ms, read_id, show_id
from comity.base.readers import Misfit
from comity.desks.workplan import planrows, reminding, store
from comity.desks.workplan.calendar import Entry, calendar_text, plan_entries
from comity.desks.workplan.files import to_csv
from comity.desks.workplan.kinds import operation_of, plan_of
from comity.desks.workplan.model import OVER, PROPOSING, Action, Item, Operation, Owners, Plan, Progress, Stage
from comity.desks.workplan.planpart import PlanPart
from comity.desks.workplan.plans import (
    changes,
    clashes,
    difference,
    drafted,
    operation_value,
    ordered,
    plan_value,
    sound,
    version_digest,
)
from comity.desks.workplan.rules import Event, Fate, Story, Version
from comity.desks.workplan.service import WorkplanDesk
from comity.dispatch.ports import Tx
from comity.screen.plan import (
    ActionLine,
    Difference,
    Heading,
    ItemLine,
    PartLine,
    PlanCard,
    Preview,
    ProposalLine,
    VersionLine,
    Waiting,
)

T = TypeVar("T")


def latest(tx: Tx, story: Story, part: PlanPart) -> dict[tuple[str, int], planrows.Told]:
    """Return each side's last word on each action, of its owner, by the version that it names."""
    versions = {version.digest: version.plan for version in story.versions}
    found: dict[tuple[str, int], planrows.Told] = {}
    for one in planrows.progress(tx):
        plan = versions.get(one.plan)
        action = None if plan is None else plan.action(one.action)
        if action is not None and dict(action.owners).get(part.sides.ids[one.side]) == one.agency:
            found[one.action, one.side] = one
    return found


class _Painter:
    """One reading of the rows, laid out."""

    def __init__(self, tx: Tx, part: PlanPart, shorts: tuple[str, str], now: Ms) -> None:
        self._tx, self._part, self._shorts, self._now = tx, part, shorts, now
        self._story = part.story(tx)
        self._said = latest(tx, self._story, part)
        self._events = {one.id: one for one, _ in planrows.events(tx)}
        self._numbers = {version.digest: version for version in self._story.versions}
        self._signed = part.signed(tx)

    def card(self) -> PlanCard:
        """Return the whole of it."""
        version, sides = self._story.now, self._part.sides
        plan, file = version.plan, self._part.other_file(self._tx)
        return PlanCard(
            title=plan.title,
            signed=plan.signed,
            number=version.number,
            digest=version.digest.hex(),
            parties=self._shorts,
            ours=sides.ours,
            first=self._shorts[self._story.first_side],
            priorities=tuple(Heading(one.id, one.title) for one in plan.priorities),
            items=tuple(self._item(one, plan) for one in plan.items),
            tracks=tuple(Heading(one.id, one.title, self._owners(one.owners), one.days) for one in plan.tracks),
            proposals=self._proposals(),
            versions=tuple(self._version(one) for one in reversed(self._story.versions)),
            held=len(self._story.waiting),
            other_file="" if file is None else file.hex(),
            other_text=tuple(sorted(one.hex() for one in self._strange())),
        )

    def _strange(self) -> set[Digest]:
        """Return the digests of versions that the other side names and that are none of this history."""
        theirs = 1 - self._part.sides.ours
        named = {one.base for one in self._events.values() if one.side == theirs and one.id in self._story.verdicts}
        named |= {one.plan for one in planrows.progress(self._tx) if one.side == theirs}
        return named - set(self._numbers)

    def _owners(self, owners: Owners) -> tuple[tuple[str, str, str], ...]:
        shorts = dict(zip(self._part.sides.ids, self._shorts, strict=True))
        return tuple((shorts.get(party, party.upper()), agency, agency) for party, agency in owners)

    def _item(self, item: Item, plan: Plan) -> ItemLine:
        actions = tuple(self._action(one) for one in plan.actions if one.item == item.id)
        passed = all(self._now >= days.ends(date.fromisoformat(item.due)) for days in self._part.sides.days)
        late = any(one.overdue for one in actions) or (passed and any(one.open for one in actions))
        return ItemLine(
            item.id,
            item.aim,
            item.priority,
            self._owners(item.owners),
            item.measure,
            item.due,
            item.closed,
            late,
            actions,
        )

    def _action(self, action: Action) -> ActionLine:
        owners = dict(action.owners)
        parts = tuple(self._side(action, side, owners.get(self._part.sides.ids[side], "")) for side in (0, 1))
        return ActionLine(action.id, action.item, action.title, action.measure, action.due, parts)

    def _side(self, action: Action, side: int, agency: str) -> PartLine:
        said = self._said.get((action.id, side))
        state = Progress.PLANNED if said is None else said.state
        late = state not in OVER and self._now >= self._part.sides.days[side].ends(date.fromisoformat(action.due))
        return PartLine(
            party=self._shorts[side],
            ours=side == self._part.sides.ours,
            agency=agency,
            name=agency,
            state=state.value,
            since=None if said is None else said.made,
            words="" if said is None else said.words,
            evidence=() if said is None else tuple(map(show_id, said.evidence)),
            overdue=late,
        )

    # --- proposals and versions --------------------------------------------------------------------------------

    def _proposals(self) -> tuple[ProposalLine, ...]:
        found = [one for one in self._events.values() if one.state in PROPOSING]
        return tuple(self._proposal(one) for one in sorted(found, key=lambda one: (one.made, one.id), reverse=True))

    def _proposal(self, one: Event) -> ProposalLine:
        fate, verdict = self._story.fates.get(one.id), self._story.verdicts.get(one.id)
        base, plan = self._numbers.get(one.base), self._story.plans.get(one.id)
        row = store.dispatch(self._tx, one.id)
        outdated = fate is Fate.OUTDATED and base is not None
        return ProposalLine(
            id=show_id(one.id),
            case="" if row is None else show_id(row.case),
            party=self._shorts[one.side],
            ours=one.side == self._part.sides.ours,
            agency=one.agency,
            fate="" if fate is None else fate.value,
            verdict="" if verdict is None or fate is not Fate.VOID else verdict.value,
            made=one.made,
            base=0 if base is None else base.number,
            digest="" if one.result is None else one.result.hex(),
            words=planrows.reason_of(self._tx, one.id),
            answer=self._answer(one),
            differences=() if plan is None or base is None else _differences(base.plan, plan),
            first=self._story.first_side == one.side,
            marks=store.marks(self._tx, one.id),
            signed=self._signed == one.id,
            clashes=clashes(base.plan, self._story.now.plan, one.operations) if outdated and base is not None else (),
            due=self._due(fate, row),
        )

    def _due(self, fate: Fate | None, row: store.DispatchRow | None) -> Ms | None:
        """Return by when an open proposal is to be answered: its time runs from when the other side filed it."""
        since = None if row is None else row.filed if row.ours else row.at
        return None if fate is not Fate.OPEN or since is None else Ms(since + self._part.sides.answer_ms)

    def _answer(self, proposal: Event) -> tuple[str, str, Ms | None]:
        answers = [
            one
            for one in self._events.values()
            if one.about == proposal.id and one.id in self._story.verdicts and one.state is not Stage.PROPOSAL
        ]
        if not answers:
            return "", "", None
        last = min(answers, key=lambda one: (one.state is not Stage.AGREED, one.made, one.id))
        return self._shorts[last.side], planrows.reason_of(self._tx, last.id), last.made

    def _version(self, version: Version) -> VersionLine:
        before = next((one for one in self._story.versions if one.number == version.number - 1), None)
        return VersionLine(
            version.number,
            version.digest.hex(),
            self._signature(version.proposal),
            self._signature(version.agreed),
            () if before is None else _differences(before.plan, version.plan),
        )

    def _signature(self, one: Event | None) -> tuple[str, str, Ms, str] | None:
        return None if one is None else (self._shorts[one.side], one.agency, one.made, show_id(one.id))


def _differences(before: Plan, after: Plan) -> tuple[Difference, ...]:
    return tuple(
        Difference(one.what.value, one.id, one.field, one.before, one.after) for one in difference(before, after)
    )


def card_of(tx: Tx, desk: WorkplanDesk, shorts: tuple[str, str], now: Ms) -> PlanCard:
    """Return the plan in force and what happens to it; agencies by their ids.

    Args:
        tx: only read.
        desk: that keeps it.
        shorts: marks of both parties in the order of the accord.
        now: for what is overdue.
    """
    return _Painter(tx, desk.plan, shorts, now).card()


def plan_json(tx: Tx, desk: WorkplanDesk, version: int = 0) -> Mapping[str, Value]:
    """Return the text of a version as plain data; 0 for the one in force.

    Raises:
        BadForm: there is no such version.
    """
    if not version:
        return plan_value(desk.plan.version(tx).plan)
    found = next((one for one in desk.plan.story(tx).versions if one.number == version), None)
    if found is None:
        raise BadForm(f"there is no version {version} of the plan on this node")
    return plan_value(found.plan)


def calendar_of(tx: Tx, desk: WorkplanDesk, further: Iterable[Entry], language: str, *, notes: bool = False) -> str:
    """Return the days of the plan in force, and further events, as iCalendar; the same bytes until something is changed.

    Args:
        tx: only read.
        desk: that keeps the plan.
        further: events beside those of the plan.
        language: of the texts.
        notes: whether measures stand in it.
    """
    entries = (*_entries(tx, desk, language), *further)
    return calendar_text(desk.plan.version(tx).plan.title, entries, desk.plan.first(tx).digest, notes=notes)


def revised_of(tx: Tx, desk: WorkplanDesk, further: Iterable[Entry]) -> Ms:
    """Return when something in that calendar last moved: the plan, or one of the further events."""
    return max((_since(tx, desk), *(one.revised for one in further)))


def _entries(tx: Tx, desk: WorkplanDesk, language: str) -> Iterator[Entry]:
    version = desk.plan.version(tx)
    return plan_entries(version.plan, desk.plan.first(tx).digest, _since(tx, desk), version.number, language)


def _since(tx: Tx, desk: WorkplanDesk) -> Ms:
    """Return when the version in force took effect; of the first its day."""
    day = date.fromisoformat(desk.plan.first(tx).plan.signed)
    signed = datetime.combine(day, datetime.min.time(), UTC)
    return planrows.in_force_since(tx) or Ms(round(signed.timestamp()) * 1000)


def file_of(tx: Tx, desk: WorkplanDesk, form: str, language: str) -> tuple[str, str]:
    """Return the plan in force as a file: media type and text.

    Args:
        tx: only read.
        desk: that keeps the plan.
        form: `ics`, `csv` or `json`.
        language: of a calendar's texts.
    """
    plan = desk.plan.version(tx).plan
    if form == "ics":
        return "text/calendar", calendar_of(tx, desk, (), language, notes=True)
    if form == "csv":
        return "text/csv", to_csv(plan)
    return "application/json", json.dumps(plan_value(plan), ensure_ascii=False, indent=2) + "\n"


def waiting_of(tx: Tx, desk: WorkplanDesk, now: Ms) -> tuple[Waiting, ...]:
    """Return the proposals of the other side that wait for us, the oldest first; a few rows, quick enough for every page."""
    limit = desk.plan.sides.answer_ms
    return tuple(
        Waiting(show_id(one.id), one.since, Ms(one.since + limit), late=now >= one.since + limit)
        for one in reminding.waiting(tx)
    )


def preview_of(tx: Tx, desk: WorkplanDesk, asked: Mapping[str, Any]) -> Preview:
    """Return what changes would make of the version in force, before anything is sent.

    Args:
        tx: only read.
        desk: that keeps the plan.
        asked: `operations`, or `proposal` for the id of one whose changes are looked at.

    Raises:
        BadForm: a change is none; nothing was kept.
    """
    now = desk.plan.version(tx)
    if asked.get("proposal"):
        operations = _again(tx, read_id(str(asked["proposal"])))
    else:
        operations = tuple(_read(operation_of, one) for one in asked.get("operations", ()))
    plan = drafted(now.plan, operations, desk.plan.sides.both)
    found = _differences(now.plan, plan)
    return Preview(
        now.digest.hex(),
        version_digest(now.number + 1, now.digest, plan).hex(),
        tuple(
            (to_json_value(one), tuple(diff for diff in found if (diff.what, diff.id) == (one.what.value, one.id)))
            for one in operations
        ),
        sound(plan),
    )


def to_json_value(one: Operation) -> Mapping[str, Any]:
    """Return a change as a page keeps it between two forms."""
    return cast("Mapping[str, Any]", operation_value(one))


def proposal_of(tx: Tx, desk: WorkplanDesk, asked: Mapping[str, Any]) -> Mapping[str, Value]:
    """Return the body of a proposal on the version in force.

    Args:
        tx: only read.
        desk: that keeps the plan.
        asked: `operations`, or `plan` for a whole text from which they are made, or `again` for the id of an outdated
            proposal that is made anew; `text`, `language`; of a counter-proposal `about` (id) and `reason`; `on` for the
            digest (hex) of the version on which the changes were looked at.

    Raises:
        BadForm: it does not fit; the message says what.
    """
    version = desk.plan.version(tx)
    now = version.plan
    if asked.get("on") and asked["on"] != version.digest.hex():
        raise BadForm("the plan was changed in between: look at the changes again; nothing was kept")
    if asked.get("again"):
        operations = _again(tx, read_id(str(asked["again"])))
    elif "plan" in asked:
        operations = changes(now, _read(ordered_plan, asked["plan"]))
    else:
        operations = tuple(_read(operation_of, one) for one in asked.get("operations", ()))
    return desk.plan.proposal(tx, operations, _words(asked))


def answer_of(tx: Tx, desk: WorkplanDesk, asked: Mapping[str, Any]) -> Mapping[str, Value]:
    """Return the body of an answer or a withdrawal: `about` (id), `state`, `reason`, `language`.

    Raises:
        BadForm: it does not fit; the message says what.
    """
    state = asked.get("state", "")
    if state not in {Stage.AGREED, Stage.DECLINED, Stage.WITHDRAWN}:
        raise BadForm("a proposal is agreed, declined or withdrawn; nothing was kept")
    return desk.plan.answer(tx, Stage(state), _words(asked))


def update_of(tx: Tx, desk: WorkplanDesk, asked: Mapping[str, Any]) -> tuple[Mapping[str, Value], str, str]:
    """Return the body of an update of our part of an action, its item, and the other side's owner.

    Args:
        tx: only read.
        desk: that keeps the plan.
        asked: `action`, `state`, `text`, `evidence` (ids), `language`.

    Raises:
        BadForm: the plan in force has no such action.
    """
    version, sides = desk.plan.version(tx), desk.plan.sides
    action = version.plan.action(str(asked.get("action", "")))
    if action is None:
        raise BadForm("the plan in force has no such action; nothing was kept")
    evidence: list[Value] = [read_id(str(one)) for one in asked.get("evidence", ())]
    said: dict[str, Value] = {name: str(asked[name]) for name in ("text", "language") if asked.get(name)}
    body: dict[str, Value] = {
        "action": action.id, "state": str(asked.get("state", "")), "plan": version.digest, "evidence": evidence, **said
    }  # fmt: skip
    return body, action.item, dict(action.owners).get(sides.ids[1 - sides.ours], "")


def _words(asked: Mapping[str, Any]) -> dict[str, str]:
    words = {name: str(asked[name]) for name in ("text", "reason", "language") if asked.get(name)}
    return {**words, "about": read_id(str(asked["about"])).hex()} if asked.get("about") else words


def _again(tx: Tx, proposal: DispatchId) -> tuple[Operation, ...]:
    found = next((one for one, _ in planrows.events(tx) if one.id == proposal), None)
    if found is None:
        raise BadForm("there is no such proposal on this node; nothing was kept")
    return found.operations


def ordered_plan(value: Value) -> Plan:
    """Read a whole plan, each list in the order of its ids; errors as `plan_of`."""
    return ordered(plan_of(value))


def _read(read: Callable[[Value], T], value: Any) -> T:
    try:
        return read(tidy(value))
    except Misfit as misfit:
        raise BadForm(f"this is no plan, or no change of one: {misfit}; nothing was kept") from None
