"""The courier by media: a set of files out of a running node, and one from the peer into it.

The rule it keeps: what is read from media goes the way of an exchange that came over the network, check by check; a node
that has not heard yet whether its store is the newest hears it on media only in an answer to its own question.
"""  # spec: protocol.md 5-7, 9

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from comity.base.errors import BadEnvelope, BadMedia
from comity.base.hashing import sha256
from comity.base.ids import Digest, LeafIndex, Ms, NodeName, Origin
from comity.dispatch.book import LogRole, log_row
from comity.dispatch.columns import int_of
from comity.dispatch.entries import Fact
from comity.dispatch.exchange_codec import encode_exchange
from comity.edge.courier_client import Answer, NoAnswer
from comity.edge.engine import Engine
from comity.edge.media import Found, FoundSet, NoRoom, SetWriter, find_sets, read_file
from comity.edge.mediafiles import NO_FILES, CarriedFiles, FileCarrier, held_by
from comity.edge.recovery import Recovery
from comity.node.carry import (
    CarriedSet,
    bundles_for,
    drop_answer,
    keep_answer,
    kept_answer,
    last_carried,
    note_carried,
    read_before,
    receipted,
)
from comity.node.mediaset import SET_ID_BYTES, Part
from comity.node.taken import Problem, Taken
from comity.tlog.tiles import TileName, decode_bundle, encode_bundle, parse_path

_LOG = logging.getLogger("comity.media")
_OK = 200
_MOST_EXCHANGES = 2_048
_SAYS = {
    "unknown-log": "it is of another log than that of the other side: the wrong media, or a copy from another pair of nodes",
    "bad-signature": "it has not exactly the other side's two good signatures",
    "stale-incarnation": "it was written before the other side's store was put back; ask for media that are written anew",
    "clock": "the other side's clock was more than an hour ahead of ours; compare the clocks by telephone",
    "gap": "entries before it are missing here; ask the other side to write media anew after it has read ours",
    "unproven-head": "its entries do not give the head that was signed; the head is kept and challenged",
    "slow-down": "this node keeps as many heads in doubt as it can; telephone the other side's engineers",
    "broken": "the link is broken; both duty desks telephone",
    "recovering": "this node asks first whether its store is the newest: write media, and read what comes back",
    "bad-envelope": "it is no exchange",
    "version": "it is of a version that this program does not speak",
    "too-large": "it is larger than an exchange may be",
}
_STOPS = frozenset({"unknown-log", "bad-signature", "stale-incarnation", "clock", "broken", "recovering", "slow-down"})
"""What the next file of the set would meet as well."""


@dataclass(frozen=True, slots=True)
class Written:
    """A set that was written.

    Attributes:
        receiver: for whom.
        set_id: of the set.
        files, size_bytes: of it, the list not counted.
        dispatches, receipts: in it; a receipt travels until the peer has co-signed it, so it may have gone before.
        waiting: dispatches that are not in it: no room, or the peer's receipts come first.
        full: the media had no room for more.
        recovering: this node asks first whether its store is the newest; nothing else may go.
        last_read: the newest set of the peer that was read here, if any.
        attachments: files of dispatches in it, and what had no room.
    """

    receiver: NodeName
    set_id: bytes
    files: int
    size_bytes: int
    dispatches: int
    receipts: int
    waiting: int
    full: bool
    recovering: bool
    last_read: Ms | None
    attachments: CarriedFiles


@dataclass(frozen=True, slots=True)
class Read:
    """What came of reading media.

    Attributes:
        sender: from whom.
        signed: when the newest head in it was signed, by the peer's clock, milliseconds; None without an exchange.
        files: files that were taken.
        dispatches: dispatches that were recorded: filed, held, refused or quarantined.
        filed: of these, what a desk has now.
        receipts: dispatches of ours of which a first receipt came.
        news: anything at all was new.
        read_first: when the same set was read before; None if it was not.
        answer: media must go back: they hold an answer, or a question, for the peer.
        faults: what was not taken and why, one sentence a file.
        attachments: files that are whole now, the bytes that were read, and what is still to come of the other side's.
    """

    sender: NodeName
    signed: Ms | None = None
    files: int = 0
    dispatches: int = 0
    filed: int = 0
    receipts: int = 0
    news: bool = False
    read_first: Ms | None = None
    answer: bool = False
    faults: tuple[str, ...] = ()
    attachments: CarriedFiles = NO_FILES


@dataclass(slots=True)
class _Filling:
    """What a set has while it is being written."""

    gone: frozenset[LeafIndex] = frozenset()
    receipts: int = 0
    full: bool = False
    recovering: bool = False
    attachments: CarriedFiles = NO_FILES


class Carrier:
    """Writes and reads media for one running node.

    Args:
        engine: that drives it.
        home: its data folder, which is never taken for media.
        files: carries the files of dispatches; None where there are none.
    """

    def __init__(self, engine: Engine, home: Path, files: FileCarrier | None = None) -> None:
        self._engine, self._node, self._home, self._files = engine, engine.node, home.resolve(), files
        self._turn = asyncio.Lock()
        """One set at a time, whoever asks."""

    # --- writing -----------------------------------------------------------------------------------------------

    async def write(self, media: Path) -> Written:
        """Write all that the peer should have, the most urgent first, into one set.

        Raises:
            BadMedia: the media cannot be written, or has no room for anything; nothing of the node was changed.
            Problem: the link is unpaired or broken.
        """
        self._refuse_home(media)
        async with self._turn:
            return await self._write(media)

    async def _write(self, media: Path) -> Written:
        voice, peer = self._node.voice, self._node.peer
        set_id = self._node.office.entropy.draw(SET_ID_BYTES)
        writer = await asyncio.to_thread(SetWriter, media, voice.node, set_id)
        try:
            filling = await self._fill(writer, media)
            now = self._engine.clock.now()
            await asyncio.to_thread(writer.finish, peer.node, voice.node, now)
        except BaseException:
            writer.abandon()
            raise
        kept = CarriedSet(set_id, "written", now, writer.files, len(filling.gone), filling.receipts)
        last = await self._engine.call(self._note, kept)
        self._engine.bell.ring(topics=("link",))
        _LOG.info("%d dispatches and %d receipts were written to media", kept.dispatches, kept.receipts)
        return Written(
            receiver=peer.node,
            set_id=set_id,
            files=kept.files,
            size_bytes=writer.size_bytes,
            dispatches=kept.dispatches,
            receipts=kept.receipts,
            waiting=max(0, await self._engine.call(self._unreceipted) - kept.dispatches),
            full=filling.full,
            recovering=filling.recovering,
            last_read=None if last is None else last.at,
            attachments=filling.attachments,
        )

    async def _fill(self, writer: SetWriter, media: Path) -> _Filling:
        filling = _Filling()
        try:
            await self._questions(writer, filling)
            if not filling.recovering:
                await self._exchanges(writer, filling)
                if self._files is not None:
                    held = await asyncio.to_thread(self._held_there, media)
                    await asyncio.to_thread(self._files.say_held, writer)
                    filling.attachments = await asyncio.to_thread(self._files.write, writer, held, filling.gone)
        except NoRoom as error:
            if not writer.files:
                raise BadMedia(
                    f"{media} has no room for any file; nothing was written. Empty it or take a larger one"
                ) from error
            filling.full = True
        return filling

    async def _questions(self, writer: SetWriter, filling: _Filling) -> None:
        """Write our own `recover` if this node starts, and the answer to the peer's, with what it may have lost."""
        if await self._engine.call(lambda: self._node.recovering):
            filling.recovering = True
            asked = await self._engine.call(self._node.recover_request)
            await asyncio.to_thread(writer.put, "recover.cose", Part.RECOVER, asked)
        kept = await self._engine.call(self._kept)
        if kept is None:
            return
        asked, status, answer = kept
        part = Part.RECOVERED if status == _OK else Part.PROBLEM
        await asyncio.to_thread(writer.put, "recovered.cose", part, answer, sha256(asked).hex() + f" {status}")
        if status == _OK:
            for number, (about, content) in enumerate(await self._engine.call(self._bundles, asked)):
                await asyncio.to_thread(writer.put, f"bundle-{number:06d}.bin", Part.BUNDLE, content, about)

    async def _exchanges(self, writer: SetWriter, filling: _Filling) -> None:
        for number in range(_MOST_EXCHANGES):
            carried = await self._engine.call(self._node.carry, filling.gone, self._engine.clock.now())
            content = encode_exchange(carried.exchange)
            await asyncio.to_thread(writer.put, f"exchange-{number:04d}.cbor", Part.EXCHANGE, content)
            filling.gone |= {index for index, _ in carried.exchange.dispatches}
            filling.receipts = carried.receipts
            if not carried.left:
                return

    def _held_there(self, media: Path) -> dict[Digest, int]:
        """Return what the other side has of our files, as its own newest set on the media says; without one, nothing."""
        us, peer = self._node.voice.node, self._node.peer.node
        return held_by([one for one in find_sets(media).sets if (one.listed.sender, one.listed.receiver) == (peer, us)])

    def _refuse_home(self, media: Path) -> None:
        if media.resolve() == self._home or self._home in media.resolve().parents:
            raise BadMedia(f"{media} is the node's own folder; nothing was written. Name the folder of the media")

    def _note(self, carried: CarriedSet) -> CarriedSet | None:
        with self._node.ledger.begin() as book:
            note_carried(book.tx, carried)
            return last_carried(book.tx, "read")

    def _kept(self) -> tuple[bytes, int, bytes] | None:
        with self._node.ledger.read() as tx:
            return kept_answer(tx)

    def _unreceipted(self) -> int:
        with self._node.ledger.read() as tx:
            return int_of(tx.rows("SELECT count(*) FROM sent WHERE settled_at IS NULL AND fact = 0")[0][0])

    def _bundles(self, asked: bytes) -> list[tuple[str, bytes]]:
        question = self._node.question(asked)
        with self._node.ledger.read() as tx:
            ours, theirs = log_row(tx, LogRole.OURS), log_row(tx, LogRole.THEIRS)
            assert ours is not None
            assert theirs is not None
            hashes = {row.role: sha256(row.origin.encode()).hex() for row in (ours, theirs)}
        found: list[tuple[str, bytes]] = []
        for role, name in bundles_for((ours.head_size, theirs.head_size), question):
            content = self._engine.tile(hashes[role], name.path())
            if content is not None:
                found.append((f"{hashes[role]}/{name.path()}", content))
        return found

    # --- reading -----------------------------------------------------------------------------------------------

    async def read(self, media: Path) -> Read:
        """Take the peer's newest set on media; what is damaged in it is named, the rest is taken.

        Raises:
            BadMedia: there is no set of the peer for this node on it; nothing was changed.
        """
        self._refuse_home(media)
        async with self._turn:
            return await self._read(media)

    async def _read(self, media: Path) -> Read:
        found = await asyncio.to_thread(find_sets, media)
        newest = self._ours(found, media)
        listed = newest.listed
        before = await self._engine.call(self._read_before, listed.set_id)
        had = await self._engine.call(self._receipted)
        done = Read(listed.sender, read_first=None if before is None else before.at)
        done = await self._take_recovered(newest, done)
        for file in listed.files:
            if file.part not in {Part.RECOVER, Part.EXCHANGE}:
                continue
            content = await asyncio.to_thread(read_file, newest, file)
            if content is None:
                done = _fault(done, file.name, "it is cut, changed or cannot be read; what was in it comes again")
                continue
            done, go_on = await self._take(file.name, file.part, content, done)
            if not go_on:
                break
        if self._files is not None and not await self._engine.call(lambda: self._node.recovering):
            done = replace(done, attachments=await self._files.read(newest))
        done = replace(done, receipts=await self._engine.call(self._receipted) - had)
        if done.files:
            kept = CarriedSet(
                listed.set_id, "read", self._engine.clock.now(), done.files, done.dispatches, done.receipts
            )
            await self._engine.call(self._note, kept)
        self._engine.bell.ring(topics=("link",))
        _LOG.info("media were read: %d files taken, %d not", done.files, len(done.faults))
        return done

    def _ours(self, found: Found, media: Path) -> FoundSet:
        """Choose the newest set from the peer to us, or say what the media has instead."""
        us, peer = self._node.voice.node, self._node.peer.node
        fitting = [one for one in found.sets if (one.listed.sender, one.listed.receiver) == (peer, us)]
        if fitting:
            return fitting[-1]
        if any(one.listed.sender == us for one in found.sets):
            raise BadMedia(f"{media} holds what this node wrote for {peer}; nothing was read. Carry it there")
        if found.sets:
            other = found.sets[-1].listed
            raise BadMedia(
                f"{media} holds a set from {other.sender} for {other.receiver}, and this is {us}, whose other side is "
                f"{peer}; nothing was read. It is the wrong media"
            )
        if found.cut:
            raise BadMedia(
                f"the writing of {media} was cut off, or its list is damaged; nothing was read. "
                "Nothing is lost: have it written again"
            )
        raise BadMedia(f"{media} holds no set; nothing was read. Have it written")

    def _read_before(self, set_id: bytes) -> CarriedSet | None:
        with self._node.ledger.read() as tx:
            return read_before(tx, set_id)

    def _receipted(self) -> int:
        with self._node.ledger.read() as tx:
            return receipted(tx)

    async def _take(self, name: str, part: Part, content: bytes, done: Read) -> tuple[Read, bool]:
        if part is Part.RECOVER:
            return await self._answer(content, done), True
        # What an old exchange says of our log is no answer to whether our store was put back: a node that recovers keeps its head.
        taken = await self._engine.take_carried(content)
        if isinstance(taken, Problem):
            return _fault(done, name, _SAYS.get(taken.code, taken.code)), taken.code not in _STOPS
        await self._engine.call(self._drop_answer)
        return _with(done, taken), True

    async def _answer(self, asked: bytes, done: Read) -> Read:
        """Answer the peer's question whether its store was put back; the next set that we write takes it back."""
        status, answer = await self._engine.recover(asked)

        def keep() -> None:
            with self._node.ledger.begin() as book:
                keep_answer(book.tx, asked, status, answer)

        await self._engine.call(keep)
        return replace(done, files=done.files + 1, news=True, answer=True)

    def _drop_answer(self) -> None:
        with self._node.ledger.begin() as book:
            if kept_answer(book.tx) is not None:
                drop_answer(book.tx)

    async def _take_recovered(self, found: FoundSet, done: Read) -> Read:
        """Take the peer's answer to our question, with what our store lost, if the set has it."""
        answers = [one for one in found.listed.files if one.part in {Part.RECOVERED, Part.PROBLEM}]
        if not answers or not await self._engine.call(lambda: self._node.recovering):
            return done
        file = answers[0]
        content = await asyncio.to_thread(read_file, found, file)
        asked, _, status = file.about.partition(" ")
        if content is None or not (status.isascii() and status.isdecimal()):
            return _fault(done, file.name, "it is cut or changed; write media again and have it answered")
        if asked != sha256(await self._engine.call(self._node.recover_request)).hex():
            return _fault(done, file.name, "it answers another question than this node asks now; write media again")
        bundles = await asyncio.to_thread(_bundles_in, found)
        way = _MediaWay((int(status), content), bundles)
        try:
            await Recovery(self._node, self._engine.call, carried=True).step(way, self._engine.clock.now())
        except Problem as problem:
            return _fault(done, file.name, _SAYS.get(problem.code, problem.code))
        again = await self._engine.call(lambda: self._node.recovering)
        return replace(done, files=done.files + 1, news=True, answer=done.answer or again)


def _with(done: Read, taken: Taken) -> Read:
    signed = Ms(max(done.signed or 0, taken.head.time * 1_000))
    return replace(
        done,
        signed=signed,
        files=done.files + 1,
        dispatches=done.dispatches + len(taken.recorded),
        filed=done.filed + sum(one.fact is Fact.FILED for one in taken.recorded),
        news=done.news or taken.news or bool(taken.recorded),
    )


def _fault(done: Read, name: str, why: str) -> Read:
    return replace(done, faults=(*done.faults, f"{name} was not taken: {why}"))


def _bundles_in(found: FoundSet) -> dict[str, bytes]:
    read = ((one.about, read_file(found, one)) for one in found.listed.files if one.part is Part.BUNDLE)
    return {about: content for about, content in read if content is not None}


class _MediaWay:
    """The way to the peer by what it wrote: one answer, and bundles of entries, of which shorter ones are cut."""

    def __init__(self, answer: Answer, bundles: Mapping[str, bytes]) -> None:
        self._answer = answer
        self._bundles = {about.partition("/")[::2]: content for about, content in bundles.items()}

    async def recover(self, _: bytes) -> Answer:
        """Return the answer that was written."""
        return self._answer

    async def tile(self, origin: Origin, path: str) -> Answer:
        """Return a bundle that is on the media, or the beginning of a longer one."""
        wanted, hashed = parse_path(path), sha256(origin.encode()).hex()
        for width in range(wanted.width, 257):
            name = TileName(wanted.level, wanted.n, width)
            content = self._bundles.get((hashed, name.path()))
            if content is not None:
                try:
                    return _OK, encode_bundle(decode_bundle(content, width)[: wanted.width])
                except BadEnvelope:
                    break
        return NoAnswer.UNREACHABLE
