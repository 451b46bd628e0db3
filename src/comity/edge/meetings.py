"""Meetings of one node: read for pages, written by the door. The desk knows what they are; here is what it needs of the node.

The rule it keeps: every operation leaves in the urgent lane with no answer owed, so that it is with the other side at once and
in order; notes and drafts are written to our own tables only and given to no path that sends.
"""  # spec: protocol.md 8

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

from comity.base.entropy import Entropy
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import CaseId, Ms, NodeName, read_id
from comity.dispatch.book import Ledger
from comity.dispatch.filing import Powers
from comity.dispatch.ports import Tx
from comity.dispatch.states import Form, Officer
from comity.edge.desks import offering, part
from comity.edge.meetingpdf import minutes_pdf
from comity.edge.opening import OpenNode
from comity.edge.plans import make_plan
from comity.edge.registry import Registry, RosterOfficer
from comity.edge.rosterfile import RosterFile
from comity.marking.labels import Lane, Urgency
from comity.policy.access import Person
from comity.screen.meetings import Asked, MeetingCard, MeetingLine, MeetingNames
from comity.screen.visitor import Json

PURPOSE, MEETING, MINUTES = "workplan", "meeting", "minutes"
OUT_OF_PLAN = "the dialogue itself"
"""Why a dispatch of a meeting names no item of the workplan."""
_MODULE = "meetings"
_TITLE = 200


class ReadyForm(Protocol):
    """What a desk makes of a person's act."""

    @property
    def kind(self) -> str:
        """Return the kind of the dispatch."""
        ...

    @property
    def body(self) -> Mapping[str, Any]:
        """Return its body as a form."""
        ...

    @property
    def role(self) -> str:
        """Return the role in which it is said."""
        ...

    @property
    def paragraph(self) -> bytes:
        """Return the paragraph that it is about, b"" for none."""
        ...

    @property
    def publishes(self) -> bool:
        """Say whether it publishes what was written of it."""
        ...


class MeetingDesk(Protocol):
    """A desk that keeps meetings; its module `meetings.onpage`."""

    def lines(self, tx: Tx) -> tuple[MeetingLine, ...]:
        """Return the meetings, newest first."""
        ...

    def card(self, tx: Tx, case: CaseId, by: object, roles: frozenset[str], now: Ms) -> MeetingCard | None:
        """Return one meeting as an officer sees it."""
        ...

    def ready(self, tx: Tx, asked: Asked, by: object, roles: frozenset[str], now: Ms, entropy: Entropy) -> ReadyForm:  # noqa: PLR0917  who, what, when
        """Return what a person's act is to be sent as."""
        ...

    def export(self, tx: Tx, case: CaseId) -> Mapping[str, Json] | None:
        """Return the minutes as plain data."""
        ...

    def operations(self, tx: Tx, case: CaseId) -> list[dict[str, Json]]:
        """Return what signed minutes decide, as changes of the plan."""
        ...


class WritingDesk(MeetingDesk, Protocol):
    """The same desk, which keeps at home what its officers write before they publish it."""

    def put_note(self, tx: Tx, case: CaseId, by: object, text: str, now: Ms) -> None:
        """Keep an officer's note."""
        ...

    def put_draft(self, tx: Tx, case: CaseId, by: object, paragraph: bytes, language: str, text: str, now: Ms) -> None:  # noqa: PLR0917  whose, of what, in which language
        """Keep what an officer is writing."""
        ...

    def drop_drafts(self, tx: Tx, case: CaseId, paragraph: bytes, by: object) -> None:
        """Take away what was published."""
        ...


class MeetingReader:
    """A `screen.meetings.MeetingBoard` over one node's store.

    Args:
        ledger: only read.
        desk: keeps the meetings.
        names: of both sides, of agencies and of actions of the plan, in a language.
        items: makes the next agenda of what is there, in a language; asked anew each time.
    """

    def __init__(
        self,
        ledger: Ledger,
        desk: MeetingDesk,
        names: Callable[[str, Ms], MeetingNames],
        items: Callable[[Ms, str], tuple[tuple[str, str, str], ...]] = lambda _, __: (),
    ) -> None:
        self._ledger, self._desk, self._names, self._items = ledger, desk, names, items

    def meetings(self, now: Ms) -> tuple[MeetingLine, ...]:  # noqa: ARG002  a board is asked with the time
        """Return the meetings, newest first."""
        with self._ledger.read() as tx:
            return self._desk.lines(tx)

    def meeting(self, name: str, person: Person, now: Ms) -> MeetingCard | None:
        """Return one meeting as a person sees it; None if there is none of this number."""
        case = _case(name)
        if case is None:
            return None
        with self._ledger.read() as tx:
            return self._desk.card(tx, case, _Writer(person.desk, person.number), person.roles, now)

    def agenda(self, now: Ms, language: str) -> tuple[tuple[str, str, str], ...]:
        """Return what the next agenda would have."""
        return self._items(now, language)

    def names(self, language: str, now: Ms) -> MeetingNames:
        """Return the names in a language, or in one that they have."""
        return self._names(language, now)

    def export(self, name: str) -> Mapping[str, Json] | None:
        """Return the minutes of a meeting as plain data, or None."""
        case = _case(name)
        if case is None:
            return None
        with self._ledger.read() as tx:
            return self._desk.export(tx, case)

    def operations(self, name: str) -> list[dict[str, Json]]:
        """Return what signed minutes decide, as changes of the workplan that can be proposed."""
        case = _case(name)
        if case is None:
            return []
        with self._ledger.read() as tx:
            return self._desk.operations(tx, case)

    def pdf(self, name: str, language: str, now: Ms) -> bytes | None:
        """Return the minutes of a meeting as PDF, or None."""
        found = self.export(name)
        return None if found is None else minutes_pdf(found, language, self._names(language, now))


class _Writer:
    """An officer of ours, as the desk takes one."""

    def __init__(self, desk: str, number: int) -> None:
        self.desk, self.number = desk, number


class Saying:
    """Makes the forms of meetings and keeps what stays at home.

    Args:
        desk: keeps the meetings.
        roster: our officers as the file has them now.
        powers: who may release what now.
        theirs: agencies of the other side that keep meetings.
        entropy: for the names of paragraphs.
    """

    def __init__(
        self,
        desk: WritingDesk,
        roster: Callable[[], Mapping[tuple[str, int], RosterOfficer]],
        powers: Powers,
        theirs: tuple[str, ...],
        entropy: Entropy,
    ) -> None:
        self.desk, self._roster, self._powers, self._theirs, self._entropy = desk, roster, powers, theirs, entropy

    def form(self, tx: Tx, name: str, asked: Asked, by: Officer, now: Ms) -> tuple[Form, ReadyForm]:
        """Return the form of an act, and what the desk made of it.

        Args:
            tx: the state that the act is made upon.
            name: of the desk.
            asked: the act.
            by: who does it.
            now: our time.

        Raises:
            BadForm, NotAllowed: it cannot be; the message says why.
        """
        officer = self._roster().get((by.desk, by.number))
        if officer is None:
            raise NotAllowed(f"no officer of ours is {by.desk}/{by.number}; nothing was kept")
        standing = self._powers.standing(tx, by.desk, by.number, now)
        if standing is None or (standing.until is not None and now >= standing.until):
            raise NotAllowed(f"the posting or delegation of {by.desk}/{by.number} is not in force; nothing was kept")
        writer = _Writer(by.desk, by.number)
        ready = self.desk.ready(tx, asked, writer, frozenset(officer.roles), now, self._entropy)
        if not self._theirs:
            raise BadForm("no agency of the other side keeps meetings; nothing was kept")
        form = Form(
            desk=name,
            kind=ready.kind,
            agency=officer.agency,
            role=ready.role,
            recipients=self._theirs,
            purpose=PURPOSE,
            urgency=Urgency.NORMAL,
            workplan_item=None,
            workplan_reason=OUT_OF_PLAN,
            body=dict(ready.body),
            case=None if asked.act == "call" else CaseId(read_id(asked.meeting)),
            lane=Lane.URGENT,
        )
        return form, ready

    # --- what stays at home ----------------------------------------------------------------------------------------

    def note(self, tx: Tx, meeting: str, by: Officer, text: str, now: Ms) -> None:
        """Keep an officer's note.

        Raises:
            BadForm: there is no such meeting.
        """
        self.desk.put_note(tx, CaseId(read_id(meeting)), _Writer(by.desk, by.number), text, now)

    def draft(self, tx: Tx, meeting: str, by: Officer, said: tuple[str, str, str], now: Ms) -> None:
        """Keep what an officer is writing: (paragraph, language, text); errors as `note`."""
        paragraph, language, text = said
        writer = _Writer(by.desk, by.number)
        self.desk.put_draft(tx, CaseId(read_id(meeting)), writer, read_id(paragraph), language, text, now)

    def drop(self, tx: Tx, meeting: str, by: Officer, paragraph: bytes) -> None:
        """Take away what an officer was writing of a paragraph: it was published."""
        self.desk.drop_drafts(tx, CaseId(read_id(meeting)), paragraph, _Writer(by.desk, by.number))


def make_meetings(opened: OpenNode) -> MeetingReader | None:
    """Make the reader; None where no desk keeps meetings."""
    desk = meeting_desk(opened)
    if desk is None:
        return None
    return MeetingReader(opened.node.ledger, desk, _names(opened), _agenda(opened))


def _names(opened: OpenNode) -> Callable[[str, Ms], MeetingNames]:
    """Return what gives the names of both sides, of their agencies and of the plan's actions, in a language."""
    both = (opened.config.node, opened.registry), (opened.config.peer, opened.peer_registry)
    plan = make_plan(opened)

    def names(language: str, now: Ms) -> MeetingNames:
        actions = () if plan is None else tuple(one for item in plan.plan(now).items for one in item.actions)
        return MeetingNames(
            tuple((node, one.short, _in(one.name, language) or one.short) for node, one in both),
            tuple((agency.id, _in(agency.name, language) or agency.id) for _, one in both for agency in one.agency),
            tuple((one.id, _in(dict(one.title), language)) for one in actions),
        )

    return names


def _agenda(opened: OpenNode) -> Callable[[Ms, str], tuple[tuple[str, str, str], ...]]:
    """Return what makes an agenda of the actions of the plan that are overdue, by day, and the agreed titles of open rooms."""
    from comity.edge.rooms import agenda as titles_of_rooms  # noqa: PLC0415  most nodes have no room

    plan, keeps = make_plan(opened), offering(opened.config.desks, _MODULE)
    module = part(keeps[0], f"{_MODULE}.agenda")

    def items(now: Ms, language: str) -> tuple[tuple[str, str, str], ...]:
        late = (
            () if plan is None else tuple(one for item in plan.plan(now).items for one in item.actions if one.overdue)
        )
        overdue = [module.Overdue(one.id, _in(dict(one.title), language), one.due) for one in late]
        closed = [module.RestrictedTitle(str(number), title) for number, title in titles_of_rooms(opened.config.folder)]
        return tuple((one.title, str(one.about), one.ref) for one in module.agenda_of(overdue, (), closed))

    return items


def _in(title: Mapping[str, str], language: str) -> str:
    """Return a name or title in a language, or in one that it has; of the length of a title on an agenda."""
    found = title.get(language) or title.get("en") or next(iter(title.values()), "")
    return found[:_TITLE]


def make_saying(opened: OpenNode) -> tuple[str, Saying] | None:
    """Make what writes, with the name of its desk; None where no desk keeps meetings."""
    desk, keeps = meeting_desk(opened), offering(opened.config.desks, _MODULE)
    if desk is None:
        return None
    roster = RosterFile(opened.config.path(opened.config.roster), opened.config.party)
    sealed = {one.agency for one in opened.node.office.peer_keys.sealing}
    theirs = tuple(one.id for one in opened.peer_registry.agency if MINUTES in one.sends and one.id in sealed)
    office = opened.node.office
    return keeps[0], Saying(desk, roster.officers, office.powers, theirs, office.entropy)


def meeting_desk(opened: OpenNode) -> WritingDesk | None:
    """Return the meetings of the desk that keeps them; None where none does."""
    keeps = offering(opened.config.desks, _MODULE)
    if not keeps:
        return None
    module = part(keeps[0], f"{_MODULE}.onpage")
    marks = opened.registry.short, opened.peer_registry.short
    sides = module.Sides(
        NodeName(opened.config.node),
        NodeName(opened.config.peer),
        marks,
        _owners(opened.registry, opened.peer_registry),
    )
    return cast("WritingDesk", module.OnPage(sides))


def _owners(*registries: Registry) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    return tuple(
        (one.short, tuple((agency.id, one.agency_name(agency.id)) for agency in one.agency if agency.desks))
        for one in registries
    )


def _case(name: str) -> CaseId | None:
    try:
        return CaseId(read_id(name))
    except BadForm:
        return None
