"""The desk of the exercise is a desk: it refuses what it cannot read, and removes nothing where nothing is tagged."""

from __future__ import annotations

import pytest

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadForm
from comity.sim.exercise import ExerciseDesk


@pytest.mark.parametrize(("kind", "form"), [("note", {}), ("note", {"text": 7}), ("other", {"text": "a"})])
def test_a_form_without_text_or_of_no_kind_is_refused(kind, form):
    with pytest.raises(BadForm):
        ExerciseDesk().compose(kind, form)


@pytest.mark.parametrize("value", [{"filler": "x"}, ["text"], {"text": 3}])
def test_a_body_without_text_is_refused(value):
    with pytest.raises(BadEnvelope):
        ExerciseDesk().facts("note", cbor.encode(value))


def test_nothing_is_removed_where_nothing_is_tagged():
    body = ExerciseDesk().compose("note", {"text": "a"})
    assert ExerciseDesk().redact("note", body, frozenset({"any"})) == (body, ())
