"""One rule as a formula: Cedar's JSON form over a finite world of words, operator by operator.

The rule it keeps: what is not understood is refused by name; nothing is taken to be true or false because it is unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import z3

from comity.analysis.written import conjuncts, written
from comity.base.errors import BadConfiguration
from comity.policy.rule import Rule

Formula: TypeAlias = z3.BoolRef
"""True, false, or either, depending on the question."""
Guards: TypeAlias = Mapping[str, Formula]
"""For each word the formula that it is the one (of a text), or is among them (of a set)."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text, or the id of an entity."""

    guards: Guards


@dataclass(frozen=True, slots=True)
class Texts:
    """A set of texts."""

    guards: Guards


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number: for each value the formula that it is that."""

    guards: Mapping[int, Formula]


@dataclass(frozen=True, slots=True)
class Group:
    """A record that is reached into; `path` is where it stands."""

    path: str


Value: TypeAlias = "Text | Texts | Number | Group | Formula"


class View(Protocol):
    """The attributes of a question as one stage of one law sees them."""

    def attribute(self, path: str) -> Value | None:
        """Return the attribute at a path such as `purpose` or `assessments.use.made`; None if there is none."""
        ...


YES, NO = z3.BoolVal(True), z3.BoolVal(False)
_COMPARE = {
    "<": int.__lt__,
    "<=": int.__le__,
    ">": int.__gt__,
    ">=": int.__ge__,
}


def parts_of(rule: Rule, view: View, action: str | None) -> tuple[tuple[str, Formula], ...]:
    """Return (text, formula) for each part of a rule that must be true for it to hold: its head, each condition.

    Args:
        rule: the rule.
        view: the question.
        action: the action that is asked, where it is not the question's act.

    Raises:
        BadConfiguration: the rule uses something that the analysis does not know.
    """
    return _Reader(rule.id, view, action).parts(json.loads(rule.policy))


def one_of(guards: list[Formula]) -> Formula:
    """Return that at least one of some formulas is true."""
    return z3.Or(guards) if guards else NO


class _Reader:
    """Reads the policy of one rule."""

    def __init__(self, rule: str, view: View, action: str | None) -> None:
        self._rule = rule
        self._view = view
        self._action = action

    def parts(self, policy: Mapping[str, object]) -> tuple[tuple[str, Formula], ...]:
        found = [(f"its head, {name}", self._head(name, policy[name])) for name in ("principal", "action", "resource")]
        conditions = policy["conditions"]
        for condition in conditions if isinstance(conditions, list) else ():
            wanted = condition["body"] if condition["kind"] == "when" else {"!": {"arg": condition["body"]}}
            found += [(written(part), self._truth(part)) for part in conjuncts(wanted)]
        return tuple(found)

    def _head(self, name: str, head: object) -> Formula:
        match head:
            case {"op": "All"} | {"op": "is", "entity_type": str()}:
                return YES  # the schema gives each place one type of entity
            case {"op": "==" | "in", "entity": {"id": str(word)}}:
                return self._variable(name).guards.get(word, NO)
            case {"op": "in", "entities": list(entities)}:
                guards = self._variable(name).guards
                return one_of([guards.get(str(entity["id"]), NO) for entity in entities])
        raise self._unknown(f"the head {name}")

    def _truth(self, node: object) -> Formula:
        value = self._value(node)
        if isinstance(value, Text | Texts | Number | Group):
            raise self._unknown("a condition that is not true or false")
        return value

    def _value(self, node: object) -> Value:  # noqa: C901, PLR0911, PLR0912  one line an operator reads best in one place
        match node:
            case {"Value": value}:
                return self._literal(value)
            case {"Var": "context"}:
                return Group("")
            case {"Var": str(name)}:
                return self._variable(name)
            case {"Set": list(parts)}:
                return self._listed(parts)
            case {".": {"left": left, "attr": str(name)}}:
                return self._attribute(left, name)
            case {"has": {"left": left, "attr": str(name)}}:
                self._attribute(left, name)
                return YES  # every attribute is required, at every depth
            case {"!": {"arg": part}}:
                return z3.Not(self._truth(part))
            case {"&&": {"left": left, "right": right}}:
                return z3.And(self._truth(left), self._truth(right))
            case {"||": {"left": left, "right": right}}:
                return z3.Or(self._truth(left), self._truth(right))
            case {"if-then-else": {"if": test, "then": then, "else": other}}:
                return self._choose(self._truth(test), self._value(then), self._value(other))
            case {"==": {"left": left, "right": right}}:
                return self._equal(self._value(left), self._value(right))
            case {"!=": {"left": left, "right": right}}:
                return z3.Not(self._equal(self._value(left), self._value(right)))
            case {"isEmpty": {"arg": part}}:
                return z3.Not(one_of([*self._set(part).values()]))
            case {"like": {"left": left, "pattern": list(pattern)}}:
                return self._like(self._text(left), pattern)
            case {"in": {"left": left, "right": right}}:
                return self._among(left, right)
        return self._binary(node)

    def _binary(self, node: object) -> Formula:
        match node:
            case {"contains": {"left": left, "right": right}}:
                return _meet(self._set(left), self._text(right).guards)
            case {"containsAny": {"left": left, "right": right}}:
                return _meet(self._set(left), self._set(right))
            case {"containsAll": {"left": left, "right": right}}:
                have = self._set(left)
                return z3.And([z3.Implies(guard, have.get(word, NO)) for word, guard in self._set(right).items()])
        if isinstance(node, dict) and len(node) == 1:
            (name, part), *_ = node.items()
            if name in _COMPARE:
                return self._compare(name, part["left"], part["right"])
            raise self._unknown(f"the operator {name!r}")
        raise self._unknown(f"the expression {node!r}")

    def _literal(self, value: object) -> Value:
        match value:
            case bool():
                return z3.BoolVal(value)
            case int():
                return Number({value: YES})
            case str():
                return Text({value: YES})
            case {"__entity": {"id": str(word)}}:
                return Text({word: YES})
        raise self._unknown(f"the value {value!r}")

    def _listed(self, parts: list[object]) -> Texts:
        guards: dict[str, list[Formula]] = {}
        for part in parts:
            for word, guard in self._text(part).guards.items():
                guards.setdefault(word, []).append(guard)
        return Texts({word: one_of(found) for word, found in guards.items()})

    def _variable(self, name: str) -> Text:
        if name == "action" and self._action is not None:
            return Text({self._action: YES})
        value = self._view.attribute({"principal": "agency", "action": "act", "resource": "kind"}.get(name, ""))
        if not isinstance(value, Text):
            raise self._unknown(f"the variable {name}")
        return value

    def _attribute(self, left: object, name: str) -> Value:
        base = self._value(left)
        if not isinstance(base, Group):
            raise self._unknown(f"reaching for {name!r} in what is no record")
        path = f"{base.path}.{name}".lstrip(".")
        value = self._view.attribute(path)
        if value is None:
            raise self._unknown(f"the attribute {path!r}")
        return value

    def _text(self, node: object) -> Text:
        value = self._value(node)
        if not isinstance(value, Text):
            raise self._unknown("something else where a text stands")
        return value

    def _set(self, node: object) -> Guards:
        value = self._value(node)
        if not isinstance(value, Texts):
            raise self._unknown("something else where a set of texts stands")
        return value.guards

    def _among(self, left: object, right: object) -> Formula:
        words = self._value(right)
        if not isinstance(words, Text | Texts):
            raise self._unknown("the operator 'in' with something else than entities")
        return _meet(self._text(left).guards, words.guards)

    def _equal(self, left: Value, right: Value) -> Formula:
        if isinstance(left, Text) and isinstance(right, Text):
            return _meet(left.guards, right.guards)
        if isinstance(left, Number) and isinstance(right, Number):
            return one_of([z3.And(left.guards[n], right.guards[n]) for n in left.guards.keys() & right.guards.keys()])
        if isinstance(left, Texts) and isinstance(right, Texts):
            words = sorted(left.guards.keys() | right.guards.keys())
            return z3.And([left.guards.get(word, NO) == right.guards.get(word, NO) for word in words])
        if isinstance(left, Text | Texts | Number | Group) or isinstance(right, Text | Texts | Number | Group):
            raise self._unknown("a comparison of two that are not alike")
        return left == right

    def _compare(self, name: str, left: object, right: object) -> Formula:
        one, two = self._value(left), self._value(right)
        if not isinstance(one, Number) or not isinstance(two, Number):
            raise self._unknown(f"the operator {name!r} with something else than numbers")
        test = _COMPARE[name]
        return one_of([z3.And(a, b) for n, a in one.guards.items() for m, b in two.guards.items() if test(n, m)])

    def _like(self, text: Text, pattern: list[object]) -> Formula:
        pieces = [piece["Literal"] if isinstance(piece, dict) else None for piece in pattern]
        shape = re.compile("".join(".*" if piece is None else re.escape(piece) for piece in pieces), re.DOTALL)
        return one_of([guard for word, guard in text.guards.items() if shape.fullmatch(word)])

    def _choose(self, test: Formula, then: Value, other: Value) -> Value:
        for kind in (Text, Texts, Number):
            if isinstance(then, kind) and isinstance(other, kind):
                keys = [*dict.fromkeys((*then.guards, *other.guards))]
                return kind({k: z3.If(test, then.guards.get(k, NO), other.guards.get(k, NO)) for k in keys})
        if isinstance(then, Text | Texts | Number | Group) or isinstance(other, Text | Texts | Number | Group):
            raise self._unknown("an if whose two outcomes are not alike")
        return z3.If(test, then, other)

    def _unknown(self, what: str) -> BadConfiguration:
        return BadConfiguration(f"rule {self._rule}: the analysis does not know {what}; nothing was analysed")


def _meet(one: Guards, two: Guards) -> Formula:
    """Return that a word of the one is a word of the other."""
    return one_of([z3.And(one[word], two[word]) for word in one if word in two])
