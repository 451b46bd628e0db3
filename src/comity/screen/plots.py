"""A plot as plain shapes in one coordinate system: described once, drawn by the page as SVG and by the printed sheet as vectors.

The rule it keeps: the two sides differ by fill and dash, not by colour alone; every plot says its axes, its counts and, in a
sentence, what it shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Draw(StrEnum):
    """What a shape is."""

    LINE = "line"
    """From (x, y) to (to_x, to_y)."""
    BAR = "bar"
    """From the corner (x, y) to the corner (to_x, to_y)."""
    DOT = "dot"
    """Around (x, y)."""
    TEXT = "text"
    """Its baseline at y; it begins, has its middle or ends at x."""


class Look(StrEnum):
    """Whose or what a shape is: `OURS` solid and filled, `THEIRS` dashed and hollow."""

    OURS = "ours"
    THEIRS = "theirs"
    BOTH = "both"
    GRID = "grid"
    LIMIT = "limit"
    LABEL = "label"
    SMALL = "small"


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape; units as of the plot. `anchor` is `start`, `middle` or `end`."""

    draw: Draw
    look: Look
    x: int
    y: int
    to_x: int = 0
    to_y: int = 0
    text: str = ""
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Plot:
    """One plot.

    Attributes:
        id: stable word.
        title: its heading; `lead` how it is read.
        sentence: what it shows, in words.
        width, height: of the plane, origin at the top left.
        shapes: in the order in which they are drawn.
        heads, rows: the table that says the same; its first column names the row.
    """

    id: str
    title: str
    lead: str
    sentence: str
    width: int
    height: int
    shapes: tuple[Shape, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def line(look: Look, x: int, y: int, to_x: int, to_y: int) -> Shape:
    """Return a line."""
    return Shape(Draw.LINE, look, x, y, to_x, to_y)


def bar(look: Look, x: int, y: int, to_x: int, to_y: int) -> Shape:
    """Return a bar."""
    return Shape(Draw.BAR, look, x, y, to_x, to_y)


def dot(look: Look, x: int, y: int) -> Shape:
    """Return a dot."""
    return Shape(Draw.DOT, look, x, y)


def text(look: Look, x: int, y: int, words: str, anchor: str = "start") -> Shape:
    """Return a text."""
    return Shape(Draw.TEXT, look, x, y, text=words, anchor=anchor)
