"""Everything about people that a running node has: its reader, its ceremonies, its accounts, and the door's routes to them."""

from __future__ import annotations

from dataclasses import dataclass

from comity.edge.accounts import Accounts
from comity.edge.agency import open_agency
from comity.edge.config import Config
from comity.edge.door_accounts import AccountRoutes
from comity.edge.door_people import SignInRoutes
from comity.edge.door_request import Routes
from comity.edge.engine import Engine
from comity.edge.foureyes import FourEyes
from comity.edge.opening import OpenNode
from comity.edge.passkeys import RelyingParty
from comity.edge.people import People, make_people
from comity.edge.signin import SignIn


@dataclass(frozen=True, slots=True)
class PeopleDesk:
    """The reader, the accounts and the routes of one node."""

    people: People
    accounts: Accounts
    routes: Routes


def open_people(opened: OpenNode, engine: Engine, people: People | None = None) -> PeopleDesk:
    """Make them for an opened node and the engine that drives it.

    Raises:
        BadConfiguration: the agency's sign-in in the settings cannot be used.
    """
    ledger, entropy = opened.node.ledger, opened.node.office.entropy
    people = people or make_people(opened, engine.clock.now)
    party = party_of(opened.config)
    accounts = Accounts(ledger, people, entropy)
    signin = SignInRoutes(engine, SignIn(ledger, people, party, entropy), people, open_agency(opened.config))
    eyes = FourEyes(ledger, people, accounts, entropy)
    return PeopleDesk(
        people, accounts, {**signin.routes, **AccountRoutes(engine, accounts, people, party, eyes).routes}
    )


def party_of(config: Config) -> RelyingParty:
    """Return for which host and pages passkeys are, by the settings."""
    origins = (config.page_origin,) if config.page_origin else ()
    if not origins and config.page_port:
        origins = (f"http://{config.page_name}:{config.page_port}",)
    return RelyingParty(config.page_name, f"Comity {config.party}", origins)
