"""The link to the peer as a state table: which event leads where, and what may be said in each state.

What one side stopped, and heads that wait for their proof, stand beside the state (`linkrow.moved`): they outlive a start.
"""

from __future__ import annotations

from enum import StrEnum

from comity.marking.labels import Lane


class LinkState(StrEnum):
    """Where the link stands."""  # spec: protocol.md 9

    UNPAIRED = "unpaired"
    RECOVERING = "recovering"
    UP = "up"
    SILENT = "silent"
    UNCOSIGNED = "uncosigned"
    SUSPENDED = "suspended"
    SUPERSEDED = "superseded"
    BROKEN = "broken"


class LinkEvent(StrEnum):
    """What can happen to the link."""  # spec: protocol.md 9

    CEREMONY_DONE = "ceremony-done"
    NODE_STARTS = "node-starts"
    RECOVERED = "recovered"
    STALE_INCARNATION = "stale-incarnation"
    SUPERSEDED = "superseded"
    CHOSEN = "chosen"
    EXCHANGE_GOOD = "exchange-good"
    EXCHANGE_COSIGNED = "exchange-cosigned"
    NO_ANSWER_THRICE = "no-answer-thrice"
    GAP = "gap"
    COSIGN_OVERDUE = "cosign-overdue"
    UNPROVEN_HEAD = "unproven-head"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    PROVED = "proved"
    FOREIGN_LEAF = "foreign-leaf"
    EVIDENCE = "evidence"
    CUT = "cut"


_S, _E = LinkState, LinkEvent

_RUNNING = (_S.UP, _S.SILENT, _S.UNCOSIGNED, _S.SUSPENDED)

# A pair that is not in the table leaves the state as it is.
TABLE: dict[tuple[LinkState, LinkEvent], LinkState] = {
    (_S.UNPAIRED, _E.CEREMONY_DONE): _S.UP,
    (_S.RECOVERING, _E.RECOVERED): _S.UP,
    **{(state, event): _S.RECOVERING for state in _RUNNING for event in (_E.NODE_STARTS, _E.STALE_INCARNATION)},
    # A later store of this node has gone on: only a person takes this one up again, and says so before a start.
    (_S.RECOVERING, _E.SUPERSEDED): _S.SUPERSEDED,
    (_S.SUPERSEDED, _E.CHOSEN): _S.RECOVERING,
    (_S.SILENT, _E.EXCHANGE_GOOD): _S.UP,
    (_S.SILENT, _E.EXCHANGE_COSIGNED): _S.UP,
    (_S.UNCOSIGNED, _E.EXCHANGE_COSIGNED): _S.UP,
    (_S.UP, _E.NO_ANSWER_THRICE): _S.SILENT,
    (_S.UNCOSIGNED, _E.NO_ANSWER_THRICE): _S.SILENT,
    (_S.SILENT, _E.GAP): _S.UP,
    (_S.UNCOSIGNED, _E.GAP): _S.UP,
    (_S.UP, _E.COSIGN_OVERDUE): _S.UNCOSIGNED,
    (_S.UP, _E.UNPROVEN_HEAD): _S.UNCOSIGNED,
    (_S.SILENT, _E.UNPROVEN_HEAD): _S.UNCOSIGNED,
    (_S.UNCOSIGNED, _E.PROVED): _S.UP,
    **{(state, _E.SUSPENDED): _S.SUSPENDED for state in (_S.UP, _S.SILENT, _S.UNCOSIGNED)},
    (_S.SUSPENDED, _E.RESUMED): _S.RECOVERING,
    # The other side may still run; what it has of the new log is compared before the first dispatch all the same.
    **{(state, _E.CUT): _S.RECOVERING for state in (*_RUNNING, _S.SUPERSEDED, _S.BROKEN)},
    **{
        (state, event): _S.BROKEN
        for state in LinkState
        for event in (_E.EVIDENCE, _E.FOREIGN_LEAF)
        if state is not _S.UNPAIRED
    },
}

_ALL_LANES = frozenset(Lane)
_LANES: dict[LinkState, frozenset[Lane]] = {
    _S.UP: _ALL_LANES,
    _S.SILENT: _ALL_LANES,
    _S.UNCOSIGNED: frozenset({Lane.IMMEDIATE}),
    _S.SUSPENDED: frozenset({Lane.IMMEDIATE}),
}


def after(state: LinkState, event: LinkEvent) -> LinkState:
    """Return the state that `event` leads to from `state`."""
    return TABLE.get((state, event), state)


def lanes_open(state: LinkState) -> frozenset[Lane]:
    """Return the lanes whose dispatches may be sent in `state`: none, or all down to some lane.

    Entries are shown in every state but unpaired.
    """
    return _LANES.get(state, frozenset())


def refusal(state: LinkState) -> str | None:
    """Return the problem code that answers every exchange in `state`, or None if exchanges are taken."""
    if state in {LinkState.UNPAIRED, LinkState.RECOVERING, LinkState.SUPERSEDED}:
        return "recovering"
    return "broken" if state is LinkState.BROKEN else None
