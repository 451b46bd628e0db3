"""Which words each attribute of a question may hold, so that a search over questions ends.

The rule it keeps: closed lists stay closed; an open list has the words that the rules mention and one word more, which
stands for every word that no rule mentions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from comity.base.ids import Ms
from comity.marking.labels import Urgency
from comity.marking.vocabulary import (
    CATEGORIES,
    CONDITIONS,
    HANDLING,
    KNOWN_FOR,
    PAP,
    PURPOSES,
    RECORD_TYPES,
    TLP,
)
from comity.policy.attributes import Groups, attributes_of
from comity.policy.cases import BASE
from comity.policy.question import Act, AssessedAct, Decision, Listing, Outside, Release, Risk, Serves
from comity.policy.rule import Rule

OTHER = "other"
"""Stands for every word of an open list that no rule mentions."""
ANSWER_STAGES = ("holding", "part", "final")
POSTING_STAGES = ("nominated", "accepted", "ended")
_RISKS = ("", *(risk.value for risk in Risk))
_DECISIONS = ("", *(decision.value for decision in Decision))
_CATEGORIES = tuple(sorted(CATEGORIES, key=lambda word: (word == "person", word)))
"""The plainest last: where a search must take one of them, it takes that."""

CLOSED_TEXTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "act": tuple(act.value for act in Act),
        "purpose": tuple(PURPOSES),
        "new_purpose": ("", *PURPOSES),
        "urgency": tuple(urgency.name.lower() for urgency in Urgency),
        "tlp": ("", *TLP),
        "pap": ("", *PAP),
        "outside": ("", *(word.value for word in Outside)),
        "serves": ("", *(word.value for word in Serves)),
    }
    | {f"assessments.{act}.{what}": _RISKS for act in AssessedAct for what in ("risk_before", "risk_after")}
    | {f"assessments.{act}.decision": _DECISIONS for act in AssessedAct}
)
"""Texts from a closed list."""
OPEN_TEXTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "desk": (),
        "kind": ("answer", "posting"),
        "stage": ("", *ANSWER_STAGES, *POSTING_STAGES),
        "agency": (),
        "conduct": ("",),
        "answers": ("",),
    }
)
"""Texts that a rule may compare with any word, and the words that they have without a rule."""
CLOSED_SETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "handling": HANDLING,
        "categories": _CATEGORIES,
        "asks": _CATEGORIES,
        "records": tuple(sorted(RECORD_TYPES)),
        "known_for": tuple(sorted(KNOWN_FOR)),
        "released": tuple(word.value for word in Release),
        "listed_by": tuple(word.value for word in Listing),
    }
)
"""Sets whose words are from a closed list; `basis` is closed by each edition's own list."""
OPEN_SETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"conditions": tuple(CONDITIONS), "approvals": (), "peer_agencies": (), "to_agencies": ()}
)
FLAGS = (
    "asserts", "evaluated", "own_power", "minimum_facts", "third_state", "budget_spent", "named", "recalled", "past_due",
    "classified", "break_glass",
    *(
        f"assessments.{act}.{what}"
        for act in AssessedAct
        for what in ("made", "tainted", "short_form", "mitigated", "decider_outside")
    ),
)  # fmt: skip
DERIVED = ("personal", "asks_personal", "gives")
NOW = "now"
_OPERATORS = ("==", "!=", "contains", "containsAny", "containsAll", "<", "<=", ">", ">=")

Json = object
"""A part of a policy in Cedar's JSON form."""


@dataclass(frozen=True, slots=True)
class Words:
    """The finite world of one search.

    Attributes:
        texts: for each text attribute the words that it may hold.
        sets: for each set attribute the words that may be in it.
        moments: the instants that `now` may be, so that every comparison comes out each way that it can.
    """

    texts: Mapping[str, tuple[str, ...]]
    sets: Mapping[str, tuple[str, ...]]
    moments: tuple[int, ...]


def words_of(rules: Sequence[Rule], groups: Iterable[Groups], first: Ms, after: Ms) -> Words:
    """Return the words that these rules can tell apart.

    Args:
        rules: of one edition, or of both that are compared.
        groups: of the same editions.
        first: first instant of the time that is looked at.
        after: first instant after it.
    """
    found: dict[str, set[str]] = {}
    instants: set[int] = {int(first)}
    kinds: set[str] = {kind for group in groups for kind in group.giving}
    bases = BASE.basis.union(*(group.bases for group in groups))
    for rule in rules:
        policy = json.loads(rule.policy)
        kinds |= rule.kinds or frozenset()
        for attribute, word in mentioned(policy["conditions"]):
            if isinstance(word, str):
                found.setdefault(attribute, set()).add(word)
            else:
                assert attribute == NOW  # the only number of a question
                instants |= {word - 1, word, word + 1}
    found.setdefault("kind", set()).update(kinds)
    for name, words in _BASE_WORDS.items():
        found.setdefault(name, set()).update(words)
    _share(found, {pair for rule in rules for pair in _compared(json.loads(rule.policy)["conditions"])})
    texts = {name: (*words, *_more(found, name, words), OTHER) for name, words in OPEN_TEXTS.items()}
    sets = {name: (*words, *_more(found, name, words), OTHER) for name, words in OPEN_SETS.items()}
    return Words(
        texts={**CLOSED_TEXTS, **texts},
        sets={**CLOSED_SETS, **sets, "basis": tuple(sorted(bases))},
        moments=tuple(sorted(instant for instant in instants if first <= instant < after)),
    )


def mentioned(node: Json) -> Iterator[tuple[str, str | int]]:
    """Yield every (attribute, literal) that stand on two sides of one operator; a pattern gives a word that fits it."""
    for name, left, right in _operations(node):
        if name == "like":
            word = "".join("" if piece == "Wildcard" else piece["Literal"] for piece in right)
            yield from ((attribute, word) for attribute in attribute_paths(left))
            continue
        for side, other in ((left, right), (right, left)):
            yield from ((attribute, word) for attribute in attribute_paths(side) for word in _literals(other))


def attribute_paths(node: Json) -> Iterator[str]:
    """Yield the path of each attribute that an expression is or may come to: `purpose`, `assessments.use.made`."""
    match node:
        case {"Var": "principal" | "resource" as name}:
            yield {"principal": "agency", "resource": "kind"}[name]
        case {".": {"left": {"Var": "context"}, "attr": str(name)}}:
            yield name
        case {".": {"left": left, "attr": str(name)}}:
            yield from (f"{path}.{name}" for path in attribute_paths(left))
        case {"Set": list(parts)}:
            yield from (path for part in parts for path in attribute_paths(part))
        case {"if-then-else": {"then": then, "else": other}}:
            yield from (path for part in (then, other) for path in attribute_paths(part))


def known_attributes() -> frozenset[str]:
    """Return the names of all attributes that a search can vary or work out, with those of each outcome."""
    return frozenset({*CLOSED_TEXTS, *OPEN_TEXTS, *CLOSED_SETS, *OPEN_SETS, *FLAGS, *DERIVED, "basis", NOW})


def _operations(node: Json) -> Iterator[tuple[str, Json, Any]]:
    """Yield (operator, left, right) of every comparison in an expression, however deep."""
    if isinstance(node, list):
        for part in node:
            yield from _operations(part)
    elif isinstance(node, dict):
        for name, part in node.items():
            if name in _OPERATORS:
                yield name, part["left"], part["right"]
            elif name == "like":
                yield name, part["left"], part["pattern"]
            yield from _operations(part)


def _compared(node: Json) -> Iterator[tuple[str, str]]:
    """Yield every two attributes that are compared with each other."""
    for name, left, right in _operations(node):
        if name != "like":
            yield from ((one, two) for one in attribute_paths(left) for two in attribute_paths(right))


def _share(found: dict[str, set[str]], pairs: set[tuple[str, str]]) -> None:
    """Let attributes that are compared with each other have each other's words."""
    known = {**CLOSED_TEXTS, **CLOSED_SETS, **OPEN_TEXTS, **OPEN_SETS}
    for name in {name for pair in pairs for name in pair}:
        found.setdefault(name, set()).update(known.get(name, ()))
    for _ in pairs:  # words travel along chains of comparisons, which are no longer than the pairs are many
        for one, two in sorted(pairs):
            found[one] |= found[two]
            found[two] |= found[one]


def _literals(node: Json) -> Iterator[str | int]:
    match node:
        case {"Value": {"__entity": {"id": str(word)}}}:
            yield word
        case {"Value": str() | int() as value} if not isinstance(value, bool):
            yield value
        case {"Set": list(parts)}:
            yield from (word for part in parts for word in _literals(part))
        case {"if-then-else": {"then": then, "else": other}}:
            yield from (word for part in (then, other) for word in _literals(part))


def _more(found: Mapping[str, set[str]], name: str, words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(found.get(name, set()) - set(words) - {OTHER}))


def _base_words() -> dict[str, frozenset[str]]:
    """Return the words of the question that every example starts from, for each open list."""
    record = attributes_of(BASE, Groups(frozenset(), frozenset(), frozenset(), frozenset()))
    values = {name: record[name] for name in (*OPEN_TEXTS, *OPEN_SETS)}
    return {
        name: frozenset([value] if isinstance(value, str) else map(str, value))
        for name, value in values.items()
        if isinstance(value, str | list)
    }


_BASE_WORDS = _base_words()
