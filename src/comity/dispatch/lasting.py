"""What the one writer of a store knows of its own rows from one transaction to the next, as a ledger hands it on.

The rule it keeps: only rows that nobody but their own functions write, and nothing that a transaction left which was not stored.
"""

from __future__ import annotations

from typing import cast

from comity.dispatch.ports import Tx

LASTING = "lasting"


def lasting(tx: Tx) -> dict[str, object]:
    """Return what is known of such rows: a ledger's transaction begins with what the last one knew, a snapshot with nothing."""
    return cast("dict[str, object]", tx.memory.setdefault(LASTING, {}))
