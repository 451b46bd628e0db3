"""Proposals for the next edition of the accord as rows: which wait for an answer, and what may still be said of them.

The rule it keeps: of one edition at most one text is ever signed by both. Whoever goes first on an edition does not sign the
other side's proposal while its own waits, and nobody signs, or proposes again, what one of them refused.
"""  # spec: protocol.md 10

from __future__ import annotations

from dataclasses import dataclass, replace

from comity.base.errors import BadEnvelope, BadSignature
from comity.base.hashing import sha256
from comity.base.ids import Digest, DispatchId, Ms
from comity.dispatch.accord import Accord
from comity.dispatch.amendment import Amendment, Stage, decode_amendment, edition_of, follows, goes_first, stage_of
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.entries import Fact, InstrumentKind
from comity.dispatch.office import Office
from comity.dispatch.ports import Tx

_VOID = (int(Fact.QUARANTINED), int(Fact.REFUSED))
_ACCORD = InstrumentKind.ACCORD.value
_REFUSED_TEXT = "one side refused this text; propose it anew, dated anew"


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a side said of an edition.

    Attributes:
        dispatch: by which it went or came.
        ours: our node sent it.
        stage: proposed, agreed or refused.
        edition: its number.
        text_sha256: of the text, whoever signed it.
        signed: as it was signed.
        note: the sender's words.
        at: when it was sent or filed here.
        fact: of ours, the other side's receipt; 0 while there is none.
    """

    dispatch: DispatchId
    ours: bool
    stage: Stage
    edition: int
    text_sha256: Digest
    signed: bytes
    note: str
    at: Ms
    fact: int

    @property
    def void(self) -> bool:
        """Whether the other side did not take it, so that it was never said."""
        return self.ours and self.fact in _VOID


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal, and what answered it.

    Attributes:
        said: the proposal.
        answer: None while it has none.
        overtaken: another text of its edition is signed by both.
        forgotten: no row of ours has it: what is known of it is what its refusal says, and `said` has the time of that.
    """

    said: Said
    answer: Said | None
    overtaken: bool
    forgotten: bool = False

    @property
    def waits(self) -> bool:
        """Whether it waits for an answer."""
        return self.answer is None and not self.overtaken and not self.said.void


def all_said(tx: Tx) -> tuple[Said, ...]:
    """Return everything that both sides said of editions, oldest first."""
    rows = tx.rows(
        "SELECT dispatch, ours, stage, edition, text_sha256, signed, note, at, fact FROM amendment ORDER BY at, dispatch"
    )
    return tuple(
        Said(
            DispatchId(bytes_of(dispatch)),
            bool(ours),
            Stage(text_of(stage)),
            int_of(edition),
            Digest(bytes_of(text)),
            bytes_of(signed),
            text_of(note),
            Ms(int_of(at)),
            int_of(fact),
        )
        for dispatch, ours, stage, edition, text, signed, note, at, fact in rows
    )


def proposals(tx: Tx) -> tuple[Proposal, ...]:
    """Return all proposals of both sides with what became of them, oldest first."""
    said = all_said(tx)
    answers = {one.text_sha256: one for one in said if one.stage is not Stage.PROPOSED and not one.void}
    signed = {int_of(row[0]) for row in tx.rows("SELECT edition FROM paper WHERE kind = ?", (_ACCORD,))}
    return tuple(
        Proposal(one, answers.get(one.text_sha256), one.edition in signed and one.text_sha256 not in answers)
        for one in said
        if one.stage is Stage.PROPOSED
    )


def forgotten(tx: Tx) -> tuple[Proposal, ...]:
    """Return what the other side refused of ours and we have no row of, oldest first, each text once.

    Our root signed it: the store was put back to before it was proposed, or it went by hand.
    """
    said = all_said(tx)
    known = {one.text_sha256 for one in said if one.stage is Stage.PROPOSED}
    refused = {
        one.text_sha256: one
        for one in said
        if one.stage is Stage.REFUSED and not one.ours and one.text_sha256 not in known
    }
    return tuple(
        Proposal(replace(one, ours=True, stage=Stage.PROPOSED, note=""), one, overtaken=False, forgotten=True)
        for one in refused.values()
    )


def newest_signed(tx: Tx, office: Office) -> tuple[Accord, Digest]:
    """Return the newest edition that both roots signed as far as we hold it, in force or not, and its digest."""
    rows = tx.rows("SELECT digest, signed FROM paper WHERE kind = ? ORDER BY edition DESC LIMIT 1", (_ACCORD,))
    if not rows:
        return office.accord, office.accord_digest
    return edition_of(bytes_of(rows[0][1])), Digest(bytes_of(rows[0][0]))


# --- what may not be said ---------------------------------------------------------------------------------------------


def fault_of_theirs(body: bytes, tx: Tx, office: Office) -> str:
    """Say why an amendment of the other side does not stand, or "": then it may be filed."""
    try:
        amendment = decode_amendment(body)
        stage = stage_of(amendment.signed, office.accord, office.peer)
    except (BadEnvelope, BadSignature) as error:
        return str(error)
    match stage:
        case Stage.AGREED if sha256(amendment.signed) in office.known:
            return ""
        case Stage.REFUSED:
            return _fault_of_refusal(amendment, tx, office)
        case Stage.PROPOSED if any(one.waits and not one.said.ours for one in proposals(tx)):
            return "another proposal of the same side still waits for an answer"
        case Stage.PROPOSED if _was_refused(amendment.text_sha256, tx):
            return _REFUSED_TEXT  # answered here already: nobody would be asked, and its sender would wait for ever
        case _:
            return follows(edition_of(amendment.signed), *newest_signed(tx, office))


def _fault_of_refusal(amendment: Amendment, tx: Tx, office: Office) -> str:
    """Say why a refusal of the other side does not stand, or "".

    It bears our root's signature on the text and no other, so that our side did sign what it refuses. That is enough where
    we have no row of it: a store that was put back forgot what it proposed, and the other side waits until it may refuse.
    """
    text = amendment.text_sha256
    mine = [one for one in proposals(tx) if one.said.ours and one.said.text_sha256 == text]
    if not mine:
        return follows(edition_of(amendment.signed), *newest_signed(tx, office))
    # One that was overtaken meanwhile may be refused too: the two crossed. Nor does a second refusal harm: a store that was
    # put back forgot the first, and its people could answer in no other way than to sign.
    return "" if any(_may_be_refused(one) for one in mine) else "no proposal of ours with this text waits for an answer"


def _may_be_refused(proposal: Proposal) -> bool:
    return proposal.answer is None or proposal.answer.stage is Stage.REFUSED


def fault_of_ours(amendment: Amendment, stage: Stage, tx: Tx, office: Office) -> str:
    """Say why an amendment of ours may not go, or "".

    Raises:
        BadEnvelope: it is none.
    """
    accord, text = edition_of(amendment.signed), amendment.text_sha256
    waiting = [one for one in proposals(tx) if one.waits]
    mine = [one for one in waiting if one.said.ours]
    theirs = [one for one in waiting if not one.said.ours]
    if stage is Stage.REFUSED:
        known = any(one.said.text_sha256 == text for one in theirs)
        return "" if known else "no proposal of the other side with this text waits for an answer"
    wrong = follows(accord, *newest_signed(tx, office))
    if wrong:
        return wrong
    if _was_refused(text, tx):
        return _REFUSED_TEXT
    if stage is Stage.PROPOSED:
        return _fault_of_proposal(mine, theirs)
    # Where both proposed the same text, both could sign it: two editions of one number, with one text but other signatures.
    own = any(one.said.text_sha256 != text for one in mine) or (
        bool(mine) and any(one.said.text_sha256 == text for one in theirs)
    )
    if own and goes_first(accord) == office.us:
        return "a proposal of ours for this edition goes first and waits for an answer of the other side"
    return ""


def _was_refused(text: Digest, tx: Tx) -> bool:
    return any(one.stage is Stage.REFUSED and one.text_sha256 == text and not one.void for one in all_said(tx))


def _fault_of_proposal(mine: list[Proposal], theirs: list[Proposal]) -> str:
    if mine:
        return "another proposal of ours still waits for an answer"
    return "a proposal of the other side waits: sign it or refuse it first" if theirs else ""


# --- writing ----------------------------------------------------------------------------------------------------------


def keep_said(tx: Tx, said: Said) -> None:
    """Keep what was said; the same dispatch again changes nothing."""
    tx.run(
        "INSERT INTO amendment (dispatch, ours, stage, edition, text_sha256, signed, note, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (dispatch) DO NOTHING",
        (
            said.dispatch,
            int(said.ours),
            said.stage.value,
            said.edition,
            said.text_sha256,
            said.signed,
            said.note,
            said.at,
        ),
    )


def heard(tx: Tx, dispatch: bytes, fact: int) -> bool:
    """Note the other side's receipt for an amendment of ours; say whether it was one.

    What it did not take was never said: an edition that both signed and that it did not take is ours to forget.
    """
    if not tx.run("UPDATE amendment SET fact = ? WHERE dispatch = ? AND ours = 1", (fact, dispatch)):
        return False
    if fact in _VOID:
        tx.run(
            "DELETE FROM paper WHERE dispatch = ? AND kind = ? AND ready = 0 AND our_idx IS NULL AND their_idx IS NULL",
            (dispatch, _ACCORD),
        )
    return True
