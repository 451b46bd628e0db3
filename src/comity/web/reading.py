"""What a screen reads before it makes its page: the board through the eyes of one visitor, with the words of their language.

Rule kept: a case that is not open to the visitor is in no list, no count and no title.
"""

from __future__ import annotations

from comity.base.ids import show_id
from comity.policy.access import Deed
from comity.screen import Board, CaseCard, LawCard
from comity.web import letters
from comity.web.letters import Sight
from comity.web.pages import Reading
from comity.web.visit import Visit


def sight(visit: Visit) -> Sight:
    """Look at cards as of now, with the visitor's words; needed by all of `letters`."""
    return Sight(visit.now, visit.site.board.parties(), visit.texts, rules(visit.site.board.laws()))


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
        parties=board.parties(),
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
    """Return the cases that are open to the visitor, as the board orders them."""
    return tuple(card for card in visit.site.board.cases(visit.now) if _open(visit, card))


def _open(visit: Visit, card: CaseCard) -> bool:
    found = visit.site.needs.facts("case", show_id(card.case))
    return found is not None and visit.site.needs.may(visit.who.person, Deed.CASE, found[1])
