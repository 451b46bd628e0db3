"""What one side, or both, stopped: the whole exchange, one desk, or the accord for good; and what still travels then.

The rule it keeps: entries always flow, and what protects persons and evidence is never stopped: recall, correction and keys go
whoever suspended, and lane immediate as long as there is an accord at all.
"""  # spec: protocol.md 9

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from comity.base.hashing import domain_hash
from comity.base.ids import Digest
from comity.dispatch.columns import text_of
from comity.dispatch.lasting import lasting
from comity.dispatch.ports import Scalar, Tx
from comity.marking.labels import Lane

WHOLE: Final = ""
"""The scope that is the whole exchange; another scope is a desk's name."""
ENDED: Final = "!ended"
"""The scope that is the accord itself, said as a desk that no accord can name; it is never taken back."""
PASSING: Final = ("recall", "correction", "keys", "resume")
"""Kinds that go while the exchange or their desk is suspended."""
LEAVING: Final = ("recall", "correction", "keys", "certificate")
"""Kinds that go after the accord has ended."""
SUPERSEDED: Final = "superseded"
"""The state of the link of a store that a later one of this node has left behind."""
LEFT_BEHIND: Final = (
    "another store of this node has gone on and this one must not be used, so nothing was kept; do it on the other one, and tell"
    " the operator"
)
"""What a person reads who would have a store write that was left behind."""
_STANDING: Final = "standing"
_UNKNOWN: Final = "#"


def desk_digest(desk: str) -> Digest:
    """Return what a leaf says of a desk that is suspended alone; a leaf about the whole exchange says nothing."""
    return domain_hash("comity/desk/1", desk.encode())


@dataclass(frozen=True, slots=True)
class Stops:
    """Who stopped what.

    Attributes:
        ours: scopes that our log suspended.
        theirs: scopes that the peer's log suspended; a desk that nobody knows is `#` and the leaf's digest.
    """

    ours: frozenset[str] = frozenset()
    theirs: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.ours or self.theirs)

    @property
    def both(self) -> frozenset[str]:
        """All scopes, whoever stopped them."""
        return self.ours | self.theirs

    @property
    def whole(self) -> bool:
        """Whether the whole exchange is suspended, or the accord at an end."""
        return WHOLE in self.both or self.ended

    @property
    def ended(self) -> bool:
        """Whether the accord has ended."""
        return ENDED in self.both

    @property
    def desks(self) -> tuple[str, ...]:
        """The desks that are suspended alone, sorted."""
        return tuple(sorted(one for one in self.both if one not in {WHOLE, ENDED} and not one.startswith(_UNKNOWN)))

    def stop(self, desk: str, kind: str, lane: Lane) -> bool:
        """Say whether a dispatch of this desk, kind and lane stays where it is."""
        if self.ended:
            return kind not in LEAVING
        return lane is not Lane.IMMEDIATE and kind not in PASSING and (self.whole or desk in self.both)

    def with_scope(self, scope: str, *, ours: bool, stopped: bool) -> Stops:
        """Return the stops after one side suspended or resumed a scope; an end stays."""
        mine = self.ours if ours else self.theirs
        mine = mine | {scope} if stopped else mine - ({scope} - {ENDED})
        return replace(self, ours=mine) if ours else replace(self, theirs=mine)

    def text(self) -> str:
        """Return the form in which the row of the link keeps it."""
        said = [f"ours/{one}" for one in self.ours] + [f"theirs/{one}" for one in self.theirs]
        return " ".join(sorted(said))

    def condition(self) -> tuple[str, tuple[Scalar, ...]]:
        """Return, as SQL over a row of `sent` named `s`, which dispatches go; for `stop` over many rows at once."""
        if self.ended:
            return f"s.kind IN ({_marks(LEAVING)})", LEAVING
        if self.whole:
            return f"(s.lane = 0 OR s.kind IN ({_marks(PASSING)}))", PASSING
        if not self.desks:
            return "1 = 1", ()
        passing = f"(s.lane = 0 OR s.kind IN ({_marks(PASSING)}) OR s.desk NOT IN ({_marks(self.desks)}))"
        return passing, (*PASSING, *self.desks)


def _marks(values: tuple[str, ...]) -> str:
    return ", ".join("?" * len(values))


NOTHING: Final = Stops()


def stops_from(text: str) -> Stops:
    """Read what `Stops.text` wrote."""
    if not text:
        return NOTHING
    pairs = [one.partition("/") for one in text.split(" ")]
    ours, theirs = (frozenset(scope for side, _, scope in pairs if side == name) for name in ("ours", "theirs"))
    return Stops(ours, theirs)


def read_stops(tx: Tx) -> Stops:
    """Return what is stopped now."""
    return read_standing(tx).stops


class Standing(NamedTuple):
    """What is stopped, and whether a later store of this node has gone on."""

    stops: Stops
    superseded: bool


def read_standing(tx: Tx) -> Standing:
    """Return how this store stands now."""
    known = standing_in(lasting(tx))
    if known is None:
        found = tx.rows("SELECT stops, state FROM link")
        known = (
            Standing(stops_from(text_of(found[0][0])), found[0][1] == SUPERSEDED)
            if found
            else Standing(NOTHING, superseded=False)
        )
        lasting(tx)[_STANDING] = known
    return known


def standing_in(known: Mapping[str, object]) -> Standing | None:
    """Return how a store stands by what a ledger hands on; None: its row was not asked yet."""
    found = known.get(_STANDING)
    return found if isinstance(found, Standing) else None


def now_stands(tx: Tx, stops: Stops, *, superseded: bool) -> None:
    """Know what was just written of it."""
    lasting(tx)[_STANDING] = Standing(stops, superseded)


def scope_of(digest: Digest | None, desks: tuple[str, ...]) -> str:
    """Return the scope that a leaf names: the whole, one of `desks`, the accord's end, or a desk that is not among them."""
    if digest is None:
        return WHOLE
    return next((one for one in (*desks, ENDED) if desk_digest(one) == digest), _UNKNOWN + digest.hex())
