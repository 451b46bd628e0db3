"""The papers on a case as a node makes them: what its files and its desk know, put around what the core proves.

The rule it keeps: the same rows, files and instant give the same folder, byte for byte, its PDF too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from comity.base.errors import BadConfiguration, BadForm
from comity.base.ids import CaseId, Ms, show_id
from comity.crypto.sign import unverified_payload
from comity.dispatch.ports import Tx
from comity.edge.caseforms import form_files
from comity.edge.casepages import DOCUMENTS, words_of
from comity.edge.casepdf import make_pdf, typst_version
from comity.edge.desks import case_desk, keeper_of
from comity.edge.needs import CASE, NodeNeeds, house_access
from comity.edge.opening import OpenNode, law_files
from comity.edge.registry import Registry
from comity.edge.setup import LAW_FILE, PEER_LAW
from comity.node.casefolder import PDF, with_certificate, with_manifest
from comity.node.casepapers import Asked, Json, accord_of, make_papers
from comity.policy.edition import Edition
from comity.policy.instrument import read_payload

README, VERIFIER = "README.txt", "verify.py"


class Numbers(Protocol):
    """The desk that keeps cases, as papers ask it."""

    def number(self, tx: Tx, case: CaseId) -> tuple[str, str | None] | None:
        """Return our number of a case and the other side's, if it has told it; None for an unknown case."""
        ...


@dataclass(frozen=True, slots=True)
class Papers:
    """Makes papers on the cases of one opened node.

    Attributes:
        opened: the node.
        desk: that keeps its cases.
        needs: finds a case by its number.
        forms: of both parties' law editions, by their names among the papers.
    """

    opened: OpenNode
    desk: Numbers
    needs: NodeNeeds
    forms: Mapping[str, bytes]

    def case_of(self, name: str) -> CaseId:
        """Return the case with this number: 26 letters and digits, or ours.

        Raises:
            BadForm: there is none.
        """
        found = self.needs.facts(CASE, name)
        if found is None:
            raise BadForm(f"there is no case {name} here; nothing was made")
        return found[0]

    def number_of(self, case: CaseId) -> str:
        """Return our number of a case."""
        with self.opened.node.ledger.read() as tx:
            return (self.desk.number(tx, case) or (show_id(case), None))[0]

    def folder(self, tx: Tx, asked: Asked, now: Ms, *, language: str = "en", pdf: bool = False) -> dict[str, bytes]:
        """Return every file of a case's papers, with manifest.

        Args:
            tx: the snapshot.
            asked: what is asked for.
            now: when.
            language: of README and PDF, one of `casepages.LANGUAGES`.
            pdf: the PDF is made too.

        Raises:
            BadConfiguration: typst is not installed, or there are no words in this language; nothing was made.
            BadForm, BadProof, BadSignature, MissingTile: as `make_papers`.
        """
        printed: Json = {"language": language, "typst": typst_version()} if pdf else None
        frame = {**self._frame(tx, asked.case), "printed": printed}
        record = make_papers(tx, self.opened.node.office, asked, frame, now)
        around = {README: readme(language), VERIFIER: verifier(), **self.forms}
        files = with_certificate({**record, **around})
        if pdf:
            files[PDF] = make_pdf(files, language)
        return with_manifest(files, now)

    def _frame(self, tx: Tx, case: CaseId) -> dict[str, Json]:
        opened = self.opened
        ours, theirs = self.desk.number(tx, case) or (show_id(case), None)
        name, edition, digest = accord_of(tx)
        registries = (opened.registry, opened.peer_registry)
        nodes = (opened.config.name, opened.config.peer_name)
        editions = [(opened.registry.short, opened.edition)]
        if opened.peer_edition is not None:
            editions.append((opened.peer_registry.short, opened.peer_edition))
        return {
            "case": {"id": show_id(case), "ours": ours, "theirs": theirs},
            "parties": [
                _party(one, node, ours=n == 0) for n, (one, node) in enumerate(zip(registries, nodes, strict=True))
            ],
            "agencies": {one.id: one.name for registry in reversed(registries) for one in registry.agency},
            "accord": {"name": name, "edition": edition, "sha256": digest},
            "editions": [_edition(short, one) for short, one in editions],
        }


def papers_of(opened: OpenNode) -> Papers:
    """Return what makes the papers of a node, with the desk that keeps cases."""
    config = opened.config
    desk = case_desk(config.desks)
    needs = NodeNeeds(opened.node.ledger, desk, keeper_of(config.desks), config.party, house_access())
    forms = form_files(law_files(config), opened.registry.short)
    if opened.peer_edition is not None:
        signed = (config.folder / PEER_LAW / LAW_FILE).read_bytes()
        forms |= form_files(read_payload(unverified_payload(signed))[0], opened.peer_registry.short)
    return Papers(opened, cast("Numbers", opened.desks[desk]), needs, forms)


def readme(language: str) -> bytes:
    """Return what a judge reads first: in English, and in another language before it where one is asked for."""
    english = words_of("en")["readme"].strip()
    own = words_of(language)["readme"].strip()
    return (english if own == english else f"{own}\n\n\n{english}").encode() + b"\n"


def verifier() -> bytes:
    """Return the program with which a stranger checks the papers; it shares no code with this one.

    Raises:
        BadConfiguration: it was not installed with this program.
    """
    for path in (DOCUMENTS / VERIFIER, Path(__file__).parents[3] / "tools" / VERIFIER):
        if path.is_file():
            return path.read_bytes()
    raise BadConfiguration(f"{VERIFIER} was not installed with this program; nothing was made")


def _party(registry: Registry, node: str, *, ours: bool) -> Json:
    return {
        "short": registry.short,
        "name": registry.name,
        "capital": registry.capital,
        "zone": registry.zone,
        "node": node,
        "ours": ours,
    }


def _edition(short: str, edition: Edition) -> Json:
    return {"party": short, "name": edition.name, "hash": edition.hash.hex(), "exercise": edition.exercise}
