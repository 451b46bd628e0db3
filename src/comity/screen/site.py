"""What a screen works with: one node's readers, its door, its clock.

The rule it keeps: readers read the store anew on each call and change nothing; each is a protocol of `screen`, filled in
`edge.site` for the node's own process and for further page processes alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from comity.base.ids import Ms
from comity.screen import Board
from comity.screen.calendar import CalendarBoard
from comity.screen.case import CaseBoard
from comity.screen.caselist import CaseListBoard
from comity.screen.consignments import ConsignmentBoard
from comity.screen.duty import DutyBoard
from comity.screen.files import FileBoard
from comity.screen.finding import SearchBoard
from comity.screen.inbox import InboxBoard
from comity.screen.meetings import MeetingBoard
from comity.screen.people import HealthReader, PeopleReader
from comity.screen.plan import PlanBoard
from comity.screen.reviews import ReviewBoard
from comity.screen.scorecard import ScoreBoard
from comity.screen.searches import SearchesBoard
from comity.screen.tasks import TaskBoard
from comity.screen.trace import TraceBoard
from comity.screen.turns import TurnBoard
from comity.screen.visitor import Hands, Needs
from comity.screen.yearly import Yearly

LogFiles: TypeAlias = Callable[[str, str], "bytes | None"]
"""(origin hash in hex, path below it) -> the file, or None if a visitor may not read it or it is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One node's readers, its door, its clock.

    Attributes:
        board: what the node shows of itself.
        inbox: lists of what waits.
        cases: files of cases.
        caselist: the list of cases.
        finder: search.
        traces: one dispatch from draft to proof, and the manifests.
        duty: who is there, shifts, postings, hand-over notes; None where no desk keeps duty.
        tasks: tasks to our own agencies; None likewise.
        reviews: what waits for the reviewer.
        searches: who looked for what, for the reviewer.
        hands: the door.
        needs: need-to-know.
        turns: what waits for one person's yes or no.
        people: who is signed in and who could be.
        health: how the node runs, for the administrator.
        consignments: what is notified before it leaves; None where no desk keeps any.
        plan: the workplan that both sides signed; None where no desk keeps one.
        yearly: our side's yearly reports.
        scorecards: what both logs prove of a period; None where no desk counts it.
        meetings: meetings and their minutes; None where no desk keeps any.
        calendars: the plan's days for programs that know an address; None where no desk keeps a plan.
        clock: the node's time.
        log_files: files of the logs that anyone may read.
        files: those that go with dispatches.
    """

    board: Board
    inbox: InboxBoard
    cases: CaseBoard
    caselist: CaseListBoard
    finder: SearchBoard
    traces: TraceBoard
    duty: DutyBoard | None
    tasks: TaskBoard | None
    reviews: ReviewBoard
    searches: SearchesBoard
    hands: Hands
    needs: Needs
    turns: TurnBoard
    people: PeopleReader
    health: HealthReader
    clock: Callable[[], Ms]
    log_files: LogFiles
    files: FileBoard
    consignments: ConsignmentBoard | None = None
    plan: PlanBoard | None = None
    scorecards: ScoreBoard | None = None
    yearly: Yearly | None = None
    meetings: MeetingBoard | None = None
    calendars: CalendarBoard | None = None
