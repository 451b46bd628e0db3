"""A node opens only with its own keys, whole instruments, a law that its own party signed, and its custodian's key."""

from __future__ import annotations

import shutil

import pytest

from comity.base.errors import BadConfiguration, BadSignature, ComityError
from comity.crypto.keys import cose_key
from comity.edge import opening, showing
from comity.edge.config import read_config
from comity.edge.export import snapshot
from comity.edge.keystore import RootStore
from comity.edge.reading import open_reader
from comity.edge.setup import keep_peer_law, sign_edition
from comity.node.link import LinkState
from tests.unit.edge.twofolders import MADE, ROOT, copy_of, made, opened, paired


@pytest.fixture
def base(tmp_path):
    return copy_of(paired(), tmp_path)


def setting(base, **values):
    path = base / "ostrel" / "node.toml"
    lines = [line for line in path.read_text().splitlines() if line.split(" = ")[0] not in values]
    path.write_text("\n".join(lines + [f"{name} = {value}" for name, value in values.items()]) + "\n")


def refused(base, words, error=BadConfiguration):
    with pytest.raises(error, match=words):
        opened(base, "ostrel")
    assert not (base / "ostrel" / "node.db").exists(), "nothing was begun"


def test_a_node_opens_and_its_link_is_up(base):
    one = opened(base, "ostrel")
    assert one.node.link().state is LinkState.UP
    assert (one.edition.exercise, one.peer_edition, tuple(one.desks)) == (
        True,
        None,
        ("requests", "precursors", "workplan"),
    )
    assert (one.registry.short, one.peer_registry.short) == ("XO", "XV")
    one.store.close()
    again = opened(base, "ostrel")
    assert [log.size for log in showing.make_board(again).logs()] == [3, 0, 0]
    again.store.close()


def test_an_unpaired_node_says_what_to_do(tmp_path):
    refused(copy_of(made(), tmp_path), "is missing: the node is not paired yet; run `comity node pair`")


def test_without_the_custodians_key_nothing_starts(base):
    path = base / "ostrel" / "custodian.hex"
    whole = path.read_text()
    for held in ("no hex", "00", whole[:-2], ""):
        path.write_text(held)
        refused(base, "holds no custodian's key")
    path.write_text(cose_key(RootStore(base / "ostrel-root").root().public().ed25519).hex())
    refused(base, "holds another kind of key")
    path.unlink()
    refused(base, "holds no custodian's key")


def test_a_law_that_another_key_signed_is_not_loaded(base):
    sign_edition(base / "elsewhere", ROOT / "laws", "ostrel-vanmere", RootStore(base / "vanmere-root").law())
    shutil.copy(base / "elsewhere" / "edition.cose", base / "ostrel" / "law" / "edition.cose")
    refused(base, "exact set of signatures", BadSignature)


def test_a_tampered_law_and_a_missing_one_are_not_loaded(base):
    path = base / "ostrel" / "law" / "edition.cose"
    data = path.read_bytes()
    at = data.index(b"Border documents")
    path.write_bytes(data[:at] + b"b" + data[at + 1 :])
    refused(base, "a signature that fails", BadSignature)
    path.unlink()
    refused(base, "holds no signed law edition")


def test_without_its_own_private_supplement_the_law_is_not_loaded(base):
    path = base / "ostrel" / "law" / "edition-private.cbor"
    data = path.read_bytes()
    path.write_bytes(data + b"\0")
    refused(base, "private supplement of the law edition is not the one that was signed")
    path.unlink()
    refused(base, "private supplement of the law edition is not there")


def test_an_exercise_edition_needs_the_setting_that_says_so(base):
    setting(base, insecure_exercise_edition="false")
    refused(base, "is an exercise edition, not reviewed by counsel; the node was not started")


def test_our_copy_of_the_peers_law_is_checked_at_every_start(base):
    law = base / "vanmere" / "law"
    keep_peer_law(base / "ostrel", (law / "edition.cose").read_bytes(), (law / "law-key.hex").read_bytes())
    config = read_config(base / "ostrel")
    assert opening.open_peer_law(config).name == opening.open_law(config).name
    path = base / "ostrel" / "peer-law" / "edition.cose"
    data = path.read_bytes()
    at = data.index(b"Border documents")
    path.write_bytes(data[:at] + b"b" + data[at + 1 :])
    with pytest.raises(BadSignature):
        opened(base, "ostrel")
    path.write_bytes(data)
    (base / "ostrel" / "peer-law" / "law-key.hex").unlink()
    with pytest.raises(BadConfiguration, match="holds no signed law edition"):
        opened(base, "ostrel")


@pytest.mark.parametrize("name", ["log-1.key", "mirror-1.key", "sealing"])
def test_a_private_key_that_others_can_read_stops_the_start(base, name):
    path = next(one for one in sorted((base / "ostrel" / "keys").iterdir()) if one.name.startswith(name))
    path.chmod(0o640)
    refused(base, "can be used by other users of this machine")


def test_a_damaged_and_a_missing_key_are_named(base):
    path = base / "ostrel" / "keys" / "log-1.key"
    path.write_bytes(path.read_bytes()[:-1])
    refused(base, "is not a whole key file")
    path.unlink()
    refused(base, "could not be opened")


def test_key_lists_that_were_changed_by_hand_are_not_taken(base):
    keys, peer = base / "ostrel" / "keys.cose", base / "ostrel" / "peer-keys.cose"
    shutil.copy(keys, peer)
    refused(base, "exact set of signatures", BadSignature)


def test_keys_of_another_node_do_not_open_this_one(base):
    shutil.rmtree(base / "ostrel" / "keys")
    shutil.copytree(base / "vanmere" / "keys", base / "ostrel" / "keys")
    with pytest.raises(ComityError):
        opened(base, "ostrel")


def test_a_node_needs_a_desk_that_is_there_first(base):
    setting(base, desks="[]")
    refused(base, "no desk of the settings keeps postings")


def test_officers_have_the_powers_of_the_roster(base):
    one = opened(base, "ostrel")
    with one.node.ledger.read() as tx:
        assert one.built.office.powers.standing(tx, "requests", 13, MADE).agency == "paper-office"
        assert one.built.office.powers.standing(tx, "requests", 33, MADE) is None
    one.store.close()


def test_files_of_people_are_read_at_the_start(base):
    for name in ("registry.toml", "peer-registry.toml", "roster.toml", "workplan.toml"):
        path = base / "ostrel" / name
        held = path.read_bytes()
        path.write_bytes(b"x = 1")
        with pytest.raises(BadConfiguration, match=f"{name} could not be read"):
            opened(base, "ostrel")
        path.write_bytes(held)


def test_what_the_node_shows_comes_from_its_files(base):
    one = opened(base, "ostrel")
    board = showing.make_board(one)
    ours, theirs = board.parties()
    assert (ours.short, ours.ours, theirs.short, theirs.ours) == ("XO", True, "XV", False)
    item = board.workplan(MADE)[0]
    assert item.item == "F-1"
    assert item.owners == (("XO", "Harbour Watch of Ostrel"), ("XV", "Road Guard of Vanmere"))
    one.store.close()


def test_an_owner_who_is_no_party_is_not_shown(base):
    path = base / "ostrel" / "workplan.toml"
    text = path.read_text()
    path.write_text(text.replace('xv = "road-guard"', 'zz = "road-guard"'))
    assert path.read_text() != text
    one = opened(base, "ostrel")
    assert ("XO", "Harbour Watch of Ostrel") in showing.make_board(one).workplan(MADE)[0].owners
    assert all(party != "zz" for item in showing.make_board(one).workplan(MADE) for party, _ in item.owners)
    one.store.close()


def test_who_only_reads_refuses_a_store_that_needs_a_newer_program_too(base):
    one = opened(base, "ostrel")
    with one.store.begin() as tx:
        tx.run("UPDATE schema_version SET compatible = 99 WHERE owner = 'node'")
    with pytest.raises(BadConfiguration, match="need step 99"):
        open_reader(one.config)
    with pytest.raises(BadConfiguration, match="need step 99"), snapshot(base / "ostrel"):
        pass
    one.store.close()
    with pytest.raises(BadConfiguration, match="need step 99"):
        opened(base, "ostrel")
