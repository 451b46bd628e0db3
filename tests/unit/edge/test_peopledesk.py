"""For which pages passkeys are, and how a node's health is read from a real store."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from comity.base.cbor import encode
from comity.edge.health import Health
from comity.edge.people import make_people
from comity.edge.peopledesk import open_people, party_of
from comity.screen.people import WithStreams
from tests.unit.edge.driven import engine_of, run
from tests.unit.edge.peopleworld import NOW, OFFICER, Desk
from tests.unit.edge.twofolders import MADE, copy_of, opened, paired


@pytest.mark.parametrize(
    ("origin", "port", "origins"),
    [
        ("", 0, ()),
        ("", 8401, ("http://x.localhost:8401",)),
        ("https://x.localhost", 8401, ("https://x.localhost",)),
    ],
)
def test_passkeys_are_for_the_host_and_its_exact_address(origin, port, origins):
    config = SimpleNamespace(page_name="x.localhost", party="XO", page_origin=origin, page_port=port)
    found = party_of(config)
    assert (found.id, found.name, found.origins) == ("x.localhost", "Comity XO", origins)


@pytest.fixture
def node(tmp_path):
    one = opened(copy_of(paired(), tmp_path), "ostrel")
    yield one
    one.store.close()


def test_health_has_sizes_of_store_and_logs_sessions_and_alarms(node, tmp_path):
    people = make_people(node, lambda: MADE)
    store = node.config.path(node.config.store)
    card = WithStreams(Health(node.node.ledger, store, people, faults=lambda: 3), lambda: 4).health()
    assert card.store_bytes >= store.stat().st_size
    assert card.free_bytes > 0
    assert [(name, size > 0) for name, _, size, _, _ in card.logs] == [
        ("exchange", True),
        ("mirror", False),
        ("decision", False),
    ]
    assert (card.sessions, card.alarms, card.faults, card.streams) == (0, (), 3, 4)
    desk = Desk(tmp_path)
    key, _ = desk.registered()
    desk.enter(key, count=9)
    with pytest.raises(Exception, match="administrator was told"):
        desk.enter(key, count=2)
    (alarm,) = Health(desk.ledger, tmp_path / "gone.db", desk.people).health().alarms
    assert (alarm.kind, alarm.about, len(alarm.id)) == ("passkey-counter", "requests/7", 26)


def test_a_node_without_an_agency_has_all_routes_and_says_so(node):
    async def ask(routes, path, body):
        async def receive():
            return {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}

        return await routes["POST", path]({"query_string": b""}, receive)

    async def play():
        with engine_of(node.node) as engine:
            desk = open_people(node, engine)
            assert len(desk.routes) == 24
            with pytest.raises(Exception, match="no agency's sign-in"):
                await ask(desk.routes, "/people/agency", {"browser": "b"})
            number = 13
            said = await ask(desk.routes, "/people/invite", {"desk": "requests", "number": number})
            assert said["link"] == ""
            assert desk.people.invitation(said["token"]).number == number

    run(play())


def test_a_posting_ends_an_officers_work_only_when_none_is_in_force(node):
    powers = node.node.office.powers
    with node.store.read() as tx:
        assert not powers.posting_over(tx, "requests", 12, NOW)
    states = {"accepted": False, "nominated": False, "ended": True}
    for state, over in states.items():
        with node.store.begin() as tx:
            tx.run("DELETE FROM requests_posting")
            tx.run(
                "INSERT INTO requests_posting (id, ours, desk, officer, state, nominated, body) VALUES (?, 1, ?, 12, ?, 1, ?)",
                (bytes(16), "requests", state, _nomination()),
            )
        with node.store.read() as tx:
            assert powers.posting_over(tx, "requests", 12, NOW) is over, state
            assert not powers.posting_over(tx, "requests", OFFICER[1], NOW)
    with node.store.begin() as tx:
        tx.run("UPDATE requests_posting SET state = 'accepted', body = ?", (_nomination(until=NOW - 1),))
    with node.store.read() as tx:
        assert powers.posting_over(tx, "requests", 12, NOW)
        assert not powers.posting_over(tx, "requests", 12, NOW - 10)


def _nomination(until=NOW + 10_000):
    delegation = {"id": bytes(16), "kinds": ["message"], "stages": ["holding"], "urgencies": [1], "until": until}
    body = {
        "state": "nominated", "desk": "requests", "officer": 12, "agency": "harbour-watch", "function": "liaison",
        "subjects": ["border-document"], "host_agency": "road-guard", "substitute": 11,
        "hours": {"zone": "Etc/GMT-4", "opens": "09:30", "closes": "18:00"}, "delegation": delegation,
    }  # fmt: skip
    return encode(body)
