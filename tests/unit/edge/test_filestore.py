"""The folder of files: a part that is gone on with, a file only whole, a full disk that loses nothing."""

from __future__ import annotations

import errno
import os
from types import SimpleNamespace

import pytest

from comity.base.errors import BadConfiguration, NoRoom, StoreError
from comity.base.ids import Digest
from comity.edge import filestore
from comity.edge.filestore import FileStore

CIPHER = Digest(bytes(range(32)))


@pytest.fixture
def store(tmp_path):
    return FileStore(tmp_path / "files", 0)


def test_a_part_is_gone_on_with_and_becomes_a_file_only_whole(store):
    with store.part("a", 6) as part:
        part.write(b"abc")
    assert not store.has(CIPHER, 6)
    with store.part("a", 6) as part:
        assert part.length == 3
        part.write(b"def")
        part.publish(CIPHER)
    assert store.has(CIPHER, 6)
    assert not store.has(CIPHER, 7)
    assert b"".join(store.read(CIPHER)) == b"abcdef"
    assert store.parts() == frozenset()
    assert store.path(CIPHER).stat().st_mode & 0o777 == 0o600
    store.remove(CIPHER)
    assert not store.path(CIPHER).exists()
    store.remove(CIPHER)


@pytest.mark.parametrize(("number", "error"), [(errno.ENOSPC, NoRoom), (errno.EDQUOT, NoRoom), (errno.EIO, StoreError)])
def test_a_full_or_failing_disk_is_told_and_leaves_the_part_as_it_was(store, monkeypatch, number, error):
    with store.part("a", 100) as part:
        part.write(b"abc")
        real = os.write

        def half(handle, data):
            real(handle, bytes(data)[:2])
            raise OSError(number, "planted")

        monkeypatch.setattr(filestore.os, "write", half)
        with pytest.raises(error, match="kept stands"):
            part.write(b"defgh")
        monkeypatch.undo()
        assert part.length == 3
        part.write(b"def")
    with store.part("a", 100) as part:
        assert part.read(0, 10) == b"abcdef"


def test_files_leave_a_reserve_and_what_is_under_way_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(filestore.os, "statvfs", lambda _: SimpleNamespace(f_bavail=1_000, f_frsize=1))
    store = FileStore(tmp_path / "files", 400)
    store.room_for(600)
    with pytest.raises(NoRoom, match="Make room"):
        store.room_for(601)
    with store.part("a", 500) as part:
        store.room_for(100)
        with pytest.raises(NoRoom):
            store.part("b", 101)
        part.write(bytes(200))
        store.room_for(300)
        part.cut(0)
        with pytest.raises(NoRoom):
            store.room_for(101)
    store.room_for(600)
    part.close()
    store.room_for(600)


def test_the_folder_is_for_this_node_alone(tmp_path):
    (tmp_path / "open").mkdir(mode=0o755)
    with pytest.raises(BadConfiguration, match="other users"):
        FileStore(tmp_path / "open")


def test_a_long_file_is_flushed_on_the_way(store, monkeypatch):
    flushed = []
    monkeypatch.setattr(filestore.os, "fdatasync", flushed.append)
    with store.part("a", 1 << 30) as part:
        for _ in range(33):
            part.write(bytes(1 << 20))
    assert len(flushed) == 4
    monkeypatch.setattr(filestore.os, "fdatasync", lambda _: (_ for _ in ()).throw(OSError(errno.EIO, "planted")))
    with store.part("a", 1 << 30) as part, pytest.raises(StoreError):
        part.flush()


def test_what_cannot_be_put_at_its_address_stays_a_part(store, monkeypatch):
    with store.part("a", 3) as part:
        part.write(b"abc")
        monkeypatch.setattr(filestore.os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.EIO, "planted")))
        with pytest.raises(StoreError):
            part.publish(CIPHER)
    assert store.parts() == frozenset({"a"})
    assert not store.has(CIPHER, 3)
