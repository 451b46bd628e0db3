"""Looking into a file before anyone may have it: each chunk opened, its type by content, the operator's scan.

The rule it keeps: no shell, no name and no path of ours in the command; the plain file goes to its standard input and never
to the disk; a scan that does not end in time, or as it should, is no clean scan.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from comity.base.errors import BadSeal
from comity.base.ids import DispatchId
from comity.crypto.chunks import FileOpener
from comity.dispatch import wire
from comity.dispatch.attached import FileState
from comity.edge.config import Config
from comity.edge.filestore import FileStore
from comity.edge.filetype import HEAD, OFFICE_NAMES, ZIP_RUNS, Ends, look

CLEAN, FOUND = 0, 1
"""What the command ends with: nothing was found, something was found; everything else is a scan that failed."""
_NAMES: Final = (*OFFICE_NAMES, *ZIP_RUNS)
_OVERLAP: Final = max(map(len, _NAMES)) - 1
_PIPE: Final = 1 << 20
_AHEAD: Final = 4
"""Pieces that may wait for a scan."""
_SLOW_SECONDS: Final = 5.0
"""How long one piece waits for a scan while the file goes by."""


@dataclass(frozen=True, slots=True)
class Scanner:
    """How this node scans.

    Attributes:
        command: the program and its arguments; the file comes on its standard input. () for none.
        seconds: how long it may take.
        unscanned: a node without a command lets files pass that were not scanned.
    """

    command: tuple[str, ...] = ()
    seconds: int = 600
    unscanned: bool = False


def plain_of(store: FileStore, dispatch: DispatchId, file: wire.Attachment) -> Iterator[bytes]:
    """Yield the plain bytes of a whole file, each chunk checked.

    Raises:
        BadSeal: it does not open; what came before must be thrown away.
        FileNotFoundError: it is not here.
    """
    opener = FileOpener(file.key, dispatch, file.size)
    for piece in store.read(file.cipher):
        yield opener.update(piece)
    yield opener.finish()


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen of a file that went by whole.

    Attributes:
        ends: its two ends.
        names: of `filetype.OFFICE_NAMES` and `ZIP_RUNS`, those that stand in it.
        scan: what the scan said.
    """

    ends: Ends
    names: frozenset[bytes]
    scan: FileState

    def say(self, declared: str) -> tuple[FileState, str]:
        """Return what the file is to be, for a file that says it is of a type, and the type found."""
        state, found = look(self.ends, declared, names=self.names)
        return (self.scan if state is FileState.CLEAN else state), found


def look_into(store: FileStore, dispatch: DispatchId, file: wire.Attachment, scanner: Scanner) -> Looked | None:
    """Open all of a file that is on the disk, tell its type, have it scanned; None if it does not open.

    Takes as long as the scan; call it in a thread.
    """
    seen = _Seen()
    try:
        with _Scan(scanner) as scan:
            for piece in plain_of(store, dispatch, file):
                scan.feed(piece)
                seen.take(piece)
    except (BadSeal, FileNotFoundError):
        return None
    return Looked(seen.ends(), frozenset(seen.names), scan.state)


class Look:
    """Looks into a file while it goes by, in a thread of its own, so that it need not be read again.

    What it finds counts only for a file that went by from its first byte to its last; whoever feeds it sees to that. A scan
    that is too slow for the way, or was ended, gives no finding here: the file is then looked into once it is whole.
    """

    def __init__(self, scanner: Scanner) -> None:
        self._pieces: queue.Queue[bytes | None] = queue.Queue(_AHEAD)
        self._scan = _Scan(scanner)
        self._found: Looked | None = None
        self._given_up = False
        self._thread: threading.Thread | None = None

    def feed(self, piece: bytes) -> None:
        """Give what comes next; waits some seconds at most for a scan that is behind."""
        if piece and not self._given_up:
            self._begin()
            try:
                self._pieces.put(piece, timeout=_SLOW_SECONDS)
            except queue.Full:
                self.drop()

    def end(self) -> Looked | None:
        """Return what was found once the scan has come to its end, or None."""
        if not self._given_up:
            thread = self._begin()
            try:
                self._pieces.put(None, timeout=_SLOW_SECONDS)
            except queue.Full:
                self.drop()
            thread.join()
        return None if self._given_up else self._found

    def drop(self) -> None:
        """Look no further; the scan is ended."""
        self._given_up = True
        self._scan.stop()
        with contextlib.suppress(queue.Full):
            self._pieces.put_nowait(None)

    def _begin(self) -> threading.Thread:
        """Start with the first byte: the time of the scan runs from there on."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="look", daemon=True)
            self._thread.start()
        return self._thread

    def _run(self) -> None:
        seen = _Seen()
        with contextlib.suppress(_Dropped), self._scan as scan:
            while (piece := self._next()) is not None:
                scan.feed(piece)
                seen.take(piece)
        if not self._given_up and not self._scan.late:
            self._found = Looked(seen.ends(), frozenset(seen.names), self._scan.state)

    def _next(self) -> bytes | None:
        piece = self._pieces.get()
        if self._given_up:
            raise _Dropped
        return piece


class _Dropped(Exception):
    """Nobody wants to know any more."""


class _Seen:
    """What is remembered of a file as it goes by."""

    def __init__(self) -> None:
        self._head, self._tail = b"", b""
        self.names: set[bytes] = set()

    def take(self, piece: bytes) -> None:
        """See what comes next."""
        if len(self._head) < HEAD:
            self._head += piece[: HEAD - len(self._head)]
        if self._head.startswith(b"PK"):
            joined = self._tail[-_OVERLAP:] + piece
            self.names |= {one for one in _NAMES if one not in self.names and one in joined}
        self._tail = (self._tail + piece)[-HEAD:] if len(piece) < HEAD else piece[-HEAD:]

    def ends(self) -> Ends:
        """Return its two ends."""
        return Ends(self._head, self._tail)


class _Scan:
    """One run of the command."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._process: subprocess.Popen[bytes] | None = None
        self._late = threading.Event()
        self.state = FileState.CLEAN if scanner.unscanned else FileState.UNSCANNED

    def __enter__(self) -> Self:
        if self._scanner.command:
            self.state = FileState.SCAN_FAILED
            nothing = subprocess.DEVNULL
            with contextlib.suppress(OSError):
                self._process = subprocess.Popen(  # noqa: S603  the operator's own command, no shell
                    self._scanner.command, stdin=subprocess.PIPE, stdout=nothing, stderr=nothing, bufsize=0,
                    env={"PATH": os.defpath}, start_new_session=True, cwd="/", pipesize=_PIPE,
                )  # fmt: skip
                self._timer = threading.Timer(self._scanner.seconds, self._too_late)
                self._timer.daemon = True
                self._timer.start()
        return self

    @property
    def late(self) -> bool:
        """Whether its time was over before it came to an end."""
        return self._late.is_set()

    def feed(self, piece: bytes) -> None:
        """Hand on what was opened; a command that reads no further is left to its end."""
        if self._process is None or self._process.stdin is None or self._process.stdin.closed:
            return
        try:
            view = memoryview(piece)
            while view:
                view = view[self._process.stdin.write(view) or 0 :]
        except OSError:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        process = self._process
        if process is None:
            return
        if kind is not None:
            self.stop()
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        code = process.wait()
        self._timer.cancel()
        if self._late.is_set() or kind is not None:
            return
        self.state = {CLEAN: FileState.CLEAN, FOUND: FileState.INFECTED}.get(code, FileState.SCAN_FAILED)

    def _too_late(self) -> None:
        self._late.set()
        self.stop()

    def stop(self) -> None:
        """End the command now; what it says then is no finding."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)


def command_of(config: Config) -> tuple[str, ...]:
    """Return the command of the settings; a program named without a root stands in the data folder."""
    program, *arguments = config.scan_command or ("",)
    return (str(config.path(Path(program))), *arguments) if program else ()
