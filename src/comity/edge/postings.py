"""The forms by which a liaison officer is sent, received and withdrawn: dispatches like any other, through the path."""  # spec: vocabulary.md 5

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from zoneinfo import available_timezones

import msgspec

from comity.base.cbor import Value
from comity.base.errors import BadForm
from comity.base.ids import CaseId, DispatchId
from comity.dispatch.states import Form, Officer
from comity.edge.forms import By
from comity.edge.registry import RosterOfficer
from comity.marking.labels import Urgency
from comity.screen.duty import PostingCard

POSTED = "posted-officer"
REASON = "posting"


class HoursIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Office hours: IANA zone and two local times `HH:MM`."""

    zone: str
    opens: str
    closes: str


class NominateIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom we send, to which agency of theirs, for what, with which delegation.

    `until` is in milliseconds UTC; empty `stages`, `purposes` or `data` mean any.
    """

    by: By
    number: int
    host_agency: str
    function: str
    subjects: tuple[str, ...] = ()
    substitute: int | None = None
    hours: HoursIn | None = None
    kinds: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    until: int | None = None
    text: str = ""
    basis: tuple[str, ...] = ()
    desk: str = "requests"


class PostingIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A posting, by the number of its nomination, that is accepted or ended."""

    by: By
    posting: str
    text: str = ""
    basis: tuple[str, ...] = ()


def nomination(asked: NominateIn, officers: tuple[RosterOfficer, ...], delegation: DispatchId) -> Form:
    """Return the form of a nomination.

    Args:
        asked: what was asked.
        officers: ours.
        delegation: number of the new delegation.

    Raises:
        BadForm: the officer is none of ours or not one who is posted, or the hours are in no zone.
    """
    found = next((one for one in officers if (one.desk, one.number) == (asked.desk, asked.number)), None)
    if found is None or POSTED not in found.roles:
        raise BadForm("who is posted has the role posted-officer in the roster; nothing was sent")
    body: dict[str, Value] = {
        "state": "nominated",
        "desk": asked.desk,
        "officer": asked.number,
        "agency": found.agency,
        "function": asked.function,
        "subjects": list(asked.subjects),
        "host_agency": asked.host_agency,
        "substitute": asked.substitute,
        "text": asked.text,
        "hours": None if asked.hours is None else _hours(asked.hours),
        "delegation": _delegation(asked, delegation) if asked.kinds else None,
    }
    return _form(asked.by.officer(), officers, asked.host_agency, body, asked.basis)


def answer(
    state: str, asked: PostingIn, card: PostingCard, officers: tuple[RosterOfficer, ...], to: tuple[str, CaseId]
) -> Form:
    """Return the form that accepts or ends a posting.

    Args:
        state: `accepted` or `ended`.
        asked: what was asked.
        card: the posting.
        officers: ours.
        to: the agency of theirs that is told, and the case of the nomination.

    Raises:
        BadForm: this side may not do that to this posting now.
    """
    if card.state == "ended" or (state == "accepted" and (card.ours or card.state != "nominated")):
        raise BadForm(
            f"this posting is {card.state}; the host accepts a nomination, either side ends what is not ended"
        )
    body: dict[str, Value] = {"state": state, "desk": card.desk, "officer": card.number, "text": asked.text}
    theirs, case = to
    form = _form(asked.by.officer(), officers, theirs, body, asked.basis)
    return replace(form, case=case, re=(card.id,))


def _form(
    by: Officer, officers: tuple[RosterOfficer, ...], to: str, body: Mapping[str, Value], basis: tuple[str, ...]
) -> Form:
    sender = next((one for one in officers if (one.desk, one.number) == (by.desk, by.number)), None)
    if sender is None:
        raise BadForm(f"no officer of ours is {by.desk}/{by.number}; nothing was sent")
    kept = {key: value for key, value in body.items() if value not in (None, "", [])}
    return Form(
        desk="requests",
        kind="posting",
        agency=sender.agency,
        role=sender.roles[0],
        recipients=(to,),
        purpose="liaison",
        urgency=Urgency.NORMAL,
        workplan_item=None,
        workplan_reason=REASON,
        body=kept,
        basis=basis,
    )


def _hours(hours: HoursIn) -> dict[str, Value]:
    if hours.zone not in available_timezones():
        raise BadForm(f"there is no zone {hours.zone!r}; nothing was sent")
    return {"zone": hours.zone, "opens": hours.opens, "closes": hours.closes}


def _delegation(asked: NominateIn, number: DispatchId) -> dict[str, Value]:
    given: dict[str, Value] = {
        "id": number,
        "kinds": list(asked.kinds),
        "stages": list(asked.stages),
        "purposes": list(asked.purposes),
        "data": list(asked.data),
        "until": asked.until,
    }
    return {key: value for key, value in given.items() if value not in (None, [])}
