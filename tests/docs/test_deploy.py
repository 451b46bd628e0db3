"""The units and the container file keep what they promise: no rights to gain, a read-only system, an account of its own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
HARDENED = [
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes",
    "ProtectControlGroups=yes",
    "RestrictSUIDSGID=yes",
    "RestrictNamespaces=yes",
    "CapabilityBoundingSet=",
    "LockPersonality=yes",
    "UMask=0077",
    "User=comity",
    "LimitCORE=0",
    "SystemCallFilter=@system-service",
]


def test_there_are_units_for_node_and_pages():
    assert [one.name for one in UNITS] == ["comity-node@.service", "comity-room@.service", "comity-web@.service"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda one: one.name)
def test_a_unit_is_hardened(unit):
    lines = set(unit.read_text(encoding="utf-8").splitlines())
    assert [one for one in HARDENED if one not in lines] == []


def test_pages_never_reach_the_keys():
    text = (ROOT / "deploy" / "systemd" / "comity-web@.service").read_text(encoding="utf-8")
    assert "InaccessiblePaths=/var/lib/comity/%i/keys" in text


@pytest.mark.parametrize("unit", UNITS, ids=lambda one: one.name)
def test_systemd_itself_reads_the_unit(unit):
    if shutil.which("systemd-analyze") is None:
        assert unit.read_text(encoding="utf-8").startswith("#")
        return
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if "is not executable" not in line and unit.name[:6] in line]
    assert said == []


def test_the_container_runs_as_nobody_in_particular_and_holds_packages_to_their_hashes():
    text = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8")
    assert "USER 10001:10001" in text
    assert "--require-hashes" in text


def test_units_and_container_are_explained():
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for one in ("comity-node@.service", "comity-room@.service", "comity-web@.service", "deploy/Containerfile"):
        assert one in text
