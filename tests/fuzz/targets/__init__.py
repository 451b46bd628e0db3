"""The readers that bytes of a stranger reach. Each module here has `once(data)`, which raises if its property does not hold.

Beside it each has `seeds()`, named inputs that our own programs and the kept vectors make, and `WORDS`, tokens that help.
"""

from __future__ import annotations

import importlib

from tests.fuzz.guard import sealed_off

NAMES = ("unseal", "note", "tile", "exchange", "take", "instrument", "recover", "attachment", "media")


def load(name: str):
    """Return the module of a target."""
    assert name in NAMES, f"no target {name!r}; there are {', '.join(NAMES)}"
    return importlib.import_module(f"tests.fuzz.targets.{name}")


def guarded(module):
    """Return `once` of a target, sealed off from everything outside."""

    def run(data: bytes) -> None:
        with sealed_off():
            module.once(data)

    return run
