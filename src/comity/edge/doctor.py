"""What an administrator should look at: clock, disk, rights, ends of keys, the store, the peer, copies; each with what to do.

The rule it keeps: it looks and changes nothing; what it says has sizes, ages, dates and names of files, never content. It works
on a node that runs and on one that does not start.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import ssl
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from comity import __version__
from comity.base.errors import BadConfiguration, ComityError, StoreError
from comity.base.ids import Ms
from comity.dispatch.columns import int_of, text_of
from comity.dispatch.keylist import KeyList
from comity.dispatch.ports import Tx
from comity.dispatch.stops import ENDED, WHOLE, Stops, stops_from
from comity.edge import pki
from comity.edge.config import FILE, Config, read_config
from comity.edge.files import SOCKET, read_private
from comity.edge.keystore import KeyStore
from comity.edge.opening import read_schema, signed_instruments
from comity.edge.stores import database_of, in_database, open_snapshots
from comity.node import named, recovery
from comity.node.attached import held_back, kept_files
from comity.node.ceremony import read_instruments
from comity.node.papers import read_papers

_DAY_MS = 86_400_000
_GIB = 1 << 30
_LOW_BYTES, _VERY_LOW_BYTES = 2 * _GIB, _GIB // 4
_LOW_INODES = 2_000
_BACKUP_DAYS, _KEY_DAYS, _CERTIFICATE_DAYS = 8, 7, 5
_CLOCK_MS, _CLOCK_REFUSED_MS = 300_000, 3_600_000
_DO = {
    "superseded": "stop this program: another store of this node has gone on. docs/operations.md, section 6, An old store that"
    " comes up again"
}
_CONNECT_S = 5.0
_FILES_STEP = 13
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Grade(StrEnum):
    """How a finding stands."""

    GOOD = "good"
    LOOK = "look"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: it.
        grade: `bad` stops a node, or soon will.
        says: what was found.
        do: what to do; empty where nothing is to be done.
    """

    what: str
    grade: Grade
    says: str
    do: str = ""


def examine(folder: Path, now: Ms, *, copies: Path | None = None) -> tuple[Finding, ...]:
    """Look at the node in a folder.

    Args:
        folder: its data folder.
        now: the machine's time.
        copies: where copies of its store are kept; None: their age is not known.
    """
    try:
        config = read_config(folder)
    except BadConfiguration as error:
        return (
            Finding("settings", Grade.BAD, str(error), f"mend {folder / FILE}; docs/configuration.md has each setting"),
        )
    looks: tuple[Callable[[], Iterator[Finding]], ...] = (
        lambda: iter((Finding("version", Grade.GOOD, f"comity {__version__}"),)),
        lambda: _modes(config),
        lambda: _running(config),
        lambda: _rights(config),
        lambda: _disk(config),
        lambda: _store(config, now),
        lambda: _named(config, now),
        lambda: _files(config),
        lambda: _keys(config, now),
        lambda: _certificate(config, now),
        lambda: _peer(config),
        lambda: _copies(copies, now),
    )
    return tuple(finding for look in looks for finding in _guarded(look))


def _guarded(look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except (ComityError, OSError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        yield Finding("files", Grade.BAD, said, "see docs/operations.md, section 8")


def _modes(config: Config) -> Iterator[Finding]:
    for line in config.warnings():
        yield Finding("settings", Grade.LOOK, line, "never in earnest: set it to false")


def _running(config: Config) -> Iterator[Finding]:
    with socket.socket(socket.AF_UNIX) as door:
        try:
            door.connect(str(config.folder / SOCKET))
        except OSError:
            yield Finding("node", Grade.LOOK, "no node runs in this folder", f"comity node run {config.folder}")
            return
    yield Finding("node", Grade.GOOD, "runs")


def _rights(config: Config) -> Iterator[Finding]:
    """Look whether anybody else can enter or read what is private."""
    private = [config.path(config.keys), config.path(config.tls), config.path(config.store)]
    private += sorted(config.path(config.keys).glob("*.key"))
    wide = [path for path in private if path.exists() and path.lstat().st_mode & _OTHERS]
    for path in wide:
        yield Finding(
            "rights",
            Grade.BAD,
            f"{path} is open to other users",
            f"chmod go= {path}; if they may have read it, new keys",
        )
    owner = config.folder.stat().st_uid
    if owner != os.getuid():
        yield Finding("rights", Grade.LOOK, "the folder is of another account than yours", "run as the node's account")
    if not wide:
        yield Finding("rights", Grade.GOOD, "keys, certificate and store are the account's own")


def _disk(config: Config) -> Iterator[Finding]:
    where = config.path(config.store).parent
    free, inodes = shutil.disk_usage(where).free, os.statvfs(where)
    if inodes.f_flag & os.ST_RDONLY:
        yield Finding("disk", Grade.BAD, "it is read-only", "see why (dmesg), then make it writable; nothing is lost")
        return
    grade = Grade.BAD if free < _VERY_LOW_BYTES else Grade.LOOK if free < _LOW_BYTES else Grade.GOOD
    do = "" if grade is Grade.GOOD else "make room; a full disk keeps nothing and the peer repeats"
    yield Finding("disk", grade, f"{free / _GIB:.1f} GiB free", do)
    if inodes.f_files and inodes.f_favail < _LOW_INODES:
        yield Finding("inodes", Grade.BAD, f"{inodes.f_favail} free inodes", "remove small files from this disk")
    else:
        yield Finding("inodes", Grade.GOOD, "enough" if inodes.f_files else "the file system counts none")


def _store(config: Config, now: Ms) -> Iterator[Finding]:
    """Look whether the store can be read, is whole and fits this program; a running node is not disturbed."""
    if in_database(config):
        yield from _database(config, now)
        return
    path = config.path(config.store)
    if not path.is_file():
        yield Finding("store", Grade.LOOK, "there is none yet", "pair the node and run it; or put a copy back")
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as store:
            store.execute("PRAGMA query_only=ON")
            whole = store.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
            steps = dict(store.execute("SELECT owner, number FROM schema_version").fetchall())
            needs = dict(store.execute("SELECT owner, compatible FROM schema_version").fetchall())
            known = {str(row[1]) for row in store.execute("PRAGMA table_info(link)")}
            stopped = "stops, challenged" if "stops" in known else "'', 0"
            link = store.execute(f"SELECT state, last_good, clock_off, {stopped} FROM link").fetchall()  # noqa: S608  ours
    except sqlite3.Error:
        yield Finding(
            "store", Grade.BAD, "it cannot be read", "keep the file; put a copy back, docs/operations.md section 6"
        )
        return
    yield (
        Finding("store", Grade.GOOD, "every page is whole")
        if whole
        else Finding(
            "store", Grade.BAD, "the file is damaged", "keep the file; put a copy back, docs/operations.md section 6"
        )
    )
    yield _steps(config, steps, needs)
    yield from _link(link, now)


def _named(config: Config, now: Ms) -> Iterator[Finding]:
    """Look whether the other side names a head that this node never signed, or what nobody signed of another store of it."""
    try:
        with closing(open_snapshots(config)) as store, store.read() as tx:
            kept, claimed = named.held(tx), recovery.is_claimed(tx)
    except (StoreError, BadConfiguration):  # damaged, or not there yet: `_store` says so
        return
    if kept is not None:
        hours = max(0, now - kept.since) // 3_600_000
        says = (
            f"the other side names a head of {kept.named.size} entries that this node did not sign; asked {hours} h ago"
        )
        yield Finding("named head", Grade.BAD, says, "comity link show; docs/operations.md, section 7, A head that")
    if claimed:
        says = "a refusal says that another store of this node has gone on; nobody signed that, and the other side is asked"
        yield Finding("claim", Grade.LOOK, says, "comity link show; docs/operations.md, section 6, An old store")


def _files(config: Config) -> Iterator[Finding]:
    """Look whether the sealed files that dispatches name are on the disk, and whether theirs can be scanned."""
    folder = config.path(config.files)
    try:
        with closing(open_snapshots(config)) as store, store.read() as tx:
            if not _has_files(tx):
                return
            kept = tuple(kept_files(tx))
            coming, apart = held_back(tx)
    except (StoreError, BadConfiguration):  # damaged, or not there yet: `_store` says so
        return
    gone = sum(not _whole(folder / cipher.hex(), size) for cipher, size, _ in kept)
    if gone:
        do = (
            "put back the copy of this folder that belongs to the store; those of the other side are fetched at a start"
        )
        yield Finding("attachments", Grade.BAD, f"{gone} of {len(kept)} files are not in {folder}", do)
    else:
        yield Finding("attachments", Grade.GOOD, f"{len(kept)} files are there, {coming} are coming")
    if apart:
        do = "comity attachment list shows each; docs/operations.md, section 11"
        yield Finding("quarantine", Grade.LOOK, f"{apart} files stay in quarantine", do)
    if not config.scan_command and not config.insecure_unscanned_files:
        do = "set `scan_command`; until then no file of the other side can be taken"
        yield Finding("scan", Grade.LOOK, "no program looks into files", do)


def _has_files(tx: Tx) -> bool:
    """Say whether the store has had the step that brought files; `link` is there since the first."""
    steps = tx.rows("SELECT number FROM schema_version WHERE owner = 'node'")
    return bool(steps) and int_of(steps[0][0]) >= _FILES_STEP


def _whole(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except FileNotFoundError:
        return False


def _database(config: Config, now: Ms) -> Iterator[Finding]:
    """Look whether the database can be read and fits this program; its pages are the server's to check."""
    try:
        with closing(open_snapshots(config)) as store, store.read() as tx:
            found = tx.rows("SELECT owner, number, compatible FROM schema_version")
            link = tx.rows("SELECT state, last_good, clock_off, stops, challenged FROM link")
    except StoreError as error:
        yield Finding("store", Grade.BAD, f"{database_of(config)!r}: {error}", "docs/operations.md section 6")
        return
    except BadConfiguration as error:
        yield Finding("store", Grade.LOOK, str(error), "pair the node and run it; or put a copy back")
        return
    yield Finding("store", Grade.GOOD, f"{database_of(config)!r} can be read")
    yield _steps(
        config,
        {text_of(owner): int_of(number) for owner, number, _ in found},
        {text_of(owner): int_of(compatible) for owner, _, compatible in found},
    )
    rows = [
        (text_of(state), None if last is None else int_of(last), int_of(off), text_of(stops), int_of(challenged))
        for state, last, off, stops, challenged in link
    ]
    yield from _link(rows, now)


def _steps(config: Config, steps: dict[str, int], needs: dict[str, int]) -> Finding:
    desks = {one: len(read_schema(f"comity.desks.{one}")) for one in config.desks}
    known = {"node": len(read_schema("comity.node")), **desks}
    if any(needs.get(owner, 0) > number for owner, number in known.items()):
        return Finding("schema", Grade.BAD, "the store needs a newer program", "install the newer program")
    if any(steps.get(owner, 0) > number for owner, number in known.items()):
        return Finding("schema", Grade.LOOK, "a newer program has used this store", "update this program in time")
    if any(steps.get(owner, number) < number for owner, number in known.items()):
        return Finding("schema", Grade.GOOD, "older than this program; the next start brings it up")
    return Finding("schema", Grade.GOOD, "is that of this program")


def _link(rows: list[tuple[str, int | None, int, str, int]], now: Ms) -> Iterator[Finding]:
    for state, last, off, stopped, challenged in rows:
        grade = {"up": Grade.GOOD, "broken": Grade.BAD, "superseded": Grade.BAD}.get(state, Grade.LOOK)
        ago = "" if last is None else f", last exchange {max(0, now - last) // 60_000} min ago"
        do = (
            ""
            if grade is Grade.GOOD
            else _DO.get(state, "docs/operations.md, section 7, says what each state asks of you")
        )
        yield Finding("link", grade, f"{state}{ago}", do)
        yield from _stopped(stops_from(stopped), challenged)
        if abs(off) > _CLOCK_MS:
            grade = Grade.BAD if abs(off) > _CLOCK_REFUSED_MS else Grade.LOOK
            yield Finding(
                "clock",
                grade,
                f"{abs(off) // 1_000} s from the other side's",
                "compare both with NTP: timedatectl, chronyc tracking",
            )
        else:
            yield Finding("clock", Grade.GOOD, "within five minutes of the other side's")


def _stopped(stops: Stops, challenged: int) -> Iterator[Finding]:
    """Name what one side suspended, and heads that wait for their proof."""
    sides = (
        ("this side", stops.ours, "two persons of ours resume it: comity link resume, then confirm"),
        ("the other side", stops.theirs, "telephone them: only who suspended it resumes it"),
    )
    for who, scopes, do in sides:
        for scope in sorted(scopes):
            what = {WHOLE: "the exchange", ENDED: "the accord"}.get(scope, f"desk {scope}")
            how = "ended" if scope == ENDED else "suspended"
            yield Finding("suspended", Grade.LOOK, f"{what} was {how} by {who}", "" if scope == ENDED else do)
    if challenged:
        says = f"{challenged} signed heads of the other side wait for their proof"
        yield Finding(
            "challenge", Grade.LOOK, says, "telephone their engineers; after the accord's hour it is evidence"
        )


@dataclass(frozen=True, slots=True)
class _Listed:
    """The key lists in force, and the certificates (DER) of the peer's authorities that are trusted."""

    ours: KeyList
    theirs: KeyList
    authorities: bytes
    waiting: int = 0


def _listed(config: Config) -> _Listed:
    """Read which key lists are in force: from the store, or those of the ceremony where it has no newer ones."""
    used = signed_instruments(config)
    _, ours, theirs = read_instruments(config.name, used.accord, used.our_keys, used.peer_keys)
    first = _Listed(ours, theirs, theirs.tls_ca)
    if not in_database(config) and not config.path(config.store).is_file():
        return first
    try:
        with closing(open_snapshots(config)) as store, store.read() as tx:
            papers = read_papers(tx) if _has_papers(config, tx) else None
    except (StoreError, BadConfiguration):  # damaged, or never started: `_store` says so
        return first
    if papers is None:
        return first
    coming = [one.keys for one in papers.coming]
    trusted = [one.keys for one in papers.theirs[-2:]] + [one for one in coming if one.node == theirs.node]
    waiting = sum(one.node == ours.node for one in coming)
    authorities = b"".join(dict.fromkeys(one.tls_ca for one in trusted))
    return _Listed(papers.ours[-1].keys, papers.theirs[-1].keys, authorities, waiting)


def _has_papers(config: Config, tx: Tx) -> bool:
    tables = (
        "pg_tables WHERE schemaname = 'public' AND tablename" if in_database(config) else "sqlite_master WHERE name"
    )
    return bool(tx.rows(f"SELECT 1 FROM {tables} = 'paper'"))  # noqa: S608  one of two


def _keys(config: Config, now: Ms) -> Iterator[Finding]:
    """Look when our sealing keys and theirs end, whether each private half is there, and what waits to be in force."""
    listed_now = _listed(config)
    ours, theirs = listed_now.ours, listed_now.theirs
    for whose, listed in (("our", ours), ("their", theirs)):
        days = (_last_end(listed) - now) // _DAY_MS
        grade = Grade.BAD if days < 0 else Grade.LOOK if days < _KEY_DAYS else Grade.GOOD
        says = f"{whose} last sealing key {'ended' if days < 0 else 'ends'} {abs(days)} days {'ago' if days < 0 else 'from now'}"
        yield Finding(
            "sealing keys", grade, says, "" if grade is Grade.GOOD else "a new key list: docs/operations.md, section 6b"
        )
    if listed_now.waiting:
        says = "a new key list of ours is not in force: the other side has not filed it yet"
        yield Finding("new keys", Grade.LOOK, says, "comity keys show; the link must be up, media do as well")
    folder = config.path(config.keys)
    read_private(folder / "log-1.key")
    kept = KeyStore(folder)
    pairs = (kept.log(1), *kept.next_logs())
    if any(pair.public().cose_keys[0] == ours.log.ed25519 for pair in pairs):
        yield Finding("log key", Grade.GOOD, "is there")
    else:
        do = "put back the copy of keys/ that was made after `comity keys prepare`; without it the node does not start"
        yield Finding("log key", Grade.BAD, f"that of edition {ours.edition} of the key list is not in {folder}", do)


def _last_end(listed: KeyList) -> int:
    return max((int(one.not_after) for one in listed.sealing), default=0)


def _certificate(config: Config, now: Ms) -> Iterator[Finding]:
    if not (config.path(config.tls) / pki.NODE_FILE).exists():
        yield Finding("certificate", Grade.LOOK, "there is none yet", "the first start makes it")
        return
    days = pki.days_left(config.path(config.tls), now)
    grade = Grade.BAD if days < 0 else Grade.LOOK if days < _CERTIFICATE_DAYS else Grade.GOOD
    do = (
        ""
        if grade is Grade.GOOD
        else "a node that runs makes it anew below ten days; restart it, and read what it logs"
    )
    yield Finding("certificate", grade, f"{days} days left", do)


def _peer(config: Config) -> Iterator[Finding]:
    if not config.peer_addresses:
        yield Finding("peer", Grade.GOOD, "no address is set: the peer calls, or media are carried")
        return
    context = pki.client_context(config.path(config.tls), _listed(config).authorities, config.peer_name)
    for address in config.peer_addresses:
        yield _reached(address, context)


def _reached(address: str, context: ssl.SSLContext) -> Finding:
    parts = urlsplit(address)
    try:
        plain = socket.create_connection((parts.hostname or "", parts.port or 443), _CONNECT_S)
        with plain, context.wrap_socket(plain, server_hostname=parts.hostname):
            return Finding("peer", Grade.GOOD, f"{address} answers, and is the node of the accord")
    except ssl.SSLError:
        return Finding(
            "peer",
            Grade.BAD,
            f"{address} is not trusted: another certificate or another node",
            "telephone their engineers",
        )
    except OSError:
        return Finding(
            "peer",
            Grade.LOOK,
            f"{address} cannot be reached",
            "network, firewall, their node; meanwhile media: comity courier",
        )


def _copies(folder: Path | None, now: Ms) -> Iterator[Finding]:
    if folder is None:
        yield Finding(
            "copies", Grade.LOOK, "not known where they are", "comity node backup daily, and --copies FOLDER here"
        )
        return
    ages = [now - int(one.stat().st_mtime * 1_000) for one in folder.glob("*") if one.is_file()]
    if not ages:
        yield Finding("copies", Grade.BAD, "there is none", "comity node backup FOLDER COPY")
        return
    days = min(ages) // _DAY_MS
    grade = Grade.GOOD if days < _BACKUP_DAYS else Grade.BAD
    yield Finding(
        "copies",
        grade,
        f"the newest is {days} days old",
        "" if grade is Grade.GOOD else "comity node backup FOLDER COPY",
    )


def worst(found: tuple[Finding, ...]) -> Grade:
    """Return the worst grade of all."""
    grades = {one.grade for one in found}
    return next(grade for grade in (Grade.BAD, Grade.LOOK, Grade.GOOD) if grade in grades)
