"""Which words each attribute of a question may hold, so that a search over questions ends.

The rule it keeps: closed lists stay closed; an open list has the words that the rules mention and one word more, which
stands for every word that no rule mentions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

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
_STAGES = ("", "holding", "part", "final", "nominated", "accepted", "ended")
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
    {"desk": (), "kind": (), "stage": _STAGES, "agency": (), "conduct": ("",), "answers": ("",)}
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


def words_of(rules: Iterable[Rule], groups: Iterable[Groups], first: Ms, after: Ms) -> Words:
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
            elif attribute == NOW:
                instants |= {word - 1, word, word + 1}
    found.setdefault("kind", set()).update(kinds)
    texts = {name: (*words, *_more(found, name, words), OTHER) for name, words in OPEN_TEXTS.items()}
    sets = {name: (*words, *_more(found, name, words), OTHER) for name, words in OPEN_SETS.items()}
    return Words(
        texts={**CLOSED_TEXTS, **texts},
        sets={**CLOSED_SETS, **sets, "basis": tuple(sorted(bases))},
        moments=tuple(sorted(instant for instant in instants if first <= instant < after)),
    )


def mentioned(node: Json) -> Iterator[tuple[str, str | int]]:
    """Yield every (attribute, literal) that stand on two sides of one operator; a pattern gives a word that fits it."""
    if isinstance(node, list):
        for part in node:
            yield from mentioned(part)
    if not isinstance(node, dict):
        return
    for name, part in node.items():
        if name in _OPERATORS:
            yield from _pairs(part["left"], part["right"])
            yield from _pairs(part["right"], part["left"])
        elif name == "like":
            word = "".join("" if piece == "Wildcard" else piece["Literal"] for piece in part["pattern"])
            yield from ((attribute, word) for attribute in attribute_paths(part["left"]))
        yield from mentioned(part)


def attribute_paths(node: Json) -> Iterator[str]:
    """Yield the path of the attribute that an expression is, if it is one: `purpose`, `assessments.use.made`."""
    if not isinstance(node, dict):
        return
    if node.get("Var") in {"principal", "resource"}:
        yield {"principal": "agency", "resource": "kind"}[node["Var"]]
    reached = node.get(".")
    if isinstance(reached, dict):
        if reached["left"] == {"Var": "context"}:
            yield str(reached["attr"])
        else:
            yield from (f"{path}.{reached['attr']}" for path in attribute_paths(reached["left"]))


def known_attributes() -> frozenset[str]:
    """Return the names of all attributes that a search can vary or work out, with those of each outcome."""
    return frozenset({*CLOSED_TEXTS, *OPEN_TEXTS, *CLOSED_SETS, *OPEN_SETS, *FLAGS, *DERIVED, "basis", NOW})


def _pairs(side: Json, other: Json) -> Iterator[tuple[str, str | int]]:
    for attribute in attribute_paths(side):
        yield from ((attribute, word) for word in _literals(other))


def _literals(node: Json) -> Iterator[str | int]:
    if not isinstance(node, dict):
        return
    value = node.get("Value")
    if isinstance(value, str | int) and not isinstance(value, bool):
        yield value
    elif isinstance(value, dict) and "__entity" in value:
        yield str(value["__entity"]["id"])
    for part in node.get("Set", ()):
        yield from _literals(part)


def _more(found: Mapping[str, set[str]], name: str, words: tuple[str, ...]) -> tuple[str, ...]:
    base = attributes_of(BASE, _NO_GROUPS)[name]
    wanted = {base} if isinstance(base, str) else set(base) if isinstance(base, list) else set()
    return tuple(sorted((found.get(name, set()) | wanted) - set(words) - {OTHER}))


_NO_GROUPS = Groups(frozenset(), frozenset(), frozenset(), frozenset())
