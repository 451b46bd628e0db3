"""`comity keys show | prepare | sign | install`: new keys for a node, signed by a root that is not on it.

The order is prepare on the node, sign where the root is, install on the node; the other side's node does the rest.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from comity.base.errors import BadConfiguration, BadForm, BadSignature
from comity.base.ids import Digest
from comity.cli.acts import add_node
from comity.cli.doorway import ask
from comity.cli.out import moment, read_moment, show_json, show_table
from comity.dispatch.accord import fingerprint, verify_accord
from comity.dispatch.book import LogRole
from comity.dispatch.keylist import KeyList
from comity.dispatch.ports import Tx
from comity.edge.clock import SystemClock
from comity.edge.config import read_config
from comity.edge.export import snapshot
from comity.edge.files import write_atomic
from comity.edge.keystore import RootStore
from comity.edge.newkeys import Renewal, payload_of, prepare, read_signed, sign_list
from comity.edge.setup import SEALING_DAYS
from comity.node.incarnation import read_incarnation
from comity.node.papers import first_lists, read_papers

DONE, REFUSED = 0, 1


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the program's."""
    parser = commands.add_parser("keys", help="new keys for a node: show, prepare, sign, install")
    inner = parser.add_subparsers(dest="keys", metavar="ACTION", required=True)
    show = inner.add_parser("show", help="key lists in force on both sides, what ends soon, what waits")
    add_node(show)
    show.set_defaults(run=run_show)
    new = inner.add_parser(
        "prepare", help="make new keys in the node's folder and write the unsigned list; on the node"
    )
    new.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="the unsigned list, to be taken to the root"
    )
    new.add_argument("--log", action="store_true", help="new log keys as well, once a year")
    new.add_argument("--mirror", action="store_true", help="new mirror keys as well, with new spares")
    new.add_argument("--authority", action="store_true", help="a new certificate authority as well")
    new.add_argument("--days", type=int, default=SEALING_DAYS, help=f"life of the sealing keys; default {SEALING_DAYS}")
    new.add_argument("--at", help="time from which the keys count, ISO 8601; default: now")
    add_node(new)
    new.set_defaults(run=run_prepare)
    sign = inner.add_parser("sign", help="sign a prepared list with the root; where the root's keys are")
    sign.add_argument("file", type=Path, help="what `prepare` wrote")
    sign.add_argument("--root", type=Path, required=True, help="folder of the root keys")
    sign.add_argument("--accord", type=Path, required=True, help="the accord, which says whose root signs for whom")
    sign.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="the signed list, to be taken to the node"
    )
    sign.set_defaults(run=run_sign)
    install = inner.add_parser(
        "install", help="hand a signed list to the running node, which sends it to the other side"
    )
    install.add_argument("file", type=Path, help="what `sign` wrote")
    add_node(install)
    install.set_defaults(run=run_install)


def run_show(asked: argparse.Namespace) -> int:
    """Show the lists, and what must be seen to."""
    found = ask(asked.node, "GET", "/keys")
    if asked.json:
        show_json(found)
        return DONE
    rows = [
        _row(whose, one) for whose, name in (("ours", "ours"), ("the other side's", "theirs")) for one in found[name]
    ]
    show_table("Key lists", ("whose", "edition", "in force", "issued", "mirrors", "sealing keys end"), rows)
    show_notices(found["notices"])
    return DONE


def _row(whose: str, one: dict[str, Any]) -> list[str]:
    place = "not yet" if one["entry"] is None else f"from entry {one['entry']}"
    ends = sorted({moment(key["until"]) for key in one["sealing"]})
    mirrors = " ".join(map(str, one["mirrors"]))
    return [whose, str(one["edition"]), place, moment(one["issued"]), mirrors, ", ".join(ends)]


def show_notices(notices: list[dict[str, Any]]) -> None:
    """Print what must be seen to, a line each."""
    for one in notices:
        when = f" ({moment(one['at'])})" if one["at"] else ""
        print(f"SEE TO  {one['sentence']}{when}")


def run_prepare(asked: argparse.Namespace) -> int:
    """Make keys; nothing counts before the root signed the list and both logs have it."""
    if asked.out.exists():
        raise BadConfiguration(f"{asked.out} is there already; nothing was made")
    config = read_config(asked.node)
    with snapshot(asked.node) as tx:
        before, digest, restored = _newest(tx, asked.node)
    renewal = Renewal(asked.log, asked.mirror, asked.authority, asked.days)
    now = read_moment(asked.at) if asked.at else SystemClock().now()
    payload = prepare(config, before, digest, restored, renewal=renewal, now=now)
    write_atomic(asked.out, payload, mode=0o644)
    print(f"wrote {asked.out}: edition {before.edition + 1}, not signed. Take it to the root: comity keys sign")
    print(f"Read this fingerprint aloud when it is signed there:\n  {fingerprint(payload)}")
    return DONE


def _newest(tx: Tx, folder: Path) -> tuple[KeyList, Digest, int]:
    papers = read_papers(tx)
    if papers is None:
        newest = first_lists(tx)[0]
    else:
        newest = papers.ours[-1]
        if any(one.keys.node == newest.keys.node for one in papers.coming):
            raise BadConfiguration(f"a key list of {folder} still waits to enter its log; nothing was made")
    return newest.keys, newest.digest, read_incarnation(tx, LogRole.OURS).restored


def run_sign(asked: argparse.Namespace) -> int:
    """Sign a list, after showing what is in it; the node's folder is not needed."""
    payload, root = asked.file.read_bytes(), RootStore(asked.root).root()
    keys = payload_of(payload)
    party = verify_accord(asked.accord.read_bytes()).party(keys.node)
    if party.root_keys != root.public().cose_keys:
        raise BadSignature(f"these root keys are not those that the accord names for {keys.node}; nothing was signed")
    if asked.out.exists():
        raise BadConfiguration(f"{asked.out} is there already; nothing was signed")
    print(f"fingerprint of what is signed, as `prepare` showed it:\n  {fingerprint(payload)}")
    signed = sign_list(payload, root)
    read_signed(signed, root)
    write_atomic(asked.out, signed, mode=0o644)
    print(f"signed: {keys.node}, edition {keys.edition}, {len(keys.sealing)} sealing keys. Now: comity keys install")
    return DONE


def run_install(asked: argparse.Namespace) -> int:
    """Hand a signed list to the running node."""
    signed = asked.file.read_bytes()
    if not signed.startswith(b"\xd8\x62"):
        raise BadForm(f"{asked.file} is not signed: comity keys sign; nothing was changed")
    said = ask(asked.node, "POST", "/keys/install", {"signed": signed.hex()})
    if asked.json:
        show_json(said)
    elif said["sent"]:
        print(f"sent to the other side as {said['id']}. Fingerprint, for their officers:\n  {said['fingerprint']}")
        print("it counts once the other side has filed it: comity keys show")
    else:
        print("our own law or the officer's standing holds it back: see comity approvals")
    return DONE if said["sent"] else REFUSED
