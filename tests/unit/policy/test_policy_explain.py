"""A law read aloud: every reason in the reader's language, every rule in the list, every change between editions."""

from __future__ import annotations

from dataclasses import replace

from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition
from comity.policy.explain import difference, edition_notice, explain, footing, listing, may_say
from tests.unit.policy.policy_laws import DAY, ask, edition, gate
from tests.unit.policy.test_policy_edition import FORBID, MANIFEST, OBLIGE, PERMIT


def test_a_refusal_is_read_with_all_its_reasons() -> None:
    verdict = gate("in").decide(ask(kind="answer", records={"call-records"}, asks={"national-number"}), DAY)
    lines = explain(edition("in"), verdict, "hi")
    assert lines[0] == edition_notice(edition("in"), "hi")
    assert lines[1] == "refuse (hard-stop, disproportionate); outward: cannot-assist"
    assert len(lines) == 2 + len(verdict.reasons)
    assert "राष्ट्रीय" in lines[2]
    assert "[unverified] Aadhaar Act 2016, s. 29" in lines[2]


def test_a_permit_is_read_with_its_obligations_and_a_referral_with_what_is_missing() -> None:
    law = edition("ca")
    permitted = gate("ca").decide(ask(categories={"minor"}), DAY)
    assert "- redact: minor (CA-YCJA-110)" in explain(law, permitted, "fr")
    referred = gate("ca").decide(ask(categories={"person"}), DAY)
    assert {"- missing: assessment:disclose", "- to: assessor"} <= set(explain(law, referred, "en"))
    unknown = gate("ca").decide(ask(purpose="zz"), DAY)
    assert explain(law, unknown, "hi")[-1] == "- refuse: No rule permits this. (CA-DEFAULT [accord])"


def test_an_edition_in_force_is_read_without_notice() -> None:
    verdict = gate("ca").decide(ask(), DAY)
    assert explain(replace(edition("ca"), exercise=False), verdict, "en")[0] == "permit"


def test_the_list_has_every_rule_with_its_days() -> None:
    lines = {line.rule: line for line in listing(edition("ostrel-vanmere"))}
    assert len(lines) == 7
    assert (lines["OV-7"].first_day, lines["OV-7"].last_day) == ("2026-01-01", "2030-12-31")
    assert (lines["OV-5"].effect, lines["OV-3"].effect, lines["OV-1"].last_day) == ("redact:victim", "refer", "open")


def test_what_a_law_rests_on_is_counted_by_seed() -> None:
    counted = dict(footing(edition("in")))
    seeds = {rule.seed for rule in edition("in").rules}
    assert sum(counted.values()) == len(seeds)
    assert counted["accord"] == len({seed for seed in seeds if seed.startswith("XX-")})
    mixed = Edition.load(_files(PERMIT + FORBID.replace("TT-2", "TT-1/no") + OBLIGE))
    assert footing(mixed) == (("mixed", 1), ("unverified", 1))


def test_an_amendment_is_shown_rule_by_rule() -> None:
    old = Edition.load(_files(PERMIT + FORBID))
    new = Edition.load(_files(PERMIT.replace('"fraud"', '"fraud" || true') + OBLIGE))
    changes = difference(old, new)
    assert [(change.rule, change.what) for change in changes] == [
        ("TT-1", "changed"), ("TT-2", "removed"), ("TT-3", "added"),
    ]  # fmt: skip
    assert changes[1].new is None
    assert changes[2].old is None
    assert difference(old, old) == ()


def test_an_officer_may_say_less_never_more() -> None:
    def verdict(ground: str, *more: str):
        law = FORBID.replace('"location"', f'"{ground}"').replace("@effect", " ".join([*more, "@effect"]))
        return CedarGate(Edition.load(_files(PERMIT + law))).decide(ask(categories={"person"}), DAY)

    assert may_say(verdict("no-legal-basis")) == ("no-legal-basis", "cannot-assist")
    assert may_say(verdict("no-legal-basis", '@outward("cannot-assist")')) == ("cannot-assist",)
    assert may_say(verdict("national-security")) == ("cannot-assist", "not-held-or-not-confirmed")
    assert may_say(verdict("disproportionate")) == ("cannot-assist",)
    assert may_say(gate("ca").decide(ask(), DAY)) == ()
    assert may_say(gate("ca").decide_attributes({}, DAY)) == ("cannot-assist",)


def _files(law: str) -> dict[str, bytes]:
    return {"edition.toml": MANIFEST.encode(), "law.cedar": law.encode()}
