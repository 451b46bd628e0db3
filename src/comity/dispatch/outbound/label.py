"""Label: the draft gets its handling label, and the scan says what the content contains.

The author's tags are taken as they are; a scan adds to them and never takes away. What a pattern of a hard stop finds
needs no confirmation by a person.
"""

from __future__ import annotations

from dataclasses import replace

from comity.dispatch.office import Office
from comity.dispatch.states import Draft, Labelled
from comity.marking.rules import check_label, default_label
from comity.marking.scan import scan


def label(draft: Draft, office: Office) -> Labelled:
    """Give the draft its label.

    Raises:
        BadForm: a mandatory part of the label is missing; the message names it, the draft is not kept.
    """
    form = draft.form
    found = frozenset(finding.category for finding in scan(draft.facts.texts, office.patterns))
    given = form.label or default_label(form.purpose, form.agency)
    categories = tuple(sorted(draft.facts.tagged | found | frozenset(given.categories)))
    whole = replace(given, categories=categories, evaluation=form.evaluation or given.evaluation)
    check_label(whole, form.purpose, draft.facts.asserts)
    return Labelled(draft, whole, found)
