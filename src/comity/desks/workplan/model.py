"""The types of a workplan and of what is said about it.

The rule it keeps: a plan is one value with one text of canonical bytes, and its digest is what both sides sign.
"""  # spec: vocabulary.md 5 (workplan item)

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from comity.base.ids import Digest, DispatchId


class Kind(StrEnum):
    """The kinds of dispatch about the plan itself."""

    AMEND = "workplan-amend"
    UPDATE = "action-update"


class Stage(StrEnum):
    """What an amendment says: something new, or yes, no, no longer."""

    PROPOSAL = "proposal"
    COUNTER = "counter"
    """Declines a proposal and proposes something else on the same version."""
    AGREED = "agreed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


PROPOSING = frozenset({Stage.PROPOSAL, Stage.COUNTER})
"""What carries operations."""
ANSWERING = frozenset({Stage.COUNTER, Stage.AGREED, Stage.DECLINED})
"""What only the other side can say of a proposal."""


class Progress(StrEnum):
    """How far one side is with its part of an action."""

    PLANNED = "planned"
    UNDER_WAY = "under-way"
    DONE = "done"
    BLOCKED = "blocked"
    DROPPED = "dropped"


OVER = frozenset({Progress.DONE, Progress.DROPPED})
"""With these nothing is overdue."""

Words: TypeAlias = tuple[tuple[str, str], ...]
"""A text by language tag, sorted by tag."""
Owners: TypeAlias = tuple[tuple[str, str], ...]
"""(party id, agency id), sorted by party."""


@dataclass(frozen=True, slots=True)
class Priority:
    """One priority of the plan."""

    id: str
    title: Words
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One objective, under the id that dispatches name: aim, owner on each side, measure, due day (ISO).

    `priority` is the id of one, "" for none. A `closed` item stays in the plan, and no new dispatch may name it.
    """

    id: str
    aim: Words
    owners: Owners
    measure: str
    due: str
    priority: str = ""
    closed: bool = False
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to be done for an item: title, owner on each side, measure, due day (ISO)."""

    id: str
    item: str
    title: Words
    owners: Owners
    due: str
    measure: str = ""
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Track:
    """A track beyond security: titles, owners and days only. It opens no kind, and no dispatch may name it."""

    id: str
    title: Words
    owners: Owners
    days: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole plan: `signed` is the day (ISO) that its first version bears. Each list is in the order of its ids."""

    title: str
    signed: str
    priorities: tuple[Priority, ...] = ()
    items: tuple[Item, ...] = ()
    actions: tuple[Action, ...] = ()
    tracks: tuple[Track, ...] = ()
    unknown: tuple[str, ...] = ()

    def item(self, item: str) -> Item | None:
        """Return the item of this id, closed or not."""
        return next((one for one in self.items if one.id == item), None)

    def action(self, action: str) -> Action | None:
        """Return the action of this id."""
        return next((one for one in self.actions if one.id == action), None)


class What(StrEnum):
    """What an operation is about."""

    TITLE = "title"
    PRIORITY = "priority"
    ITEM = "item"
    ACTION = "action"
    TRACK = "track"


@dataclass(frozen=True, slots=True)
class Operation:
    """One change: what, which, and what it becomes; None takes it out of the plan."""

    what: What
    id: str
    to: str | Priority | Item | Action | Track | None


@dataclass(frozen=True, slots=True)
class Amendment:
    """The body of a `workplan-amend`.

    Attributes:
        state: what it says.
        number: of this amendment among all that its side has sent, from 1 on, without a gap.
        seen: how many amendments of the other side its side had filed when it was made.
        base: digest of the version that it changes, or that was in force when it answered.
        result: digest of the plan that it leads to; None where nothing is proposed or agreed.
        about: the proposal that it answers or withdraws.
        operations: of a proposal, in order.
        reason: why not, or why no longer.
        text: why, in the words of the side that proposes.
        language: BCP 47 tag of reason and text.
    """

    state: Stage
    number: int
    seen: int
    base: Digest
    result: Digest | None = None
    about: DispatchId | None = None
    operations: tuple[Operation, ...] = ()
    reason: str = ""
    text: str = ""
    language: str = ""
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Update:
    """The body of an `action-update`: how far its side is with one action.

    `plan` is the digest of the plan in force for the sender; `evidence` are dispatches that show it.
    """

    action: str
    state: Progress
    plan: Digest
    text: str = ""
    evidence: tuple[DispatchId, ...] = ()
    language: str = ""
    unknown: tuple[str, ...] = ()


Body: TypeAlias = Amendment | Update
