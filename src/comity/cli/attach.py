"""`comity attach FILE...`: files for a dispatch from a terminal, gone on with after any end; the number goes into `comity send`."""

from __future__ import annotations

import argparse
import http.client
import json
import mimetypes
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from comity.base.errors import BadConfiguration, BadForm
from comity.cli.acts import officer_of
from comity.cli.doorway import Refusal, ask
from comity.cli.out import show_json, show_table
from comity.edge.files import SOCKET

_SLICE = 64 << 20
_LOOK_SECONDS = 0.5
_OPEN = frozenset({"coming", "whole"})


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's."""
    parser = commands.add_parser("attach", help="add files to a dispatch that is then sent with `comity send --files`")
    parser.add_argument("file", nargs="+", type=Path, help="to be added, in this order")
    parser.add_argument("--node", type=Path, required=True, help="folder of the running node")
    parser.add_argument("--officer", required=True, help="who adds them and will send: desk/number")
    parser.add_argument(
        "--files",
        default="",
        help="number that an earlier call printed: further files, or those that it did not finish",
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Add each file, wait until all were looked into; 0 if all may leave, 1 if one is in quarantine."""
    by = officer_of(asked.officer)
    files = _added(asked.node, asked.file, str(asked.files), by)
    rows = _looked_into(asked.node, files, by)
    if asked.json:
        show_json({"files": files, "list": rows})
    else:
        table = [[row["name"], row["media"], str(row["size"]), row["state"]] for row in rows]
        show_table(f"Files {files}", ("name", "type", "bytes", "state"), table)
    return 0 if all(row["state"] == "clean" for row in rows) else 1


def attached(node: Path, paths: Sequence[str], files: str, by: Mapping[str, Any]) -> str:
    """Add files to those of a number, wait until all were looked into, and return the number; "" for none at all.

    Raises:
        BadForm: one is no file.
        Refusal: one may not leave; all that were added are kept under the number.
    """
    if not paths:
        return files
    files = _added(node, [Path(one) for one in paths], files, by)
    stays = [row for row in _looked_into(node, files, by) if row["state"] != "clean"]
    if stays:
        what = ", ".join(f"{row['name']}: {row['state']}" for row in stays)
        raise Refusal(f"nothing was sent, for not every file may leave ({what}); the others are kept under {files}")
    return files


def _added(node: Path, paths: Sequence[Path], files: str, by: Mapping[str, Any]) -> str:
    for path in paths:
        if not path.is_file():
            raise BadForm(f"{path} is no file; nothing was added")
    for path in paths:
        files = _add(node, path, files, by)
    return files


def _add(node: Path, path: Path, files: str, by: Mapping[str, Any]) -> str:
    """Add one file, or go on with the one of this name and size that is not whole."""
    size = path.stat().st_size
    rows = _state(node, files, by) if files else []
    row = next((one for one in rows if (one["name"], one["size"]) == (path.name, size) and one["state"] in _OPEN), None)
    if row is None:
        media = mimetypes.guess_type(path.name)[0] or ""
        body = {"name": path.name, "size": size, "media": media, "files": files, "by": by}
        files = str(ask(node, "POST", "/files/begin", body)["files"])
        row = _state(node, files, by)[-1]
    with path.open("rb") as content:
        while row["state"] == "coming":
            content.seek(row["offset"])
            row = _slice(
                node,
                {**_who(by), "files": files, "number": row["number"], "offset": row["offset"]},
                content.read(_SLICE),
            )
    return files


def _slice(node: Path, query: Mapping[str, Any], data: bytes) -> dict[str, Any]:
    """Send the next bytes of a file and return how far it is."""
    connection = http.client.HTTPConnection("localhost", timeout=600)
    connection.sock = socket.socket(socket.AF_UNIX)
    try:
        connection.sock.connect(str(node / SOCKET))
        connection.request("POST", f"/files/add?{urlencode(query)}", data)
        answer = connection.getresponse()
        said = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise BadConfiguration(
            f"the node of {node} ended; start it, then go on with --files {query['files']}"
        ) from error
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise Refusal(f"{said.get('error', '')}; go on with --files {query['files']}")
    return next(dict(one) for one in said["list"] if one["number"] == query["number"])


def _looked_into(node: Path, files: str, by: Mapping[str, Any]) -> list[dict[str, Any]]:
    while True:
        rows = _state(node, files, by)
        if not any(row["state"] in _OPEN for row in rows):
            return rows
        time.sleep(_LOOK_SECONDS)


def _state(node: Path, files: str, by: Mapping[str, Any]) -> list[dict[str, Any]]:
    said = ask(node, "GET", f"/files/state?{urlencode({'files': files, **_who(by)})}")
    return [dict(one) for one in said["list"]]


def _who(by: Mapping[str, Any]) -> dict[str, Any]:
    return {"desk": by["desk"], "officer": by["number"]}
