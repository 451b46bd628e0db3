"""New keys by the operator's commands, over real TLS: traffic goes on, also over a change of authority; what ends is destroyed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from comity.base.errors import BadConfiguration
from comity.base.hashing import sha256
from comity.base.ids import Ms
from comity.cli.doorway import ask
from comity.cli.main import main
from comity.crypto.sign import unverified_payload
from comity.dispatch.keylist import decode_keylist
from comity.edge import pki
from comity.edge.config import read_config
from comity.edge.doctor import Grade, examine
from comity.edge.keystore import KeyStore
from comity.edge.newkeys import SEALING_KEPT_DAYS, Renewal, destroy_ended, notices, prepare
from comity.edge.running import start
from tests.unit.edge.driven import rows, run, until
from tests.unit.edge.test_running import setting
from tests.unit.edge.twofolders import ASKS, MADE, copy_of, opened, paired, question

DAY = 86_400_000
AT = "2026-07-13T00:00:00Z"


@pytest.fixture
def base(tmp_path):
    return copy_of(paired(), tmp_path)


def typed(*words) -> int:
    return main([str(word) for word in words])


def make_list(base, name, *more):
    unsigned, signed = base / "list.cbor", base / "list.cose"
    for path in (unsigned, signed):
        path.unlink(missing_ok=True)
    assert typed("keys", "prepare", "--node", base / name, "--at", AT, "--out", unsigned, *more) == 0
    assert typed("keys", "sign", unsigned, "--root", base / f"{name}-root", "--accord", base / name / "accord.cose", "--out", signed) == 0  # fmt: skip
    return signed


def in_force(node, edition):
    return node.opened.node.our_lists()[0].keys.edition == edition


def test_new_keys_and_a_new_authority_while_traffic_goes_on(base, capsys):
    async def play():
        far = await start(setting(base, "vanmere", page_port=0, clock_rate=200))
        there = f'["https://127.0.0.1:{far.exchange_port}"]'
        near = await start(setting(base, "ostrel", peer_addresses=there, page_port=0, clock_rate=200))
        try:
            signed = make_list(base, "ostrel", "--log", "--mirror", "--authority", "--days", "60")
            old, authority = near.opened.node.voice.log_keys.verifier, near.opened.node.our_lists()[0].keys.tls_ca
            folder = base / "ostrel" / "tls"
            assert await asyncio.to_thread(typed, "keys", "install", signed, "--node", base / "ostrel") == 0
            await until(lambda: in_force(near, 2), seconds=30)
            assert near.opened.node.voice.log_keys.verifier != old
            assert pki.authority_certificate(folder) == authority, (
                "the old authority is shown until the other side looked"
            )
            for _ in range(3):
                await far.keys.look()
                await near.keys.look()
            assert pki.authority_certificate(folder) != authority
            await near.engine.submit(question(), ASKS)
            await until(
                lambda: rows(near.opened.node, "SELECT count(*) FROM sent WHERE fact = 2") == [(2,)], seconds=30
            )
            status = await asyncio.to_thread(ask, base / "ostrel", "GET", "/keys")
            assert [one["edition"] for one in status["ours"]] == [1, 2]
            assert [one["what"] for one in status["notices"]] == []
            seen = await asyncio.to_thread(examine, base / "ostrel", Ms(MADE + 26 * DAY))
            told = {one.says: one.grade for one in seen if one.what in {"sealing keys", "peer", "log key"}}
            assert set(told.values()) == {Grade.GOOD, Grade.LOOK}, told
            assert [says for says, grade in told.items() if grade is Grade.LOOK] == [
                "their last sealing key ends 4 days from now"
            ]
            capsys.readouterr()
            assert await asyncio.to_thread(typed, "keys", "show", "--node", base / "ostrel") == 0
            assert "from entry" in capsys.readouterr().out
        finally:
            await near.stop()
            await far.stop()
        again = await start(setting(base, "ostrel"))
        assert again.opened.node.our_lists()[0].keys.edition == 2
        await again.stop()

    run(play())


def test_what_the_commands_refuse(base, capsys):
    opened(base, "ostrel").store.close()
    signed = make_list(base, "ostrel")
    unsigned = base / "list.cbor"
    for words in (
        ("keys", "prepare", "--node", base / "ostrel", "--out", unsigned),
        (
            "keys",
            "sign",
            unsigned,
            "--root",
            base / "vanmere-root",
            "--accord",
            base / "accord.cose",
            "--out",
            base / "x",
        ),
        ("keys", "sign", unsigned, "--root", base / "ostrel-root", "--accord", base / "accord.cose", "--out", signed),
        ("keys", "install", unsigned, "--node", base / "ostrel"),
    ):
        assert typed(*words) != 0
    assert not (base / "x").exists()
    assert "there already" in capsys.readouterr().err


def lists(base, name="ostrel"):
    return decode_keylist(unverified_payload((base / name / "keys.cose").read_bytes()))


def test_what_is_prepared(base):
    config, before = read_config(base / "ostrel"), lists(base)
    now = Ms(MADE + 29 * DAY)
    keys = decode_keylist(prepare(config, before, sha256(b""), 1, renewal=Renewal(), now=now))
    assert (keys.edition, keys.prev, keys.log) == (2, sha256(b""), before.log)
    assert keys.cosigners == before.cosigners[1:], "a mirror key that a restore used up does not come back"
    assert len(keys.sealing) == 2 * len(before.sealing), "the old ones are good for a day more"
    assert all(keys.sealing_for(key.agency, now).not_after == now + 30 * DAY for key in before.sealing)
    late = decode_keylist(prepare(config, keys, sha256(b""), 9, renewal=Renewal(log=True), now=Ms(now + 60 * DAY)))
    assert len(late.sealing) == len(before.sealing)
    assert late.log != before.log
    assert [pair.number for pair in late.cosigners] == [4, 5, 6], "no mirror key was left, so new ones were made"
    store = KeyStore(config.path(config.keys))
    assert [one.public().cose_keys for one in store.next_logs()] == [(late.log.ed25519, late.log.ml_dsa)]
    again = decode_keylist(prepare(config, keys, sha256(b""), 9, renewal=Renewal(mirror=True), now=now))
    assert [pair.number for pair in again.cosigners] == [7, 8, 9], "numbers of a list never signed are not used twice"
    prepare(config, keys, sha256(b""), 0, renewal=Renewal(authority=True), now=now)
    with pytest.raises(BadConfiguration, match="not replaced"):
        prepare(config, keys, sha256(b""), 0, renewal=Renewal(authority=True), now=now)


def test_sealing_keys_are_destroyed_45_days_after_their_end(base):
    folder, keys = base / "ostrel" / "keys", lists(base)
    end = max(key.not_after for key in keys.sealing)
    last = end + SEALING_KEPT_DAYS * DAY
    assert destroy_ended(folder, (keys,), Ms(last - 1)) == ()
    longer = replace(keys, sealing=(replace(keys.sealing[0], not_after=Ms(end + DAY)), *keys.sealing[1:]))
    assert destroy_ended(folder, (keys, longer), Ms(last)) == tuple(key.kid for key in keys.sealing[1:])
    assert set(KeyStore(folder).sealing()) == {keys.sealing[0].kid}
    assert len(destroy_ended(folder, (keys, longer), Ms(last + DAY))) == 1
    assert destroy_ended(folder, (keys, longer), Ms(last + DAY)) == ()


def what(keys, theirs, *, waiting=0, restored=0, now=MADE, before=()):
    return {one.what for one in notices((*before, keys), theirs, waiting, restored, Ms(now))}


def test_what_somebody_must_see_to(base):
    keys, theirs = lists(base), lists(base, "vanmere")
    assert what(keys, theirs) == set()
    assert what(keys, theirs, now=MADE + 24 * DAY) == {"sealing", "peer-sealing"}
    assert what(keys, theirs, waiting=1, restored=2) == {"waiting", "spare"}
    for restored, said in ((1, None), (2, "no spare"), (3, "nothing is co-signed"), (4, "nothing is co-signed")):
        words = [one.sentence for one in notices((keys,), theirs, 0, restored, Ms(MADE)) if one.what == "spare"]
        assert [said in one for one in words] == ([] if said is None else [True]), restored
    fresh = replace(keys, sealing=(), edition=2, issued=Ms(MADE + 300 * DAY))
    gone = replace(theirs, sealing=())
    assert what(fresh, gone, now=MADE + 340 * DAY, before=(keys,)) == {"log"}
    renewed = replace(fresh, log=replace(fresh.log, ed25519=b"another"))
    assert what(renewed, gone, now=MADE + 340 * DAY, before=(keys,)) == set()
    said = [one.sentence for one in notices((keys,), theirs, 0, 0, Ms(MADE + 31 * DAY))]
    assert any("has ended" in one for one in said)
