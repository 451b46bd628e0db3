"""Check every pair of colour tokens that carries text or a control's edge, in light and dark.

A new token in `comity.css` needs its pair here. Text needs 4.5:1, an edge 3:1 (WCAG 2.2, 1.4.3 and 1.4.11).
Exit codes: 0 all pairs hold, 1 at least one does not.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

CSS = Path(__file__).resolve().parent.parent / "src" / "comity" / "web" / "static" / "comity.css"
TEXT_NEEDS, EDGE_NEEDS = 4.5, 3.0
GROUNDS = ("ground", "surface", "raised", "sunken", "accent-soft")
SIGNS = ("stop", "warn", "proof", "hold")

Tokens = dict[str, tuple[str, str]]
Pairs = list[tuple[str, str]]


def tokens(css: str) -> Tokens:
    """Read (light, dark) of each colour token."""
    found = {n: (a, b) for n, a, b in re.findall(r"--([\w-]+):\s*light-dark\((#\w+),\s*(#\w+)\)", css)}
    return found | {n: (a, a) for n, a in re.findall(r"--(tlp-\w+):\s*(#\w{6})", css)}


def text_pairs() -> Pairs:
    """Return each (text, ground) that a page uses."""
    pairs = [(text, ground) for text in ("ink", "ink-2", "accent") for ground in GROUNDS]
    pairs += [("ink-3", ground) for ground in ("ground", "surface", "raised")]
    pairs += [(s, ground) for s in SIGNS for ground in ("ground", "surface", "raised", "accent-soft", s + "-soft")]
    pairs += [(ink, sign + "-soft") for ink in ("ink", "ink-2") for sign in SIGNS]
    pairs += [("accent-ink", "accent"), ("accent-ink", "ours"), ("surface", "theirs"), ("surface", "ink")]
    return pairs + [("tlp-" + colour, "tlp-ground") for colour in ("red", "amber", "green", "clear")]


def edge_pairs() -> Pairs:
    """Return each (edge, ground) that a page uses."""
    pairs = [("line-strong", ground) for ground in ("ground", "surface", "raised")]
    pairs += [("focus", ground) for ground in GROUNDS]
    pairs += [("ours", "surface"), ("theirs", "surface"), ("ours", "sunken"), ("theirs", "ground")]
    return [*pairs, ("ink-3", "sunken"), ("warn", "warn-soft"), ("stop", "surface")]


def ratio(one: str, other: str) -> float:
    """Contrast of two `#rrggbb` colours."""  # spec: WCAG 2.2 1.4.3
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def failures(known: Tokens) -> list[str]:
    """Say each pair that is too weak, in which theme, and by how much."""
    said = []
    for needs, pairs in ((TEXT_NEEDS, text_pairs()), (EDGE_NEEDS, edge_pairs())):
        for one, other in pairs:
            for theme, (a, b) in zip(("light", "dark"), zip(known[one], known[other], strict=True), strict=True):
                if ratio(a, b) < needs:
                    said.append(f"{theme}: {one} on {other} has {ratio(a, b):.2f}, needs {needs}")
    return said


def main() -> int:
    """Check the shipped style sheet."""
    said = failures(tokens(CSS.read_text(encoding="utf-8")))
    print("\n".join(said) or f"{2 * (len(text_pairs()) + len(edge_pairs()))} pairs hold")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
