"""A form that could not be taken, given back to its browser on a page of its own, to be sent again.

The rule it keeps: what somebody wrote is on that page and nowhere else; the node stores nothing of it, and the page goes only
to the browser that sent it.
"""

from __future__ import annotations

from dataclasses import dataclass

from comity.web.asked import Fields

MACHINE = frozenset(
    {"subject", "role", "do", "number", "kind", "case", "on", "back", "desk", "session", "passkey", "id"}
)
"""Fields that a page fills in by itself: where a form has no others, nobody wrote in it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Why it was not taken, what it said, and where that can be mended.

    Attributes:
        why: `ended` nobody is signed in any more, `proof` the key was touched too long ago, `token` the page was of another session.
        form: its fields.
        way: where the person goes in another tab, "" where only to send again is left.
    """

    why: str
    form: Fields
    way: str = ""


def typed(form: Fields) -> bool:
    """Say whether a person wrote or chose anything in a form."""
    return any(value.strip() for name, values in form.items() if name not in MACHINE for value in values)


def parted(form: Fields) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Return what goes along unseen and what is shown to be read again: texts of more than one word."""
    pairs = [(name, value) for name, values in form.items() for value in values]
    shown = [one for one in pairs if one[0] not in MACHINE and len(one[1].split()) > 1]
    return tuple(one for one in pairs if one not in shown), tuple(shown)
