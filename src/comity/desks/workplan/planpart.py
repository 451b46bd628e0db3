"""The plan itself as a part of the desk: amendments, the versions that they lead to, and how far each side is with its actions.

The rule it keeps: nothing changes until both have signed; a word of ours that would not count does not leave, one of theirs is
filed and shown as what it is. What we signed takes effect here once their node has filed it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from comity.base.cbor import Value, decode
from comity.base.errors import BadForm
from comity.base.ids import CaseId, Digest, DispatchId
from comity.base.workdays import Calendar
from comity.desk import Facts, Filing
from comity.desks.workplan import bodylines, planrows, reminding, store
from comity.desks.workplan.body import compose_body, read
from comity.desks.workplan.kinds import plan_of
from comity.desks.workplan.model import PROPOSING, Kind, Operation, Plan, Stage, Update
from comity.desks.workplan.plans import apply, operation_value, ordered, version_digest
from comity.desks.workplan.rules import Event, Fate, Story, Verdict, Version, first_version, fold
from comity.dispatch.filing import TakenBack
from comity.dispatch.ports import Tx
from comity.screen import BodyLine

EMPTY = Plan("", "2000-01-01")
_RECALL = "recall"
_WHY: Mapping[Verdict, str] = {
    Verdict.BACKWARDS: "it says that less of the other side's was here than before",
    Verdict.OTHER_BASE: "it is on a version that is not in force any more: make it anew on the one that is",
    Verdict.OTHER_RESULT: "its changes do not lead to the text that it signs",
    Verdict.NO_FIT: "its changes do not fit the plan in force",
    Verdict.NOT_OPEN: "there is no such proposal open, or it is not yours to answer or withdraw",
    Verdict.CROSSED: (
        "a proposal of our own goes first on this version: the other side answers it first, or you withdraw it"
        " and wait until they have said anything after that"
    ),
}


@dataclass(frozen=True, slots=True)
class Sides:
    """Both parties as the plan knows them.

    Attributes:
        ids: of both parties, in the order of the accord.
        ours: 0 or 1.
        days: calendar of each.
        answer_ms: how long a proposal may wait for its answer.
    """

    ids: tuple[str, str] = ("", "")
    ours: int = 0
    days: tuple[Calendar, Calendar] = (Calendar(), Calendar())
    answer_ms: int = reminding.DEFAULT_MS

    @property
    def both(self) -> frozenset[str]:
        """Return the ids of both."""
        return frozenset(self.ids)


class PlanPart:
    """Amendments of the plan, and how far each side is with its actions.

    Args:
        plan: canonical bytes of the plan with which this node begins; b"" for none.
        sides: both parties.
    """

    def __init__(self, plan: bytes = b"", sides: Sides | None = None) -> None:
        self._given = first_version(ordered(plan_of(decode(plan))) if plan else EMPTY)
        self.sides = sides or Sides()

    @property
    def kinds(self) -> frozenset[str]:
        """Return the kinds that are this part's."""
        return frozenset(kind.value for kind in Kind)

    def compose(self, kind: str, form: Mapping[str, Value]) -> bytes:
        """Check a form and return the canonical body bytes.

        Raises:
            BadForm: a field is missing, unknown or ill-formed; the message names it.
        """
        return compose_body(kind, form)

    def facts(self, kind: str, body: bytes) -> Facts:
        """Read what the law must know from a body: it states nothing about anyone.

        Raises:
            BadEnvelope: the body is not canonical or does not fit the schema of `kind`.
        """
        reading = read(kind, body)
        nothing: frozenset[str] = frozenset()
        return Facts(
            stage=reading.body.state.value,
            asserts=False,
            tagged=nothing,
            asks=nothing,
            records=nothing,
            own_power=False,
            known_for=nothing,
            third_state=False,
            texts=reading.texts,
        )

    def lines(self, kind: str, body: bytes) -> tuple[BodyLine, ...]:
        """Lay a body out for a page; errors as `facts`."""
        return bodylines.lines_of(read(kind, body).body)

    # --- rows --------------------------------------------------------------------------------------------------

    def check(self, tx: Tx, filing: Filing) -> None:
        """Look at a dispatch of ours before anything of it is written.

        Raises:
            BadForm: it would not count; nothing was written.
        """
        body = read(filing.header.kind, filing.body).body
        if isinstance(body, Update):
            self._check_update(tx, filing, body)
            return
        story = self.story(tx)
        if self._signed_waits(tx) is not None:
            raise BadForm(
                "what we signed is on its way: nothing else about the plan leaves until the other side has filed it;"
                " nothing was kept"
            )
        if (body.number, body.seen) != self.numbers(story):
            raise BadForm("something came in between: look at the plan again; nothing was kept")
        event = planrows.event_of(filing, body, self.sides.ours)
        self._check_event(tx, event)

    def _check_event(self, tx: Tx, event: Event) -> None:
        said = [one for one, _ in planrows.events(tx)]
        told = fold(self.first(tx), [*said, event], self.sides.both)
        verdict = told.verdicts.get(event.id, Verdict.BACKWARDS)
        if event.state is Stage.DECLINED and self._strange(event, said, told):
            return  # it counts for nothing, and tells the other side at once which text we hold
        if verdict is not Verdict.COUNTS:
            raise BadForm(f"this {event.state} would not count: {_WHY[verdict]}; nothing was kept")
        if event.state is Stage.AGREED and event.about is not None and _RECALL in store.marks(tx, event.about):
            raise BadForm("the other side recalled this proposal: decline it, or wait for another; nothing was kept")

    @staticmethod
    def _strange(event: Event, said: Sequence[Event], told: Story) -> bool:
        """Say whether what an event answers is a proposal of the other side on a version that is none of our history."""
        about = next((one for one in said if one.id == event.about and one.side != event.side), None)
        known = {one.digest for one in told.versions}
        return about is not None and told.verdicts.get(about.id) is Verdict.OTHER_BASE and about.base not in known

    def _check_update(self, tx: Tx, filing: Filing, body: Update) -> None:
        version = self.version(tx)
        action = version.plan.action(body.action)
        if action is None:
            raise BadForm(f"the plan in force has no action {body.action}; nothing was kept")
        owner = dict(action.owners).get(self.sides.ids[self.sides.ours], "")
        if filing.header.author.agency != owner:
            raise BadForm(f"{owner} says how far {body.action} is on our side, nobody else; nothing was kept")
        if body.plan != version.digest:
            raise BadForm("the plan was changed in between: look at it again; nothing was kept")

    def file(self, tx: Tx, filing: Filing) -> None:
        """Write this part's rows for one dispatch; its row in `workplan_dispatch` is written already."""
        if not filing.body:
            return
        side = self.sides.ours if filing.ours else 1 - self.sides.ours
        body = read(filing.header.kind, filing.body).body
        if isinstance(body, Update):
            planrows.put_version(
                tx, self.first(tx)
            )  # else whether an amendment was written here yet would change what is counted
            planrows.insert_progress(tx, filing, body, side)
            return
        planrows.insert_amend(tx, filing, body, side)
        self._reckon(tx)

    def settled(self, tx: Tx, dispatch: DispatchId) -> None:
        """Make the versions again: what we signed counts once it was filed there, and not if it was refused."""
        row = store.dispatch(tx, dispatch)
        if row is not None and row.ours and row.kind == Kind.AMEND:
            self._reckon(tx)

    def take_back(self, tx: Tx, taken: TakenBack) -> None:
        """Do nothing more: what both have signed is changed by an amendment, never by a recall."""

    def erase(self, tx: Tx, dispatch: DispatchId, case: CaseId) -> None:  # noqa: ARG002  every part is asked this way
        """Take the words of a dispatch out of this part's rows; versions keep their joint text, and who signed them stays.

        Raises:
            BadForm: it is a proposal that is still open, or nothing was decided of it yet; nothing was changed.
        """
        state = planrows.state_of(tx, dispatch)
        if state is not None and state[1] == Fate.OPEN:
            raise BadForm("this proposal is open: answer or withdraw it first; nothing was changed")
        if state is not None and not state[0]:
            raise BadForm("something before this amendment is missing here: wait for it; nothing was changed")
        planrows.erase_operations(tx, dispatch)
        planrows.erase_progress(tx, dispatch)

    def _reckon(self, tx: Tx) -> None:
        planrows.put_version(tx, self.first(tx))
        planrows.keep_story(tx, self.story(tx))

    # --- what holds --------------------------------------------------------------------------------------------

    def first(self, tx: Tx) -> Version:
        """Return the version with which this node began."""
        return planrows.first(tx) or self._given

    def story(self, tx: Tx) -> Story:
        """Return what both sides' amendments come to; what we signed and they have not filed is not in it."""
        said = [one for one, waits in planrows.events(tx) if not (waits and one.state is Stage.AGREED)]
        return fold(self.first(tx), said, self.sides.both)

    def version(self, tx: Tx) -> Version:
        """Return the version in force, without its signatures."""
        found = planrows.newest(tx)
        return self._given if found is None else Version(*found)

    def numbers(self, story: Story) -> tuple[int, int]:
        """Return the number of our next amendment, and how many of theirs we have."""
        ours = self.sides.ours
        return story.said[ours] + 1, story.said[1 - ours]

    def _signed_waits(self, tx: Tx) -> Event | None:
        """Return what we signed and the other side has not filed yet."""
        return next((one for one, waits in planrows.events(tx) if waits and one.state is Stage.AGREED), None)

    def signed(self, tx: Tx) -> DispatchId | None:
        """Return the proposal that we agreed to and whose agreement the other side has not filed yet."""
        found = self._signed_waits(tx)
        return None if found is None else found.about

    def other_file(self, tx: Tx) -> Digest | None:
        """Return the digest of the plan file beside this node if it is not the version with which it began."""
        return None if self.first(tx).digest == self._given.digest else self._given.digest

    # --- what leaves ---------------------------------------------------------------------------------------------

    def proposal(self, tx: Tx, operations: Sequence[Operation], words: Mapping[str, str]) -> dict[str, Value]:
        """Return the body of a proposal on the version in force.

        Args:
            tx: only read.
            operations: in order.
            words: `text`, and of a counter-proposal `about` (hex) and `reason`; `language`.

        Raises:
            BadForm: a change does not fit the plan in force.
        """
        story = self.story(tx)
        plan = apply(story.now.plan, operations, self.sides.both)
        result = version_digest(story.now.number + 1, story.now.digest, plan)
        stage = Stage.COUNTER if words.get("about") else Stage.PROPOSAL
        changes: list[Value] = [operation_value(one) for one in operations]
        return {**self._said(story, stage, words), "result": result, "operations": changes}

    def answer(self, tx: Tx, stage: Stage, words: Mapping[str, str]) -> dict[str, Value]:
        """Return the body of an answer to a proposal, or of its withdrawal; `words` as in `proposal`.

        Raises:
            BadForm: there is no such proposal.
        """
        story = self.story(tx)
        about = DispatchId(bytes.fromhex(words.get("about", "")))
        proposal = next((one for one, _ in planrows.events(tx) if one.id == about and one.state in PROPOSING), None)
        if proposal is None:
            raise BadForm("there is no such proposal on this node; nothing was kept")
        result: dict[str, Value] = {"result": proposal.result} if stage is Stage.AGREED else {}
        return {**self._said(story, stage, words), **result}

    def _said(self, story: Story, stage: Stage, words: Mapping[str, str]) -> dict[str, Value]:
        number, seen = self.numbers(story)
        about: dict[str, Value] = {"about": bytes.fromhex(words["about"])} if words.get("about") else {}
        given: dict[str, Value] = {name: words[name] for name in ("text", "reason", "language") if words.get(name)}
        return {"state": stage.value, "number": number, "seen": seen, "base": story.now.digest, **about, **given}
