"""The one way between the bodies about the plan and their canonical bytes.

The rule it keeps: a body has one form, and only what fits the schema of its kind is read at all.
"""  # spec: protocol.md 3

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from comity.base.bodies import Reading, read_body, tidy, write_body
from comity.base.cbor import Value
from comity.base.readers import Misfit
from comity.desks.workplan.kinds import READERS
from comity.desks.workplan.model import ANSWERING, PROPOSING, Amendment, Body, Stage, Update

_WORDS_ONLY = frozenset({"state", "what", "id", "item", "priority", "due", "days", "owners", "action", "language"})
"""Fields whose texts are words of a closed list, ids or days, so that the scan need not read them."""


def compose_body(kind: str, form: Mapping[str, Value]) -> bytes:
    """Return the canonical bytes of a form, tidied into the one shape.

    Raises:
        BadForm: a field is missing, unknown or ill-formed; the message names it.
    """
    return write_body(kind, tidy(form), _read, lambda body: body.unknown)


@lru_cache(maxsize=64)
def read(kind: str, data: bytes) -> Reading[Body]:
    """Read the canonical bytes of a body, ours or the peer's.

    Raises:
        BadEnvelope: not canonical, or it does not fit the schema of `kind`.
    """
    return read_body(kind, data, _read, _WORDS_ONLY)


def _read(kind: str, found: Value) -> Body:
    if kind not in READERS:
        raise Misfit("is a kind that this desk does not have")
    body = READERS[kind](found)
    assert isinstance(body, Amendment | Update)
    if isinstance(body, Amendment):
        _check_whole(body)
    return body


def _check_whole(body: Amendment) -> None:
    """Check that an amendment has what its state needs, and nothing else."""
    if body.number < 1:
        raise Misfit("number is not a number from 1 on")
    if (body.state in PROPOSING) != bool(body.operations):
        raise Misfit("operations stand in what proposes, and only there")
    if (body.state in PROPOSING or body.state is Stage.AGREED) != (body.result is not None):
        raise Misfit("result stands in what proposes or agrees, and only there")
    if (body.state in ANSWERING or body.state is Stage.WITHDRAWN) != (body.about is not None):
        raise Misfit("about names the proposal, unless this is a new one")
    if body.state in {Stage.DECLINED, Stage.COUNTER} and not body.reason:
        raise Misfit("lacks reason")
