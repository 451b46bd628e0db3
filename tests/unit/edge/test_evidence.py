"""Papers on a case: whole, in order, without what the law withheld; each planted change is noticed by both programs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from comity.base import cbor
from comity.base.errors import BadConfiguration, BadEnvelope, BadForm
from comity.base.hashing import sha256
from comity.base.ids import CaseId, Ms, show_id
from comity.dispatch.particulars import decode_particulars, subject_of
from comity.edge.caseforms import FormText, filled, form_files
from comity.edge.casepages import LANGUAGES, _body_lines, pages_of, printable, runs, words_of
from comity.edge.casepdf import make_pdf, same_pdf, typst_version
from comity.edge.evidence import VERIFIER, readme, verifier
from comity.edge.registry import parse_toml
from comity.node.casecheck import check_papers
from comity.node.casefolder import (
    CERTIFICATE,
    HASHES,
    MANIFEST,
    PDF,
    SEAL,
    check_folder,
    what_is,
    with_certificate,
    with_manifest,
)
from comity.node.casepapers import CASE, KEYS, Asked, Removed, make_papers, plain_json
from tests.unit.edge.caseworld import FRAME, HALF, HINDI, OPEN, SECRET, at, told
from tests.unit.edge.pdftext import inflated, texts_of
from tests.unit.node.told import altered

ROOT = Path(__file__).parents[3]
TOOL = ROOT / "tools" / VERIFIER
FORMS = {
    "forms/xa-1-integrity.toml": (ROOT / "laws/ca/forms/1-integrity.toml").read_bytes(),
    "forms/xb-1-certificate.toml": (ROOT / "laws/in/forms/1-certificate.toml").read_bytes(),
}
NOW = at(200)


def record(language="en", **changes):
    """Make the record of the story's case, with README, verifier and forms, as the edge does."""
    story = told()
    frame = {**FRAME, "printed": {"language": language, "typst": typst_version()}}
    with story.a.ledger.read() as tx:
        made = make_papers(tx, story.a.office, changes.get("asked", story.asked()), frame, NOW)
    return with_certificate({**made, "README.txt": readme(language), VERIFIER: verifier(), **FORMS})


@cache
def _papers(language):
    files = record(language)
    return with_manifest({**files, PDF: make_pdf(files, language)}, NOW)


def papers(language="en"):
    return dict(_papers(language))


def wrong(files):
    return [f"{step.what}: {step.sentence}" for step in check_papers(files, told().keys) if not step.good]


def place(word, files=None):
    """Return the folder of a dispatch of the story."""
    number = show_id(told().ids[word])
    return next(name.rpartition("/")[0] for name in files or papers() if number in name)


def written(files, folder):
    for name, raw in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(raw)
    return folder


def stranger(folder):
    command = [sys.executable, str(TOOL), "evidence", str(folder), f"@{folder / KEYS}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def said(files):
    return json.loads(files[CASE])


# --- what is in the folder -------------------------------------------------------------------------------------------


def test_good_papers_are_good_to_both_programs(tmp_path):
    assert wrong(papers()) == []
    code, out = stranger(written(papers(), tmp_path / "p"))
    assert (code, out.splitlines()[-1]) == (0, "VERIFIED")


def test_the_same_case_at_the_same_instant_gives_the_same_bytes():
    files = record()
    assert with_manifest({**files, PDF: make_pdf(files, "en")}, NOW) == papers()
    later = with_manifest(files, Ms(NOW + 1))
    assert later[MANIFEST] != papers()[MANIFEST]


def test_each_dispatch_stands_in_the_order_of_the_logs_with_what_may_be_shown():
    listed = said(papers())["dispatches"]
    ids = told().ids
    assert [one["id"] for one in listed] == [
        show_id(ids[word]) for word in ("question", "answer", "secret", "half", "recall")
    ]
    shown = {one["id"]: one["shown"] for one in listed}
    removed = {one["id"]: one["removed"] for one in listed}
    assert shown[show_id(ids["secret"])] == []
    assert removed[show_id(ids["secret"])] == {"class": Removed.LAW, "words": ["cannot-assist"]}
    assert shown[show_id(ids["half"])] == ["header", "author"]
    assert removed[show_id(ids["half"])] == {"class": Removed.CATEGORY, "words": ["person"]}
    assert removed[show_id(ids["question"])] is None


def test_a_recall_stands_at_what_it_recalls():
    listed = {one["id"]: one for one in said(papers())["dispatches"]}
    marks = {number: one["marks"] for number, one in listed.items() if one["marks"]}
    ids = told().ids
    assert marks == {show_id(ids["half"]): [{"by": show_id(ids["recall"]), "kind": "recall"}]}


def test_custody_names_officers_by_desk_and_number_and_only_where_the_header_may_be_shown():
    custody = said(papers())["custody"]
    secret = show_id(told().ids["secret"])
    assert {one["by"] for one in custody if one["by"]} == {"requests/7"}
    assert {one["what"] for one in custody if one["dispatch"] == secret} == {"sent", "arrived", "settled"}
    assert all(one["by"] is None for one in custody if one["dispatch"] == secret)
    acts = [one for one in custody if one["what"] == "evidence"]
    assert len(acts) == 4
    assert all(one["record"] is not None and one["roles"] == ["officer"] for one in acts)
    assert [one["at"] for one in custody] == sorted(one["at"] for one in custody)


def test_without_acts_only_proofs_are_made():
    files = record(asked=Asked(told().case))
    assert not any(re.search(r"/part\d$|/sealed$", name) for name in files)
    assert {one["removed"]["class"] for one in said(files)["dispatches"]} == {Removed.UNASKED}
    assert wrong(with_manifest(files, NOW)) == []
    assert said(files)["made"]["by"] is None


def test_an_act_that_was_not_done_lets_nothing_out():
    story = told()
    acts = dict.fromkeys(story.acts["evidence"], story.acts["evidence"][story.ids["secret"]])
    listed = said(record(asked=Asked(story.case, acts, "evidence", "Court", (), story.asked().by)))["dispatches"]
    assert not any(one["shown"] for one in listed)


def test_a_case_that_is_not_here_has_no_papers():
    with pytest.raises(BadForm, match="this one has 0"):
        record(asked=Asked(CaseId(bytes(16))))


def test_each_file_says_what_it_is():
    listed = json.loads(papers()[MANIFEST])["files"]
    assert {one["path"] for one in listed} == set(papers()) - {MANIFEST, SEAL}
    assert not [one["path"] for one in listed if one["what"] == "another file of the record"]
    assert what_is("x") == "another file of the record"


# --- what stands otherwise in the rows -------------------------------------------------------------------------------


def made_from(*changes):
    """Make papers from rows that were changed, and change them back."""
    story = told()
    with altered(story.a, *changes) as tx:
        return said(make_papers(tx, story.a.office, story.asked(), FRAME, NOW))


def one_of(case, word):
    return next(one for one in case["dispatches"] if one["id"] == show_id(told().ids[word]))


def test_what_was_never_opened_stands_with_its_entry_alone(tmp_path):
    answer = told().ids["answer"]
    with altered(told().a, ("UPDATE got SET plain = NULL WHERE id = ?", (answer,))) as tx:
        made = make_papers(tx, told().a.office, told().asked(), FRAME, NOW)
    one = one_of(said(made), "answer")
    assert (one["shown"], one["removed"]["class"]) == ([], Removed.UNOPENED)
    assert [name for name in made if "part" in name and name.startswith(one["folder"])] == []
    files = with_manifest(with_certificate(made), NOW)
    assert wrong(files) == []
    code, out = stranger(written(files, tmp_path / "p"))
    assert code == 0
    assert "nothing of its content is here" in out


@pytest.mark.parametrize(
    ("effect", "word"), [("held", Removed.HELD), ("referred", Removed.REFERRED), ("refused", Removed.LAW)]
)
def test_an_act_that_waits_or_was_referred_withholds(effect, word):
    act = told().acts["evidence"][told().ids["question"]]
    one = one_of(made_from(("UPDATE act SET effect = ? WHERE id = ?", (effect, act))), "question")
    assert (one["shown"], one["removed"]["class"]) == ([], word)


def test_what_no_head_covers_yet_is_named_and_nothing_else():
    recall = told().ids["recall"]
    case = made_from(("UPDATE sent SET idx = NULL WHERE id = ?", (recall,)))
    assert case["not_covered_yet"] == [show_id(recall)]
    assert len(case["dispatches"]) == 4


def test_content_that_is_not_what_its_leaf_commits_to_stops_the_making():
    other = "UPDATE sent SET plain = (SELECT plain FROM sent WHERE id = ?) WHERE id = ?"
    ids = told().ids
    with (
        pytest.raises(BadForm, match="audit this node"),
        altered(told().a, (other, (ids["question"], ids["half"]))) as tx,
    ):
        make_papers(tx, told().a.office, told().asked(), FRAME, NOW)


def test_an_approval_of_an_act_stands_in_the_custody():
    act = told().acts["evidence"][told().ids["question"]]
    with told().a.ledger.read() as tx:
        written_down = tx.rows("SELECT particulars FROM act WHERE id = ?", (act,))[0][0]
    subject = subject_of(decode_particulars(written_down))
    row = "INSERT INTO approval (subject, role, desk, number, yes, reason, at) VALUES (?, 'approver', 'requests', 9, 1, 'w', ?)"
    case = made_from((row, (subject, at(109))))
    (approved,) = [one for one in case["custody"] if one["what"] == "approved"]
    assert (approved["by"], approved["about"]) == ("requests/9", ["approver"])
    assert approved["dispatch"] == show_id(told().ids["question"])


def test_the_head_of_the_decision_log_is_opened_and_proven():
    files = papers()
    assert b"/decision/1" in files["decision-head/record"]
    other = changed(files, **{"decision-head/record": files["decision-head/record"] + b"x"})
    assert any("is said to open this entry does not" in one for one in wrong(other))
    other = changed(files, **{"decision-head/salt": bytes(32)})
    assert wrong(other)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda one: one["receipts"].pop(), "does not name the receipts"),
        (lambda one: one["receipts"][0].update(index=99), "another place or time"),
        (lambda one: one["receipts"][0].update(folder="receipt/001"), "no receipt of this dispatch"),
        (lambda one: one.update(l_head="l-head/002"), "does not stand before"),
        (lambda one: one.update(number=7), "not numbered in order"),
        (lambda one: one.update(folder="dispatch/x"), "does not name each dispatch"),
    ],
)
def test_a_list_that_says_other_than_the_proofs_is_noticed(change, sentence):
    listed = said(papers())
    change(listed["dispatches"][0])
    found = wrong(changed(papers(), **{CASE: plain_json(listed)}))
    assert any(sentence in one for one in found), found


def test_a_dispatch_of_which_the_list_names_no_l_head_is_placed_by_its_head_alone():
    listed = said(papers())
    assert listed["dispatches"][0]["l_head"] is not None
    listed["dispatches"][0]["l_head"] = None
    found = wrong(changed(papers(), **{CASE: plain_json(listed)}))
    assert any("other times" in one for one in found), found
    listed["dispatches"].reverse()
    for number, one in enumerate(listed["dispatches"], 1):
        one["number"] = number
    found = wrong(changed(papers(), **{CASE: plain_json(listed)}))
    assert any("the order was changed" in one for one in found), found


# --- nothing of what was withheld ------------------------------------------------------------------------------------


def test_nothing_in_the_data_of_the_pages_was_withheld():
    for language in LANGUAGES:
        found = json.dumps(pages_of(record(), language), ensure_ascii=False)
        assert OPEN in found
        assert HINDI in found
        assert SECRET not in found
        assert HALF not in found


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_withheld_is_in_any_file(language):
    files = papers(language)
    streams = inflated(files[PDF])
    drawn = texts_of(streams)
    assert any(OPEN in one for one in drawn)  # so a text that was let out is found by this very search
    assert any("XA-2026-000001" in one for one in drawn)
    packed = b"".join(streams if name == PDF else raw for name, raw in files.items())
    for words in (SECRET, HALF, "Heliotrope", "Marigold"):
        assert not any(words in one for one in drawn)
        for form in (words.encode(), words.encode("utf-16-be"), words.encode().hex().encode()):
            assert form not in packed
    secret, half = said(record())["dispatches"][2]["folder"], said(record())["dispatches"][3]["folder"]
    assert not [name for name in files if name.startswith(secret) and re.search(r"part\d$|sealed", name)]
    assert {name.rpartition("/")[2] for name in files if name.startswith(half)} >= {"part0", "part1.digest"}
    assert f"{half}/sealed" not in files


# --- planted changes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(papers()))
def test_one_byte_of_any_file_is_noticed(name):
    files = papers()
    raw = bytearray(files[name])
    raw[len(raw) // 2] ^= 1
    assert wrong({**files, name: bytes(raw)})


def changed(files, **more):
    """Return papers whose manifest, hash report and certificate a forger has made again."""
    left = {name: raw for name, raw in files.items() if name not in {HASHES, CERTIFICATE, MANIFEST, SEAL}}
    return with_manifest(with_certificate({**left, **more}), NOW)


def swapped(files):
    listed = said(files)
    one, two, *rest = listed["dispatches"]
    listed["dispatches"] = [{**two, "number": 1}, {**one, "number": 2}, *rest]
    return changed(files, **{CASE: plain_json(listed)})


def without(files, *names):
    return {name: raw for name, raw in files.items() if name not in names}


def other_text(files):
    part = f"{place('question')}/part1"
    assert OPEN.encode() in files[part]
    return changed(files, **{part: files[part].replace(b"Two lorries", b"Six lorries")})


def other_checkpoint(files):
    first, second = f"{place('question')}/proof", f"{place('recall')}/proof"
    path, note = files[first].partition(b"\n\n")[0], files[second].partition(b"\n\n")[2]
    return changed(files, **{first: path + b"\n\n" + note})


def forged_certificate(files):
    value = plain_json({"algorithm": "SHA-256", "of": HASHES, "value": "00" * 32})
    left = without(files, MANIFEST, SEAL)
    return with_manifest({**left, CERTIFICATE: value}, NOW)


def forged_report(files):
    left = without(files, MANIFEST, SEAL)
    return with_manifest({**left, HASHES: b"0" * 64 + files[HASHES][64:]}, NOW)


def forged_time(files):
    listed = said(files)
    listed["dispatches"][0]["cosigned"] += 60
    return changed(files, **{CASE: plain_json(listed)})


def hidden_removal(files):
    listed = said(files)
    listed["dispatches"][2]["removed"] = None
    return changed(files, **{CASE: plain_json(listed)})


def forged_receipt(files):
    listed = said(files)
    listed["dispatches"][0]["receipts"][0]["fact"] = "refused"
    return changed(files, **{CASE: plain_json(listed)})


def dropped(files):
    """Take a whole dispatch out, list and all."""
    listed = said(files)
    gone = listed["dispatches"].pop()["folder"]
    names = [name for name in files if name.startswith(gone)]
    return changed(without(files, *names), **{CASE: plain_json(listed)})


CHANGES = {
    "a removed file": (lambda files: without(files, f"{place('question')}/sealed"), "is named in the manifest and missing"),
    "an added file": (lambda files: {**files, "note.txt": b"added"}, "it was added"),
    "a removed manifest": (lambda files: without(files, MANIFEST), "manifest.json: missing"),
    "another seal": (lambda files: {**files, SEAL: files[SEAL].replace(b"manifest", b"other")}, "one of the two was changed"),
    "another text": (other_text, "a part was changed"),
    "another checkpoint": (other_checkpoint, "does not give|not the root|inclusion"),
    "a forged certificate": (forged_certificate, "it was forged"),
    "a forged hash report": (forged_report, "does not name the files"),
    "swapped order": (swapped, "the order was changed"),
    "another time": (forged_time, "other times"),
    "a removal that is not told": (hidden_removal, "without a reason"),
    "another receipt": (forged_receipt, "says something else than the list"),
    "a dispatch left out with its receipts kept": (dropped, "not a receipt of the other party"),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(CHANGES))
def test_a_planted_change_is_noticed_by_both_programs(what, tmp_path):
    change, sentence = CHANGES[what]
    files = change(papers())
    found = wrong(files)
    assert any(re.search(sentence, one) for one in found), found
    code, out = stranger(written(files, tmp_path / "p"))
    assert code == 1
    assert out.splitlines()[-1].startswith("BAD")


def test_another_pdf_is_noticed_where_it_can_be_printed_again():
    files = papers()
    assert same_pdf(files) == (True, "is what these papers give when printed again")
    other = papers("fr")[PDF]
    good, sentence = same_pdf({**files, PDF: other})
    assert not good
    assert "replaced" in sentence
    old = {**said(files), "printed": {"language": "en", "typst": "0.1"}}
    assert same_pdf({**files, CASE: plain_json(old)})[0]


def test_a_manifest_of_another_form_is_none():
    files = papers()
    none = (b"{}", b"[1]", b"\xff", b"no list", plain_json({}), plain_json([1]), plain_json({"format": 1}))
    for other in (*none, json.dumps(json.loads(files[MANIFEST])).encode()):
        seal = f"{sha256(other).hex()}  {MANIFEST}\n".encode()
        steps = check_folder({**files, MANIFEST: other, SEAL: seal})
        assert [step.good for step in steps] == [False]
    assert any("cannot be read" in one for one in wrong(changed(files, **{CASE: b"{}"})))
    listed = said(files)
    del listed["dispatches"][0]["index"]
    assert any("not whole" in one for one in wrong(changed(files, **{CASE: plain_json(listed)})))


# --- pages -----------------------------------------------------------------------------------------------------------


def test_all_languages_have_the_same_words_and_places():
    english = words_of("en")
    for language in LANGUAGES:
        words = words_of(language)
        assert set(words) == set(english)
        for key, text in words.items():
            assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", english[key])), (language, key)
            assert printable(text.replace("\n", " ")), (language, key)
    with pytest.raises(BadConfiguration, match="not in de"):
        words_of("de")


def test_what_hides_in_a_text_or_has_no_shape_is_written_out():
    assert runs("plain") == [{"text": "plain", "chip": None}]
    hidden = runs("abc\u202edef")
    assert [one["chip"] for one in hidden] == [None, "U+202E right-to-left override", None]
    assert any(one["chip"] and "cyrillic" in one["chip"] for one in runs("p\u0430ypal"))
    assert runs("x\u4e2dy")[1] == {"text": "", "chip": "U+4E2D"}
    assert runs("www.example.org")[0]["text"] == "www.example.org"


def test_a_text_is_never_read_as_markup():
    """Typst's own markup in a dispatch stands as it was sent; only the data of the page has it."""
    files = record()
    page = pages_of(files, "en")
    page_text = json.dumps(page)
    assert "#set" not in page_text
    hostile = 'x #panic("no") $ * _ ` ] ) \\ "'
    case = said(files)
    case["made"]["recipient"] = hostile
    made = {**files, CASE: plain_json(case)}
    assert [value for label, value in pages_of(made, "en")["cover"] if label == "For"] == [
        [{"text": hostile, "chip": None}]
    ]
    assert make_pdf(made, "en").startswith(b"%PDF-")


def test_a_body_whose_desk_is_not_here_is_shown_field_by_field():
    for desk in ("nowhere", "../x", "requests"):
        lines = _body_lines(desk, "unknown", cbor.encode({"text": "as sent"}))
        assert [(one.label, one.text) for one in lines] == [("text", "as sent")]
    assert _body_lines("nowhere", "x", cbor.encode("bare"))[0].text == "bare"


def test_unknown_zones_and_labels_and_marks():
    story = told()
    frame = {**FRAME, "parties": [{**one, "zone": "Nowhere/None"} for one in FRAME["parties"]]}
    with story.a.ledger.read() as tx:
        made = with_certificate(make_papers(tx, story.a.office, story.asked(), frame, NOW))
    with pytest.raises(BadEnvelope, match="no time zone"):
        pages_of(made, "en")


def test_papers_of_another_program_are_not_printed():
    with pytest.raises(BadEnvelope, match="cannot be printed"):
        pages_of({**record(), CASE: b"{}"}, "en")


# --- forms -----------------------------------------------------------------------------------------------------------


def test_forms_come_from_the_editions_and_are_named_by_party():
    edition = {"forms/1-a.toml": b"a", "rules.cedar": b"", "forms/readme.md": b""}
    assert form_files(edition, "XA") == {"forms/xa-1-a.toml": b"a"}


PLACES = {
    "algorithm": "SHA-256", "value": "ab" * 32, "report": "hashes.txt", "case_ours": "1", "case_theirs": "2", "node": "n",
    "peer": "p", "party": "x", "made": "now", "dispatches": "3", "accord": "a",
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(ROOT.glob("laws/*/forms/*.toml")), ids=lambda path: path.parent.parent.name)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shipped_form_is_whole_in_each_of_its_languages(path, language):
    form = parse_toml(path.read_bytes(), FormText, path.name)
    made = filled(path.read_bytes(), path.name, PLACES, "SHA-256", language)
    assert made.language == (language if language in form.languages else form.languages[0])
    assert not [one for one in made.blocks if "{" in str(one["text"]) + str(one["value"])]
    values = [one["value"] for one in made.blocks if one["kind"] == "value"]
    assert values
    assert set(values) == {"ab" * 32}


def test_the_certificate_names_the_algorithm_as_the_statute_does():
    """Schedule: SHA1, SHA256, MD5, Other, in Part A and in Part B; the one that was used is ticked, nothing else is."""
    made = filled(FORMS["forms/xb-1-certificate.toml"], "f", PLACES, "SHA-256", "en")
    boxes = [one["options"] for one in made.blocks if any(box["text"] == "SHA256" for box in one["options"])]
    assert len(boxes) == 2
    assert [[box["text"] for box in one if box["ticked"]] for one in boxes] == [["SHA256"], ["SHA256"]]
    ticked = [box for one in made.blocks for box in one["options"] if box["ticked"]]
    assert len(ticked) == 2
    headings = [one["text"] for one in made.blocks if one["kind"] == "heading"]
    assert headings == ["PART A (To be filled by the Party)", "PART B (To be filled by the Expert)"]


SCHEDULE = (
    "Name", "Son/daughter/spouse of", "Residing/employed at", "device/digital record source", "Other", "Make & Model", "Color",
    "Serial Number", "IMEI/UIN/UID/MAC/Cloud ID", "Any other relevant information", "HASH value/s", "following algorithm",
    "signature", "Date (DD/MM/YYYY)", "Time (IST)", "Place",
)  # fmt: skip
"""What Part A and Part B each have, in the order of the Schedule; Part A has two things more."""


def test_both_parts_of_the_certificate_have_every_field_of_the_schedule():
    made = filled(FORMS["forms/xb-1-certificate.toml"], "f", PLACES, "SHA-256", "en")
    second = next(n for n, one in enumerate(made.blocks) if one["page"])  # the expert signs a page of their own
    assert made.blocks[second]["text"].startswith("PART B")
    for part in (made.blocks[:second], made.blocks[second:]):
        texts = iter([str(one["text"]) for one in part])
        assert all(any(word in text for text in texts) for word in SCHEDULE), SCHEDULE
        boxes = [[box["text"] for box in one["options"]] for one in part]
        assert [
            "Computer / Storage Media",
            "DVR",
            "Mobile",
            "Flash Drive",
            "CD/DVD",
            "Server",
            "Cloud",
            "Other",
        ] in boxes
    party = made.blocks[:second]
    assert any([b["text"] for b in one["options"]] == ["Owned", "Maintained", "Managed", "Operated"] for one in party)
    assert any("under the lawful control" in str(one["text"]) for one in party)


@pytest.mark.parametrize(("language", "words"), [("fr", "Rappel (recall)"), ("hi", "(recall)"), ("pa", "(recall)")])
def test_codes_are_printed_as_words_with_the_code_behind(language, words):
    page = json.dumps(pages_of(record(), language)["dispatches"], ensure_ascii=False)
    assert words in page
    for code in ("recall", "permit", "organised-crime"):
        assert f" ({code})" in page
        assert f' {code}"' not in page


def test_a_form_that_lacks_words_or_places_is_refused():
    whole = b'id = "a"\nlanguages = ["en"]\n[title]\nen = "T"\n[notice]\nen = "N"\n[[block]]\nkind = "text"\n'
    with pytest.raises(BadConfiguration, match="not there in en"):
        filled(whole + b'text = { fr = "x" }\n', "f", PLACES, "SHA-256", "en")
    with pytest.raises(BadConfiguration, match=r"place \{who\}"):
        filled(whole + b'text = { en = "{who}" }\n', "f", PLACES, "SHA-256", "en")
    with pytest.raises(BadConfiguration, match="could not be read"):
        filled(b"id = 1", "f", PLACES, "SHA-256", "en")
