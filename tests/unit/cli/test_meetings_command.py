"""`comity workplan minutes verify`: a plain file is checked by its words, and a forged one is not believed."""

from __future__ import annotations

import json

import pytest

from comity.cli.main import main
from comity.desks.workplan.meetings.file import export
from tests.unit.desks.workplan.meetings.table import seated


@pytest.fixture
def minutes():
    a, b = seated()
    p = a.paragraph("p")
    a.write(p, "Answers within five days.")
    b.hear(a)
    b.accept(p)
    b.sign()
    a.hear(b)
    a.sign()
    return export(a.now)


def test_whole_minutes_are_good_and_changed_ones_are_not(minutes, tmp_path, capsys):
    file = tmp_path / "minutes.json"
    file.write_text(json.dumps(minutes))
    assert main(["workplan", "minutes", "verify", str(file)]) == 0
    assert "both sides" in capsys.readouterr().out
    file.write_text(json.dumps(minutes).replace("five days", "nine days"))
    assert main(["workplan", "minutes", "verify", str(file), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["good"], said["both"], said["signed"]) == (False, False, [])
    for words in ("[]", "{", json.dumps({"format": "x"})):
        file.write_text(words)
        assert main(["workplan", "minutes", "verify", str(file)]) == 2
