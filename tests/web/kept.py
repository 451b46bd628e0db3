"""Things in custody at the desk of Vanmere: a law that refuses what comes in, and what it then refused.

refuse(house)                # from now on Vanmere's law lets nothing in, and nobody open it for a court
one = in_custody(house)      # a question of Ostrel's, with the custodian at Vanmere; its id as it is shown
"""

from __future__ import annotations

from dataclasses import replace

from comity.edge.forms import form_json
from comity.policy.question import Act
from tests.unit.edge.test_custody_opens import Sieve
from tests.unit.edge.twofolders import ASKS, question
from tests.web.desk import House

FAR = "vanmere"
WORDS = str(question().body["title"])
"""Words of the question that must stand on no page."""


def refuse(house: House) -> None:
    """Let Vanmere's law refuse what comes in, and a court's order to open it."""
    node = house.opened(FAR).node
    node.office = replace(node.office, gate=Sieve(node.office.gate, Act.ADMIT, Act.COURT))


def in_custody(house: House) -> str:
    """Send a question that Vanmere's law refuses; return its id once it lies with the custodian."""
    form = form_json(question())
    said = house.door("POST", "/submit", {"form": form, "by": {"desk": "requests", "number": ASKS.number}})
    assert said["outcome"] == "sent", said
    house.until(lambda: said["id"] in {one["dispatch"] for one in house.door("GET", "/custody", name=FAR)["kept"]})
    return str(said["id"])
