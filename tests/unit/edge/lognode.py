"""A node's data folder with a real store in it, open as a running node has it, and its peer."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from comity.base.ids import Ms
from comity.node.publickeys import PublicKeys
from tests.unit.edge.deskworld import form, make_pair
from tests.unit.node.world import START, A, B, exchange

KEEP = TemporaryDirectory(prefix="comity-test-")


@cache
def told():
    """Return (folder, node, peer, ids, keys); the story is told once and its store is never changed afterwards."""
    folder = Path(KEEP.name) / "north"
    folder.mkdir()
    (folder / "node.toml").write_text(f'node = "{A}"\nparty = "XA"\npeer = "{B}"\n', encoding="utf-8")
    a, b = make_pair(folder / "node.db")
    exchange(a, b, START)
    ids = []
    for n in range(300):
        (done,) = a.submit([form(body={"title": f"Lorry {n}", "text": "Whose is it?"})], Ms(START + 1_000 + n))
        ids.append(done.id)
        if n % 60 == 0:
            exchange(a, b, Ms(START + 1_000 * n + 2_000))
    for second in (400, 401, 402):
        exchange(a, b, Ms(START + second * 1_000))
        exchange(b, a, Ms(START + second * 1_000 + 500))
    keys = PublicKeys.listed(a.office.peer_keys, b.office.peer_keys)
    return folder, a, b, ids, keys
