"""The table in ROWS.md names every row once, and every test that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
LINES = [line for line in (TESTS / "adversary/ROWS.md").read_text().splitlines() if re.match(r"\| \d+ \|", line)]


def test_every_row_stands_once():
    assert [int(line.split("|")[1]) for line in LINES] == list(range(1, 31))


def test_every_test_named_is_there():
    for line in LINES:
        for piece in line.split(";"):
            files = re.findall(r"`([a-z_/]+(?:\.py|/))`", piece)
            assert all((TESTS / file).exists() for file in files), piece
            for name in re.findall(r"`(test_\w+)`", piece):
                assert any(f"def {name}(" in (TESTS / file).read_text() for file in files), name


def test_every_test_of_this_folder_is_named():
    named = set(re.findall(r"`(test_\w+)`", "\n".join(LINES)))
    here = [
        path
        for path in (TESTS / "adversary").glob("test_*.py")
        if path.name not in {"test_rows.py", "test_removals.py"}
    ]
    found = {name for path in here for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)}
    assert found - named == {"test_an_instrument_is_no_other_instrument", "test_the_corpus_is_as_large_as_it_must_be"}
