"""What a batch asks of the store once, where each of its dispatches would ask alone.

The rule it keeps: what is remembered is only that something is not there, for named keys and within one transaction; whoever
writes such rows says so, and what may be there is asked when it is needed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from comity.dispatch.ports import Row, Scalar, Tx

_WIDTHS = (1, 8, 64)
"""Keys in one statement; few widths, so that the store keeps few statements prepared."""
MARKED, AWAITED, WANTED = "mark", "waits", "regot"
"""What is foreseen: recalls and corrections of a dispatch, who waits for one, which is wanted again; each a table's name."""
_ASKS = {
    MARKED: "SELECT target FROM mark WHERE target IN",
    AWAITED: "SELECT predecessor FROM waits WHERE predecessor IN",
    WANTED: "SELECT idx FROM regot WHERE idx IN",
}


def rows_among(tx: Tx, statement: str, keys: Sequence[Scalar]) -> Iterator[Row]:
    """Run a query that ends in `IN` for any number of keys, in as few statements as fit, and yield the rows of all."""
    start = 0
    while start < len(keys):
        left = len(keys) - start
        width = next((one for one in _WIDTHS if one >= left), _WIDTHS[-1])
        some = keys[start : start + width]
        padded = (*some, *(some[-1],) * (width - len(some)))
        yield from tx.rows(f"{statement} ({', '.join('?' * width)})", padded)
        start += width


def foresee(tx: Tx, table: str, keys: Collection[Scalar], asks: str = "") -> None:
    """Ask which of these keys stand in a table, and remember those that do not.

    `asks` is the question for a table of a desk; it ends in `IN`.
    """
    found = {row[0] for row in rows_among(tx, asks or _ASKS[table], tuple(keys))}
    tx.memory[table] = frozenset(keys) - found


def is_absent(tx: Tx, table: str, key: Scalar) -> bool:
    """Say whether it is known that a key does not stand in a table; False: ask."""
    absent = tx.memory.get(table)
    return isinstance(absent, frozenset) and key in absent


def written(tx: Tx, table: str) -> None:
    """Forget what is known of a table: rows come into it."""
    tx.memory.pop(table, None)
