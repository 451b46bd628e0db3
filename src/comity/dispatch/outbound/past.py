"""Past: what is known before the law is asked: room for new persons, who said no to the same, who of them is listed.

All is read before the law is asked, so that neither splitting nor asking another decider changes the answer.
"""

from __future__ import annotations

from dataclasses import replace

from comity.base.ids import Ms
from comity.dispatch import dissent, persons
from comity.dispatch.office import Office
from comity.dispatch.persons import Asking
from comity.dispatch.ports import Tx
from comity.dispatch.states import Labelled
from comity.policy.listed import listed_by


def past(labelled: Labelled, tx: Tx, office: Office, now: Ms) -> Labelled:
    """Note on a labelled draft whether the budget has room, what was said of the same content, and who in it is listed."""
    draft, facts = labelled.draft, labelled.draft.facts
    asking = Asking(draft.id, draft.form.purpose, facts.subjects, facts.associations)
    asked, records = draft.form.in_answer_to or (frozenset(), frozenset())
    content = dissent.content_of(labelled.label.categories, facts.asks | asked, facts.records | records)
    links = dissent.links_of(draft.form.re, draft.form.case, facts.subjects, office.person_key)
    return replace(
        labelled,
        budget_spent=persons.spent(asking, office.accord, office.person_key, tx, now),
        before=dissent.before(links, content, tx),
        listed_by=listed_by(facts.names, office.listed, now),
    )
