"""The kind by which results cross: its bodies, its rows, what does not fit; and a node's own count from its accord."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadForm
from comity.base.ids import CaseId, Digest, DispatchId, LeafIndex, Ms, Origin
from comity.desk import Filing
from comity.desks.workplan.scorecard import codec, part
from comity.desks.workplan.scorecard.counting import terms_of
from comity.desks.workplan.scorecard.model import RULES, Held, Line, LogCut, Period, Scorecard
from comity.desks.workplan.scorecard.public import publish
from comity.desks.workplan.scorecard.table import csv_text, figure_rows, printed, public_rows, span_of
from comity.desks.workplan.scorecard.whole import accord_here
from comity.dispatch.accord import Accord, LaneLimit, Party
from comity.dispatch.wire import Header
from comity.edge.opening import read_schema
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore
from comity.marking.labels import Lane, Urgency
from tests.unit.desks.workplan.scorelogs import Traffic

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
