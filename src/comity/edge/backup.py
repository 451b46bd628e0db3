"""Copies of a node's store, and putting one back: the next start asks the other side for what came after it.

The rule it keeps: nothing is overwritten. The store that is replaced stays beside the new one, under a name of its own.
"""  # spec: protocol.md 9

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path

from comity.base.errors import BadConfiguration, StoreError
from comity.base.ids import Ms
from comity.dispatch.book import LogRole, log_row
from comity.dispatch.ports import Tx
from comity.edge.config import Config, read_config
from comity.edge.files import SOCKET, flush_folder
from comity.edge.opening import schemas_of
from comity.edge.sqlite import SqliteStore
from comity.edge.storecopy import into_database, into_file
from comity.edge.stores import in_database, open_database, open_snapshots, open_writer
from comity.node.assemble import log_origin
from comity.node.recovery import mark_put_back

_SIDE_FILES = ("", "-wal", "-shm")


def backup_store(folder: Path, to: Path) -> int:
    """Copy the store of the node in `folder`, running or not, into the new file `to`; return its size in bytes.

    Raises:
        BadConfiguration: there is no store, or there is a file at `to`; nothing was written.
        StoreError: the disk refused.
    """
    config = read_config(folder)
    if to.exists():
        raise BadConfiguration(f"{to} is there already; nothing was copied. Name a new file")
    if in_database(config):
        with closing(open_snapshots(config)) as database, database.read() as tx:
            into_file(tx, to.absolute(), schemas_of(config))
        return to.stat().st_size
    path = _store_of(config)
    with closing(SqliteStore(path)) as store:
        store.copy_to(to.absolute())
    return to.stat().st_size


def put_back_store(folder: Path, copy: Path, now: Ms, *, newest: bool = False) -> str:
    """Put a copy of its store in the place of the newest one, of a node that is stopped; return where that is kept.

    Args:
        folder: of the node.
        copy: what `backup_store` wrote.
        now: names what is kept.
        newest: the node stood still since the copy was made, as when it moves into a database; else its next start takes for
            granted that something came after the copy.

    Raises:
        BadConfiguration: the node runs, or the file is no copy of its store; nothing was changed.
        StoreError: the disk refused.
    """
    config = read_config(folder)
    _refuse_running(folder)
    return _into_database(config, copy, now, newest) if in_database(config) else _in_place(config, copy, now, newest)


def mark_store(folder: Path) -> None:
    """Say of the store of a node that is stopped that it was put back by other means, as by the database's own tools.

    Raises:
        BadConfiguration: the node runs, or this is not its store; nothing was changed.
    """
    config = read_config(folder)
    _refuse_running(folder)
    with closing(open_writer(config, ())) as store, store.begin() as tx:
        _check(tx, config)
        mark_put_back(tx)


def _into_database(config: Config, copy: Path, now: Ms, newest: bool) -> str:  # noqa: FBT001  as the caller was told
    if not copy.is_file():
        raise BadConfiguration(f"{copy} is not there; nothing was changed")
    kept = f"replaced_{now}"
    with (
        closing(SqliteStore(copy)) as file,
        file.read() as source,
        closing(open_database(config)) as store,
    ):
        _check(source, config)
        with store.replace(schemas_of(config), kept) as target:
            into_database(source, target)
            if not newest:
                mark_put_back(target)
    return f"schema {kept} of the database"


def _in_place(config: Config, copy: Path, now: Ms, newest: bool) -> str:  # noqa: FBT001  as the caller was told
    path = config.path(config.store)
    fresh = path.with_name(f"{path.name}.coming")
    fresh.unlink(missing_ok=True)
    _check_copy(config, copy, fresh, newest)
    kept = path.with_name(f"{path.name}.replaced-{now}")
    for ending in _SIDE_FILES:
        old = path.with_name(path.name + ending)
        if old.exists():
            old.rename(kept.with_name(kept.name + ending))
    fresh.rename(path)
    flush_folder(path.parent)
    return str(kept)


def _store_of(config: Config) -> Path:
    path = config.path(config.store)
    if not path.is_file():
        raise BadConfiguration(f"{path} is not there: this node has no store yet; pair it and run it first")
    return path


def _check_copy(config: Config, copy: Path, fresh: Path, newest: bool) -> None:  # noqa: FBT001  as the caller was told
    """Copy the copy beside the store, and see that it is of this node's log."""
    if not copy.is_file():
        raise BadConfiguration(f"{copy} is not there; nothing was changed")
    try:
        with closing(SqliteStore(copy)) as store:
            store.copy_to(fresh.absolute())
        with closing(SqliteStore(fresh)) as store, store.begin() as tx:
            _check(tx, config)
            if not newest:
                mark_put_back(tx)
    except StoreError as error:
        fresh.unlink(missing_ok=True)
        raise BadConfiguration(f"{copy} is no store that can be read ({error}); nothing was changed") from error
    except BadConfiguration:
        fresh.unlink(missing_ok=True)
        raise
    for ending in _SIDE_FILES[1:]:
        fresh.with_name(fresh.name + ending).unlink(missing_ok=True)


def _check(tx: Tx, config: Config) -> None:
    row = log_row(tx, LogRole.OURS)
    if row is None or not row.origin.startswith(log_origin(config.name, 1).rpartition("/")[0]):
        raise BadConfiguration(f"this is not a copy of the store of {config.name}; nothing was changed")


def _refuse_running(folder: Path) -> None:
    if _runs(folder):
        raise BadConfiguration("the node runs; nothing was changed. Stop it, then put the copy back")


def _runs(folder: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as door:
        try:
            door.connect(str(folder / SOCKET))
        except OSError:
            return False
    return True
