"""How a run is spread over its workers.

The rule it keeps: a file stays with one worker (`--dist loadfile --no-loadscope-reorder`), so that what its module sets
up, nodes or a browser, is set up once; what takes longest begins first. Files whose tests share nothing are divided, and come last,
where they fill what the long ones leave. What is counted for its coverage keeps its order and is split (`worksteal`).
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

FIRST = (
    "tests/demo/test_demo.py",
    "tests/demo/test_staying_up.py",
    "tests/browser/test_look.py",
    "tests/kills/test_kills.py",
    "tests/kills/",
    "tests/browser/",
    "tests/operator/",
    "tests/web/",
    "tests/demo/",
    "tests/simulation/",
)
"""Files and folders that take longest; the rest of the demo's come when its day has been played."""

DIVIDED = frozenset({"tests/simulation/test_worlds.py"})
"""Files whose tests share nothing and may go to any worker."""


def rank(nodeid: str) -> int:
    """Return where a test stands in a run: the lowest begins first."""
    path = nodeid.partition("::")[0]
    if path in DIVIDED:
        return len(FIRST) + 1
    whole = [place for place, one in enumerate(FIRST) if one == path]
    return (whole or [place for place, one in enumerate(FIRST) if path.startswith(one)] or [len(FIRST)])[0]


class Spread(LoadScopeScheduling):
    """Gives each worker a file at a time, or one test of a file that is divided."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return nodeid if path in DIVIDED else path
