"""Label: the draft gets its handling label, and the scan says what the content contains.

The author's tags are taken as they are; a scan adds to them and never takes away. What a pattern of a hard stop finds
needs no confirmation by a person; the rest of what it finds are proposals: an overriding category counts once a person
has confirmed it and holds the draft until they have answered, any other counts unless it was rejected.
"""

from __future__ import annotations

from dataclasses import replace

from comity.base.ids import Ms
from comity.dispatch.office import Office
from comity.dispatch.states import Draft, Labelled
from comity.marking.rules import check_conduct, check_label, default_label
from comity.marking.scan import proposed, scan
from comity.marking.vocabulary import PERSONAL


def label(draft: Draft, office: Office) -> Labelled:
    """Give the draft its label.

    Raises:
        BadForm: a mandatory part of the label is missing; the message names it, the draft is not kept.
    """
    form = draft.form
    check_conduct(form.purpose, form.conduct)
    given = form.label or default_label(form.purpose, form.agency)
    tagged = draft.facts.tagged | frozenset(given.categories)
    found = scan(draft.facts.texts, office.patterns, draft.created)
    counts, unanswered = proposed(found, form.confirmed | tagged, form.rejected)
    categories = tagged | counts
    whole = replace(
        given,
        categories=tuple(sorted(categories)),
        evaluation=form.evaluation or given.evaluation,
        retain_until=form.retain_until or given.retain_until or _retention(categories, draft, office),
    )
    check_label(whole, form.purpose, draft.facts.asserts)
    return Labelled(draft, whole, counts, unanswered=unanswered)


def _retention(categories: frozenset[str], draft: Draft, office: Office) -> Ms | None:
    """Return the accord's retention for what is about a person, counted from the draft's time."""
    span = dict(office.accord.timers).get("retention")
    return Ms(draft.created + span) if span and categories & PERSONAL else None
