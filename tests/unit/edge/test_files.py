from __future__ import annotations

import os
import stat
import threading

import pytest

from comity.base.errors import BadConfiguration
from comity.edge.entropy import POOL_BYTES, SystemEntropy
from comity.edge.files import PUBLIC_FILE, make_private_folder, read_private, write_atomic


def test_a_file_is_written_whole_and_private(tmp_path):
    write_atomic(tmp_path / "a", b"one")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    write_atomic(tmp_path / "a", b"two", mode=PUBLIC_FILE)
    assert (tmp_path / "a").read_bytes() == b"two"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_failure_before_the_end_leaves_the_old_file(tmp_path, monkeypatch):
    write_atomic(tmp_path / "a", b"old")

    def fail(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_atomic(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_file_and_folder_are_flushed_in_this_order(tmp_path, monkeypatch):
    flushed, really = [], os.fsync

    def note(handle):
        flushed.append(stat.S_ISDIR(os.fstat(handle).st_mode))
        really(handle)

    monkeypatch.setattr(os, "fsync", note)
    write_atomic(tmp_path / "a", b"x")
    assert flushed == [False, True]


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o601])
def test_a_key_that_others_can_use_is_not_read(tmp_path, mode):
    write_atomic(tmp_path / "key", b"secret", mode=mode)
    with pytest.raises(BadConfiguration, match=f"mode 0{mode:o}.*chmod 600"):
        read_private(tmp_path / "key")


def test_what_is_no_plain_file_is_not_read(tmp_path):
    write_atomic(tmp_path / "real", b"secret")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name in ("missing", "link", "."):
        with pytest.raises(BadConfiguration):
            read_private(tmp_path / name)
    assert read_private(tmp_path / "real") == b"secret"


def test_a_private_folder_is_made_or_checked(tmp_path):
    folder = tmp_path / "deep" / "keys"
    make_private_folder(folder)
    make_private_folder(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o750)
    with pytest.raises(BadConfiguration, match="chmod 700"):
        make_private_folder(folder)
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(BadConfiguration, match="not a folder"):
        make_private_folder(tmp_path / "link")


def test_no_random_byte_is_given_twice():
    entropy = SystemEntropy()
    drawn = [entropy.draw(size) for size in (16, 80, POOL_BYTES - 50, POOL_BYTES, 2 * POOL_BYTES, 0, 32)]
    assert [len(one) for one in drawn] == [16, 80, POOL_BYTES - 50, POOL_BYTES, 2 * POOL_BYTES, 0, 32]
    whole = b"".join(drawn)
    pieces = [whole[i : i + 16] for i in range(0, len(whole) - 16, 16)]
    assert len(set(pieces)) == len(pieces)


def test_threads_do_not_share_a_byte():
    entropy, drawn = SystemEntropy(), []
    threads = [threading.Thread(target=lambda: drawn.extend(entropy.draw(16) for _ in range(2000))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(drawn)) == 8000


def test_a_child_does_not_draw_what_its_parent_draws():
    entropy = SystemEntropy()
    entropy.draw(16)
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(sending, entropy.draw(16))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(receiving, 16) != entropy.draw(16)
    os.close(receiving)
    os.close(sending)
