"""Statute binding: whether the text that a rule was written from is still the text, and in which words it differs.

The rule it keeps: every provision that a rule names stands in the edition's `statutes.toml`, with the hash of a text that
is kept or with the reason why none is; an amendment of one word is found, and the rules that rest on it are named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from comity.base.hashing import sha256
from comity.policy.binding import Binding
from comity.policy.edition import Edition

_AROUND = 4
"""Words shown before and after what differs."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it should be.

    Attributes:
        provision: as `@law` has it.
        rules: ids of the rules that rest on it, sorted.
        what: one sentence.
        words: of an amendment, each place that differs: `... [-was-] {+is+} ...`.
    """

    provision: str
    rules: tuple[str, ...]
    what: str
    words: tuple[str, ...] = ()


def check(edition: Edition, texts: Mapping[str, bytes]) -> tuple[Problem, ...]:
    """Compare what an edition is bound to with the texts that are kept.

    Args:
        edition: as loaded.
        texts: path under the folder of statutes to content.

    Returns:
        Problems by provision; none if everything holds.
    """
    rests = _rests_on(edition)
    known = {binding.provision: binding for binding in edition.bindings}
    found = [
        Problem(one, rests[one], "the edition does not say which text this is") for one in rests.keys() - known.keys()
    ]
    found += [Problem(one, (), "no rule names it") for one in known.keys() - rests.keys()]
    for binding in edition.bindings:
        what = _kept_as_told(binding, texts) if binding.kept else ""
        if what:
            found.append(Problem(binding.provision, rests.get(binding.provision, ()), what))
    return tuple(sorted(found, key=lambda problem: (problem.provision, problem.what)))


def compare(edition: Edition, texts: Mapping[str, bytes], newer: Mapping[str, str | None]) -> tuple[Problem, ...]:
    """Compare what an edition is bound to with a newer consolidation.

    Args:
        edition: as loaded.
        texts: the kept texts, for the difference in words.
        newer: provision to its text now, None where it is no longer there; what is not among these is not compared.

    Returns:
        One problem for each provision whose text is another.
    """
    rests = _rests_on(edition)
    found: list[Problem] = []
    for binding in edition.bindings:
        if not binding.kept or binding.provision not in newer:
            continue
        text = newer[binding.provision]
        rules = rests.get(binding.provision, ())
        if text is None:
            found.append(Problem(binding.provision, rules, "it is no longer there"))
        elif text_hash(text) != binding.sha256:
            old = texts.get(binding.file, b"").decode()
            what = f"it was amended since {binding.pit}; read it again and write the rules anew"
            found.append(Problem(binding.provision, rules, what, difference_in_words(old, text)))
    return tuple(found)


def text_hash(text: str) -> str:
    """Return what `sha256` of a binding says of a text: of its UTF-8 bytes, as hex digits."""
    return sha256(text.encode()).hex()


def difference_in_words(old: str, new: str) -> tuple[str, ...]:
    """Return each place in which two texts differ, with a few words around it."""
    before, after = old.split(), new.split()
    places: list[str] = []
    for kind, start, end, begins, ends in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        was, now = " ".join(before[start:end]), " ".join(after[begins:ends])
        ahead, behind = before[max(0, start - _AROUND) : start], before[end : end + _AROUND]
        parts = ["...", *ahead, *([f"[-{was}-]"] if was else []), *([f"{{+{now}+}}"] if now else []), *behind, "..."]
        places.append(" ".join(parts))
    return tuple(places)


def _rests_on(edition: Edition) -> dict[str, tuple[str, ...]]:
    """Return for each provision that a published rule names the ids of those rules."""
    rests: dict[str, list[str]] = {}
    for rule in edition.rules:
        for provision in () if rule.private else rule.laws:
            rests.setdefault(provision, []).append(rule.id)
    return {provision: tuple(sorted(rules)) for provision, rules in rests.items()}


def _kept_as_told(binding: Binding, texts: Mapping[str, bytes]) -> str:
    if binding.file not in texts:
        return f"the text {binding.file} is not kept"
    if sha256(texts[binding.file]).hex() != binding.sha256:
        return f"the kept text {binding.file} is not the one that the rules were written from"
    return ""
