"""Files: those of a case with their state, one handed out after it is on record who got it, and adding them to a draft.

The rule it keeps: a file is never shown in place, whatever it says it is; it leaves as bytes to be kept, and only when it is
whole, is what it says, and was scanned. The page decides none of that: the door does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from comity.base.errors import BadForm
from comity.base.ids import DispatchId, read_id, show_id
from comity.policy.access import Deed
from comity.screen.files import FileLine
from comity.web.pages import Part
from comity.web.peek import may
from comity.web.texts import Texts
from comity.web.visit import Absent, Answer, Download, Fragment, Json, Redirect, Refused, ScreenRoute, Told, Visit

_LOOKS = {
    "clean": ("permit", "check"),
    "coming": ("hold", "clock"),
    "whole": ("hold", "clock"),
    "erased": ("refuse", "stop"),
    "unscanned": ("hold", "lock"),
}
_STOPPED = ("refuse", "stop")
_STEPS = ("B", "kB", "MB", "GB", "TB")
_THOUSAND = 1_000
_AGAIN = frozenset({"unscanned", "scan-failed"})


@dataclass(frozen=True, slots=True)
class FileView:
    """One file as a page shows it.

    Attributes:
        action: where it is asked for; "" if it may not be had.
        again: where a scan is asked for anew; "" if that is of no use.
    """

    id: str
    dispatch: str
    name: str
    media: str
    found: str
    size: str
    bytes: str
    hash: str
    look: str
    icon: str
    state: str
    action: str
    again: str


def of_dispatches(dispatches: Sequence[DispatchId], visit: Visit) -> tuple[Part, ...]:
    """Return the parts of a region that lists the files of these dispatches; none if there are none."""
    takes = may(visit, Deed.FILES)
    views = tuple(view(one, visit.texts, takes=takes) for one in visit.site.files.of(dispatches))
    return (Part("case-files", "files.list", (views, visit.who.csrf)),) if views else ()


def view(line: FileLine, texts: Texts, *, takes: bool) -> FileView:
    """Return one file with its words."""
    dispatch = show_id(line.dispatch)
    look, icon = _LOOKS.get(line.state, _STOPPED)
    said = texts(f"files.state.{line.state}")
    if line.state == "coming" and line.whole:
        said = texts("files.coming", percent=100 * line.have // line.whole)
    path = f"/dispatch/{dispatch}/file/{line.number}"
    return FileView(
        id=f"file-{dispatch}-{line.number}",
        dispatch=dispatch,
        name=line.name,
        media=line.media,
        found="" if line.found in {"", line.media} else line.found,
        size=size(line.size, texts),
        bytes=texts.number(line.size),
        hash=line.hash,
        look=look,
        icon=icon,
        state=said,
        action=path if takes and line.state == "clean" else "",
        again=f"{path}/again" if takes and line.state in _AGAIN and not line.ours else "",
    )


def size(number: int, texts: Texts) -> str:
    """Return a size in words, in steps of a thousand."""
    value, step = float(number), 0
    while value >= _THOUSAND and step < len(_STEPS) - 1:
        value, step = value / _THOUSAND, step + 1
    shown = texts.number(round(value)) if step == 0 or value >= 100 else f"{value:.1f}"  # noqa: PLR2004  three digits are enough
    return f"{shown} {_STEPS[step]}"


# --- handing out ---------------------------------------------------------------------------------------------------


async def take(visit: Visit) -> Answer:
    """Hand one file out; that this person got it is on record first."""
    number = visit.path["at"]
    if not _is_number(number):
        return Absent()
    body: Json = {"dispatch": visit.path["number"], "number": int(number), "by": _by(visit)}
    said = cast("dict[str, Any]", await visit.site.hands.ask("POST", "/files/give", body=body))
    chunks = visit.site.files.plain(read_id(visit.path["number"]), int(number))
    return Download(str(said["name"]), int(said["size"]), chunks)


async def again(visit: Visit) -> Answer:
    """Have a file scanned anew whose scan did not come to an end."""
    if not _is_number(visit.path["at"]):
        return Absent()
    body: Json = {"dispatch": visit.path["number"], "number": int(visit.path["at"]), "by": _by(visit)}
    await visit.site.hands.ask("POST", "/files/look-again", body=body)
    assert visit.case_id is not None
    return Redirect(f"/case/{show_id(visit.case_id)}", "files.done.again")


# --- adding --------------------------------------------------------------------------------------------------------


async def begin(visit: Visit) -> Answer:
    """Begin a file of a draft: its name, size and type; the answer says under which number, and where to go on."""
    wanted = visit.field("size")
    if not (wanted.isascii() and wanted.isdecimal()):
        raise Refused(400, "bad-form", visit.texts("files.error.size"))
    body: Json = {
        "name": visit.field("name"),
        "size": int(wanted),
        "media": visit.field("media"),
        "files": visit.field("files"),
        "by": _by(visit),
    }
    return Told(await visit.site.hands.ask("POST", "/files/begin", body=body))


async def add(visit: Visit) -> Answer:
    """Take the next bytes of a file: the body is the bytes themselves."""
    if await _theirs(visit) is None:
        return Absent()
    person = visit.who.person
    query = {
        "files": visit.path["files"],
        "number": visit.path["at"],
        "offset": visit.query.get("offset", ""),
        "desk": person.desk,
        "officer": str(person.number),
    }
    assert visit.body is not None
    return Told(await visit.site.hands.send("/files/add", query, visit.body))


async def state(visit: Visit) -> Answer:
    """Say how far the files of a draft have come, for the script that adds them."""
    said = await _theirs(visit)
    return Absent() if said is None else Told(said)


async def drop(visit: Visit) -> Answer:
    """Take a file away from its draft."""
    if await _theirs(visit) is None:
        return Absent()
    body: Json = {"files": visit.path["files"], "number": int(visit.path["at"]), "by": _by(visit)}
    await visit.site.hands.ask("POST", "/files/drop", body=body)
    return await _listed(visit)


async def rows(visit: Visit) -> Answer:
    """The list of the files of a draft, to stand in the form."""
    return Absent() if await _theirs(visit) is None else await _listed(visit)


async def _theirs(visit: Visit) -> Json:
    """Return the files of the path's number if the visitor is adding them, the path's file among them; else None."""
    try:
        files = show_id(read_id(visit.path["files"]))
    except BadForm:
        return None
    said = cast("dict[str, Any]", await _state(visit, files))
    numbers = {str(row["number"]) for row in said["list"]}
    return said if numbers and visit.path.get("at", min(numbers)) in numbers else None


async def _listed(visit: Visit) -> Answer:
    return Fragment(Part("attached", "files.attached", await attached(visit, visit.path["files"])))


async def attached(visit: Visit, files: str) -> tuple[tuple[str, str, str, str, str, str], ...]:
    """Return (number, name, size, type, look, state in words) of each file that is being added."""
    said = await _state(visit, files) if files else {"list": []}
    t = visit.texts
    found: list[tuple[str, str, str, str, str, str]] = []
    for row in cast("list[Mapping[str, Any]]", cast("dict[str, Any]", said)["list"]):
        look, _ = _LOOKS.get(str(row["state"]), _STOPPED)
        words = t(f"files.state.{row['state']}")
        if row["state"] == "coming" and row["size"]:
            words = t("files.coming", percent=100 * int(row["offset"] or 0) // int(row["size"]))
        found.append((str(row["number"]), str(row["name"]), size(int(row["size"]), t), str(row["media"]), look, words))
    return tuple(found)


async def _state(visit: Visit, files: str) -> Any:
    person = visit.who.person
    query = {"files": files, "desk": person.desk, "officer": str(person.number)}
    return await visit.site.hands.ask("GET", "/files/state", query=query)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 4  # noqa: PLR2004  a dispatch has 64 files


def _by(visit: Visit) -> Json:
    return {"desk": visit.who.person.desk, "number": visit.who.person.number}


ROUTES = (
    ScreenRoute(
        "POST", "/dispatch/{number:str}/file/{at:str}", Deed.FILES, take, about="number", about_kind="dispatch"
    ),
    ScreenRoute(
        "POST", "/dispatch/{number:str}/file/{at:str}/again", Deed.FILES, again, about="number", about_kind="dispatch"
    ),
    ScreenRoute("POST", "/attach", Deed.COMPOSE, begin),
    ScreenRoute("GET", "/attach/{files:str}", Deed.COMPOSE, state),
    ScreenRoute("GET", "/attach/{files:str}/list", Deed.COMPOSE, rows),
    ScreenRoute("POST", "/attach/{files:str}/{at:str}", Deed.COMPOSE, add, raw=True),
    ScreenRoute("POST", "/attach/{files:str}/{at:str}/drop", Deed.COMPOSE, drop),
)
