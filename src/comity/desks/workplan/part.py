"""A part of this desk: some of its kinds, with their bodies and rows; the desk puts the parts together.

The rule it keeps: a kind belongs to one part. What every dispatch has in common (its row, its receipts) is the desk's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from comity.base.cbor import Value
from comity.base.ids import CaseId, DispatchId
from comity.desk import Facts, Filing
from comity.dispatch.filing import TakenBack
from comity.dispatch.ports import Tx
from comity.screen import BodyLine


@runtime_checkable
class Checks(Protocol):
    """A part in which a word of ours may be out of its turn."""

    def check(self, tx: Tx, filing: Filing) -> None:
        """Look at a dispatch of ours before anything of it is written.

        Raises:
            BadForm: it is not in its turn; nothing was written.
        """
        ...


@runtime_checkable
class Settles(Protocol):
    """A part that wants to know of receipts."""

    def settled(self, tx: Tx, dispatch: DispatchId) -> None:
        """Look again at a dispatch of this part of which a receipt was noted just now."""
        ...


class Part(Protocol):
    """Some kinds of this desk. Every call that writes is idempotent by dispatch id, in the caller's transaction."""

    @property
    def kinds(self) -> frozenset[str]:
        """Return the kinds that are this part's."""
        ...

    def compose(self, kind: str, form: Mapping[str, Value]) -> bytes:
        """Check a form and return the canonical body bytes.

        Raises:
            BadForm: a field is missing, unknown or ill-formed; the message names it.
        """
        ...

    def facts(self, kind: str, body: bytes) -> Facts:
        """Read what the law must know from a body, ours or the peer's.

        Raises:
            BadEnvelope: the body is not canonical or does not fit the schema of `kind`.
        """
        ...

    def lines(self, kind: str, body: bytes) -> tuple[BodyLine, ...]:
        """Lay a body out for a page; errors as `facts`."""
        ...

    def file(self, tx: Tx, filing: Filing) -> None:
        """Write this part's rows for one dispatch; its row in `workplan_dispatch` is written already."""
        ...

    def take_back(self, tx: Tx, taken: TakenBack) -> None:
        """Note that a dispatch of this part was recalled or corrected by its own sender; its mark is written already."""
        ...

    def erase(self, tx: Tx, dispatch: DispatchId, case: CaseId) -> None:
        """Take the words of a dispatch out of this part's rows.

        Raises:
            BadForm: something in force rests on it; nothing was changed.
        """
        ...
