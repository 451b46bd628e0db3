"""A log that both roots cut after its key was stolen, for those on duty: where it ends, what of it stands no more, what goes again.

The rule it keeps: nothing of a cut is done on a page. A proposal and its signatures travel by hand between the roots, and this
node knows nothing of them; so a page says what was taken here, and which commands lead there.
"""  # spec: protocol.md 10

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from comity.base.ids import Ms
from comity.policy.access import Deed
from comity.web import moments
from comity.web.pages import Part, Region
from comity.web.visit import Visit

STEPS = (
    ("view", ("comity cut view --log ours --node FOLDER --out OWNER", "comity cut view --log theirs --node FOLDER --out PEER")),
    ("draft", ("comity cut draft --owner OWNER --peer PEER --out CUT",)),
    ("keys", ("comity cut keys CUT --node FOLDER --out LIST",)),
    ("sign", ("comity cut sign CUT --root ROOT --accord ACCORD", "comity keys sign LIST --root ROOT --accord ACCORD --out SIGNED")),
    ("apply", ("comity cut apply CUT --keys SIGNED --node FOLDER",)),
    ("state", ("comity cut state --node FOLDER",)),
)  # fmt: skip
"""What is done after a log key was stolen, in order, by hand: what for, and the commands."""
_FACTS = {1: "arrived", 2: "filed", 3: "quarantined", 4: "refused"}
Said = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """One cut that this node took: its headline, where the log goes on, and what that means, in sentences.

    Attributes:
        ours: our log was cut.
        head: which log ends where.
        when: it was taken, and the code that says why.
        goes: which log goes on.
        means: what was cut off, what stands again, what waits.
        state: how far it is; `done` says that both sides' logs have it.
        fingerprint: as both sides read it aloud.
    """

    ours: bool
    head: str
    when: str
    goes: str
    means: tuple[str, ...]
    state: str
    done: bool
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Orphan:
    """One dispatch that was taken above a cut, of a case that is open to the visitor."""

    id: str
    href: str
    text: str


async def region(visit: Visit) -> Region:
    """Return what stands there of cuts: nothing where no log was cut and the link is not broken."""
    found = cast("dict[str, Any]", await visit.site.hands.ask("GET", "/cut"))
    cuts, aside = cast("list[Said]", found.get("cuts", [])), cast("list[Said]", found.get("aside", []))
    parts: list[Part] = []
    state = found.get("state")
    if state == "broken":
        parts.append(Part("cut-broken", "cut.broken", visit.texts("cut.broken")))
    if state == "recovering" and cuts:
        parts.append(Part("cut-recovering", "cut.recovering", visit.texts("cut.recovering")))
    if aside:
        parts.append(Part("cut-aside", "cut.aside", _aside(aside, visit)))
    waits = int(found.get("waits", 0))
    parts += [
        Part(f"cut-{one['fingerprint'][:8]}-{n}", "cut.taken", _taken(one, waits, visit))
        for n, one in reversed([*enumerate(cuts)])
    ]
    return Region("cuts", tuple(parts))


def _taken(one: Said, waits: int, visit: Visit) -> Taken:
    t, ours = visit.texts, bool(one["ours"])
    side = "ours" if ours else "theirs"
    done = not ours or one["mark"] is not None
    return Taken(
        ours=ours,
        head=t(f"cut.{side}", size=t.number(one["size"])),
        when=t("cut.when", time=moments.moment(Ms(one["at"]), visit.now, t), code=one["code"]),
        goes=t("cut.goes", new=one["new"], origin=one["origin"]),
        means=(*_gone(one, visit), *(_ours(one, waits, visit) if ours else _theirs(visit))),
        state=_state(one, visit) if ours else t("cut.theirs.done"),
        done=done,
        fingerprint=str(one["fingerprint"]),
    )


def _gone(one: Said, visit: Visit) -> tuple[str, ...]:
    """Say what was cut off."""
    t = visit.texts
    entries = t.count("cut.above", one["above"]) if one["above"] else t("cut.above.none")
    return (entries, t.count("cut.heads", one["disowned"])) if one["disowned"] else (entries,)


def _ours(one: Said, waits: int, visit: Visit) -> tuple[str, ...]:
    """Say what of our own log is said again, and what waits to go again."""
    t = visit.texts
    if one["mark"] is not None:
        return t("cut.ours.again"), t("cut.ours.gone")
    return t("cut.ours.again"), t.count("cut.ours.waits", waits) if waits else t("cut.ours.none")


def _theirs(visit: Visit) -> tuple[str, ...]:
    return visit.texts("cut.theirs.undone"), visit.texts("cut.theirs.again")


def _state(one: Said, visit: Visit) -> str:
    t = visit.texts
    return t("cut.ours.alone") if one["mark"] is None else t("cut.ours.done", entry=t.number(one["mark"]))


def _aside(aside: list[Said], visit: Visit) -> tuple[str, tuple[Orphan, ...]]:
    return visit.texts.count("cut.aside", len(aside)), tuple(_orphan(one, visit) for one in aside if _opens(one, visit))


def _opens(one: Said, visit: Visit) -> bool:
    """Say whether the case of a dispatch is open to the visitor."""
    needs = visit.site.needs
    found = needs.facts("dispatch", str(one["id"]))
    return found is not None and needs.may(visit.who.person, Deed.CASE, found[1])


def _orphan(one: Said, visit: Visit) -> Orphan:
    t = visit.texts
    said = t(f"cut.fact.{_FACTS.get(int(one['fact']), 'none')}")
    text = t("cut.aside.row", entry=t.number(one["entry"]), origin=one["origin"], said=said)
    return Orphan(str(one["id"]), f"/ledger/dispatch/{one['id']}", text)
