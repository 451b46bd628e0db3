"""A small mail server for tests, by the words of RFC 5321: it takes every mail and keeps it, or refuses as told."""

from __future__ import annotations

import asyncio
import contextlib


class Sink:
    """One server. `mails` are (recipient, text); while `refuses` is set it answers so after MAIL FROM."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, str]] = []
        self.refuses = ""
        self.port = 0

    @contextlib.asynccontextmanager
    async def listening(self):
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _serve(self, reader, writer) -> None:
        writer.write(b"220 sink\r\n")
        recipient = ""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while line := await reader.readline():
                word = line.split(b" ")[0].strip().upper().rstrip(b":")
                if word == b"DATA":
                    writer.write(b"354 go on\r\n")
                    text = (await reader.readuntil(b"\r\n.\r\n")).decode()
                    self.mails.append((recipient, text))
                    writer.write(b"250 kept\r\n")
                elif word == b"QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                elif word == b"MAIL" and self.refuses:
                    writer.write(self.refuses.encode() + b"\r\n")
                else:
                    if word == b"RCPT":
                        recipient = line.decode().partition("<")[2].partition(">")[0]
                    writer.write(b"250 ok\r\n")
        writer.close()
