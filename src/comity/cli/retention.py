"""`comity retention due | hold | renew | erase | certificate | certificates | verify`: what must go or stay, and how it is shown to be gone."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from comity.base.errors import BadConfiguration
from comity.base.ids import show_id
from comity.cli.acts import add_node, add_officer, officer_of
from comity.cli.doorway import ask
from comity.cli.log import read_keys
from comity.cli.out import moment, show_json, show_table
from comity.edge.files import write_atomic
from comity.node.certificate import check_certificate
from comity.node.erasing import PARTS

DONE, REFUSED = 0, 1


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the program's."""
    parser = commands.add_parser("retention", help="what is due to be erased, holds, erasures by two persons")
    inner = parser.add_subparsers(dest="retention", metavar="ACTION", required=True)
    due = inner.add_parser("due", help="what is past its day, and what holds it")
    add_node(due)
    due.set_defaults(run=run_due)
    hold = inner.add_parser("hold", help="keep a dispatch or a case from being erased, or end such a hold")
    hold.add_argument("target", metavar="ID", help="dispatch or case; with --end the hold")
    hold.add_argument("--reason", default="", help="why, in words")
    hold.add_argument("--end", action="store_true", help="end the hold of this number")
    add_officer(hold)
    add_node(hold)
    hold.set_defaults(run=run_hold)
    erase = inner.add_parser("erase", help="ask that a dispatch is erased; another person confirms")
    erase.add_argument("dispatch", metavar="ID")
    erase.add_argument("--reason", default="", help="why, in words; of who asks")
    erase.add_argument(
        "--part", action="append", choices=tuple(PARTS), help="default: all that is left; the header stays"
    )
    erase.add_argument(
        "--confirm", action="store_true", help="make what another person asked for; nothing brings it back"
    )
    erase.add_argument("--refuse", action="store_true", help="take the request back")
    add_officer(erase)
    add_node(erase)
    erase.set_defaults(run=run_erase)
    renew = inner.add_parser("renew", help="ask that a dispatch is kept until a later day; another person confirms")
    renew.add_argument("dispatch", metavar="ID")
    renew.add_argument(
        "--until", type=date.fromisoformat, metavar="DAY", help="its new day, as 2027-03-31; of who asks"
    )
    renew.add_argument("--reason", default="", help="why, in words; of who asks")
    renew.add_argument("--confirm", action="store_true", help="keep it until the day that another person asked for")
    renew.add_argument("--refuse", action="store_true", help="take the wish back")
    add_officer(renew)
    add_node(renew)
    renew.set_defaults(run=run_renew)
    crossed = inner.add_parser("certificates", help="certificates that crossed, and what is owed on both sides")
    add_node(crossed)
    crossed.set_defaults(run=run_certificates)
    certificate = inner.add_parser("certificate", help="write the certificate of an erasure, ours or theirs, as a file")
    certificate.add_argument("dispatch", metavar="ID")
    certificate.add_argument(
        "--step",
        type=int,
        default=0,
        metavar="N",
        help="of what was erased in several steps, 1 the first; default: the last",
    )
    certificate.add_argument("--out", type=Path, required=True, metavar="FILE")
    add_node(certificate)
    certificate.set_defaults(run=run_certificate)
    verify = inner.add_parser("verify", help="check a certificate with both parties' public keys; no node is needed")
    verify.add_argument("file", type=Path, metavar="FILE")
    verify.add_argument("--keys", type=Path, nargs="+", required=True, metavar="FILE", help="as for `log verify`")
    verify.add_argument("--json", action="store_true", help="for machines")
    verify.set_defaults(run=run_verify)


def run_due(asked: argparse.Namespace) -> int:
    """Show what is due."""
    found = ask(asked.node, "GET", "/retention")
    if asked.json:
        show_json(found)
        return DONE
    rows = [
        [one["dispatch"], one["whose"], one["kind"], moment(one["at"]), one["why"], _stands(one)]
        for one in found["due"]
    ]
    show_table("Due to be erased", ("id", "whose", "kind", "day", "by", "stands"), rows)
    rows = [[one["id"], one["target"], one["by"], moment(one["at"]), one["reason"]] for one in found["holds"]]
    if rows:
        show_table("Holds", ("id", "of", "by", "since", "why"), rows)
    rows = [
        [one["dispatch"], moment(one["until"]), one["by"], one["second"] or "", one["state"], one["reason"]]
        for one in found["renewals"]
    ]
    if rows:
        show_table("Renewals", ("of", "until", "asked by", "decided by", "stands", "why"), rows)
    print(f"next becomes due: {moment(found['next']) or 'nothing'}")
    return DONE


def _stands(one: dict[str, Any]) -> str:
    left = f"erased in part; left: {' '.join(one['left'])}" if one["partly"] else ""
    state = f"asked by {one['asked']}; another person confirms" if one["asked"] else ""
    return "; ".join(filter(None, (left, "on hold" if one["hold"] else state)))


def run_hold(asked: argparse.Namespace) -> int:
    """Make a hold, or end one."""
    by = officer_of(asked.officer)
    if asked.end:
        said = ask(asked.node, "POST", "/retention/hold/end", {"hold": asked.target, "by": by})
    else:
        said = ask(asked.node, "POST", "/retention/hold", {"target": asked.target, "reason": asked.reason, "by": by})
    if asked.json:
        show_json(said)
    else:
        print(f"the hold {said['ended']} is ended" if asked.end else f"held: {said['target']}, by hold {said['id']}")
    return DONE


def run_erase(asked: argparse.Namespace) -> int:
    """Ask for an erasure, confirm or refuse it."""
    step = "confirm" if asked.confirm else "refuse" if asked.refuse else "ask"
    wish = {"dispatch": asked.dispatch, "step": step, "by": officer_of(asked.officer), "reason": asked.reason}
    said = ask(asked.node, "POST", "/retention/erase", wish | ({"parts": asked.part} if asked.part else {}))
    if asked.json:
        show_json(said)
    elif said["state"] == "asked":
        print("asked for; another person confirms it with --confirm, one of the two a legal officer")
    elif said["state"] == "refused":
        print("the request is taken back; nothing was erased")
    else:
        print(
            f"erased; leaf {said['leaf']} of our log says so. Copies of the store still have it: see docs/operations.md"
        )
        if not said["clean"]:
            print("the write-ahead file could not be emptied yet: restart the node, or erase again, to have it emptied")
    return DONE


def run_renew(asked: argparse.Namespace) -> int:
    """Ask for a renewal, confirm or refuse it."""
    step = "confirm" if asked.confirm else "refuse" if asked.refuse else "ask"
    if step == "ask" and asked.until is None:
        raise BadConfiguration("say until when with --until DAY; nothing was changed")
    wish = {"dispatch": asked.dispatch, "step": step, "by": officer_of(asked.officer)}
    if step == "ask":
        day = datetime(asked.until.year, asked.until.month, asked.until.day, tzinfo=UTC)
        wish |= {"until": int(day.timestamp()) * 1_000, "reason": asked.reason}
    said = ask(asked.node, "POST", "/retention/renew", wish)
    if asked.json:
        show_json(said)
    else:
        words = {
            "asked": "asked for; another person confirms it with --confirm, one of the two a legal officer",
            "renewed": f"kept until {moment(said['until'])}; then it is due again",
            "dropped": "the wish is taken back; its day is as before",
        }
        print(words[said["state"]])
    return DONE


def run_certificates(asked: argparse.Namespace) -> int:
    """Show what crossed and what is owed."""
    found = ask(asked.node, "GET", "/retention/certificates")
    if asked.json:
        show_json(found)
        return DONE
    rows = [
        [
            one["about"] or one["dispatch"],
            _who(one),
            " ".join(one["parts"]),
            moment(one["destroyed"]),
            one["fault"] or one["state"],
        ]
        for one in found["held"]
    ]
    show_table("Certificates", ("of", "by", "parts", "destroyed", "stands"), rows)
    rows = [
        [one["dispatch"], _who(one), one["kind"], moment(one["since"]), _OWED[one["state"]]] for one in found["owed"]
    ]
    show_table("Owed", ("id", "by", "kind", "since", "stands"), rows)
    print(f"owed by us: {found['counts']['ours']}, by the other side: {found['counts']['theirs']}")
    if not found["crossing"]:
        print("this accord does not open the kind certificate: send each as a file (comity retention certificate)")
    return DONE


_OWED = {
    "kept": "not destroyed yet",
    "held": "on hold",
    "part": "destroyed in part",
    "told": "destroyed; the certificate is on its way",
    "refused": "destroyed; the other side did not take the certificate",
}


def _who(one: dict[str, object]) -> str:
    return "us" if one["ours"] else "the other side"


def run_certificate(asked: argparse.Namespace) -> int:
    """Write a certificate into a new file."""
    if asked.out.exists():
        raise BadConfiguration(f"{asked.out} is there already; nothing was written. Name another file")
    said = ask(asked.node, "GET", f"/retention/certificate?id={asked.dispatch}&step={asked.step}")
    if said["certificate"] is None:
        print("no co-signed head covers the leaf yet; nothing was written. Try again after the next exchange")
        return REFUSED
    write_atomic(asked.out, said["certificate"].encode())
    if asked.json:
        show_json({"out": str(asked.out), "steps": said["steps"]})
        return DONE
    print(f"written to {asked.out}")
    if said["steps"] > 1:
        print(f"it was erased in {said['steps']} steps; each has a certificate of its own: --step 1 to {said['steps']}")
    return DONE


def run_verify(asked: argparse.Namespace) -> int:
    """Check a certificate."""
    keys, notes = read_keys(asked.keys)
    found = check_certificate(asked.file.read_bytes(), keys)
    said = found.certificate
    if asked.json:
        show_json(
            {
                "verified": True, "by": found.by, "leaf": found.leaf, "cosigned": found.cosigned, "kind": said.kind,
                "dispatch": show_id(said.dispatch), "log": said.log, "index": said.index, "parts": list(said.parts),
                "at": said.at,
            }
        )  # fmt: skip
        return DONE
    for note in notes:
        print(note)
    print(
        f"VERIFIED: {found.by} says at leaf {found.leaf}, co-signed {moment(found.cosigned * 1_000)}, that it destroyed "
        f"{', '.join(said.parts)} of {show_id(said.dispatch)} (leaf {said.index} of {said.log}) on {moment(said.at)}"
    )
    return DONE
