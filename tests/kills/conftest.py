"""Two real nodes to be killed, over either store."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from comity.base.ids import Ms
from comity.cli.demo.stage import build, find_data

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def stage(request, tmp_path):
    """Give two running nodes, both with files or both with databases."""
    tmp_path.chmod(0o700)
    databases = None
    if request.param == "postgresql":
        server, names = request.getfixturevalue("pg_server"), request.getfixturevalue("pg_names")
        parties = find_data(ROOT, "india-canada").terms.party
        databases = {party.id: server.address(name) for party, name in zip(parties, names, strict=True)}
    made = build(
        tmp_path, find_data(ROOT, "india-canada"), Ms(int(time.time() * 1000)), tick_ms=0, real_clock=True,
        databases=databases,
    )  # fmt: skip
    made.start()
    yield made
    made.stop()


@pytest.fixture
def kills(request):
    """Say how many kills: a few here, many in `make trial`."""
    return asked(request) or (6 if "sqlite" in request.node.name else 3)


@pytest.fixture
def pause(request):
    """Say how long an officer waits before the next form, seconds: as good as not at all in `make trial`."""
    return 0.004 if asked(request) else 0.02


def asked(request):
    return request.config.getoption("kills")
