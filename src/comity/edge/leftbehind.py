"""What the door of a store still does that another store of its node has left behind: it is read, and takes nothing in.

The rule it keeps: whatever is not named here is refused, so that a route which is new is refused as well.
"""  # spec: protocol.md 9

from __future__ import annotations

from typing import Final

from comity.base.errors import Superseded
from comity.dispatch.stops import LEFT_BEHIND, Standing

STILL: Final = {
    "/judge": "says what the law would say; nothing is kept",
    "/judge/act": "the same of a later act",
    "/judge/board-copy": "the same of a copy for a board",
    "/files/content": "a file is read",
    "/evidence/ask": "what it holds may be shown to a court; who took it is noted",
    "/evidence/make": "as above",
    "/cut/apply": "if nobody restored the node its keys are in other hands, and what both roots sign is the way out",
    "/alarms/seen": "whoever is rung says that they heard it",
    "/people/ceremony": "who reads signs in first",
    "/people/session": "as above",
    "/people/demo": "as above, in a demonstration",
    "/people/session/seen": "as above",
    "/people/session/end": "signs out",
    "/people/sessions/end": "signs out everywhere",
}
"""What may be asked by another method than GET, and why."""


def check_in_use(method: str, path: str, standing: Standing) -> None:
    """Check that this store is in use, or that the request only reads.

    Raises:
        Superseded: another store of this node has gone on; nothing was changed.
    """
    if method != "GET" and path not in STILL and standing.superseded:
        raise Superseded(LEFT_BEHIND)
