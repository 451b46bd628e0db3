"""The rows of the plan: what was said of amendments, versions, how far actions are.

The rule it keeps: what a row says of verdicts and versions is a projection, made again from what was said.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from comity.base.cbor import Value, decode, encode
from comity.base.ids import Digest, DispatchId, Ms
from comity.desk import Filing
from comity.desks.workplan.kinds import operation_of, plan_of
from comity.desks.workplan.model import PROPOSING, Amendment, Operation, Plan, Progress, Stage, Update
from comity.desks.workplan.plans import operation_value, plan_value
from comity.desks.workplan.rules import Event, Story, Verdict, Version
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.ports import Row, Tx

_EVENTS = (
    "SELECT a.id, a.side, a.number, a.seen, a.state, a.base, a.result, a.about, a.operations, a.made, a.agency, d.ours, d.filed,"
    " a.verdict, v.plan FROM workplan_amend a JOIN workplan_dispatch d ON d.id = a.id LEFT JOIN workplan_version v ON v.proposal = a.id"
    " WHERE d.refused IS NULL AND d.quarantined IS NULL ORDER BY a.place"
)
_ID = 16


@dataclass(frozen=True, slots=True)
class Told:
    """One side's word on one action."""

    id: DispatchId
    action: str
    side: int
    state: Progress
    plan: Digest
    made: Ms
    agency: str
    words: str
    evidence: tuple[DispatchId, ...]


@lru_cache(maxsize=16)
def read_plan(data: bytes) -> Plan:
    """Return a plan from its canonical bytes."""
    return plan_of(decode(data))


def plan_bytes(plan: Plan) -> bytes:
    """Return the canonical bytes of a plan."""
    return encode(plan_value(plan))


# --- what was said of amendments ---------------------------------------------------------------------------------


def insert_amend(tx: Tx, filing: Filing, body: Amendment, side: int) -> None:
    """Write what was said of an amendment."""
    header = filing.header
    if tx.rows("SELECT 1 FROM workplan_amend WHERE id = ?", (header.id,)):
        return
    operations = encode([cast("Value", operation_value(one)) for one in body.operations])
    tx.run(
        "INSERT INTO workplan_amend (place, id, side, number, seen, state, base, result, about, operations, reason, made, agency,"
        " verdict, fate) SELECT coalesce(max(place), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '' FROM workplan_amend",
        (
            header.id, side, body.number, body.seen, body.state.value, body.base, body.result, body.about, operations,
            body.reason or body.text, header.created, header.author.agency,
        ),
    )  # fmt: skip


def event_of(filing: Filing, body: Amendment, side: int) -> Event:
    """Return one dispatch as the rules know it."""
    header = filing.header
    return Event(
        header.id, side, body.number, body.seen, body.state, body.base, body.result, body.about, body.operations,
        header.created, header.author.agency,
    )  # fmt: skip


def events(tx: Tx) -> tuple[tuple[Event, bool], ...]:
    """Return what was said of amendments and not refused, and of each whether it is ours and not filed there yet."""
    return tuple((_event(row), bool(row[11]) and row[12] is None) for row in tx.rows(_EVENTS))


def _event(row: Row) -> Event:
    result, about, changes = row[6], row[7], bytes_of(row[8])
    erased, plan = not changes, row[14]
    return Event(
        id=DispatchId(bytes_of(row[0])),
        side=int_of(row[1]),
        number=int_of(row[2]),
        seen=int_of(row[3]),
        state=Stage(text_of(row[4])),
        base=Digest(bytes_of(row[5])),
        result=None if result is None else Digest(bytes_of(result)),
        about=None if about is None else DispatchId(bytes_of(about)),
        operations=() if erased else _operations(changes),
        made=Ms(int_of(row[9])),
        agency=text_of(row[10]),
        kept=Verdict(text_of(row[13])) if erased else None,
        plan=None if plan is None or not erased else read_plan(bytes_of(plan)),
    )


@lru_cache(maxsize=256)
def _operations(data: bytes) -> tuple[Operation, ...]:
    found = decode(data)
    assert isinstance(found, list)
    return tuple(operation_of(one) for one in found)


def reason_of(tx: Tx, dispatch: DispatchId) -> str:
    """Return why, in the words of whoever said it."""
    found = tx.rows("SELECT reason FROM workplan_amend WHERE id = ?", (dispatch,))
    return text_of(found[0][0]) if found else ""


def keep_story(tx: Tx, story: Story) -> None:
    """Write what all of it comes to."""
    for version in story.versions:
        put_version(tx, version)
    known = set(story.verdicts)
    tx.many(
        "UPDATE workplan_amend SET verdict = ?, fate = ? WHERE id = ?",
        [
            (story.verdicts[one].value, story.fates[one].value if one in story.fates else "", one)
            for one in sorted(known)
        ],
    )


def put_version(tx: Tx, version: Version) -> None:
    """Write one version, once."""
    tx.memory.pop(_NEWEST, None)
    tx.run(
        "INSERT INTO workplan_version (number, digest, plan, proposal, agreed) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (number) DO NOTHING",
        (
            version.number,
            version.digest,
            plan_bytes(version.plan),
            None if version.proposal is None else version.proposal.id,
            None if version.agreed is None else version.agreed.id,
        ),
    )


def first(tx: Tx) -> Version | None:
    """Return the version with which this node began, if anything was said of the plan yet."""
    found = tx.rows("SELECT digest, plan FROM workplan_version WHERE number = 1")
    return Version(1, Digest(bytes_of(found[0][0])), read_plan(bytes_of(found[0][1]))) if found else None


def newest(tx: Tx) -> tuple[int, Digest, Plan] | None:
    """Return number, digest and text of the version in force, if anything was said of the plan yet."""
    remembered = tx.memory.get(_NEWEST)
    found = cast("list[Row]", remembered) if isinstance(remembered, list) else tx.rows(_NEWEST)
    tx.memory[_NEWEST] = found
    return (int_of(found[0][0]), Digest(bytes_of(found[0][1])), read_plan(bytes_of(found[0][2]))) if found else None


_NEWEST = "SELECT number, digest, plan FROM workplan_version ORDER BY number DESC LIMIT 1"


def in_force_since(tx: Tx) -> Ms | None:
    """Return when the version in force was agreed to, by whoever signed last; None for the first."""
    found = tx.rows(
        "SELECT a.made FROM workplan_version v LEFT JOIN workplan_amend a ON a.id = v.agreed ORDER BY v.number DESC LIMIT 1"
    )
    return ms_or_none(found[0][0]) if found else None


def erase_operations(tx: Tx, dispatch: DispatchId) -> None:
    """Take the words of an amendment out of its row; what was decided of it, and the joint text that it led to, stay."""
    tx.run("UPDATE workplan_amend SET reason = '' WHERE id = ?", (dispatch,))
    proposing = tuple(one.value for one in sorted(PROPOSING))
    tx.run("UPDATE workplan_amend SET operations = ? WHERE id = ? AND state IN (?, ?)", (b"", dispatch, *proposing))


def state_of(tx: Tx, dispatch: DispatchId) -> tuple[str, str] | None:
    """Return verdict and fate of an amendment, each "" while there is none; None for what is no amendment."""
    found = tx.rows("SELECT verdict, fate FROM workplan_amend WHERE id = ?", (dispatch,))
    return (text_of(found[0][0]), text_of(found[0][1])) if found else None


# --- actions -----------------------------------------------------------------------------------------------------


def insert_progress(tx: Tx, filing: Filing, body: Update, side: int) -> None:
    """Write one side's word on an action."""
    header = filing.header
    tx.run(
        "INSERT INTO workplan_progress (id, action, side, state, plan, made, agency, words, evidence)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (
            header.id, body.action, side, body.state.value, body.plan, header.created, header.author.agency, body.text,
            b"".join(body.evidence),
        ),
    )  # fmt: skip


def progress(tx: Tx) -> tuple[Told, ...]:
    """Return every word on every action that was not refused, by its sender's time."""
    rows = tx.rows(
        "SELECT p.id, p.action, p.side, p.state, p.plan, p.made, p.agency, p.words, p.evidence FROM workplan_progress p"
        " JOIN workplan_dispatch d ON d.id = p.id WHERE d.refused IS NULL AND d.quarantined IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM workplan_mark m WHERE m.target = p.id AND m.ours = d.ours AND m.kind = 'recall')"
        " ORDER BY p.made, p.id"
    )
    return tuple(_told(row) for row in rows)


def _told(row: Row) -> Told:
    evidence = bytes_of(row[8])
    return Told(
        id=DispatchId(bytes_of(row[0])),
        action=text_of(row[1]),
        side=int_of(row[2]),
        state=Progress(text_of(row[3])),
        plan=Digest(bytes_of(row[4])),
        made=Ms(int_of(row[5])),
        agency=text_of(row[6]),
        words=text_of(row[7]),
        evidence=tuple(DispatchId(evidence[at : at + _ID]) for at in range(0, len(evidence), _ID)),
    )


def erase_progress(tx: Tx, dispatch: DispatchId) -> None:
    """Take the words of an update out of its row; how far the action is stays."""
    tx.run("UPDATE workplan_progress SET words = '' WHERE id = ?", (dispatch,))
