"""A third state with an accord of its own with one of the two: invented here, with its own keys, authority and node."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import msgspec

from comity.cli.demo.attacks.arena import Arena
from comity.cli.demo.ports import free_ports
from comity.cli.demo.stage import make_actor, new_node, sign_accord
from comity.edge.config import read_config
from comity.edge.handover import PartyTerms
from comity.edge.opening import OpenNode, open_node
from comity.edge.setup import KEYS, REGISTRY, init_node, pair_node

ID = "third"


@contextmanager
def third_party(ring: Arena, party: str) -> Iterator[tuple[OpenNode, OpenNode]]:
    """Make the third state's node and pair it with a second node of `party`; give (the party's, the third's)."""
    data, at = ring.finished.data, ring.now
    terms = data.terms
    ours = next(one for one in terms.party if one.id == party)
    third: PartyTerms = msgspec.structs.replace(
        ours, id=ID, node=f"{ID}.example/comity", country="ZZ", short="3RD", duty_telephone=""
    )
    ports = free_ports(6)
    folder = ring.folder / "accord-with-a-third-state"
    folder.mkdir(mode=0o700)
    one, other = make_actor(folder, ours, ports[:3]), make_actor(folder, third, ports[3:])
    for actor, peer in ((one, other), (other, one)):
        init_node(new_node(actor, peer, data, at), at)
    accord = sign_accord(
        msgspec.structs.replace(terms, name=f"{party}-{ID}", party=(ours, third), notices={}), (one, other)
    )
    for actor, peer in ((one, other), (other, one)):
        pair_node(actor.folder, accord, (peer.folder / KEYS).read_bytes(), (peer.folder / REGISTRY).read_bytes())
    with ExitStack() as stack:
        opened = [open_node(read_config(actor.folder), at) for actor in (one, other)]
        for node in opened:
            stack.callback(node.store.close)
        yield opened[0], opened[1]
