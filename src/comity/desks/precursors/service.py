"""The precursors desk as the path and the node know it: its bodies, its rows, its consignments.

The rule it keeps: a dispatch is filed in the transaction that logs it, and filing it twice changes nothing; a word of ours
that is not in its turn does not leave, one of theirs is filed and shown as what it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from comity.base.bodies import without
from comity.base.cbor import Value, decode, encode
from comity.base.errors import BadForm
from comity.base.ids import CaseId, DispatchId, Ms
from comity.desk import Facts, Filing
from comity.desks.precursors import finding, reminding, store
from comity.desks.precursors.agreed import Word, approvals, check_word
from comity.desks.precursors.body import compose_body, read, with_calendars
from comity.desks.precursors.clocks import Policy, Times, reported_late, times_of
from comity.desks.precursors.facts import facts_of, stage_of, titled
from comity.desks.precursors.model import CANCELLATION, Arrived, Body, Incident, Kind, Pen, Screened, Shipped
from comity.desks.precursors.rows import BoardRow, DispatchRow, Notice, board_row
from comity.desks.precursors.rules import (
    CORRECTION,
    LATE,
    PART,
    RECALL,
    REFUSED,
    Gap,
    Move,
    Side,
    Standing,
    awaited,
    fold,
    gaps,
    may_say,
)
from comity.dispatch.entries import Fact
from comity.dispatch.filing import TakenBack
from comity.dispatch.ports import Scalar, Tx
from comity.dispatch.wire import Header

NAME = "precursors"
_PAGE = 200
_GRAVE = ("controlled", "controlled_class", "mismatch", "invalid", "review")
"""Words of a screen, the gravest first; what is not here is less than any of them."""
_MARKS = tuple(f"{kind}{end}" for end in ("", f"-{REFUSED}") for kind in (RECALL, PART, CORRECTION))
"""What a sender did to a dispatch of its own, the gravest first."""


class PrecursorsDesk:
    """The desk of consignments that are notified before they leave.

    Args:
        schema: (number, SQL) of its tables, read from `schema/` by the edge.
        ours: what our side agreed on.
        theirs: what the other side agreed on.
    """

    def __init__(self, schema: Sequence[tuple[int, str]], ours: Policy, theirs: Policy) -> None:
        self._schema = tuple(schema)
        self._ours, self._theirs = ours, theirs

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

        A notification gets the digests of both calendars by which this side counts its limits.

        Raises:
            BadForm: a field is missing, unknown or ill-formed; the message names it.
        """
        return compose_body(kind, with_calendars(kind, form, self._digests(ours=True)))

    def facts(self, kind: str, body: bytes) -> Facts:
        """Read what the law must know from a body, ours or the peer's.

        Raises:
            BadEnvelope: the body is not canonical or does not fit the schema of `kind`.
        """
        return facts_of(kind, body)

    def redact(self, kind: str, body: bytes, classes: frozenset[str]) -> tuple[bytes, tuple[str, ...]]:
        """Remove every part tagged with one of `classes` and say which classes were removed, sorted.

        Raises:
            BadEnvelope: the body is not one of this desk.
        """
        if not classes & read(kind, body).tagged:
            return body, ()
        removed: set[str] = set()
        left = without(decode(body), classes, removed)
        return encode(left), tuple(sorted(removed))

    def erase(self, tx: Tx, dispatch: DispatchId, case: CaseId) -> None:  # noqa: ARG002  every desk is asked this way
        """Take the words of a dispatch out of this desk's rows."""
        store.erase_words(tx, dispatch)
        finding.close(tx, dispatch)

    # --- rows --------------------------------------------------------------------------------------------------

    def check(self, tx: Tx, filing: Filing) -> None:
        """Look at a dispatch of ours before anything of it is written.

        Raises:
            BadForm: it is not in its turn; nothing was written.
        """
        body = read(filing.header.kind, filing.body).body
        if isinstance(body, Incident):
            check_word(tx, body.state, filing.header.re[0] if filing.header.re else None)
        self._check_turn(tx, _root(tx, filing.header, ours=True), filing.header, body)

    def file(self, tx: Tx, filing: Filing) -> None:
        """Write the rows of one dispatch, ours when committed, theirs when recorded. Idempotent by id.

        Raises:
            BadForm: it is ours, and is not in its turn; nothing was written.
        """
        header = filing.header
        if store.root_of(tx, header.id) is not None:
            return
        body = read(header.kind, filing.body).body if filing.body else None
        root = _root(tx, header, ours=filing.ours)
        if filing.ours and body is not None:
            self._check_turn(tx, root, header, body)
        arrived = None if filing.ours else store.arrived_before(tx, header.id) or filing.at
        store.insert_dispatch(tx, _row(filing, root, body, arrived))
        if root != header.id:
            store.adopt(tx, root, header.id)
        if isinstance(body, Pen) and body.state != CANCELLATION:
            store.want_screen(tx, header.id)
        self._reckon(tx, root)

    def settle(self, tx: Tx, dispatch: DispatchId, fact: int, code: str | None, at: Ms) -> None:
        """Note a receipt: ours written for theirs, or theirs seen for ours. Idempotent."""
        match fact:
            case Fact.ARRIVED:
                self._note_arrived(tx, dispatch, at, None)
            case Fact.FILED:
                self._note_arrived(tx, dispatch, at, at)
            case Fact.SEEN:
                store.note_seen(tx, dispatch, at)
            case Fact.REFUSED:
                store.note_refused(tx, dispatch, code, at)
                root = store.root_of(tx, dispatch)
                if root is not None:
                    self._reckon(tx, root)
            case Fact.QUARANTINED:
                store.note_quarantined(tx, dispatch, at)
            case _:
                raise BadForm("there is no such receipt; nothing was written")

    def take_back(self, tx: Tx, taken: TakenBack) -> None:
        """Mark a dispatch of this desk that its own sender recalled or corrected. Idempotent."""
        row = store.dispatch(tx, taken.target)
        if row is None or row.ours != taken.ours:
            return
        store.take_back(tx, taken)
        self._reckon(tx, row.root)

    def _note_arrived(self, tx: Tx, dispatch: DispatchId, at: Ms, filed: Ms | None) -> None:
        """Note an arrival; one that came late moves the limits."""
        store.note_arrived(tx, dispatch, at, filed)
        row = store.dispatch(tx, dispatch)
        if row is not None and row.arrived is not None and row.arrived - row.made > LATE:
            self._reckon(tx, row.root)

    def _check_turn(self, tx: Tx, root: DispatchId, header: Header, body: Body) -> None:
        """Refuse a word of ours that is not in its turn."""
        first = store.dispatch(tx, root)
        if first is None or first.id == header.id:
            if header.kind not in {Kind.PEN, Kind.INCIDENT, Kind.OUTCOME}:
                raise BadForm(f"{header.kind} names no notification that is here, in `re`; nothing was kept")
            if isinstance(body, Pen) and body.version > 1:
                raise BadForm("the version that this one replaces is not here; name it in `replaces`; nothing was kept")
            return
        if first.kind != Kind.PEN:
            return
        rows = store.about(tx, root)
        standing = self._standing(rows, store.marks(tx, root))
        on = next((row.id for row in rows if row.kind == Kind.PEN and row.id in header.re), None)
        move = Move(header.id, header.created, header.kind, stage_of(body), _side(first, ours=True), on)
        if isinstance(body, Pen):
            self._check_version(tx, standing, header, body)
        if standing is not None and not may_say(standing, move):
            raise BadForm(
                f"{header.kind} {stage_of(body)}".strip() + f" does not go with a consignment that is {standing.state};"
                " nothing was kept. Look at it again: something may have come in between"
            )

    def _check_version(self, tx: Tx, standing: Standing | None, header: Header, body: Pen) -> None:
        replaced = None if header.replaces is None else store.dispatch(tx, header.replaces)
        if standing is None or replaced is None or replaced.id != standing.current:
            raise BadForm("a new version replaces the one in force; name that in `replaces`; nothing was kept")
        before = read(replaced.kind, replaced.body).body if replaced.body else None
        if isinstance(before, Pen) and body.version != before.version + 1:
            raise BadForm(f"this is version {before.version + 1}; nothing was kept")

    # --- what the dispatches of a consignment come to ------------------------------------------------------------

    def _reckon(self, tx: Tx, root: DispatchId) -> None:
        """Make the row of a consignment again from its dispatches."""
        rows = store.about(tx, root)
        standing = self._standing(rows, store.marks(tx, root))
        newest = None if standing is None else next(row for row in rows if row.id == standing.current)
        pen = None if newest is None else _pen(newest)
        if standing is None or newest is None or pen is None:
            store.drop_notice(tx, root)
            finding.note(tx, root)
            return
        times = self._times(pen, standing.since, ours=newest.ours)
        comes = awaited(standing, times, standing.since)
        we_owe = comes is not None and (comes.side is Side.EXPORTER) == newest.ours
        out = sum(1 for row in rows if row.id in standing.out_of_turn)
        store.put_notice(
            tx,
            (
                root, newest.case, int(newest.ours), standing.state, int(standing.irregular), out, pen.version, newest.id,
                standing.since, times.answer, times.certificate, times.sails, times.leaves, times.lands, times.permits,
                times.silence, int(times.known), int(self._same_days(pen, ours=newest.ours)),
                None if comes is None else comes.by, "" if comes is None else "ours" if we_owe else "theirs",
                pen.reference, titled(pen), _named(pen, "exporter"), _named(pen, "importer"),
                " ".join(sorted(standing.marks)),
            ),
        )  # fmt: skip
        finding.note(tx, root)

    def _standing(self, rows: Sequence[DispatchRow], marks: Sequence[TakenBack]) -> Standing | None:
        """Return where a consignment stands; None where its notification is not here, or their law refused it."""
        heard = [row for row in rows if row.admitted and row.refused is None and row.body]
        first = next((row for row in heard if row.kind == Kind.PEN and row.id == row.root), None)
        if first is None:
            return None
        pens = {row.id: pen for row in heard if row.ours == first.ours and (pen := _pen(row)) is not None}

        def times(version: DispatchId, since: Ms) -> Times | None:
            pen = pens.get(version)
            return None if pen is None else self._times(pen, since, ours=first.ours)

        moves = [_move(row, first, row.re if row.re in pens else None) for row in heard if row is not first]
        moves += [
            Move(one.by, one.made, one.kind, REFUSED if one.refused else "", _side(first, ours=one.ours), one.target)
            for one in marks
        ]
        return fold(_move(first, first, None), moves, times)

    def _times(self, pen: Pen, since: Ms, *, ours: bool) -> Times:
        exporter, importer = (self._ours, self._theirs) if ours else (self._theirs, self._ours)
        return times_of(pen, since, exporter, importer)

    def _digests(self, *, ours: bool) -> tuple[bytes, bytes]:
        exporter, importer = (self._ours, self._theirs) if ours else (self._theirs, self._ours)
        return exporter.calendar.digest, importer.calendar.digest

    def _same_days(self, pen: Pen, *, ours: bool) -> bool:
        return pen.calendars == self._digests(ours=ours)

    # --- what others ask ---------------------------------------------------------------------------------------

    def board(self, tx: Tx, now: Ms, *, waits_for: str = "", limit: int = _PAGE) -> tuple[BoardRow, ...]:
        """Return consignments by the clock: what is due soonest first.

        Args:
            tx: only read.
            now: for what the clock says.
            waits_for: `ours` or `theirs` for what waits for that side, "" for all.
            limit: rows at most.
        """
        rows = [board_row(one, now) for one in store.notices(tx, limit, done=not waits_for)]
        owed: tuple[bool | None, ...] = {"": (True, False, None), "ours": (True,), "theirs": (False,)}[waits_for]
        kept = [row for row in rows if row.we_owe in owed]
        return tuple(
            sorted(kept, key=lambda row: (row.awaited is None, row.left is None, row.left or 0, row.notice.id))
        )

    def notice(self, tx: Tx, dispatch: DispatchId) -> Notice | None:
        """Return the consignment that a dispatch is about, or None."""
        root = store.root_of(tx, dispatch)
        return None if root is None else store.notice(tx, root)

    def row(self, tx: Tx, dispatch: DispatchId, now: Ms) -> BoardRow | None:
        """Return the consignment that a dispatch is about, with what the clock says of it, or None."""
        found = self.notice(tx, dispatch)
        return None if found is None else board_row(found, now)

    def about(self, tx: Tx, dispatch: DispatchId) -> tuple[DispatchRow, ...]:
        """Return every dispatch about the same consignment, in the order of their own times."""
        root = store.root_of(tx, dispatch)
        if root is None:
            return ()
        marks = store.marks(tx, root)
        return tuple(replace(self._with_lateness(row), marked=_gravest(row, marks)) for row in store.about(tx, root))

    def _with_lateness(self, row: DispatchRow) -> DispatchRow:
        body = read(row.kind, row.body).body if row.kind == Kind.INCIDENT and row.body else None
        if not isinstance(body, Incident) or body.known is None:
            return row
        return replace(row, late=reported_late(body.known, row.made, self._ours if row.ours else self._theirs))

    def case(self, tx: Tx, case: CaseId) -> tuple[DispatchRow, ...]:
        """Return every dispatch of this desk in a case, oldest first."""
        return tuple(self._with_lateness(row) for row in store.timeline(tx, case))

    def gaps(self, tx: Tx, dispatch: DispatchId) -> tuple[Gap, ...]:
        """Return each line of a consignment beside what left and what came."""
        found = self.notice(tx, dispatch)
        newest = None if found is None else store.dispatch(tx, found.newest)
        pen = None if newest is None else _pen(newest)
        if found is None or pen is None:
            return ()
        bodies = [
            read(row.kind, row.body).body
            for row in self.about(tx, found.id)
            if row.body and row.refused is None and row.marked != RECALL
        ]
        shipped = [one for one in bodies if isinstance(one, Shipped)]
        arrived = [one for one in bodies if isinstance(one, Arrived)]
        return gaps(pen, shipped[-1] if shipped else None, arrived[-1] if arrived else None)

    def copy_agreed(self, tx: Tx, incident: DispatchId) -> bool:
        """Say whether both sides want the international board to have a copy of an incident, and still do."""
        return approvals(tx, incident).word is Word.AGREED

    def pen(self, row: DispatchRow) -> Pen | None:
        """Return the notification in a row; None for another kind, a cancellation, or one whose words are gone."""
        return _pen(row)

    def chase(self, tx: Tx, now: Ms) -> tuple[reminding.Told, ...]:
        """Note each limit of ours of which our own side is to be told now, once each, and return them."""
        return reminding.chase(tx, now)

    def next_chase(self, tx: Tx) -> Ms | None:
        """Return when our own side is to be told of something next; None for nothing."""
        return reminding.next_chase(tx)

    # --- the screen ----------------------------------------------------------------------------------------------

    def unscreened(self, tx: Tx, limit: int = 32) -> tuple[tuple[DispatchId, Pen, Ms], ...]:
        """Return what our screen has not looked at: version, notification, when it was filed here."""
        found = ((row.id, _pen(row), row.at) for row in store.unscreened(tx, limit))
        return tuple((id_, pen, at) for id_, pen, at in found if pen is not None)

    def note_screened(self, tx: Tx, version: DispatchId, found: Screened, now: Ms) -> None:
        """Keep what our screen said of a version, at home."""
        words = {line.verdict for line in found.lines}
        verdict = next((word for word in _GRAVE if word in words), min(words, default=""))
        store.note_screened(tx, version, found, verdict, now)

    def screened(self, tx: Tx, version: DispatchId) -> Screened | None:
        """Return what our screen said of a version, or None."""
        return store.screened(tx, version)


def _root(tx: Tx, header: Header, *, ours: bool) -> DispatchId:
    """Return the consignment that a dispatch is about: through what it replaces or names, else itself.

    A notification is a version of another only if that is here and of the same side; any other one stands on the board by
    itself, whatever it names, so that none can be hidden behind another and silence be taken for an answer to it.
    """
    if header.kind == Kind.PEN:
        before = None if header.replaces is None else store.dispatch(tx, header.replaces)
        return before.root if before is not None and before.kind == Kind.PEN and before.ours == ours else header.id
    named = [*([header.replaces] if header.replaces is not None else []), *header.re]
    for one in named:
        root = store.root_of(tx, one)
        if root is not None:
            return root
    return named[0] if named else header.id


def _row(filing: Filing, root: DispatchId, body: Body | None, arrived: Ms | None) -> tuple[Scalar, ...]:
    header = filing.header
    return (
        header.id, root, filing.case, int(filing.ours), int(filing.admitted), header.kind, stage_of(body),
        header.re[0] if header.re else None, header.replaces, header.purpose, header.workplan_item, header.author.agency,
        " ".join(header.agencies), header.released_by.desk, header.released_by.officer, header.created, filing.at,
        filing.index, arrived, "" if body is None else titled(body), filing.body,
    )  # fmt: skip


def _pen(row: DispatchRow) -> Pen | None:
    """Return the notification in a row; None for another kind, a cancellation, or one whose words are gone."""
    if row.kind != Kind.PEN or row.stage == CANCELLATION or not row.body:
        return None
    body = read(row.kind, row.body).body
    return body if isinstance(body, Pen) else None


def _move(row: DispatchRow, first: DispatchRow, on: DispatchId | None) -> Move:
    return Move(row.id, row.made, row.kind, row.stage, _side(first, ours=row.ours), on, row.arrived)


def _gravest(row: DispatchRow, marks: Sequence[TakenBack]) -> str:
    """Return the gravest mark on a dispatch, "" for none: recalled, recalled in part, corrected; then what was refused."""
    found = {f"{one.kind}-{REFUSED}" if one.refused else one.kind for one in marks if one.target == row.id}
    return next((word for word in _MARKS if word in found), "")


def _side(first: DispatchRow, *, ours: bool) -> Side:
    return Side.EXPORTER if first.ours == ours else Side.IMPORTER


def _named(pen: Pen, field: str) -> str:
    firm = getattr(pen, field)
    return "" if firm is None else firm.name
