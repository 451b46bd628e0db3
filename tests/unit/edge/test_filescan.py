"""Looking into a whole file: the command's three ends, its time, and what does not open."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from comity.base.ids import DispatchId
from comity.crypto.chunks import FileSealer, cipher_size
from comity.dispatch.attached import FileState
from comity.dispatch.wire import Attachment
from comity.edge import filescan
from comity.edge.filescan import Look, Scanner, look_into, plain_of
from comity.edge.filestore import FileStore
from tests.unit.edge.filesworld import PDF, SCAN

KEY, ID = bytes(range(32)), DispatchId(bytes(16))


def kept(store: FileStore, plain: bytes, media: str = "application/pdf") -> Attachment:
    sealer = FileSealer(KEY, ID, len(plain))
    with store.part("x", cipher_size(len(plain))) as part:
        part.write(sealer.update(plain))
        for piece in sealer.finish():
            part.write(piece)
        part.publish(sealer.digest())
    return Attachment("a", media, len(plain), cipher_size(len(plain)), sealer.digest(), KEY)


@pytest.fixture
def store(tmp_path):
    return FileStore(tmp_path / "files", 0)


def said(store: FileStore, file: Attachment, scanner: Scanner) -> FileState:
    """What a look into the stored file and one while it goes by say; they must not differ."""
    looked, look = look_into(store, ID, file, scanner), Look(scanner)
    for piece in plain_of(store, ID, file):
        look.feed(piece)
    by, late = look.end(), scanner.seconds == 1
    assert late or by == looked
    assert by is None or not late, "a scan whose time was over while the file came is tried again on the whole file"
    return looked.say(file.media)[0]


def python(code: str, seconds: int = 10) -> Scanner:
    return Scanner((sys.executable, "-c", code), seconds)


@pytest.mark.parametrize(
    ("scanner", "plain", "state"),
    [
        (python(SCAN), PDF, FileState.CLEAN),
        (python(SCAN), PDF + b"EICAR", FileState.INFECTED),
        (python(SCAN), PDF + b"BREAKS", FileState.SCAN_FAILED),
        (python("raise SystemExit(0)"), PDF * 9_000, FileState.CLEAN),
        (python("import time; time.sleep(60)", 1), PDF * 9_000, FileState.SCAN_FAILED),
        (python("import os; os.kill(os.getpid(), 9)"), PDF, FileState.SCAN_FAILED),
        (Scanner(("/nowhere/scanner",), 5), PDF, FileState.SCAN_FAILED),
        (Scanner(), PDF, FileState.UNSCANNED),
        (Scanner(unscanned=True), PDF, FileState.CLEAN),
        (python(SCAN), b"MZ" + bytes(99), FileState.ACTIVE),
    ],
    ids=[
        "clean",
        "found",
        "fails",
        "reads nothing",
        "too slow",
        "dies",
        "not there",
        "none",
        "none wanted",
        "clean but runs",
    ],
)
def test_only_a_scan_that_ended_well_says_clean(store, scanner, plain, state):
    assert said(store, kept(store, plain), scanner) is state


def test_the_command_gets_the_plain_bytes_and_nothing_of_ours(store, tmp_path):
    out = tmp_path / "out"
    code = f"import sys, os, json; json.dump([len(sys.stdin.buffer.read()), os.getcwd(), sorted(os.environ), sys.argv[1:]], open({str(out)!r}, 'w'))"
    large = PDF + os.urandom(3 << 20)
    assert said(store, kept(store, large), python(code)) is FileState.CLEAN
    length, folder, environment, arguments = __import__("json").loads(out.read_text())
    assert (length, folder, arguments) == (len(large), "/", [])
    assert set(environment) <= {"PATH", "LC_CTYPE"}


def test_a_file_that_does_not_open_is_no_clean_file(store):
    file = kept(store, PDF)
    path = Path(store.path(file.cipher))
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    assert look_into(store, ID, file, python(SCAN)) is None
    assert look_into(store, DispatchId(b"\x01" * 16), file, python(SCAN)) is None
    path.unlink()
    assert look_into(store, ID, file, Scanner()) is None


def test_a_look_that_is_slower_than_the_way_gives_up_and_the_whole_file_is_looked_into_later(monkeypatch):
    monkeypatch.setattr(filescan, "_SLOW_SECONDS", 0.05)
    look = Look(python("import time; time.sleep(60)", 50))
    for _ in range(12):
        look.feed(os.urandom(1 << 20))
    assert look.end() is None


def test_a_look_that_is_dropped_ends_its_scan_at_once():
    look = Look(python("import time; time.sleep(60)", 50))
    look.feed(PDF)
    look.drop()
    assert look.end() is None
    look.feed(PDF)
    assert look.end() is None


def test_an_empty_file_is_scanned_too():
    look = Look(python("import sys; sys.exit(1 if sys.stdin.buffer.read() == b'' else 3)"))
    found = look.end()
    assert found is not None
    assert found.say("text/plain") == (FileState.INFECTED, "text/plain")
