"""Files of dispatches on media: whole, on media that are too small, damaged, or with a list that lies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket

import pytest

from comity.base import cbor
from comity.base.hashing import sha256
from comity.edge import mediafiles
from comity.edge.media import SetWriter, find_sets
from comity.edge.mediafiles import held_by
from comity.edge.running import start
from comity.node.mediaset import Part
from tests.unit.edge.driven import rows
from tests.unit.edge.filesworld import PDF, add, arrived, asked, run, scan_setting, send, there
from tests.unit.edge.test_running import setting
from tests.unit.edge.twofolders import copy_of, paired

MIB = 1 << 20


@pytest.fixture
def base(tmp_path):
    made = copy_of(paired(), tmp_path)
    (made / "stick").mkdir()
    return made


@contextlib.asynccontextmanager
async def apart(base, address="[]"):
    """Run both without any way between them but a stick, and let them find by it that their stores are the newest."""
    common = {"scan_command": scan_setting(), "files_reserve_mib": 0, "peer_addresses": address}
    near, far = await start(setting(base, "ostrel", **common)), await start(setting(base, "vanmere", **common))
    try:
        for _ in range(3):
            await carried(base, "ostrel", "vanmere")
            await carried(base, "vanmere", "ostrel")
        yield near, far
    finally:
        await near.stop()
        await far.stop()


async def carried(base, sender, receiver):
    """Carry the stick once; return what was written and what was read, as far as it is about files."""
    stick = {"media": str(base / "stick")}
    made = await asked(base, sender, "POST", "/courier/write", stick)
    found = await asked(base, receiver, "POST", "/courier/read", stick)
    return made["attachments"], found["attachments"]


def files_on(base, sender="ostrel.example/comity"):
    found = [one for one in find_sets(base / "stick").sets if one.listed.sender == sender]
    return [
        (one.about, one.size, found[-1].folder / one.name) for one in found[-1].listed.files if one.part is Part.FILE
    ]


def test_a_file_goes_with_its_dispatch_and_both_agree_that_it_is_there(base):
    large = PDF + os.urandom(3 * MIB)

    async def play():
        async with apart(base) as (near, far):
            dispatch = await send(base, await add(base, "plan.pdf", large))
            written, read = await carried(base, "ostrel", "vanmere")
            size = sum(one[1] for one in files_on(base))
            assert (written["files"], written["size_bytes"], written["left"]) == (1, size, 0)
            assert (read["files"], read["size_bytes"], read["left"]) == (1, size, 0)
            found = await arrived(base, dispatch)
            assert [(one["name"], one["size"], one["found"]) for one in found] == [
                ("plan.pdf", len(large), "application/pdf")
            ]
            assert rows(far.opened.node, "SELECT fact FROM got") == [(2,)]
            assert large[:64] not in files_on(base)[0][2].read_bytes(), "sealed as it would be on the wire"
            assert sha256(files_on(base)[0][2].read_bytes()).hex() == found[0]["hash"]
            await carried(base, "vanmere", "ostrel")
            assert rows(near.opened.node, "SELECT fact FROM sent") == [(2,)]
            written, _ = await carried(base, "ostrel", "vanmere")
            assert (written["files"], written["left"]) == (0, 0), "what was receipted goes no more"

    run(play())


def test_media_that_are_too_small_are_gone_on_with_where_the_other_side_is(base, monkeypatch):
    monkeypatch.setattr(mediafiles, "LONGEST", MIB)

    async def play():
        async with apart(base) as (_, far):
            dispatch = await send(base, await add(base, "plan.pdf", PDF + os.urandom(5 * MIB)))
            for _ in range(2):
                budget = iter([2 * MIB, MIB, 0])
                with monkeypatch.context() as small:
                    small.setattr(SetWriter, "room", lambda _, budget=budget: next(budget))
                    written, read = await carried(base, "ostrel", "vanmere")
                assert written["size_bytes"] == 2 * MIB
                assert (written["left"], read["left"]) == (1, 1)
                assert read["left_bytes"] >= written["left_bytes"]
                await carried(base, "vanmere", "ostrel")
            begins = int(files_on(base)[0][0].partition("/")[2])
            assert 0 < begins < 3 * MIB, "the second went on behind what the other side had"
            written, read = await carried(base, "ostrel", "vanmere")
            assert (written["left"], read["files"], read["left"]) == (0, 1, 0)
            await arrived(base, dispatch)
            assert rows(far.opened.node, "SELECT fact FROM got") == [(2,)]

    run(play())


def test_a_damaged_piece_costs_only_what_is_behind_the_damage(base, monkeypatch):
    monkeypatch.setattr(mediafiles, "LONGEST", MIB)

    async def play():
        async with apart(base):
            dispatch = await send(base, await add(base, "plan.pdf", PDF + os.urandom(3 * MIB)))
            stick = {"media": str(base / "stick")}
            await asked(base, "ostrel", "POST", "/courier/write", stick)
            path = files_on(base)[2][2]
            content = bytearray(path.read_bytes())
            content[MIB // 2] ^= 1
            path.write_bytes(content)
            found = (await asked(base, "vanmere", "POST", "/courier/read", stick))["attachments"]
            assert (found["files"], found["left"]) == (0, 1)
            row = (await there(base, dispatch))[0]
            assert (row["state"], row["why"]) == ("coming", "bad-bytes")
            kept = next((base / "vanmere" / "files").glob("*.part")).stat().st_size
            assert 2 * MIB - (65 << 10) < kept <= 2 * MIB, "the chunks before the damaged mebibyte"
            await carried(base, "vanmere", "ostrel")
            assert (await carried(base, "ostrel", "vanmere"))[1]["files"] == 1
            await arrived(base, dispatch)

    run(play())


@pytest.mark.parametrize("held", [b"none", cbor.encode([[b"short", 1]]), cbor.encode([[b"\1" * 32]]), cbor.encode(1)])
def test_what_is_no_list_of_what_is_held_counts_as_none(tmp_path, held):
    writer = SetWriter(tmp_path, "far.example", b"\1" * 16)
    writer.put("held.cbor", Part.HELD, held)
    writer.finish("near.example", "far.example", 0)
    assert held_by(find_sets(tmp_path).sets) == {}


def test_a_false_word_of_what_is_held_delays_a_file_and_no_more(base):
    async def play():
        async with apart(base):
            dispatch = await send(base, await add(base, "plan.pdf", PDF + os.urandom(MIB)))
            stick = base / "stick"
            address = rows_of_ours(base)
            writer = SetWriter(stick, "vanmere.example/comity", b"\2" * 16)
            writer.put("held.cbor", Part.HELD, cbor.encode([[address, 99 * MIB]]))
            writer.finish("ostrel.example/comity", "vanmere.example/comity", 1 << 50)
            written, read = await carried(base, "ostrel", "vanmere")
            assert (written["size_bytes"], written["left"]) == (0, 0)
            assert (read["files"], read["left"]) == (0, 1)
            await carried(base, "vanmere", "ostrel")
            assert (await carried(base, "ostrel", "vanmere"))[1]["files"] == 1
            await arrived(base, dispatch)

    run(play())


def rows_of_ours(base):
    return next(bytes.fromhex(one.name) for one in (base / "ostrel" / "files").iterdir() if not one.suffix)


def test_a_file_comes_by_media_while_the_network_is_at_it(base):
    """The line takes what is said and never answers; the file that waits on it is taken from the stick."""

    async def play():
        with socket.create_server(("127.0.0.1", 0)) as mute:
            address = f'["https://127.0.0.1:{mute.getsockname()[1]}"]'
            async with apart(base, address) as (_, far):
                await send(base, await add(base, "plan.pdf", PDF + os.urandom(MIB)))
                stick = {"media": str(base / "stick")}
                await asked(base, "ostrel", "POST", "/courier/write", stick)
                reads = [asyncio.create_task(asked(base, "vanmere", "POST", "/courier/read", stick)) for _ in range(2)]
                found = [await one for one in reads]
                assert [one["attachments"]["left"] for one in found] == [0, 0], "two readers at once come in turn"
                assert rows(far.opened.node, "SELECT fact FROM got") == [(2,)]

    run(play())
