"""After the day: every decision of both nodes made again, the yearly report, and what each law says of later acts."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from comity.cli.main import main
from comity.dispatch.acts import Done, NotDone
from comity.dispatch.holding import find, is_held
from comity.dispatch.particulars import Particulars
from comity.dispatch.states import Officer
from comity.edge.config import read_config
from comity.edge.opening import open_node
from comity.policy.question import Act, Release, Serves

from .conftest import FinishedDay

OFFICERS = {"ca": Officer("requests", 113), "in": Officer("requests", 213)}


@pytest.fixture(scope="module", params=["ca", "in"])
def party(request):
    return request.param


@pytest.fixture(scope="module")
def opened(finished: FinishedDay, party, tmp_path_factory):
    """A copy of one node as it stood at the end of the day, open."""
    folder = finished.copy(party, tmp_path_factory.mktemp("after"))
    node = open_node(read_config(folder), finished.ended)
    yield node
    node.store.close()


def got(opened):
    """The dispatches of the other side that our agency holds, with their headers, oldest first."""
    agency = opened.roster.of(opened.config.party)[0].agency
    with opened.node.ledger.read() as tx:
        ids = [row[0] for row in tx.rows("SELECT id FROM got ORDER BY idx") if is_held(row[0], tx)]
        headers = [find(one, tx).header for one in ids]
    return [header for header in headers if agency in header.agencies]


def said(capsys, *words) -> tuple[int, dict]:
    code = main([*map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_every_decision_of_the_day_is_made_again_bit_by_bit(finished, party, capsys):
    folder = finished.folder / "finished" / party
    code, told = said(capsys, "law", "replay", "--node", folder)
    assert (code, told["differ"], told["counts"]["differs"], told["counts"]["older"]) == (0, [], 0, 0)
    assert told["counts"]["same"] > 50


def test_the_yearly_report_agrees_with_the_script(finished, party, capsys):
    code, told = said(capsys, "law", "report", "--year", "2026", "--node", finished.folder / "finished" / party)
    assert code == 0
    made = Counter(
        assessment.act.value
        for scene in finished.day.scenes
        if scene.party == party
        for assessment in (*scene.assessments, *(scene.draft.assessments if scene.draft is not None else ()))
    )
    assert told["assessments"] == dict(made)
    assert sum(told["forms"].values()) == sum(made.values()) > 0


def act(opened, what: Act, dispatch, **more):
    return opened.node.act(
        Particulars(what, dispatch, **more), OFFICERS[opened.config.party.casefold()], opened_at(opened)
    )


def opened_at(opened):
    with opened.node.ledger.read() as tx:
        return tx.rows("SELECT max(at) FROM record")[0][0]


def test_the_originators_yes_lifts_what_its_label_held(opened):
    """H1 and H2 are the default: a relay and another purpose wait for the originator's consent."""
    relay = {"to_agencies": frozenset({"another-agency"})}
    waits = [one for one in got(opened) if "consent:onward" in act(opened, Act.ONWARD, one.id, **relay).missing]
    assert len(waits) > 5
    header = next(one for one in waits if "H2" in one.labels.handling)
    for what, more, word, row in (
        (Act.ONWARD, relay, "consent:onward", f"{Release.ONWARD}:another-agency"),
        (Act.REPURPOSE, {"new_purpose": "cybercrime"}, "consent:purpose", f"{Release.PURPOSE}:cybercrime"),
    ):
        before = act(opened, what, header.id, **more)
        assert isinstance(before, NotDone)
        assert word in before.missing
        with opened.node.ledger.begin() as book:
            book.tx.run("INSERT INTO consent VALUES (?, ?, ?, 0)", (header.id, row, bytes(16)))
        after = act(opened, what, header.id, **more)
        assert isinstance(after, Done) or word not in after.missing


def test_what_a_law_says_of_each_act_can_be_said_again(opened, capsys):
    for header in got(opened)[:6]:
        for what, more in ((Act.USE, {"serves": Serves.LEAD}), (Act.EXPORT, {}), (Act.ACCESS, {}), (Act.EVIDENCE, {})):
            act(opened, what, header.id, **more)
        assert isinstance(act(opened, Act.ACCESS, header.id), NotDone), "what came in confidence is not given"
    code, told = said(capsys, "law", "replay", "--node", opened.config.folder)
    assert (code, told["differ"]) == (0, [])
    assert told["counts"]["same"] > 80
