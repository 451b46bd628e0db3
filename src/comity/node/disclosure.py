"""Letting a case out before a court or an office: our law is asked for each of its dispatches, and what was made is kept.

The rule it keeps: each dispatch is an act of its own; one that may not go never holds up the others, and is named with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.errors import BadForm
from comity.base.ids import CaseId, Digest, DispatchId, LeafIndex, Ms
from comity.dispatch import records
from comity.dispatch.acts import Done, NotDone, consider, perform
from comity.dispatch.book import Book, Ledger
from comity.dispatch.columns import bytes_of
from comity.dispatch.holding import find, is_held
from comity.dispatch.office import Office
from comity.dispatch.particulars import Particulars
from comity.dispatch.ports import Tx
from comity.dispatch.states import Officer
from comity.node.casepapers import case_dispatches
from comity.policy.assessment import Assessment
from comity.policy.question import Act
from comity.policy.verdict import Verdict

RECORD = "comity/papers-made/1"
MADE = "papers-made"
"""Kind of the decision record."""
PURPOSES = (Act.EVIDENCE, Act.COURT, Act.EXPORT)
"""Acts under which papers on a case may have content."""
_SALT_BYTES = 32
_MOST_TEXT = 400


@dataclass(frozen=True, slots=True)
class Wanted:
    """For what content of a case is to leave.

    Attributes:
        case: which.
        act: one of `PURPOSES`.
        recipient: court or agency, in words.
        basis: legal bases of the act, such as a court's order.
        reason: in the officer's words; for our own records.
        assessments: of what may follow for somebody; made once for the papers, kept with each act.
    """

    case: CaseId
    act: Act
    recipient: str
    basis: tuple[str, ...] = ()
    reason: str = ""
    assessments: tuple[Assessment, ...] = ()

    def __post_init__(self) -> None:
        """Check it.

        Raises:
            BadForm: another act, no recipient, or a text that is too long; nothing was asked.
        """
        if self.act not in PURPOSES:
            raise BadForm("papers are made as evidence, for a court or as a file for an office; nothing was asked")
        if not self.recipient.strip() or max(len(self.recipient), len(self.reason)) > _MOST_TEXT:
            raise BadForm(f"say for whom the papers are, in at most {_MOST_TEXT} characters; nothing was asked")

    def of(self, dispatch: DispatchId) -> Particulars:
        """Return the act on one dispatch."""
        reason = f"{self.recipient}: {self.reason}" if self.reason else self.recipient
        return Particulars(self.act, dispatch, basis=self.basis, assessments=self.assessments, reason=reason)


@dataclass(frozen=True, slots=True)
class Answer:
    """What our law says to letting one dispatch out.

    Attributes:
        dispatch: which.
        held: its content is here; without, nothing was asked and `verdict` is None.
        verdict: our law's answer, with all its reasons, for our own side.
        missing: what else is missing.
        kind, ours, written: of what is held, for the person who asks; written by its sender's clock.
    """

    dispatch: DispatchId
    held: bool
    verdict: Verdict | None
    missing: tuple[str, ...]
    kind: str = ""
    ours: bool = False
    written: Ms | None = None

    @property
    def goes(self) -> bool:
        """Whether it would leave now, at least in part."""
        return self.verdict is not None and self.verdict.permits and not self.missing


def answers(wanted: Wanted, by: Officer, tx: Tx, office: Office, now: Ms) -> tuple[Answer, ...]:
    """Ask our law for every dispatch of a case without doing anything; nothing is kept.

    Raises:
        BadForm: there is no such case.
    """
    found: list[Answer] = []
    for dispatch in _of_case(tx, wanted.case):
        if not is_held(dispatch, tx):
            found.append(Answer(dispatch, held=False, verdict=None, missing=()))
            continue
        verdict, missing = consider(wanted.of(dispatch), by, tx, office, now)
        held = find(dispatch, tx)
        kind, written = held.header.kind, held.header.created
        found.append(Answer(dispatch, True, verdict, missing, kind, held.ours, written))
    return tuple(found)


def let_out_all(
    ledger: Ledger, office: Office, wanted: Wanted, by: Officer, now: Ms
) -> tuple[tuple[DispatchId, Done | NotDone], ...]:
    """Do the act for every dispatch of a case that is held, in one transaction; a no is kept with all its reasons.

    Raises:
        BadForm: there is no such case; nothing was kept.
        StoreError: the outcome is unknown; look at the acts before repeating.
    """
    with ledger.begin() as book:
        held = [one for one in _of_case(book.tx, wanted.case) if is_held(one, book.tx)]
        return tuple((one, perform(wanted.of(one), by, book, office, now)) for one in held)


def note_made(  # noqa: PLR0917  what, by whom, as which folder, where, when
    wanted: Wanted, by: Officer, manifest: Digest, acts: Sequence[DispatchId], book: Book, office: Office, *, now: Ms
) -> LeafIndex:
    """Keep in our decision log that papers were made: of which case, for whom, under which acts, and the manifest's hash."""
    members: list[Value] = [
        RECORD,
        wanted.case,
        manifest,
        wanted.act.value,
        wanted.recipient,
        list(wanted.basis),
        [by.desk, by.number, by.delegation],
        list(acts),
        now,
    ]
    return records.keep(book, MADE, None, office.entropy.draw(_SALT_BYTES), cbor.encode(members), now=now)


@dataclass(frozen=True, slots=True)
class Made:
    """Papers that were made once: when, by whom (desk and number), for whom, and their manifest's SHA-256."""

    at: Ms
    by: str
    purpose: str
    recipient: str
    manifest: Digest


def made_before(case: CaseId, tx: Tx) -> tuple[Made, ...]:
    """Return which papers were made of a case, newest first."""
    found: list[Made] = []
    rows = tx.rows(f"SELECT record FROM record WHERE kind = ? AND {records.RARE} ORDER BY idx DESC", (MADE,))  # noqa: S608  a constant
    for (raw,) in rows:
        match cbor.decode(bytes_of(raw)):
            case [_, of, bytes(manifest), str(act), str(recipient), _, [str(desk), int(number), _], _, int(at)] if (
                of == case
            ):
                found.append(Made(Ms(at), f"{desk}/{number}", act, recipient, Digest(manifest)))
            case _:
                continue
    return tuple(found)


def _of_case(tx: Tx, case: CaseId) -> tuple[DispatchId, ...]:
    found = case_dispatches(tx, case)
    if not found:
        raise BadForm("there is no such case here; nothing was asked")
    return found
