"""A node whose disk does what a byte in a file says: `python tests/disks/faulty.py SWITCH node run FOLDER ...`.

It is the program itself, as a person runs it; only the system calls by which SQLite writes go through here first. SQLite lets a
program name its own (`xSetSystemCall`), so neither a compiler nor rights are needed. `mounts.py` has what needs no such thing.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import sys
import time
from pathlib import Path

GOOD, READ_ONLY, BROKEN, SLOW = range(4)
"""What the first byte of the switch may say; the second one: how slow, in hundredths of a second for each write."""
SIZE = 8
_ERRORS = {READ_ONLY: errno.EROFS, BROKEN: errno.EIO}
_KEPT: list[object] = []

_PWRITE = ctypes.CFUNCTYPE(
    ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64, use_errno=True
)
_WRITE = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, use_errno=True)
_TRUNCATE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int64, use_errno=True)
_SET = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
_GET = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)


class _Vfs(ctypes.Structure):
    """`sqlite3_vfs` as far as it is used here, version 3."""

    _fields_ = (
        ("version", ctypes.c_int), ("size", ctypes.c_int), ("longest", ctypes.c_int), ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p), ("data", ctypes.c_void_p), *((f"call{n}", ctypes.c_void_p) for n in range(13)),
        ("set_call", _SET), ("get_call", _GET),
    )  # fmt: skip


class Switch:
    """The byte, shared between the test that turns it and the node that obeys it."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(SIZE))
        with path.open("r+b") as file:
            self._bytes = mmap.mmap(file.fileno(), SIZE)

    def turn(self, to: int, hundredths: int = 0) -> None:
        """Let the disk be so from the next write on."""
        self._bytes[:2] = bytes((to, hundredths))

    def obey(self) -> int:
        """Wait as long as a slow disk would; return the error of a write that is refused, 0 if it is not."""
        now = self._bytes[0]
        if now == SLOW:
            time.sleep(self._bytes[1] / 100)
        return _ERRORS.get(now, 0)


def _over(kind, real, switch: Switch):
    def call(*arguments):
        refused = switch.obey()
        if refused:
            ctypes.set_errno(refused)
            return -1
        return real(*arguments)

    made = kind(call)
    _KEPT.append(made)
    return made


def install(switch: Switch) -> None:
    """Put the switch before each way in which SQLite changes a file."""
    import _sqlite3

    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    library.sqlite3_vfs_find.argtypes = [ctypes.c_char_p]
    vfs = library.sqlite3_vfs_find(None)
    assert vfs.contents.version >= 3
    address = ctypes.addressof(vfs.contents)
    for name, kind in ((b"pwrite", _PWRITE), (b"pwrite64", _PWRITE), (b"write", _WRITE), (b"ftruncate", _TRUNCATE)):
        real = vfs.contents.get_call(address, name)
        if real:
            over = _over(kind, kind(real), switch)
            vfs.contents.set_call(address, name, ctypes.cast(over, ctypes.c_void_p))


def main() -> int:
    install(Switch(Path(sys.argv[1])))
    sys.path.insert(0, str(Path(__file__).parents[2] / "src"))
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[2] / "src")
    from comity.cli.main import main as program

    return program(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
