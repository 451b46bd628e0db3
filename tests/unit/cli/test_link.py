"""`comity link` and the page of the link: two persons suspend the exchange or a desk at once, and let it go on."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from comity.base.ids import Digest
from comity.dispatch.exchange_codec import Evidence, EvidenceClass, encode_evidence
from comity.node import named
from comity.node.taken import Named
from comity.sim.chance import SeededEntropy
from comity.sim.exercise import parties
from comity.tlog.checkpoint import Checkpoint, cosign
from comity.tlog.note import Seconds
from tests.unit.cli.pair import typed
from tests.web.desk import ROLES, desk

LEAD, ADMIN = f"requests/{ROLES['desk-lead']}", f"requests/{ROLES['administrator']}"
WHY = "the talks were broken off today"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("run"), far=False) as running:
        yield running


@pytest.fixture
def say(house, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    return lambda *words: typed(capsys, "link", *words, "--node", house.folder / "ostrel")


def asked(say, act, officer, *more):
    code, said, _ = say(act, "--officer", officer, "--reason", WHY, "--json", *more)
    assert code == 0
    return json.loads(said)["id"]


def test_one_asks_another_confirms_and_it_is_suspended_at_once(say):
    wish = asked(say, "suspend", LEAD)
    assert json.loads(say("show", "--json")[1])["ours"] == []
    assert wish in say("show")[1]
    assert say("confirm", wish, "--officer", LEAD)[0] == 1, "who asked does not confirm"
    officer = f"requests/{ROLES['officer']}"
    assert say("confirm", wish, "--officer", officer)[0] == 1, "an officer may not"
    code, said, _ = say("confirm", wish, "--officer", ADMIN)
    assert code == 0
    assert "the whole exchange is suspended" in said
    shown = json.loads(say("show", "--json")[1])
    assert (shown["state"] in {"suspended", "recovering"}, shown["ours"], shown["wishes"]) == (True, [""], [])
    assert "this side suspended the whole exchange" in say("show")[1]
    back = asked(say, "resume", ADMIN)
    assert "resumed" in say("confirm", back, "--officer", LEAD)[1]
    assert json.loads(say("show", "--json")[1])["ours"] == []


def test_a_wish_is_taken_back(say):
    wish = asked(say, "suspend", LEAD, "--desk", "requests")
    assert "desk requests" in say("show")[1]
    assert "nothing was changed" in say("drop", wish, "--officer", LEAD)[1]
    assert json.loads(say("show", "--json")[1])["wishes"] == []


def test_the_page_asks_and_a_second_person_confirms_and_every_page_says_so(house, say):
    lead, admin, officer = (house.visitor(role) for role in ("desk-lead", "administrator", "officer"))
    assert officer.get("/link").status_code == 404
    page = lead.get("/link").text
    assert "Nothing is suspended" in page
    sent = lead.post("/link", {"act": "suspend", "desk": "requests", "reason": WHY})
    assert sent.status_code == 303
    assert "/confirm" not in lead.get("/link").text, "who asked is not offered to confirm"
    page = admin.get("/link").text
    (wish,) = set(re.findall(r"/link/(\w{26})/confirm", page))
    assert admin.post("/link/" + "0" * 26 + "/confirm", {}).status_code == 404
    assert admin.post(f"/link/{wish}/confirm", {}).status_code == 303
    assert "the desk requests: suspended by this side" in admin.get("/link").text
    shown = json.loads(say("show", "--json")[1])
    if shown["state"] == "up":
        assert "One desk suspended" in officer.get("/inbox").text
    assert lead.post("/link", {"act": "resume", "desk": "requests", "reason": "short"}).status_code == 400
    lead.post("/link", {"act": "resume", "desk": "requests", "reason": WHY})
    (wish,) = set(re.findall(r"/link/(\w{26})/drop", lead.get("/link").text))
    assert lead.post(f"/link/{wish}/drop", {}).status_code == 303


def test_the_accord_is_ended_for_good_and_the_page_says_so(house, say):
    wish = asked(say, "end", LEAD)
    admin = house.visitor("administrator")
    assert "End: the accord, for good" in admin.get("/link").text
    code, said, _ = say("confirm", wish, "--officer", ADMIN)
    assert (code, "the accord, for good is ended" in said) == (0, True)
    assert "this side ended the accord, for good" in say("show")[1]
    assert "The accord: ended by this side, for good" in admin.get("/link").text
    assert say("resume", "--officer", LEAD, "--reason", WHY)[0] == 2


def keep_named(house):
    """Let the other side have named a head of ours that nobody signed, as its co-signature shows."""
    opened, engine = house.opened(), house.running().engine
    origin = opened.node.voice.log_origin
    note = cosign(Checkpoint(origin, 40, Digest(b"\x07" * 32)), parties().node(1, SeededEntropy("")).voice.cosigner_keys, Seconds(9)).note  # fmt: skip
    proof = Evidence(EvidenceClass.FALSE_COSIGN, engine.clock.now(), (note.encode(), b""), "planted")

    def keep():
        with opened.node.ledger.begin() as book:
            named.keep(book, opened.node.office, proof, Named(origin, 40, Digest(b"\x07" * 32)), engine.clock.now())

    asyncio.run_coroutine_threadsafe(engine.call(keep), house.loop).result(10)
    return origin, encode_evidence(proof)


def test_a_head_that_nobody_here_signed_is_shown_and_two_persons_may_hold_it_against_the_peer(
    house, say, capsys, tmp_path
):
    # docs/adr/0103-signed-words-accuse.md
    folder = house.folder / "ostrel"
    assert say("accuse", "--officer", LEAD, "--reason", WHY)[0] == 2, "nothing waits"
    assert json.loads(say("show", "--json")[1])["named"] is None
    origin, proof = keep_named(house)
    shown = json.loads(say("show", "--json")[1])["named"]
    assert (shown["by"], shown["origin"], shown["size"]) == ("co-signature", origin, 40)
    assert "co-signed a head of" in say("show")[1]
    assert "named head" in typed(capsys, "node", "status", str(folder))[1]
    assert "named head" in typed(capsys, "doctor", str(folder))[1]
    code, said, _ = typed(capsys, "log", "evidence", str(tmp_path / "held"), "--node", str(folder), "--json")
    assert (code, json.loads(said)["files"]) == (0, ["waiting-false-cosign.evidence"])
    assert (tmp_path / "held" / "waiting-false-cosign.evidence").read_bytes() == proof
    lead, admin = house.visitor("desk-lead"), house.visitor("administrator")
    page = lead.get("/link").text
    assert "A head that this node did not sign" in page
    assert "a head of our log of 40 entries" in page
    assert lead.post("/link", {"act": "accuse", "desk": "", "reason": WHY}).status_code == 303
    page = admin.get("/link").text
    assert "Hold the proof against the other side" in page
    (wish,) = set(re.findall(r"/link/(\w{26})/confirm", page))
    assert "the proof that waits" in say("show")[1]
    assert say("confirm", wish, "--officer", LEAD)[0] == 1, "who asked does not confirm"
    code, said, _ = say("confirm", wish, "--officer", ADMIN)
    assert (code, "held against the other side" in said) == (0, True)
    shown = json.loads(say("show", "--json")[1])
    assert (shown["state"], shown["named"]) == ("broken", None)
    assert "A head that this node did not sign" not in lead.get("/link").text
