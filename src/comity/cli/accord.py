"""`comity accord new | show | sign | verify`: the document that both nodes load, made and signed by two roots.

Its next editions are made, proposed and answered in `cli/amending.py`.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from comity.base.errors import BadEnvelope, BadForm, BadSignature
from comity.cli import amending
from comity.cli.out import show_json, show_table
from comity.crypto.sign import add_signatures, sign_instrument, unverified_payload
from comity.dispatch.accord import Accord, decode_accord, encode_accord, fingerprint, verify_accord
from comity.edge.files import write_atomic
from comity.edge.handover import Terms, make_accord, read_card
from comity.edge.keystore import RootStore
from comity.edge.plain import to_json
from comity.edge.registry import read_toml

KIND = "accord"
_PARTIES = 2


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the program's."""
    parser = commands.add_parser("accord", help="make, show, sign and verify an accord")
    inner = parser.add_subparsers(dest="accord", metavar="ACTION", required=True)
    new = inner.add_parser("new", help="make an unsigned accord from terms and both parties' cards")
    new.add_argument("--terms", type=Path, required=True, help="TOML file with what both parties agree on")
    new.add_argument("--party", type=Path, action="append", required=True, help="party.json of a party; give both")
    new.add_argument("--out", type=Path, required=True, help="file to write")
    new.set_defaults(run=run_new)
    sign = inner.add_parser("sign", help="sign an accord with a party's root keys; each party does it once")
    sign.add_argument("file", type=Path)
    sign.add_argument("--root", type=Path, required=True, help="folder of the root keys")
    sign.add_argument("--out", type=Path, help="file to write; default: the same file")
    sign.set_defaults(run=run_sign)
    for name, run, words in (("show", run_show, "show an accord"), ("verify", run_verify, "check both signatures")):
        one = inner.add_parser(name, help=words)
        one.add_argument("file", type=Path)
        one.add_argument("--json", action="store_true", help="for machines")
        one.set_defaults(run=run)
    amending.add_actions(inner)


def run_new(asked: argparse.Namespace) -> int:
    """Make an accord that nobody has signed yet."""
    if len(asked.party) != _PARTIES:
        raise BadForm("an accord has two parties: give --party twice; nothing was made")
    first, second = (read_card(path) for path in asked.party)
    accord = make_accord(read_toml(asked.terms, Terms), (first, second))
    write_atomic(asked.out, encode_accord(accord), mode=0o644)
    print(f"{asked.out}: {accord.name}, edition {accord.edition}; both parties now sign it with `comity accord sign`")
    return 0


def run_sign(asked: argparse.Namespace) -> int:
    """Add one party's two signatures."""
    data, keys = asked.file.read_bytes(), RootStore(asked.root).root()
    payload, signed = _payload(data)
    accord = decode_accord(payload)
    if keys.public().cose_keys not in [party.root_keys for party in accord.parties]:
        raise BadSignature("these root keys belong to neither party of the accord; nothing was signed")
    done = add_signatures(data, KIND, keys) if signed else sign_instrument(payload, KIND, keys)
    if signed:
        verify_accord(done)  # the other party's signatures are looked at before ours stand beside them
    write_atomic(asked.out or asked.file, done, mode=0o644)
    if signed:
        print(f"signed by both parties. Read this fingerprint aloud:\n  {fingerprint(done)}")
    else:
        print("signed by one party; the other one signs next")
    return 0


def run_show(asked: argparse.Namespace) -> int:
    """Show what an accord says; says plainly whether both signatures are good."""
    data = asked.file.read_bytes()
    payload, signed = _payload(data)
    accord = decode_accord(payload)
    good = signed and _is_signed(data)
    if asked.json:
        show_json(
            {"accord": to_json(accord), "signed_by_both": good, "fingerprint": fingerprint(data) if good else None}
        )
        return 0
    _table(accord)
    print("signed by both parties" if good else "NOT signed by both parties")
    if good:
        print(f"fingerprint: {fingerprint(data)}")
    return 0


def run_verify(asked: argparse.Namespace) -> int:
    """Check that exactly the four signatures of both roots are there and good."""
    data = asked.file.read_bytes()
    accord = verify_accord(data)
    if asked.json:
        show_json({"verified": True, "name": accord.name, "edition": accord.edition, "fingerprint": fingerprint(data)})
    else:
        print(f"good: {accord.name}, edition {accord.edition}, signed by both roots\nfingerprint: {fingerprint(data)}")
    return 0


def _payload(data: bytes) -> tuple[bytes, bool]:
    """Return the accord's own bytes, and whether someone signed them."""
    try:
        return unverified_payload(data), True
    except BadEnvelope:
        return data, False


def _is_signed(data: bytes) -> bool:
    try:
        verify_accord(data)
    except BadSignature:
        return False
    return True


def _table(accord: Accord) -> None:
    since = datetime.fromtimestamp(accord.in_force_from / 1_000, UTC).date().isoformat()
    rows = [["name", accord.name], ["edition", str(accord.edition)], ["in force from", since]]
    rows += [[f"party {party.country}", f"{party.node} {' '.join(party.address)}"] for party in accord.parties]
    rows += [[f"desk {desk.desk}", ", ".join(desk.kinds)] for desk in accord.desks]
    for limit in accord.limits:
        seen = "" if limit.seen is None else f", seen within {limit.seen // 60_000} more"
        rows.append([f"lane {limit.lane.name.lower()}", f"arrived within {limit.arrived // 60_000} minutes{seen}"])
    rows += [[name, str(value)] for name, value in accord.timers]
    show_table("Accord", ("what", "says"), rows)
