"""What the desk knows of meetings: their kinds, bodies and rows."""

from __future__ import annotations

from collections.abc import Mapping

from comity.base.cbor import Value
from comity.base.errors import BadForm
from comity.base.ids import CaseId, DispatchId
from comity.desk import Facts, Filing
from comity.desks.workplan.meetings import store
from comity.desks.workplan.meetings.body import compose_body, read
from comity.desks.workplan.meetings.lines import lines_of
from comity.desks.workplan.meetings.model import Kind, Meeting, Step
from comity.desks.workplan.part import Part
from comity.dispatch.filing import TakenBack
from comity.dispatch.ports import Tx

KINDS = frozenset(kind.value for kind in Kind)
_NONE: frozenset[str] = frozenset()


class Meetings:
    """The part of the desk that keeps dialogue meetings and policy consultations."""

    @property
    def kinds(self) -> frozenset[str]:
        """Return the kinds that are this part's."""
        return KINDS

    def compose(self, kind: str, form: Mapping[str, Value]) -> bytes:
        """Check a form and return the canonical body bytes.

        Raises:
            BadForm: a field is missing, unknown or ill-formed; the message names it.
        """
        return compose_body(kind, form)

    def facts(self, kind: str, body: bytes) -> Facts:
        """Read what the law must know from a body, ours or the peer's.

        Raises:
            BadEnvelope: the body is not canonical or does not fit the schema of `kind`.
        """
        reading = read(kind, body)
        return Facts(
            stage=reading.body.state,
            asserts=False,
            tagged=_NONE,
            asks=_NONE,
            records=_NONE,
            own_power=False,
            known_for=_NONE,
            third_state=False,
            texts=reading.texts,
        )

    lines = staticmethod(lines_of)

    def check(self, tx: Tx, filing: Filing) -> None:
        """Look at a dispatch of ours before anything of it is written.

        Raises:
            BadForm: it belongs to no meeting of this node; nothing was written.
        """
        if _calls(filing) != (filing.case == CaseId(filing.header.id)):
            raise BadForm(
                "a meeting is called in a case of its own, and all else belongs to a meeting; nothing was kept"
            )
        if not _calls(filing) and not store.is_meeting(tx, filing.case):
            raise BadForm("there is no such meeting on this node; nothing was kept")

    def file(self, tx: Tx, filing: Filing) -> None:
        """Note an operation; its row in `workplan_dispatch` is written already. What our law did not admit is none."""
        if filing.body:
            store.insert(tx, filing.header.id, filing.case, filing.header.author.role)

    def take_back(self, tx: Tx, taken: TakenBack) -> None:
        """Do nothing: a recalled operation is left out by its mark, and a meeting is never kept folded."""

    def erase(self, tx: Tx, dispatch: DispatchId, case: CaseId) -> None:  # noqa: ARG002  every part is asked this way
        """Take what was written at home on a meeting away with the words of its dispatches."""
        store.forget(tx, case)


def _calls(filing: Filing) -> bool:
    body = read(filing.header.kind, filing.body).body
    return isinstance(body, Meeting) and body.state == Step.CALL


PARTS: tuple[Part, ...] = (Meetings(),)
