"""What a person types: one program, its commands, and how each ends: 0 done, 1 refused or not verified, 2 misuse."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from comity import __version__
from comity.base.errors import BadConfiguration, BadForm, ComityError
from comity.cli import (
    accord,
    acts,
    approvals,
    bench,
    demo,
    duty,
    evidence,
    keys,
    law,
    link,
    log,
    node,
    people,
    persons,
    requests,
    scan,
    simulate,
    subject,
    tasks,
    web,
)

DONE, REFUSED, MISUSE = 0, 1, 2
Commands = "argparse._SubParsersAction[argparse.ArgumentParser]"


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; the documentation's tests walk it too."""
    parser = argparse.ArgumentParser(
        prog="comity",
        description="Two states run a security-cooperation agreement day by day, each under its own law, provably.",
    )
    parser.add_argument("--version", action="version", version=f"comity {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    demo.add_commands(commands)
    node.add_commands(commands)
    accord.add_commands(commands)
    requests.add_commands(commands)
    acts.add_commands(commands)
    approvals.add_commands(commands)
    persons.add_command(commands)
    duty.add_commands(commands)
    tasks.add_commands(commands)
    link.add_commands(commands)
    keys.add_commands(commands)
    people.add_commands(commands)
    subject.add_commands(commands)
    log.add_log_commands(commands)
    evidence.add_commands(commands)
    law.add_commands(commands)
    scan.add_commands(commands)
    simulate.add_commands(commands)
    web.add_commands(commands)
    bench.add_commands(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    asked = build_parser().parse_args(arguments)
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
