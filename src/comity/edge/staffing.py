"""Duty, tasks and their routes of an opened node, put together in one place for the door, the bell and the pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from comity.edge.desks import case_desk
from comity.edge.door_duty import DutyParts, DutyRoutes
from comity.edge.door_request import Routes
from comity.edge.door_tasks import TaskRoutes
from comity.edge.duties import Deskful
from comity.edge.duty import DutyReader, Files
from comity.edge.dutydesk import DutyDesk, TaskDesk, duty_desk, task_desk
from comity.edge.dutywork import DutyWork
from comity.edge.engine import Engine
from comity.edge.opening import OpenNode
from comity.edge.rosterfile import RosterFile
from comity.edge.rota import RosterRota
from comity.edge.tasks import Ours, TaskReader, TaskWork


@dataclass(frozen=True, slots=True)
class Staffing:
    """What one node knows of duty and tasks, and what changes it.

    Attributes:
        duty_desk, task_desk: the rows.
        rota: our shifts, changes obeyed.
        duty, tasks: what shows them; a page process makes its own.
        duty_work, task_work: what changes them; in the node's writer only.
        ours: our agencies and officers.
    """

    duty_desk: DutyDesk
    task_desk: TaskDesk
    rota: RosterRota
    duty: DutyReader
    tasks: TaskReader
    duty_work: DutyWork
    task_work: TaskWork
    ours: Ours

    @classmethod
    def of(cls, opened: OpenNode) -> Staffing | None:
        """Put them together; None where no desk keeps duty."""
        config, node = opened.config, opened.node
        desk, tasks = duty_desk(config.desks), task_desk(config.desks, opened.registry.short)
        if desk is None or tasks is None:
            return None
        roster = RosterFile(config.path(config.roster), config.party)
        rota = RosterRota(roster.roster, config.party, desk.changes, desk.plan)
        ours = Ours(opened.registry, roster.officers)
        cases = cast("Deskful", opened.desks[case_desk(config.desks)])  # what keeps duty keeps the cases
        files = Files(opened.roster, opened.registry, opened.peer_registry)
        return cls(
            duty_desk=desk,
            task_desk=tasks,
            rota=rota,
            duty=DutyReader(node.ledger, desk, tasks, rota, files, cases),
            tasks=TaskReader(node.ledger, tasks, ours),
            duty_work=DutyWork(node, desk, tasks, ours, rota, cases),
            task_work=TaskWork(node, tasks, ours),
            ours=ours,
        )

    def routes(self, engine: Engine) -> tuple[Routes, ...]:
        """Return the door's routes for duty and tasks."""
        duty = DutyParts(self.duty, self.duty_work, self.ours)
        return DutyRoutes(engine, duty).routes, TaskRoutes(engine, self.tasks, self.task_work).routes
