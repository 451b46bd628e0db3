"""The words of each dispatch, and whose cases they are: what a search looks through.

The rule it keeps: written in the transaction that files the dispatch, and made again from the desk's rows when it is not
there; what its sender recalled is not found by its content any more. The statements are portable; an index over the words
is the store's own and follows these rows.
"""

from __future__ import annotations

from collections.abc import Iterable

from comity.base.errors import BadEnvelope
from comity.base.ids import CaseId, DispatchId, Ms
from comity.desk import Filing
from comity.desks.requests import knowing
from comity.desks.requests.body import read
from comity.desks.requests.model import Kind, Recall
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.ports import Tx
from comity.marking.finding import words_of
from comity.marking.searchtags import agency_tag, case_tag, kind_tag, side_tag

MOST_WORDS = 20_000
_BATCH = 500
_INSERT = (
    "INSERT INTO requests_text (place, id, case_id, at, words, tags, scope)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
)
_LAST_PLACE = "requests_text place"
_HAVE = "INSERT INTO requests_reach (case_id, agency) VALUES (?, ?) ON CONFLICT (case_id, agency) DO NOTHING"
_BEHIND = (
    "SELECT id, ours, kind, case_id, from_agency, to_agency, item, created, body FROM requests_dispatch d"
    " WHERE NOT EXISTS (SELECT 1 FROM requests_text t WHERE t.id = d.id) ORDER BY created, id LIMIT ?"
)


def note(tx: Tx, filing: Filing, *, new: bool = False) -> None:
    """Write the words of a dispatch that was just filed. Idempotent by id.

    `new`: it is fresh and begins a case of which there was nothing before.
    """
    header = filing.header
    if new:
        _begin(tx, filing)
        return
    ends = (header.author.agency, header.agencies)
    _write(tx, header.id, filing.case, filing.ours, header.kind, ends, header.workplan_item, filing.body, filing.at)


def close(tx: Tx, target: DispatchId, *, ours: bool) -> None:
    """Take away the words of a dispatch that its own sender recalled, all of it or a part."""
    tx.run(
        "UPDATE requests_text SET words = '' WHERE id = ? AND EXISTS"
        " (SELECT 1 FROM requests_dispatch d WHERE d.id = requests_text.id AND d.ours = ?)",
        (target, int(ours)),
    )


def passed_by(tx: Tx, transfer: DispatchId) -> tuple[CaseId, ...]:
    """Return the cases in which a transfer passed a question on."""
    rows = tx.rows("SELECT DISTINCT case_id FROM requests_dispatch WHERE passed_by = ?", (transfer,))
    return tuple(CaseId(bytes_of(row[0])) for row in rows)


def reach(tx: Tx, cases: Iterable[CaseId]) -> None:
    """Let exactly those agencies find these cases that have them now; after a transfer, or when one was undone."""
    for case in cases:
        have = knowing.agencies(tx, case) or frozenset()
        rows = tx.rows("SELECT agency FROM requests_reach WHERE case_id = ?", (case,))
        gone = sorted({text_of(row[0]) for row in rows} - have)
        for agency in gone:
            tx.run("DELETE FROM requests_reach WHERE case_id = ? AND agency = ?", (case, agency))
        if gone:
            tx.run("UPDATE requests_text SET scope = ? WHERE case_id = ?", (_scope(tx, case), case))
        _reach(tx, case, sorted(have))


def catch_up(tx: Tx) -> int:
    """Write what is missing for dispatches that are filed, at most 500; return how many were written."""
    rows = tx.rows(_BEHIND, (_BATCH,))
    for id_, ours, kind, case, sender, receivers, item, created, body in rows:
        ends = (text_of(sender), tuple(text_of(receivers).split()))
        of_item = None if item is None else text_of(item)
        dispatch, of_case = DispatchId(bytes_of(id_)), CaseId(bytes_of(case))
        _write(tx, dispatch, of_case, ours == 1, text_of(kind), ends, of_item, bytes_of(body), Ms(int_of(created)))
    return len(rows)


def forget(tx: Tx) -> None:
    """Drop all of it, to be made again."""
    tx.run("DELETE FROM requests_text")
    tx.memory.pop(_LAST_PLACE, None)
    tx.run("DELETE FROM requests_reach")


def _next_place(tx: Tx) -> int:
    """Return the place of the next row; one that is not written after all leaves a gap."""
    last = tx.memory.get(_LAST_PLACE)
    if not isinstance(last, int):
        last = int_of(tx.rows("SELECT COALESCE(MAX(place), 0) FROM requests_text")[0][0])
    tx.memory[_LAST_PLACE] = last + 1
    return last + 1


def _write(  # noqa: PLR0917  the columns in order
    tx: Tx,
    id_: DispatchId,
    case: CaseId,
    ours: bool,  # noqa: FBT001  a column's value
    kind: str,
    ends: tuple[str, tuple[str, ...]],
    item: str | None,
    body: bytes,
    at: Ms,
) -> None:
    sender, receivers = ends
    _reach(tx, case, sorted({*((sender,) if ours else receivers), *knowing.passed(tx, case)}))
    texts, target = _texts(kind, body)
    closed = tx.rows(
        "SELECT 1 FROM requests_mark WHERE target = ? AND ours = ? AND kind = ? LIMIT 1", (id_, int(ours), Kind.RECALL)
    )
    words = "" if closed else " ".join(_words((*texts, item or "")))
    tx.later(_INSERT, (_next_place(tx), id_, case, at, words, _tags(kind, ends, ours=ours), _scope(tx, case)))
    if target is not None:
        close(tx, target, ours=ours)


def _begin(tx: Tx, filing: Filing) -> None:
    """Write the words of the first dispatch of a new case, of which nothing stands anywhere: as `_write`, but unasked."""
    header, ours = filing.header, filing.ours
    have = sorted({header.author.agency} if ours else set(header.agencies))
    for agency in have:
        tx.later(_HAVE, (filing.case, agency))
    texts, target = _texts(header.kind, filing.body)
    words = " ".join(_words((*texts, header.workplan_item or "")))
    tags = _tags(header.kind, (header.author.agency, header.agencies), ours=ours)
    tx.later(_INSERT, (_next_place(tx), header.id, filing.case, filing.at, words, tags, _scoped(filing.case, have)))
    if target is not None:
        close(tx, target, ours=ours)


def _tags(kind: str, ends: tuple[str, tuple[str, ...]], *, ours: bool) -> str:
    sender, receivers = ends
    to = (agency_tag(one, "t") for one in receivers)
    return " ".join([kind_tag(kind), side_tag(ours=ours), agency_tag(sender, "f"), *to])


def _texts(kind: str, body: bytes) -> tuple[tuple[str, ...], DispatchId | None]:
    """Return the texts of a body, and what it recalls; nothing of one that was not admitted or cannot be read."""
    if not body:
        return (), None
    try:
        reading = read(kind, body)
    except BadEnvelope:
        return (), None
    return reading.texts, DispatchId(reading.body.target) if isinstance(reading.body, Recall) else None


def _words(texts: Iterable[str]) -> list[str]:
    found: list[str] = []
    for text in texts:
        found += words_of(text)
    return found[:MOST_WORDS]


def _reach(tx: Tx, case: CaseId, agencies: Iterable[str]) -> None:
    """Note that these agencies of ours have a case; what stands there already is found by the new one too."""
    fresh = 0
    for agency in agencies:
        fresh += tx.run(_HAVE, (case, agency))
    if fresh and tx.rows("SELECT 1 FROM requests_text WHERE case_id = ? LIMIT 1", (case,)):
        tx.run("UPDATE requests_text SET scope = ? WHERE case_id = ?", (_scope(tx, case), case))


def _scope(tx: Tx, case: CaseId) -> str:
    rows = tx.rows("SELECT agency FROM requests_reach WHERE case_id = ? ORDER BY agency", (case,))
    return _scoped(case, [text_of(row[0]) for row in rows])


def _scoped(case: CaseId, agencies: Iterable[str]) -> str:
    return " ".join([case_tag(case), *(agency_tag(one, "a") for one in agencies)])
