"""A condition in Cedar's JSON form written as a person writes it, and taken apart at its `and`s."""

from __future__ import annotations

import json
from collections.abc import Iterator


def conjuncts(node: object) -> Iterator[object]:
    """Yield the parts of an expression that must all be true for it to be true."""
    match node:
        case {"&&": {"left": left, "right": right}}:
            yield from conjuncts(left)
            yield from conjuncts(right)
        case {"!": {"arg": {"||": {"left": left, "right": right}}}}:
            yield from conjuncts({"!": {"arg": left}})
            yield from conjuncts({"!": {"arg": right}})
        case _:
            yield node


def written(node: object) -> str:  # noqa: PLR0911  one line a form reads best in one place
    """Return an expression as text; what has no form of its own here is shown as it stands in JSON."""
    match node:
        case {"Value": {"__entity": {"type": str(kind), "id": str(word)}}}:
            return f'{kind}::"{word}"'
        case {"Value": value}:
            return json.dumps(value, ensure_ascii=False)
        case {"Var": str(name)}:
            return name
        case {"Set": list(parts)}:
            return f"[{', '.join(map(written, parts))}]"
        case {".": {"left": left, "attr": str(name)}}:
            return name if left == {"Var": "context"} else f"{written(left)}.{name}"
        case {"!": {"arg": part}}:
            return f"!({written(part)})"
        case {"isEmpty": {"arg": part}}:
            return f"{written(part)}.isEmpty()"
    return _two_sided(node)


def _two_sided(node: object) -> str:
    if isinstance(node, dict) and len(node) == 1:
        (name, sides), *_ = node.items()
        match sides:
            case {"left": left, "right": right} if name.isalpha():
                return f"{written(left)}.{name}({written(right)})"
            case {"left": left, "right": right}:
                return f"({written(left)} {name} {written(right)})"
    return json.dumps(node, ensure_ascii=False)
