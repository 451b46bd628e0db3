"""A rule says on which text it rests, and one amended word of that text is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadConfiguration
from comity.policy.binding import Binding, bind, read_bindings, unbound
from comity.policy.edition import Edition
from comity.policy.statute import check, compare, difference_in_words, text_hash
from tests.unit.policy.policy_laws import LAWS, edition
from tests.unit.policy.test_policy_edition import FORBID, MANIFEST, PERMIT

TEXT = "8 A person may give what helps to save a life.\n"
BOUND = f"""
[provision."XA/Act/s8"]
sha256 = "{text_hash(TEXT)}"
file = "xa/act/s8.txt"
act = "Some Act"
section = "8"
pit = "2026-03-02"
since = "2020-01-01"
[provision."XA/Case-2001"]
not_kept = "a judgment"
"""
LAW = PERMIT.replace('@title("t")', '@title("t") @law("XA/Act/s8; XA/Case-2001")')
KEPT = {"xa/act/s8.txt": TEXT.encode()}


def bound(text: str = BOUND, law: str = LAW) -> Edition:
    return Edition.load({"edition.toml": MANIFEST.encode(), "law.cedar": law.encode(), "statutes.toml": text.encode()})


def kept() -> dict[str, bytes]:
    folder = LAWS / "statutes"
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*.txt")}


@pytest.mark.parametrize("name", ["ca", "in"])
def test_every_provision_that_a_rule_names_is_bound_or_says_why_not(name: str) -> None:
    assert check(edition(name), kept()) == ()
    for rule in edition(name).rules:
        assert rule.laws, rule.id
        assert [binding.provision for binding in rule.bound] == list(rule.laws)


def test_no_kept_text_is_without_a_rule() -> None:
    files = {binding.file for name in ("ca", "in") for binding in edition(name).bindings if binding.kept}
    assert kept().keys() == files


def test_the_hash_is_of_the_files_own_bytes() -> None:
    # printf 'abc' | sha256sum, FIPS 180-4 appendix
    assert text_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_rule_carries_its_texts() -> None:
    (rule,) = bound().rules
    assert rule.laws == ("XA/Act/s8", "XA/Case-2001")
    statute, judgment = rule.bound
    assert (statute.kept, statute.pit, statute.since, statute.section) == (True, "2026-03-02", "2020-01-01", "8")
    assert (judgment.kept, judgment.not_kept) == (False, "a judgment")
    assert check(bound(), KEPT) == ()


def test_the_texts_are_part_of_the_edition() -> None:
    assert bound().hash != bound(BOUND.replace("2026-03-02", "2026-03-03")).hash
    included = {
        "edition.toml": MANIFEST.replace('status = "exercise"', 'status = "exercise"\nincludes = ["both"]').encode()
    }
    included |= {"law.cedar": LAW.encode(), "both/statutes.toml": BOUND.encode()}
    assert Edition.load(included).rules[0].bound[0].kept
    included["statutes.toml"] = BOUND.replace("2026-03-02", "2026-03-03").encode()
    with pytest.raises(BadConfiguration, match="is bound otherwise elsewhere"):
        Edition.load(included)


def test_what_nobody_says_is_a_problem() -> None:
    problems = check(bound(BOUND[: BOUND.index('[provision."XA/Case')]), KEPT)
    assert [(one.provision, one.rules, one.what) for one in problems] == [
        ("XA/Case-2001", ("TT-1",), "the edition does not say which text this is")
    ]
    assert bind(("XA/Act/s9",), {}) == (unbound("XA/Act/s9", "the edition does not say"),)
    (problem,) = check(bound(BOUND + '[provision."XA/Act/s9"]\nnot_kept = "x"\n'), KEPT)
    assert (problem.provision, problem.what) == ("XA/Act/s9", "no rule names it")


def test_another_kept_text_is_a_problem() -> None:
    (changed,) = check(bound(), {"xa/act/s8.txt": TEXT.replace("may", "must").encode()})
    assert changed.rules == ("TT-1",)
    assert "is not the one that the rules were written from" in changed.what
    (gone,) = check(bound(), {})
    assert gone.what == "the text xa/act/s8.txt is not kept"


def test_one_amended_word_is_named_with_its_rules() -> None:
    (problem,) = compare(bound(), KEPT, {"XA/Act/s8": TEXT.replace("may", "must"), "XA/Case-2001": "x"})
    assert (problem.provision, problem.rules) == ("XA/Act/s8", ("TT-1",))
    assert "it was amended since 2026-03-02" in problem.what
    assert problem.words == ("... 8 A person [-may-] {+must+} give what helps to ...",)


def test_what_is_the_same_or_not_compared_is_no_problem() -> None:
    assert compare(bound(), KEPT, {"XA/Act/s8": TEXT}) == ()
    assert compare(bound(), KEPT, {}) == ()


def test_a_repealed_provision_is_named() -> None:
    (problem,) = compare(bound(), KEPT, {"XA/Act/s8": None})
    assert problem.what == "it is no longer there"


def test_a_text_of_a_private_rule_is_not_told() -> None:
    files = {"edition.toml": MANIFEST.encode(), "law.cedar": PERMIT.encode()}
    private = FORBID.replace('@title("t")', '@title("t") @law("XA/Secret/s1")')
    loaded = Edition.load({**files, "private/more.cedar": private.encode()})
    assert check(loaded, {}) == ()


def test_words_added_and_taken_away_stand_apart() -> None:
    assert difference_in_words("a b c", "a b c d") == ("... a b c {+d+} ...",)
    assert difference_in_words("a b c", "b c") == ("... [-a-] b c ...",)
    assert difference_in_words("a", "a") == ()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (text_hash(TEXT), "abc", "sha256 is 64 hex digits"),
        ("2026-03-02", "March", "pit and since are days"),
        ("act = ", "acts = ", "act is a text"),
        ("since", "until", "there is no key until"),
        ("not_kept", "why", "sha256 is a text"),
        ("[provision.", "[provisions.", "there is no key provisions"),
        ('not_kept = "a judgment"', 'not_kept = "a"\nfile = "b"', "there is no key file"),
        ("[provision", "provision", "statutes.toml"),
    ],
)
def test_a_list_that_does_not_fit_is_not_loaded(old: str, new: str, says: str) -> None:
    with pytest.raises(BadConfiguration) as error:
        read_bindings(BOUND.replace(old, new), "statutes.toml")
    assert says in str(error.value)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(BadConfiguration, match="not UTF-8"):
        Edition.load({"edition.toml": MANIFEST.encode(), "law.cedar": LAW.encode(), "statutes.toml": b"\xff"})


def test_a_binding_is_a_plain_value() -> None:
    (first, _) = read_bindings(BOUND, "statutes.toml")
    assert replace(first, since="") == Binding(
        "XA/Act/s8", text_hash(TEXT), "xa/act/s8.txt", "Some Act", "8", "2026-03-02", "", ""
    )
