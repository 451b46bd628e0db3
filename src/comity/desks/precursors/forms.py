"""The forms of all kinds of this desk as data; which fields a person fills in, in which order, from which closed list.

The rule it keeps: a field is here under the name that it has in the body, and a list is the list that the body is read
with, so that what a form offers is what `body` takes.
"""  # spec: vocabulary.md 5

from __future__ import annotations

from comity.base.readers import LABEL, TEXT
from comity.desks.precursors.model import (
    AMENDMENT,
    CANCELLATION,
    CONTROLLED,
    ENQUIRY,
    INCIDENTS,
    INFORMATION,
    MODES,
    NEED,
    NO_OBJECTION,
    OBJECTIONS,
    OUTCOMES,
    PERMITS,
    PRE_EXPORT,
    REPORTED,
    WANTED,
    Kind,
)
from comity.desks.precursors.model import (
    FORMS as SHAPES,
)
from comity.marking.vocabulary import PURPOSES as ALL_PURPOSES
from comity.screen.forms import About, Field, FieldType, KindForm

PURPOSES = tuple(code for code, purpose in ALL_PURPOSES.items() if not purpose.desks or "precursors" in purpose.desks)
_T = FieldType
_GRAMS, _TENTHS, _HUNDREDTHS = 1_000, 10, 100
_PEN = frozenset({Kind.PEN.value})


def _line(name: str, *, needed: bool = False, limit: int = LABEL, more: bool = False) -> Field:
    return Field(name, _T.LINE, needed, limit=limit, more=more)


def _text(name: str, *, needed: bool = False, limit: int = TEXT, more: bool = False) -> Field:
    return Field(name, _T.TEXT, needed, limit=limit, more=more)


def _choice(name: str, words: frozenset[str] | tuple[str, ...], family: str, *, needed: bool = False) -> Field:
    return Field(name, _T.CHOICE, needed, words if isinstance(words, tuple) else tuple(sorted(words)), family)


def _choices(name: str, words: frozenset[str], family: str, *, needed: bool = False) -> Field:
    return Field(name, _T.CHOICES, needed, tuple(sorted(words)), family)


def _day(name: str, *, needed: bool = False, more: bool = False) -> Field:
    return Field(name, _T.DAY, needed, limit=10, more=more)


_FIRM_FIELDS = (
    _line("name", needed=True),
    _text("address", needed=True, limit=500),
    _line("licence"),
    _line("number"),
    _line("telephone"),
    Field("natural", _T.FLAG),
)


def _firm(name: str, *, needed: bool = False, more: bool = False) -> Field:
    return Field(name, _T.GROUP, needed, inner=_FIRM_FIELDS, more=more)


_GOODS = (
    _line("substance", needed=True),
    Field("grams", _T.NUMBER, needed=True, scale=_GRAMS),
    _line("cas", limit=12),
    _line("hs", limit=13),
    _line("un", limit=4),
    _line("inchikey", limit=27),
    _choice("form", SHAPES, "shape"),
    Field("share", _T.NUMBER, scale=_TENTHS),
    Field("packages", _T.NUMBER),
    Field("voluntary", _T.FLAG),
)
_ROUTE = Field(
    "route",
    _T.GROUP,
    inner=(
        _line("exit"),
        _line("entry"),
        _text("transit", limit=500),
        _choice("mode", MODES, "mode"),
        _line("carrier"),
        _line("document"),
    ),
)
_PERMITS = Field(
    "permits",
    _T.ROWS,
    inner=(
        _choice("sort", PERMITS, "permit", needed=True),
        _line("number", needed=True),
        _day("issued"),
        _day("until"),
    ),
)
_COUNTS = Field(
    "counts",
    _T.ROWS,
    needed=True,
    inner=(
        Field("line", _T.NUMBER, needed=True),
        Field("grams", _T.NUMBER, needed=True, scale=_GRAMS),
        Field("packages", _T.NUMBER),
    ),
)
_REST = (
    _line("reference", more=True),
    _line("language", limit=35, more=True),
    Field("third_state", _T.FLAG, more=True),
)
_CONSIGNMENT = (
    _firm("exporter", needed=True),
    _firm("importer", needed=True),
    Field("lines", _T.ROWS, needed=True, inner=_GOODS),
    _ROUTE,
    _day("leaves", needed=True),
    _day("lands"),
    _day("applied"),
    _text("end_use"),
    _PERMITS,
    Field("worth", _T.GROUP, inner=(Field("hundredths", _T.NUMBER, scale=_HUNDREDTHS), _line("currency", limit=3))),
    _line("reference"),
    _firm("consignee", more=True),
    _firm("notify", more=True),
    _firm("broker", more=True),
    _text("site", limit=500, more=True),
    _day("answer_by", more=True),
    Field("first_time", _T.FLAG, more=True),
    _text("text", more=True),
    *_REST[1:],
)
_NOTIFICATION = KindForm(
    Kind.PEN, About.NOTHING, _CONSIGNMENT, asserts=True, fixed=(("state", PRE_EXPORT), ("version", 1))
)
_VERSION = KindForm(
    Kind.PEN,
    About.REPLACES,
    (
        _choice("state", (AMENDMENT, CANCELLATION), "version", needed=True),
        Field("version", _T.NUMBER, needed=True),
        _text("reason"),
        *(Field(f.name, f.type, limit=f.limit, inner=f.inner, more=f.more) for f in _CONSIGNMENT),
    ),
    act="amend",
    answers=_PEN,
    asserts=True,
    preset=(("state", AMENDMENT),),
    counted="version",
)
_REPLY = KindForm(
    Kind.REPLY,
    About.ANY,
    (
        _choice("state", (NO_OBJECTION, NEED, ENQUIRY, CONTROLLED, INFORMATION), "reply", needed=True),
        _choices("asks", WANTED, "wanted"),
        _text("reason"),
        _day("until"),
        _text("text"),
        *_REST,
    ),
    act="reply",
    answers=_PEN,
    asserts=True,
)
_OBJECTION = KindForm(
    Kind.OBJECTION,
    About.THEIRS,
    (_choices("reasons", OBJECTIONS, "objection", needed=True), _text("text"), *_REST),
    act="object",
    answers=_PEN,
    asserts=True,
)
_INCIDENT = KindForm(
    Kind.INCIDENT,
    About.NOTHING,
    (
        _choice("what", INCIDENTS, "incident", needed=True),
        Field("known", _T.MOMENT),
        Field("lines", _T.ROWS, inner=_GOODS),
        Field("firms", _T.ROWS, inner=_FIRM_FIELDS),
        _line("place"),
        _line("batch"),
        Field("copy", _T.FLAG),
        _text("text"),
        *_REST,
    ),
    act="incident",
    asserts=True,
    fixed=(("state", REPORTED),),
)
_SHIPPED = KindForm(
    Kind.SHIPPED,
    About.OURS,
    (_day("day", needed=True), _COUNTS, _ROUTE, _PERMITS, _text("text", more=True), *_REST),
    act="shipped",
    answers=_PEN,
    asserts=True,
)
_ARRIVED = KindForm(
    Kind.ARRIVED,
    About.THEIRS,
    (_day("day", needed=True), _COUNTS, Field("broken_seals", _T.FLAG), _text("text", more=True), *_REST),
    act="arrived",
    answers=_PEN,
    asserts=True,
)
_OUTCOME = KindForm(
    Kind.OUTCOME,
    About.ANY,
    (_choices("results", OUTCOMES, "result", needed=True), Field("earlier", _T.WORDS), _text("text"), *_REST),
    act="outcome",
    asserts=True,
)

FORMS: tuple[KindForm, ...] = (
    _NOTIFICATION, _INCIDENT, _VERSION, _REPLY, _OBJECTION, _SHIPPED, _ARRIVED, _OUTCOME,
)  # fmt: skip
"""One a kind, those that open a case first; a notification has a second one for its later versions."""
