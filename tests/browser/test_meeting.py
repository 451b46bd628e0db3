"""A quarterly review from its call to the signed minutes: two officials, two nodes, four languages, the line cut in the middle."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from comity.base.ids import Ms
from comity.cli.demo.stage import Actor, Stage
from comity.cli.main import main
from tests.browser.cable import Cable
from tests.browser.chromium import WIDE, axe
from tests.browser.nodes import standing, until
from tests.browser.officer import SOON_MS, Officer

CA, IN = 171, 276
CA_DEPUTY, IN_DEPUTY = 172, 277
NOTE = "Our lowest offer is nine days; do not say so."
UNSAID = "Perhaps seven days would do."
FIRST = {
    "en": "Both sides answer every notification within five working days.",
    "fr": "Les deux parties répondent à chaque notification en cinq jours ouvrables.",
}
FIRST_THEIRS = {
    "hi": "दोनों पक्ष हर सूचना का उत्तर पाँच कार्यदिवसों में देंगे।",
    "pa": "ਦੋਵੇਂ ਧਿਰਾਂ ਹਰ ਸੂਚਨਾ ਦਾ ਜਵਾਬ ਪੰਜ ਕੰਮ ਦੇ ਦਿਨਾਂ ਵਿੱਚ ਦੇਣਗੀਆਂ।",
}
OURS = {
    "en": "Questions on lawful assembly will be refused.",
    "fr": "Les questions sur les réunions licites seront refusées.",
    "hi": "वैध सभा पर प्रश्न अस्वीकार होंगे।",
    "pa": "ਕਾਨੂੰਨੀ ਇਕੱਠ ਬਾਰੇ ਸਵਾਲ ਰੱਦ ਹੋਣਗੇ।",
}
THEIRS = {
    "en": "Such questions deserve an answer on the facts.",
    "fr": "De telles questions méritent une réponse sur les faits.",
    "hi": "ऐसे प्रश्नों का उत्तर तथ्यों पर मिलना चाहिए।",
    "pa": "ਅਜਿਹੇ ਸਵਾਲਾਂ ਦਾ ਜਵਾਬ ਤੱਥਾਂ ਉੱਤੇ ਮਿਲਣਾ ਚਾਹੀਦਾ ਹੈ।",
}
MEASURE = "Share of notifications answered in time"
AGAIN_MS = 40_000
TICK_MS = 61_000
CLAIM_MS = 200_000


class Line:
    """The cable of the running stage."""

    cable: Cable


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    def built(stage: Stage) -> None:
        Line.cable = Cable(stage)

    with standing(built=built) as stage:
        yield stage
    Line.cable.end()


def write(one: Officer, texts: dict[str, str], **more: str) -> None:
    """Fill in the languages of the open form and publish."""
    one.fill({f"t-{tag}": text for tag, text in texts.items()} | more)
    with one.page.expect_navigation():
        one.page.locator('#write button[value="publish"]').click()
    one.live()


def press(one: Officer, what: Locator) -> None:
    with one.page.expect_navigation():
        what.click()
    one.live()


def paragraph(one: Officer, text: str) -> Locator:
    return one.page.locator("#r-paras > li").filter(has_text=text)


FETCH = """async (path) => { const answer = await fetch(path), bytes = new Uint8Array(await answer.arrayBuffer());
  return [answer.status, String.fromCharCode(...bytes.slice(0, 5))]; }"""


def later(stage: Stage, by: int = TICK_MS) -> None:
    """Let the time pass after which what is not urgent leaves."""
    stage.now = Ms(max(one.ask("GET", "/clock")["now"] for one in stage.actors))
    stage.set_time(Ms(stage.now + by))


def decided(actor: Actor) -> list[dict[str, str]]:
    """Return the actions of the plan in force that have our measure."""
    items = actor.ask("GET", "/plan")["items"]
    return [one for item in items for one in item["actions"] if one["measure"] == MEASURE]


def called(us: Officer, them: Officer) -> str:
    """Call a meeting, agree to it on the other side and open it; return its number. The agenda has a restricted title and nothing else of it."""
    us.go("/meetings/new")
    us.fill({"title": "Review of the second quarter", "at": "2026-07-13T09:00", "restricted": "R-3"})
    us.fill({"lead-CA": "Deputy adviser", "lead-IN": "Deputy adviser of the other side"})
    with us.page.expect_navigation(url=re.compile(r"/meetings/[0-9A-Z]{26}")):
        us.page.locator("form.stack button.go").click()
    us.live()
    number = us.page.url.rpartition("/")[2]
    row = them.page.locator(f"#meet-{number} a")
    expect(row).to_be_visible(timeout=SOON_MS)
    press(them, row)
    expect(them.page.locator("#meet-agenda")).to_contain_text("R-3")
    for word in ("agree", "open"):
        press(them, them.page.locator(f'button[value="{word}"]'))
    expect(us.page.locator("#meet-top .st")).to_contain_text("Ouverte", timeout=SOON_MS)
    return number


def written(us: Officer, them: Officer) -> None:
    """Claim a paragraph, draft it at home, publish it; the other side sees each without a touch."""
    us.page.locator("h1").click()
    with us.page.expect_navigation(url="**?p=*"):
        us.page.keyboard.press("n")
    us.live()
    expect(them.page.locator("#r-paras li.edit")).to_be_visible(timeout=SOON_MS)
    expect(us.page.locator("#write textarea").first).to_be_focused()
    us.fill({"t-en": FIRST["en"]})
    expect(us.page.locator("#draft-kept")).not_to_be_empty(timeout=SOON_MS)
    us.page.reload()
    us.live()
    assert us.page.locator("#t-en").input_value() == FIRST["en"]
    expect(paragraph(them, FIRST["fr"])).to_have_count(0)
    decision = {
        "measure": MEASURE,
        "due": "2026-12-31",
        "item": "W-1",
        "o-CA": "health-canada",
        "o-IN": "cbn",
    }
    write(us, FIRST, **decision)
    theirs = paragraph(them, FIRST["fr"])
    expect(theirs).to_be_visible(timeout=SOON_MS)
    press(them, theirs.locator('button[value^="go-translate"]'))
    write(them, FIRST_THEIRS)
    for one, text in ((us, FIRST["fr"]), (them, FIRST_THEIRS["hi"])):
        expect(paragraph(one, text)).to_be_visible(timeout=SOON_MS)
        press(one, paragraph(one, text).locator('button[value^="accept"]'))
    expect(paragraph(us, FIRST["fr"]).locator(".sig .ok")).to_have_count(2, timeout=SOON_MS)


def cut_and_mended(us: Officer, them: Officer) -> None:
    """Cut the line; both write the same paragraph; both texts are there when it is back."""
    with us.page.expect_navigation(url="**?p=*"):
        us.page.locator('button[value="claim:"]').click()
    us.live()
    write(us, dict.fromkeys(OURS, "…"))
    for one in (us, them):  # also that nobody writes it any more has crossed before the line is cut
        expect(paragraph(one, "…").locator('button[value^="claim"]')).to_have_count(1, timeout=SOON_MS)
    Line.cable.cut()
    for one, texts in ((us, OURS), (them, THEIRS)):
        press(one, paragraph(one, "…").locator('button[value^="claim"]'))
        write(one, texts)
        expect(paragraph(one, texts["fr" if one is us else "hi"])).to_be_visible()
    expect(us.page.locator("#meet-sync")).to_have_class(re.compile("warn"))
    Line.cable.mend()
    for one, tag in ((us, "fr"), (them, "hi")):
        both = one.page.locator("#r-paras .twin")
        expect(both).to_contain_text(OURS[tag], timeout=AGAIN_MS)
        expect(both).to_contain_text(THEIRS[tag], timeout=AGAIN_MS)
    for one, tag in ((us, "fr"), (them, "hi")):
        press(one, paragraph(one, OURS[tag]).locator('button[value^="accept"]'))


def begun_and_left(stage: Stage, us: Officer, them: Officer, path: str) -> None:
    """Claim a paragraph, draft it and leave it: when the claim has ended the other side is free, and has no word of the draft."""
    with us.page.expect_navigation(url="**?p=*"):
        us.page.locator('button[value="claim:"]').click()
    us.live()
    expect(them.page.locator("#r-paras li.edit")).to_be_visible(timeout=SOON_MS)
    us.fill({"t-fr": UNSAID})
    expect(us.page.locator("#draft-kept")).not_to_be_empty(timeout=SOON_MS)
    later(stage, CLAIM_MS)
    for one in (us, them):
        one.go(path)
        expect(one.page.locator("#r-paras li.edit")).to_have_count(0)


def struck(us: Officer, them: Officer) -> None:
    """Strike a paragraph out, see it on the other side with what stood there, undo it, and have it agreed again."""
    press(us, paragraph(us, FIRST["fr"]).locator('button[value^="strike"]'))
    gone = them.page.locator("#r-paras li").filter(has=them.page.locator("summary"))
    expect(gone).to_have_count(1, timeout=SOON_MS)
    gone.locator("summary").click()
    expect(gone).to_contain_text(FIRST_THEIRS["hi"])
    expect(us.page.locator("#meet-ready")).to_contain_text("biffé")
    press(us, us.page.locator('button[value^="restore"]'))
    expect(gone).to_have_count(0, timeout=SOON_MS)  # until then the button agrees to the striking
    back = paragraph(them, FIRST_THEIRS["hi"])
    expect(back.locator('button[value^="accept"]')).to_have_count(1, timeout=SOON_MS)
    press(them, back.locator('button[value^="accept"]'))
    expect(paragraph(us, FIRST["fr"]).locator(".sig .ok")).to_have_count(2, timeout=SOON_MS)


def not_ready(us: Officer, deputy: Officer, path: str) -> None:
    """Who writes has no way to sign; who signs has no way to write, and none to sign before all is agreed."""
    expect(us.page.locator("#meet-sign button")).to_have_count(0)
    deputy.go(path)
    button = deputy.page.locator("#meet-sign button")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(deputy.page.locator("#why-not")).to_be_visible()
    expect(deputy.page.locator('button[form="act"]')).to_have_count(0)


def signed(us: Officer, them: Officer, path: str) -> None:
    """Sign one text under one hash on both sides; half-signed is said to be that."""
    for one in (them, us):
        one.go(path)
    seen = us.page.locator("[data-hash]").get_attribute("data-hash")
    press(us, us.page.locator("#meet-sign button.go"))
    expect(us.page.locator("#meet-ready")).to_contain_text("CA seulement")
    expect(them.page.locator("#meet-hash li")).to_have_count(1, timeout=SOON_MS)
    them.go(path)
    assert them.page.locator("[data-hash]").get_attribute("data-hash") == seen
    press(them, them.page.locator("#meet-sign button.go"))
    for one in (us, them):
        expect(one.page.locator("#meet-top .st.ok")).to_be_visible(timeout=SOON_MS)
        expect(one.page.locator("#meet-hash .st.ok")).to_have_count(2)


def carried(stage: Stage, us: Officer, path: str) -> None:
    """Propose what was decided to the plan; it is an action of it once the other side has agreed there."""
    ca, india = stage.actors
    press(us, us.page.locator('button[value="decide"]'))
    later(stage)
    (proposed,) = until(lambda: india.ask("GET", "/plan")["proposals"])
    by = {"desk": "requests", "number": IN}
    agreed = india.ask("POST", "/plan/answer", {"by": by, "what": {"about": proposed["id"], "state": "agreed"}})
    assert agreed["outcome"] == "sent", agreed
    later(stage)
    (action,) = until(lambda: decided(ca))
    us.go(path)
    expect(paragraph(us, FIRST["fr"]).locator(".sig")).to_contain_text(action["id"])
    expect(us.page.locator('button[value="decide"]')).to_have_count(0)


def legible(us: Officer, path: str) -> None:
    """Read it in the dark, on a narrow screen, and as a machine that reads aloud does."""
    for scheme in ("light", "dark"):
        us.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of two words
        us.go(path)
        assert axe(us.page) == []
    us.page.set_viewport_size({"width": 320, "height": 720})
    assert us.page.evaluate(WIDE) == []


def the_same(stage: Stage, us: Officer, them: Officer, number: str) -> None:
    """Compare the minutes of both nodes, as data and on paper in four languages; no byte of the notes went."""
    ca, india = stage.actors
    path = f"/meetings/{number}"
    ours, heard = (one.ask("GET", f"/meetings/minutes?id={number}") for one in (ca, india))
    assert (ours["hash"], ours["paragraphs"], ours["state"]) == (heard["hash"], heard["paragraphs"], "both")
    for one, tag in ((us, "en"), (us, "fr"), (them, "hi"), (them, "pa")):
        assert one.page.evaluate(FETCH, f"{path}/minutes.pdf?lang={tag}") == [200, "%PDF-"]
    until(lambda: us.page.locator("#r-paras button").count() == 0)


def stays_at_home(stage: Stage) -> None:
    """Look for what was noted and drafted here in every file of the other node, in both logs, and in every byte of the line."""
    ca, india = stage.actors
    files = {path: path.read_bytes() for path in india.folder.rglob("*") if path.is_file()}
    logs = {path: path.read_bytes() for path in stage.folder.glob("*.log")}
    home = b"".join(path.read_bytes() for path in ca.folder.rglob("*") if path.is_file())
    assert len(logs) == len(stage.actors)
    assert any(FIRST["fr"].encode() in data for data in files.values()), "what was published is found there"
    for words in (NOTE.encode(), UNSAID.encode()):
        assert words in home
        assert [path.name for path, data in (files | logs).items() if words in data] == []
        assert words not in b"".join(Line.cable.carried)


def test_a_whole_review(stage: Stage, come: Callable[..., Officer]) -> None:
    ca, india = stage.actors
    us, them = come(ca.url, CA, lang="fr", to="/meetings"), come(india.url, IN, lang="hi", to="/meetings")
    ours, theirs = (
        come(ca.url, CA_DEPUTY, lang="fr", to="/meetings"),
        come(india.url, IN_DEPUTY, lang="hi", to="/meetings"),
    )
    us.heard.expected |= {"409"}
    number = called(us, them)
    path = f"/meetings/{number}"
    # Notes stay at home.
    us.fill({"text": NOTE})
    press(us, us.page.locator('form[action$="/note"] button'))
    not_ready(us, ours, path)
    written(us, them)
    struck(us, them)
    begun_and_left(stage, us, them, path)
    cut_and_mended(us, them)
    for one in (us, them):
        expect(one.page.locator("#r-paras .sig .ok")).to_have_count(4, timeout=SOON_MS)
    signed(ours, theirs, path)
    for one in (us, them):
        expect(one.page.locator("#meet-top .st.ok")).to_be_visible(timeout=SOON_MS)
    carried(stage, us, path)
    legible(us, path)
    the_same(stage, us, them, number)
    stays_at_home(stage)


# --- a consultation on a draft text ------------------------------------------------------------------------------------

CLAUSES = tuple(
    f"Clause {number}. " + "Each side names one office that answers for reports of weaknesses in shared equipment. " * 7
    for number in range(1, 10)
)
"""A draft of three pages."""
COUNTER = "Clause 3. Each side names two offices, one for each kind of equipment."
AGREED = "Clause 3. Each side names one office, and a second one where its law asks for it."
COMMENT = "Does this bind the provinces and the states?"


def test_a_consultation_from_the_draft_to_the_signed_text(
    stage: Stage, come: Callable[..., Officer], tmp_path: Path
) -> None:
    ca, india = stage.actors
    us, them = come(ca.url, CA, to="/meetings"), come(india.url, IN, lang="pa", to="/meetings")
    number = drafted(us, them)
    path = f"/meetings/{number}"
    worked_on(us, them)
    for one in (us, them):
        expect(one.page.locator("#r-paras .sig .ok")).to_have_count(2 * len(CLAUSES), timeout=SOON_MS)
    ours, theirs = come(ca.url, CA_DEPUTY, to="/meetings"), come(india.url, IN_DEPUTY, lang="pa", to="/meetings")
    ours.go(path)
    press(ours, ours.page.locator("#meet-sign button.go"))
    expect(them.page.locator("#meet-hash li")).to_have_count(1, timeout=SOON_MS)
    theirs.go(path)
    press(theirs, theirs.page.locator("#meet-sign button.go"))
    for one in (us, them):
        expect(one.page.locator("#meet-top .st.ok")).to_be_visible(timeout=SOON_MS)
        assert one.page.evaluate(FETCH, f"{path}/minutes.pdf?lang=en") == [200, "%PDF-"]
    kept(stage, number, tmp_path)
    assert axe(us.page) == []


def drafted(us: Officer, them: Officer) -> str:
    """Open a consultation with a draft pasted in; the other side agrees to consult on it. Return its number."""
    us.page.locator('a[href$="sort=consultation"]').click()
    us.live()
    us.fill({"title": "Reports of weaknesses in shared equipment", "draft": "\n\n".join(CLAUSES)})
    us.fill({f"lead-{mark}": "Deputy adviser" for mark in ("CA", "IN")})
    for tag in ("fr", "hi", "pa"):
        us.page.locator(f'[name="languages"][value="{tag}"]').uncheck()
    with us.page.expect_navigation(url=re.compile(r"/meetings/[0-9A-Z]{26}")):
        us.page.locator("form.stack button.go").click()
    us.live()
    expect(us.page.locator("#r-paras > li")).to_have_count(len(CLAUSES))
    assert [one.split(".")[0] for one in us.page.locator("#r-paras .said").all_text_contents()] == [
        one.split(".")[0] for one in CLAUSES
    ]
    number = us.page.url.rpartition("/")[2]
    press(them, them.page.locator(f"#meet-{number} a"))
    expect(them.page.locator("#r-paras > li")).to_have_count(len(CLAUSES), timeout=AGAIN_MS)
    press(them, them.page.locator('button[value="agree"]'))
    return number


def worked_on(us: Officer, them: Officer) -> None:
    """Comment on a clause, set a counter-text beside another, strike one out, agree to the rest; then one text for both."""
    second, third, last = (paragraph(them, f"Clause {number}.") for number in (2, 3, 9))
    press(them, second.locator('button[value^="go-comment"]'))
    them.page.locator("#text").fill(COMMENT)
    press(them, them.page.locator('#write button[value="publish"]'))
    expect(paragraph(us, "Clause 2.")).to_contain_text(COMMENT, timeout=SOON_MS)
    press(them, third.locator('button[value^="claim"]'))
    write(them, {"en": COUNTER}, beside="1")
    expect(us.page.locator("#r-paras .twin")).to_contain_text(COUNTER, timeout=SOON_MS)
    press(them, last.locator('button[value^="strike"]'))
    press(them, them.page.locator('button[value^="accept-all"]'))
    press(us, us.page.locator("#r-paras li").filter(has=us.page.locator("summary")).locator('button[value^="accept"]'))
    press(us, paragraph(us, COUNTER).locator('button[value^="claim"]'))
    write(us, {"en": AGREED})
    agreed = paragraph(them, AGREED)
    expect(agreed).to_have_count(1, timeout=SOON_MS)
    expect(them.page.locator("#r-paras .twin")).to_have_count(0, timeout=SOON_MS)
    press(them, agreed.locator('button[value^="accept"]'))


def kept(stage: Stage, number: str, folder: Path) -> None:
    """Take the text out at both terminals: the same hash, good without a node, and under names a person knows."""
    for one in stage.actors:
        for form in ("json", "text", "pdf"):
            out = folder / f"{one.id}.{form}"
            asked = ["workplan", "minutes", "export", number, "--as", form, "--language", "fr", "--out", str(out)]
            assert main([*asked, "--node", str(one.folder)]) == 0
        assert main(["workplan", "minutes", "verify", str(folder / f"{one.id}.json")]) == 0
    ca, india = (json.loads((folder / f"{one.id}.json").read_text()) for one in stage.actors)
    assert (ca["hash"], ca["state"]) == (india["hash"], "both")
    assert AGREED in (folder / f"{stage.actors[0].id}.text").read_text()
    assert "comity" not in (folder / f"{stage.actors[0].id}.text").read_text(), "sides have names here, nodes do not"
