"""A small disk of a node's own, in a mount namespace that ends with the tests: nothing of the machine changes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

OWN = "COMITY_OWN_MOUNTS"
"""Set by `tests.disks.run` for what it starts in a namespace of its own."""
_CHUNK = 64 << 10


def own_mounts() -> bool:
    """Say whether these tests may mount."""
    return os.environ.get(OWN) == "1"


class SmallDisk:
    """A file system in memory under a node's folder, with what the folder held, and little room beside it.

    Args:
        folder: of a node that does not run.
        room: bytes that are free at first.
    """

    def __init__(self, folder: Path, room: int) -> None:
        self.folder, self._ballast = folder, folder / "ballast"
        aside = folder.with_name(folder.name + "-aside")
        shutil.copytree(folder, aside, symlinks=True)
        held = sum(-(-one.stat().st_size // 4096) * 4096 + 4096 for one in aside.rglob("*"))
        self._mount("-t", "tmpfs", "-o", f"size={held + room},mode=700", "none")
        shutil.copytree(aside, folder, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(aside)

    def fill(self) -> None:
        """Leave no room at all."""
        with self._ballast.open("wb", buffering=0) as file:
            for size in (_CHUNK, 4096, 1):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)

    def read_only(self, *, on: bool) -> None:
        """Turn it read-only, or back; no file of it may be open for writing."""
        self._mount("-o", "remount," + ("ro" if on else "rw"))

    def _mount(self, *options: str) -> None:
        subprocess.run(["mount", *options, str(self.folder)], check=True, capture_output=True)
