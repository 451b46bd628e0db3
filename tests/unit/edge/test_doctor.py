"""`comity doctor`: each fault planted is found with what to do, and nothing is changed by looking."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import types

import pytest

from comity.base.ids import Ms
from comity.cli.main import main
from comity.edge import doctor
from comity.edge.config import read_config
from comity.edge.doctor import Grade, examine
from tests.unit.edge.twofolders import MADE, copy_of, opened, paired

DAY = 86_400_000


@pytest.fixture
def base(tmp_path):
    found = copy_of(paired(), tmp_path)
    for name in ("ostrel", "vanmere"):
        opened(found, name).store.close()
        config = read_config(found / name)
        doctor.pki.renew_if_due(config.path(config.tls), config.name, MADE)
    (found / "ostrel").chmod(0o700)
    return found


def by_what(base, now=MADE, **more):
    return {one.what: one for one in examine(base / "ostrel", now, **more)}


def test_a_good_node_has_no_bad_finding(base):
    found = examine(base / "ostrel", MADE)
    assert [one for one in found if one.grade is Grade.BAD] == []
    assert {one.what for one in found} >= {
        "version", "node", "rights", "disk", "inodes", "store", "schema", "link", "clock", "sealing keys", "log key",
        "certificate", "peer", "copies",
    }  # fmt: skip


def test_what_is_not_good_says_what_to_do(base):
    for one in examine(base / "ostrel", Ms(MADE + 400 * DAY)):
        assert one.grade is Grade.GOOD or one.do


@pytest.mark.parametrize(
    ("plant", "what"),
    [
        (lambda folder: (folder / "node.toml").write_text("oops = 1"), "settings"),
        (lambda folder: next((folder / "keys").glob("log-*")).chmod(0o644), "rights"),
        (lambda folder: next((folder / "keys").glob("log-*")).unlink(), "files"),
        (lambda folder: (folder / "node.db").write_bytes(b"no store" * 900), "store"),
        (lambda folder: _damage(folder / "node.db"), "store"),
        (lambda folder: _sql(folder, "UPDATE schema_version SET compatible = 99, number = 99"), "schema"),
        (lambda folder: _sql(folder, "UPDATE link SET state = 'broken', clock_off = 7200000"), "link"),
        (lambda folder: _sql(folder, "UPDATE link SET clock_off = -7200000"), "clock"),
        (lambda folder: (folder / "peer-keys.cose").unlink(), "files"),
    ],
)
def test_each_planted_fault_is_found(base, plant, what):
    plant(base / "ostrel")
    found = by_what(base)
    assert found[what].grade is Grade.BAD
    assert found[what].do


def _sql(folder, statement):
    with sqlite3.connect(folder / "node.db") as store:
        store.execute(statement)
    store.close()


def _damage(path):
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(os.urandom(4096 * 8))


def test_keys_and_certificates_that_end_are_told_in_time(base):
    assert by_what(base, Ms(MADE + 25 * DAY))["sealing keys"].grade is Grade.LOOK
    assert by_what(base, Ms(MADE + 31 * DAY))["sealing keys"].grade is Grade.BAD
    real = doctor.pki.days_left
    for days, grade in ((20, Grade.GOOD), (3, Grade.LOOK), (-1, Grade.BAD)):
        doctor.pki.days_left = lambda *_, d=days: d
        try:
            assert by_what(base)["certificate"].grade is grade
        finally:
            doctor.pki.days_left = real


def test_what_is_suspended_and_challenged_is_named_with_who_can_end_it(base):
    _sql(base / "ostrel", "UPDATE link SET state = 'suspended', stops = 'ours/ theirs/requests', challenged = 2")
    found = examine(base / "ostrel", MADE)
    stopped = {one.says: one.do for one in found if one.what == "suspended"}
    assert stopped == {
        "the exchange was suspended by this side": "two persons of ours resume it: comity link resume, then confirm",
        "desk requests was suspended by the other side": "telephone them: only who suspended it resumes it",
    }
    _sql(base / "ostrel", "UPDATE link SET stops = 'theirs/!ended'")
    assert "the accord was ended by the other side" in {one.says for one in examine(base / "ostrel", MADE)}
    (challenge,) = [one for one in found if one.what == "challenge"]
    assert (challenge.grade, challenge.says[:1]) == (Grade.LOOK, "2")


def test_the_store_of_an_older_program_is_looked_at_too(base):
    for statement in (
        "ALTER TABLE link DROP COLUMN stops", "ALTER TABLE link DROP COLUMN challenged", "DROP TABLE paper",
        "UPDATE schema_version SET number = 10 WHERE owner = 'node'",
    ):  # fmt: skip
        _sql(base / "ostrel", statement)
    found = by_what(base)
    assert "brings it up" in found["schema"].says
    assert {found[one].grade for one in ("store", "link", "sealing keys", "log key")} == {Grade.GOOD}


def test_the_log_key_of_the_list_in_force_is_looked_for(base, monkeypatch):
    (base / "ostrel" / "keys" / "log-1.key").write_bytes((base / "vanmere" / "keys" / "log-1.key").read_bytes())
    found = by_what(base)["log key"]
    assert (found.grade, "put back" in found.do) == (Grade.BAD, True)


def test_a_full_disk_and_one_without_inodes_are_told(base, monkeypatch):
    for free, grade in ((10 << 30, Grade.GOOD), (1 << 30, Grade.LOOK), (1 << 20, Grade.BAD)):
        monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _, f=free: types.SimpleNamespace(free=f))
        assert by_what(base)["disk"].grade is grade
    monkeypatch.setattr(doctor.os, "statvfs", lambda _: types.SimpleNamespace(f_files=9, f_favail=3, f_flag=0))
    assert by_what(base)["inodes"].grade is Grade.BAD
    monkeypatch.setattr(doctor.os, "statvfs", lambda _: types.SimpleNamespace(f_files=0, f_favail=0, f_flag=0))
    assert by_what(base)["inodes"].grade is Grade.GOOD
    read_only = types.SimpleNamespace(f_files=9, f_favail=9_999, f_flag=os.ST_RDONLY)
    monkeypatch.setattr(doctor.os, "statvfs", lambda _: read_only)
    assert (by_what(base)["disk"].grade, by_what(base)["disk"].says) == (Grade.BAD, "it is read-only")
    monkeypatch.setattr(doctor.os, "getuid", lambda: 424_242)
    assert any(one.grade is Grade.LOOK and "another account" in one.says for one in examine(base / "ostrel", MADE))


def test_older_and_newer_stores_are_told_apart(base):
    _sql(base / "ostrel", "UPDATE schema_version SET number = 1, compatible = 0 WHERE owner = 'node'")
    assert "brings it up" in by_what(base)["schema"].says
    _sql(base / "ostrel", "UPDATE schema_version SET number = 99 WHERE owner = 'node'")
    assert by_what(base)["schema"].grade is Grade.LOOK
    (base / "ostrel" / "node.db").unlink()
    assert by_what(base)["store"].grade is Grade.LOOK


def test_a_peer_that_does_not_answer_and_one_that_is_another_are_told_apart(base, monkeypatch):
    path = base / "ostrel" / "node.toml"
    path.write_text(path.read_text() + 'peer_addresses = ["https://127.0.0.1:1"]\n')
    found = by_what(base)["peer"]
    assert (found.grade, "courier" in found.do) == (Grade.LOOK, True)

    class Plain:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    class Context:
        def __init__(self, error):
            self.error = error

        def wrap_socket(self, *_, **__):
            if self.error:
                raise self.error
            return Plain()

    monkeypatch.setattr(doctor.socket, "create_connection", lambda *_: Plain())
    for error, grade in ((None, Grade.GOOD), (doctor.ssl.SSLCertVerificationError("x"), Grade.BAD)):
        monkeypatch.setattr(doctor.pki, "client_context", lambda *_, e=error: Context(e))
        assert by_what(base)["peer"].grade is grade


def test_files_that_are_not_on_the_disk_and_those_in_quarantine_are_told(base):
    found = by_what(base)
    assert (found["attachments"].grade, found["scan"].grade) == (Grade.GOOD, Grade.LOOK)
    rows = "(X'01', 0, 1, X'AB', 7, 'clean', '', 0), (X'02', 0, 0, X'AC', 7, 'coming', '', 0), (X'03', 0, 0, X'AD', 7, 'infected', '', 0)"
    _sql(base / "ostrel", f"INSERT INTO attachment VALUES {rows}")
    found = by_what(base)
    assert (found["attachments"].grade, "2 of 2 files" in found["attachments"].says) == (Grade.BAD, True)
    assert (found["quarantine"].grade, "1 files" in found["quarantine"].says) == (Grade.LOOK, True)
    (base / "ostrel" / "files").mkdir(exist_ok=True)
    (base / "ostrel" / "files" / "ab").write_bytes(b"1234567")
    (base / "ostrel" / "files" / "ad").write_bytes(b"123")
    assert "1 of 2 files" in by_what(base)["attachments"].says


def test_the_age_of_copies_is_told(base, tmp_path):
    copies = tmp_path / "copies"
    copies.mkdir()
    assert by_what(base, copies=copies)["copies"].grade is Grade.BAD
    copy = copies / "copy.db"
    copy.write_bytes(b"x")
    os.utime(copy, (MADE / 1000, MADE / 1000))
    assert by_what(base, Ms(MADE + 3 * DAY), copies=copies)["copies"].grade is Grade.GOOD
    assert by_what(base, Ms(MADE + 9 * DAY), copies=copies)["copies"].grade is Grade.BAD


def test_looking_changes_nothing(base):
    folder = base / "ostrel"
    before = {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }
    examine(folder, MADE)
    assert {path: path.read_bytes() for path in before} == before


def test_the_command_ends_by_the_worst_of_what_it_found(base, capsys):
    folder = str(base / "ostrel")
    code = main(["doctor", folder, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert code == (1 if any(one["grade"] == "bad" for one in found) else 0)
    shutil.rmtree(base / "ostrel" / "keys")
    assert main(["doctor", folder]) == 1
    assert "what to do" in capsys.readouterr().out
    assert main(["doctor", folder, "--strict"]) == 1
    assert read_config(base / "ostrel").party == "XO"
