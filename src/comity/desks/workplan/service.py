"""The workplan desk as the path and the node know it: the row and the receipts of every dispatch, and each kind's own part.

The rule it keeps: a dispatch is filed in the transaction that logs it, and filing it twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from comity.base.bodies import tags, without
from comity.base.cbor import Value, decode, encode
from comity.base.errors import BadEnvelope, BadForm
from comity.base.ids import CaseId, DispatchId, Ms
from comity.desk import Facts, Filing
from comity.desks.workplan import reminding, store
from comity.desks.workplan.part import Checks, Part, Settles
from comity.desks.workplan.planpart import PlanPart
from comity.dispatch.entries import Fact
from comity.dispatch.filing import TakenBack
from comity.dispatch.ports import Tx
from comity.screen import BodyLine

NAME = "workplan"
_TITLE = 200


class WorkplanDesk:
    """The desk of the plan that both sides own.

    Args:
        schema: (number, SQL) of its tables, read from `schema/` by the edge.
        parts: what it consists of; a kind belongs to one of them.
        plan: the one of them that keeps the plan.
    """

    def __init__(self, schema: Sequence[tuple[int, str]], parts: Iterable[Part], plan: PlanPart | None = None) -> None:
        self._schema = tuple(schema)
        self.plan = plan or PlanPart()
        self._parts = {kind: one for one in parts for kind in one.kinds}

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
            BadForm: there is no such kind, or a field is missing, unknown or ill-formed; the message names it.
        """
        part = self._parts.get(kind)
        if part is None:
            raise BadForm(f"this desk has no kind called {kind!r}; nothing was kept")
        return part.compose(kind, form)

    def facts(self, kind: str, body: bytes) -> Facts:
        """Read what the law must know from a body, ours or the peer's.

        Raises:
            BadEnvelope: the body is not canonical or does not fit the schema of `kind`.
        """
        return self._part(kind).facts(kind, body)

    def redact(self, kind: str, body: bytes, classes: frozenset[str]) -> tuple[bytes, tuple[str, ...]]:
        """Remove every part tagged with one of `classes` and say which classes were removed, sorted.

        Raises:
            BadEnvelope: the body is not one of this desk.
        """
        self.facts(kind, body)
        value = decode(body)
        if not classes & set(tags(value)):
            return body, ()
        removed: set[str] = set()
        left = without(value, classes, removed)
        return encode(left), tuple(sorted(removed))

    def lines(self, kind: str, body: bytes) -> tuple[BodyLine, ...]:
        """Lay a body out for a page; errors as `facts`."""
        return self._part(kind).lines(kind, body)

    def erase(self, tx: Tx, dispatch: DispatchId, case: CaseId) -> None:
        """Take the words of a dispatch out of this desk's rows.

        Raises:
            BadForm: something in force rests on it; nothing was changed.
        """
        row = store.dispatch(tx, dispatch)
        if row is None:
            return
        self._part(row.kind).erase(tx, dispatch, case)
        store.erase_words(tx, dispatch)

    # --- rows --------------------------------------------------------------------------------------------------

    def check(self, tx: Tx, filing: Filing) -> None:
        """Look at a dispatch of ours before anything of it is written.

        Raises:
            BadForm: it is not in its turn; nothing was written.
        """
        part: object = self._part(filing.header.kind)
        if isinstance(part, Checks):
            part.check(tx, filing)

    def file(self, tx: Tx, filing: Filing) -> None:
        """Write the rows of one dispatch, ours when committed, theirs when recorded. Idempotent by id."""
        header = filing.header
        facts = self.facts(header.kind, filing.body) if filing.body else None
        arrived = None if filing.ours else store.arrived_before(tx, header.id) or filing.at
        title = self._titled(header.kind, filing.body) if filing.body else ""
        if store.insert_dispatch(tx, filing, "" if facts is None else facts.stage, title, arrived):
            self._part(header.kind).file(tx, filing)

    def settle(self, tx: Tx, dispatch: DispatchId, fact: int, code: str | None, at: Ms) -> None:
        """Note a receipt: ours written for theirs, or theirs seen for ours. Idempotent."""
        match fact:
            case Fact.ARRIVED:
                store.note_arrived(tx, dispatch, at, None)
            case Fact.FILED:
                store.note_arrived(tx, dispatch, at, at)
            case Fact.SEEN:
                store.note(tx, dispatch, "seen", at)
            case Fact.REFUSED:
                store.note_refused(tx, dispatch, code, at)
            case Fact.QUARANTINED:
                store.note(tx, dispatch, "quarantined", at)
            case _:
                raise BadForm("there is no such receipt; nothing was written")
        row = store.dispatch(tx, dispatch)
        part: object = None if row is None else self._part(row.kind)
        if isinstance(part, Settles):
            part.settled(tx, dispatch)

    def take_back(self, tx: Tx, taken: TakenBack) -> None:
        """Mark a dispatch of this desk that its own sender recalled or corrected. Idempotent."""
        row = store.dispatch(tx, taken.target)
        if row is None or row.ours != taken.ours:
            return
        store.take_back(tx, taken)
        self._part(row.kind).take_back(tx, taken)

    # --- what others ask ---------------------------------------------------------------------------------------

    def case(self, tx: Tx, case: CaseId) -> tuple[store.DispatchRow, ...]:
        """Return every dispatch of this desk in a case, oldest first."""
        return store.timeline(tx, case)

    def dispatch(self, tx: Tx, dispatch: DispatchId) -> store.DispatchRow | None:
        """Return one dispatch of this desk, or None."""
        return store.dispatch(tx, dispatch)

    def items(self, tx: Tx) -> Mapping[str, bool]:
        """Return the items of the plan in force, and of each whether it is closed."""
        return {one.id: one.closed for one in self.plan.version(tx).plan.items}

    def chase(self, tx: Tx, now: Ms) -> tuple[reminding.Told, ...]:
        """Note each proposal of whose limit our own side is to be told now, once each, and return them."""
        return reminding.chase(tx, now, self.plan.sides.answer_ms)

    def next_chase(self, tx: Tx) -> Ms | None:
        """Return when our own side is to be told of something next; None for nothing."""
        return reminding.next_chase(tx, self.plan.sides.answer_ms)

    def _part(self, kind: str) -> Part:
        if kind not in self._parts:
            raise BadEnvelope(f"this desk has no kind called {kind!r}")
        return self._parts[kind]

    def _titled(self, kind: str, body: bytes) -> str:
        lines = {line.label: line.text for line in reversed(self._part(kind).lines(kind, body))}
        found = next((lines[label] for label in ("title", "text", "reason", "state") if lines.get(label)), "")
        return found.partition("\n")[0][:_TITLE]
