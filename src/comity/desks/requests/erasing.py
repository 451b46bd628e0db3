"""Taking the words of a dispatch out of this desk's rows: its own, those of the search, and what was written at home about it."""

from __future__ import annotations

from comity.base.errors import BadForm
from comity.base.ids import CaseId, DispatchId, show_id
from comity.dispatch.columns import text_of
from comity.dispatch.ports import Tx


def erase_words(tx: Tx, dispatch: DispatchId, case: CaseId, number: str | None) -> None:
    """Erase them.

    Args:
        tx: the transaction.
        dispatch: whose words.
        case: of it.
        number: our number of that case, under which hand-over notes speak of it.

    Raises:
        BadForm: a posting in force rests on it.
    """
    if tx.rows("SELECT 1 FROM requests_posting WHERE id = ? AND ended IS NULL", (dispatch,)):
        raise BadForm("a posting that is in force rests on it; end the posting first. Nothing was changed")
    tx.memory.pop("requests_posting", None)
    tx.run("DELETE FROM requests_posting WHERE id = ?", (dispatch,))
    tx.run("UPDATE requests_dispatch SET title = '', body = ? WHERE id = ?", (b"", dispatch))
    tx.run("UPDATE requests_text SET words = '' WHERE id = ?", (dispatch,))
    tx.run("UPDATE requests_task SET asked = '', answer = '' WHERE dispatch = ?", (dispatch,))
    _erase_notes(tx, dispatch, case, number)


def _erase_notes(tx: Tx, dispatch: DispatchId, case: CaseId, number: str | None) -> None:
    """Empty the hand-over notes that speak of the case: by what the node added, or by a number in their words."""
    theirs = tx.rows("SELECT theirs FROM requests_case WHERE id = ? AND theirs IS NOT NULL", (case,))
    named = {show_id(dispatch), show_id(case), *(text_of(row[0]) for row in theirs), *([number] if number else [])}
    for id_, *texts in tx.rows("SELECT id, eye, promised, home, made FROM requests_handover"):
        if any(name in text_of(text) for text in texts for name in named):
            tx.run("UPDATE requests_handover SET eye = '', promised = '', home = '' WHERE id = ?", (id_,))
