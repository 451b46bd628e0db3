"""Two running nodes that send files: the way of an officer to the door, and a scan that looks for one word."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from pathlib import Path

from comity.cli.demo.ports import free_ports
from comity.cli.doorway import ask
from comity.edge.files import SOCKET
from comity.edge.running import start
from tests.unit.edge.driven import until as _until
from tests.unit.edge.test_running import setting

PATIENCE = 120
"""Seconds after which something is said never to come; on a quiet machine each of these takes a fraction of one."""
BY = {"desk": "requests", "number": 13}
THEIRS = {"desk": "requests", "number": 33}
SCAN = "import sys; d = sys.stdin.buffer.read(); sys.exit(1 if b'EICAR' in d else 3 if b'BREAKS' in d else 0)"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"1 0 obj << /Type /Catalog >> endobj\n" * 40 + b"%%EOF\n"


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 2 * PATIENCE))


async def until(condition) -> None:
    await _until(condition, PATIENCE)


def scan_setting(code: str = SCAN) -> str:
    return json.dumps([sys.executable, "-c", code])


@contextlib.asynccontextmanager
async def nodes(base: Path, **more):
    """Run both; the second can call the first and the first the second."""
    [port] = free_ports(1)
    common = {"scan_command": scan_setting(), "files_reserve_mib": 0} | more
    far = await start(setting(base, "vanmere", peer_addresses=f'["https://127.0.0.1:{port}"]', **common))
    near = await start(
        setting(
            base, "ostrel", exchange_port=port, peer_addresses=f'["https://127.0.0.1:{far.exchange_port}"]', **common
        )
    )
    try:
        yield near, far
    finally:
        await near.stop()
        await far.stop()


async def asked(base: Path, name: str, method: str, path: str, body: object = None):
    return await asyncio.to_thread(ask, base / name, method, path, body)


async def put(base: Path, name: str, path: str, body: bytes):
    """Send raw bytes to a door; return status and JSON."""
    reader, writer = await asyncio.open_unix_connection(str(base / name / SOCKET))
    head = b"POST %s HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % (
        path.encode(),
        len(body),
    )
    writer.write(head + body)
    said = await reader.read()
    writer.close()
    return int(said.split(b" ", 2)[1]), json.loads(said.partition(b"\r\n\r\n")[2])


async def begin(base: Path, name: str, size: int, media="application/pdf", files="", by=BY, node="ostrel"):
    body = {"name": name, "size": size, "media": media, "files": files, "by": by}
    said = await asked(base, node, "POST", "/files/begin", body)
    return said["files"], said["list"][-1]["number"]


def place(files: str, number: int, offset: int, by=BY) -> str:
    return f"/files/add?files={files}&number={number}&offset={offset}&desk={by['desk']}&officer={by['number']}"


async def add(base: Path, name: str, data: bytes, media="application/pdf", files="", step: int = 1 << 20) -> str:
    """Add a file whole and wait until it was looked into; return its number."""
    files, number = await begin(base, name, len(data), media, files)
    for at in range(0, len(data), step):
        status, said = await put(base, "ostrel", place(files, number, at), data[at : at + step])
        assert status == 200, said
    await looked(base, files)
    return files


async def state(base: Path, files: str, by=BY) -> list[dict]:
    said = await asked(base, "ostrel", "GET", f"/files/state?files={files}&desk={by['desk']}&officer={by['number']}")
    return said["list"]


async def looked(base: Path, files: str) -> list[dict]:
    async with asyncio.timeout(PATIENCE):
        while True:
            rows = await state(base, files)
            if all(row["state"] not in {"coming", "whole"} for row in rows):
                return rows
            await asyncio.sleep(0.01)


def form(files: str, **more) -> dict:
    body = {
        "title": "Is paper 88 yours?", "text": "Shown at the port.", "asks": ["document"], "records": ["registration"],
        "own_power": "port law, article 4", "reason": "The seal looks like yours.",
    }  # fmt: skip
    return {
        "desk": "requests", "kind": "rfi", "agency": "paper-office", "role": "desk-officer", "recipients": ["seal-house"],
        "purpose": "border-document", "urgency": "immediate", "workplan_item": "F-1", "body": body, "files": files,
    } | more  # fmt: skip


async def send(base: Path, files: str, **more) -> str:
    said = await asked(base, "ostrel", "POST", "/submit", {"form": form(files, **more), "by": BY})
    assert said["outcome"] == "sent", said
    return said["id"]


async def there(base: Path, dispatch: str) -> list[dict]:
    return await asked(base, "vanmere", "GET", f"/files/of?dispatch={dispatch}")


async def arrived(base: Path, dispatch: str, states=("clean",), seconds: float = PATIENCE) -> list[dict]:
    """Wait until every file of a dispatch is in one of the states at the far node."""
    async with asyncio.timeout(seconds):
        while True:
            rows = await there(base, dispatch)
            if rows and all(row["state"] in states for row in rows):
                return rows
            await asyncio.sleep(0.01)
