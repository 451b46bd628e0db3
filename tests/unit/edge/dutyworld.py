"""A node of the two invented states with duty and tasks: its roster has a desk lead and shifts, its folder is a test's own."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path

from comity.base.ids import Ms
from comity.dispatch.states import Officer
from comity.edge.athome import home_of
from comity.edge.clock import SetClock
from comity.edge.door import Door
from comity.edge.listener import serve_socket
from comity.edge.showing import make_board
from comity.edge.staffing import Staffing
from tests.unit.edge.driven import engine_of, run
from tests.unit.edge.twofolders import MADE, copy_of, opened, paired
from tests.unit.node.world import exchange

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
NOW = Ms(MADE + 6 * HOUR)
"""13 July 2026, a Monday, 06:00 UTC; the office of XO opens at 05:00 UTC, 08:00 by its clock."""
LEAD, NIGHT, DUTY, CLERK = (Officer("requests", number) for number in (18, 20, 11, 13))
MORE = """
[[officer]]
party = "xo"
desk = "requests"
number = 18
agency = "harbour-watch"
roles = ["desk-lead"]

[[officer]]
party = "xo"
desk = "requests"
number = 20
agency = "harbour-watch"
roles = ["duty-officer"]

[[on_call]]
party = "xo"
role = "duty-officer"
number = 11
zone = "Etc/GMT-3"
opens = "16:00"
closes = "00:00"

[[on_call]]
party = "xo"
role = "duty-officer"
number = 20
zone = "Etc/GMT-3"
opens = "00:00"
closes = "08:00"
"""
MINT = """
[[agency]]
id = "mint"
name = { en = "Mint of Ostrel" }
desks = []
sends = []
"""


def world(tmp_path: Path):
    """Return both opened nodes, linked; whoever asks closes their stores."""
    base = copy_of(paired(), tmp_path)
    for name in ("ostrel", "vanmere"):
        roster = base / name / "roster.toml"
        text = roster.read_text()
        roster.write_text(text + (MORE if "number = 18" not in text else ""))
    registry = base / "ostrel" / "registry.toml"
    registry.write_text(registry.read_text() + MINT)
    both = opened(base, "ostrel"), opened(base, "vanmere")
    exchange(both[0].node, both[1].node, MADE)
    return both


def staffing(one) -> Staffing:
    found = Staffing.of(one)
    assert found is not None
    return found


class Knock:
    """The door of one node at a time that stands."""

    def __init__(self, one, now: Ms = NOW) -> None:
        self.one, self.now = one, now

    def __call__(self, *asks):
        """Make requests (method, path, body) in order on one running engine; return (status, answer) of each."""
        return run(self._play(asks))

    async def _play(self, asks):
        with engine_of(self.one.node, SetClock(self.now, 0)) as engine:
            path = self.one.config.folder / "duty.sock"
            listening = socket.socket(socket.AF_UNIX)
            listening.bind(str(path))
            listening.listen()
            staff = staffing(self.one)
            asked = self.one.desks["requests"].asked
            door = Door(engine, make_board(self.one), asked, further=staff.routes(engine), home=home_of(staff))
            listener = await serve_socket(door, listening, stop_seconds=1)
            try:
                return [await self._ask(path, *one) for one in asks]
            finally:
                await listener.stop()
                path.unlink()

    @staticmethod
    async def _ask(path, method, target, body=None):
        reader, writer = await asyncio.open_unix_connection(str(path), limit=1 << 22)
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {len(content)}\r\n\r\n"
        writer.write(head.encode() + content)
        answer = await reader.read()
        writer.close()
        lines, _, rest = answer.partition(b"\r\n\r\n")
        return int(lines.split()[1]), json.loads(rest)


def by(officer: Officer) -> dict[str, object]:
    return {"desk": officer.desk, "number": officer.number}
