"""Write `requirements.lock`, `requirements-dev.lock` and `requirements-fuzz.lock` anew from `pyproject.toml`.

The locks hold exact versions and the hash of every file of each, for all systems and all Pythons from 3.11 on, and no
address: where packages come from is for the machine to say. `make lock` runs this; a person reads the difference.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = "3.11"
HEADS = {
    "requirements.lock": "# What the program needs. Written by `make lock`; not by hand.\n",
    "requirements-dev.lock": "# What the program and its tests need. Written by `make lock`; not by hand.\n",
    "requirements-fuzz.lock": "# What `make fuzz` needs beside the tests. Written by `make lock`; not by hand.\n",
}
ENTRY = re.compile(r"^[a-z0-9][a-z0-9._-]*==\S+( ; .+)? \\$|^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def find_uv(folder: Path) -> str:
    """Return a uv on PATH, or one installed into `folder` for this run only."""
    found = shutil.which("uv")
    if found:
        return found
    print("lock: uv is not on PATH; taking it into a folder that is removed afterwards", flush=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([str(folder / "bin" / "pip"), "install", "--quiet", "uv"], check=True)
    return str(folder / "bin" / "uv")


def compile_lock(uv: str, target: Path, *options: str) -> None:
    """Resolve `pyproject.toml` into `target`; `options` choose what of it, the groups and the versions already fixed."""
    form = ["--generate-hashes", "--universal", "--python-version", OLDEST, "--no-header", "--no-annotate", "--quiet"]
    form += ["--no-emit-index-url", "--no-emit-find-links", "--upgrade"]
    command = [uv, "pip", "compile", *form, *options, "-o", str(target)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def check_lock(name: str, text: str) -> None:
    """Refuse a lock that has anything but versions and hashes in it.

    Raises:
        SystemExit: a line is neither; nothing was written.
    """
    for number, line in enumerate(text.splitlines(), 1):
        if not ENTRY.match(line):
            raise SystemExit(f"lock: {name}:{number} is neither a version nor a hash: {line!r}. Nothing was written.")


def main() -> int:
    """Resolve, check, and only then write the locks."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        uv = find_uv(folder / "uv")
        made = {lock: folder / lock for lock in HEADS}
        print(f"lock: resolving pyproject.toml for Python {OLDEST} and later, all systems", flush=True)
        whole = ("pyproject.toml", "--all-extras")
        compile_lock(uv, made["requirements.lock"], *whole)
        compile_lock(uv, made["requirements-dev.lock"], *whole, "--group", "dev", "-c", str(made["requirements.lock"]))
        compile_lock(uv, made["requirements-fuzz.lock"], "--group", "fuzz", "-c", str(made["requirements-dev.lock"]))
        texts = {lock: path.read_text(encoding="utf-8") for lock, path in made.items()}
    for lock, text in texts.items():
        check_lock(lock, text)
    for lock, text in texts.items():
        (ROOT / lock).write_text(HEADS[lock] + text, encoding="utf-8")
        print(f"lock: {lock}: {text.count('==')} packages, {text.count('--hash=')} hashes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
