"""What the other side's published law says of a dispatch, read from our copy; only their own copy decides.

Their private supplement stays with them: we know its digest, and that it may only restrict what is read here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from threading import Lock

from comity.base.ids import DispatchId, Ms
from comity.dispatch import wire
from comity.dispatch.columns import bytes_of
from comity.dispatch.filing import Bodies
from comity.dispatch.inbound.admit import ask
from comity.dispatch.partsrow import parts_of
from comity.dispatch.ports import Tx
from comity.dispatch.predecessors import kind_answered
from comity.marking.scan import binding, scan
from comity.policy.cache import RememberingGate
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition
from comity.policy.explanation import turned
from comity.policy.listed import listed_by
from comity.policy.question import Act, Question
from comity.policy.verdict import Verdict

_KEPT = 8_192


class TheirLaw:
    """Our copy of the peer's edition, asked again about what crossed.

    Args:
        edition: as they published it.
        desks: every open desk by name.

    Attributes:
        exercise: no lawyer has signed their edition.
        private_digest: of their private supplement.
        whole: they have no private supplement; what is read here is all of their law.
        edition_hash: of both parts, 32 bytes.
    """

    def __init__(self, edition: Edition, desks: Mapping[str, Bodies]) -> None:
        self.exercise = edition.exercise
        self.private_digest = edition.private_digest
        self.whole = edition.whole
        self.edition_hash = edition.hash
        self._gate = RememberingGate(CedarGate(edition), _KEPT)
        self._asking = Lock()
        self._desks = desks
        self._patterns = edition.patterns
        self._listed = edition.listed
        self._opened = lru_cache(_KEPT)(_opened)
        self._read = lru_cache(_KEPT)(self._read_parts)

    def reading(self, tx: Tx, dispatch: DispatchId, *, ours: bool) -> Verdict | None:
        """Return what their law, as published, says: to receiving what we sent, or to sending what they sent.

        Their assessments and approvals stay with them, so what our copy does not permit without these is not shown: None.
        """
        table = "sent" if ours else "got"
        rows = tx.rows(f"SELECT plain FROM {table} WHERE id = ? AND plain IS NOT NULL AND digests IS NULL", (dispatch,))  # noqa: S608  our two tables
        if not rows:
            return None
        plain = bytes_of(rows[0][0])
        return self._read(plain, kind_answered(self._opened(plain)[0].re, tx), ours)

    def _decide(self, question: Question, at: Ms) -> Verdict:
        """Ask, or remember what was answered to an equal question; from any thread."""
        with self._asking:
            return self._gate.decide(question, at)

    def _read_parts(self, plain: bytes, answered: str, ours: bool) -> Verdict | None:  # noqa: FBT001  part of the key
        """Read what was sent or came; its bytes never change, so neither does what a law that is loaded says of them."""
        header, body = self._opened(plain)
        facts = self._desks[header.desk].facts(header.kind, body)
        found = binding(scan(facts.texts, self._patterns))
        listed = listed_by(facts.names, self._listed, header.created)
        question = ask(header, facts, answered, found, listed=listed)
        verdict = self._decide(question if ours else _sending(question, header), header.created)
        return verdict if verdict.permits else None

    def of_draft(self, question: Question, ours: Verdict, now: Ms) -> Verdict:
        """Return what their law, as published, says to receiving a draft of ours after the removals of our law.

        Their assessments and approvals stay with them, so it may say less than they would.

        Args:
            question: what our law was asked.
            ours: what our law answered; its removals are taken out.
            now: when.
        """
        return self._decide(turned(question, ours), now)


def _sending(question: Question, header: wire.Header) -> Question:
    """Turn the receiver's question into the sender's."""
    return replace(
        question, act=Act.CLEAR, agency=header.author.agency, peer_agencies=tuple(sorted(set(header.agencies)))
    )


def _opened(plain: bytes) -> tuple[wire.Header, bytes]:
    """Return header and body of a dispatch by its stored parts."""
    header, body = parts_of(plain)[:2]
    return wire.decode_header(header.content), body.content
