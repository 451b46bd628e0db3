"""A drawing is coordinates and nothing else; what is no structure is not drawn."""

from __future__ import annotations

import re

import pytest

from comity.desks.precursors.drawing import AREA, LINE, draw

GEOMETRY = re.compile(r"[MLQCZ0-9.,\s-]+")


def test_a_ring_is_drawn_with_its_atoms() -> None:
    drawn = draw("O=C1CCNCC1")
    assert drawn is not None
    assert drawn.formula == "C5H9NO"
    looks = [look for look, _ in drawn.paths]
    assert looks.count(LINE) >= 8, "six bonds of the ring, two strokes of the double one"
    assert AREA in looks, "letters of the atoms are outlines"
    assert all(GEOMETRY.fullmatch(d) for _, d in drawn.paths)
    assert len(drawn.box.split()) == 4


def test_a_wedge_is_an_area() -> None:
    flat, solid = draw("CC(O)c1ccccc1"), draw("C[C@H](O)c1ccccc1")
    assert flat is not None
    assert solid is not None
    areas = [sum(look == AREA for look, _ in one.paths) for one in (flat, solid)]
    assert areas[1] > areas[0]


@pytest.mark.parametrize("text", ["", "no structure", "C1CC", "C" * 2_001, '"><script>'])
def test_what_is_no_structure_is_not_drawn(text: str) -> None:
    assert draw(text) is None
