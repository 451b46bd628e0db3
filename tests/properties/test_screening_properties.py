"""Check digits find every slip of one digit; folding a name twice changes nothing; no row of any kind stops the screening."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from comity.desks.precursors.screening import cas
from comity.desks.precursors.screening.book import SubstanceBook
from comity.desks.precursors.screening.names import key_of, spelled
from comity.desks.precursors.screening.screen import Screener
from comity.desks.precursors.screening.verdict import Input, Verdict
from tests.examples import examples

ROOT = Path(__file__).resolve().parents[2]
SCREENER = Screener(SubstanceBook.load({path.name: path.read_bytes() for path in (ROOT / "substances").iterdir()}))

bodies = st.integers(1_000, 999_999_999).map(str)


def number(body: str) -> str:
    return f"{body[:-2]}-{body[-2:]}-{cas.check_digit(body)}"


@given(bodies)
def test_the_right_digit_passes(body):
    assert cas.is_valid(number(body))


@given(bodies, st.integers(0, 9), st.data())
def test_another_last_digit_fails(body, digit, data):
    good = number(body)
    assert cas.is_valid(good[:-1] + str(digit)) == (good[-1] == str(digit))
    place = data.draw(st.integers(0, len(body) - 1))
    weight = len(body) - place  # a change is missed only where ten divides its weight times the step
    changed = body[:place] + str((int(body[place]) + 1) % 10) + body[place + 1 :]
    if changed[0] != "0":
        moved = (int(changed[place]) - int(body[place])) * weight % 10
        assert cas.is_valid(f"{changed[:-2]}-{changed[-2:]}-{good[-1]}") == (moved == 0)


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text):
    key = key_of(text)
    assert key_of(key) == key
    assert key_of(spelled(text)) == key
    assert key.isascii()


@examples(60)
@given(st.builds(Input, id=st.just("1"), name=st.text(max_size=80), cas=st.text(max_size=20), smiles=st.text("CNOcno()=#123[]+-.", max_size=40),
                 inchikey=st.text(max_size=30), hs=st.text(max_size=12), un=st.text(max_size=8), text=st.text(max_size=200)))  # fmt: skip
def test_no_row_stops_the_screening(row):
    found = SCREENER.screen(row)
    assert found.verdict in Verdict
    assert found.verdict is Verdict.CLEAR or found.findings
