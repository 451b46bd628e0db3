"""Every kept file and every seed goes through its target once, without atheris: what was mended stays mended (docs/adr/0086-fuzzing.md)."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from comity.edge.sqlite import SqliteStore
from tests.fuzz.guard import Touched, own_hands, sealed_off
from tests.fuzz.mutate import mutate
from tests.fuzz.run import CORPUS, MOST_BYTES, MOST_FILES
from tests.fuzz.targets import NAMES, guarded, load
from tests.fuzz.targets.saying import one_form

MEMORY = 64 << 20


@pytest.mark.parametrize("name", NAMES)
def test_kept_files_and_seeds_do_no_harm(name):
    target = load(name)
    inputs = [content for _, content in target.seeds()]
    inputs += [file.read_bytes() for file in sorted((CORPUS / name).iterdir())]
    run = guarded(target)
    run(inputs[0])
    tracemalloc.start()
    for content in inputs:
        run(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MEMORY


def test_the_kept_corpus_is_small_and_of_known_targets():
    assert sorted(folder.name for folder in CORPUS.iterdir()) == sorted(NAMES)
    for folder in CORPUS.iterdir():
        files = list(folder.iterdir())
        assert 0 < len(files) <= MOST_FILES
        assert all(file.stat().st_size <= MOST_BYTES for file in files)


@pytest.mark.parametrize("reach", [
    lambda folder: (folder / "x").write_bytes(b""),
    lambda folder: (folder / "x").mkdir(),
    lambda _: subprocess.run([sys.executable, "-c", ""], check=False),
    lambda folder: SqliteStore(str(folder / "other" / "x.db")),
])  # fmt: skip
def test_a_reader_that_reached_outside_would_be_seen(reach, tmp_path):
    with pytest.raises(Touched), sealed_off():
        reach(tmp_path)
    with sealed_off(), own_hands():
        (tmp_path / "own").write_bytes(b"")
    assert list(tmp_path.iterdir()) == [tmp_path / "own"]
    with sealed_off():
        assert Path(__file__).read_bytes()


def test_a_reader_with_two_forms_or_another_error_would_be_seen():
    with pytest.raises(AssertionError, match="otherwise"):
        one_form(bytes.lower, bytes, b"A")
    with pytest.raises(ZeroDivisionError):
        one_form(lambda data: 1 // len(data), str, b"")


def test_changes_to_cbor_are_mostly_cbor_and_within_the_length():
    value = bytes.fromhex("a3015820" + "00" * 32 + "0284f6f41903e8820102036161")
    made = {mutate(value, 60, seed, lambda data, _: data[::-1]) for seed in range(300)}
    assert len(made) > 60
    assert all(len(one) <= 60 for one in made)
