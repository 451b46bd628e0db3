"""What a screen reads before it makes its page: the board through the eyes of one visitor, with the words of their language.

Rule kept: a case that is not open to the visitor is in no list, no count and no title.
"""

from __future__ import annotations

from itertools import islice

from comity.policy.access import Deed
from comity.screen import Board, CaseCard, LawCard
from comity.screen.inbox import Ask, View
from comity.web import letters, present
from comity.web.letters import Sight
from comity.web.pages import Reading
from comity.web.visit import Visit

_NEWEST = 4
"""So many dispatches of each stand there, and those that are owed something."""
_CASES = 12
"""As many cases stand on the page of the workplan; the others are in the inbox."""


def sight(visit: Visit) -> Sight:
    """Look at cards as of now, with the visitor's words; needed by all of `letters`."""
    known = visit.once.get("sight")
    if isinstance(known, Sight):
        return known
    laws = visit.site.board.laws()
    at = Sight(visit.now, present.parties(visit), visit.texts, rules(laws), laws)
    visit.once["sight"] = at
    return at


def rules(laws: tuple[LawCard, ...]) -> frozenset[tuple[str, str]]:
    """Return (mark of a party, id of a rule) of every rule that the law pages show."""
    return frozenset((card.short, rule.id) for card in laws for rule in card.rules)


def reading(visit: Visit, cases: tuple[CaseCard, ...] = ()) -> Reading:
    """Read the board for the pages of `pages`; `cases` are those to be shown."""
    site, now = visit.site, visit.now
    board: Board = site.board
    logs, laws = board.logs(), board.laws()
    names = (letters.origin_hash(card.origin) for card in logs)
    return Reading(
        now=now,
        parties=present.parties(visit),
        workplan=board.workplan(now),
        cases=cases,
        link=board.link(),
        logs=logs,
        served=frozenset(name for name in names if site.log_files(name, "checkpoint") is not None),
        laws=laws,
        rules=rules(laws),
        waiting=board.waiting(now),
    )


def open_cases(visit: Visit) -> tuple[CaseCard, ...]:
    """Return some cases that are open to the visitor: where we owe something, then where something moved last."""
    site = visit.site
    if not site.needs.may(visit.who.person, Deed.INBOX):
        return ()
    pages = (site.inbox.page(visit.who.person, Ask(view), visit.now) for view in (View.OURS, View.ALL))
    found = dict.fromkeys(line.case for page in pages for line in page.lines)
    return site.board.cases(visit.now, islice(found, _CASES), newest=_NEWEST)
