"""The rows of erasures: what was destroyed of each dispatch, in one step or in several, and what is left of it.

The rule it keeps: the first erasure of a dispatch is a row under its number, each further one a row under a number of its own
that names it; so a program that knows one erasure only reads and writes the first. Where one was made further, it is shut out.
"""  # spec: protocol.md 12, Erasing

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from comity.base.ids import DispatchId, Ms
from comity.dispatch.certificates import CONTENT, DESTROYED, Certificate
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.ports import Row, Tx

KNOWS_FURTHER: Final = 17
"""The step of the core's tables since which a program knows further erasures."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erasure, asked for or done.

    Attributes:
        key: of its row: the dispatch, or the number of a further one.
        parts: that it names.
        by: desk and number of who asked.
        done_at: None while another person has not confirmed it.
    """

    key: bytes
    parts: tuple[str, ...]
    by: tuple[str, int]
    done_at: Ms | None


_ALL = (
    "SELECT coalesce(about, dispatch), dispatch, parts, desk, number, done_at FROM erasure ORDER BY asked_at, dispatch"
)
_OF = (
    "SELECT dispatch, dispatch, parts, desk, number, done_at FROM erasure WHERE dispatch = ? OR about = ?"
    " ORDER BY asked_at, dispatch"
)


def erasures(tx: Tx) -> dict[bytes, list[Erasure]]:
    """Return all erasures by dispatch, each dispatch's in their order."""
    found: dict[bytes, list[Erasure]] = {}
    for row in tx.rows(_ALL):
        found.setdefault(bytes_of(row[0]), []).append(_erasure(row))
    return found


def erasures_of(dispatch: DispatchId, tx: Tx) -> list[Erasure]:
    """Return the erasures of one dispatch in their order."""
    return [_erasure(row) for row in tx.rows(_OF, (dispatch, dispatch))]


def _erasure(row: Row) -> Erasure:
    _, key, parts, desk, number, done = row
    return Erasure(bytes_of(key), tuple(text_of(parts).split()), (text_of(desk), int_of(number)), ms_or_none(done))


def waiting(found: Collection[Erasure]) -> Erasure | None:
    """Return the one that was asked for and not made; None if there is none."""
    return next((one for one in found if one.done_at is None), None)


def left_of(found: Collection[Erasure], *, whole: bool) -> tuple[str, ...]:
    """Return the parts that are left, in order.

    Args:
        found: the erasures of one dispatch.
        whole: it was not held in parts: in custody all goes at once, whatever was asked.
    """
    done = [one for one in found if one.done_at is not None]
    gone = {part for one in done for part in one.parts}
    return () if done and whole else tuple(part for part in CONTENT if part not in gone)


def moved(said: Certificate, index: int, tx: Tx) -> None:
    """Let the erasure that a certificate is about point to the new place of its leaf."""
    for one in erasures_of(said.dispatch, tx):
        if one.done_at == said.at and (said.kind == DESTROYED or one.parts == said.parts):
            tx.run("UPDATE erasure SET leaf = ? WHERE dispatch = ?", (index, one.key))


def shut_out(tx: Tx) -> None:
    """Let no program open this store any more that knows one erasure of a dispatch only.

    It would let the first one point to the leaf of another when the end of the log moves.
    """
    tx.run(
        "UPDATE schema_version SET compatible = ? WHERE owner = 'node' AND compatible < ? AND number >= ?",
        (KNOWS_FURTHER, KNOWS_FURTHER, KNOWS_FURTHER),
    )
