"""What a node that restores itself asks of the peer's tiles: bundles of entries of both logs, and the entries in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from comity.base.errors import BadEnvelope
from comity.base.ids import Origin
from comity.node.mend import Fetched
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


def spans(missing: Missing, voice: Voice, peer: Peer, *, whole: bool) -> tuple[Span, Span]:
    """Say which entries of our log and of the peer's are to be fetched; `whole` takes ours from 0 on."""
    own_end = missing.own.checkpoint.size if missing.own is not None and missing.own_is_longer else 0
    own_start = 0 if whole or not own_end else missing.own_from
    end = missing.theirs.head.checkpoint.size if missing.theirs is not None and missing.theirs_is_longer else 0
    start = missing.theirs_from if end else 0
    return Span(voice.log_origin, own_start, own_end), Span(peer.log_origin, start, end)


def gathered(own: Span, theirs: Span, bundles: Mapping[Origin, Mapping[str, bytes]]) -> Fetched:
    """Put together what came.

    Raises:
        Problem: something is missing.
    """
    return Fetched(own.entries(bundles[own.origin]), own.start, theirs.entries(bundles[theirs.origin]))
