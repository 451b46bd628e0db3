"""What no single field of a body shows: fields that need each other, or forbid each other.

The rule it keeps: a kind that must not carry something (content, persons, a place) cannot be written with it.
"""  # spec: vocabulary.md 5

from __future__ import annotations

from comity.base.readers import Misfit
from comity.desks.requests.model import (
    FINAL,
    Answer,
    Assurance,
    ContactNote,
    Content,
    Correction,
    Deconflict,
    Feedback,
    Posting,
    Preserve,
    Refusal,
    ReleaseRequest,
)

LONGEST_WINDOW = 31 * 86_400_000
"""Longest window of a deconfliction in milliseconds; a longer one would ask who is where in general."""


def check_whole(body: Content) -> None:
    """Check what no single field shows: fields that need, or forbid, each other."""
    _check_lines(body)
    match body:
        case Refusal(outward="not-held-or-not-confirmed") if (
            body.other_way or body.text or body.items or body.reference or body.language or body.third_state
        ):
            # Each of these would tell a true no from one that neither confirms nor denies.
            raise Misfit("with not-held-or-not-confirmed says nothing else")  # spec: vocabulary.md 5
        case Answer(state="holding") if body.new_time is None or not body.reason:
            raise Misfit("lacks new_time or reason, which a holding answer gives")
        case Answer(state="part" | "final") if not (body.text or body.items or body.copies or _says_only(body)):
            raise Misfit("lacks text, which a part or final answer has")
        case Answer() if body.consent and body.state != FINAL:
            raise Misfit("consents only when it is final")
        case Answer() if _says_only(body):
            _check_short(body)
        case ReleaseRequest() if body.to and "onward" not in body.release:
            raise Misfit("names agencies only where it asks to pass something on")
        case Posting(state="nominated"):
            for field in ("agency", "function", "host_agency", "delegation"):
                if not getattr(body, field):
                    raise Misfit(f"lacks {field}, which a nomination names")
        case ContactNote() | Preserve() | Deconflict() | Assurance() | Feedback():
            _check_later(body)
        case _:
            pass


def _says_only(body: Answer) -> bool:
    return body.kept_until is not None or bool(body.overlap)


def _check_short(body: Answer) -> None:
    """Check an answer that says one thing only: until when data are kept, or whether we are at a place too."""
    if body.state != FINAL or body.items or body.records or (body.overlap and body.kept_until is not None):
        raise Misfit("with kept_until or overlap is final, has one of them, and no lines or records")
    if body.overlap and (body.text or body.other_way or body.assurance or body.position):
        raise Misfit("with overlap says nothing else")


def _check_later(body: ContactNote | Preserve | Deconflict | Assurance | Feedback) -> None:
    match body:
        case ContactNote(state="noted"):
            _check_has(body, "means", "held", "text")
        case ContactNote(state="corrected"):
            _check_has(body, "text")
        case ContactNote() if body.text or body.items:
            raise Misfit("confirmed says nothing else; say what differs as corrected")
        case Preserve() if not (body.text or body.items):
            raise Misfit("lacks text or items, which say what is to be kept")
        case Deconflict():
            _check_place(body)
        case Assurance(state="given"):
            _check_has(body, "authority")
        case Feedback() if body.items or ("not-used" in body.used and len(body.used) > 1):
            raise Misfit("has no lines, and was either used or not")
        case _:
            pass


def _check_has(body: Content, *fields: str) -> None:
    absent = [field for field in fields if getattr(body, field) in {"", None}]
    if absent:
        raise Misfit(f"lacks {absent[0]}")


def _check_place(body: Deconflict) -> None:
    if body.text or body.items or body.reference or body.language or body.third_state:
        raise Misfit("has a cell, a window and a contact, and nothing else")  # spec: vocabulary.md 5
    if body.begins is None or body.ends is None or not 0 < body.ends - body.begins <= LONGEST_WINDOW:
        raise Misfit("has a window that ends after it begins, and within 31 days")


def _check_lines(body: Content) -> None:
    """Check that each line has content or says what was removed, never both."""
    for item in body.items:
        if bool(item.value) == bool(item.removed) or (item.removed and (item.categories or item.evaluation)):
            raise Misfit(f"item {item.label!r} has either a value or what was removed")
    for line in body.replacements if isinstance(body, Correction) else ():
        if bool(line.strike or line.value) == bool(line.removed) or (line.removed and line.categories):
            raise Misfit(f"line {line.label!r} strikes or replaces something, or was removed")
