"""A plan as a value: its one text, what a change makes of it, and what differs between two.

The rule it keeps: a change is whole records, put or taken out, so that one plan and one list of changes give one plan; the
digest of a version covers its number and the version before it, so who signs one signs the history.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias, cast

from comity.base.cbor import Value, encode
from comity.base.errors import BadForm
from comity.base.hashing import domain_hash
from comity.base.ids import Digest
from comity.desks.workplan.model import Action, Item, Operation, Plan, Priority, Track, What

_DOMAIN = "comity/workplan/1"
_PAIRS = frozenset({"title", "aim", "owners"})
_LISTS: Mapping[What, str] = {
    What.PRIORITY: "priorities",
    What.ITEM: "items",
    What.ACTION: "actions",
    What.TRACK: "tracks",
}
Record: TypeAlias = Priority | Item | Action | Track


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: which record, which field ("" for the whole record), and what it was and is ("" for nothing)."""

    what: What
    id: str
    field: str
    before: str
    after: str


def record_value(record: Record) -> dict[str, Value]:
    """Return a record as plain values, without what is empty."""
    found: dict[str, Value] = {}
    for one in fields(record):
        entry: Any = getattr(record, one.name)
        if entry and one.name != "unknown":
            found[one.name] = (
                dict(entry)
                if one.name in _PAIRS
                else list(cast("tuple[Value, ...]", entry))
                if isinstance(entry, tuple)
                else entry
            )
    return found


def operation_value(one: Operation) -> dict[str, Value]:
    """Return a change as plain values."""
    to: dict[str, Value] = {} if one.to is None else {"to": one.to if isinstance(one.to, str) else record_value(one.to)}
    return {"what": one.what.value, "id": one.id, **to}


def plan_value(plan: Plan) -> dict[str, Value]:
    """Return a plan as plain values, each list in the order of its ids."""
    found: dict[str, Value] = {"title": plan.title, "signed": plan.signed}
    for name in _LISTS.values():
        records = [cast("Value", record_value(one)) for one in getattr(plan, name)]
        found |= {name: records} if records else {}
    return found


def version_digest(number: int, before: Digest | None, plan: Plan) -> Digest:
    """Return what both sides sign of a version: its number, the digest of the one before it, and its text."""
    return domain_hash(_DOMAIN, encode([number, before, plan_value(plan)]))


def order(id_: str) -> tuple[tuple[bool, int, str], ...]:
    """Return by what ids are ordered: numbers in them as numbers."""
    parts = re.findall(r"\d+|[^\d]+", id_)
    return tuple((part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts)


def ordered(plan: Plan) -> Plan:
    """Return a plan with each list in the order of its ids.

    Raises:
        BadForm: two records of a kind have one id.
    """
    changed: dict[str, Any] = {}
    for name in _LISTS.values():
        records = sorted(getattr(plan, name), key=lambda one: order(one.id))
        ids = [one.id for one in records]
        if len(set(ids)) != len(ids):
            raise BadForm(f"the plan has {next(one for one in ids if ids.count(one) > 1)} twice; nothing was kept")
        changed[name] = tuple(records)
    return replace(plan, **changed)


# --- what a change makes of a plan -----------------------------------------------------------------------------------


def apply(plan: Plan, operations: Iterable[Operation], parties: frozenset[str]) -> Plan:
    """Return the plan that a list of changes leads to.

    Args:
        plan: to be changed.
        operations: in order.
        parties: ids of both parties; items and actions have an owner on each side.

    Raises:
        BadForm: a change does not fit the plan, or all of them together change nothing; the message says which.
    """
    found = drafted(plan, operations, parties)
    if found == plan:
        raise BadForm("this changes nothing; nothing was kept")
    told = sound(found)
    if told:
        raise BadForm(f"{told}; nothing was kept")
    return found


def drafted(plan: Plan, operations: Iterable[Operation], parties: frozenset[str]) -> Plan:
    """Return the plan that a list of changes leads to while it is still being gathered; `sound` says what it lacks.

    Raises:
        BadForm: a change does not fit the plan; the message says which.
    """
    found = plan
    for one in operations:
        found = _with(found, one, parties)
    return found


def _with(plan: Plan, one: Operation, parties: frozenset[str]) -> Plan:
    if one.what is What.TITLE:
        if not isinstance(one.to, str):
            raise BadForm("a plan has a title; nothing was kept")
        return replace(plan, title=one.to)
    if isinstance(one.to, str):
        raise BadForm(f"{one.what} {one.id} is a record, not a text; nothing was kept")
    if one.to is None:
        return _without(plan, one)
    if isinstance(one.to, Item | Action) and set[str](party for party, _ in one.to.owners) != set(parties):
        raise BadForm(f"{one.what} {one.id} needs one owner on each side; nothing was kept")
    if isinstance(one.to, Track) and not {party for party, _ in one.to.owners} <= parties:
        raise BadForm(f"track {one.id} has an owner of neither side; nothing was kept")
    name = _LISTS[one.what]
    others = [record for record in getattr(plan, name) if record.id != one.id]
    changed: dict[str, Any] = {name: tuple(sorted((*others, one.to), key=lambda record: order(record.id)))}
    return replace(plan, **changed)


def _without(plan: Plan, one: Operation) -> Plan:
    if one.what is What.ITEM:
        raise BadForm(f"item {one.id} stays in the plan, since dispatches may name it: close it; nothing was kept")
    name = _LISTS[one.what]
    left = tuple(record for record in getattr(plan, name) if record.id != one.id)
    if len(left) == len(getattr(plan, name)):
        raise BadForm(f"there is no {one.what} {one.id} to be taken out; nothing was kept")
    changed: dict[str, Any] = {name: left}
    return replace(plan, **changed)


def sound(plan: Plan) -> str:
    """Say what in a plan names something that is not there; "" for nothing."""
    priorities = {one.id for one in plan.priorities}
    for item in plan.items:
        if item.priority and item.priority not in priorities:
            return f"item {item.id} names the priority {item.priority}, which is not there"
    for action in plan.actions:
        if plan.item(action.item) is None:
            return f"action {action.id} names the item {action.item}, which is not there"
    return ""


# --- what differs ----------------------------------------------------------------------------------------------------


def changes(before: Plan, after: Plan) -> tuple[Operation, ...]:
    """Return the changes that make one plan of another; an item that is not there any more is closed."""
    found = [Operation(What.TITLE, "title", after.title)] if before.title != after.title else []
    for what, name in _LISTS.items():
        old, new = ({one.id: one for one in getattr(plan, name)} for plan in (before, after))
        found += [Operation(what, id_, one) for id_, one in new.items() if old.get(id_) != one]
        for id_ in old.keys() - new.keys() if what is not What.ITEM else ():
            found.append(Operation(what, id_, None))
        if what is What.ITEM:
            found += [
                Operation(what, id_, replace(one, closed=True))
                for id_, one in old.items()
                if id_ not in new and not one.closed
            ]
    return tuple(sorted(found, key=lambda one: (list(What).index(one.what), order(one.id))))


def difference(before: Plan, after: Plan) -> tuple[Change, ...]:
    """Return what differs between two plans, field by field, in the order of the plan."""
    found = [Change(What.TITLE, "title", "", before.title, after.title)] if before.title != after.title else []
    for what, name in _LISTS.items():
        old, new = ({one.id: one for one in getattr(plan, name)} for plan in (before, after))
        for id_ in sorted(old.keys() | new.keys(), key=order):
            found += _differs(what, id_, old.get(id_), new.get(id_))
    return tuple(found)


def _differs(what: What, id_: str, old: Record | None, new: Record | None) -> Iterator[Change]:
    """Yield what differs of one record; of a new one every field, since whoever signs it signs all of them."""
    if new is None:
        assert old is not None
        yield Change(what, id_, "", _heading(old), "")
        return
    before, after = {} if old is None else record_value(old), record_value(new)
    if old is None:
        yield Change(what, id_, "", "", _heading(new))
        words = after["aim" if isinstance(new, Item) else "title"]
        assert isinstance(words, Mapping)
        before = {name: after[name] for name in ("id", *(("aim", "title") if len(words) == 1 else ())) if name in after}
    for field in [one.name for one in fields(new) if before.get(one.name) != after.get(one.name)]:
        yield Change(what, id_, field, "" if old is None else shown(before.get(field)), shown(after.get(field)))


def _heading(record: Record) -> str:
    return in_language(record.aim if isinstance(record, Item) else record.title, "en")


def in_language(words: Iterable[tuple[str, str]], language: str) -> str:
    """Return a text in a language, or in the first that there is."""
    found = dict(words)
    return found.get(language) or found.get("en") or next(iter(found.values()), "")


def shown(value: Value | None) -> str:
    """Return a field as one line of text."""
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {entry}" for name, entry in sorted((str(k), v) for k, v in value.items()))
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    return "" if value is None or value is False else "yes" if value is True else str(value)


def clashes(base: Plan, now: Plan, operations: Iterable[Operation]) -> tuple[str, ...]:
    """Return the ids that were changed between two plans and that a list of changes made for the first would change too."""
    moved = {(one.what, one.id) for one in difference(base, now)}
    return tuple(dict.fromkeys(one.id for one in operations if (one.what, one.id) in moved))
