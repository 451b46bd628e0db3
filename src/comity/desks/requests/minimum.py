"""The minimum facts of a body: who is in danger, what is threatened, where to call; for what cannot wait for paperwork.

The rule it keeps: of all that was written only three lines and the words of closed lists stay; a line that is missing is
asked for by name, never guessed.
"""  # spec: law-and-agencies.md 7 rule 9

from __future__ import annotations

from collections.abc import Mapping, Sequence

from comity.base.cbor import Value

MINIMUM = ("who is in danger", "what is threatened", "where to call")
"""Labels of the lines that go at once, in any case of letters."""
TITLE, TEXT = "Danger to life", "Minimum facts; the rest follows."
_STAYS = (
    "asks", "records", "known_for", "own_power", "state", "third_state", "language", "until", "means", "held", "target",
    "covers", "authority",
)  # fmt: skip
WITHOUT_LINES = frozenset({"withdraw", "transfer", "convert-to-mla", "deconflict", "feedback"})
"""Kinds that carry no facts of a case, so that they are the minimum as they are."""


def minimum_of(form: Mapping[str, Value]) -> dict[str, Value]:
    """Return the minimum of a body as a form of the same kind; a line that nobody wrote has an empty value."""
    given = form.get("items")
    lines = [one for one in given if isinstance(one, Mapping)] if isinstance(given, Sequence) else []
    found = {str(line.get("label", "")).strip().casefold(): line for line in lines}  # type: ignore[call-overload]  # keys are texts
    items: list[Value] = [dict(found[label]) if label in found else {"label": label, "value": ""} for label in MINIMUM]
    least: dict[str, Value] = {key: form[key] for key in _STAYS if key in form}
    if "title" in form:
        least["title"] = TITLE
    return {**least, "text": TEXT, "items": items}
