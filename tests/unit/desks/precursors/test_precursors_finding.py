"""A notification is found by firm, substance, number and id; not what was replaced, recalled, erased or belongs to others."""

from __future__ import annotations

import pytest

from comity.base.ids import CaseId, Ms, show_id
from comity.desks.precursors import finding
from comity.dispatch.filing import TakenBack
from comity.edge import search
from comity.edge.opening import read_schema
from comity.edge.schema import Schema
from comity.edge.search import FtsFinder, Wanted, chunks_of
from comity.edge.sqlite import SqliteStore
from comity.policy.scope import NOTHING, Scope
from tests.unit.desks.precursors.forms import DAY, EXPORTER, HOUR, IMPORTER, PEN, T0, filing, ident

ALL = Scope(whole=True)


@pytest.fixture
def store():
    made = SqliteStore(":memory:", (Schema("precursors", read_schema("comity.desks.precursors")),))
    search.prepare(made, "precursors")
    with made.begin() as tx:
        EXPORTER.file(tx, filing(1, "pen", {**PEN, "reference": "T-77"}, ours=True, at=HOUR))
    return made


def find(store, typed, scope=ALL, **more):
    with store.read() as tx:
        wanted = Wanted(chunks_of(typed, (("paper-office", ("paper", "office")),)), **more)
        return [hit.id for hit in FtsFinder("precursors").hits(tx, wanted, scope, before=0, limit=9)[0]]


@pytest.mark.parametrize(
    "typed", ["tern fine", "pivot", "piperidone", "41979-39-9", "T-77", "crossing port", "office", show_id(ident(1))]
)
def test_exporter_importer_substance_and_numbers_find_it(store, typed):
    assert find(store, typed) == [ident(1)]


@pytest.mark.parametrize("typed", ["heron", "41979-39-8", '"fine tern"', "T-78", show_id(ident(2))])
def test_what_it_does_not_say_does_not(store, typed):
    assert find(store, typed) == []


def test_need_to_know_is_part_of_the_query(store):
    assert find(store, "tern", NOTHING) == []
    assert find(store, "tern", Scope(agencies=frozenset({"seal-house"}))) == [ident(1)]
    assert find(store, "tern", Scope(agencies=frozenset({"paper-office"}))) == [], "theirs is no scope of ours"
    assert find(store, "tern", Scope(cases=frozenset({CaseId(ident(1))}))) == [ident(1)]
    assert find(store, "tern", Scope(cases=frozenset({CaseId(ident(2))}))) == []
    assert find(store, "tern", ours=False) == []
    assert find(store, "tern", ours=True, kinds=("pen",)) == [ident(1)]
    assert find(store, "tern", kinds=("incident",)) == []


def test_an_agency_that_gets_a_later_word_finds_it_too(store):
    heron = Scope(agencies=frozenset({"heron-office"}))
    assert find(store, "tern", heron) == []
    with store.begin() as tx:
        reply = filing(
            2, "pen-reply", {"state": "no-objection"}, ours=False, at=DAY, re=(ident(1),), agencies=("heron-office",)
        )
        EXPORTER.file(tx, reply)
    assert find(store, "tern", heron) == [ident(1)]


def test_the_version_in_force_is_what_is_found(store):
    form = {**PEN, "state": "amendment", "version": 2, "lines": [{"substance": "ergometrine", "grams": 5}]}
    with store.begin() as tx:
        EXPORTER.file(tx, filing(2, "pen", form, ours=True, at=DAY, replaces=ident(1)))
    assert find(store, "ergometrine") == [ident(1)]
    assert find(store, "piperidone") == []


def test_what_was_recalled_refused_or_erased_is_not_found_by_its_words(store):
    with store.begin() as tx:
        EXPORTER.take_back(tx, TakenBack(ident(1), ident(9), "recall", True, Ms(T0 + DAY)))
    assert find(store, "tern") == []
    with store.begin() as tx:
        EXPORTER.file(tx, filing(11, "pen", PEN, ours=True, at=DAY, case=CaseId(ident(11))))
        EXPORTER.file(tx, filing(21, "pen", PEN, ours=True, at=DAY))
    assert find(store, "tern") == [ident(21), ident(11)]
    with store.begin() as tx:
        EXPORTER.erase(tx, ident(11), CaseId(ident(1)))
        EXPORTER.settle(tx, ident(21), 4, "cannot-assist", Ms(T0 + DAY))
    assert find(store, "tern") == []


def test_what_was_filed_before_there_was_a_search_is_caught_up(store):
    with store.begin() as tx:
        tx.run("DELETE FROM precursors_text")
    assert find(store, "tern") == []
    search.prepare(store, "precursors")
    assert find(store, "tern") == [ident(1)]
    with store.begin() as tx:
        assert finding.catch_up(tx) == 0


def test_what_was_erased_is_not_found_again_when_a_later_word_on_it_comes(store):
    with store.begin() as tx:
        EXPORTER.erase(tx, ident(1), CaseId(ident(1)))
        tx.run("DELETE FROM precursors_text")
    search.prepare(store, "precursors")
    assert find(store, "tern") == find(store, "piperidone") == []
    with store.begin() as tx:
        EXPORTER.file(tx, filing(2, "pen-reply", {"state": "no-objection"}, ours=False, at=DAY, re=(ident(1),)))
    assert find(store, "tern") == find(store, "piperidone") == []


def test_a_row_whose_words_were_damaged_keeps_no_other_from_being_found(store):
    with store.begin() as tx:
        EXPORTER.file(tx, filing(11, "pen", PEN, ours=True, at=DAY, case=CaseId(ident(11))))
        tx.run("UPDATE precursors_dispatch SET body = ? WHERE id = ?", (b"\xff\x00", ident(1)))
        tx.run("DELETE FROM precursors_text")
    search.prepare(store, "precursors")
    assert find(store, "tern") == [ident(11)]


def test_the_importing_side_finds_it_too():
    made = SqliteStore(":memory:", (Schema("precursors", read_schema("comity.desks.precursors")),))
    search.prepare(made, "precursors")
    with made.begin() as tx:
        IMPORTER.file(tx, filing(1, "pen", PEN, ours=False))
    assert find(made, "tern", Scope(agencies=frozenset({"paper-office"}))) == [ident(1)]
