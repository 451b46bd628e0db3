"""Papers on a case are asked for under three acts, for somebody who is named, and in few words."""

from __future__ import annotations

import pytest

from comity.base.errors import BadForm
from comity.base.ids import CaseId, DispatchId
from comity.node.disclosure import PURPOSES, Wanted
from comity.policy.question import Act

CASE = CaseId(DispatchId(bytes(16)))


@pytest.mark.parametrize("act", [one for one in Act if one not in PURPOSES])
def test_content_leaves_in_papers_under_three_acts_only(act: Act) -> None:
    with pytest.raises(BadForm, match="as evidence, for a court or as a file"):
        Wanted(CASE, act, "District Court")


@pytest.mark.parametrize(("recipient", "reason"), [("", ""), ("  ", ""), ("x" * 401, ""), ("Court", "x" * 401)])
def test_they_are_for_somebody_and_their_words_have_a_bound(recipient: str, reason: str) -> None:
    with pytest.raises(BadForm, match="for whom the papers are"):
        Wanted(CASE, Act.COURT, recipient, reason=reason)


def test_the_act_on_each_dispatch_says_for_whom_and_why() -> None:
    wanted = Wanted(CASE, Act.EVIDENCE, "District Court", ("order",), "hearing of May")
    found = wanted.of(DispatchId(bytes(16)))
    assert (found.act, found.basis, found.reason) == (Act.EVIDENCE, ("order",), "District Court: hearing of May")
    assert Wanted(CASE, Act.EVIDENCE, "District Court").of(found.dispatch).reason == "District Court"
