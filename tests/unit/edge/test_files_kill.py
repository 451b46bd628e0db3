"""An end at any byte: what was kept is gone on with, nothing is sealed twice under one key, no half file is ever whole."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os

import pytest

from comity.base.errors import BadForm, BadSeal, NoRoom
from comity.base.ids import read_id
from comity.crypto.chunks import cipher_size
from comity.edge import attaching as attaching_module
from comity.edge import pulling as pulling_module
from comity.edge.attaching import Attaching
from comity.edge.blobs import BlobEnded, NoFile
from comity.edge.filescan import Scanner, plain_of
from comity.edge.filestore import FileStore
from comity.edge.pulling import Crew, Puller, Taker
from comity.node import attached
from tests.unit.edge.driven import engine_of, rows
from tests.unit.edge.filesworld import PATIENCE, run, until
from tests.unit.node.world import OFFICER, START, exchange, form, make_pair

SCAN = Scanner(unscanned=True)
LARGE = os.urandom(150_000)
CUTS = (0, 1, 55, 56, 57, 16_455, 16_456, 16_457, 70_000, 150_000)


async def bytes_of(data: bytes, step: int = 9_000):
    for at in range(0, len(data), step):
        yield data[at : at + step]


async def breaking(data: bytes):
    yield data
    raise BadForm("the request ended before its body did; go on from what is kept")


@contextlib.contextmanager
def office(tmp_path):
    a, b = make_pair()
    with engine_of(a) as near, engine_of(b) as far:
        yield near, far, FileStore(tmp_path / "a", 0), FileStore(tmp_path / "b", 0)


async def ready(attaching, files, by=OFFICER):
    async with asyncio.timeout(PATIENCE):
        while True:
            [one] = (await attaching.state(files, by))["list"]
            if one["state"] not in {"coming", "whole"}:
                return one
            await asyncio.sleep(0.005)


async def begun(attaching, data=LARGE, media=""):
    said = await attaching.begin(None, "a.bin", media, len(data), OFFICER)
    return read_id(said["files"])


# --- adding --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", CUTS)
def test_a_file_that_was_half_added_is_gone_on_with_under_another_key(tmp_path, cut):
    """The part may end at any byte, for the machine may have ended at any."""

    async def play():
        with office(tmp_path) as (engine, _, store, __):
            first = Attaching(engine, store, SCAN)
            files = await begun(first)
            said = await first.add(files, 0, 0, OFFICER, bytes_of(LARGE[:100_000]))
            assert (said["list"][0]["offset"], said["list"][0]["kept"]) == (100_000, 98_304)
            key = rows(engine.node, "SELECT key FROM attaching")
            await first.close()
            [part] = (tmp_path / "a").glob("*.part")
            os.truncate(part, min(cut, part.stat().st_size))
            again = Attaching(engine, store, SCAN)
            [one] = (await again.opened(files, OFFICER))["list"]
            whole = max(0, min(cut, 56 + 6 * 16_400) - 56) // 16_400 * 16_384
            assert one["offset"] == whole
            assert rows(engine.node, "SELECT key FROM attaching") != key, "no key seals two texts"
            said = await again.add(files, 0, whole, OFFICER, bytes_of(LARGE[whole:]))
            assert (await ready(again, files))["state"] == "clean"
            sent = engine.node.submit([form(files=files)], START)[0]
            assert sent.id == files
            with engine.node.ledger.read() as tx:
                one = attached.file_of(files, 0, tx)
            assert b"".join(plain_of(store, files, one.file)) == LARGE
            assert store.parts() == frozenset()
            await again.close()

    run(play())


def test_what_was_answered_as_kept_is_on_the_disk(tmp_path):
    async def play():
        with office(tmp_path) as (engine, _, store, __):
            attaching = Attaching(engine, store, SCAN)
            files = await begun(attaching)
            for end in (5, 16_384, 40_000):
                offset = (await attaching.state(files, OFFICER))["list"][0]["offset"]
                said = await attaching.add(files, 0, offset or 0, OFFICER, bytes_of(LARGE[offset or 0 : end]))
                [part] = (tmp_path / "a").glob("*.part")
                assert (part.stat().st_size - 56) // 16_400 * 16_384 >= said["list"][0]["kept"]
            await attaching.close()

    run(play())


def test_a_line_that_breaks_costs_nothing_and_bytes_from_elsewhere_are_not_taken(tmp_path):
    async def play():
        with office(tmp_path) as (engine, _, store, __):
            attaching = Attaching(engine, store, SCAN)
            files = await begun(attaching)
            key = rows(engine.node, "SELECT key FROM attaching")
            with pytest.raises(BadForm, match="go on from"):
                await attaching.add(files, 0, 0, OFFICER, breaking(LARGE[:1000]))
            [one] = (await attaching.state(files, OFFICER))["list"]
            assert one["offset"] == 0, "what was not answered is not counted"
            await attaching.add(files, 0, 7, OFFICER, bytes_of(LARGE))
            assert (await attaching.state(files, OFFICER))["list"][0]["offset"] == 0
            with pytest.raises(BadForm, match="longer"):
                await attaching.add(files, 0, 0, OFFICER, bytes_of(LARGE + b"x"))
            [one] = (await attaching.opened(files, OFFICER))["list"]
            await attaching.add(files, 0, one["offset"], OFFICER, bytes_of(LARGE[one["offset"] :]))
            assert (await ready(attaching, files))["media"] == "application/octet-stream"
            assert rows(engine.node, "SELECT cipher IS NULL FROM attaching") == [(0,)]
            del key
            await attaching.close()

    run(play())


@pytest.mark.parametrize("when", ["before it is at its address", "before its row says whole"])
def test_an_end_between_the_last_byte_and_the_row(tmp_path, when):
    async def play():
        with office(tmp_path) as (engine, _, store, __):
            attaching = Attaching(engine, store, SCAN)
            files = await begun(attaching)
            if when == "before it is at its address":

                def planted(*_):
                    raise NoRoom("planted")

                from comity.edge import filestore

                real, filestore.Part.publish = filestore.Part.publish, planted
                try:
                    with pytest.raises(NoRoom):
                        await attaching.add(files, 0, 0, OFFICER, bytes_of(LARGE))
                finally:
                    filestore.Part.publish = real
            else:
                await attaching.add(files, 0, 0, OFFICER, bytes_of(LARGE))
                await ready(attaching, files)
                with engine.node.ledger.begin() as book:
                    book.tx.run("UPDATE attaching SET state = 'coming'")
            await attaching.close()
            again = Attaching(engine, store, SCAN)
            await again.opened(files, OFFICER)
            assert (await ready(again, files))["state"] == "clean"
            await again.close()

    run(play())


def test_a_full_disk_is_told_and_the_file_is_gone_on_with_once_there_is_room(tmp_path, monkeypatch):
    async def play():
        with office(tmp_path) as (engine, _, store, __):
            attaching = Attaching(engine, store, SCAN)
            files = await begun(attaching)
            await attaching.add(files, 0, 0, OFFICER, bytes_of(LARGE[:50_000]))
            from comity.edge import filestore

            def full(handle, data):
                raise OSError(28, "planted")

            with monkeypatch.context() as patched:
                patched.setattr(filestore.os, "write", full)
                with pytest.raises(NoRoom, match="Make room"):
                    await attaching.add(files, 0, 50_000, OFFICER, bytes_of(LARGE[50_000:]))
            [one] = (await attaching.opened(files, OFFICER))["list"]
            assert one["offset"] == 49_152
            await attaching.add(files, 0, 49_152, OFFICER, bytes_of(LARGE[49_152:]))
            assert (await ready(attaching, files))["state"] == "clean"
            await attaching.close()

    run(play())


def test_files_that_nobody_handed_in_are_destroyed_after_seven_days_and_those_of_a_held_draft_stay(tmp_path):
    async def play():
        with office(tmp_path) as (engine, _, store, __):
            attaching = Attaching(engine, store, SCAN)
            files = await begun(attaching)
            await attaching.add(files, 0, 0, OFFICER, bytes_of(LARGE))
            await ready(attaching, files)
            await attaching.tidy()
            assert len(list((tmp_path / "a").iterdir())) == 1
            engine.clock.set(START + 8 * 86_400_000, 0)
            await attaching.tidy()
            assert list((tmp_path / "a").iterdir()) == []
            assert rows(engine.node, "SELECT count(*) FROM attaching") == [(0,)]
            await attaching.close()

    run(play())


# --- fetching ------------------------------------------------------------------------------------------------------


class Line:
    """The peer's files over a line that a test may break; it counts what it was asked for."""

    def __init__(self, store, ends=()):
        self.store, self.ends, self.asked = store, list(ends), []
        self.change = lambda data: data

    async def rest(self, cipher, start, size):
        self.asked.append(start)
        data = self.change(self.store.path(cipher).read_bytes())
        end = self.ends.pop(0) if self.ends else size
        for at in range(start, end, 20_000):
            yield data[at : min(end, at + 20_000)]
        if end < size:
            raise BlobEnded(NoFile.UNREACHABLE)


async def sent(near, far, store, data=LARGE):
    attaching = Attaching(near, store, SCAN)
    files = await begun(attaching, data)
    await attaching.add(files, 0, 0, OFFICER, bytes_of(data))
    await ready(attaching, files)
    near.node.submit([form(files=files)], START)
    exchange(near.node, far.node, START)
    await attaching.close()
    return files


@contextlib.asynccontextmanager
async def pulling(engine, store, line):
    puller = Puller(engine, Crew(store, line, SCAN, 2))
    task = asyncio.create_task(puller.run())
    try:
        yield puller
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def fact(engine):
    return rows(engine.node, "SELECT fact FROM got")


def file_state(engine):
    return rows(engine.node, "SELECT state FROM attachment")


@pytest.mark.parametrize("cut", CUTS)
def test_a_file_that_was_half_fetched_is_gone_on_with_where_the_disk_ends(tmp_path, cut):
    async def play():
        with office(tmp_path) as (near, far, ours, theirs):
            files = await sent(near, far, ours)
            assert fact(far) == [(1,)]
            [stored] = (tmp_path / "a").iterdir()
            whole = stored.read_bytes()
            (tmp_path / "b" / f"{stored.name}.part").write_bytes(whole[:cut])
            line = Line(ours)
            async with pulling(far, theirs, line):
                await until(lambda: file_state(far) == [("clean",)])
            assert line.asked == [min(cut, len(whole))] or (cut >= len(whole) and line.asked == [])
            assert (tmp_path / "b" / stored.name).read_bytes() == whole
            assert fact(far) == [(2,)]
            with far.node.ledger.read() as tx:
                one = attached.file_of(files, 0, tx)
            assert b"".join(plain_of(theirs, files, one.file)) == LARGE

    run(play())


def test_what_the_disk_has_changed_is_cut_off_and_fetched_again(tmp_path):
    async def play():
        with office(tmp_path) as (near, far, ours, theirs):
            await sent(near, far, ours)
            [stored] = (tmp_path / "a").iterdir()
            half = bytearray(stored.read_bytes()[:100_000])
            half[40_000] ^= 1
            (tmp_path / "b" / f"{stored.name}.part").write_bytes(half)
            line = Line(ours)
            async with pulling(far, theirs, line):
                await until(lambda: file_state(far) == [("clean",)])
            assert line.asked == [0], "the piece with the changed byte is the first"

    run(play())


def test_bytes_that_do_not_open_are_not_kept_and_the_file_is_never_whole(tmp_path):
    async def play():
        with office(tmp_path) as (near, far, ours, theirs):
            await sent(near, far, ours)
            line = Line(ours)
            line.change = lambda data: data[:70_000] + bytes([data[70_000] ^ 1]) + data[70_001:]
            async with pulling(far, theirs, line) as puller:
                await until(lambda: any(one.why == "bad-bytes" for one in puller.progress.values()))
                assert (file_state(far), fact(far)) == ([("coming",)], [(1,)])
                line.change = lambda data: data
                await until(lambda: file_state(far) == [("clean",)])

    run(play())


def test_a_file_whose_chunks_open_but_whose_hash_is_another_is_not_the_committed_one(tmp_path):
    """Only who has the key can make one: the sender himself, to show two people two files under one commitment."""

    async def play():
        with office(tmp_path) as (near, far, ours, theirs):
            files = await sent(near, far, ours)
            with far.node.ledger.read() as tx:
                one = attached.file_of(files, 0, tx)
            from comity.crypto.chunks import FileSealer

            other = FileSealer(one.file.key, files, len(LARGE))
            made = other.update(bytes(len(LARGE))) + b"".join(other.finish())
            with theirs.part("x", cipher_size(len(LARGE))) as part:
                taker = Taker(part, one)
                with pytest.raises(BadSeal, match="another hash"):
                    taker.end(made)
                assert part.length == 0
            assert hashlib.sha256(made).digest() != one.file.cipher

    run(play())


def test_a_recalled_dispatch_fetches_nothing_and_is_refused(tmp_path):
    async def play():
        with office(tmp_path) as (near, far, ours, theirs):
            files = await sent(near, far, ours)
            near.node.submit([form(kind="recall", re=(files,))], START)
            exchange(near.node, far.node, START)
            line = Line(ours)
            async with pulling(far, theirs, line):
                await until(lambda: file_state(far) == [("erased",)])
            assert line.asked == []
            assert (4,) in fact(far)

    run(play())


def test_a_node_that_cannot_call_says_so_and_keeps_the_dispatch_waiting(tmp_path):
    async def play():
        with office(tmp_path) as (near, far, ours, theirs):
            await sent(near, far, ours)
            async with pulling(far, theirs, None) as puller:
                await until(lambda: [one.why for one in puller.progress.values()] == ["no-way"])
            assert fact(far) == [(1,)]

    run(play())


def test_what_an_erasure_left_on_the_disk_is_destroyed_at_the_next_start(tmp_path):
    async def play():
        with office(tmp_path) as (near, far, ours, theirs):
            files = await sent(near, far, ours)
            async with pulling(far, theirs, Line(ours)):
                await until(lambda: file_state(far) == [("clean",)])
            [stored] = (tmp_path / "b").iterdir()
            with far.node.ledger.begin() as book:
                attached.shred(files, book.tx, START)
            assert stored.exists(), "the node ended before it removed the file"
            async with pulling(far, theirs, Line(ours)):
                await until(lambda: not stored.exists())

    run(play())


def test_a_file_that_the_folder_lacks_is_fetched_again_at_a_start_and_its_dispatch_stays_filed(tmp_path):
    async def play():
        with office(tmp_path) as (near, far, ours, theirs):
            await sent(near, far, ours)
            async with pulling(far, theirs, Line(ours)):
                await until(lambda: file_state(far) == [("clean",)])
            [stored] = (tmp_path / "b").iterdir()
            stored.unlink()
            line = Line(ours)
            async with pulling(far, theirs, line):
                await until(lambda: stored.exists() and file_state(far) == [("clean",)])
            assert (line.asked, fact(far)) == ([0], [(2,)])

    run(play())


def test_what_was_looked_into_as_it_came_is_not_read_again(tmp_path, monkeypatch):
    def planted(*_):
        raise AssertionError("a second reading of the whole file")

    async def play():
        with office(tmp_path) as (near, far, ours, theirs):
            monkeypatch.setattr(pulling_module, "look_into", planted)
            monkeypatch.setattr(attaching_module, "look_into", planted)
            await sent(near, far, ours)
            async with pulling(far, theirs, Line(ours, ends=[70_000])) as puller:
                await until(lambda: [one.why for one in puller.progress.values()] == ["unreachable"])
                await until(lambda: file_state(far) == [("clean",)])

    run(play())
