"""Budget: before the law is asked, whether this side may still ask about new persons for this purpose."""

from __future__ import annotations

from dataclasses import replace

from comity.base.ids import Ms
from comity.dispatch import persons
from comity.dispatch.office import Office
from comity.dispatch.persons import Asking
from comity.dispatch.ports import Tx
from comity.dispatch.states import Labelled


def budget(labelled: Labelled, tx: Tx, office: Office, now: Ms) -> Labelled:
    """Note on a labelled draft whether it asks about persons for whom there is no room."""
    draft = labelled.draft
    asking = Asking(draft.id, draft.form.purpose, draft.facts.subjects, draft.facts.associations)
    return replace(labelled, budget_spent=persons.spent(asking, office.accord, office.person_key, tx, now))
