"""The offer of a translation: a further line of the body beside the text, labelled with its language and as unofficial.

The rule it keeps: the text stands as it was written; nothing is translated here, and a translation never stands in its place.
"""  # spec: vocabulary.md 2 (translation-unofficial)

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from comity.screen.forms import Field, FieldType, KindForm
from comity.screen.visitor import Json
from comity.web.filling import Chosen, Drawn, Given, Place, draw
from comity.web.heading import HEAD
from comity.web.texts import LANGUAGES

BEFORE = "t-"
CONDITION = "translation-unofficial"
LANGUAGE, WORDS = f"{BEFORE}language", f"{BEFORE}text"
_TEXT = 200_000
_FIELDS = (
    Field("language", FieldType.CHOICE, choices=LANGUAGES),
    Field("text", FieldType.TEXT, limit=_TEXT),
)


def offered(form: KindForm, given: Given, errors: Mapping[str, str], place: Place) -> tuple[Drawn, ...]:
    """Return the two fields as they are drawn; () for a kind whose body has no lines."""
    if not _fits(form):
        return ()
    language, words = (draw(field, given, errors, place, before=BEFORE) for field in _FIELDS)
    t = place.texts
    named = tuple(Chosen(one.code, t.language(one.code), "", one.on) for one in language.options)
    return (
        replace(language, label=t("choice.translation.language"), help="", options=named),
        replace(words, label=t("choice.translation.words"), help=""),
    )


def labelled(form: KindForm, given: Given) -> Given:
    """Return what was given with the condition, where there is a translation."""
    if not _fits(form) or not _one(given, WORDS):
        return given
    conditions = given.get(f"{HEAD}conditions", ())
    return {**given, f"{HEAD}conditions": tuple(dict.fromkeys((*conditions, CONDITION)))}


def add(form: KindForm, given: Given, body: dict[str, Json], errors: dict[str, str]) -> None:
    """Put a translation among the lines of a body that was read, or say what it lacks, as keys of words."""
    language, words = _one(given, LANGUAGE), _one(given, WORDS)
    if not _fits(form) or not (language or words):
        return
    if language not in LANGUAGES:
        errors[LANGUAGE] = "choice.translation.error.language"
    elif not words:
        errors[WORDS] = "choice.translation.error.words"
    elif len(words) > _TEXT:
        errors[WORDS] = "compose.error.long"
    else:
        lines = body.get("items")
        line: Json = {"label": f"translation:{language}", "value": words}
        body["items"] = [*(lines if isinstance(lines, list) else ()), line]


def _fits(form: KindForm) -> bool:
    names = {field.name for field in form.fields}
    return {"items", "text"} <= names


def _one(given: Given, name: str) -> str:
    return next(iter(given.get(name, ())), "").strip()
