"""The honest node as its own process, the hostile peer as another, and what must hold of the first after each attack."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from comity.base import cbor
from comity.base.errors import ComityError
from comity.base.ids import DispatchId, Ms, read_id, show_id
from comity.cli.demo.stage import Stage, build, find_data
from comity.dispatch.book import LogRole
from comity.dispatch.exchange_codec import decode_problem
from comity.dispatch.partsrow import parts_of
from comity.edge.config import read_config
from comity.edge.stores import open_snapshots
from comity.node.assemble import cosigner_verifier, log_origin, log_verifier
from comity.node.audit import audit
from comity.node.ceremony import read_instruments
from comity.node.proofs import entry_proof, leaf_interval
from comity.tlog.proof import parse_proof, verify_proof
from tests.hostile.attacks import ATTACKS, Attack
from tests.unit.edge.filesworld import scan_setting
from tests.unit.node.stranger import Stranger

ROOT = Path(__file__).parents[2]
CODES = (ROOT / "docs" / "protocol" / "codes.md").read_text(encoding="utf-8")
BY = {"desk": "requests", "number": 101}
MINUTE_MS = 60_000
MOST_GROWN_KB = 48 << 10
"""How much the honest process may grow over all attacks: an exchange of 8 MiB is held twice while it is read; 21 MiB were measured."""
FORM = {
    "desk": "requests", "kind": "message", "agency": "rcmp", "recipients": ["cbi"], "purpose": "organised-crime",
    "workplan_item": "W-2", "basis": ["arrangement:2026-02"], "conduct": "theft",
}  # fmt: skip


@dataclass
class Verdict:
    """What came of one attack: how many tries it was, and all that was not as it must be."""

    attack: Attack
    tries: int
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0


class HostileProcess:
    """The other process, driven by lines of JSON."""

    def __init__(self, folder: Path, log: Path) -> None:
        command = [sys.executable, "-m", "tests.hostile.peer", str(folder)]
        path = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
        with log.open("a") as words:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words, text=True, cwd=ROOT,
                env={**os.environ, "PYTHONPATH": path}, start_new_session=True,
            )  # fmt: skip
        self._read()

    def ask(self, **asked) -> dict:
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return self._read()

    def _read(self) -> dict:
        line = self.process.stdout.readline()
        assert line, "the hostile peer ended by itself"
        return json.loads(line)

    def end(self) -> None:
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        self.process.stdout.close()


class Ring:
    """Both processes over one pair of nodes."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.honest, self.other = stage.actors
        self.count = 0
        self.pending: list[str] = []

    # --- the honest node, through its officers' door and its store ---

    def state(self) -> str:
        return self.honest.ask("GET", "/status")["link"]["state"]

    def submit(self, text: str, urgency: str = "immediate") -> str:
        said = self.honest.ask(
            "POST", "/submit", {"form": FORM | {"urgency": urgency, "body": {"text": text}}, "by": BY}
        )
        assert said["outcome"] == "sent", said
        return said["id"]

    def rows(self, statement: str, arguments: tuple = ()) -> list:
        with closing(open_snapshots(read_config(self.honest.folder))) as store, store.read() as tx:
            return tx.rows(statement, arguments)

    def keys(self):
        config = read_config(self.honest.folder)
        signed = [config.path(one).read_bytes() for one in (config.accord, config.our_keys, config.peer_keys)]
        return read_instruments(config.name, *signed)[1:]

    def peak_kb(self) -> int:
        """Return the most memory that the honest process ever had, in KiB."""
        told = Path(f"/proc/{self.honest.process.pid}/status").read_text(encoding="utf-8")
        return int(told.split("VmHWM:")[1].split()[0])

    def texts(self, table: str, where: str) -> list[str]:
        rows = self.rows(f"SELECT plain FROM {table} WHERE plain IS NOT NULL AND {where}")
        return [cbor.decode(parts_of(plain)[1].content).get("text", "") for (plain,) in rows]

    # --- playing ---

    def play(self, attack: Attack, every: int = 1) -> Verdict:
        """Play one attack and hold the honest node to what its row demands; of a long corpus each so manieth form."""
        began, before = time.monotonic(), len(self.rows("SELECT 1 FROM got WHERE fact = 2"))
        waiting = self.submit(f"of ours, before {attack.name}") if attack.ends == "broken" else ""
        told = self.hostile.ask(do="attack", name=attack.name, every=every)
        verdict = Verdict(attack, len(told["tries"]))
        for what, wanted, got in told["tries"]:
            if got not in wanted:
                verdict.wrong.append(f"{what}: answered {got!r}, not {' or '.join(map(repr, wanted))}")
        verdict.wrong += self._leaks(told["answers"])
        if attack.ends == "broken":
            verdict.wrong += self._stands_broken(waiting)
        elif attack.ends == "uncosigned":
            verdict.wrong += self._withheld()
        else:
            verdict.wrong += self._goes_on(attack, before)
        verdict.wrong += getattr(self, f"_after_{attack.name.replace('-', '_')}", lambda _: [])(told["notes"])
        verdict.seconds = time.monotonic() - began
        return verdict

    def _goes_on(self, attack: Attack, before: int) -> list[str]:
        """Both sides' next honest dispatch is filed, the process is the same, the link is up."""
        wrong = []
        self.count += 1
        text = f"honest {self.count}, after {attack.name}"
        fact = self.hostile.ask(do="honest", text=text)["fact"]
        if fact != "2":
            wrong.append(f"the next honest dispatch was answered {fact!r}")
        if self.honest.process.poll() is not None:
            wrong.append("the honest node ended")
        if not _until(lambda: self.state() == "up"):
            wrong.append(f"the link is {self.state()}, not up")
        ours = self.submit(f"of ours {self.count}")
        if not _until(lambda: self.rows("SELECT 1 FROM sent WHERE id = ? AND fact = 2", (_id(ours),))):
            wrong.append("the honest node's own dispatch did not arrive")
        if (
            self.texts("got", "fact = 2").count(text) != 1
            or len(self.rows("SELECT 1 FROM got WHERE fact = 2")) <= before
        ):
            wrong.append("what was sent honestly is not filed once")
        if self.rows("SELECT 1 FROM evidence"):
            wrong.append("somebody stands accused who was not to be")
        return wrong

    def _stands_broken(self, waiting: str) -> list[str]:
        """The link is broken, a stranger is convinced of whom, nothing more is taken, and what waited still waits."""
        wrong = [] if _until(lambda: self.state() == "broken") else [f"the link is {self.state()}, not broken"]
        ours, theirs = self.keys()
        found = [row[0] for row in self.rows("SELECT evidence FROM evidence")]
        if not found or not all(Stranger(ours, theirs).convinced(one) for one in found):
            wrong.append("the evidence does not convince a stranger who has both key lists")
        if any(Stranger(theirs, ours).convinced(one) for one in found):
            wrong.append("the evidence accuses the honest node too")
        again = self.hostile.ask(do="honest", text="as if nothing had been")["fact"]
        if again != "503 broken":
            wrong.append(f"the next exchange was answered {again!r}")
        if len(self.rows("SELECT 1 FROM sent WHERE id = ? AND length(plain) > 0", (_id(waiting),))) != 1:
            wrong.append("a dispatch that waited is lost")
        return wrong

    def _withheld(self) -> list[str]:
        """Overdue in the accord's time, what is urgent goes, what is not is held, and all of it arrives at last."""
        wrong = []
        urgent = self.submit("while it withholds")
        for _ in range(14):
            self.move(5 * MINUTE_MS)
            time.sleep(0.3)
        if not _until(lambda: self.state() == "uncosigned"):
            wrong.append(f"seventy minutes without a co-signature, and the link is {self.state()}")
        held = self.submit("not urgent, while it withholds", "normal")
        if self.rows("SELECT 1 FROM sent WHERE id IN (?, ?) AND fact > 0", (_id(urgent), _id(held))):
            wrong.append("a receipt came that was withheld")
        self.hostile.ask(do="mouth")
        self.hostile.ask(do="honest", text="honest again")
        self.move(2 * MINUTE_MS)
        for one, what in ((urgent, "urgent"), (held, "held")):
            if not _until(lambda one=one: self.rows("SELECT 1 FROM sent WHERE id = ? AND fact = 2", (_id(one),))):
                wrong.append(f"what was {what} did not arrive when it co-signed again")
        if not _until(lambda: self.state() == "up"):
            wrong.append(f"the link is {self.state()} after it co-signed again")
        return wrong

    def move(self, by_ms: int) -> None:
        """Move both clocks."""
        self.stage.now = Ms(self.stage.now + by_ms)
        self.honest.set_clock(Ms(int(time.time() * 1000) + self.stage.now), 1)
        self.hostile.ask(do="clock", by=by_ms)

    def _leaks(self, answers: list[str]) -> list[str]:
        """A problem is a code of the list, a time, how far the mirror reaches; nothing of what went wrong inside."""
        wrong = []
        for raw in map(bytes.fromhex, answers):
            if not raw:
                continue
            try:
                problem = decode_problem(raw)
            except ComityError:
                wrong.append(f"an answer that is no problem: {raw[:40]!r}")
                continue
            if f"`{problem.code}`" not in CODES or problem.unknown:
                wrong.append(f"a problem with more than a known code: {problem.code}")
            if any(word in raw for word in (b"Traceback", b"Error", str(self.stage.folder).encode(), b".py")):
                wrong.append("a problem tells of the inside")
        return wrong

    # --- what single attacks must have left ---

    def _after_denied(self, notes: dict) -> list[str]:
        index = self.rows("SELECT idx FROM got WHERE id = ?", (bytes.fromhex(notes["denied"]),))[0][0]
        ours, theirs = self.keys()
        with closing(open_snapshots(read_config(self.honest.folder))) as store, store.read() as tx:
            proof = entry_proof(tx, LogRole.THEIRS, index)
        if proof is None or bytes.fromhex(notes["denied"]) not in proof.entry:
            return ["there is no proof of what it denies"]
        origin = log_origin(theirs.node, theirs.log.number)
        verify_proof(parse_proof(proof.text()), proof.entry, origin, [log_verifier(theirs)], cosigner_verifier(ours))
        return []

    def _after_backdated(self, notes: dict) -> list[str]:
        index, known = self.rows("SELECT idx, known_at FROM got WHERE id = ?", (bytes.fromhex(notes["backdated"]),))[0]
        with closing(open_snapshots(read_config(self.honest.folder))) as store, store.read() as tx:
            after, _ = leaf_interval(tx, LogRole.THEIRS, index)
        now = time.time() * 1000
        late = abs(known - now) < 5 * MINUTE_MS and after is not None and abs(after - now) < 60 * MINUTE_MS
        return [] if late else [f"the leaf is dated after {after}, known at {known}: that is not now"]

    def _after_unicode_tricks(self, notes: dict) -> list[str]:
        id_, text = notes["tricks"]
        found = self.rows("SELECT plain FROM got WHERE id = ?", (bytes.fromhex(id_),))
        kept = cbor.decode(parts_of(found[0][0])[1].content)["text"]
        return [] if kept == text else ["what came is not kept byte for byte"]

    def _after_bad_files(self, notes: dict) -> list[str]:
        wrong = []
        for wanted, id_ in notes["files"].items():
            state = ""
            asked = _show(bytes.fromhex(id_))

            def looked(asked=asked) -> str:
                (row,) = self.honest.ask("GET", f"/files/of?dispatch={asked}")
                return row["state"]

            if not _until(lambda looked=looked: looked() not in {"coming", "whole"}):
                wrong.append(f"{wanted}: still {looked()}")
            state = looked()
            if state != wanted.split()[0]:
                wrong.append(f"a file that is {wanted} stands as {state}")
            try:
                self.honest.ask("POST", "/files/give", {"dispatch": asked, "number": 0, "by": BY})
                wrong.append(f"a file that is {wanted} was given to a person")
            except ComityError as error:
                if "quarantine" not in str(error):
                    wrong.append(f"a file that is {wanted}: {error}")
        return wrong

    # --- the end ---

    def account(self, peak_before: int) -> list[str]:
        """At the end: nothing lost, nothing doubled, every row as the logs say, and no memory eaten."""
        wrong = []
        texts = [text for text in self.texts("got", "fact = 2") if text.startswith("honest ")]
        if len(texts) != len(set(texts)) or len(texts) < self.count:
            wrong.append(
                f"{self.count} honest dispatches were sent, {len(texts)} are filed, {len(set(texts))} different"
            )
        with closing(open_snapshots(read_config(self.honest.folder))) as store, store.read() as tx:
            found = audit(tx)
        if not found.good:
            wrong.append(f"the audit of the honest node: {found.differences[:3]}")
        grown = self.peak_kb() - peak_before
        if grown > MOST_GROWN_KB:
            wrong.append(f"the honest process grew by {grown} KiB")
        return wrong


def _id(text: str) -> bytes:
    return read_id(text)


def _show(raw: bytes) -> str:
    return show_id(DispatchId(raw))


def _until(condition, seconds: float = 30) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())


def make_base(folder: Path) -> Stage:
    """Make and pair both nodes once; rings are played over copies. The clock stands where the machine's does."""
    folder.mkdir(mode=0o700)
    stage = build(folder, find_data(ROOT, "india-canada"), Ms(int(time.time() * 1000)), tick_ms=0)
    settings = stage.actors[0].folder / "node.toml"
    settings.write_text(settings.read_text() + f"\nscan_command = {scan_setting()}\nfiles_reserve_mib = 0\n")
    stage.actors[1].clock_port = 0
    return stage


@contextmanager
def ring(base: Stage, folder: Path) -> Iterator[Ring]:
    """Start both processes over a fresh copy of the base, with something said and settled."""
    shutil.copytree(base.folder, folder)
    folder.chmod(0o700)
    actors = tuple(replace(one, folder=folder / one.id, root=folder / one.root.name) for one in base.actors)
    stage = Stage(folder, (actors[0], actors[1]), Ms(0))
    made = Ring(stage)
    made.hostile = HostileProcess(made.other.folder, folder / "hostile.log")
    try:
        stage.restart(made.honest)
        made.honest.set_clock(Ms(int(time.time() * 1000)), 1)
        assert _until(lambda: made.state() == "up"), "the link did not come up"
        ours = made.submit("the first of ours")
        assert _until(lambda: made.rows("SELECT 1 FROM sent WHERE id = ? AND fact = 2", (_id(ours),)))
        for n in range(3):
            assert made.hostile.ask(do="honest", text=f"honest {-n}")["fact"] == "2"
        yield made
    finally:
        made.hostile.end()
        made.other.process = None
        stage.stop()
        if made.honest.process is not None and made.honest.process.stdout is not None:
            made.honest.process.stdout.close()


def attacks_of(ends: str, *, quick: bool, rows: list[int]) -> list[Attack]:
    """Return the attacks that end so, in the order of their rows."""
    found = (one for one in ATTACKS.values() if one.ends == ends and (one.quick or not quick))
    return sorted((one for one in found if not rows or one.row in rows), key=lambda one: one.row)
