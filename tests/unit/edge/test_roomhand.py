"""One person's hand on a room, over trays and two keepers without a wire: what is left, taken, set aside, refused, and shown."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from comity.base.errors import BadConfiguration, BadForm
from comity.base.ids import Ms
from comity.edge.config import read_config
from comity.edge.files import read_private
from comity.edge.roomcopy import running_alone
from comity.edge.roomdesk import read_law
from comity.edge.roomhand import RoomHand
from comity.edge.rooms import open_room, room_folder
from comity.edge.roomtray import Emptied, Tray, serve_tray
from comity.room.keyfile import unlock
from comity.web import roomview
from comity.web.roomsite import Entry
from comity.web.roomview import RoomVisit
from comity.web.texts import Texts
from tests.unit.cli.test_room import TITLE, open_it, run
from tests.unit.edge.twofolders import MADE, copy_of, paired
from tests.unit.room.world import talk

TEXT = "The harbour master's green ledger"
SIDES = ("ostrel", "vanmere")
KEEP = TemporaryDirectory(prefix="comity-test-")


class Still:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = MADE

    def now(self) -> Ms:
        return Ms(self.at)


class Room:
    """Both sides of one room in one process."""

    def __init__(self, base) -> None:
        self.base, self.clock = base, Still()
        self.configs = [read_config(base / name) for name in SIDES]
        self.trays = [Tray(base / f"{name}.tray") for name in SIDES]
        for tray in self.trays:
            tray.folder.mkdir()
        self.opened = [open_room(config, 1, self.clock.now()) for config in self.configs]
        self.emptied = [Emptied(), Emptied()]
        self.hands = [self.hand(name, tray) for name, tray in zip(SIDES, self.trays, strict=True)]
        self.slot()
        self.slot()

    def hand(self, name, tray) -> RoomHand:
        path = self.base / f"{name}.key"
        return RoomHand(path, keys_in(read_private(path)), read_law(self.base / name / "law"), tray, self.clock)

    def serve(self) -> None:
        for number, (config, tray) in enumerate(zip(self.configs, self.trays, strict=True)):
            self.emptied[number] = serve_tray(config, 1, tray, self.clock.now(), self.emptied[number])

    def slot(self) -> None:
        """One slot: trays emptied, both turn, each calls the other, new boxes left."""
        self.clock.at += 1_000
        self.serve()
        one, two = (room.keeper for room in self.opened)
        for keeper in (one, two):
            keeper.turn(self.clock.now())
        talk(one, two, self.clock.now())
        talk(two, one, self.clock.now())
        self.clock.at += 1
        self.serve()

    def visit(self, number, path=None, query=None, **form) -> RoomVisit:
        given = {name.replace("_", "-"): (value,) for name, value in form.items()}
        return RoomVisit(self.hands[number], self.clock.now(), path or {}, query or {}, given, Texts("en"), False)


@cache
def keys_in(data: bytes):
    return unlock(data, "a long enough passphrase")


@cache
def with_room() -> Path:
    """Return a folder with both nodes and the room open on both."""
    base = copy_of(paired(), Path(KEEP.name))
    open_it(base, (1, 2))
    return base


@pytest.fixture
def room(tmp_path):
    made = Room(copy_of(with_room(), tmp_path))
    yield made
    for one in made.opened:
        one.store.close()


def note(**more):
    form = {"desk": "requests", "kind": "message", "agency": "paper-office", "recipients": ["seal-house"]}
    return {**form, "purpose": "border-document", "workplan_reason": "room 1", "body": {"text": TEXT}, **more}


def test_a_note_lies_in_the_tray_until_it_is_co_signed_and_is_read_receipted_and_answered(room):
    ours, theirs = room.hands
    assert ours.write(note(), judge=True).state == "permitted"
    assert room.trays[0].items() == ()
    said = ours.write(note(), judge=False)
    assert (said.state, [one.what for one in ours.look().waiting]) == ("written", ["note"])
    (item,) = room.trays[0].items()
    assert TEXT.encode() not in item.read_bytes()
    room.serve()
    assert room.trays[0].items() == (item,)  # taken, and kept: a store that is put back gets it again
    room.slot()
    room.slot()
    assert (room.trays[0].items(), ours.look().waiting) == ((), ())
    (found,) = theirs.look().notes
    assert (found.id, found.ours, found.refused, found.receipted) == (said.id, False, "", False)
    assert [line.text for line in found.lines] == [TEXT]
    theirs.receipt(found.id)
    assert theirs.look().notes[0].receipted
    with pytest.raises(BadForm, match="already"):
        theirs.receipt(found.id)
    with pytest.raises(BadForm, match="of the other side"):
        ours.receipt(found.id)
    room.slot()
    room.slot()
    assert [one.receipts for one in ours.look().notes] == [1]
    assert theirs.look().notes[0].receipted


def test_what_law_refuses_leaves_nothing_and_a_draft_that_is_not_there_says_so(room):
    ours = room.hands[0]
    said = ours.write(note(purpose="restricted-dialogue"), judge=False)  # the law of these two states knows no room
    assert (said.state, said.draft, room.trays[0].items(), room.trays[0].drafts()) == ("refused", False, (), ())
    for act in (lambda: ours.resume(said.id), lambda: ours.approve(said.id, "officer")):
        with pytest.raises(BadForm, match="not in the tray"):
            act()
    with pytest.raises(BadForm, match="is no note in this box"):
        ours.reveal(said.id, "Clerk", "{}")


def test_what_is_no_item_of_the_room_is_set_aside_and_said(room):
    stray = room.trays[0].folder / "a.item"
    stray.write_bytes(b"\x80")
    (room.trays[0].folder / "b.item").symlink_to(room.base / "words")
    room.serve()
    assert [path.name for path in room.trays[0].refused()] == ["a.refused", "b.refused"]
    assert room.emptied[0].refused == 2
    room.slot()
    assert room.hands[0].look().refused == 2


def test_a_proof_is_sealed_to_the_card_and_nothing_is_written_while_a_log_is_wrong(room):
    ours = room.hands[0]
    said = ours.write(note(), judge=False)
    room.slot()
    room.slot()
    with pytest.raises(BadForm, match="the card could not be read"):
        ours.reveal(said.id, "Clerk", "no card")
    run("join", "--number", 1, "--agency", "commission", "--key", room.base / "clerk.key", "--passphrase-file",
        room.base / "words", "--card", room.base / "clerk.card")  # fmt: skip
    proof = ours.reveal(said.id, "Clerk", (room.base / "clerk.card").read_text())
    assert TEXT.encode() not in proof
    room.clock.at += 3_600_000  # no new head for an hour
    assert any("stands still" in one for one in ours.look().wrong)
    with pytest.raises(BadForm, match="telephone"):
        ours.write(note(), judge=False)


def test_without_a_box_a_person_is_told_so_and_one_process_holds_a_room(room):
    hand = room.hand("ostrel", Tray(room.base))
    with pytest.raises(BadForm, match="has left no box yet"):
        hand.look()
    folder = room_folder(room.configs[0], 1)
    with running_alone(folder), pytest.raises(BadConfiguration, match="runs already"), running_alone(folder):
        pass


# --- the screens ----------------------------------------------------------------------------------------------------


def test_the_screens_say_what_there_is_what_is_missing_and_what_was_done(room):
    shown = roomview.room(room.visit(0))
    assert (shown.page.template, shown.context["card"].title) == ("room.html", TITLE)
    stamp = shown.context["card"].stamp
    assert roomview.live(room.visit(0, query={"have": stamp})).page is None
    assert roomview.live(room.visit(0, query={"have": "x"})).page.template == "room_live.html"
    assert roomview.write(room.visit(0)).context["form"].kind == "message"
    assert roomview.write(room.visit(0, query={"outcome": "1"})).context["page_h1"] == "A paragraph of outcome"
    empty = roomview.written(room.visit(0, kind="message", do="send", h_purpose="border-document"))
    assert (empty.status, empty.context["errors"]) == (422, True)
    more = roomview.written(room.visit(0, **{"do": "row:b-items", "b-items-rows": "1", "kind": "message"}))
    assert [len(one.rows) for one in more.context["body"] if one.key == "items"] == [2]
    refused = roomview.written(room.visit(0, b_text=TEXT, h_purpose="restricted-dialogue", do="send"))
    assert refused.context["law"].headline == "Our law refuses it"
    sent = roomview.written(room.visit(0, b_text=TEXT, h_purpose="border-document", do="send", outcome="1"))
    assert sent.to == "/?said=note"
    room.slot()
    room.slot()
    (one,) = room.hands[1].look().notes
    assert [line.label for line in one.lines] == ["text", "outcome"]
    answer = roomview.write(room.visit(1, query={"re": one.id, "kind": "answer"}))
    assert answer.context["form"].kind in {"answer", "message"}
    assert roomview.receipted(room.visit(1, {"id": one.id})).to == "/?said=receipt"
    assert roomview.revealing(room.visit(1, {"id": one.id})).context["on"].id == one.id
    assert roomview.revealing(room.visit(1, {"id": "x"})).to == "/"
    assert roomview.draft(room.visit(1, {"id": "x"})).to == "/"
    assert roomview.language(room.visit(1, language="pa")).language == "pa"
    assert roomview.stay(room.visit(1)).page is None
    assert roomview.leave(room.visit(1)).leave


def test_the_way_in_is_good_once():
    entry = Entry("token")
    assert not entry.knows("")
    assert not entry.enter("other", Ms(1))
    assert entry.enter("token", Ms(1))
    assert not entry.enter("token", Ms(1))
    assert not entry.enter("", Ms(1))
    assert entry.knows(entry.session)
    session = entry.session
    entry.end()
    assert not entry.knows(session)
