"""Papers on a case of the demo's day, made by both nodes under both shipped editions and checked by strangers offline.

The case is the extortion case: a question, a correction, answers, two refusals, removals by both laws; on the day after each
side adds a message in another script. Then whoever forges these papers is noticed, by both programs.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from comity.base.hashing import sha256
from comity.base.ids import Ms, show_id
from comity.cli.demo.play import form_of
from comity.cli.demo.ports import free_ports
from comity.cli.doorway import ask
from comity.cli.main import main
from comity.edge.config import read_config
from comity.edge.running import start
from comity.node.casefolder import CERTIFICATE, HASHES, MANIFEST, PDF, SEAL, with_certificate, with_manifest
from comity.node.casepapers import CASE, KEYS, plain_json
from tests.unit.edge.pdftext import inflated, texts_of

from .conftest import ROOT, FinishedDay

EXTORTION, ANSWER = 39, 42
REFUSALS = {"ca": 44, "in": 46}
SIDES = {"ca": ("fr", 113, 103), "in": ("hi", 213, 203)}
"""Language of the papers, legal officer, desk lead."""
FOR = "District Court"
SAID = {"ca": "ਕਿਰਪਾ ਕਰਕੇ ਪਹਿਲੇ ਨੰਬਰ ਦੀ ਸਥਿਤੀ ਫਿਰ ਦੱਸੋ।", "in": "क्रमांक 1 की स्थिति वही है; कृपया दूसरे क्रमांक पर ध्यान दें।"}
HIDDEN = {"ca": ("1042 7718 3900",), "in": ("Sam Placeholder",)}
"""What the other side's law removed before the dispatch crossed: it is nowhere in these papers."""
USE = {
    "act": "use", "form": "short", "who_and_how": "Nobody is named to the office that reads this.", "risk_before": "low",
    "source": "Carrier and file, B2.", "mitigations": [], "risk_after": "low", "decision": "go", "basis": "",
    "decider_desk": "requests", "decider_number": 112, "outside_operation": True,
}  # fmt: skip
SECONDS = 20


class Nodes:
    """Copies of both nodes as they stood at the day's end, running again in one loop with clocks of that evening."""

    def __init__(self, day: FinishedDay, folder: Path) -> None:
        self.folder, self.at = folder, Ms(day.ended + 60_000)
        ports = dict(zip(day.parties, (free_ports(6)[:3], free_ports(6)[3:]), strict=True))
        for party in day.parties:
            self._copy(day, party, ports[party], ports[day.other(party)][0])
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.nodes = [self.call(start(read_config(folder / party))) for party in day.parties]

    def _copy(self, day: FinishedDay, party: str, ports: list[int], other: int) -> None:
        path = day.copy(party, self.folder) / "node.toml"
        text = path.read_text()
        for key, value in zip(("exchange_port", "page_port", "clock_port", "clock_at"), (*ports, self.at), strict=True):
            text = re.sub(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
        path.write_text(re.sub(r'"https://127.0.0.1:\d+"', f'"https://127.0.0.1:{other}"', text))

    def call(self, what: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(SECONDS)

    def until(self, party: str, dispatch: str, state: str) -> None:
        async def wait() -> None:
            async with asyncio.timeout(SECONDS):
                while (ask(self.folder / party, "GET", f"/state?id={dispatch}") or {}).get(state) is None:  # noqa: ASYNC110  another loop's store
                    await asyncio.sleep(0.02)

        asyncio.run(wait())

    def stop(self) -> None:
        for node in self.nodes:
            self.call(node.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(SECONDS)
        self.loop.close()


def officer(number: int) -> dict[str, Any]:
    return {"desk": "requests", "number": number}


def talk(nodes: Nodes, day: FinishedDay, party: str) -> str:
    """Send a message in the case, in the script of one of its languages."""
    scene = replace(
        day.day.scene(REFUSALS[party]), kind="message", body={"text": SAID[party]}, re=(ANSWER,), answers=None
    )
    wish = {"form": form_of(scene, day.day, day.ids), "by": officer(scene.officer)}
    done = ask(nodes.folder / party, "POST", "/submit", wish)
    assert done["outcome"] == "sent", done
    for one in day.parties:
        nodes.until(one, done["id"], "filed")
    return str(done["id"])


class Desk:
    """Who makes papers at one node, by typing."""

    def __init__(self, nodes: Nodes, day: FinishedDay, party: str, folder: Path) -> None:
        self.node, self.case, self.folder = nodes.folder / party, show_id(day.ids[EXTORTION]), folder
        self.language, self.legal, self.lead = SIDES[party]

    def make(self, to: str, *words: str) -> Path:
        """Type the command."""
        command = ("evidence", "make", self.case, "--node", str(self.node), "--to", str(self.folder / to), "--for", FOR,
                   "--officer", f"requests/{self.legal}", "--language", self.language, "--json")  # fmt: skip
        assert main([*command, *words]) == 0
        return self.folder / to

    def approve(self, assessment: Path) -> None:
        """Give the desk lead's yes to each act that waits for it."""
        wish = {"purpose": "export", "recipient": FOR, "assessments": [json.loads(assessment.read_text())]}
        said = ask(self.node, "POST", "/evidence/make", {"case": self.case, "by": officer(self.legal), **wish})
        for act in (one["act"] for one in said["dispatches"]):
            if act["missing"] == ["approval:desk-lead"]:
                yes = {"subject": act["subject"], "role": "desk-lead", "by": officer(self.lead), "yes": True}
                ask(self.node, "POST", "/act/answer", yes)


@pytest.fixture(scope="module")
def made(finished: FinishedDay, tmp_path_factory) -> Path:
    """Both sides' papers; the nodes are gone before anything is checked."""
    folder = tmp_path_factory.mktemp("papers")
    use = folder / "use.json"
    use.write_text(json.dumps(USE))
    nodes = Nodes(finished, tmp_path_factory.mktemp("running"))
    try:
        for party in SIDES:
            talk(nodes, finished, party)
        for party in SIDES:
            desk = Desk(nodes, finished, party, folder)
            desk.make(f"{party}-before", "--purpose", "export")
            desk.approve(use)
            desk.make(party, "--purpose", "export", "--assessment", str(use), "--pdf")
            desk.make(f"{party}-court", "--purpose", "court", "--basis", "order-reference")
    finally:
        nodes.stop()
    return folder


def read(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write(files: dict[str, bytes], folder: Path) -> Path:
    for name, raw in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(raw)
    return folder


def case_of(files: dict[str, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files[CASE])
    return found


def stranger(folder: Path) -> tuple[int, str]:
    """Check papers as somebody who has the folder, Python and `cryptography`, and neither Comity nor a network."""
    command = [sys.executable, "-I", str(ROOT / "tools" / "verify.py"), "evidence", str(folder), f"@{folder / KEYS}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env={"PATH": ""})
    return done.returncode, done.stdout + done.stderr


def own(folder: Path, capsys) -> tuple[int, str]:
    """Check papers with our own command; no node runs any more."""
    capsys.readouterr()
    code = main(["evidence", "verify", str(folder)])
    return code, capsys.readouterr().out


# --- what is in them -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("party", SIDES)
@pytest.mark.parametrize("kind", ["", "-before", "-court"])
def test_strangers_verify_them_without_a_node(made, party, kind, capsys):
    folder = made / f"{party}{kind}"
    code, out = own(folder, capsys)
    assert (code, out.rstrip().splitlines()[-1]) == (0, "VERIFIED"), out
    code, out = stranger(folder)
    assert (code, out.rstrip().splitlines()[-1]) == (0, "VERIFIED"), out


@pytest.mark.parametrize("party", SIDES)
def test_the_law_of_each_side_says_what_is_in_them(made, finished, party):
    names = {show_id(id_): number for number, id_ in finished.ids.items()}
    before, after, court = (
        {names.get(one["id"], 0): one for one in case_of(read(made / f"{party}{kind}"))["dispatches"]}
        for kind in ("-before", "", "-court")
    )
    assert set(after) == {*range(EXTORTION, 48), 0}
    assert [number for number, one in after.items() if one["removed"]] == [EXTORTION]  # a correction replaced it
    assert after[EXTORTION]["removed"]["class"] == "refused-by-law"
    assert {one["removed"]["class"] for n, one in before.items() if n in {40, 42}} == {"approval-missing"}
    assert not any(one["shown"] for one in court.values())
    assert {one["removed"]["class"] for one in court.values()} == {"approval-missing"}  # H1: asked of who gave it


@pytest.mark.parametrize("party", SIDES)
def test_the_pages_show_both_scripts_and_not_what_was_removed(made, party):
    files = read(made / party)
    streams = inflated(files[PDF])
    drawn = "".join(texts_of(streams))
    for text in SAID.values():
        assert any(text in part.decode("utf-8", "replace") for part in files.values())
    assert "dormant since May" in drawn
    packed = b"".join(streams if name == PDF else raw for name, raw in files.items())
    for words in HIDDEN[party]:
        assert words not in drawn
        assert not any(form in packed for form in (words.encode(), words.encode("utf-16-be")))


@pytest.mark.parametrize("party", SIDES)
def test_both_forms_stand_in_the_papers_of_both_sides(made, party):
    files = read(made / party)
    value = json.loads(files[CERTIFICATE])["value"]
    assert value == sha256(files[HASHES]).hex()
    case = case_of(files)
    assert [one["exercise"] for one in case["editions"]] == [True, True]
    assert {"forms/in-1-certificate.toml", "forms/ca-1-integrity.toml"} <= set(files)
    drawn = "".join(texts_of(inflated(files[PDF])))
    for words in ("PART A", "PART B", "SHA256", "31.1", "31.3"):
        assert words in drawn, words


# --- forged ----------------------------------------------------------------------------------------------------------


def _byte(name: str) -> Any:
    def change(files: dict[str, bytes]) -> dict[str, bytes]:
        raw = bytearray(files[name.format(**_places(files))])
        raw[len(raw) // 2] ^= 1
        return {**files, name.format(**_places(files)): bytes(raw)}

    return change


def _places(files: dict[str, bytes]) -> dict[str, str]:
    shown = next(one["folder"] for one in case_of(files)["dispatches"] if "body" in one["shown"])
    return {"shown": shown}


def _again(files: dict[str, bytes], **more: bytes) -> dict[str, bytes]:
    """Make report, certificate and manifest again, as a forger would who knows how."""
    left = {name: raw for name, raw in files.items() if name not in {HASHES, CERTIFICATE, MANIFEST, SEAL, PDF}}
    return with_manifest({**with_certificate({**left, **more}), PDF: files[PDF]}, json.loads(files[MANIFEST])["made"])


def _missing(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: raw for name, raw in files.items() if name != f"{_places(files)['shown']}/part1"}


def _checkpoint(files: dict[str, bytes]) -> dict[str, bytes]:
    """Put another co-signed checkpoint of the same log under an entry."""
    listed = [one for one in case_of(files)["dispatches"] if one["ours"]]
    first, last = (f"{one['folder']}/proof" for one in (listed[0], listed[-1]))
    assert files[first].partition(b"\n\n")[2] != files[last].partition(b"\n\n")[2]
    return _again(files, **{first: files[first].partition(b"\n\n")[0] + b"\n\n" + files[last].partition(b"\n\n")[2]})


def _text(files: dict[str, bytes]) -> dict[str, bytes]:
    part = next(name for name, raw in files.items() if name.endswith("/part1") and b"dormant since May" in raw)
    return _again(files, **{part: files[part].replace(b"dormant since May", b"active since June")})


def _without_refusal(files: dict[str, bytes]) -> dict[str, bytes]:
    """Take a refusal out whole, list and all."""
    case = case_of(files)
    gone = case["dispatches"].pop(5)["folder"]
    left = {name: raw for name, raw in files.items() if not name.startswith(gone)}
    return _again(left, **{CASE: plain_json(case)})


def _pdf(files: dict[str, bytes]) -> dict[str, bytes]:
    """Put other pages in and seal the folder anew: only printing again, or the kept hash, tells."""
    left = {name: raw for name, raw in files.items() if name not in {MANIFEST, SEAL}}
    return with_manifest({**left, PDF: files[PDF] + b"%"}, json.loads(files[MANIFEST])["made"])


FORGED = {
    "a byte of a text": _byte("{shown}/part1"),
    "a byte of a sealed dispatch": _byte("{shown}/sealed"),
    "a byte of the pages": _byte(PDF),
    "a byte of a form": _byte("forms/in-1-certificate.toml"),
    "a byte of the list": _byte(CASE),
    "a missing file": _missing,
    "another checkpoint": _checkpoint,
    "another text, sealed anew": _text,
    "a refusal left out, sealed anew": _without_refusal,
}


@pytest.mark.parametrize("party", SIDES)
@pytest.mark.parametrize("what", FORGED)
def test_a_forged_folder_is_refused_by_both_programs(made, party, what, tmp_path, capsys):
    folder = write(FORGED[what](read(made / party)), tmp_path / "forged")
    for code, out in (own(folder, capsys), stranger(folder)):
        assert code == 1, out
        assert "BAD" in out


def test_the_certificate_of_other_papers_is_refused_by_both(made, tmp_path, capsys):
    """One side's certificate, or hash report with it, put into the other's folder; sealed anew or not."""
    ca, other = read(made / "ca"), read(made / "in")
    for names in ((CERTIFICATE,), (CERTIFICATE, HASHES)):
        swapped = {**ca, **{name: other[name] for name in names}}
        left = {name: raw for name, raw in swapped.items() if name not in {MANIFEST, SEAL}}
        for n, files in enumerate((swapped, with_manifest(left, json.loads(ca[MANIFEST])["made"]))):
            folder = write(files, tmp_path / f"{len(names)}{n}")
            assert own(folder, capsys)[0] == 1
            assert stranger(folder)[0] == 1


def test_other_pages_sealed_anew_are_told_by_printing_again_and_by_the_kept_hash(made, tmp_path, capsys):
    folder = write(_pdf(read(made / "in")), tmp_path / "forged")
    code, out = own(folder, capsys)
    assert code == 1
    assert "it was replaced" in out
    kept = sha256((made / "in" / MANIFEST).read_bytes()).hex()
    assert main(["evidence", "verify", str(folder), "--manifest", kept]) == 1
    assert "another hash than you gave" in capsys.readouterr().out
