"""Writing a dispatch: new, in a case, or on a dispatch; our law's answer while it is written; handing it in once.

The rule it keeps: nothing unsent leaves this page and the node that judges it; what does not fit comes back as it was written,
each error at its field. What is written on is open to the writer, also where a form names it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import msgspec

from comity.base.ids import read_id, show_id
from comity.policy.access import Deed
from comity.screen.forms import About, FieldType, KindForm
from comity.screen.visitor import Json
from comity.screen.writing import Basis, Judgement, Options, VerdictData
from comity.web import judged, moments, translating
from comity.web.filling import BODY, Drawn, Given, Place, draw, give, label_of, new_number, read_body, rows_of
from comity.web.heading import (
    DEFAULT_CONDITIONS,
    DEFAULT_HANDLING,
    HEAD,
    draw_head,
    head_fields,
    read_head,
    standing,
    violent_words,
)
from comity.web.pages import Page, Part, Region
from comity.web.reading import sight
from comity.web.visit import Absent, Answer, Fragment, Redirect, Refused, Screen, ScreenRoute, Told, Visit

ACTS = (
    "answer", "refuse", "message", "recall", "correct", "pass-on", "remind", "withdraw", "feedback", "confirm", "preserve",
    "ask-release", "ask-purpose", "court", "treaty", "assure", "posting", "amend", "reply", "object", "incident", "shipped",
    "arrived", "outcome",
)  # fmt: skip
"""The words of an address that say which form is written on a dispatch."""
_ALSO = {"transfer": "pass-on"}
"""Other words for the same form."""
FOUND = "found-"
"""Before the name of each category that the scan proposes."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One form being written: what is offered, which kind, on what."""

    options: Options
    form: KindForm
    basis: Basis | None
    visit: Visit

    @property
    def place(self) -> Place:
        """Where its fields are drawn."""
        return Place(self.form.kind, self.options, self.basis, self.visit.texts, self.visit.now)

    @property
    def by(self) -> Json:
        """Return who writes, as the door takes an officer."""
        person = self.visit.who.person
        mine = next((o for o in self.options.officers if (o.desk, o.number) == (person.desk, person.number)), None)
        delegation = mine.delegation if mine is not None and mine.delegation else None
        return {"desk": person.desk, "number": person.number, "delegation": delegation}


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was read: what the door takes, and for each field that does not fit what is wrong, in words."""

    form: dict[str, Json]
    errors: Mapping[str, str]


# --- opening -------------------------------------------------------------------------------------------------------


async def new(visit: Visit) -> Answer:
    """A form that opens a case; `kind` in the query, and `minimum` for the minimum facts of a draft that waits."""
    options = await options_of(visit)
    draft = visit.query.get("minimum", "")
    if draft:
        return await _minimum(visit, options, draft)
    wanted = visit.query.get("kind", "") or next((f.kind for f in options.forms if f.about is About.NOTHING), "")
    form = options.form(wanted)
    if form is None or form.about is not About.NOTHING:
        return Absent()
    return _page(Desk(options, form, None, visit), {}, {}, judged.empty(sight(visit)))


async def in_case(visit: Visit) -> Answer:
    """A form in a case."""
    desk = await _in_case(visit)
    return Absent() if desk is None else _page(desk, {}, {}, judged.empty(sight(visit)))


async def on(visit: Visit, act: str) -> Answer:
    """A form on a dispatch; `act` is the last word of the address."""
    desk = await _on(visit, act)
    return Absent() if desk is None else _page(desk, {}, {}, judged.empty(sight(visit)))


async def _minimum(visit: Visit, options: Options, draft: str) -> Answer:
    """The form with the minimum facts of an immediate draft that did not leave, to be completed and sent."""
    found = visit.site.needs.facts("draft", draft)
    if found is None or not visit.site.needs.may(visit.who.person, Deed.COMPOSE, found[1]):
        return Absent()
    least = await visit.site.hands.ask("GET", "/held/minimum", query={"id": draft})
    if not isinstance(least, dict):
        return Absent()
    form = options.form(str(least.get("kind")))
    if form is None:
        return Absent()
    re, case = least.get("re"), str(least.get("case") or "")
    named = str(re[0]) if isinstance(re, list) and re else ""
    basis = await basis_of(visit, on=named, case=case) if named or case else None
    desk = Desk(options, form, basis, visit)
    return _page(desk, refilled(desk, least), {}, judged.empty(sight(visit)))


def refilled(desk: Desk, form: Mapping[str, Json]) -> dict[str, tuple[str, ...]]:
    """Return the fields of a form that the node kept, so that it can be written again."""
    body = form.get("body")
    head = {**form, "item": form.get("workplan_item"), "item_reason": form.get("workplan_reason")}
    zone = desk.options.zone
    given = give(desk.form.fields, body if isinstance(body, dict) else {}, zone)
    return {**given, **give(head_fields(desk.form, desk.options), head, zone, before=HEAD)}


async def _in_case(visit: Visit) -> Desk | None:
    options = await options_of(visit)
    form = options.form(visit.path["kind"])
    if form is None or visit.case_id is None:
        return None
    return Desk(options, form, await _read_basis(visit, {"case": show_id(visit.case_id)}), visit)


async def _on(visit: Visit, act: str) -> Desk | None:
    options = await options_of(visit)
    form = next((one for one in options.forms if one.act == act), None)
    if form is None:
        return None
    basis = await _read_basis(visit, {"dispatch": visit.path["number"]})
    return Desk(options, form, basis, visit) if fits(form, basis) else None


def fits(form: KindForm, basis: Basis) -> bool:
    """Say whether a form of this kind is written on such a dispatch: of the right side, of a kind that it answers."""
    if form.answers and basis.kind not in form.answers:
        return False
    sides = {About.THEIRS: not basis.ours, About.OURS: basis.ours, About.REPLACES: basis.ours}
    return sides.get(form.about, True)


async def options_of(visit: Visit) -> Options:
    """Return what the forms offer to the visitor."""
    person = visit.who.person
    said = await visit.site.hands.ask(
        "GET", "/writing/options", query={"desk": person.desk, "number": str(person.number)}
    )
    return msgspec.convert(said, Options)


async def basis_of(visit: Visit, *, on: str, case: str) -> Basis | None:
    """Return what a form names as what it is written on, None if that is not open to the visitor."""
    kind, name = ("dispatch", on) if on else ("case", case)
    found = visit.site.needs.facts(kind, name)
    if found is None or not visit.site.needs.may(visit.who.person, Deed.COMPOSE, found[1]):
        return None
    return await _read_basis(visit, {"dispatch": on} if on else {"case": show_id(found[0])})


async def _read_basis(visit: Visit, query: Mapping[str, str]) -> Basis:
    return msgspec.convert(await visit.site.hands.ask("GET", "/writing/on", query=query), Basis)


# --- the verdict ---------------------------------------------------------------------------------------------------


async def verdict(visit: Visit) -> Answer:
    """What would become of the draft as it is; for the page that is open."""
    desk = await _named(visit)
    if desk is None:
        return Absent()
    view = await _judged(desk, read(desk, visit.form))
    return Fragment(Part("verdict", "compose.verdict", view))


async def their_law(visit: Visit) -> Answer:
    """What the other side's published law says of the draft; noted for our reviewer."""
    desk = await _named(visit)
    if desk is None:
        return Absent()
    filled, at = read(desk, visit.form), sight(visit)
    said = await visit.site.hands.ask("POST", "/judge/their-law", body={"form": filled.form, "by": desk.by})
    if not isinstance(said, dict) or said.get("outcome") != "read":
        return Fragment(Part("their-law", "compose.their_law", (None, _problem(said, desk)[1])))
    data = msgspec.convert(said["verdict"], VerdictData)
    there = next(p for p in at.parties if not p.ours)
    view = judged.opinion(data, there.short, at, exercise=bool(said.get("exercise")))
    key = "compose.their-law.whole" if said.get("whole") else "compose.their-law.part"
    return Fragment(Part("their-law", "compose.their_law", (view, visit.texts(key))))


async def _named(visit: Visit) -> Desk | None:
    """Return the form that a browser sent, with what it says that it is written on, if that is open to the visitor."""
    options = await options_of(visit)
    named, case = visit.field("on"), visit.field("case")
    form = options.form(visit.field("kind"), on=bool(named))
    if form is None:
        return None
    if not named and not case:
        return Desk(options, form, None, visit)
    basis = await basis_of(visit, on=named, case=case)
    return None if basis is None else Desk(options, form, basis, visit)


async def _judged(desk: Desk, filled: Filled) -> judged.Verdict:
    at, site = sight(desk.visit), desk.visit.site
    said = await site.hands.ask("POST", "/judge", body={"form": filled.form, "by": desk.by})
    if not isinstance(said, dict) or said.get("outcome") == "unfit":
        field, message = _first(filled, desk) or _problem(said, desk)
        return judged.unfit(message, f"f-{field}" if field else "", at)
    answers = {name.removeprefix(FOUND): v[0] for name, v in desk.visit.form.items() if name.startswith(FOUND) and v}
    return judged.verdict(msgspec.convert(said, Judgement), at, _exercise(desk.visit), answers)


def _first(filled: Filled, desk: Desk) -> tuple[str, str] | None:
    """Return the first field that the page itself finds wrong, with its name, in the page's words; None for none."""
    fields = [(HEAD, one) for one in head_fields(desk.form, desk.options)] + [(BODY, one) for one in desk.form.fields]
    t = desk.visit.texts
    named = {f"{before}{one.name}": label_of(one, desk.place) for before, one in fields}
    return next(
        (
            (name, t("choice.wrong", field=named[name], error=words))
            for name, words in filled.errors.items()
            if name in named
        ),
        None,
    )


def _exercise(visit: Visit) -> bool:
    return next((card.exercise for card in visit.site.board.laws() if card.ours), True)


def _problem(said: Json, desk: Desk) -> tuple[str, str]:
    """Return the form field that an error is about, "" if about the whole, and its words."""
    problem = said.get("problem") if isinstance(said, dict) else None
    if not isinstance(problem, dict):
        return "", desk.visit.texts("compose.error.unknown")
    name, message = str(problem.get("field", "")), str(problem.get("message", ""))
    if name.startswith("body."):
        known = {field.name for field in desk.form.fields}
        field = name.removeprefix("body.")
        return (f"{BODY}{field}" if field in known else ""), message
    named = {"workplan_item": "item", "categories": ""}.get(name, name)
    known = {field.name for field in head_fields(desk.form, desk.options)}
    return (f"{HEAD}{named}" if named in known else ""), message


# --- reading -------------------------------------------------------------------------------------------------------


def read(desk: Desk, given: Given) -> Filled:
    """Read a form as a browser sent it into what the door takes."""
    texts, zone = desk.visit.texts, desk.options.zone
    body = read_body(desk.form.fields, given, zone)
    translating.add(desk.form, given, body.body, body.errors)
    head = read_head(desk.form, translating.labelled(desk.form, given), desk.options, desk.basis)
    errors = {name: _told(key, texts) for name, key in {**head.errors, **body.errors}.items()}
    for name in _strangers(desk, body.body):
        errors[f"{BODY}{name}"] = texts("compose.error.choice")
    form: dict[str, Json] = {
        "purpose": "",
        "agency": "",
        "recipients": [],
        **head.body,
        "body": {**dict(desk.form.fixed), **body.body},
        "confirmed": _answered(given, "confirmed"),
        "rejected": _answered(given, "rejected"),
    }
    if given.get("files") and given["files"][0]:
        form["files"] = given["files"][0].strip()
    return Filled(form, errors)


def _told(key: str, texts: object) -> str:
    """Return what is wrong in words; an assessment says so itself."""
    assert callable(texts)
    return str(texts(key)) if key.startswith(("compose.", "choice.")) else key


def _strangers(desk: Desk, body: Mapping[str, Json]) -> list[str]:
    """Return the fields that name a dispatch of another case."""
    known = {one.id for one in desk.basis.dispatches} if desk.basis is not None else set()
    named = ((f.name, body.get(f.name)) for f in desk.form.fields if f.type is FieldType.DISPATCH)
    return [name for name, value in named if isinstance(value, dict) and value.get("$id") not in known]


def _answered(given: Given, word: str) -> Json:
    return [
        name.removeprefix(FOUND) for name, values in sorted(given.items()) if name.startswith(FOUND) and word in values
    ]


# --- handing in ----------------------------------------------------------------------------------------------------


async def new_in(visit: Visit) -> Answer:
    """A form that opens a case, from the page."""
    return await _taken(visit, await _named(visit))


async def in_case_in(visit: Visit) -> Answer:
    """A form in a case, from the page."""
    return await _taken(visit, await _in_case(visit))


async def on_in(visit: Visit, act: str) -> Answer:
    """A form on a dispatch, from the page."""
    return await _taken(visit, await _on(visit, act))


async def _taken(visit: Visit, desk: Desk | None) -> Answer:
    """Draw the form again with one more entry, or hand it in."""
    if desk is None:
        return Absent()
    do = visit.field("do")
    if do.startswith("row:"):
        name = do.removeprefix("row:")
        more = {**visit.form, f"{name}-rows": (str(rows_of(visit.form, name) + 1),)}
        return _page(desk, more, {}, judged.empty(sight(visit)))
    if not visit.site.needs.may(visit.who.person, Deed.SEND, visit.case):
        raise Refused(403, "not-allowed", visit.texts("compose.error.send"))
    return await _hand_in(desk, visit)


async def _hand_in(desk: Desk, visit: Visit) -> Answer:
    filled = read(desk, visit.form)
    if filled.errors:
        first = judged.unfit(visit.texts("compose.error.fields"), f"f-{next(iter(filled.errors))}", sight(visit))
        return _page(desk, visit.form, filled.errors, first, status=400)
    try:
        said = await visit.site.hands.ask(
            "POST", "/hand-in", body={"number": visit.field("number"), "form": filled.form, "by": desk.by}
        )
    except Refused as error:
        return _page(desk, visit.form, {}, judged.unfit(str(error), "", sight(visit)), status=error.status)
    assert isinstance(said, dict)
    match said.get("outcome"):
        case "sent":
            return Redirect(f"/dispatch/{said['id']}/sent")
        case "held":
            return Redirect(f"/approvals/{said['id']}", "compose.said.held")
        case "refused" | "referred":
            again = {**visit.form, "number": (new_number(),)}
            return _page(desk, again, {}, await _judged(desk, filled), kept=True)
        case _:
            field, message = _problem(said, desk)
            errors = {field: message} if field else {}
            told = judged.unfit(message, f"f-{field}" if field else "", sight(visit))
            return _page(desk, visit.form, errors, told, status=400)


async def sent(visit: Visit) -> Answer:
    """What became of a dispatch that was sent: all reasons, what was removed, what comes next."""
    said = await visit.site.hands.ask("GET", "/outcome", query={"id": visit.path["number"]})
    if not isinstance(said, dict) or said.get("outcome") != "sent":
        return Absent()
    at = sight(visit)
    data = msgspec.convert(said["verdict"], VerdictData)
    removed = said.get("redactions")
    view = (
        visit.path["number"],
        _way_to(visit, str(said.get("case", ""))),
        judged.opinion(data, at.us.short, at, exercise=_exercise(visit)),
        tuple((r.sentence, r.article, r.rule) for r in data.reasons[1:]),
        tuple(at.texts("removed.class", category=str(one)) for one in (removed if isinstance(removed, list) else ())),
        next(p for p in at.parties if not p.ours).capital,
    )
    page = Page(
        "sent.html", visit.texts("compose.sent.h1"), "compose", (Region("sent", (Part("sent", "compose.sent", view),)),)
    )
    return Screen(page)


def _way_to(visit: Visit, case: str) -> str:
    """Return where what was sent stands: the page of its consignment, else its case."""
    number, reader = visit.path["number"], visit.site.consignments
    if reader is not None and reader.card(read_id(number), visit.now) is not None:
        return f"/precursors/{number}"
    return f"/case/{case}"


async def token(visit: Visit) -> Answer:
    """The token of the forms of this session: for a page whose session ended and whose officer has signed in again."""
    return Told({"csrf": visit.who.csrf})


# --- drawing -------------------------------------------------------------------------------------------------------


def _page(
    desk: Desk, given: Given, errors: Mapping[str, str], law: judged.Verdict, *, status: int = 200, kept: bool = False
) -> Screen:
    t, visit = desk.visit.texts, desk.visit
    filled = given or opening(desk)
    body = tuple(draw(field, filled, errors, desk.place) for field in desk.form.fields)
    head = draw_head(desk.form, filled, errors, desk.place)
    title = t("compose.h1", kind=t.word("kind", desk.form.kind))
    page = Page("compose.html", title, "compose", (Region("verdict", (Part("verdict", "compose.verdict", law),)),))
    basis = desk.basis
    shown = {*_LEAD, *_LABEL, *_PLAIN, "urgency"}
    rest = tuple(one for one in head if one.key not in shown and not one.key.startswith("with-"))
    context: dict[str, object] = {
        "form": desk.form,
        "basis": basis,
        "action": _action(desk),
        "number": (given.get("number") or (new_number(),))[0],
        "lead": _named_fields(head, _LEAD),
        "body": tuple(one for one in body if not one.more),
        "label": tuple(one for one in head if one.key in _LABEL or one.key.startswith("with-")),
        "plain": _named_fields(head, _PLAIN),
        "rest": rest,
        "rest_open": any(one.error or one.value or any(c.on for c in one.options) for one in rest),
        "body_more": tuple(one for one in body if one.more),
        "translation": translating.offered(desk.form, filled, errors, desk.place),
        "urgent": next(one for one in head if one.key == "urgency"),
        "page_h1": title,
        "limits": _limits(desk),
        "kinds": tuple(
            (one.kind, t.word("kind", one.kind)) for one in desk.options.forms if one.about is About.NOTHING
        ),
        "does": t.word("compose.does", desk.form.kind),
        "violent": violent_words(),
        "their_law": desk.options.their_law,
        "kept": kept,
        "files": (given.get("files") or ("",))[0],
        "lines": () if basis is None else tuple(judged.body_line(one, sight(visit)) for one in basis.lines),
        "may_send": visit.site.needs.may(visit.who.person, Deed.SEND, visit.case),
        "their_capital": next(p.capital for p in visit.site.board.parties() if not p.ours),
    }
    return Screen(page, context=context, status=status)


_LEAD = ("purpose", "recipients", "evaluation", "ground")
_PLAIN = ("item", "item_reason", "agency", "conduct")
_LABEL = ("handling", "conditions", "tlp", "pap")


def _named_fields(fields: tuple[Drawn, ...], names: tuple[str, ...]) -> tuple[Drawn, ...]:
    return tuple(one for name in names for one in fields if one.key == name)


def _action(desk: Desk) -> str:
    """Return where the form is sent."""
    if desk.basis is None:
        return "/compose"
    on_dispatch = desk.basis.on and desk.form.act
    return (
        f"/dispatch/{desk.basis.on}/{desk.form.act}"
        if on_dispatch
        else f"/case/{desk.basis.case}/compose/{desk.form.kind}"
    )


def _limits(desk: Desk) -> Mapping[str, str]:
    """Return for each urgency what it obliges the other side to, in words."""
    t = desk.visit.texts
    found = {}
    for one in desk.options.limits:
        shown = one.full if one.full is not None else one.first
        found[one.urgency] = t("compose.limit.none") if shown is None else t("compose.limit", span=_span(shown, desk))
    return found


def _span(length: int, desk: Desk) -> str:
    return moments.span(length, desk.visit.texts)


def opening(desk: Desk) -> dict[str, tuple[str, ...]]:
    """Return what stands in a form when it is opened: from the dispatch or case it is written on, else the defaults."""
    basis, options, person = desk.basis, desk.options, desk.visit.who.person
    ours = {one.code for one in options.ours}
    agency = person.agency if person.agency in ours or basis is None else basis.agency
    given: dict[str, tuple[str, ...]] = {
        f"{HEAD}agency": (agency,),
        f"{HEAD}urgency": (basis.urgency if basis is not None else "normal",),
        f"{HEAD}handling": DEFAULT_HANDLING,
        f"{HEAD}conditions": DEFAULT_CONDITIONS,
        f"{HEAD}basis": standing(options),
        **{f"{BODY}{name}": (word,) for name, word in desk.form.preset},
    }
    if desk.form.purpose:
        given[f"{HEAD}purpose"] = (desk.form.purpose,)
    if basis is not None:
        given[f"{HEAD}purpose"] = (desk.form.purpose or basis.purpose,)
        given[f"{HEAD}item"] = (basis.item,)
        given[f"{HEAD}item_reason"] = (basis.item_reason,)
        given[f"{HEAD}recipients"] = basis.theirs
        if basis.number and any(field.name == "reference" for field in desk.form.fields):
            given[f"{BODY}reference"] = (basis.number,)  # so that the other side learns under which number we have it
        if basis.body and desk.form.about is About.REPLACES:
            given |= _again(desk.form, basis.body, options.zone)
        if desk.form.target and basis.on:
            given[f"{BODY}{desk.form.target}"] = (basis.on,)
    elif len(options.theirs) == 1:
        given[f"{HEAD}recipients"] = (options.theirs[0].code,)
    for field in desk.form.fields:
        for inner in field.inner:
            if inner.type is FieldType.NEW_ID:
                given[f"{BODY}{field.name}-0-{inner.name}"] = (new_number(),)
    return given


def _again(form: KindForm, body: Mapping[str, Json], zone: str) -> dict[str, tuple[str, ...]]:
    """Return what a dispatch says as fields of the form that replaces it; its number counts on."""
    last = body.get(form.counted)
    counted: dict[str, Json] = {form.counted: last + 1} if isinstance(last, int) else {}
    return give(form.fields, {**body, **dict(form.preset), **counted}, zone)


def _way(method: str, word: str, run: Callable[[Visit, str], Awaitable[Answer]]) -> ScreenRoute:
    """Return the address of one form on a dispatch."""
    act = _ALSO.get(word, word)

    async def written(visit: Visit) -> Answer:
        return await run(visit, act)

    path = f"/dispatch/{{number:str}}/{word}"
    return ScreenRoute(method, path, Deed.COMPOSE, written, about="number", about_kind="dispatch")


ROUTES = (
    ScreenRoute("GET", "/compose", Deed.COMPOSE, new),
    ScreenRoute("POST", "/compose", Deed.COMPOSE, new_in),
    ScreenRoute("POST", "/compose/verdict", Deed.COMPOSE, verdict),
    ScreenRoute("POST", "/compose/their-law", Deed.COMPOSE, their_law),
    ScreenRoute("GET", "/compose/token", Deed.COMPOSE, token),
    ScreenRoute("GET", "/case/{number:str}/compose/{kind:str}", Deed.COMPOSE, in_case, about="number"),
    ScreenRoute("POST", "/case/{number:str}/compose/{kind:str}", Deed.COMPOSE, in_case_in, about="number"),
    *(_way("GET", act, on) for act in (*ACTS, *_ALSO)),
    *(_way("POST", act, on_in) for act in (*ACTS, *_ALSO)),
    ScreenRoute("GET", "/dispatch/{number:str}/sent", Deed.CASE, sent, about="number", about_kind="dispatch"),
)
