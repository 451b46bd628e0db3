"""The sheet of keys: a page of its own, which `keys.js` also opens as a dialog on `?`."""

from __future__ import annotations

from dataclasses import dataclass

from comity.policy.access import Deed
from comity.web.pages import Page, Part, Region
from comity.web.texts import Texts
from comity.web.visit import Answer, Screen, ScreenRoute, Visit

_GROUPS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "everywhere",
        (
            ("/", "find"),
            ("?", "sheet"),
            ("G + I", "go.inbox"),
            ("G + C", "go.cases"),
            ("G + A", "go.approvals"),
            ("G + D", "go.duty"),
            ("G + P", "go.precursors"),
            ("G + W", "go.workplan"),
            ("N", "new"),
            ("Esc", "back"),
        ),
    ),
    ("list", (("J K", "move"), ("Enter", "open"), ("O", "beside"), ("M", "take"))),
    (
        "dispatch",
        (
            ("A", "next"),
            ("R", "answer"),
            ("P", "pass"),
            ("X", "refuse"),
            ("Y", "copy"),
            ("T", "treaty"),
            ("E", "evidence"),
            ("L", "condition"),
        ),
    ),
    ("writing", (("Ctrl Enter", "send"),)),
    ("pair", (("1", "same"), ("2", "not"), ("3", "unsure"))),
)


@dataclass(frozen=True, slots=True)
class Group:
    """One group of keys: (keys in order, where `+` reads "then", what they do)."""

    id: str
    heading: str
    rows: tuple[tuple[tuple[str, ...], str], ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole sheet; `off` if this officer has switched letters off."""

    groups: tuple[Group, ...]
    off: bool


def sheet(texts: Texts, *, off: bool) -> Sheet:
    """Return the sheet in the words of one language."""
    groups = tuple(
        Group(name, texts(f"keys.{name}"), tuple((tuple(keys.split()), texts(f"keys.{key}")) for keys, key in rows))
        for name, rows in _GROUPS
    )
    return Sheet(groups, off)


async def keys(visit: Visit) -> Answer:
    """Show the sheet."""
    view = sheet(visit.texts, off=visit.who.settings.get("keys") == "off")
    part = Part("keys-sheet", "keys.sheet", view)
    return Screen(Page("keys.html", visit.texts("keys.h1"), "", (Region("sheet", (part,)),)))


ROUTES = (ScreenRoute("GET", "/keys", Deed.HOME, keys),)
