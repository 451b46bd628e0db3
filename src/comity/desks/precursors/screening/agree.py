"""Do name, numbers, structure, codes and text speak of one thing.

The rule it keeps: what identifies goods by itself (name, registry number, structure) weighs more than what only goes with them
(codes, text); where two of the former agree, the latter cannot undo a hold.
"""  # spec: precursors-and-documents.md 3

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from comity.desks.precursors.screening.book import Substance, SubstanceBook
from comity.desks.precursors.screening.cas import is_valid
from comity.desks.precursors.screening.codes import agrees
from comity.desks.precursors.screening.verdict import Finding, Verdict

_STRONG: Final = frozenset({"name", "cas", "smiles", "inchikey"})


@dataclass(frozen=True, slots=True)
class Seen:
    """What one field says of the identity of the goods.

    Attributes:
        field: which.
        findings: what follows from it alone.
        substances: listed ones that it surely names.
        other: it names something that is not listed: a common name, a number, a skeleton; "" if it does not.
        plain: it names the bare substance and no salt, so that the number must be the substance's own.
        code: digits of a code; "" otherwise.
    """

    field: str
    findings: tuple[Finding, ...] = ()
    substances: frozenset[str] = frozenset()
    other: str = ""
    plain: bool = True
    code: str = ""


def disagreements(book: SubstanceBook, seen: Iterable[Seen]) -> tuple[Finding, ...]:
    """Return what does not fit together, the grave ones first.

    A grave one has the verdict MISMATCH; one that cannot undo a hold has the verdict REVIEW.
    """
    every = tuple(seen)
    strong = [one for one in every if one.field in _STRONG]
    graves = [found for one, two in combinations(strong, 2) if (found := _apart(book, one, two))]
    named = [one.substances for one in strong if one.substances]
    common = frozenset.union(*named) if named else frozenset[str]()
    sure = len(named) > 1 and not graves
    weak = [found for one in every if one.field not in _STRONG for found in _beside(book, one, common, strong)]
    return (*graves, *(_said(text, Verdict.REVIEW if sure else Verdict.MISMATCH) for text in weak))


def _apart(book: SubstanceBook, one: Seen, two: Seen) -> Finding | None:
    if one.substances and two.substances:
        if one.substances & two.substances:
            return None
        ours, theirs = min(one.substances), min(two.substances)
        return _said(f"the {one.field} is that of {ours}, the {two.field} that of {theirs}", Verdict.MISMATCH)
    if one.other and two.other:
        return _both_other(one, two)
    listed, other = (one, two) if one.substances else (two, one)
    if not listed.substances or not other.other:
        return None
    if other.field == "cas" and is_valid(other.other) and not _must_be_own(book, listed):
        return None
    return _said(
        f"the {listed.field} is that of {min(listed.substances)}, the {other.field} that of something else",
        Verdict.MISMATCH,
    )


def _both_other(one: Seen, two: Seen) -> Finding | None:
    """Compare a common name with the number of another common substance, neither of them listed."""
    if (one.field, two.field) != ("name", "cas") or is_valid(two.other) or one.other == two.other:
        return None
    return _said(f"the name is that of {one.other}, the cas that of {two.other}", Verdict.MISMATCH)


def _must_be_own(book: SubstanceBook, listed: Seen) -> bool:
    """Say whether a number that is not on the list contradicts: the substance is meant bare and its number is known."""
    return listed.plain and all(book.by_id[own].cas for own in listed.substances)


def _beside(book: SubstanceBook, one: Seen, common: frozenset[str], strong: list[Seen]) -> Iterable[str]:
    """Yield what a code or text says against the identity that the other fields give."""
    if not common:
        if one.substances and any(seen.other for seen in strong):
            yield f"the {one.field} is that of {min(one.substances)}, and the rest of something else"
        return
    if one.substances and not one.substances & common:
        yield f"the {one.field} is that of {min(one.substances)}, and the rest of {min(common)}"
        return
    known = [book.by_id[own] for own in sorted(common)]
    if one.code and one.field == "hs" and not any(_fits(one.code, substance) for substance in known):
        yield f"the customs code {one.code} is not that of {known[0].id} ({known[0].hs})"
    if one.code and one.field == "un" and not one.substances and all(substance.un for substance in known):
        yield f"the transport number {one.code} is not that of {known[0].id} ({known[0].un})"


def _fits(code: str, substance: Substance) -> bool:
    return not substance.hs or agrees(code, substance.hs, exact=substance.hs_exact)


def _said(text: str, verdict: Verdict) -> Finding:
    return Finding(verdict, "record", "disagreement", reason=f"{text}.")
