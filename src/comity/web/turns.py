"""How much waits for the visitor's yes or no, for the rail."""

from __future__ import annotations

from comity.policy.access import Deed
from comity.web.views import Tally
from comity.web.visit import Visit


def tally(visit: Visit) -> Tally | None:
    """Count what waits for a role of the visitor and is open to the visitor; each is asked of need-to-know."""
    needs, person = visit.site.needs, visit.who.person
    facts = (needs.facts(turn.kind, turn.name) for turn in visit.site.turns.mine(person))
    count = sum(found is not None and needs.may(person, Deed.APPROVE, found[1]) for found in facts)
    return Tally(count, due=False) if count else None
