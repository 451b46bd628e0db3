"""Two nodes with the requests desk, real keys and stores, and a law that takes persons out and refuses one purpose."""

from __future__ import annotations

from dataclasses import replace

from comity.base.ids import Digest, Ms
from comity.crypto.sign import add_signatures, sign_instrument
from comity.desks.requests.model import Kind
from comity.desks.requests.service import RequestsDesk
from comity.desks.requests.web import body_lines
from comity.dispatch.accord import Accord, OpenDesk, Party, encode_accord
from comity.dispatch.states import Form, Officer
from comity.edge.board import NodeBoard, PlanItem, Setting
from comity.edge.opening import read_schema
from comity.edge.schema import Schema
from comity.marking.labels import Urgency
from comity.node.assemble import Instruments, Keyring, assemble
from comity.node.ceremony import hold_ceremony
from comity.node.node import Node
from comity.node.proofs import Signers
from comity.policy.verdict import Effect, Obligation, Reason, Verdict
from comity.screen import PartyCard
from tests.templates import store_with
from tests.unit.node.world import SCHEMA, START, A, B, Everyone, Half, Seeded, sealing_kid

STEPS = read_schema("comity.desks.requests")
KINDS = tuple(sorted(kind.value for kind in Kind))
OFFICER = Officer("requests", 7)


class Law:
    """Takes persons out of what is sent, and does not admit purpose `fraud`."""

    def decide(self, question, now):
        if question.act == "admit" and question.purpose == "fraud":
            reasons = (self.reason("T-2", Effect.REFUSE, "Test Act s. 2"),)
            return Verdict(Effect.REFUSE, reasons, (), "disproportionate", "cannot-assist", None, (), Digest(bytes(32)))
        if question.act == "clear" and "person" in question.categories:
            reasons = (
                self.reason("T-3", Effect.PERMIT_WITH, "Test Act s. 3"),
                self.reason("T-1", Effect.PERMIT, "Test Act s. 1"),
            )
            return Verdict(
                Effect.PERMIT_WITH,
                reasons,
                (Obligation("redact", "person", "T-3"),),
                None,
                None,
                None,
                (),
                Digest(bytes(32)),
            )
        reasons = (self.reason("T-1", Effect.PERMIT, "Test Act s. 1"),)
        return Verdict(Effect.PERMIT, reasons, (), None, None, None, (), Digest(bytes(32)))

    def reason(self, rule, effect, article):
        return Reason(rule, effect, article, "text-read", f"Rule {rule} says so.", (("en", f"Rule {rule} says so."),))


def accord_of(a, b):
    parties = tuple(Party(half.name, "ZZ", half.root.public().cose_keys, ()) for half in (a, b))
    accord = Accord("test", 1, None, parties, (OpenDesk("requests", KINDS),), (), (("tick", 0),), (), Ms(0))
    return add_signatures(sign_instrument(encode_accord(accord), "accord", a.root), "accord", b.root)


def make_node(us, them, accord, short, path=None):
    desk = RequestsDesk(STEPS, short)
    built = assemble(
        us.name,
        Instruments(accord, us.keys, them.keys),
        Keyring(us.log, us.cosigner, {sealing_kid(us): us.sealing}),
        gate=Law(),
        patterns=(),
        desks={"requests": desk},
        powers=Everyone(),
        entropy=Seeded(us.name + "desk"),
    )
    store = store_with((Schema("node", ((1, SCHEMA),)), Schema("requests", desk.schema)), path or ":memory:")
    ledger = hold_ceremony(store, built.voice, built.peer, (us.keys, them.keys, accord), now=START)
    node = Node(built.office, built.voice, built.peer, ledger, built.timers)
    node.store, node.desk = store, desk
    return node


def make_pair(path=None):
    a, b = Half.make(A), Half.make(B)
    a.sign_keys()
    b.sign_keys()
    accord = accord_of(a, b)
    return make_node(a, b, accord, "XA", path), make_node(b, a, accord, "XB")


ONE = PartyCard("XA", "Auria", "Aurin", "America/Halifax", 510, 1020, "Duty officer 2", ours=True)
TWO = PartyCard("XB", "Borea", "Borhaven", "Asia/Kathmandu", 570, 1080, "Duty officer 4", ours=False)
PLAN = (
    PlanItem("W-1", "lorries found early", (("XA", "Police"), ("XB", "Guard")), "30 Sep", "all in time"),
    PlanItem("W-2", "nothing yet", (), "31 Oct", "none"),
)


def board_of(node, *, desk=None, lines=body_lines):
    parties = (ONE, TWO) if node.voice.node == A else (replace(TWO, ours=True), replace(ONE, ours=False))
    setting = Setting(parties, PLAN, {"agency": "The Agency"}, exercise=True)
    return NodeBoard(node.ledger, Signers.of(node.voice, node.peer), desk or node.desk, lines, setting)


def form(kind="rfi", body=None, urgency=Urgency.IMMEDIATE, **more):
    made = Form(
        desk="requests", kind=kind, agency="agency", role="officer", recipients=("agency",),
        purpose=more.pop("purpose", "organised-crime"), urgency=urgency, workplan_item=more.pop("item", "W-1"),
        workplan_reason="none yet", body=body or {"title": "Two lorries", "text": "Whose are they?"}, **more,
    )  # fmt: skip
    return made, OFFICER
