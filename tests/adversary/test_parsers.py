"""Hostile bytes before any meaning: bombs, second readings, Unicode, notes, and what an answer gives away. Rows 20 to 24.

Each test is named after the harm that does not happen. The table of all rows is ROWS.md beside this file.
"""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace
from pathlib import Path

import cbor2
import pytest

from comity.base import cbor
from comity.base.errors import BadEnvelope
from comity.base.ids import Digest
from comity.dispatch.entries import decode_entry, encode_entry
from comity.dispatch.wire import decode_attachments, decode_header, decode_plain, encode_header
from comity.node.taken import Problem
from tests.unit.node.forge import START, Forger, entries, logs, node, problem, rows

VECTORS = Path(__file__).parents[1] / "vectors"
REFUSED = json.loads((VECTORS / "cbor" / "refused.json").read_text())["cases"]
NOTES = json.loads((VECTORS / "tlog" / "note_vectors.json").read_text())


def bytes_of(case: dict) -> bytes:
    repeat = case.get("repeat", {"hex": "", "count": 0})
    return bytes.fromhex(repeat["hex"]) * repeat["count"] + bytes.fromhex(case["hex"])


READERS = (cbor.decode, decode_entry, decode_plain, decode_header, decode_attachments)


# --- row 20 ------------------------------------------------------------------------------------------------------

BOMBS = {
    "deep arrays": b"\x81" * 100_000,
    "deep maps": b"\xa1\x00" * 100_000,
    "deep tags": b"\xd8\x62" * 100_000,
    "an array said to be huge": b"\x9b\x00\x00\x00\xff\xff\xff\xff\xff",
    "a map said to be huge": b"\xbb\x00\x00\x00\xff\xff\xff\xff\xff",
    "a text said to be huge": b"\x7b\x00\x00\x00\xff\xff\xff\xff\xff",
    "bytes said to be huge": b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
    "a number said to be huge": b"\xc2\x5b\x00\x00\x00\xff\xff\xff\xff\xff",
    "eight million nulls": b"\x9a\x00\x7a\x12\x00" + b"\xf6" * 8_000_000,
    "arrays of arrays": b"\x98\xff" + b"\x98\xff" * 4_000,
}


@pytest.mark.parametrize("what", BOMBS)
def test_a_bomb_costs_no_memory_and_no_time(what):
    a, bomb = node(), BOMBS[what]
    tracemalloc.start()
    assert problem(a, bomb) == ("bad-envelope", 400)
    assert problem(a, b"\xad" + cbor.encode({1: "comity/1"})[1:] + b"\x02" + bomb)[1] in {400, 413}
    for read in READERS:
        with pytest.raises(BadEnvelope):
            read(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 24 << 20


def test_a_bomb_inside_a_seal_is_kept_apart():
    a = node()
    forger = Forger(a)
    for opening in (b"\x81", b"\xa1\x00", b"\xd8\x62"):
        made = forger.make(contents={"plain": lambda p, o=opening: (o * len(p))[: len(p)]})
        assert [r.code for r in forger.send(made).recorded] == ["unopened"]
        made = forger.make(contents={1: opening * 1_000})
        assert [r.code for r in forger.send(made).recorded] == ["unopened"]


# --- row 21 ------------------------------------------------------------------------------------------------------


def test_the_corpus_is_as_large_as_it_must_be():
    assert len(REFUSED) >= 200


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["desc"][:60])
def test_bytes_that_two_readers_could_read_differently_are_read_by_none(case):
    data = bytes_of(case)
    for read in READERS:
        with pytest.raises(BadEnvelope):
            read(data)


def test_no_such_form_hides_inside_an_exchange_or_a_dispatch():
    a = node()
    forger = Forger(a)
    good = forger.say()
    assert good.endswith(b"\x0c\x00")
    header = encode_header(forger.header())
    seen = set()
    for case in REFUSED:
        bad = bytes_of(case)
        if len(bad) > 1_000_000:
            continue
        seen.add(problem(a, good[:-1] + bad))
        with pytest.raises(BadEnvelope):
            decode_header(bytes([header[0]]) + header[1:-1] + bad)
    assert seen <= {("bad-envelope", 400), ("too-large", 413)}
    assert ("bad-envelope", 400) in seen
    assert a.take(good, START).grew


def test_what_the_lenient_library_would_read_is_refused_here():
    """The fault that is planted: the library alone takes each of these without a word."""
    for data in (
        b"\xa2\x01\x01\x01\x02",
        b"\x18\x01",
        b"\xf9\x7e\x00",
        b"\xf7",
        b"\x9f\x01\xff",
        b"\xa2\x02\x00\x01\x00",
    ):
        cbor2.loads(data)
        with pytest.raises(BadEnvelope):
            cbor.decode(data)


# --- row 22: what a page shows is in tests/web/test_text_safety.py; here what may cross at all ---------------------


@pytest.mark.parametrize(
    "text", ["e\u0301", "\u212b", "a\x00b", "a\x1b[31m", "a\x7f", "a\u0085", "a\rb", "\ufb01".join("ab") + "\u0344"]
)
def test_text_with_two_spellings_or_controls_never_crosses(text):
    a = node()
    forger = Forger(a)
    assert problem(a, cbor2.dumps({**cbor.decode(forger.say()), 2: text}, canonical=True)) == ("bad-envelope", 400)
    made = forger.make(contents={1: cbor2.dumps({"text": text}, canonical=True)})
    assert [r.code for r in forger.send(made).recorded] == ["unopened"]


def test_hidden_marks_are_kept_byte_for_byte_for_the_page_to_show():
    a = node()
    forger = Forger(a)
    text = "invoice\u202efdp.exe \u200bpaypa\u0131"
    made = forger.make(text)
    assert forger.send(made).recorded[0].fact == 2
    assert rows(a, "SELECT body FROM plain") == [(cbor.encode({"text": text}),)], "hashes run over received bytes"


# --- row 23 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", NOTES["notes"], ids=lambda case: case["id"])
def test_a_malformed_note_is_no_head(case):
    a = node()
    forger = Forger(a)
    made = cbor.decode(forger.say())
    try:
        data = cbor.encode({**made, 6: case["note"]})
    except Exception:  # a text that cannot even be written as one  # noqa: BLE001
        data = cbor2.dumps({**made, 6: case["note"]}, canonical=True)
    assert problem(a, data)[0] in {"bad-signature", "bad-envelope", "too-large"}
    assert logs(a)[1].size == 0


def hostile_notes(good: str) -> dict[str, str]:
    text, lines = good.split("\n\n", 1)
    first, second = lines.splitlines(keepends=True)
    return {
        "two hundred lines": text + "\n\n" + first * 200,
        "seventeen signatures": text + "\n\n" + (first + second) * 9,
        "a line without its end": good[:-1],
        "a second blank line": text + "\n\n\n" + lines,
        "base64 with spare bits": good.replace("=\n", "B\n", 1),
        "a size with a zero before": good.replace("\n3\n", "\n03\n", 1),
        "a size beyond numbers": good.replace("\n3\n", f"\n{2**63}\n", 1),
        "a size in other digits": good.replace("\n3\n", "\n\u0663\n", 1),
        "a negative size": good.replace("\n3\n", "\n-3\n", 1),
        "a short root": text.rsplit("\n", 1)[0] + "\nAAAA\n\n" + lines,
        "lines in another order": text + "\n\n" + second + first + first,
        "a name with a plus": good.replace("/log/1 ", "/log/1+ "),
        "a note of 32 KiB": text + "\n\n" + first + second + first * 200,
    }


@pytest.mark.parametrize("what", hostile_notes(Forger(node()).head()))
def test_a_hostile_note_neither_stands_nor_stops_the_node(what):
    a = node()
    forger = Forger(a)
    bad = hostile_notes(forger.head())[what]
    assert bad != forger.head()
    assert problem(a, forger.say(checkpoint=bad))[0] in {"bad-signature", "too-large"}
    a.speak(START)
    a.take(forger.say(cosignature=bad), START)
    assert logs(a)[0].cosigned_size == 0
    assert logs(a)[1].size == 3


# --- row 24 ------------------------------------------------------------------------------------------------------


def test_an_answer_never_tells_why_a_seal_did_not_open():
    causes = {
        "noise": {"contents": {"sealed": bytes(4096)}},
        "content": {"leaf": {"commit": Digest(bytes(32))}},
        "edition": {"leaf": {"edition": 9}},
        "plain": {"contents": {"plain": lambda p: p[:-1] + b"\x01"}},
        "header": {"contents": {0: b"\x80"}},
        "body": {"contents": {1: b"\x80"}},
        "attachments": {"contents": {2: b"\xa0"}},
        "agency": {"agencies": ("other",)},
        "kind": {"kind": "other"},
        "time": {"created": START + 10**9},
        "accord": {"accord": Digest(bytes(32))},
        "receiver": {"receiver": "third.example/comity"},
    }
    answers, receipts = set(), set()
    for changes in causes.values():
        a = node()
        forger = Forger(a)
        made = forger.make(**changes)
        taken = forger.send(made)
        leaf = entries(a)[-1]
        receipts.add(encode_entry(replace(leaf, id=bytes(16), sealed=bytes(32))))
        answers.add((len(a.speak(START)), taken.dropped, taken.recorded[0].fact, taken.recorded[0].code))
        assert rows(a, "SELECT count(*) FROM record") == [(0,)]
    assert len(receipts) == 1
    assert len(answers) == 1


def test_a_problem_holds_a_code_and_nothing_from_inside():
    a = node()
    a.take(Forger(a).say(), START)
    told = {}
    for code, status in (
        ("bad-envelope", 400),
        ("unknown-log", 422),
        ("bad-signature", 422),
        ("broken", 503),
        ("unproven-head", 422),
    ):
        found = Problem(code, status, "entry 17 of table got, root 00ff")
        told[code] = a.problem_bytes(found).replace(cbor.encode(code), b"")
    assert len(set(told.values())) == 1, "nothing but the code differs"
