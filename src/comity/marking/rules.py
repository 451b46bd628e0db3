"""What a label must be: the default of a purpose, and the check that every label passes before the law sees it.

The rule it keeps: handling codes for persons and firms, TLP and PAP for attacks on systems, never both; an assertion
about a person, firm or account without an evaluation does not go out.
"""  # spec: vocabulary.md 1, 2, 4

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.marking.labels import Label
from comity.marking.vocabulary import (
    CATEGORIES,
    CONDITIONS,
    EVALUATION_4X4,
    EVALUATION_6X6,
    HANDLING,
    PAP,
    PERSONAL,
    PURPOSES,
    TLP,
    VIOLENT_CONDUCT,
    Conduct,
    Purpose,
    Takes,
)

DEFAULT_HANDLING = ("H1", "H2")
DEFAULT_CONDITIONS = ("lead-only", "no-third-state")
DEFAULT_TLP = "AMBER+STRICT"
DEFAULT_PAP = "AMBER"
_CONDITION = re.compile(r"([a-z-]+)(?:\(([^()]+)\))?")


def purpose_of(code: str) -> Purpose:
    """Return the purpose with this code.

    Raises:
        BadForm: the closed list has no such code.
    """
    if code not in PURPOSES:
        raise BadForm(f"there is no purpose called {code!r}; choose one of the list")
    return PURPOSES[code]


def default_label(
    purpose: str,
    originator: str,
    *,
    evaluation: str | None = None,
    retain_until: Ms | None = None,
    categories: Sequence[str] = (),
) -> Label:
    """Return the label that a dispatch of this purpose bears when nobody chose another.

    Raises:
        BadForm: the closed list has no such purpose.
    """  # spec: vocabulary.md 1
    colours = purpose_of(purpose).colours
    return Label(
        handling=() if colours else DEFAULT_HANDLING,
        conditions=() if colours else DEFAULT_CONDITIONS,
        evaluation=evaluation,
        tlp=DEFAULT_TLP if colours else None,
        pap=DEFAULT_PAP if colours else None,
        retain_until=retain_until,
        originator=originator,
        categories=tuple(sorted(set(categories))),
        redactions=(),
    )


def check_label(label: Label, purpose: str, asserts: bool) -> None:  # noqa: FBT001  the third thing checked, not a switch
    """Check a whole label against the closed lists, its purpose, and whether the content asserts something.

    Raises:
        BadForm: the first thing that does not fit, in words for the officer who chose it.
    """
    bounds = purpose_of(purpose)
    if not label.originator:
        raise BadForm("the label names no originator; name the agency whose information this is")
    _check_scheme(label, bounds)
    _check_conditions(label.conditions)
    if "H3" in label.handling and not label.conditions:
        raise BadForm("handling code H3 says that there are other conditions; name them or drop H3")
    _check_evaluation(label, bounds, asserts)
    _check_categories(label, bounds)


def check_conduct(purpose: str, conduct: str | None) -> None:
    """Check the named act; none given is the law's to judge, which refers it.

    Raises:
        BadForm: the purpose takes only words of the closed list and this is none of them.
    """  # spec: vocabulary.md 3
    wanted = purpose_of(purpose).conduct
    if conduct is not None and wanted is Conduct.VIOLENT_ACT and conduct not in VIOLENT_CONDUCT:
        raise BadForm("this purpose takes only a violent act of the list as conduct; speech or membership is none")


def _ordered(words: Sequence[str], known: Sequence[str] | frozenset[str], what: str) -> None:
    unknown = sorted(set(words) - set(known))
    if unknown:
        raise BadForm(f"there is no {what} called {unknown[0]!r}; choose one of the list")
    if list(words) != sorted(set(words)):
        raise BadForm(f"each {what} stands once, in alphabetical order")


def _check_scheme(label: Label, bounds: Purpose) -> None:
    if not bounds.colours:
        if label.tlp is not None or label.pap is not None:
            raise BadForm("TLP and PAP rule cyber incidents only; this purpose takes handling codes")
        if not label.handling:
            raise BadForm("no handling code is chosen; H1 and H2 are the default")
        _ordered(label.handling, HANDLING, "handling code")
        if "H0" in label.handling and len(label.handling) > 1:
            raise BadForm("H0 means no restriction and stands alone")
        return
    if label.handling:
        raise BadForm("a cyber incident takes TLP and PAP, not handling codes")
    if label.tlp not in TLP or label.pap not in PAP:
        raise BadForm("a cyber incident needs one TLP and one PAP colour of version 2, without prefix")


def _check_conditions(conditions: Sequence[str]) -> None:
    names: list[str] = []
    for condition in conditions:
        fits = _CONDITION.fullmatch(condition)
        if fits is None or fits[1] not in CONDITIONS:
            raise BadForm(f"there is no condition called {condition!r}; choose one of the list")
        _check_argument(fits[1], fits[2])
        names.append(fits[1])
    if list(conditions) != sorted(set(conditions)) or len(set(names)) != len(names):
        raise BadForm("each condition stands once, in alphabetical order")


def _check_argument(name: str, argument: str | None) -> None:
    takes = CONDITIONS[name]
    if (takes is Takes.NOTHING) != (argument is None):
        need = f"needs a {takes} in brackets" if takes else "takes nothing in brackets"
        raise BadForm(f"condition {name} {need}")
    if takes is Takes.DATE:
        try:
            good = date.fromisoformat(argument or "").isoformat() == argument
        except ValueError:
            good = False
        if not good:
            raise BadForm(f"condition {name} needs a day as YYYY-MM-DD")


def _check_evaluation(label: Label, bounds: Purpose, asserts: bool) -> None:  # noqa: FBT001  private, one caller
    if label.evaluation is None:
        if asserts:
            raise BadForm("this asserts something about a person, firm or account and has no evaluation; give one")
        return
    intelligence = bounds.colours or bounds.code == "restricted-dialogue"
    if label.evaluation not in (EVALUATION_6X6 if intelligence else EVALUATION_4X4):
        scheme = "6x6 (A-F, 1-6)" if intelligence else "4x4 (A, B, C, X and 1-4)"
        raise BadForm(f"the evaluation is not a {scheme} code")


def _check_categories(label: Label, bounds: Purpose) -> None:
    _ordered(label.categories, CATEGORIES, "data category")
    if set(label.redactions) - CATEGORIES or list(label.redactions) != sorted(label.redactions):
        raise BadForm("what was removed is named by data category, in alphabetical order")
    personal = PERSONAL.intersection(label.categories)
    if personal and not bounds.case_data:
        raise BadForm("this purpose carries nothing about persons; take it out or choose the purpose it belongs to")
    if personal and label.retain_until is None:
        raise BadForm("this is about a person and names no day by which it is erased or reviewed; give one")
