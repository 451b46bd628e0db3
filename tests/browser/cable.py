"""The line between two nodes, which a test can cut and mend: each speaks to the other through a port that stands in between."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path

from comity.cli.demo.stage import Stage


class Cable:
    """Both ways of one line. `cut` breaks what is open and lets nothing through until `mend`; `carried` is all that went over it."""

    def __init__(self, stage: Stage) -> None:
        self._whole = threading.Event()
        self._whole.set()
        self._open: set[socket.socket] = set()
        self.carried: list[bytes] = []
        self._doors: list[socket.socket] = []
        for actor in stage.actors:
            door = socket.create_server(("127.0.0.1", 0))
            self._doors.append(door)
            self._lead(stage.other(actor.id).folder / "node.toml", actor.exchange_port, door.getsockname()[1])
            threading.Thread(target=self._serve, args=(door, actor.exchange_port), daemon=True).start()

    @staticmethod
    def _lead(settings: Path, port: int, through: int) -> None:
        text = settings.read_text()
        assert f"https://127.0.0.1:{port}" in text
        settings.write_text(text.replace(f"https://127.0.0.1:{port}", f"https://127.0.0.1:{through}"))

    def cut(self) -> None:
        self._whole.clear()
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self._whole.set()

    def end(self) -> None:
        self.cut()
        for door in self._doors:
            door.close()

    def _serve(self, door: socket.socket, port: int) -> None:
        while True:
            try:
                near, _ = door.accept()
            except OSError:
                return
            if not self._whole.is_set():
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", port), timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            self._open |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65_536):
                self.carried.append(data)
                other.sendall(data)
        for each in (one, other):
            self._open.discard(each)
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
