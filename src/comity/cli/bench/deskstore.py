"""A store as a desk has it after years: cases with their dispatches, most settled, some owed, in four scripts.

The desk's own code files each dispatch, so that lists, words and limits are the real ones; the rows of the node beside them
have the sizes of real ones. The entries of the logs are not made: screens read sizes and heads of them only.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from comity.base.ids import CaseId, Digest, DispatchId, LeafIndex, Ms, NodeName
from comity.desk import Desk, Filing
from comity.dispatch.entries import Fact
from comity.dispatch.partsrow import parts_bytes
from comity.dispatch.ports import Tx
from comity.dispatch.wire import SALT, Author, Header, Part, ReleasedBy, encode_attachments, encode_header, wire_labels
from comity.edge.search import Followed
from comity.marking.labels import LANE_OF, Urgency
from comity.marking.rules import default_label

DAY_MS = 86_400_000
_BATCH = 1_000
_FAR = 1_000_000
"""Places in the logs of what was not logged: above all that are in use."""
_OPEN_SHARE, _OURS_SHARE, _COMMON_SHARE = 0.06, 0.5, 0.4
_SYLLABLES = (
    ["ka", "to", "ri", "me", "lo", "na", "se", "vi", "du", "pa", "zo", "fe", "gu", "hi", "ja", "be", "cu", "di"],
    ["é", "ça", "où", "naï", "crè", "père", "fête"],
    ["क", "ता", "रि", "मे", "लो", "न", "से", "वि", "दू", "पा", "हर", "प्री", "त"],
    ["ਕ", "ਤਾ", "ਰਿ", "ਮੇ", "ਲੋ", "ਨ", "ਸੇ", "ਵਿ", "ਹਰ", "ਪ੍ਰੀ", "ਤ"],
)
_COMMON = [
    "the",
    "container",
    "office",
    "telephone",
    "answer",
    "number",
    "carrier",
    "date",
    "port",
    "question",
    "seal",
    "file",
    "report",
]


@dataclass(frozen=True, slots=True)
class Size:
    """How much is made: cases, dispatches in all, and the time of the newest."""

    cases: int
    dispatches: int
    until: Ms
    days: int = 365


@dataclass(frozen=True, slots=True)
class Ends:
    """Who writes to whom: agencies of both sides, workplan items, our officers' desk."""

    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    items: tuple[str, ...]
    desk: str = "requests"


def fill(store: Followed, desk: Desk, ends: Ends, size: Size, told: Callable[[int], None] = lambda _: None) -> None:
    """Write the cases; `told` hears how many dispatches there are so far.

    Args:
        store: of a node that is not running; its index follows.
        desk: the desk that keeps cases.
        ends: who writes to whom.
        size: how much.
        told: for a progress bar.
    """
    chance = random.Random(7)  # noqa: S311  the same store each time, nothing secret
    words = tuple(_vocabulary(chance))
    record = _record(store)
    made = _dispatches(chance, words, desk, ends, size)
    done = 0
    while True:
        with store.begin() as tx:
            batch = [one for _, one in zip(range(_BATCH), made, strict=False)]
            for filing, settled in batch:
                _write(tx, desk, filing, settled, done, record)
                done += 1
        told(done)
        if len(batch) < _BATCH:
            return


def _record(store: Followed) -> tuple[bytes, bytes]:
    """Return salt and record of some decision that was made here, so that each dispatch has one of the real size."""
    with store.read() as tx:
        rows = tx.rows("SELECT salt, record FROM record WHERE kind = 'sent' LIMIT 1")
    salt, record = rows[0] if rows else (bytes(32), b"")
    assert isinstance(salt, bytes)
    assert isinstance(record, bytes)
    return salt, record


def _vocabulary(chance: random.Random) -> Iterator[str]:
    """Yield 6,000 words that mean nothing, two thirds of them in Latin letters."""
    for place in range(6_000):
        script = _SYLLABLES[(0, 0, 0, 1, 2, 3)[place % 6]]
        yield "".join(chance.choices(script, k=chance.randint(2, 4)))


def _sentence(chance: random.Random, words: tuple[str, ...], length: int) -> str:
    return " ".join(
        chance.choice(_COMMON) if chance.random() < _COMMON_SHARE else chance.choice(words) for _ in range(length)
    )


def _dispatches(
    chance: random.Random, words: tuple[str, ...], desk: Desk, ends: Ends, size: Size
) -> Iterator[tuple[Filing, bool]]:
    """Yield dispatches in the order of time, each with whether all about it is settled."""
    each = max(1, size.dispatches // size.cases)
    begins = [size.until - size.days * DAY_MS + case * size.days * DAY_MS // size.cases for case in range(size.cases)]
    plans: list[tuple[int, int, int]] = []
    for case, start in enumerate(begins):
        step = min(DAY_MS, max(1, (size.until - start) // (each + 1)))
        plans += [(start + place * step, case, place) for place in range(each)]
    plans.sort()
    openers: dict[int, tuple[Header, bool, bool]] = {}
    for number, (at, case, place) in enumerate(plans):
        known = openers.get(case)
        ours = chance.random() < _OURS_SHARE if known is None else (place % 2 == 0) == known[1]
        still = chance.random() < _OPEN_SHARE if known is None else known[2]
        kind, form = _form(chance, words, place, last=place == each - 1 and each > 1, open_=still)
        header = _header(number, Ms(at), ours, kind, ends, chance, known[0] if known is not None else None)
        if known is None:
            openers[case] = header, ours, still
        opener = openers[case][0]
        body = desk.compose(kind, form)
        filing = Filing(
            ours=ours,
            header=header,
            body=body,
            case=CaseId(opener.id),
            at=Ms(at),
            index=None if ours else LeafIndex(_FAR + number),
            admitted=True,
        )
        yield filing, not (still and place == 0)


def _form(
    chance: random.Random, words: tuple[str, ...], place: int, *, last: bool, open_: bool
) -> tuple[str, dict[str, Any]]:
    text = _sentence(chance, words, chance.randint(12, 60)) + f" {chance.randint(1_000_000, 9_999_999)}"
    if place == 0:
        return "rfi", {
            "title": _sentence(chance, words, 7),
            "text": text,
            "asks": ["document"],
            "records": ["registration"],
            "own_power": "own law, article 4",
            "reason": _sentence(chance, words, 5),
        }
    if last and not open_:
        return "answer", {"state": "final", "text": text}
    return "message", {"text": text}


def _header(  # noqa: PLR0917  the fields that differ
    number: int,
    at: Ms,
    ours: bool,  # noqa: FBT001  a column's value
    kind: str,
    ends: Ends,
    chance: random.Random,
    opener: Header | None,
) -> Header:
    sender, receiver = (ends.ours, ends.theirs) if ours else (ends.theirs, ends.ours)
    pair = (chance.choice(sender), chance.choice(receiver))
    if opener is not None:
        same = (opener.author.agency, opener.agencies[0])
        pair = same if same[0] in sender else same[::-1]
    urgency = (
        chance.choice((Urgency.URGENT, Urgency.NORMAL, Urgency.NORMAL, Urgency.FORMAL))
        if opener is None
        else opener.urgency
    )
    return Header(
        id=DispatchId(int(at).to_bytes(6, "big") + number.to_bytes(10, "big")),
        sender=NodeName("ours.example/comity" if ours else "theirs.example/comity"),
        receiver=NodeName("theirs.example/comity" if ours else "ours.example/comity"),
        author=Author(pair[0], "officer"),
        agencies=(pair[1],),
        desk=ends.desk,
        kind=kind,
        version=1,
        case=None if opener is None else CaseId(opener.id),
        re=(opener.id,) if opener is not None and kind == "answer" else (),
        after=(),
        lane=LANE_OF[urgency],
        purpose="fraud",
        basis=(),
        labels=wire_labels(default_label("fraud", pair[0])),
        created=at,
        answer_by=None,
        accord=Digest(bytes(32)),
        replaces=None,
        workplan_item=chance.choice(ends.items) if opener is None else opener.workplan_item,
        workplan_reason="",
        released_by=ReleasedBy(ends.desk, 101, None),
        conduct=None,
        urgency=urgency,
    )


def _write(  # noqa: PLR0917  one row after another
    tx: Tx,
    desk: Desk,
    filing: Filing,
    settled: bool,  # noqa: FBT001  how it stands
    number: int,
    record: tuple[bytes, bytes],
) -> None:
    id_, at, place = filing.header.id, filing.at, _FAR + number
    desk.file(tx, filing)
    desk.settle(tx, id_, int(Fact.FILED), None, Ms(at + 2_000))
    if settled:
        desk.settle(tx, id_, int(Fact.SEEN), None, Ms(at + 60_000))
    common = (id_, int(filing.header.lane), filing.case, bytes(32))
    plain = _plain(filing)
    if filing.ours:
        tx.run(
            "INSERT INTO sent (id, idx, lane, desk, case_id, sealed_sha256, decision_salt, sent_at, fact, receipt_idx,"
            " arrived_at, settled_at, seen_at, sealed, plain) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 2, ?, ?, ?, ?, ?, ?)",
            (
                id_, place, common[1], filing.header.desk, filing.case, bytes(32), bytes(32), at, place, at + 2_000,
                at + 2_000, at + 60_000, bytes(512), plain,
            ),
        )  # fmt: skip
    else:
        tx.run(
            "INSERT INTO got (idx, id, lane, case_id, sealed_sha256, size, commitment, edition, known_at, fact, receipt_idx,"
            " arrived_at, settled_at, seen_at, sealed, plain) VALUES (?, ?, ?, ?, ?, 512, ?, 1, ?, 2, ?, ?, ?, ?, ?, ?)",
            (
                place, id_, common[1], filing.case, bytes(32), bytes(32), at, place, at + 2_000, at + 2_000, at + 60_000,
                bytes(512), plain,
            ),
        )  # fmt: skip
    if record[1]:
        tx.run(
            "INSERT INTO record (idx, kind, dispatch, salt, record, at) VALUES (?, ?, ?, ?, ?, ?)",
            (10 * _FAR + number, "sent" if filing.ours else "received", id_, *record, at),
        )


def _plain(filing: Filing) -> bytes:
    """Return the four parts as the node keeps them, so that a page reads them as what they are; their salts are nothing."""
    header, body, attachments = encode_header(filing.header), filing.body, encode_attachments(())
    made = tuple(Part(bytes(SALT), content) for content in (header, body, attachments, b""))
    return parts_bytes((made[0], made[1], made[2], made[3]))
