"""A real PostgreSQL server for a test: its own folder, its own socket, nobody else's account, gone afterwards.

Where the tests run as root the server runs as the account `nobody`, which every system has: PostgreSQL refuses to be root.
No account is added and no right on the machine is changed; only the folder made here is given to that account.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from comity.edge.database import Database
from comity.edge.pgwire import Wire

USER = "comity"
PORT = 5432
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin")
_SETTINGS = {
    "listen_addresses": "''", "max_connections": "60", "shared_buffers": "'16MB'", "max_wal_size": "'256MB'",
    "log_min_messages": "warning", "autovacuum_naptime": "'5s'", "logging_collector": "off", "max_wal_senders": "6",
    "wal_level": "replica", "hot_standby": "on", "wal_keep_size": "'64MB'",
}  # fmt: skip


@functools.cache
def program(name: str) -> str:
    """Return one of the server's programs; a test never goes without."""
    folders = [found for place in _PLACES for found in sorted(Path("/").glob(place.lstrip("/")), reverse=True)]
    found = shutil.which(name) or next((str(one / name) for one in folders if (one / name).is_file()), None)
    if found is None:
        pytest.fail(
            f"PostgreSQL's program `{name}` is not on this machine, so its store cannot be tested. `make test` installs it on Debian"
            " (package postgresql); elsewhere install PostgreSQL 15 or later and put its programs on PATH",
            pytrace=False,
        )
    return found


@functools.cache
def account() -> tuple[int, int] | None:
    """Return user and group of the account that the server runs as; None: ours."""
    if os.geteuid() != 0:
        return None
    found = pwd.getpwnam("nobody")
    return found.pw_uid, found.pw_gid


@dataclass
class Cluster:
    """One server over one folder.

    Attributes:
        home: holds `data`, the socket and the log.
    """

    home: Path

    @classmethod
    def make(cls, **settings: str) -> Cluster:
        """Make an empty cluster, not started."""
        made = cls.empty()
        made._run(
            "initdb", "-D", str(made.data), "-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C", "--wal-segsize=1",
            "--no-sync", "--no-instructions",
        )  # fmt: skip
        made.configure(**{"fsync": "off", **settings})
        return made

    @classmethod
    def empty(cls) -> Cluster:
        """Make the folder only."""
        home = Path(tempfile.mkdtemp(prefix="comity-pg-", dir="/tmp"))
        found = account()
        if found is not None:
            os.chown(home, *found)
        return cls(home)

    @property
    def data(self) -> Path:
        return self.home / "data"

    def configure(self, **settings: str) -> None:
        """Add settings to those that every cluster here has."""
        lines = {**_SETTINGS, "unix_socket_directories": f"'{self.home}'", **settings}
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in lines.items())

    def start(self) -> Cluster:
        self._run("pg_ctl", "-D", str(self.data), "-w", "-t", "60", "-l", str(self.home / "log"), "start")
        return self

    def stop(self, how: str = "fast") -> None:
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", str(self.data), "-w", "-m", how, "stop", check=False)

    def kill(self) -> None:
        """End the whole server at once, as a loss of power of its machine would."""
        postmaster = self.pid
        children = [pid for pid in map(int, _numbers("/proc")) if _parent(pid) == postmaster]
        os.kill(postmaster, signal.SIGKILL)
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        ends = time.monotonic() + 60
        while any(Path(f"/proc/{pid}/cmdline").exists() and _alive(pid) for pid in (postmaster, *children)):
            assert time.monotonic() < ends
            time.sleep(0.01)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def promote(self) -> None:
        self._run("pg_ctl", "-D", str(self.data), "-w", "promote")

    def copy_of(self, other: Cluster, *options: str) -> None:
        """Take a base backup of a running server into our folder."""
        place = ("-h", str(other.home), "-U", USER, "-D", str(self.data))
        self._run("pg_basebackup", *place, "-c", "fast", "--no-sync", *options)

    @property
    def pid(self) -> int:
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def address(self, name: str) -> str:
        return f"postgresql://{USER}@/{name}?host={self.home}"

    def database(self, name: str, *others: Cluster) -> Database:
        return Database(tuple((str(one.home), PORT) for one in (self, *others)), USER, name)

    def create(self, name: str) -> Database:
        """Create an empty database."""
        self.say(f'CREATE DATABASE "{name}"')
        return self.database(name)

    def drop(self, name: str) -> None:
        self.say(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def say(self, sql: str, name: str = "postgres") -> None:
        wire = Wire(self.database(name), standby=True)
        wire.ask(sql)
        wire.close()

    def ask(self, sql: str, name: str = "postgres") -> list[tuple]:
        wire = Wire(self.database(name), standby=True)
        try:
            return wire.ask(sql).rows
        finally:
            wire.close()

    def remove(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.home, ignore_errors=True)

    def _run(self, name: str, *arguments: str, check: bool = True) -> None:
        found = account()
        who = {} if found is None else {"user": found[0], "group": found[1], "extra_groups": ()}
        with (self.home / "programs.log").open("ab") as words:
            done = subprocess.run(
                [program(name), *arguments], stdout=words, stderr=words, cwd=self.home, check=False, umask=0o077,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(self.home)}, timeout=120, **who,
            )  # fmt: skip
        if check and done.returncode:
            log = self.home / "log"
            tail = (self.home / "programs.log").read_text()[-2_000:] + (
                log.read_text()[-2_000:] if log.exists() else ""
            )
            raise AssertionError(f"{name} ended with {done.returncode}:\n{tail}")


def main() -> int:
    """Run a server with two empty databases until it is stopped, to try things on; print their addresses."""
    cluster = Cluster.make(fsync="on").start()
    try:
        for name in ("first", "second"):
            cluster.create(name)
            print(cluster.address(name), flush=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
    finally:
        cluster.remove()
    return 0


def _numbers(folder: str) -> Iterator[str]:
    return (one.name for one in Path(folder).iterdir() if one.name.isdigit())


def _parent(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def _alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


if __name__ == "__main__":
    raise SystemExit(main())
