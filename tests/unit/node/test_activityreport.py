"""The yearly report of activity: what the decision log says, by closed words, of one year, and nothing that names anyone."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, replace

from comity.dispatch.entries import Fact
from comity.dispatch.particulars import Particulars
from comity.node.activityreport import activity_report
from comity.policy.question import Act, Serves
from comity.policy.verdict import Effect
from tests.unit.node.forge import Forger, node, pair, rows
from tests.unit.node.test_lawreport import NEXT, YEAR, Risky
from tests.unit.node.world import OFFICER, START, Permits, exchange, form


def test_a_year_is_counted_by_closed_words() -> None:
    law = Risky()
    a, b = pair(gate=law)
    exchange(a, b, START)
    sent = a.submit(
        [
            form("Amelie Dubois"),
            form("y"),
            form("z", purpose="fraud", conduct="c"),
            form("w", purpose="missing-person"),
        ],
        START,
    )
    exchange(a, b, START)
    a.act(Particulars(Act.USE, sent[0].id, serves=Serves.PREVENT_HARM), OFFICER, START)
    law.verdict = replace(law.verdict, effect=Effect.REFUSE, ground="x", outward="cannot-assist")
    a.act(Particulars(Act.USE, sent[0].id, serves=Serves.PREVENT_HARM), OFFICER, START)
    a.submit([form("next year")], NEXT)
    with a.ledger.read() as tx:
        found, later = activity_report(tx, YEAR), activity_report(tx, YEAR + 1)
    with b.ledger.read() as tx:
        theirs = activity_report(tx, YEAR)
    assert sum(dict(found.sent).values()) == 2
    assert dict(found.not_sent) == {"refused": 1, "referred": 1}
    assert {word: number for word, number in found.acts if word.startswith("use")} == {"use done": 1, "use not done": 1}
    assert sum(dict(theirs.received).values()) == 2
    assert theirs.sent == ()
    assert later.records >= 1
    assert found.broken_glass == 0
    assert "Dubois" not in json.dumps(asdict(found))


class Wary(Permits):
    """Admits no work plan, as every law here; has no word for its sender where it admits no case of fraud; refers a missing person."""

    def decide(self, question, now):
        found = super().decide(question, now)
        if question.act is Act.ADMIT and question.purpose == "fraud":
            return replace(found, effect=Effect.REFUSE, ground="hard-stop")
        if question.act is Act.ADMIT and question.purpose == "missing-person":
            return replace(found, effect=Effect.REFER, ground="not-alone", outward="wrong-authority")
        return found


def test_what_our_law_did_not_admit_is_counted_by_the_word_that_crossed_and_not_as_received() -> None:
    a, b = pair(gate=Wary())
    exchange(a, b, START)
    a.submit([form("x"), form("y", purpose="workplan"), form("z", purpose="workplan")], START)
    a.submit([form("w", purpose="fraud", conduct="c"), form("v", purpose="missing-person")], START)
    exchange(a, b, START)
    with b.ledger.read() as tx:
        found = activity_report(tx, YEAR)
    told = Counter(code for (code,) in rows(a, "SELECT code FROM sent WHERE fact = ?", (int(Fact.REFUSED),)))
    assert told == {"cannot-assist": 3, "wrong-authority": 1}
    assert dict(found.not_admitted) == told
    assert found.received == (("plain note", 1),)
    assert found.purposes == (("received liaison", 1),)
    assert (found.sent, found.not_sent) == ((), ())


def test_what_was_recalled_before_it_came_is_counted_as_its_sender_was_told() -> None:
    a = node()
    forger = Forger(a)
    late = forger.make("late")
    forger.send(forger.make("stop", kind="recall", re=(late.leaf.id,)))
    assert [(one.fact, one.code) for one in forger.send(late).recorded] == [(Fact.REFUSED, "recalled")]
    with a.ledger.read() as tx:
        found = activity_report(tx, YEAR)
    assert found.not_admitted == (("recalled", 1),)
    assert found.received == (("plain recall", 1),)
