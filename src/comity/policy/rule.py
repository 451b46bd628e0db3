"""One rule of a law edition: a Cedar policy with the annotations that make it readable, dated and answerable.

The rule it keeps: a rule that says too little about itself, or more than it may, is not loaded. What is known only from
memory may restrict and never permits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, NoReturn, assert_never, cast

import cedarpy

from comity.base.errors import BadConfiguration
from comity.base.ids import Ms
from comity.marking.vocabulary import CATEGORIES, CONDITIONS, GROUNDS, Takes
from comity.policy.binding import Binding
from comity.policy.narrow import both, narrowed
from comity.policy.question import Act
from comity.policy.verdict import Effect


class Status(StrEnum):
    """How well the text behind a rule is known."""  # spec: law-and-agencies.md, marks

    TEXT_READ = "text-read"
    SECONDARY = "secondary"
    UNVERIFIED = "unverified"
    ACCORD = "accord"


class Verb(StrEnum):
    """What a rule may oblige."""

    REDACT = "redact"
    CAVEAT = "caveat"
    RETAIN_MAX_DAYS = "retain-max-days"
    APPROVAL = "approval"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as loaded.

    Attributes:
        id: `XX-SEED`, or `XX-SEED/clause` where one seed has several.
        title: a few words for lists.
        effect: what this rule alone leads to.
        article: the statute and section as a lawyer cites it.
        begins: first instant in force.
        ends: first instant no longer in force, or None.
        status: how well the text is known.
        source: where it was read.
        ground, outward: of a prohibition; `outward` is None where the edition's own word for the ground holds.
        refer_to: whom a referral goes to, or the other way that the law offers.
        missing: what would lift a prohibition, sorted; empty if nothing does.
        obligation: (verb, value) of a rule that obliges, else None.
        sentences: (language tag, sentence), sorted.
        uncached: it compares an instant or a count.
        acts, kinds: for which it can hold at all, by its head and its conditions; None means any.
        policy: the policy in Cedar's JSON form, without annotations.
        laws: the provisions that it was written from, as `@law` has them.
        bound: the text of each of them, in the same order; the edition fills it in.
        overriding: a prohibition that break-glass never touches.
        private: of the private supplement; the peer does not have it.
    """

    id: str
    title: str
    effect: Effect
    article: str
    begins: Ms
    ends: Ms | None
    status: Status
    source: str
    ground: str | None
    outward: str | None
    refer_to: str | None
    missing: tuple[str, ...]
    obligation: tuple[Verb, str] | None
    sentences: tuple[tuple[str, str], ...]
    uncached: bool
    acts: frozenset[str] | None
    kinds: frozenset[str] | None
    policy: str
    overriding: bool
    private: bool
    laws: tuple[str, ...]
    bound: tuple[Binding, ...] = ()

    @property
    def deciding(self) -> dict[str, object]:
        """All of the rule that bears on an answer, for the hash of an interval of law: no title, source or sentence."""
        return {
            "id": self.id,
            "effect": self.effect.value,
            "ground": self.ground,
            "outward": self.outward,
            "refer_to": self.refer_to,
            "missing": list(self.missing),
            "obligation": None if self.obligation is None else list(self.obligation),
            "policy": json.loads(self.policy),
        }

    @property
    def seed(self) -> str:
        """The rule's id without its clause."""
        return self.id.split("/", maxsplit=1)[0]

    def in_force(self, now: Ms) -> bool:
        """Say whether the rule applies at this instant."""
        return self.begins <= now and (self.ends is None or now < self.ends)


OPEN = "open"
"""What stands in `@to` of a rule without an end."""
OBLIGE = "oblige"
_ACTS = frozenset(act.value for act in Act)
_ALWAYS = frozenset({"id", "title", "article", "from", "to", "status", "source"})
_SOMETIMES = frozenset(
    {"law", "spec", "effect", "ground", "refer_to", "missing", "outward", OBLIGE, "uncached", "overriding"}
)
_ID = re.compile(r"[A-Z]{2}-[A-Z0-9][A-Za-z0-9.-]*(?:/[a-z0-9-]+)?")
_SENTENCE = re.compile(r"sentence_[a-z]{2,3}")
_WORD = re.compile(r"[a-z0-9][a-z0-9./:-]*")
_CODE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_DAYS = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)
_CONDITION = re.compile(r"([a-z-]+)(\([^()]+\))?")
MAX_DAYS = 3650
"""The longest time that a rule can let something be kept."""
_OTHER_END = "this edition was not loaded; correct the rule and sign the edition again"

_Json = dict[str, Any]


def read_rules(path: str, text: str, languages: tuple[str, ...], *, private: bool = False) -> tuple[Rule, ...]:
    """Read every policy of one file.

    Args:
        path: name of the file, for messages.
        text: Cedar policies.
        languages: tags of the edition's languages; each rule has a sentence in each.
        private: the file belongs to the private supplement.

    Raises:
        BadConfiguration: a policy that does not parse, is a template, or lacks or misuses an annotation.
    """
    try:
        parsed = json.loads(cedarpy.policies_to_json_str(text))
    except ValueError as error:
        raise BadConfiguration(f"{path}: {error}; {_OTHER_END}") from error
    if parsed["templates"]:
        raise BadConfiguration(f"{path}: a template is no rule; {_OTHER_END}")
    return tuple(_rule(path, policy, languages, private=private) for policy in parsed["staticPolicies"].values())


def day_begins(text: str, *, after: bool = False) -> Ms:
    """Return the instant of an ISO date (midnight UTC) or of an ISO instant with its offset.

    Args:
        text: `2026-07-13` or `2026-07-13T00:00:00-04:00`.
        after: for a date, the midnight at its end.

    Raises:
        ValueError: neither of the two.
    """
    if len(text) == len("2026-07-13"):
        day = date.fromisoformat(text) + timedelta(days=1 if after else 0)
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    else:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("an instant without its offset from UTC")
    return Ms(int(moment.timestamp() * 1000))


def _rule(path: str, policy: _Json, languages: tuple[str, ...], *, private: bool) -> Rule:
    notes = _texts(policy.get("annotations", {}))
    where = f"{path}: rule {notes.get('id', 'without id')}"
    _check_names(where, notes, languages)
    acts, obliges = _acts(where, policy)
    permits = policy["effect"] == "permit"
    if obliges != (OBLIGE in notes) or (obliges and not permits):
        _refuse(where, "a rule that obliges is a permit of action oblige with @oblige, and nothing else is")
    status = _one_of(where, "status", notes["status"], Status)
    if permits and not obliges and status is Status.UNVERIFIED:
        _refuse(where, "what is known from memory only may restrict, and this permits")
    if permits and not obliges and private:
        _refuse(where, "a private supplement may restrict, and this permits")
    if obliges and private and notes[OBLIGE].startswith(f"{Verb.REDACT}:"):
        # Law judges what a removal leaves, so a removal can turn the published no into a yes.
        _refuse(where, "a private supplement may restrict, and a removal may let something go; forbid it instead")
    overriding = "overriding" in notes
    if overriding:
        _check_overriding(where, policy, status, permits=permits)
    begins, ends = _dates(where, notes)
    uncached = "uncached" in notes
    if not uncached and _reads(policy["conditions"], "now"):
        _refuse(where, "it compares an instant; mark it @uncached")
    effect, ground, outward = _effect(where, notes, permits=permits, obliges=obliges)
    return Rule(
        id=notes["id"],
        title=notes["title"],
        effect=effect,
        article=notes["article"],
        begins=begins,
        ends=ends,
        status=status,
        source=notes["source"],
        ground=ground,
        outward=outward,
        refer_to=notes.get("refer_to"),
        missing=tuple(sorted(_list(where, notes.get("missing", "")))),
        obligation=_obligation(where, notes[OBLIGE]) if obliges else None,
        sentences=tuple(sorted((tag, notes[f"sentence_{tag}"]) for tag in languages)),
        uncached=uncached,
        acts=both(acts, narrowed(policy["conditions"], "act")),
        kinds=both(_kinds(where, policy), narrowed(policy["conditions"], "kind")),
        policy=json.dumps({**policy, "annotations": {}}),
        overriding=overriding,
        private=private,
        laws=tuple(part.strip() for part in notes.get("law", "").split(";") if part.strip()),
    )


def _check_overriding(where: str, policy: _Json, status: Status, *, permits: bool) -> None:
    """Refuse an overriding rule that is no prohibition, is known from memory only, or knows of an emergency."""
    if permits:
        _refuse(where, "only a prohibition can be marked @overriding")
    if status is Status.UNVERIFIED:
        _refuse(where, "a rule marked @overriding is known from more than memory")
    if _reads(policy["conditions"], "break_glass"):
        _refuse(where, "a rule marked @overriding holds whether or not the glass is broken; take out break_glass")


def _refuse(where: str, why: str) -> NoReturn:
    raise BadConfiguration(f"{where}: {why}; {_OTHER_END}")


def _texts(annotations: Mapping[str, str | None]) -> dict[str, str]:
    return {key: value or "" for key, value in annotations.items()}


def _check_names(where: str, notes: Mapping[str, str], languages: tuple[str, ...]) -> None:
    sentences = {f"sentence_{tag}" for tag in languages}
    lacking = sorted(key for key in _ALWAYS | sentences if not notes.get(key))
    if lacking:
        _refuse(where, f"it has no @{lacking[0]}")
    unknown = sorted(key for key in notes.keys() - _ALWAYS - _SOMETIMES if not _SENTENCE.fullmatch(key))
    if unknown:
        _refuse(where, f"there is no annotation @{unknown[0]}")
    if not _ID.fullmatch(notes["id"]):
        _refuse(where, "its @id is not of the form XX-SEED or XX-SEED/clause")


def _one_of(where: str, what: str, word: str, kind: type[Status]) -> Status:
    try:
        return kind(word)
    except ValueError:
        _refuse(where, f"there is no {what} called {word!r}")


def _dates(where: str, notes: Mapping[str, str]) -> tuple[Ms, Ms | None]:
    try:
        begins = day_begins(notes["from"])
        ends = None if notes["to"] == OPEN else day_begins(notes["to"], after=True)
    except ValueError as error:
        raise BadConfiguration(f"{where}: @from and @to are dates or instants ({error}); {_OTHER_END}") from error
    if ends is not None and ends <= begins:
        _refuse(where, "it ends before it begins")
    return begins, ends


def _effect(
    where: str, notes: Mapping[str, str], *, permits: bool, obliges: bool
) -> tuple[Effect, str | None, str | None]:
    """Return what the rule leads to, its ground and its own outward word."""
    if permits:
        if notes.keys() & {"effect", "ground", "outward", "missing", "refer_to"}:
            _refuse(where, "only a prohibition has @effect, @ground, @outward, @missing or @refer_to")
        return (Effect.PERMIT_WITH if obliges else Effect.PERMIT), None, None
    word, ground, outward = notes.get("effect", ""), notes.get("ground", ""), notes.get("outward")
    if word not in {Effect.REFER.value, Effect.REFUSE.value}:
        _refuse(where, "a prohibition has @effect refer or refuse")
    if ground not in GROUNDS:
        _refuse(where, f"there is no ground called {ground!r}")
    if outward is not None and outward not in GROUNDS[ground]:
        _refuse(where, f"the ground {ground} may not be told as {outward!r}")
    if word == Effect.REFER.value and not notes.get("refer_to"):
        _refuse(where, "a referral names in @refer_to whom it goes to")
    return Effect(word), ground, outward


def _list(where: str, text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(",")) if text else ()
    if any(not _WORD.fullmatch(word) for word in words):
        _refuse(where, "@missing is a list of words such as assessment:disclose")
    return words


def _obligation(where: str, text: str) -> tuple[Verb, str]:
    word, _, value = text.partition(":")
    try:
        verb = Verb(word)
    except ValueError:
        _refuse(where, f"there is no obligation called {word!r}")
    if not may_oblige(verb, value):
        _refuse(where, f"the obligation {verb} cannot have the value {value!r}")
    return verb, value


def may_oblige(verb: Verb, value: str) -> bool:
    """Say whether an obligation can have this value: a category, a condition, days, or the code of a role or report."""
    match verb:
        case Verb.REDACT:
            return value in CATEGORIES
        case Verb.CAVEAT:
            found = _CONDITION.fullmatch(value)
            takes = CONDITIONS.get(found[1]) if found else None
            return found is not None and takes is not None and (found[2] is None) == (takes is Takes.NOTHING)
        case Verb.RETAIN_MAX_DAYS:
            return _DAYS.fullmatch(value) is not None and int(value) <= MAX_DAYS
        case Verb.APPROVAL | Verb.REPORT:
            return _CODE.fullmatch(value) is not None
        case _:
            assert_never(verb)


def _acts(where: str, policy: _Json) -> tuple[frozenset[str] | None, bool]:
    """Return the acts that the head names (None for a rule that obliges), and whether it obliges."""
    names = _named(policy["action"])
    if names == frozenset({OBLIGE}):
        return None, True
    if names is None or not names <= _ACTS:
        _refuse(where, "its head names the acts that it rules, such as clear or use; or oblige alone")
    return names, False


def _kinds(where: str, policy: _Json) -> frozenset[str] | None:
    if policy["principal"] != {"op": "All"}:
        _refuse(where, "its head may name acts and kinds only; agencies stand in the conditions")
    return _named(policy["resource"])


def _named(head: object) -> frozenset[str] | None:
    """Return the ids that one part of a policy's head is equal to or in; None for any, and for all other forms."""
    if not isinstance(head, dict) or head["op"] not in {"==", "in"}:
        return None
    named = cast("dict[str, Any]", head)
    entities: list[Any] = named["entities"] if "entities" in named else [named["entity"]]
    return frozenset(str(entity["id"]) for entity in entities)


def _reads(node: object, attribute: str) -> bool:
    """Say whether an expression reads an attribute of this name, or asks whether it is there."""
    if isinstance(node, dict):
        parts = cast("dict[str, object]", node)
        return parts.get("attr") == attribute or any(_reads(part, attribute) for part in parts.values())
    return isinstance(node, list) and any(_reads(part, attribute) for part in cast("list[object]", node))
