"""Reading an edition of the list of watched substances from its folder; what it says is the precursor desk's to read."""

from __future__ import annotations

from pathlib import Path

from comity.base.errors import BadConfiguration

LIST_FOLDER = "substances"
"""Where the list stands beside the program, like `laws` and `accords`."""
_LARGEST_BYTES = 16 * 1024 * 1024


def list_files(folder: Path) -> dict[str, bytes]:
    """Return the files of an edition, by name; hidden files and folders are no part of it.

    Raises:
        BadConfiguration: there is no such folder, or a file in it is larger than a list can be.
    """
    if not folder.is_dir():
        raise BadConfiguration(f"{folder} is no folder of a list of substances; name it with --list")
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")]
    for path in files:
        if path.stat().st_size > _LARGEST_BYTES:
            raise BadConfiguration(f"{path} is larger than a list of substances can be; nothing was loaded")
    return {path.name: path.read_bytes() for path in files}
