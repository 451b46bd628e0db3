"""Files of a node: written whole or not at all, and private files that no other user may read."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from comity.base.errors import BadConfiguration

PRIVATE_FILE = 0o600
PUBLIC_FILE = 0o644
PRIVATE_FOLDER = 0o700
SOCKET = "office.sock"
"""In a node's folder: where its own side talks to it while it runs."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def write_atomic(path: Path, content: bytes, *, mode: int = PRIVATE_FILE) -> None:
    """Put `content` at `path` so that a crash leaves the old file or the new one, never a part.

    A temporary file in the same folder is flushed, renamed, and the folder is flushed.

    Raises:
        OSError: the folder is missing, full or read-only; the old file stands.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Make the names in `folder` survive a crash of the machine."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_private_folder(folder: Path) -> None:
    """Make `folder`, or check it if it is there: a real folder that only this user can enter.

    Raises:
        BadConfiguration: it is something else, or others have access to it.
    """
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise BadConfiguration(f"{folder} is not a folder of its own; name a folder")
    _refuse_others(folder, found.st_mode, "chmod 700")


def read_private(path: Path) -> bytes:
    """Return the bytes of a private file.

    Raises:
        BadConfiguration: the file is missing, unreadable, not a plain file, or open to other users.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise BadConfiguration(f"{path} could not be opened ({error.strerror}); nothing was read") from error
    # Checked on the open file, so that nobody can exchange it in between.
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        os.close(handle)
        raise BadConfiguration(f"{path} is not a plain file; nothing was read")
    with os.fdopen(handle, "rb") as file:
        _refuse_others(path, found.st_mode, "chmod 600")
        return file.read()


def _refuse_others(path: Path, mode: int, remedy: str) -> None:
    if mode & _OTHERS:
        raise BadConfiguration(
            f"{path} can be used by other users of this machine (mode {stat.S_IMODE(mode):04o}); "
            f"nothing was read. Run `{remedy} {path}`, and if others may have read it, make new keys"
        )
