"""Who is on duty stands in the bar of every page as the shifts have it now, not as a file once said."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any, cast

import pytest

from comity.base.ids import Ms
from comity.screen.duty import Presence
from comity.web import present
from comity.web.texts import Texts
from tests.web.board import AURIA, BOREA

EN, FR = Texts(), Texts("fr")


def shift(number: int, role: str = "duty-officer") -> Presence:
    return Presence(Ms(0), Ms(1), "shift", role, number, "UTC")


OFFICE = Presence(Ms(0), Ms(1), "office", "", None, "UTC")
POSTED = Presence(Ms(0), Ms(1), "posting", "", 41, "UTC")


@pytest.mark.parametrize(
    ("there", "words"),
    [
        ((), "nobody known"),
        ((OFFICE,), "desk"),
        ((OFFICE, shift(11)), "Duty officer 11"),
        ((POSTED, shift(12, "desk-officer"), shift(11)), "Duty officer 11, Desk officer 12 and 1 more"),
        ((POSTED, OFFICE), "Posted officer 41"),
        ((shift(11), shift(11)), "Duty officer 11"),
    ],
)
def test_people_come_before_an_office(there: tuple[Presence, ...], words: str) -> None:
    assert present.said(there, EN) == words


class Duty:
    """Ours by day, theirs never; as the rows have it at a time."""

    def there(self, now: Ms) -> tuple[tuple[Presence, ...], tuple[Presence, ...]]:
        return ((shift(11),) if now < 100 else (shift(12),)), ()


def visit(now: int, duty: object, texts: Texts = EN) -> Any:
    board = SimpleNamespace(parties=lambda: (AURIA, BOREA))
    return cast("Any", SimpleNamespace(site=SimpleNamespace(board=board, duty=duty), now=Ms(now), texts=texts))


def test_the_bar_follows_the_shift_and_not_the_card() -> None:
    assert [one.on_duty for one in present.parties(visit(1, Duty()))] == ["Duty officer 11", "nobody known"]
    assert present.parties(visit(100, Duty()))[0] == dataclasses.replace(AURIA, on_duty="Duty officer 12")
    assert present.parties(visit(1, Duty(), FR))[0].on_duty == f"{FR('duty.role.duty-officer')} 11"


def test_where_no_desk_keeps_duty_the_cards_stay_as_they_are() -> None:
    assert present.parties(visit(1, None)) == (AURIA, BOREA)
