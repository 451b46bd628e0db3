"""What taking an exchange led to, and why one is not taken."""

from __future__ import annotations

from dataclasses import dataclass

from comity.base.errors import PeerError
from comity.base.ids import Digest, Origin
from comity.dispatch.exchange_codec import Evidence, Exchange
from comity.dispatch.states import Recorded
from comity.tlog.checkpoint import SignedHead


class Problem(PeerError):
    """An exchange that is not taken; `code` and `status` are what the peer reads, the message stays at home."""

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class BadEdition(Problem):
    """The peer's log names an edition of the accord that cannot stand there; `why` is a code for our own people."""

    def __init__(self, why: str) -> None:
        super().__init__("bad-signature", 422, f"the other side's log names an accord that cannot stand there: {why}")
        self.why = why


@dataclass(frozen=True, slots=True)
class Named:
    """A head that the peer names as ours, and that we never signed.

    Attributes:
        origin, size, root: of the head.
        mirror: name of the co-signing key under which the peer named it; empty: an entry of its log names it.
    """

    origin: Origin
    size: int
    root: Digest
    mirror: str = ""


class Proven(PeerError):
    """The peer broke a rule and we hold the proof of it: evidence that a stranger can check.

    With `named` a thief with our key, or another store of ours, may have signed the head that the peer names: unless it signed
    itself that it holds no such log, it is asked once whether it can show that, before it stands accused.
    """

    def __init__(self, evidence: Evidence, message: str, named: Named | None = None) -> None:
        super().__init__(message)
        self.evidence = evidence
        self.named = named


class Foreign(PeerError):
    """Somebody else signed an entry of our log with our key; `note` shows it. The peer did no wrong."""

    def __init__(self, note: str, message: str) -> None:
        super().__init__(message)
        self.note = note


@dataclass(frozen=True, slots=True)
class Taken:
    """What one exchange brought.

    Attributes:
        exchange: as it came.
        head: its verified head.
        grew: it brought entries that we did not hold.
        news: it brought a head or cosignature that we did not hold.
        recorded: what became of its dispatches, and of those that had waited for them.
        dropped: sealed bytes without leaf, or other than the leaf says; counted, never kept.
    """

    exchange: Exchange
    head: SignedHead
    grew: bool
    news: bool
    recorded: tuple[Recorded, ...]
    dropped: int
