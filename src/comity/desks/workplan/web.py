"""What a page shows of a body of this desk: labelled lines, by the part of its kind."""

from __future__ import annotations

from comity.base.errors import BadEnvelope
from comity.desks.workplan.parts import parts_of
from comity.screen import BodyLine

_BY_KIND = {kind: part for part in parts_of() for kind in part.kinds}


def body_lines(kind: str, body: bytes) -> tuple[BodyLine, ...]:
    """Return the lines of a body in reading order; labels of fields are their names, for the page to translate.

    Raises:
        BadEnvelope: the body is not one of this desk.
    """
    if kind not in _BY_KIND:
        raise BadEnvelope(f"this desk has no kind called {kind!r}")
    return _BY_KIND[kind].lines(kind, body)
