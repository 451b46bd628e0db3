"""The plan itself as a part of the desk: amendments and updates of actions."""

from __future__ import annotations

from collections.abc import Mapping

from comity.base.cbor import Value
from comity.base.ids import CaseId, DispatchId
from comity.desk import Facts, Filing
from comity.desks.workplan import bodylines
from comity.desks.workplan.body import compose_body, read
from comity.desks.workplan.model import Kind
from comity.dispatch.filing import TakenBack
from comity.dispatch.ports import Tx
from comity.screen import BodyLine


class PlanPart:
    """Amendments of the plan, and how far each side is with its actions."""

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
        return Facts(
            stage=reading.body.state.value,
            asserts=False,
            tagged=frozenset(),
            asks=frozenset(),
            records=frozenset(),
            own_power=False,
            known_for=frozenset(),
            third_state=False,
            texts=reading.texts,
        )

    def lines(self, kind: str, body: bytes) -> tuple[BodyLine, ...]:
        """Lay a body out for a page; errors as `facts`."""
        return bodylines.lines_of(read(kind, body).body)

    def file(self, tx: Tx, filing: Filing) -> None:
        """Write this part's rows for one dispatch."""

    def take_back(self, tx: Tx, taken: TakenBack) -> None:
        """Do nothing more: what both have signed is changed by an amendment, never by a recall."""

    def erase(self, tx: Tx, dispatch: DispatchId, case: CaseId) -> None:
        """Take the words of a dispatch out of this part's rows."""
