"""The law gate on Cedar, in two stages: what is obliged, then whether what remains is permitted.

The rule it keeps: only a record that fits the schema, judged without a single error by rules in force, can be permitted.
Cedar passes over a prohibition that fails to evaluate, so any diagnostic at all is a refusal here. Only rules that can
hold for the act and the kind are asked; that changes no answer.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise

from cedarpy import Decision, Entities, PolicySet, Schema, is_authorized  # pyright: ignore[reportUnknownVariableType]  its answers are typed in part

from comity.base.hashing import sha256
from comity.base.ids import Digest, Ms
from comity.marking.vocabulary import GROUNDS, OUTWARD
from comity.policy.attributes import SCHEMA, Attributes, at, attributes_of, without
from comity.policy.edition import Edition, Texts, said
from comity.policy.question import Act, Question
from comity.policy.rule import OBLIGE, Rule, Verb
from comity.policy.verdict import NO_LAW, Effect, Obligation, Reason, Verdict

ERROR = "error"
"""Ground of a refusal because the law could not be asked."""
_LEAST_SAID = "cannot-assist"
_NO_LEGAL_BASIS = "no-legal-basis"
_ORDER = (Effect.REFUSE, Effect.REFER, Effect.PERMIT_WITH, Effect.PERMIT)
_ENGINE_ERRORS = (ValueError, TypeError, KeyError, AttributeError, RuntimeError)
"""What the engine or a malformed record can raise; each is a refusal."""
NO_ENTITIES = Entities.from_json_str("[]")  # pyright: ignore[reportUnknownMemberType]  as above


_ACTS = frozenset(act.value for act in Act)


class Stages:
    """The rules for one act and kind; each set is compiled when it is first asked."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules

    @cached_property
    def authority(self) -> PolicySet:
        """The rules that permit and forbid."""
        return _compiled({rule.id: rule.policy for rule in self._rules if rule.obligation is None})

    @cached_property
    def obligations(self) -> PolicySet:
        """The rules that oblige."""
        return _compiled({rule.id: rule.policy for rule in self._rules if rule.obligation is not None})

    @cached_property
    def together(self) -> PolicySet:
        """Both for one asking: what obliges stands as a prohibition of the act, since all of these are told at once."""
        return _compiled(
            {rule.id: rule.policy if rule.obligation is None else _told(rule.policy) for rule in self._rules}
        )


class _Law:
    """The rules of one interval of law in force; each pair of act and kind is compiled when it is first asked."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = {rule.id: rule for rule in rules}
        self.uncached = tuple(rule for rule in rules if rule.uncached)
        self._kinds = frozenset(kind for rule in rules for kind in rule.kinds or ())
        self._compiled: dict[tuple[str, str], Stages] = {}

    @cached_property
    def hash(self) -> Digest:
        """What names these rules in an answer; of most intervals nobody ever asks."""
        return interval_hash(tuple(self.rules.values()))

    def stages(self, act: str, kind: str) -> Stages:
        """Return the rules that can hold for an act and a kind."""
        key = act, kind if kind in self._kinds else ""
        known = self._compiled.get(key)
        if known is None:
            known = self._compiled[key] = Stages(self.bearing(*key))
        return known

    def bearing(self, act: str, kind: str) -> tuple[Rule, ...]:
        """Return the rules that can hold; a kind that no rule names is any such kind."""
        return tuple(rule for rule in self.rules.values() if _bears(rule, act, kind))


class _FailedError(ValueError):
    """The engine reported an error for this record."""


class CedarGate:
    """The law of one edition. Pure: the same question within one interval has the same answer.

    An interval is a stretch of time in which the same rules are in force; intervals are numbered from 0, the time
    before the first rule.
    """

    def __init__(self, edition: Edition) -> None:
        self._edition = edition
        instants = {rule.begins for rule in edition.rules} | {r.ends for r in edition.rules if r.ends is not None}
        self._borders = sorted(instants)
        self._laws = [_Law(edition.in_force(Ms(start))) for start in (-1, *self._borders)]

    @property
    def edition(self) -> Edition:
        """The edition that answers."""
        return self._edition

    @property
    def intervals(self) -> tuple[tuple[Ms, Ms], ...]:
        """(first instant, first instant after) of each interval between two borders."""
        return tuple((Ms(start), Ms(end)) for start, end in pairwise(self._borders))

    def interval(self, now: Ms) -> int:
        """Return the number of the interval that `now` lies in."""
        return bisect_right(self._borders, now)

    def steady(self, question: Question, now: Ms) -> bool:
        """Say whether the answer stays the same within the interval: no rule marked uncached could bear on it."""
        return not any(
            _bears(rule, question.act.value, question.kind) for rule in self._laws[self.interval(now)].uncached
        )

    def decide(self, question: Question, now: Ms) -> Verdict:
        """Answer with the law in force at `now`; see `Gate.decide`."""
        try:
            record: Attributes = attributes_of(question, self._edition.groups)
        except _ENGINE_ERRORS:
            record = {}
        return self.decide_attributes(record, now)

    def decide_attributes(self, record: Attributes, now: Ms) -> Verdict:
        """Answer for a record of attributes as `attributes_of` makes it; one that does not fit is refused."""
        law = None
        try:
            law = self._laws[self.interval(now)]
            return self._judge(at(record, now), law)
        except _ENGINE_ERRORS:
            interval = NO_LAW if law is None else law.hash
            return self._without_rule("ERROR", ERROR, _LEAST_SAID, self._edition.failed, interval)

    def interval_hash(self, now: Ms) -> Digest:
        """Return the hash of the rules in force at `now`, as it stands in each verdict."""
        return self._laws[self.interval(now)].hash

    def bearing(self, act: str, kind: str, now: Ms) -> tuple[Rule, ...]:
        """Return the rules in force that can hold for an act and a kind, by id."""
        return self._laws[self.interval(now)].bearing(act, kind)

    def stages(self, act: str, kind: str, now: Ms) -> Stages:
        """Return these rules, compiled."""
        return self._laws[self.interval(now)].stages(act, kind)

    def remainder(self, record: Attributes, now: Ms) -> Attributes:
        """Return what authority is asked about: a record that fits, without what the sender must remove.

        Raises:
            ValueError: the record does not fit.
        """
        law = self._laws[self.interval(now)]
        stages = law.stages(str(record["act"]), str(record["kind"]))
        _, duties = self._stage(stages.obligations, record, OBLIGE, law.rules, SCHEMA)
        return self._remainder(record, tuple(map(_obligation, duties)))

    def _judge(self, record: Attributes, law: _Law) -> Verdict:
        """Ask both stages: what is obliged for the whole content, then authority for what removals leave.

        The first asking answers both where nothing is removed: if nothing is obliged, or if something forbids. It holds
        the whole record against the schema; what removals leave fits it too, so the second does not do that again.
        """
        act, kind = record["act"], record["kind"]
        if not isinstance(act, str) or act not in _ACTS or not isinstance(kind, str):
            raise _FailedError("a record without an act and a kind")
        stages = law.stages(act, kind)
        allowed, hold = self._stage(stages.together, record, act, law.rules, SCHEMA)
        duties = tuple(rule for rule in hold if rule.obligation is not None)
        deciding = tuple(rule for rule in hold if rule.obligation is None)
        obligations = tuple(sorted(map(_obligation, duties), key=lambda o: (o.verb, o.value, o.rule)))
        left = self._remainder(record, obligations)
        if duties and (left is not record or not deciding):
            allowed, deciding = self._stage(stages.authority, left, act, law.rules, None)
        if allowed:
            return self._permitted((*deciding, *duties), obligations, law.hash)
        if deciding:
            return self._forbidden(deciding, law.hash)
        word = self._outward([], _NO_LEGAL_BASIS)
        return self._without_rule("DEFAULT", _NO_LEGAL_BASIS, word, self._edition.no_rule, law.hash)

    @staticmethod
    def _stage(
        policies: PolicySet, record: Attributes, action: str, rules: dict[str, Rule], schema: Schema | None
    ) -> tuple[bool, tuple[Rule, ...]]:
        """Ask one stage; return whether it allows and the rules that decided.

        Raises:
            _FailedError: the record does not fit the schema if one is given, or any rule failed to evaluate.
        """
        answer = is_authorized(request_of(record, action), policies, NO_ENTITIES, schema)
        if answer.diagnostics.errors or answer.decision is Decision.NoDecision:
            raise _FailedError(str(answer.diagnostics.errors))
        return answer.allowed, tuple(rules[rule_id] for rule_id in answer.diagnostics.reasons)

    def _remainder(self, record: Attributes, obligations: tuple[Obligation, ...]) -> Attributes:
        """Return the record without what the sender must remove; a receiver removes nothing before it is admitted."""
        removed = frozenset(o.value for o in obligations if o.verb == Verb.REDACT)
        if not removed or record["act"] != Act.CLEAR.value:
            return record
        return without(record, removed, self._edition.groups)

    def _permitted(self, rules: tuple[Rule, ...], obligations: tuple[Obligation, ...], interval: Digest) -> Verdict:
        return Verdict(
            effect=Effect.PERMIT_WITH if obligations else Effect.PERMIT,
            reasons=self._reasons(rules),
            obligations=obligations,
            ground=None,
            outward=None,
            refer_to=None,
            missing=(),
            edition=self._edition.hash,
            interval=interval,
        )

    def _forbidden(self, rules: Sequence[Rule], interval: Digest) -> Verdict:
        """Return the most restrictive answer of all prohibitions that hold, with every one of them as a reason."""
        ordered = sorted(rules, key=_rank)
        decisive = [rule for rule in ordered if rule.effect is ordered[0].effect]
        grounds = dict.fromkeys(rule.ground for rule in decisive if rule.ground is not None)
        curable = all(rule.missing for rule in ordered)
        return Verdict(
            effect=ordered[0].effect,
            reasons=self._reasons(ordered),
            obligations=(),
            ground=", ".join(grounds),
            outward=self._outward(decisive, *grounds),
            refer_to=next((rule.refer_to for rule in decisive if rule.refer_to), None),
            missing=tuple(sorted({word for rule in ordered for word in rule.missing})) if curable else (),
            edition=self._edition.hash,
            interval=interval,
        )

    def _without_rule(self, name: str, ground: str, outward: str, texts: Texts, interval: Digest) -> Verdict:
        """Return a refusal that rests on no rule: none permits, or the law could not be asked."""
        rule = f"{self._edition.prefix}-{name}"
        sentence = said(texts, self._edition.languages[0], self._edition.languages)
        return Verdict(
            effect=Effect.REFUSE,
            reasons=(Reason(rule, Effect.REFUSE, "", "accord", sentence, texts),),
            obligations=(),
            ground=ground,
            outward=outward,
            refer_to=None,
            missing=(),
            edition=self._edition.hash,
            interval=interval,
        )

    def _outward(self, rules: Sequence[Rule], *grounds: str) -> str:
        """Return one word that is lawful for every ground: the least telling of those that the rules chose."""
        lawful = [word for word in OUTWARD if all(word in GROUNDS[ground] for ground in grounds)]
        by_ground = dict(self._edition.outward)
        chosen = {rule.outward for rule in rules} | {by_ground[ground] for ground in grounds}
        good = [word for word in lawful if word in chosen]
        return good[-1] if good else _LEAST_SAID

    def _reasons(self, rules: Sequence[Rule]) -> tuple[Reason, ...]:
        first = self._edition.languages[0]
        return tuple(
            Reason(
                rule=rule.id,
                effect=rule.effect,
                article=rule.article,
                status=rule.status.value,
                sentence=said(rule.sentences, first, self._edition.languages),
                sentences=rule.sentences,
            )
            for rule in sorted(rules, key=_rank)
        )


def interval_hash(rules: Iterable[Rule]) -> Digest:
    """Return the SHA-256 of the canonical JSON (sorted keys, no blanks, UTF-8) of what decides in `rules`, by id."""
    deciding = [rule.deciding for rule in sorted(rules, key=lambda rule: rule.id)]
    return sha256(json.dumps(deciding, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


def _compiled(policies: dict[str, str]) -> PolicySet:
    """Compile rules, in JSON as they are kept, under their own ids, so that the engine's reasons are ours."""
    each = ",".join(f"{json.dumps(id_)}:{policy}" for id_, policy in policies.items())
    return PolicySet.from_json_str(f'{{"staticPolicies":{{{each}}},"templates":{{}},"templateLinks":[]}}')


@lru_cache(maxsize=2_048)
def _told(policy: str) -> str:
    """Return a rule that obliges as a prohibition of the act; each is asked for by many pairs of act and kind."""
    return json.dumps(json.loads(policy) | {"effect": "forbid", "action": {"op": "All"}})


def request_of(record: Attributes, action: str) -> dict[str, object]:
    """Return what the engine is asked for a record: our agency, the act, the kind, and the whole record as context."""
    return {
        "principal": {"type": "Agency", "id": record["agency"]},
        "action": {"type": "Action", "id": action},
        "resource": {"type": "Dispatch", "id": record["kind"]},
        "context": dict(record),
    }


def _obligation(rule: Rule) -> Obligation:
    assert (
        rule.obligation is not None
    )  # only rules that oblige are asked, and none is loaded without what it obliges to
    verb, value = rule.obligation
    return Obligation(verb.value, value, rule.id)


def _rank(rule: Rule) -> tuple[int, str]:
    return _ORDER.index(rule.effect), rule.id


def _bears(rule: Rule, act: str, kind: str) -> bool:
    """Say whether a rule can hold for an act and a kind."""
    return (rule.acts is None or act in rule.acts) and (rule.kinds is None or kind in rule.kinds)
