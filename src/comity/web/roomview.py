"""The screens of a restricted room: what is in it, writing, a draft that waits for an approval, showing one note.

The rule it keeps: a screen is a function from a visit to what is shown; it runs in a thread, for the person's machine may open
many sealed places. The forms are the desk's own, drawn and read as on the desk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from comity.base.ids import Ms
from comity.screen import LawCard, PartyCard, VerdictLine
from comity.screen.forms import About, KindForm
from comity.screen.room import RoomCard, RoomDraft, RoomHands, RoomNote, RoomOutcome
from comity.screen.visitor import Json
from comity.screen.writing import Options
from comity.web import judged, letters, moments
from comity.web.filling import Drawn, Given, Place, draw, read_body
from comity.web.heading import HEAD, draw_head, read_head, standing
from comity.web.letters import Sight
from comity.web.pages import Page, Part, Region
from comity.web.texts import Texts
from comity.web.views import Line, Opinion

FOUND = "found-"
_CONFIRM, _APPROVAL = "confirm:", "approval:"
_SAID = frozenset({"note", "receipt", "approved"})
_LEAD, _MORE = ("purpose", "evaluation", "conduct", "ground"), ("basis", "assessment")
_REASON = "restricted room"


@dataclass(frozen=True, slots=True)
class RoomVisit:
    """One request by the person whose room it is."""

    hands: RoomHands
    now: Ms
    path: Mapping[str, str]
    query: Mapping[str, str]
    form: Given
    texts: Texts
    partial: bool
    csrf: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)

    def field(self, name: str) -> str:
        """Return the first value of a form field without blanks around it."""
        return (self.form.get(name) or ("",))[0].strip()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a screen answers: a page, a way on, a file, or nothing new where all are empty."""

    page: Page | None = None
    context: Mapping[str, object] = field(default_factory=dict)
    status: int = 200
    to: str = ""
    file: bytes | None = None
    name: str = ""
    language: str = ""
    leave: bool = False


@dataclass(frozen=True, slots=True)
class NoteView:
    """One note as it is laid out; `acts` says what can be done with it."""

    id: str
    ours: bool
    mark: str
    kind: str
    purpose: str
    who: str
    when: str
    cosigned: str
    leaf: str
    re: tuple[str, ...]
    receipts: str
    receipted: bool
    refused: str
    opinion: Opinion | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft as it is laid out: its head as (word, value), who approved, in which roles we may."""

    id: str
    mine: bool
    kind: str
    by: str
    when: str
    head: tuple[tuple[str, str], ...]
    given: tuple[str, ...]
    roles: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]


def room_screens() -> tuple[tuple[str, str, Callable[[RoomVisit], Shown]], ...]:
    """Return every address as (method, path, screen)."""
    return (
        ("GET", "/", room),
        ("GET", "/live", live),
        ("GET", "/keys", keys),
        ("GET", "/write", write),
        ("POST", "/write", written),
        ("GET", "/draft/{id:str}", draft),
        ("POST", "/draft/{id:str}", decided),
        ("POST", "/receipt/{id:str}", receipted),
        ("GET", "/reveal/{id:str}", revealing),
        ("POST", "/reveal/{id:str}", revealed),
        ("POST", "/stay", stay),
        ("POST", "/language", language),
        ("POST", "/leave", leave),
    )


# --- the room --------------------------------------------------------------------------------------------------------


def room(visit: RoomVisit) -> Shown:
    """Show all that is in the room."""
    said = visit.query.get("said", "")
    more = {"said": visit.texts(f"room.said.{said}")} if said in _SAID else {}
    return _room(visit, visit.hands.look(), "room.html", more)


def live(visit: RoomVisit) -> Shown:
    """Show it again if it has changed; else nothing."""
    card = visit.hands.look()
    return (
        Shown() if card.stamp == visit.query.get("have") else _room(visit, card, "room_live.html", {"live_again": True})
    )


def _room(visit: RoomVisit, card: RoomCard, template: str, more: Mapping[str, object]) -> Shown:
    at, t = _sight(visit, card), visit.texts
    drafts = tuple(_draft(one, visit) for one in card.drafts)
    regions = (
        Region("notices", ()),
        Region(
            "stream",
            tuple(Part(f"n-{one.id}", "room.note", (one, bool(card.wrong), visit.csrf)) for one in _notes(card, at)),
        ),
        Region("drafts", tuple(Part(f"dr-{one.id}", "room.draft_row", one) for one in drafts)),
    )
    context = {
        "card": card,
        "persons": tuple(
            (one, card.us if one.ours else card.them, ", ".join(t.word("role", role) for role in one.roles))
            for one in card.persons
        ),
        "logs": tuple((one, card.us if one.ours else card.them, _at(one.cosigned, visit)) for one in card.logs),
        "waiting": tuple((t.word("room.waits", one.what), one.id, _at(one.since, visit)) for one in card.waiting),
        "slot": moments.span(max(card.slot_ms, 60_000), t),
        "looked": moments.clock(card.looked),
        "count": t.count("room.count", len(card.notes)),
        **more,
    }
    title = t("room.title", number=card.number)
    return Shown(Page(template, title, "room", regions), context)


def _sight(visit: RoomVisit, card: RoomCard) -> Sight:
    parties = tuple(
        PartyCard(mark, mark, "", "UTC", 0, 0, "", ours) for mark, ours in ((card.us, True), (card.them, False))
    )
    laws: tuple[LawCard, ...] = (visit.hands.books().law,)
    return Sight(visit.now, parties, visit.texts, laws=laws)


def _notes(card: RoomCard, at: Sight) -> tuple[NoteView, ...]:
    return tuple(_note(one, card, at) for one in card.notes)


def _note(one: RoomNote, card: RoomCard, at: Sight) -> NoteView:
    t = at.texts
    return NoteView(
        id=one.id,
        ours=one.ours,
        mark=card.us if one.ours else card.them,
        kind=t.word("kind", one.kind),
        purpose=one.purpose,
        who=t("room.who", agency=one.agency, number=one.number),
        when=moments.stamp(one.created, t),
        cosigned="" if one.cosigned is None else moments.stamp(one.cosigned, t),
        leaf=t.number(one.index),
        re=one.re,
        receipts=t.count("room.receipts", one.receipts) if one.ours else "",
        receipted=one.receipted,
        refused=one.refused,
        opinion=None if one.verdict is None else letters.opinion(one.verdict, at),
        lines=tuple(letters.line(line, t) for line in one.lines),
    )


def _at(at: Ms | None, visit: RoomVisit) -> str:
    return visit.texts("room.never") if at is None else moments.stamp(at, visit.texts)


# --- writing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Writing:
    """One form being written: its kind, the note that it answers, whether it is a paragraph of outcome."""

    visit: RoomVisit
    card: RoomCard
    options: Options
    form: KindForm
    re: str
    outcome: bool

    @property
    def place(self) -> Place:
        return Place(self.form.kind, self.options, None, self.visit.texts, self.visit.now)


def _writing(visit: RoomVisit, said: Callable[[str], str]) -> _Writing:
    card, options = visit.hands.look(), visit.hands.books().options
    re, outcome = said("re"), bool(said("outcome"))
    on = next((one for one in card.notes if one.id == re), None)
    offered = _offered(options, on)
    kind = "message" if outcome else said("kind")
    form = next((one for one in offered if one.kind == kind), offered[0])
    return _Writing(visit, card, options, form, on.id if on is not None else "", outcome)


def _offered(options: Options, on: RoomNote | None) -> tuple[KindForm, ...]:
    """Return the kinds that may be written: alone, or on a note; the plain message always, and first on a note of ours."""
    theirs = on is not None and not on.ours
    taken = {About.THEIRS, About.CASE} if theirs else {About.CASE} if on is not None else {About.NOTHING, About.CASE}
    found = [one for one in options.forms if one.about in taken]
    return tuple(sorted(found, key=lambda one: (one.kind != "message", one.kind)))


def write(visit: RoomVisit) -> Shown:
    """Open a form."""
    one = _writing(visit, lambda name: visit.query.get(name, ""))
    given: Given = {f"{HEAD}purpose": (one.options.purposes[0].code,), f"{HEAD}basis": standing(one.options)}
    return _write(one, given, {}, None)


def written(visit: RoomVisit) -> Shown:
    """Take a form: draw it again with one more entry, ask our law, or hand it in."""
    one, do = _writing(visit, visit.field), visit.field("do")
    if do.startswith("row:"):
        name = f"{do.removeprefix('row:')}-rows"
        said = visit.field(name)
        count = int(said) + 1 if said.isdecimal() and len(said) < 3 else 1  # noqa: PLR2004  two digits
        return _write(one, {**visit.form, name: (str(count),)}, {}, None)
    form, errors = _read(one)
    if errors:
        return _write(one, visit.form, errors, None, status=422)
    outcome = visit.hands.write(form, judge=do == "judge")
    if outcome.state == "written":
        return Shown(to="/?said=note")
    if outcome.draft:
        return Shown(to=f"/draft/{outcome.id}")
    return _write(one, visit.form, {}, outcome)


def _read(one: _Writing) -> tuple[dict[str, Json], dict[str, str]]:
    me = next(person for person in one.card.persons if person.me)
    fixed: Given = {
        f"{HEAD}agency": (me.agency,),
        f"{HEAD}recipients": tuple(agency.code for agency in one.options.theirs),
        f"{HEAD}urgency": ("normal",),
        f"{HEAD}item_reason": (f"{_REASON} {one.card.number}",),
    }
    given = one.visit.form
    body = read_body(one.form.fields, given, one.options.zone)
    head = read_head(one.form, {**given, **fixed}, one.options, None)
    content: dict[str, Json] = {**dict(one.form.fixed), **body.body}
    if one.outcome and not content.get("items"):
        content["items"] = [{"label": "outcome", "value": f"room {one.card.number}"}]
    form: dict[str, Json] = {
        **head.body,
        "re": [one.re] if one.re else [],
        "body": content,
        "confirmed": _answered(given, "confirmed"),
        "rejected": _answered(given, "rejected"),
    }
    t = one.visit.texts
    found = {**head.errors, **body.errors}
    return form, {name: t(key) if key.startswith(("compose.", "choice.")) else key for name, key in found.items()}


def _answered(given: Given, word: str) -> Json:
    return [
        name.removeprefix(FOUND) for name, values in sorted(given.items()) if name.startswith(FOUND) and word in values
    ]


def _write(
    one: _Writing, given: Given, errors: Mapping[str, str], outcome: RoomOutcome | None, *, status: int = 200
) -> Shown:
    t, card = one.visit.texts, one.card
    body = tuple(draw(item, given, errors, one.place) for item in one.form.fields)
    head = draw_head(one.form, given, errors, one.place)
    on = next((note for note in card.notes if note.id == one.re), None)
    at = _sight(one.visit, card)
    title = t("room.write.outcome") if one.outcome else t("compose.h1", kind=t.word("kind", one.form.kind))
    context = {
        "card": card,
        "form": one.form,
        "re": one.re,
        "outcome": one.outcome,
        "page_h1": title,
        "on": None if on is None else _note(on, card, at),
        "kinds": tuple((form.kind, t.word("kind", form.kind)) for form in _offered(one.options, on)),
        "lead": _named(head, _LEAD),
        "more": (*_named(head, _MORE), *(item for item in body if item.more)),
        "body": tuple(item for item in body if not item.more),
        "errors": bool(errors),
        "law": None if outcome is None else _law(outcome, at, given),
        "slot": moments.span(max(card.slot_ms, 60_000), t),
    }
    return Shown(Page("room_write.html", title, "room", (Region("notices", ()),)), context, status)


def _named(fields: tuple[Drawn, ...], names: tuple[str, ...]) -> tuple[Drawn, ...]:
    return tuple(one for name in names for one in fields if one.key == name)


@dataclass(frozen=True, slots=True)
class LawView:
    """What our law said of a note: in words, what is missing, which found categories somebody must answer for."""

    headline: str
    opinion: Opinion
    missing: tuple[str, ...]
    removed: tuple[str, ...]
    found: tuple[tuple[str, str], ...]


def _law(outcome: RoomOutcome, at: Sight, given: Given) -> LawView:
    t = at.texts
    found = [word.removeprefix(_CONFIRM) for word in outcome.missing if word.startswith(_CONFIRM)]
    answered = {
        name.removeprefix(FOUND): values[0] for name, values in given.items() if name.startswith(FOUND) and values
    }
    return LawView(
        headline=t(f"compose.verdict.{'sent' if outcome.state == 'permitted' else outcome.state}"),
        opinion=_opinion(outcome.verdict, at),
        missing=tuple(judged.step_said(word, t) for word in outcome.missing if not word.startswith(_CONFIRM)),
        removed=tuple(t("removed.class", category=word) for word in outcome.removed),
        found=tuple((word, answered.get(word, "")) for word in sorted({*found, *answered})),
    )


def _opinion(line: VerdictLine, at: Sight) -> Opinion:
    return replace(letters.opinion(line, at), act="")


# --- drafts ----------------------------------------------------------------------------------------------------------


def draft(visit: RoomVisit) -> Shown:
    """Show a draft that waits for an approval, whole."""
    return _one(visit, None)


def decided(visit: RoomVisit) -> Shown:
    """Approve a draft, or send one's own."""
    number = visit.path["id"]
    if visit.field("do") == "approve":
        visit.hands.approve(number, visit.field("role"))
        return Shown(to="/?said=approved")
    outcome = visit.hands.resume(number)
    return Shown(to="/?said=note") if outcome.state == "written" else _one(visit, outcome)


def _one(visit: RoomVisit, outcome: RoomOutcome | None) -> Shown:
    card = visit.hands.look()
    found = next((one for one in card.drafts if one.id == visit.path["id"]), None)
    if found is None:
        return Shown(to="/")
    t = visit.texts
    title = t("room.draft.h1", kind=t.word("kind", found.kind))
    context = {
        "card": card,
        "v": _draft(found, visit),
        "page_h1": title,
        "law": None if outcome is None else _law(outcome, _sight(visit, card), {}),
    }
    return Shown(Page("room_draft.html", title, "room", (Region("notices", ()),)), context)


def _draft(one: RoomDraft, visit: RoomVisit) -> DraftView:
    t = visit.texts
    return DraftView(
        id=one.id,
        mine=one.mine,
        kind=t.word("kind", one.kind),
        by=t("room.number", number=one.by),
        when=moments.stamp(one.created, t),
        head=((t("one.purpose"), one.purpose), *((t.word("compose.field", name), word) for name, word in one.head)),
        given=tuple(t("room.given", number=number, role=t.word("role", role)) for number, role in one.given),
        roles=tuple((role, t.word("role", role)) for role in one.roles),
        lines=tuple(letters.line(line, t) for line in one.lines),
    )


# --- receipts and proofs ---------------------------------------------------------------------------------------------


def receipted(visit: RoomVisit) -> Shown:
    """Write the receipt of a note."""
    visit.hands.receipt(visit.path["id"])
    return Shown(to="/?said=receipt")


def revealing(visit: RoomVisit) -> Shown:
    """Ask to whom a note is to be shown."""
    card, t = visit.hands.look(), visit.texts
    note = next((one for one in card.notes if one.id == visit.path["id"]), None)
    if note is None or note.refused:
        return Shown(to="/")
    context = {"card": card, "on": _note(note, card, _sight(visit, card)), "page_h1": t("room.reveal.h1")}
    return Shown(Page("room_reveal.html", t("room.reveal.h1"), "room", (Region("notices", ()),)), context)


def revealed(visit: RoomVisit) -> Shown:
    """Give the sealed proof out as a file."""
    proof = visit.hands.reveal(visit.path["id"], visit.field("whom"), visit.field("card"))
    return Shown(file=proof, name=f"note-{visit.path['id'][:8]}.proof")


# --- the person ------------------------------------------------------------------------------------------------------


def language(visit: RoomVisit) -> Shown:
    """Change the language of the page."""
    return Shown(to="/", language=visit.field("language"))


def stay(_visit: RoomVisit) -> Shown:
    """Say that somebody is writing: a long note is not lost because nothing was pressed."""
    return Shown()


def leave(visit: RoomVisit) -> Shown:
    """End the session, and with it the program: the keys are in its memory."""
    texts = visit.texts
    return Shown(Page("room_closed.html", texts("room.closed.h1"), "", ()), leave=True)


def keys(visit: RoomVisit) -> Shown:
    """Show the keys of the page."""
    page = Page("room_keys.html", visit.texts("frame.keys"), "room", (Region("notices", ()),))
    return Shown(page)
