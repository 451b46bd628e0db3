"""Notes: what is refused before any key is looked at, and the exact set of signatures."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from comity.base.errors import BadForm, BadSignature
from comity.tlog.note import (
    Note,
    Seconds,
    SignatureLine,
    SignatureType,
    is_key_name,
    key_id,
    make_verifier,
    parse_note,
    parse_vkey,
    sign_line,
    verify_exact,
    verify_note,
)
from comity.tlog.text import parse_decimal

TEXT = f"log.example/one\n1\n{b64encode(bytes(32)).decode()}\n"
ED = Ed25519PrivateKey.from_private_bytes(b"e" * 32)
ML = MLDSA44PrivateKey.from_seed_bytes(b"m" * 32)
ED_RAW, ML_RAW = ED.public_key().public_bytes_raw(), ML.public_key().public_bytes_raw()
PLAIN = make_verifier("log.example/one", SignatureType.ED25519, ED_RAW)
TIMED = make_verifier("peer.example/m", SignatureType.ED25519_COSIGNATURE, ED_RAW)
QUANTUM = make_verifier("peer.example/m", SignatureType.MLDSA44_COSIGNATURE, ML_RAW)
NOW = Seconds(1_900_000_000)


def test_signed_bytes_are_those_of_the_text():
    """The messages are written out here by hand, field by field, from C2SP tlog-cosignature."""
    line = sign_line(TEXT, TIMED, ED, NOW)
    assert line.signature[:8] == NOW.to_bytes(8, "big")
    ED.public_key().verify(line.signature[8:], b"cosignature/v1\ntime 1900000000\n" + TEXT.encode())
    line = sign_line(TEXT, QUANTUM, ML, NOW)
    message = b"subtree/v1\n\0" + b"\x0epeer.example/m" + NOW.to_bytes(8, "big") + b"\x0flog.example/one"
    message += (0).to_bytes(8, "big") + (1).to_bytes(8, "big") + bytes(32)
    ML.public_key().verify(line.signature[8:], message)
    assert line.key_id == sha256(b"peer.example/m\n\x06" + ML_RAW).digest()[:4]
    assert key_id("a", SignatureType.ED25519, ED_RAW) == sha256(b"a\n\x01" + ED_RAW).digest()[:4]


def test_vkeys_come_back():
    for key in (PLAIN, TIMED, QUANTUM):
        assert parse_vkey(key.vkey()) == key
    assert PLAIN != TIMED


@pytest.mark.parametrize(
    "text",
    [
        "no plus signs",
        "one+12345678",
        "name+12345678+****",
        "name+12345678+",
        "name+12345678+" + b64encode(b"\x02" + bytes(32)).decode(),
        "na me" + PLAIN.vkey()[len(PLAIN.name) :],
        PLAIN.vkey() + "\n",
        PLAIN.vkey() + "é",
        PLAIN.vkey().replace(PLAIN.key_id.hex(), "00000000"),
    ],
)
def test_vkeys_refused(text):
    with pytest.raises(BadForm):
        parse_vkey(text)


def test_key_lengths():
    with pytest.raises(BadForm):
        make_verifier("name", SignatureType.MLDSA44_COSIGNATURE, ED_RAW)


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\u00a0b", "a\u2003", "a\tb", "x" * 256, "\udc80", "a\x01b", "a\nb"]
)
def test_names_refused(name):
    assert not is_key_name(name)
    assert is_key_name("x" * 255)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no blank line\n",
        TEXT + "\n",
        TEXT + "\n— a\n",
        TEXT + "\n— a \n",
        TEXT + "\n— a AAAA\n",
        TEXT + "\n— a AAAAAA==\n",
        TEXT + "\n— a AAAAAAA\n",
        TEXT + "\n— a AAAA AAAA\n",
        TEXT + "\n— a+b AAAAAAAA\n",
        TEXT + "\n— a AAAAAAAA",
        TEXT + "\n— a AAAAAAAA\n\n",
        TEXT + "\n\u2013 a AAAAAAAA\n",
        TEXT + "\n— a AAAAAAA\u0660\n",
        "\udc80" + TEXT + "\n— a AAAAAAAA\n",
        "x" * 131_072 + "\n\n— a AAAAAAAA\n",
    ],
)
def test_notes_refused(text):
    with pytest.raises(BadSignature):
        parse_note(text)


def signed(*lines):
    return Note(TEXT, lines)


class TestExact:
    """Missing, doubled, failing, foreign: each refuses."""

    ed = sign_line(TEXT, TIMED, ED, NOW)
    ml = sign_line(TEXT, QUANTUM, ML, NOW)
    other = sign_line(TEXT, PLAIN, ED)

    def test_good(self):
        for note in (signed(self.ed, self.ml), signed(self.ml, self.ed)):
            found = verify_exact(note, (TIMED, QUANTUM))
            assert [(one.key, one.time) for one in found] == [(TIMED, NOW), (QUANTUM, NOW)]
        assert verify_exact(signed(self.other), (PLAIN,))[0].time is None

    def test_refused(self):
        bad = SignatureLine(self.ed.name, self.ed.key_id, self.ed.signature[:-1] + b"\0")
        short = SignatureLine(self.ed.name, self.ed.key_id, self.ed.signature[:-1])
        renamed = SignatureLine("peer.example/n", self.ed.key_id, self.ed.signature)
        for lines in (
            (self.ed,),
            (self.ml,),
            (self.ed, self.ml, self.other),
            (self.ed, self.ml, self.ed),
            (self.ed, self.ed),
            (bad, self.ml),
            (short, self.ml),
            (renamed, self.ml),
            (self.ed, self.other),
        ):
            with pytest.raises(BadSignature):
                verify_exact(signed(*lines), (TIMED, QUANTUM))
        with pytest.raises(BadSignature):
            verify_exact(signed(self.ed), (TIMED, TIMED))

    def test_every_bit_of_the_time_counts(self):
        for line, key in ((self.ed, TIMED), (self.ml, QUANTUM)):
            for bit in range(64):
                time = (NOW ^ 1 << bit).to_bytes(8, "big")
                with pytest.raises(BadSignature):
                    verify_exact(signed(SignatureLine(line.name, line.key_id, time + line.signature[8:])), (key,))

    def test_general_rule_passes_over_unknown_lines(self):
        assert len(verify_note(signed(self.ed, self.ml, self.other), [TIMED])) == 1
        with pytest.raises(BadSignature):
            verify_note(signed(self.other), [TIMED])


@pytest.mark.parametrize(
    ("text", "key", "private", "time"),
    [
        (TEXT, PLAIN, ED, NOW),
        (TEXT, TIMED, ED, None),
        (TEXT, TIMED, ED, Seconds(2**63)),
        (TEXT, TIMED, ED, Seconds(-1)),
        ("not a checkpoint\n", QUANTUM, ML, NOW),
        (f"x\n1\n{b64encode(bytes(31)).decode()}\n", QUANTUM, ML, NOW),
        ("o" * 256 + TEXT, QUANTUM, ML, NOW),
        ("\n" + TEXT, QUANTUM, ML, NOW),
    ],
)
def test_what_cannot_be_signed(text, key, private, time):
    with pytest.raises(BadForm):
        sign_line(text, key, private, time)


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "01", " 1", "1 ", "1_0", "\u0661", "9223372036854775808", "1e3", "1\n"]
)
def test_decimals_refused(text):
    with pytest.raises(BadForm):
        parse_decimal(text, BadForm)
    assert parse_decimal("9223372036854775807", BadForm) == 2**63 - 1
