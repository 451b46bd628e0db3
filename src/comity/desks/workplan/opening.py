"""How a node opens this desk by its name."""

from __future__ import annotations

from comity.desk import Around, Desk
from comity.desks.workplan.parts import parts_of
from comity.desks.workplan.service import WorkplanDesk


def open_desk(schema: tuple[tuple[int, str], ...], around: Around) -> Desk:  # noqa: ARG001  every desk is opened this way
    """Make the workplan desk."""
    return WorkplanDesk(schema, parts_of())
