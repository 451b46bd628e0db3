"""What is held of a dispatch and what binds whoever holds it: its parts, its marks, its days, who got it, what was consented.

The rule it keeps: an act reads the stored parts, never a desk's row; what was not opened and filed is not held.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from comity.base.errors import BadForm
from comity.base.ids import DispatchId, Ms, show_id
from comity.dispatch import wire
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.entries import Fact
from comity.dispatch.particulars import Particulars, decode_particulars
from comity.dispatch.partsrow import parts_of
from comity.dispatch.ports import Tx
from comity.policy.question import Release

RECALL, PART, WITHDRAW = "recall", "recall-part", "withdraw"
"""Marks that an originator leaves on what it sent, beside `correction`: all recalled, a part recalled, no longer asked."""
STOPPING_KINDS = frozenset({RECALL, "correction"})
"""Kinds by which an originator takes back or replaces what it sent, so that the old one is not used any more."""
MARKING_KINDS = STOPPING_KINDS | {WITHDRAW}
"""Kinds that leave a mark on what they name, which a late one meets."""  # spec: protocol.md 7
ANSWERING = frozenset({"answer", "refusal"})
"""Kinds that make no sense any more once nothing is asked, or what was asked is recalled."""
_NAMED = re.compile(r"named-agencies\(([^()]+)\)")
_DAY = re.compile(r"(?:destroy-by|return-by)\((\d{4}-\d\d-\d\d)\)")
_DONE = "('permit', 'permit-with')"


@dataclass(frozen=True, slots=True)
class Holding:
    """One dispatch that this node holds, ours or theirs, as its committed parts say it."""

    ours: bool
    header: wire.Header
    body: bytes


def find(dispatch: DispatchId, tx: Tx) -> Holding:
    """Return a dispatch that we sent, or got, opened and filed, and did not erase.

    Raises:
        BadForm: it is not here, was not admitted, was erased, or waits for another before it is filed.
    """
    sent = tx.rows("SELECT plain FROM sent WHERE id = ? AND digests IS NULL", (dispatch,))
    found = sent or tx.rows(
        "SELECT plain FROM got WHERE id = ? AND fact = ? AND plain IS NOT NULL AND digests IS NULL",
        (dispatch, int(Fact.FILED)),
    )
    if not found:
        raise BadForm(f"this node does not hold the content of {show_id(dispatch)}; nothing was done")
    parts = parts_of(bytes_of(found[0][0]))
    return Holding(bool(sent), wire.decode_header(parts[0].content), parts[1].content)


def is_held(dispatch: DispatchId, tx: Tx) -> bool:
    """Say whether `find` would find it."""
    found = (
        "SELECT 1 FROM sent WHERE id = ? AND digests IS NULL"
        " UNION ALL SELECT 1 FROM got WHERE id = ? AND fact = ? AND plain IS NOT NULL AND digests IS NULL"
    )
    return bool(tx.rows(found, (dispatch, dispatch, int(Fact.FILED))))


def recalled(found: Holding, tx: Tx) -> bool:
    """Say whether its originator recalled or corrected it, also in part."""
    if not found.ours:
        return bool(tx.rows("SELECT 1 FROM mark WHERE target = ? AND kind <> ?", (found.header.id, WITHDRAW)))
    case = found.header.case or found.header.id
    headers = (
        wire.decode_header(parts_of(bytes_of(row[0]))[0].content)
        for row in tx.rows("SELECT plain FROM sent WHERE case_id = ? AND id <> ?", (case, found.header.id))
    )
    return any(one.kind in STOPPING_KINDS and found.header.id in targets_of(one) for one in headers)


def targets_of(header: wire.Header) -> tuple[DispatchId, ...]:
    """Return what a recall or a correction names."""
    return (header.replaces,) if header.replaces else header.re


def past_due(found: Holding, now: Ms) -> bool:
    """Say whether its retention day, or the day of a condition `destroy-by` or `return-by`, has passed."""
    return any(end <= now for end in day_ends(found.header.labels))


def day_ends(labels: wire.WireLabels) -> list[int]:
    """Return the ends of the days that a label sets: retention, `destroy-by`, `return-by`; milliseconds."""
    ends = [int(labels.retain_until)] if labels.retain_until is not None else []
    return ends + [_day_end(day) for condition in labels.conditions for day in _DAY.findall(condition)]


def _day_end(day: str) -> int:
    """Return the first millisecond after a day, UTC; a day that does not exist has passed."""
    try:
        after = date.fromisoformat(day) + timedelta(days=1)
    except ValueError:
        return 0
    return int(datetime(after.year, after.month, after.day, tzinfo=UTC).timestamp()) * 1_000


def holders(found: Holding, tx: Tx) -> frozenset[str]:
    """Return our agencies that may have it: those it came to, or the one that sent it, and those it was passed on to."""
    first = {found.header.author.agency} if found.ours else set(found.header.agencies)
    return frozenset(first | set(passed_on(found.header.id, tx)))


def named(found: Holding, agencies: Iterable[str]) -> bool:
    """Say whether each of these agencies is named by the label, or was a recipient; of none, no."""
    header = found.header
    known = {header.author.agency} if found.ours else set(header.agencies)
    for condition in header.labels.conditions:
        for listed in _NAMED.findall(condition):
            known |= set(re.split(r"[\s,;]+", listed.strip()))
    wanted = set(agencies)
    return bool(wanted) and wanted <= known


def passed_on(dispatch: DispatchId, tx: Tx) -> tuple[str, ...]:
    """Return our agencies to which it was passed on, sorted: a correction of it must reach them too."""
    # spec: vocabulary.md 2, correction
    rows = tx.rows(
        f"SELECT particulars FROM act WHERE dispatch = ? AND act = 'onward' AND effect IN {_DONE}",  # noqa: S608  a constant of this module
        (dispatch,),
    )
    return tuple(sorted({agency for row in rows for agency in decode_particulars(bytes_of(row[0])).to_agencies}))


def versions(dispatch: DispatchId, tx: Tx) -> tuple[Holding, ...]:
    """Return a dispatch and the versions that it replaced, the newest first; none that is not held."""
    found: list[Holding] = []
    version: DispatchId | None = dispatch
    while version is not None and is_held(version, tx) and version not in {one.header.id for one in found}:
        found.append(find(version, tx))
        version = found[-1].header.replaces
    return tuple(found)


def reached(dispatch: DispatchId, tx: Tx) -> tuple[str, ...]:
    """Return our agencies to which a dispatch, or a version that it replaced, was passed on, sorted."""
    # spec: vocabulary.md 2, correction: everyone who had the old one
    known = {dispatch, *(one.header.replaces or one.header.id for one in versions(dispatch, tx))}
    return tuple(sorted({agency for one in known for agency in passed_on(one, tx)}))


def consents(dispatch: DispatchId, tx: Tx) -> frozenset[str]:
    """Return the uses that its originator consented to and has not taken back, each with its bound, if any."""
    rows = tx.rows(
        "SELECT release FROM consent c WHERE dispatch = ? AND NOT EXISTS (SELECT 1 FROM mark m WHERE m.target = c.answer)",
        (dispatch,),
    )
    return frozenset(text_of(row[0]) for row in rows)


def released(particulars: Particulars, tx: Tx) -> frozenset[str]:
    """Return the words of consent that count for one act: one that is bounded counts within its bound only."""
    given = consents(particulars.dispatch, tx)
    words = {word for word in given if ":" not in word}
    if f"{Release.PURPOSE}:{particulars.new_purpose}" in given:
        words.add(Release.PURPOSE.value)
    if particulars.to_agencies and {f"{Release.ONWARD}:{agency}" for agency in particulars.to_agencies} <= given:
        words.add(Release.ONWARD.value)
    if particulars.body and f"{Release.THIRD_STATE}:{particulars.body}" in given:
        words |= {
            Release.THIRD_STATE.value,
            Release.ONWARD.value,
        }  # who consents to this body consents to passing on to it
    return frozenset(words)


@dataclass(frozen=True, slots=True)
class View:
    """Who of ours opened a dispatch first when."""

    desk: str
    number: int
    at: Ms


def views(dispatch: DispatchId, tx: Tx) -> tuple[View, ...]:
    """Return who of ours opened a dispatch, the first time each, oldest first."""
    rows = tx.rows("SELECT desk, number, at FROM viewed WHERE dispatch = ? ORDER BY at, desk, number", (dispatch,))
    return tuple(View(text_of(row[0]), int_of(row[1]), Ms(int_of(row[2]))) for row in rows)


def note_view(dispatch: DispatchId, desk: str, number: int, tx: Tx, now: Ms) -> None:
    """Note that an officer of ours opened a dispatch; only the first time counts."""
    tx.run(
        "INSERT INTO viewed (dispatch, desk, number, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (dispatch, desk, number, now),
    )
