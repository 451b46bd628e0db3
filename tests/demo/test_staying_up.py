"""`comity demo` for people says where both nodes are once the day is played, and stays up until it is stopped.

What it says to machines, and what stands on its boards while it stays, is looked at in `test_demo.py`.
"""

from __future__ import annotations

import re
import signal
from contextlib import suppress
from types import SimpleNamespace

from comity.cli.demo import command

from .visit import SOON_SECONDS, entered, staying


def test_people_read_the_workplan_first_and_find_both_pages():
    with staying("--no-attacks", "--accord", "ostrel-vanmere") as demo:
        lines: list[str] = []
        for line in demo.stdout:
            lines.append(line.rstrip())
            if "Stop with Ctrl-C" in line:
                break
        assert lines[0].strip() == "Workplan"
        assert "owner XO" in lines[1]
        assert any("F-1" in line for line in lines[:6])
        assert any("exercise edition" in line for line in lines)
        urls = [found[0] for line in lines if (found := re.search(r"http://\w+\.localhost:\d+", line))]
        assert [url.partition("//")[2].partition(".")[0] for url in urls] == ["xo", "xv"]
        assert all("F-1" in entered(url) for url in urls)
        demo.send_signal(signal.SIGINT)
        assert demo.wait(SOON_SECONDS) == 0


def test_what_asks_it_to_end_is_not_lost_where_the_interrupt_is(monkeypatch):
    """It may be raised in a clean-up, which swallows whatever is raised there."""

    class Swallows:
        def __init__(self, *_):
            pass

        def leave_open(self, _):
            with suppress(KeyboardInterrupt):
                command._interrupted(signal.SIGTERM, None)

    monkeypatch.setattr(command, "Player", Swallows)
    monkeypatch.setattr(command, "load_open", lambda data: data)
    monkeypatch.setattr(command, "_SIGNALS", [])
    runs = SimpleNamespace(process=SimpleNamespace(poll=lambda: None))
    command._stay(SimpleNamespace(actors=(runs, runs)), None, quiet=True)
    assert command._SIGNALS == [signal.SIGTERM]
