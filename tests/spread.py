"""How the run of what waits for processes and pages is spread over its workers.

The rule it keeps: a file stays with one worker (`--dist loadfile --no-loadscope-reorder`), so that what its module sets up, nodes or a
browser, is set up once; what takes longest begins first. The units, properties and vectors keep their order and are split (`worksteal`).
"""

from __future__ import annotations

FIRST = (
    "tests/demo/test_demo.py",
    "tests/demo/test_staying_up.py",
    "tests/browser/test_look.py",
    "tests/kills/test_kills.py",
    "tests/kills/",
    "tests/browser/",
    "tests/operator/",
    "tests/simulation/",
    "tests/web/",
    "tests/demo/",
)
"""Files and folders that take longest; the rest of the demo's come when its day has been played."""


def rank(nodeid: str) -> int:
    """Return where a test stands in a run: the lowest begins first."""
    path = nodeid.partition("::")[0]
    whole = [place for place, one in enumerate(FIRST) if one == path]
    return (whole or [place for place, one in enumerate(FIRST) if path.startswith(one)] or [len(FIRST)])[0]
