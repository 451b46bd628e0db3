"""Invented values of every wire type, to start from."""

from __future__ import annotations

from comity.crypto.keys import CosignerKeys, LogKeys, RootKeys, SealingKey
from comity.dispatch import accord as a
from comity.dispatch import entries as e
from comity.dispatch import exchange_codec as x
from comity.dispatch import keylist as k
from comity.dispatch import wire as w
from comity.marking.labels import Lane, Urgency
from tests.unit.crypto.seeded import Seeded

ENTROPY = Seeded("samples")
NORTH_ROOT, SOUTH_ROOT = RootKeys.generate(ENTROPY), RootKeys.generate(ENTROPY)
LOG, COSIGNER, SPARE = LogKeys.generate(ENTROPY), CosignerKeys.generate(ENTROPY), CosignerKeys.generate(ENTROPY)
SEALING, OLDER = SealingKey.generate(ENTROPY), SealingKey.generate(ENTROPY)
NORTH, SOUTH = "north.example/comity", "south.example/comity"


def d(number: int) -> bytes:
    return bytes((number,)) * 32


def i(number: int) -> bytes:
    return bytes((number,)) * 16


ENTRIES = (
    e.InstrumentLeaf(e.InstrumentKind.ACCORD, d(1)),
    e.DispatchLeaf(i(1), Lane.NORMAL, 1, d(1), d(2), 4096, d(3)),
    e.ResealLeaf(7, d(1), 16384, 3),
    e.ReceiptLeaf(7, i(1), d(1), e.Fact.REFUSED, "not-open", 15, d(2)),
    e.ReceiptLeaf(0, i(1), d(1), e.Fact.ARRIVED, None, None, None),
    e.WithdrawLeaf(7, e.Withdrawal.RECALLED_UNSENT),
    e.HeadLeaf("north.example/comity/log/1", 3, d(1), 1_800_000_000),
    e.RecordLeaf("break-glass", d(1)),
    e.LinkLeaf(e.LinkEvent.CHALLENGE, d(1)),
    e.LinkLeaf(e.LinkEvent.RESUME, None),
    e.BlindLeaf(d(1)),
)

LABELS = w.WireLabels(
    handling="H1 H2",
    conditions=("lead-only", "no-third-state"),
    evaluation="B2",
    tlp=None,
    pap=None,
    retain_until=1_900_000_000_000,
    originator="harbour-police",
    categories=("name",),
    redactions=("health", "health"),
)
HEADER = w.Header(
    id=i(1),
    sender=NORTH,
    receiver=SOUTH,
    author=w.Author("harbour-police", "case-officer"),
    agencies=("coast-guard", "customs"),
    desk="requests",
    kind="rfi",
    version=1,
    case=None,
    re=(i(2), i(3)),
    after=(i(4),),
    lane=Lane.NORMAL,
    purpose="criminal-investigation",
    basis=("arrangement-3",),
    labels=LABELS,
    created=1_800_000_000_000,
    answer_by=1_800_000_600_000,
    accord=d(9),
    replaces=None,
    workplan_item="3.2",
    workplan_reason="",
    released_by=w.ReleasedBy("duty", 14, i(5)),
    conduct="smuggling",
    urgency=Urgency.NORMAL,
)
OTHER_HEADER = w.Header(
    id=i(1),
    sender=NORTH,
    receiver=SOUTH,
    author=w.Author("a", "b"),
    agencies=("c",),
    desk="d",
    kind="e",
    version=2,
    case=i(8),
    re=(),
    after=(),
    lane=Lane.IMMEDIATE,
    purpose="p",
    basis=(),
    labels=w.WireLabels("", (), None, "AMBER", "GREEN", None, "o", (), ()),
    created=0,
    answer_by=None,
    accord=d(0),
    replaces=i(7),
    workplan_item=None,
    workplan_reason="asked by the joint meeting",
    released_by=w.ReleasedBy("duty", 0, None),
    conduct=None,
    urgency=Urgency.FORMAL,
)
ATTACHMENTS = (
    w.Attachment("plan.pdf", "application/pdf", 100_000, 106_496, d(1), d(2)),
    w.Attachment("photo.jpg", "image/jpeg", 1, 2, d(3), d(4)),
)
PARTS = w.salted((w.encode_header(HEADER), b"body", w.encode_attachments(()), b""), ENTROPY)

EXCHANGE = x.Exchange(
    origin="north.example/comity/log/1",
    base=2,
    entries=(e.encode_entry(ENTRIES[0]), e.encode_entry(ENTRIES[1])),
    checkpoint="north.example/comity/log/1\n4\nroot\n\n\u2014 north sig\n",
    cosignature="\u2014 north mirror sig\n",
    mirror_size=3,
    mirror_root=d(5),
    dispatches=((3, b"sealed"), (3, b"opening")),
    wants=(1, 2),
    credit=((Lane.URGENT, 1000), (Lane.BULK, 5)),
    wait=25_000,
)
PROBLEM = x.Problem("gap", 1000, 3, "north.example/comity/log/1\n3\n", 1_800_000_000)
MANIFEST = x.Manifest(
    day="2027-01-15",
    ours=x.LogState(10, d(1)),
    theirs=x.LogState(11, d(2)),
    our_open=(x.OpenItem(3, 0), x.OpenItem(4, 5)),
    their_open=(),
    missing=(d(3),),
)
EVIDENCE = x.Evidence(x.EvidenceClass.EQUIVOCATION, 1_800_000_000_000, (b"one", b"two"), "two heads of size 4")

ACCORD = a.Accord(
    name="north-south",
    edition=1,
    prev=None,
    parties=(
        a.Party(NORTH, "NO", NORTH_ROOT.public().cose_keys, ("https://north.example", "tel:+1")),
        a.Party(SOUTH, "SO", SOUTH_ROOT.public().cose_keys, ()),
    ),
    desks=(a.OpenDesk("node", ("manifest",)), a.OpenDesk("requests", ("rfi", "answer"))),
    limits=(a.LaneLimit(Lane.IMMEDIATE, 60_000, 1_800_000),),
    timers=(("tick", 0), ("custom-cap", 12)),
    author_kinds=("minutes",),
    in_force_from=1_800_000_000_000,
)


def pair(number: int, keys) -> k.KeyPair:
    return k.KeyPair(number, *keys.public().cose_keys)


KEYLIST = k.KeyList(
    node=NORTH,
    edition=2,
    prev=d(1),
    log=pair(1, LOG),
    cosigners=(pair(1, COSIGNER), pair(2, SPARE)),
    sealing=(
        k.Sealing.of("coast-guard", OLDER.public(), not_before=1000, not_after=3000),
        k.Sealing.of("coast-guard", SEALING.public(), not_before=2000, not_after=4000),
        k.Sealing.of("customs", SEALING.public(), not_before=0, not_after=10),
    ),
    revoked=((d(7), 12),),
    tls_ca=b"der",
    issued=1_800_000_000_000,
)
