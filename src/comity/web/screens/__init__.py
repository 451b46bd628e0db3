"""All screens: each module has `ROUTES`; here they are put together, and with them the counts of the rail."""

from __future__ import annotations

from collections.abc import Mapping

from comity.web import turns
from comity.web.frame import Badge
from comity.web.screens import (
    accord,
    acts,
    approvals,
    bell,
    boardcopy,
    case,
    cases,
    compose,
    custody,
    dispatch,
    duty,
    evidence,
    files,
    health,
    inbox,
    keys,
    law,
    ledger,
    link,
    meetings,
    owed,
    people,
    precursors,
    proposing,
    retention,
    reviews,
    scorecard,
    scoretelling,
    search,
    searches,
    settings,
    signin,
    tasks,
    today,
    trace,
    workplan,
    yearly,
)
from comity.web.visit import ScreenRoute

ALL: tuple[ScreenRoute, ...] = (
    *today.ROUTES,
    *trace.ROUTES,
    *search.ROUTES,
    *inbox.ROUTES,
    *approvals.ROUTES,
    *acts.ROUTES,
    *owed.ROUTES,
    *reviews.ROUTES,
    *searches.ROUTES,
    *cases.ROUTES,
    *case.ROUTES,
    *compose.ROUTES,
    *dispatch.ROUTES,
    *precursors.ROUTES,
    *boardcopy.ROUTES,
    *workplan.ROUTES,
    *proposing.ROUTES,
    *scorecard.ROUTES,
    *scoretelling.ROUTES,
    *yearly.ROUTES,
    *meetings.ROUTES,
    *duty.ROUTES,
    *bell.ROUTES,
    *evidence.ROUTES,
    *files.ROUTES,
    *tasks.ROUTES,
    *ledger.ROUTES,
    *law.ROUTES,
    *keys.ROUTES,
    *signin.ROUTES,
    *settings.ROUTES,
    *people.ROUTES,
    *health.ROUTES,
    *retention.ROUTES,
    *custody.ROUTES,
    *link.ROUTES,
    *accord.ROUTES,
)
"""Every address of every screen; add a line for yours."""

BADGES: Mapping[str, Badge] = {
    "inbox": inbox.tally,
    "approvals": turns.tally,
    "precursors": precursors.tally,
    "workplan": workplan.tally,
    "tasks": tasks.tally,
    "reviews": reviews.tally,
}
"""Counts beside the entries of the rail, by the entry's key; add a line for yours. Every page asks them: they must be quick."""
