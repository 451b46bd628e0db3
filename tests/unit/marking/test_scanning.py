"""Folding, phrases, checks and companions: each trick of writing is seen through, each neighbour is looked at."""

from __future__ import annotations

import pytest

from comity.base.errors import BadConfiguration
from comity.base.ids import Ms
from comity.marking.scan import Finding, Pattern, binding, clean, mark, proposed, scan, telling
from comity.marking.scanning.checks import born_lately, iban, telephone
from comity.marking.scanning.fold import fold, places
from comity.marking.scanning.phrases import keys_of
from comity.policy.patterns import read_patterns

NOW = Ms(1_783_900_800_000)  # 13 July 2026


def words(*phrases: str, **more) -> Pattern:
    return Pattern("w", more.pop("category", "victim"), "", "none", hard_stop=False, words=phrases, **more)


def number(regex: str, **more) -> Pattern:
    return Pattern("n", "account", regex, more.pop("check", "none"), hard_stop=False, **more)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("\u0967\u0968\u0969", "123"), ("\u0a67\u0a68", "12"), ("\uff11\uff12", "12"), ("\u0661", "1"), ("\u2460", "1"),
        ("1\u200b2\u202e3\u2066", "123"), ("1\u00ad2", "12"), ("a\x07b", "ab"), ("1\u00a02\u20033", "1 2 3"),
        ("\u20132\u2014", "-2-"), ("\u2019", "'"), ("R\u00c9FUGI\u00c9", "refugie"), ("\ufb01le", "file"),
        ("\u0964", "."), ("\u092b\u093c\u094b\u0928", "\u092b\u094b\u0928"), ("\u095e", "\u092b"), ("\u0939\u0941\u0901", "\u0939\u0941\u0902"),
        ("a\tb\r\n", "a b\n\n"), ("\U0001d7d9", "1"),
    ],
)  # fmt: skip
def test_folding(written, plain):
    assert fold(written) == plain


def test_places_lead_back_to_the_text():
    text = "x\u200b\ufb011"
    assert fold(text) == "xfi1"
    assert places(text) == [0, 2, 2, 3, 4]
    (hit,) = scan((text,), (number(r"1"),))
    assert text[hit.start : hit.end] == "1"


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("victim", "the victim paid", True), ("victim", "victims paid", False), ("victim*", "VICTIMS paid", True),
        ("refugee claim", "refugee-claim", True), ("refugee claim", "refugee\n claim", True), ("claim", "reclaim", False),
        ("told .. reporter", "told the young reporter", True), ("told .. reporter", "told him. The reporter", False),
        ("(his|her) lawyer", "her lawyer wrote", True), ("(his|her) lawyer", "the lawyer wrote", False),
        ("(staying|living) (at|in)", "living in town", True), ("mineure?", "est mineur", True),
        ("\u092a\u0940\u0921\u093c\u093f\u0924*", "\u092a\u0940\u0921\u093f\u0924\u093e \u0928\u0947", True), ("\u0936\u0930\u0923", "\u0936\u0930\u0923\u0964", True),
        ("victim", "\u00a1VICTIM\u2026 paid", True), ("victim", "\u2620victim", True), ("victim", "\u092avictim", True), ("victim", "victim\u0915\u094b", True), ("\u0936\u0930\u0923", "\u0915\u0936\u0930\u0923", False), ("victim", "v\u0456ct\u0456m", True), ("victim", "\u0441victim", False),
        ("\u0936\u0930\u0923", "x\u0936\u0930\u0923y", True), ("refugee", "R\u0415FUG\u0395\u0395", True), ("soeur", "s\u0153ur", True),
        ("d'asile", "demande d\u2019asile", True),
    ],
)  # fmt: skip
def test_phrases(phrase, text, found):
    assert bool(scan((text,), (words(phrase),))) is found


@pytest.mark.parametrize("phrase", ["a*", "(a|b)?", "..", "(ab*|c)"])
def test_a_phrase_that_nothing_tells_of_is_an_error(phrase):
    with pytest.raises(BadConfiguration, match="known by"):
        keys_of(phrase)


def test_companions_stand_in_the_label_before_but_never_behind_the_next_text():
    pattern = number(r"\d{7}", near=("account",))
    assert scan(("account", "1234567"), (pattern,))
    assert not scan(("1234567", "account"), (pattern,))
    assert not scan(("account " + "x" * 80, "1234567"), (pattern,))


def test_what_must_not_stand_beside():
    pattern = number(r"\d{7}", unless=("case number",))
    assert scan(("7654321",), (pattern,))
    assert not scan(("case number 7654321",), (pattern,))


def test_a_match_never_spans_two_texts_nor_a_mark():
    pattern = number(r"\d{2}[^a]{0,30}\d{2}")
    assert scan(("12 34",), (pattern,))
    assert not scan(("12", "34"), (pattern,))
    assert not scan((f"12 {mark('account')} 34",), (pattern,))
    assert not scan((mark("victim"),), (words("victim"),))


@pytest.mark.parametrize(("text", "good"), [("GB82 WEST 1234 5698 7654 32", True), ("gb82west12345698765433", False)])
def test_iban(text, good):
    assert iban(fold(text)) is good  # the printed example of the standard


@pytest.mark.parametrize(
    ("text", "regions", "good"),
    [("+1 604 555 0142", (), True), ("604 555 0142", ("CA",), True), ("604 555 0142", (), False), ("98765 43210", ("CA", "IN"), True), ("123", ("CA",), False), ("+", (), False)],
)  # fmt: skip
def test_telephone(text, regions, good):
    assert telephone(text, regions) is good


@pytest.mark.parametrize(
    ("text", "good"),
    [("2014-03-05", True), ("12 may 2008", True), ("1.1.2007", False), ("2031", False), ("none", False)],
)
def test_born_lately(text, good):
    assert born_lately(text, NOW) is good
    assert not born_lately(text, None)


def test_proposals():
    hits = [
        Finding("a", "national-number", True, 0, 0, 1), Finding("b", "location", False, 0, 0, 1),
        Finding("c", "minor", False, 0, 0, 1, sure=True), Finding("d", "victim", False, 0, 0, 1),
    ]  # fmt: skip
    none: frozenset[str] = frozenset()
    assert proposed(hits, none, none) == ({"national-number", "minor", "victim"}, {"location"})
    assert proposed(hits, frozenset({"location"}), frozenset({"victim", "national-number"})) == (
        {"national-number", "minor", "location"},
        none,
    )
    assert binding(hits) == {"national-number", "minor"}


def test_a_word_goes_with_its_sentence_and_a_label_stays():
    patterns = (words("victim"), number(r"\d{7}"))
    left = clean(("It rained. The victim, Sam, paid 1234567! He left.", "victim", "7654321"), patterns)
    assert left == (f"It rained.{mark('victim')}! He left.", "victim", mark("account"))
    assert telling(("victim:",), scan(("victim:",), patterns)) == ()


TOML = """
[lists]
person = ["his"]
[[pattern]]
id = "x"
category = "contact"
regex = '\\d{4}'
near = ["@person", "her"]
digits = 4
"""


def test_patterns_are_read_from_every_file_of_that_name():
    found = read_patterns(
        {
            "common/patterns.toml": TOML.encode(),
            "private/patterns.toml": TOML.replace('"x"', '"y"').encode(),
            "a.toml": b"?",
        },
        (),
    )
    assert [(one.id, one.near) for one in found] == [("x", ("his", "her")), ("y", ("his", "her"))]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("@person", "@nobody", "no list called"), ("digits = 4", "digits = '4'", "whole number"), ("regex = '\\d{4}'", "", "either a regex or words"),
        ("contact", "gossip", "one of"), ("[lists]", "[lists", "nothing was loaded"), ("digits", "dogits", "no key"), ("'\\d{4}'", "'(['", "regular expression"),
        ('"her"', '"h*"', "known by"), ("near =", "check = 'crc'\nnear =", "one of"),
    ],
)  # fmt: skip
def test_a_pattern_that_is_not_well_made_stops_the_edition(old, new, message):
    with pytest.raises(BadConfiguration, match=message):
        read_patterns({"patterns.toml": TOML.replace(old, new).encode()}, ())


def test_one_id_stands_once():
    with pytest.raises(BadConfiguration, match="stands twice"):
        read_patterns({"patterns.toml": TOML.encode(), "common/patterns.toml": TOML.encode()}, ())


def test_plans_are_kept_for_a_few_editions_only():
    for regex in "abcdefghijkl":
        assert scan(("abcdefghijkl",), (number(regex),))
        assert scan(("abcdefghijkl",), [number(regex)])


def test_what_a_phrase_needs_is_told_with_what_is_most_telling_first():
    assert keys_of("(he|she) .. (sleeps|rents) (at|a (room|flat))") == (
        {b"sleeps", b"rents"}, {b"he", b"she"}, {b"at", b"flat", b"room"},
    )  # fmt: skip
    assert keys_of("(he|she) (now |often )?works") == ({b"works"}, {b"he", b"she"})
    assert keys_of("un(seen|read) letter (now )?") == ({b"letter"},)
    for phrase in ("(he|she", "(he|she))(sleeps"):
        with pytest.raises(BadConfiguration, match="bracket"):
            keys_of(phrase)


def test_brackets_stand_in_brackets():
    phrase = "(told|heard (from|of)) (the|a) .. (clerk|judge)"
    assert scan(("He heard from the young judge.",), (words(phrase),))
    assert scan(("He told a clerk.",), (words(phrase),))
    assert not scan(("He heard the judge.",), (words(phrase),))


def test_letters_that_only_look_latin_are_read_as_what_they_look_like_where_latin_ones_stand():
    text = "x r\u0435fug\u0456\u0435 y"
    (hit,) = scan((text,), (words("refugee"),)) or scan((text,), (words("refugie"),))
    assert text[hit.start : hit.end] == "r\u0435fug\u0456\u0435"
    assert fold("\u0441\u043e\u0440\u0443 \u03b1-ray") == "\u0441\u043e\u0440\u0443 \u03b1-ray"
    assert places("s\u0153ur\u0456") == [0, 1, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("regex", "text"),
    [
        (r"[ab]\d[a-c]", "z9z a1c"),
        (r"[ab]\d[a-c]", "\uff211\u0967\uff22 B\u0967C"),
        (r"(?<![a-z])[ab]\d[a-c]\d", "x (a1c2)"),
        (r"[ab]\d[a-c]?x", "a1x"),
        (r"[ab]\d[a-c]|zz", "zz"),
        (r"[ab-]\d[a-c]", "-1c"),
        (r"[ab]\d[a-c0-9]", "a17"),
    ],
)
def test_an_expression_of_a_letter_a_digit_and_a_letter_is_tried_wherever_it_may_match(regex, text):
    (hit,) = scan((text,), (number(regex),))
    assert hit.start < hit.end
