"""Pieces in turn: in order, some ahead, none after one that failed, and nothing runs after the end."""

from __future__ import annotations

import asyncio
import threading

import pytest

from comity.edge.inturn import AHEAD, InTurn


def test_pieces_are_done_in_order_and_no_more_than_some_wait():
    async def play():
        turns, done, free = InTurn(), [], threading.Event()

        def work(piece):
            free.wait(5)
            done.append(piece)

        for number in range(AHEAD):
            await turns.put(work, bytes([number]))
        waits = asyncio.ensure_future(turns.put(work, b"\xff"))
        await asyncio.sleep(0.01)
        assert not waits.done()
        free.set()
        await waits
        await turns.done()
        await turns.end()
        assert done == [*(bytes([number]) for number in range(AHEAD)), b"\xff"]

    asyncio.run(play())


def test_after_one_that_failed_none_is_done():
    async def play():
        turns, done = InTurn(), []

        def work(piece):
            if piece == b"1":
                raise ValueError("planted")
            done.append(piece)

        for piece in (b"0", b"1", b"2"):
            await turns.put(work, piece)
        with pytest.raises(ValueError, match="planted"):
            await turns.done()
        await turns.end()
        assert done == [b"0"]

    asyncio.run(play())


def test_the_end_waits_for_what_runs_also_when_who_put_it_was_cancelled():
    async def play():
        turns, done, free = InTurn(), [], threading.Event()
        await turns.put(lambda _: (free.wait(5), done.append(1)), b"")
        waiting = asyncio.ensure_future(turns.done())
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert done == []
        free.set()
        await turns.end()
        assert done == [1]

    asyncio.run(play())
