"""Ports for the stage's nodes, which are written down before a node listens there.

The rule it keeps: no port of the range from which the machine itself takes ports for calls that go out, and none that
another program chose here a moment ago. A number that was only free when it was looked at may be taken again at once.
"""

from __future__ import annotations

import random
import socket
from collections import deque
from typing import Final

_AMONG: Final = range(20_000, 32_000)
"""Below the range for outgoing calls: 32768 and more on Linux, 49152 and more by IANA (RFC 6335, section 6)."""
_HELD: deque[socket.socket] = deque(maxlen=256)
"""The same numbers as datagram ports, held so that no second program chooses them; the oldest are let go."""


def free_ports(count: int, among: range = _AMONG) -> list[int]:
    """Return ports of loopback, all different, at which nobody listens and which nobody else chooses soon.

    Args:
        count: how many.
        among: the numbers to choose from.

    Raises:
        OSError: so many are not free.
    """
    ports: list[int] = []
    for port in random.SystemRandom().sample(among, len(among)):
        if len(ports) == count:
            break
        if _take(port):
            ports.append(port)
    if len(ports) < count:
        raise OSError(
            f"{count} free ports from {among.start} to {among.stop - 1} were asked for; {len(ports)} were found"
        )
    return ports


def _take(port: int) -> bool:
    held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        held.bind(("127.0.0.1", port))
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        held.close()
        return False
    _HELD.append(held)
    return True
