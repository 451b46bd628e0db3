"""What the pages of consignments cost over a desk's store of years: `python -m tests.web.consignmentload`.

One node with the list runs in this process with 2,000 notifications of 40 exporters and 60 importers in four states, each in a case of its own,
and one pair of firms with a hundred. Prints for each page and role the CPU that one answer costs (all threads, asking included),
as median and worst of 40, beside a page of keys that reads nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from comity.base.ids import CaseId, DispatchId, Ms, show_id
from comity.desks.precursors.model import LineVerdict, Screened
from comity.dispatch.ports import Tx
from comity.dispatch.wire import Header
from tests.unit.desks.precursors.forms import DAY, filing
from tests.unit.edge.twofolders import question
from tests.web.desk import MADE, House, desk

LIST = Path(__file__).resolve().parents[2] / "substances"
GOODS = (
    {"substance": "acetic anhydride", "cas": "108-24-7", "hs": "2915.24", "un": "1715"},
    {"substance": "anthranilic acid", "cas": "118-92-3", "hs": "2922.43"},
    {"substance": "4-piperidone hydrochloride", "cas": "41979-39-9", "hs": "2933.39"},
    {"substance": "a solvent for cleaning", "grams": 5},
)
SCREENED = tuple(
    Screened((LineVerdict(1, "controlled" if name else "clear", name, "name"),), asymmetric=False, edition="exercise")
    for name in ("acetic-anhydride", "anthranilic-acid", "4-piperidone", "")
)
"""What the screen would say, kept as it keeps it: 2,000 durable transactions are not what is measured here."""
SPOKEN = (None, "no-objection", "enquiry", "shipped")


def _id(number: int) -> DispatchId:
    return DispatchId((MADE - 200 * DAY + number).to_bytes(6, "big") + number.to_bytes(10, "big"))


def fill(house: House, count: int, shared: CaseId) -> list[str]:
    """File notifications with the desk's own code, each with what was said of it; return the ids of the crowded pair.

    Thirty of them are in the case `shared`.
    """
    opened = house.opened()
    pens, crowded = opened.desks["precursors"], []
    with opened.node.ledger.begin() as book:
        for number in range(count):
            crowd = number % (count // 100) == 0
            firms = (0, 0) if crowd else (1 + number % 40, 1 + number * 7 % 60)
            root = _id(10 * number)
            _file(book.tx, pens, number, root, firms, shared if number % (count // 30) == 1 else None)
            crowded += [show_id(root)] if crowd else []
    return crowded


def _file(tx, pens, number: int, root: DispatchId, firms: tuple[int, int], shared: CaseId | None) -> None:
    case = shared or CaseId(root)
    at = (number % 200 - 200) * DAY // 4
    sender, taker = ("paper-office", "seal-house") if number % 2 == 0 else ("seal-house", "paper-office")
    body = {
        "state": "pre-export",
        "version": 1,
        "reference": f"P-{number}",
        "exporter": {"name": f"Tern Intermediates {firms[0]}", "address": f"Dock {firms[0]}, Ford"},
        "importer": {"name": f"Pivot Reagents {firms[1]}", "address": f"Hill Lane {firms[1]}, Crossing"},
        "lines": [{"grams": 1_000 * (number % 90 + 10), **GOODS[number % len(GOODS)]}],
        "route": {"entry": "Crossing Port"},
        "leaves": "2026-08-20",
    }
    ours = number % 2 == 0

    def say(place: int, kind: str, form: dict, *, own: bool, **more) -> None:
        agencies = (sender, taker) if own == ours else (taker, sender)
        one = filing(1, kind, form, ours=own, at=0)
        made = Ms(MADE + at + place * DAY // 8)
        header = replace(
            one.header,
            id=DispatchId(int.from_bytes(root, "big").__add__(place).to_bytes(16, "big")),
            author=replace(one.header.author, agency=agencies[0]),
            agencies=(agencies[1],),
            case=None if place == 0 and shared is None else case,
            created=made,
            **more,
        )
        pens.file(tx, replace(one, header=header, case=case, at=made))
        _row(tx, header, case, own=own)

    say(0, "pen", body, own=ours)
    pens.note_screened(tx, root, SCREENED[number % len(GOODS)], Ms(MADE))
    word = SPOKEN[number // 4 % len(SPOKEN)]
    if word == "shipped":
        day = {"day": "2026-07-12", "counts": [{"line": 1, "grams": body["lines"][0]["grams"]}]}
        say(1, "shipped", day, own=ours, re=(root,))
        say(2, "arrived-quantity", day, own=not ours, re=(root,))
    elif word is not None:
        say(1, "pen-reply", {"state": word, **({"reason": "x"} if word == "enquiry" else {})}, own=not ours, re=(root,))


def _row(tx: Tx, header: Header, case: CaseId, *, own: bool) -> None:
    """Write the node's own row of a dispatch, so that its page opens; the entries of the logs are not made."""
    place, at = 1_000_000 + int.from_bytes(header.id[6:], "big"), header.created
    if own:
        columns = "idx, id, lane, desk, case_id, sealed_sha256, decision_salt, sent_at, fact, receipt_idx, settled_at, sealed, plain"
        tx.run(
            f"INSERT INTO sent ({columns}) VALUES (?, ?, 3, 'precursors', ?, ?, ?, ?, 2, ?, ?, ?, ?)",
            (place, header.id, case, bytes(32), bytes(32), at, place, at, bytes(512), bytes(512)),
        )
    else:
        columns = "idx, id, lane, case_id, sealed_sha256, size, commitment, edition, known_at, fact, receipt_idx, settled_at, sealed, plain"
        tx.run(
            f"INSERT INTO got ({columns}) VALUES (?, ?, 3, ?, ?, 512, ?, 1, ?, 2, ?, ?, ?, ?)",
            (place, header.id, case, bytes(32), bytes(32), at, place, at, bytes(512), bytes(512)),
        )


def measure(house: House, role: str, path: str, times: int) -> tuple[float, float]:
    """Return milliseconds of CPU that an answer costs: median and worst; the clock of the pages moves on meanwhile."""
    who, spent = house.visitor(role), []
    for _ in range(times):
        begun = time.process_time()
        answer = who.get(path)
        spent.append(1_000 * (time.process_time() - begun))
        assert answer.status_code == 200, (path, answer.status_code)
    return statistics.median(spent), max(spent)


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description="What the pages of consignments cost.")
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--times", type=int, default=40)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, desk(Path(folder), far=False, lists=LIST) as house:
        shared = CaseId(house.crosses(question()))
        begun = time.process_time()
        crowded = asyncio.run_coroutine_threadsafe(
            house.running().engine.call(fill, house, asked.count, shared), house.loop
        ).result(300)
        print(f"{asked.count} notifications filed, {time.process_time() - begun:.1f} s of CPU")
        lone = show_id(_id(10 * 13))
        pages = (
            "/keys",
            "/precursors",
            "/precursors?view=all",
            f"/precursors/{lone}",
            f"/precursors/{crowded[-1]}",
            f"/case/{show_id(DispatchId(shared))}",
        )
        for role in ("duty-officer", "reviewer", "desk-lead"):
            for path in pages:
                middle, worst = measure(house, role, path, asked.times)
                print(f"{role:14} {path:48} {middle:6.1f} ms  worst {worst:6.1f} ms")


if __name__ == "__main__":
    main()
