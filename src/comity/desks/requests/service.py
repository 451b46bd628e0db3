"""The requests desk as the path and the node know it: its bodies, its rows, who of the posted officers may act.

The rule it keeps: a dispatch is filed in the transaction that logs it, and filing it twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from comity.base.bodies import without
from comity.base.cbor import Value, decode, encode
from comity.base.errors import BadForm
from comity.base.ids import CaseId, DispatchId, LeafIndex, Ms
from comity.desk import Facts, Filing, Standing
from comity.desks.requests import finding, openduties, postings, store
from comity.desks.requests.body import compose_body, read
from comity.desks.requests.erasing import erase_words
from comity.desks.requests.facts import facts_of, stage_of, titled
from comity.desks.requests.following import follow
from comity.desks.requests.minimum import WITHOUT_LINES, minimum_of
from comity.desks.requests.model import ACCEPTED, ENDED, NOTED, Answer, Body, ContactNote, Kind, Posting, Recall
from comity.desks.requests.rows import CaseRow, DispatchRow, ItemCount, Rest, pack
from comity.desks.requests.rules import DEFAULT_CLOCKS, Clocks, limits, owes_answer, reach
from comity.dispatch.entries import Fact
from comity.dispatch.ports import Scalar, Tx
from comity.dispatch.wire import Header, label_of
from comity.marking.vocabulary import Limits
from comity.policy.question import Act
from comity.screen.case import After

NAME = "requests"
POSTED_OFFICER = "posted-officer"
_PAGE = 200
_FILED, _FILED_AT = "requests filed last", "requests filed last at"
"""Under these a transaction remembers which dispatch of theirs it wrote last as filed, and when."""


class RequestsDesk:
    """The desk of questions, answers, refusals and postings.

    Args:
        schema: (number, SQL) of its tables, read from `schema/` by the edge.
        party: short mark of our party, for the case numbers.
        clocks: the limits of the accord in force.
    """

    def __init__(self, schema: Sequence[tuple[int, str]], party: str, clocks: Clocks = DEFAULT_CLOCKS) -> None:
        self._schema = tuple(schema)
        self._party = party
        self._clocks = clocks

    @property
    def name(self) -> str:
        """Return the desk's name as it stands in the header and the accord."""
        return NAME

    @property
    def schema(self) -> tuple[tuple[int, str], ...]:
        """Return (number, SQL) of its own tables."""
        return self._schema

    # --- bodies ------------------------------------------------------------------------------------------------

    def compose(self, kind: str, form: Mapping[str, Value]) -> bytes:
        """Check a form against the schema of `kind` and return the canonical body bytes.

        Raises:
            BadForm: a field is missing, unknown or ill-formed; the message names it.
        """
        return compose_body(kind, form)

    def facts(self, kind: str, body: bytes) -> Facts:
        """Read what the law must know from a body, ours or the peer's.

        Raises:
            BadEnvelope: the body is not canonical or does not fit the schema of `kind`.
        """
        return facts_of(kind, body)

    def minimum(self, kind: str, form: Mapping[str, Value]) -> Mapping[str, Value]:
        """Return the form with the minimum facts only; see `minimum`."""
        return form if kind in WITHOUT_LINES else minimum_of(form)

    def redact(self, kind: str, body: bytes, classes: frozenset[str]) -> tuple[bytes, tuple[str, ...]]:
        """Remove every line tagged with one of `classes` and say which classes were removed, sorted.

        The line keeps its label and shows the classes it had; neither content nor length. A line is removed whole.

        Raises:
            BadEnvelope: the body is not one of this desk.
        """
        if not classes & read(kind, body).tagged:
            return body, ()
        removed: set[str] = set()
        left = without(decode(body), classes, removed)
        return encode(left), tuple(sorted(removed))

    def erase(self, tx: Tx, dispatch: DispatchId, case: CaseId) -> None:
        """Take the words of a dispatch, and what officers wrote at home about it, out of this desk's rows.

        Raises:
            BadForm: a posting in force rests on it; nothing was changed.
        """
        number = self.number(tx, case)
        erase_words(tx, dispatch, case, None if number is None else number[0])

    # --- rows --------------------------------------------------------------------------------------------------

    def file(self, tx: Tx, filing: Filing) -> None:
        """Write the rows of one dispatch, ours when committed, theirs when recorded. Idempotent by id."""
        header = filing.header
        body = read(header.kind, filing.body).body if filing.body else None
        if filing.fresh and bytes(filing.case) == bytes(header.id):
            self._open(tx, filing, body)
            return
        arrived = None if filing.ours else store.arrived_before(tx, header.id) or filing.at
        if not store.insert_dispatch(tx, self._row(filing, body, arrived, None)):
            return
        store.file_in_case(tx, filing.case, _year(filing), filing.at)
        self._follow(tx, filing, body)

    def _open(self, tx: Tx, filing: Filing, body: Body | None) -> None:
        """Write a dispatch that begins a case: of what is new nothing needs to be asked, and that is most of what comes."""
        filed = None if filing.ours else filing.at  # a fresh one of theirs is settled as filed in this same step
        tx.later(store.INSERT_DISPATCH, self._row(filing, body, filed, filed))
        new = store.open_case(tx, filing.case, _year(filing), filing.at, ours=filing.ours)
        if not new:  # a later one of the case has overtaken it
            store.file_in_case(tx, filing.case, _year(filing), filing.at)
        self._follow(tx, filing, body, new=new)
        if not filing.ours:
            tx.memory[_FILED], tx.memory[_FILED_AT] = filing.header.id, filing.at

    @staticmethod
    def _follow(tx: Tx, filing: Filing, body: Body | None, *, new: bool = False) -> None:
        """Do what follows from a dispatch that was written; `new`: its case is."""
        header = filing.header
        if body is not None and body.reference and not filing.ours:
            store.note_their_number(tx, filing.case, body.reference)
        if body is not None:
            follow(tx, filing, body)
        finding.note(tx, filing, new=new)
        if header.kind == Kind.TRANSFER:
            finding.reach(tx, finding.passed_by(tx, header.id))

    def foresee_begun(self, tx: Tx, dispatches: Sequence[DispatchId]) -> None:
        """Look ahead to dispatches of theirs that have come: each may begin a case, which has its id."""
        store.foresee_cases(tx, dispatches)

    def foresee_settled(self, tx: Tx, dispatches: Sequence[DispatchId]) -> None:
        """Look ahead to receipts for dispatches of ours: their times say how far their cases have moved."""
        store.foresee_times(tx, dispatches)

    def settle(self, tx: Tx, dispatch: DispatchId, fact: int, code: str | None, at: Ms) -> None:
        """Note a receipt: ours written for theirs, or theirs seen for ours. Idempotent."""
        match fact:
            case Fact.ARRIVED:
                store.note_arrived(tx, dispatch, at, None)
            case Fact.FILED if tx.memory.get(_FILED) == dispatch and tx.memory.get(_FILED_AT) == at:
                pass  # it was written as filed
            case Fact.FILED:
                if tx.memory.get(_FILED) == dispatch:
                    store.unfile(tx, dispatch)
                store.note_arrived(tx, dispatch, at, at)
            case Fact.SEEN:
                store.note_seen(tx, dispatch, at)
                store.note_moved(tx, dispatch)
            case Fact.REFUSED:
                passed = finding.passed_by(tx, dispatch) if store.kind_of(tx, dispatch) == Kind.TRANSFER else ()
                store.note_refused(tx, dispatch, code, at)
                finding.reach(tx, passed)
                store.note_moved(tx, dispatch)
            case Fact.QUARANTINED:
                store.note_quarantined(tx, dispatch, at)
                store.note_moved(tx, dispatch)
            case _:
                raise BadForm("there is no such receipt; nothing was written")

    def _row(self, filing: Filing, body: Body | None, arrived: Ms | None, filed: Ms | None) -> tuple[Scalar, ...]:
        header, stage = filing.header, stage_of(body)
        owed = self._owed(header, stage, body)
        return (
            header.id,
            int(filing.ours),
            int(filing.admitted),
            header.kind,
            stage,
            filing.case,
            header.re[0] if header.re else None,
            header.replaces,
            int(header.urgency),
            int(header.lane),
            header.purpose,
            header.workplan_item,
            header.workplan_reason,
            "" if body is None else titled(body),
            header.author.agency,
            " ".join(header.agencies),
            header.released_by.desk,
            header.released_by.officer,
            header.created,
            filing.at if filing.ours else None,
            filing.index,
            arrived,
            filed,
            owed.seen,
            owed.first,
            owed.full,
            self._due(filing, owed, arrived),
            pack(_rest(header)),
            filing.body,
        )

    def _owed(self, header: Header, stage: str, body: Body | None) -> Limits:
        """Return the limits of one dispatch; a day that header or body names shortens the full one."""
        of_accord = limits(header.urgency, header.lane, self._clocks)
        if not owes_answer(header.kind, stage):
            return Limits(of_accord.seen, None, None)
        named = [body.due] if isinstance(body, Recall) else []
        spans = [day - header.created for day in (header.answer_by, *named) if day is not None and day > header.created]
        if isinstance(body, ContactNote) and body.state == NOTED and of_accord.full is None:
            spans.append(self._clocks.note)
        ends = spans if of_accord.full is None else [of_accord.full, *spans]
        full = min(ends) if ends else None
        first = of_accord.first if header.kind == Kind.RFI else None
        return Limits(of_accord.seen, first, full)

    def _due(self, filing: Filing, owed: Limits, arrived: Ms | None) -> int | None:
        if not filing.admitted:
            return None
        if arrived is None:
            return filing.at + self._clocks.arrived[filing.header.lane]
        spans = [limit for limit in (owed.seen, owed.first, owed.full) if limit is not None]
        return arrived + min(spans) if spans else None

    # --- what others ask ---------------------------------------------------------------------------------------

    def standing(self, tx: Tx, desk: str, number: int, now: Ms) -> Standing | None:
        """Return what our posted officer may release; None if no posting is accepted, it ended, or its day is past."""
        for row in postings.postings_of(tx, desk, number, ours=True):
            if row.state == ACCEPTED:
                return _standing(read(Kind.POSTING, row.body).body, now)
        return None

    def peer_posting_ended(self, tx: Tx, desk: str, number: int) -> LeafIndex | None:
        """Return the leaf of the peer's log from which its posted officer's acts no longer count; None if in force.

        0 where we, the host, ended it, where a nomination was never accepted, or where the leaf is not known: then
        nothing more of that officer's is taken. An officer of theirs who was never nominated is none of ours: None.
        """
        rows = postings.postings_of(tx, desk, number, ours=False)
        if not rows or rows[0].state == ACCEPTED:
            return None
        row = rows[0]
        ended_by_peer = row.state == ENDED and row.accepted is not None and not row.ended_by_ours
        return row.ended_leaf if ended_by_peer and row.ended_leaf is not None else LeafIndex(0)

    def is_recalled(self, tx: Tx, dispatch: DispatchId) -> bool:
        """Say whether the peer recalled or corrected this dispatch of its own, so that a late original is not filed."""
        return store.marked(tx, dispatch, ours=False)  # spec: protocol.md 7

    def asked(self, tx: Tx, dispatch: DispatchId) -> tuple[frozenset[str], frozenset[str]] | None:
        """Return the data categories and record types that a question asks for, for the law's view of its answer."""
        row = store.dispatch(tx, dispatch)
        if row is None or not row.body or row.kind != Kind.RFI:
            return None
        facts = self.facts(row.kind, row.body)
        return facts.asks, facts.records

    def number(self, tx: Tx, case: CaseId) -> tuple[str, str | None] | None:
        """Return our number of a case and the other side's, if it has told it; None for an unknown case."""
        row = store.case(tx, case)
        return None if row is None else (self.show_number(row.year, row.seq), row.theirs)

    def show_number(self, year: int, seq: int) -> str:
        """Write one of our case numbers."""
        return f"{self._party}-{year}-{seq:04d}"

    def inbox(self, tx: Tx, *, limit: int = _PAGE) -> tuple[DispatchRow, ...]:
        """Return what we owe, the longest overdue first."""
        return store.due(tx, ours=False, limit=limit)

    def waiting(self, tx: Tx, *, limit: int = _PAGE) -> tuple[DispatchRow, ...]:
        """Return what the other side owes us, the longest overdue first."""
        return store.due(tx, ours=True, limit=limit)

    def cases(self, tx: Tx, *, limit: int = _PAGE) -> tuple[CaseRow, ...]:
        """Return the cases: overdue first, then by time left, then those where nothing is owed."""
        return store.cases(tx, limit=limit)

    def case(self, tx: Tx, case: CaseId) -> tuple[DispatchRow, ...]:
        """Return all dispatches of a case, oldest first."""
        return store.timeline(tx, case)

    def dispatch(self, tx: Tx, dispatch: DispatchId) -> DispatchRow | None:
        """Return one dispatch whole, or None."""
        return store.dispatch(tx, dispatch)

    def counts(self, tx: Tx, day: tuple[Ms, Ms], now: Ms) -> tuple[ItemCount, ...]:
        """Return by workplan item what moved in a day (begin, end not included) and what is overdue at `now`."""
        return store.counts(tx, day[0], day[1], now)

    def duties(self, tx: Tx, now: Ms, case: CaseId | None = None) -> tuple[openduties.Duty, ...]:
        """Return what is open in cases beside questions, on either side, in one case or in all, the first due first."""
        return openduties.duties(tx, self._clocks, now, case)

    def chase(self, tx: Tx, now: Ms) -> tuple[openduties.Duty, ...]:
        """Note each feedback and end of keeping of which our own side is to be told now, once each, and return them."""
        return openduties.chase(tx, self._clocks, now)

    def next_chase(self, tx: Tx) -> Ms | None:
        """Return when our own side is to be told of something next; None for nothing."""
        return openduties.next_chase(tx, self._clocks)

    def feedback_counts(self, tx: Tx, now: Ms) -> tuple[openduties.FeedbackCount, ...]:
        """Return by workplan item and by whose answer it was how much feedback came and how much is missing."""
        return openduties.feedback_counts(tx, self._clocks, now)

    def after(self, tx: Tx, case: CaseId) -> After:
        """Return what became of a case besides answers: treaty channel, preservations, assurances, feedback."""
        return openduties.after(tx, case)

    def copies(self, tx: Tx, recall: DispatchId) -> tuple[tuple[str, str], ...]:
        """Return (holder, outcome) as the answers to a recall say it, sorted; a later answer outweighs an earlier one."""
        row = store.dispatch(tx, recall)
        if row is None or row.kind != Kind.RECALL:
            return ()
        answers = [
            one for one in store.timeline(tx, row.case) if one.re == recall and one.ours != row.ours and one.body
        ]
        said: dict[str, str] = {}
        for one in answers:
            body = read(one.kind, one.body).body if one.kind == Kind.ANSWER else None
            said |= {copy.holder: copy.outcome for copy in body.copies} if isinstance(body, Answer) else {}
        return tuple(sorted(said.items()))

    def holders(self, tx: Tx, dispatch: DispatchId, passed_to: Iterable[str] = ()) -> tuple[str, ...]:
        """Return every agency that holds a dispatch or a version that it replaced: all must get its correction.

        `passed_to` are those of ours to which it was passed on at home: `dispatch.holding.reached`.
        """
        versions: list[tuple[str, ...]] = []
        known: set[DispatchId] = set()
        row = store.dispatch(tx, dispatch)
        while row is not None and row.id not in known:
            known.add(row.id)
            versions.append(row.to_agencies)
            row = store.dispatch(tx, row.replaces) if row.replaces is not None else None
        return reach(versions, passed_to)


def _year(filing: Filing) -> int:
    return datetime.fromtimestamp(filing.at / 1000, UTC).year


def _standing(body: Body, now: Ms) -> Standing | None:
    given = body.delegation if isinstance(body, Posting) else None
    if given is None or not isinstance(body, Posting) or (given.until is not None and given.until <= now):
        return None
    return Standing(
        agency=body.agency,
        roles=frozenset({POSTED_OFFICER}),
        kinds=frozenset(given.kinds),
        purposes=frozenset(given.purposes) or None,
        urgencies=frozenset(given.urgencies) or None,
        stages=frozenset(given.stages) or None,
        until=None if given.until is None else Ms(given.until),
        categories=frozenset(given.data) or None,
        acts=frozenset({Act.USE.value}),
    )


def _rest(header: Header) -> Rest:
    return Rest(
        label=label_of(header.labels),
        basis=header.basis,
        conduct=header.conduct,
        answer_by=header.answer_by,
        delegation=header.released_by.delegation,
        role=header.author.role,
    )
