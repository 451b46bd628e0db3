"""What a node that restores itself asks of the peer's tiles: bundles of entries of both logs, and the entries in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from comity.base.errors import BadEnvelope
from comity.base.ids import Origin
from comity.dispatch.entries import decode_entry
from comity.node.mend import Fetched, newest_tie
from comity.node.peer import Peer, Voice
from comity.node.recovery import Missing
from comity.node.taken import Problem
from comity.tlog.tiles import TileName, decode_bundle
from comity.tlog.tree import TILE_WIDTH


@dataclass(frozen=True, slots=True)
class Span:
    """Entries of one log from `start` up to, not including, `end`."""

    origin: Origin
    start: int
    end: int

    def bundles(self) -> tuple[TileName, ...]:
        """Name the bundles that hold these entries, in order."""
        first = self.start // TILE_WIDTH
        return tuple(
            TileName(None, n, min(TILE_WIDTH, self.end - n * TILE_WIDTH))
            for n in range(first, -(-self.end // TILE_WIDTH))
            if self.start < self.end
        )

    def entries(self, bundles: Mapping[str, bytes]) -> tuple[bytes, ...]:
        """Take the entries out of the bundles, by path.

        Raises:
            Problem: one is missing or none.
        """
        found: list[bytes] = []
        for name in self.bundles():
            try:
                found += decode_bundle(bundles[name.path()], name.width)
            except (KeyError, BadEnvelope) as error:
                raise Problem("unproven-head", 422, "the peer's tiles lack entries that it says it has") from error
        return tuple(found[self.start % TILE_WIDTH :]) if found else ()


def own_span(missing: Missing, voice: Voice, *, whole: bool) -> Span:
    """Say which entries of our log are to be fetched; `whole` takes them from 0 on."""
    end = missing.own.checkpoint.size if missing.own is not None and missing.own_is_longer else 0
    return Span(voice.log_origin, 0 if whole or not end else missing.own_from, end)


def their_span(missing: Missing, peer: Peer, own: Sequence[bytes]) -> Span:
    """Say which entries of the peer's log are to be fetched: all up to its own newest head, for our own log may name any of them.

    One of a release before does not say that head. Then it is up to the head that it knows as cosigned, and to our newest l-head:
    our own log may say that we cosigned more than the peer has a cosignature for, for it ignored one, or it was lost there.

    Args:
        missing: what the peer said.
        peer: whose log it is.
        own: the entries of our log that came back.

    Raises:
        Problem: one of them is none.
    """  # spec: protocol.md 9 step 2
    try:
        tie = newest_tie([decode_entry(entry) for entry in own], peer.log_origin)
    except BadEnvelope as error:
        raise Problem("unproven-head", 422, "an entry of our log from the peer's tiles that is none") from error
    cosigned = missing.theirs.head.checkpoint.size if missing.theirs is not None else 0
    newest = missing.newest.checkpoint.size if missing.newest is not None else 0
    end = max(cosigned, newest, tie.size if tie is not None else 0)
    return Span(peer.log_origin, missing.theirs_from, end) if end > missing.theirs_from else Span(peer.log_origin, 0, 0)


def gathered(own: Span, theirs: Span, bundles: Mapping[Origin, Mapping[str, bytes]]) -> Fetched:
    """Put together what came.

    Raises:
        Problem: something is missing.
    """
    return Fetched(own.entries(bundles[own.origin]), own.start, theirs.entries(bundles[theirs.origin]))
