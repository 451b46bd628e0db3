"""`comity demo --json`, once an accord, and everything that the issue and the script name in it."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from comity.base.ids import read_id
from comity.tlog.note import parse_vkey

from .conftest import Ran
from .visit import ROOT, program

# From "One day at the border": what stands there, not what the program says.
KINDS = {
    "posting": 5, "rfi": 14, "answer": 9, "refusal": 10, "spontaneous": 3, "message": 3, "correction": 2, "recall": 1,
    "reminder": 1,
}  # fmt: skip
TWO_CLOCKS = timedelta(seconds=1)
"""By how much the clocks of the two nodes may differ; `sent` is told by the sender's, the rest by the receiver's."""
DAY_MS = 86_400_000
MOVED = {"W-1": 8, "W-2": 9, "W-3": 9, "W-4": 7, "W-5": 9}
REFUSED = {
    9: ("in", "no-legal-basis", "no-legal-basis", "Customs Act 1962, s. 151B"),
    11: ("ca", "no-legal-basis", "no-legal-basis", "Customs Act, s. 107"),
    18: ("in", "cannot-assist", "location", "Constitution of India, art. 21"),
    21: ("ca", "cannot-assist", "location", "Privacy Act, s. 8"),
    27: ("ca", "no-legal-basis", "no-legal-basis", "Bykovets"),
    30: ("in", "no-legal-basis", "no-legal-basis", "s. 69B"),
    36: ("ca", "cannot-assist", "disproportionate", "ss. 315.28-315.38"),
    38: ("in", "cannot-assist", "protection-claim", "rule 11"),
    44: ("ca", "cannot-assist", "disproportionate", "Privacy Act, s. 8"),
    46: ("in", "cannot-assist", "hard-stop, disproportionate", "Aadhaar Act 2016, s. 29"),
}
REMOVED = {
    5: {"commercial"}, 16: {"minor"}, 22: {"victim"}, 42: {"national-number"},
    13: {"source-or-method"}, 23: {"account"}, 34: {"person"}, 39: {"victim"},
}  # fmt: skip
NAMES = (
    "rewritten-row", "forked-log", "withheld-receipt", "replay", "flipped-byte", "resealed", "removed-input",
    "clock-moved", "cut-link", "stolen-key",
)  # fmt: skip


def by_number(ran: Ran) -> dict[int, dict]:
    return {one["number"]: one for one in ran.found["dispatches"]}


def test_it_ends_well_with_one_object_after_where_the_nodes_are(ran):
    assert ran.found["deviations"] == []
    assert (ran.code, ran.lines, ran.found["good"]) == (0, 2, True)
    needed = {"parties", "workplan", "dispatches", "refusals", "logs", "attacks", "nodes", "seconds"}
    assert needed <= set(ran.found)
    assert 0 < ran.found["seconds"] < ran.seconds + 1


def test_the_totals_are_the_scripts(ran):
    all_ = ran.found["dispatches"]
    assert len(all_) == 48
    assert [one["number"] for one in all_] == sorted(by_number(ran), key=lambda n: all_.index(by_number(ran)[n]))
    assert set(by_number(ran)) == set(range(1, 49))
    assert Counter(one["from"] for one in all_) == {"ca": 22, "in": 26}
    assert Counter(one["kind"] for one in all_) == KINDS
    assert Counter(one["stage"] for one in all_ if one["kind"] == "answer") == {"holding": 2, "part": 2, "final": 5}
    assert [one["short"] for one in ran.found["parties"]] == ["CA", "IN"]


def test_the_workplan_says_who_what_moved_and_what_was_late(ran):
    items = {one["item"]: one for one in ran.found["workplan"]}
    assert {name: one["moved"] for name, one in items.items()} == MOVED
    assert items["W-4"]["before"] == 1
    assert all(one["overdue"] == 0 and set(one["owners"]) == {"ca", "in"} and one["aim"] for one in items.values())
    (late,) = items["W-4"]["overdue_of"]
    assert (late["of"], late["number"]) == ("ca", 31)
    assert (late["from"][:16], late["to"][:16]) == ("2026-07-13T09:00", "2026-07-13T14:40")
    assert not any(one["overdue_of"] for name, one in items.items() if name != "W-4")


def test_both_screens_showed_it_overdue_from_nine_on(ran):
    (item,) = (one for one in ran.found["workplan"] if one["item"] == "W-4")
    seen = {(one["party"], one["at"][11:16]): (one["overdue"], tuple(one["of"])) for one in item["screens"]}
    for party in ("ca", "in"):
        assert seen[party, "08:59"] == (0, ())
        assert seen[party, "09:01"] == seen[party, "14:39"] == (1, ("CA",))
        assert seen[party, "14:42"] == (0, ())


def test_each_dispatch_has_both_laws_answers_with_articles(ran):
    for one in ran.found["dispatches"]:
        clear, admit = one["verdicts"]
        assert (clear["whose"], clear["act"]) == (one["from"], "clear")
        assert (admit["whose"], admit["act"]) == (one["to"], "admit")
        for verdict in (clear, admit):
            assert verdict["effect"] in {"permit", "permit-with"}, one["number"]
            assert verdict["sentence"]
            assert verdict["articles"]
            assert verdict["exercise"] is True
            assert re.fullmatch(r"[0-9a-f]{64}", verdict["edition"])
    editions = {(v["whose"], v["edition"]) for one in ran.found["dispatches"] for v in one["verdicts"]}
    assert len(editions) == 2


def test_the_articles_are_the_scripts(ran):
    found = by_number(ran)
    assert any("Sch. VI, item 27(3)" in article for article in found[5]["verdicts"][1]["articles"])
    assert any("cl. 10" in article for article in found[5]["verdicts"][0]["articles"])
    assert any("s. 43" in article for article in found[23]["verdicts"][0]["articles"])
    assert any("s. 70A" in article for article in found[22]["verdicts"][0]["articles"])
    assert any("Aadhaar Act 2016, s. 29" in article for article in found[42]["verdicts"][0]["articles"])


def test_four_are_redacted_by_each_law_and_the_rest_is_whole(ran):
    removed = {n: {one["category"] for one in found["redactions"]} for n, found in by_number(ran).items()}
    assert {n: names for n, names in removed.items() if names} == REMOVED
    by = Counter(by_number(ran)[n]["redactions"][0]["by"] for n in REMOVED)
    assert by == {"ca": 4, "in": 4}


def test_what_was_removed_is_nowhere_in_the_other_sides_store(ran):
    texts = {39: ("in", b"Sam Placeholder"), 42: ("ca", b"1042 7718 3900"), 34: ("in", b"Robin Example")}
    for party, text in texts.values():
        with sqlite3.connect(ran.data / "finished" / party / "node.db") as store:
            names = [row[0] for row in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for name in names:
                for row in store.execute(f"SELECT * FROM {name}"):
                    for value in row:
                        raw = value if isinstance(value, bytes) else str(value).encode()
                        assert text not in raw, (party, name)


def test_the_refusals_say_one_word_outward_and_keep_the_ground_at_home(ran):
    found = {one["number"]: one for one in ran.found["refusals"]}
    assert set(found) == set(REFUSED)
    for number, (law, outward, ground, article) in REFUSED.items():
        one = found[number]
        assert (one["law"], one["outward"], one["ground"]) == (law, outward, ground)
        assert any(article in cited for cited in one["articles"]), (number, one["articles"])
        assert one["kept_at_home"]
    assert Counter(one["law"] for one in found.values()) == {"ca": 5, "in": 5}


def test_a_ground_is_not_told_apart_by_the_word_that_crosses(ran):
    """The peer sees the same word for both location refusals, and for what no rule permits."""
    found = {one["number"]: one["outward"] for one in ran.found["refusals"]}
    assert found[18] == found[21] == found[36] == found[38] == found[44] == found[46]


def test_each_dispatch_was_released_by_a_named_officer(ran):
    found = by_number(ran)
    assert all(one["released_by"]["desk"] == "requests" and one["released_by"]["officer"] for one in found.values())
    liaison = {n for n, one in found.items() if one["released_by"]["delegation"]}
    assert liaison == {6, 8, 10, 14, 28, 33, 41}


def test_the_states_have_times_in_order(ran):
    for one in ran.found["dispatches"]:
        states = one["states"]
        _in_order(states, one["number"])
        assert states["arrived"] <= states["filed"] <= states["seen"], one["number"]
        assert states["refused"] is None
        assert states["cosigned"]
    found = by_number(ran)
    assert found[39]["states"]["arrived"][:16] <= "2026-07-13T02:11"
    assert found[39]["states"]["seen"][:16] == "2026-07-13T02:34"
    assert found[39]["states"]["answered"][:16] == "2026-07-13T09:55"
    assert found[24]["states"]["answered"][:16] == "2026-07-13T10:30"


def test_each_stands_in_both_logs(ran):
    sizes = {one["party"]: one["size"] for one in ran.found["logs"]}
    for one in ran.found["dispatches"]:
        log = one["log"]
        assert log["receipt_fact"] == "filed"
        assert 0 <= log["leaf"] < sizes[one["from"]]
        assert 0 <= log["receipt"] < sizes[one["to"]]
        assert log["receipt"] < log["seen"] < sizes[one["to"]]
    for party in ("ca", "in"):
        leaves = [one["log"]["leaf"] for one in ran.found["dispatches"] if one["from"] == party]
        assert len(leaves) == len(set(leaves))


def test_cases_and_ids_hang_together(ran):
    found = by_number(ran)
    assert len({one["id"] for one in found.values()}) == 48
    for one in found.values():
        read_id(one["id"])
    assert len({one["case"] for one in found.values()}) == 7
    assert found[31]["case"] == found[31]["id"] == found[34]["case"]
    assert {one["item"] for one in found.values()} == {None, "W-1", "W-2", "W-3", "W-4", "W-5"}


def test_the_logs_were_audited_from_the_pages(ran):
    for log, node in zip(ran.found["logs"], ran.found["nodes"], strict=True):
        assert log["verified"] is True
        assert log["mirrored"] is True
        assert log["findings"] == []
        origin, size, _, blank, *signatures = log["checkpoint"].splitlines()
        assert (origin, size, blank) == (log["origin"], str(log["size"]), "")
        assert len(signatures) == 4
        assert log["party"] == node["party"]
        assert len(log["root"]) == 64


def test_the_nodes_say_where_they_are(ran):
    for node, port in zip(ran.found["nodes"], ("ca", "in"), strict=True):
        assert re.fullmatch(rf"http://{port}\.localhost:\d+", node["url"])
        assert node["log_url"].partition("/log/")[0].endswith(node["url"].rpartition(":")[2])
        assert Path(node["data"]).is_dir()
        names = [parse_vkey(line).name for line in (*node["log_vkeys"], *node["cosigner_vkeys"])]
        other = "in" if port == "ca" else "ca"
        assert names == [f"{port}.example/comity/log/1"] * 2 + [f"{other}.example/comity/mirror/1"] * 2


def test_all_ten_attacks_were_noticed_and_their_evidence_kept(ran):
    attacks = ran.found["attacks"]
    assert tuple(one["name"] for one in attacks) == NAMES
    assert [one["number"] for one in attacks] == list(range(1, 11))
    for one in attacks:
        assert one["beaten"] is True, [check for check in one["checks"] if not check["good"]]
        assert one["done"]
        assert one["noticed"]
        assert one["after"]
        assert one["evidence"]
        assert all(Path(path).stat().st_size for path in one["evidence"])
    assert any(check["public"] for check in attacks[0]["checks"])


def test_the_cheat_falls_to_each_side_equally_often(ran):
    by = Counter(one["by"] for one in ran.found["attacks"])
    assert by["ca"] == by["in"] == 3


def test_the_pages_and_processes_are_gone_afterwards(ran):
    for node in ran.found["nodes"]:
        assert not (Path(node["data"]) / "office.sock").exists()


# --- consignments, beside the day --------------------------------------------------------------------------------


def consignments(ran: Ran) -> dict[int, dict]:
    return {one["number"]: one for one in ran.found["consignments"]}


def test_consignments_are_counted_apart_from_the_day(ran):
    found = consignments(ran)
    assert [one["from"] for one in found.values()] == ["in", "ca", "in"]
    steps = {step["number"]: step["kind"] for one in found.values() for step in one["dispatches"]}
    assert list(steps.values()) == [
        "pen", "pen-reply", "shipped", "arrived-quantity", "outcome", "pen", "objection", "pen", "objection",
    ]  # fmt: skip
    assert set(steps).isdisjoint(by_number(ran))
    assert {one["item"] for one in found.values()} == {"W-1"}
    assert MOVED["W-1"] == 8, "the workplan counts the day alone"


def test_one_is_answered_in_time_leaves_and_arrives_whole(ran):
    one = consignments(ran)[201]
    said = {step["kind"]: step for step in one["dispatches"]}
    assert (one["held"], one["holds"], one["state"]) == (["sails-before-answer"], [], "closed")
    assert said["pen-reply"]["stage"] == "no-objection"
    assert said["pen-reply"]["states"]["sent"] < one["answer"] == "2026-07-14T04:00:00.000Z"
    assert said["pen-reply"]["states"]["sent"][:10] < one["leaves"] == said["shipped"]["states"]["sent"][:10]
    assert one["certificate"] == "2026-07-08T18:30:00.000Z", "21 working days from 8 June, without 26 June"
    (goods,) = one["goods"]
    assert (goods["grams"], goods["left"], goods["arrived"], goods["missing"]) == (120_000, 120_000, 120_000, 0)
    assert said["outcome"]["words"] == ["lawful"]


def test_two_are_held_and_each_side_objects_to_one(ran):
    found = consignments(ran)
    for number, by, held in ((206, "in", "sails-before-answer"), (208, "ca", "sails-before-certificate")):
        one = found[number]
        objection = one["dispatches"][-1]
        assert (objection["kind"], objection["from"]) == ("objection", by)
        assert (one["held"], one["state"], one["holds"]) == ([held], "objected", ["objected"])
    assert "importer-unknown" in found[206]["dispatches"][-1]["words"]
    assert found[206]["leaves"] < found[206]["answer"][:10]


def test_the_warning_of_the_day_becomes_a_consignment_in_its_case(ran):
    one = consignments(ran)[208]
    assert one["case"] == by_number(ran)[5]["case"] != one["id"]
    assert (one["exporter"], one["importer"]) == ("Tern Fine Intermediates", "Pivot Reagents")
    assert [screen["party"] for screen in one["screens"]] == ["ca", "in"]
    assert all(screen["verdicts"] == ["controlled", "controlled"] for screen in one["screens"])
    assert all(screen["one_sided"] and "SOR/2024-98" in screen["lists"][1] for screen in one["screens"])
    assert {found["number"]: found["screens"][0]["one_sided"] for found in consignments(ran).values()} == {
        201: False, 206: False, 208: True,
    }  # fmt: skip


def _in_order(states, which):
    sent, arrived = (datetime.fromisoformat(states[name]) for name in ("sent", "arrived"))
    assert sent <= arrived + TWO_CLOCKS, which
    assert states["arrived"] <= states["seen"], which


def test_both_laws_and_both_logs_have_every_word_about_a_consignment(ran):
    sizes = {one["party"]: one["size"] for one in ran.found["logs"]}
    for one in consignments(ran).values():
        assert one["differences"] == []
        for step in one["dispatches"]:
            assert [verdict["act"] for verdict in step["verdicts"]] == ["clear", "admit"]
            assert all(verdict["articles"] for verdict in step["verdicts"])
            _in_order(step["states"], step["log"])
            assert step["log"]["receipt_fact"] == "filed"
            assert step["log"]["leaf"] < sizes[step["from"]]


# --- while it stays up -------------------------------------------------------------------------------------------


def test_the_first_line_says_where_the_nodes_are(ran):
    assert [node["party"] for node in ran.seen["nodes"]] == ["ca", "in"]
    assert ran.seen["nodes"] == ran.found["nodes"]
    assert all("W-4" in page for page in ran.seen["pages"])


def test_a_stranger_can_verify_their_logs(ran):
    assert len(ran.seen["verified"]) == 2
    for said in ran.seen["verified"]:
        assert re.search(r"good +all \d+ entries hash to the signed root", said)


def test_it_stays_up_until_it_is_stopped(ran):
    assert ran.seen["up"] == [True, True], "before the attacks were over, and after everything was said"


def test_a_clock_runs_on_each_board(ran):
    """On the next morning one consignment waits for each side's answer, and the other side's board says the same."""
    rows = [board["ours"] for board in ran.seen["boards"]]
    for row, theirs in ((board["ours"], board["theirs"]) for board in ran.seen["boards"]):
        assert (theirs["awaited"], theirs["holds"], theirs["we_owe"]) == (row["awaited"], row["holds"], False)
        assert row["awaited"]["what"] == "pen-reply"
        assert 6 * DAY_MS < row["left"] < 9 * DAY_MS
    assert sorted(one["holds"] for one in rows) == [[], ["sails-before-answer"]]


# --- the second accord -------------------------------------------------------------------------------------------


def test_a_second_accord_plays_its_day_and_beats_the_same_attacks(second):
    assert second.found["deviations"] == []
    assert (second.code, second.lines, second.found["good"]) == (0, 1, True), "`--once` says one object and ends"
    assert len(second.found["dispatches"]) == 10
    assert second.found["consignments"] == []
    assert all(log["verified"] and log["mirrored"] for log in second.found["logs"])
    assert tuple(one["name"] for one in second.found["attacks"]) == NAMES
    assert all(one["beaten"] for one in second.found["attacks"])


def test_nothing_of_the_first_accord_is_in_the_second_ones_words(second):
    words = json.dumps({name: value for name, value in second.found.items() if name not in {"nodes", "attacks"}})
    assert not re.search(r"\b(?:India|Canada|Ottawa|Delhi)", words)


# --- one attack alone --------------------------------------------------------------------------------------------


def run(*arguments: str, timeout: int = 120):
    import subprocess

    return subprocess.run(
        program(*arguments), capture_output=True, text=True, timeout=timeout, cwd=ROOT, check=False,
        stdin=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": "src"},
    )  # fmt: skip


@pytest.mark.parametrize("asked", ["4", "replay"])
def test_one_attack_is_played_on_a_day_that_is_kept(ran, asked):
    done = run("demo", "--data", str(ran.data), "--attack", asked)
    assert done.returncode == 0, done.stderr
    assert "4. replay: noticed and stopped" in done.stdout


def test_one_attack_as_json(ran):
    done = run("demo", "--data", str(ran.data), "--json", "--attack", "stolen-key")
    assert json.loads(done.stdout)["beaten"] is True


def test_without_a_terminal_the_attacks_are_listed_and_one_must_be_named():
    done = run("demo", "--attack")
    assert done.returncode == 2
    assert all(name in done.stdout for name in NAMES)
    assert "name one of these attacks" in done.stderr


def test_an_unknown_attack_names_the_known_ones():
    done = run("demo", "--attack", "eleven")
    assert done.returncode == 2
    assert "rewritten-row" in done.stderr


def test_a_folder_that_holds_a_day_is_not_played_over(ran):
    done = run("demo", "--once", "--data", str(ran.data))
    assert done.returncode == 2
    assert "holds a node already" in done.stderr


def test_an_unknown_accord_names_the_known_ones():
    done = run("demo", "--once", "--accord", "nowhere")
    assert done.returncode == 2
    assert "ostrel-vanmere" in done.stderr
