"""In the model accord those who enforce on both sides can be sent an incident, and have an officer who says what became of it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
WHO = [("india", "in", "ncb"), ("india", "in", "dri"), ("canada", "ca", "cbsa"), ("canada", "ca", "rcmp")]


@pytest.mark.parametrize(("registry", "party", "agency"), WHO)
def test_who_enforces_gets_an_incident_and_can_act(registry, party, agency):
    said = tomllib.loads((ROOT / "registries" / f"{registry}.toml").read_text(encoding="utf-8"))
    (found,) = [one for one in said["agency"] if one["id"] == agency]
    assert "precursors" in found["desks"], "without a desk it has no sealing key, and nothing can be sent to it"
    assert {"incident", "outcome", "recall", "correction"} <= set(found["sends"])
    roster = tomllib.loads((ROOT / "accords" / "india-canada" / "roster.toml").read_text(encoding="utf-8"))
    officers = [one for one in roster["officer"] if (one["party"], one["agency"]) == (party, agency)]
    assert any("officer" in one["roles"] for one in officers)
