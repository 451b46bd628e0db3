"""Both invented states running in one background loop, for commands that ask a node; and a person who types."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from comity.base.ids import Ms
from comity.cli.demo.ports import free_ports
from comity.cli.main import main
from comity.edge.config import read_config
from comity.edge.running import start
from comity.edge.setup import pair_node
from tests.unit.edge.twofolders import PARTIES, copy_of, made, papers, signed_accord

KEEP = TemporaryDirectory(prefix="comity-test-")
BOUND_SECONDS = 60
"""A generous bound of what takes well under a second; a machine may have other work."""


@cache
def quick() -> Path:
    """Return both nodes paired under an accord whose tick is over at once."""
    base = copy_of(made(), Path(KEEP.name))
    (base / "accord.cose").write_bytes(signed_accord(base, tick=0))
    for name in PARTIES:
        pair_node(base / name, *papers(base, name))
    return base


class Both:
    """Two running nodes; `folder` holds them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.nodes = []
        ports = free_ports(2)  # both can call, so that neither waits for the other
        for name, own, other in zip(("vanmere", "ostrel"), ports, reversed(ports), strict=True):
            path = folder / name / "node.toml"
            written = [line for line in path.read_text().splitlines() if not line.startswith("exchange_port")]
            reach = [f"exchange_port = {own}", f'peer_addresses = ["https://127.0.0.1:{other}"]']
            path.write_text("\n".join([*reach, *written, ""]))
            self.begin(name)

    def begin(self, name: str):
        node = asyncio.run_coroutine_threadsafe(start(read_config(self.folder / name)), self.loop).result(BOUND_SECONDS)
        self.nodes.append(node)
        return node

    def until(self, condition) -> None:
        """Wait for what the nodes are about to do."""

        async def wait():
            async with asyncio.timeout(BOUND_SECONDS):
                while not condition():  # noqa: ASYNC110  what is waited for is in another thread's store
                    await asyncio.sleep(0.005)

        asyncio.run(wait())

    def set_time(self, at: Ms) -> None:
        """Set the clocks of both nodes."""
        for node in self.nodes:
            self.loop.call_soon_threadsafe(node.engine.clock.set, at, 1)

    def stop(self) -> None:
        for node in reversed(self.nodes):
            asyncio.run_coroutine_threadsafe(node.stop(), self.loop).result(BOUND_SECONDS)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(BOUND_SECONDS)
        self.loop.close()


@contextlib.contextmanager
def both(folder: Path):
    running = Both(folder)
    try:
        yield running
    finally:
        running.stop()


def typed(capsys, *words) -> tuple[int, str, str]:
    """Type one command; return exit code, standard output and standard error."""
    capsys.readouterr()
    code = main([str(word) for word in words])
    said = capsys.readouterr()
    return code, said.out, said.err
