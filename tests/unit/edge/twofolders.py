"""The folders of the two invented states, made once by the edge itself; a test works on a copy of its own."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from comity.base.ids import Ms, NodeName
from comity.crypto.sign import add_signatures, sign_instrument
from comity.dispatch.accord import encode_accord
from comity.dispatch.states import Form, Officer
from comity.edge.config import read_config
from comity.edge.handover import Terms, make_accord, read_card
from comity.edge.keystore import RootStore
from comity.edge.opening import OpenNode, open_node
from comity.edge.registry import read_toml
from comity.edge.setup import CARD, KEYS, REGISTRY, NewNode, init_node, pair_node
from comity.marking.labels import Urgency

ROOT = Path(__file__).parents[3]
ACCORD = ROOT / "accords" / "ostrel-vanmere"
MADE = Ms(1_783_900_800_000)
"""13 July 2026, midnight UTC: when both nodes were made."""
PARTIES = {"ostrel": ("XO", "vanmere"), "vanmere": ("XV", "ostrel")}
KEEP = TemporaryDirectory(prefix="comity-test-")
ASKS = Officer("requests", 13)
ANSWERS = Officer("requests", 33)


def new_node(base: Path, name: str, **more) -> NewNode:
    """Return what is said when one of the two nodes is made below `base`."""
    short, other = PARTIES[name]
    settings = {
        "peer": f'"{other}.example/comity"',
        "insecure_exercise_edition": "true",
        "insecure_demo_clock": "true",
        "clock_at": str(MADE),
    }
    said = {
        "folder": base / name,
        "root_folder": base / f"{name}-root",
        "node": NodeName(f"{name}.example/comity"),
        "party": short,
        "country": short,
        "addresses": ("https://127.0.0.1:1",),
        "registry": ROOT / "registries" / f"{name}.toml",
        "roster": ACCORD / "roster.toml",
        "workplan": ACCORD / "workplan.toml",
        "laws": ROOT / "laws",
        "law": "ostrel-vanmere",
        "desks": ("requests", "precursors", "workplan"),
        "calendars": ROOT / "calendars",
        "settings": settings,
    }
    return NewNode(**(said | more))


@cache
def made() -> Path:
    """Return a folder with both nodes made, not paired, and the accord that both roots signed."""
    base = Path(KEEP.name) / "made"
    base.mkdir()
    for name in PARTIES:
        init_node(new_node(base, name), MADE)
    (base / "accord.cose").write_bytes(signed_accord(base))
    return base


def signed_accord(base: Path, **changes) -> bytes:
    """Return the accord of both nodes below `base`, signed by both; `changes` are timers."""
    terms = read_toml(ACCORD / "accord.toml", Terms)
    terms.timers.update(changes)
    first, second = (read_card(base / name / CARD) for name in PARTIES)
    roots = [RootStore(base / f"{name}-root").root() for name in PARTIES]
    payload = encode_accord(make_accord(terms, (first, second)))
    return add_signatures(sign_instrument(payload, "accord", roots[0]), "accord", roots[1])


@cache
def paired() -> Path:
    """Return a folder with both nodes made and paired."""
    base = Path(shutil.copytree(made(), Path(KEEP.name) / "paired"))
    for name in PARTIES:
        pair_node(base / name, *papers(base, name))
    return base


def papers(base: Path, name: str) -> tuple[bytes, bytes, bytes]:
    """Return what the node `name` needs of the other: accord, key list, registry."""
    other = base / PARTIES[name][1]
    return (base / "accord.cose").read_bytes(), (other / KEYS).read_bytes(), (other / REGISTRY).read_bytes()


def copy_of(base: Path, to: Path) -> Path:
    """Return a copy of a folder above that a test may change."""
    return Path(shutil.copytree(base, to / "two"))


def opened(base: Path, name: str, now: Ms = MADE) -> OpenNode:
    """Open a node below `base`; its store is to be closed by the caller."""
    return open_node(read_config(base / name), now)


def question(urgency: Urgency = Urgency.IMMEDIATE, purpose: str = "border-document", **more) -> Form:
    """Return a question of Ostrel's paper office."""
    body = {
        "title": "Is paper 88 yours?",
        "text": "Shown at the port.",
        "asks": ["document"],
        "records": ["registration"],
    }
    body |= {"own_power": "port law, article 4", "reason": "The seal looks like yours."}
    return Form(
        desk="requests", kind="rfi", agency="paper-office", role="desk-officer", recipients=("seal-house",), purpose=purpose,
        urgency=urgency, workplan_item="F-1", workplan_reason="", body=more.pop("body", body), **more,
    )  # fmt: skip
