"""Check every pair of colour tokens that carries text or a control's edge, in light and dark; the gate `contrast`.

A new token in `comity.css` needs its pair here. Text needs 4.5:1, an edge 3:1 (WCAG 2.2, 1.4.3 and 1.4.11). No style sheet
may name a colour but by a token, or set a token as text or ground that stands in no pair.
Exit codes: 0 all pairs hold, 1 at least one does not, or a colour escapes the pairs.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "src" / "comity" / "web" / "static"
CSS = STATIC / "comity.css"
TEXT_NEEDS, EDGE_NEEDS = 4.5, 3.0
GROUNDS = ("ground", "surface", "raised", "sunken", "accent-soft")
SIGNS = ("stop", "warn", "proof", "hold")

COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch|lab|lch|hwb|color)a?\(")
PRINTED = re.compile(r"(?:\d\w* solid )?#(?:000|555|fff)|[^#]*rgb\(0 0 0 / [.\d]+%?\)")
VAR = re.compile(r"var\(--([\w-]+)\)")

DRAWN = {"line", "line-strong", "ink-2", "ours", "theirs"}  # drawn as rules, dots and bars, never under text

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


def escapes(css: str) -> list[str]:
    """Say each colour that a style sheet names itself, and each token set as text or ground that stands in no pair."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    texts = {text for text, _ in text_pairs()}
    grounds = {ground for _, ground in text_pairs() + edge_pairs()} | DRAWN | texts
    said = []
    for name, value in re.findall(r"(?<![\w-])([\w-]+)\s*:\s*([^;{}]+)", css):
        if name.startswith("--") or PRINTED.fullmatch(value.strip()):
            continue  # a token's own value; paper; shadows
        if COLOUR.search(value):
            said.append(f"{name}: {value.strip()} names a colour; use a token")
        if name == "color":
            said += [f"{t} is set as text and stands in no pair" for t in VAR.findall(value) if t not in texts]
        if name in {"background", "background-color"}:
            said += [f"{t} is set as ground and stands in no pair" for t in VAR.findall(value) if t not in grounds]
    return said


def main() -> int:
    """Check the shipped style sheets."""
    said = failures(tokens(CSS.read_text(encoding="utf-8")))
    for path in sorted(STATIC.glob("*.css")):
        said += [f"{path.name}: {each}" for each in escapes(path.read_text(encoding="utf-8"))]
    print("\n".join(said) or f"{2 * (len(text_pairs()) + len(edge_pairs()))} pairs hold")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
