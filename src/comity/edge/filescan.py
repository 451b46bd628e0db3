"""Looking into a whole file before anyone may have it: each chunk opened, its type by content, the operator's scan.

The rule it keeps: no shell, no name and no path of ours in the command; the plain file goes to its standard input and never
to the disk; a scan that does not end in time, or as it should, is no clean scan.
"""

from __future__ import annotations

import contextlib
import os
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


def look_into(store: FileStore, dispatch: DispatchId, file: wire.Attachment, scanner: Scanner) -> tuple[FileState, str]:
    """Open all of a file, tell its type, have it scanned; return what it is to be and the type found.

    Takes as long as the scan; call it in a thread.
    """
    try:
        with _Scan(scanner) as scan:
            ends, names = _through(plain_of(store, dispatch, file), scan)
    except (BadSeal, FileNotFoundError):
        return FileState.UNOPENED, ""
    state, found = look(ends, file.media, names=names)
    return (scan.state if state is FileState.CLEAN else state), found


def _through(plain: Iterator[bytes], scan: _Scan) -> tuple[Ends, frozenset[bytes]]:
    head, tail, names = b"", b"", set[bytes]()
    for piece in plain:
        scan.feed(piece)
        if len(head) < HEAD:
            head += piece[: HEAD - len(head)]
        joined = tail[-_OVERLAP:] + piece
        if head.startswith(b"PK"):
            names |= {one for one in _NAMES if one not in names and one in joined}
        tail = (tail + piece)[-HEAD:] if len(piece) < HEAD else piece[-HEAD:]
    return Ends(head, tail), frozenset(names)


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
                    env={"PATH": os.defpath}, start_new_session=True, cwd="/",
                )  # fmt: skip
            self._timer = threading.Timer(self._scanner.seconds, self._too_late)
            self._timer.daemon = True
            self._timer.start()
        return self

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
            self._end()
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
        self._end()

    def _end(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)


def command_of(config: Config) -> tuple[str, ...]:
    """Return the command of the settings; a program named without a root stands in the data folder."""
    program, *arguments = config.scan_command or ("",)
    return (str(config.path(Path(program))), *arguments) if program else ()
