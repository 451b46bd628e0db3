"""The sender's steps one by one: what each adds, what stops a draft, and what is kept of one that does not leave."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.errors import BadForm, StoreMisuse
from comity.base.ids import CaseId, Digest, DispatchId, Ms
from comity.crypto.keys import SealingKey, cose_key, key_id
from comity.crypto.seal import BUCKETS, unseal
from comity.dispatch import wire
from comity.dispatch.book import LogRole
from comity.dispatch.decision import decode_verdict, encode_verdict, read_record, verdict_in
from comity.dispatch.entries import DispatchLeaf, RecordLeaf, decision_hash, decode_entry, record_commit
from comity.dispatch.filing import Facts, Standing
from comity.dispatch.outbound.clear import clear
from comity.dispatch.outbound.commit import commit
from comity.dispatch.outbound.compose import compose
from comity.dispatch.outbound.label import label
from comity.dispatch.outbound.release import release
from comity.dispatch.outbound.seal import seal
from comity.dispatch.path import judge, send
from comity.dispatch.predecessors import Related, related
from comity.dispatch.states import Cleared, Committed, Released, Withheld
from comity.marking.labels import Label, Lane, Urgency
from comity.marking.scan import Pattern
from comity.policy.question import Act
from comity.policy.verdict import Effect, Obligation, Reason, Verdict
from tests.unit.node.forge import START, A, B, Forger, entries, half, node, pair, rows
from tests.unit.node.world import OFFICER, Everyone, PlainDesk, exchange, form

DAY = 86_400_000
SIXTEEN = Pattern("sixteen", "account", r"\d{16}", "luhn", False)
NUMBER = "4111111111111111"
"""The Luhn check digit of this number is right."""


class Law:
    """A law that gives one answer and remembers the questions."""

    def __init__(self, effect: Effect = Effect.PERMIT, *obligations: tuple[str, str], **more) -> None:
        reason = Reason("T-9", effect, "Test Act s. 9", "text-read", "So it is.", (("en", "So it is."),))
        made = {"ground": None, "outward": None, "refer_to": None, "missing": (), "edition": Digest(bytes(32)), **more}
        self.asked: list = []
        self.verdict = Verdict(effect, (reason,), tuple(Obligation(v, w, "T-9") for v, w in obligations), **made)

    def decide(self, question, now):
        self.asked.append((question, now))
        return self.verdict


class Tagging(PlainDesk):
    """A desk whose bodies are tagged, and which removes what is tagged."""

    def facts(self, kind, body):
        tagged = frozenset({"person"}) if b"name" in body else frozenset()
        return replace(super().facts(kind, body), tagged=tagged, asserts=False)

    def redact(self, kind, body, classes):
        return body.replace(b"name", b"----"), ("person",) if "person" in classes else ()


NONE = Related((), None)


def office(law=None, desk=None, **changes):
    made = node(gate=law or Law()).office
    return replace(made, desks={"plain": desk or PlainDesk()}, **changes)


def one(text: str = "hello", **more):
    return form(text, **more)[0]


def labelled(at, made, now: int = START):
    return label(compose(made, NONE, at, Ms(now)), at)


def cleared(at, made) -> Cleared | Withheld:
    return clear(labelled(at, made), at, START)


def sent(law=None, made=None, desk=None, by=OFFICER, **changes):
    """Send one form through a whole node; return the node and what became of it."""
    a = node(gate=law or Law())
    a.office = replace(a.office, desks={"plain": desk or PlainDesk()}, **changes)
    with a.ledger.begin() as book:
        done = send(made or one(), by, book, a.office, START)
    return a, done


# --- compose -----------------------------------------------------------------------------------------------------


def test_compose_makes_a_draft_with_an_id_of_now():
    after = tuple(DispatchId(bytes([n] * 16)) for n in range(9))
    draft = compose(one(), Related(after, None), office(), START)
    assert draft.id[:6] == int(START).to_bytes(6, "big")  # spec: protocol.md 2
    assert (draft.body, draft.lane, draft.created) == (cbor.encode({"text": "hello"}), Lane.IMMEDIATE, START)
    assert draft.after == after[:8]  # spec: protocol.md 8
    assert draft.answers == ""
    assert draft.facts.texts == ("hello",)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"desk": "other"}, "does not open"),
        ({"kind": "other"}, "does not open"),
        ({"agency": "theirs"}, "no agency of this node"),
        ({"recipients": ()}, "at least one receiving agency"),
        ({"workplan_reason": ""}, "workplan"),
        ({"body": {}}, "text is missing"),
        ({"purpose": "none"}, "no purpose"),
    ],
)
def test_a_form_that_does_not_fit_is_named_and_nothing_is_kept(changes, said):
    a = node()
    with pytest.raises(BadForm, match=said), a.ledger.begin() as book:
        send(replace(one(), **changes), OFFICER, book, a.office, START)
    outcome = a.submit([(replace(one(), **changes), OFFICER), form()], START)
    assert isinstance(outcome[0], BadForm)
    assert isinstance(outcome[1], Committed), "one bad form never stops the others"
    assert rows(a, "SELECT count(*) FROM sent") == [(1,)]
    assert rows(a, "SELECT count(*) FROM kept") == [(0,)]


def test_a_workplan_item_needs_no_reason():
    made = replace(one(), workplan_item="1.2", workplan_reason="")
    assert compose(made, NONE, office(), START).form.workplan_item == "1.2"


def test_the_lane_is_that_of_the_urgency_unless_named():
    lanes = [compose(one(urgency=u), NONE, office(), START).lane for u in Urgency]
    assert lanes == [Lane.IMMEDIATE, Lane.URGENT, Lane.NORMAL, Lane.NORMAL]
    assert compose(one(lane=Lane.BULK), NONE, office(), START).lane is Lane.BULK


# --- label -------------------------------------------------------------------------------------------------------


def test_a_draft_without_label_gets_the_default_of_its_purpose():
    made = labelled(office(), one()).label
    assert (made.handling, made.conditions) == (("H1", "H2"), ("lead-only", "no-third-state"))  # spec: vocabulary.md 1
    assert made.originator == "agency"


def test_the_scan_adds_to_the_tags_and_never_takes_away():
    at = office(patterns=(SIXTEEN,), desk=Tagging())
    mine = Label(("H1",), (), None, None, None, Ms(START + DAY), "agency", ("location",), ())
    made = labelled(at, one(f"name {NUMBER}", label=mine, purpose="organised-crime"))
    assert made.label.categories == ("account", "location", "person")
    assert made.struck == {"account"}


def test_what_is_about_a_person_gets_the_accords_retention():
    at = office(desk=Tagging())
    with pytest.raises(BadForm, match="erased or reviewed"):
        labelled(at, one("name", purpose="organised-crime"))
    at = replace(at, accord=replace(at.accord, timers=(("retention", 30 * DAY),)))
    assert labelled(at, one("name", purpose="organised-crime")).label.retain_until == START + 30 * DAY
    own = labelled(at, one("name", purpose="organised-crime", retain_until=Ms(START + 5)))
    assert own.label.retain_until == START + 5
    assert labelled(at, one("other")).label.retain_until is None


def test_an_evaluation_of_the_form_stands_in_the_label():
    assert labelled(office(), one(evaluation="B2")).label.evaluation == "B2"


# --- clear -------------------------------------------------------------------------------------------------------


def test_the_question_holds_all_that_a_rule_may_read_and_no_text():
    law = Law()
    asked = (frozenset({"contact"}), frozenset({"registration"}))
    made = one("secret words", basis=("arrangement:1",), in_answer_to=asked)
    cleared(office(law), made)
    ((question, now),) = law.asked
    assert (question.act, question.desk, question.kind, question.agency) == (Act.CLEAR, "plain", "note", "agency")
    assert (question.asks, question.records) == asked
    assert (question.basis, question.approvals) == ({"arrangement:1"}, set())
    assert (question.peer_agencies, now) == (("agency",), START)
    assert "secret" not in repr(question)


@pytest.mark.parametrize(
    ("effect", "more", "state"),
    [
        (Effect.REFUSE, {"ground": "x", "outward": "cannot-assist"}, "refused"),
        (Effect.REFER, {"refer_to": "minister"}, "referred"),
        (Effect.REFER, {"missing": ("assessment:request",)}, "held"),
        (Effect.REFUSE, {"missing": ("approval:head",)}, "refused"),
    ],
)
def test_what_law_does_not_permit_is_kept_with_all_its_reasons(effect, more, state):
    a, done = sent(Law(effect, **more))
    assert isinstance(done, Withheld)
    assert (done.state, done.verdict.effect, done.missing) == (state, effect, more.get("missing", ()))
    kept = rows(a, "SELECT id, state, desk, kind, outward, refer_to, missing, body FROM kept")
    assert kept == [
        (done.id, state, "plain", "note", more.get("outward"), more.get("refer_to"), " ".join(done.missing), body())
    ]
    ((kind, dispatch, record, salt, index),) = rows(a, "SELECT kind, dispatch, record, salt, idx FROM record")
    assert (kind, dispatch, index) == (state, done.id, 0)
    assert verdict_in(record) == done.verdict
    assert entries(a, LogRole.DECISION) == [RecordLeaf(state, record_commit(salt, record))]
    assert len(entries(a)) == 3, "nothing of it crosses"
    assert rows(a, "SELECT count(*) FROM sent") == rows(a, "SELECT count(*) FROM plain") == [(0,)]


def body(text: str = "hello") -> bytes:
    return cbor.encode({"text": text})


@pytest.mark.parametrize("urgency", Urgency)
def test_what_is_withheld_rings_on_immediate_only(urgency):
    _, done = sent(Law(Effect.REFUSE), one(urgency=urgency))
    assert bool(done.rings) is (urgency is Urgency.IMMEDIATE)


def test_obligations_are_met_before_it_leaves():
    law = Law(
        Effect.PERMIT_WITH,
        ("redact", "person"), ("redact", "account"), ("caveat", "no-onward"), ("retain-max-days", "10"),
        ("retain-max-days", "20"), ("report", "yearly"),
    )  # fmt: skip
    at = office(law, Tagging(), patterns=(SIXTEEN,))
    made = one(f"name {NUMBER}", purpose="organised-crime", retain_until=Ms(START + 99 * DAY))
    done = cleared(at, made)
    assert isinstance(done, Cleared)
    assert cbor.decode(done.body) == {"text": "---- [removed: account]"}
    assert done.label.redactions == ("account", "person")
    assert done.label.categories == ()
    assert done.label.conditions == ("lead-only", "no-onward", "no-third-state")
    assert done.label.retain_until == START + 10 * DAY


def test_retention_is_never_longer_than_the_author_said():
    law = Law(Effect.PERMIT_WITH, ("retain-max-days", "10"))
    assert cleared(office(law), one(retain_until=Ms(START + 5))).label.retain_until == START + 5


def test_an_approval_that_is_missing_holds_the_draft():
    law = Law(Effect.PERMIT_WITH, ("approval", "head"), ("approval", "privacy"))
    done = cleared(office(law), one())
    assert isinstance(done, Withheld)
    assert (done.state, done.missing) == ("held", ("approval:head", "approval:privacy"))


def test_what_the_desk_removed_is_not_struck_again():
    law = Law(Effect.PERMIT_WITH, ("redact", "person"))
    done = cleared(
        office(law, Tagging(), patterns=(SIXTEEN,)), one("name", purpose="organised-crime", retain_until=Ms(START + 1))
    )
    assert (cbor.decode(done.body), done.label.redactions) == ({"text": "----"}, ("person",))


class Blanking(PlainDesk):
    """A desk that removes numbers of accounts itself."""

    def redact(self, kind, body, classes):
        return body.replace(NUMBER.encode(), b"-" * len(NUMBER)), ("account",)


def test_a_pattern_that_the_desk_has_removed_already_is_named_once_and_nothing_else_is_changed():
    law = Law(Effect.PERMIT_WITH, ("redact", "account"))
    made = one(f"to {NUMBER}", purpose="organised-crime", retain_until=Ms(START + 1))
    done = cleared(office(law, Blanking(), patterns=(SIXTEEN,)), made)
    assert (cbor.decode(done.body), done.label.redactions) == ({"text": "to " + "-" * 16}, ("account",))


class Deep(PlainDesk):
    """A desk with lists and numbers in its bodies."""

    def compose(self, kind, form):
        return cbor.encode({"text": form["text"], "list": [form["text"], {"n": 7}]})

    def facts(self, kind, body):
        value = cbor.decode(body)
        return replace(super().facts(kind, body), texts=(value["text"], value["list"][0]))


def test_a_pattern_is_struck_wherever_it_stands():
    law = Law(Effect.PERMIT_WITH, ("redact", "account"))
    done = cleared(
        office(law, Deep(), patterns=(SIXTEEN,)), one(NUMBER, purpose="organised-crime", retain_until=Ms(START + 1))
    )
    assert cbor.decode(done.body) == {"text": "[removed: account]", "list": ["[removed: account]", {"n": 7}]}
    assert done.label.redactions == ("account",)


# --- release -----------------------------------------------------------------------------------------------------


class Roster(Everyone):
    def __init__(self, standing: Standing | None) -> None:
        self.given = standing

    def standing(self, tx, desk, number, now):
        return self.given


FULL = Standing("agency", frozenset({"duty", "officer"}), frozenset({"note"}), frozenset({"liaison"}), frozenset({0}), frozenset({"x"}), Ms(START + 1))  # fmt: skip
LIMITS = {
    "release:agency": replace(FULL, agency="other"),
    "release:kind": replace(FULL, kinds=frozenset({"recall"})),
    "release:purpose": replace(FULL, purposes=frozenset()),
    "release:urgency": replace(FULL, urgencies=frozenset({1})),
    "release:delegation-ended": replace(FULL, until=START),
    "release:officer-without-standing": None,
}


@pytest.mark.parametrize("what", LIMITS)
def test_what_goes_beyond_the_standing_is_held_and_says_for_whom(what):
    a, done = sent(powers=Roster(LIMITS[what]))
    assert isinstance(done, Withheld)
    assert (done.state, done.missing) == ("held", (what,))
    assert rows(a, "SELECT missing FROM kept") == [(what,)]


class Staged(PlainDesk):
    def facts(self, kind, body):
        return replace(super().facts(kind, body), stage="final")


def test_a_stage_outside_the_delegation_is_held():
    _, done = sent(powers=Roster(FULL), desk=Staged())
    assert done.missing == ("release:stage",)
    _, done = sent(powers=Roster(replace(FULL, stages=frozenset({"final"}))), desk=Staged())
    assert isinstance(done, Committed)


@pytest.mark.parametrize(("roles", "role"), [(frozenset({"officer", "duty"}), "duty"), (frozenset(), "officer")])
def test_who_let_it_go_stands_in_the_release(roles, role):
    at = office(powers=Roster(replace(FULL, roles=roles)))
    with node().store.begin() as tx:
        done = release(cleared(at, one()), OFFICER, tx, at, START)
    assert isinstance(done, Released)
    assert (done.by, done.role) == (OFFICER, role)


# --- seal and commit ---------------------------------------------------------------------------------------------


def sealed(at, made):
    with node().store.begin() as tx:
        return seal(release(cleared(at, made), OFFICER, tx, at, START), at, START)


def test_sealed_bytes_fill_a_bucket_and_only_the_receiver_opens_them():
    at = office()
    made = sealed(at, one())
    assert len(made.sealed) == made.entry.size == BUCKETS[0]
    peer = half(B).sealing
    aad = wire.seal_aad(A, B, made.header.id, at.accord_digest)
    plain = unseal(made.sealed, kid=key_id(cose_key(peer.public())), private=peer, aad=aad)
    parts = wire.decode_plain(plain)
    assert wire.commit_of(parts) == made.entry.commit
    assert wire.decode_header(parts[0].content) == made.header
    assert (made.header.sender, made.header.receiver, made.header.accord) == (A, B, at.accord_digest)
    assert (parts[1].content, parts[2].content, parts[3].content) == (body(), b"\x80", b"")
    assert made.entry.decision == decision_hash(made.decision_salt, made.decision_record)
    assert len({part.salt for part in parts}) == 4
    assert isinstance(SealingKey, type)


def test_a_larger_text_takes_a_larger_bucket_and_one_too_large_is_refused():
    sizes = [len(sealed(office(), one("x" * n)).sealed) for n in (1, 4_000, 20_000, 100_000, 500_000)]
    assert sizes == list(BUCKETS)
    with pytest.raises(BadForm, match="too large"):
        sealed(office(), one("x" * (1 << 20)))


def test_an_agency_without_a_sealing_key_today_is_named():
    with pytest.raises(BadForm, match="'elsewhere'"):
        sealed(office(), replace(one(), recipients=("elsewhere",)))


def known(made):
    """The same with a draft whose id was not drawn just now."""
    labelled = made.released.cleared.labelled
    labelled = replace(labelled, draft=replace(labelled.draft, fresh=False))
    return replace(made, released=replace(made.released, cleared=replace(made.released.cleared, labelled=labelled)))


def test_commit_writes_leaf_row_desk_and_record_together_and_once():
    at = office()
    made = sealed(at, one(re=(DispatchId(bytes(16)),)))
    a = node()
    assert made.released.cleared.labelled.draft.fresh
    for each in (made, known(made)):
        with a.ledger.begin() as book:
            done = commit(each, book, at, START)
        assert (done.id, done.index, done.case) == (made.header.id, 3, CaseId(made.header.id))
    assert entries(a)[3] == made.entry
    assert rows(a, "SELECT id, idx, sealed, sealed_sha256, sent_at, fact FROM sent") == [
        (made.header.id, 3, made.sealed, made.entry.sealed, START, 0)
    ]
    assert rows(a, "SELECT id, ours, body FROM plain") == [(made.header.id, 1, body())]
    assert rows(a, "SELECT kind, salt, record FROM record") == [("sent", made.decision_salt, made.decision_record)]


def test_an_id_that_was_drawn_twice_in_one_step_keeps_nothing_of_the_second():
    at = office()
    made = sealed(at, one())
    a = node()
    with a.ledger.begin() as book:
        commit(made, book, at, START)
    with pytest.raises(StoreMisuse), a.ledger.begin() as book:
        commit(made, book, at, START)
    assert rows(a, "SELECT count(*) FROM sent") == [(1,)]
    assert rows(a, "SELECT count(*) FROM record") == [(1,)]


def test_a_repeat_of_what_waits_in_the_pool_stays_in_the_pool():
    at = office()
    made = sealed(at, one(urgency=Urgency.NORMAL))
    a = node()
    for each in (made, known(made)):
        with a.ledger.begin() as book:
            assert commit(each, book, at, START).index is None
    assert [decode_entry(e) for (e,) in rows(a, "SELECT entry FROM pool")] == [made.entry]


def test_the_record_of_a_sending_says_who_released_it():
    made = sealed(office(), one(minimum_facts=True))
    record = cbor.decode(made.decision_record)
    assert record[:3] == ["comity/record/2", "sent", made.header.id]
    assert record[5] == START
    assert (record[6]["approvals"], record[6]["deferred"]) == ([], [])
    assert (record[6]["by"], record[6]["minimum_facts"]) == (["plain", 7, None], True)


def test_a_record_holds_the_question_that_was_asked_so_that_the_decision_can_be_made_again():
    law = Law()
    made = sealed(office(law), one(conduct="an act"))
    (asked,) = law.asked
    decided = read_record(made.decision_record)
    assert (decided.question, decided.now, decided.verdict) == (asked[0], asked[1], law.verdict)
    assert decided.written == encode_verdict(law.verdict)
    assert decided.question.conduct == "an act"


def test_a_draft_that_did_not_leave_keeps_its_question_whatever_held_it():
    for law, by in ((Law(Effect.REFUSE), OFFICER), (Law(Effect.PERMIT_WITH, ("approval", "head")), OFFICER)):
        a, done = sent(law=law, by=by)
        ((record,),) = rows(a, "SELECT record FROM record")
        assert isinstance(done, Withheld)
        assert read_record(record).question == law.asked[0][0]
        assert read_record(record).rest["missing"] == list(done.missing)


def test_a_record_of_the_first_form_is_still_read():
    law = Law()
    written = encode_verdict(law.verdict)
    old = [
        ["comity/record/1", "received", bytes(16), written, 7],
        ["comity/record/1", "sent", bytes(16), written, [], [], ["plain", 7, None], True],
    ]
    received, gone = (read_record(cbor.encode(record)) for record in old)
    assert (received.kind, received.now, received.question, received.verdict) == ("received", 7, None, law.verdict)
    assert (gone.kind, gone.now, gone.rest) == ("sent", None, {})
    assert gone.assessments == ()


def after(made, tx):
    return related(made, tx).after


# --- predecessors ------------------------------------------------------------------------------------------------


def test_a_case_waits_for_its_last_dispatch_of_each_side_in_the_same_or_a_more_urgent_lane():
    a, b = pair()
    exchange(a, b, START)
    (first,) = a.submit([form("1", lane=Lane.URGENT)], START)
    case = first.case
    exchange(a, b, Ms(START + 1))
    (theirs,) = b.submit([form("2", lane=Lane.URGENT, case=case)], Ms(START + 2))
    exchange(a, b, Ms(START + 3))
    (bulk,) = a.submit([form("3", lane=Lane.BULK, case=case)], Ms(START + 4))
    with a.ledger.read() as tx:
        assert after(one(), tx) == (), "without a case nothing waits"
        assert after(one(case=CaseId(bytes(16))), tx) == ()
        assert after(one(case=case, lane=Lane.IMMEDIATE), tx) == (), "a more urgent lane overtakes"
        assert after(one(case=case, lane=Lane.URGENT), tx) == (first.id, theirs.id)
        assert after(one(case=case, urgency=Urgency.NORMAL), tx) == (first.id, theirs.id)
        assert after(one(case=case, lane=Lane.BULK), tx) == (bulk.id, theirs.id)


def test_the_kind_that_is_answered_is_asked_about_on_both_sides():
    law = Law()
    a, b = pair(gate=law)
    exchange(a, b, START)
    (first,) = a.submit([form("1")], START)
    exchange(a, b, Ms(START + 1))
    b.submit([form("2", re=(first.id,))], Ms(START + 2))
    a.submit([form("3", re=(first.id,)), form("4", re=(DispatchId(bytes(16)),)), form("5")], Ms(START + 2))
    exchange(a, b, Ms(START + 3))
    told = [(question.act.value, question.answers) for question, _ in law.asked]
    assert told[0] == ("clear", "")
    assert sorted(told[2:]) == sorted(
        [
            ("clear", "note"),
            ("clear", "note"),
            ("clear", ""),
            ("clear", ""),
            ("admit", "note"),
            ("admit", ""),
            ("admit", ""),
            ("admit", "note"),
        ]
    )


def test_a_follow_up_of_a_case_is_filed_after_it_by_the_peer():
    a, b = pair()
    exchange(a, b, START)
    (first,) = a.submit([form("1")], START)
    (second,) = a.submit([form("2", case=first.case)], START)
    exchange(a, b, Ms(START + 1))
    assert rows(b, "SELECT id FROM got ORDER BY settled_at, receipt_idx") == [(first.id,), (second.id,)]
    assert rows(b, "SELECT case_id FROM got WHERE id = ?", (second.id,)) == [(first.id,)]


# --- decision records --------------------------------------------------------------------------------------------


def test_a_verdict_is_read_as_it_was_written_bit_for_bit():
    law = Law(Effect.REFUSE, ("redact", "person"), ground="g", outward="o", refer_to="r", missing=("a", "b"))
    written = encode_verdict(law.verdict)
    assert decode_verdict(written) == law.verdict
    assert encode_verdict(decode_verdict(written)) == written


@pytest.mark.parametrize(
    "record",
    [
        b"\x80",
        b"\xa0",
        cbor.encode(["other", 1, 2, b""]),
        cbor.encode(["comity/record/1", 1, 2, 3]),
        cbor.encode(["comity/record/2", "sent", bytes(16), b"", None, 1]),
        cbor.encode(["comity/record/3", "sent", bytes(16), b"", None, 1, {}]),
    ],
)
def test_a_record_of_another_form_has_no_verdict(record):
    assert verdict_in(record) is None
    assert read_record(record) is None


@pytest.mark.parametrize("question", [None, b"no question that this program can read"])
def test_a_verdict_is_read_without_the_question_beside_it(question):
    law = Law(Effect.REFUSE, ("redact", "person"), ground="g")
    held = encode_verdict(law.verdict)
    assert verdict_in(cbor.encode(["comity/record/2", "sent", bytes(16), held, question, 1, {}])) == law.verdict
    assert verdict_in(cbor.encode(["comity/record/1", "sent", bytes(16), held])) == law.verdict


def test_what_leaves_is_only_what_the_leaf_commits_to():
    """Nothing of form, record or salt stands in clear in what crosses."""
    a, done = sent(made=one("a sentence nobody else may read"))
    said = a.speak(START)
    assert isinstance(entries(a)[done.index], DispatchLeaf)
    for secret in (b"a sentence", b"liaison", b"T-9", rows(a, "SELECT decision_salt FROM sent")[0][0]):
        assert secret not in said


def test_facts_are_those_of_the_desk():
    forger = Forger(node())
    assert isinstance(PlainDesk().facts("note", body()), Facts)
    assert forger.header().id[:6] == int(START).to_bytes(6, "big")


# --- asked beforehand ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("effect", "outcome"), [(Effect.PERMIT, Released), (Effect.REFUSE, Withheld)])
def test_what_would_become_of_a_form_is_what_becomes_of_it_and_asking_keeps_nothing(effect, outcome):
    more = {"ground": "x", "outward": "cannot-assist"} if effect is Effect.REFUSE else {}
    a = node(gate=Law(effect, **more))
    made, by = form("hello")
    before = entries(a)
    with a.ledger.read() as tx:
        judged = judge(made, by, tx, a.office, START)
    assert isinstance(judged.outcome, outcome)
    assert (entries(a), rows(a, "SELECT 1 FROM record"), a.held(ended=True)) == (before, [], ())
    (done,) = a.submit([(made, by)], START)
    assert isinstance(done, Committed) is (outcome is Released)
    with a.ledger.read() as tx, pytest.raises(BadForm):
        judge(replace(made, body={}), by, tx, a.office, START)
