"""Accounts, ceremonies and sessions of one invented state over a store in memory, with clocks moved by hand."""

from __future__ import annotations

from pathlib import Path

from comity.base.ids import Ms
from comity.dispatch.book import Ledger, LogRole, create_log
from comity.edge.accounts import Accounts
from comity.edge.foureyes import FourEyes
from comity.edge.opening import read_schema
from comity.edge.passkeys import RelyingParty
from comity.edge.people import People
from comity.edge.rosterfile import RosterFile
from comity.edge.schema import Schema
from comity.edge.signin import SignIn
from comity.screen.people import Ways
from tests.templates import store_with
from tests.unit.edge.softkey import SoftKey
from tests.unit.node.world import Seeded

NOW = Ms(1_783_900_800_000)
MINUTE, HOUR = 60_000, 3_600_000
ORIGIN = "http://xa.localhost:8401"
PARTY = RelyingParty("xa.localhost", "Comity XA", (ORIGIN,))
BROWSER = "browser-one"
OFFICER, POSTED, ADMIN, APPROVER = ("requests", 7), ("requests", 12), ("requests", 90), ("requests", 14)
ROSTER = "".join(
    f'[[officer]]\nparty = "xa"\ndesk = "{desk}"\nnumber = {number}\nagency = "{agency}"\nroles = {list(roles)}\n'.replace("'", '"')
    for desk, number, agency, roles in (
        ("requests", 7, "guard", ["officer"]),
        ("requests", 12, "guard", ["posted-officer"]),
        ("requests", 14, "seal", ["approver", "elder"]),
        ("requests", 90, "guard", ["administrator"]),
        ("node", 19, "guard", ["duty-officer"]),
    )
)  # fmt: skip


class Desk:
    """One node's people; `now` is the machine's time, `node_now` the node's, `over` who was posted and no longer is."""

    def __init__(self, folder: Path, *, demo: tuple[tuple[str, str, int], ...] = (), party=PARTY) -> None:
        self.now, self.node_now = NOW, Ms(5)
        self.over: set[tuple[str, int]] = set()
        self.roster = folder / "roster.toml"
        self.roster.write_text(ROSTER)
        self.store = store_with((Schema("node", read_schema("comity.node")),))
        with self.store.begin() as tx:
            for role in LogRole:
                create_log(tx, role, f"{role}.example/log")
        self.ledger = Ledger(self.store)
        self.people = People(
            self.ledger,
            RosterFile(self.roster, "xa"),
            lambda _tx, desk, number, now: now == self.node_now and (desk, number) in self.over,
            lambda: self.node_now,
            wall=lambda: self.now,
            ways=Ways(demo=demo),
        )
        entropy = Seeded("people")
        self.accounts = Accounts(self.ledger, self.people, entropy)
        self.eyes = FourEyes(self.ledger, self.people, self.accounts, entropy)
        self.signin = SignIn(self.ledger, self.people, party, entropy)

    def later(self, ms: int) -> None:
        self.now = Ms(self.now + ms)

    def rows(self, statement, *arguments):
        with self.store.read() as tx:
            return tx.rows(statement, arguments)

    # --- what a person does ---

    def asked(self, begun, answer, browser=BROWSER, **more):
        from comity.edge.signin import Asked

        return Asked(begun.id, browser, ORIGIN, answer, **more)

    def registered(self, who=OFFICER, number=1) -> tuple[SoftKey, str]:
        """Invite an officer who registers a passkey; return the key and the session's token."""
        key = SoftKey(number)
        invited = self.accounts.invite(who, "requests/90")
        begun = self.signin.begin("register", BROWSER, invited.token)
        entered = self.signin.register(self.asked(begun, key.register(begun.options, ORIGIN)))
        return key, entered.token

    def enter(self, key: SoftKey, browser=BROWSER, instead="", **wrong):
        """Sign in with a passkey, right or wrong on purpose."""
        begun = self.signin.begin("enter", browser, "")
        answer = key.answer(begun.options, wrong.pop("origin", ORIGIN), **wrong)
        return self.signin.enter(self.asked(begun, answer, browser, instead=instead), self.node_now)
