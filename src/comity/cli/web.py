"""`comity web`: a further page process of a node that runs on this machine."""

from __future__ import annotations

import argparse
from pathlib import Path

from comity.cli.out import show_json
from comity.edge.config import read_config
from comity.edge.listener import run as run_loop
from comity.edge.logs import logging_as
from comity.edge.pageprocess import PageProcess, run_pages


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's."""
    parser = commands.add_parser("web", help="serve the pages of a running node from a further process")
    parser.add_argument("--node", type=Path, required=True, help="the node's data folder; its own process must run")
    parser.add_argument("--port", type=int, required=True, help="port of these pages; 0 for any free one")
    parser.add_argument("--json", action="store_true", help="print one JSON line when it is ready")
    parser.set_defaults(run=run_web)


def run_web(asked: argparse.Namespace) -> int:
    """Serve pages until stopped."""
    config = read_config(asked.node)

    def ready(pages: PageProcess) -> None:
        url = f"http://{config.page_name}:{pages.port}"
        if asked.json:
            show_json({"node": config.node, "url": url, "folder": str(asked.node)})
        else:
            print(f"pages of {config.node}: {url}   stop with Ctrl-C", flush=True)

    with logging_as(config.log):
        run_loop(run_pages(config, asked.port, ready))
    return 0
