"""The accord for those who decide on it: editions in both logs, proposals with what each would change, and cuts, in words.

The rule it keeps: nobody signs here. A proposal is fetched and signed where the root is; here it can only be refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from comity.base.ids import Ms
from comity.policy.access import Deed
from comity.web import cutview, moments
from comity.web.pages import Page, Part, Region
from comity.web.visit import Absent, Answer, Json, Redirect, Screen, ScreenRoute, Visit

TOPICS = frozenset({"link", "waiting", "log"})
_MINUTE = 60_000
_SHOWN = 16
_LANES = frozenset({"arrived", "seen"})


@dataclass(frozen=True, slots=True)
class SignedRow:
    """An edition that both signed: its number, its places in words, and whether one is late."""

    edition: int
    ours: str
    theirs: str
    late: bool
    fingerprint: str


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal: whose and when, how far it is, both sides' words, what it changes; `open`: ours to answer."""

    number: str
    text: str
    state: str
    note: str
    answer: str
    changes: tuple[str, ...]
    open: bool


async def accord(visit: Visit) -> Answer:
    """Show editions in force, those signed by both, proposals, and what was cut of a log whose key was stolen."""
    found = cast("dict[str, Json]", await visit.site.hands.ask("GET", "/accord"))
    t = visit.texts
    sides = [cast("dict[str, Json]", found[side]) for side in ("ours", "theirs")]
    proposals = [_proposal(one, visit) for one in cast("list[dict[str, Json]]", found["proposals"])]
    context: dict[str, object] = {
        "force": (
            t("accord.force.ours", edition=str(sides[0]["edition"]), place=_place(sides[0], visit)),
            t("accord.force.theirs", edition=str(sides[1]["edition"]), place=_place(sides[1], visit)),
        ),
        "signed": tuple(_signed(one, visit) for one in reversed(cast("list[dict[str, Json]]", found["signed"]))),
        "proposals": tuple(reversed(proposals)),
        "steps": cutview.STEPS,
    }
    cuts = await cutview.region(visit)
    if not cuts.parts:
        cuts = Region(cuts.name, (Part("cut-none", "cut.nothing", t("cut.none")),))
    return Screen(Page("accord.html", t("accord.h1"), "accord", (cuts,)), TOPICS, context)


def _signed(one: dict[str, Json], visit: Visit) -> SignedRow:
    due = _time(one["due"], visit)

    def place(there: Json) -> str:
        known = cast("dict[str, Json] | None", there)
        return visit.texts("accord.place.none", time=due) if known is None else _place(known, visit)

    return SignedRow(
        cast("int", one["edition"]),
        place(one["ours"]),
        place(one["theirs"]),
        bool(one["late"]),
        str(one["fingerprint"]),
    )


def _place(there: dict[str, Json], visit: Visit) -> str:
    """Say from which entry on, and of which log: the one of now, or the one that a cut has closed."""
    return visit.texts("accord.place.cut" if there["closed"] else "accord.place", entry=str(there["entry"]))


def _proposal(one: dict[str, Json], visit: Visit) -> ProposalRow:
    t = visit.texts
    by = "accord.by.ours" if one["ours"] else "accord.by.theirs"
    by = "accord.by.forgotten" if one["forgotten"] else by
    return ProposalRow(
        number=str(one["number"])[:_SHOWN],
        text=t(by, edition=str(one["edition"]), time=_time(one["at"], visit)),
        state=t.word("accord.state", str(one["state"])),
        note=str(one["note"]),
        answer=str(one["answer"]),
        changes=tuple(_change(change, visit) for change in cast("list[dict[str, Json]]", one["changes"])),
        open=one["state"] == "waits" and not one["ours"],
    )


def _change(one: dict[str, Json], visit: Visit) -> str:
    t, what = visit.texts, str(one["what"])
    before, after = str(one["before"]), str(one["after"])
    if what in _LANES:
        before, after = (str(int(text) // _MINUTE) if text else "" for text in (before, after))
    if what == "from":
        before, after = (_time(int(text), visit) for text in (before, after))
    nothing = t("accord.nothing")
    return t(f"accord.what.{what}", subject=str(one["subject"]), before=before or nothing, after=after or nothing)


def _time(at: Json, visit: Visit) -> str:
    return moments.moment(Ms(cast("int", at)), visit.now, visit.texts)


async def refuse(visit: Visit) -> Answer:
    """Send a proposal of the other side back unsigned."""
    asked = visit.path["number"]
    found = cast("dict[str, Json]", await visit.site.hands.ask("GET", "/accord"))
    proposals = cast("list[dict[str, Json]]", found["proposals"])
    numbers = {str(one["number"])[:_SHOWN] for one in proposals if one["state"] == "waits" and not one["ours"]}
    if asked not in numbers:
        return Absent()
    body: dict[str, Json] = {"number": asked, "note": visit.field("note")}
    await visit.site.hands.ask("POST", "/accord/refuse", body=body)
    return Redirect("/accord", "accord.said.refused")


ROUTES = (
    ScreenRoute("GET", "/accord", Deed.LINK, accord),
    ScreenRoute("POST", "/accord/{number:str}/refuse", Deed.LINK, refuse, fresh=True),
)
