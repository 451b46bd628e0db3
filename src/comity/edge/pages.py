"""Serving a node's pages; in its own process, and by `pageprocess` in further ones."""

from __future__ import annotations

import importlib
from contextlib import AsyncExitStack
from typing import Any

from comity.edge.listener import GuardedProtocol, serve
from comity.edge.opening import OpenNode
from comity.screen.changes import Changes
from comity.screen.site import Site

_SAID_ELSEWHERE = "insecure_exercise_edition"
"""The pages say this one in their own words."""


class PageProtocol(GuardedProtocol):
    """One connection of a browser; an open stream holds one as long as its browser is open."""

    CONNECTIONS = 2_304


async def serve_pages(opened: OpenNode, site: Site, changes: Changes, stack: AsyncExitStack, port: int) -> int:
    """Serve the pages that the settings name, until the stack is left; return the port, 0 if none are named."""
    config = opened.config
    if not config.web:
        return 0
    module, _, name = config.web.partition(":")
    create = getattr(importlib.import_module(module), name or "create")
    app: Any = create(
        site,
        changes,
        node=config.node,
        hosts=(config.page_name,),
        notices=tuple(line for line in config.warnings() if not line.startswith(_SAID_ELSEWHERE)),
        exercise=opened.edition.exercise,
        https=config.page_origin.startswith("https://"),
    )
    listener = await serve(app, config.page_host, port, protocol=PageProtocol)
    stack.push_async_callback(listener.stop)
    stack.push_async_callback(app.stop)
    return listener.port
