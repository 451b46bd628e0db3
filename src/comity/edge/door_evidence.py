"""The door's routes for papers on a case: what our law would say to each dispatch, and making the papers.

Nothing is decided here: each dispatch is an act that our law permits or not, and what was made is in our decision log.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm
from comity.base.hashing import sha256
from comity.base.ids import CaseId, DispatchId, LeafIndex, Ms, show_id
from comity.dispatch.acts import Done, NotDone
from comity.dispatch.states import Officer
from comity.edge.casepages import LANGUAGES
from comity.edge.casepdf import typst_version
from comity.edge.door_acts import outcome_json
from comity.edge.door_request import Routes, body_of
from comity.edge.engine import Engine
from comity.edge.evidence import Papers
from comity.edge.forms import By
from comity.edge.plain import Json, to_json
from comity.node.bundle import write_zip
from comity.node.casefolder import CERTIFICATE, MANIFEST
from comity.node.casepapers import Asked
from comity.node.disclosure import Answer, Wanted, answers, let_out_all, made_before, note_made
from comity.policy.assessment import Assessment
from comity.policy.question import Act


class AskIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of which case papers are wanted, for what, for whom, by whom.

    `purpose` is `evidence`, `court` or `export`; `basis` names legal bases, such as a court's order by the word that our law
    knows it by. `assessments` are of the act use, and serve for every dispatch of the case.
    """

    case: str
    purpose: str
    recipient: str
    by: By
    basis: tuple[str, ...] = ()
    reason: str = ""
    assessments: tuple[Assessment, ...] = ()

    def wanted(self, case: CaseId) -> Wanted:
        """Return it as the gate takes it."""
        try:
            act = Act(self.purpose)
        except ValueError as error:
            raise BadForm("papers are made as evidence, for a court or as a file: evidence, court, export") from error
        return Wanted(case, act, self.recipient.strip(), self.basis, self.reason.strip(), self.assessments)


class MakeIn(AskIn, frozen=True, forbid_unknown_fields=True):
    """Papers to be made; `language` is that of README and PDF."""

    language: str = "en"
    pdf: bool = False


class EvidenceRoutes:
    """The routes.

    Args:
        engine: the running node.
        papers: what makes its papers.
    """

    def __init__(self, engine: Engine, papers: Papers) -> None:
        self._engine, self._papers = engine, papers
        self._asked = msgspec.json.Decoder(AskIn)
        self._made = msgspec.json.Decoder(MakeIn)

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {("POST", "/evidence/ask"): self._on_ask, ("POST", "/evidence/make"): self._on_make}

    async def _on_ask(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        """Say what our law would say to each dispatch; nothing is kept."""
        asked = self._asked.decode(await body_of(receive))
        wanted = asked.wanted(self._papers.case_of(asked.case))
        node, now = self._engine.node, self._engine.clock.now()
        with node.ledger.read() as tx:
            found = answers(wanted, asked.by.officer(), tx, node.office, now)
            made = made_before(wanted.case, tx)
        told = [_answer_json(one) for one in found]
        return {"case": show_id(wanted.case), "dispatches": told, "made": to_json(made)}

    async def _on_make(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        """Do the acts, make the papers, keep what was made."""
        asked = self._made.decode(await body_of(receive))
        if asked.language not in LANGUAGES:
            raise BadForm(f"papers are printed in {', '.join(LANGUAGES)}; nothing was asked")
        if asked.pdf:
            typst_version()  # before anything is asked, so that nothing is kept of what cannot be made
        wanted = asked.wanted(self._papers.case_of(asked.case))
        engine, by, now = self._engine, asked.by.officer(), self._engine.clock.now()
        done = await engine.call(let_out_all, engine.node.ledger, engine.node.office, wanted, by, now)
        acts = {dispatch: outcome.id for dispatch, outcome in done}
        files = await asyncio.to_thread(self._folder, wanted, acts, by, now, asked)
        kept = await engine.call(self._keep, wanted, by, files, done, now)
        engine.bell.ring()
        return {
            "case": show_id(wanted.case),
            "name": f"papers-{self._papers.number_of(wanted.case)}.zip",
            "manifest": sha256(files[MANIFEST]).hex(),
            "certificate": msgspec.json.decode(files[CERTIFICATE]),
            "record": kept,
            "dispatches": [{"dispatch": show_id(dispatch), "act": outcome_json(outcome)} for dispatch, outcome in done],
            "zip": b64encode(write_zip(files)).decode(),
        }

    def _folder(
        self, wanted: Wanted, acts: dict[DispatchId, DispatchId], by: Officer, now: Ms, asked: MakeIn
    ) -> dict[str, bytes]:
        """Make the folder from one snapshot, beside the writer, which goes on."""
        made = Asked(wanted.case, acts, wanted.act.value, wanted.recipient, wanted.basis, by)
        with self._engine.node.ledger.read() as tx:
            return self._papers.folder(tx, made, now, language=asked.language, pdf=asked.pdf)

    def _keep(
        self,
        wanted: Wanted,
        by: Officer,
        files: dict[str, bytes],
        done: tuple[tuple[DispatchId, Done | NotDone], ...],
        now: Ms,
    ) -> LeafIndex:
        node = self._engine.node
        acts = [outcome.id for _, outcome in done]
        with node.ledger.begin() as book:
            return note_made(wanted, by, sha256(files[MANIFEST]), acts, book, node.office, now=now)


def _answer_json(answer: Answer) -> Json:
    verdict = answer.verdict
    removed = [] if verdict is None else sorted({duty.value for duty in verdict.obligations if duty.verb == "redact"})
    return {
        "dispatch": show_id(answer.dispatch),
        "held": answer.held,
        "kind": answer.kind,
        "ours": answer.ours,
        "written": answer.written,
        "goes": answer.goes,
        "removed": to_json(removed),
        "missing": list(answer.missing),
        "verdict": to_json(verdict),
    }
