"""The same words find the same dispatches in both kinds of store, in four scripts, and what may not be seen in neither."""

from __future__ import annotations

import random

import pytest

from comity.base.ids import CaseId, Ms
from comity.desks.requests.finding import agency_tag, case_tag, kind_tag, side_tag
from comity.edge import pgsearch, search
from comity.edge.opening import read_schema
from comity.edge.pgsearch import TermsFinder
from comity.edge.postgres import PostgresStore
from comity.edge.schema import Schema
from comity.edge.search import FtsFinder, Wanted, chunks_of
from comity.edge.sqlite import MEMORY, SqliteStore
from comity.marking.finding import words_of
from comity.policy.scope import Scope

WORDS = [
    "Montréal",
    "camion",
    "camions",
    "lane",
    "kesar",
    "555-0142",
    "receipt-42",
    "straße",
    "O'Neil",
    "a",
    "an",
    "antidisestablishmentarianism",
    "antidisestablished",
    "naïve",
    "Œuvre",
    "हरप्रीत",
    "हरप्रीता",
    "का",
    "फ़ोन",
    "सूचना",
    "५५५",
    "ਹਰਪ੍ਰੀਤ",
    "ਦਾ",
    "ਫ਼ੋਨ",
    "ਸੂਚਨਾ",
    "੦੧੪੨",
    "%",
    "_",
    "\\",
    "'",
    "&",
    "|",
    "!",
    ":",
    "*",
    "<b>",
    "x_y",
    "100%",
    "\U0001d7d9\U0001d7da",
    "ﬁn",
]
TYPED = (
    *WORDS, "mont", "MONT", "cam", '"camions montreal"', '"kesar lane"', '"kesar lan"', "kesar lane", "हर", "ਹਰ", "555 0142", "antidis",
    '"antidisestablishmentarianism"', "antidisestablishmentarianisms", "montreal toronto", '"a an"', "an", "a", "x " * 40, "' OR 1", "\\'", "w:*",
)  # fmt: skip
AGENCIES = ("north", "south", "harbour")
ROWS = 120


@pytest.fixture(scope="module")
def both(pg_server):
    chance = random.Random(20261122)
    pg_server.create("bothfind")
    schemas = [Schema("requests", read_schema("comity.desks.requests"))]
    file, database = SqliteStore(MEMORY, schemas), PostgresStore(pg_server.database("bothfind"), schemas)
    search.prepare(file, "requests")
    pgsearch.prepare(database, "requests")
    rows = [_row(place, chance) for place in range(1, ROWS)]
    for store in (file, database):
        with store.begin() as tx:
            tx.many(
                "INSERT INTO requests_text (place, id, case_id, at, words, tags, scope) VALUES (?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            tx.run("UPDATE requests_text SET words = '' WHERE place = 7")
            tx.run("DELETE FROM requests_text WHERE place = 8")
    yield file, database
    database.close()
    file.close()
    pg_server.drop("bothfind")


def _row(place, chance):
    id_, case = place.to_bytes(16, "big"), bytes([place % 5]) * 16
    words = words_of(" ".join(chance.choices(WORDS, k=chance.randrange(1, 30))))
    tags = (
        kind_tag(("message", "rfi")[place % 2]),
        side_tag(ours=place % 3 == 0),
        agency_tag(chance.choice(AGENCIES), "f"),
    )
    scope = (agency_tag(chance.choice(AGENCIES), "a"), case_tag(CaseId(case)))
    return place, id_, case, place * 1_000, " ".join(words), " ".join(tags), " ".join(scope)


def answers(both, wanted, scope, **more):
    found = []
    for store, finder in zip(both, (FtsFinder("requests"), TermsFinder("requests")), strict=True):
        with store.read() as tx:
            found.append(finder.hits(tx, wanted, scope, **{"before": 0, "limit": 50, **more}))
    return found


@pytest.mark.parametrize(
    "scope", [Scope(whole=True), Scope(agencies=frozenset({"north"}), cases=frozenset({b"\1" * 16}))]
)
def test_both_find_the_same(both, scope):
    some = 0
    for typed in TYPED:
        for quoted in (typed, f'"{typed}"'):
            first, second = answers(both, Wanted(chunks_of(quoted, [("harbour", ("harbour", "camion"))])), scope)
            assert first == second, quoted
            some += bool(first[0])
    assert some > len(WORDS)


def test_both_narrow_page_and_count_the_same(both):
    for more in (
        {"kinds": ("rfi",)},
        {"ours": True},
        {"ours": False},
        {"since": Ms(30_000)},
        {"until": Ms(30_000)},
        {"since": Ms(10**9)},
    ):
        first, second = answers(both, Wanted(chunks_of("a"), **more), Scope(whole=True))
        assert first == second, more
    for before in (0, 60, 1):
        first, second = answers(both, Wanted(chunks_of("kesar")), Scope(whole=True), before=before, limit=3)
        assert first == second
    nothing = answers(both, Wanted(chunks_of("kesar")), Scope(agencies=frozenset({"stranger"})))
    assert nothing == [((), 0)] * 2
    assert answers(both, Wanted(()), Scope(whole=True)) == [((), 0)] * 2


def test_twenty_thousand_words_of_any_script_fit_and_the_last_is_found(both):
    _, database = both
    words = [f"{chr(0x0905 + n % 50)}{n:05d}{'क' * 58}" for n in range(20_000)]
    with database.begin() as tx:
        row = (ROWS, b"\xee" * 16, b"\xee" * 16, 0, " ".join(words), "krfi", "")
        tx.run(
            "INSERT INTO requests_text (place, id, case_id, at, words, tags, scope) VALUES (?, ?, ?, ?, ?, ?, ?)", row
        )
    with database.read() as tx:
        (hit,), count = TermsFinder("requests").hits(
            tx, Wanted(chunks_of(words[-1])), Scope(whole=True), before=0, limit=5
        )
    assert (hit.place, count) == (ROWS, 1)


def test_the_index_narrows_and_can_be_made_again(both):
    _, database = both
    with database.begin() as tx:
        pgsearch.drop(tx, "requests")
    pgsearch.prepare(database, "requests")
    pgsearch.prepare(database, "nothere")
    with database.begin() as tx:
        tx.run("ANALYZE requests_text")
        # The table is small here, so that the planner is told what it finds out by itself in a large one.
        tx.rows("SELECT set_config('enable_seqscan', 'off', true), set_config('enable_indexscan', 'off', true)")
        where, arguments = TermsFinder("requests")._where(Wanted(chunks_of("kesar")), Scope(whole=True))
        plan = tx.rows(f"EXPLAIN SELECT place FROM requests_text WHERE {where}", arguments)
    assert any("requests_find" in str(line) for line in plan)


def test_only_a_plain_name_can_be_part_of_a_statement():
    with pytest.raises(ValueError, match="small letters"):
        TermsFinder("x; drop")
