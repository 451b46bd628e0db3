"""What is filed can be found at once, in four scripts; what was recalled, or belongs to others, cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import StoreMisuse
from comity.base.ids import Ms, show_id
from comity.dispatch.states import Committed
from comity.edge import search
from comity.edge.finding import around, hits_in, marked
from comity.edge.search import COUNTED, FtsFinder, Wanted, chunks_of, keep_up
from comity.policy.scope import NOTHING, Scope
from comity.screen.finding import Search
from tests.unit.edge.casesworld import NOW, person, readers_of
from tests.unit.edge.deskworld import form, make_pair

ALL = Scope(whole=True)
BODY = {
    "title": "Deux camions à Montréal",
    "text": "हरप्रीत का फ़ोन 555-0142, ਹਰਪ੍ਰੀਤ ਦਾ ਫ਼ੋਨ; <b>kesar lane</b> crew",
}


@pytest.fixture
def node():
    node, _ = make_pair()
    search.prepare(node.store, "requests")
    return node


def send(node, body=None, now=NOW, **more):
    made, by = form(body=body or BODY, **more)
    (outcome,) = node.submit([(made, by)], Ms(now))
    assert isinstance(outcome, Committed)
    return outcome.id


def find(node, typed, scope=ALL, **more):
    with node.store.read() as tx:
        hits, _ = FtsFinder("requests").hits(tx, Wanted(chunks_of(typed), **more), scope, before=0, limit=50)
    return [hit.id for hit in hits]


@pytest.mark.parametrize(
    "typed",
    [
        "montreal", "MONTRÉAL", "mont", "camions montr", '"a montreal"', "हरप्रीत", "हरप्", "फोन", "ਹਰਪ੍ਰੀਤ", "ਫੋਨ", "555-0142",
        "५५५", "੦੧੪੨", "0142", "kesar crew", "w-1", '"kesar lane"',
    ],
)  # fmt: skip
def test_words_beginnings_and_phrases_are_found_in_every_script(node, typed):
    id_ = send(node)
    assert find(node, typed) == [id_]


@pytest.mark.parametrize(
    "typed", ["toronto", '"montreal camions"', '"mont"', "ontreal", "हरप्रीता", "0143", "montreal toronto"]
)
def test_what_does_not_stand_there_is_not_found(node, typed):
    send(node)
    assert find(node, typed) == []


@pytest.mark.parametrize(
    "typed",
    [
        '"',
        '""',
        "*",
        "a OR",
        "NOT",
        "NEAR(",
        "words:montreal",
        "') --",
        '"x" AND (',
        "",
        " ",
        "\x00",
        "-" * 300,
        "x " * 200,
    ],
)
def test_nothing_that_is_typed_is_taken_for_the_language_of_the_index(node, typed):
    send(node)
    assert isinstance(find(node, typed), list)


def test_words_are_there_in_the_transaction_that_files_them_and_gone_with_it(node):
    class Stop(Exception):
        pass

    def write():
        with node.store.begin() as tx:
            tx.run("INSERT INTO requests_text VALUES (1, ?, ?, 0, 'ghost', '', '')", (b"\1", b"\1"))
            keep_up(tx, "requests")
            raise Stop

    with pytest.raises(Stop):
        write()
    assert find(node, "ghost") == []


def test_a_recalled_text_is_found_neither_by_word_nor_by_title(node):
    id_ = send(node)
    send(node, {"target": id_, "reason": "wrong lorry"}, now=NOW + 1_000, kind="recall", re=(id_,))
    assert id_ not in find(node, "montreal")
    assert id_ not in find(node, "kesar")
    world = readers_of(node)
    card = world.finder.find(world_duty(), Search("lorry"), NOW)
    assert [one.opener.title for one in card.cases] == [""]


def world_duty():
    return person("duty-officer")


def test_a_recall_that_came_first_closes_the_late_original(node):
    id_ = send(node)
    with node.store.begin() as tx:
        tx.run("DELETE FROM requests_text WHERE id = ?", (id_,))
        tx.run("INSERT INTO requests_mark (target, ours, by_id, kind, at) VALUES (?, 1, ?, 'recall', 0)", (id_, b"\2"))
    search.prepare(node.store, "requests")
    assert find(node, "montreal") == []


def test_another_agency_finds_nothing_and_counts_nothing(node):
    id_ = send(node)
    finder, wanted = FtsFinder("requests"), Wanted(chunks_of("montreal"))
    with node.store.read() as tx:
        for scope in (NOTHING, Scope(agencies=frozenset({"other"})), Scope(cases=frozenset({replace_last(id_)}))):
            assert finder.hits(tx, wanted, scope, before=0, limit=5) == ((), 0)
        for scope in (Scope(agencies=frozenset({"agency"})), Scope(cases=frozenset({id_}))):
            assert [hit.id for hit in finder.hits(tx, wanted, scope, before=0, limit=5)[0]] == [id_]


def replace_last(id_):
    return id_[:-1] + bytes([id_[-1] ^ 1])


def test_a_scope_of_thousands_of_cases_is_one_question(node):
    id_ = send(node)
    cases = frozenset(n.to_bytes(16, "big") for n in range(5_000)) | {id_}
    assert find(node, "montreal", Scope(cases=cases)) == [id_]


def test_an_agency_that_joins_a_case_finds_what_stood_there_before(node):
    id_ = send(node)
    with node.store.begin() as tx:
        tx.run("DELETE FROM requests_reach WHERE case_id = ?", (id_,))
        tx.run("INSERT INTO requests_reach (case_id, agency) VALUES (?, 'other')", (id_,))
    send(node, {"text": "a line"}, now=NOW + 5, kind="message", case=id_)
    assert id_ in find(node, "montreal", Scope(agencies=frozenset({"agency"})))


def test_kind_side_and_days_narrow(node):
    one = send(node)
    two = send(node, {"text": "montreal again"}, now=NOW + 86_400_000, kind="message", case=one)
    assert find(node, "montreal", kinds=("message",)) == [two]
    assert find(node, "montreal", ours=False) == []
    assert find(node, "montreal", ours=True) == [two, one]
    assert find(node, "montreal", since=Ms(NOW + 1)) == [two]
    assert find(node, "montreal", until=Ms(NOW + 1)) == [one]
    assert find(node, "montreal", since=Ms(NOW + 2 * 86_400_000)) == []
    assert find(node, "montreal", until=Ms(NOW)) == []


def test_an_index_that_was_dropped_or_fell_behind_is_made_again(node):
    id_ = send(node)
    with node.store.begin() as tx:
        search.drop(tx, "requests")
    search.prepare(node.store, "requests")
    assert find(node, "montreal") == [id_]
    with node.store.begin() as tx:
        tx.run("DELETE FROM requests_text")
        tx.run("DELETE FROM requests_reach")
    assert find(node, "montreal") == []
    search.prepare(node.store, "requests")
    assert find(node, "montreal", Scope(agencies=frozenset({"agency"}))) == [id_]


def test_a_store_without_the_desk_is_left_alone(node):
    search.prepare(node.store, "nothere")
    with node.store.read() as tx, pytest.raises(StoreMisuse, match="nothere_find"):
        tx.rows("SELECT 1 FROM nothere_find")


def test_only_a_plain_name_can_be_part_of_a_statement():
    with pytest.raises(ValueError, match="small letters"):
        FtsFinder("x; drop")


def test_pages_go_on_where_the_last_ended_and_the_count_stops(node):
    first = send(node)
    later = [send(node, {"text": f"montreal {n}"}, now=NOW + n, kind="message", case=first) for n in range(1, 12)]
    found, before = [], 0
    finder, wanted = FtsFinder("requests"), Wanted(chunks_of("montreal"))
    with node.store.read() as tx:
        while True:
            hits, count = finder.hits(tx, wanted, ALL, before=before, limit=5)
            if not hits:
                break
            assert count <= COUNTED + 1
            found += [hit.id for hit in hits]
            before = hits[-1].place
    assert found == [*reversed(later), first]


def test_the_name_of_an_agency_stands_for_its_dispatches():
    chunks = chunks_of("harbour", [("hw", ("harbour", "watch")), ("po", ("paper", "office"))])
    assert chunks[0].agencies == ("hw",)
    assert chunks_of('"harbour"', [("hw", ("harbour",))])[0].agencies == ()


# --- for one person ----------------------------------------------------------------------------------------------------


def test_a_number_or_an_id_goes_straight_to_its_case_if_it_is_open(node):
    id_ = send(node)
    world, duty = readers_of(node), world_duty()
    for typed, want in (("XA-2026-0001", (id_, None)), ("xa-2026-0001", (id_, None)), (show_id(id_), (id_, id_))):
        assert world.finder.find(duty, Search(typed), NOW).straight == want
    stranger = replace(duty, roles=frozenset({"officer"}), agency="nobodys")
    for typed in ("XA-2026-0001", show_id(id_), "1", "0001"):
        card = world.finder.find(stranger, Search(typed), NOW)
        assert (card.straight, card.numbered, card.cases, card.count) == (None, (), (), 0)
    assert [line.id for line in world.finder.find(duty, Search("1"), NOW).numbered] == [id_]
    for typed in ("XB-2026-0001", "XA-2026-9999", "A" * 26, "Z" * 26, "9" * 30):
        assert world.finder.find(duty, Search(typed), NOW).straight is None


def test_the_other_sides_number_goes_straight_too(node):
    id_ = send(node)
    with node.store.begin() as tx:
        tx.run("UPDATE requests_case SET theirs = 'XB-2026-0077'")
    assert readers_of(node).finder.find(world_duty(), Search("XB-2026-0077"), NOW).straight == (id_, None)


def test_hits_are_marked_in_the_text_as_it_was_written(node):
    send(node)
    card = readers_of(node).finder.find(world_duty(), Search("montreal फोन"), NOW)
    (case,) = card.cases
    assert [piece.text for piece in case.title if piece.hit] == ["Montréal"]
    (found,) = case.dispatches
    assert [piece.text for piece in found.around if piece.hit] == ["फ़ोन"]
    assert "".join(piece.text for piece in found.title) == BODY["title"]


def test_a_page_that_is_none_and_days_that_are_none_are_left_out(node):
    send(node)
    for more in (
        {"page": "x"},
        {"page": "-1"},
        {"since": "2026-99-99"},
        {"until": "soon"},
        {"kind": "nokind"},
        {"side": "x"},
    ):
        assert readers_of(node).finder.find(world_duty(), Search("montreal", **more), NOW).count == 1


def test_a_long_text_is_shown_around_the_first_hit():
    text = "before " * 60 + "needle" + " after" * 60
    pieces = around(text, chunks_of("needle"))
    assert [piece.text for piece in pieces if piece.hit] == ["needle"]
    assert pieces[0].text == "… "
    assert pieces[-1].text == " …"
    assert sum(len(piece.text) for piece in pieces) < 400


def test_a_phrase_is_marked_as_one_and_nothing_twice():
    chunks = chunks_of('"kesar lane" lane')
    text = "Kesar Lane, lane"
    assert [text[a:b] for a, b in hits_in(text, chunks)] == ["Kesar Lane", "lane"]
    assert [piece.hit for piece in marked(text, chunks)] == [True, False, True]
