"""What a person types: one program, its commands, and how each ends: 0 done, 1 refused or not verified, 2 misuse."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence

from comity import __version__
from comity.base.errors import BadConfiguration, BadForm, ComityError

DONE, REFUSED, MISUSE = 0, 1, 2
Commands = "argparse._SubParsersAction[argparse.ArgumentParser]"
_ALSO = {
    "requests": ("send", "inbox", "case", "search"),
    "acts": ("act",),
    "approvals": ("held", "owed", "alarms"),
}
MODULES = {
    name: _ALSO.get(name, (name,))
    for name in (
        "demo",
        "node",
        "doctor",
        "accord",
        "courier",
        "requests",
        "attach",
        "attachment",
        "acts",
        "approvals",
        "persons",
        "duty",
        "tasks",
        "link",
        "keys",
        "people",
        "subject",
        "retention",
        "log",
        "evidence",
        "law",
        "scan",
        "precursors",
        "simulate",
        "web",
        "bench",
    )
}
"""Module of this folder -> the commands that it adds, in the order of the help. Only what was asked for is loaded."""


def build_parser(word: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of all commands, or of the module that has the command `word`.

    The documentation's tests walk the whole of it.
    """
    parser = argparse.ArgumentParser(
        prog="comity",
        description="Two states run a security-cooperation agreement day by day, each under its own law, provably.",
    )
    parser.add_argument("--version", action="version", version=f"comity {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    owners = [name for name, words in MODULES.items() if word in words]
    for name in owners or MODULES:
        importlib.import_module(f"comity.cli.{name}").add_commands(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    asked = build_parser(given[0] if given else None).parse_args(given)
    run: Callable[[argparse.Namespace], int] = asked.run
    try:
        return run(asked)
    except (BadForm, BadConfiguration) as error:
        return _say(error, MISUSE)
    except ComityError as error:
        return _say(error, REFUSED)
    except BrokenPipeError:
        return DONE
    except OSError as error:
        return _say(error, MISUSE)
    except KeyboardInterrupt:
        return REFUSED


def _say(error: Exception, code: int) -> int:
    print(f"comity: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
