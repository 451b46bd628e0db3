"""A form of a screen that is handed in twice leaves once; with other content it is another draft, or is refused once it left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadForm
from comity.base.hashing import sha256
from comity.dispatch.states import Committed, Officer, Withheld
from comity.node.handed import Again, HandedIn
from tests.unit.node.approving import Asking, draft, office_of
from tests.unit.node.forge import START, node, rows
from tests.unit.node.world import form

NUMBER = bytes(range(16))


def handed(text: str = "hello", number: bytes = NUMBER) -> HandedIn:
    made, by = form(text)
    return HandedIn(number, sha256(text.encode()), made, by)


def test_a_double_click_and_a_reload_send_nothing_twice():
    a = node()
    sent = a.hand_in(handed(), START)
    assert isinstance(sent, Committed)
    for _ in range(2):
        assert a.hand_in(handed(), START) == Again(sent.id)
    assert rows(a, "SELECT id FROM sent") == [(sent.id,)]


def test_what_left_is_not_sent_again_with_other_content_under_the_same_number():
    a = node()
    sent = a.hand_in(handed(), START)
    with pytest.raises(BadForm, match="this form was sent already"):
        a.hand_in(handed("other words"), START)
    assert rows(a, "SELECT id FROM sent") == [(sent.id,)]
    other = replace(handed("other words"), by=Officer("plain", 8))
    assert isinstance(a.hand_in(other, START), Committed), "another officer's form has a number of its own"


def test_a_draft_that_is_held_may_be_filled_in_anew_and_is_another_draft():
    a = office_of(Asking(("head",)))
    made, by = draft()

    def hand_in(text: str):
        return a.hand_in(HandedIn(NUMBER, sha256(text.encode()), replace(made, body={"text": text}), by), START)

    first = hand_in("hello")
    assert isinstance(first, Withheld)
    second = hand_in("other words")
    assert second.id != first.id
    assert hand_in("hello") == Again(first.id)
    assert hand_in("other words") == Again(second.id)
    assert len(a.held()) == 2
