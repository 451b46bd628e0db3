"""The form of one record of the plan: from the plan's text to fields, and from fields to one change.

The rule it keeps: what a record has and the form does not show stays in it, such as a text in a further language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from comity.screen.plan import PlanBoard, PlanCard
from comity.web.texts import LANGUAGES, Texts

WHATS = ("title", "priority", "item", "action", "track")
"""What a change can be about, in the order in which changes are listed."""
_LISTS = {"priority": "priorities", "item": "items", "action": "actions", "track": "tracks"}
_LETTERS = {"priority": "P", "item": "W", "action": "A", "track": "T"}
_FIELDS = {
    "title": (),
    "priority": (),
    "item": ("measure", "due", "priority"),
    "action": ("item", "measure", "due"),
    "track": (),
}
_OWNED = ("item", "action", "track")
_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Edited:
    """One record in the form.

    Attributes:
        what, id: which.
        known: it is in the plan, or among what was gathered, already.
        record: as it would be, plain data; of a title `{"title": ...}`.
        drop: it is to be taken out.
    """

    what: str
    id: str
    known: bool
    record: Mapping[str, Any]
    drop: bool = False


@dataclass(frozen=True, slots=True)
class Editor:
    """The form as the template lays it out.

    Attributes:
        words: (tag, name of the language, text) always in sight; more: those behind a fold.
        owners: (mark, agency now, (id, name) to choose from).
        within: (id, words) of the items or priorities that it can belong to.
    """

    what: str
    head: str
    id: str
    known: bool
    drop: bool
    closed: bool
    title: str
    words: tuple[tuple[str, str, str], ...]
    more: tuple[tuple[str, str, str], ...]
    owners: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]
    owned: bool
    measure: str
    due: str
    days: str
    belongs: str
    within: tuple[tuple[str, str], ...]


# --- the plan's text -------------------------------------------------------------------------------------------------


def record(plan: Mapping[str, Any], what: str, id_: str) -> Mapping[str, Any] | None:
    """Return a record of the plan's text; of the title the title alone."""
    if what == "title":
        return {"title": plan.get("title", "")}
    return next((one for one in plan.get(_LISTS[what], ()) if one["id"] == id_), None)


def overlaid(plan: Mapping[str, Any], changes: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the plan's text with changes put in."""
    found = {**plan, **{name: list(plan.get(name, ())) for name in _LISTS.values()}}
    for one in changes:
        if one["what"] == "title":
            found["title"] = one["to"]
            continue
        others = [other for other in found[_LISTS[one["what"]]] if other["id"] != one["id"]]
        found[_LISTS[one["what"]]] = [*others, one["to"]] if one.get("to") else others
    return found


def next_id(plan: Mapping[str, Any], what: str, item: str = "") -> str:
    """Return an id that no record of its kind has yet, in the manner of those that are there; it can be changed."""
    ids = [one["id"] for one in plan.get(_LISTS[what], ())]
    stem = f"{item}." if what == "action" and item else ""
    if not stem:
        found = next((re.match(r"(.*?)\d+$", one) for one in ids if one[-1:].isdigit()), None)
        stem = found[1] if found else f"{_LETTERS[what]}-"
    taken = [int(one.removeprefix(stem)) for one in ids if one.startswith(stem) and one.removeprefix(stem).isdecimal()]
    return f"{stem}{max(taken, default=0) + 1}"


def opened(plan: Mapping[str, Any], what: str, id_: str, item: str = "") -> Edited:
    """Return a record for the form: as it is, or a new one."""
    found = None if what != "title" and not id_ else record(plan, what, id_)
    if found is not None:
        return Edited(what, "title" if what == "title" else id_, known=True, record=found)
    items = [one["id"] for one in plan.get("items", ()) if not one.get("closed")]
    within = {"item": item if item in items else next(iter(items), "")} if what == "action" else {}
    return Edited(what, id_ or next_id(plan, what, within.get("item", "")), known=False, record=within)


# --- from the form ---------------------------------------------------------------------------------------------------


def edited(form: Mapping[str, tuple[str, ...]]) -> Edited | None:
    """Read the record that stands in a form; None where none does."""

    def field(name: str) -> str:
        return (form.get(name) or ("",))[0].strip()

    what = field("what")
    if what not in WHATS:
        return None
    if what == "title":
        return Edited(what, "title", known=True, record={"title": field("text")})
    id_ = field("id")[:_LONGEST]
    words = {name[5:]: field(name) for name in form if name.startswith("text.") and field(name)}
    found: dict[str, Any] = {"id": id_, "aim" if what == "item" else "title": words}
    found |= {name: field(name) for name in _FIELDS[what] if field(name)}
    if what in _OWNED:
        owners = {name[6:].lower(): field(name) for name in form if name.startswith("owner.") and field(name)}
        found |= {"owners": owners}
    if field("days"):
        found["days"] = sorted(set(field("days").split()))
    if field("closed"):
        found["closed"] = True
    return Edited(what, id_, bool(field("known")), found, bool(field("drop")))


def differs(one: Edited, plan: Mapping[str, Any]) -> bool:
    """Say whether a person changed or wrote anything in the form."""
    if one.drop:
        return True
    before = record(plan, one.what, one.id) if one.known else None
    if before is not None:
        return dict(before) != dict(one.record)
    # Of a new record the id, the item it belongs to and the first choices of lists stand there by themselves.
    return any(one.record.get(name) for name in ("aim", "title", "measure", "due", "days"))


def change(one: Edited) -> dict[str, Any]:
    """Return what stands in the form as one change."""
    if one.what == "title":
        return {"what": "title", "id": "title", "to": one.record["title"]}
    return {"what": one.what, "id": one.id, **({} if one.drop else {"to": dict(one.record)})}


# --- for the template ------------------------------------------------------------------------------------------------


def in_words(words: Mapping[str, str], language: str) -> str:
    """Return a text in a language, in English, or in the first that there is."""
    return words.get(language) or words.get("en") or next(iter(words.values()), "")


def heading(one: Mapping[str, Any], t: Texts) -> str:
    """Say what a change is about and what it does: adds, changes, takes out."""
    name = t.word("plan.what", one["what"])
    return name if one["what"] == "title" else f"{name} {one['id']}"


def picks(plan: Mapping[str, Any], t: Texts) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Return what can be opened next: groups of (value, words), what is new first of all."""
    new = tuple((f"{what}:", t(f"plan.new.{what}")) for what in ("action", "item", "priority", "track"))
    groups = [(t("plan.pick.new"), (*new, ("title:title", t("plan.pick.title"))))]
    for what in ("item", "action", "priority", "track"):
        rows = tuple(
            (f"{what}:{one['id']}", f"{one['id']} {in_words(one.get('aim') or one.get('title') or {}, t.lang)}")
            for one in plan.get(_LISTS[what], ())
        )
        groups += [(t(f"plan.pick.{what}"), rows)] if rows else []
    return tuple(groups)


def view(one: Edited, plan: Mapping[str, Any], card: PlanCard, board: PlanBoard, t: Texts) -> Editor:
    """Lay a record out for the template."""
    found = one.record
    head = t(f"plan.change.{one.what}.h" if one.known else f"plan.new.{one.what}", id=one.id)
    texts = found.get("aim" if one.what == "item" else "title", {}) if one.what != "title" else {}
    near, more = _words(texts, t)
    return Editor(
        what=one.what,
        head=head,
        id=one.id,
        known=one.known,
        drop=one.drop,
        closed=bool(found.get("closed")),
        title=str(found.get("title", "")) if one.what == "title" else "",
        words=near if one.what != "title" else (),
        more=more if one.what != "title" else (),
        owners=_owners(found.get("owners", {}), card, board) if one.what in _OWNED else (),
        owned=one.what != "track",
        measure=str(found.get("measure", "")),
        due=str(found.get("due", "")),
        days=" ".join(found.get("days", ())),
        belongs=str(found.get("item" if one.what == "action" else "priority", "")),
        within=_within(one.what, plan, t),
    )


def _words(texts: Mapping[str, str], t: Texts) -> tuple[tuple[tuple[str, str, str], ...], ...]:
    """Return texts in English, the visitor's language and those that are filled in; and the languages that are left."""
    tags = tuple(dict.fromkeys(("en", t.lang, *LANGUAGES, *texts)))
    rows = tuple((tag, t.word("law.lang", tag), texts.get(tag, "")) for tag in tags)
    near = tuple(row for row in rows if row[0] in {"en", t.lang} or row[2])
    return near, tuple(row for row in rows if row not in near)


def _owners(
    owners: Mapping[str, str], card: PlanCard, board: PlanBoard
) -> tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]:
    known = dict(board.owners())
    found = []
    for short in card.parties:
        now, choices = owners.get(short.lower(), ""), known.get(short, ())
        here = () if not now or now in dict(choices) else ((now, now),)
        found.append((short, now, (*choices, *here)))
    return tuple(found)


def _within(what: str, plan: Mapping[str, Any], t: Texts) -> tuple[tuple[str, str], ...]:
    if what not in {"item", "action"}:
        return ()
    inside, words = ("priorities", "title") if what == "item" else ("items", "aim")
    return tuple((one["id"], f"{one['id']} {in_words(one[words], t.lang)}") for one in plan.get(inside, ()))
