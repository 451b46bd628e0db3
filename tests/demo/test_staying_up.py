"""`comity demo` for people says where both nodes are once the day is played, and stays up until it is stopped.

What it says to machines, and what stands on its boards while it stays, is looked at in `test_demo.py`.
"""

from __future__ import annotations

import re
import signal

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
