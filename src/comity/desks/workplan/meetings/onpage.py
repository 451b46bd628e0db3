"""What pages and the door ask of meetings: lists, one meeting as a person sees it, the form of what a person does.

The rule it keeps: notes and drafts go to the officer who wrote them and to nobody else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from comity.base.entropy import Entropy
from comity.base.errors import BadForm
from comity.base.ids import CaseId, DispatchId, Ms, NodeName, read_id, show_id
from comity.desks.workplan.calendar import Entry
from comity.desks.workplan.meetings import asked as asking
from comity.desks.workplan.meetings import file, store
from comity.desks.workplan.meetings.asked import Doing, Ready
from comity.desks.workplan.meetings.model import Decision, Meeting, Sort
from comity.desks.workplan.meetings.rules import (
    SIGNS,
    Claim,
    Signature,
    Signed,
    Standing,
    fold,
    may_edit,
    running,
    terms_of,
    unready,
)
from comity.desks.workplan.meetings.store import DraftText, Writer
from comity.desks.workplan.meetings.text import Operation, Paragraph, Said, Version, mark_of
from comity.dispatch.ports import Tx
from comity.screen.meetings import (
    Asked,
    ClaimCard,
    DecisionCard,
    MeetingCard,
    MeetingLine,
    ParagraphCard,
    ProposalCard,
    SaidCard,
    SignatureCard,
    VersionCard,
)

_MOST = 200
_TIME = 6
"""So many first bytes of a dispatch's id are when it was made."""
_SECOND = 1000


@dataclass(frozen=True, slots=True)
class Sides:
    """Our node and theirs, with the marks of both parties and the names of the agencies that may own a decision."""

    ours: NodeName
    theirs: NodeName
    marks: tuple[str, str]
    agencies: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()

    def mark(self, node: NodeName) -> str:
        """Return the mark of a side."""
        return self.marks[0 if node == self.ours else 1]


class OnPage:
    """Meetings as pages and the door ask for them; each call reads its transaction.

    Args:
        sides: whose they are.
    """

    def __init__(self, sides: Sides) -> None:
        self._sides = sides

    def standing(self, tx: Tx, case: CaseId) -> Standing | None:
        """Return where a meeting stands, or None if there is none."""
        operations = store.operations(tx, case, self._sides.ours, self._sides.theirs)
        if not any(one.id == DispatchId(case) for one in operations):
            return None
        return fold(DispatchId(case), (self._sides.ours, self._sides.theirs), operations)

    def lines(self, tx: Tx) -> tuple[MeetingLine, ...]:
        """Return the meetings, newest first."""
        found = (self.standing(tx, case) for case in store.meetings(tx, _MOST))
        return tuple(self._line(one) for one in found if one is not None)

    def entries(self, tx: Tx) -> tuple[Entry, ...]:
        """Return the meetings that have a time and were not called off, as events: title, beginning and length alone."""
        found = (self.standing(tx, case) for case in store.meetings(tx, _MOST))
        return tuple(self._entry(one) for one in found if one is not None and terms_of(one).at and not one.cancelled)

    def _entry(self, standing: Standing) -> Entry:
        terms, last = terms_of(standing), standing.terms[-1]
        called = int.from_bytes(standing.meeting[:_TIME])
        return Entry(
            uid=f"{show_id(standing.meeting)}.meeting",
            day="",
            summary=terms.title,
            revised=Ms(last.at),
            sequence=max(0, last.at - called) // _SECOND,  # what was moved later has the greater number
            at=_ms(terms.at),
            minutes=terms.minutes,
            firm=standing.accepted >= set(standing.sides),
        )

    def card(self, tx: Tx, case: CaseId, by: Writer, roles: frozenset[str], now: Ms) -> MeetingCard | None:
        """Return one meeting as an officer of ours sees it."""
        standing = self.standing(tx, case)
        if standing is None:
            return None
        claims = running(standing, now)
        written = store.drafts(tx, case, by)
        there = {one.id for one in standing.text.paragraphs}
        waiting, heard = store.arrivals(tx, case)
        note = store.note(tx, case, by)
        shown = standing.text.paragraphs if may_edit(standing) else standing.text.standing
        places = {one.id: number for number, one in enumerate(standing.text.standing, 1)}
        return MeetingCard(
            line=self._line(standing),
            languages=terms_of(standing).languages,
            proposals=tuple(self._proposal(one) for one in standing.terms),
            accepted=tuple(
                (self._sides.mark(side), side == self._sides.ours, side in standing.accepted) for side in self._both()
            ),
            opened=_ms(standing.opened),
            closed=_ms(standing.closed),
            paragraphs=tuple(
                self._paragraph(one, places.get(one.id, 0), standing, claims.get(one.id), by, written) for one in shown
            ),
            begun=tuple((show_id(name), self._claim(one, by)) for name, one in claims.items() if name not in there),
            unready=tuple((word, places.get(name, 0), language) for word, name, language in unready(standing)),
            open=tuple(
                (show_id(one.id), mark_of(one))
                for one in standing.text.paragraphs
                if self._sides.ours not in standing.stands.get(one.id, frozenset())
                and [version.struck for version in one.versions] == [False]
            ),
            hash=standing.hash.hex(),
            signed=str(standing.signed),
            signatures=tuple(self._signature(one) for one in standing.signatures),
            late=len(standing.late),
            writes=may_edit(standing),
            signs=bool(roles & SIGNS),
            note="" if note is None else note.text,
            waiting=waiting,
            heard=heard,
            decided={
                show_id(one.id): file.action_of(one.id, what) for one, what in file.decisions(standing) if what.item
            },
            agencies=self._sides.agencies,
            drafts=tuple((show_id(one.paragraph), one.language, one.text) for one in written),
        )

    def ready(self, tx: Tx, asked: Asked, by: Writer, roles: frozenset[str], now: Ms, entropy: Entropy) -> Ready:  # noqa: PLR0917  who, what, when
        """Return what a person's act is to be sent as.

        Raises:
            BadForm, NotAllowed: it cannot be; the message says why.
        """
        if asked.act == "call":
            return asking.called(asked)
        standing = self.standing(tx, CaseId(read_id(asked.meeting)))
        if standing is None:
            raise BadForm("there is no such meeting on this node; nothing was kept")
        return asking.ready(asked, standing, Doing(by, roles, self._sides.ours, now, entropy))

    def export(self, tx: Tx, case: CaseId) -> Mapping[str, file.Json] | None:
        """Return the minutes of a meeting as plain data, or None."""
        standing = self.standing(tx, case)
        return None if standing is None else file.export(standing)

    def decisions(
        self, tx: Tx, case: CaseId
    ) -> tuple[tuple[bytes, str, str, str, str, tuple[tuple[str, str], ...]], ...]:
        """Return what minutes that both signed decide: (paragraph, title, measure, due, item, owners)."""
        standing = self.standing(tx, case)
        found = () if standing is None else file.decisions(standing)
        return tuple(
            (one.id, _original(one.versions[0]), what.measure, what.due, what.item, _owners(what))
            for one, what in found
        )

    def operations(self, tx: Tx, case: CaseId) -> list[dict[str, file.Json]]:
        """Return what minutes that both signed decide, as changes of the plan."""
        standing = self.standing(tx, case)
        return [] if standing is None else file.operations(standing)

    # --- what stays at home ----------------------------------------------------------------------------------------

    def put_note(self, tx: Tx, case: CaseId, by: Writer, text: str, now: Ms) -> None:
        """Keep an officer's note on a meeting.

        Raises:
            BadForm: there is no such meeting.
        """
        self._known(tx, case)
        store.put_note(tx, case, by, text.strip(), now)

    def put_draft(  # noqa: PLR0917  whose, of what, in which language
        self, tx: Tx, case: CaseId, by: Writer, paragraph: bytes, language: str, text: str, now: Ms
    ) -> None:
        """Keep what an officer is writing; errors as `put_note`."""
        self._known(tx, case)
        store.put_draft(tx, case, by, DraftText(paragraph, language, text, now))

    def drop_drafts(self, tx: Tx, case: CaseId, paragraph: bytes, by: Writer) -> None:
        """Take away what an officer was writing of a paragraph that is published now."""
        store.drop_drafts(tx, case, paragraph, by)

    def _known(self, tx: Tx, case: CaseId) -> None:
        if not store.is_meeting(tx, case):
            raise BadForm("there is no such meeting on this node; nothing was kept")

    # --- cards -----------------------------------------------------------------------------------------------------

    def _both(self) -> tuple[NodeName, NodeName]:
        return self._sides.ours, self._sides.theirs

    def _line(self, standing: Standing) -> MeetingLine:
        terms = terms_of(standing)
        return MeetingLine(
            id=show_id(standing.meeting),
            title=terms.title,
            sort=terms.sort,
            at=_ms(terms.at),
            state=_state(standing),
            ours=standing.terms[-1].side == self._sides.ours,
            paragraphs=len(standing.text.standing),
        )

    def _proposal(self, one: Operation) -> ProposalCard:
        body = one.body
        assert isinstance(body, Meeting)
        return ProposalCard(
            id=show_id(one.id),
            party=self._sides.mark(one.side),
            ours=one.side == self._sides.ours,
            title=body.title,
            at=_ms(body.at),
            minutes=body.minutes,
            places=tuple((place.party, place.place, place.zone) for place in body.places),
            deputies=tuple((deputy.party, deputy.function) for deputy in body.deputies),
            agenda=tuple((item.title, item.about, item.ref) for item in body.agenda),
        )

    def _paragraph(  # noqa: PLR0917  one paragraph and what is known around it
        self,
        one: Paragraph,
        number: int,
        standing: Standing,
        claim: Claim | None,
        by: Writer,
        written: tuple[DraftText, ...],
    ) -> ParagraphCard:
        behind = standing.stands.get(one.id, frozenset())
        languages = terms_of(standing).languages
        return ParagraphCard(
            id=show_id(one.id),
            number=number,
            under=show_id(one.under) if one.under else "",
            versions=tuple(self._version(version, languages) for version in one.versions if not version.struck),
            agreed=str(standing.agreed(one)),
            behind=tuple((self._sides.mark(side), side == self._sides.ours, side in behind) for side in self._both()),
            claim=None if claim is None else self._claim(claim, by),
            comments=tuple(
                (self._sides.mark(c.side), c.side == self._sides.ours, c.text, Ms(c.at))
                for c in standing.comments
                if c.paragraph == one.id
            ),
            drafts=tuple((draft.language, draft.text) for draft in written if draft.paragraph == one.id),
            mark=mark_of(one),
            struck=tuple(
                (self._sides.mark(v.side), v.side == self._sides.ours, show_id(v.id)) for v in one.versions if v.struck
            ),
            before=tuple(self._version(version, languages) for version in standing.struck.get(one.id, ())),
        )

    def _version(self, one: Version, languages: tuple[str, ...]) -> VersionCard:
        return VersionCard(
            id=show_id(one.id),
            party=self._sides.mark(one.side),
            ours=one.side == self._sides.ours,
            language=one.language,
            words=tuple(self._said(said) for said in one.words),
            lacks=one.lacks(languages),
            decision=None
            if one.decision is None
            else DecisionCard(one.decision.measure, one.decision.due, one.decision.item, _owners(one.decision)),
        )

    def _said(self, one: Said) -> SaidCard:
        return SaidCard(one.language, one.text, self._sides.mark(one.side))

    def _claim(self, one: Claim, by: Writer) -> ClaimCard:
        ours = one.side == self._sides.ours
        mine = ours and (one.desk, one.officer) == (by.desk, by.number)
        return ClaimCard(show_id(one.id), self._sides.mark(one.side), ours, mine, one.officer, Ms(one.until))

    def _signature(self, one: Signature) -> SignatureCard:
        return SignatureCard(
            party=self._sides.mark(one.side),
            ours=one.side == self._sides.ours,
            function=one.function,
            officer=f"{one.desk} {one.officer}",
            at=Ms(one.at),
            hash=one.hash.hex(),
            sound=one.sound,
            holds=one.holds,
        )


def _state(standing: Standing) -> str:
    """Return the word for where a meeting stands; the gravest or latest first."""

    def words() -> Iterator[tuple[str, bool]]:
        yield "cancelled", standing.cancelled
        yield "signed", standing.signed is Signed.BOTH
        yield "half", standing.signed is Signed.HALF
        yield "closed", standing.closed is not None
        yield "open", may_edit(standing)
        yield "agreed", standing.accepted >= set(standing.sides)

    return next((word for word, good in words() if good), "called")


def _original(version: Version) -> str:
    return next((said.text for said in version.words if said.language == version.language), "")


def _owners(decision: Decision) -> tuple[tuple[str, str], ...]:
    return tuple((one.party, one.agency) for one in decision.owners)


def _ms(value: int | None) -> Ms | None:
    return None if value is None else Ms(value)


__all__ = ["OnPage", "Sides", "Sort", "Writer"]
