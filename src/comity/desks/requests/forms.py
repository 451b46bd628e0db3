"""The forms of all kinds of this desk as data; which fields a person fills in, in which order, from which closed list.

The rule it keeps: a field is here under the name that it has in the body, and a list is the list that the body is read
with, so that what a form offers is what `body` takes.
"""  # spec: vocabulary.md 5

from __future__ import annotations

from comity.base.readers import LABEL, TEXT, TITLE
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
    Kind,
)
from comity.marking.vocabulary import (
    CATEGORIES,
    INFORMATION_4X4,
    KNOWN_FOR,
    OUTWARD,
    PARTLY,
    RECORD_TYPES,
    SOURCE_4X4,
)
from comity.marking.vocabulary import PURPOSES as ALL_PURPOSES
from comity.policy.question import Release
from comity.screen.forms import About, Field, FieldType, KindForm

PURPOSES = tuple(code for code, purpose in ALL_PURPOSES.items() if not purpose.desks or "requests" in purpose.desks)
EVALUATIONS = tuple(source + grade for source in SOURCE_4X4 for grade in INFORMATION_4X4)
_ASKABLE = tuple(sorted(word.value for word in Release if word not in {Release.PURPOSE, Release.COURT}))
_T = FieldType


def _choice(name: str, words: frozenset[str] | tuple[str, ...], *, needed: bool = False, more: bool = False) -> Field:
    listed = words if isinstance(words, tuple) else tuple(sorted(words))
    return Field(name, _T.CHOICE, needed, listed, name, more=more)


def _choices(name: str, words: frozenset[str] | tuple[str, ...], *, needed: bool = False, more: bool = False) -> Field:
    listed = words if isinstance(words, tuple) else tuple(sorted(words))
    return Field(name, _T.CHOICES, needed, listed, name, more=more)


def _line(name: str, *, needed: bool = False, limit: int = LABEL, more: bool = False) -> Field:
    return Field(name, _T.LINE, needed, limit=limit, more=more)


def _text(name: str, *, needed: bool = False, more: bool = False) -> Field:
    return Field(name, _T.TEXT, needed, limit=TEXT, more=more)


def _moment(name: str, *, needed: bool = False) -> Field:
    return Field(name, _T.MOMENT, needed)


_TITLE = _line("title", needed=True, limit=TITLE)
_CATEGORIES = _choices("categories", CATEGORIES)
_ITEMS = Field(
    "items",
    _T.ROWS,
    inner=(
        _line("label", needed=True),
        _text("value", needed=True),
        _CATEGORIES,
        Field("evaluation", _T.CHOICE, choices=EVALUATIONS, family="evaluation"),
    ),
)
_REST = (
    _line("reference", more=True),
    _line("language", limit=35, more=True),
    Field("third_state", _T.FLAG, more=True),
)
"""What any body may have besides; seldom needed."""
_RECORDS = _choices("records", RECORD_TYPES)
_KNOWN_FOR = _choices("known_for", KNOWN_FOR, more=True)
_REASON = _text("reason")
_TARGET = Field("target", _T.DISPATCH, needed=True)
_OFFICER = (_line("desk", needed=True), Field("officer", _T.OFFICER, needed=True))

_RFI = KindForm(
    Kind.RFI,
    About.NOTHING,
    (
        _TITLE,
        _text("text", needed=True),
        _REASON,
        _text("own_power"),
        _choices("asks", CATEGORIES),
        _RECORDS,
        _ITEMS,
        _KNOWN_FOR,
        Field("associations", _T.WORDS, more=True),
        *_REST,
    ),
    asserts=True,
)
_ANSWER = KindForm(
    Kind.ANSWER,
    About.THEIRS,
    (
        _choice("state", (HOLDING, PART, FINAL), needed=True),
        _text("text"),
        _ITEMS,
        _moment("new_time"),
        _REASON,
        _RECORDS,
        _choices("consent", tuple(sorted(word.value for word in Release)), more=True),
        _text("position", more=True),
        _text("assurance", more=True),
        _choice("outward", (PARTLY,), more=True),
        _text("other_way", more=True),
        Field(
            "copies",
            _T.ROWS,
            more=True,
            inner=(
                Field("holder", _T.AGENCY, needed=True, side="ours"),
                _choice("outcome", COPY_OUTCOMES, needed=True),
            ),
        ),
        Field("kept_until", _T.MOMENT, more=True),
        _choice("overlap", OVERLAPS, more=True),
        _KNOWN_FOR,
        *_REST,
    ),
    act="answer",
    asserts=True,
)
_SPONTANEOUS = KindForm(
    Kind.SPONTANEOUS,
    About.NOTHING,
    (_TITLE, _text("text", needed=True), _ITEMS, _RECORDS, _KNOWN_FOR, *_REST),
    asserts=True,
)
_MESSAGE = KindForm(Kind.MESSAGE, About.CASE, (_text("text", needed=True), _ITEMS, *_REST), act="message")
_REFUSAL = KindForm(
    Kind.REFUSAL,
    About.THEIRS,
    (
        _choice("outward", tuple(code for code in OUTWARD if code != PARTLY), needed=True),
        _text("other_way"),
        _text("text", more=True),
        *_REST,
    ),
    act="refuse",
    ground=True,
)
_REMINDER = KindForm(Kind.REMINDER, About.OURS, (_text("text"), *_REST), act="remind")
_RECALL = KindForm(
    Kind.RECALL,
    About.OURS,
    (_TARGET, _REASON, _line("part"), _moment("due"), _text("text", more=True), *_REST),
    act="recall",
    target="target",
)
_CORRECTION = KindForm(
    Kind.CORRECTION,
    About.REPLACES,
    (
        Field(
            "replacements",
            _T.ROWS,
            needed=True,
            inner=(_line("label", needed=True), _text("strike"), _text("value"), _CATEGORIES),
        ),
        _text("text"),
        *_REST,
    ),
    act="correct",
    asserts=True,
)
_RELEASE_REQUEST = KindForm(
    Kind.RELEASE_REQUEST,
    About.THEIRS,
    (
        _TARGET,
        _choices("release", _ASKABLE, needed=True),
        Field("to", _T.AGENCIES, side="ours"),
        _text("reason", needed=True),
        _text("text", more=True),
        *_REST,
    ),
    act="ask-release",
    target="target",
)
_PURPOSE_CHANGE = KindForm(
    Kind.PURPOSE_CHANGE,
    About.THEIRS,
    (
        _TARGET,
        Field("purpose", _T.CHOICE, needed=True, choices=tuple(ALL_PURPOSES), family="purpose"),
        _text("reason", needed=True),
        _text("text", more=True),
        *_REST,
    ),
    act="ask-purpose",
    target="target",
)
_COURT_DISCLOSURE = KindForm(
    Kind.COURT_DISCLOSURE,
    About.THEIRS,
    (
        _TARGET,
        _line("order", needed=True),
        _line("court", needed=True),
        _moment("hearing"),
        _REASON,
        _text("text", more=True),
        *_REST,
    ),
    act="court",
    target="target",
)
_WITHDRAW = KindForm(
    Kind.WITHDRAW, About.OURS, (_choice("reason", WITHDRAWN_FOR), _text("text"), *_REST), act="withdraw"
)
_TRANSFER = KindForm(
    Kind.TRANSFER,
    About.THEIRS,
    (Field("agency", _T.AGENCY, needed=True, side="ours"), _REASON, _text("text", more=True), *_REST),
    act="pass-on",
)
_CONTACT_NOTE = KindForm(
    Kind.CONTACT_NOTE,
    About.CASE,
    (
        _choice("state", (NOTED, CONFIRMED, CORRECTED), needed=True),
        _choice("means", MEANS),
        _moment("held"),
        _text("text"),
        _line("desk"),
        Field("officer", _T.OFFICER),
        _ITEMS,
        *_REST,
    ),
    act="confirm",
    answers=frozenset({Kind.CONTACT_NOTE}),
)
_PRESERVE = KindForm(
    Kind.PRESERVE,
    About.NOTHING,
    (
        _TITLE,
        _text("text"),
        _choices("records", RECORD_TYPES, needed=True),
        _moment("until", needed=True),
        _ITEMS,
        _text("own_power"),
        _REASON,
        _KNOWN_FOR,
        *_REST,
    ),
    act="preserve",
    asserts=True,
)
_CONVERT = KindForm(
    Kind.CONVERT_TO_MLA,
    About.ANY,
    (
        _line("authority", needed=True),
        _line("instrument", needed=True),
        _line("treaty_reference"),
        _choices("usable", STAYS_USABLE),
        _REASON,
        _text("text", more=True),
        *_REST,
    ),
    act="treaty",
)
_DECONFLICT = KindForm(
    Kind.DECONFLICT,
    About.NOTHING,
    (_line("cell", needed=True, limit=6), _moment("begins", needed=True), _moment("ends", needed=True), *_OFFICER),
    purpose="deconfliction",
)
_ASSURANCE = KindForm(
    Kind.ASSURANCE,
    About.ANY,
    (
        _choice("state", (ASKED, GIVEN), needed=True),
        _TARGET,
        _choices("covers", ASSURANCES, needed=True),
        _text("text", needed=True),
        _line("authority"),
        _moment("until"),
        *_REST,
    ),
    act="assure",
    target="target",
)
_FEEDBACK = KindForm(
    Kind.FEEDBACK,
    About.THEIRS,
    (_choice("useful", USEFUL, needed=True), _choices("used", USED), _text("text"), *_REST),
    act="feedback",
)
_POSTING = KindForm(
    Kind.POSTING,
    About.NOTHING,
    (
        _choice("state", (NOMINATED, ACCEPTED, ENDED), needed=True),
        *_OFFICER,
        Field("agency", _T.AGENCY, side="ours"),
        _line("function"),
        _choices("subjects", PURPOSES),
        Field("host_agency", _T.AGENCY, side="theirs"),
        Field("substitute", _T.OFFICER),
        Field(
            "hours",
            _T.GROUP,
            inner=(_line("zone", needed=True), _line("opens", needed=True), _line("closes", needed=True)),
        ),
        Field(
            "delegation",
            _T.GROUP,
            inner=(
                Field("id", _T.NEW_ID, needed=True),
                Field("kinds", _T.CHOICES, needed=True, choices=tuple(sorted(Kind)), family="kind"),
                _choices("stages", (HOLDING, PART, FINAL)),
                Field("purposes", _T.CHOICES, choices=PURPOSES, family="purpose"),
                Field("data", _T.CHOICES, choices=tuple(sorted(CATEGORIES)), family="categories"),
                _moment("until"),
            ),
        ),
        _text("text", more=True),
        *_REST,
    ),
    act="posting",
    answers=frozenset({Kind.POSTING}),
    purpose="liaison",
)

FORMS: tuple[KindForm, ...] = (
    _RFI, _SPONTANEOUS, _PRESERVE, _DECONFLICT, _MESSAGE, _CONTACT_NOTE, _ANSWER, _REFUSAL, _TRANSFER, _CORRECTION, _RECALL,
    _REMINDER, _WITHDRAW, _FEEDBACK, _RELEASE_REQUEST, _PURPOSE_CHANGE, _COURT_DISCLOSURE, _CONVERT, _ASSURANCE, _POSTING,
)  # fmt: skip
"""One a kind; those that open a case first."""
