"""The schema of each kind of this desk: its fields, which of them it cannot do without, which words each may have.

The rule it keeps: a kind is one entry of one table, and a word of a closed list stands in that list or nowhere.
"""  # spec: vocabulary.md 5

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from comity.base.readers import (
    CLOCK,
    CODE,
    LABEL,
    LANGUAGE,
    TEXT,
    TITLE,
    ZONE,
    Reader,
    id_of,
    many_of,
    number_of,
    record_of,
    text_of,
    time_of,
    true_of,
    urgencies_of,
    word_of,
    words_of,
)
from comity.desks.requests.model import (
    ACCEPTED,
    ASKED,
    ASSURANCES,
    CONFIRMED,
    COPY_OUTCOMES,
    CORRECTED,
    ENDED,
    FINAL,
    GIVEN,
    HOLDING,
    MEANS,
    NOMINATED,
    NOTED,
    OVERLAPS,
    PART,
    STAYS_USABLE,
    USED,
    USEFUL,
    WITHDRAWN_FOR,
    Answer,
    Assurance,
    ContactNote,
    ConvertToMla,
    Copy,
    Correction,
    CourtDisclosure,
    Deconflict,
    Delegation,
    Feedback,
    Hours,
    Item,
    Kind,
    Message,
    Posting,
    Preserve,
    PurposeChange,
    Recall,
    Refusal,
    ReleaseRequest,
    Reminder,
    Replacement,
    Rfi,
    Spontaneous,
    Transfer,
    Withdraw,
)
from comity.marking.vocabulary import (
    CATEGORIES,
    EVALUATION_4X4,
    EVALUATION_6X6,
    KNOWN_FOR,
    OUTWARD,
    PARTLY,
    PURPOSES,
    RECORD_TYPES,
)
from comity.policy.question import Release

RELEASES = frozenset(word.value for word in Release)
ASKABLE = RELEASES - {Release.PURPOSE.value, Release.COURT.value}
"""What a release-request may ask for; another purpose and a court's order have kinds of their own."""

_prose = text_of(TEXT, lines=True)
_line = text_of(LABEL)
_code = text_of(LABEL, form=CODE)
_categories = words_of(CATEGORIES)
_records = words_of(RECORD_TYPES)
_item = record_of(
    Item,
    {
        "label": _line,
        "value": _prose,
        "categories": _categories,
        "evaluation": word_of(EVALUATION_4X4 | EVALUATION_6X6),
        "removed": _categories,
    },
    {"label"},
)
_replacement = record_of(
    Replacement,
    {"label": _line, "strike": _prose, "value": _prose, "categories": _categories, "removed": _categories},
    {"label"},
)
_copy = record_of(Copy, {"holder": _code, "outcome": word_of(COPY_OUTCOMES)}, {"holder", "outcome"})
_hours = record_of(
    Hours,
    {"zone": text_of(LABEL, form=ZONE), "opens": text_of(5, form=CLOCK), "closes": text_of(5, form=CLOCK)},
    {"zone", "opens", "closes"},
)
_delegation = record_of(
    Delegation,
    {
        "id": id_of,
        "kinds": words_of(None),
        "stages": words_of(None),
        "purposes": words_of(PURPOSES),
        "urgencies": urgencies_of,
        "data": words_of(CATEGORIES),
        "until": time_of,
    },
    {"id", "kinds"},
)
_CONTENT: Mapping[str, Reader] = {
    "reference": _line,
    "language": text_of(35, form=LANGUAGE),
    "third_state": true_of,
    "text": _prose,
    "items": many_of(_item),
}


def _body_of(make: Callable[..., object], fields: Mapping[str, Reader], *needed: str) -> Reader:
    return record_of(make, {**_CONTENT, **fields}, needed)


_known_for = words_of(KNOWN_FOR)
_title = text_of(TITLE)
CELL = re.compile(r"[0-9b-hjkmnp-z]{3,6}")
"""A place cell: a geohash of 3 to 6 characters, so never finer than about one kilometre."""

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        Kind.POSTING: _body_of(
            Posting,
            {
                "state": word_of({NOMINATED, ACCEPTED, ENDED}),
                "desk": _code,
                "officer": number_of,
                "agency": _code,
                "function": _line,
                "subjects": words_of(PURPOSES),
                "host_agency": _code,
                "substitute": number_of,
                "hours": _hours,
                "delegation": _delegation,
            },
            "state", "desk", "officer",
        ),
        Kind.RFI: _body_of(
            Rfi,
            {
                "title": _title,
                "asks": _categories,
                "records": _records,
                "own_power": _prose,
                "reason": _prose,
                "known_for": _known_for,
                "associations": many_of(_line),
            },
            "title", "text",
        ),
        Kind.ANSWER: _body_of(
            Answer,
            {
                "state": word_of({HOLDING, PART, FINAL}),
                "records": _records,
                "new_time": time_of,
                "reason": _prose,
                "copies": many_of(_copy),
                "outward": word_of({PARTLY}),
                "other_way": _prose,
                "assurance": _prose,
                "consent": words_of(RELEASES),
                "position": _prose,
                "known_for": _known_for,
                "kept_until": time_of,
                "overlap": word_of(OVERLAPS),
            },
            "state",
        ),
        Kind.SPONTANEOUS: _body_of(
            Spontaneous, {"title": _title, "records": _records, "known_for": _known_for}, "title", "text"
        ),
        Kind.MESSAGE: _body_of(Message, {}, "text"),
        Kind.REFUSAL: _body_of(
            Refusal, {"outward": word_of(set(OUTWARD) - {PARTLY}), "other_way": _prose}, "outward"
        ),
        Kind.REMINDER: _body_of(Reminder, {}),
        Kind.RECALL: _body_of(Recall, {"target": id_of, "part": _line, "due": time_of, "reason": _prose}, "target"),
        Kind.CORRECTION: _body_of(Correction, {"replacements": many_of(_replacement)}, "replacements"),
        Kind.RELEASE_REQUEST: _body_of(
            ReleaseRequest,
            {"target": id_of, "release": words_of(ASKABLE), "to": words_of(None), "reason": _prose},
            "target", "release", "reason",
        ),
        Kind.PURPOSE_CHANGE: _body_of(
            PurposeChange, {"target": id_of, "purpose": word_of(PURPOSES), "reason": _prose}, "target", "purpose", "reason"
        ),
        Kind.COURT_DISCLOSURE: _body_of(
            CourtDisclosure,
            {"target": id_of, "order": _line, "court": _line, "hearing": time_of, "reason": _prose},
            "target", "order", "court",
        ),
        Kind.WITHDRAW: _body_of(Withdraw, {"reason": word_of(WITHDRAWN_FOR)}),
        Kind.TRANSFER: _body_of(Transfer, {"agency": _code, "reason": _prose}, "agency"),
        Kind.CONTACT_NOTE: _body_of(
            ContactNote,
            {
                "state": word_of({NOTED, CONFIRMED, CORRECTED}),
                "means": word_of(MEANS),
                "held": time_of,
                "desk": _code,
                "officer": number_of,
            },
            "state",
        ),
        Kind.PRESERVE: _body_of(
            Preserve,
            {
                "title": _title,
                "until": time_of,
                "records": _records,
                "own_power": _prose,
                "reason": _prose,
                "known_for": _known_for,
            },
            "title", "until", "records",
        ),
        Kind.CONVERT_TO_MLA: _body_of(
            ConvertToMla,
            {
                "authority": _code,
                "instrument": _line,
                "treaty_reference": _line,
                "usable": words_of(STAYS_USABLE),
                "reason": _prose,
            },
            "authority", "instrument",
        ),
        Kind.DECONFLICT: _body_of(
            Deconflict,
            {"cell": text_of(6, form=CELL), "begins": time_of, "ends": time_of, "desk": _code, "officer": number_of},
            "cell", "begins", "ends", "desk", "officer",
        ),
        Kind.ASSURANCE: _body_of(
            Assurance,
            {
                "state": word_of({ASKED, GIVEN}),
                "target": id_of,
                "covers": words_of(ASSURANCES),
                "authority": _line,
                "until": time_of,
            },
            "state", "target", "covers", "text",
        ),
        Kind.FEEDBACK: _body_of(Feedback, {"useful": word_of(USEFUL), "used": words_of(USED)}, "useful"),
    }
)  # fmt: skip
