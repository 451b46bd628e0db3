"""Names: every way of writing one becomes one key, and a name is found whole, as a salt, or in a text.

The rule it keeps: a name holds goods only where it stands whole; a part of a longer name, a class word or a near miss is for a
person.
"""  # spec: precursors-and-documents.md 3

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from comity.desks.precursors.screening.book import Other, Salts, Substance, SubstanceBook
from comity.marking.scanning.fold import fold as plain

_GREEK: Final = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ω": "omega", "±": "", "′": "", "Δ": "delta"}  # noqa: RUF001
_GREEK_TABLE: Final = str.maketrans(_GREEK)
_WORD: Final = re.compile(r"[a-z0-9]+")
_NOT_KEY: Final = re.compile(r"[^a-z0-9]+")
_IN_BRACKETS: Final = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*$")
_LONGEST_NAME: Final = 14
"""Words of a text that are tried as one name at most."""
_LEAST_FOR_SLIP: Final = 8
"""Letters below which one wrong letter makes another word."""
_LEAST_IN_TEXT: Final = 3
_LEAST_WORD: Final = 2
_MOST_OFF: Final = 3
_TIMES: Final = ("mono", "di", "tri", "hemi", "sesqui", "bis", "acid", "anhydrous")
_OF: Final = ("", "de", "d", "du", "dela", "of")
_NUMBER: Final = re.compile(r"\d+(?:[a-z]{1,3})?|\d+x\d+")


class Way(StrEnum):
    """How a name was found."""

    WHOLE = "name"
    SALT = "name-salt"
    IN_TEXT = "name-in-text"
    PART = "name-part"
    """Within a longer name, or where a text says that it is contained or not there: for a person."""
    STEM = "name-stem"
    """A word of a class: for a person."""
    SLIP = "name-slip"
    """One letter off: for a person."""

    @property
    def sure(self) -> bool:
        """Say whether it is the name, so that goods may be held; otherwise a person looks."""
        return self in {Way.WHOLE, Way.SALT, Way.IN_TEXT}


@dataclass(frozen=True, slots=True)
class Named:
    """A listed substance found by a name.

    Attributes:
        substance: which.
        way: how it was found.
        words: what stood there, folded.
    """

    substance: Substance
    way: Way
    words: str


def spelled(name: str) -> str:
    """Return a name in lower-case letters without accents, Greek letters written out, blanks and signs kept.

    A Greek letter with an accent is one too, except within a Latin word, where it is taken for its twin.
    """
    bare = plain(name.translate(_GREEK_TABLE))
    return plain(bare.translate(_GREEK_TABLE)).replace("sulph", "sulf")


def key_of(name: str) -> str:
    """Return the one key of a name: letters and digits only."""
    return _NOT_KEY.sub("", spelled(name))


class NameIndex:
    """All names of an edition.

    Args:
        book: the edition.
    """

    def __init__(self, book: SubstanceBook) -> None:
        self._exact: dict[str, Substance] = {}
        for substance in book.substances:
            for name in substance.names:
                for form in (name, _IN_BRACKETS.sub("", name)):
                    self._exact.setdefault(key_of(form), substance)
        self._exact.pop("", None)
        words = book.words
        self._anions = _keys(words.anions)
        self._cations = _keys(words.cations)
        self._hydrates = _keys(words.hydrates)
        self._marks = tuple(sorted(map(spelled, words.marks), key=len, reverse=True))
        self._fillers = _keys(words.fillers)
        self._mixes = _keys(words.mixes)
        self._denials = _keys(words.denials)
        self._spared = tuple(_keys(words.spared))
        self._ambiguous = _keys(words.ambiguous)
        self._stems = tuple((key_of(stem), book.by_id[own]) for stem, own in words.stems)
        self._anion_names = {key_of(name): book.by_id[own] for own, name in words.anion_names}
        self._others = {key_of(name): other for other in book.others for name in other.names}
        self._slips = _slips(self._exact)

    def find(self, name: str) -> Named | None:
        """Return the listed substance that a whole name is, is a salt of, or may be; None if it is none."""
        key = key_of(name)
        if not key or key in self._others:
            return None
        for form in self._forms(name):
            found = self._exact.get(form) or self._salted(form, key)
            if found:
                whole = form in self._exact
                return Named(found, Way.WHOLE if whole else Way.SALT, form)
        within = tuple(self.find_in_text(name))
        sure = next((one for one in within if one.way.sure), None)
        return sure or self._stem(key) or self._slip(key) or (within[0] if within else None)

    def other(self, name: str) -> Other | None:
        """Return the common substance that is not listed and has this name; None if there is none."""
        return self._others.get(key_of(name))

    def find_in_text(self, text: str) -> Iterator[Named]:
        """Yield the listed substances that a text names, longest names first at each place, in order."""
        line = spelled(text)
        words = [(found[0], found.start(), found.end()) for found in _WORD.finditer(line)]
        at = 0
        while at < len(words):
            size, substance = self._longest(words, at)
            if substance is not None:
                shown = line[words[at][1] : words[at + size - 1][2]]
                yield Named(substance, self._way(line, words, at, size, substance), shown)
            at += size

    def _forms(self, name: str) -> Iterator[str]:
        """Yield keys under which a name may stand: as it is, without brackets, signs of configuration, or turned round."""
        yield key_of(name)
        bare = _IN_BRACKETS.sub("", name)
        if bare != name:
            yield key_of(bare)
        line = spelled(name).strip()
        for mark in self._marks:
            if line.startswith(mark):
                yield key_of(line[len(mark) :])
            if line.endswith(mark):
                yield key_of(line[: -len(mark)])
        head, comma, tail = line.partition(",")
        if comma and tail.strip():
            yield key_of(f"{tail} {head}")

    def _salted(self, form: str, key: str) -> Substance | None:
        """Return the substance whose name is left when the other half of a salt and water are taken off."""
        for rest, took_anion, took_cation in self._stripped(form):
            found = self._exact.get(rest)
            if found and _allows(found, anion=took_anion, cation=took_cation):
                return found
            if rest in self._anion_names and took_cation:
                return self._anion_names[rest]
        return None if key == form else self._exact.get(key)

    def _stripped(self, form: str) -> Iterator[tuple[str, bool, bool]]:
        """Yield what is left of a key, and whether an anion and a cation came off, for up to three words at either end."""
        seen = {form}
        waiting = [(form, False, False, 0)]
        while waiting:
            key, anion, cation, depth = waiting.pop()
            if depth:
                yield key, anion, cation
            for rest, more_anion, more_cation in self._one_off(key):
                if depth < _MOST_OFF and rest not in seen:
                    seen.add(rest)
                    waiting.append((rest, anion or more_anion, cation or more_cation, depth + 1))

    def _one_off(self, key: str) -> Iterator[tuple[str, bool, bool]]:
        for cut in range(_LEAST_WORD, len(key) - _LEAST_WORD + 1):
            head, tail = key[:cut], key[cut:]
            if self._comes_off(tail):
                for of in _OF:
                    if head.endswith(of):
                        yield from _untimed(head.removesuffix(of), self._kinds(tail), at_end=True)
            if self._comes_off(head):
                for of in _OF:
                    if tail.startswith(of):
                        yield from _untimed(tail.removeprefix(of), self._kinds(head), at_end=False)

    def _comes_off(self, word: str) -> bool:
        return word in self._anions or word in self._cations or word in self._hydrates

    def _kinds(self, word: str) -> tuple[bool, bool]:
        """Say whether a word names an anion only, a cation only; words such as `salt` are both and decide nothing."""
        both = word in self._anions and word in self._cations
        return word in self._anions and not both, word in self._cations and not both

    def _stem(self, key: str) -> Named | None:
        bare = key
        for spared in self._spared:
            bare = bare.replace(spared, " ")
        return next((Named(own, Way.STEM, stem) for stem, own in self._stems if stem in bare), None)

    def _slip(self, key: str) -> Named | None:
        if len(key) < _LEAST_FOR_SLIP:
            return None
        for form in (key, *_without_one(key)):
            found = self._slips.get(form, self._exact.get(form))
            if found and form not in self._others:
                return Named(found, Way.SLIP, key)
        return None

    def _longest(self, words: list[tuple[str, int, int]], at: int) -> tuple[int, Substance | None]:
        for size in range(min(_LONGEST_NAME, len(words) - at), 0, -1):
            key = "".join(word for word, _, _ in words[at : at + size])
            if key in self._others:
                return size, None
            found = self._exact.get(key) or self._anion_names.get(key)
            if found and len(key) >= _LEAST_IN_TEXT and key not in self._anions:
                return size, found
        return 1, None

    def _way(self, line: str, words: list[tuple[str, int, int]], at: int, size: int, substance: Substance) -> Way:
        key = "".join(word for word, _, _ in words[at : at + size])
        if key in self._ambiguous or key in self._anion_names:
            return Way.PART
        before = words[:at]
        after = words[at + size :]
        beside = {word for word, _, _ in (*before[-3:], *after[:2])}
        if beside & self._denials or {word for word, _, _ in before[-2:]} & self._mixes:
            return Way.PART
        left = not before or self._parted(line, before[-1], words[at]) or self._neutral(before[-1][0], substance)
        last = words[at + size - 1]
        right = not after or self._parted(line, last, after[0]) or self._neutral(after[0][0], substance)
        return Way.IN_TEXT if left and right else Way.PART

    def _parted(self, line: str, one: tuple[str, int, int], two: tuple[str, int, int]) -> bool:
        """Say whether a sign that ends a name stands between two words."""
        return any(sign in ',;.:()[]/|\n"' for sign in line[one[2] : two[1]])

    def _neutral(self, word: str, substance: Substance) -> bool:
        if word in self._fillers or _NUMBER.fullmatch(word):
            return True
        if word in self._hydrates:
            return True
        bare = next((word.removeprefix(times) for times in _TIMES if word.startswith(times)), word)
        anion = word in self._anions or bare in self._anions
        return (anion and _allows(substance, anion=True, cation=False)) or (
            word in self._cations and _allows(substance, anion=False, cation=True)
        )


def _keys(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(key_of, words))


def _allows(substance: Substance, *, anion: bool, cation: bool) -> bool:
    """Say whether such a salt of the substance counts as the substance."""
    if anion and substance.salts not in {Salts.BASE, Salts.BOTH}:
        return False
    return not (cation and substance.salts not in {Salts.ACID, Salts.BOTH})


def _untimed(rest: str, kinds: tuple[bool, bool], *, at_end: bool) -> Iterator[tuple[str, bool, bool]]:
    """Yield what is left, and the same without a word of number that belonged to the word that came off."""
    yield rest, *kinds
    for times in _TIMES:
        if at_end and rest.endswith(times):
            yield rest.removesuffix(times), *kinds
        if not at_end and rest.startswith(times):
            yield rest.removeprefix(times), *kinds


def _without_one(key: str) -> Iterator[str]:
    """Yield a key without each of its letters; another figure is another substance, not a slip."""
    for at, sign in enumerate(key):
        if not sign.isdigit():
            yield key[:at] + key[at + 1 :]


def _slips(exact: dict[str, Substance]) -> dict[str, Substance]:
    """Return each long key with one letter less; a key that two substances share is none."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    by_id = {one.id: one for one in exact.values()}
    for key, substance in exact.items():
        if len(key) >= _LEAST_FOR_SLIP:
            for form in _without_one(key):
                found[form].add(substance.id)
    return {form: by_id[min(ids)] for form, ids in found.items() if form not in exact}
