"""One finding of an audit, and how columns are read when nothing about a row may be taken for granted."""

from __future__ import annotations

from dataclasses import dataclass

from comity.base.errors import ComityError
from comity.base.ids import ID_SIZE, show_id
from comity.dispatch.ports import Scalar

DAMAGE = (ComityError, AssertionError, ValueError, TypeError, LookupError)
"""What reading a row can end in that is no longer what this program wrote."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that does not agree with what the logs committed to.

    Attributes:
        table: where it stands.
        row: which one, for a person.
        what: one plain sentence.
        stored: SHA-256 in hex of what stands there now; empty if nothing does.
        proven: the hash that the log committed to, in hex; empty if none is known.
    """

    table: str
    row: str
    what: str
    stored: str
    proven: str


def as_bytes(value: Scalar) -> bytes:
    """Return a column that should hold bytes, empty if it does not."""
    return value if isinstance(value, bytes) else b""


def as_int(value: Scalar) -> int:
    """Return a column that should hold a number, -1 if it does not."""
    return value if isinstance(value, int) else -1


def shown(value: Scalar) -> str:
    """Write a dispatch's number, or that the column holds none."""
    return show_id(value) if isinstance(value, bytes) and len(value) == ID_SIZE else "(no number)"


def plain(value: Scalar) -> str:
    """Write a column that should hold a number or a short text."""
    return str(value) if isinstance(value, int | str) else "(neither number nor text)"
