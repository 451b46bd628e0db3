"""How soon a text that one side publishes stands on the other side's open page: two real nodes, one Chromium.

    python -m tests.browser.arrival [COUNT]

Prints the median and the 95th percentile, in milliseconds, from the moment the publication is handed in at one node's door to
the change in the other side's page.
"""

from __future__ import annotations

import json
import statistics
import sys
import time

from tests.browser.chromium import launched
from tests.browser.nodes import standing, until
from tests.browser.officer import enter

OURS, THEIRS = {"desk": "requests", "number": 171}, {"desk": "requests", "number": 276}
WATCH = """() => { window.seenAt = {};
  new MutationObserver(() => { const found = /no\\. (\\d+)\\./.exec(document.getElementById('r-paras').textContent);
    if (found && !(found[1] in window.seenAt)) window.seenAt[found[1]] = Date.now(); })
    .observe(document.getElementById('r-paras'), { childList: true, subtree: true, characterData: true }); }"""


def measure(count: int) -> list[float]:
    """Return the milliseconds of each publication."""
    with standing() as stage, launched() as browser:
        us, them = stage.actors
        terms = {"sort": "review", "title": "Arrival", "language": "en", "languages": ["en"], "at": 1_783_900_800_000}
        number = us.ask("POST", "/meetings/act", {"by": OURS, "act": "call", "terms": terms})["id"]
        until(lambda: them.ask("GET", "/meetings"))
        for act in ("agree", "open"):
            them.ask("POST", "/meetings/act", {"by": THEIRS, "act": act, "meeting": number})
        until(lambda: us.ask("GET", f"/meetings/one?id={number}")["opened"])
        reader = enter(browser, them.url, THEIRS["number"], to="/meetings")  # type: ignore[arg-type]  # a number
        reader.go(f"/meetings/{number}")
        reader.page.evaluate(WATCH)
        body = {"by": OURS, "act": "text", "meeting": number, "language": "en"}
        paragraph, seen, taken = "", [], []
        for turn in range(count):
            began = time.time()
            said = us.ask(
                "POST",
                "/meetings/act",
                body | {"paragraph": paragraph, "seen": seen, "texts": {"en": f"Text no. {turn}."}},
            )
            reader.page.wait_for_function("turn => turn in window.seenAt", arg=str(turn), timeout=30_000)
            taken.append(reader.page.evaluate("turn => window.seenAt[turn]", str(turn)) - began * 1_000)
            paragraph, seen = said["paragraph"], [said["id"]]
            time.sleep(0.7)
        return taken


def main() -> None:
    """Measure and print."""
    taken = sorted(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 40))
    print(json.dumps({
        "count": len(taken), "median_ms": round(statistics.median(taken)), "p95_ms": round(taken[int(len(taken) * 0.95) - 1]),
        "most_ms": round(taken[-1]),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
