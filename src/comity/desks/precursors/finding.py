"""The words of each consignment, and whose cases they are: what a search looks through.

The rule it keeps: they are those of the version in force, written in the transaction that makes the consignment's row again;
of what was recalled or erased nothing is found. The statements are portable; an index of the words is the store's own.
"""

from __future__ import annotations

from collections.abc import Iterable

from comity.base.errors import BadEnvelope
from comity.base.ids import CaseId, DispatchId, show_id
from comity.desks.precursors import knowing, store
from comity.desks.precursors.body import read
from comity.desks.precursors.model import Kind, Pen
from comity.desks.precursors.rows import DispatchRow
from comity.desks.precursors.rules import State
from comity.dispatch.columns import bytes_of
from comity.dispatch.ports import Tx
from comity.marking.finding import words_of
from comity.marking.searchtags import agency_tag, case_tag, kind_tag, side_tag

MOST_WORDS = 20_000
_BATCH = 500
_WRITE = (
    "INSERT INTO precursors_text (place, id, case_id, at, words, tags, scope)"
    " VALUES (COALESCE((SELECT MAX(place) FROM precursors_text), 0) + 1, ?, ?, ?, ?, ?, ?) ON CONFLICT (id)"
    " DO UPDATE SET words = excluded.words, tags = excluded.tags, scope = excluded.scope"
    " WHERE precursors_text.words <> excluded.words OR precursors_text.tags <> excluded.tags"
    " OR precursors_text.scope <> excluded.scope"
)
_BEHIND = (
    "SELECT n.root FROM precursors_notice n WHERE NOT EXISTS (SELECT 1 FROM precursors_text t WHERE t.id = n.root)"
    " ORDER BY n.since, n.root LIMIT ?"
)


def note(tx: Tx, root: DispatchId) -> None:
    """Write the words of a consignment anew, and let exactly those agencies find its case that have it now."""
    notice, first = store.notice(tx, root), store.dispatch(tx, root)
    if notice is None or first is None:
        tx.run("DELETE FROM precursors_text WHERE id = ?", (root,))
        return
    newest = store.dispatch(tx, notice.newest)
    gone = newest is None or notice.standing.state is State.RECALLED
    words = "" if newest is None or gone else " ".join(_words(_texts(root, newest)))
    tags = [kind_tag(Kind.PEN), side_tag(ours=first.ours), agency_tag(first.from_agency, "f")]
    tags += [agency_tag(one, "t") for one in first.to_agencies]
    scope = _scope(tx, first.case)
    tx.run(_WRITE, (root, first.case, first.at, words, " ".join(tags), scope))
    tx.run("UPDATE precursors_text SET scope = ? WHERE case_id = ? AND scope <> ?", (scope, first.case, scope))


def close(tx: Tx, dispatch: DispatchId) -> None:
    """Take away the words of a consignment whose version in force is erased."""
    tx.run(
        "UPDATE precursors_text SET words = '' WHERE id IN (SELECT root FROM precursors_notice WHERE newest = ?)",
        (dispatch,),
    )


def catch_up(tx: Tx) -> int:
    """Write what is missing for consignments that are filed, at most 500; return how many were written."""
    rows = tx.rows(_BEHIND, (_BATCH,))
    for row in rows:
        note(tx, DispatchId(bytes_of(row[0])))
    return len(rows)


def _texts(root: DispatchId, newest: DispatchRow) -> tuple[str, ...]:
    """Return the texts of the version in force with the numbers of its goods; nothing of one that cannot be read."""
    if not newest.body:
        return ()
    try:
        reading = read(Kind.PEN, newest.body)
    except BadEnvelope:
        return ()
    pen = reading.body
    assert isinstance(pen, Pen)  # the version in force is a notification, and nothing else is read as one
    numbers = [one for line in pen.lines for one in (line.cas, line.hs, line.un, line.inchikey)]
    return (*reading.texts, pen.reference, *numbers, show_id(root))


def _words(texts: Iterable[str]) -> list[str]:
    found: list[str] = []
    for text in texts:
        found += words_of(text)
    return found[:MOST_WORDS]


def _scope(tx: Tx, case: CaseId) -> str:
    ours = sorted(knowing.agencies(tx, case) or ())
    return " ".join([case_tag(case), *(agency_tag(one, "a") for one in ours)])
