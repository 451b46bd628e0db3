"""The twelve checks of taking an exchange, row by row: code, status, order, and what is stored after each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.hashing import sha256
from comity.base.ids import Digest, LeafIndex, Ms
from comity.crypto.sign import sign_instrument
from comity.dispatch.entries import (
    HeadLeaf,
    InstrumentKind,
    InstrumentLeaf,
    LinkLeaf,
    ResealLeaf,
    Withdrawal,
    WithdrawLeaf,
    encode_entry,
)
from comity.dispatch.entries import LinkEvent as Act
from comity.dispatch.exchange_codec import decode_exchange, decode_problem, encode_exchange
from comity.node.link import LinkState
from comity.node.taken import Problem
from comity.tlog.checkpoint import Checkpoint, cosign
from tests.unit.node.forge import (
    START,
    A,
    Forger,
    S,
    cosigner_keys,
    counter,
    entries,
    half,
    log_keys,
    logs,
    node,
    pair,
    problem,
    rows,
)
from tests.unit.node.world import Half, exchange, form

HOUR = 3_600


def kept(of) -> dict[str, list]:
    """Return what an exchange may change, to compare before and after."""
    tables = ("entry", "head", "pending_head", "got", "sent", "pool", "record", "evidence", "link", "counter", "log")
    return {table: rows(of, f"SELECT * FROM {table}") for table in tables}


def changed(before: dict[str, list], after: dict[str, list]) -> set[str]:
    return {table for table in before if before[table] != after[table]}


def raw(shape) -> dict:
    return cbor.decode(encode_exchange(shape))


# --- 1: form -----------------------------------------------------------------------------------------------------


def test_check_1_what_is_no_exchange_leaves_no_trace():
    a = node()
    good, before = Forger(a).say(), kept(a)
    for data in (b"", b"\xa0", b"\x00", good[:-1], good + b"\x00", cbor.encode("comity/1")):
        assert problem(a, data) == ("bad-envelope", 400)
    assert kept(a) == before


@pytest.mark.parametrize("key", [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12])
def test_check_1_every_key_is_needed_and_typed(key):
    a = node()
    made = raw(Forger(a).shape())
    missing = {k: v for k, v in made.items() if k != key}
    assert problem(a, cbor.encode(missing)) == ("bad-envelope", 400)
    wrong = {1: 1, 2: 1, 4: "x", 5: 1, 6: None, 7: 1, 8: [0], 9: [[0]], 10: ["x"], 11: {9: 1}, 12: "x"}[key]
    assert problem(a, cbor.encode({**made, key: wrong})) == ("bad-envelope", 400)


def test_check_1_another_profile_is_a_version():
    a = node()
    made = raw(Forger(a).shape())
    assert problem(a, cbor.encode({**made, 1: "comity/2"})) == ("version", 400)


def test_check_1_unknown_keys_of_a_later_edition_are_taken():
    a = node()
    made = raw(Forger(a).shape())
    assert a.take(cbor.encode({**made, 99: "later"}), START).grew


def over(what: str, forger: Forger) -> dict:
    made = raw(forger.shape())
    sealed = bytes(1024 * 1024 + 1)
    return {
        "entries": {**made, 5: [b""] * 4097},
        "dispatches": {**made, 9: [[n, b""] for n in range(257)]},
        "dispatch": {**made, 9: [[3, sealed]]},
        "wants": {**made, 10: list(range(65))},
        "checkpoint": {**made, 6: "x" * 32769},
        "cosignature": {**made, 7: "x" * 32769},
        "body": {**made, 9: [[n, bytes(1024 * 1024)] for n in range(9)]},
    }[what]


@pytest.mark.parametrize("what", ["entries", "dispatches", "dispatch", "wants", "checkpoint", "cosignature", "body"])
def test_check_1_each_size_limit(what):
    a = node()
    assert problem(a, cbor.encode(over(what, Forger(a)))) == ("too-large", 413)


# --- 2: origin ---------------------------------------------------------------------------------------------------


def test_check_2_the_log_must_be_the_peers_current_one():
    a = node()
    forger = Forger(a)
    for name in (f"{forger.us.name}/log/2", f"{A}/log/1", "elsewhere.example/log/1"):
        forger.log = log_keys(forger.us, name)
        assert problem(a, forger.say()) == ("unknown-log", 422)
    assert logs(a)[1].size == 0
    assert not rows(a, "SELECT 1 FROM pending_head")


def test_check_2_a_stopped_node_answers_whatever_the_signatures_are():
    for state, code in ((LinkState.BROKEN, "broken"), (LinkState.RECOVERING, "recovering")):
        a = node()
        with a.ledger.begin() as book:
            book.tx.run("UPDATE link SET state = ?", (state,))
        a.ledger.forget()
        before = kept(a)
        forger = Forger(a)
        assert problem(a, forger.say(checkpoint=forger.head(keys=[log_keys(Half.make(forger.us.name + "x"), forger.log.verifier.name)]))) == (code, 503)  # fmt: skip
        forger.log = log_keys(forger.us, "elsewhere.example/log/1")
        assert problem(a, forger.say()) == ("unknown-log", 422)
        assert kept(a) == before
        forger = Forger(a)
        assert problem(a, forger.say()) == (code, 503)
        heard = {"pending_head"} if state is LinkState.RECOVERING else set()  # docs/adr/0107-heard-while-recovering.md
        assert changed(before, kept(a)) == heard


# --- 3: signatures -----------------------------------------------------------------------------------------------


def without_line(note: str, place: int) -> str:
    text, lines = note.split("\n\n", 1)
    left = lines.splitlines(keepends=True)
    del left[place]
    return text + "\n\n" + "".join(left)


def doubled_line(note: str, place: int) -> str:
    return note + note.split("\n\n", 1)[1].splitlines(keepends=True)[place]


def bad_heads(forger: Forger) -> dict[str, str]:
    good, name = forger.head(), forger.log.verifier.name
    foreign = log_keys(half(A), name)
    theirs = forger.head(keys=[foreign])
    mixed = (
        good.split("\n\n", 1)[0] + "\n\n" + good.splitlines(keepends=True)[-2] + theirs.splitlines(keepends=True)[-1]
    )
    origin, size, root, _, *lines = good.split("\n")
    return {
        "no Ed25519": without_line(good, 0),
        "no ML-DSA-44": without_line(good, 1),
        "none": good.split("\n\n", 1)[0] + "\n\n",
        "Ed25519 twice": doubled_line(good, 0),
        "ML-DSA-44 twice": doubled_line(good, 1),
        "foreign key": theirs,
        "one half foreign": mixed,
        "foreign beside ours": good + theirs.split("\n\n", 1)[1],
        "cosigned too": good + forger_cosign(forger).split("\n\n", 1)[1],
        "other size": good.replace(f"\n{size}\n", "\n2\n", 1),
        "extension line": "\n".join((origin, size, root, "extension", "", *lines)),
        "no note": "x",
        "empty": "",
        "another log": forger.head(origin=f"{A}/log/1", keys=[log_keys(half(A))]),
    }


def forger_cosign(forger: Forger) -> str:
    made = Checkpoint(forger.log.verifier.name, len(forger.entries), forger.root())
    return cosign(made, forger.mirror, S).note


BAD_HEADS = (
    "no Ed25519", "no ML-DSA-44", "none", "Ed25519 twice", "ML-DSA-44 twice", "foreign key", "one half foreign",
    "foreign beside ours", "cosigned too", "other size", "extension line", "no note", "empty", "another log",
)  # fmt: skip


@pytest.mark.parametrize("what", BAD_HEADS)
def test_check_3_the_exact_set_of_the_peers_signatures(what):
    a = node()
    forger = Forger(a)
    before = kept(a)
    assert problem(a, forger.say(checkpoint=bad_heads(forger)[what])) == ("bad-signature", 422)
    assert kept(a) == before
    assert a.take(forger.say(), START).grew


# --- 4 is part of restore, which is not built; 5: what is kept of an exchange that is not taken -------------------


def gap(forger: Forger, n: int = 0) -> bytes:
    return forger.say(at=S - n, base=2)


def test_check_5_the_head_of_what_is_not_taken_is_pending_once():
    a = node()
    forger = Forger(a)
    for _ in range(3):
        assert problem(a, gap(forger)) == ("gap", 409)
    assert rows(a, "SELECT note, size, root FROM pending_head") == [(forger.head(), 3, forger.root())]
    assert counter(a, "problem-gap") == 3


def test_check_5_at_most_64_heads_wait():
    a = node()
    forger = Forger(a)
    for n in range(64):
        assert problem(a, gap(forger, n)) == ("gap", 409)
    assert problem(a, gap(forger, 64)) == ("slow-down", 429)
    assert problem(a, gap(forger, 3)) == ("gap", 409), "a head that is kept already may be shown again"
    assert rows(a, "SELECT count(*) FROM pending_head") == [(64,)]
    assert a.take(forger.say(), START).grew, "a good exchange is still taken"
    assert rows(a, "SELECT count(*) FROM pending_head") == [(0,)]
    assert problem(a, forger.say(base=4, checkpoint=forger.head(at=S - 70))) == ("gap", 409)


def test_check_5_evidence_is_kept_also_when_64_heads_wait():
    a = node()
    forger = Forger(a)
    a.take(forger.say(), START)
    for n in range(64):
        problem(a, forger.say(at=S - n, base=4))
    forger.entries[1] = forger.entries[2]
    assert problem(a, forger.say()) == ("broken", 503)
    assert rows(a, "SELECT class FROM evidence") == [("equivocation",)]
    assert a.link().state is LinkState.BROKEN


# --- 6: clock ----------------------------------------------------------------------------------------------------


def test_check_6_an_hour_ahead_and_no_more():
    a = node()
    forger = Forger(a)
    assert problem(a, forger.say(at=S + HOUR + 1)) == ("clock", 422)
    assert rows(a, "SELECT time FROM pending_head") == [(S + HOUR + 1,)]
    assert logs(a)[1].size == 0
    assert a.take(forger.say(at=S + HOUR), START).grew
    assert a.link().clock_off_ms == 3_600_000


def test_check_6_a_clock_behind_is_shown_and_not_refused():
    a = node()
    a.take(Forger(a).say(at=S - HOUR), START)
    assert a.link().clock_off_ms == -3_600_000


def test_check_6_comes_before_7_and_8():
    a = node()
    forger = Forger(a)
    a.take(forger.say(), START)
    forger.entries[1] = forger.entries[2]
    assert problem(a, forger.say(at=S + HOUR + 1, base=9)) == ("clock", 422)
    assert not rows(a, "SELECT 1 FROM evidence")


# --- 7: gap ------------------------------------------------------------------------------------------------------


def test_check_7_entries_that_begin_beyond_the_mirror():
    a = node()
    forger = Forger(a)
    assert problem(a, forger.say(base=1)) == ("gap", 409)
    try:
        a.take(forger.say(base=1), START)
    except Problem as found:
        answer = decode_problem(a.problem_bytes(found))
    assert (answer.code, answer.mirror_size, answer.retry_ms) == ("gap", 0, 1000)
    assert a.take(forger.say(base=0), START).grew
    assert problem(a, forger.say(base=4, checkpoint=forger.head())) == ("gap", 409)


def test_check_7_comes_before_8():
    a = node()
    forger = Forger(a)
    a.take(forger.say(), START)
    forger.entries[1] = forger.entries[2]
    assert problem(a, forger.say(base=9, checkpoint=forger.head())) == ("gap", 409)
    assert a.link().state is LinkState.UP


# --- 9: entries and root -----------------------------------------------------------------------------------------


def unproven(a, data: bytes) -> None:
    size = logs(a)[1].size
    assert problem(a, data) == ("unproven-head", 422)
    assert logs(a)[1].size == size
    assert not rows(a, "SELECT 1 FROM evidence"), "a failing proof is no evidence: who reports it may have made it"


def test_check_9_entries_that_do_not_give_the_root():
    a = node()
    forger = Forger(a)
    good = forger.shape()
    for wrong in (good.entries[:-1], (*good.entries[:-1], good.entries[0]), (*good.entries, good.entries[0]), ()):
        unproven(a, encode_exchange(replace(good, entries=wrong)))
    assert a.take(encode_exchange(good), START).grew


def test_check_9_an_overlap_that_differs():
    a = node()
    forger = Forger(a)
    a.take(forger.say(), START)
    forger.grow(InstrumentLeaf(InstrumentKind.CUT, Digest(bytes(32))))
    good = forger.shape(base=1)
    unproven(a, encode_exchange(replace(good, entries=(good.entries[1], *good.entries[1:]))))
    assert a.take(encode_exchange(good), START).grew


def test_check_9_entries_beyond_the_signed_head():
    a = node()
    forger = Forger(a)
    a.take(forger.say(), START)
    more = encode_entry(InstrumentLeaf(InstrumentKind.KEYS, Digest(bytes(32))))
    unproven(a, forger.say(entries=(more,), checkpoint=forger.head()))


@pytest.mark.parametrize("entry", [b"", b"\x80", cbor.encode(("comity/leaf/2", 8, bytes(32))), bytes(1025)])
def test_check_9_an_entry_that_is_none(entry):
    a = node()
    forger = Forger(a)
    forger.grow(entry)
    unproven(a, forger.say())


def test_check_9_each_unproven_head_is_challenged_once():
    a = node()
    forger = Forger(a)
    wrong = (forger.entries[0],) * 3
    for n in (0, 0, 1):
        unproven(a, forger.say(entries=wrong, checkpoint=forger.head(at=S + n)))
    challenges = [e for e in entries(a) if isinstance(e, LinkLeaf)]
    assert challenges == [LinkLeaf(Act.CHALLENGE, sha256(forger.head(at=S + n).encode())) for n in (0, 1)]
    assert a.link().state is LinkState.UNCOSIGNED


def test_check_9_a_challenge_ends_when_the_peer_proves_its_head():
    a, b = pair()
    exchange(a, b, START)
    b.submit([form()], START)
    said = decode_exchange(b.speak(Ms(START + 10)))
    unproven(a, encode_exchange(replace(said, entries=said.entries[:-1])))
    assert a.link().state is LinkState.UNCOSIGNED
    exchange(a, b, Ms(START + 20))
    exchange(a, b, Ms(START + 30))
    assert a.link().state is LinkState.UP
    assert not rows(a, "SELECT 1 FROM pending_head")


# --- 11 without evidence: what is good ---------------------------------------------------------------------------


def test_check_11_good_entries_of_every_kind_are_taken():
    a = node()
    forger = Forger(a)
    a.speak(START)
    ours = logs(a)[0]
    forger.grow(
        HeadLeaf(ours.origin, ours.head_size, ours.head_root, ours.head_time),
        InstrumentLeaf(InstrumentKind.RESTORED, Digest(bytes(32))),
        ResealLeaf(LeafIndex(3), Digest(bytes(32)), 4096, 3),
        WithdrawLeaf(LeafIndex(2), Withdrawal.LOST),
        LinkLeaf(Act.RECOVERED, None),
    )
    assert a.take(forger.say(), START).grew
    assert a.link().state is LinkState.UP


def test_the_peers_accusation_stops_the_traffic_here_too():
    a = node()
    forger = Forger(a)
    forger.grow(LinkLeaf(Act.ACCUSED, Digest(bytes(32))))
    a.take(forger.say(), START)
    assert a.link().state is LinkState.BROKEN
    assert not rows(a, "SELECT 1 FROM evidence"), "an accusation proves nothing"
    assert problem(a, forger.say()) == ("broken", 503)


# --- 12: cosignature ---------------------------------------------------------------------------------------------


def ready():
    a = node()
    forger = Forger(a)
    a.speak(START)
    return a, forger


def test_check_12_a_good_cosignature_moves_the_base():
    a, forger = ready()
    taken = a.take(forger.say(cosignature=forger.cosign()), START)
    assert taken.news
    ours = logs(a)[0]
    assert (ours.cosigned_size, ours.cosigned_time) == (3, S)
    assert rows(a, "SELECT cosignature, cosigned_time FROM head WHERE role = 'ours'") == [(forger.cosign(), S)]
    assert not a.take(forger.say(cosignature=forger.cosign()), START).news, "again it is no news"


def ignored(forger: Forger) -> dict[str, str]:
    good, name = forger.cosign(), forger.mirror.verifier.name
    foreign = forger.cosign(keys=cosigner_keys(half(A), name))
    return {
        "no Ed25519": without_line(good, 0),
        "no ML-DSA-44": without_line(good, 1),
        "twice": doubled_line(good, 1),
        "foreign": foreign,
        "foreign beside": good + foreign.split("\n\n", 1)[1],
        "not a note": "x",
        "of another log": forger_cosign(forger),
        "above our head": forger.cosign(9, root=bytes(32)),
        "an hour before our head": forger.cosign(at=S - HOUR - 1),
    }


@pytest.mark.parametrize(
    "what",
    ["no Ed25519", "no ML-DSA-44", "twice", "foreign", "foreign beside", "not a note", "of another log",
     "an hour before our head"],
)  # fmt: skip
def test_check_12_what_is_not_exactly_right_is_ignored_and_counted(what):
    a, forger = ready()
    taken = a.take(forger.say(cosignature=ignored(forger)[what]), START)
    assert taken.grew, "the rest of the exchange is taken"
    assert logs(a)[0].cosigned_size == 0
    assert counter(a, "cosignature-ignored") == 1
    assert a.link().state is LinkState.UP
    a.take(forger.say(cosignature=forger.cosign()), START)
    assert logs(a)[0].cosigned_size == 3


def test_check_12_above_our_log_is_ignored_and_the_peer_is_asked_what_it_holds():
    """A leaf that somebody else made with our key shows up so; docs/adr/0058-challenge-and-stolen-key.md."""
    a, forger = ready()
    taken = a.take(forger.say(cosignature=ignored(forger)["above our head"]), START)
    assert taken.grew, "the rest of the exchange is taken"
    assert logs(a)[0].cosigned_size == 0
    assert counter(a, "cosignature-ignored") == 1
    assert a.link().state is LinkState.RECOVERING


def test_check_12_over_entries_of_ours_that_no_head_covers_is_ignored_and_nobody_is_asked():
    # spec: protocol.md 7 check 12: size <= ours
    a, forger = ready()
    a.submit([form()], START)
    ours = logs(a)[0]
    assert ours.head_size < ours.size
    a.take(forger.say(cosignature=forger.cosign(ours.size)), START)
    assert logs(a)[0].cosigned_size == 0
    assert counter(a, "cosignature-ignored") == 1
    assert a.link().state is LinkState.UP


def test_check_12_an_hour_before_our_head_is_just_good():
    a, forger = ready()
    a.take(forger.say(cosignature=forger.cosign(at=S - HOUR)), START)
    assert logs(a)[0].cosigned_size == 3


def test_check_12_a_size_at_which_no_head_was_signed_moves_nothing():
    a, forger = ready()
    a.take(forger.say(cosignature=forger.cosign(2)), START)
    assert logs(a)[0].cosigned_size == 0


def test_check_12_an_older_cosignature_never_moves_the_base_back():
    a, forger = ready()
    old = forger.cosign()
    a.take(forger.say(cosignature=old), START)
    a.submit([form()], START)
    a.speak(START)
    a.take(forger.say(cosignature=forger.cosign(at=S + 1)), START)
    before = logs(a)[0]
    a.take(forger.say(cosignature=old), START)
    assert logs(a)[0] == before


# --- what is stored, and nothing else ----------------------------------------------------------------------------


def test_a_good_exchange_stores_entries_head_and_link_in_one_transaction():
    a = node()
    forger = Forger(a)
    before = kept(a)
    a.take(forger.say(), Ms(START + 5))
    assert changed(before, kept(a)) == {"entry", "head", "link", "log"}
    theirs = logs(a)[1]
    assert (theirs.size, theirs.head_size, theirs.head_time, theirs.head_root) == (3, 3, S, forger.root())
    assert a.link().last_good == START + 5


def test_a_repeat_changes_nothing_but_the_time_of_the_last_good_exchange():
    a = node()
    forger = Forger(a)
    a.take(forger.say(), START)
    before = kept(a)
    taken = a.take(forger.say(), START)
    assert not taken.grew
    assert not taken.news
    assert kept(a) == before


def test_an_older_head_is_checked_and_never_stored_as_newer():
    a = node()
    forger = Forger(a)
    old = forger.say()
    forger.grow(LinkLeaf(Act.RECOVERED, None))
    a.take(forger.say(), START)
    newest = logs(a)[1]
    assert not a.take(old, START).news
    assert logs(a)[1] == newest
    assert a.take(forger.say(at=S + 9), START).news, "the same size, signed anew"
    assert logs(a)[1].head_time == S + 9


def test_a_batch_beginning_below_the_mirror_is_taken():
    a = node()
    forger = Forger(a)
    a.take(forger.say(), START)
    forger.grow(LinkLeaf(Act.RECOVERED, None))
    assert a.take(forger.say(base=0), START).grew
    assert logs(a)[1].size == 4


def test_problems_say_when_to_come_again():
    a = node()
    again = {"gap", "recovering", "slow-down", "clock"}  # spec: protocol.md 13
    for code in (*sorted(again), "bad-envelope", "unknown-log", "bad-signature", "unproven-head", "broken", "version"):
        told = decode_problem(a.problem_bytes(Problem(code, 400, "why stays at home")))
        assert (told.code, told.retry_ms > 0) == (code, code in again)
        assert b"why" not in a.problem_bytes(Problem(code, 400, "why stays at home"))


def test_instruments_signed_by_the_log_are_no_heads():
    a = node()
    forger = Forger(a)
    signed = sign_instrument(b"\x80", "cut", forger.us.root)
    assert problem(a, forger.say(checkpoint=signed.hex())) == ("bad-signature", 422)
