"""Two nodes' rows of one plan, made by hand for tests: what a side says is checked, filed here, and filed there when it is carried."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from comity.base.ids import CaseId, Digest, DispatchId, Ms, NodeName, show_id
from comity.desk import Filing
from comity.desks.workplan.model import Action, Item, Operation, Plan, Priority, Track, What
from comity.desks.workplan.planning import answer_of, card_of, proposal_of
from comity.desks.workplan.planpart import PlanPart, Sides
from comity.desks.workplan.planrows import plan_bytes
from comity.desks.workplan.plans import operation_value
from comity.desks.workplan.service import WorkplanDesk
from comity.dispatch.entries import Fact
from comity.dispatch.ports import Tx
from comity.dispatch.wire import Author, Header, ReleasedBy, WireLabels
from comity.edge.opening import read_schema
from comity.edge.schema import Schema
from comity.marking.labels import Lane, Urgency
from tests.templates import store_with

SCHEMA = Schema("workplan", read_schema("comity.desks.workplan"))
IDS, SHORTS, AGENCIES = ("xa", "xb"), ("XA", "XB"), ("watch", "guard")
OWNERS = tuple(zip(IDS, AGENCIES, strict=True))
START = Ms(1_783_900_800_000)
PLAN = Plan(
    "Common work",
    "2026-05-20",
    (Priority("P-1", (("en", "travel"),)),),
    (Item("F-1", (("en", "lost travellers"),), OWNERS, "ten days", "2026-12-01", "P-1"),),
    (Action("A-1", "F-1", (("en", "count"),), OWNERS, "2026-11-01"),),
    (Track("T-1", (("en", "trade"),), OWNERS, ("2026-10-01", "2026-11-01")),),
)


def change(id_: str = "A-2", title: str = "count again") -> dict[str, Any]:
    """Return one change as a page keeps it: a new action."""
    operation = Operation(What.ACTION, id_, Action(id_, "F-1", (("en", title),), OWNERS, "2026-11-01"))
    return dict(operation_value(operation))


@dataclass
class Node:
    """One side: its desk and its rows."""

    side: int
    tx: Tx
    desk: WorkplanDesk


@dataclass
class Pair:
    """Both nodes; what one says waits to be carried."""

    stack: ExitStack
    now: Ms = START
    nodes: tuple[Node, ...] = ()
    waits: list[tuple[Node, Filing]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.nodes = tuple(self._node(side) for side in (0, 1))

    def _node(self, side: int) -> Node:
        tx = self.stack.enter_context(store_with((SCHEMA,)).begin())
        plan = PlanPart(plan_bytes(PLAN), Sides(IDS, side))
        return Node(side, tx, WorkplanDesk(SCHEMA.steps, (plan,), plan))

    def filing(self, node: Node, body: Any, kind: str = "workplan-amend", agency: str = "") -> Filing:
        """Return what a side would say, checked against the schema of its kind and not filed."""
        self.now = Ms(self.now + 1_000)
        id_ = DispatchId(self.now.to_bytes(16, "big"))
        header = Header(
            id=id_, sender=NodeName(f"{IDS[node.side]}.example"), receiver=NodeName(f"{IDS[1 - node.side]}.example"),
            author=Author(agency or AGENCIES[node.side], "officer"), agencies=(AGENCIES[1 - node.side],), desk="workplan", kind=kind,
            version=1, case=None, re=(), after=(), lane=Lane.URGENT, purpose="workplan", basis=(),
            labels=WireLabels("", (), None, None, None, None, "watch", (), ()), created=self.now, answer_by=None,
            accord=Digest(bytes(32)), replaces=None, workplan_item=None, workplan_reason="the plan",
            released_by=ReleasedBy("requests", 1, None), conduct=None, urgency=Urgency.NORMAL,
        )  # fmt: skip
        data = node.desk.compose(kind, body)
        return Filing(True, header, data, CaseId(id_), self.now, None, admitted=True)

    def say(self, node: Node, body: Any, kind: str = "workplan-amend", agency: str = "") -> DispatchId:
        """Say something, as a node does when an officer releases it."""
        filing = self.filing(node, body, kind, agency)
        node.desk.check(node.tx, filing)
        node.desk.file(node.tx, filing)
        self.waits.append((node, filing))
        return filing.header.id

    def propose(self, node: Node, *changes: Any, **words: Any) -> DispatchId:
        """Propose changes of the plan in force."""
        return self.say(node, proposal_of(node.tx, node.desk, {"operations": changes, **words}))

    def answer(self, node: Node, proposal: DispatchId, state: str = "agreed", reason: str = "") -> DispatchId:
        """Agree to a proposal, or say something else to it."""
        return self.say(
            node, answer_of(node.tx, node.desk, {"about": show_id(proposal), "state": state, "reason": reason})
        )

    def carry(self) -> None:
        """Let all that waits arrive and be filed."""
        for node, filing in self.waits:
            other = self.nodes[1 - node.side]
            other.desk.file(other.tx, replace(filing, ours=False, at=self.now))
            node.desk.settle(node.tx, filing.header.id, Fact.FILED, None, self.now)
        self.waits = []

    def card(self, node: Node) -> Any:
        """Return the plan as a page of this side shows it."""
        return card_of(node.tx, node.desk, SHORTS, self.now)
