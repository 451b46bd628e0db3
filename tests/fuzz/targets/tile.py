"""A tiled log: paths of tiles, bundles of entries, the entries in them, and a node that is asked for any path."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from comity.base.errors import BadEnvelope, BadForm
from comity.base.ids import Ms
from comity.dispatch.book import LogRole
from comity.dispatch.entries import decode_entry, encode_entry
from comity.edge.courier_paths import LOG, log_path
from comity.node.logfiles import log_file, origin_hash, served
from comity.tlog.tiles import decode_bundle, encode_bundle, parse_path
from comity.tlog.tree import TILE_BYTES, TILE_WIDTH
from tests.fuzz.guard import own_hands
from tests.fuzz.targets.saying import one_form
from tests.unit.node.forge import START, pair
from tests.unit.node.world import exchange, form

VECTORS = Path(__file__).parents[2] / "vectors/tlog/tree_vectors.json"
WORDS = (
    b"tile/",
    b"entries/",
    b"/x999",
    b"/000",
    b".p/255",
    b".p/1",
    b"checkpoint",
    b"comity/leaf/1",
    LOG.encode(),
    b"place/",
)


@cache
def asked():
    with own_hands():
        a, b = pair()
        exchange(a, b, START)
        a.submit([form("ours")], START)
        exchange(a, b, Ms(START + 1))
        exchange(a, b, Ms(START + 2))
    return a


def once(data: bytes) -> None:
    text = data.decode("latin-1")
    one_form(parse_path, lambda name: name.path(), text, declared=BadForm)
    _served(text)
    one_form(decode_entry, encode_entry, data, declared=BadEnvelope)
    for width in {min(len(data), TILE_WIDTH), data[0] + 1} if data else {1}:
        entries = one_form(
            lambda it, width=width: decode_bundle(it, width), encode_bundle, data[1:], declared=BadEnvelope
        )
        for entry in entries or ():
            one_form(decode_entry, encode_entry, entry, declared=BadEnvelope)


def _served(text: str) -> None:
    """Ask for a path as the courier's server does, and for the same within each log."""
    named = log_path(text)
    with asked().ledger.read() as tx:
        if named is not None:
            row = served(tx, named[0])
            assert row is None or isinstance(log_file(tx, row.role, named[1]), bytes | None)
        for role in LogRole.OURS, LogRole.THEIRS:
            found = log_file(tx, role, text)
            assert found is None or text == "checkpoint" or len(found) <= TILE_BYTES or "entries" in text


def seeds():
    node = asked()
    with node.ledger.read() as tx:
        hashed = origin_hash(tx.rows("SELECT origin FROM log WHERE role = ?", (LogRole.OURS,))[0][0])
        for path in ("checkpoint", "tile/0/000.p/4", "tile/entries/000.p/4"):
            content = log_file(tx, LogRole.OURS, path) or b""
            yield f"path-{path.replace('/', '-')}", path.encode()
            yield f"whole-{path.replace('/', '-')}", f"{LOG}{hashed}/{path}".encode()
            if "entries" in path:
                yield "bundle", bytes([3]) + content
                for number, entry in enumerate(decode_bundle(content, 4)):
                    yield f"entry-{number}", entry
    for number, case in enumerate(json.loads(VECTORS.read_text(encoding="utf-8"))["tile_paths"][:16]):
        yield f"vector-{number:02}", case["path"].encode()
    yield "far", b"tile/0/x999/x999/x999/x999/x999/x999/999.p/255"
    yield "long", b"tile/0" + b"/x001" * 1_500 + b"/001"
    yield "deep", b"tile/7/x000/000"
    yield "two", bytes([1]) + encode_bundle([b"one", b""])
