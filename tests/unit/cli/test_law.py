"""`comity law show | test | explain | statutes` as a lawyer types them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.unit.cli.pair import typed
from tests.unit.edge.twofolders import ROOT
from tests.unit.policy.test_policy_edition import FORBID, MANIFEST, OBLIGE, PERMIT

LAWS = ROOT / "laws"
CASES = """
law = "tt"
day = "2026-07-13"
[[case]]
id = "may"
title = "Fraud may go."
article = "s. 1"
ask = { purpose = "fraud" }
answer = { effect = "permit", decides = ["TT-1"], not = ["TT-2", "TT-3"] }
[[case]]
id = "may-not"
title = "A person may not."
article = "s. 2"
ask = { purpose = "fraud", categories = ["person"] }
answer = { effect = "refer", decides = ["TT-2"], not = ["TT-1"], ground = "location" }
[[case]]
id = "no-rule"
title = "Nothing permits it."
article = "s. 1"
ask = { purpose = "workplan" }
answer = { ground = "no-legal-basis", outward = "no-legal-basis" }
"""
TEXT = "8 A person may give what helps.\n"
XML = (
    '<S current-date="2026-03-02"><Body><Section inforce-start-date="2020-01-01"><Label>8</Label>'
    "<Text>A person may give what helps.</Text></Section></Body></S>"
)


@pytest.fixture
def laws(tmp_path: Path) -> Path:
    """A folder of laws with one small edition, its cases and a kept text."""
    folder = tmp_path / "laws"
    for name in ("tt", "cases/tt", "statutes/xa/act"):
        (folder / name).mkdir(parents=True)
    (folder / "tt" / "edition.toml").write_text(MANIFEST)
    law = PERMIT.replace('@title("t")', '@title("t") @law("XA/Act/s8; XA/Case-1")')
    (folder / "tt" / "law.cedar").write_text(law + FORBID.replace('@title("t")', '@title("t") @law("XA/Act/s8")'))
    (folder / "cases" / "tt" / "one.toml").write_text(CASES)
    (folder / "statutes" / "xa" / "acts.toml").write_text(
        'prefix = "XA"\n[acts]\nAct = { xml = "eng/A-1.xml", title = "Some Act" }\n[not_kept]\n"XA/Case-1" = "a judgment"\n'
    )
    (folder / "statutes" / "xa" / "act" / "s8.txt").write_text(TEXT)
    # printf '8 A person may give what helps.\n' | sha256sum
    (folder / "tt" / "statutes.toml").write_text(
        '[provision."XA/Act/s8"]\nsha256 = "SHA"\nfile = "xa/act/s8.txt"\nact = "Some Act"\nsection = "8"\n'
        'pit = "2026-03-02"\n[provision."XA/Case-1"]\nnot_kept = "a judgment"\n'.replace("SHA", SHA)
    )
    return folder


SHA = "efe435b395501ab008a475683cfe9230c6db044053a12ab824b91b6644b35cc0"


@pytest.fixture
def types(laws, capsys, monkeypatch):
    """Return a function that types a `comity law` command on the small folder."""
    monkeypatch.setenv("COLUMNS", "250")
    return lambda *words: typed(capsys, "law", *words, "--laws", laws)


# --- test ------------------------------------------------------------------------------------------------------------


def test_cases_that_hold_and_try_everything_end_with_0(types, laws):
    one = laws / "cases" / "tt" / "one.toml"
    one.write_text(CASES.replace('not = ["TT-1"]', 'not = ["TT-1", "TT-3"]'))
    code, said, error = types("test")
    assert (code, error) == (0, "")
    assert "tt" in said
    assert "EXERCISE EDITION" in said


def test_a_wrong_expectation_is_named_and_ends_with_1(types, laws):
    one = laws / "cases" / "tt" / "one.toml"
    one.write_text(CASES.replace('effect = "refer"', 'effect = "permit"'))
    code, said, _ = types("test")
    assert code == 1
    assert "WRONG may-not (cases/tt/one.toml): A person may not. [s. 2]" in said
    assert "the answer is refer (TT-2), not permit" in said
    code, said, _ = types("test", "--json")
    assert code == 1
    assert json.loads(said)["wrong"][0]["case"] == "may-not"


def test_an_untried_rule_is_named_and_ends_with_1(types, laws):
    with (laws / "tt" / "law.cedar").open("a") as law:
        law.write(OBLIGE)
    code, said, _ = types("test")
    assert code == 1
    assert "UNTRIED tt: no case in which TT-3 decides" in said
    assert types("test", "--no-coverage")[0] == 0
    assert json.loads(types("test", "--json")[1])["untried"]["tt"]


def test_chosen_cases_are_run_without_asking_for_the_rest(types, laws):
    code, said, _ = types("test", "may")
    assert (code, "not asked" in said) == (0, True)
    assert types("test", laws / "cases" / "tt", "--json")[0] == 0
    assert json.loads(types("test", laws / "cases" / "tt" / "one.toml", "--json")[1])["cases"] == 3
    code, _, error = types("test", "nobody")
    assert (code, "'nobody' is no case" in error) == (2, True)
    assert types("test", "--law", "other")[0] == 2


def test_only_one_editions_cases_are_shown(types, laws):
    shutil.copytree(laws / "tt", laws / "uu")
    (laws / "cases" / "uu.toml").write_text(CASES.replace('"tt"', '"uu"').replace('id = "', 'id = "u-'))
    code, said, _ = types("test", "--law", "uu", "--json")
    assert (code, json.loads(said)["cases"], list(json.loads(said)["editions"])) == (0, 3, ["uu"])


def test_a_misspelt_case_is_misuse(types, laws):
    (laws / "cases" / "tt" / "two.toml").write_text(CASES.replace("purpose =", "purposes =", 1))
    code, _, error = types("test")
    assert code == 2
    assert "a question has no purposes" in error
    (laws / "cases" / "tt" / "two.toml").write_bytes(b"\xff")
    assert "not UTF-8" in types("test")[2]
    (laws / "cases" / "tt" / "two.toml").write_text(CASES)
    assert "the case may stands twice" in types("test")[2]


def test_a_folder_without_cases_is_misuse(types, laws):
    shutil.rmtree(laws / "cases")
    assert types("test")[0] == 2


def test_cases_and_texts_never_count_into_an_edition(types, laws):
    before = json.loads(types("show", "tt", "--json")[1])["hash"]
    shutil.rmtree(laws / "cases")
    shutil.rmtree(laws / "statutes")
    assert json.loads(types("show", "tt", "--json")[1])["hash"] == before
    assert types("show", "cases")[0] == 2


# --- explain ---------------------------------------------------------------------------------------------------------


def test_a_case_is_explained_in_each_language(types):
    code, said, _ = types("explain", "may-not")
    assert code == 0
    assert "may-not: A person may not. [s. 2]" in said
    assert "Answer: Referred to: somebody [refer]" in said
    assert "written from the text of Some Act, s. 8 as of 2026-03-02" in said
    for language, word in (("fr", "Réponse"), ("hi", "उत्तर"), ("pa", "ਜਵਾਬ")):
        assert word in types("explain", "may-not", "--language", language)[1]


def test_another_law_is_asked_as_the_receiver(types, laws):
    shutil.copytree(laws / "tt", laws / "uu")
    code, said, _ = types("explain", "may", "--law", "uu", "--law", "tt", "--json")
    both = json.loads(said)
    assert (code, [one["effect"] for one in both]) == (0, ["permit", "refuse"])
    assert both[1]["title"] == "may, to receive"


def test_what_is_no_case_is_not_explained(types, laws):
    assert types("explain", "nobody")[0] == 2
    code, _, error = types("explain", laws / "cases")
    assert (code, "is no case" in error) == (2, True)


# --- statutes --------------------------------------------------------------------------------------------------------


def consolidation(folder: Path, text: str = XML) -> Path:
    (folder / "eng").mkdir(exist_ok=True)
    (folder / "eng" / "A-1.xml").write_text(text)
    return folder


def test_texts_that_stand_end_with_0(types, tmp_path):
    code, said, _ = types("statutes")
    assert (code, "2026-03-02" in said) == (0, True)
    code, said, _ = types("statutes", "--against", consolidation(tmp_path))
    assert (code, "1 provisions compared" in said) == (0, True)


def test_one_amended_word_turns_it_red_with_provision_rules_and_words(types, tmp_path):
    newer = consolidation(tmp_path, XML.replace("may give", "must give"))
    code, said, _ = types("statutes", "tt", "--against", newer)
    assert code == 1
    assert "XA/Act/s8: it was amended since 2026-03-02" in said
    assert "(rules: TT-1, TT-2)" in said
    assert "... 8 A person [-may-] {+must+} give what helps. ..." in said
    code, said, _ = types("statutes", "--against", newer / "eng" / "A-1.xml", "--json")
    wrong = json.loads(said)["editions"]["tt"]["wrong"]
    assert (code, wrong[0]["rules"], len(wrong[0]["words"])) == (1, ["TT-1", "TT-2"], 1)


def test_an_older_consolidation_is_said_to_be_one(types, tmp_path):
    older = consolidation(tmp_path, XML.replace("2026-03-02", "2025-03-02").replace("may give", "might give"))
    code, said, _ = types("statutes", "--against", older)
    assert (code, "NOTE: it is older than the kept text of 1 of them" in said) == (1, True)
    assert json.loads(types("statutes", "--against", older, "--json")[1])["older"] == ["XA/Act/s8"]


def test_a_repealed_section_turns_it_red(types, tmp_path):
    code, said, _ = types("statutes", "--against", consolidation(tmp_path, XML.replace(">8<", ">9<")))
    assert (code, "it is no longer there" in said) == (1, True)


def test_a_text_that_was_changed_here_turns_it_red(types, laws):
    (laws / "statutes" / "xa" / "act" / "s8.txt").write_text(TEXT.replace("may", "must"))
    assert types("statutes")[0] == 1


def test_what_holds_none_of_the_acts_is_misuse(types, tmp_path):
    (tmp_path / "empty").mkdir()
    assert types("statutes", "--against", tmp_path / "empty")[0] == 2
    assert types("statutes", "--against", tmp_path / "nowhere")[0] == 2


# --- show, and the editions of this tree -----------------------------------------------------------------------------


def test_an_edition_shows_what_it_rests_on(types, laws):
    code, said, _ = types("show", "tt")
    assert code == 0
    assert "Exercise." in said
    assert "seeds by how well their text is known: text-read 1, unverified 1" in said
    assert "rules: 2 (permit 1, refer 1); 0 of them in the private part" in said
    assert "provisions: 2, of which the text of 1 is kept" in said
    assert "in force 2026-01-01 to open: 2 rules" in said
    assert "2026-03-02, in part" in said


def test_a_rule_of_the_private_part_and_each_interval_are_shown(types, laws):
    (laws / "tt" / "private").mkdir()
    later = (
        OBLIGE.replace("2026-01-01", "2026-05-01")
        .replace('"open"', '"2026-05-31"')
        .replace("redact:victim", "report:x")
    )
    (laws / "tt" / "private" / "more.cedar").write_text(later)
    shown = json.loads(types("show", "tt", "--json")[1])
    assert (shown["published"], shown["private"]) == (2, 1)
    assert [(one["from"], one["to"], one["rules"]) for one in shown["intervals"]] == [
        ("2026-01-01", "2026-04-30", 2), ("2026-05-01", "2026-05-31", 3), ("2026-06-01", "", 2),
    ]  # fmt: skip
    assert [rule["private"] for rule in shown["rules"]] == [False, False, True]
    assert shown["rules"][0]["bound"] == {"XA/Act/s8": SHA, "XA/Case-1": "a judgment"}
    assert "2026-05-01 to 2026-05-31" in types("show", "tt")[1]
    assert "not bound" in types("show", "tt")[1]


def test_the_editions_of_this_tree_stand_on_their_texts(capsys):
    code, said, _ = typed(capsys, "law", "statutes", "--laws", LAWS, "--json")
    editions = json.loads(said)["editions"]
    assert (code, set(editions)) == (0, {"ca", "in"})
    assert editions["ca"]["kept"] > 30
    assert all(editions["in"]["not_kept"].values())
