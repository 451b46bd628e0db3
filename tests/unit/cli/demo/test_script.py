"""What a day must come to is read from a file, and a file that does not fit is an error that names what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from comity.base.errors import BadConfiguration
from comity.cli.demo.attacks import ATTACKS
from comity.cli.demo.clone import load_day
from comity.cli.demo.script import FILE, read_script
from comity.cli.demo.stage import find_data

ROOT = Path(__file__).parents[4]
ACCORDS = sorted(file.parent.name for file in (ROOT / "accords").glob(f"*/{FILE}"))


@pytest.mark.parametrize("accord", ACCORDS)
def test_each_script_fits_its_day(accord):
    data = find_data(ROOT, accord)
    script, day = read_script(data.accord), load_day(data)
    assert script.totals.dispatches == len(day.scenes) == sum(script.totals.by_party.values())
    assert sum(script.totals.by_kind.values()) == len(day.scenes)
    assert {scene.item for scene in day.scenes} - {None} == {item.id for item in script.item}
    assert set(script.attacks) == {attack.name for attack in ATTACKS}
    for numbers in script.attacks.values():
        assert all(day.scene(number) for number in numbers)


def test_there_are_two_accords_with_a_day():
    assert len(ACCORDS) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("day = ", "night = "), "night"),
        (("dispatches = 10", 'dispatches = "ten"'), "dispatches"),
        (("replay = [3]", "replay = []"), "length"),
    ],
)
def test_a_script_that_does_not_fit_is_refused(tmp_path, change, words):
    text = (ROOT / "accords" / "ostrel-vanmere" / FILE).read_text()
    assert change[0] in text
    (tmp_path / FILE).write_text(text.replace(*change))
    with pytest.raises(BadConfiguration, match=words):
        read_script(tmp_path)


def test_a_script_that_is_missing_is_named(tmp_path):
    with pytest.raises(BadConfiguration, match=FILE):
        read_script(tmp_path)
