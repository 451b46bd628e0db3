"""The readers of one opened node, its door and its clock, put together for the screens: in its own process or a further one."""

from __future__ import annotations

from collections.abc import Callable

from comity.base.ids import Ms
from comity.edge.board import NodeBoard
from comity.edge.calendars import make_calendars
from comity.edge.casereaders import make_readers
from comity.edge.consignments import make_consignments
from comity.edge.desks import case_desk, keeper_of
from comity.edge.filereader import FileReader
from comity.edge.filestore import FileStore
from comity.edge.health import Health
from comity.edge.meetings import make_meetings
from comity.edge.needs import NodeNeeds, house_access
from comity.edge.opening import OpenNode
from comity.edge.people import People, make_people
from comity.edge.plans import make_plan
from comity.edge.reviews import Reviews
from comity.edge.scoreboard import make_scoreboard
from comity.edge.searches import Searches
from comity.edge.showing import make_board
from comity.edge.staffing import Staffing
from comity.edge.stores import in_database
from comity.edge.turns import TurnReader
from comity.edge.yearly import make_yearly
from comity.node.logfiles import served_file
from comity.screen.site import Site
from comity.screen.visitor import Hands


def make_site(
    opened: OpenNode,
    hands: Hands,
    clock: Callable[[], Ms],
    board: NodeBoard | None = None,
    faults: Callable[[], int] | None = None,
) -> Site:
    """Make what screens work with.

    Args:
        opened: the node, opened by its own process or only to be read.
        hands: its door.
        clock: its time.
        board: what it shows of itself, if there is one already.
        faults: faults since the start, in the node's own process.
    """
    shown = board or make_board(opened)
    readers = make_readers(opened, shown)
    desk, keeper = case_desk(opened.config.desks), keeper_of(opened.config.desks)
    people = make_people(opened, clock)
    staffing = Staffing.of(opened)
    return Site(
        board=shown,
        inbox=readers.inbox,
        cases=readers.cases,
        caselist=readers.caselist,
        finder=readers.finder,
        traces=readers.traces,
        duty=None if staffing is None else staffing.duty,
        tasks=None if staffing is None else staffing.tasks,
        reviews=Reviews(opened.node.ledger),
        searches=Searches(opened.node.ledger, opened.config.search_log_days),
        hands=hands,
        needs=NodeNeeds(opened.node.ledger, desk, keeper, opened.config.party, house_access()),
        people=people,
        turns=TurnReader(opened.node.ledger),
        health=_health(opened, people, faults),
        clock=clock,
        log_files=_log_files(opened),
        consignments=make_consignments(opened),
        files=FileReader(opened.node.ledger, FileStore(opened.config.path(opened.config.files))),
        plan=make_plan(opened),
        scorecards=make_scoreboard(opened),
        yearly=make_yearly(opened),
        meetings=make_meetings(opened),
        calendars=make_calendars(opened, people),
    )


def _health(opened: OpenNode, people: People, faults: Callable[[], int] | None) -> Health:
    config = opened.config
    size = opened.store.size_bytes if in_database(config) else None
    return Health(opened.node.ledger, config.path(config.store), people, faults=faults, database=size)


def _log_files(opened: OpenNode) -> Callable[[str, str], bytes | None]:
    def file(origin_hash: str, path: str) -> bytes | None:
        with opened.node.ledger.read() as tx:
            return served_file(tx, origin_hash, path)

    return file
