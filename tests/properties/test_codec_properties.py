from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from comity.base.errors import BadEnvelope, UnknownVersion
from comity.dispatch import entries as e
from comity.dispatch import exchange_codec as x
from comity.dispatch import wire as w
from comity.dispatch.accord import decode_accord, encode_accord
from comity.dispatch.keylist import decode_keylist, encode_keylist
from comity.marking.labels import Lane, Urgency
from tests.examples import examples
from tests.properties import plain_cbor
from tests.unit.dispatch import samples

uint = st.integers(0, 2**63 - 1)
digest, ident = st.binary(min_size=32, max_size=32), st.binary(min_size=16, max_size=16)
text = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=12).map(
    lambda t: unicodedata.normalize("NFC", t)
)
texts = st.lists(text, max_size=3).map(tuple)
lane, size = st.sampled_from(Lane), st.sampled_from((4096, 16384, 65536, 262144, 1048576))
code = st.from_regex(r"[a-z][a-z-]{1,40}", fullmatch=True)
unknown = st.lists(
    st.tuples(st.integers(24, 40), st.sampled_from((b"\x00", b"\xf6", b"\x41x"))), unique_by=lambda p: p[0]
).map(lambda pairs: tuple(sorted(pairs)))
maybe = st.none().__or__

entries = st.one_of(
    st.builds(e.InstrumentLeaf, st.sampled_from(e.InstrumentKind), digest),
    st.builds(e.DispatchLeaf, ident, lane, uint, digest, digest, size, digest),
    st.builds(e.ResealLeaf, uint, digest, size, st.integers(1, 3)),
    st.builds(
        e.ReceiptLeaf,
        uint,
        ident,
        digest,
        st.sampled_from(e.Fact),
        maybe(code),
        maybe(st.integers(0, 15)),
        maybe(digest),
    ),
    st.builds(e.WithdrawLeaf, uint, st.sampled_from(e.Withdrawal)),
    st.builds(e.HeadLeaf, text, uint, digest, uint),
    st.builds(e.RecordLeaf, text, digest),
    st.builds(e.LinkLeaf, st.sampled_from(e.LinkEvent), maybe(digest)),
    st.builds(e.BlindLeaf, digest),
)
labels = st.builds(
    w.WireLabels, text, texts, maybe(text), maybe(text), maybe(text), maybe(uint), text, texts, texts, unknown
)
headers = st.builds(
    w.Header,
    id=ident,
    sender=text,
    receiver=text,
    author=st.builds(w.Author, text, text),
    agencies=st.lists(text, min_size=1, max_size=3).map(tuple),
    desk=text,
    kind=text,
    version=uint,
    case=maybe(ident),
    re=st.lists(ident, max_size=3).map(tuple),
    after=st.lists(ident, max_size=3).map(tuple),
    lane=lane,
    purpose=text,
    basis=texts,
    labels=labels,
    created=uint,
    answer_by=maybe(uint),
    accord=digest,
    replaces=maybe(ident),
    workplan_item=maybe(text),
    workplan_reason=text,
    released_by=st.builds(w.ReleasedBy, text, uint, maybe(ident)),
    conduct=maybe(text),
    urgency=st.sampled_from(Urgency),
    unknown=unknown,
)
exchanges = st.builds(
    x.Exchange,
    origin=text,
    base=uint,
    entries=st.lists(st.binary(max_size=20), max_size=4).map(tuple),
    checkpoint=text,
    cosignature=maybe(text),
    mirror_size=uint,
    mirror_root=digest,
    dispatches=st.lists(st.tuples(uint, st.binary(max_size=20)), max_size=3).map(tuple),
    wants=st.lists(uint, max_size=4).map(tuple),
    credit=st.dictionaries(lane, uint, max_size=4).map(lambda m: tuple(sorted(m.items()))),
    wait=st.integers(0, 25_000),
    more=st.booleans(),
    unknown=unknown,
)
manifests = st.builds(
    x.Manifest,
    text,
    *[st.builds(x.LogState, uint, digest)] * 2,
    *[st.lists(st.builds(x.OpenItem, uint, st.integers(0, 5)), max_size=3).map(tuple)] * 2,
    st.lists(digest, max_size=2).map(tuple),
    unknown,
)
problems = st.builds(x.Problem, code, uint, uint, maybe(text), uint, unknown)
evidence = st.builds(
    x.Evidence, st.sampled_from(x.EvidenceClass), uint, st.lists(st.binary(max_size=9)).map(tuple), text
)
attachments = st.lists(st.builds(w.Attachment, text, text, uint, uint, digest, digest), max_size=3).map(tuple)
parts = st.tuples(*[st.builds(w.Part, digest, st.binary(max_size=300))] * 4)

CODECS = st.one_of(
    st.tuples(st.just(e.encode_entry), st.just(e.decode_entry), entries),
    st.tuples(st.just(w.encode_header), st.just(w.decode_header), headers),
    st.tuples(st.just(w.encode_attachments), st.just(w.decode_attachments), attachments),
    st.tuples(st.just(lambda p: w.encode_plain(p, recipients=1)[0]), st.just(w.decode_plain), parts),
    st.tuples(st.just(x.encode_exchange), st.just(x.decode_exchange), exchanges),
    st.tuples(st.just(x.encode_problem), st.just(x.decode_problem), problems),
    st.tuples(st.just(x.encode_manifest), st.just(x.decode_manifest), manifests),
    st.tuples(st.just(x.encode_evidence), st.just(x.decode_evidence), evidence),
    st.tuples(st.just(encode_accord), st.just(decode_accord), st.just(samples.ACCORD)),
    st.tuples(st.just(encode_keylist), st.just(decode_keylist), st.just(samples.KEYLIST)),
)


@examples(400)
@given(CODECS)
def test_what_is_written_is_read_and_is_canonical(codec):
    encode, decode, value = codec
    data = encode(value)
    assert decode(data) == value
    assert encode(decode(data)) == data
    assert plain_cbor.write(plain_cbor.read(data)) == data


@examples(600)
@given(CODECS, st.data())
def test_mutated_bytes_are_refused_or_are_another_value(codec, draw):
    encode, decode, value = codec
    made = bytearray(encode(value))
    at = draw.draw(st.integers(0, len(made) - 1))
    if draw.draw(st.booleans()):
        made[at] ^= 1 << draw.draw(st.integers(0, 7))
    else:
        made[at : at + draw.draw(st.integers(0, 4))] = draw.draw(st.binary(max_size=4))
    if bytes(made) == encode(value):
        return
    try:
        read = decode(bytes(made))
    except (BadEnvelope, UnknownVersion):
        return
    assert read != value
    assert plain_cbor.read(bytes(made)) is not None
