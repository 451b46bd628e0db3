"""For which acts and kinds a rule can hold at all, read from the rule itself, so that it is asked only where it can.

The rule it keeps: exact. Where a rule is left out, the whole engine would have found it false, and without an error.
"""

from __future__ import annotations

from typing import Any, TypeAlias, cast

Words: TypeAlias = frozenset[str] | None
"""The values of an attribute for which an expression can be true; None for any."""

_NEVER_FAIL = frozenset(
    {
        "Value", "Var", ".", "has", "==", "!=", "<", "<=", ">", ">=", "!", "&&", "||", "if-then-else", "in", "contains",
        "containsAll", "containsAny", "isEmpty", "Set", "like",
    }
)  # fmt: skip
"""Operations that, in a rule that fits the schema, cannot end in an error; arithmetic can."""


def narrowed(conditions: list[dict[str, Any]], attribute: str) -> Words:
    """Return for which values of a text attribute a policy's conditions can hold.

    For every other value they are false, and no part that could fail is reached before.

    Args:
        conditions: of a policy in Cedar's JSON form, in order.
        attribute: a required text attribute of the context.
    """
    found: Words = None
    for condition in conditions:
        if condition["kind"] == "when":
            found = both(found, _narrow(condition["body"], attribute))
        if not _safe(condition["body"]):
            break
    return found


def both(left: Words, right: Words) -> Words:
    """Return the values that are in both."""
    if left is None or right is None:
        return right if left is None else left
    return left & right


def _narrow(node: dict[str, Any], attribute: str) -> Words:
    match node:
        case {"==": {"left": left, "right": {"Value": str(word)}}} if _is(left, attribute):
            return frozenset({word})
        case {"contains": {"left": {"Set": [*words]}, "right": right}} if _is(right, attribute):
            values = [cast("dict[str, object]", word).get("Value") for word in words]
            texts = [value for value in values if isinstance(value, str)]
            return frozenset(texts) if len(texts) == len(words) else None
        case {"&&": {"left": left, "right": right}}:
            first = _narrow(left, attribute)
            return both(first, _narrow(right, attribute)) if _safe(left) else first
        case {"||": {"left": left, "right": right}}:
            one, other = _narrow(left, attribute), _narrow(right, attribute)
            return None if one is None or other is None else one | other
        case _:
            return None


def _is(node: object, attribute: str) -> bool:
    return node == {".": {"left": {"Var": "context"}, "attr": attribute}}


def _safe(node: Any) -> bool:
    """Say whether an expression of a rule that fits the schema can be evaluated without an error."""
    match node:
        case {"Value": _} | {"Var": _}:
            return True
        case {".": {"left": left}} | {"has": {"left": left}} | {"like": {"left": left}}:
            return _safe(left)
        case {"Set": [*members]}:
            return all(map(_safe, members))
        case _:
            ((operation, parts),) = cast(
                "dict[str, Any]", node
            ).items()  # an expression is one operation with its parts
            return operation in _NEVER_FAIL and isinstance(parts, dict) and all(map(_safe, cast("Any", parts).values()))
