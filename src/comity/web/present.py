"""Who is on duty in both capitals now, as the bar of every page says it.

The rule it keeps: nobody is called on duty there for whom no shift and no posting says so now; an officer is a role and a number.
"""  # spec: scenarios.md 2 (the duty desk)

from __future__ import annotations

from dataclasses import replace

from comity.policy.access import Role
from comity.screen import PartyCard
from comity.screen.duty import Presence
from comity.web.texts import Texts
from comity.web.visit import Visit

_NAMED = 2
"""So many stand in the bar; the page of duty has all."""


def parties(visit: Visit) -> tuple[PartyCard, ...]:
    """Return both parties with who is on duty now in the visitor's words; as the board has them where no desk keeps duty."""
    cards, duty = visit.site.board.parties(), visit.site.duty
    if duty is None:
        return cards
    ours, theirs = duty.there(visit.now)
    return tuple(replace(card, on_duty=said(ours if card.ours else theirs, visit.texts)) for card in cards)


def said(there: tuple[Presence, ...], texts: Texts) -> str:
    """Name who is there: duty officers first, then others on shift, then posted officers; an office alone is its desk."""
    people = sorted((one for one in there if one.number is not None), key=_rank)
    named = list(dict.fromkeys(_who(one, texts) for one in people))
    if not named:
        return texts("bar.duty.office" if there else "bar.duty.nobody")
    more = len(named) - _NAMED
    listed = ", ".join(named[:_NAMED])
    return texts("bar.duty.more", who=listed, n=more) if more > 0 else listed


def _rank(one: Presence) -> tuple[bool, bool, int]:
    return one.why == "posting", one.role != Role.DUTY, one.number or 0


def _who(one: Presence, texts: Texts) -> str:
    if one.why == "posting":
        return texts("duty.who.posting", number=one.number)
    return texts("duty.who.shift", role=texts.word("duty.role", one.role), number=one.number)
