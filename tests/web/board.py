"""A board that keeps its own invariants: what it shows it has stored, its logs only grow, its proofs are really checked.

Two invented states, Auria (XA, ours) and Borea (XB). Every mutation raises the change number; a fault in a test's story
(an id twice, a receipt before its dispatch) is an error here, not a strange page there.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace

from comity.base.ids import CaseId, DispatchId, LeafIndex, Ms
from comity.screen import (
    BodyLine,
    CaseCard,
    DispatchCard,
    LawCard,
    LinkCard,
    LogCard,
    MarkLine,
    PartyCard,
    Proof,
    ProofStep,
    Removal,
    StateTimes,
    VerdictLine,
    WaitingCard,
    WorkItem,
)
from tests.web.statute import EDITIONS

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY_START = Ms(1_783_900_800_000)  # Monday 13 July 2026, 00:00 UTC
AURIA = PartyCard("XA", "Auria", "Aurin", "America/Halifax", 8 * 60 + 30, 17 * 60, "Duty officer 2", ours=True)
BOREA = PartyCard("XB", "Borea", "Borhaven", "Asia/Kathmandu", 9 * 60 + 30, 18 * 60, "Duty officer 4", ours=False)
AIMS = {
    "W-1": "precursors and illegal drugs stopped before they land",
    "W-2": "organised-crime networks found early",
    "W-3": "cyber threats warned of in time",
    "W-4": "fraud and false papers in migration",
    "W-5": "violent threats to life answered in hours",
}
OWNERS = {
    "W-1": ("Health Office", "Narcotics Bureau"),
    "W-2": ("Federal Police", "Investigation Bureau"),
    "W-3": ("Cyber Centre", "Network Response"),
    "W-4": ("Border Office", "Migration Bureau"),
    "W-5": ("Federal Police", "Central Police"),
}
EMPTY = StateTimes(None, None, None, None, None, None, None, None, None, None)
LABEL = ("H1", "H2", "no-third-state", "lead-only")


class Clock:
    """Time as the test sets it."""

    def __init__(self, now: int) -> None:
        self.now = Ms(now)

    def __call__(self) -> Ms:
        return self.now


class Count:
    """The change number; `rise` is called on the event loop's thread."""

    def __init__(self) -> None:
        self.number = 0
        self._waiting: list[asyncio.Future[int]] = []

    def rise(self) -> None:
        self.number += 1
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(self.number)

    async def next(self, after: int) -> int:
        while self.number <= after:
            future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            await future
        return self.number


def leaf_hash(row: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + row).digest()


def root_of(leaves: list[bytes]) -> bytes:
    """RFC 6962 2.1, on leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + root_of(leaves[:split]) + root_of(leaves[split:])).digest()


def verdict(party: str, effect: str = "permit", act: str = "clear", **more: object) -> VerdictLine:
    sentence = {
        "permit": "Police may share this for the stated purpose under the arrangement.",
        "permit-with": "May go once the identity of the person threatened is taken out.",
        "refer": "Needs a court order first. Nothing may be sent on this request as it stands.",
        "refuse": "The question is wider than the offence; it may not be answered.",
    }[effect]
    line = VerdictLine(
        party, act, effect, sentence, (f"Data Act s. 8(2) ({party})", "Accord art. 6"), ("T", "accord"), None, "5b0e77c10d2f4a9b", exercise=True, known=True
    )  # fmt: skip
    return replace(line, **more)  # type: ignore[arg-type]  # a test's own fields


class Board:
    """What a node would show; see the module."""

    def __init__(self, clock: Clock, count: Count) -> None:
        self._clock, self._count = clock, count
        self._cards: dict[DispatchId, DispatchCard] = {}
        self._rows: dict[DispatchId, bytes] = {}
        self._leaves: dict[bool, list[bytes]] = {True: [], False: []}
        self._cosigned: dict[bool, tuple[int, bytes, Ms | None]] = {
            True: (0, root_of([]), None),
            False: (0, root_of([]), None),
        }
        self._titles: dict[CaseId, tuple[str, str, str | None, int]] = {}
        self._link = LinkCard("up", DAY_START, DAY_START, 0, None, "")
        self._waiting = WaitingCard((), (), (), (), (), None)
        self._marks: dict[bool, tuple[MarkLine, ...]] = {True: (), False: ()}
        self.editions: tuple[LawCard, ...] = EDITIONS
        self.reads = 0
        self.proofs = 0

    # ---- the story, told by a test ----
    def open_case(self, number: int, title: str, item: str | None, urgency: int) -> CaseId:
        case = CaseId(number.to_bytes(16, "big"))
        assert case not in self._titles
        self._titles[case] = (f"XA-2026-{400 + number:04d}", title, item, urgency)
        return case

    def add(self, case: CaseId, at: int, kind: str, *, ours: bool, **more: object) -> DispatchId:
        assert case in self._titles, "a dispatch belongs to a case"
        assert at <= self._clock.now, "nothing comes from the future"
        number, title, item, urgency = self._titles[case]
        dispatch = DispatchId(int(at).to_bytes(6, "big") + len(self._cards).to_bytes(10, "big"))
        us, them = ("XA", "XB") if ours else ("XB", "XA")
        owner = OWNERS.get(item or "", ("Federal Police", "Central Police"))
        agencies = owner if ours else owner[::-1]
        times = replace(EMPTY, sent=Ms(at), cosigned=Ms(at + 1200), arrived=Ms(at + 60_000))
        card = DispatchCard(
            id=dispatch, ours=ours, kind=kind, stage="", case=case, case_number=number, title=title, item=item,
            item_reason="" if item else "posting", purpose="extortion-threat-to-life", urgency=urgency,
            from_party=us, to_party=them, from_agency=agencies[0], to_agencies=(agencies[1],),
            released_by="desk requests, officer 7, delegation D-3", label=LABEL, times=times, due=None,
            due_what="full answer", overdue=False, overdue_of=None,
            verdicts=(verdict(us), verdict(them, act="admit")), removals=(), body=(BodyLine("Text", title, None, None),),
            index=None, receipt_index=None,
        )  # fmt: skip
        self._store(replace(card, **more))  # type: ignore[arg-type]  # a test's own fields
        return dispatch

    def _store(self, card: DispatchCard) -> None:
        assert card.id not in self._cards, "a dispatch is stored once"
        row = repr((card.id, card.kind, card.title, card.body)).encode()
        leaves = self._leaves[card.ours]
        leaves.append(leaf_hash(row))
        self._rows[card.id] = row
        self._cards[card.id] = replace(card, index=LeafIndex(len(leaves) - 1))
        self._cosigned[card.ours] = (len(leaves), root_of(leaves), card.times.cosigned)
        self._count.rise()

    def change(self, dispatch: DispatchId, **times: int | str) -> None:
        """Note facts of a dispatch; none before it was sent."""
        card = self._cards[dispatch]
        assert all(value >= (card.times.sent or 0) for value in times.values() if isinstance(value, int))
        self._cards[dispatch] = replace(card, times=replace(card.times, **times))  # type: ignore[arg-type]  # as above
        self._count.rise()

    def settle(self, dispatch: DispatchId, at: int) -> None:
        self._cards[dispatch] = replace(self._cards[dispatch], due=None)
        self.change(dispatch, answered=at)

    def set_link(self, state: str, reason: str = "", waiting: int = 0) -> None:
        oldest = self._clock.now if waiting else None
        self._link = LinkCard(state, self._clock.now, self._clock.now, waiting, oldest, reason)
        self._count.rise()

    def wait(self, card: WaitingCard) -> None:
        self._waiting = card
        self._count.rise()

    def mark(self, index: int, kind: str, *, ours: bool) -> None:
        """A leaf that says in words what happened; of theirs the time is not known."""
        mark = MarkLine(LeafIndex(index), kind, self._clock.now if ours else None)
        self._marks[ours] = (mark, *self._marks[ours])
        self._count.rise()

    def tell_law(self, dispatch: DispatchId, law: object) -> None:
        """What the law's part in a dispatch is; shown on its own page alone."""
        self._cards[dispatch] = replace(self._cards[dispatch], law=law)  # type: ignore[arg-type]  # a LawPart
        self._count.rise()

    def alter(self, dispatch: DispatchId) -> None:
        """The operator's own hand in the store: the row changes, no log does, no change is counted."""
        self._rows[dispatch] += b" and so on"

    # ---- what `comity.screen.Board` asks ----
    def parties(self) -> tuple[PartyCard, ...]:
        return AURIA, BOREA

    def workplan(self, now: Ms) -> tuple[WorkItem, ...]:
        return tuple(self._item(item, now) for item in AIMS)

    def _item(self, item: str, now: Ms) -> WorkItem:
        cards = [self._seen(c, now) for c in self._cards.values() if c.item == item]
        late = [c for c in cards if c.overdue]
        owners = tuple(zip(("XA", "XB"), OWNERS[item], strict=True))
        owing = tuple(dict.fromkeys(c.to_party for c in late))
        return WorkItem(
            item, AIMS[item], owners, len(cards), len(late), owing, "30 Sep", "every answer within its limit"
        )

    def cases(
        self, now: Ms, only: Iterable[CaseId] | None = None, *, newest: int | None = None
    ) -> tuple[CaseCard, ...]:
        del newest
        self.reads += 1
        wanted = self._titles if only is None else set(only)
        cards = [self._case(case, now) for case in wanted if any(c.case == case for c in self._cards.values())]
        return tuple(sorted(cards, key=lambda c: (not c.overdue, c.due is None, c.due or 0)))

    def _case(self, case: CaseId, now: Ms) -> CaseCard:
        number, title, item, urgency = self._titles[case]
        inside = tuple(sorted((self._seen(c, now) for c in self._cards.values() if c.case == case), key=lambda c: c.id))
        due = min((c.due for c in inside if c.due is not None), default=None)
        state = "open" if due is not None else "answered"
        return CaseCard(case, number, title, item, urgency, state, due, any(c.overdue for c in inside), inside)

    def _seen(self, card: DispatchCard, now: Ms) -> DispatchCard:
        late = card.due is not None and card.due <= now
        return replace(card, overdue=late, overdue_of=card.to_party if late else None)

    def dispatch(self, dispatch: DispatchId, now: Ms) -> DispatchCard | None:
        card = self._cards.get(dispatch)
        return None if card is None else self._seen(card, now)

    def link(self) -> LinkCard:
        return self._link

    def logs(self) -> tuple[LogCard, ...]:
        return (
            self._log("xa.example/comity/log/1", "exchange", ours=True),
            self._log("xb.example/comity/log/1", "mirror", ours=False),
            LogCard("xa.example/comity/decision/1", "decision", 3, "9f3c" * 16, 0, None, (), ()),
        )

    def _log(self, origin: str, role: str, *, ours: bool) -> LogCard:
        size, _, at = self._cosigned[ours]
        leaves = self._leaves[ours]
        key = f"{origin}+3c1f0a77+AVG4mC1n0dWZrr0nEw4l6v8k9yq3m2o1Zt7s5d3f1a9B"
        keys = (key,), (key.replace("log", "mirror"),)
        return LogCard(origin, role, len(leaves), root_of(leaves).hex(), size, at, *keys, self._marks[ours])

    def laws(self) -> tuple[LawCard, ...]:
        return self.editions

    def waiting(self, now: Ms) -> WaitingCard:
        return self._waiting

    def prove(self, dispatch: DispatchId, now: Ms) -> Proof | None:
        card = self._cards.get(dispatch)
        if card is None or card.index is None:
            return None
        self.proofs += 1
        leaves, (size, root, _) = self._leaves[card.ours], self._cosigned[card.ours]
        leaf = leaf_hash(self._rows[dispatch])
        same = leaf == leaves[card.index]
        rebuilt = root_of([*leaves[: card.index], leaf, *leaves[card.index + 1 :]][:size])
        steps = (
            ProofStep("Row to leaf", same, f"The stored row hashes to {leaf.hex()[:8]}, leaf {card.index} is {leaves[card.index].hex()[:8]}."),
            ProofStep("Leaf in the tree", rebuilt == root, f"Leaf {card.index} of {size} gives root {rebuilt.hex()[:8]}; the signed root is {root.hex()[:8]}."),
            ProofStep("Checkpoint signed", True, "Ed25519 and ML-DSA-44 of the sender, both good."),
            ProofStep("Co-signed by the other side", True, "Both co-signatures over the same root are good."),
        )  # fmt: skip
        return Proof(steps, now, 412)


def log_files(served: dict[tuple[str, str], bytes]) -> Callable[[str, str], bytes | None]:
    return lambda origin, path: served.get((origin, path))


def tell_day(board: Board) -> dict[str, DispatchId]:
    """A day as the demo has one: five cases, every kind of verdict, removals, one late answer, one recall."""
    at = lambda hour, minute=0: DAY_START + hour * HOUR + minute * MINUTE  # noqa: E731  a clock face
    told: dict[str, DispatchId] = {}
    threat = board.open_case(1, "A garage owner is told to pay or be shot", "W-5", 0)
    told["ask"] = board.add(
        threat, at(2, 10), "rfi", ours=True, due=Ms(at(10, 11)), label=("H1", "H3", "lead-only", "no-contact-with-subject"),
        verdicts=(verdict("XA", "permit-with"), verdict("XB", act="admit")),
        removals=(Removal("victim-data", "complainant", "XA"),),
        body=(BodyLine("Question", "Two numbers, +999 555-0123 and one caller by internet. Whose are they, and are they live?", None, None),
              BodyLine("Complainant", "", "victim-data", None)),
    )  # fmt: skip
    board.change(told["ask"], filed=at(2, 12), seen=at(2, 34))
    told["hold"] = board.add(threat, at(3, 25), "answer", ours=False, stage="holding", label=("H2", "4x4 B3"))
    told["part"] = board.add(
        threat, at(4, 50), "answer", ours=False, stage="part", label=("H1", "H2", "lead-only", "4x4 B2"),
        removals=(Removal("national-number", "form", "XB"),),
        body=(BodyLine("Answer", "Number 1 is dormant since May. Number 2 is in use, in one region only.", None, None),
              BodyLine("Name as held", "तरंग फ़्रेट", None, "hi"), BodyLine("Identity number", "", "national-number", None)),
    )  # fmt: skip
    board.change(told["part"], filed=at(4, 52), seen=at(5, 24))
    told["list"] = board.add(
        threat, at(5, 20), "rfi", ours=False, label=("H1", "H3"), body=(BodyLine("Question", "The member list of the shopkeepers' association.", None, None),),
        verdicts=(verdict("XB"), verdict("XA", "refuse", "admit", ground="disproportionate")),
    )  # fmt: skip
    board.settle(told["list"], at(5, 48))
    told["refusal"] = board.add(threat, at(5, 48), "refusal", ours=True, label=("H2",))
    paper = board.open_case(2, "Is the letter of acceptance L1 genuine?", "W-4", 2)
    told["late"] = board.add(paper, at(9) - 7 * 24 * HOUR, "rfi", ours=False, due=Ms(at(9)))
    board.change(told["late"], seen=at(10) - 7 * 24 * HOUR)
    told["reminder"] = board.add(paper, at(5, 5), "reminder", ours=False)
    cyber = board.open_case(3, "Loader seen at a power distributor; three addresses, two domains", "W-3", 1)
    told["cyber"] = board.add(
        cyber, at(7, 20), "spontaneous", ours=False, label=("TLP:AMBER+STRICT", "PAP:AMBER", "6x6 B2"), removals=(Removal("victim-data", "target", "XB"),),
        body=(BodyLine("Addresses", "198.51.100.7, 203.0.113.9 and 2001:db8::17", None, None), BodyLine("Domains", "cdn.example.net and updates.example.org", None, None)),
        verdicts=(verdict("XB", "permit-with"), verdict("XA", "permit", "admit", marks=("S", "M"))),
    )  # fmt: skip
    told["recalled"] = board.add(cyber, at(7, 40), "message", ours=False, label=("TLP:GREEN",))
    board.change(told["recalled"], recalled=at(8, 5))
    drugs = board.open_case(4, "200 kg of a controlled precursor to a parcel agent", "W-1", 1)
    told["drugs"] = board.add(
        drugs,
        at(4, 40),
        "spontaneous",
        ours=False,
        due=Ms(at(12, 40)),
        verdicts=(verdict("XB"), verdict("XA", "refer", "admit")),
    )
    told["quarantined"] = board.add(drugs, at(6, 10), "rfi", ours=True)
    board.change(told["quarantined"], quarantined=at(6, 12), code="bad-envelope")
    told["posting"] = _tell_posting(board)
    return told


def _tell_posting(board: Board) -> DispatchId:
    post = board.open_case(5, "Posting of liaison officers", None, 2)
    return board.add(
        post,
        DAY_START + HOUR,
        "posting",
        ours=True,
        stage="nominated",
        verdicts=(
            verdict("XA"),
            verdict("XB", act="admit", known=False, sentence="Their law admitted it; its reasons stay with them."),
        ),
    )
