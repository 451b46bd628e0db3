"""The copy of an incident for the international board: where it stands, both approvals, the act, the file.

The rule it keeps: nothing is offered that the approvals do not carry, and the law is asked before anything goes out; a no is shown
with its reasons.
"""

from __future__ import annotations

from dataclasses import dataclass

from comity.base.errors import BadForm
from comity.base.ids import Ms, read_id, show_id
from comity.edge.boardpdf import copy_pdf
from comity.policy.access import Deed
from comity.web import moments
from comity.web.pages import Page, Part, Region
from comity.web.screens.acts import Outcome, outcome_of
from comity.web.screens.inbox import by_of
from comity.web.visit import Absent, Answer, File, Json, Redirect, Refused, Screen, ScreenRoute, Visit

_LOOKS = {
    "agreed": ("ok", "check"),
    "asked": ("warn", "clock"),
    "taken-back": ("stop", "stop"),
    "not-asked": ("", "half"),
}


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a copy stands.

    Attributes:
        look, icon, text: of the standing.
        lines: (label, text) of what was given: when, by whom, file, whether the other side knows.
        files: (address, word) of the file in its forms.
        problem: what is still to be done, "" for nothing.
    """

    look: str
    icon: str
    text: str
    lines: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    problem: str = ""


async def page(visit: Visit) -> Answer:
    """Where the copy of one incident stands."""
    return await _page(visit, None)


async def ask(visit: Visit) -> Answer:
    """See what our law would say, or give the copy out."""
    goes, body = visit.field("do") == "go", _body(visit)
    try:
        found = await visit.site.hands.ask("POST", "/board-copy" if goes else "/judge/board-copy", body=body)
    except Refused as error:
        told = Outcome(visit.texts("compose.verdict.unfit"), problem=str(error))
        return await _page(visit, told, status=error.status)
    assert isinstance(found, dict)
    act = found["act"] if goes else found
    assert isinstance(act, dict)
    if goes and act["outcome"] == "done":
        return Redirect(_place(visit), "boardcopy.done" if _told(found) else "boardcopy.untold")
    return await _page(visit, outcome_of(visit, act, done=goes))


async def agree(visit: Visit) -> Answer:
    """Agree to the copy for which an incident of the other side asks."""
    try:
        found = await visit.site.hands.ask("POST", "/board-copy/agree", body=_body(visit))
    except Refused as error:
        told = Outcome(visit.texts("compose.verdict.unfit"), problem=str(error))
        return await _page(visit, told, status=error.status)
    assert isinstance(found, dict)
    if found["outcome"] == "sent":
        return Redirect(_place(visit), "boardcopy.said")
    return await _page(visit, outcome_of(visit, found, done=True))


async def file(visit: Visit) -> Answer:
    """The file, as data or as pages in the language of the browser."""
    stands = await _stands(visit)
    given = None if stands is None else stands["given"]
    if stands is None or not isinstance(given, dict) or not stands["content"]:
        return Absent()
    content, name = str(stands["content"]).encode(), str(stands["incident"])
    if visit.query.get("form") == "json":
        return File(f"{name}.json", "application/json", content)
    return File(f"{name}.pdf", "application/pdf", copy_pdf(content, str(given["digest"]), visit.who.language))


async def _stands(visit: Visit) -> dict[str, Json] | None:
    try:
        number = show_id(read_id(visit.path["number"]))
        found = await visit.site.hands.ask("GET", "/board-copy", {"id": number})
    except (BadForm, Refused):
        return None
    assert isinstance(found, dict)
    return None if found["word"] == "not-asked" and found["given"] is None else found


async def _page(visit: Visit, told: Outcome | None, status: int = 200) -> Answer:
    stands = await _stands(visit)
    if stands is None:
        return Absent()
    parts = () if told is None else (Part("act", "approvals.act", told),)
    shown = Page(
        "boardcopy.html",
        visit.texts("boardcopy.h1"),
        "precursors",
        (Region("stand", (Part("copy-stand", "precursors.copy", _stand(stands, visit)),)), Region("act", parts)),
    )
    needs, person, word = visit.site.needs, visit.who.person, stands["word"]
    given = stands["given"]
    whole = isinstance(given, dict) and given["told"] is not None
    context: dict[str, object] = {
        "number": stands["incident"],
        "gives": word == "agreed" and not whole and needs.may(person, Deed.ACT, visit.case),
        "agrees": word == "asked" and stands["asked_by_us"] is False and needs.may(person, Deed.SEND, visit.case),
    }
    return Screen(shown, context=context, status=status)


def _stand(stands: dict[str, Json], visit: Visit) -> Stand:
    t, word, given = visit.texts, str(stands["word"]), stands["given"]
    look, icon = _LOOKS.get(word, ("", "half"))
    key = f"boardcopy.word.{word}"
    if word == "asked":
        key += ".ours" if stands["asked_by_us"] else ".theirs"
    if not isinstance(given, dict):
        return Stand(look, icon, t(key))
    at = moments.moment(Ms(int(str(given["at"]))), visit.now, t)
    told = t("boardcopy.told", id=str(given["told"])) if given["told"] else t("boardcopy.untold")
    lines = (
        (t("boardcopy.given"), f"{at} UTC, {given['by']}"),
        (t("boardcopy.file"), str(given["digest"])),
        (t("boardcopy.record"), str(given["record"])),
        (t("boardcopy.other"), told),
    )
    place = f"{_place(visit)}/file"
    files = ((f"{place}?form=pdf", "PDF"), (f"{place}?form=json", "JSON")) if stands["content"] else ()
    return Stand(look, icon, t(key), lines, files, "" if given["told"] else t("boardcopy.again"))


def _told(found: dict[str, Json]) -> bool:
    copy = found["copy"]
    given = copy["given"] if isinstance(copy, dict) else None
    return isinstance(given, dict) and given["told"] is not None


def _body(visit: Visit) -> Json:
    return {"incident": visit.path["number"], "by": by_of(visit)}


def _place(visit: Visit) -> str:
    return f"/precursors/{visit.path['number']}/board-copy"


ROUTES = (
    ScreenRoute("GET", "/precursors/{number:str}/board-copy", Deed.CASE, page, about="number", about_kind="dispatch"),
    ScreenRoute("POST", "/precursors/{number:str}/board-copy", Deed.ACT, ask, about="number", about_kind="dispatch"),
    ScreenRoute(
        "POST", "/precursors/{number:str}/board-copy/agree", Deed.SEND, agree, about="number", about_kind="dispatch"
    ),
    ScreenRoute(
        "GET", "/precursors/{number:str}/board-copy/file", Deed.ACT, file, about="number", about_kind="dispatch"
    ),
)
