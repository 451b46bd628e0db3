"""An edition that says too little, or too much, is not loaded."""

from __future__ import annotations

import pytest

from comity.base import cbor
from comity.base.errors import BadConfiguration, BadSignature
from comity.base.hashing import sha256
from comity.base.ids import Ms
from comity.crypto.keys import RootKeys
from comity.crypto.sign import sign_instrument, verify_instrument
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition, assemble, open_edition, open_published
from comity.policy.instrument import (
    INSTRUMENT,
    edition_payload,
    folder_bytes,
    private_part,
    published_part,
    read_folder_bytes,
    read_payload,
)
from comity.policy.question import Act
from comity.policy.rule import day_begins, read_rules
from tests.unit.policy.policy_laws import DAY, ask, edition, folders, ids

MANIFEST = """
name = "Test" #
prefix = "TT" #
parties = ["t"] #
languages = ["en"] #
status = "exercise" #
may_permit = ["TT-1"] #
notice.en = "Exercise." #
no_rule.en = "No rule." #
failed.en = "Failed." #
footing.en = "Footing." #
groups = { personal = ["person"], personal_records = [], giving = ["answer"] } #
wording = { unclear = { en = "u" }, wrong-authority = { en = "w" }, no-legal-basis = { en = "n" }, partly = { en = "p" }, cannot-assist = { en = "c" }, not-held-or-not-confirmed = { en = "h" } } #
"""
PERMIT = """
@id("TT-1") @title("t") @article("a") @from("2026-01-01") @to("open") @status("text-read") @source("s")
@sentence_en("It may.")
permit (principal, action == Action::"clear", resource) when { context.purpose == "fraud" };
"""
FORBID = """
@id("TT-2") @title("t") @article("a") @from("2026-01-01") @to("open") @status("unverified") @source("s")
@effect("refer") @ground("location") @refer_to("somebody") @missing("approval:somebody")
@sentence_en("It may not.")
forbid (principal, action == Action::"clear", resource) when { context.personal };
"""
OBLIGE = """
@id("TT-3") @title("t") @article("a") @from("2026-01-01") @to("open") @status("unverified") @source("s")
@oblige("redact:victim")
@sentence_en("It must.")
permit (principal, action == Action::"oblige", resource) when { context.personal };
"""
PATTERN = '[[pattern]]\nid = "p"\ncategory = "account"\nregex = "\\\\d{4}"\ncheck = "none"\nhard_stop = true\n'


def load(manifest: str = MANIFEST, law: str = PERMIT + FORBID + OBLIGE) -> Edition:
    return Edition.load({"edition.toml": manifest.encode(), "law.cedar": law.encode()})


def test_small_edition_loads() -> None:
    loaded = load(MANIFEST + PATTERN)
    assert [rule.id for rule in loaded.rules] == ["TT-1", "TT-2", "TT-3"]
    assert loaded.exercise
    assert loaded.notice == (("en", "Exercise."),)
    assert loaded.patterns[0].category == "account"
    assert dict(loaded.outward)["location"] == "cannot-assist"
    assert loaded.say("unclear", "zz") == "u"
    assert loaded.known_bases == frozenset()


def test_edition_in_force_has_no_notice() -> None:
    loaded = load(MANIFEST.replace('"exercise"', '"in-force"').replace('notice.en = "Exercise." #', ""))
    assert not loaded.exercise
    assert loaded.notice == (("en", ""),)


@pytest.mark.parametrize(
    "line",
    [line for line in MANIFEST.splitlines() if line and not line.startswith("groups")],
    ids=lambda line: line.split()[0],
)
def test_each_line_of_the_manifest_is_needed(line: str) -> None:
    with pytest.raises(BadConfiguration):
        load(MANIFEST.replace(line, ""))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('prefix = "TT"', 'prefix = "tt"', "prefix"),
        ('prefix = "TT"', "prefix = 1", "prefix is a text"),
        ('parties = ["t"]', 'parties = "t"', "parties is a list"),
        ('status = "exercise"', 'status = "draft"', "exercise, in-force"),
        ('personal = ["person"]', 'personal = ["persons"]', "'persons'"),
        ('giving = ["answer"]', 'giving = ["answer"], taking = []', "no key taking"),
        ('unclear = { en = "u" }', 'unclear = { en = "u", fr = "u" }', "no key fr"),
        ('unclear = { en = "u" }', "unclear = 1", "unclear is a table"),
        ('name = "Test"', 'name = "Test"\ncolour = "red"', "no key colour"),
        ('name = "Test"', 'name = "Test"\nincludes = ["common"]', "includes 'common'"),
        ('name = "Test"', 'name = "Test"\nbasis = 1', "array of tables"),
        ('name = "Test"', 'name = "Test"\noutward.location = "no-legal-basis"', "location is one of cannot-assist"),
        ('name = "Test"', 'name = "Test"\noutward.budget = "partly"', "budget is one of cannot-assist"),
        ('name = "Test"', 'name = "Test"\nbasis = [{ id = "b", form = "promise", title = "t" }]', "form is one of"),
        ('name = "Test"', "name = Test", "edition.toml"),
        ('may_permit = ["TT-1"]', 'may_permit = ["TT-9"]', "TT-1 permits and is not on the edition's list"),
    ],
)
def test_manifest_faults(old: str, new: str, said: str) -> None:
    assert old in MANIFEST
    with pytest.raises(BadConfiguration, match=said):
        load(MANIFEST.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("hard_stop = true", "hard_stop = 1", "hard_stop is true or false"),
        ('check = "none"', 'check = "mod11"', "check is one of"),
        ('category = "account"', 'category = "money"', "category is one of"),
        ('regex = "\\\\d{4}"', 'regex = "("', "not a regular expression"),
        ('id = "p"', 'id = "p"\nname = "q"', "no key name"),
    ],
)
def test_pattern_faults(old: str, new: str, said: str) -> None:
    assert old in PATTERN
    with pytest.raises(BadConfiguration, match=said):
        load(MANIFEST + PATTERN.replace(old, new))


RULE_FAULTS = [
    *[(PERMIT, f'@{name}("', f'@x{name}("', f"no @{name}|without id") for name in ("id", "title", "article", "from", "to", "status", "source")],
    (PERMIT, PERMIT, 'permit (principal, action == Action::"clear", resource);', "rule without id: it has no @article"),
    (PERMIT, '@sentence_en("It may.")', "", "no @sentence_en"),
    (PERMIT, '@title("t")', '@title("")', "no @title"),
    (PERMIT, '@title("t")', '@title("t") @colour("red")', "no annotation @colour"),
    (PERMIT, '@id("TT-1")', '@id("tt1")', "form XX-SEED"),
    (PERMIT, '@id("TT-1")', '@id("TT-2")', "stands twice"),
    (PERMIT, '"text-read"', '"read"', "no status called 'read'"),
    (PERMIT, '"text-read"', '"unverified"', "from memory only may restrict"),
    (PERMIT, '"2026-01-01"', '"January"', "dates or instants"),
    (PERMIT, '"2026-01-01"', '"2026-01-01T00:00:00"', "offset"),
    (PERMIT, '"open"', '"2025-01-01"', "ends before it begins"),
    (PERMIT, '@source("s")', '@source("s") @ground("location")', "only a prohibition"),
    (PERMIT, '@source("s")', '@source("s") @oblige("redact:victim")', "action oblige"),
    (PERMIT, "context.purpose", "context.porpoise", "porpoise"),
    (PERMIT, 'context.purpose == "fraud"', "context.purpose == 3", "law.cedar"),
    (PERMIT, "when", "whence", "law.cedar"),
    (PERMIT, 'action == Action::"clear"', "action", "names the acts"),
    (PERMIT, 'action == Action::"clear"', 'action in [Action::"clear", Action::"oblige"]', "names the acts"),
    (PERMIT, 'action == Action::"clear"', 'action == Action::"send"', "names the acts"),
    (PERMIT, "(principal,", '(principal == Agency::"a",', "agencies stand in the conditions"),
    (PERMIT, "(principal,", "(principal == ?principal,", "template"),
    (PERMIT, 'context.purpose == "fraud"', "context.now < 5", "mark it @uncached"),
    (PERMIT, 'context.purpose == "fraud"', '[context["now"]].contains(5)', "mark it @uncached"),
    (FORBID, '@effect("refer")', "", "@effect refer or refuse"),
    (FORBID, '@effect("refer")', '@effect("permit")', "@effect refer or refuse"),
    (FORBID, '@ground("location")', "", "no ground called ''"),
    (FORBID, '@ground("location")', '@ground("error")', "no ground called 'error'"),
    (FORBID, '@refer_to("somebody")', "", "names in @refer_to"),
    (FORBID, '@refer_to("somebody")', '@refer_to("s") @outward("unclear")', "may not be told as 'unclear'"),
    (FORBID, '"approval:somebody"', '"approval somebody"', "list of words"),
    (FORBID, 'Action::"clear"', 'Action::"oblige"', "action oblige"),
    (OBLIGE, '@oblige("redact:victim")', "", "action oblige"),
    (OBLIGE, "permit (", "forbid (", "action oblige"),
    (OBLIGE, "redact:victim", "burn:victim", "no obligation called 'burn'"),
    (OBLIGE, "redact:victim", "redact:everything", "cannot have the value 'everything'"),
    (OBLIGE, "redact:victim", "caveat:be-nice", "cannot have the value"),
    (OBLIGE, "redact:victim", "retain-max-days:0", "cannot have the value"),
    (OBLIGE, "redact:victim", "retain-max-days:²", "cannot have the value"),
    (OBLIGE, "redact:victim", "retain-max-days:3651", "cannot have the value"),
    (OBLIGE, "redact:victim", "retain-max-days:090", "cannot have the value"),
    (OBLIGE, "redact:victim", "retain-max-days:-1", "cannot have the value"),
    (OBLIGE, "redact:victim", "caveat:named-agencies", "cannot have the value"),
    (OBLIGE, "redact:victim", "caveat:lead-only(x)", "cannot have the value"),
    (OBLIGE, "redact:victim", "caveat:lead-only ", "cannot have the value"),
    (OBLIGE, "redact:victim", "approval:second.officer", "cannot have the value"),
    (OBLIGE, "redact:victim", "approval:second-officer:full", "cannot have the value"),
    (OBLIGE, "redact:victim", "Redact:victim", "no obligation called 'Redact'"),
    (OBLIGE, "redact:victim", "", "action oblige|no obligation called ''"),
    (OBLIGE, "redact:victim", "approval:", "cannot have the value"),
    (OBLIGE, "redact:victim", "report:To Whom", "cannot have the value"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "old", "new", "said"), RULE_FAULTS)
def test_rule_faults(rule: str, old: str, new: str, said: str) -> None:
    assert old in rule
    law = (PERMIT + FORBID + OBLIGE).replace(rule, rule.replace(old, new))
    with pytest.raises(BadConfiguration, match=said):
        load(law=law)


@pytest.mark.parametrize(
    "obligation",
    [
        "caveat:lead-only",
        "caveat:named-agencies(a)",
        "retain-max-days:90",
        "retain-max-days:3650",
        "approval:second-officer",
        "report:x",
    ],
)
def test_good_obligations(obligation: str) -> None:
    law = PERMIT + OBLIGE.replace("redact:victim", obligation)
    verb, value = load(law=law).rules[1].obligation or ("", "")
    assert f"{verb}:{value}" == obligation


def test_law_that_is_not_text_and_law_that_is_empty() -> None:
    with pytest.raises(BadConfiguration, match="not UTF-8"):
        Edition.load({"edition.toml": MANIFEST.encode(), "law.cedar": b"\xff"})
    with pytest.raises(BadConfiguration, match="without any rule"):
        load(law="")
    with pytest.raises(BadConfiguration, match="needs edition"):
        Edition.load({})
    with pytest.raises(BadConfiguration, match="edition"):
        Edition.load({"edition.toml": b"\xff"})


def test_dates_are_days_in_utc_or_instants_with_offset() -> None:
    # 2026-07-13T00:00:00Z is 1783900800 seconds, by `date -u -d 2026-07-13 +%s`.
    assert day_begins("2026-07-13") == 1783900800000
    assert day_begins("2026-07-13", after=True) == 1783900800000 + 86_400_000
    assert day_begins("2026-07-13T05:30:00+05:30") == 1783900800000
    assert day_begins("2026-07-13T05:30:00+05:30", after=True) == 1783900800000
    rule = read_rules("x", PERMIT.replace('"open"', '"2026-01-02"'), ("en",))[0]
    assert [rule.in_force(Ms(rule.begins + d)) for d in (-1, 0, 2 * 86_400_000 - 1, 2 * 86_400_000)] == [
        False, True, True, False,
    ]  # fmt: skip


def test_bytes_are_canonical_and_give_the_hash() -> None:
    files = assemble(folders(), "ca")
    data = folder_bytes(files)
    assert folder_bytes(dict(reversed(files.items()))) == data
    assert read_folder_bytes(data) == files
    # The hash as the contract says it, spelt out: two SHA-256 inside one.
    published, private = sha256(folder_bytes(published_part(files))), sha256(folder_bytes(private_part(files)))
    assert edition("ca").hash == sha256(cbor.encode(["comity/edition/1", published, private]))
    assert {path.split("/")[0] for path in files if "/" in path} <= {"common", "private", "forms"}


@pytest.mark.parametrize(
    "data", [b"", b"\xff", cbor.encode({1: b"x"}), cbor.encode(["x"]), cbor.encode({"edition.toml": "text"})]
)
def test_other_bytes_are_no_edition(data: bytes) -> None:
    with pytest.raises(BadConfiguration, match="no law edition"):
        read_folder_bytes(data)


DIGEST = bytes(32)
SOME = cbor.encode({"edition.toml": b""})


@pytest.mark.parametrize(
    "payload",
    [
        b"\xff",
        SOME,
        cbor.encode(["comity/edition/2", SOME, DIGEST]),
        cbor.encode(["comity/edition/1", SOME, DIGEST[1:]]),
        cbor.encode(["comity/edition/1", SOME]),
        cbor.encode(["comity/edition/1", {"edition.toml": b""}, DIGEST]),
        cbor.encode(["comity/edition/1", cbor.encode([]), DIGEST]),
    ],
)
def test_other_payloads_are_no_edition(payload: bytes) -> None:
    assert read_payload(cbor.encode(["comity/edition/1", SOME, DIGEST])) == ({"edition.toml": b""}, DIGEST)
    with pytest.raises(BadConfiguration, match="no law edition"):
        read_payload(payload)


def test_one_letter_changes_the_hash() -> None:
    files = assemble(folders(), "in")
    files["cyber.cedar"] += b"\n"
    assert Edition.load(files).hash != edition("in").hash


# --- the private supplement ----------------------------------------------------------------------------------------

SECRET = FORBID.replace("TT-2", "TT-2/quiet").replace("context.personal", 'context.conduct == "quiet"')
FILES = {"edition.toml": MANIFEST.encode(), "law.cedar": (PERMIT + FORBID).encode()}
WHOLE = {**FILES, "private/more.cedar": SECRET.encode()}


def opened(files: dict[str, bytes], private: bytes | None) -> Edition:
    return open_edition(edition_payload(files), lambda data: data, private)


def test_the_supplement_is_part_of_the_law_and_of_its_hash_and_stays_at_home() -> None:
    ours = opened(WHOLE, folder_bytes(private_part(WHOLE)))
    assert ours == Edition.load(WHOLE)
    assert ours.whole
    assert ours.private_rules == 1
    assert [rule.id for rule in ours.rules if rule.private] == ["TT-2/quiet"]
    assert ours.hash != Edition.load(FILES).hash
    theirs = open_published(edition_payload(WHOLE), lambda data: data)
    assert (theirs.hash, theirs.private_digest) == (ours.hash, ours.private_digest)
    assert not theirs.whole
    assert theirs.private_rules == 0
    assert b"quiet" not in edition_payload(WHOLE)
    question = ask(purpose="fraud", conduct="quiet")
    assert not CedarGate(ours).decide(question, DAY).permits
    reading = CedarGate(theirs).decide(question, DAY)
    assert reading.permits
    assert ids(reading) == {"TT-1"}


def test_an_edition_without_a_supplement_is_whole_for_both() -> None:
    theirs = open_published(edition_payload(FILES), lambda data: data)
    assert theirs == Edition.load(FILES) == opened(FILES, folder_bytes({}))
    assert theirs.whole


def test_without_the_signed_supplement_nothing_is_loaded() -> None:
    other = {"private/more.cedar": SECRET.replace("quiet", "silent").encode()}
    with pytest.raises(BadConfiguration, match="is not there"):
        opened(WHOLE, None)
    for private in (b"", folder_bytes({}), folder_bytes(other)):
        with pytest.raises(BadConfiguration, match="not the one that was signed"):
            opened(WHOLE, private)
    with pytest.raises(BadConfiguration, match="not the one that was signed"):
        opened(FILES, folder_bytes(private_part(WHOLE)))


def test_an_edition_is_not_loaded_with_another_supplement_than_it_names() -> None:
    with pytest.raises(BadConfiguration, match="not the one that was signed"):
        Edition.load(WHOLE, private_digest=sha256(folder_bytes({})))


def test_each_file_lies_in_its_own_part() -> None:
    stray = folder_bytes({"law.cedar": b""})
    payload = cbor.encode(["comity/edition/1", folder_bytes(FILES), sha256(stray)])
    with pytest.raises(BadConfiguration, match="outside private/"):
        open_edition(payload, lambda data: data, stray)
    payload = cbor.encode(["comity/edition/1", folder_bytes(WHOLE), sha256(folder_bytes({}))])
    with pytest.raises(BadConfiguration, match="stands in the published part"):
        open_published(payload, lambda data: data)
    with pytest.raises(BadConfiguration, match="no private supplement"):
        assemble({**folders(), "common": {**folders()["common"], "private/a.cedar": b""}}, "ca")
    with pytest.raises(BadConfiguration, match="holds rules only"):
        Edition.load({**FILES, "private/notes.toml": b""})


def test_a_private_rule_may_restrict_and_never_permit() -> None:
    loose = PERMIT.replace("TT-1", "TT-1/quiet")
    assert Edition.load({**FILES, "loose.cedar": loose.encode()}).rules
    with pytest.raises(BadConfiguration, match="private supplement may restrict, and this permits"):
        Edition.load({**FILES, "private/loose.cedar": loose.encode()})
    duty = OBLIGE.replace("redact:victim", "report:someone")
    assert Edition.load({**FILES, "private/duty.cedar": duty.encode()}).private_rules == 1
    with pytest.raises(BadConfiguration, match="a removal may let something go"):
        Edition.load({**FILES, "private/duty.cedar": OBLIGE.encode()})
    with pytest.raises(BadConfiguration, match="stands twice"):
        Edition.load({**FILES, "private/again.cedar": FORBID.encode()})


# --- what no emergency lifts ---------------------------------------------------------------------------------------

FIRM = FORBID.replace('"unverified"', '"accord"').replace("@effect", '@overriding("") @effect')


@pytest.mark.parametrize(
    ("rule", "old", "new", "said"),
    [
        (FIRM, "context.personal", "context.personal && !context.break_glass", "take out break_glass"),
        (FIRM, "context.personal", "context has break_glass && context.personal", "take out break_glass"),
        (FIRM, "};", '} unless { context["break_glass"] };', "take out break_glass"),
        (FIRM, '"accord"', '"unverified"', "known from more than memory"),
        (PERMIT, "@source", '@overriding("") @source', "only a prohibition"),
        (OBLIGE, "@source", '@overriding("") @source', "only a prohibition"),
    ],
)
def test_an_overriding_rule_is_a_known_prohibition_without_exception(rule: str, old: str, new: str, said: str) -> None:
    assert old in rule
    with pytest.raises(BadConfiguration, match=said):
        load(law=PERMIT + rule.replace(old, new).replace("TT-1", "TT-1/b" if rule is PERMIT else "TT-1"))


def test_overriding_is_known_of_each_rule() -> None:
    assert [(rule.id, rule.overriding) for rule in load(law=PERMIT + FIRM).rules] == [("TT-1", False), ("TT-2", True)]


@pytest.mark.parametrize("act", [act.value for act in Act])
def test_a_head_may_name_each_act(act: str) -> None:
    assert load(law=PERMIT.replace('"clear"', f'"{act}"')).rules[0].acts == {act}


# --- signing ---------------------------------------------------------------------------------------------------------


def test_only_what_the_law_key_signed_is_opened() -> None:
    files = assemble(folders(), "ca")
    payload, private = edition_payload(files), folder_bytes(private_part(files))

    def good(signed: bytes) -> bytes:
        assert signed == b"signed"
        return payload

    def bad(signed: bytes) -> bytes:
        raise BadSignature("not signed")

    assert open_edition(b"signed", good, private) == edition("ca")
    with pytest.raises(BadSignature):
        open_edition(b"signed", bad, private)


def test_a_signed_edition_opens_under_its_own_party_only() -> None:
    ours, theirs = (RootKeys.from_private_bytes(bytes([fill]) * 64) for fill in (1, 2))
    files = assemble(folders(), "ca")
    payload, private = edition_payload(files), folder_bytes(private_part(files))
    signed = sign_instrument(payload, INSTRUMENT, ours)

    def verify(data: bytes) -> bytes:
        return verify_instrument(data, INSTRUMENT, ours.public())

    assert open_edition(signed, verify, private).hash == edition("ca").hash
    with pytest.raises(BadSignature):
        open_edition(sign_instrument(payload, INSTRUMENT, theirs), verify, private)
    with pytest.raises(BadSignature):
        open_edition(sign_instrument(payload, "accord", ours), verify, private)


def test_assembly_needs_every_folder() -> None:
    with pytest.raises(BadConfiguration, match="no edition 'zz'"):
        assemble(folders(), "zz")
    with pytest.raises(BadConfiguration, match="includes 'common'"):
        assemble({"ca": folders()["ca"]}, "ca")
    left_out = assemble({**folders(), "ca": {**folders()["ca"], "notes.txt": b"x"}}, "ca")
    assert "notes.txt" not in left_out


@pytest.mark.parametrize("name", ["ca", "in", "ostrel-vanmere"])
def test_every_edition_in_the_tree_is_an_exercise(name: str) -> None:
    assert edition(name).exercise
    assert all(sentence for _, sentence in edition(name).notice)


def test_permitting_seeds_are_those_named() -> None:
    """The list at the end of law-and-agencies section 7, typed here again."""
    named = {
        "ca": {"CA-PA-8", "CA-DCIA-5", "CA-PCR-25", "CA-CSE-54", "CA-CSE-46", "CA-CU-107", "XX-ACCORD"},
        "in": {"IN-MLA-INF", "IN-RCS-10", "IN-IT-70B", "XX-ACCORD"},
    }
    for name, seeds in named.items():
        assert {rule.seed for rule in edition(name).rules if rule.effect == "permit"} == seeds
