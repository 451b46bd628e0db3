"""A held draft, kept whole: its form as canonical bytes, and the hash of what an approval of it binds to.

The rule it keeps: a draft that is taken up again is the one that was held, byte for byte, with its number and time; and
whatever is changed in it gives another subject, so that an approval of what it was no longer counts.
"""  # spec: vocabulary.md 5, DESIGN.md 2

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from comity.base import cbor, fields
from comity.base.cbor import Value
from comity.base.errors import BadForm
from comity.base.hashing import domain_hash
from comity.base.ids import CaseId, Digest, DispatchId, Ms
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.ports import Row, Tx
from comity.dispatch.states import Draft, Form, Officer
from comity.marking.labels import Label, Lane, Urgency
from comity.policy.assessment import Assessment, decode_assessment, encode_assessment

FORM = "comity/form/1"
SUBJECT = "comity/approval/1"
HELD, WITHDRAWN, DROPPED, RELEASED = "held", "withdrawn", "dropped", "released"


@dataclass(frozen=True, slots=True)
class Held:
    """One draft that was kept whole, as its row has it: held, or immediate and refused.

    Attributes:
        id: its number; the dispatch that it becomes has the same.
        state: `held`, `withdrawn` (an approver said no), `dropped`, `released`, or what the law said when asked again.
        desk, kind: of the form.
        at: when it was composed.
        missing: what it waits for (`approval:ROLE`, `assessment:ACT`, `release:LIMIT`).
        subject: hash of what an approval of it binds to, 32 bytes; None where law did not hold but refuse it.
        form: the whole form.
        by: who handed it in.
        rings: the role that was rung, or None.
        ended_at: when it was released, dropped or withdrawn; None while it waits.
        became: the dispatch that it became, or None.
    """

    id: DispatchId
    state: str
    desk: str
    kind: str
    at: Ms
    missing: tuple[str, ...]
    subject: Digest | None
    form: Form
    by: Officer
    rings: str | None
    ended_at: Ms | None
    became: DispatchId | None


@dataclass(frozen=True, slots=True)
class Added:
    """What is added to a held draft when it is taken up again; any of it makes another subject.

    `confirmed` and `rejected` are data categories that a scan proposed, as the officer who takes it up answers them.
    """

    assessments: tuple[Assessment, ...] = ()
    confirmed: frozenset[str] = frozenset()
    rejected: frozenset[str] = frozenset()

    def to(self, form: Form) -> Form:
        """Return a form with it.

        Raises:
            BadForm: a category both confirmed and rejected.
        """
        confirmed, rejected = form.confirmed | self.confirmed, form.rejected | self.rejected
        if confirmed & rejected:
            raise BadForm(f"{min(confirmed & rejected)} is both confirmed and rejected; nothing was changed")
        assessments = (*form.assessments, *self.assessments)
        return replace(form, assessments=assessments, confirmed=confirmed, rejected=rejected)


NOTHING = Added()


@runtime_checkable
class Minimal(Protocol):
    """A desk that knows what of a body must go at once when a life is in danger."""

    def minimum(self, kind: str, form: Mapping[str, Value]) -> Mapping[str, Value]:
        """Return the form's body with nothing left in it but who is in danger, what is threatened, where to call."""
        ...


# --- the form as bytes ---------------------------------------------------------------------------------------------


def form_bytes(form: Form, body: bytes) -> bytes:
    """Return a form as canonical bytes; `body` is its composed body, kept instead of a body that cannot be written as is.

    Raises:
        BadForm: a text of the form has characters that nothing here can keep.
    """
    try:
        return encode_form(form)
    except BadForm:
        return encode_form(replace(form, body=_map(cbor.decode(body))))


def encode_form(form: Form) -> bytes:
    """Return the one encoding of a form.

    Raises:
        BadForm: a text has characters that canonical bytes cannot hold.
    """
    asked = form.in_answer_to
    members: dict[str, Value] = {
        "version": FORM,
        "desk": form.desk,
        "kind": form.kind,
        "agency": form.agency,
        "role": form.role,
        "recipients": list(form.recipients),
        "purpose": form.purpose,
        "urgency": int(form.urgency),
        "workplan_item": form.workplan_item,
        "workplan_reason": form.workplan_reason,
        "body": dict(form.body),
        "case": form.case,
        "re": list(form.re),
        "replaces": form.replaces,
        "lane": None if form.lane is None else int(form.lane),
        "label": None if form.label is None else label_row(form.label),
        "evaluation": form.evaluation,
        "retain_until": form.retain_until,
        "basis": list(form.basis),
        "conduct": form.conduct,
        "answer_by": form.answer_by,
        "assessments": [encode_assessment(one) for one in form.assessments],
        "minimum_facts": form.minimum_facts,
        "in_answer_to": None if asked is None else [sorted(asked[0]), sorted(asked[1])],
        "ground": form.ground,
        "marking": form.marking,
        "break_glass": form.break_glass,
        "confirmed": sorted(form.confirmed),
        "rejected": sorted(form.rejected),
    }
    if form.files is not None:
        members["files"] = form.files
        # Without their keys, which an erasure must find in one place.
        members["attachments"] = [[one.name, one.media, one.size, one.cipher] for one in form.attachments]
    return cbor.encode(members)


def decode_form(data: bytes) -> Form:
    """Read what `encode_form` wrote.

    Raises:
        BadEnvelope: other bytes.
    """
    took = _map(cbor.decode(data))
    fields.version(took.get("version"), FORM, "version")
    asked = took["in_answer_to"]
    return Form(
        desk=fields.text(took["desk"], "desk"),
        kind=fields.text(took["kind"], "kind"),
        agency=fields.text(took["agency"], "agency"),
        role=fields.text(took["role"], "role"),
        recipients=fields.many(took["recipients"], fields.text, "recipients"),
        purpose=fields.text(took["purpose"], "purpose"),
        urgency=fields.choice(took["urgency"], Urgency, "urgency"),
        workplan_item=fields.maybe(took["workplan_item"], fields.text, "workplan_item"),
        workplan_reason=fields.text(took["workplan_reason"], "workplan_reason"),
        body=_map(took["body"]),
        case=_case(took["case"]),
        re=fields.many(took["re"], fields.ident, "re"),
        replaces=fields.maybe(took["replaces"], fields.ident, "replaces"),
        lane=fields.maybe(took["lane"], _lane, "lane"),
        label=fields.maybe(took["label"], _label, "label"),
        evaluation=fields.maybe(took["evaluation"], fields.text, "evaluation"),
        retain_until=fields.maybe(took["retain_until"], _ms, "retain_until"),
        basis=fields.many(took["basis"], fields.text, "basis"),
        conduct=fields.maybe(took["conduct"], fields.text, "conduct"),
        answer_by=fields.maybe(took["answer_by"], _ms, "answer_by"),
        assessments=fields.many(took["assessments"], _assessment, "assessments"),
        minimum_facts=fields.flag(took["minimum_facts"], "minimum_facts"),
        in_answer_to=fields.maybe(asked, _asked, "in_answer_to"),
        ground=fields.text(took["ground"], "ground"),
        marking=fields.text(took["marking"], "marking"),
        break_glass=fields.text(took["break_glass"], "break_glass"),
        confirmed=_words(took["confirmed"], "confirmed"),
        rejected=_words(took["rejected"], "rejected"),
        files=fields.maybe(took.get("files"), fields.ident, "files"),
    )


def label_row(label: Label) -> list[Value]:
    """Return every part of a label, in the order of its fields."""
    return [
        list(label.handling),
        list(label.conditions),
        label.evaluation,
        label.tlp,
        label.pap,
        label.retain_until,
        label.originator,
        list(label.categories),
        list(label.redactions),
    ]


# --- what an approval binds to -------------------------------------------------------------------------------------


def subject_of(draft: Draft, label: Label, body: bytes) -> Digest:
    """Return the hash of what an approval of a draft binds to.

    It covers the draft's number and time, all of the form with its assessments, what it answers, and label and body as
    they would leave, with removals made. Predecessors are left out: they are found again when it leaves.

    Args:
        draft: the draft.
        label: its label after the obligations of our law.
        body: its body after removals.
    """
    whole: list[Value] = [
        draft.id,
        draft.created,
        int(draft.lane),
        draft.answers,
        form_bytes(draft.form, draft.body),
        label_row(label),
        body,
    ]
    return domain_hash(SUBJECT, cbor.encode(whole))


# --- rows ----------------------------------------------------------------------------------------------------------

_HELD = (
    "SELECT id, state, desk, kind, at, missing, subject, form, by_desk, by_number, rings, ended_at, became FROM kept"
    " WHERE form IS NOT NULL"
)


def held_drafts(tx: Tx, *, ended: bool = False) -> tuple[Held, ...]:
    """Return the drafts that wait, oldest first; with `ended` also those that no longer do."""
    which = "" if ended else " AND state = 'held' AND ended_at IS NULL"
    return tuple(map(_held, tx.rows(f"{_HELD}{which} ORDER BY at, id")))


def held_draft(tx: Tx, draft: DispatchId) -> Held | None:
    """Return one draft that was kept whole, in whatever state it is, or None for a number that none has."""
    rows = tx.rows(f"{_HELD} AND id = ?", (draft,))
    return _held(rows[0]) if rows else None


def of_subject(tx: Tx, subject: Digest) -> Held | None:
    """Return the draft that waits under this very subject, or None: it was changed, ended, or never was."""
    rows = tx.rows(f"{_HELD} AND subject = ? AND state = 'held' AND ended_at IS NULL", (subject,))
    return _held(rows[0]) if rows else None


def end_held(tx: Tx, draft: DispatchId, state: str, now: Ms, *, became: DispatchId | None = None) -> None:
    """Note that a held draft waits no longer: it was released, dropped or withdrawn."""
    tx.run("UPDATE kept SET state = ?, ended_at = ?, became = ? WHERE id = ?", (state, now, became, draft))


def drop_about(tx: Tx, dispatches: frozenset[DispatchId], now: Ms, *, kinds: frozenset[str]) -> None:
    """Note that the drafts of these kinds about one of these dispatches wait no longer: it is not asked, or was recalled."""
    for held in held_drafts(tx) if dispatches else ():
        if dispatches & set(held.form.re) and held.kind in kinds:
            end_held(tx, held.id, DROPPED, now)


def minimum_form(held: Held, desk: object) -> Form:
    """Return the form with the minimum facts of an `immediate` draft, for its officer to complete and hand in.

    Of its assessments none is taken over: the short form has four questions of its own.

    Raises:
        BadForm: it is not `immediate`, or its desk marks nothing as minimum.
    """  # spec: law-and-agencies.md 7 rule 9
    if held.form.urgency is not Urgency.IMMEDIATE:
        raise BadForm("minimum facts are for what is immediate; nothing was prepared")
    if not isinstance(desk, Minimal):
        raise BadForm(f"the desk {held.desk} marks nothing as minimum; nothing was prepared")
    body = desk.minimum(held.kind, held.form.body)
    return replace(held.form, body=body, assessments=(), minimum_facts=True, lane=None)


def _held(row: Row) -> Held:
    id_, state, desk, kind, at, missing, subject, form, by_desk, by_number, rings, ended_at, became = row
    return Held(
        id=DispatchId(bytes_of(id_)),
        state=text_of(state),
        desk=text_of(desk),
        kind=text_of(kind),
        at=Ms(int_of(at)),
        missing=tuple(text_of(missing).split()),
        subject=None if subject is None else Digest(bytes_of(subject)),
        form=decode_form(bytes_of(form)),
        by=Officer(text_of(by_desk), int_of(by_number)),
        rings=None if rings is None else text_of(rings),
        ended_at=ms_or_none(ended_at),
        became=None if became is None else DispatchId(bytes_of(became)),
    )


# --- readers -------------------------------------------------------------------------------------------------------


def _map(value: Value) -> dict[str, Value]:
    if not isinstance(value, Mapping):
        fields.refuse("form")
    return {str(key): item for key, item in value.items()}


def _case(value: Value) -> CaseId | None:
    return None if value is None else CaseId(fields.ident(value, "case"))


def _ms(value: Value, what: str) -> Ms:
    return Ms(fields.uint(value, what))


def _lane(value: Value, what: str) -> Lane:
    return fields.choice(value, Lane, what)


def _words(value: Value, what: str) -> frozenset[str]:
    return frozenset(fields.many(value, fields.text, what))


def _asked(value: Value, what: str) -> tuple[frozenset[str], frozenset[str]]:
    categories, records = fields.row(value, 2, what)
    return _words(categories, what), _words(records, what)


def _assessment(value: Value, what: str) -> Assessment:
    return decode_assessment(fields.octets(value, what))


def _label(value: Value, what: str) -> Label:
    handling, conditions, evaluation, tlp, pap, until, originator, categories, redactions = fields.row(value, 9, what)
    return Label(
        handling=fields.many(handling, fields.text, what),
        conditions=fields.many(conditions, fields.text, what),
        evaluation=fields.maybe(evaluation, fields.text, what),
        tlp=fields.maybe(tlp, fields.text, what),
        pap=fields.maybe(pap, fields.text, what),
        retain_until=fields.maybe(until, _ms, what),
        originator=fields.text(originator, what),
        categories=fields.many(categories, fields.text, what),
        redactions=fields.many(redactions, fields.text, what),
    )
