"""The start of a running node: it asks the peer whether its store was put back, and fetches what it lacks.

The rule it keeps: one step is one question and what follows from its answer; the engine decides when the next one is due.
"""  # spec: protocol.md 9

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import ParamSpec, Protocol, TypeVar

from comity.base.errors import BadEnvelope
from comity.base.ids import Ms, Origin
from comity.dispatch.exchange_codec import decode_problem
from comity.edge.courier_client import Answer, NoAnswer
from comity.node.fetching import Span, gathered, own_span, their_span
from comity.node.node import Node
from comity.node.recovery import Missing, Next
from comity.node.taken import Problem

P = ParamSpec("P")
R = TypeVar("R")
_LOG = logging.getLogger("comity.recovery")
_OK = 200
_STUCK = 8
"""What only people can mend is looked at again after as many tries without an answer would be."""


class Way(Protocol):
    """The way to the peer, as far as a start needs it; `courier_client.CourierClient` is one."""

    async def recover(self, body: bytes) -> Answer:
        """Send one `recover`."""
        ...

    async def tile(self, origin: Origin, path: str) -> Answer:
        """Fetch one file of a log."""
        ...


class Call(Protocol):
    """Runs a call into the core in the engine's writer thread."""

    def __call__(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Awaitable[R]:
        """Run it, and give what it returns."""
        ...


class Recovery:
    """What the start of one node still has to find out.

    Args:
        node: the core.
        call: the only way in which it is called.
        carried: its answers come on media; a refusal is then nobody's word.
    """

    def __init__(self, node: Node, call: Call, *, carried: bool = False) -> None:
        self._node, self._call, self._carried = node, call, carried

    async def step(self, way: Way, now: Ms) -> int:
        """Ask once and do what the answer says; return for how many failures to wait before the next step.

        Raises:
            Problem: the answer is no good one.
            StoreError: the outcome is unknown; the next step repeats it.
        """
        answer = await way.recover(await self._call(self._node.recover_request))
        if isinstance(answer, NoAnswer):
            return await self._call(self._node.no_answer, now)
        status, body = answer
        if status != _OK:
            return await self._refused(body, now)
        found, missing = await self._call(self._node.take_recovered, body, now)
        match found:
            case Next.UP:
                _LOG.info("the other side holds nothing of ours that is not here; the link is up")
                return 0
            case Next.AGAIN:
                _LOG.warning("the store was put back to an earlier state; the other side is asked for what is missing")
                return 0
            case Next.FETCH if missing is not None:
                return await self._fetch(missing, way, now)
            case _:
                _LOG.error("%s", (await self._call(self._node.link)).reason)
                return _STUCK

    async def _refused(self, body: bytes, now: Ms) -> int:
        try:
            problem = decode_problem(body)
        except BadEnvelope:
            return _STUCK
        _LOG.warning("the peer did not answer our recover: %s", problem.code)
        if problem.code in {"stale-incarnation", "clock"}:
            await self._call(partial(self._node.told_stale, problem, now, carried=self._carried))
        if problem.code == "stale-incarnation":
            return 1
        return 1 if problem.retry_ms else _STUCK

    async def _fetch(self, missing: Missing, way: Way, now: Ms) -> int:
        """Fetch what is missing, our own log from 0 on if what we hold does not fit, and mend the store."""
        for whole in (False, True):
            own = own_span(missing, self._node.voice, whole=whole)
            found = {own.origin: await _bundles(own, way)}
            theirs = their_span(missing, self._node.peer, own.entries(found[own.origin]))
            found[theirs.origin] = await _bundles(theirs, way)
            if await self._call(self._node.restore, missing, gathered(own, theirs, found), now):
                _LOG.warning(
                    "the store was mended: %d entries of our log and %d of the other side's came back",
                    max(0, own.end - missing.own_from),
                    max(0, theirs.end - theirs.start),
                )
                return 0
        raise Problem("unproven-head", 422, "what the peer's tiles have of our log does not fit what we signed")


async def _bundles(span: Span, way: Way) -> dict[str, bytes]:
    """Fetch the bundles of a span; one that is not there is left out."""
    found: dict[str, bytes] = {}
    for name in span.bundles():
        answer = await way.tile(span.origin, name.path())
        if not isinstance(answer, NoAnswer) and answer[0] == _OK:
            found[name.path()] = answer[1]
    return found
