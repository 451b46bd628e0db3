"""The log's files for a visitor: which addresses there are, and how each is labelled."""

from __future__ import annotations

import re

_ORIGIN = re.compile(r"[0-9a-f]{64}")
_TILE = re.compile(
    r"tile/(?:entries|0|[1-9]|[1-5]\d|6[0-3])/(?:x\d{3}/)*\d{3}(?:\.p/(?:[1-9]|[1-9]\d|1\d\d|2[0-4]\d|25[0-5]))?"
)
CHECKPOINT = "checkpoint"


def media_type(origin: str, path: str) -> str | None:  # spec: C2SP tlog-tiles
    """Return the media type of a log's file, or None if no log can have a file of that name.

    Args:
        origin: hash of the log's origin, 64 lower-case hex digits.
        path: `checkpoint`, `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`.
    """
    if not _ORIGIN.fullmatch(origin):
        return None
    if path == CHECKPOINT:
        return "text/plain"
    return "application/octet-stream" if _TILE.fullmatch(path) else None
