from __future__ import annotations

import pytest

from comity.base.ids import NodeName
from tests.unit.edge.dutyworld import world
from tests.unit.edge.parties import PEER, US, make_party


@pytest.fixture(scope="session")
def us(tmp_path_factory):
    return make_party(tmp_path_factory.mktemp("us") / "tls", US)


@pytest.fixture(scope="session")
def peer(tmp_path_factory):
    return make_party(tmp_path_factory.mktemp("peer") / "tls", PEER)


@pytest.fixture(scope="session")
def stranger(tmp_path_factory):
    """A party that took the peer's name, with an authority of its own."""
    return make_party(tmp_path_factory.mktemp("stranger") / "tls", PEER)


@pytest.fixture(scope="session")
def sister(tmp_path_factory, peer):
    """Another machine of the peer: the same authority, another name."""
    from comity.edge import pki
    from tests.unit.edge.parties import Party, real_now

    folder = tmp_path_factory.mktemp("sister") / "tls"
    folder.mkdir(mode=0o700)
    node = NodeName("archive.south.example/comity")
    (folder / pki.AUTHORITY_FILE).write_bytes((peer.folder / pki.AUTHORITY_FILE).read_bytes())
    (folder / pki.AUTHORITY_FILE).chmod(0o600)
    pki.issue(folder, node, real_now())
    return Party(node, folder, peer.authority)


@pytest.fixture
def two(tmp_path):
    """Both nodes of `dutyworld.world`, in a folder of the test's own."""
    both = world(tmp_path)
    yield both
    for one in both:
        one.store.close()
