"""How one run spreads the suite over its workers, and in which tests it traces branches.

The rule it keeps: a file stays with one worker (`--dist loadfile --no-loadscope-reorder`), so that what its module sets up, nodes or a
browser, is set up once; what waits long for processes begins first, and what only computes fills the gaps; branches are traced under
`MEASURED` alone.
"""

from __future__ import annotations

import pytest

MEASURED = ("tests/unit/", "tests/properties/", "tests/vectors/")
"""These must cover the core by themselves; to trace what else runs through it makes that half slower again."""
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


class Tracing:
    """Turns the tracing of branches off and on as other tests and those under `MEASURED` come."""

    def __init__(self, controller) -> None:
        self._controller = controller
        self._on = True

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        """Trace a test, its fixtures included, where it counts."""
        self._turn(on=item.nodeid.startswith(MEASURED))
        return (yield)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtestloop(self):
        """Leave it on at the end, as whoever writes the figures expects."""
        result = yield
        self._turn(on=True)
        return result

    def _turn(self, *, on: bool) -> None:
        if on != self._on:
            (self._controller.resume if on else self._controller.pause)()
            self._on = on
