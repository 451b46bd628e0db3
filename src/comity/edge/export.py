"""Logs as folders of files: written out of a node's store, also while it runs, and read back from a folder or an address.

The rule it keeps: the checkpoint is written last, so that whoever copies an export never has a checkpoint without its
tiles; and an address is read without proxy, redirect or trust in the connection: only signatures count.
"""

from __future__ import annotations

import http.client
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from comity.base.errors import BadConfiguration, BadEnvelope, ComityError
from comity.base.ids import Origin
from comity.dispatch.book import LogRole, log_row
from comity.dispatch.entries import DispatchLeaf, Entry, HeadLeaf, ReceiptLeaf, ResealLeaf, decode_entry
from comity.dispatch.ports import Tx
from comity.edge.config import read_config
from comity.edge.files import PUBLIC_FILE, write_atomic
from comity.edge.opening import schemas_of
from comity.edge.schema import refuse_newer
from comity.edge.sqlite import SqliteStore
from comity.edge.stores import in_database, open_snapshots
from comity.node.bundle import instruments
from comity.node.keyorder import entered_raw
from comity.node.logfiles import CHECKPOINT, all_files, newest_checkpoint, origin_hash
from comity.node.publickeys import PublicKeys, party
from comity.tlog.audit import MAX_FAULTS, AuditReport, ReadPath, audit_files, read_entries
from comity.tlog.checkpoint import Checkpoint, CosignedHead
from comity.tlog.tiles import bundle_names, tile_names
from comity.tlog.tree import CachedTiles, Edge, MemoryTiles, leaf_hash, root

INDEX: Final = "logs.txt"
_FILE_BYTES: Final = 1 << 25
_SECONDS: Final = 30
_OK: Final = 200
Judge = Callable[[Sequence[bytes]], tuple[str, ...]]
Tick = Callable[[], None]
"""Called once for each file, so that a command can show how far it is."""


class Unreadable(ComityError):
    """A log could not be read from where it should be; nothing was verified."""

    code = "unreadable"


@contextmanager
def snapshot(folder: Path) -> Iterator[Tx]:
    """Open one snapshot of the store of the node in `folder`, running or not; nothing is written to it.

    Raises:
        BadConfiguration: there is no node, it has no store yet, or the store needs a newer program.
    """
    config = read_config(folder)
    path = config.path(config.store)
    if not in_database(config) and not path.is_file():
        raise BadConfiguration(f"{path} is not there: this node has no store yet; pair it first")
    store = open_snapshots(config) if in_database(config) else SqliteStore(path)
    try:
        with store.read() as tx:
            refuse_newer(tx, schemas_of(config))
            yield tx
    finally:
        store.close()


# --- writing -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Exported:
    """One log as written: its name, the folder under the export, how far it reaches, how many files."""

    origin: Origin
    folder: str
    size: int
    files: int


def file_count(tx: Tx) -> int:
    """Return how many files of logs an export of this snapshot has."""
    sizes = [found[0] for found in (newest_checkpoint(tx, role) for role in _EXPORTED) if found is not None]
    return sum(1 + sum(1 for _ in bundle_names(size)) + sum(1 for _ in tile_names(size)) for size in sizes)


def export_logs(tx: Tx, folder: Path, tick: Tick = lambda: None) -> tuple[Exported, ...]:
    """Write our log and our mirror as of their newest co-signed checkpoints, with accord and key lists beside them.

    An earlier export in the same folder is brought up to date; the decision log never leaves.

    Raises:
        BadConfiguration: no head is co-signed yet, or the folder cannot be written.
    """  # spec: C2SP tlog-tiles  # spec: protocol.md 4 rule 6
    try:
        done = tuple(_export(tx, role, folder, tick) for role in _EXPORTED if newest_checkpoint(tx, role) is not None)
        if not done:
            raise BadConfiguration("no head of either log is co-signed yet; nothing was exported")
        for name, signed in instruments(tx):
            _write(folder / name, signed)
        lines = "".join(f"{one.folder} {one.origin}\n" for one in done)
        _write(folder / INDEX, lines.encode())
    except OSError as error:
        raise BadConfiguration(f"{folder} could not be written ({error}); what is there is not whole") from error
    return done


_EXPORTED = (LogRole.OURS, LogRole.THEIRS)


def _export(tx: Tx, role: LogRole, folder: Path, tick: Tick) -> Exported:
    row = log_row(tx, role)
    newest = newest_checkpoint(tx, role)
    assert row is not None
    assert newest is not None
    name = origin_hash(row.origin)
    files = 0
    for path, content in all_files(tx, role):
        _write(folder / name / path, content)
        files += 1
        tick()
    return Exported(row.origin, name, newest[0], files)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_bytes() != content:
        write_atomic(path, content, mode=PUBLIC_FILE)


# --- where a log is ------------------------------------------------------------------------------------------------


def read_places(where: str, keys: PublicKeys) -> tuple[tuple[str, ReadPath], ...]:
    """Return (place, reader) for each log at a folder or address.

    A folder is one log, or an export with several. An address ends at the log, as in `.../log/<hash>`; one without a
    path is a node's page, and each log that a key was given for is looked for there.

    Raises:
        Unreadable: there is no log there.
    """
    if "://" in where:
        return _addresses(where.rstrip("/"), keys)
    folder = Path(where)
    found = (
        [folder] if (folder / CHECKPOINT).is_file() else sorted(one.parent for one in folder.glob(f"*/{CHECKPOINT}"))
    )
    if not found:
        raise Unreadable(f"{where} holds no exported log: there is no file `{CHECKPOINT}` in it")
    return tuple((str(one), _folder_reader(one)) for one in found)


def _addresses(where: str, keys: PublicKeys) -> tuple[tuple[str, ReadPath], ...]:
    parts = urlsplit(where)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Unreadable(f"{where} is no address of a log: it begins with http:// or https:// and a host")
    if parts.path:
        return ((where, _address_reader(where)),)
    origins = dict.fromkeys(key.name for key in keys.logs)
    places = tuple((f"{where}/log/{origin_hash(origin)}") for origin in origins)
    found = tuple((place, _address_reader(place)) for place in places)
    there = tuple(one for one in found if one[1](CHECKPOINT) is not None)
    if not there:
        raise Unreadable(f"{where} serves none of the logs that a key was given for")
    return there


def _folder_reader(folder: Path) -> ReadPath:
    def read(path: str) -> bytes | None:
        file = folder / path
        return file.read_bytes() if file.is_file() else None

    return read


def _address_reader(prefix: str) -> ReadPath:
    opener = urllib.request.OpenerDirector()
    for handler in (_LocalHttp(), urllib.request.HTTPSHandler()):
        opener.add_handler(handler)

    def read(path: str) -> bytes | None:
        try:
            with opener.open(f"{prefix}/{path}", timeout=_SECONDS) as answer:
                content = bytes(answer.read(_FILE_BYTES + 1)) if answer.status == _OK else None
        except (OSError, http.client.HTTPException, urllib.error.URLError) as error:
            raise Unreadable(f"{prefix}/{path} could not be read: {error}") from error
        if content is not None and len(content) > _FILE_BYTES:
            raise Unreadable(f"{prefix}/{path} is larger than any file of a log")
        return content

    return read


class _LocalConnection(http.client.HTTPConnection):
    """A connection that knows that every name under `localhost` is this machine (RFC 6761)."""

    def connect(self) -> None:
        host = self.host.rstrip(".")
        if host == "localhost" or host.endswith(".localhost"):
            self.sock = socket.create_connection(("127.0.0.1", self.port or 80), _SECONDS)
        else:
            super().connect()


class _LocalHttp(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        connection: Any = _LocalConnection
        return self.do_open(connection, req)


# --- checking ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checked:
    """One log as found: its verified checkpoint, the audit, its entries if all could be read, and heads with wrong keys."""

    place: str
    head: CosignedHead
    report: AuditReport
    entries: tuple[bytes, ...]
    keys: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether all of it holds."""
        return self.report.good and not self.keys


def verified_head(read: ReadPath, keys: PublicKeys) -> CosignedHead:
    """Return the checkpoint of a log with exactly the signatures that it must have.

    Raises:
        Unreadable: there is no checkpoint, or it is no text.
        BadSignature: the signatures are others.
    """
    raw = read(CHECKPOINT)
    if raw is None:
        raise Unreadable("there is no checkpoint at this place")
    try:
        return keys.head(raw.decode())
    except UnicodeDecodeError as error:
        raise Unreadable("the checkpoint is no text") from error


def steps(size: int) -> int:
    """Return how many files an audit of a log of `size` entries reads."""
    return sum(1 for _ in bundle_names(size)) + sum(1 for _ in tile_names(size))


def check_log(
    place: str,
    read: ReadPath,
    head: CosignedHead,
    older: Iterable[Checkpoint] = (),
    tick: Tick = lambda: None,
    *,
    judge: Judge = lambda _: (),
) -> Checked:
    """Read every entry and every tile of a log and compare them with its checkpoint.

    `judge` says of its entries which heads are not signed by the keys in force at their size (`key_judge`).

    Raises:
        Unreadable: the place stopped answering.
    """
    kept: dict[str, bytes | None] = {}

    def counted(path: str) -> bytes | None:
        content = read(path)
        if path.startswith("tile/entries/"):
            kept[path] = content
        tick()
        return content

    checkpoint = head.head.checkpoint
    report = audit_files(counted, checkpoint, [one for one in older if one.origin == checkpoint.origin])
    entries = tuple(read_entries(kept.get, checkpoint.size))
    return Checked(place, head, report, entries, judge(entries))


def key_judge(keys: PublicKeys, *heads: CosignedHead) -> Judge:
    """Return what judges some heads of one log by its entries and the key lists given."""  # spec: protocol.md 10

    def judge(entries: Sequence[bytes]) -> tuple[str, ...]:
        places = entered_raw(entries)
        return tuple(wrong for one in heads if (wrong := keys.wrong_signers(one.head.note, places)))

    return judge


class _Decoded:
    """A log's entries once decoded, with the tree over them and the hashes under which dispatches were sealed anew."""

    def __init__(self, log: Checked) -> None:
        self.leaves = [_decode(entry) for entry in log.entries]
        stored = MemoryTiles()
        stored.write(Edge().append([leaf_hash(entry) for entry in log.entries])[1])
        self.tiles = CachedTiles(stored)
        self.resealed: dict[int, set[bytes]] = {}
        for leaf in self.leaves:
            if isinstance(leaf, ResealLeaf):
                self.resealed.setdefault(leaf.index, set()).add(leaf.sealed)


def cross_check(logs: Iterable[Checked]) -> tuple[str, ...]:
    """Compare the logs with each other and return what does not agree, at most a hundred findings.

    An l-head of one log names a root that the other must have at that size; a receipt names a dispatch of the other with
    its number and its sealed bytes. What lies beyond the end of a log that we have is not judged.
    """  # spec: protocol.md 3, 4 rule 3
    by_origin = {one.head.head.checkpoint.origin: _Decoded(one) for one in logs}
    found = (
        f"{origin} entry {index}: {wrong}"
        for origin, log in by_origin.items()
        for index, leaf in enumerate(log.leaves)
        if (wrong := _wrong(leaf, origin, by_origin)) is not None
    )
    return tuple(islice(found, MAX_FAULTS))


def _decode(entry: bytes) -> Entry | None:
    try:
        return decode_entry(entry)
    except BadEnvelope:
        return None


def _wrong(leaf: Entry | None, origin: str, logs: Mapping[Origin, _Decoded]) -> str | None:
    match leaf:
        case None:
            return "no entry of this version"
        case HeadLeaf() if leaf.origin in logs:
            other = logs[leaf.origin]
            if leaf.size <= len(other.leaves) and root(other.tiles, leaf.size) != leaf.root:
                return f"names a head of {leaf.origin} of size {leaf.size} that this log never had"
        case ReceiptLeaf():
            about = [log for name, log in logs.items() if party(name) != party(origin)]
            if about and leaf.index < len(about[0].leaves) and not _receipts(leaf, about[0]):
                return f"a receipt for entry {leaf.index} of the other log, which is not that dispatch"
        case _:
            pass
    return None


def _receipts(leaf: ReceiptLeaf, log: _Decoded) -> bool:
    about = log.leaves[leaf.index]
    if not isinstance(about, DispatchLeaf) or about.id != leaf.id:
        return False
    return leaf.sealed == about.sealed or leaf.sealed in log.resealed.get(leaf.index, set())
