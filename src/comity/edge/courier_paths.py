"""Paths and media type of the courier, the same for client and server."""  # spec: protocol.md 5

from __future__ import annotations

import re

MEDIA = "application/comity+cbor"
PREFIX = "/courier/v1"
EXCHANGE = f"{PREFIX}/exchange"
RECOVER = f"{PREFIX}/recover"
LOG = f"{PREFIX}/log/"
BLOB = f"{PREFIX}/blob/"

_INDEX = r"(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/(?:[1-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?"
_LEVEL = r"(?:[0-9]|[1-5][0-9]|6[0-3])"
_LOG_PATH = re.compile(
    rf"{LOG}([0-9a-f]{{64}})/(checkpoint|tile/{_LEVEL}/{_INDEX}|tile/entries/{_INDEX}|place/[0-9]{{1,12}})"
)


def room_exchange(number: int) -> str:
    """Return the path on which the process of a restricted room takes exchanges."""  # spec: protocol.md 3
    return f"{PREFIX}/room/{number}/exchange"


def log_path(path: str) -> tuple[str, str] | None:
    """Return origin hash and the path within the log, or None for anything that C2SP tlog-tiles does not name.

    Beside these a room has `place/<index>`: what stands behind a leaf, so that a put-back store gets its own back.
    """
    # spec: C2SP tlog-tiles
    found = _LOG_PATH.fullmatch(path) if len(path) < 256 else None  # noqa: PLR2004  longer than any index of 2^63
    return (found[1], found[2]) if found else None
