"""The node's bell for pages: which topics a ring moves, heard in the node's own process; over its socket: `farchanges`.

The rule it keeps: a ring says case and kind of what moved, never what; whoever lost the way is told that all may have moved.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from comity.base.ids import DispatchId, show_id
from comity.dispatch.book import Ledger
from comity.edge.bell import Bell, News
from comity.edge.scope import case_of
from comity.node.linkrow import read_link
from comity.screen.changes import Rung

MOVED = frozenset({"inbox", "waiting", "log", "duty"})
"""What any dispatch that was sent, filed or receipted moves, beside its case."""
_MOST = 64


class Topics:
    """Maps a ring to topics; remembers the link's state, so that `link` moves only when that does."""

    def __init__(self, ledger: Ledger) -> None:
        """Take the store; it is only read."""
        self._ledger = ledger
        self._link = ""

    def of(self, news: News) -> frozenset[str] | None:
        """Return the topics of one ring; None if it may be anything."""
        ids = (*news.dispatches, *news.touched)
        if len(ids) > _MOST or (news.topics is None and not ids):
            return None
        with self._ledger.read() as tx:
            cases = {case_of(tx, DispatchId(one)) for one in ids}
            link = read_link(tx).state
        topics = {f"case:{show_id(case)}" for case in cases if case is not None} | (news.topics or frozenset())
        topics |= MOVED if ids else set()
        if link != self._link:
            self._link = link
            topics.add("link")
        return frozenset(topics)


class NearChanges:
    """`Changes` of the node's own process."""

    def __init__(self, bell: Bell, topics: Topics) -> None:
        self._bell, self._topics = bell, topics

    async def follow(self) -> AsyncIterator[Rung]:
        """Yield the rings as they come."""
        bell, heard = self._bell, self._bell.number
        yield Rung(bell.boot, bell.key, heard, frozenset())
        while True:
            await bell.next(heard)
            for news in bell.after(heard):
                heard = news.number
                yield Rung(bell.boot, bell.key, news.number, self._topics.of(news))
