"""Whatever a form holds, it is read as it was written, and every change of it is another subject."""

from __future__ import annotations

from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from comity.base.errors import BadEnvelope, BadForm
from comity.dispatch.filing import Facts
from comity.dispatch.held import decode_form, encode_form, subject_of
from comity.dispatch.states import Draft, Form
from comity.marking.labels import Label, Lane, Urgency
from tests.examples import examples
from tests.properties.test_codec_properties import ident, lane, maybe, text, texts, uint

words = st.frozensets(text, max_size=3)
values = st.recursive(
    st.one_of(text, uint, st.none(), ident),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
labels = st.builds(Label, texts, texts, maybe(text), maybe(text), maybe(text), maybe(uint), text, texts, texts)
forms = st.builds(
    Form,
    desk=text, kind=text, agency=text, role=text, recipients=texts, purpose=text, urgency=st.sampled_from(Urgency),
    workplan_item=maybe(text), workplan_reason=text, body=st.dictionaries(text, values, max_size=3), case=maybe(ident),
    re=st.lists(ident, max_size=2).map(tuple), replaces=maybe(ident), lane=maybe(lane), label=maybe(labels),
    evaluation=maybe(text), retain_until=maybe(uint), basis=texts, conduct=maybe(text), answer_by=maybe(uint),
    assessments=st.just(()), minimum_facts=st.booleans(), in_answer_to=maybe(st.tuples(words, words)), ground=text,
    marking=text, break_glass=text, confirmed=words, rejected=words,
)  # fmt: skip
FACTS = Facts("", False, *[frozenset()] * 3, True, frozenset(), False, ())
LABEL = Label((), (), None, None, None, None, "one", (), ())


@given(forms)
def test_a_form_is_read_as_it_was_written(form):
    data = encode_form(form)
    assert decode_form(data) == form
    assert encode_form(decode_form(data)) == data


@given(forms, forms)
@examples(200)
def test_two_forms_that_differ_have_two_subjects(one, other):
    """Also one field at a time: each field of the second is put into the first."""
    draft = Draft(b"\x01" * 16, one, Lane.NORMAL, b"body", FACTS, (), "", 5)
    subject = subject_of(draft, LABEL, b"body")
    for field in fields(Form):
        changed = replace(one, **{field.name: getattr(other, field.name)})
        same = subject_of(replace(draft, form=changed), LABEL, b"body") == subject
        assert same is (changed == one and type(getattr(changed, field.name)) is type(getattr(one, field.name)))


@given(st.binary(max_size=300))
def test_any_other_bytes_are_no_form(data):
    try:
        decode_form(data)
    except (BadEnvelope, BadForm):
        return
    raise AssertionError("these bytes were read as a form")
