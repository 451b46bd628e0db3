"""What the desk knows of meetings: their kinds, bodies and rows."""

from __future__ import annotations

from comity.desks.workplan.part import Part

PARTS: tuple[Part, ...] = ()
