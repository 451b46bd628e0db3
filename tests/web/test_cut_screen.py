"""What the pages say of a cut after a stolen log key: before it, taken by one side, taken by both, and what is set aside.

Planted and caught, one at a time: dispatches set aside named whoever looks; what waits not counted; the steps left off the page
of the accord; the link's state not looked at; the other side's log called ours; a place below nought shown as it lies in the rows (as it was before).
"""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from comity.base.ids import show_id
from comity.cli.main import main
from comity.node.cutting import GATED
from comity.node.link import LinkState
from comity.node.linkrow import read_link, write_link
from comity.web.cutview import STEPS
from tests.unit.edge.twofolders import question
from tests.web.desk import ROLES, STRANGER, desk


def text(answer) -> str:
    assert answer.status_code == 200, (answer.status_code, answer.text[:400])
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2])).split())


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("cut")) as running:
        yield running


@pytest.fixture(scope="module")
def came(house):
    """A question of Ostrel's, filed at Vanmere before the cut."""
    return house.crosses(question())


def say(*words) -> None:
    assert main([str(word) for word in words]) == 0, words


@pytest.fixture(scope="module")
def papers(house, came):
    """A signed cut of Ostrel's log and its new list, made as both parties make them."""
    base = house.folder
    one, other, accord = base / "ostrel", base / "vanmere", base / "accord.cose"
    owner, peer, cut, raw, made = (base / name for name in ("owner.json", "peer.json", "cut", "list.cbor", "list"))
    heads = lambda log, name: house.door("GET", f"/cut/view?log={log}", name=name)["heads"]  # noqa: E731  two words
    house.until(lambda: heads("ours", "ostrel")[-1] in heads("theirs", "vanmere"))
    say("cut", "view", "--log", "ours", "--node", one, "--out", owner)
    say("cut", "view", "--log", "theirs", "--node", other, "--out", peer)
    say("cut", "draft", "--owner", owner, "--peer", peer, "--out", cut)
    say("cut", "keys", cut, "--node", one, "--out", raw, "--same-authority")
    say("keys", "sign", raw, "--root", base / "ostrel-root", "--accord", accord, "--out", made)
    for name in ("ostrel", "vanmere"):
        say("cut", "sign", cut, "--root", base / f"{name}-root", "--accord", accord)
    return cut, made


def test_before_a_cut_the_accord_has_the_steps_and_the_ledger_says_nothing(house):
    for role in ("desk-lead", "administrator"):
        page = text(house.visitor(role).get("/accord"))
        assert "No log was cut here." in page
        assert all(command in page for _, commands in STEPS for command in commands)
        assert "the node knows a cut once it was taken here" in page
    assert "was cut" not in text(house.visitor("duty-officer").get("/ledger"))
    assert house.visitor("duty-officer").get("/accord").status_code == 404


def test_the_steps_are_commands_of_the_program(capsys):
    """Each command of the page is one that the program knows, with these very options."""
    for command in (one for _, commands in STEPS for one in commands):
        words = command.split()[1:]
        with pytest.raises(SystemExit):
            main([*words[:2], "--help"])
        known = capsys.readouterr().out
        assert all(word in known for word in words if word.startswith("--")), command


def test_where_the_link_is_broken_it_says_whom_to_call(house):
    node = house.opened("ostrel").node
    with node.ledger.begin() as book:
        was = read_link(book.tx)
        write_link(book.tx, replace(was, state=LinkState.BROKEN))
    try:
        assert "Nothing crosses. If the reason is a stolen log key" in text(
            house.visitor("duty-officer").get("/ledger")
        )
    finally:
        with node.ledger.begin() as book:
            write_link(book.tx, was)


def test_taken_by_one_side_it_says_what_waits_and_for_whom(house, papers):
    cut, made = papers
    say("cut", "apply", cut, "--keys", made, "--node", house.folder / "ostrel")
    node = house.opened("ostrel").node
    with node.ledger.begin() as book:
        for place in (900, 901):
            book.tx.run(
                "INSERT INTO pool (place, lane, entry, dispatch, not_before) VALUES (?, 1, ?, ?, ?)",
                (place, b"", place.to_bytes(16, "big"), GATED),
            )
    try:
        for role, path in (("duty-officer", "/ledger"), ("officer", "/ledger"), ("desk-lead", "/accord")):
            page = text(house.visitor(role).get(path))
            for words in (
                "Our log was cut",
                "The other side has not said yet that it took the cut",
                "2 dispatches of ours without a receipt wait",
                "stands again in the new log",
                "ostrel.example/comity/log/2 goes on instead of ostrel.example/comity/log/1",
                "The logs are compared first",
            ):
                assert words in page, (role, path, words)
    finally:
        with node.ledger.begin() as book:
            book.tx.run("DELETE FROM pool WHERE place >= 900")
    assert "No dispatch of ours that had an entry there is without a receipt." in text(
        house.visitor("duty-officer").get("/ledger")
    )


def test_the_edition_in_force_stands_at_its_place_in_the_log_before_the_cut(house, papers, capsys):
    """Rows of a closed log lie below nought; no page and no command shows such a place."""
    page = text(house.visitor("desk-lead").get("/accord"))
    assert "Our log: edition 1, from entry 2 of the log before the cut on" in page
    assert "Their log: edition 1, from entry 2 on" in page
    capsys.readouterr()
    say("accord", "state", "--node", house.folder / "ostrel")
    said = capsys.readouterr().out
    assert "in force in our log: edition 1, from entry 2 of the log before the cut" in said
    assert "-70" not in said


def test_taken_by_both_it_says_so_on_either_side(house, papers):
    cut, made = papers
    say("cut", "apply", cut, "--keys", made, "--node", house.folder / "vanmere")
    house.until(lambda: house.door("GET", "/cut")["cuts"][0]["mark"] is not None)
    house.until(lambda: [house.door("GET", "/cut", name=n)["state"] for n in ("ostrel", "vanmere")] == ["up", "up"])
    ours = text(house.visitor("duty-officer").get("/ledger"))
    assert "Both sides took it: their log says so" in ours
    assert "What of ours had no receipt has gone again" in ours
    assert "wait" not in ours.partition("Our log was cut")[2].partition("Fingerprint")[0]
    theirs = text(house.visitor("duty-officer", "vanmere").get("/ledger"))
    assert "Their log was cut" in theirs
    assert "Our log was cut" not in theirs
    assert "they send again, under its number" in theirs
    assert "we took above the cut" not in theirs
    assert "Nothing that this store has stood above it." in theirs
    assert "signed heads above it" not in theirs


def test_what_a_thief_sent_is_named_to_those_who_have_its_case(house, papers, came):
    """As if the entry of the question stood above the cut: it is counted for all, and named to who has the case."""
    node = house.opened("vanmere").node
    with node.ledger.begin() as book:
        ((size,),) = book.tx.rows("SELECT cut_size FROM closed_log WHERE role = 'theirs'")
        ((place, base),) = book.tx.rows(
            "SELECT g.idx, e.idx FROM got g, (SELECT min(idx) AS idx FROM entry WHERE role = 'theirs') e WHERE g.id = ?",
            (came,),
        )
        assert place - base < size
        book.tx.run("UPDATE closed_log SET cut_size = ? WHERE role = 'theirs'", (place - base,))
    try:
        assert house.door("GET", "/cut", name="vanmere")["aside"][0]["id"] == show_id(came)
        page = text(house.visitor("duty-officer", "vanmere").get("/ledger"))
        assert "that we took above the cut" in page
        assert "Do not act on it" in page
        assert show_id(came) in page
        assert "we had said: filed" in page
        for who in (STRANGER, ROLES["administrator"]):
            page = text(house.visitor(who, "vanmere").get("/ledger"))
            assert "that we took above the cut" in page
            assert show_id(came) not in page, who
    finally:
        with node.ledger.begin() as book:
            book.tx.run("UPDATE closed_log SET cut_size = ? WHERE role = 'theirs'", (size,))
