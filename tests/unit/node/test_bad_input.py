"""Damaged and hostile bytes: a clear problem, a drop or a quarantine at every position; never a crash, never harm.

One small exchange with one dispatch is flipped and cut at every position against one node. What each part of it must
lead to is stated by region; afterwards the good exchange is taken as if nothing had happened.
"""

from __future__ import annotations

import tracemalloc
import zlib
from collections import Counter
from dataclasses import replace

import cbor2
import pytest

from comity.base import cbor
from comity.base.ids import LeafIndex, Ms
from comity.dispatch.book import Ledger
from comity.dispatch.exchange_codec import decode_exchange, encode_exchange
from comity.edge.sqlite import SqliteStore
from comity.node.link import LinkState
from comity.node.node import Node
from comity.node.taken import Problem
from tests.unit.node.forge import START, Forger, S, counter, logs, node, pair, problem, rows
from tests.unit.node.world import exchange, form

TAKEN = "taken"


def small():
    """Return a node, and the bytes of one exchange for it with entries, cosignature and one dispatch."""
    a, b = pair()
    exchange(a, b, START)
    a.submit([form("ours")], START)
    b.take(a.speak(Ms(START + 1)), Ms(START + 1))
    b.submit([form("theirs")], Ms(START + 2))
    return a, b.speak(Ms(START + 2))


def copy(a: Node) -> Node:
    """Return the same node over a copy of its store."""
    store = SqliteStore(":memory:", image=a.store.image())
    made = Node(a.office, a.voice, a.peer, Ledger(store), a.timers)
    made.store = store
    return made


def regions(data: bytes) -> list[str]:
    """Say for each byte to which part of the exchange it belongs."""
    made = decode_exchange(data)
    at = ["frame"] * len(data)
    parts = {"origin": made.origin.encode(), "checkpoint": made.checkpoint.encode()}
    parts |= {"cosignature": made.cosignature.encode(), "sealed": made.dispatches[0][1], "mirror": made.mirror_root}
    parts |= {f"entry {n}": entry for n, entry in enumerate(made.entries)}
    for name, part in parts.items():
        start = data.index(part, data.index(b"\x06") if name == "checkpoint" else 0)
        at[start : start + len(part)] = [name.split()[0]] * len(part)
    return at


def flipped(data: bytes, place: int) -> bytes:
    """Return the bytes with one bit of one byte changed."""
    return data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :]


def outcome(a, data: bytes) -> str:
    try:
        taken = a.take(data, Ms(START + 3))
    except Problem as found:
        return found.code
    return f"{TAKEN}, dropped" if taken.dropped else TAKEN


# A flip in a text may also break CBOR or UTF-8; a bad envelope is always right then.
MAY = {
    "origin": {"bad-envelope", "unknown-log"},
    "checkpoint": {"bad-envelope", "bad-signature"},
    "cosignature": {"bad-envelope", TAKEN},
    "sealed": {"taken, dropped"},
    "entry": {"unproven-head"},
    "mirror": {TAKEN},
    "frame": {"bad-envelope", "version", "gap", "unproven-head", "too-large", "taken, dropped", TAKEN},
}


def test_a_flipped_byte_at_every_position():
    a, data = small()
    seen: dict[str, Counter] = {name: Counter() for name in MAY}
    before = rows(a, "SELECT * FROM got"), logs(a)
    for place, region in enumerate(regions(data)):
        if region in {"cosignature", "sealed", "mirror"}:
            continue  # these are taken and would change the node: see below
        bad = flipped(data, place)
        seen[region][outcome(a, bad) if region != "frame" else framed(a, bad)] += 1
    for region, outcomes in seen.items():
        assert set(outcomes) <= MAY[region], (region, outcomes)
    assert seen["checkpoint"]["bad-signature"] > 1_000
    assert seen["entry"] == {"unproven-head": sum(len(e) for e in decode_exchange(data).entries)}
    assert rows(a, "SELECT * FROM got") == before[0]
    assert logs(a)[1] == before[1][1], "nothing of it was believed"
    taken_well(a, data)


def framed(a, bad: bytes) -> str:
    """Take bytes with a changed frame on a node of its own: some of them are a good exchange of another kind."""
    try:
        decode_exchange(bad)
    except Exception:  # the node itself must say which  # noqa: BLE001
        return outcome(a, bad)
    return outcome(copy(a), bad)


def test_a_flipped_byte_of_what_is_checked_after_the_head():
    a, data = small()
    made, at = decode_exchange(data), regions(data)
    sealed = len(made.dispatches[0][1])
    index, whole = made.dispatches[0]
    for start in range(0, sealed, 256):
        bad = [flipped(whole, place) for place in range(start, start + 256)]
        full = replace(made, dispatches=tuple((index, one) for one in bad))
        assert outcome(a, encode_exchange(full)) == "taken, dropped"
    assert counter(a, "dispatch-dropped") == sealed
    assert rows(a, "SELECT fact, sealed FROM got") == [(0, None)], "still a named debt"
    first = at.index("cosignature")
    count = Counter()
    for place in range(first, first + len(made.cosignature.encode())):
        count[outcome(a, flipped(flipped(data, place), at.index("sealed") + 99))] += 1
    assert set(count) == {"taken, dropped", "bad-envelope"}
    assert counter(a, "cosignature-ignored") == count["taken, dropped"]
    taken_well(a, data)


def taken_well(a, data: bytes) -> None:
    """Check that no harm was done: the good exchange is taken, its dispatch filed, the cosignature believed."""
    assert a.link().state in {LinkState.UP, LinkState.UNCOSIGNED}
    assert not rows(a, "SELECT 1 FROM evidence")
    taken = a.take(data, Ms(START + 4))
    assert [r.fact for r in taken.recorded] == [2]
    assert logs(a)[0].cosigned_size == 4
    assert a.link().state is LinkState.UP
    assert rows(a, "SELECT count(*) FROM plain WHERE ours = 0") == [(1,)]
    assert not rows(a, "SELECT 1 FROM pending_head")


def test_cut_at_every_position_and_with_bytes_behind():
    a, data = small()
    for end in range(len(data)):
        assert problem(a, data[:end]) == ("bad-envelope", 400)
    for more in (b"\x00", b"\xf6", data):
        assert problem(a, data + more) == ("bad-envelope", 400)
    taken_well(a, data)


def test_parts_of_one_exchange_in_another():
    """Every mixture of two good exchanges of one peer is a clear problem, or taken without harm."""
    a, b = pair()
    exchange(a, b, START)
    said = []
    for n in range(2):
        b.submit([form(str(n))], Ms(START + n * 1000))
        said.append(b.speak(Ms(START + n * 1000)))
    for one, two in (said, said[::-1]):
        for key in cbor.decode(one):
            mixed = copy(a)
            got = outcome(mixed, cbor.encode({**cbor.decode(one), key: cbor.decode(two)[key]}))
            assert got in {TAKEN, "taken, dropped", "unproven-head"}
            assert not rows(mixed, "SELECT 1 FROM evidence")
            assert outcome(mixed, said[1]) == TAKEN
            assert rows(mixed, "SELECT count(*) FROM got WHERE fact = 2") == [(2,)]


# --- forms of CBOR that no exchange may have ---------------------------------------------------------------------


def with_raw(made: dict, key: int, raw: bytes) -> bytes:
    """Return the encoding of a map, with these bytes in place of the value of one key."""
    assert key in made
    members = (cbor.encode(k) + (raw if k == key else cbor.encode(value)) for k, value in made.items())
    return bytes([0xA0 + len(made)]) + b"".join(members)


def test_every_second_way_to_write_the_same_exchange_is_refused():
    a, data = small()
    made = cbor.decode(data)
    head = cbor.encode({1: "comity/1"})[1:]
    assert all(with_raw(made, key, cbor.encode(value)) == data for key, value in made.items())
    assert (made[1], made[4], made[12]) == ("comity/1", 3, 0)
    assert data.startswith(bytes([0xA0 + len(made)]) + head)
    ways = {
        "a key twice": bytes([0xA0 + len(made) + 1]) + head + data[1:],
        "a length that is too long": b"\xb8" + bytes([len(made)]) + data[1:],
        "a number that is too long": with_raw(made, 4, b"\x18\x03"),
        "an indefinite map": b"\xbf" + data[1:] + b"\xff",
        "keys in another order": data[:1] + data[1 + len(head) :] + head,
        "a tag": b"\xd9\xd9\xf7" + data,
        "a text as bytes": with_raw(made, 1, b"\x48comity/1"),
        "undefined": with_raw(made, 12, b"\xf7"),
        "a float": with_raw(made, 12, b"\xf9\x00\x00"),
        "a negative number": with_raw(made, 12, b"\x20"),
        "a big number": with_raw(made, 12, b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff"),
        "text that is not NFC": cbor_with(made, "e\u0301"),
        "text with a control character": cbor_with(made, "x\x00"),
    }
    for what, bad in ways.items():
        assert problem(a, bad) == ("bad-envelope", 400), what
    taken_well(a, data)


def cbor_with(made: dict, text: str) -> bytes:
    return cbor2.dumps({**made, 2: text}, canonical=True)


@pytest.mark.parametrize("opening", [b"\x81", b"\xa1\x00", b"\x82\x00", b"\xd8\x60\x81"])
def test_a_hundred_thousand_levels_are_refused_in_bounded_memory(opening):
    a, good = small()
    tracemalloc.start()
    for bad in (opening * 100_000, bytes([0xAB]) + opening * 100_000, b"\x9b" + b"\x7f" * 8 + opening):
        assert problem(a, bad) == ("bad-envelope", 400)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20
    taken_well(a, good)


def test_a_million_small_values_are_refused_before_they_are_built():
    a = node()
    tracemalloc.start()
    assert problem(a, b"\x9a\x00\x0f\x42\x40" + bytes(1_000_000)) == ("bad-envelope", 400)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_compressed_bytes_are_no_exchange():
    a, data = small()
    assert problem(a, zlib.compress(data)) == ("bad-envelope", 400)
    assert problem(a, zlib.compress(bytes(1 << 24))) == ("bad-envelope", 400)
    taken_well(a, data)


def test_nine_mebibytes_are_too_large_before_anything_is_read():
    a = node()
    assert problem(a, bytes(8 * 1024 * 1024 + 1)) == ("too-large", 413)
    assert problem(a, bytes(8 * 1024 * 1024)) == ("bad-envelope", 400)


# --- one bad among many ------------------------------------------------------------------------------------------


def test_one_bad_dispatch_of_each_kind_never_stops_the_others():
    a = node()
    forger = Forger(a)
    noise = forger.make(contents={"sealed": bytes(4096)})
    commit = forger.make(leaf={"commit": bytes(32)})
    refused, waiting = forger.make(purpose="workplan"), forger.make(after=(bytes(16),))
    version = forger.make(contents={"plain": lambda p: p.replace(b"dispatch/1", b"dispatch/9")})
    empty = forger.make(contents={1: cbor.encode({})})
    good = [forger.make(str(n)) for n in range(6)]
    mixed = [x for two in zip(good, (noise, commit, refused, waiting, version, empty), strict=True) for x in two]
    first = forger.grow(*[one.leaf for one in mixed])
    sealed = [(LeafIndex(first + n), one.sealed) for n, one in enumerate(mixed)]
    sealed += [(LeafIndex(0), b"no leaf"), (LeafIndex(10_000), b"no leaf"), (LeafIndex(first), b"other bytes")]
    taken = a.take(forger.say(dispatches=tuple(sealed)), START)
    facts = {r.id: r.fact for r in taken.recorded}
    assert [facts[one.leaf.id] for one in mixed] == [2, 3, 2, 3, 2, 4, 2, 1, 2, 3, 2, 3]
    assert taken.dropped == 3
    assert rows(a, "SELECT count(*) FROM plain WHERE body <> x''") == [(6,)]


def test_a_clock_an_hour_off_either_way():
    a = node()
    forger = Forger(a)
    assert problem(a, forger.say(at=S + 3_601)) == ("clock", 422)
    assert a.link().clock_off_ms == 3_601_000, "an administrator reads it"
    assert problem(a, forger.say(at=(1 << 63) - 1)) == ("clock", 422)
    assert a.link().clock_off_ms == 1 << 53, "whatever a stranger says, it can be stored"
    assert a.take(forger.say(at=S - 3_601), START).grew
    assert a.link().clock_off_ms == -3_601_000
