"""Incoming text as pages show it: what `marking.visible` makes of it, under the name that the screens know."""

from __future__ import annotations

from comity.marking.visible import Segment, defang, segments, spoken

__all__ = ["Segment", "defang", "segments", "spoken"]
