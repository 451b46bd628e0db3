"""The static files: read once from the package, a closed list by name, so that no path of a request reaches a disk."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes, media type, and the first characters of its SHA-256 as its version."""

    body: bytes
    media_type: str
    version: str


def load() -> dict[str, Asset]:
    """Read every static file; keys are paths below the folder, such as `fonts/x.woff2`."""
    files = sorted(path for path in _FOLDER.rglob("*") if path.suffix in _TYPES)
    return {path.relative_to(_FOLDER).as_posix(): _asset(path) for path in files}


def addresses(assets: dict[str, Asset]) -> dict[str, str]:
    """Return the address of each file with its version, so that it may be kept for ever."""
    return {name: f"/static/{name}?v={asset.version}" for name, asset in assets.items()}


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    return Asset(body, _TYPES[path.suffix], hashlib.sha256(body).hexdigest()[:12])
