"""What several folders of tests share: one database server a run, and a new database for each test that asks for one.

While tests are found nothing is collected as garbage, and later seldom: a run holds some 13,000 tests and a thousand modules to its
end, and to walk over them again and again took a tenth of its time; what stands once all are found is not walked over at all, which
took a second and a half of each worker at its end alone. No example of a property is timed (docs/adr/0033-no-timed-tests.md), and a
release tries many more of them (docs/adr/0114-what-a-release-runs.md).
"""

from __future__ import annotations

import gc
import itertools
from pathlib import Path

import pytest

import tests.examples  # noqa: F401  how many examples a property is tried with
from tests.pgserver import Cluster
from tests.spread import Spread, rank

PROPERTIES = Path(__file__).parent / "properties"
_NUMBERS = itertools.count(1)


def pytest_addoption(parser):
    parser.addoption("--kills", type=int, default=0, help="how many kills in tests/kills; 0: a few")
    parser.addoption(
        "--kills-round", type=int, default=0, help="which round of kills: another one kills at other moments"
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection(session):
    """Find the tests without collecting garbage."""
    gc.disable()
    result = yield
    gc.enable()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    return result


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Begin what lasts longest first, and mark what stands beside properties."""
    items.sort(key=lambda item: rank(item.nodeid))
    for item in items:
        if PROPERTIES in item.path.parents and not item.get_closest_marker("hypothesis"):
            item.add_marker("beside")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Spread a run by file, but for the files that are divided."""
    return Spread(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def pg_server():
    """Give a running PostgreSQL server of this run's own."""
    cluster = Cluster.make().start()
    yield cluster
    cluster.remove()


@pytest.fixture
def pg_name(pg_server):
    """Give the name of a new, empty database."""
    name = f"node{next(_NUMBERS)}"
    pg_server.create(name)
    yield name
    pg_server.drop(name)


@pytest.fixture
def pg_names(pg_server):
    """Give the names of two new, empty databases."""
    names = [f"node{next(_NUMBERS)}" for _ in range(2)]
    for name in names:
        pg_server.create(name)
    yield names
    for name in names:
        pg_server.drop(name)


@pytest.fixture
def pg(pg_server, pg_name):
    """Give a new, empty database."""
    return pg_server.database(pg_name)
