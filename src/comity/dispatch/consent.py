"""An originator's yes: a final answer that consents lifts, for one dispatch, what we asked it to lift, and nothing more.

The rule it keeps: nobody gets more than was asked for, from anybody but the agency whose information it is; a consent ends
when the answer that gave it is recalled.
"""  # spec: vocabulary.md 2, originator control

from __future__ import annotations

from comity.base.ids import DispatchId, Ms
from comity.dispatch import wire
from comity.dispatch.filing import Facts
from comity.dispatch.holding import Holding, find, is_held
from comity.dispatch.office import Office
from comity.dispatch.ports import Tx

FINAL = "final"


def note_consent(header: wire.Header, facts: Facts, tx: Tx, office: Office, now: Ms) -> None:
    """Write what a dispatch of the peer, filed in this transaction, consents to; most consent to nothing."""
    if facts.lifts:
        _note_lifted(header, facts, tx, now)
    if not facts.consents or facts.stage != FINAL:
        return
    for request in header.re:
        asked = _asked(request, tx, office)
        target = None if asked is None or asked.target is None else _of_theirs(asked.target, tx)
        if asked is None or target is None or header.author.agency not in _whose(target):
            continue
        given = [word for word in sorted(asked.releases) if word.partition(":")[0] in facts.consents]
        tx.many(
            "INSERT INTO consent (dispatch, release, answer, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [(target.header.id, word, header.id, now) for word in given],
        )


def _note_lifted(header: wire.Header, facts: Facts, tx: Tx, now: Ms) -> None:
    """Write what its sender consents to unasked: for what it sends, or for the one dispatch of ours that it names."""
    targets = [header.id]
    if facts.lifts_named:
        targets = [one for one in header.re[:1] if tx.rows("SELECT 1 FROM sent WHERE id = ?", (one,))]
    tx.many(
        "INSERT INTO consent (dispatch, release, answer, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(target, word, header.id, now) for target in targets for word in sorted(facts.lifts)],
    )


def _asked(request: DispatchId, tx: Tx, office: Office) -> Facts | None:
    """Return what our own request asks for; None for what is not ours."""
    if not tx.rows("SELECT 1 FROM sent WHERE id = ?", (request,)):
        return None
    ours = find(request, tx)
    return office.desks[ours.header.desk].facts(ours.header.kind, ours.body)


def _of_theirs(target: DispatchId, tx: Tx) -> Holding | None:
    found = find(target, tx) if is_held(target, tx) else None
    return None if found is None or found.ours else found


def _whose(target: Holding) -> frozenset[str]:
    return frozenset({target.header.author.agency, target.header.labels.originator})
