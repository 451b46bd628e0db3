"""The courier by media: a week without network, and media that are wrong, old, cut, full or somebody else's."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import replace
from types import SimpleNamespace

import pytest

from comity.base.errors import BadMedia
from comity.base.hashing import sha256
from comity.base.ids import Ms
from comity.dispatch.book import LogRole
from comity.dispatch.exchange_codec import Problem as Told
from comity.dispatch.exchange_codec import decode_exchange, encode_exchange, encode_problem
from comity.edge import media as media_files
from comity.edge.carrier import Carrier
from comity.edge.clock import SetClock
from comity.edge.engine import Engine
from comity.edge.media import COMING, FOLDER, LIST, find_sets, folder_of
from comity.marking.labels import Urgency
from comity.node.audit import audit
from comity.node.mediaset import MediaFile, MediaSet, Part, encode_set
from comity.node.recovery import Next
from comity.node.taken import Problem
from comity.tlog.tree import root
from tests.unit.node.putback import SECOND, START, Side, note, recover, say, settle
from tests.unit.node.test_stolen_key import stolen_leaf

HOUR, DAY = 3_600_000, 86_400_000
NORMAL = Urgency.NORMAL


class Post:
    """One side with an engine that has no network, and its carrier."""

    def __init__(self, number, home):
        self.side, self.home = Side(number), home
        self.home.mkdir()

    def do(self, action, stick, now):
        async def play():
            engine = Engine(self.side.node, SetClock(now, 0), None)
            try:
                return await getattr(Carrier(engine, self.home), action)(stick)
            finally:
                engine.close()

        return asyncio.run(play())

    def write(self, stick, now):
        return self.do("write", stick, now)

    def read(self, stick, now):
        return self.do("read", stick, now)

    def submit(self, *texts, now, urgency=NORMAL):
        return [one.id for one in self.side.node.submit([note(text, urgency) for text in texts], now)]

    def filed(self):
        return self.side.rows("SELECT count(*) FROM got WHERE fact = 2")[0][0]

    def receipted(self):
        return self.side.rows("SELECT count(*) FROM sent WHERE fact = 2")[0][0]

    @property
    def node(self):
        return self.side.node


@pytest.fixture
def posts(tmp_path):
    a, b = Post(0, tmp_path / "a"), Post(1, tmp_path / "b")
    settle(a.side, b.side, START)
    return a, b


@pytest.fixture
def stick(tmp_path):
    made = tmp_path / "stick"
    made.mkdir()
    return made


def set_folder(stick):
    return find_sets(stick).sets[0].folder


def at(ms):
    return Ms(START + HOUR + ms)


# --- there and back ------------------------------------------------------------------------------------------------------


def test_dispatches_go_receipts_come_back_and_both_agree(posts, stick):
    a, b = posts
    a.submit(*"abc", now=at(0))
    made = a.write(stick, at(0))
    assert (made.dispatches, made.receipts, made.waiting, made.last_read) == (3, 0, 0, None)
    assert a.receipted() == 0, "nothing counts because it was written"
    found = b.read(stick, at(SECOND))
    assert (found.dispatches, found.filed, found.faults, found.news) == (3, 3, (), True)
    b.submit("d", now=at(SECOND))
    back = b.write(stick, at(2 * SECOND))
    assert (back.dispatches, back.receipts, back.last_read) == (1, 3, at(SECOND))
    home = a.read(stick, at(3 * SECOND))
    assert (home.filed, home.receipts) == (1, 3)
    assert a.receipted() == 3
    assert a.side.rows("SELECT count(*) FROM sent WHERE settled_at IS NULL") == [(0,)]


def test_a_week_without_network_then_both_agree(posts, tmp_path):
    """Both start anew without network; a stick goes each way once a day; then the network is back."""
    a, b = posts
    there, back = tmp_path / "there", tmp_path / "back"
    there.mkdir()
    back.mkdir()
    for post in posts:
        post.node.starts(at(0))
    sent = {a: 0, b: 0}
    for day in range(7):
        for hour in range(0, 24, 3):
            now = at(day * DAY + hour * HOUR)
            for post in posts:
                post.submit(f"{day}.{hour}", now=now)
                sent[post] += 1
                post.node.tick(now)
        evening = day * DAY + 23 * HOUR
        a.write(there, at(evening))
        assert b.read(there, at(evening + HOUR // 2)).faults == ()
        b.write(back, at(evening + HOUR // 2 + SECOND))
        assert a.read(back, at(evening + HOUR - SECOND)).faults == ()
    assert a.side.state == "up"
    assert a.filed() > 0
    for _ in range(2):
        a.write(there, at(7 * DAY))
        b.read(there, at(7 * DAY))
        b.write(back, at(7 * DAY))
        a.read(back, at(7 * DAY))
    settle(a.side, b.side, at(7 * DAY + HOUR), rounds=6)
    assert (a.filed(), b.filed()) == (sent[b], sent[a]), "each dispatch is filed once"
    ours, theirs = a.side.logs()
    assert (ours.size, theirs.size) == tuple(row.size for row in reversed(b.side.logs()))
    assert ours.cosigned_size == ours.size
    assert a.side.rows("SELECT count(*) FROM evidence") == b.side.rows("SELECT count(*) FROM evidence") == [(0,)]


def test_a_stick_that_comes_when_the_network_is_back_does_no_harm(posts, stick):
    a, b = posts
    a.submit("one", now=at(0))
    a.write(stick, at(0))
    settle(a.side, b.side, at(SECOND))
    a.submit("two", now=at(60 * SECOND))
    settle(a.side, b.side, at(61 * SECOND))
    before = b.side.logs()
    found = b.read(stick, at(90 * SECOND))
    assert (found.news, found.dispatches, found.faults) == (False, 0, ())
    assert [row.size for row in b.side.logs()] == [row.size for row in before]
    assert b.filed() == 2


def test_reading_twice_files_once_and_says_so(posts, stick):
    a, b = posts
    a.submit("one", now=at(0))
    a.write(stick, at(0))
    b.read(stick, at(SECOND))
    again = b.read(stick, at(5 * SECOND))
    assert (again.news, again.read_first, again.dispatches) == (False, at(SECOND), 0)
    assert b.filed() == 1


def test_a_long_backlog_is_several_files_the_most_urgent_first(posts, stick):
    a, b = posts
    a.submit(*(f"n{n}" for n in range(150)), now=at(0))
    a.submit("now", now=at(SECOND), urgency=Urgency.IMMEDIATE)
    made = a.write(stick, at(2 * SECOND))
    assert (made.files, made.dispatches) == (3, 151)
    assert b.read(stick, at(3 * SECOND)).filed == 151
    first = b.side.rows("SELECT lane FROM got ORDER BY arrived_at, lane LIMIT 1")
    assert first == [(0,)]


def test_an_overdue_cosignature_holds_nothing_up_on_media(posts, stick):
    a, b = posts
    a.submit("one", now=at(0), urgency=Urgency.URGENT)
    a.node.speak(at(0))
    a.node.tick(at(3 * HOUR))
    assert a.side.state == "uncosigned"
    assert a.write(stick, at(3 * HOUR)).dispatches == 1
    assert a.side.state == "silent"
    assert b.read(stick, at(3 * HOUR)).filed == 1


def test_a_head_in_doubt_still_holds_all_but_immediate(posts, stick):
    a, _ = posts
    a.submit("one", now=at(0), urgency=Urgency.URGENT)
    a.node.speak(at(0))
    a.node.tick(at(3 * HOUR))
    with a.node.ledger.begin() as book:
        book.tx.run("INSERT INTO pending_head (note, size, time, root) VALUES ('x', 9999, 1, x'00')")
    made = a.write(stick, at(3 * HOUR))
    assert (made.dispatches, made.waiting) == (0, 1)
    assert a.side.state == "uncosigned"


# --- starting without a network --------------------------------------------------------------------------------------------


def test_a_node_that_starts_asks_on_media_and_goes_on_by_the_answer(posts, stick):
    a, b = posts
    a.submit("one", now=at(0))
    a.node.starts(at(SECOND))
    made = a.write(stick, at(2 * SECOND))
    assert (made.recovering, made.dispatches, made.files) == (True, 0, 1)
    assert b.read(stick, at(3 * SECOND)).answer
    b.write(stick, at(4 * SECOND))
    assert a.read(stick, at(5 * SECOND)).faults == ()
    assert a.side.state == "up"
    assert a.write(stick, at(6 * SECOND)).dispatches == 1
    assert b.read(stick, at(7 * SECOND)).filed == 1
    assert b.side.rows("SELECT count(*) FROM carry_back") == [(0,)], "the peer speaks again, so it has its answer"


def test_an_old_stick_never_tells_a_node_that_its_store_is_the_newest(posts, stick):
    a, b = posts
    a.node.can_call = False
    image = a.side.store.image()
    b.write(stick, at(0))
    a.submit("one", now=at(SECOND), urgency=Urgency.URGENT)
    settle(a.side, b.side, at(SECOND))
    a.side.put_back(image)
    a.node.can_call = False
    a.node.starts(at(60 * SECOND))
    found = a.read(stick, at(61 * SECOND))
    assert "asks first" in found.faults[0]
    assert a.side.state == "recovering"


def test_media_read_by_a_node_that_starts_accuse_nobody_when_they_are_read_again(posts, stick):
    """The node takes nothing of them but the head: the other side, put back since, is told that it lost it, and disowns it."""
    a, b = posts
    image = b.side.store.image()
    b.submit("lost", now=at(0), urgency=Urgency.URGENT)
    b.write(stick, at(0))
    a.node.starts(at(SECOND))
    found = a.read(stick, at(SECOND))
    assert (len(found.faults), found.files) == (1, 0)
    assert "asks first" in found.faults[0]
    b.side.put_back(image)
    assert recover(b.side, a.side, at(60 * SECOND)) == [Next.AGAIN, Next.FETCH]
    recover(a.side, b.side, at(60 * SECOND))
    b.submit("another history", now=at(70 * SECOND), urgency=Urgency.URGENT)
    settle(a.side, b.side, at(70 * SECOND))
    assert a.read(stick, at(80 * SECOND)).files == 0
    assert (a.side.state, a.side.rows("SELECT 1 FROM evidence")) == ("up", [])
    settle(a.side, b.side, at(90 * SECOND))
    assert a.side.logs()[1].size == b.side.logs()[0].size


def test_a_store_that_was_put_back_is_mended_by_media_alone(posts, stick):
    a, b = posts
    a.submit("a1", now=at(0), urgency=Urgency.URGENT)
    settle(a.side, b.side, at(0))
    image = a.side.store.image()
    a.submit("a2", now=at(60 * SECOND), urgency=Urgency.URGENT)
    b.submit("b2", now=at(60 * SECOND), urgency=Urgency.URGENT)
    settle(a.side, b.side, at(60 * SECOND))
    a.side.put_back(image)
    a.node.starts(at(120 * SECOND))
    for n in range(3):
        now = at((200 + 20 * n) * SECOND)
        a.write(stick, now)
        b.read(stick, now)
        b.write(stick, now)
        a.read(stick, now)
    assert a.side.state == "up"
    assert a.side.rows("SELECT kind FROM instrument WHERE kind = 'restored'") == [("restored",)]
    settle(a.side, b.side, at(600 * SECOND), rounds=6)
    assert a.filed() == 1
    assert a.side.logs()[0].size == b.side.logs()[1].size


def test_an_answer_to_another_question_is_refused(posts, stick, tmp_path):
    a, b = posts
    a.node.starts(at(0))
    a.write(stick, at(0))
    b.read(stick, at(SECOND))
    b.write(stick, at(2 * SECOND))
    a.node.starts(at(3 * SECOND))
    found = a.read(stick, at(4 * SECOND))
    assert "another question" in found.faults[0]
    assert a.side.state == "recovering"


def test_a_refused_question_is_carried_back_too(posts, stick):
    a, b = posts
    image = a.side.store.image()
    for n in range(2):
        a.side.put_back(image)
        a.node.starts(at(n * 600 * SECOND))
        for _ in range(3):
            a.write(stick, at(n * 600 * SECOND + SECOND))
            b.read(stick, at(n * 600 * SECOND + SECOND))
            b.write(stick, at(n * 600 * SECOND + SECOND))
            a.read(stick, at(n * 600 * SECOND + SECOND))
    assert a.side.state == "up"


# --- media that are no good ------------------------------------------------------------------------------------------------


def test_a_cut_file_is_named_and_the_others_are_taken(posts, stick):
    a, b = posts
    a.submit(*(f"n{n}" for n in range(100)), now=at(0))
    a.write(stick, at(0))
    cut = set_folder(stick) / "exchange-0000.cbor"
    cut.write_bytes(cut.read_bytes()[:-100])
    found = b.read(stick, at(SECOND))
    assert "exchange-0000.cbor" in found.faults[0]
    assert found.filed == 36
    b.write(stick, at(2 * SECOND))
    a.read(stick, at(3 * SECOND))
    assert a.write(stick, at(4 * SECOND)).dispatches == 64, "what has no receipt goes again"
    assert b.read(stick, at(5 * SECOND)).filed == 64


def test_a_changed_file_with_a_changed_list_is_still_refused(posts, stick):
    a, b = posts
    a.submit("one", now=at(0))
    a.write(stick, at(0))
    found = find_sets(stick).sets[0]
    path = found.folder / "exchange-0000.cbor"
    content = bytearray(path.read_bytes())
    content[content.index(b"comity/leaf/1") + 60] ^= 1
    content = bytes(content)
    path.write_bytes(content)
    listed = found.listed
    forged = tuple(type(one).of(one.name, one.part, one.about, content) for one in listed.files)
    (found.folder / LIST).write_bytes(
        encode_set(MediaSet(listed.sender, listed.receiver, listed.set_id, listed.written, forged))
    )
    taken = b.read(stick, at(SECOND))
    assert taken.faults
    assert b.filed() == 0


@pytest.mark.parametrize("how", ["no-list", "half-list", "coming"])
def test_a_set_whose_writing_was_cut_off_says_so(posts, stick, how):
    a, b = posts
    a.write(stick, at(0))
    folder = set_folder(stick)
    if how == "coming":
        folder.rename(folder.with_name(COMING + folder.name))
    elif how == "no-list":
        (folder / LIST).unlink()
    else:
        (folder / LIST).write_bytes((folder / LIST).read_bytes()[:40])
    with pytest.raises(BadMedia, match="cut off"):
        b.read(stick, at(SECOND))


def test_a_kill_while_a_set_is_written_leaves_the_older_one(posts, stick, monkeypatch):
    a, b = posts
    a.submit("one", now=at(0))
    a.write(stick, at(0))
    a.submit("two", now=at(SECOND))
    real = media_files._write

    def dies(path, content):
        if path.name == LIST:
            raise KeyboardInterrupt
        real(path, content)

    monkeypatch.setattr(media_files, "_write", dies)
    monkeypatch.setattr(media_files.SetWriter, "abandon", lambda self: None)
    with pytest.raises(KeyboardInterrupt):
        a.write(stick, at(2 * SECOND))
    monkeypatch.undo()
    assert b.read(stick, at(3 * SECOND)).filed == 1
    a.write(stick, at(4 * SECOND))
    assert [one.name.startswith(COMING) for one in (stick / FOLDER / folder_of(a.node.voice.node)).iterdir()] == [False]


def test_own_media_somebody_elses_and_none_are_told_apart(posts, stick, tmp_path):
    a, b = posts
    with pytest.raises(BadMedia, match="holds no folder"):
        b.read(stick, at(0))
    a.write(stick, at(0))
    with pytest.raises(BadMedia, match="what this node wrote"):
        a.read(stick, at(0))
    other = find_sets(stick).sets[0]
    listed = MediaSet("far.example/comity", other.listed.receiver, bytes(16), at(0), ())
    folder = stick / FOLDER / "0" / "x"
    shutil.rmtree(stick / FOLDER / folder_of(a.node.voice.node))
    folder.mkdir(parents=True)
    (folder / LIST).write_bytes(encode_set(listed))
    with pytest.raises(BadMedia, match="wrong media"):
        b.read(stick, at(0))
    (folder / LIST).unlink()
    folder.rmdir()
    with pytest.raises(BadMedia, match="holds no set"):
        b.read(stick, at(0))


def test_an_exchange_of_another_log_under_the_peers_name_is_refused(posts, stick):
    _a, b = posts
    b.write(stick, at(0))
    wrong = find_sets(stick).sets[0]
    listed = wrong.listed
    (wrong.folder / LIST).write_bytes(
        encode_set(MediaSet(listed.receiver, listed.sender, listed.set_id, listed.written, listed.files))
    )
    found = b.read(stick, at(SECOND))
    assert "another log" in found.faults[0]


def test_media_without_room_lose_nothing(posts, stick, monkeypatch):
    a, b = posts
    a.submit(*(f"n{n}" for n in range(100)), now=at(0))
    monkeypatch.setattr(media_files.shutil, "disk_usage", lambda _: SimpleNamespace(free=media_files.ROOM_LEFT + 100))
    with pytest.raises(BadMedia, match="no room for any file"):
        a.write(stick, at(0))
    frees = iter([1 << 30, 0])
    monkeypatch.setattr(media_files.shutil, "disk_usage", lambda _: SimpleNamespace(free=next(frees)))
    made = a.write(stick, at(0))
    assert (made.dispatches, made.waiting, made.full) == (64, 36, True)
    monkeypatch.undo()
    assert b.read(stick, at(SECOND)).filed == 64


def test_media_that_fail_under_the_hand_are_told_plainly(posts, stick, monkeypatch, tmp_path):
    a, _ = posts
    with pytest.raises(BadMedia, match="no folder"):
        a.write(tmp_path / "none", at(0))
    with pytest.raises(BadMedia, match="own folder"):
        a.write(a.home, at(0))

    def fails(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(BadMedia, match="No space left"):
        a.write(stick, at(0))
    monkeypatch.undo()
    assert find_sets(stick).sets == ()
    (stick / FOLDER).chmod(0o700)


def test_what_is_not_a_plain_file_is_never_followed(posts, stick, tmp_path):
    a, b = posts
    a.write(stick, at(0))
    path = set_folder(stick) / "exchange-0000.cbor"
    moved = tmp_path / "elsewhere"
    path.rename(moved)
    path.symlink_to(moved)
    assert "cut, changed" in b.read(stick, at(SECOND)).faults[0]
    path.unlink()
    os.mkfifo(path)
    assert "cut, changed" in b.read(stick, at(SECOND)).faults[0]


def test_a_broken_link_writes_nothing(posts, stick):
    a, _ = posts
    with a.node.ledger.begin() as book:
        book.tx.run("UPDATE link SET state = 'broken', reason = 'proof'")
    a.node.ledger.forget()
    with pytest.raises(Problem, match="broken"):
        a.write(stick, at(0))
    assert find_sets(stick).sets == ()


def test_what_was_lost_is_wanted_and_comes_with_the_next_set(posts, stick):
    a, b = posts
    a.submit("one", now=at(0), urgency=Urgency.URGENT)
    data = a.node.speak(at(0))
    from dataclasses import replace

    from comity.dispatch.exchange_codec import decode_exchange, encode_exchange

    b.node.take(encode_exchange(replace(decode_exchange(data), dispatches=())), at(0))
    b.write(stick, at(SECOND))
    a.read(stick, at(2 * SECOND))
    a.write(stick, at(3 * SECOND))
    assert b.read(stick, at(4 * SECOND)).filed == 1
    say(a.side, b.side, at(5 * SECOND))


# --- media that somebody altered and listed anew, so that they read well ---------------------------------------------------


def altered(stick, change):
    """Change each exchange on a stick as a thief of it would, and make its list fit."""
    found = find_sets(stick).sets[0]
    files = []
    for one in found.listed.files:
        content = encode_exchange(change(decode_exchange((found.folder / one.name).read_bytes())))
        (found.folder / one.name).write_bytes(content)
        files.append(type(one).of(one.name, one.part, one.about, content))
    (found.folder / LIST).write_bytes(encode_set(replace(found.listed, files=tuple(files))))


def as_if_it_mirrored(side):
    """Return the change that has an exchange say that its sender mirrors the log of `side`."""
    with side.node.ledger.begin() as book:
        size = book.logs[LogRole.OURS].size
        whole = root(book.tiles(LogRole.OURS), size)
    return lambda said: replace(said, mirror_size=size, mirror_root=whole)


def test_a_stick_altered_on_the_way_does_not_turn_a_question_into_an_accusation(posts, stick):
    """A thief with our log key spoke to the other side; what that honestly co-signed comes on a stick that says otherwise."""
    a, b = posts
    recover(a.side, b.side, START)
    stolen_leaf(a.side, b.side, at(0))
    a.node.submit([note("true")], at(0))
    a.node.speak(at(60 * SECOND))
    assert a.side.logs()[0].size >= b.side.logs()[1].size
    b.write(stick, at(70 * SECOND))
    altered(stick, as_if_it_mirrored(a.side))
    found = a.read(stick, at(80 * SECOND))
    assert "asks first whether its store is the newest" in found.faults[0]
    assert (a.side.state, a.side.rows("SELECT 1 FROM evidence")) == ("recovering", [])
    for now in (90, 100):
        go_round(a, b, stick, at(now * SECOND))
    assert a.side.state == "broken"
    assert "log key is in other hands" in a.side.node.link().reason
    assert a.side.rows("SELECT 1 FROM evidence") == b.side.rows("SELECT 1 FROM evidence") == []
    for one in (a, b):
        with one.side.store.read() as tx:
            assert audit(tx).differences == ()


def go_round(a: Post, b: Post, stick, now: Ms):
    """Carry a stick there and back."""
    if a.side.state != "recovering":
        return
    a.write(stick, now)
    b.read(stick, now)
    b.write(stick, now)
    a.read(stick, now)


def test_a_refusal_made_up_on_a_stick_ends_no_store(posts, stick):
    """A refusal of our question is not signed: it made us ask under the incarnation that it names, and that looked like another store."""
    # docs/adr/0110-a-signed-word-ends-a-store.md
    a, b = posts
    held = b.side.rows("SELECT second FROM incarnation WHERE role = 'theirs'")
    a.node.starts(at(0))
    a.write(stick, at(0))
    b.write(stick, at(SECOND))
    asked = a.node.recover_request()
    made_up = Told("stale-incarnation", 0, 0, None, at(60 * SECOND) // 1_000)
    theirs = next(one for one in find_sets(stick).sets if one.listed.sender == b.node.voice.node)
    only(theirs, "recovered.cose", Part.PROBLEM, encode_problem(made_up), sha256(asked).hex() + " 409")
    a.read(stick, at(2 * SECOND))
    assert a.side.state == "recovering"
    assert "media say that another store of this node has gone on; nobody signed that" in a.side.node.link().reason
    go_round(a, b, stick, at(10 * SECOND))
    assert a.side.state == "up"
    assert a.side.rows("SELECT 1 FROM evidence") == b.side.rows("SELECT 1 FROM evidence") == []
    assert b.side.rows("SELECT second FROM incarnation WHERE role = 'theirs'") == held, "none was taken for it"


def only(found, name, part, content, about):
    """Leave one file in a set, and list it."""
    (found.folder / name).write_bytes(content)
    listed = replace(found.listed, files=(MediaFile.of(name, part, about, content),))
    (found.folder / LIST).write_bytes(encode_set(listed))
