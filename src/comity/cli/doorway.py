"""The way of a command to the running node of a folder: HTTP over the Unix socket in it."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import Any

from comity.base.errors import BadConfiguration, BadForm, ComityError, Superseded
from comity.edge.files import SOCKET

_SECONDS = 60


class Refusal(ComityError):
    """The node did not do what was asked; the message is the node's own."""

    code = "refused"


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_SECONDS)
        try:
            self.sock.connect(str(self._path))
        except OSError as error:
            raise BadConfiguration(f"no node runs in {self._path.parent}; start it with `comity node run`") from error


def ask(folder: Path, method: str, path: str, body: object = None) -> Any:
    """Ask the node of a folder and return its JSON answer.

    Raises:
        BadConfiguration: no node runs there.
        BadForm: what was handed in does not fit.
        Superseded: another store of this node has gone on; this one only shows.
        Refusal: the node says no, or ended while it answered.
    """
    connection = _UnixConnection(folder / SOCKET)
    try:
        connection.request(method, path, None if body is None else json.dumps(body))
        answer = connection.getresponse()
        status, content = answer.status, _read(answer.read())
    except (http.client.HTTPException, OSError) as error:
        raise Refusal(
            "the node ended before its answer did; what it did is not known: look before you repeat it"
        ) from error
    finally:
        connection.close()
    if status == http.client.OK:
        return content
    message = str(content.get("error", "the node gave no reason"))
    if content.get("code") == Superseded.code:
        raise Superseded(message)
    raise BadForm(message) if content.get("code") == BadForm.code else Refusal(message)


def _read(content: bytes) -> Any:
    """Read the node's JSON; what is none is the words of a server that failed."""
    try:
        return json.loads(content)
    except ValueError:
        return {"error": "the node met a fault of its own; what it did is not known, its log has the cause"}
