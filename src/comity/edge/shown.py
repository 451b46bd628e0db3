"""What a desk's row makes a page show, compared with the parts that the leaf commits to.

The rule it keeps: a page reads the desk's rows because they are quick to read, and so each of them can be checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.hashing import sha256
from comity.base.ids import DispatchId
from comity.dispatch import wire
from comity.dispatch.columns import bytes_of
from comity.dispatch.entries import Fact
from comity.dispatch.partsrow import GONE, parts_of
from comity.dispatch.ports import Tx
from comity.edge.deskview import CaseDesk, DispatchRow
from comity.node.difference import DAMAGE, Difference, shown
from comity.node.remake import Remade
from comity.screen import ProofStep

STEP = "What this page shows"


def shown_step(tx: Tx, dispatch: DispatchId, desk: CaseDesk, remade: Remade | None) -> ProofStep | None:
    """Compare the desk's row of one dispatch with its proved parts; None if there is nothing to compare.

    Args:
        tx: the snapshot.
        dispatch: which.
        desk: that keeps its case.
        remade: what the node's own rows gave; None if they do not have it.
    """
    try:
        row = desk.dispatch(tx, dispatch)
        if row is None:
            return None
        if remade is None:
            words = "The desk has this dispatch, and the row with its sealed bytes and parts is missing."
            return ProofStep(STEP, good=False, sentence=words)
        if remade.parts is None:
            return None
        wrong = _differing(row, remade.parts)
    except DAMAGE as error:
        return ProofStep(STEP, good=False, sentence=f"The desk's row cannot be read as what it was: {error}.")
    if wrong:
        return ProofStep(STEP, good=False, sentence=f"The desk's row was altered: {', '.join(wrong)} not as committed.")
    return ProofStep(STEP, good=True, sentence="Heading, label and text are those of the committed parts.")


def shown_differences(tx: Tx, desk: CaseDesk) -> tuple[Difference, ...]:
    """Compare every row of a desk with the stored parts; what `node.audit` cannot do, because it knows no desk."""
    return tuple(_differences(tx, desk))


def _differences(tx: Tx, desk: CaseDesk) -> Iterator[Difference]:
    filed = int(Fact.FILED)
    rows = tx.rows(
        "SELECT id, 1 FROM sent UNION ALL SELECT id, CASE WHEN fact = ? THEN 1 ELSE 0 END FROM got WHERE plain IS NOT NULL",
        (filed,),
    )
    for dispatch, due in rows:
        found = tx.rows(
            "SELECT plain FROM sent WHERE id = ? UNION ALL SELECT plain FROM got WHERE id = ?", (dispatch,) * 2
        )
        place = shown(dispatch)
        try:
            row = desk.dispatch(tx, DispatchId(bytes_of(dispatch)))
            parts = parts_of(bytes_of(found[0][0]))
            if parts[1] == GONE:  # erased: the desk's row has no words either
                wrong = ["text"] if row is not None and (row.body or row.title) else []
            else:
                wrong = _differing(row, parts) if row is not None else []
            missing = row is None and due and wire.decode_header(parts[0].content).desk == desk.name
        except DAMAGE as error:
            yield Difference("desk", place, f"the desk's row cannot be read as what it was: {error}", "", "")
            continue
        committed = sha256(parts[1].content).hex()
        if missing:
            yield Difference("desk", place, "the desk's row is missing; the dispatch was filed", "", committed)
        elif row is not None and wrong:
            what = f"the desk's row has {', '.join(wrong)} otherwise than committed"
            yield Difference("desk", place, what, sha256(row.body).hex(), committed)


def _differing(row: DispatchRow, parts: wire.Parts) -> list[str]:
    """Name what the desk's row has otherwise than the committed parts."""
    header, body = wire.decode_header(parts[0].content), parts[1].content
    pairs = (
        ("kind", row.kind, header.kind),
        ("case", row.case, header.case or header.id),
        ("purpose", row.purpose, header.purpose),
        ("urgency", int(row.urgency), int(header.urgency)),
        ("workplan item", (row.item, row.item_reason), (header.workplan_item, header.workplan_reason)),
        ("sender", row.from_agency, header.author.agency),
        ("receivers", tuple(row.to_agencies), header.agencies),
        ("officer", (row.officer_desk, row.officer), (header.released_by.desk, header.released_by.officer)),
        ("label", row.rest.label, wire.label_of(header.labels)),
        ("text", row.body, body),
        ("title", _stands_in(row.title, cbor.decode(body)), True),
    )
    return [name for name, shown, committed in pairs if shown != committed]


def _stands_in(title: str, value: Value) -> bool:
    """Say whether a heading is the beginning of some text of the body; an empty one always is."""
    if isinstance(value, str):
        return value.startswith(title)
    if isinstance(value, Mapping):
        return not title or any(_stands_in(title, item) for item in value.values())
    if isinstance(value, list | tuple):
        return not title or any(_stands_in(title, item) for item in value)
    return not title
