"""A node is made and paired whole or not at all: nothing is overwritten, and papers that do not belong together change nothing."""

from __future__ import annotations

import re
import shutil

import pytest

from comity.base.errors import BadConfiguration, BadEnvelope, BadSignature
from comity.base.ids import Ms
from comity.crypto.keys import RootKeys, SealingPublic, cose_key, read_cose_key
from comity.crypto.sign import sign_instrument, unverified_payload
from comity.dispatch.accord import encode_accord, fingerprint
from comity.dispatch.keylist import verify_keylist
from comity.edge import setup
from comity.edge.config import read_config
from comity.edge.handover import Terms, make_accord, read_card
from comity.edge.keystore import RootStore
from comity.edge.registry import read_toml
from tests.unit.edge.twofolders import (
    ACCORD,
    MADE,
    PARTIES,
    ROOT,
    copy_of,
    made,
    new_node,
    paired,
    papers,
    signed_accord,
)
from tests.unit.node.world import Seeded


def content(folder):
    """Return every file of a folder with its bytes and mode."""
    return {
        str(one.relative_to(folder)): (one.stat().st_mode, one.read_bytes() if one.is_file() else b"")
        for one in folder.rglob("*")
    }


@pytest.fixture
def base(tmp_path):
    return copy_of(made(), tmp_path)


# --- init ------------------------------------------------------------------------------------------------------------


def test_a_new_node_has_its_keys_its_card_its_law_and_settings_that_are_read(base):
    folder = base / "ostrel"
    listed = verify_keylist((folder / "keys.cose").read_bytes(), RootStore(base / "ostrel-root").root().public())
    assert (listed.node, listed.edition, len(listed.cosigners)) == ("ostrel.example/comity", 1, 3)
    assert {one.agency for one in listed.sealing} == {"harbour-watch", "paper-office"}
    assert all((one.not_before, one.not_after) == (MADE - 3_600_000, MADE + 30 * 86_400_000) for one in listed.sealing)
    assert read_card(folder / "party.json").party().root() == RootStore(base / "ostrel-root").root().public()
    config = read_config(folder)
    assert (config.node, config.party, config.peer, config.desks) == (
        "ostrel.example/comity",
        "XO",
        "vanmere.example/comity",
        ("requests", "precursors", "workplan"),
    )


def test_what_it_prints_is_the_fingerprint_of_the_key_list(tmp_path):
    shown = setup.init_node(new_node(tmp_path, "ostrel"), MADE)
    assert re.fullmatch(r"([0-9a-f]{8} ){7}[0-9a-f]{8}", shown)
    assert shown == fingerprint((tmp_path / "ostrel" / "keys.cose").read_bytes())
    assert shown == setup.file_fingerprint(tmp_path / "ostrel" / "keys.cose")


def test_nobody_else_can_read_what_is_private_and_the_custodians_key_is_with_the_root_only(base):
    folder, root = base / "ostrel", base / "ostrel-root"
    for private in (folder, folder / "keys", folder / "tls", root):
        assert private.stat().st_mode & 0o077 == 0
        assert all(one.stat().st_mode & 0o077 == 0 for one in private.iterdir())
    assert {one.name for one in root.iterdir()} == {"root.key", "law.key", "custodian.key"}
    public = read_cose_key(bytes.fromhex((folder / "custodian.hex").read_text()))
    assert isinstance(public, SealingPublic)
    assert cose_key(public) == cose_key(RootStore(root).custodian().public())


def test_a_second_init_refuses_and_changes_nothing(base):
    before = content(base)
    with pytest.raises(BadConfiguration, match="holds a node already; nothing was changed"):
        setup.init_node(new_node(base, "ostrel"), MADE)
    assert content(base) == before


def test_a_root_that_is_in_use_is_not_written_over(base):
    before = content(base)
    with pytest.raises(BadConfiguration, match=r"root\.key is there already; it was not replaced"):
        setup.init_node(new_node(base, "ostrel", folder=base / "second"), MADE)
    assert {name: one for name, one in content(base).items() if not name.startswith("second")} == before


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ({"law": "none"}, "there is no edition 'none'"),
        ({"laws": ROOT / "no-such-folder"}, "is no folder of law editions"),
        ({"registry": ROOT / "none.toml"}, "could not be read"),
        ({"roster": ROOT / "registries" / "ostrel.toml"}, "could not be read"),
        ({"workplan": ROOT / "README.md"}, "could not be read"),
    ],
)
def test_a_file_that_does_not_fit_is_named_before_anything_is_made(tmp_path, what, words):
    with pytest.raises(BadConfiguration, match=words):
        setup.init_node(new_node(tmp_path, "ostrel", **what), MADE)
    assert content(tmp_path) == {}
    setup.init_node(new_node(tmp_path, "ostrel"), MADE)


def test_a_folder_that_others_can_enter_is_refused(tmp_path):
    (tmp_path / "ostrel").mkdir(mode=0o755)
    with pytest.raises(BadConfiguration, match="can be used by other users"):
        setup.init_node(new_node(tmp_path, "ostrel"), MADE)


# --- pair ------------------------------------------------------------------------------------------------------------


def refused(base, error, words, *given):
    before = content(base)
    with pytest.raises(error, match=words):
        setup.pair_node(base / "ostrel", *given)
    assert content(base) == before


def test_pairing_writes_three_files_returns_both_fingerprints_and_may_be_repeated(base):
    accord, keys, registry = papers(base, "ostrel")
    for _ in range(2):
        assert setup.pair_node(base / "ostrel", accord, keys, registry) == (fingerprint(accord), fingerprint(keys))
    assert (base / "ostrel" / "peer-keys.cose").read_bytes() == keys


def test_a_key_list_that_the_peers_root_did_not_sign_is_refused(base):
    accord, keys, registry = papers(base, "ostrel")
    own = (base / "ostrel" / "keys.cose").read_bytes()
    refused(base, BadSignature, "exact set of signatures", accord, own, registry)
    listed = sign_instrument(
        unverified_payload(keys), "keys", RootKeys.generate(Seeded("another root"))
    )  # the true list, signed by another root
    refused(base, BadSignature, "exact set of signatures", accord, listed, registry)
    refused(base, BadEnvelope, ".", accord, b"no list", registry)
    refused(base, BadSignature, "a signature that fails", accord, keys[:-1] + bytes([keys[-1] ^ 1]), registry)


def test_an_accord_that_both_did_not_sign_is_refused(base):
    accord, keys, registry = papers(base, "ostrel")
    terms = read_toml(ACCORD / "accord.toml", Terms)
    cards = [read_card(base / name / "party.json") for name in PARTIES]
    payload = encode_accord(make_accord(terms, (cards[0], cards[1])))
    one = sign_instrument(payload, "accord", RootStore(base / "ostrel-root").root())
    refused(base, BadEnvelope, ".", payload, keys, registry)
    refused(base, BadSignature, "exact set of signatures", one, keys, registry)
    refused(base, BadSignature, "signature", accord[:-1] + bytes([accord[-1] ^ 1]), keys, registry)


def test_an_accord_of_others_is_refused(base, tmp_path):
    _, keys, registry = papers(base, "ostrel")
    other = tmp_path / "other"
    other.mkdir()
    for name in PARTIES:
        setup.init_node(new_node(other, name), MADE)
    refused(
        base, BadConfiguration, "the accord names other root keys for this node", signed_accord(other), keys, registry
    )
    card = (base / "ostrel" / "party.json").read_text().replace("ostrel.example", "elsewhere.example")
    (base / "ostrel" / "party.json").write_text(card)
    accord = (base / "accord.cose").read_bytes()
    refused(base, BadConfiguration, "does not name the node elsewhere.example/comity", accord, keys, registry)


def test_a_registry_that_is_none_is_refused_so_that_the_right_one_can_still_be_given(base):
    accord, keys, registry = papers(base, "ostrel")
    refused(base, BadConfiguration, "the peer's registry could not be read", accord, keys, b"{}")
    refused(base, BadConfiguration, "the peer's registry could not be read", accord, keys, b"\xff")
    setup.pair_node(base / "ostrel", accord, keys, registry)


def test_another_accord_over_the_first_is_refused_whatever_else_is_given(tmp_path):
    base = copy_of(paired(), tmp_path)
    accord, keys, registry = papers(base, "ostrel")
    refused(base, BadConfiguration, "accord.cose is there already", signed_accord(base, tick=7), keys, registry)
    refused(base, BadConfiguration, "peer-registry.toml is there already", accord, keys, registry + b"\n")
    (base / "ostrel" / "accord.cose").unlink()
    refused(base, BadConfiguration, "peer-registry.toml is there already", accord, keys, registry + b"\n")


# --- law -------------------------------------------------------------------------------------------------------------


def law_of(base, name):
    folder = base / name / "law"
    return (folder / "edition.cose").read_bytes(), (folder / "law-key.hex").read_bytes()


def supplement_of(base, name):
    return (base / name / "law" / "edition-private.cbor").read_bytes()


def test_the_peers_law_is_kept_beside_ours_once_it_was_checked(base):
    edition, key = law_of(base, "vanmere")
    setup.keep_peer_law(base / "ostrel", edition, key)
    assert (base / "ostrel" / "peer-law" / "edition.cose").read_bytes() == edition
    assert setup.read_published(edition, key.decode()).exercise
    assert setup.read_edition(edition, key.decode(), supplement_of(base, "vanmere")).whole
    assert sorted(one.name for one in (base / "ostrel" / "peer-law").iterdir()) == ["edition.cose", "law-key.hex"]


@pytest.mark.parametrize("harm", ["key", "edition", "no key", "one key"])
def test_a_law_that_its_key_did_not_sign_is_not_kept(base, harm):
    edition, key = law_of(base, "vanmere")
    given = {
        "key": (edition, law_of(base, "ostrel")[1], BadSignature),
        "edition": (edition[:-1] + bytes([edition[-1] ^ 1]), key, BadSignature),
        "no key": (edition, b"no key", BadConfiguration),
        "one key": (edition, key.split()[0], BadConfiguration),
    }[harm]
    with pytest.raises(given[2]):
        setup.keep_peer_law(base / "ostrel", given[0], given[1])
    assert not list((base / "ostrel" / "peer-law").iterdir())


def test_an_edition_is_signed_anew_over_the_old_one_and_a_broken_one_is_not(tmp_path):
    keys = RootKeys.generate(Seeded("law"))
    edition = setup.sign_edition(tmp_path / "law", ROOT / "laws", "ostrel-vanmere", keys)
    before = content(tmp_path)
    laws = shutil.copytree(ROOT / "laws", tmp_path / "laws")
    (laws / "ostrel-vanmere" / "law.cedar").write_text("permit (")
    with pytest.raises(BadConfiguration):
        setup.sign_edition(tmp_path / "law", laws, "ostrel-vanmere", keys)
    assert {name: one for name, one in content(tmp_path).items() if not name.startswith("laws")} == before
    signed, key = (tmp_path / "law" / "edition.cose").read_bytes(), (tmp_path / "law" / "law-key.hex").read_text()
    private = (tmp_path / "law" / "edition-private.cbor").read_bytes()
    assert setup.read_edition(signed, key, private).hash == edition.hash


def test_a_supplement_is_signed_by_its_digest_and_only_the_owner_has_it(tmp_path):
    laws = shutil.copytree(ROOT / "laws", tmp_path / "laws")
    law = laws / "ostrel-vanmere"
    (law / "private").mkdir()
    quiet = (law / "law.cedar").read_text().split("@id(")[4].replace("OV-4", "OV-4/quiet")
    (law / "private" / "quiet.cedar").write_text("@id(" + quiet)
    keys = RootKeys.generate(Seeded("law"))
    edition = setup.sign_edition(tmp_path / "law", laws, "ostrel-vanmere", keys)
    assert edition.private_rules == 1
    signed, key = (tmp_path / "law" / "edition.cose").read_bytes(), (tmp_path / "law" / "law-key.hex").read_text()
    private = (tmp_path / "law" / "edition-private.cbor").read_bytes()
    assert setup.read_edition(signed, key, private) == edition
    theirs = setup.read_published(signed, key)
    assert (theirs.hash, theirs.private_rules, theirs.whole) == (edition.hash, 0, False)
    assert b"OV-4/quiet" in private
    assert b"OV-4/quiet" not in signed
    for other in (None, private + b"\0"):
        with pytest.raises(BadConfiguration, match="private supplement"):
            setup.read_edition(signed, key, other)


def test_the_keys_count_from_a_little_before_they_were_made(tmp_path):
    setup.init_node(new_node(tmp_path, "ostrel", sealing_days=2), Ms(MADE))
    root = RootStore(tmp_path / "ostrel-root").root().public()
    listed = verify_keylist((tmp_path / "ostrel" / "keys.cose").read_bytes(), root)
    assert {one.not_after - MADE for one in listed.sealing} == {2 * 86_400_000}
