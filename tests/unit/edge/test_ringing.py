"""The bell of a running node, with a real mail server and a real program: it says how many and where, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from comity.base.errors import StoreError
from comity.base.ids import Ms, show_id
from comity.dispatch.states import Officer
from comity.edge import ringing as ringing_module
from comity.edge import ringways
from comity.edge.clock import SetClock
from comity.edge.ringing import Ringing
from comity.edge.ringplan import Call, Way
from comity.edge.ringways import Command, Mail, NotRung, ways_of
from comity.marking.labels import Urgency
from comity.screen.ringing import BellSetting
from comity.screen.tasks import Asked, TaskState
from tests.unit.edge.driven import engine_of, run, until
from tests.unit.edge.dutyworld import CLERK, DUTY, HOUR, MINUTE, NIGHT, NOW, staffing
from tests.unit.edge.sink import Sink
from tests.unit.edge.twofolders import ASKS, question
from tests.unit.node.world import exchange

GUARD = Officer("requests", 31)
ADDRESS = "http://xv.localhost:8402"
SECRET = "Two lorries of Zanzibarine"
_DRAWN = r"(?m)^Message-ID: <[0-9.]+@[a-z.]+>$"
"""Digits of the clock, the process and chance, in which any number may come up."""


def asked(two, urgency=Urgency.IMMEDIATE, at=NOW):
    """Let the first ask the second something with telling words."""
    body = {
        "title": SECRET, "text": SECRET, "asks": ["document"], "records": ["registration"],
        "own_power": "port law, article 4", "reason": SECRET,
    }  # fmt: skip
    (done,) = two[0].node.submit([(question(urgency, body=body), ASKS)], at)
    exchange(two[0].node, two[1].node, at)
    exchange(two[1].node, two[0].node, at)
    return done


def mailbox(one, number: int, **more) -> None:
    with one.node.ledger.begin() as book:
        setting = BellSetting("requests", number, f"n{number}@desk.example", **more)
        staffing(one).duty_desk.set_bell(book.tx, setting, NOW)


@contextlib.contextmanager
def bell(one, ways, now=NOW):
    clock = SetClock(now, 0)
    with engine_of(one.node, clock) as engine:
        made = Ringing(engine, staffing(one), ways, "requests")
        made.clock = clock
        yield made


def program(tmp_path: Path, ends: int = 0) -> tuple[Path, Path]:
    """Write a program that keeps its arguments, environment and input; return it and where it keeps them."""
    script, said = tmp_path / "ring", tmp_path / "said"
    script.write_text(f'#!/bin/sh\necho "$#:$*" >> "{said}"\nenv >> "{said}.env"\ncat >> "{said}.in"\nexit {ends}\n')
    script.chmod(0o700)
    return script, said


def test_an_immediate_dispatch_rings_by_mail_and_by_command_and_again_until_it_is_seen(two, tmp_path):
    done = asked(two)
    mailbox(two[1], 31)
    mailbox(two[1], 33)
    script, said = program(tmp_path)

    async def play():
        async with Sink().listening() as sink:
            ways = {Way.MAIL: Mail("127.0.0.1", sink.port, "bell@desk.example", ADDRESS), Way.COMMAND: Command(script)}
            with bell(two[1], ways) as it:
                assert [await it.round(), await it.round()] == [2, 0]
                it.clock.set(Ms(NOW + 10 * MINUTE), 0)
                assert await it.round() == 2
                await it._engine.see([done.id], GUARD)
                it.clock.set(Ms(NOW + 30 * MINUTE), 0)
                assert await it.round() == 0
        return sink.mails

    mails = run(play())
    assert [recipient for recipient, _ in mails] == ["n31@desk.example"] * 2
    assert said.read_text().splitlines() == ["2:immediate 1", "2:immediate 1"]
    for _, text in mails:
        head, _, body = text.replace("\r\n", "\n").partition("\n\n")
        assert body.split() == f"Comity: 1 immediate waits at desk requests {ADDRESS} .".split()
        assert set(re.findall(r"^([A-Za-z-]+):", head, re.MULTILINE)) == {
            "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding",
            "MIME-Version",
        }  # fmt: skip


def test_nothing_of_what_waits_is_in_what_was_rung(two, tmp_path):
    done = asked(two)
    desk = staffing(two[1])
    task = desk.task_work.give(Asked("road-guard", SECRET, dispatch=done.id), Officer("requests", 33), NOW)
    note = desk.duty_work.leave(Officer("requests", 33), (SECRET, SECRET, SECRET), NOW)
    mailbox(two[1], 31)
    script, _said = program(tmp_path)

    async def play():
        async with Sink().listening() as sink:
            ways = {Way.MAIL: Mail("127.0.0.1", sink.port, "bell@desk.example", ADDRESS), Way.COMMAND: Command(script)}
            with bell(two[1], ways) as it:
                await it.round()
        return sink.mails

    mails = run(play())
    drawn = [re.sub(_DRAWN, "", text.replace("\r\n", "\n")) for _, text in mails]
    assert all(re.search(_DRAWN, text.replace("\r\n", "\n")) for _, text in mails)
    everything = "\n".join([*drawn, *(p.read_text() for p in tmp_path.glob("said*"))])
    assert "1 immediate waits" in everything
    assert "2 wait at desk requests" in everything, "the task and the note"
    words = {word.lower() for word in re.findall(r"[A-Za-z]{4,}", SECRET)}
    numbers = {show_id(one) for one in (done.id, task.id, note.id)} | {done.id.hex(), "XV-2026", "XO-2026", "0001"}
    for needle in [*words, *numbers, "paper-office", "road-guard", "rfi", "border", "task", "note"]:
        assert needle.lower() not in everything.lower(), needle
    assert (tmp_path / "said.in").read_text() == ""
    environment = {line.partition("=")[0] for line in (tmp_path / "said.env").read_text().splitlines()}
    assert environment <= {"PATH", "PWD", "_", "SHLVL", "OLDPWD"}


def test_a_mail_server_that_fails_stops_nothing_and_is_tried_again_with_growing_pauses(two):
    asked(two)
    mailbox(two[1], 31)

    async def play():
        async with Sink().listening() as sink:
            sink.refuses = "451 later"
            with bell(two[1], {Way.MAIL: Mail("127.0.0.1", sink.port, "bell@desk.example", ADDRESS)}) as it:
                seen = []
                for seconds in (0, 10, 29, 30, 60, 89, 90):
                    it.clock.set(Ms(NOW + seconds * 1_000), 0)
                    await it.round()
                    seen.append(it.states()[0].failures)
                state = it.states()[0]
                sink.refuses = ""
                it.clock.set(Ms(NOW + 10 * MINUTE), 0)
                went = await it.round()
                return seen, state, went, it.states()[0], sink.mails

    seen, state, went, after, mails = run(play())
    assert seen == [1, 1, 1, 2, 2, 2, 3]
    assert (state.since, state.again, state.last) == (NOW, NOW + 90_000 + 120_000, None)
    assert (went, len(mails)) == (1, 1)
    assert (after.failures, after.since, after.last) == (0, None, NOW + 10 * MINUTE)


def test_a_restart_rings_nobody_twice_and_forgets_nobody(two, tmp_path):
    asked(two, Urgency.URGENT)
    staffing(two[1]).task_work.give(Asked("road-guard", "x"), Officer("requests", 33), NOW)
    mailbox(two[1], 31)

    async def play():
        async with Sink().listening() as sink:
            mail = Mail("127.0.0.1", sink.port, "bell@desk.example", ADDRESS)
            for minutes in (0, 1, 20):
                with bell(two[1], {Way.MAIL: mail}, Ms(NOW + minutes * MINUTE)) as it:
                    await it.round()
            return sink.mails

    assert len(run(play())) == 1


def test_a_node_that_ended_while_it_rang_does_not_ring_again(two):
    asked(two, Urgency.URGENT)
    staffing(two[1]).task_work.give(Asked("road-guard", "x"), Officer("requests", 33), NOW)
    mailbox(two[1], 31)
    went = []

    class Ends:
        async def ring(self, call, desk, now):
            went.append(call)
            raise asyncio.CancelledError

    class Counts:
        async def ring(self, call, desk, now):
            went.append(call)

    async def play():
        with bell(two[1], {Way.MAIL: Ends()}) as it, contextlib.suppress(asyncio.CancelledError):
            await it.round()
        with bell(two[1], {Way.MAIL: Counts()}, Ms(NOW + HOUR)) as it:
            await it.round()

    run(play())
    assert [one.things for one in went if any(t.startswith("task:") for t in one.things)] == [went[0].things]


class Listens:
    """A way that keeps what was rung."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def ring(self, call, desk, now):
        self.calls.append(call)


def rung(one, now=NOW) -> dict[int, set[str]]:
    """Return whom a first look rings for which things, by the kind of thing."""
    for officer in staffing(one).ours.officers:
        if officer.desk == "requests":
            mailbox(one, officer.number)
    way = Listens()

    async def play():
        with bell(one, {Way.MAIL: way}, now) as it:
            await it.round()

    run(play())
    found: dict[int, set[str]] = {}
    for call in way.calls:
        found.setdefault(call.number, set()).update(thing.partition(":")[0] for thing in call.things)
    return found


def test_who_is_there_is_rung_and_every_duty_officer_once_the_limit_is_over(two):
    """The night officer of the first is there; the second asks it something immediate."""
    night = Ms(NOW + 16 * HOUR)
    body = {
        "title": "x",
        "text": "x",
        "asks": ["document"],
        "records": ["registration"],
        "own_power": "a",
        "reason": "b",
    }
    form = replace(question(body=body), agency="seal-house", recipients=("paper-office",))
    two[1].node.submit([(form, Officer("requests", 33))], night)
    exchange(two[1].node, two[0].node, night)
    assert rung(two[0], Ms(night + MINUTE)) == {20: {"immediate"}}
    assert rung(two[0], Ms(night + 2 * HOUR))[11] == {"immediate"}


def test_what_is_due_soon_rings_who_is_there(two):
    asked(two, Urgency.URGENT)
    limit = staffing(two[1]).duty.duty(NOW).made[0].due
    assert rung(two[1], Ms(limit - 2 * HOUR)) == {}
    assert rung(two[1], Ms(limit - HOUR)) == {31: {"due"}}


def test_a_held_draft_rings_those_on_call_who_may_approve_it(two):
    missing = ("approval:approver", "approval:elder-of-the-watch")
    two[0].node.submit([(question(Urgency.NORMAL), Officer("requests", 12))], NOW)
    with two[0].node.ledger.begin() as book:
        book.tx.run("UPDATE kept SET missing = ?", (" ".join(missing),))
    found = rung(two[0])
    assert found == {14: {"approval"}}, "on shift as approver, and the only elder"


def test_a_held_immediate_draft_rings_whom_the_rota_rang(two):
    two[0].node.submit([(question(), Officer("requests", 12))], NOW)
    with two[0].node.ledger.begin() as book:
        book.tx.run("UPDATE kept SET missing = 'approval:approver'")
        book.tx.run("UPDATE alarm SET about = 'requests/17' WHERE kind = 'rings'")
    assert rung(two[0]) == {17: {"immediate"}}


def test_a_task_rings_those_who_are_asked_then_reminds_who_took_it(two):
    work = staffing(two[0]).task_work
    task = work.give(Asked("paper-office", "x", due=Ms(NOW + 10 * HOUR)), DUTY, NOW)
    assert rung(two[0]) == {13: {"task"}, 17: {"task"}}
    work.move(task.id, TaskState.TAKEN, CLERK, "", NOW)
    assert rung(two[0], Ms(NOW + 5 * HOUR)) == {13: {"reminder"}}
    assert rung(two[0], Ms(NOW + 9 * HOUR)) == {13: {"reminder"}}
    work.move(task.id, TaskState.DONE, CLERK, "Nothing.", Ms(NOW + 9 * HOUR))
    assert rung(two[0], Ms(NOW + 11 * HOUR)) == {}


def test_a_note_that_waits_rings_the_next_one_and_not_who_wrote_it(two):
    staffing(two[0]).duty_work.leave(DUTY, ("", "", ""), NOW)
    evening, night = Ms(NOW + 8 * HOUR), Ms(NOW + 16 * HOUR)
    assert rung(two[0], evening) == {}, "only the writer is there"
    assert rung(two[0], night) == {NIGHT.number: {"note"}}


def test_who_is_suspended_is_not_rung(two):
    asked(two)
    with two[1].node.ledger.begin() as book:
        book.tx.run(
            "INSERT INTO account (desk, number, name, language, handle, settings, since, suspended_at)"
            " VALUES ('requests', 31, '', 'en', ?, '{}', 0, 1)",
            (b"h",),
        )
    assert rung(two[1]) == {}


# --- the ways --------------------------------------------------------------------------------------------------------

CALL = Call(Way.COMMAND, 0, "", "normal", 2, ("task:1",))


def test_a_program_that_is_not_there_or_fails_or_hangs_is_said(tmp_path, monkeypatch):
    failing, _ = program(tmp_path, ends=3)
    hanging = tmp_path / "hangs"
    hanging.write_text("#!/bin/sh\nexec sleep 60\n")
    hanging.chmod(0o700)
    monkeypatch.setattr(ringways, "COMMAND_SECONDS", 0.05)
    for path, words in ((tmp_path / "none", "did not start"), (failing, "ended with 3"), (hanging, "too long")):
        if path is failing:
            monkeypatch.setattr(ringways, "COMMAND_SECONDS", 20)
        else:
            monkeypatch.setattr(ringways, "COMMAND_SECONDS", 0.05)
        with pytest.raises(NotRung, match=words):
            run(Command(path).ring(CALL, "requests", NOW))


def test_a_mail_server_that_is_not_there_or_speaks_no_tls_is_said():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        mail = Mail("127.0.0.1", free.getsockname()[1], "bell@desk.example", ADDRESS)
        with pytest.raises(NotRung, match="did not take"):
            run(mail.ring(replace(CALL, address="a@b.example"), "requests", NOW))

    async def play():
        async with Sink().listening() as sink:
            with pytest.raises(NotRung):
                await replace(mail, port=sink.port, starttls=True).ring(
                    replace(CALL, address="a@b.example"), "requests", NOW
                )
            assert sink.mails == []

    run(play())


def test_the_settings_say_which_ways_there_are(two):
    config = two[0].config
    assert ways_of(config) == {}
    near = replace(config, bell_mail_host="127.0.0.1", bell_mail_from="a@b.example", bell_command="ring")
    assert ways_of(near) == {
        Way.MAIL: Mail("127.0.0.1", 25, "a@b.example", "http://localhost:0", starttls=False),
        Way.COMMAND: Command(config.folder / "ring"),
    }
    far = replace(near, bell_mail_host="mail.desk.example", page_origin="https://desk.example")
    assert ways_of(far)[Way.MAIL] == Mail("mail.desk.example", 25, "a@b.example", "https://desk.example", starttls=True)


# --- running ---------------------------------------------------------------------------------------------------------


def test_the_bell_goes_on_after_any_fault_and_hears_of_changes(two, monkeypatch):
    monkeypatch.setattr(ringing_module, "SETTLE_SECONDS", 0)
    way = Listens()
    mailbox(two[1], 31)
    faults = [StoreError("away"), RuntimeError("odd")]

    async def play():
        with bell(two[1], {Way.MAIL: way}) as it:
            good = it.round

            async def round_():
                if faults:
                    raise faults.pop()
                return await good()

            it.round = round_
            task = asyncio.create_task(it.run())
            for _ in range(2):
                await asyncio.sleep(0.01)
                it._engine.bell.ring()
            asked(two)
            it._engine.bell.ring()
            await until(lambda: way.calls)
            task.cancel()
            await asyncio.wait([task])

    run(play())
    assert [one.urgency for one in way.calls] == ["immediate"]
