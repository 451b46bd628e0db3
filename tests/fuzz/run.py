"""What `make fuzz` runs: each target for a time, from its kept corpus and its seeds; then what it did, and how to see a fault again.

All it writes is under `build/fuzz`, which is not kept. `--keep` puts the smallest set of files that reach as much into the kept corpus.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests.fuzz.targets import NAMES, load

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests/fuzz/corpus"
BUILD = ROOT / "build/fuzz"
MOST_FILES, MOST_BYTES = 40, 8_192
_SEEN = re.compile(r"#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+)")
_DONE = re.compile(r"stat::number_of_executed_units: (\d+)")
_PEAK = re.compile(r"stat::peak_rss_mb:\s+(\d+)")


@dataclass(frozen=True)
class Run:
    target: str
    code: int
    executions: int
    edges: int
    peak_mb: int
    faults: tuple[Path, ...]


def prepare(target: str) -> Path:
    """Write the seeds and the dictionary of a target; return the folder it works in."""
    folder = BUILD / target
    module = load(target)
    for name in ("seeds", "found", "faults"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, content in module.seeds():
        (folder / "seeds" / re.sub(r"[^a-zA-Z0-9.-]", "-", name)).write_bytes(content)
    words = "".join('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in module.WORDS)
    (folder / "words").write_text(words, encoding="ascii")
    return folder


def libfuzzer(target: str, *arguments: str, log: Path) -> int:
    """Start one target with libFuzzer's own arguments; its output goes to a file."""
    command = [sys.executable, "-m", "tests.fuzz.one", target, *arguments]
    again = log.with_name("again")  # libFuzzer starts itself again when it merges
    again.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.fuzz.one {target} "$@"\n', encoding="utf-8")
    again.chmod(0o700)
    environment = {
        **os.environ,
        "COMITY_FUZZ_AGAIN": str(again),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]),
    }
    with log.open("wb") as out:
        return subprocess.run(command, cwd=ROOT, env=environment, stdout=out, stderr=out, check=False).returncode


def fuzz(target: str, seconds: int) -> Run:
    """Fuzz one target for so many seconds."""
    folder = prepare(target)
    before = set((folder / "faults").iterdir())
    most = getattr(load(target), "MAX_LEN", MOST_BYTES)
    code = libfuzzer(
        target, str(folder / "found"), str(folder / "seeds"), *([str(CORPUS / target)] if (CORPUS / target).is_dir() else []),
        f"-max_total_time={seconds}", f"-max_len={most}", f"-dict={folder / 'words'}", "-timeout=20", "-rss_limit_mb=1500",
        f"-artifact_prefix={folder / 'faults'}/", "-print_final_stats=1", log=folder / "log.txt",
    )  # fmt: skip
    said = (folder / "log.txt").read_text(encoding="utf-8", errors="replace")
    seen, done, peak = _SEEN.findall(said), _DONE.search(said), _PEAK.search(said)
    executions = int(done[1]) if done else int(seen[-1][0]) if seen else 0
    faults = tuple(sorted(set((folder / "faults").iterdir()) - before))
    return Run(target, code, executions, int(seen[-1][1]) if seen else 0, int(peak[1]) if peak else 0, faults)


def keep(target: str) -> int:
    """Write the kept corpus anew: the smallest files that together reach what all reach; return how many."""
    folder, kept = prepare(target), CORPUS / target
    least = folder / "least"
    shutil.rmtree(least, ignore_errors=True)
    least.mkdir()
    sources = [str(one) for one in (kept, folder / "seeds", folder / "found") if one.is_dir()]
    most = getattr(load(target), "MAX_LEN", MOST_BYTES)
    libfuzzer(target, "-merge=1", f"-max_len={most}", str(least), *sources, log=folder / "merge.txt")
    files = sorted((one.read_bytes() for one in least.iterdir()), key=len)
    chosen = _chosen(files, folder / "seeds")
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for content in chosen:
        (kept / sha256(content).hexdigest()[:16]).write_bytes(content)
    return len(chosen)


def _chosen(files: list[bytes], seeds: Path) -> list[bytes]:
    """Draw evenly by size from what the seeds do not have already: they are made anew wherever the corpus is used."""
    known = {one.read_bytes() for one in seeds.iterdir()}
    found = [one for one in files if one not in known and len(one) <= MOST_BYTES // 2]
    return found if len(found) <= MOST_FILES else [found[at * len(found) // MOST_FILES] for at in range(MOST_FILES)]


def tell(run: Run) -> None:
    """Say what a target did, and of each fault how it is seen again."""
    print(
        f"fuzz: {run.target:<11} {run.executions:>9,} executions, {run.edges:>6,} edges, peak {run.peak_mb} MB",
        flush=True,
    )
    for fault in run.faults:
        print(f"  a fault; see it again:  .venv/bin/python -m tests.fuzz.replay {run.target} {fault.relative_to(ROOT)}")
    if run.code and not run.faults:
        print(f"  it ended with {run.code}; what it said: {(BUILD / run.target / 'log.txt').relative_to(ROOT)}")


def main() -> int:
    parser = argparse.ArgumentParser(description="fuzz the readers that bytes of a stranger reach")
    parser.add_argument("--target", choices=("all", *NAMES), default="all")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--keep", action="store_true", help="then write the kept corpus anew")
    asked = parser.parse_args()
    bad = 0
    for target in NAMES if asked.target == "all" else (asked.target,):
        if asked.seconds:
            run = fuzz(target, asked.seconds)
            tell(run)
            bad += bool(run.code or run.faults)
        if asked.keep:
            print(f"  kept: {keep(target)} files in {(CORPUS / target).relative_to(ROOT)}", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
