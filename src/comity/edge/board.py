"""What a node shows of itself: its rows, its desk's cases and its own law's answers as the plain data of `screen`.

The rule it keeps: every call reads one snapshot anew; a proof is made again from the rows, and what a page shows of a
dispatch is compared with what was committed. The desk comes by name from the settings; here it is three small interfaces.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import cast

from comity.base.errors import StoreError
from comity.base.ids import CaseId, DispatchId, LeafIndex, Ms, show_id
from comity.dispatch.accord import Accord
from comity.dispatch.book import Ledger, LogRole, RowTiles, log_row
from comity.dispatch.closed import real
from comity.dispatch.columns import bytes_of, int_of, ms_or_none
from comity.dispatch.decision import verdict_in
from comity.dispatch.entries import RecordLeaf, decode_entry
from comity.dispatch.glass import BREAK_GLASS
from comity.dispatch.owed import REVIEW
from comity.dispatch.ports import Scalar, Tx
from comity.edge.deskview import CaseRow, Deskful, DispatchRow, ItemCount, Lines
from comity.edge.lawpart import law_part
from comity.edge.shown import shown_step
from comity.edge.theirlaw import TheirLaw
from comity.edge.waiting import waiting
from comity.marking.labelcodes import label_codes
from comity.marking.labels import Label, Urgency
from comity.node.difference import DAMAGE
from comity.node.linkrow import Link, read_link
from comity.node.proofs import SECOND_MS, Signers, cosigned_second
from comity.node.remake import remake
from comity.policy.verdict import Verdict
from comity.screen import (
    BodyLine,
    CaseCard,
    DispatchCard,
    LawCard,
    LawPart,
    LinkCard,
    LogCard,
    MarkLine,
    PartyCard,
    Proof,
    Removal,
    StateTimes,
    VerdictLine,
    WaitingCard,
    WorkItem,
)
from comity.tlog.tree import Edge

__all__ = ["Deskful", "Lines", "NodeBoard", "PlanItem", "Setting"]

_DAY_MS = 86_400_000
_CROSSED = "SELECT record FROM record WHERE dispatch = ? AND kind IN ('sent', 'received') ORDER BY idx DESC LIMIT 1"
_UNREAD = (
    "SELECT idx, entry FROM entry WHERE role = ? AND idx >= ? AND idx < ? AND substr(entry, 16, 1) = x'06' ORDER BY idx"
)
"""Leaves of records alone, by the byte that says their type: they have an index, and the whole of a long log is not read."""
_TOLD = frozenset({BREAK_GLASS, REVIEW})
"""Kinds of leaves that a page says in words."""
_CASES = 50
_KEPT = 4_096
_ROLES = {LogRole.OURS: "exchange", LogRole.THEIRS: "mirror", LogRole.DECISION: "decision"}


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One item of the signed workplan; `owners` are (short mark of the party, name of the agency)."""

    item: str
    aim: str
    owners: tuple[tuple[str, str], ...]
    due: str
    measure: str


@dataclass(frozen=True, slots=True)
class Setting:
    """What a board says that is not in the store.

    Attributes:
        parties: ours first, then theirs.
        plan: the items of the signed workplan, in order.
        agencies: names of agencies by id, both parties'; an id that is not there is shown as it is.
        exercise: our law edition is one that no lawyer has signed.
        laws: our edition, then theirs as published.
        accord: in force; None shows nothing of budgets and of what waits.
        current: reads the items of the plan in force; None where no desk keeps one, and `plan` is all there is.
    """

    parties: tuple[PartyCard, PartyCard]
    plan: tuple[PlanItem, ...]
    agencies: Mapping[str, str]
    exercise: bool
    laws: tuple[LawCard, ...] = ()
    accord: Accord | None = None
    current: Callable[[Tx], tuple[PlanItem, ...]] | None = None


@dataclass(frozen=True, slots=True)
class _OneCase:
    """A case that was asked for by its id."""

    id: CaseId
    last: Ms
    opener: DispatchRow | None


class NodeBoard:
    """A `screen.Board` over one node's store.

    Args:
        ledger: of the node; only read.
        signers: public keys of both parties' logs and mirrors.
        desk: keeps the cases.
        lines: lays a body of that desk out.
        setting: parties, workplan, names.
        their_law: our copy of the peer's published law; None if it was not handed over.
    """

    def __init__(
        self,
        ledger: Ledger,
        signers: Signers,
        desk: Deskful,
        lines: Lines,
        setting: Setting,
        *,
        their_law: TheirLaw | None = None,
    ) -> None:
        self._ledger = ledger
        self._signers = signers
        self._desk = desk
        self._lines = lru_cache(_KEPT)(lines)
        self._setting = setting
        self.their_law = their_law
        self._us, self._them = setting.parties[0].short, setting.parties[1].short
        self._marks: dict[LogRole, tuple[int, tuple[MarkLine, ...]]] = {}

    # --- the frame -------------------------------------------------------------------------------------------------

    def parties(self) -> tuple[PartyCard, ...]:
        """Return ours first, then theirs."""
        return self._setting.parties

    def workplan(self, now: Ms) -> tuple[WorkItem, ...]:
        """Return the items of the signed workplan in order, with what moved since midnight UTC and what is overdue."""
        begins = Ms(now - now % _DAY_MS)
        with self._ledger.read() as tx:
            counts = {count.item: count for count in self._desk.counts(tx, (begins, Ms(begins + _DAY_MS)), now)}
            missing = self._missing(tx, now)
            plan = self._setting.plan if self._setting.current is None else self._setting.current(tx)
        return tuple(self._work_item(item, counts.get(item.item), missing) for item in plan)

    def _missing(self, tx: Tx, now: Ms) -> dict[str | None, tuple[tuple[str, int], ...]]:
        """Return by item whose feedback is missing: on answers of ours the other side owes it."""
        found: dict[str | None, tuple[tuple[str, int], ...]] = {}
        for one in self._desk.feedback_counts(tx, now):
            if one.missing:
                owes = self._them if one.ours else self._us
                found[one.item] = (*found.get(one.item, ()), (owes, one.missing))
        return found

    def _work_item(
        self, item: PlanItem, count: ItemCount | None, missing: Mapping[str | None, tuple[tuple[str, int], ...]]
    ) -> WorkItem:
        moved, we, they = (count.moved, count.we_owe, count.they_owe) if count else (0, 0, 0)
        owing = tuple(short for short, owed in ((self._us, we), (self._them, they)) if owed)
        late = missing.get(item.item, ())
        return WorkItem(item.item, item.aim, item.owners, moved, we + they, owing, item.due, item.measure, late)

    def link(self) -> LinkCard:
        """Return the state of the link, what waits for the peer, and what the peer's log names and has not sent."""
        with self._ledger.read() as tx:
            link = read_link(tx)
            count, oldest = tx.rows("SELECT count(*), min(sent_at) FROM sent WHERE fact = 0 AND settled_at IS NULL")[0]
            owed = tx.rows("SELECT count(*) FROM got WHERE sealed IS NULL AND fact = 0 AND settled_at IS NULL")[0][0]
        debt = f"{int_of(owed)} dispatches stand in the other side's log and have not come" if owed else ""
        reason = debt if link.state == "up" else link.reason
        reason = f"{', '.join(link.stops.desks)}; {reason}" if link.state == "up" and link.stops.desks else reason
        return LinkCard(_standing(link), link.since, link.last_good, int_of(count), ms_or_none(oldest), reason)

    def logs(self) -> tuple[LogCard, ...]:
        """Return our exchange log, our mirror of theirs, our decision log."""
        with self._ledger.read() as tx:
            return tuple(card for card in (self._log(tx, role) for role in _ROLES) if card is not None)

    def _log(self, tx: Tx, role: LogRole) -> LogCard | None:
        row = log_row(tx, role)
        if row is None:
            return None
        try:
            root = Edge.load(RowTiles(tx, role), row.size).root().hex()
        except DAMAGE:
            root = "the stored tiles are damaged"
        signer, cosigner = self._signers.current(tx).under(role)
        cosigned = cosigner is not None and row.cosigned_time
        return LogCard(
            origin=row.origin,
            role=_ROLES[role],
            size=row.size,
            root=root,
            cosigned_size=row.cosigned_size,
            cosigned_at=Ms(row.cosigned_time * SECOND_MS) if cosigned else None,
            log_vkeys=signer.vkeys(),
            cosigner_vkeys=cosigner.vkeys() if cosigner is not None else (),
            marks=() if role is LogRole.DECISION else self._marks_of(tx, role, row.size),
        )

    def _marks_of(self, tx: Tx, role: LogRole, size: int) -> tuple[MarkLine, ...]:
        """Return the leaves that say that glass was broken or reviewed, newest first; a log only grows, so it is read once."""
        read, known = self._marks.get(role, (0, ()))
        if size < read:
            read, known = 0, ()
        rows = tx.rows(_UNREAD, (role, read, size))
        found = tuple(mark for index, entry in rows if (mark := _mark(tx, role, int_of(index), bytes_of(entry))))
        self._marks[role] = size, (*reversed(found), *known)
        return self._marks[role][1]

    # --- cases and dispatches --------------------------------------------------------------------------------------

    def cases(
        self, now: Ms, only: Iterable[CaseId] | None = None, *, newest: int | None = None
    ) -> tuple[CaseCard, ...]:
        """Return cases, these alone or the first 50: overdue first, then by time left, settled ones last, the newest first."""
        with self._ledger.read() as tx:
            rows = self._desk.cases(tx, limit=_CASES) if only is None else self._rows(tx, only)
            cards = [(self._case(tx, row, now, newest), row.last) for row in rows]
        cards.sort(key=lambda one: (not one[0].overdue, one[0].due is None, one[0].due or -one[1]))
        return tuple(card for card, _ in cards)

    def _rows(self, tx: Tx, only: Iterable[CaseId]) -> list[CaseRow]:
        """Return those of the cases that are here; their last move is left out, which orders only cases where nothing is owed."""
        known = (case for case in only if self._desk.number(tx, case) is not None)
        rows = [_OneCase(case, Ms(0), self._desk.dispatch(tx, DispatchId(case))) for case in known]
        return cast("list[CaseRow]", rows)  # frozen, as the desk's own

    def _case(self, tx: Tx, row: CaseRow, now: Ms, newest: int | None) -> CaseCard:
        number, opener = self._number(tx, row.id), row.opener
        title, more = _title(opener) if opener is not None else "opened by a dispatch that has not come", 0
        try:
            all_ = self._desk.case(tx, row.id)
            shown = all_ if newest is None else _bounded(all_, newest)
            inside, more = tuple(self._card(tx, one, number, now) for one in shown), len(all_) - len(shown)
        except StoreError:
            raise
        except DAMAGE:
            inside, title = (), f"{title} (its rows cannot be read: audit this node)"
        due = min((card.due for card in inside if card.due is not None), default=None)
        return CaseCard(
            case=row.id,
            number=number,
            title=title,
            item=opener.item if opener is not None else None,
            urgency=int(opener.urgency if opener is not None else Urgency.NORMAL),
            state=_case_state(opener, due),
            due=due,
            overdue=any(card.overdue for card in inside),
            dispatches=inside,
            more=more,
        )

    def cards(self, tx: Tx, case: CaseId, now: Ms, *, newest: int) -> tuple[int, tuple[DispatchCard, ...]]:
        """Return how many dispatches a case has, and cards of the newest of them, oldest first, with their later acts.

        Args:
            tx: the snapshot.
            case: which.
            now: the time.
            newest: at most so many cards.

        Raises:
            one of `DAMAGE`: a row cannot be read as what it was.
        """
        rows = self._desk.case(tx, case)
        number = self._number(tx, case)
        shown = tuple(self._card(tx, row, number, now) for row in rows[-newest:])
        acted = _acted(tx, shown)
        return len(rows), tuple(
            replace(card, law=self._law_part(tx, card.id)) if card.id in acted else card for card in shown
        )

    def dispatch(self, dispatch: DispatchId, now: Ms) -> DispatchCard | None:
        """Return one dispatch, or None if this node does not have it or its desk cannot read it any more."""
        with self._ledger.read() as tx:
            try:
                row = self._desk.dispatch(tx, dispatch)
                card = None if row is None else self._card(tx, row, self._number(tx, row.case), now)
            except StoreError:
                raise
            except DAMAGE:
                return None
            return None if card is None else replace(card, law=self._law_part(tx, dispatch))

    def _law_part(self, tx: Tx, dispatch: DispatchId) -> LawPart | None:
        """Return the law's part in a dispatch; None where a record cannot be read, of which the proof tells."""
        try:
            return law_part(tx, dispatch, self._our_line)
        except StoreError:
            raise
        except DAMAGE:
            return None

    def _our_line(self, act: str, verdict: Verdict) -> VerdictLine:
        return verdict_line(self._us, act, verdict, exercise=self._setting.exercise, ground=verdict.ground)

    def _number(self, tx: Tx, case: CaseId) -> str:
        ours, theirs = self._desk.number(tx, case) or (show_id(case), None)
        return f"{ours} / {theirs}" if theirs else ours

    def _card(self, tx: Tx, row: DispatchRow, number: str, now: Ms) -> DispatchCard:
        sender, receiver = (self._us, self._them) if row.ours else (self._them, self._us)
        stored = _stored(tx, row)
        due, what = _due(row)
        late = due is not None and due <= now
        body = self._body(row)
        return DispatchCard(
            id=row.id,
            ours=row.ours,
            kind=row.kind,
            stage=row.stage,
            case=row.case,
            case_number=number,
            title=_title(row),
            item=row.item,
            item_reason=row.item_reason,
            purpose=row.purpose,
            urgency=int(row.urgency),
            from_party=sender,
            to_party=receiver,
            from_agency=self._agency(row.from_agency),
            to_agencies=tuple(self._agency(one) for one in row.to_agencies),
            released_by=_released(row),
            label=label_codes(row.rest.label),
            times=_times(row, stored),
            due=due,
            due_what=what,
            overdue=late,
            overdue_of=receiver if late else None,
            verdicts=(self._our_verdict(tx, row), self._their_verdict(tx, row, stored)),
            removals=_removals(row.rest.label, body, sender),
            body=body,
            index=stored.index,
            receipt_index=stored.receipt,
        )

    def _agency(self, agency: str) -> str:
        return self._setting.agencies.get(agency, agency)

    def _body(self, row: DispatchRow) -> tuple[BodyLine, ...]:
        if not row.body:
            return ()
        try:
            return self._lines(row.kind, row.body)
        except DAMAGE:
            return (
                BodyLine("text", "This text cannot be read any more; the proof says what was altered.", None, None),
            )

    # --- both laws -------------------------------------------------------------------------------------------------

    def _our_verdict(self, tx: Tx, row: DispatchRow) -> VerdictLine:
        act = "clear" if row.ours else "admit"
        found = tx.rows(_CROSSED, (row.id,))
        if not found:
            return _unknown(self._us, act, "", "Our law was not asked: it was not opened.")
        verdict = _read_verdict(found[0][0])
        if verdict is None:
            return _unknown(self._us, act, "", "Our decision record cannot be read any more; the proof says why.")
        return self._our_line(act, verdict)

    def _their_verdict(self, tx: Tx, row: DispatchRow, stored: _Stored) -> VerdictLine:
        """Say what crossed of the other law's answer, which is that it acted, and at most one outward word.

        Where our copy of their published law permits it too, its sentence and articles are shown: as their copy has them,
        with a word on the page that only theirs decides.
        """
        act = "admit" if row.ours else "clear"
        acted = row.refused is None and (row.filed is not None or not row.ours)
        read = self.their_law.reading(tx, row.id, ours=row.ours) if acted and self.their_law is not None else None
        if read is not None and self.their_law is not None:
            line = verdict_line(self._them, act, read, exercise=self.their_law.exercise, ground=None)
            return replace(line, sentence=line.sentence + _unpublished(self.their_law))
        if not row.ours:
            return _unknown(self._them, "clear", "permit", "Their law let it go; its reasons stay with them.")
        if row.refused is not None:
            word = row.refused_code or stored.code or "no word"
            words = f"It was not admitted; the word that crossed is {word}. The reasons stay with them."
            return _unknown(self._them, "admit", "refuse", words)
        if row.filed is not None:
            return _unknown(self._them, "admit", "permit", "Their law admitted it; its reasons stay with them.")
        return _unknown(self._them, "admit", "", "Nothing has crossed about their law's answer yet.")

    # --- what law says at all, and what waits ----------------------------------------------------------------------

    def laws(self) -> tuple[LawCard, ...]:
        """Return our law edition, then theirs as published, if a copy of it is here."""
        return self._setting.laws

    def waiting(self, now: Ms) -> WaitingCard:
        """Return what waits for people of ours, without names or content."""
        if self._setting.accord is None:
            return WaitingCard((), (), (), (), (), None)
        try:
            with self._ledger.read() as tx:
                return waiting(tx, self._setting.accord, self._agency, now)
        except StoreError:
            raise
        except DAMAGE:
            return WaitingCard((), (), (), (), (), None, damaged=True)

    # --- proof -----------------------------------------------------------------------------------------------------

    def prove(self, dispatch: DispatchId, now: Ms) -> Proof | None:
        """Check one dispatch again from row to co-signed checkpoint, and its receipt; None if it is unknown.

        A row that was altered, is missing or cannot be read is a failing step; it never raises for one.
        """
        began = time.perf_counter_ns()
        with self._ledger.read() as tx:
            remade = remake(tx, dispatch, self._signers)
            shown = shown_step(tx, dispatch, self._desk, remade)
        steps = (*(remade.steps if remade is not None else ()), *((shown,) if shown is not None else ()))
        micros = (time.perf_counter_ns() - began) // 1_000
        return Proof(steps, now, micros) if steps else None


def _bounded(rows: Sequence[DispatchRow], newest: int) -> list[DispatchRow]:
    """Return the newest of a case's dispatches, and those before them that are owed something; in their order."""
    first = max(0, len(rows) - newest)
    return [row for place, row in enumerate(rows) if place >= first or row.due_next is not None]


def _acted(tx: Tx, cards: tuple[DispatchCard, ...]) -> frozenset[bytes]:
    """Return which of these dispatches something was done with later, or was not allowed."""
    if not cards:
        return frozenset()
    places = ", ".join("?" * len(cards))
    rows = tx.rows(f"SELECT DISTINCT dispatch FROM act WHERE dispatch IN ({places})", tuple(card.id for card in cards))  # noqa: S608  places only
    return frozenset(bytes_of(row[0]) for row in rows)


def _mark(tx: Tx, role: LogRole, index: int, entry: bytes) -> MarkLine | None:
    """Return what a page says of a leaf, or None for a leaf of another kind; of our own the time is known."""
    try:
        leaf = decode_entry(entry)
    except DAMAGE:
        return None
    if not isinstance(leaf, RecordLeaf) or leaf.kind not in _TOLD:
        return None
    rows = tx.rows("SELECT at FROM opening WHERE idx = ?", (index,)) if role is LogRole.OURS else []
    return MarkLine(LeafIndex(index), leaf.kind, Ms(int_of(rows[0][0])) if rows else None)


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the node's own row says of a dispatch; all None if there is none."""

    index: LeafIndex | None
    receipt: LeafIndex | None
    code: str | None
    cosigned: Ms | None


def _stored(tx: Tx, row: DispatchRow) -> _Stored:
    table, role = ("sent", LogRole.OURS) if row.ours else ("got", LogRole.THEIRS)
    found = tx.rows(f"SELECT idx, receipt_idx, code FROM {table} WHERE id = ?", (row.id,))  # noqa: S608  our two tables
    index, receipt, code = found[0] if found else (None, None, None)
    second = None if index is None else cosigned_second(tx, role, int_of(index))
    return _Stored(
        None if index is None else LeafIndex(real(int_of(index))),
        None if receipt is None else LeafIndex(real(int_of(receipt))),
        None if code is None else str(code),
        None if second is None else Ms(second * SECOND_MS),
    )


def _times(row: DispatchRow, stored: _Stored) -> StateTimes:
    return StateTimes(
        sent=row.committed,
        cosigned=stored.cosigned,
        arrived=row.arrived,
        filed=row.filed,
        seen=row.seen,
        answered=row.answered,
        refused=row.refused,
        quarantined=row.quarantined if row.filed is None else None,
        recalled=row.recalled_at if row.recalled_part is None else None,
        code=row.refused_code or stored.code,
    )


def _due(row: DispatchRow) -> tuple[Ms | None, str]:
    """Return the earliest limit not met, and what is owed by it: whoever got the dispatch owes it."""
    if row.due_next is None or (row.quarantined is not None and row.filed is None):
        return None, ""
    if row.arrived is None:
        return row.due_next, "receipt"
    open_limits = (
        (row.due_seen, "first look", row.seen or row.first),
        (row.due_first, "first answer", row.first),
        (row.due_full, "full answer", row.answered),
    )
    what = [words for at, words, met in open_limits if at == row.due_next and met is None]
    return row.due_next, what[-1] if what else "answer"


def _case_state(opener: DispatchRow | None, due: Ms | None) -> str:
    if due is not None or opener is None:
        return "open"
    if opener.refused is not None or opener.outward:
        return "refused"
    return "answered" if opener.answered is not None else "settled"


def _title(row: DispatchRow) -> str:
    return row.title or ("content not admitted" if not row.admitted else row.kind)


def _released(row: DispatchRow) -> str:
    by = f"{row.officer_desk}, officer {row.officer}"
    given = row.rest.delegation
    return by if given is None else f"{by}, delegation {show_id(given)}"


def _removals(label: Label, body: tuple[BodyLine, ...], sender: str) -> tuple[Removal, ...]:
    """Return what the sender's law took out: lines that show it, and classes that the label names besides."""
    lines = [Removal(line.removed, line.label, sender) for line in body if line.removed is not None]
    left = list(label.redactions)
    for one in lines:
        if one.category in left:
            left.remove(one.category)
    return (*lines, *(Removal(category, "text", sender) for category in left))


def verdict_line(party: str, act: str, verdict: Verdict, *, exercise: bool, ground: str | None) -> VerdictLine:
    """Return a verdict as the cards have it; `ground` only where it is our own law's."""
    cited: dict[tuple[str, str], dict[str, None]] = {}
    for reason in verdict.reasons:
        if reason.article:
            cited.setdefault((reason.article, reason.status), {})[reason.rule] = None
    decided = [reason for reason in verdict.reasons if reason.effect is verdict.effect] or [verdict.reasons[0]]
    return VerdictLine(
        party=party,
        act=act,
        effect=verdict.effect.value,
        sentence=" ".join(dict.fromkeys(reason.sentence for reason in decided)),
        articles=tuple(article for article, _ in cited),
        marks=tuple(status for _, status in cited),
        ground=ground,
        edition=verdict.edition.hex(),
        exercise=exercise,
        known=True,
        rules=tuple(tuple(rules) for rules in cited.values()),
        deciding=tuple(dict.fromkeys(reason.rule for reason in decided)),
    )


def _unpublished(law: TheirLaw) -> str:
    """Say that their law has a private part, by its digest; "" if it has none."""
    if law.whole:
        return ""
    digest = law.private_digest.hex()[:16]
    return f" Their law has a private part, which is not here and may only restrict (SHA-256 {digest})."


def _unknown(party: str, act: str, effect: str, sentence: str) -> VerdictLine:
    return VerdictLine(party, act, effect, sentence, (), (), None, "", exercise=False, known=False)


@lru_cache(_KEPT)
def _verdict(record: bytes) -> Verdict | None:
    return verdict_in(record)


def _read_verdict(record: Scalar) -> Verdict | None:
    try:
        return _verdict(bytes_of(record))
    except DAMAGE:
        return None


def _standing(link: Link) -> str:
    """Return the state of the link as people are told it: a suspended desk and the accord's end have words of their own."""
    if link.stops.ended and link.state == "suspended":
        return "ended"
    return "desk-suspended" if link.state == "up" and link.stops.desks else str(link.state)
