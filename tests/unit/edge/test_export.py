"""An export of a running node verifies for a stranger; whatever is tampered with in it is named."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from functools import partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from comity.base.errors import BadConfiguration, BadSignature
from comity.base.ids import Ms
from comity.dispatch.entries import Fact, HeadLeaf, ReceiptLeaf, ResealLeaf, encode_entry
from comity.edge.export import (
    INDEX,
    Checked,
    Unreadable,
    check_log,
    cross_check,
    export_logs,
    file_count,
    read_places,
    snapshot,
    steps,
    verified_head,
)
from comity.node.logfiles import newest_checkpoint
from comity.node.publickeys import PublicKeys
from comity.tlog.audit import AuditReport
from comity.tlog.checkpoint import Checkpoint, CosignedHead, SignedHead
from tests.unit.edge.deskworld import make_pair
from tests.unit.edge.lognode import told
from tests.unit.node.world import START, A, B, exchange

TOOL = Path(__file__).parents[3] / "tools" / "verify.py"


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "logs"
    with snapshot(told()[0]) as tx:
        export_logs(tx, folder)
    return folder


@pytest.fixture
def export(original, tmp_path):
    return Path(shutil.copytree(original, tmp_path / "logs"))


def hashed(node):
    return sha256(f"{node}/log/1".encode()).hexdigest()


def checked(where, keys=None):
    found = []
    for place, read in read_places(str(where), keys or told()[4]):
        found.append(check_log(place, read, verified_head(read, keys or told()[4])))
    return found


def tool(folder):
    keys = told()[4]
    options = [part for key in keys.logs for vkey in key.vkeys() for part in ("--log-vkey", vkey)]
    options += [part for key in keys.cosigners for vkey in key.vkeys() for part in ("--cosigner-vkey", vkey)]
    command = [sys.executable, str(TOOL), "log", str(folder), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).returncode


# --- writing -------------------------------------------------------------------------------------------------------


def test_both_logs_are_written_while_the_node_runs(tmp_path):
    folder, a, _, _, _ = told()
    ticks = []
    with snapshot(folder) as tx:
        count = file_count(tx)
        done = export_logs(tx, tmp_path / "logs", lambda: ticks.append(1))
        sizes = tuple(newest_checkpoint(tx, role)[0] for role in ("ours", "theirs"))
    assert [(one.origin, one.folder) for one in done] == [
        (f"{A}/log/1", hashed(A)),
        (f"{B}/log/1", hashed(B)),
    ]
    assert tuple(one.size for one in done) == sizes
    assert sum(one.files for one in done) == count == len(ticks)
    assert (tmp_path / "logs" / INDEX).read_text() == f"{hashed(A)} {A}/log/1\n{hashed(B)} {B}/log/1\n"
    assert (tmp_path / "logs" / "accord.cose").is_file()
    assert len(list((tmp_path / "logs" / "keys").iterdir())) == 2
    assert a.store is not None


def test_nothing_of_the_decision_log_leaves(original):
    decision = sha256(f"{A}/decision/1".encode()).hexdigest()
    assert not (original / decision).exists()
    assert {path.name for path in original.iterdir()} == {hashed(A), hashed(B), INDEX, "accord.cose", "keys"}


def test_an_export_is_brought_up_to_date(tmp_path):
    a, b = make_pair()
    exchange(a, b, START)
    with a.ledger.read() as tx:
        (tmp_path / "file").write_text("")
        with pytest.raises(BadConfiguration, match="could not be written"):
            export_logs(tx, tmp_path / "file")
        first = export_logs(tx, tmp_path / "logs")
    exchange(b, a, Ms(START + 1_000))
    with a.ledger.read() as tx:
        second = export_logs(tx, tmp_path / "logs")
    assert [one.size for one in first] <= [one.size for one in second]
    keys = PublicKeys.listed(a.office.peer_keys, b.office.peer_keys)
    assert all(one.report.good for one in checked(tmp_path / "logs", keys))


def test_before_the_first_cosignature_there_is_nothing_to_export(tmp_path):
    a, _ = make_pair()
    with a.ledger.read() as tx:
        assert file_count(tx) == 0
        with pytest.raises(BadConfiguration, match="nothing was exported"):
            export_logs(tx, tmp_path / "logs")


def test_a_folder_without_store_is_no_node(tmp_path):
    (tmp_path / "node.toml").write_text(f'node = "{A}"\nparty = "XA"\npeer = "{B}"\n', encoding="utf-8")
    with pytest.raises(BadConfiguration, match="no store yet"), snapshot(tmp_path):
        pass
    assert not (tmp_path / "node.db").exists()


# --- checking ------------------------------------------------------------------------------------------------------


def test_a_stranger_verifies_the_export(original):
    found = checked(original)
    assert all(one.report.good for one in found)
    assert {one.head.head.checkpoint.size for one in found} == {len(one.entries) for one in found}
    assert cross_check(found) == ()
    assert [tool(original / hashed(node)) for node in (A, B)] == [0, 0]


def test_one_log_alone_is_enough(original):
    (one,) = checked(original / hashed(A))
    assert one.report.good
    assert one.report.entries > 256
    assert steps(one.report.entries) == 5
    assert cross_check([one]) == ()


def flip(data):
    return data[:40] + bytes([data[40] ^ 1]) + data[41:]


@pytest.mark.parametrize(
    ("path", "edit", "kinds"),
    [
        ("tile/entries/000", flip, {"wrong-root", "tile-differs"}),
        ("tile/entries/000", lambda d: d[:-1], {"malformed"}),
        ("tile/entries/000", None, {"missing"}),
        ("tile/0/000", flip, {"tile-differs"}),
        ("tile/0/000", None, {"missing"}),
        ("tile/1/000.p/1", lambda d: d[::-1], {"tile-differs"}),
    ],
)
def test_a_tampered_export_is_named(export, path, edit, kinds):
    file = export / hashed(A) / path
    if edit:
        file.write_bytes(edit(file.read_bytes()))
    else:
        file.unlink()
    found = {one.head.head.checkpoint.origin: one for one in checked(export)}
    assert kinds <= {fault.kind.value for fault in found[f"{A}/log/1"].report.faults}
    assert found[f"{B}/log/1"].report.good
    assert tool(export / hashed(A)) == 1


def test_a_tampered_checkpoint_is_no_checkpoint(export):
    file = export / hashed(A) / "checkpoint"
    good = file.read_bytes()
    ((_, read),) = read_places(str(export / hashed(A)), told()[4])
    for wrong in (good.replace(b"mirror/1", b"mirror/2"), good[:-10], b"rubbish"):
        file.write_bytes(wrong)
        with pytest.raises(BadSignature):
            verified_head(read, told()[4])
    file.write_bytes(b"\xff")
    with pytest.raises(Unreadable, match="no text"):
        verified_head(read, told()[4])
    file.unlink()
    with pytest.raises(Unreadable, match="no checkpoint"):
        verified_head(read, told()[4])
    with pytest.raises(Unreadable, match="no exported log"):
        read_places(str(export / "keys"), told()[4])


def test_an_older_checkpoint_of_another_history(original):
    ((place, read),) = read_places(str(original / hashed(A)), told()[4])
    head = verified_head(read, told()[4])
    same = Checkpoint(head.head.checkpoint.origin, 1, bytes(32))
    other = Checkpoint("other.example/log/1", 1, bytes(32))
    assert not check_log(place, read, head, [same]).report.good
    assert check_log(place, read, head, [other]).report.good


# --- across logs -----------------------------------------------------------------------------------------------------


def as_log(origin, entries):
    checkpoint = Checkpoint(origin, len(entries), bytes(32))
    head = CosignedHead(SignedHead(checkpoint, 1, ""), None, "")
    return Checked(origin, head, AuditReport(checkpoint, len(entries), 0, 0, None, ()), tuple(entries))


def real(node, original):
    return next(one.entries for one in checked(original) if one.head.head.checkpoint.origin == f"{node}/log/1")


def test_a_head_that_the_other_log_never_had(original):
    theirs = as_log(f"{B}/log/1", real(B, original))
    false = encode_entry(HeadLeaf(f"{B}/log/1", 3, bytes(32), 1))
    beyond = encode_entry(HeadLeaf(f"{B}/log/1", 10_000, bytes(32), 1))
    (said,) = cross_check([as_log(f"{A}/log/1", [beyond, false]), theirs])
    assert "entry 1: names a head" in said


def test_a_receipt_of_what_was_never_sent(original):
    ours = real(A, original)
    index, dispatch = next((n, leaf) for n, leaf in enumerate(map(decoded, ours)) if hasattr(leaf, "decision"))
    good = ReceiptLeaf(index, dispatch.id, dispatch.sealed, Fact.FILED, None, None, None)
    wrong = [
        ReceiptLeaf(index, bytes(16), dispatch.sealed, Fact.FILED, None, None, None),
        ReceiptLeaf(index, dispatch.id, bytes(32), Fact.FILED, None, None, None),
        ReceiptLeaf(0, dispatch.id, dispatch.sealed, Fact.FILED, None, None, None),
    ]
    beyond = ReceiptLeaf(99_999, dispatch.id, dispatch.sealed, Fact.FILED, None, None, None)
    receipts = [encode_entry(leaf) for leaf in (good, *wrong, beyond)]
    found = cross_check([as_log(f"{A}/log/1", ours), as_log(f"{B}/log/1", [*receipts, b"\x80"])])
    theirs = [line.split(" entry ")[1].split(":")[0] for line in found if line.startswith(B)]
    assert theirs == ["1", "2", "3", "5"]
    resealed = [*ours, encode_entry(ResealLeaf(index, bytes(32), 4096, 1))]
    found = cross_check([as_log(f"{A}/log/1", resealed), as_log(f"{B}/log/1", receipts[2:3])])
    assert not [line for line in found if line.startswith(B)]


def decoded(entry):
    from comity.dispatch.entries import decode_entry

    return decode_entry(entry)


# --- addresses -------------------------------------------------------------------------------------------------------


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def served(export):
    web = export.parent / "web"
    web.mkdir()
    export.rename(web / "log")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(web))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield web, server.server_address[1]
        server.shutdown()


def test_a_served_log_is_read_under_any_name_of_this_machine(served):
    _, port = served
    for host in ("127.0.0.1", "localhost", "north.localhost", "north.localhost."):
        (one,) = checked(f"http://{host}:{port}/log/{hashed(A)}/")
        assert one.report.good
    found = checked(f"http://north.localhost:{port}")
    assert {one.head.head.checkpoint.origin for one in found} == {f"{A}/log/1", f"{B}/log/1"}
    assert cross_check(found) == ()


def test_a_served_log_that_is_tampered_with_or_not_there(served):
    web, port = served
    tile = web / "log" / hashed(A) / "tile/0/000"
    tile.write_bytes(flip(tile.read_bytes()))
    (one,) = checked(f"http://127.0.0.1:{port}/log/{hashed(A)}")
    assert not one.report.good
    with pytest.raises(Unreadable, match="no checkpoint"):
        checked(f"http://127.0.0.1:{port}/log/nothing")
    shutil.rmtree(web / "log")
    with pytest.raises(Unreadable, match="serves none"):
        checked(f"http://127.0.0.1:{port}")


def test_addresses_that_are_none_or_do_not_answer():
    for where in ("ftp://127.0.0.1/log", "http://", "file:///log"):
        with pytest.raises(Unreadable, match="no address"):
            checked(where)
    with pytest.raises(Unreadable, match="could not be read"):
        checked("http://127.0.0.1:1/log/x")
    with pytest.raises(Unreadable, match="could not be read"):
        checked("https://127.0.0.1:1/log/x")


class Endless(BaseHTTPRequestHandler):
    """Answers with more than any file of a log may have, or sends the reader elsewhere."""

    def do_GET(self):
        if "elsewhere" in self.path:
            self.send_response(302)
            self.send_header("Location", "/log/x/checkpoint")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"x" * 64)

    def log_message(self, *_):
        pass


def test_an_endless_answer_ends_and_a_redirect_is_not_followed(monkeypatch):
    monkeypatch.setattr("comity.edge.export._FILE_BYTES", 50)
    with ThreadingHTTPServer(("127.0.0.1", 0), Endless) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        with pytest.raises(Unreadable, match="larger than any file"):
            checked(f"http://127.0.0.1:{port}/log/x")
        with pytest.raises(Unreadable, match="no checkpoint"):
            checked(f"http://127.0.0.1:{port}/elsewhere")
        server.shutdown()
