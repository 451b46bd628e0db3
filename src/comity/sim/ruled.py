"""The invariants by name, and the one way in which a check says that one does not hold."""

from __future__ import annotations

from enum import StrEnum


class Invariant(StrEnum):
    """What must be true of honest nodes, after every committed transaction and in everything that is said."""

    LOG = "a log has one entry at each place"
    MIRROR = "a mirror is a prefix of the log it mirrors"
    LOGGED_TWICE = "each dispatch is logged once a side"
    SENT_TWICE = "what an officer hands in is sent once"
    ONE_HISTORY = "all heads of a log are of one history"
    HEAD_FIRST = "entries are stored before the head above them"
    WENT_BACK = "heads and cosignatures never go back in size or time"
    COSIGNED_MORE = "nobody cosigns more than it holds, nor takes more as cosigned"
    TIE = "a batch begins with an l-head and is not one alone"
    RECEIPT_WITHOUT_LEAF = "a receipt names a leaf of the peer"
    RECEIPTED_TWICE = "a dispatch has one settling receipt"
    QUARANTINED = "what an honest peer sealed opens"
    ORDER = "a dispatch is filed after what it comes after"
    DECISION = "each decision leaf is opened by its record"
    SENT_ROW = "a row of what we sent agrees with pool and log"
    GOT_ROW = "a row of what we got agrees with leaf and receipt"
    DESK_ROW = "a desk row stands on a committed send or a receipt"
    ACCUSED = "no honest peer is accused"
    SUSPENDED = "what is suspended neither leaves nor is filed"
    SAID_UNSTORED = "what is said is stored"
    BASE = "nothing is left out beyond what the peer cosigned"
    HEAD_FORGOTTEN = "a good head that is not taken is kept"
    DISOWNED = "what the peer dropped for a restored node is disowned in its log"
    SPARE_KEY = "after a restore the next spare key cosigns"
    RESEALED = "each reseal is the next try of its dispatch, with bytes of its own"
    KEYS_BY_SIZE = "each head is signed by exactly the keys in force at its size"
    KEYS_WAIT = "nothing is signed above a change of keys before the peer cosigned it"
    EDITION = "each dispatch is under the edition in force at its place, and both logs have the same editions"
    DESTROYED = "what a side says it destroyed is gone there, and a leaf of its log says so"
    CERTIFIED = "a certificate that came says what both logs say, and none of an honest side is refused"
    OLD_STORE = "an old store of a restored node is refused and told, and accuses nobody"
    ROOM_FORKED = "a room's log and its mirror are one, and no honest room is accused"
    ROOM_NOTE = "what a named person leaves stands in the room's log once"
    NOT_SETTLED = "after healing everything is settled on both sides"
    NOT_SILENT = "two idle nodes fall silent"
    STUCK = "a node takes whatever comes without an unknown error"


class Broken(Exception):
    """An invariant does not hold in this world."""

    def __init__(self, invariant: Invariant, side: int, detail: str) -> None:
        super().__init__(f"{invariant.name}: {invariant.value}; side {side}: {detail}")
        self.invariant = invariant
        self.side = side


def ensure(good: object, invariant: Invariant, side: int, detail: str) -> None:
    """Stop the world if `good` is false.

    Raises:
        Broken: it is.
    """
    if not good:
        raise Broken(invariant, side, detail)
