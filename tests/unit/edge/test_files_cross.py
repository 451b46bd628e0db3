"""Files cross between two running nodes: sealed, fetched, checked, looked into, and only then given."""

from __future__ import annotations

import asyncio
import hashlib
import os

import pytest

from comity.base.errors import BadForm
from comity.base.ids import read_id
from comity.cli.doorway import Refusal
from comity.edge.filescan import plain_of
from comity.edge.filestore import FileStore
from comity.node import attached
from tests.unit.edge.driven import rows
from tests.unit.edge.filesworld import (
    BY,
    PATIENCE,
    PDF,
    THEIRS,
    add,
    arrived,
    asked,
    begin,
    form,
    looked,
    nodes,
    place,
    put,
    run,
    send,
    state,
    there,
    until,
)
from tests.unit.edge.twofolders import copy_of, paired


@pytest.fixture
def base(tmp_path):
    return copy_of(paired(), tmp_path)


def content(node, base, name, dispatch, number=0):
    with node.opened.node.ledger.read() as tx:
        one = attached.file_of(read_id(dispatch), number, tx)
    store = FileStore(base / name / "files", 0)
    return b"".join(plain_of(store, one.dispatch, one.file))


def test_two_files_cross_are_filed_with_their_dispatch_and_open_to_the_same_bytes(base):
    large = PDF + os.urandom(3 << 20)

    async def play():
        async with nodes(base) as (near, far):
            files = await add(base, "../a\\plan.pdf", large)
            await add(base, "note.txt", b"what was seen\n", "text/plain", files)
            dispatch = await send(base, files)
            assert dispatch == files
            found = await arrived(base, dispatch)
            assert [(one["name"], one["media"], one["size"], one["found"]) for one in found] == [
                ("plan.pdf", "application/pdf", len(large), "application/pdf"),
                ("note.txt", "text/plain", 14, "text/plain"),
            ]
            await until(lambda: rows(near.opened.node, "SELECT fact FROM sent") == [(2,)])
            assert content(far, base, "vanmere", dispatch) == large
            assert content(near, base, "ostrel", dispatch, 1) == b"what was seen\n"
            stored = (base / "vanmere" / "files" / found[0]["hash"]).read_bytes()
            assert hashlib.sha256(stored).hexdigest() == found[0]["hash"]
            assert large[:64] not in stored, "the plain file is nowhere"

    run(play())


def test_a_dispatch_is_filed_when_its_files_are_whole_and_not_before(base):
    async def play():
        async with nodes(base) as (near, far):
            files = await add(base, "plan.pdf", PDF)
            hidden = (base / "ostrel" / "files").rename(base / "ostrel" / "away")
            (base / "ostrel" / "files").mkdir(mode=0o700)
            dispatch = await send(base, files)
            await until(lambda: rows(near.opened.node, "SELECT fact FROM sent") == [(1,)])
            async with asyncio.timeout(PATIENCE):
                while (await there(base, dispatch))[0]["why"] != "gone":  # noqa: ASYNC110  the door is asked again
                    await asyncio.sleep(0.01)
            assert rows(far.opened.node, "SELECT fact FROM got") == [(1,)], "arrived, not filed"
            assert rows(far.opened.node, "SELECT count(*) FROM requests_dispatch") == [(0,)], "no desk has it"
            assert [one["state"] for one in await there(base, dispatch)] == ["coming"]
            for file in hidden.iterdir():
                file.rename(base / "ostrel" / "files" / file.name)
            await arrived(base, dispatch)
            await until(lambda: rows(near.opened.node, "SELECT fact FROM sent") == [(2,)])

    run(play())


@pytest.mark.parametrize(
    ("name", "media", "data", "state"),
    [
        ("a.pdf", "application/pdf", PDF + b"EICAR", "infected"),
        ("a.pdf", "application/pdf", PDF + b"BREAKS", "scan-failed"),
        ("a.pdf", "application/pdf", b"\x89PNG\r\n\x1a\n" + bytes(40), "other-type"),
        ("a.pdf", "application/pdf", PDF.replace(b"/Type", b"/JS (app.alert(1)) /Type", 1), "active"),
        ("a.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(40) + b"PK\x05\x06" + bytes(18), "active"),
        ("a.exe", "application/octet-stream", b"MZ" + bytes(100), "active"),
    ],
    ids=["infected", "scan fails", "another type", "a script in a document", "two files in one", "a program"],
)
def test_what_is_not_clean_leaves_neither_by_a_draft_nor_to_a_person(base, name, media, data, state):
    """An honest sender's node stops it; so that the receiver's does too, the sender's row is made to say clean."""

    async def play():
        async with nodes(base) as (near, far):
            files, number = await begin(base, name, len(data), media)
            await put(base, "ostrel", place(files, number, 0), data)
            [row] = await looked(base, files)
            assert row["state"] == state
            with pytest.raises(BadForm, match="cannot leave"):
                await asked(base, "ostrel", "POST", "/submit", {"form": form(files), "by": BY})
            with near.opened.node.ledger.begin() as book:
                book.tx.run("UPDATE attaching SET state = 'clean'")
            dispatch = await send(base, files)
            await arrived(base, dispatch, (state,))
            await until(lambda: rows(far.opened.node, "SELECT fact FROM got") == [(2,)])
            with pytest.raises(Refusal, match="quarantine"):
                await asked(base, "vanmere", "POST", "/files/give", {"dispatch": dispatch, "number": 0, "by": THEIRS})
            assert rows(far.opened.node, "SELECT count(*) FROM record WHERE kind = 'file-given'") == [(0,)]

    run(play())


def test_who_got_a_file_is_on_record_before_the_first_byte(base):
    async def play():
        async with nodes(base) as (_, far):
            dispatch = await send(base, await add(base, "plan.pdf", PDF))
            await arrived(base, dispatch)
            said = await asked(
                base, "vanmere", "POST", "/files/give", {"dispatch": dispatch, "number": 0, "by": THEIRS}
            )
            assert said["name"] == "plan.pdf"
            assert "key" not in str(said)
            assert rows(far.opened.node, "SELECT count(*) FROM record WHERE kind = 'file-given'") == [(1,)]
            assert rows(far.opened.node, "SELECT desk, number FROM viewed") == [("requests", 33)]

    run(play())


KEEPERS = {"vanmere": (41, 42), "ostrel": (21, 22)}
"""Desk lead and legal officer of each."""


async def erase(base, name, dispatch, parts):
    body = {"dispatch": dispatch, "parts": parts, "reason": "the day has come"}
    lead, legal = ({"desk": "requests", "number": number} for number in KEEPERS[name])
    await asked(base, name, "POST", "/retention/erase", {**body, "step": "ask", "by": lead})
    return await asked(base, name, "POST", "/retention/erase", {**body, "step": "confirm", "by": legal})


def in_store(base, name, what: bytes) -> bool:
    return any(what in one.read_bytes() for one in (base / name).glob("*.db*"))


def test_an_erasure_destroys_key_and_bytes_of_its_files_and_says_so_in_the_log(base):
    async def play():
        async with nodes(base) as (near, far):
            dispatch = await send(base, await add(base, "plan.pdf", PDF))
            [found] = await arrived(base, dispatch)
            await until(lambda: rows(near.opened.node, "SELECT fact FROM sent") == [(2,)])
            path = base / "vanmere" / "files" / found["hash"]
            with far.opened.node.ledger.read() as tx:
                key = attached.file_of(read_id(dispatch), 0, tx).file.key
            assert path.exists()
            assert in_store(base, "vanmere", key)
            await erase(base, "vanmere", dispatch, ["body"])
            assert path.exists(), "only the body was erased"
            assert in_store(base, "vanmere", key)
            said = await erase(base, "vanmere", dispatch, ["attachments"])
            assert (said["kind"], said["clean"]) == ("shred", True)
            assert not path.exists(), "the files go with the part that names them, also where it is erased later"
            assert not in_store(base, "vanmere", key)
            with pytest.raises(BadForm):
                await erase(base, "vanmere", dispatch, ["attachments"])

    run(play())


@pytest.mark.parametrize(("name", "kind"), [("vanmere", "got"), ("ostrel", "sent")])
def test_no_key_and_no_byte_of_an_erased_file_is_left_on_either_side(base, name, kind):
    async def play():
        async with nodes(base) as (near, far):
            dispatch = await send(base, await add(base, "plan.pdf", PDF))
            [found] = await arrived(base, dispatch)
            await until(lambda: rows(near.opened.node, "SELECT fact FROM sent") == [(2,)])
            node = {"vanmere": far, "ostrel": near}[name].opened.node
            path = base / name / "files" / found["hash"]
            with node.ledger.read() as tx:
                key = attached.file_of(read_id(dispatch), 0, tx).file.key
            assert path.exists()
            assert in_store(base, name, key)
            said = await erase(base, name, dispatch, ["body", "attachments"])
            assert (said["kind"], said["clean"]) == ("shred", True)
            assert not path.exists()
            assert not in_store(base, name, key), "the key is in a file of the store"
            [left] = await asked(base, name, "GET", f"/files/of?dispatch={dispatch}")
            assert (left["state"], left["name"], left["hash"]) == ("erased", "", found["hash"])
            with pytest.raises(Refusal):
                await asked(base, name, "POST", "/files/give", {"dispatch": dispatch, "number": 0, "by": THEIRS})
            [(record,)] = rows(node, "SELECT record FROM opening WHERE kind = 'shred'")
            assert b"attachments" in record, "the certificate names the part"
            assert near.opened.node.link().state == "up"

    run(play())


def test_files_of_somebody_else_or_of_a_dispatch_that_left_cannot_be_taken(base):
    other = {"desk": "requests", "number": 11}

    async def play():
        async with nodes(base):
            files = await add(base, "plan.pdf", PDF)
            with pytest.raises(Refusal, match="somebody else"):
                await begin(base, "more.pdf", 3, files=files, by=other)
            status, _ = await put(base, "ostrel", place(files, 0, 0, other), b"x")
            assert status == 400
            await send(base, files)
            with pytest.raises(BadForm, match="have left"):
                await asked(base, "ostrel", "POST", "/submit", {"form": form(files), "by": BY})
            assert await state(base, files) == []

    run(play())


def test_a_file_larger_than_the_accord_bears_is_refused_and_nothing_is_lost(base):
    async def play():
        async with nodes(base) as (near, _):
            files = await add(base, "plan.pdf", PDF)
            with pytest.raises(BadForm, match="at most"):
                await begin(base, "large.pdf", 17 << 30, files=files)
            assert [one["state"] for one in await state(base, files)] == ["clean"]
            await send(base, files)
            assert near.engine.faults == 0

    run(play())
