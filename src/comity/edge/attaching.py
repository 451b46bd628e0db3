"""Adding files to a draft: sealed as they come, gone on with after any end, ready to leave once they were looked into.

The rule it keeps: the plain file never touches the disk; what is answered as kept is durable; a key seals one text only, so
what a restart found half is sealed anew under another key before it is gone on with.
"""

from __future__ import annotations

import asyncio
import logging
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from comity.base.errors import BadForm, BadSeal, ComityError, NotAllowed
from comity.base.hashing import domain_hash
from comity.base.ids import Digest, DispatchId, Ms, new_dispatch_id, show_id
from comity.crypto.chunks import CHUNK, KEY, FileOpener, FileSealer, cipher_size
from comity.dispatch import wire
from comity.dispatch.attached import LONGEST_MEDIA, LONGEST_NAME, FileState
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.ports import Row, Tx
from comity.dispatch.states import Officer
from comity.edge.engine import Engine
from comity.edge.filescan import Look, Looked, Scanner, look_into
from comity.edge.filestore import PIECE, FileStore, Part
from comity.edge.filetype import UNKNOWN
from comity.edge.inturn import InTurn
from comity.edge.plain import Json

_LOG = logging.getLogger("comity.files")
KEPT_MS = 7 * 24 * 3_600_000
"""How long files stay that were added to a draft which was never handed in."""
_WATCHED = 4
"""Files that are looked into as they go by, each with a scan that runs."""
_TIDY_SECONDS = 86_400
_PART = "comity/part-name/1"
_COLUMNS = "files, number, name, media, size, key, part, cipher, state, found, desk, officer"
_ABANDONED = (
    "SELECT files, number, part, cipher FROM attaching WHERE since < ?"
    " AND files NOT IN (SELECT id FROM kept WHERE state = 'held' AND ended_at IS NULL)"
)


@dataclass(frozen=True, slots=True)
class Added:
    """One file that is being added, as its row has it; `key` is in nothing that leaves this process."""

    files: DispatchId
    number: int
    name: str
    media: str
    size: int
    key: bytes
    part: str
    cipher: Digest | None
    state: FileState
    found: str
    by: tuple[str, int]

    def attachment(self, cipher: Digest) -> wire.Attachment:
        """Return it as it will stand in its dispatch."""
        return wire.Attachment(self.name, self.media, self.size, cipher_size(self.size), cipher, self.key)


class _Upload:
    """One file under way in this process: its sealer, its part, and who looks into it as it goes by."""

    def __init__(self, row: Added, store: FileStore, look: Look | None = None) -> None:
        self.row, self._store, self.look = row, store, look
        self.lock = asyncio.Lock()
        self.part: Part | None = None
        self._sealer = FileSealer(row.key, row.files, row.size)
        self.taken = 0
        self.broken = False
        """A write failed: the sealer is ahead of the part."""

    @property
    def kept(self) -> int:
        """Bytes of the plain file that would be here after a crash of the machine."""
        return self.taken if self.taken == self.row.size else self.taken // CHUNK * CHUNK

    def open(self) -> None:
        """Open its part, which must be empty."""
        self.part = self._store.part(self.row.part, cipher_size(self.row.size))
        self.part.cut(0)

    def take(self, data: bytes) -> None:
        """Seal and write what came next.

        Raises:
            BadForm: it is longer than was said.
            NoRoom, StoreError: it was not written; begin again from what is kept.
        """
        assert self.part is not None
        self.broken = True
        self.part.write(self._sealer.update(data))
        self.taken += len(data)
        if self.look is not None:
            self.look.feed(data)
        self.broken = False

    def end(self) -> Digest:
        """Write the padding and the end, and make all of it durable; it is not at its address yet."""
        assert self.part is not None
        for piece in self._sealer.finish():
            self.part.write(piece)
        self.part.flush()
        return self._sealer.digest()

    def close(self) -> None:
        """Let go of the part, and look no further."""
        if self.look is not None:
            self.look.drop()
        if self.part is not None:
            self.part.close()


class Attaching:
    """Takes files for drafts.

    Args:
        engine: the running node.
        store: of the files.
        scanner: how they are looked into.
        most: bytes of one file that this node takes, where that is less than the accord bears; 0 for the accord's.
    """

    def __init__(self, engine: Engine, store: FileStore, scanner: Scanner, most: int = 0) -> None:
        self._engine, self._store, self._scanner, self._most = engine, store, scanner, most
        self._open: dict[tuple[DispatchId, int], _Upload] = {}
        self._looks: set[asyncio.Task[None]] = set()
        self._one = asyncio.Lock()

    # --- what an officer does --------------------------------------------------------------------------------------

    async def begin(self, files: DispatchId | None, name: str, media: str, size: int, by: Officer) -> Json:
        """Begin a file; `files` None begins a new number.

        Raises:
            BadForm: a name, type or size that cannot be, or more than the accord bears.
            NoRoom: the disk has no room for it.
        """
        name, media = _name(name), media.partition(";")[0].strip().lower()
        office = self._engine.node.office
        most = office.accord.timer("attachment-most")
        if size < 0 or cipher_size(size) > most:
            raise BadForm(f"a file has at most {most} bytes under this accord, with its padding; nothing was kept")
        if self._most and size > self._most:
            raise BadForm(f"this node takes files of at most {self._most} bytes; nothing was kept")
        if len(media) > LONGEST_MEDIA or not media.isascii() or not media.isprintable():
            raise BadForm("the type of a file is a word such as application/pdf; nothing was kept")
        self._store.room_for(cipher_size(size))
        row = await self._engine.call(self._insert, files, name, media, size, by, self._engine.clock.now())
        if not size:
            await self._end(await self._upload(row))
        return await self.state(row.files, by)

    async def add(self, files: DispatchId, number: int, offset: int, by: Officer, chunks: AsyncIterator[bytes]) -> Json:
        """Take the next bytes of a file, from `offset` of the plain file on.

        Bytes from another place than the one that comes next are not taken; the answer says which that is.

        Raises:
            BadForm: there is no such file, or it becomes longer than was said.
            NoRoom, StoreError: not all was written; what the answer to `state` says is kept.
        """
        upload = await self._upload(await self._engine.call(self._row, files, number, by))
        async with upload.lock:
            if upload.row.state is FileState.COMING and offset == upload.taken:
                try:
                    await self._take(upload, chunks)
                except BaseException:
                    self._after_end(upload)
                    raise
        return await self.state(files, by)

    async def _take(self, upload: _Upload, chunks: AsyncIterator[bytes]) -> None:
        """Seal and write pieces of a MiB in a thread, while the next ones come."""
        turns = InTurn()
        gathered: list[bytes] = []
        size = 0
        try:
            async for chunk in chunks:
                gathered.append(chunk)
                size += len(chunk)
                if size >= PIECE:
                    await turns.put(upload.take, b"".join(gathered))
                    gathered.clear()
                    size = 0
            await turns.put(upload.take, b"".join(gathered))
            await turns.done()
        finally:
            await turns.end()  # also when nobody waits any more: the next write must not meet this one
        if upload.taken == upload.row.size:
            await self._end(upload)
        elif upload.part is not None:
            await asyncio.to_thread(upload.part.flush)

    def _after_end(self, upload: _Upload) -> None:
        """Keep a file whose line broke as it is; one that could not be written is opened anew by the next call."""
        if upload.broken:
            upload.close()
            self._open.pop((upload.row.files, upload.row.number), None)

    async def state(self, files: DispatchId, by: Officer) -> Json:
        """Say how far the files of a number have come."""
        rows = await self._engine.call(self._rows, files, by)
        return {"files": show_id(files), "list": [self._json(row) for row in rows]}

    async def opened(self, files: DispatchId, by: Officer) -> Json:
        """Say it after what a restart found was opened again, so that everyone knows where to go on."""
        for row in await self._engine.call(self._rows, files, by):
            if row.state is FileState.COMING:
                await self._upload(row)
        return await self.state(files, by)

    async def drop(self, files: DispatchId, number: int, by: Officer) -> Json:
        """Take a file away from its draft; its bytes are destroyed.

        Raises:
            BadForm: there is no such file.
        """
        await self._discard(await self._engine.call(self._row, files, number, by))
        return await self.state(files, by)

    # --- going on --------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Go on with what a restart found whole and not looked into, then look each day for what nobody handed in."""
        for row in await self._engine.call(self._all):
            if row.state is FileState.WHOLE:
                self._look(row)
        while True:
            try:
                await self.tidy()
            except ComityError as error:
                _LOG.error("files that nobody handed in are not destroyed yet: %s", error.code)
            await asyncio.sleep(_TIDY_SECONDS)

    async def tidy(self) -> None:
        """Destroy what nobody handed in."""
        for row in await self._engine.call(self._abandoned, self._engine.clock.now()):
            await self._discard(row)

    async def _discard(self, row: Added) -> None:
        upload = self._open.pop((row.files, row.number), None)
        if upload is not None:
            upload.close()
        await self._engine.call(self._delete, row)
        await asyncio.to_thread(self._destroy, row)

    async def close(self) -> None:
        """Let go of all parts; what is kept stays."""
        for task in self._looks:
            task.cancel()
        await asyncio.gather(*self._looks, return_exceptions=True)
        for upload in self._open.values():
            upload.close()

    async def _upload(self, row: Added) -> _Upload:
        """Return the file under way, opened anew after a restart."""
        async with self._one:
            found = self._open.get((row.files, row.number))
            if found is None:
                found = _Upload(row, self._store)
                if row.state is FileState.COMING:
                    found = await self._again(row) if self._has(row) else await self._anew(row)
                if found.row.state is FileState.COMING:
                    self._open[row.files, row.number] = found
            return found

    def _watch(self) -> Look | None:
        """Return who looks into a file as it goes by; beyond some at once, files are looked into when they are whole."""
        watched = sum(one.look is not None for one in self._open.values())
        return Look(self._scanner) if watched < _WATCHED else None

    def _has(self, row: Added) -> bool:
        return row.cipher is not None or row.part in self._store.parts()

    async def _anew(self, row: Added) -> _Upload:
        upload = _Upload(row, self._store, self._watch())
        await asyncio.to_thread(upload.open)
        return upload

    async def _again(self, row: Added) -> _Upload:
        """Open a file that is not whole: what the disk has of it is sealed anew under a fresh key, then gone on with."""
        if row.cipher is not None:
            return await self._published(row)
        key = self._engine.node.office.entropy.draw(KEY)
        fresh = replace(row, key=key, part=_part_name(row.files, row.number, key))
        upload = _Upload(fresh, self._store, self._watch())
        await asyncio.to_thread(upload.open)
        await asyncio.to_thread(self._reseal, row, upload)
        await self._engine.call(self._rekey, fresh)
        if row.part != fresh.part:
            await asyncio.to_thread(self._store.drop_part, row.part)
        return upload

    def _reseal(self, row: Added, upload: _Upload) -> None:
        """Seal what can be opened of a part of before into a new one."""
        opener = FileOpener(row.key, row.files, row.size)
        with self._store.part(row.part, 0) as old:
            at = 0
            while at < old.length:
                piece = old.read(at, PIECE)
                try:
                    upload.take(opener.update(piece))
                except BadSeal:
                    break
                at += len(piece)
        assert upload.part is not None
        upload.part.flush()

    async def _published(self, row: Added) -> _Upload:
        """Finish a file whose last byte was durable when the node ended."""
        assert row.cipher is not None
        if not await asyncio.to_thread(self._store.has, row.cipher, cipher_size(row.size)):
            with await asyncio.to_thread(self._store.part, row.part, cipher_size(row.size)) as part:
                await asyncio.to_thread(part.publish, row.cipher)
        whole = replace(row, state=FileState.WHOLE)
        await self._engine.call(self._is_whole, whole)
        self._look(whole)
        return _Upload(whole, self._store)

    async def _end(self, upload: _Upload) -> None:
        """Make a file whole: its hash is written, then it is put at its address, then it is looked into."""
        if upload.part is None:
            await asyncio.to_thread(upload.open)
        digest = await asyncio.to_thread(upload.end)
        whole = replace(upload.row, cipher=digest, state=FileState.WHOLE)
        await self._engine.call(self._is_ending, whole)
        assert upload.part is not None
        await asyncio.to_thread(upload.part.publish, digest)
        await self._engine.call(self._is_whole, whole)
        look, upload.look = upload.look, None
        upload.close()
        self._open.pop((whole.files, whole.number), None)
        self._look(whole, look)

    def _look(self, row: Added, went_by: Look | None = None) -> None:
        task = asyncio.create_task(self._look_into(row, went_by))
        self._looks.add(task)
        task.add_done_callback(self._looks.discard)

    async def _look_into(self, row: Added, went_by: Look | None) -> None:
        cipher = row.cipher
        assert cipher is not None
        looked = None if went_by is None else await asyncio.to_thread(went_by.end)
        if looked is None:
            file = row.attachment(cipher)
            looked = await asyncio.to_thread(look_into, self._store, row.files, file, self._scanner)
        row, state, found = _judged(row, looked)
        await self._engine.call(self._is_looked_at, replace(row, state=state, found=found))
        self._engine.bell.ring(topics=())

    # --- rows, in the writer's thread ------------------------------------------------------------------------------

    def _insert(  # noqa: PLR0917  one row
        self, files: DispatchId | None, name: str, media: str, size: int, by: Officer, now: Ms
    ) -> Added:
        entropy = self._engine.node.office.entropy
        with self._engine.node.ledger.begin() as book:
            if files is not None:
                self._check_number(files, by, book.tx)
            number = files or new_dispatch_id(now, entropy)
            taken = book.tx.rows(
                "SELECT coalesce(max(number) + 1, 0), count(*) FROM attaching WHERE files = ?", (number,)
            )
            if int_of(taken[0][1]) >= wire.MAX_ATTACHMENTS:
                raise BadForm(f"a dispatch has at most {wire.MAX_ATTACHMENTS} files; nothing was kept")
            key, place = entropy.draw(KEY), int_of(taken[0][0])
            row = Added(
                number, place, name, media or UNKNOWN, size, key, _part_name(number, place, key), None,
                FileState.COMING, "", (by.desk, by.number),
            )  # fmt: skip
            book.tx.run(
                f"INSERT INTO attaching ({_COLUMNS}, since) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  our own columns
                (*_values(row), now),
            )
        return row

    def _check_number(self, files: DispatchId, by: Officer, tx: Tx) -> None:
        """Check that a number is one that this officer began and that has not left: nobody chooses a number."""
        rows = tx.rows(
            "SELECT 1 FROM attaching WHERE files = ? AND desk = ? AND officer = ?", (files, by.desk, by.number)
        )
        if not rows:
            raise NotAllowed("these files were begun by somebody else, or have left; nothing was kept")

    def _row(self, files: DispatchId, number: int, by: Officer) -> Added:
        for row in self._rows(files, by):
            if row.number == number:
                return row
        raise BadForm("there is no such file among those that you are adding; nothing was kept")

    def _rows(self, files: DispatchId, by: Officer) -> tuple[Added, ...]:
        statement = f"SELECT {_COLUMNS} FROM attaching WHERE files = ? AND desk = ? AND officer = ? ORDER BY number"  # noqa: S608  our own columns
        with self._engine.node.ledger.read() as tx:
            return tuple(map(_added, tx.rows(statement, (files, by.desk, by.number))))

    def _all(self) -> tuple[Added, ...]:
        with self._engine.node.ledger.read() as tx:
            return tuple(map(_added, tx.rows(f"SELECT {_COLUMNS} FROM attaching")))  # noqa: S608  our own columns

    def _abandoned(self, now: Ms) -> tuple[Added, ...]:
        with self._engine.node.ledger.read() as tx:
            gone = {(row[0], row[1]) for row in tx.rows(_ABANDONED, (now - KEPT_MS,))}
        return tuple(row for row in self._all() if (row.files, row.number) in gone)

    def _rekey(self, row: Added) -> None:
        self._change(row, "key = ?, part = ?", row.key, row.part)

    def _is_ending(self, row: Added) -> None:
        self._change(row, "cipher = ?", row.cipher)

    def _is_whole(self, row: Added) -> None:
        self._change(row, "state = ?", FileState.WHOLE.value)

    def _is_looked_at(self, row: Added) -> None:
        self._change(row, "state = ?, found = ?, media = ?", row.state.value, row.found, row.media)

    def _change(self, row: Added, what: str, *values: str | bytes | None) -> None:
        with self._engine.node.ledger.begin() as book:
            statement = f"UPDATE attaching SET {what} WHERE files = ? AND number = ?"  # noqa: S608  one of the texts above
            book.tx.run(statement, (*values, row.files, row.number))

    def _delete(self, row: Added) -> None:
        with self._engine.node.ledger.begin() as book:
            book.tx.run("DELETE FROM attaching WHERE files = ? AND number = ?", (row.files, row.number))

    def _destroy(self, row: Added) -> None:
        self._store.drop_part(row.part)
        if row.cipher is not None:
            self._store.remove(row.cipher)

    def _json(self, row: Added) -> Json:
        upload = self._open.get((row.files, row.number))
        whole = row.state is not FileState.COMING
        return {
            "number": row.number,
            "name": row.name,
            "media": row.media,
            "size": row.size,
            "offset": row.size if whole else (upload.taken if upload else None),
            "kept": row.size if whole else (upload.kept if upload else None),
            "state": row.state.value,
            "found": row.found,
        }


def _judged(row: Added, looked: Looked | None) -> tuple[Added, FileState, str]:
    if looked is None:
        return row, FileState.UNOPENED, ""
    state, found = looked.say(row.media)
    if state is FileState.OTHER_TYPE and row.media == UNKNOWN and found:
        # Whoever added it said no type: it goes as what it is, after the scan that a type of its own gets.
        row = replace(row, media=found)
        state, found = looked.say(found)
    return row, state, found


def _name(name: str) -> str:
    """Return a file's name as it will cross: the last part of a path, in Unicode form NFC."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2].strip()
    if not 1 <= len(last) <= LONGEST_NAME or any(unicodedata.category(char) in {"Cc", "Cs"} for char in last):
        raise BadForm(f"a file has a name of at most {LONGEST_NAME} characters that can be written; nothing was kept")
    return last


def _part_name(files: DispatchId, number: int, key: bytes) -> str:
    """Return a name for a part that differs with its key, of which it tells nothing."""
    return f"up-{files.hex()}-{number}-{domain_hash(_PART, key).hex()[:8]}"


def _values(row: Added) -> tuple[str | int | bytes | None, ...]:
    return (
        row.files, row.number, row.name, row.media, row.size, row.key, row.part, row.cipher, row.state.value, row.found, *row.by,
    )  # fmt: skip


def _added(row: Row) -> Added:
    files, number, name, media, size, key, part, cipher, state, found, desk, officer = row
    return Added(
        DispatchId(bytes_of(files)),
        int_of(number),
        text_of(name),
        text_of(media),
        int_of(size),
        bytes_of(key),
        text_of(part),
        None if cipher is None else Digest(bytes_of(cipher)),
        FileState(text_of(state)),
        text_of(found),
        (text_of(desk), int_of(officer)),
    )
