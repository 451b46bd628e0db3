"""One dispatch from draft to proof with its proof to keep, and the manifests of both sides with what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from comity.base.errors import BadForm
from comity.base.ids import DispatchId, read_id, show_id
from comity.policy.access import Deed
from comity.screen.trace import GapLine, ManifestLine, Trace, TraceCard
from comity.web import letters, moments
from comity.web.letters import Sight
from comity.web.pages import Page, Part, Region
from comity.web.peek import may
from comity.web.reading import sight
from comity.web.visit import Absent, Answer, File, Refused, Screen, ScreenRoute, Visit

_OK = frozenset({"sent", "committed", "signed", "cosigned", "cosigned-by-us", "arrived", "filed", "seen", "received"})
_STOP = frozenset({"refused", "not-admitted", "quarantined", "act-refused"})


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the way: word with shape, whose log, what proves it, when."""

    word: str
    look: str
    icon: str
    log: str
    proves: str
    time: str


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is missing or set apart."""

    entry: str
    lane: str
    since: str
    code: str


@dataclass(frozen=True, slots=True)
class Day:
    """One side's word of one day."""

    id: str
    day: str
    party: str
    ours: bool
    own: str
    other: str
    open: str
    differs: str


# --- one dispatch ----------------------------------------------------------------------------------------------------


async def trace(visit: Visit) -> Answer:
    """The way of one dispatch, and its proof made again just now."""
    dispatch = _dispatch(visit)
    card = None if dispatch is None else visit.site.traces.trace(dispatch)
    if card is None or dispatch is None:
        return Absent()
    at = sight(visit)
    proof = visit.site.board.prove(dispatch, visit.now)
    made = letters.evidence(proof, at.texts) if proof is not None else None
    number = show_id(dispatch)
    steps = tuple(step(one, at) for one in card.steps)
    page = Page(
        "trace.html",
        visit.texts("ledger.h1"),
        "ledger",
        (
            Region("about", (Part("trace-about", "ledger.about", _about(card, at)),)),
            Region("steps", tuple(Part(f"tr-{place}", "ledger.step", one) for place, one in enumerate(steps))),
            Region("proof", (Part("proof-panel", "proof_panel", made),)),
        ),
    )
    context: dict[str, object] = {
        "number": number,
        "case": show_id(card.case),
        "provable": card.provable,
        "command": visit.texts("ledger.command", name=f"{number}.zip"),
        "evidence": may(visit, Deed.EVIDENCE),
    }
    return Screen(page, frozenset({f"case:{show_id(card.case)}"}), context)


def _dispatch(visit: Visit) -> DispatchId | None:
    try:
        return read_id(visit.path["dispatch"])
    except BadForm:
        return None


def _about(card: TraceCard, at: Sight) -> tuple[str, str, bool, str, str]:
    sender = at.us.short if card.ours else next((party.short for party in at.parties if not party.ours), "")
    number = at.texts("ledger.case", number=card.number) if card.number else ""
    return sender, at.texts.word("kind", card.kind), card.ours, number, card.leaf_hash


def step(one: Trace, at: Sight) -> Step:
    """Return one line of the way in words."""
    t = at.texts
    done = one.at is not None
    look, icon = ("ok", "check") if one.what in _OK else ("stop", "stop") if one.what in _STOP else ("", "half")
    time = moments.at_zone(one.at) if one.at is not None else None
    when = (
        "" if time is None else f"{time:%Y-%m-%d %H:%M:%S}" + (f".{time.microsecond // 1000:03d}" if one.exact else "")
    )
    said = [
        t.word("verdict", one.word) if t.word("ledger.word", one.word) == one.word else t.word("ledger.word", one.word)
    ]
    return Step(
        word=t.word("ledger.trace", one.what),
        look=look if done else "",
        icon=icon if done else "clock",
        log=t(f"ledger.log.{one.log or 'none'}"),
        proves=", ".join(
            part
            for part in (
                t("ledger.entry", index=one.index) if one.index is not None else "",
                t("ledger.head", size=one.size) if one.size is not None else "",
                one.role,
                one.by,
                *(said if one.word else ()),
            )
            if part
        ),
        time=when or t("ledger.waits"),
    )


async def proof(visit: Visit) -> Answer:
    """The proof of the leaf as a file."""
    dispatch = _dispatch(visit)
    body = None if dispatch is None else visit.site.traces.proof(dispatch)
    if dispatch is None or body is None:
        raise Refused(409, "not-covered", visit.texts("ledger.notyet"))
    return File(f"{show_id(dispatch)}.tlog-proof", "text/plain", body)


async def papers(visit: Visit) -> Answer:
    """Entry, proofs, receipts and keys as a zip, without content."""
    dispatch = _dispatch(visit)
    body = None if dispatch is None else visit.site.traces.papers(dispatch, visit.now)
    if dispatch is None or body is None:
        raise Refused(409, "not-covered", visit.texts("ledger.failed"))
    return File(f"{show_id(dispatch)}.zip", "application/zip", body)


# --- manifests -------------------------------------------------------------------------------------------------------


async def manifest(visit: Visit) -> Answer:
    """What both sides say that they hold, and what is missing."""
    card, at = visit.site.traces.gaps(), sight(visit)
    page = Page(
        "manifest.html",
        visit.texts("manifest.h1"),
        "manifest",
        (
            Region("days", tuple(Part(one.id, "ledger.day", one) for one in _days(card.manifests, at)) or _NO_DAY),
            Region("wanted", (Part("gap-wanted", "ledger.gaps", _gaps(card.wanted, card.wanted_count, at)),)),
            Region(
                "unreceipted",
                (Part("gap-open", "ledger.gaps", _gaps(card.unreceipted, card.unreceipted_count, at)),),
            ),
            Region(
                "quarantined",
                (Part("gap-apart", "ledger.gaps", _gaps(card.quarantined, len(card.quarantined), at)),),
            ),
        ),
    )
    return Screen(page, frozenset({"log", "link"}))


_NO_DAY = (Part("day-none", "ledger.day_none", None),)


def _days(manifests: tuple[ManifestLine, ...], at: Sight) -> tuple[Day, ...]:
    us, them = at.us.short, next((party.short for party in at.parties if not party.ours), "")
    t = at.texts
    return tuple(
        Day(
            id=f"md-{'o' if one.ours else 't'}-{one.at}",
            day=one.day,
            party=us if one.ours else them,
            ours=one.ours,
            own=t.number(one.own_size),
            other=t.number(one.other_size),
            open=f"{one.own_open} / {one.other_open}",
            differs=one.differs or ("" if one.ours else t("manifest.same")),
        )
        for one in manifests
    )


def _gaps(lines: tuple[GapLine, ...], count: int, at: Sight) -> tuple[tuple[Gap, ...], str]:
    t = at.texts
    shown = tuple(
        Gap(
            t("manifest.entry", index=t.number(one.index)),
            t.word("manifest.lane", str(one.lane)),
            t("manifest.since", time=moments.moment(one.since, at.now, t)),
            one.code,
        )
        for one in lines
    )
    return shown, t("manifest.more", count=t.number(count), shown=len(lines)) if count > len(lines) else ""


ROUTES = (
    ScreenRoute("GET", "/ledger/dispatch/{dispatch:str}", Deed.PROOF, trace, about="dispatch", about_kind="dispatch"),
    ScreenRoute(
        "GET", "/ledger/dispatch/{dispatch:str}/proof", Deed.PROOF, proof, about="dispatch", about_kind="dispatch"
    ),
    ScreenRoute(
        "GET", "/ledger/dispatch/{dispatch:str}/papers", Deed.PROOF, papers, about="dispatch", about_kind="dispatch"
    ),
    ScreenRoute("GET", "/manifest", Deed.LEDGER, manifest),
)
