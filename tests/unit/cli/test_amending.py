"""`comity accord next, propose, fetch, agree, refuse` and the page: an amendment from the terms into both logs."""

from __future__ import annotations

import json
import re

import pytest

from comity.cli.amending import SENTENCES
from comity.dispatch.amendment import What
from comity.edge.reading import open_reader
from tests.unit.cli.pair import typed
from tests.unit.edge.twofolders import ACCORD
from tests.web.desk import desk

NEWS = ('"certificate", "keys", "manifest"', '"certificate", "keys", "manifest", "news"')


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("run")) as running:
        yield running


@pytest.fixture
def say(house, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    return lambda *words: typed(capsys, "accord", *words)


def terms(house, name, edition, **changed):
    text = (
        (ACCORD / "accord.toml")
        .read_text()
        .replace("edition = 1", f"edition = {edition}")
        .replace("tick = 30_000", "tick = 0")
    )
    assert "tick = 0" in text
    for old, new in changed.values():
        assert old in text
        text = text.replace(old, new)
    (house.folder / f"{name}.toml").write_text(text)
    return house.folder / f"{name}.toml"


def state(house, name):
    return house.door("GET", "/accord", name=name)


def proposed(house, name):
    return any(one["state"] == "waits" and not one["ours"] for one in state(house, name)["proposals"])


def test_from_the_terms_into_both_logs(house, say):
    base = house.folder
    first, out, fetched = base / "accord.cose", base / "next.cose", base / "fetched.cose"
    written = terms(house, "two", 2, opened=NEWS)
    code, said, _ = say("next", "--before", first, "--terms", written, "--out", out)
    assert code == 0
    assert "opens the kind news of the desk node" in said
    assert say("next", "--before", first, "--terms", written, "--out", out)[0] != 0, "it is there already"
    assert say("propose", out, "--node", base / "ostrel")[0] != 0, "not signed"
    assert say("sign", out, "--root", base / "ostrel-root")[0] == 0
    code, said, _ = say("diff", first, out)
    assert (code, "It follows edition 1" in said) == (0, True)
    code, said, _ = say("propose", out, "--node", base / "ostrel", "--note", "as was talked over")
    assert (code, "sent to the other side" in said) == (0, True), said
    house.until(lambda: proposed(house, "vanmere"))
    said = say("state", "--node", base / "vanmere")[1]
    assert "PROPOSED by the other side, edition 2" in said
    assert "opens the kind news" in said
    (number,) = re.findall(r"number ([0-9a-f]{16})", said)
    assert say("fetch", "0" * 16, "--out", fetched, "--node", base / "vanmere")[0] != 0
    assert say("fetch", number, "--out", fetched, "--node", base / "vanmere")[0] == 0
    assert say("fetch", number, "--out", fetched, "--node", base / "vanmere")[0] != 0
    assert say("agree", fetched, "--node", base / "vanmere")[0] != 0, "signed by one root only"
    assert say("sign", fetched, "--root", base / "vanmere-root")[0] == 0
    assert say("agree", fetched, "--node", base / "vanmere", "--json")[0] == 0
    house.until(lambda: all(state(house, name)[side]["edition"] == 2 for name in ("ostrel", "vanmere") for side in ("ours", "theirs")))  # fmt: skip
    code, said, _ = say("state", "--node", base / "ostrel")
    assert "in force in our log: edition 2" in said
    assert "as was talked over" in said
    assert json.loads(say("state", "--json", "--node", base / "ostrel")[1])["newest"] == 2
    code, said, _ = say("diff", fetched, out)
    assert (code, "CANNOT follow" in said) == (1, True)


def test_the_page_says_what_changes_and_refuses(house, say):
    base = house.folder
    second, out = base / "fetched.cose", base / "third.cose"
    changed = {"opened": NEWS, "kept": ("retention_days = ", "retention_days = 1")}
    code, said, _ = say("next", "--before", second, "--terms", terms(house, "three", 3, **changed), "--out", out)
    assert code == 0, said
    assert say("sign", out, "--root", base / "ostrel-root")[0] == 0
    assert say("propose", out, "--node", base / "ostrel")[0] == 0
    house.until(lambda: proposed(house, "vanmere"))
    admin, officer = (house.visitor(role, "vanmere") for role in ("administrator", "officer"))
    assert officer.get("/accord").status_code == 404
    page = admin.get("/accord").text
    assert "It closes the kind news of the desk node" not in page
    assert "Timer or cap retention" in page
    assert "Our log: edition 2" in page
    (number,) = set(re.findall(r"/accord/([0-9a-f]{16})/refuse", page))
    assert admin.post("/accord/" + "0" * 16 + "/refuse", {"note": "no"}).status_code == 404
    assert admin.post(f"/accord/{number}/refuse", {"note": " "}).status_code == 400
    assert admin.post(f"/accord/{number}/refuse", {"note": "not before autumn"}).status_code == 303
    assert "not before autumn" in admin.get("/accord").text
    house.until(lambda: all(one["state"] != "waits" for one in state(house, "ostrel")["proposals"]))
    assert "Refused" in house.visitor("administrator").get("/accord").text
    assert say("refuse", number, "--note", "again", "--node", base / "vanmere")[0] != 0
    with house.opened("ostrel").node.ledger.begin() as book:  # as a store that was put back has it
        book.tx.run("DELETE FROM amendment WHERE ours = 1 AND edition = 3")
    page = house.visitor("administrator").get("/accord").text
    assert "Our root signed edition 3; this node has no proposal of it" in page
    assert "not before autumn" in page, "the reason of the refusal"
    code, said, _ = say("state", "--node", base / "ostrel")
    assert (code, "this node has no proposal of it" in said, "not before autumn" in said) == (0, True, True)


def test_every_difference_has_a_sentence():
    assert set(SENTENCES) == set(What)


def test_after_a_start_the_desks_have_the_edition_in_force(house):
    opened = house.opened("ostrel")
    assert opened.built.accord.edition == 1
    again = open_reader(opened.config)
    try:
        assert again.node.office.accord.edition == 2
        assert again.desks is not opened.desks
        assert again.node.office.desks["requests"] is again.desks["requests"]
    finally:
        again.store.close()
