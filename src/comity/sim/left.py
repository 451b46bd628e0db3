"""What must be true of the other side's content once the accord has ended: people are asked about all that is left of it."""

from __future__ import annotations

from comity.base.ids import Ms
from comity.dispatch.accord import Accord
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.entries import Fact
from comity.dispatch.partsrow import GONE, parts_of
from comity.dispatch.ports import Tx
from comity.dispatch.wire import decode_header
from comity.node.manifest import DESK
from comity.node.retention import due

_ROWS = (
    "SELECT g.id, g.fact, g.plain, g.sealed IS NOT NULL,"
    " (SELECT count(*) FROM custody c WHERE c.id = g.id),"
    " (SELECT count(*) FROM attachment a WHERE a.dispatch = g.id AND a.ours = 0 AND a.state <> 'erased') FROM got g"
)


def unasked(tx: Tx, accord: Accord, now: Ms) -> list[str]:
    """Return, in words, what of the other side's content is here and neither due nor on hold, one line each.

    What could not be opened goes by itself in time, and the nodes' own papers stay for the audit.
    """  # spec: vocabulary.md 5, Accord state
    shown = {one.dispatch for one in due(tx, accord, now)}
    held = {row[0] for row in tx.rows("SELECT target FROM legal_hold WHERE ended_at IS NULL")}
    found: list[str] = []
    for id_, fact, plain, sealed, kept, files in tx.rows(_ROWS):
        opened = plain is not None and _has_content(bytes_of(plain))
        closed = plain is None and sealed and fact != Fact.QUARANTINED
        if (opened or closed or kept or files) and bytes_of(id_) not in shown | held:
            what = Fact(int_of(fact)).name.lower() if fact else "came, not opened"
            found.append(f"{bytes_of(id_).hex()[-8:]} of the other side is here, {what}, and nobody is asked about it")
    return found


def _has_content(plain: bytes) -> bool:
    header, *rest = parts_of(plain)
    return decode_header(header.content).desk != DESK and any(part != GONE for part in rest)
