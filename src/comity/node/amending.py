"""Amendments at the node: what crossed is kept, people are told, and an edition that is late in one of the logs rings.

The rule it keeps: an edition that both roots signed is kept as a paper before either side may write its leaf.
"""  # spec: protocol.md 10

from __future__ import annotations

from dataclasses import dataclass

from comity.base.ids import DispatchId, LeafIndex, Ms
from comity.dispatch.accord import Accord, Agreed
from comity.dispatch.alarms import Alarm, ring
from comity.dispatch.amendment import Stage, decode_amendment, edition_of, stage_of
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.entries import Fact
from comity.dispatch.filing import Filing
from comity.dispatch.glass import DUTY_OFFICER
from comity.dispatch.office import Office
from comity.dispatch.ports import Tx
from comity.dispatch.proposals import Proposal, Said, forgotten, heard, keep_said, proposals
from comity.node.papers import ACCORD, keep_paper, read_papers

LATE_MS = 24 * 3_600_000
"""Within which each side writes an edition that both signed into its own log."""  # spec: protocol.md 10
_NOT_TAKEN = (int(Fact.QUARANTINED), int(Fact.REFUSED))


@dataclass(frozen=True, slots=True)
class LateEdition:
    """An edition that both signed and that one log, or neither, has a day after it should."""

    stage: str
    dispatch: DispatchId
    kind: str = "accord-late"


@dataclass(frozen=True, slots=True)
class Signed:
    """An edition that both roots signed, with its places.

    Attributes:
        accord: what it says.
        signed: its bytes.
        since: when this node has held it.
        our_index, their_index: its leaf in our log, in the peer's; None while it has none.
        ready: whether the other side holds it too, as far as we know.
    """

    accord: Accord
    signed: bytes
    since: Ms
    our_index: LeafIndex | None
    their_index: LeafIndex | None
    ready: bool

    @property
    def due(self) -> Ms:
        """By when it should stand in both logs."""
        return Ms(max(self.since, self.accord.in_force_from) + LATE_MS)


@dataclass(frozen=True, slots=True)
class Amending:
    """What there is of editions: those in force, those signed after the ceremony, proposals and what became of them.

    `forgotten` are those of ours that the other side refused and this node has no row of.
    """

    ours: Agreed
    theirs: Agreed
    signed: tuple[Signed, ...]
    proposals: tuple[Proposal, ...]
    forgotten: tuple[Proposal, ...]


def keep_amendment(tx: Tx, filing: Filing) -> int:
    """Keep what a side said of an edition, ring for our people where it was the other; return 1 for news of papers."""
    amendment = decode_amendment(filing.body)
    accord, header = edition_of(amendment.signed), filing.header
    stage = stage_of(amendment.signed, accord, header.sender)
    said = Said(
        header.id, filing.ours, stage, accord.edition, amendment.text_sha256, amendment.signed, amendment.note,
        filing.at, 0,
    )  # fmt: skip
    keep_said(tx, said)
    if not filing.ours:
        ring(
            Alarm(f"accord-{stage}", DUTY_OFFICER, f"edition {accord.edition}", (header.id.hex(),), header.id),
            tx,
            filing.at,
        )
    if stage is not Stage.AGREED:
        return 0
    keep_paper(
        tx, amendment.signed, accord, node=header.sender, ready=not filing.ours, dispatch=header.id, now=filing.at
    )
    return 1


def answered_amendment(tx: Tx, dispatch: bytes, fact: int, at: Ms) -> bool:
    """Note the receipt for an amendment of ours; say whether it was not taken, so that it was never said."""
    if fact == Fact.SEEN or not heard(tx, dispatch, fact):
        return False
    if fact in _NOT_TAKEN:
        number = DispatchId(dispatch)
        ring(Alarm("accord-not-taken", DUTY_OFFICER, "an amendment", (number.hex(),), number), tx, at)
    return fact in _NOT_TAKEN


def signed_editions(tx: Tx) -> tuple[Signed, ...]:
    """Return the editions after the ceremony that both roots signed, oldest first."""
    rows = tx.rows(
        "SELECT signed, since, our_idx, their_idx, ready FROM paper WHERE kind = ? ORDER BY edition", (ACCORD,)
    )
    return tuple(
        Signed(
            edition_of(bytes_of(signed)), bytes_of(signed), Ms(int_of(since)), _place(ours), _place(theirs), bool(ready)
        )
        for signed, since, ours, theirs, ready in rows
    )


def _place(index: object) -> LeafIndex | None:
    return LeafIndex(index) if isinstance(index, int) else None


def amending(tx: Tx, office: Office) -> Amending:
    """Return all that there is of editions, from a snapshot."""
    papers = read_papers(tx)
    first = Agreed(LeafIndex(2), office.accord_digest, office.accord)
    ours, theirs = (first, first) if papers is None else (papers.agreed_ours[-1], papers.agreed_theirs[-1])
    return Amending(ours, theirs, signed_editions(tx), proposals(tx), forgotten(tx))


# --- late leaves ------------------------------------------------------------------------------------------------------


def _open(tx: Tx) -> list[tuple[bytes, DispatchId, Signed]]:
    """Return the editions that a log lacks and of which nobody was told yet."""
    rows = tx.rows(
        "SELECT digest, dispatch, signed, since, our_idx, their_idx FROM paper WHERE kind = ? AND told IS NULL"
        " AND (our_idx IS NULL OR their_idx IS NULL)",
        (ACCORD,),
    )
    return [
        (
            bytes_of(digest),
            DispatchId(bytes(16) if dispatch is None else bytes_of(dispatch)),
            Signed(edition_of(bytes_of(signed)), b"", Ms(int_of(since)), _place(ours), _place(theirs), ready=True),
        )
        for digest, dispatch, signed, since, ours, theirs in rows
    ]


def next_late(tx: Tx) -> Ms | None:
    """Return when an edition that a log lacks is late; None: there is none."""
    return min((one.due for _, _, one in _open(tx)), default=None)


def note_late(tx: Tx, now: Ms) -> tuple[LateEdition, ...]:
    """Return each edition that is late, once: in our log, in the peer's, or in both."""
    found: list[LateEdition] = []
    for digest, dispatch, one in _open(tx):
        if one.due > now:
            continue
        tx.run("UPDATE paper SET told = ? WHERE digest = ?", (now, digest))
        if one.our_index is None:
            found.append(LateEdition("here", dispatch))
        if one.their_index is None:
            found.append(LateEdition("there", dispatch))
    return tuple(found)
