"""Writing and deciding in a browser: nothing that was written is lost, a form goes once, an answer binds to what was shown."""

from __future__ import annotations

import re

import pytest

from comity.base.ids import show_id
from comity.desks.requests.forms import FORMS
from comity.web.coded import FAMILIES
from comity.web.texts import ENGLISH
from tests.web.desk import desk

NUMBERS = iter(show_id(bytes([9]) * 15 + bytes([n])) for n in range(1, 200))
FORM = {
    "kind": "rfi", "b-title": "Is paper 88 yours?", "b-text": "Shown at the port.", "b-asks": ["document"],
    "b-records": ["registration"], "b-own_power": "port law, article 4", "b-reason": "The seal looks like yours",
    "h-purpose": "border-document", "h-urgency": "normal", "h-item": "F-1", "h-agency": "paper-office",
    "h-recipients": ["seal-house"], "h-handling": ["H1", "H2"], "h-conditions": ["lead-only", "no-third-state"],
}  # fmt: skip
SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u202e"
ASSESSED = {
    "h-assessment-0-act": "disclose", "h-assessment-0-form": "full", "h-assessment-0-who_and_how": "nobody",
    "h-assessment-0-risk_before": "low", "h-assessment-0-source": "good", "h-assessment-0-decision": "go",
    "h-assessment-0-decided_on": "the law", "h-assessment-0-decider": "requests/16",
}  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("house"), far=False) as one:
        yield one


@pytest.fixture
def officer(house):
    return house.visitor("officer")


def written(**changes):
    return {"number": next(NUMBERS), **FORM, "do": "send", **changes}


def counted(house, table="sent"):
    with house.opened().node.ledger.read() as tx:
        return tx.rows(f"SELECT count(*) FROM {table}")[0][0]


def sent(officer, **changes):
    """Send a form; return the address of the dispatch."""
    answer = officer.post("/compose", written(**changes))
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].removesuffix("/sent")


def held(officer, **changes):
    """Hand in a form that waits for an approval; return the address of the draft."""
    location = officer.post("/compose", written(**{"h-marking": "ours-secret"} | changes)).headers["location"]
    assert location.startswith("/approvals/")
    return location


def subject_of(page):
    return re.search(r'name="subject" value="([0-9a-f]{64})"', page.text)[1]


# --- writing ---------------------------------------------------------------------------------------------------------


def test_a_form_is_written_judged_sent_and_its_outcome_shown(house, officer):
    page = officer.get("/compose")
    assert page.status_code == 200
    assert 'data-key="Ctrl+Enter"' in page.text
    verdict = officer.post("/compose/verdict", written(), hx_request="true")
    assert 'data-outcome="sent"' in verdict.text
    assert "Law of the accord, 2" in verdict.text
    before = counted(house)
    told = officer.get(sent(officer) + "/sent")
    assert counted(house) == before + 1
    assert (told.status_code, "Law of the accord, 2" in told.text) == (200, True)


def test_judging_keeps_nothing(house, officer):
    before = [counted(house, table) for table in ("sent", "kept", "record", "handed_in", "entry")]
    for changes in ({}, {"h-purpose": "fraud"}, {"b-title": ""}):
        officer.post("/compose/verdict", written(**changes), hx_request="true")
    assert [counted(house, table) for table in ("sent", "kept", "record", "handed_in", "entry")] == before


def test_a_double_click_and_a_reload_are_one_dispatch(house, officer):
    before, form = counted(house), written()
    places = {officer.post("/compose", form).headers["location"] for _ in range(3)}
    assert len(places) == 1
    assert counted(house) == before + 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"b-title": ""}, "b-title"),
        ({"b-text": " "}, "b-text"),
        ({"h-purpose": ""}, "h-purpose"),
        ({"h-item": "", "h-item_reason": ""}, "h-item"),
        ({"h-recipients": []}, "h-recipients"),
        ({"b-asks": "everything"}, "b-asks"),
        ({"h-handling": ["H0", "H1"]}, "h-handling"),
        ({"h-break_glass": "soon"}, "h-break_glass"),
    ],
)
def test_what_does_not_fit_comes_back_as_written_with_the_error_at_its_field(house, officer, changes, field):
    before = counted(house, "kept") + counted(house)
    page = officer.post("/compose", written(**changes))
    assert page.status_code == 400
    assert f'id="f-{field}-e"' in page.text
    assert "The seal looks like yours" in page.text
    assert counted(house, "kept") + counted(house) == before


def test_what_law_refuses_says_all_reasons_and_stays_on_the_page(officer):
    page = officer.post("/compose", written(**{"h-purpose": "fraud"}))
    assert (page.status_code, 'data-outcome="refused"' in page.text, "It was not sent" in page.text) == (
        200,
        True,
        True,
    )
    assert "Shown at the port." in page.text


def test_one_more_line_is_drawn_and_nothing_is_sent(house, officer):
    before = counted(house)
    page = officer.post("/compose", written(**{"do": "row:b-items", "b-items-rows": "1", "b-items-0-label": "town"}))
    assert 'name="b-items-1-label"' in page.text
    assert 'value="town"' in page.text
    assert counted(house) == before


def test_script_in_every_field_is_shown_as_text(officer):
    """Whatever an officer writes comes back as text, in the form, the verdict and the outcome."""
    spoilt = {name: SCRIPT for name in FORM if name.startswith("b-")} | {"h-conduct": SCRIPT, "h-marking": SCRIPT}
    pages = [
        officer.post("/compose", written(**spoilt)),
        officer.post("/compose/verdict", written(**spoilt), hx_request="true"),
        officer.post("/compose/verdict", written(**{"b-text": SCRIPT, "b-title": SCRIPT}), hx_request="true"),
        officer.get(held(officer, **{"b-text": SCRIPT, "b-title": SCRIPT})),
        officer.get(sent(officer, **{"b-text": SCRIPT, "b-title": SCRIPT}) + "/correct"),
    ]
    for page in pages:
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
    assert "&lt;script&gt;" in pages[0].text


def test_forms_are_written_in_a_case_and_on_a_dispatch_of_the_right_side(officer):
    place = sent(officer)
    case = re.search(r'href="/case/([0-9A-Z]{26})"', officer.get(place + "/sent").text)[1]
    assert officer.get(f"/case/{case}/compose/message").status_code == 200
    assert officer.get(f"/case/{case}/compose/no-such-kind").status_code == 404
    statuses = {
        act: officer.get(f"{place}/{act}").status_code for act in ("recall", "correct", "remind", "answer", "refuse")
    }
    assert statuses == {"recall": 200, "correct": 200, "remind": 200, "answer": 404, "refuse": 404}
    done = officer.post(f"{place}/remind", {**FORM, "number": next(NUMBERS), "kind": "reminder", "do": "send"})
    assert done.status_code == 303


def test_who_has_not_the_case_writes_nothing_on_it(house, officer):
    place = sent(officer)
    number = place.rsplit("/", 1)[1]
    stranger = house.visitor(120)
    assert stranger.get(place + "/recall").status_code == 404
    assert stranger.post("/compose/verdict", written(on=number), hx_request="true").status_code == 404
    assert stranger.post("/compose", written(on=number)).status_code == 404


def test_a_form_names_only_dispatches_of_its_own_case(officer):
    place, other = sent(officer), sent(officer, **{"b-title": "Another"})
    form = {**FORM, "number": next(NUMBERS), "kind": "recall", "b-target": other.rsplit("/", 1)[1], "do": "send"}
    page = officer.post(f"{place}/recall", form)
    assert (page.status_code, 'id="f-b-target-e"' in page.text) == (400, True)


def test_a_legal_officer_writes_and_another_sends(house):
    legal = house.visitor("legal-officer")
    assert "Another officer" in legal.get("/compose").text
    before = counted(house)
    assert legal.post("/compose", written()).status_code == 403
    assert counted(house) == before


def test_the_token_of_a_new_session_is_told_to_the_page(officer):
    answer = officer.get("/compose/token", accept="application/json")
    assert answer.json() == {"csrf": officer.csrf}


def test_without_their_law_nothing_is_asked_of_it(house, officer):
    before = counted(house, "record")
    said = officer.post("/compose/their-law", written(), hx_request="true")
    assert said.status_code == 400
    assert counted(house, "record") == before


# --- deciding --------------------------------------------------------------------------------------------------------


def test_an_approval_binds_to_the_draft_that_was_shown(house, officer):
    place, approver = held(officer), house.visitor("approver")
    page = approver.get(place)
    assert "Shown at the port." in page.text
    subject = subject_of(page)
    assert officer.post(place + "/add", ASSESSED).status_code == 303
    late = approver.post(place + "/answer", {"subject": subject, "role": "approver", "do": "approve"})
    assert (late.status_code, "was changed" in late.text) == (400, True)
    fresh = subject_of(approver.get(place))
    assert fresh != subject
    assert approver.post(place + "/answer", {"subject": fresh, "role": "approver", "do": "approve"}).status_code == 303
    assert "Approved: Approver" in approver.get(place).text


def test_who_handed_a_draft_in_does_not_approve_it_and_a_no_gives_its_reason(house, officer):
    place, approver = held(officer), house.visitor("approver")
    subject = subject_of(approver.get(place))
    assert officer.post(place + "/answer", {"subject": subject, "role": "approver", "do": "approve"}).status_code == 404
    assert approver.post(place + "/answer", {"subject": subject, "role": "approver", "do": "refuse"}).status_code == 400
    said = {"subject": subject, "role": "approver", "do": "refuse", "reason": "not needed"}
    assert approver.post(place + "/answer", said).headers["location"] == "/approvals"
    assert "waits no longer" in officer.get(place).text


def test_two_agencies_approve_what_bears_a_marking_and_its_officer_lets_it_go(house, officer):
    place = held(officer)
    for number in (104, 17):
        one = house.visitor(number)
        said = {"subject": subject_of(one.get(place)), "role": "approver", "do": "approve"}
        assert one.post(place + "/answer", said).status_code == 303
    gone = officer.post(place + "/resume")
    assert gone.headers["location"] == f"/dispatch/{place.rsplit('/', 1)[1]}/sent"
    assert officer.get(gone.headers["location"]).status_code == 200


def test_the_list_shows_first_what_waits_for_a_role_of_the_visitors(house, officer):
    place = held(officer)
    mine, others = house.visitor("approver").get("/approvals").text.split('id="r-others"')
    assert place in mine
    assert place in officer.get("/approvals").text.split('id="r-others"')[1]
    assert place not in house.visitor(120).get("/approvals").text
    assert "ours-secret" not in mine + others


def test_a_draft_is_dropped_with_a_reason(officer):
    place = held(officer)
    assert officer.post(place + "/drop", {"reason": " "}).status_code == 400
    assert officer.post(place + "/drop", {"reason": "not wanted"}).status_code == 303
    assert officer.post(place + "/resume").status_code == 400


def test_an_assessment_that_does_not_fit_is_told_at_its_place(officer):
    place = held(officer)
    page = officer.post(place + "/add", ASSESSED | {"h-assessment-0-decision": ""})
    assert (page.status_code, 'id="f-h-assessment-0-decision-e"' in page.text) == (400, True)
    page = officer.post(place + "/add", ASSESSED | {"h-assessment-0-risk_before": "substantial"})
    assert (page.status_code, "substantial risk" in page.text) == (400, True)


def test_the_minimum_facts_of_an_immediate_draft_are_ready(officer):
    place = held(officer, **{"h-urgency": "immediate"})
    page = officer.get(f"/compose?minimum={place.rsplit('/', 1)[1]}")
    assert "who is in danger" in page.text
    assert "Shown at the port." not in page.text


def test_a_reviewer_reads_and_answers_nothing(house, officer):
    place, reviewer = held(officer), house.visitor("reviewer")
    page = reviewer.get(place)
    assert page.status_code == 200
    assert re.findall(r"<form[^>]* action=\"(?!/session/)", page.text.split("<main")[1]) == []
    assert {reviewer.post(place + way).status_code for way in ("/answer", "/add", "/resume", "/drop")} == {404}


def test_what_is_written_in_a_case_tells_our_number_of_it(house, officer):
    case = re.search(r'href="(/case/\w{26})"', officer.get(sent(officer) + "/sent").text)[1]
    number = re.search(r"XO-\d{4}-\d{4}", officer.get(case).text)[0]
    page = officer.get(f"{case}/compose/message").text
    assert re.search(rf'<input[^>]*name="b-reference"[^>]*value="{number}"', page)


# --- later acts, what is owed ----------------------------------------------------------------------------------------


def test_an_act_is_judged_without_a_trace_and_done_with_one(house, officer):
    place = sent(officer)
    for act in ("use", "onward", "repurpose", "evidence", "export", "court", "access"):
        assert officer.get(f"{place}/act?act={act}").status_code == 200
    before = counted(house, "act")
    asked = {"act": "onward", "a-to_agencies": ["harbour-watch"]}
    judged = officer.post(place + "/act", asked | {"do": "judge"})
    assert (judged.status_code, counted(house, "act")) == (200, before)
    done = officer.post(place + "/act", asked | {"do": "go"})
    assert counted(house, "act") == before + 1
    assert ("may be done" in judged.text) is ("Done." in done.text)


def test_an_act_that_does_not_fit_keeps_nothing(house, officer):
    place, before = sent(officer), counted(house, "act")
    assert officer.post(place + "/act", {"act": "use", "do": "go"}).status_code == 400
    assert officer.post(place + "/act", {"act": "onward", "do": "go"}).status_code == 400
    assert counted(house, "act") == before


def test_an_act_that_waits_is_shown_to_who_has_the_case(house, officer):
    """A duty officer of the other agency acts on what is not that agency's: it waits for an officer who may."""
    place, duty = sent(officer), house.visitor("duty-officer")
    page = duty.post(place + "/act", {"act": "use", "a-serves": "lead", "do": "go"})
    assert page.status_code == 200
    (one,) = [act for act in house.door("GET", "/acts/held") if act["dispatch"] == place.rsplit("/", 1)[1]]
    shown = duty.get(f"{place}/act/{one['subject']}")
    assert (shown.status_code, "requests/103" in shown.text) == (200, True)
    assert f"{place}/act/{one['subject']}" in duty.get("/approvals").text
    assert house.visitor(120).get(f"{place}/act/{one['subject']}").status_code == 404
    assert duty.post(f"{place}/act/{one['subject']}", {"role": "duty-officer"}).status_code in {403, 404, 409}


def test_an_act_that_nobody_asked_for_is_not_there(house, officer):
    assert house.visitor("approver").get(f"{sent(officer)}/act/{'0' * 64}").status_code == 404


def test_what_is_owed_and_who_was_asked_about(house, officer):
    assert officer.get("/owed").status_code == 200
    assert officer.get(f"/owed/{next(NUMBERS)}").status_code == 404
    assert officer.get("/persons").status_code == 404
    assert "Their law, asked" in house.visitor("reviewer").get("/persons").text


# --- words for codes, and a translation beside the text --------------------------------------------------------------


def test_every_list_of_a_form_has_words(officer):
    """A code that has none would stand bare in four languages; the catalogs are held against these by their gate."""
    fields = [one for form in FORMS for field in form.fields for one in (field, *field.inner)]
    listed = {(field.family, code) for field in fields if field.family not in {"", "kind"} for code in field.choices}
    assert len(listed) > 100
    assert [one for one in listed if f"{FAMILIES.get(one[0], f'compose.{one[0]}')}.{one[1]}" not in ENGLISH] == []
    page = officer.get("/compose").text
    assert "<span><bdi>vehicle records</bdi></span>" in page
    assert "<bdi>documents</bdi> <small><bdi>document</bdi></small>" in page


def test_a_translation_goes_beside_the_text_with_its_label_and_condition(house, officer):
    page = officer.get("/compose").text
    assert 'name="t-language"' in page
    translated = {"t-language": "pa", "t-text": "ਬੰਦਰਗਾਹ ਉੱਤੇ ਦਿਖਾਇਆ।"}
    one = sent(officer, **translated).removeprefix("/dispatch/")
    card = house.door("GET", f"/dispatch?id={one}")["dispatch"]
    assert "translation-unofficial" in card["label"]
    lines = [(line["label"], line["text"]) for line in card["body"]]
    assert ("text", "Shown at the port.") in lines
    assert ("translation:pa", translated["t-text"]) in lines
    shown = officer.get(f"/dispatch/{one}").text
    assert shown.index("Shown at the port.") < shown.index(translated["t-text"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"t-text": "Montré au port."}, "t-language"),
        ({"t-language": "fr"}, "t-text"),
        ({"t-language": "xx", "t-text": "Montré au port."}, "t-language"),
    ],
)
def test_half_a_translation_comes_back_as_written(house, officer, changes, field):
    before = counted(house)
    page = officer.post("/compose", written(**changes))
    assert page.status_code == 400
    assert f'id="f-{field}-e"' in page.text
    assert changes.get("t-text", "") in page.text
    assert counted(house) == before


def test_what_is_missing_is_said_in_the_pages_language(officer):
    """An empty form is the first thing that an officer sees."""
    said = officer.post("/compose/verdict", {**FORM, "h-purpose": "", "h-recipients": []}, hx_request="true").text
    assert f"{ENGLISH['compose.field.purpose']}: {ENGLISH['compose.error.needed']}" in said
    assert "nothing was kept" not in said
    assert 'href="#f-h-purpose"' in said
