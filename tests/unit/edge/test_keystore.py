from __future__ import annotations

import stat

import pytest

from comity.base.errors import BadConfiguration
from comity.base.ids import Digest
from comity.crypto.keys import CosignerKeys, LogKeys, RootKeys, SealingKey, cose_key, key_id
from comity.edge.entropy import SystemEntropy
from comity.edge.keystore import KeyStore, RootStore

ENTROPY = SystemEntropy()


@pytest.fixture
def store(tmp_path):
    return KeyStore(tmp_path / "keys")


def sealing():
    key = SealingKey.generate(ENTROPY)
    return Digest(key_id(cose_key(key.public()))), key


def test_keys_come_back_as_they_were(store, tmp_path):
    log, mirror, root, law = (kind.generate(ENTROPY) for kind in (LogKeys, CosignerKeys, RootKeys, RootKeys))
    store.put_log(1, log)
    store.put_cosigner(2, mirror)
    root_store = RootStore(tmp_path / "offline")
    root_store.put_root(root)
    root_store.put_law(law)
    again, root_again = KeyStore(tmp_path / "keys"), RootStore(tmp_path / "offline")
    assert again.log(1).to_private_bytes() == log.to_private_bytes()
    assert again.cosigner(2).to_private_bytes() == mirror.to_private_bytes()
    assert root_again.root().to_private_bytes() == root.to_private_bytes()
    assert root_again.law().to_private_bytes() == law.to_private_bytes()


def test_every_file_is_raw_seeds_for_this_user_only(store, tmp_path):
    store.put_log(1, LogKeys.generate(ENTROPY))
    (path,) = (tmp_path / "keys").iterdir()
    assert (path.name, path.stat().st_size, stat.S_IMODE(path.stat().st_mode)) == ("log-1.key", 64, 0o600)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_key_is_never_replaced(store):
    first = LogKeys.generate(ENTROPY)
    store.put_log(1, first)
    with pytest.raises(BadConfiguration, match="not replaced"):
        store.put_log(1, LogKeys.generate(ENTROPY))
    assert store.log(1).to_private_bytes() == first.to_private_bytes()


def test_a_key_or_folder_open_to_others_is_refused(store, tmp_path):
    store.put_log(1, LogKeys.generate(ENTROPY))
    (tmp_path / "keys" / "log-1.key").chmod(0o644)
    with pytest.raises(BadConfiguration, match="make new keys"):
        store.log(1)
    (tmp_path / "keys").chmod(0o755)
    with pytest.raises(BadConfiguration, match="other users"):
        KeyStore(tmp_path / "keys")


def test_a_missing_or_cut_key_is_named(store, tmp_path):
    with pytest.raises(BadConfiguration, match=r"log-7\.key"):
        store.log(7)
    store.put_cosigner(1, CosignerKeys.generate(ENTROPY))
    path = tmp_path / "keys" / "mirror-1.key"
    path.write_bytes(path.read_bytes()[:63])
    with pytest.raises(BadConfiguration, match=r"mirror-1\.key is not a whole key file"):
        store.cosigner(1)


def test_sealing_keys_are_found_by_their_id_until_destroyed(store, tmp_path):
    (kid, key), (other, _) = sealing(), sealing()
    store.put_sealing(kid, key)
    store.put_sealing(other, sealing()[1])
    store.put_log(1, LogKeys.generate(ENTROPY))
    assert set(store.sealing()) == {kid, other}
    assert store.sealing()[kid].to_private_bytes() == key.to_private_bytes()
    path = tmp_path / "keys" / f"sealing-{kid.hex()}.key"
    with path.open("rb") as still_open:
        store.destroy_sealing(kid)
        # The bytes themselves are gone, not only their name.
        assert still_open.read() == bytes(32)
    store.destroy_sealing(kid)
    assert set(store.sealing()) == {other}


def test_the_key_for_counting_persons_is_made_once_and_a_broken_one_is_refused(tmp_path):
    store = KeyStore(tmp_path / "keys")
    first = store.person(SystemEntropy())
    assert len(first) == 32
    assert KeyStore(tmp_path / "keys").person(SystemEntropy()) == first
    (tmp_path / "keys" / "persons.key").write_bytes(first[:31])
    with pytest.raises(BadConfiguration, match="not a whole key file"):
        store.person(SystemEntropy())
