"""A trial that is stopped goes on where it was; what is not good stays so, until the program changes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.trial.run import Done, Piece, State, go, kills, run, tell, worlds


def counting(ran, bad=()):
    def how(piece):
        if piece.name == "stop":
            raise KeyboardInterrupt
        ran.append(piece.name)
        return Done(piece.name not in bad, 0.1, {})

    return how


def pieces(*names):
    return [Piece("kills", name, 10, ()) for name in names]


def test_it_goes_on_with_what_is_left_and_keeps_what_was_not_good(tmp_path, capsys):
    path, ran = tmp_path / "build" / "trial.json", []
    with pytest.raises(KeyboardInterrupt):
        go(pieces("a", "b", "stop", "c"), State(path, "1"), 1, counting(ran, bad=("b",)))
    again = State(path, "1")
    assert {"a", "b"} <= set(again.done)
    go(pieces("a", "b", "c"), again, 2, counting(ran))
    assert ran.count("a") == ran.count("b") == 1
    assert "c" in ran
    assert not tell(pieces("a", "b", "c"), again)
    assert "30 of 30, 1 pieces not good" in capsys.readouterr().out
    assert tell(pieces("a", "c"), again)
    assert not tell(pieces("a", "d"), again), "d was never tried"


def test_another_program_or_a_fresh_start_begins_anew(tmp_path):
    path = tmp_path / "trial.json"
    go(pieces("a"), State(path, "1"), 1, counting([]))
    assert State(path, "2").stale
    assert not State(path, "2").done
    assert not State(path, "1", fresh=True).done
    assert State(path, "1").done


def test_the_pieces_are_as_many_as_asked_for():
    assert sum(one.amount for one in worlds(10_000)) == 10_000
    assert sum(one.amount for one in worlds(37)) == 37
    assert sum(one.amount for one in kills(200)) == 400
    assert len({one.name for one in kills(205)}) == len(kills(205)) == 42


@pytest.mark.parametrize("ends", [0, 1])
def test_a_piece_that_is_not_good_leaves_its_folder(ends, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    write = f"import os, pathlib; pathlib.Path(os.environ['TMPDIR'], 'in.log').write_text('words'); raise SystemExit({ends})"
    done = run(Piece("kills", "a", 1, (sys.executable, "-c", write)))
    assert done.good == (not ends)
    if ends:
        assert (Path(done.said["folder"]) / "in.log").read_text() == "words"
    else:
        assert not list(tmp_path.iterdir())
