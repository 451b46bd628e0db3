"""A scorecard of one node from its own store, from the cut to the comparison, as commands and pages ask for it."""

from __future__ import annotations

from collections.abc import Collection

from comity.base.errors import BadForm
from comity.base.ids import Digest
from comity.crypto.sign import unverified_payload
from comity.desks.workplan.scorecard import codec, comparing, rows
from comity.desks.workplan.scorecard.actions import actions_here
from comity.desks.workplan.scorecard.counting import terms_of
from comity.desks.workplan.scorecard.model import Cut, Held, Period, Place
from comity.desks.workplan.scorecard.part import details
from comity.desks.workplan.scorecard.rows import newest_cut
from comity.dispatch.accord import Accord, decode_accord
from comity.dispatch.columns import bytes_of
from comity.dispatch.entries import InstrumentKind
from comity.dispatch.ports import Tx

__all__ = ["accord_here", "compare_here", "count_here", "newest_cut", "read_otherwise"]


def accord_here(tx: Tx) -> tuple[Accord, Digest]:
    """Return the newest accord of a node with its digest; its signatures were verified when it was taken.

    Raises:
        BadForm: there is no accord yet.
    """
    found = tx.rows(
        "SELECT digest, signed FROM instrument WHERE kind = ? ORDER BY from_ours DESC LIMIT 1", (InstrumentKind.ACCORD,)
    )
    if not found:
        raise BadForm("this node has no accord yet; there is nothing to count")
    digest, signed = bytes_of(found[0][0]), bytes_of(found[0][1])
    return decode_accord(unverified_payload(signed)), Digest(digest)


def count_here(tx: Tx, period: Period, cut: Cut | None = None) -> comparing.Counted:
    """Count a period from a node's store.

    Args:
        tx: one snapshot.
        period: whose dispatches.
        cut: both logs as far as they are to be read; None: as far as both sides have signed.

    Raises:
        BadForm: nothing is co-signed yet, or the cut is not of this node's logs.
        BadProof: the stored entries do not give the root of the cut.
    """
    accord, digest = accord_here(tx)
    logs = rows.read_logs(tx, cut or newest_cut(tx))
    actions = actions_here(tx, logs, accord)
    return comparing.make(logs, rows.holding(tx, logs, period), terms_of(accord, digest), period, actions)


def compare_here(tx: Tx, theirs: codec.Statement) -> tuple[comparing.Counted, comparing.Comparison]:
    """Count what the other side counted, from our store, and compare; errors as `count_here` and `comparing.compare`."""
    card = theirs.scorecard
    counted = count_here(tx, card.period, card.cut)
    hashes = rows.leaf_hashes(tx, card.cut, comparing.apart(counted, theirs))
    return counted, comparing.compare(counted, theirs, hashes)


def read_otherwise(
    tx: Tx, counted: comparing.Counted, theirs: codec.Statement, buckets: Collection[int]
) -> tuple[comparing.Named, ...]:
    """Return the leaves that both sides hold whole and the two programs read otherwise, as the other side's details name them.

    Args:
        tx: one snapshot.
        counted: ours, of the period and the cut of theirs.
        theirs: their statement.
        buckets: in which the two differ; a detail of other buckets, or of another number of leaves, is not looked at.
    """
    lacking = frozenset(comparing.apart(counted, theirs))
    found: set[Place] = set()
    for body in details(tx, codec.digest(theirs.scorecard)):
        if frozenset(body.buckets) <= frozenset(buckets):
            found |= frozenset(_unlike(counted, body.buckets, body.digests)) - lacking
    places = tuple(sorted(found))
    hashes = rows.leaf_hashes(tx, counted.card.cut, places)
    return tuple(comparing.name_leaf(counted, place, (Held.WHOLE, Held.WHOLE), hashes) for place in places)


def _unlike(counted: comparing.Counted, buckets: tuple[int, ...], digests: bytes) -> tuple[Place, ...]:
    try:
        return comparing.unlike(counted, buckets, digests)
    except BadForm:  # it speaks of another number of leaves than we hold: not of this result
        return ()
