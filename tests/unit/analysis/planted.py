"""Small laws with a fault planted in them: the second accord's edition, with rules added or changed."""

from __future__ import annotations

import json
from dataclasses import replace

from comity.policy.edition import Edition, assemble
from tests.unit.policy.policy_laws import folders

NAME = "ostrel-vanmere"
HEAD = (
    '@title("Planted") @article("Law of the accord, planted") @status("accord") @source("accord") '
    '@sentence_en("Planted.") @sentence_osv("Plantat.") '
)
OPEN = '@from("2026-01-01") @to("open") '
REFUSE = '@effect("refuse") @ground("hard-stop") '
REFER = '@effect("refer") @ground("location") @refer_to("elder-of-the-watch") '


def rule(rule_id: str, policy: str, notes: str = "", days: str = OPEN) -> str:
    """Return the text of one planted rule."""
    return f'@id("{rule_id}") {HEAD}{days}{notes}{policy}\n'


def law(*rules: str) -> Edition:
    """Return the second accord's edition with rules added; `OV-9` may permit as well."""
    files = assemble(folders(), NAME)
    files["edition.toml"] = files["edition.toml"].replace(b'"OV-8"]', b'"OV-8", "OV-9"]')
    files["planted.cedar"] = "".join(rules).encode()
    return Edition.load(files)


def with_policy(edition: Edition, rule_id: str, policy: object) -> Edition:
    """Return the edition with another policy under the same rule."""
    return replace(
        edition,
        rules=tuple(replace(one, policy=json.dumps(policy)) if one.id == rule_id else one for one in edition.rules),
    )


def weakened(node: object) -> list[object]:
    """Return every copy of an expression in which one `&&` was turned into `||`."""
    found: list[object] = []
    if isinstance(node, dict):
        for key, part in node.items():
            if key == "&&":
                found.append({"||": part})
            found += [{**node, key: other} for other in weakened(part)]
    elif isinstance(node, list):
        for place, part in enumerate(node):
            found += [[*node[:place], other, *node[place + 1 :]] for other in weakened(part)]
    return found
