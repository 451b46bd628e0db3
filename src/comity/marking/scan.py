"""Finding what a text gives away: numbers that must not cross, and words that speak of persons.

The rule it keeps: a candidate that fails its check never hides a good one that begins inside it, and no way of writing
hides either. Patterns are data of a law edition; this module knows how to look, not what for. A scan proposes and a
person confirms; only hard stops, and for a receiver what is sure, count without being asked.
"""  # ADR 0025

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, pairwise

from comity.base.ids import Ms
from comity.marking.scanning.checks import luhn, verhoeff
from comity.marking.scanning.fold import fold, places
from comity.marking.scanning.pattern import Finding, Pattern, Ready, make_ready
from comity.marking.scanning.phrases import Index, index, known_by

__all__ = [
    "OVERRIDING", "Finding", "Pattern", "binding", "clean", "luhn", "mark", "proposed", "scan", "strike", "telling", "verhoeff",
]  # fmt: skip

OVERRIDING = frozenset({"protection-claim", "privileged", "source-or-method", "intercept", "location"})
"""Categories about which no draft leaves before a person has said whether the scan was right."""

_BETWEEN, _REMOVED = "\x00", "\x01"
"""What keeps texts apart, and what a mark of something removed is read as; folding leaves neither in a text."""
_MARK_BEGINS = "[removed: "
_MARK = re.compile(r"\[removed: [a-z-]{1,40}\]")
_BEFORE, _BEHIND = 60, 40
"""How far from what is found its companions may stand, in characters."""
_UNLESS_BEFORE, _UNLESS_BEHIND = 28, 24
_SHAPE = bytes(ord("1") if chr(b).isdigit() and b < 128 else ord(" ") for b in range(256))  # noqa: PLR2004  ASCII ends there
_KINDS = bytes(ord("1") if 48 <= b <= 57 else ord("a") if 97 <= b <= 122 else ord(" ") for b in range(256))  # noqa: PLR2004  ASCII
_SEPARATORS = b" .-()/_,\n"
_MARGIN, _SLACK = 40, 48
"""How far a match may begin before the digits that it needs, and how far behind them it and what it looks at may end."""
_ROUND = " :.-"
_ENDS = ".!?\u0964\n"


@dataclass(frozen=True, slots=True)
class _Plan:
    """Patterns made ready: those of `always` may match any text, the others only one in which a word begins so."""

    ready: tuple[tuple[int, Ready], ...]
    """(place of the pattern, itself or one of its phrases)"""
    always: tuple[int, ...]
    known: Index


@lru_cache(maxsize=16)
def _plan(patterns: tuple[Pattern, ...]) -> _Plan:
    ready = tuple((place, one) for place, pattern in enumerate(patterns) for one in make_ready(pattern))
    keyed = index((key, place) for place, (_, one) in enumerate(ready) for key in one.keys)
    return _Plan(ready, tuple(place for place, (_, one) in enumerate(ready) if not one.keys), keyed)


_SEEN: dict[int, tuple[Sequence[Pattern], _Plan]] = {}
"""The plans of the last editions by the identity of their patterns: hashing them would cost more than the scan."""
_KEPT = 8


def _plan_of(patterns: Sequence[Pattern]) -> _Plan:
    known = _SEEN.get(id(patterns))
    if known is not None and known[0] is patterns:
        return known[1]
    plan = _plan(tuple(patterns))
    if isinstance(patterns, tuple):
        if len(_SEEN) >= _KEPT:
            _SEEN.clear()
        _SEEN[id(patterns)] = (patterns, plan)
    return plan


def scan(texts: Iterable[str], patterns: Sequence[Pattern], now: Ms | None = None) -> tuple[Finding, ...]:
    """Return all that the patterns find, in the order of text, pattern, place.

    A cheap look at all texts first: only patterns whose digits, characters and words stand somewhere are run. What must
    stand beside a number may stand in the text before it, as a label stands before its value; a match never spans two.

    Args:
        texts: as they will be read by a person.
        patterns: what to look for.
        now: when it is looked at, for years of birth; without it these tell nothing.

    Raises:
        BadConfiguration: a pattern that cannot work; the message names it.
    """
    plan = _plan_of(patterns)
    read = tuple(texts)
    whole = _BETWEEN.join(text.replace(_BETWEEN, " ") for text in read)
    folded = fold(whole)
    if _MARK_BEGINS in folded:
        folded = _MARK.sub(lambda found: _REMOVED * len(found[0]), folded)
    candidates = _candidates(plan, folded)
    found: list[tuple[int, int, int, Finding]] = []
    for place, ready in candidates:
        for first, stop in _windows(folded, ready.digits) if ready.digits else ((0, len(folded)),):
            for start, end in _matches(ready, folded, (first, stop), now):
                found.append((start, place, end, _finding(ready.pattern, start, end)))
    return _placed(found, read, whole, folded) if found else ()


@lru_cache(maxsize=64)
def _runs(digits: int) -> re.Pattern[str]:
    """Return what finds a run of at least so many digits, and with it all digits that follow closely enough."""
    run = rf"(?:[0-9][ .\-()/_,\n]*+){{{digits},}}+"
    return re.compile(rf"{run}(?:[^0-9]{{1,{_MARGIN + _SLACK}}}+[0-9]++)*+")


def _windows(folded: str, digits: int) -> list[tuple[int, int]]:
    """Return the parts of a text in which a match with so many digits in one run can be, apart from each other."""
    return [(max(0, run.start() - _MARGIN), run.end() + _SLACK) for run in _runs(digits).finditer(folded)]


def _candidates(plan: _Plan, folded: str) -> list[tuple[int, Ready]]:
    """Return the places and patterns that may match: what they need of digits, characters and words is there."""
    text = folded.encode("utf-8", "surrogatepass")
    shape = text.translate(_SHAPE, _SEPARATORS)
    longest = max(map(len, shape.split()), default=0)
    known = known_by(folded, plan.known) if plan.known else ()
    ready = [plan.ready[place] for place in (*plan.always, *known)]
    return [
        one
        for one in ready
        if one[1].digits <= longest
        and one[1].pattern.has in folded
        and _has(one[1].also, text)
        and (not one[1].kinds or one[1].kinds in text.translate(_KINDS))
    ]


def _has(needed: tuple[frozenset[bytes], ...], text: bytes) -> bool:
    """Say whether of each set a key stands in `text`; loops, since this is asked of every phrase that a word suggests."""
    for keys in needed:
        for key in keys:
            if key in text:
                break
        else:
            return False
    return True


def _matches(ready: Ready, folded: str, window: tuple[int, int], now: Ms | None) -> Iterator[tuple[int, int]]:
    match = ready.search.search(folded, *window)
    while match is not None:
        start, end = match.span()
        if _stands(ready, folded, start, end, now):
            yield start, end
            match = ready.search.search(folded, end, window[1])
        else:
            # The next good number may begin inside this bad one: "2026 " and then twelve digits.
            match = ready.search.search(folded, start + 1, window[1])


def _stands(ready: Ready, folded: str, start: int, end: int, now: Ms | None) -> bool:
    """Say whether a match passes its check and stands beside what it must, and not beside what it must not."""
    if ready.behind is not None and start and ready.behind.match(folded, start - 1):
        return False
    if _BETWEEN in folded[start:end] or _REMOVED in folded[start:end]:
        return False
    if ready.check is not None and not ready.check(folded[start:end], ready.pattern.regions, now):
        return False
    stop = folded.find(_BETWEEN, end, end + _BEHIND)
    if ready.near is not None:
        first = max(0, start - _BEFORE)
        if ready.near.search(folded[first : stop if stop >= 0 else end + _BEHIND]) is None:
            return False
    if ready.unless is None:
        return True
    first = max(0, start - _UNLESS_BEFORE)
    return ready.unless.search(folded[first : end + _UNLESS_BEHIND]) is None


def _finding(pattern: Pattern, start: int, end: int) -> Finding:
    return Finding(
        pattern.id, pattern.category, pattern.hard_stop, 0, start, end, sure=pattern.sure, words=bool(pattern.words)
    )


def _placed(
    found: list[tuple[int, int, int, Finding]], texts: Sequence[str], whole: str, folded: str
) -> tuple[Finding, ...]:
    """Return the findings with their places in their own texts, as these were written."""
    origin = range(len(whole) + 1) if whole.isascii() and len(whole) == len(folded) else places(whole)
    begins = [0, *accumulate(len(text) + 1 for text in texts)]
    placed: list[Finding] = []
    before = (-1, -1)
    for start, place, end, finding in sorted(found, key=lambda one: (one[1], one[0], -one[2])):
        if (place, end) <= before:
            continue  # inside what the same pattern found already
        before = (place, end)
        first, last = origin[start], origin[end - 1] + 1
        at = bisect_right(begins, first) - 1
        placed.append(replace(finding, index=at, start=first - begins[at], end=last - begins[at]))
    return tuple(sorted(placed, key=lambda one: one.index))


def binding(findings: Iterable[Finding]) -> frozenset[str]:
    """Return the categories that count without anybody being asked: of hard stops and of sure patterns."""
    return frozenset(finding.category for finding in findings if finding.hard_stop or finding.sure)


def proposed(
    findings: Iterable[Finding], confirmed: frozenset[str], rejected: frozenset[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """Weigh what was found against what a person said.

    Returns:
        What counts as found: hard stops always; overriding categories if confirmed; the others unless rejected.
        What no draft may leave without an answer about.
    """
    stops = frozenset(finding.category for finding in findings if finding.hard_stop)
    open_ones = frozenset(finding.category for finding in findings) - stops - rejected
    unanswered = (open_ones & OVERRIDING) - confirmed
    return stops | (open_ones - unanswered), unanswered


def mark(category: str) -> str:
    """Return what stands where something of `category` was removed; it tells neither content nor length."""
    return f"[removed: {category}]"


def strike(text: str, findings: Iterable[Finding]) -> str:
    """Return `text` with every finding replaced by its mark.

    Args:
        text: the text that was scanned.
        findings: those of this text only; findings that overlap become one mark, that of the first.
    """
    spans: list[tuple[int, int, str]] = []
    for finding in sorted(findings, key=lambda f: (f.start, -f.end)):
        if spans and finding.start < spans[-1][1]:
            start, end, category = spans[-1]
            spans[-1] = (start, max(end, finding.end), category)
        else:
            spans.append((finding.start, finding.end, finding.category))
    edges = [(0, 0, ""), *spans, (len(text), len(text), "")]
    kept = [text[left[1] : right[0]] for left, right in pairwise(edges)]
    return "".join(part + (mark(span[2]) if span[2] else "") for part, span in zip(kept, edges[1:], strict=True))


def telling(texts: Sequence[str], findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings without words that are a whole text: a label whose line is gone speaks of nobody."""
    return tuple(one for one in findings if not (one.words and texts[one.index].strip(_ROUND) == _found(texts, one)))


def _found(texts: Sequence[str], finding: Finding) -> str:
    return texts[finding.index][finding.start : finding.end]


def clean(texts: Sequence[str], patterns: Sequence[Pattern], now: Ms | None = None) -> tuple[str, ...]:
    """Return the texts of one body, struck until the patterns find nothing telling in them.

    What was found by words goes with its whole sentence: the word says that the sentence is about it.
    """
    left = list(texts)
    findings = telling(left, scan(left, patterns, now))
    while findings:
        for place, text in enumerate(left):
            left[place] = strike(text, (_widened(text, one) for one in findings if one.index == place))
        findings = telling(left, scan(left, patterns, now))
    return tuple(left)


def _widened(text: str, finding: Finding) -> Finding:
    if not finding.words:
        return finding
    start = max(text.rfind(end, 0, finding.start) for end in _ENDS) + 1
    stops = [place for place in (text.find(end, finding.end) for end in _ENDS) if place >= 0]
    return replace(finding, start=start, end=min(stops, default=len(text)))
