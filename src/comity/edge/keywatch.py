"""What a running node does about its keys by itself: it trusts a new authority in time, goes over to its own, destroys what ended.

The rule it keeps: connections go on while authorities change, and a sealing key does not outlive its day by more than one.
"""  # spec: protocol.md 10

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Sequence

from comity.base.errors import ComityError
from comity.edge import pki
from comity.edge.clock import SystemClock
from comity.edge.engine import Engine
from comity.edge.newkeys import destroy_ended
from comity.edge.opening import OpenNode

_LOG = logging.getLogger("comity.keys")
_EVERY_S = 20.0
_LOOKS = 3


class KeyWatch:
    """Looks after the keys of one running node.

    Args:
        opened: the node.
        engine: the only way in which its core is called.
        contexts: the TLS contexts in use.
    """

    def __init__(self, opened: OpenNode, engine: Engine, contexts: Sequence[ssl.SSLContext]) -> None:
        self._opened, self._engine, self._contexts = opened, engine, contexts
        self._trusted = frozenset(opened.node.authorities())
        self._seen: tuple[int, int] = (0, 0)

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(_EVERY_S)
            try:
                await self.look()
            except ComityError as error:
                _LOG.error("keys could not be looked after: %s", error)

    async def look(self) -> None:
        """Look once."""
        config, node = self._opened.config, self._opened.node
        fresh = frozenset(await self._engine.call(node.authorities)) - self._trusted
        if fresh:
            self._each(lambda context: pki.trust(context, fresh))
            self._trusted |= fresh
            _LOG.info("connections from a new authority of the other side are taken")
        newest = (await self._engine.call(node.our_lists))[0].keys
        now = SystemClock().now()
        folder = config.path(config.tls)
        renewed = self._seen_long_enough(newest.edition) and pki.take_next_authority(
            folder, config.name, newest.tls_ca, now
        )
        if renewed or pki.renew_if_due(folder, config.name, now):
            self._each(lambda context: pki.show_again(context, folder))
            _LOG.info("a new certificate of this node is shown")
        ours, _ = await self._engine.call(node.all_lists)
        lists = tuple(one.keys for one in ours)
        gone = await asyncio.to_thread(destroy_ended, config.path(config.keys), lists, self._engine.clock.now())
        if gone:
            await self._engine.call(node.reread)
            _LOG.info("%d sealing keys that ended 45 days ago were destroyed", len(gone))

    def _seen_long_enough(self, edition: int) -> bool:
        """Give the other side's node time to look: it trusts our next authority from its own next look on."""
        self._seen = (edition, self._seen[1] + 1 if self._seen[0] == edition else 1)
        return self._seen[1] >= _LOOKS

    def _each(self, act: Callable[[ssl.SSLContext], None]) -> None:
        for context in self._contexts:
            act(context)
