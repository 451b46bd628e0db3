"""The kind by which results cross: its bodies, its rows, what does not fit; and a node's own count from its accord."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadForm
from comity.base.hashing import sha256
from comity.base.ids import CaseId, Digest, DispatchId, LeafIndex, Ms, NodeName, Origin
from comity.crypto.keys import RootKeys
from comity.crypto.sign import add_signatures, sign_instrument
from comity.desk import Filing
from comity.desks.workplan.scorecard import codec, comparing, part
from comity.desks.workplan.scorecard.counting import terms_of
from comity.desks.workplan.scorecard.model import RULES, Held, Line, LogCut, Period, Scorecard
from comity.desks.workplan.scorecard.public import publish
from comity.desks.workplan.scorecard.table import csv_text, figure_rows, leaves_text, printed, public_rows, span_of
from comity.desks.workplan.scorecard.whole import accord_here, compare_here, count_here, read_otherwise
from comity.dispatch.accord import Accord, LaneLimit, Party, encode_accord
from comity.dispatch.book import Ledger
from comity.dispatch.ports import Store
from comity.dispatch.wire import Header
from comity.edge.opening import read_schema
from comity.edge.schema import Schema
from comity.edge.scoreboard import ScoreReader
from comity.edge.sqlite import SqliteStore
from comity.marking.labels import Lane, Urgency
from comity.screen.scorecard import Standing
from comity.tlog.tree import leaf_hash
from tests.unit.desks.workplan.scorelogs import DAY, ORIGINS, START, Traffic

CUT = (
    LogCut(Origin("a.example/comity/log/1"), 7, Digest(bytes(32)), 9),
    LogCut(Origin("b.example/comity/log/1"), 8, Digest(bytes(32)), 9),
)
LINES = (
    Line("dispatches", 0, "W-1", "requests", "rfi", "urgent", "", 40),
    Line("seen-median-ms", 1, "*", "", "", "*", "", 90_000_000),
)
CARD = Scorecard(Digest(bytes(32)), Period(Ms(86_400_000), Ms(172_800_000)), CUT, 1, LINES)
SAID = codec.Statement(CARD, (Held.WHOLE, Held.ABSENT, Held.ERASED), (Digest(b"x" * 32),))
FORM = {"state": "statement", "statement": codec.encode_statement(SAID)}
DETAIL = {"state": "detail", "of": b"y" * 32, "buckets": [0, 3], "digests": bytes(8 * 256 + 8)}
DESK = part.ScorecardPart()


@pytest.fixture
def store() -> SqliteStore:
    return SqliteStore(
        ":memory:",
        (Schema("node", read_schema("comity.node")), Schema("workplan", read_schema("comity.desks.workplan"))),
    )


def filing(body: bytes, number: int, *, ours: bool) -> Filing:
    made = Traffic()
    made.send(0, 1, "scorecard", desk="workplan", created=number)
    id_ = DispatchId(number.to_bytes(16, "big"))
    header = replace(_header(made), id=id_, created=Ms(number))
    return Filing(
        ours=ours, header=header, body=body, case=CaseId(id_), at=Ms(1), index=LeafIndex(1), admitted=bool(body)
    )


def _header(made: Traffic) -> Header:
    from comity.dispatch.partsrow import parts_of
    from comity.dispatch.wire import decode_header

    (_, _, plain), *_ = made.plain.values()
    return decode_header(parts_of(plain)[0].content)


def test_a_statement_is_composed_from_bytes_or_base64_and_read_back() -> None:
    data = DESK.compose("scorecard", FORM)
    assert data == DESK.compose("scorecard", {**FORM, "statement": base64.b64encode(FORM["statement"]).decode()})
    assert part.read(data)[1] == SAID
    facts = DESK.facts("scorecard", data)
    assert (facts.stage, facts.texts, facts.asserts) == ("statement", (), False)
    assert [line.label for line in DESK.lines("scorecard", data)] == ["state", "digest"]
    detail = DESK.compose("scorecard", DETAIL)
    assert part.read(detail)[0].buckets == (0, 3)
    assert [line.label for line in DESK.lines("scorecard", detail)] == ["state"]


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"state": "other"},
        {"state": "statement"},
        {"state": "statement", "statement": "no base64!"},
        {"state": "statement", "statement": b"x"},
        {**FORM, "more": "words of somebody"},
        {**DETAIL, "of": b"short"},
        {**DETAIL, "buckets": []},
        {**DETAIL, "digests": bytes(8)},
        {**DETAIL, "statement": 7},
    ],
)
def test_what_does_not_fit_is_not_kept(form: dict) -> None:
    with pytest.raises(BadForm, match="nothing was kept"):
        DESK.compose("scorecard", form)


def test_the_newest_statement_of_a_period_stands_and_goes_when_it_is_erased(store: SqliteStore) -> None:
    old, new = DESK.compose("scorecard", FORM), codec.encode_statement(replace(SAID, held=(Held.WHOLE,) * 3))
    newer = DESK.compose("scorecard", {"state": "statement", "statement": new})
    with store.begin() as tx:
        for number, body, ours in ((2, newer, False), (1, old, False), (3, old, True), (4, b"", False)):
            DESK.file(tx, filing(body, number, ours=ours))
            DESK.file(tx, filing(body, number, ours=ours))
        DESK.file(tx, filing(DESK.compose("scorecard", DETAIL), 5, ours=False))
    with store.begin() as tx:
        assert part.newest(tx, CARD.period, ours=False) == replace(SAID, held=(Held.WHOLE,) * 3)
        assert part.newest(tx, CARD.period, ours=True) == SAID
        assert part.newest(tx, Period(Ms(0), Ms(5)), ours=True) is None
        assert [one.of for one in part.details(tx, Digest(b"y" * 32))] == [b"y" * 32]
        DESK.erase(tx, DispatchId((2).to_bytes(16, "big")), CaseId(bytes(16)))
        assert part.newest(tx, CARD.period, ours=False) == SAID


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (1, RULES + 1),
        (0, "comity/scorecard/2"),
        (6, [["x", 2, "", "", "", "", "", 1]]),
        (6, [["b", 0, "", "", "", "", "", 1], ["a", 0, "", "", "", "", "", 1]]),
    ],
)
def test_another_shape_order_or_edition_of_the_rules_is_refused(at: int, value: object) -> None:
    found = cbor.decode(codec.encode(CARD))
    assert isinstance(found, list)
    found[at] = value
    with pytest.raises(BadEnvelope):
        codec.decode(cbor.encode(found))


def test_a_statement_whose_bits_or_digests_are_too_few_is_refused() -> None:
    found = cbor.decode(codec.encode_statement(SAID))
    assert isinstance(found, list)
    for at, value in ((3, b""), (4, b"x" * 31)):
        with pytest.raises(BadEnvelope):
            codec.decode_statement(cbor.encode([*found[:at], value, *found[at + 1 :]]))


def test_terms_are_the_accords_and_defaults_where_it_is_silent() -> None:
    parties = tuple(Party("x", "AA", (b"", b""), ()) for _ in "ab")
    timers = (("first-urgent", 5), ("full-formal", 0), ("full-urgent", 7), ("feedback-second", 11))
    accord = Accord(
        "x",
        1,
        None,
        (parties[0], parties[1]),
        (),
        (LaneLimit(Lane.URGENT, Ms(1), Ms(3)), LaneLimit(Lane.BULK, Ms(1), None)),
        timers,
        (),
        Ms(0),
    )
    terms = terms_of(accord, Digest(bytes(32)))
    assert terms.seen == {Lane.URGENT.value: 3}
    assert (terms.limits[Urgency.URGENT.value].first, terms.limits[Urgency.URGENT.value].full) == (5, 7)
    assert terms.limits[Urgency.FORMAL.value].full is None
    assert terms.limits[Urgency.NORMAL.value].full == 7 * 86_400_000
    assert terms.feedback == 11


def test_a_node_without_accord_counts_nothing(store: SqliteStore) -> None:
    with store.read() as tx, pytest.raises(BadForm, match="no accord"):
        accord_here(tx)


WORDS = {
    "dispatches": "Envois",
    "all": "tous",
    "figure": "Chiffre",
    "period": "Période",
    "digest": "E",
    "log": "J",
    "seen-median-ms": "Médiane",
    "scorecard": "T",
    "scorecard-public": "P",
    "no-officer": "n",
    "hidden-note": "h",
    "hidden": "caché",
    "value": "v",
}


def test_rows_speak_the_language_and_times_are_written_out_on_paper() -> None:
    rows = figure_rows(CARD, ("AA", "BB"), WORDS)
    assert rows[0] == ["Envois", "AA", "W-1", "requests", "rfi", "urgent", "", "40"]
    assert rows[1][:3] == ["Médiane", "BB", "tous"]
    assert csv_text(rows, WORDS).splitlines()[0].startswith("Chiffre,side")
    sheet = printed(CARD, ("AA", "BB"), WORDS)
    assert sheet["tables"][1][2][0][-1] == "1 d 1 h"
    public = publish(replace(CARD, lines=(Line("refusals", 0, "W-1", "", "", "", "unclear", 3),)))
    assert {row[-1] for row in public_rows(public, ("AA", "BB", "les deux"), WORDS)} <= {"caché", "0"}
    assert printed(CARD, ("AA", "BB", "x"), WORDS, public)["title"] == "P"
    assert [span_of(one) for one in (59_000, 3_600_000, 3_660_000, 86_400_000)] == ["0 min", "1 h", "1 h 1 min", "1 d"]


def test_leaves_are_named_in_a_table_of_their_own() -> None:
    named = comparing.Named(CUT[0].origin, 4, b"\xab" * 2, Held.WHOLE, Held.ERASED, ("dispatches", "questions"))
    words = {**WORDS, "leaf-place": "Place", "held-erased": "effacé"}
    assert leaves_text((named,), words).splitlines() == [
        "J,Place,leaf-hash,leaf-ours,leaf-theirs,Chiffre",
        'a.example/comity/log/1,4,abab,held-whole,effacé,"Envois, questions"',
    ]


# --- from a node's own rows ---------------------------------------------------------------------------------------------


@cache
def signed_accord() -> bytes:
    """Return the accord of both nodes as both roots signed it once."""
    roots = [RootKeys.from_private_bytes(bytes([fill]) * 64) for fill in (1, 2)]
    parties = tuple(
        Party(NodeName(f"{name}.example/comity"), f"X{name.upper()}", root.public().cose_keys, ("https://x",))
        for name, root in zip("ab", roots, strict=True)
    )
    accord = Accord("x", 1, None, (parties[0], parties[1]), (), (), (), (), Ms(0))
    return add_signatures(sign_instrument(encode_accord(accord), "accord", roots[0]), "accord", roots[1])


def kept(made: Traffic, side: int) -> Store:
    """Return the store of one side's node with that accord, as it stands after pairing."""
    signed = signed_accord()
    store = made.store(side, 80, Schema("workplan", read_schema("comity.desks.workplan")))
    with store.begin() as tx:
        tx.run(
            "INSERT INTO instrument (digest, kind, signed, from_ours) VALUES (?, 'accord', ?, 0)",
            (sha256(signed), signed),
        )
    return store


def test_both_nodes_count_the_same_from_their_own_rows_and_a_wrong_program_is_named_by_its_detail() -> None:
    made = Traffic()
    asked = made.filed(0, 1, "rfi")
    made.filed(1, 5, "answer", {"state": "final"}, re=(asked,))
    period = Period(Ms(START), Ms(START + 90 * DAY))
    with kept(made, 0).begin() as ours, kept(made, 1).begin() as theirs:
        one, two = count_here(ours, period), count_here(theirs, period)
        assert codec.encode(one.card) == codec.encode(two.card)
        counted, found = compare_here(ours, comparing.statement(two))
        assert (found.equal, found.leaves, found.buckets) == (True, (), ())
        # They read the question as another one: their statement differs, and their detail says which leaf.
        place = two.holding.needed[0]
        said = dict(two.holding.said) | {place: two.holding.said[place]._replace(urgency=Urgency.FORMAL.value)}
        wrong = comparing.make(two.logs, replace(two.holding, said=said), two.terms, period)
        lied = comparing.statement(wrong)
        counted, found = compare_here(ours, lied)
        assert (found.equal, found.explained, found.buckets) == (False, False, (0,))
        assert read_otherwise(ours, counted, lied, found.buckets) == (), "they have not gone into detail yet"
        of = codec.digest(lied.scorecard)
        digests = comparing.detail(wrong, found.buckets)
        bodies = (
            {"state": "detail", "of": of, "buckets": [0], "digests": digests + bytes(8)},  # of another number of leaves
            {
                "state": "detail",
                "of": of,
                "buckets": [0, 1],
                "digests": bytes(8 * 256 + 8),
            },  # of a bucket in which nothing differs
            {"state": "detail", "of": of, "buckets": [0], "digests": digests},
        )
        for number, body in enumerate(bodies[:2], 1):
            DESK.file(ours, filing(DESK.compose("scorecard", body), number, ours=False))
        assert read_otherwise(ours, counted, lied, found.buckets) == ()
        DESK.file(ours, filing(DESK.compose("scorecard", bodies[2]), 3, ours=False))
        (named,) = read_otherwise(ours, counted, lied, found.buckets)
        leaf = leaf_hash(made.entries[place[0]][place[1]])
        assert (named.origin, named.place, named.leaf) == (ORIGINS[place[0]], place[1], leaf)
        assert (named.ours, named.theirs) == (Held.WHOLE, Held.WHOLE)


def test_what_we_said_of_a_period_ourselves_is_known_and_what_they_said_is_not_ours(store: SqliteStore) -> None:
    statement, detail = DESK.compose("scorecard", FORM), DESK.compose("scorecard", DETAIL)
    of = Digest(b"y" * 32)
    with store.begin() as tx:
        for number, body in ((1, statement), (2, detail)):
            DESK.file(tx, filing(body, number, ours=False))
        assert (part.stated(tx, CARD.period), part.detailed(tx, of)) == (False, False)
        for number, body in ((3, statement), (4, detail)):
            DESK.file(tx, filing(body, number, ours=True))
        assert (part.stated(tx, CARD.period), part.detailed(tx, of)) == (True, True)
        assert not part.stated(tx, Period(CARD.period.begins, Ms(CARD.period.ends + 1)))
        assert not part.detailed(tx, Digest(b"z" * 32))


def test_a_page_counts_anew_after_a_minute_what_was_still_under_way_when_it_compared() -> None:
    made = Traffic()
    made.filed(0, 1, "rfi")
    begins = START - START % DAY
    period = Period(Ms(begins), Ms(begins + 90 * DAY))
    days = tuple(datetime.fromtimestamp(at // 1_000, UTC).date().isoformat() for at in (period.begins, period.ends))
    now, store = Ms(period.ends + DAY), kept(made, 1)
    reader = ScoreReader(Ledger(store), "workplan", {}, "b.example/comity")
    with kept(made, 0).begin() as theirs, store.begin() as ours:
        body = {
            "state": "statement",
            "statement": codec.encode_statement(comparing.statement(count_here(theirs, period))),
        }
        DESK.file(ours, filing(DESK.compose("scorecard", body), 2, ours=False))
        ((index, plain),) = ours.rows("SELECT idx, plain FROM got")
        ours.run("UPDATE got SET plain = NULL WHERE idx = ?", (index,))
    assert reader.page(*days, "en", now).standing is Standing.DIFFERENT
    with store.begin() as ours:
        ours.run("UPDATE got SET plain = ? WHERE idx = ?", (plain, index))
    assert reader.page(*days, "en", Ms(now + 59_000)).standing is Standing.DIFFERENT
    assert reader.page(*days, "en", Ms(now + 60_000)).standing is Standing.EQUAL
