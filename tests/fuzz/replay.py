"""Give files to a target again, without atheris: `python -m tests.fuzz.replay TARGET FILE...`. A fault shows itself as it is."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.fuzz.targets import guarded, load


def main(arguments: list[str]) -> int:
    run = guarded(load(arguments[0]))
    for name in arguments[1:]:
        run(Path(name).read_bytes())
        print(f"{name}: nothing wrong")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
