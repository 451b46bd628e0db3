"""The trials of disk and clock, in a mount namespace of their own where the machine allows it: `python -m tests.disks.run [pytest ...]`.

As root a namespace of mounts is enough, else one of users too; either ends with the tests. Where neither is allowed the small disk
is a limit on the size of the node's files instead, and what needs a mount is left out; the first line says which.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.disks.mounts import OWN

ROOT = Path(__file__).parents[2]
_WAYS = (("unshare", "--mount"), ("unshare", "--user", "--map-root-user", "--mount"))


def own_namespace() -> tuple[str, ...]:
    """Return the command in front by which a small file system can be mounted here, () if none is allowed."""
    for way in _WAYS:
        with tempfile.TemporaryDirectory(prefix="comity-mount-") as folder:
            if shutil.which(way[0]) and _works([*way, "mount", "-t", "tmpfs", "-o", "size=1m", "none", folder]):
                return way
    return ()


def _works(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def main() -> int:
    way = own_namespace()
    what = "a small file system in memory, mounted in a namespace of its own" if way else "a limit on the size of files"
    print(f"disks: the full disk is {what}", flush=True)
    command = [*way, sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/disks", *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, OWN: "1" if way else "0"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
