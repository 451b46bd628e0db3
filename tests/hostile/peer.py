"""A peer in a process of its own: it speaks the courier's protocol over mutual TLS 1.3 with a true node's keys, and lies.

It is driven by lines of JSON on its standard input and answers each with one line. It listens where the node that it was set
up as would, so the honest node calls it too, and gets what the attack of the moment has for it.
"""

from __future__ import annotations

import asyncio
import json
import random
import ssl
import sys
import time
from collections.abc import Callable
from pathlib import Path

from comity.base.ids import Digest
from comity.dispatch.exchange_codec import Problem as Told
from comity.dispatch.exchange_codec import decode_problem, encode_problem
from comity.edge import pki
from comity.edge.blobs import BlobServer
from comity.edge.config import read_config
from comity.edge.courier_client import Answer, CourierClient, NoAnswer
from comity.edge.courier_server import CourierApp
from comity.edge.filestore import FileStore
from comity.edge.listener import serve
from comity.edge.opening import open_node
from comity.edge.rightofway import Way
from comity.node.taken import Problem
from tests.hostile.workshop import Clock, Workshop

MOUTH = Callable[[bytes], tuple[int, bytes]]
_TRIES = 8


def code_of(answer: Answer) -> str:
    """Return what an answer says outwardly: `200`, status and code, or why there is none."""
    if isinstance(answer, NoAnswer):
        return answer.value
    status, body = answer
    return "200" if status == 200 else f"{status} {decode_problem(body).code}" if body else str(status)


class Peer:
    """The hostile side. `mouth` answers what the honest node sends; None is an honest answer."""

    def __init__(self, shop: Workshop, client: CourierClient, files: Path) -> None:
        self.shop, self.client = shop, client
        self.node, self.clock = shop.node, shop.clock
        self.mouth: MOUTH | None = None
        self.called: list[bytes] = []
        self.answers: list[Answer] = []
        self.files = FileStore(files, 0)
        self.served: dict[Digest, int] = {}
        self.notes: dict[str, object] = {}
        self.every = 1
        """Of a long corpus, each so manieth: all, or fewer where time is short."""

    # --- as client ---

    async def post(self, data: bytes) -> Answer:
        """Send one exchange and return the answer, which is looked at for leaks later."""
        answer = await self.client.exchange(data)
        self.answers.append(answer)
        return answer

    async def tell(self, data: bytes) -> str:
        """Send one exchange, take a good answer as an honest node does, and return its outward code."""
        answer = await self.post(data)
        if isinstance(answer, tuple) and answer[0] == 200:
            try:
                self.node.take(answer[1], self.clock.now())
            except Problem as problem:
                return f"200, and its answer is refused here: {problem.code}"
        elif isinstance(answer, tuple) and answer[1]:
            self.node.take_problem(decode_problem(answer[1]), self.clock.now())
        return code_of(answer)

    async def send(self, *made) -> list[str]:
        """Put dispatches into the log and send them; return for each what the receipt says."""
        first = self.shop.grow(*[one.entry for one in made])
        sealed = tuple((first + n, one.sealed) for n, one in enumerate(made))
        said = await self.tell(self.shop.say(dispatches=sealed))
        return [said if said != "200" else self.shop.fact(one.leaf.id) for one in made]

    async def honest(self, text: str, urgency: str = "immediate") -> str:
        """Send an honest dispatch and exchange until it has its receipt; return `2`, or what came instead."""
        sent = self.shop.submit(text, urgency)
        return await self.until_settled(sent)

    async def until_settled(self, sent: bytes) -> str:
        said = ""
        for _ in range(_TRIES):
            said = await self.tell(self.node.speak(self.clock.now()))
            fact = self.shop.fact(sent)
            if fact.startswith(("2", "3", "4")):
                return fact
            if "broken" in said:
                break
        return said

    # --- as server ---

    async def exchange(self, body: bytes) -> tuple[int, bytes]:
        self.called.append(body)
        if self.mouth is not None:
            return self.mouth(body)
        return self.honestly(body)

    def honestly(self, body: bytes) -> tuple[int, bytes]:
        try:
            self.node.take(body, self.clock.now())
        except Problem as problem:
            return problem.status, self.node.problem_bytes(problem)
        return 200, self.node.speak(self.clock.now())

    async def recover(self, body: bytes) -> tuple[int, bytes]:
        try:
            return 200, self.node.take_recover(body, self.clock.now())
        except Problem as problem:
            return problem.status, self.node.problem_bytes(problem)

    def immediate(self, body: bytes) -> bool:
        return True

    def problem(self, code: str, retry_ms: int) -> bytes:
        return encode_problem(Told(code, retry_ms, 0, None, 0))

    def tile(self, origin_hash: str, path: str) -> bytes | None:
        return None


async def drive(folder: Path) -> None:
    """Open the node of a folder, listen and answer commands until the input ends."""
    from tests.hostile.attacks import ATTACKS  # the attacks know the peer

    config, clock = read_config(folder), Clock()
    pki.renew_if_due(config.path(config.tls), config.name, clock.now())
    opened = open_node(config, clock.now())
    office, trusted = opened.built.office, b"".join(opened.node.authorities())
    tls = pki.server_context(config.path(config.tls), trusted, office.peer)
    calling: ssl.SSLContext = pki.client_context(config.path(config.tls), trusted, office.peer)
    async with CourierClient(config.peer_addresses, calling) as client:
        peer = Peer(Workshop(opened, clock), client, folder / "hostile-files")
        blobs = BlobServer(peer.files, peer.served.get, Way(0))
        app = CourierApp(peer, office.peer, blobs=blobs)
        listener = await serve(app, config.exchange_host, config.exchange_port, tls)
        answer({"ready": listener.port})
        while line := await asyncio.to_thread(sys.stdin.readline):
            asked = json.loads(line)
            match asked["do"]:
                case "attack":
                    peer.notes.clear()
                    peer.every = asked["every"]
                    tries = await ATTACKS[asked["name"]].play(peer)
                    if "keeps" not in peer.notes:
                        peer.mouth = None
                    answer({"tries": tries, "answers": spoken(peer), "notes": peer.notes})
                case "mouth":
                    peer.mouth = None
                    answer({})
                case "times":
                    answer({"times": await times(peer, asked["rounds"])})
                case "honest":
                    answer({"fact": await peer.honest(asked["text"], asked.get("urgency", "immediate"))})
                case "clock":
                    clock.shift_ms += asked["by"]
                    answer({})
        await listener.stop()
    opened.store.close()


async def times(peer: Peer, rounds: int) -> dict[str, list[float]]:
    """Return how long answers took in ms, by cause, each round in another order."""
    from tests.hostile.attacks import causes  # the attacks know the peer

    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        turn = [("filed", {}), *causes(peer).items()]
        random.shuffle(turn)
        for cause, changes in turn:
            made = peer.shop.make("a secret", **changes)
            first = peer.shop.grow(made.entry)
            data = peer.shop.say(dispatches=((first, made.sealed),))
            began = time.perf_counter()
            answered = await peer.client.exchange(data)
            found.setdefault(cause, []).append((time.perf_counter() - began) * 1000)
            assert isinstance(answered, tuple)
            assert answered[0] == 200
            peer.node.take(answered[1], peer.clock.now())
    return found


def spoken(peer: Peer) -> list[str]:
    """Return every answer that was not good, as bytes in hex, and forget them."""
    bad = [one[1].hex() for one in peer.answers if isinstance(one, tuple) and one[0] != 200]
    peer.answers.clear()
    return bad


def answer(said: dict) -> None:
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    asyncio.run(drive(Path(sys.argv[1])))
