"""A meeting over two whole nodes: decided by law, in lane urgent, the same on both after a cut; notes are in one table of one node."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import Ms, show_id
from comity.dispatch.states import Committed, Officer, Withheld
from comity.edge.meetings import Saying, make_meetings, make_saying
from comity.marking.labels import Lane
from comity.policy.access import Person
from comity.screen.meetings import Asked
from tests.unit.edge.twofolders import MADE, copy_of, opened, paired

WHO = {"XO": Officer("requests", 11), "XV": Officer("requests", 31)}
DEPUTY = {"XO": Officer("requests", 24), "XV": Officer("requests", 44)}
POSTED = Officer("requests", 32)
NOTE, DRAFT = "lowest offer is nine days", "perhaps seven days"
TERMS = {"sort": "consultation", "title": "Draft policy on seals", "language": "en", "languages": ["en"]}


class Pair:
    def __init__(self, base):
        self.xo, self.xv = (opened(base, name) for name in ("ostrel", "vanmere"))
        self.now, self.number, self.carried = MADE + 1_000, "", ""

    def tick(self, ms=1_000):
        self.now += ms
        return Ms(self.now)

    def does(self, one, act, by=None, **more):
        name, saying = make_saying(one)
        asked = Asked(act, meeting="" if act == "call" else self.number, **more)
        who = by or WHO[one.config.party]
        with one.node.ledger.read() as tx:
            form, ready = saying.form(tx, name, asked, who, self.tick())
        assert form.lane is Lane.URGENT
        (done,) = one.node.submit([(form, who)], self.tick())
        if isinstance(done, BadForm):
            raise done
        assert isinstance(done, Committed), done
        if act == "call":
            self.number = show_id(done.id)
        return ready.paragraph

    def meet(self):
        for one, other in ((self.xo.node, self.xv.node), (self.xv.node, self.xo.node)) * 3:
            asked = one.speak(self.tick())
            other.take(asked, self.tick())
            answer = other.speak(self.tick())
            one.take(answer, self.tick())
            self.carried += f"{asked!r}{answer!r}"

    def card(self, one):
        person = Person("requests", WHO[one.config.party].number, "", frozenset({"officer"}))
        return make_meetings(one).meeting(self.number, person, Ms(self.now))

    def texts(self, one):
        return [[said.text for v in p.versions for said in v.words] for p in self.card(one).paragraphs]


@pytest.fixture
def two(tmp_path):
    pair = Pair(copy_of(paired(), tmp_path))
    pair.does(pair.xo, "call", terms=TERMS)
    pair.meet()
    yield pair
    for one in (pair.xo, pair.xv):
        one.store.close()


def holds(one, words):
    """Name each table of a node in which these words stand, whole or in bytes."""
    with one.node.ledger.read() as tx:
        tables = [str(row[0]) for row in tx.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name
            for name in tables
            for row in tx.rows(f"SELECT * FROM {name}")  # no text of a person in it
            for cell in row
            if words.encode() in (cell if isinstance(cell, bytes) else str(cell).encode())
        }


def test_a_week_apart_both_write_and_have_the_same_minutes_afterwards(two):
    p = two.does(two.xo, "text", language="en", texts=(("en", "Seals are counted."),))
    two.meet()
    seen = tuple(v.id for v in two.card(two.xv).paragraphs[0].versions)
    two.tick(7 * 86_400_000)
    for one, text in ((two.xo, "Seals are counted daily."), (two.xv, "Seals are counted weekly.")):
        two.does(one, "text", paragraph=show_id(p), seen=seen, language="en", texts=(("en", text),))
        two.does(one, "text", language="en", texts=(("en", f"Also: {text}"),))
    assert two.card(two.xo).hash != two.card(two.xv).hash
    two.meet()
    assert two.texts(two.xo) == two.texts(two.xv)
    assert sorted(map(len, two.texts(two.xo))) == [1, 1, 2]
    assert two.card(two.xo).hash == two.card(two.xv).hash
    assert make_meetings(two.xo).export(two.number) == make_meetings(two.xv).export(two.number)
    assert (two.card(two.xo).waiting, two.card(two.xv).waiting) == (0, 0)


def in_files(one, words):
    """Name each file of a node's folder in which these words stand: store, its log, keys, settings."""
    found = one.config.folder.rglob("*")
    return {path.name for path in found if path.is_file() and words.encode() in path.read_bytes()}


def test_no_byte_of_notes_and_drafts_leaves_their_table(two, caplog):
    caplog.set_level("DEBUG")
    p = two.does(two.xo, "text", language="en", texts=(("en", "Seals are counted."),))
    _, saying = make_saying(two.xo)
    with two.xo.node.ledger.begin() as book:
        saying.note(book.tx, two.number, WHO["XO"], NOTE, Ms(two.now))
        saying.draft(book.tx, two.number, WHO["XO"], (show_id(p), "en", DRAFT), Ms(two.now))
    two.does(two.xo, "comment", paragraph=show_id(p), text="Is August counted?")
    two.meet()
    assert two.card(two.xo).note == NOTE
    assert (holds(two.xo, NOTE), holds(two.xo, DRAFT)) == ({"workplan_note"}, {"workplan_draft"})
    assert (holds(two.xv, NOTE), holds(two.xv, DRAFT)) == (set(), set())
    assert "workplan_dispatch" in holds(two.xv, "Is August counted?")
    assert in_files(two.xv, "Is August counted?"), "what was said is found there"
    assert "comity/leaf/1" in two.carried, "and the line is read; what is sealed on it stands opened in the files there"
    for words in (NOTE, DRAFT):
        assert in_files(two.xo, words)
        assert in_files(two.xv, words) == set()
        assert words not in two.carried
        assert words not in caplog.text
    with two.xo.node.ledger.begin() as book:
        saying.drop(book.tx, two.number, WHO["XO"], p)
    assert holds(two.xo, DRAFT) == set()


def test_who_is_not_ours_or_no_signatory_does_nothing(two):
    name, saying = make_saying(two.xo)
    with two.xo.node.ledger.read() as tx, pytest.raises(NotAllowed, match="no officer of ours"):
        saying.form(tx, name, Asked("open", meeting=two.number), Officer("requests", 9_999), Ms(two.now))
    with pytest.raises(NotAllowed, match="signatory"):
        two.does(two.xo, "sign", hash=two.card(two.xo).hash, function="Deputy")


@pytest.fixture
def agreed(two):
    """A consultation with one paragraph behind which both stand."""
    p = two.does(two.xo, "text", language="en", texts=(("en", "Seals are counted."),))
    two.meet()
    two.does(two.xv, "agree")
    two.does(two.xv, "accept", paragraph=show_id(p))
    two.meet()
    assert two.card(two.xo).unready == ()
    return two


def sign(two, one, by):
    two.does(one, "sign", by, hash=two.card(one).hash, function="Deputy adviser")


def test_the_deputies_sign_and_who_writes_does_not(agreed):
    for one in (agreed.xo, agreed.xv):
        with pytest.raises(NotAllowed, match="signatory"):
            sign(agreed, one, WHO[one.config.party])
    sign(agreed, agreed.xo, DEPUTY["XO"])
    agreed.meet()
    assert {agreed.card(one).signed for one in (agreed.xo, agreed.xv)} == {"half"}
    sign(agreed, agreed.xv, DEPUTY["XV"])
    agreed.meet()
    for one in (agreed.xo, agreed.xv):
        card = agreed.card(one)
        assert (card.signed, [s.officer for s in card.signatures]) == ("both", ["requests 24", "requests 44"])


def test_a_signatory_of_the_other_side_signs_nothing_here(agreed):
    with pytest.raises(NotAllowed, match="no officer of ours is requests/44"):
        sign(agreed, agreed.xo, DEPUTY["XV"])


def test_a_writer_who_says_to_be_a_signatory_is_held(agreed):
    """Past the page and the desk, by the path that any form takes: the role that is said has to be held by who lets it go."""
    name, saying = make_saying(agreed.xo)
    asked = Asked("sign", meeting=agreed.number, hash=agreed.card(agreed.xo).hash, function="Deputy adviser")
    with agreed.xo.node.ledger.read() as tx:
        form, _ = saying.form(tx, name, asked, DEPUTY["XO"], agreed.tick())
    (done,) = agreed.xo.node.submit([(form, WHO["XO"])], agreed.tick())
    assert isinstance(done, Withheld)
    assert done.missing == ("release:signatory",)
    agreed.meet()
    assert {agreed.card(one).signed for one in (agreed.xo, agreed.xv)} == {"not"}
    (done,) = agreed.xo.node.submit([(replace(form, role="officer"), WHO["XO"])], agreed.tick())
    assert isinstance(done, Committed), "an officer may say so"
    agreed.meet()
    for one in (agreed.xo, agreed.xv):
        (void,) = agreed.card(one).signatures
        assert (void.sound, agreed.card(one).signed) == (False, "not"), "and it is no signature"


class Ended:
    """The powers of a node, but the delegation of everybody ended a moment ago."""

    def __init__(self, powers):
        self._powers = powers

    def standing(self, tx, desk, number, now):
        return replace(self._powers.standing(tx, desk, number, now), until=now)


def test_whose_standing_has_ended_signs_and_writes_nothing(agreed):
    name, saying = make_saying(agreed.xo)
    roster = agreed.xo.config.path(agreed.xo.config.roster)
    asked = Asked("sign", meeting=agreed.number, hash=agreed.card(agreed.xo).hash, function="Deputy adviser")
    late = Saying(
        saying.desk, saying._roster, Ended(agreed.xo.node.office.powers), ("road-guard",), agreed.xo.node.office.entropy
    )
    with agreed.xo.node.ledger.read() as tx:
        for one in (asked, Asked("text", meeting=agreed.number, language="en", texts=(("en", "Late."),))):
            with pytest.raises(NotAllowed, match="24 is not in force; nothing was kept"):
                late.form(tx, name, one, DEPUTY["XO"], Ms(agreed.now))
        roster.write_text(roster.read_text().replace("number = 24\n", "number = 999\n"))
        with pytest.raises(NotAllowed, match="no officer of ours is requests/24"):
            saying.form(tx, name, asked, DEPUTY["XO"], Ms(agreed.now))
    name, saying = make_saying(agreed.xv)
    with agreed.xv.node.ledger.read() as tx, pytest.raises(NotAllowed, match="32 is not in force"):
        saying.form(tx, name, Asked("open", meeting=agreed.number), POSTED, Ms(agreed.now))


def test_a_claim_that_has_ended_is_nobody_s_and_its_draft_is_at_home_only(two):
    p = two.does(two.xo, "claim")
    _, saying = make_saying(two.xo)
    with two.xo.node.ledger.begin() as book:
        saying.draft(book.tx, two.number, WHO["XO"], (show_id(p), "en", DRAFT), Ms(two.now))
    two.meet()
    assert [len(two.card(one).begun) for one in (two.xo, two.xv)] == [1, 1]
    two.tick(200_000)
    two.meet()
    assert [two.card(one).begun for one in (two.xo, two.xv)] == [(), ()]
    assert (holds(two.xo, DRAFT), holds(two.xv, DRAFT)) == ({"workplan_draft"}, set())
    assert two.card(two.xo).drafts == ((show_id(p), "en", DRAFT),)


def test_names_are_the_reader_s(two):
    reader = make_meetings(two.xo)
    names = reader.names("en", Ms(two.now))
    assert [mark for _, mark, _ in names.parties] == ["XO", "XV"]
    assert dict(names.agencies)["harbour-watch"] == "Harbour Watch of Ostrel"
    other = reader.names("xx", Ms(two.now))
    assert dict(other.agencies)["harbour-watch"] == "Harbour Watch of Ostrel", "English where a language has no name"


def test_lists_and_what_is_not_there(two):
    reader = make_meetings(two.xv)
    (line,) = reader.meetings(Ms(two.now))
    assert (line.title, line.sort, line.state, line.ours) == (TERMS["title"], "consultation", "open", False)
    for name in ("x", show_id(bytes(16))):
        assert reader.meeting(name, Person("", 0, "", frozenset()), Ms(two.now)) is None
        assert reader.export(name) is None
        assert reader.pdf(name, "en", Ms(two.now)) is None
        assert reader.operations(name) == []
    assert reader.pdf(two.number, "en", Ms(two.now))[:5] == b"%PDF-"
    assert reader.agenda(Ms(two.now), "en") == ()
