"""`comity attachment list | get | again`: the files of a dispatch from a terminal; that one was taken is on record."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import socket
from pathlib import Path
from typing import Any

from comity.base.errors import BadForm
from comity.cli.acts import officer_of
from comity.cli.doorway import Refusal, ask
from comity.cli.out import show_json, show_table
from comity.edge.files import SOCKET

_PIECE = 1 << 20
_SECONDS = 600


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's."""
    parser = commands.add_parser(
        "attachment", help="the files of a dispatch: list them, take one, have one scanned again"
    )
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    lists = steps.add_parser("list", help="name, type, size, hash and state of each, and how much of it has come")
    get = steps.add_parser("get", help="take a copy of one that is clean; who took it is kept")
    again = steps.add_parser("again", help="have one scanned again whose scan did not come to an end")
    for step, run in ((lists, run_list), (get, run_get), (again, run_again)):
        step.add_argument("dispatch", help="id of the dispatch")
        step.add_argument("--node", type=Path, required=True, help="folder of the running node")
        step.add_argument("--json", action="store_true", help="for machines")
        step.set_defaults(run=run)
    for step in (get, again):
        step.add_argument("number", type=int, help="its number in the list, from 0")
        step.add_argument("--officer", required=True, help="who it is: desk/number")
    get.add_argument("--to", type=Path, required=True, help="file to be written; one that is there is not replaced")


def run_list(asked: argparse.Namespace) -> int:
    """Show the files of a dispatch."""
    rows = _files(asked)
    if asked.json:
        show_json(rows)
    else:
        table = [
            [str(row["number"]), row["name"], row["media"], str(row["size"]), row["hash"], _state(row)] for row in rows
        ]
        show_table(f"Files of {asked.dispatch}", ("no.", "name", "type", "bytes", "SHA-256, sealed", "state"), table)
    return 0


def run_get(asked: argparse.Namespace) -> int:
    """Write one file; it is at its place only when all of it came."""
    if asked.to.exists():
        raise BadForm(f"{asked.to} is there already; it was not replaced, and nothing was taken")
    part = asked.to.with_name(asked.to.name + ".part")
    try:
        size = _fetch(asked, part)
        part.rename(asked.to)
    finally:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()
    if asked.json:
        show_json({"file": str(asked.to), "size": size})
    else:
        print(f"{asked.to}: {size} bytes; that you took it is in the decision log")
    return 0


def run_again(asked: argparse.Namespace) -> int:
    """Have a file scanned again."""
    body = {"dispatch": asked.dispatch, "number": asked.number, "by": officer_of(asked.officer)}
    said = ask(asked.node, "POST", "/files/look-again", body)
    if asked.json:
        show_json(said)
    else:
        print("it is scanned again; `comity attachment list` shows what comes of it")
    return 0


def _files(asked: argparse.Namespace) -> list[dict[str, Any]]:
    return list(ask(asked.node, "GET", f"/files/of?dispatch={asked.dispatch}"))


def _state(row: dict[str, Any]) -> str:
    if row["state"] != "coming":
        return str(row["state"])
    share = f"coming, {100 * row['have'] // row['cipher_size']} %"
    return f"{share} ({row['why']})" if row["why"] else share


def _fetch(asked: argparse.Namespace, part: Path) -> int:
    """Write the plain bytes of a file as they come; return how many.

    Raises:
        Refusal: the node does not give it, or not all of it came; nothing was kept.
    """
    body = {"dispatch": asked.dispatch, "number": asked.number, "by": officer_of(asked.officer)}
    line = http.client.HTTPConnection("localhost", timeout=_SECONDS)
    line.sock = socket.socket(socket.AF_UNIX)
    try:
        line.sock.connect(str(asked.node / SOCKET))
        line.request("POST", "/files/content", json.dumps(body))
        answer = line.getresponse()
        if answer.status != http.client.OK:
            raise Refusal(str(json.loads(answer.read()).get("error", "the node gave no reason")))
        size = 0
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            while piece := answer.read(_PIECE):
                out.write(piece)
                size += len(piece)
        if size != int(answer.getheader("Content-Length", "0")):
            raise Refusal("the file broke off; nothing was kept. Try again, or look at the node's log")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Refusal(f"the file did not come ({error}); nothing was kept") from error
    else:
        return size
    finally:
        line.close()
