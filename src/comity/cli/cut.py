"""`comity cut view | draft | keys | sign | show | apply | state`: what both parties do after a log key was stolen.

The order is view on both nodes, draft, sign where each root is, keys on the node whose log it is and `comity keys sign`, and
apply on both nodes. Files go from hand to hand: whoever stole the key can speak on the link.
"""  # spec: protocol.md 10

from __future__ import annotations

import argparse
import json
from pathlib import Path

from comity.base.errors import BadConfiguration, BadSignature
from comity.cli.acts import add_node
from comity.cli.doorway import ask
from comity.cli.out import moment, show_json, show_table
from comity.crypto.sign import unverified_payload
from comity.dispatch.accord import fingerprint, verify_accord
from comity.dispatch.book import LogRole
from comity.dispatch.cut import STOLEN, Cut, decode_cut, draft_cut, encode_cut, head_of, sign_cut, verify_cut
from comity.dispatch.entries import Fact
from comity.edge.clock import SystemClock
from comity.edge.config import read_config
from comity.edge.door_cut import read_view
from comity.edge.export import snapshot
from comity.edge.files import write_atomic
from comity.edge.keystore import RootStore
from comity.edge.newkeys import prepare_cut
from comity.node.cutting import held_of

DONE = 0
_TAGGED = b"\xd8\x62"


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the program's."""
    words = "after a stolen log key: cut the log where both parties accept it, and go on in a new one"
    inner = commands.add_parser("cut", help=words).add_subparsers(dest="cut", metavar="ACTION", required=True)
    view = inner.add_parser("view", help="write what this node has of the log that is to be cut; on both nodes")
    view.add_argument(
        "--log", choices=("ours", "theirs"), required=True, help="whose key was stolen, seen from this node"
    )
    _add_out(view, "the view, to be taken to whoever drafts")
    add_node(view)
    view.set_defaults(run=run_view)
    draft = inner.add_parser("draft", help="make the unsigned cut from both views; no node is needed")
    draft.add_argument("--owner", type=Path, required=True, metavar="VIEW", help="of the side whose log it is")
    draft.add_argument("--peer", type=Path, required=True, metavar="VIEW", help="of the other side")
    draft.add_argument("--code", default=STOLEN, help=f"why, as a code; default: {STOLEN}")
    _add_out(draft, "the cut; both roots sign it")
    draft.set_defaults(run=run_draft)
    sign = inner.add_parser("sign", help="sign a cut with a party's root keys; each party does it once")
    sign.add_argument("file", type=Path)
    sign.add_argument("--root", type=Path, required=True, help="folder of the root keys")
    sign.add_argument("--accord", type=Path, required=True, help="the accord, which says whose roots sign")
    sign.add_argument("--out", type=Path, help="file to write; default: the same file")
    sign.set_defaults(run=run_sign)
    show = inner.add_parser("show", help="show a cut; with the accord it also says whether both roots signed it")
    show.add_argument("file", type=Path)
    show.add_argument("--accord", type=Path)
    show.add_argument("--json", action="store_true", help="for machines")
    show.set_defaults(run=run_show)
    keys = inner.add_parser("keys", help="make all keys anew for the log behind a cut; on the node whose log it is")
    keys.add_argument("file", type=Path, help="the cut")
    keys.add_argument("--same-authority", action="store_true", help="keep the certificate authority")
    _add_out(keys, "the unsigned list, for `comity keys sign`")
    add_node(keys)
    keys.set_defaults(run=run_keys)
    apply = inner.add_parser("apply", help="hand a cut that both roots signed to the running node; on both nodes")
    apply.add_argument("file", type=Path)
    apply.add_argument("--keys", type=Path, required=True, metavar="LIST", help="the signed list of the new log")
    add_node(apply)
    apply.set_defaults(run=run_apply)
    state = inner.add_parser("state", help="cuts that this node took, and what is set aside by them")
    add_node(state)
    state.set_defaults(run=run_state)


def _add_out(parser: argparse.ArgumentParser, words: str) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=words)


def _write_new(path: Path, content: bytes) -> None:
    if path.exists():
        raise BadConfiguration(f"{path} is there already; nothing was made")
    write_atomic(path, content, mode=0o644)


def run_view(asked: argparse.Namespace) -> int:
    """Write what this node has of one log."""
    found = ask(asked.node, "GET", f"/cut/view?log={asked.log}")
    content = (json.dumps(found, indent=1) + "\n").encode()
    _write_new(asked.out, content)
    newest = max((size for size, _ in found["heads"]), default=0)
    print(f"{asked.out}: {found['origin']}, {found['size']} entries, newest head {newest}")
    print(f"Read this fingerprint aloud:\n  {fingerprint(content)}")
    return DONE


def run_draft(asked: argparse.Namespace) -> int:
    """Make the cut at the last head that both sides know."""
    contents = asked.owner.read_bytes(), asked.peer.read_bytes()
    owner, peer = map(read_view, contents)
    cut = draft_cut(owner, peer, asked.code)
    payload = encode_cut(cut)
    decode_cut(payload)
    _write_new(asked.out, payload)
    for name, content in zip(("owner", "other side"), contents, strict=True):
        print(f"view of the {name}, as read aloud there:\n  {fingerprint(content)}")
    _say(cut)
    print("Both roots sign it now: comity cut sign")
    return DONE


def run_sign(asked: argparse.Namespace) -> int:
    """Add one party's two signatures, after showing what is signed."""
    data, accord = asked.file.read_bytes(), verify_accord(asked.accord.read_bytes())
    _say(_read(data))
    done = sign_cut(data, RootStore(asked.root).root(), accord)
    write_atomic(asked.out or asked.file, done, mode=0o644)
    if data.startswith(_TAGGED):
        print(f"signed by both parties. Read this fingerprint aloud:\n  {fingerprint(done)}")
        print("It is handed to both nodes: comity cut apply")
    else:
        print("signed by one party; the other one signs next")
    return DONE


def run_show(asked: argparse.Namespace) -> int:
    """Show a cut."""
    data = asked.file.read_bytes()
    cut, good = _read(data), False
    if asked.accord is not None and data.startswith(_TAGGED):
        try:
            good = verify_cut(data, verify_accord(asked.accord.read_bytes())) == cut
        except BadSignature:
            good = False
    if asked.json:
        heads = [{"size": head.size, "root": head.root.hex()} for head in map(head_of, cut.disowned)]
        said = {"origin": cut.origin, "size": cut.size, "root": cut.root.hex(), "new": cut.new_origin, "code": cut.code}
        show_json({**said, "disowned": heads, "signed": good, "fingerprint": fingerprint(data)})
        return DONE
    _say(cut)
    print("both roots signed it" if good else "NOT shown to be signed by both roots")
    print(f"fingerprint:\n  {fingerprint(data)}")
    return DONE


def _read(data: bytes) -> Cut:
    return decode_cut(unverified_payload(data) if data.startswith(_TAGGED) else data)


def _say(cut: Cut) -> None:
    print(f"cuts {cut.origin} at size {cut.size} ({cut.code}); it goes on as {cut.new_origin}")
    print(f"root there:\n  {' '.join(cut.root.hex()[at : at + 8] for at in range(0, 64, 8))}")
    for head in map(head_of, cut.disowned):
        print(f"  disowns the head of size {head.size}, root {head.root.hex()[:16]}")


def run_keys(asked: argparse.Namespace) -> int:
    """Make all keys of a node anew; nothing counts before the root signed the list and the cut is taken."""
    cut, config = _read(asked.file.read_bytes()), read_config(asked.node)
    if cut.node != config.name:
        raise BadConfiguration(f"{cut.origin} is not the log of this node; nothing was made")
    if asked.out.exists():
        raise BadConfiguration(f"{asked.out} is there already; nothing was made")
    with snapshot(asked.node) as tx:
        before = held_of(tx, LogRole.OURS).before(cut.size)
    payload = prepare_cut(config, before, cut, authority=not asked.same_authority, now=SystemClock().now())
    write_atomic(asked.out, payload, mode=0o644)
    print(f"wrote {asked.out}: edition {before.keys.edition + 1}, not signed. Take it to the root: comity keys sign")
    print(f"Read this fingerprint aloud when it is signed there:\n  {fingerprint(payload)}")
    return DONE


def run_apply(asked: argparse.Namespace) -> int:
    """Hand the cut and the list to the running node."""
    body = {"cut": asked.file.read_bytes().hex(), "keys": asked.keys.read_bytes().hex()}
    said = ask(asked.node, "POST", "/cut/apply", body)
    if asked.json:
        show_json(said)
        return DONE
    print(f"{said['origin']} is closed at size {said['size']}; {said['new']} goes on. Fingerprint of the cut:\n  {said['fingerprint']}")  # fmt: skip
    print("The link comes up once the other node took it too: comity link show")
    return DONE


def run_state(asked: argparse.Namespace) -> int:
    """Show the cuts that were taken, and what is set aside."""
    found = ask(asked.node, "GET", "/cut")
    if asked.json:
        show_json(found)
        return DONE
    print(f"the link is {found['state']}")
    for one in found["cuts"]:
        whose = "our log" if one["ours"] else "the other side's log"
        print(
            f"{moment(one['at'])}  {whose}: {one['origin']} ends at {one['size']}, {one['new']} goes on ({one['code']})"
        )
        print(f"  {one['above']} entries above it, {one['disowned']} heads disowned; {one['fingerprint']}")
        if one["ours"] and one["mark"] is None:
            print("  the other side has not said yet that it took it")
    if found["waits"]:
        print(f"dispatches of ours that go again once the other side says so: {found['waits']}")
    rows = [[one["id"], one["origin"], str(one["entry"]), Fact(one["fact"]).name.lower()] for one in found["aside"]]
    show_table("SET ASIDE: taken above a cut, of the thief's making", ("dispatch", "log", "entry", "we said"), rows)
    return DONE
