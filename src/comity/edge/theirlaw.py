"""What the other side's published law says of a dispatch, read from our copy; only their own copy decides.

Their private supplement stays with them: we know its digest, and that it may only restrict what is read here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from comity.base.ids import DispatchId, Ms
from comity.dispatch import wire
from comity.dispatch.columns import bytes_of
from comity.dispatch.filing import Bodies
from comity.dispatch.inbound.admit import ask
from comity.dispatch.partsrow import parts_of
from comity.dispatch.ports import Tx
from comity.dispatch.predecessors import kind_answered
from comity.marking.scan import binding, scan
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
        self._gate = CedarGate(edition)
        self._desks = desks
        self._patterns = edition.patterns
        self._listed = edition.listed
        self._decide = lru_cache(_KEPT)(self._gate.decide)
        self._re = lru_cache(_KEPT)(_re)
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
        return self._read(plain, kind_answered(self._re(plain), tx), ours)

    def _read_parts(self, plain: bytes, answered: str, ours: bool) -> Verdict | None:  # noqa: FBT001  part of the key
        """Read what was sent or came; its bytes never change, so neither does what a law that is loaded says of them."""
        parts = parts_of(plain)
        header = wire.decode_header(parts[0].content)
        facts = self._desks[header.desk].facts(header.kind, parts[1].content)
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


def _re(plain: bytes) -> tuple[DispatchId, ...]:
    """Return what a dispatch answers, by its stored parts."""
    return wire.decode_header(parts_of(plain)[0].content).re
