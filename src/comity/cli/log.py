"""`comity log export | verify | bundle`: tiles out, a full audit with public keys only, papers for a court."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from comity.base.errors import BadConfiguration, BadForm, ComityError, PeerError
from comity.base.ids import DispatchId, read_id, show_id
from comity.cli.acts import officer_of, perform, show_outcome
from comity.cli.out import moment, show_json, show_table
from comity.cli.terminal import progress
from comity.crypto.sign import unverified_payload
from comity.dispatch.accord import Accord, fingerprint, verify_accord
from comity.dispatch.columns import bytes_of, text_of
from comity.dispatch.exchange_codec import encode_evidence
from comity.dispatch.keylist import KeyList, decode_keylist, verify_keylist
from comity.edge.clock import SystemClock
from comity.edge.export import (
    Checked,
    Unreadable,
    check_log,
    cross_check,
    export_logs,
    file_count,
    key_judge,
    read_places,
    snapshot,
    steps,
    verified_head,
)
from comity.edge.files import PRIVATE_FILE, make_private_folder, write_atomic
from comity.node import named
from comity.node.bundle import Piece, Wish, make_bundle, needs_act
from comity.node.bundlecheck import check_bundle
from comity.node.disowned import disownings
from comity.node.evidencecheck import check_evidence
from comity.node.proofs import SECOND_MS
from comity.node.publickeys import PublicKeys
from comity.tlog.audit import ReadPath
from comity.tlog.checkpoint import CosignedHead

DONE, REFUSED = 0, 1
_COSE_SIGN = b"\xd8\x62"
_EVIDENCE = b"\x85\x71comity/evidence/1"
_HELD = "SELECT class, evidence FROM evidence ORDER BY found, class"


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the program's; each sets `run`, a function that returns the exit code."""
    parser = commands.add_parser("log", help="write logs out, audit them, make papers for a court")
    inner = parser.add_subparsers(dest="log", metavar="ACTION", required=True)
    export = inner.add_parser(
        "export", help="write our log and our mirror of theirs as files, also while the node runs"
    )
    export.add_argument("folder", type=Path, metavar="DIR", help="where to; an earlier export is brought up to date")
    _add_node(export)
    export.set_defaults(run=run_export)
    verify = inner.add_parser("verify", help="audit an export, a served log or papers, with public keys only")
    verify.add_argument("what", metavar="DIR|URL|FILE", help="exported folder, address of a log or node, zip, evidence")
    verify.add_argument(
        "--keys",
        type=Path,
        nargs="+",
        action="extend",
        required=True,
        metavar="FILE",
        help="keys from a source you trust: key lists keys.cose, the accord, or files of vkey lines",
    )
    verify.add_argument(
        "--older", type=Path, nargs="+", action="extend", default=[], metavar="FILE", help="checkpoints seen earlier"
    )
    verify.add_argument(
        "--disowned",
        type=Path,
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE",
        help="with evidence: what the accused wrote with `comity log disowned`",
    )
    verify.add_argument("--json", action="store_true", help="for machines")
    verify.set_defaults(run=run_verify)
    held = inner.add_parser("evidence", help="write the evidence that this node holds against the other one into files")
    held.add_argument("folder", type=Path, metavar="DIR", help="where to")
    _add_node(held)
    held.set_defaults(run=run_evidence)
    lost = inner.add_parser(
        "disowned", help="write what shows that heads of our log were lost with a store that was put back"
    )
    lost.add_argument("folder", type=Path, metavar="DIR", help="where to")
    _add_node(lost)
    lost.set_defaults(run=run_disowned)
    bundle = inner.add_parser("bundle", help="make papers for a court on one dispatch")
    bundle.add_argument("id", metavar="ID", help="number of the dispatch, 26 letters and digits")
    bundle.add_argument("--out", type=Path, required=True, metavar="FILE", help="the zip, made here")
    bundle.add_argument(
        "--without", choices=[piece.value for piece in Piece], action="append", default=[], help="leave a piece out"
    )
    bundle.add_argument("--decision", action="store_true", help="put our own decision record in, if our law allows it")
    bundle.add_argument("--officer", help="desk and number of who writes content out; without content nobody is asked")
    bundle.add_argument("--court", metavar="BASIS", help="a court orders it, by the word our law knows an order by")
    bundle.add_argument("--reason", default="", help="why, in words, such as which order; for our own records")
    _add_node(bundle)
    bundle.set_defaults(run=run_bundle)


def _add_node(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--node", type=Path, default=Path(), metavar="FOLDER", help="the node's data folder; default: here"
    )
    parser.add_argument("--json", action="store_true", help="for machines")


# --- export and bundle ---------------------------------------------------------------------------------------------


def run_export(asked: argparse.Namespace) -> int:
    """Write both exchange logs out of a node's store."""
    with snapshot(asked.node) as tx, progress("writing", file_count(tx), hidden=asked.json) as tick:
        done = export_logs(tx, asked.folder, tick)
    if asked.json:
        rows = [{"origin": one.origin, "folder": one.folder, "size": one.size, "files": one.files} for one in done]
        show_json({"folder": str(asked.folder), "logs": rows})
    else:
        rows_shown = [(one.origin, f"{one.size:,}", f"{one.files:,}", f"{asked.folder}/{one.folder}") for one in done]
        show_table("Exported", ("Log", "Entries", "Files", "Folder"), rows_shown)
    return DONE


def run_bundle(asked: argparse.Namespace) -> int:
    """Make papers on one dispatch; content goes in only under an act that our law permits, done by an officer."""
    dispatch = read_id(asked.id)
    if asked.out.exists():
        raise BadConfiguration(f"{asked.out} is there already; nothing was made. Move it away or name another file")
    wish = Wish(frozenset(Piece(name) for name in asked.without), asked.decision)
    act: DispatchId | None = None
    if needs_act(wish):
        outcome = _let_out(asked, show_id(dispatch))
        if outcome["outcome"] != "done":
            show_json(outcome) if asked.json else show_outcome(outcome)
            return REFUSED
        act = read_id(outcome["id"])
    with snapshot(asked.node) as tx:
        content = make_bundle(tx, dispatch, wish, now=SystemClock().now(), act=act)
    try:
        write_atomic(asked.out, content, mode=PRIVATE_FILE)
    except OSError as error:
        raise BadConfiguration(f"{asked.out} could not be written ({error}); nothing was made") from error
    if asked.json:
        show_json({"bundle": str(asked.out), "bytes": len(content), "without": sorted(wish.without)})
    else:
        print(
            f"made {asked.out}, {len(content):,} bytes. It is readable by this account only; read statement.txt first"
        )
    return DONE


def _let_out(asked: argparse.Namespace, dispatch: str) -> dict[str, Any]:
    """Ask our law whether this content may leave the node; the node keeps the question and the answer."""
    if asked.officer is None:
        raise BadForm("content leaves the node as an officer's act: name --officer, or leave every piece out")
    act: dict[str, Any] = {"act": "export", "dispatch": dispatch, "reason": asked.reason}
    if asked.court is not None:
        act |= {"act": "court", "basis": [asked.court]}
    return perform(asked.node, {**act, "by": officer_of(asked.officer)})


# --- verify --------------------------------------------------------------------------------------------------------


def run_verify(asked: argparse.Namespace) -> int:
    """Audit what there is to audit; 0 only if all of it holds."""
    keys, notes = read_keys(asked.keys)
    if Path(asked.what).is_file():
        if Path(asked.what).read_bytes().startswith(_EVIDENCE):
            return _verify_evidence(asked, keys, notes)
        return _verify_bundle(asked, keys, notes)
    if "://" not in asked.what and not Path(asked.what).is_dir():
        raise BadForm(f"{asked.what} is no folder, file or address; nothing was verified")
    older = [keys.head(_text(path)) for path in asked.older]
    found = [_verify_log(place, read, keys, older, asked) for place, read in read_places(asked.what, keys)]
    good = [one for one in found if isinstance(one, Checked)]
    crossed = cross_check(good)
    holds = len(good) == len(found) and all(one.good for one in good) and not crossed
    if asked.json:
        show_json({"verified": holds, "logs": [_log_json(one) for one in found], "across": crossed, "keys": notes})
    else:
        _show_logs(found, crossed, notes, holds=holds)
    return DONE if holds else REFUSED


def _verify_log(
    place: str, read: ReadPath, keys: PublicKeys, older: Sequence[CosignedHead], asked: argparse.Namespace
) -> Checked | tuple[str, str]:
    """Audit one log; return its report, or (place, why there is none)."""
    try:
        head = verified_head(read, keys)
        with progress(place, steps(head.head.checkpoint.size), hidden=asked.json) as tick:
            same = [one for one in older if one.head.checkpoint.origin == head.head.checkpoint.origin]
            earlier = [one.head.checkpoint for one in same]
            return check_log(place, read, head, earlier, tick, judge=key_judge(keys, head, *same))
    except (PeerError, Unreadable) as error:
        return place, str(error)


def _verify_bundle(asked: argparse.Namespace, keys: PublicKeys, notes: Sequence[str]) -> int:
    checks = check_bundle(Path(asked.what).read_bytes(), keys)
    holds = all(one.good for one in checks)
    if asked.json:
        rows = [{"what": one.what, "good": one.good, "sentence": one.sentence} for one in checks]
        show_json({"verified": holds, "checks": rows, "keys": notes})
    else:
        for one in checks:
            print(f"{'good' if one.good else 'BAD '}  {one.what}: {one.sentence}")
        _end(notes, holds=holds)
    return DONE if holds else REFUSED


def _verify_evidence(asked: argparse.Namespace, keys: PublicKeys, notes: Sequence[str]) -> int:
    try:
        shown = check_evidence(Path(asked.what).read_bytes(), keys, disowned=[_bytes(one) for one in asked.disowned])
    except PeerError as error:
        show_json({"verified": False, "error": str(error), "keys": notes}) if asked.json else print(f"BAD   {error}")
        if not asked.json:
            _end(notes, holds=False)
        return REFUSED
    if asked.json:
        said = {"class": shown.kind.value, "accused": shown.accused, "shows": shown.sentence}
        show_json({"verified": True, **said, "keys": notes})
    else:
        print(f"good  {shown.kind.value} against {shown.accused}: {shown.sentence}")
        _end(notes, holds=True)
    return DONE


def run_evidence(asked: argparse.Namespace) -> int:
    """Write all evidence that a node holds into files, for whoever is to judge it."""
    with snapshot(asked.node) as tx:
        held = [(text_of(kind), bytes_of(data)) for kind, data in tx.rows(_HELD)]
        waiting = named.held(tx)
    files = {f"{place:03}-{kind}.evidence": data for place, (kind, data) in enumerate(held)}
    if waiting is not None:  # it accuses nobody yet: the other side is asked
        files[f"waiting-{waiting.proof.kind}.evidence"] = encode_evidence(waiting.proof)
    return _write_files(asked, files, "this node holds no evidence")


def run_disowned(asked: argparse.Namespace) -> int:
    """Write what shows, for each time our store was put back, which heads of ours accuse nobody."""
    with snapshot(asked.node) as tx:
        made = disownings(tx)
    files = {f"{place:03}.disowned": data for place, data in enumerate(made)}
    return _write_files(
        asked, files, "this node was never put back, or both logs do not say so under co-signed heads yet"
    )


def _write_files(asked: argparse.Namespace, files: Mapping[str, bytes], none: str) -> int:
    if files:
        make_private_folder(asked.folder)
    for name, data in files.items():
        write_atomic(asked.folder / name, data, mode=PRIVATE_FILE)
    if asked.json:
        show_json({"folder": str(asked.folder), "files": list(files)})
    else:
        print("\n".join(files) if files else none)
    return DONE


def _log_json(one: Checked | tuple[str, str]) -> dict[str, object]:
    if not isinstance(one, Checked):
        return {"place": one[0], "verified": False, "error": one[1]}
    checkpoint, report = one.head.head.checkpoint, one.report
    return {
        "place": one.place,
        "verified": one.good,
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "signed": one.head.head.time,
        "cosigned": one.head.cosigned.time,
        "cosigner": one.head.cosigned.cosigner,
        "entries": report.entries,
        "tiles": report.tiles,
        "older": report.older,
        "faults": [{"kind": fault.kind.value, "where": fault.where} for fault in report.faults],
        "wrong_keys": list(one.keys),
    }


def _show_logs(
    found: Sequence[Checked | tuple[str, str]], crossed: Sequence[str], notes: Sequence[str], *, holds: bool
) -> None:
    rows: list[tuple[str, ...]] = []
    faults = [f"across the logs: {line}" for line in crossed]
    for one in found:
        if not isinstance(one, Checked):
            faults.append(f"{one[0]}: {one[1]}")
            continue
        checkpoint, report = one.head.head.checkpoint, one.report
        times = (moment(one.head.head.time * SECOND_MS), moment(one.head.cosigned.time * SECOND_MS))
        rows.append(("good" if one.good else "BAD", checkpoint.origin, f"{report.entries:,}", *times))
        faults += [f"{checkpoint.origin}: {fault.kind.value} {fault.where}" for fault in report.faults]
        faults += one.keys
    if rows:
        show_table("Logs", ("", "Log", "Entries", "Signed", "Co-signed"), rows)
    for line in faults:
        print(f"BAD   {line}")
    _end(notes, holds=holds)


def _end(notes: Sequence[str], *, holds: bool) -> None:
    for note in notes:
        print(note)
    print("VERIFIED" if holds else "NOT VERIFIED: keep what you have, and telephone the other party's duty desk")


# --- keys ----------------------------------------------------------------------------------------------------------


def read_keys(paths: Sequence[Path]) -> tuple[PublicKeys, tuple[str, ...]]:
    """Read public keys; return them, and what must be said of where they come from.

    Key lists are checked against the roots of an accord if one is given with them; without, they are taken as they are.

    Raises:
        BadConfiguration: a file cannot be read or holds no keys.
        BadSignature: a key list is not signed by the root that the accord names.
    """
    accords: list[Accord] = []
    lists: list[tuple[Path, bytes]] = []
    keys = PublicKeys((), ())
    for path in paths:
        content = _bytes(path)
        if not content.startswith(_COSE_SIGN):
            keys += _vkeys(path, content)
            continue
        try:
            accords.append(verify_accord(content))
        except ComityError:
            lists.append((path, content))
    read = [_key_list(path, content, accords) for path, content in lists]
    signed = [(content, one) for (_, content), (one, _) in zip(lists, read, strict=True)]
    keys += PublicKeys.signed(*signed)
    if not keys.logs:
        raise BadConfiguration("no key of a log is in the files given; nothing was verified")
    return keys, tuple(note for _, note in read)


def _key_list(path: Path, content: bytes, accords: Sequence[Accord]) -> tuple[KeyList, str]:
    try:
        keys = decode_keylist(unverified_payload(content))
    except PeerError as error:
        raise BadConfiguration(f"{path} is neither an accord nor a key list ({error}); nothing was verified") from error
    named = f"keys of {keys.node}, edition {keys.edition}: {fingerprint(content)}"
    for accord in accords:
        for party in accord.parties:
            if party.node == keys.node:
                verify_keylist(content, party.root())
                return keys, f"{named} (signed by the root in the accord)"
    return keys, f"{named} (compare it: no accord was given to check its signature)"


def _vkeys(path: Path, content: bytes) -> PublicKeys:
    try:
        lines = [line.strip() for line in content.decode().splitlines()]
        return PublicKeys.from_vkeys([line for line in lines if line and not line.startswith(("#", "--"))])
    except (UnicodeDecodeError, BadForm) as error:
        raise BadConfiguration(f"{path} holds no verifier keys ({error}); nothing was verified") from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadConfiguration(f"{path} could not be read ({error.strerror}); nothing was verified") from error


def _text(path: Path) -> str:
    return _bytes(path).decode(errors="replace")
