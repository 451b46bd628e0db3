"""One case: both sides' numbers, stream and talk, timeline, the next thing to do, verdicts, who has it, proof."""

from __future__ import annotations

import secrets
from http import HTTPStatus

from comity.base.ids import CaseId, Ms, new_dispatch_id, show_id
from comity.policy.access import Deed
from comity.screen.case import NEWEST, CaseFile
from comity.screen.consignments import Line
from comity.web import aftermath, casefile, letters
from comity.web.consignmentrows import row
from comity.web.heading import standing
from comity.web.letters import Sight
from comity.web.pages import Page, Part, Region
from comity.web.peek import may
from comity.web.reading import sight
from comity.web.screens.compose import options_of
from comity.web.screens.files import of_dispatches
from comity.web.screens.inbox import by_of
from comity.web.visit import Absent, Answer, Json, Redirect, Refused, Screen, ScreenRoute, Visit

_ALL = 100_000
_LONGEST = 4_000


async def case(visit: Visit) -> Answer:
    """The case of the path, by its 26 letters or our number."""
    return _screen(visit)


def _screen(visit: Visit, *, text: str = "", number: str = "", error: str = "", status: int = 200) -> Answer:
    assert visit.case_id is not None
    newest = _ALL if visit.query.get("all") else NEWEST
    file = visit.site.cases.file(visit.case_id, visit.now, newest=newest)
    if file is None:
        return _only_consignments(visit.case_id, visit)
    at = sight(visit)
    top = casefile.head(file, at)
    page = Page("case.html", top.title, "inbox", tuple(_regions(file, top, visit, at)))
    writes = may(visit, Deed.SEND)
    fresh = tuple(show_id(line.id) for line in file.lines if not line.ours and line.seen is None) if writes else ()
    them = next((party.capital for party in at.parties if not party.ours), "")
    context: dict[str, object] = {
        "case": top.id,
        "print": top.print,
        "writes": writes and file.reply is not None,
        "reads": not writes,
        "fresh": fresh,
        "fresh_words": visit.texts.count("case.seen.button", len(fresh)),
        "hint": visit.texts("case.message.hint", place=them),
        "newest": show_id(file.lines[-1].id) if file.lines else "",
        "text": text,
        "error": error,
        "number": number or new_number(visit.now),
        "label": file.dispatches[-1].label if file.dispatches else (),
        "evidence": may(visit, Deed.EVIDENCE),
        "gives": may(visit, Deed.MEMBERS),
        "example": f"{visit.who.person.desk}/{visit.who.person.number}",
    }
    again = f"/case/{context['case']}" if status != HTTPStatus.OK else ""
    return Screen(page, frozenset({f"case:{top.id}", "tasks", "duty"}), context, status, again)


def new_number(now: Ms) -> str:
    """Make the number of a message before it is handed in, so that a second press sends nothing twice."""
    return show_id(new_dispatch_id(now, _System()))


class _System:
    """Randomness of the system."""

    def draw(self, size: int) -> bytes:
        """Return `size` random bytes."""
        return secrets.token_bytes(size)


def _only_consignments(case: CaseId, visit: Visit) -> Answer:
    """Lead to the consignment that opened a case of its own, of which the desk of cases has nothing."""
    found = _consignments(case, visit)
    return Redirect(f"/precursors/{show_id(found[0].id)}") if found else Absent()


def _consignments(case: CaseId, visit: Visit) -> tuple[Line, ...]:
    reader = visit.site.consignments
    return () if reader is None else reader.of_case(case, visit.now)


def _regions(file: CaseFile, top: casefile.Head, visit: Visit, at: Sight) -> list[Region]:
    t = at.texts
    people = {one for line in file.lines if line.ours for one in (line.officer,)}
    people |= {(one.desk, one.number) for one in file.looked} | set(file.members)
    names = visit.site.people.names(people) if may(visit, Deed.NAMES) else {}
    stream = list(casefile.stream(file, names, visit, at))
    if file.damaged:
        stream.insert(0, Part("case-damaged", "case.damaged", None))
    if file.count > len(file.dispatches) and not file.damaged:
        words = t("case.earlier", count=file.count)
        stream.insert(0, Part("case-earlier", "case.earlier", (f"/case/{top.id}?all=1", words)))
    newest = tuple(letters.letter(card, at) for card in file.dispatches[-1:])
    cosigned = sum(card.times.cosigned is not None for card in file.dispatches)
    members = tuple(casefile.officer(one, names, at) for one in file.members)
    tasks = aftermath.tasks(file, visit, at)
    pens = tuple(row(one, at) for one in _consignments(file.case, visit))
    return [
        Region("head", (Part(f"c-{top.id}", "case.head", top),)),
        Region("zones", (Part("zones", "zones", " / ".join(party.capital for party in at.parties)),)),
        Region("timeline", casefile.timeline(file, at)),
        Region("stream", tuple(stream)),
        Region("next", (Part("case-next", "case.next", casefile.nexts(file, visit, at)),)),
        Region("newest", tuple(Part("newest", "newest", view) for view in newest)),
        Region("open", _some("case-open", "case.open", aftermath.open_things(file, visit, at))),
        Region("pens", _some("case-pens", "precursors.ofcase", pens)),
        Region("held", _some("case-held", "case.held", casefile.held(file.held, at))),
        Region("after", _some("case-after", "case.after", aftermath.became(file, at))),
        Region("tasks", () if tasks is None else (Part("case-tasks", "case.tasks", tasks),)),
        Region("files", of_dispatches([card.id for card in file.dispatches], visit)),
        Region("members", (Part("case-members", "case.members", members),)),
        Region("staff", (Part("case-staff", "case.staff", casefile.staff(at)),)),
        Region(
            "proof",
            (Part("case-proof", "case.proof", (cosigned, len(file.dispatches), newest[0].id if newest else "")),),
        ),
    ]


def _some(id_: str, macro: str, view: tuple[object, ...]) -> tuple[Part, ...]:
    return (Part(id_, macro, view),) if view else ()


async def seen(visit: Visit) -> Answer:
    """To open a case is to have seen it: what came and nobody had opened is acknowledged, with the officer in our log."""
    assert visit.case_id is not None
    fresh = _unseen(visit, visit.case_id)
    wanted = [one for one in visit.form.get("id", ()) if one in fresh]
    if wanted:
        await visit.site.hands.ask("POST", "/see", body={"ids": list(wanted), "by": by_of(visit)})
    return Redirect(f"/case/{show_id(visit.case_id)}", "case.done.seen" if wanted and not visit.partial else "")


def _unseen(visit: Visit, case: CaseId) -> frozenset[str]:
    """Ids of what came in this case and was not seen; an id of another case in the form is passed over."""
    file = visit.site.cases.file(case, visit.now, newest=_ALL)
    lines = () if file is None else file.lines
    return frozenset(show_id(line.id) for line in lines if not line.ours and line.seen is None)


async def message(visit: Visit) -> Answer:
    """One line in the case; it goes the whole path as every dispatch does."""
    assert visit.case_id is not None
    t, text, number = visit.texts, visit.field("text")[:_LONGEST], visit.field("number")
    if not text:
        return _screen(visit, error=t("case.message.empty"), status=400)
    file = visit.site.cases.file(visit.case_id, visit.now, newest=1)
    if file is None or file.reply is None:
        return Absent()
    body = await _handed(visit, file, text, number)
    try:
        said = await visit.site.hands.ask("POST", "/hand-in", body=body)
    except Refused as refused:
        told = t("case.message.failed", message=str(refused))
        return _screen(visit, text=text, number=number, error=told, status=refused.status)
    case = f"/case/{show_id(visit.case_id)}"
    outcome = said.get("outcome") if isinstance(said, dict) else None
    if outcome == "sent":
        return Redirect(f"{case}#now", "case.done.sent")
    if outcome == "held":
        return Redirect(case, "case.done.held")
    told = t("case.message.law", sentence=_sentence(said))
    return _screen(visit, text=text, error=told, status=409)


async def _handed(visit: Visit, file: CaseFile, text: str, number: str) -> Json:
    assert file.reply is not None
    person, reply, options = visit.who.person, file.reply, await options_of(visit)
    mine = next((one for one in options.officers if (one.desk, one.number) == (person.desk, person.number)), None)
    by: Json = {
        "desk": person.desk,
        "number": person.number,
        "delegation": mine.delegation if mine is not None and mine.delegation else None,
    }
    form: Json = {
        "desk": options.desk,
        "kind": "message",
        "agency": person.agency,
        "recipients": list(reply.recipients),
        "purpose": reply.purpose,
        "urgency": reply.urgency,
        "workplan_item": reply.item,
        "workplan_reason": reply.item_reason,
        "case": show_id(file.case),
        "basis": list(standing(options)),
        "body": {"text": text},
    }
    return {"number": number, "form": form, "by": by}


def _sentence(said: Json) -> str:
    """Return the first reason of a verdict in words, or why the form did not fit."""
    if not isinstance(said, dict):
        return ""
    verdict = said.get("verdict")
    reasons = verdict.get("reasons") if isinstance(verdict, dict) else None
    first = reasons[0] if isinstance(reasons, list) and reasons else None
    sentence = first.get("sentence") if isinstance(first, dict) else None
    return str(sentence or said.get("error") or "")


ROUTES = (
    ScreenRoute("GET", "/case/{number:str}", Deed.CASE, case, about="number"),
    ScreenRoute("POST", "/case/{number:str}/seen", Deed.SEND, seen, about="number"),
    ScreenRoute("POST", "/case/{number:str}/message", Deed.SEND, message, about="number"),
)
