from __future__ import annotations

import json
import time
import urllib.error
import urllib.request

import pytest

from comity.base.errors import BadConfiguration, BadForm
from comity.base.ids import Ms
from comity.edge.clock import SetClock, SystemClock
from comity.edge.clock_admin import ClockApp
from comity.edge.config import Config
from tests.unit.edge.parties import Background

MORNING = Ms(1_772_000_000_000)


class Ticks:
    """A count of nanoseconds that a test moves."""

    def __init__(self) -> None:
        self.count = 5_000_000

    def __call__(self) -> int:
        return self.count


def test_the_system_clock_counts_milliseconds():
    assert abs(SystemClock().now() - time.time() * 1000) < 1000
    assert SystemClock().seconds_until(Ms(0)) == 0
    assert 9 < SystemClock().seconds_until(Ms(SystemClock().now() + 10_000)) <= 10


def test_a_set_clock_runs_at_its_rate():
    ticks = Ticks()
    clock = SetClock(MORNING, 60, ticks)
    assert clock.now() == MORNING
    ticks.count += 1_000_000_000
    assert clock.now() == MORNING + 60_000
    assert clock.seconds_until(Ms(MORNING + 180_000)) == 2
    assert clock.seconds_until(MORNING) == 0


def test_setting_wakes_those_who_wait():
    ticks, woken = Ticks(), []
    clock = SetClock(MORNING, 1, ticks)
    clock.watch(lambda: woken.append(clock.now()))
    clock.set(Ms(MORNING + 5), 0)
    ticks.count += 10**12
    assert (clock.now(), clock.rate) == (MORNING + 5, 0)
    assert woken == [MORNING + 5]
    assert clock.seconds_until(Ms(MORNING + 6)) == float("inf")
    assert clock.seconds_until(Ms(MORNING + 5)) == 0


@pytest.mark.parametrize(("at", "rate"), [(-1, 1), (0, -1), (0, 100_001)])
def test_a_clock_that_cannot_be_is_refused(at, rate):
    clock = SetClock(MORNING, 0)
    with pytest.raises(BadForm):
        clock.set(at, rate)
    assert clock.now() == MORNING


def config(tmp_path, **more):
    return Config(folder=tmp_path, node="north.example/comity", party="north", peer="south.example/comity", **more)


def test_without_the_insecure_setting_there_is_no_way_to_set_a_clock(tmp_path):
    with pytest.raises(BadConfiguration, match="insecure_demo_clock"):
        ClockApp(SetClock(MORNING), config(tmp_path))


@pytest.fixture(scope="module")
def admin(tmp_path_factory):
    clock = SetClock(MORNING, 0)
    settings = config(tmp_path_factory.mktemp("node"), insecure_demo_clock=True)
    background = Background(lambda: ClockApp(clock, settings))
    yield background, clock
    background.stop()


def ask(port, body=None, path="/clock", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, error.read()


JSON = {"Content_Type": "application/json"}


def test_the_clock_is_read_and_set_from_this_machine(admin):
    background, clock = admin
    assert ask(background.port) == (200, {"at": clock.now(), "rate": 0})
    assert ask(background.port, b'{"at": 1772000060000, "rate": 0}', **JSON) == (200, {"at": 1772000060000, "rate": 0})
    assert clock.now() == 1772000060000


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", JSON, 400),
        (b'{"at": 1, "rate": 0, "x": 1}', JSON, 400),
        (b'{"at": -1, "rate": 0}', JSON, 400),
        (b'{"at": 1, "rate": 0}' + b" " * 5000, JSON, 400),
        (b'{"at": 1, "rate": 0}', {"Content_Type": "text/plain"}, 415),
        (b'{"at": 1, "rate": 0}', JSON | {"Origin": "http://page.example"}, 403),
        (b'{"at": 1, "rate": 0}', JSON | {"Host": "page.example"}, 403),
    ],
)
def test_other_ways_of_setting_it_are_refused(admin, body, headers, status):
    background, clock = admin
    before = clock.now()
    assert ask(background.port, body, **headers)[0] == status
    assert clock.now() == before


def test_other_paths_are_not_found(admin):
    assert ask(admin[0].port, path="/")[0] == 404
