"""Set up `.venv`: every locked package, checked against its hash, and the project itself, importable in place.

Standard library only; runs on Python 3.8 and later, and hands over to 3.11 or later. It names no package index: the
machine's own settings decide. Nothing is done twice: when `.venv` already holds what the lock says, it ends at once.

Exit codes: 0 ready, 1 an installation failed, 2 something is missing that only the person at the machine can add.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "comity-stamp.json"
OLDEST = (3, 11)
KNOWN = ("python3.13", "python3.12", "python3.11", "python3.14")
RUNTIME_LOCK = "requirements.lock"
DEV_LOCK = "requirements-dev.lock"
FUZZ_LOCK = "requirements-fuzz.lock"
FUZZ_PYTHONS = ((3, 11), (3, 12), (3, 13))
"""For these the fuzzer has wheels, on Linux."""
HEADLESS = "chromium-headless-shell"
"""Chromium without its windows: the same pages and passkeys for two thirds of the work."""
BROWSERS = (HEADLESS, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "/snap/bin/chromium")
NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/no-main.conf")
"""Tells Debian's package that nobody wants a server on this machine, only its programs."""
TELL_EVERY_S = 10
APT = ["apt-get", "-o", "DPkg::Lock::Timeout=300"]

COMMAND = """#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
import sys

from comity.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
"""  # a shell starts it, because the #! line of a script breaks on long paths and on spaces


class MissingError(Exception):
    """Something is missing that this program may not or cannot add; the message is the next step for a person."""


class FailedError(Exception):
    """A step failed; the message holds the end of what it printed."""


class Progress:
    """One line a step; within a step one line rewritten in place on a terminal, one every ten seconds in a file."""

    def __init__(self) -> None:
        self._started = self._told = time.monotonic()
        self._live = sys.stdout.isatty()
        self._open = False

    def step(self, text: str) -> None:
        """Print a step with the seconds gone since the start."""
        self._close()
        self._told = time.monotonic()
        print(f"bootstrap {self._told - self._started:5.1f} s  {text}", flush=True)

    def inner(self, text: str) -> None:
        """Show how far the current step is."""
        if self._live:
            print(f"\r\033[K                   {text[:60]}", end="", flush=True)
            self._open = True
        elif time.monotonic() - self._told > TELL_EVERY_S:
            self.step(f"  ... {text[:60]}")

    def _close(self) -> None:
        if self._open:
            print("\r\033[K", end="")
            self._open = False


# --- the interpreter ---------------------------------------------------------------------------------------------


def version_of(python: str) -> tuple[int, ...]:
    """Return (major, minor) of an interpreter, or () when it does not run (a shim without a version behind it)."""
    code = "import sys; print(sys.version_info[0], sys.version_info[1])"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(int(n) for n in done.stdout.split()) if done.returncode == 0 else ()


def on_path(name: str) -> list[str]:
    """Return every program of that name on PATH, first the one that a shell would take."""
    found = [shutil.which(name, path=folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    return [program for program in found if program]


def new_enough() -> str:
    """Return an interpreter of Python 3.11 or later.

    Raises:
        MissingError: none is on this machine.
    """
    for program in (program for name in KNOWN for program in on_path(name)):
        if version_of(program) >= OLDEST:
            return program
    found = ".".join(str(n) for n in sys.version_info[:3])
    raise MissingError(
        f"Python 3.11 or later is needed; this is {found}, and none of {', '.join(KNOWN)} on PATH runs.\n"
        "  On Debian 12 or later and Ubuntu 24.04:  apt-get install -y python3 python3-venv\n"
        "  Then run the same command again."
    )


# --- the machine's own packages ------------------------------------------------------------------------------------


def is_root() -> bool:
    """Say whether this process may install packages of the machine."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def apt_install(packages: list[str], purpose: str, progress: Progress) -> None:
    """Install packages of Debian or a system like it.

    Raises:
        MissingError: there is no apt-get, or we are not root; the message has the one line to run.
        FailedError: apt-get failed.
    """
    line = f"apt-get update && apt-get install -y {' '.join(packages)}"
    if not shutil.which("apt-get"):
        raise MissingError(
            f"{purpose} needs {' and '.join(packages)} (the names in Debian); there is no apt-get here."
            " Install them the way this system does it, then run the same command again."
        )
    if not is_root():
        raise MissingError(
            f"{purpose} needs {' and '.join(packages)}. Run this once, then the same command again:\n  sudo sh -c '{line}'"
        )
    progress.step(f"{purpose}: installing {', '.join(packages)} with apt-get")
    run([*APT, "update"], progress)
    run([*APT, "install", "-y", "--no-install-recommends", *packages], progress)


def run(command: list[str], progress: Progress, packages: int = 0) -> None:
    """Run a program, show its last line as it goes, and keep the end of its output for the message if it fails.

    Args:
        command: the program and its arguments.
        progress: where its lines are shown.
        packages: how many packages pip is to collect; then its lines are shown as so many of all.

    Raises:
        FailedError: it ended with another code than 0.
    """
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    lines: list[str] = []
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        for line in child.stdout or ():
            lines.append(line.rstrip())
            collected = sum(kept.startswith("Collecting ") for kept in lines)
            progress.inner(f"{collected} of {packages} packages" if packages and collected else line.strip())
    if child.returncode:
        raise FailedError(f"{' '.join(command[:4])} ... ended with {child.returncode}:\n  " + "\n  ".join(lines[-25:]))


def system_id() -> str:
    """Return the system's own name for itself, such as `debian` or `ubuntu`; empty where it has none."""
    try:
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line[3:].strip('"') for line in lines if line.startswith("ID=")), "")


def first_of(names: tuple[str, ...]) -> str | None:
    """Return the first of these programs that is there."""
    return next((found for found in map(shutil.which, names) if found), None)


def ensure_browser(progress: Progress) -> None:
    """Have Chromium, which the browser tests and the pictures of the screens need and nothing else does.

    Where Debian's packages can be added it is the one without windows; where they cannot, any Chromium that is there will do.

    Raises:
        MissingError: a person has to add them.
        FailedError: apt-get failed.
    """
    there = first_of(BROWSERS)
    addable = system_id() == "debian" and is_root() and shutil.which("apt-get")
    if first_of((HEADLESS,)) or (there and not addable):
        return
    if system_id() == "ubuntu":  # there the package of that name is a stub that fetches a snap, which needs snapd
        raise MissingError(
            "The browser tests need Chromium, which Ubuntu ships as a snap. Run this once, then the same command again:\n"
            "  sudo snap install chromium\n"
            "Where snaps do not run (containers), put a chromium or google-chrome on PATH.\n"
            "All else is ready: make demo and make check need no browser."
        )
    try:
        apt_install([HEADLESS], "the browser tests", progress)
    except FailedError:
        if not there:
            raise
        progress.step(f"the browser tests: {HEADLESS} could not be added; {there} is slower and will do")


def ensure_database(progress: Progress) -> None:
    """Have the programs of PostgreSQL, with which the tests start servers of their own; no cluster is made or started for them.

    Raises:
        MissingError: a person has to add them.
        FailedError: apt-get failed.
    """
    folders = sorted(Path("/usr").glob("lib/postgresql/*/bin")) + sorted(Path("/usr").glob("pgsql-*/bin"))
    if first_of(("initdb",)) or any((folder / "initdb").is_file() for folder in folders):
        return
    if is_root() and shutil.which("apt-get") and not NO_CLUSTER.parent.parent.exists():
        NO_CLUSTER.parent.mkdir(parents=True)
        NO_CLUSTER.write_text("create_main_cluster = false\n", encoding="utf-8")
    apt_install(["postgresql"], "the tests of the PostgreSQL store", progress)


# --- the environment -----------------------------------------------------------------------------------------------


def venv_python() -> str:
    """Return the interpreter inside `.venv`, whether it is there or not."""
    return str(VENV / "bin" / "python")


def can_run(python: str, code: str) -> bool:
    """Say whether an interpreter runs these statements without an error."""
    return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0


def make_environment(progress: Progress) -> None:
    """Make an empty `.venv` with the interpreter that runs this program.

    It takes uv, else venv with pip, else virtualenv; where none is there, it adds Debian's venv package.

    Raises:
        MissingError: none of them is there, and we may not add one.
        FailedError: the one taken failed.
    """
    python = sys.executable
    version = ".".join(str(n) for n in sys.version_info[:3])
    uv = shutil.which("uv")
    if uv:
        progress.step(f"making .venv with Python {version}, with uv")
        return run([uv, "venv", "--quiet", "--clear", "--python", python, str(VENV)], progress)
    venv_works = can_run(python, "import ensurepip, venv")
    if not venv_works and can_run(python, "import virtualenv"):
        progress.step(f"making .venv with Python {version}, with virtualenv")
        return run([python, "-m", "virtualenv", "--quiet", "--clear", str(VENV)], progress)
    if not venv_works and shutil.which("virtualenv"):
        progress.step(f"making .venv with Python {version}, with virtualenv")
        return run(["virtualenv", "--quiet", "--clear", "--python", python, str(VENV)], progress)
    if not venv_works:
        minor = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        apt_install([minor], f"the set-up (Python {version} came without venv)", progress)
    progress.step(f"making .venv with Python {version}")
    return run([python, "-m", "venv", "--clear", str(VENV)], progress)


def install(lock: str, progress: Progress) -> None:
    """Install what a lock names; a file whose hash is not in the lock is refused.

    Raises:
        FailedError: a package could not be had, or is not the one that was locked.
    """
    python = venv_python()
    text = (ROOT / lock).read_text(encoding="utf-8")
    count = sum("==" in line for line in text.splitlines())
    progress.step(f"installing {count} locked packages, each checked against its hash ({lock})")
    uv = shutil.which("uv")
    if uv:
        return run(
            [uv, "pip", "install", "--python", python, "--require-hashes", "--no-deps", "-r", str(ROOT / lock)],
            progress,
        )
    if not can_run(python, "import pip"):
        run([python, "-m", "ensurepip", "--default-pip"], progress)
    options = ["--require-hashes", "--no-deps", "--no-input", "--progress-bar", "off", "-r", str(ROOT / lock)]
    return run([python, "-m", "pip", "install", *options], progress, count)


def ensure_fuzzer(progress: Progress) -> None:
    """Have the fuzzer beside what the tests need; it goes into the same `.venv`, from a lock of its own.

    Raises:
        MissingError: there is none for this system.
        FailedError: it could not be had.
    """
    if read_stamp().get(FUZZ_LOCK) == digest(FUZZ_LOCK) and can_run(venv_python(), "import atheris"):
        return
    version = version_of(venv_python())
    if version not in FUZZ_PYTHONS or not sys.platform.startswith("linux"):
        shown = ".".join(str(n) for n in version)
        raise MissingError(
            f"The fuzzer has wheels for Python 3.11 to 3.13 on Linux; .venv is {shown} on {sys.platform}.\n"
            "  Put a python3.13 first on PATH, remove .venv, then run the same command again.\n"
            "All else is ready: make test replays what fuzzing found, without the fuzzer."
        )
    install(FUZZ_LOCK, progress)
    write_if_changed(STAMP, json.dumps({**read_stamp(), FUZZ_LOCK: digest(FUZZ_LOCK)}, indent=1) + "\n")


def link_project() -> None:
    """Make `comity` importable in `.venv` and put its command there, without a build.

    A build would fetch a build backend outside the locks; a path file and a small script do the same.
    """
    where = subprocess.run(
        [venv_python(), "-c", "import sysconfig; print(sysconfig.get_path('purelib')); print(sysconfig.get_path('scripts'))"],
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    write_if_changed(Path(where[0]) / "comity-source.pth", f"{ROOT / 'src'}\n")
    script = Path(where[1]) / "comity"
    write_if_changed(script, COMMAND.format(python=venv_python()))
    script.chmod(0o755)


def write_if_changed(path: Path, text: str) -> None:
    """Write a small file, unless it already holds this text."""
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


# --- what was done already -----------------------------------------------------------------------------------------


def digest(lock: str) -> str:
    """Return the hash of a lock together with this file and the place, so that a change of any of them is noticed."""
    parts = (ROOT / lock).read_bytes(), Path(__file__).read_bytes(), str(ROOT).encode()
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def read_stamp() -> dict[str, str]:
    """Return lock name -> digest of what `.venv` holds; empty when it was not set up by this program."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def is_ready(lock: str) -> bool:
    """Say whether `.venv` holds what this lock, or the larger one, names, and its interpreter is still there."""
    stamp = read_stamp()
    held = any(stamp.get(name) == digest(name) for name in {lock, DEV_LOCK})
    return held and Path(venv_python()).exists() and (VENV / "bin" / "comity").is_file()


def set_up(lock: str, progress: Progress) -> None:
    """Bring `.venv` to what the lock says, keeping an environment that is there and new enough.

    Raises:
        MissingError: a person has to add something first.
        FailedError: a step failed; what is there is kept, and the next run goes on from it.
    """
    if version_of(venv_python()) < OLDEST:
        make_environment(progress)
    install(lock, progress)
    link_project()
    write_if_changed(STAMP, json.dumps({**read_stamp(), lock: digest(lock)}, indent=1) + "\n")


def main() -> int:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(
        description="Set up .venv from the locks, with hashes. Quick when it is done already."
    )
    parser.add_argument("--runtime", action="store_true", help="only what the program needs, not what its tests need")
    parser.add_argument("--browser", action="store_true", help="also Chromium, for the browser tests")
    parser.add_argument(
        "--database", action="store_true", help="also PostgreSQL's programs, for the tests of that store"
    )
    parser.add_argument("--fuzz", action="store_true", help="also the fuzzer, for make fuzz")
    wanted = parser.parse_args()
    lock = RUNTIME_LOCK if wanted.runtime else DEV_LOCK
    progress = Progress()
    try:
        if not is_ready(lock):
            if sys.version_info[:2] < OLDEST:
                python = new_enough()
                os.execv(python, [python, str(Path(__file__).resolve()), *sys.argv[1:]])  # noqa: S606  fixed arguments
            set_up(lock, progress)
            progress.step("ready: .venv")
        if wanted.browser:
            ensure_browser(progress)
        if wanted.database:
            ensure_database(progress)
        if wanted.fuzz:
            ensure_fuzzer(progress)
    except MissingError as missing:
        print(f"\nbootstrap: {missing}", file=sys.stderr)
        return 2
    except FailedError as failed:
        print(
            f"\nbootstrap: {failed}\nWhat is installed so far is kept; the next run goes on from there.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
