"""What a person types: one program, its commands, and how each ends: 0 done, 1 refused or not verified, 2 misuse."""

from __future__ import annotations

import argparse
import gc
import importlib
import sys
from collections.abc import Callable, Sequence

from comity import __version__
from comity.base.errors import BadConfiguration, BadForm, ComityError

DONE, REFUSED, MISUSE = 0, 1, 2
COMMANDS = {
    "demo": {"demo": "two nodes on this machine, one day between them, then the attacks"},
    "node": {"node": "make, pair, run and look at one party's node"},
    "doctor": {"doctor": "look at a node: clock, disk, rights, keys, store, peer, copies; changes nothing"},
    "accord": {"accord": "make, show, sign and verify an accord"},
    "courier": {"courier": "exchange by media: write for the other side, read what it wrote"},
    "requests": {
        "send": "Send one dispatch from a file, along the whole path.",
        "inbox": "Show what waits, by time left, overdue first.",
        "case": "Show one case with both sides' numbers and every dispatch in time order; marks what came in as seen.",
        "search": "Search all cases: words, beginnings of words, phrases in quotes, a number or an id; what was recalled is not found.",
    },
    "attach": {"attach": "add files to a dispatch that is then sent with `comity send --files`"},
    "attachment": {"attachment": "the files of a dispatch: list them, take one, have one scanned again"},
    "acts": {"act": "do something with a dispatch that is held, if our law lets it"},
    "approvals": {
        "held": "drafts that wait for an approval, a form or another officer",
        "owed": "what was deferred or ordered and is still to be done",
        "alarms": "what rings for a role of ours; never content",
    },
    "persons": {"persons": "how many persons each side asked about, by purpose; never a name"},
    "duty": {"duty": "who is on duty on both sides, shifts, hand-over notes"},
    "tasks": {"tasks": "what is asked of our own agencies; it never crosses"},
    "link": {"link": "show the link; suspend and resume the exchange, or one desk"},
    "cut": {"cut": "after a stolen log key: cut the log where both parties accept it, and go on in a new one"},
    "keys": {"keys": "new keys for a node: show, prepare, sign, install"},
    "people": {"people": "accounts of our officers: keys, links, sessions; never content"},
    "subject": {"subject": "for the access officer: every dispatch that concerns a person"},
    "retention": {"retention": "what is due to be erased, holds, erasures by two persons"},
    "custody": {"custody": "what our law did not admit: list, open by two persons, destroy"},
    "log": {"log": "write logs out, audit them, make papers for a court"},
    "evidence": {"evidence": "papers on a whole case for a court: make them, check them"},
    "room": {"room": "a restricted room: named persons, own keys, a log of blinded leaves"},
    "law": {"law": "read, try and explain a law edition"},
    "scan": {"scan": "show what the scan finds in a text, and what it would do to a draft"},
    "precursors": {"precursors": "screen goods, notify and follow consignments, see whether quantities add up"},
    "workplan": {"workplan": "the plan that both sides signed: show, change, report on, export"},
    "report": {"report": "a side's yearly reports, counted from its own log, without names"},
    "simulate": {"simulate": "two whole nodes, virtual time, faults of network, disk and clock"},
    "web": {"web": "serve the pages of a running node from a further process"},
    "bench": {
        "bench": "measure the speed of the exchange, the log, the law, screening, notifications, scorecards and the desk's screens"
    },
}
"""Module of this folder -> the commands that it adds, in the order of the help, with a line each. Only what was asked for is loaded."""


def build_parser(word: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of all commands, or of the module that has the command `word`.

    The documentation's tests walk the whole of it.
    """
    parser, commands = _program()
    owners = [name for name, words in COMMANDS.items() if word in words]
    for name in owners or COMMANDS:
        importlib.import_module(f"comity.cli.{name}").add_commands(commands)
    return parser


def outline() -> argparse.ArgumentParser:
    """Return a parser that knows every command's name and line and loads none: for `--help`, `--version` and a wrong word."""
    parser, commands = _program()
    for word, line in ((word, line) for words in COMMANDS.values() for word, line in words.items()):
        commands.add_parser(word, help=line)
    return parser


def _program() -> tuple[argparse.ArgumentParser, argparse._SubParsersAction[argparse.ArgumentParser]]:
    parser = argparse.ArgumentParser(
        prog="comity",
        description="Two states run a security-cooperation agreement day by day, each under its own law, provably.",
    )
    parser.add_argument("--version", action="version", version=f"comity {__version__}")
    return parser, parser.add_subparsers(dest="command", metavar="COMMAND", required=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    asked = _read(given)
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


def _read(given: list[str]) -> argparse.Namespace:
    """Load what was asked for; nothing is collected meanwhile, for modules that load leave nothing to collect."""
    gc.disable()
    try:
        word = next((one for one in given if one != "--"), "")
        known = any(word in words for words in COMMANDS.values())
        return (build_parser(word) if known else outline()).parse_args(given)
    finally:
        gc.enable()


def _say(error: Exception, code: int) -> int:
    print(f"comity: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
