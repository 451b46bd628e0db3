"""`comity people`: accounts of a running node from its own machine, and the page that the link leads to."""

from __future__ import annotations

import json
import re

import pytest

from tests.unit.cli.pair import typed
from tests.unit.edge.softkey import SoftKey
from tests.web.desk import ROLES, desk

OFFICER = f"requests/{ROLES['officer']}"
ADMIN = f"requests/{ROLES['administrator']}"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("run"), far=False) as running:
        yield running


@pytest.fixture
def say(house, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    return lambda *words: typed(capsys, "people", *words, "--node", house.folder / "ostrel")


def one(say, officer):
    (found,) = (o for o in json.loads(say("list", "--json")[1]) if f"{o['desk']}/{o['number']}" == officer)
    return found


def test_all_officers_are_listed_and_never_a_name(say):
    assert say("name", OFFICER, "Vera Moss")[0] == 0
    code, said, _ = say("list")
    assert code == 0
    assert OFFICER in said
    assert "administrator" in said
    assert "Moss" not in said + say("list", "--json")[1]
    assert one(say, OFFICER)["named"]
    assert "no name" in say("name", OFFICER, "")[1]


def test_an_invitation_leads_to_a_page_that_registers_and_signs_in(house, say):
    code, said, _ = say("invite", ADMIN)
    assert code == 0
    (path,) = re.findall(r"/invitation/[\w-]{43}", said)
    guest = house.guest()
    assert ADMIN in guest.get(path).text
    csrf = re.search(r'name="csrf" value="([^"]+)"', guest.get(path).text)[1]
    guest.csrf = csrf
    begun = guest.post(f"{path}/begin", accept="application/json").json()
    key = SoftKey(77)
    options = json.loads(begun["options"])
    assert options["user"]["name"] == ADMIN
    host = options["rp"]["id"]
    port = guest.origin.rpartition(":")[2]
    headers = {"host": f"{host}:{port}", "origin": f"http://{host}:{port}"}
    form = {"ceremony": begun["id"], "credential": key.register(begun["options"], headers["origin"]), "label": "desk"}
    answer = guest.post(path, form, **headers)
    assert answer.status_code == 303, answer.text
    assert guest.get("/people").status_code == 200
    assert guest.get("/inbox").status_code == 404
    assert one(say, ADMIN)["passkeys"] == 1
    assert guest.get(path).status_code == 404
    assert json.loads(say("invite", ADMIN, "--json")[1])["path"].startswith("/invitation/")


def test_suspending_closes_what_is_open_at_once(house, say):
    visitor = house.visitor("officer")
    assert visitor.get("/settings").status_code == 200
    assert "passkey" in say("sessions", OFFICER)[1]
    assert "1 sessions were closed" in say("suspend", OFFICER)[1]
    gone = visitor.get("/settings")
    assert (gone.status_code, gone.headers["location"]) == (303, "/sign-in?back=/settings")
    assert one(say, OFFICER)["why"] == "suspended"
    assert say("invite", OFFICER)[0] == 1
    assert "it waits for an administrator" in say("reinstate", OFFICER)[1]
    assert one(say, OFFICER)["why"] == "suspended", "nothing was changed yet"
    assert "can sign in again" in say("reinstate", OFFICER, "--alone", "the other one is away")[1]
    assert visitor.get("/settings").status_code == 303


def test_sessions_are_ended(house, say):
    visitor = house.visitor("officer")
    assert json.loads(say("sessions", OFFICER, "--json")[1])["sessions"]
    assert "1 sessions" in say("sessions", OFFICER, "--end")[1]
    assert visitor.get("/settings").status_code == 303
    assert say("sessions", "requests/999")[0] == 1
    assert say("sessions", "requests/999", "--json")[1].strip() == "null"


def test_a_subject_is_bound_and_unbound(say):
    assert "is bound" in say("bind", OFFICER, "https://agency.example vm-1", "--alone", "the other one is away")[1]
    assert one(say, OFFICER)["bound"]
    assert json.loads(say("bind", OFFICER, "", "--json")[1]) == {"bound": False}
    assert say("bind", OFFICER, "nobody")[0] == 2
    assert say("suspend", "requests/x")[0] == 2
