"""Our log and our mirror as C2SP files: what an outside auditor with public keys reads, and nothing it may not."""

from __future__ import annotations

from hashlib import sha256

from comity.dispatch.book import LogRole
from comity.dispatch.keylist import verify_keylist
from comity.node.assemble import cosigner_verifier, log_verifier
from comity.node.logfiles import all_files, log_file, newest_checkpoint, origin_hash, served
from comity.tlog.audit import audit_files
from comity.tlog.checkpoint import verify_cosigned_head
from tests.unit.node.forge import START, A, B, half, logs, node, pair
from tests.unit.node.world import Ms, exchange, form


def told():
    a, b = pair()
    for n in range(4):
        a.submit([form(str(n))], Ms(START + n * 1000))
        exchange(a, b, Ms(START + n * 1000 + 1))
    exchange(a, b, Ms(START + 9000))
    return a, b


def test_an_auditor_checks_both_logs_from_their_files():
    a, b = told()
    for of in (a, b):
        for role in (LogRole.OURS, LogRole.THEIRS):
            with of.ledger.read() as tx:
                files = dict(all_files(tx, role))
                assert list(files)[-1] == "checkpoint", "last, so that no reader sees it too early"
                assert all(log_file(tx, role, path) == content for path, content in files.items())
                origin = logs(of)[role is LogRole.THEIRS].origin
            log, other = (A, B) if origin.startswith(A) else (B, A)
            keys = {name: verify_keylist(half(name).keys, half(name).root.public()) for name in (A, B)}
            note = files["checkpoint"].decode()
            signed = verify_cosigned_head(note, origin, [log_verifier(keys[log])], cosigner_verifier(keys[other]))
            assert audit_files(files.get, signed.head.checkpoint).good
            assert signed.head.checkpoint.size > 3


def test_there_is_no_file_before_the_first_cosignature():
    a = node()
    a.speak(START)
    with a.ledger.read() as tx:
        for role in LogRole:
            assert newest_checkpoint(tx, role) is None
            assert log_file(tx, role, "checkpoint") is None
            assert list(all_files(tx, role)) == []


def test_the_decision_log_is_never_served():
    a, _ = told()
    with a.ledger.read() as tx:
        assert origin_hash("x") == sha256(b"x").hexdigest()  # spec: C2SP tlog-witness
        assert served(tx, origin_hash(f"{A}/log/1")).role is LogRole.OURS
        assert served(tx, origin_hash(f"{B}/log/1")).role is LogRole.THEIRS
        assert served(tx, origin_hash(f"{A}/decision/1")) is None
        assert served(tx, "") is None


def test_a_tile_of_another_width_than_the_tree_has_is_no_file():
    a, _ = told()
    with a.ledger.read() as tx:
        size, _ = newest_checkpoint(tx, LogRole.OURS)
        good = (f"tile/0/000.p/{size}", f"tile/entries/000.p/{size}", "tile/0/000.p/1")
        bad = (
            f"tile/0/000.p/{size + 1}",
            f"tile/entries/000.p/{size + 1}",
            "tile/0/000",
            "tile/1/000.p/1",
            "tile/x",
            "..",
        )
        assert all(log_file(tx, LogRole.OURS, path) for path in good)
        assert not any(log_file(tx, LogRole.OURS, path) for path in bad)


def test_a_lost_tile_is_no_half_file():
    a, _ = told()
    with a.ledger.begin() as book:
        book.tx.run("DELETE FROM tile WHERE role = 'ours'")
        assert log_file(book.tx, LogRole.OURS, "tile/0/000.p/1") is None
