"""Lines of the list of cases as views: state, what is owed next and by whom, what moved last; all words chosen.

The rule it keeps: a case is open while either side owes something in it; a title is never cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlencode

from comity.base.ids import Ms, show_id
from comity.policy.access import Person
from comity.screen import PartyCard
from comity.screen.caselist import CaseAsk, CaseCounts, CaseLine, CaseView
from comity.web import letters, moments
from comity.web.letters import Sight
from comity.web.listing import State, Tab, counted, group_of, kind_of, left_of, quiet_title, state_of, who_has
from comity.web.texts import Texts
from comity.web.views import Code, Left, Urgency

_KEPT = 8_192


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest dispatch of a case: whose, which kind, its newest fact."""

    party: str
    ours: bool
    kind: str
    state: State


@dataclass(frozen=True, slots=True)
class Row:
    """One case in the list; `owes` says in words who owes what is next, `who` whose the case is, `mine` that it is the reader's."""

    id: str
    href: str
    group: str
    urgency: Urgency
    state: State
    left: Left | None
    owes: str
    moved: str
    title: str
    quiet: bool
    party: str
    ours: bool
    number: str
    theirs: str
    ends: str
    item: str
    count: str
    label: tuple[Code, ...]
    newest: Newest
    who: str
    mine: bool


def row(line: CaseLine, person: Person, at: Sight) -> Row:
    """Return one case as a view; the same within a minute for all who look at it and have it or have it not."""
    mine = (person.desk, person.number) in line.opener.members
    return _row(line, mine, at.now // moments.MINUTE, at.parties, at.texts)


@lru_cache(maxsize=_KEPT)
def _row(line: CaseLine, mine: bool, minute: int, parties: tuple[PartyCard, ...], texts: Texts) -> Row:  # noqa: FBT001  part of the key
    at, t, opener, owed = Sight(Ms(minute * moments.MINUTE), parties, texts), texts, line.opener, line.owed
    newest = Newest(_short(line.newest.ours, at), line.newest.ours, kind_of(line.newest, t), state_of(line.newest, at))
    return Row(
        id=show_id(line.case),
        href=f"/case/{show_id(line.case)}",
        group="" if owed is None else group_of(owed, at.now),
        urgency=letters.urgency(opener.urgency, t),
        state=_state(line, at),
        left=None if owed is None else left_of(owed, at),
        owes="" if owed is None else t("cases.owes", party=_short(not owed.ours, at)),
        moved=moments.moment(line.moved, at.now, t),
        title=opener.title or quiet_title(opener, t),
        quiet=not opener.title,
        party=_short(opener.ours, at),
        ours=opener.ours,
        number=opener.number,
        theirs=opener.theirs or "",
        ends=t("inbox.to", sender=opener.from_agency, receivers=", ".join(opener.to_agencies)),
        item=opener.item or "",
        count=t.count("case.count", line.count),
        label=tuple(letters.code(one) for one in opener.label),
        newest=newest,
        who=who_has(opener, t, mine=mine),
        mine=mine,
    )


def _state(line: CaseLine, at: Sight) -> State:
    """Return whether a case is open, with its shape."""
    if line.owed is None or line.owed.due is None:
        return State("ok", "check", at.texts("cases.state.closed"), "")
    late = line.owed.due <= at.now
    return State("stop" if late else "", "clock", at.texts("cases.state.late" if late else "cases.state.open"), "")


def _short(ours: bool, at: Sight) -> str:  # noqa: FBT001  whose
    return next((party.short for party in at.parties if party.ours == ours), "")


def tabs(ask: CaseAsk, counts: CaseCounts, texts: Texts) -> tuple[Tab, ...]:
    """Return the lists to choose from; what the list is narrowed to stays."""
    told: tuple[tuple[CaseView, int | None], ...] = (
        (CaseView.OPEN, counts.open),
        (CaseView.MINE, counts.mine),
        (CaseView.CLOSED, None),
        (CaseView.ALL, None),
    )
    return tuple(
        Tab(
            href=address(ask, view=view),
            word=texts(f"cases.view.{view}"),
            count="" if count is None else counted(count, texts),
            due=counts.overdue > 0 and view is CaseView.OPEN,
            here=ask.view is view,
        )
        for view, count in told
    )


def address(ask: CaseAsk, *, view: CaseView | None = None, page: str = "") -> str:
    """Return the address of a list narrowed as this one is."""
    shown = view or ask.view
    fields = {"view": "" if shown is CaseView.OPEN else shown.value, "agency": ask.agency, "page": page}
    query = urlencode({name: value for name, value in fields.items() if value})
    return f"/cases?{query}" if query else "/cases"
