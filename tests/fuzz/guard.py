"""What no reader may do, whatever it is given: write, connect, start a program. An audit hook sees it, once it is armed.

A hook of the interpreter cannot be taken away again, so there is one, made with the first guard, which is deaf in between.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_REFUSED = (
    "os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate",
    "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.kill", "os.putenv", "subprocess.Popen", "socket.connect", "socket.bind",
)  # fmt: skip
_ARMED: list[str | None] = []


class Touched(Exception):
    """A reader reached outside of what it was given."""


def _hook(event: str, arguments: tuple) -> None:
    if not _ARMED or _ARMED[-1] is None:
        return
    if event in _REFUSED or event.startswith("shutil."):
        raise Touched(f"{event} {arguments!r}")
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES:
        raise Touched(f"open {arguments!r} for writing")
    if event == "sqlite3.connect" and not Path(arguments[0]).parent.name.startswith(
        "comity-"
    ):  # the folder of a store in memory
        raise Touched(f"a database {arguments!r}")


@contextmanager
def sealed_off():
    """Let nothing inside write, connect or start anything; a database in memory is allowed."""
    if not _ARMED:
        sys.addaudithook(_hook)
        _ARMED.append(None)
    _ARMED.append("armed")
    try:
        yield
    finally:
        _ARMED.pop()


@contextmanager
def own_hands():
    """Let the target itself prepare what it gives to a reader."""
    _ARMED.append(None)
    try:
        yield
    finally:
        _ARMED.pop()
