"""One target under atheris: `python -m tests.fuzz.one TARGET [what libFuzzer takes]`. `make fuzz` starts it; nothing else needs atheris."""

from __future__ import annotations

import os
import sys

import atheris

with atheris.instrument_imports(include=["comity"], enable_loader_override=False):
    from tests.fuzz.targets import guarded, load

    TARGET = load(sys.argv[1])

from tests.fuzz.mutate import mutate

BLIND_ONLY = ("note", "attachment")
"""Targets whose bytes are no CBOR."""


def _change(data: bytes, most: int, seed: int) -> bytes:
    return mutate(data, most, seed, atheris.Mutate)


def main() -> None:
    options = {} if sys.argv[1] in BLIND_ONLY else {"custom_mutator": _change}
    atheris.Setup([os.environ.get("COMITY_FUZZ_AGAIN", sys.argv[0]), *sys.argv[2:]], guarded(TARGET), **options)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
