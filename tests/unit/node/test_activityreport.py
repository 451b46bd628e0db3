"""The yearly report of activity: what the decision log says, by closed words, of one year, and nothing that names anyone."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

from comity.dispatch.particulars import Particulars
from comity.node.activityreport import activity_report
from comity.policy.question import Act, Serves
from comity.policy.verdict import Effect
from tests.unit.node.forge import pair
from tests.unit.node.test_lawreport import NEXT, YEAR, Risky
from tests.unit.node.world import OFFICER, START, exchange, form


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
