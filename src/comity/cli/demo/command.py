"""`comity demo`: two nodes as two processes, one day between them, a page for each side, then the attacks."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import comity
from comity.base.errors import BadConfiguration, BadForm
from comity.base.ids import Ms
from comity.cli.demo.asjson import attack_json, day_json, logs_json, nodes_json
from comity.cli.demo.attacks import ATTACKS, Attack, find_attack, run_attack
from comity.cli.demo.attacks.result import AttackResult
from comity.cli.demo.check import deviations
from comity.cli.demo.clone import FinishedDay, finish, kept_day, load_open, load_whole
from comity.cli.demo.play import Player
from comity.cli.demo.report import DayShown, read_day
from comity.cli.demo.script import FILE, read_script
from comity.cli.demo.served import LogFound, NodeAddress, addresses, audit_served
from comity.cli.demo.show import (
    show_attack,
    show_cases,
    show_consignments,
    show_deviations,
    show_logs,
    show_nodes,
    show_workplan,
)
from comity.cli.demo.stage import Set, Stage, StageFailed, build, find_data
from comity.cli.demo.watch import Screen, Watch
from comity.cli.out import show_json
from comity.edge.files import SOCKET, make_private_folder

DONE, REFUSED = 0, 1
_BEFORE_MS = 300_000
_MINUTE_MS = 60_000
_QUIET_SECONDS = 60.0
_QUIET_POLLS = 6
_POLL_SECONDS = 0.1
_SOCKET_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that the demo found out before the attacks."""

    finished: FinishedDay
    nodes: tuple[NodeAddress, ...]
    day: DayShown
    screens: tuple[Screen, ...]
    logs: tuple[LogFound, ...]
    wrong: tuple[str, ...]


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program's."""
    parser = commands.add_parser("demo", help="two nodes on this machine, one day between them, then the attacks")
    parser.add_argument("--data", type=Path, help="folder for both nodes, made here; default: a temporary one")
    parser.add_argument("--accord", help="folder below accords/ whose day is played; default: the first one")
    parser.add_argument("--once", action="store_true", help="end when everything was shown; 1 if something was wrong")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--no-attacks", action="store_true", help="leave the attacks out")
    parser.add_argument(
        "--attack",
        nargs="?",
        const="",
        metavar="NAME|NUMBER",
        help="play one attack only, on the day that --data keeps or on a new one; asks which if none is named",
    )
    parser.set_defaults(run=run_demo)


def run_demo(asked: argparse.Namespace) -> int:
    """Play the day, show it, attack it."""
    began = time.monotonic()
    _SIGNALS.clear()
    signal.signal(signal.SIGTERM, _interrupted)
    root = find_root()
    if asked.attack is not None:
        return _attack_only(asked, root)
    with ExitStack() as stack:
        folder = stack.enter_context(_folder(asked.data, keep=asked.once))
        stage, shown = stack.enter_context(_played(folder, _data(root, asked.accord), quiet=asked.json))
        if asked.json and not asked.once:
            show_json({"nodes": nodes_json(shown.nodes)})
        elif not asked.json:
            _show_day(shown)
        results = [] if asked.no_attacks else _attack(shown, ATTACKS, quiet=asked.json)
        good = not shown.wrong and all(result.beaten for result in results)
        seconds = round(time.monotonic() - began, 1)
        with suppress(KeyboardInterrupt):  # from here on, an interrupt is how the demo is ended
            if asked.json:
                show_json(_whole(shown, results, seconds, good=good))
            else:
                _show_end(shown, results, seconds)
            if not asked.once:
                _stay(stage, shown.finished.data, quiet=asked.json)
    return DONE if good else REFUSED


_SIGNALS: list[int] = []
"""Somebody asked it to end: what is raised for that in the middle of another thing, such as a clean-up, may be lost there."""


def _interrupted(number: int, frame: FrameType | None) -> None:
    del frame
    _SIGNALS.append(number)
    raise KeyboardInterrupt


# --- where things are --------------------------------------------------------------------------------------------


def find_root() -> Path:
    """Return the folder with accords, laws and registries: where we are, or where the program lies.

    Raises:
        BadConfiguration: it is in neither place.
    """
    for root in (Path.cwd(), Path(comity.__file__).resolve().parents[2]):
        if (root / "accords").is_dir() and (root / "laws").is_dir():
            return root
    raise BadConfiguration("the folders accords and laws are not here; run the demo in the project's folder")


def _data(root: Path, name: str | None) -> Set:
    """Return the data of an accord that has a day, the first one if none is named."""
    there = sorted(file.parent.name for file in (root / "accords").glob(f"*/{FILE}"))
    if name is not None and name not in there:
        raise BadForm(f"there is no accord {name!r} with a day; choose one of: {', '.join(there)}")
    if not there:
        raise BadConfiguration(f"no accord below {root / 'accords'} has a day")
    return find_data(root, name or there[0])


@contextmanager
def _folder(wanted: Path | None, *, keep: bool) -> Iterator[Path]:
    """Give a folder for the demo; a temporary one that nobody is to read afterwards is removed at the end."""
    folder = wanted.absolute() if wanted is not None else Path(tempfile.mkdtemp(prefix="comity-demo-"))
    if len(str(folder / "xxxxxxxx" / SOCKET)) > _SOCKET_LENGTH:
        raise BadConfiguration(f"{folder} is too long a name for a socket in it; choose a shorter one with --data")
    make_private_folder(folder)
    try:
        yield folder
    finally:
        if wanted is None and not keep:
            shutil.rmtree(folder, ignore_errors=True)


# --- the day -----------------------------------------------------------------------------------------------------


@contextmanager
def _played(folder: Path, data: Set, *, quiet: bool) -> Iterator[tuple[Stage, Shown]]:
    """Build and start both nodes, play the day, read and audit it; stop the nodes at the end."""
    say = _silent if quiet else _said
    day, script = load_whole(data), read_script(data.accord)
    say(f"making two nodes in {folder}")
    stage = build(folder, data, Ms(day.scenes[0].at - _BEFORE_MS))
    try:
        stage.start()
        wait_quiet(stage)
        stage.set_time(Ms(stage.now + _MINUTE_MS))  # what they still owe each other after the ceremony is said now
        wait_quiet(stage)
        watch = Watch(stage)
        count = len(day.scenes)
        sent = iter(range(1, count + 1))
        player = Player(
            stage,
            day,
            lambda scene, word: (
                say(f"playing the day: {next(sent)} of {count}, {scene.kind}") if word == "sent" else None
            ),
            watch.looks(script),
        )
        played = player.play()
        say("waiting for the last co-signatures, reading and auditing")
        wait_quiet(stage)
        wait_screened(stage)
        finished = finish(stage, data, day, played)
        shown, logs = read_day(finished), audit_served(stage)
        wrong = (*watch.wrong, *deviations(finished, shown, logs))
        say("")
        yield stage, Shown(finished, addresses(stage), shown, tuple(watch.screens), logs, wrong)
    finally:
        stage.stop()


def wait_quiet(stage: Stage) -> None:
    """Wait until both exchange logs are co-signed and mirrored whole, and neither node has anything to say.

    Raises:
        StageFailed: that is not so after a minute.
    """
    ends, quiet, last = time.monotonic() + _QUIET_SECONDS, 0, None
    while time.monotonic() < ends:
        found = [actor.ask("GET", "/status") for actor in stage.actors]
        heard = [one["link"]["last_exchange"] for one in found]
        quiet = quiet + 1 if heard == last and _cosigned(found) else 0
        if quiet == _QUIET_POLLS:
            return
        last = heard
        time.sleep(_POLL_SECONDS)
    raise StageFailed(f"the nodes are not quiet after {_QUIET_SECONDS:.0f} s; see their words in {stage.folder}")


def wait_screened(stage: Stage) -> None:
    """Wait until each node that has a screen has looked at every notification.

    Raises:
        StageFailed: that is not so after a minute.
    """
    ends = time.monotonic() + _QUIET_SECONDS
    while time.monotonic() < ends:
        boards = [actor.ask("GET", "/notices") for actor in stage.actors]
        if all(row["notice"]["screened"] for board in boards if board["screens"] for row in board["rows"]):
            return
        time.sleep(_POLL_SECONDS)
    raise StageFailed(f"notifications are not screened after {_QUIET_SECONDS:.0f} s; see the words in {stage.folder}")


def _cosigned(found: Sequence[dict[str, Any]]) -> bool:
    logs = [log for one in found for log in one["logs"] if log["role"] != "decision"]
    sizes: dict[str, set[int]] = {}
    for log in logs:
        sizes.setdefault(log["origin"], set()).update((log["size"], log["cosigned_size"]))
    return all(len(of_log) == 1 for of_log in sizes.values())


def _said(words: str) -> None:
    """Show how far it is, on one line that the next word replaces; nothing where nobody watches."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)


def _silent(words: str) -> None:
    del words


# --- the attacks -------------------------------------------------------------------------------------------------


def _attack(shown: Shown, attacks: Sequence[Attack], *, quiet: bool) -> list[AttackResult]:
    marks = {party.id: party.short for party in shown.day.parties}
    results = []
    if not quiet:
        print("\nThe demo attacks itself, each time on copies of the finished day.", flush=True)
    for attack in attacks:
        results.append(run_attack(attack, shown.finished))
        if not quiet:
            show_attack(results[-1], marks)
            sys.stdout.flush()
    return results


def _attack_only(asked: argparse.Namespace, root: Path) -> int:
    """Play one attack, on a finished day that is kept or on one that is played now."""
    attack = _choose(asked.attack)
    with ExitStack() as stack:
        folder = stack.enter_context(_folder(asked.data, keep=True))
        finished = kept_day(folder, root)
        if finished is None:
            with _played(folder, _data(root, asked.accord), quiet=asked.json) as (_, shown):
                finished = shown.finished
        result = run_attack(attack, finished)
        if asked.json:
            show_json(attack_json(result))
        else:
            show_attack(result, {one.id: one.short for one in finished.data.terms.party})
            print(f"\nThe day is kept: comity demo --data {folder} --attack plays another attack on it.")
    return DONE if result.beaten else REFUSED


def _choose(named: str) -> Attack:
    """Return the attack that was named, or ask for one.

    Raises:
        BadForm: there is none of that name, or nobody can be asked.
    """
    if named:
        return find_attack(named)
    for attack in ATTACKS:
        print(f"{attack.number:>3}  {attack.name:<17} {attack.words}")
    if not sys.stdin.isatty():
        raise BadForm("name one of these attacks by number or name: comity demo --attack 4")
    return find_attack(input("Which one? "))


# --- what is printed ---------------------------------------------------------------------------------------------


def _show_day(shown: Shown) -> None:
    show_workplan(shown.day)
    show_cases(shown.day)
    show_consignments(shown.day)
    show_logs(shown.logs)
    exercise = any(verdict.exercise for one in shown.day.dispatches for verdict in one.verdicts)
    if exercise:
        print("\nBoth law editions are exercise editions: no lawyer has signed them.")
    show_deviations(shown.wrong)
    show_nodes(shown.nodes)


def _show_end(shown: Shown, results: Sequence[AttackResult], seconds: float) -> None:
    beaten = sum(result.beaten for result in results)
    attacks = f", {beaten} of {len(results)} attacks noticed and stopped" if results else ""
    wrong = f", {len(shown.wrong)} things not as the script says" if shown.wrong else ""
    goods = shown.day.consignments
    count = sum(len(one.dispatches) for one in goods)
    beside = f", {len(goods)} consignments with {count} dispatches of their own" if goods else ""
    print(
        f"\n{len(shown.day.dispatches)} dispatches{beside}{attacks}{wrong}, {seconds:.0f} s. Kept in {shown.finished.folder}"
    )


def _whole(shown: Shown, results: Sequence[AttackResult], seconds: float, *, good: bool) -> dict[str, Any]:
    return {
        "accord": shown.finished.data.accord.name,
        **day_json(shown.day, shown.screens),
        "logs": logs_json(shown.logs),
        "attacks": [attack_json(result) for result in results],
        "nodes": nodes_json(shown.nodes),
        "good": good,
        "deviations": list(shown.wrong),
        "seconds": seconds,
    }


def _stay(stage: Stage, data: Set, *, quiet: bool) -> None:
    """Leave something open on both desks, and stay up until an interrupt.

    Raises:
        DayFailed: what was to wait did not arrive.
        StageFailed: a node ended by itself.
    """
    Player(stage, load_open(data), lambda _scene, _word: None).leave_open(_MINUTE_MS)
    if not quiet:
        print(
            "\nIt is the next morning, and something waits on the desks. Both pages stay up. Stop with Ctrl-C.",
            flush=True,
        )
    while all(actor.process is not None and actor.process.poll() is None for actor in stage.actors):
        if _SIGNALS:
            return
        time.sleep(1)
    raise StageFailed(f"a node ended by itself; its words are in {stage.folder}")
