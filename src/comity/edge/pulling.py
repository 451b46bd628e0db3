"""Fetching the files of what came: some at once, each gone on with where it ended, each chunk checked as it comes.

The rule it keeps: what does not open is not kept; a file is whole only when its hash is the one that the dispatch commits
to, and it is told so after it is durable; nothing here keeps an exchange waiting.
"""  # spec: protocol.md 5, 7

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import time
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from comity.base.errors import BadSeal, ComityError, NoRoom
from comity.base.ids import Digest, DispatchId
from comity.crypto.chunks import CHUNK, HEADER, TAG, FileOpener
from comity.dispatch.attached import FileState
from comity.edge.blobs import BlobClient, BlobEnded, NoFile
from comity.edge.engine import Engine
from comity.edge.filescan import Look, Looked, Scanner, look_into
from comity.edge.filestore import PIECE, FileStore, Part
from comity.edge.inturn import InTurn
from comity.node import attached
from comity.node.attached import FileOf

_LOG = logging.getLogger("comity.files")
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 600.0
_LOOK_AGAIN = 30.0
"""Seconds after which it is looked for files, whoever rang or did not."""
_TOGETHER = 0.1
"""Seconds in which rings are gathered, so that a busy exchange costs a few questions a second and not hundreds."""
_SEALED_CHUNK = CHUNK + TAG
NO_ROOM, BAD_BYTES = "no-room", "bad-bytes"
"""Why nothing comes, beside the words of `blobs.NoFile`: the disk is full, what came does not open."""
Place = tuple[DispatchId, int]


class FileWay(Protocol):
    """A way by which the bytes of files come: the network, or media."""

    def rest(self, cipher: Digest, start: int, size: int) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of a file from `start` to its end, in pieces of at most a MiB.

        Raises:
            BlobEnded: before the end.
        """
        ...


@dataclass(frozen=True, slots=True)
class Crew:
    """What pulling works with.

    Attributes:
        store: of the files.
        client: the way to the peer; None for a node that can only be called, which gets files by media alone.
        scanner: how files are looked into.
        at_once: files that are fetched at once.
    """

    store: FileStore
    client: BlobClient | None
    scanner: Scanner
    at_once: int


@dataclass(slots=True)
class Progress:
    """How far a file under way has come; for screens, nothing rests on it.

    Attributes:
        have, size: bytes of the ciphertext.
        why: why nothing comes just now, "" while it does.
        pause: seconds until the next try after the next failure.
        next_at: when it is tried again.
    """

    have: int
    size: int
    why: str = ""
    pause: float = _FIRST_PAUSE
    next_at: float = 0.0


class Puller:
    """Fetches files and looks into them until it is cancelled.

    Attributes:
        progress: of the files that are not whole, by dispatch and number.
    """

    def __init__(self, engine: Engine, crew: Crew) -> None:
        self._engine, self._crew = engine, crew
        self._fetching: dict[Place, asyncio.Task[None]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._moved = asyncio.Event()
        self._lost: tuple[Digest, ...] = ()
        self.progress: dict[Place, Progress] = {}

    async def run(self) -> None:
        """Go on for ever; whatever was under way is gone on with after a start."""
        await asyncio.to_thread(self._tidy)
        for cipher in self._lost:
            await self._engine.call(attached.fetch_again, self._engine.node.ledger, cipher, self._engine.clock.now())
        ringing = asyncio.create_task(self._listen())
        try:
            while True:
                self._moved.clear()
                coming, whole = await asyncio.to_thread(self._open)
                self._begin(coming)
                whole = tuple(one for one in whole if (one.dispatch, one.number) not in self._fetching)
                if whole and (self._looking is None or self._looking.done()):
                    self._looking = asyncio.create_task(self._look(whole[0]))
                    self._looking.add_done_callback(self._done)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._patience(coming)):
                        await self._moved.wait()
                await asyncio.sleep(_TOGETHER)
        finally:
            ringing.cancel()
            under_way = [ringing, *self._fetching.values(), *([self._looking] if self._looking else [])]
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    def poke(self) -> None:
        """Look again now."""
        self._moved.set()

    def sizes(self) -> dict[Digest, int]:
        """Return address and length of the files that have not come."""
        return {one.file.cipher: one.file.cipher_size for one in self._open()[0]}

    async def carried(self, media: FileWay, ciphers: frozenset[Digest]) -> tuple[FileOf, ...]:
        """Go on with the files of which media have something, one after the other; return those that are whole now.

        What comes over a network at the same time waits: two may not write one file.
        """
        coming, _ = await asyncio.to_thread(self._open)
        here = [one for one in coming if one.file.cipher in ciphers]
        whole: list[FileOf] = []
        for one in here:
            place = (one.dispatch, one.number)
            before = self._fetching.get(place)
            if before is not None:
                before.cancel()
                await asyncio.wait([before])
            progress = self.progress.setdefault(place, _fresh(one))
            task = asyncio.create_task(self._fetch(one, progress, media))
            self._fetching[place] = task
            task.add_done_callback(partial(self._ended, place))
            await asyncio.wait([task])
            if await asyncio.to_thread(self._crew.store.has, one.file.cipher, one.file.cipher_size):
                whole.append(one)
        return tuple(whole)

    async def _listen(self) -> None:
        number = 0
        while True:
            number = await self._engine.bell.next(number)
            self._moved.set()

    def _open(self) -> tuple[tuple[FileOf, ...], tuple[FileOf, ...]]:
        with self._engine.node.ledger.read() as tx:
            return attached.to_fetch(tx), attached.to_look_at(tx)

    def _tidy(self) -> None:
        """Destroy what a crash left of files that are erased, before anything else; fetch again what the folder lacks."""
        ledger, store = self._engine.node.ledger, self._crew.store
        with ledger.read() as tx:
            erased, kept = tuple(attached.erased(tx)), tuple(attached.kept_files(tx))
        for cipher in erased:
            store.remove(cipher)
        self._lost = tuple(cipher for cipher, size, ours in kept if not ours and not store.has(cipher, size))

    def _begin(self, coming: Iterable[FileOf]) -> None:
        """Start what may start: the first in order, as many as are fetched at once."""
        wanted = {(one.dispatch, one.number): one for one in coming}
        self.progress = {place: self.progress.get(place) or _fresh(one) for place, one in wanted.items()}
        for place, one in wanted.items():
            if len(self._fetching) >= self._crew.at_once:
                return
            if place not in self._fetching and self.progress[place].next_at <= time.monotonic():
                task = asyncio.create_task(self._fetch(one, self.progress[place], self._crew.client))
                self._fetching[place] = task
                task.add_done_callback(partial(self._ended, place))

    def _patience(self, coming: Iterable[FileOf]) -> float:
        waiting = [self.progress[one.dispatch, one.number].next_at for one in coming]
        soon = [at - time.monotonic() for at in waiting if at]
        return max(_TOGETHER, min([_LOOK_AGAIN, *soon]))

    def _ended(self, place: Place, task: asyncio.Task[None]) -> None:
        self._fetching.pop(place, None)
        self._done(task)

    def _done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            _LOG.error("a file was not gone on with: %s", type(task.exception()).__name__)
            self._engine.faults += 1
        self._moved.set()

    # --- one file --------------------------------------------------------------------------------------------------

    async def _fetch(self, one: FileOf, progress: Progress, way: FileWay | None) -> None:
        progress.next_at = time.monotonic() + progress.pause
        try:
            given_up = await self._engine.call(
                attached.give_up_recalled, self._engine.node.ledger, self._engine.node.office, one, self._engine.clock.now()
            )  # fmt: skip
            if given_up is not None:
                self._engine.tell_filed([recorded.id for recorded in given_up], one.dispatch)
                return
            look = Look(self._crew.scanner)
            try:
                await self._bytes(one, progress, look, way)
                filed = await self._engine.call(
                    attached.whole, self._engine.node.ledger, self._engine.node.office, one, self._engine.clock.now()
                )  # fmt: skip
                self._engine.tell_filed([recorded.id for recorded in filed], one.dispatch)
                looked = await asyncio.to_thread(look.end)
            finally:
                look.drop()
            if looked is not None:
                await self._found(one, looked)
        except BlobEnded as ended:
            progress.why = ended.why.value
        except NoRoom:
            progress.why = NO_ROOM
        except BadSeal:
            progress.why = BAD_BYTES
        except ComityError as error:
            progress.why = error.code
        else:
            return
        _LOG.warning(
            "a file of %d bytes is not whole: %s; it is gone on with later", one.file.cipher_size, progress.why
        )
        progress.pause = min(progress.pause * 2, _LONGEST_PAUSE)

    async def _bytes(self, one: FileOf, progress: Progress, look: Look, way: FileWay | None) -> None:
        """Fetch what is missing of a file; return when all of it is at its address and durable."""
        cipher, size = one.file.cipher, one.file.cipher_size
        if await asyncio.to_thread(self._crew.store.has, cipher, size):
            look.drop()
            return
        if way is None:
            raise BlobEnded(NoFile.NO_WAY)
        part = await asyncio.to_thread(self._crew.store.part, cipher.hex(), size)
        turns = InTurn()
        try:
            taker = Taker(part, one, look)
            await asyncio.to_thread(taker.go_on)
            progress.have, progress.why = part.length, ""
            gathered: list[bytes] = []
            if part.length < size:
                async with contextlib.aclosing(way.rest(cipher, part.length, size)) as rest:
                    async for piece in rest:
                        gathered.append(piece)
                        if sum(map(len, gathered)) >= PIECE:
                            whole = b"".join(gathered)
                            await self._engine.way.give(len(whole))
                            await turns.put(taker.take, whole)
                            gathered.clear()
                            if part.length > progress.have:
                                progress.have, progress.pause = part.length, _FIRST_PAUSE
            await turns.done()
            await asyncio.to_thread(taker.end, b"".join(gathered))
        finally:
            await turns.end()
            await asyncio.to_thread(part.close)

    async def _look(self, one: FileOf) -> None:
        """Look into a whole file that was not looked into as it came."""
        found = await asyncio.to_thread(look_into, self._crew.store, one.dispatch, one.file, self._crew.scanner)
        await self._found(one, found)

    async def _found(self, one: FileOf, looked: Looked | None) -> None:
        """Note what a file is; None for one that does not open."""
        state, found = (FileState.UNOPENED, "") if looked is None else looked.say(one.file.media)
        if state is not FileState.CLEAN:
            _LOG.warning("a file stays in quarantine: %s", state.value)
        ledger, now = self._engine.node.ledger, self._engine.clock.now()
        await self._engine.call(attached.looked_at, ledger, one, state, found, now)
        self._engine.tell_filed([], one.dispatch)


class Taker:
    """Checks and writes one file as it comes. Not for two threads at once.

    Args:
        part: what there is of it.
        one: which.
        look: looks into it as it goes by, None for nobody.
    """

    def __init__(self, part: Part, one: FileOf, look: Look | None = None) -> None:
        self._part, self._one, self._look = part, one, look
        self._begin()

    def _begin(self) -> None:
        file = self._one.file
        self._opener, self._hash = FileOpener(file.key, self._one.dispatch, file.size), hashlib.sha256()

    def go_on(self) -> None:
        """Check what the disk has of it, from the beginning; what does not open is cut off."""
        at = 0
        while at < self._part.length:
            piece = self._part.read(at, PIECE)
            try:
                self._show(self._opener.update(piece))
            except BadSeal:
                if self._look is not None:
                    self._look.drop()  # it has seen bytes that are seen again now
                self._part.cut(_border(at))
                self._begin()
                at = 0
                continue
            self._hash.update(piece)
            at += len(piece)

    def _show(self, plain: bytes) -> None:
        if self._look is not None:
            self._look.feed(plain)

    def take(self, piece: bytes) -> None:
        """Check and write what came next.

        Raises:
            BadSeal: it does not open; the part ends at the last chunk that did.
            NoRoom, StoreError: it was not written.
        """
        try:
            plain = self._opener.update(piece)
        except BadSeal:
            self._part.cut(_border(self._part.length))
            raise
        self._part.write(piece)
        self._hash.update(piece)
        self._show(plain)

    def end(self, piece: bytes) -> None:
        """Take the last piece and put the file at its address, if it is the one that the dispatch commits to.

        Raises:
            BadSeal: it is not; nothing of it is kept.
            NoRoom, StoreError: it was not written.
        """
        if piece:
            self.take(piece)
        try:
            self._show(self._opener.finish())
            _agree(self._hash.digest(), self._one.file.cipher)
        except BadSeal:
            self._part.cut(0)
            raise
        self._part.publish(self._one.file.cipher)


def _agree(found: bytes, committed: bytes) -> None:
    if found != committed:
        raise BadSeal("a file has another hash than its dispatch commits to; nothing of it was kept")


def _border(length: int) -> int:
    """Return where the last whole chunk ends."""
    return HEADER + max(0, length - HEADER) // _SEALED_CHUNK * _SEALED_CHUNK if length >= HEADER else 0


def _fresh(one: FileOf) -> Progress:
    return Progress(0, one.file.cipher_size)
