"""A node that ends in the middle of its answer leaves one plain line, not a traceback."""

from __future__ import annotations

import socket
import threading

import pytest

from comity.cli.doorway import Refusal, ask
from comity.edge.files import SOCKET


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 871\r\n\r\n", b"no words of HTTP\r\n"])
def test_a_node_that_ends_while_it_answers(tmp_path, answer):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / SOCKET))
        listening.listen()

        def serve():
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        server = threading.Thread(target=serve)
        server.start()
        with pytest.raises(Refusal, match="look before you repeat"):
            ask(tmp_path, "GET", "/status")
        server.join()
