"""How many examples a property is tried with: so many in `make test`, and twenty times as many in `make trial`."""

from __future__ import annotations

from typing import Any

from hypothesis import settings

USUAL, LONG = 50, 1_000
"""Examples of a property that says no number: in `make test`, and under the profile `long`."""

settings.register_profile("usual", deadline=None, max_examples=USUAL)
settings.register_profile("long", deadline=None, max_examples=LONG)
settings.load_profile("usual")


def examples(count: int, **more: Any) -> settings:
    """Let a property be tried with another number of examples in `make test`, and with as many more in `make trial`."""
    return settings(max_examples=count * settings().max_examples // USUAL, **more)
