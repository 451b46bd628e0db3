"""Release: a named officer with the power for it lets the cleared dispatch go. Software never does."""

from __future__ import annotations

from comity.base.ids import Ms
from comity.dispatch.filing import Standing
from comity.dispatch.glass import DUTY_OFFICER
from comity.dispatch.held import subject_of
from comity.dispatch.office import Office
from comity.dispatch.ports import Tx
from comity.dispatch.states import Cleared, Officer, Released, Withheld

SIGNATORY = "signatory"
"""The role in which a text is signed for a side: whoever lets such a dispatch go holds it, for the other side counts by it."""


def release(cleared: Cleared, by: Officer, tx: Tx, office: Office, now: Ms) -> Released | Withheld:
    """Let it go if the officer's standing covers it; otherwise it is held, and says for whom."""
    standing = office.powers.standing(tx, by.desk, by.number, now)
    lacking = _lacking(cleared, standing, now)
    if standing is None or lacking:
        return _held(cleared, lacking)
    return Released(cleared, by, min(standing.roles) if standing.roles else "officer")


def to_be_released(cleared: Cleared) -> Withheld:
    """Hold what nothing stands against until a releasing officer lets it go."""
    return _held(cleared, ("release:officer",))


def _held(cleared: Cleared, lacking: tuple[str, ...]) -> Withheld:
    draft = cleared.labelled.draft
    subject = subject_of(draft, cleared.label, cleared.body)
    return Withheld(draft.id, "held", cleared.verdict, lacking, cleared.question, subject=subject)


def _lacking(cleared: Cleared, standing: Standing | None, now: Ms) -> tuple[str, ...]:
    """Name each limit of the delegation that this dispatch goes beyond."""  # spec: vocabulary.md 5, delegation
    if standing is None:
        return ("release:officer-without-standing",)
    form, stage = cleared.labelled.draft.form, cleared.labelled.draft.facts.stage
    checks = (
        ("release:agency", standing.agency == form.agency),
        ("release:kind", standing.kinds is None or form.kind in standing.kinds),
        ("release:purpose", standing.purposes is None or form.purpose in standing.purposes),
        ("release:urgency", standing.urgencies is None or int(form.urgency) in standing.urgencies),
        ("release:stage", standing.stages is None or not stage or stage in standing.stages),
        ("release:category", standing.categories is None or standing.categories.issuperset(cleared.label.categories)),
        ("release:delegation-ended", standing.until is None or now < standing.until),
        ("release:signatory", form.role != SIGNATORY or SIGNATORY in standing.roles),
        ("release:break-glass", not form.break_glass or DUTY_OFFICER in standing.roles),
    )
    return tuple(name for name, good in checks if not good)
