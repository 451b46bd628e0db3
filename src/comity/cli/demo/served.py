"""The logs as a visitor without a certificate finds them at a node's page, audited with public keys alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

from comity.base.errors import ComityError
from comity.cli.demo.stage import Actor, Stage
from comity.dispatch.keylist import KeyList
from comity.edge.config import read_config
from comity.edge.export import Checked, check_log, cross_check, read_places, verified_head
from comity.node.assemble import cosigner_verifier, log_origin, log_verifier
from comity.node.ceremony import read_instruments
from comity.node.logfiles import origin_hash
from comity.node.publickeys import PublicKeys


@dataclass(frozen=True, slots=True)
class NodeAddress:
    """Where one node is and with which keys its exchange log is checked, as C2SP vkey lines.

    `log_url` names the loopback address itself, since not every machine's resolver knows the names below `localhost`.
    `cosigner_vkeys` are those of the other party's mirror, which co-signs this log.
    """

    party: str
    data: str
    url: str
    log_url: str
    log_vkeys: tuple[str, ...]
    cosigner_vkeys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LogFound:
    """One exchange log as it is served: at its owner's page, and mirrored at the other's.

    `verified` says that every entry and every tile was read from the owner's page and agrees with a checkpoint that
    both parties signed; `mirrored` says the same of the other's mirror, with the same root.
    """

    party: str
    origin: str
    size: int
    root: str
    checkpoint: str
    verified: bool
    mirrored: bool
    findings: tuple[str, ...]


def addresses(stage: Stage) -> tuple[NodeAddress, ...]:
    """Return both nodes' addresses and public keys."""
    return tuple(_address(actor) for actor in stage.actors)


def _address(actor: Actor) -> NodeAddress:
    ours, theirs = _lists(actor)
    origin = log_origin(ours.node, ours.log.number)
    return NodeAddress(
        party=actor.id,
        data=str(actor.folder),
        url=actor.url,
        log_url=f"{_base(actor)}/log/{origin_hash(origin)}",
        log_vkeys=log_verifier(ours).vkeys(),
        cosigner_vkeys=cosigner_verifier(theirs).vkeys(),
    )


def _base(actor: Actor) -> str:
    return f"http://127.0.0.1:{actor.page_port}"


def _lists(actor: Actor) -> tuple[KeyList, KeyList]:
    config = read_config(actor.folder)
    signed = [config.path(one).read_bytes() for one in (config.accord, config.our_keys, config.peer_keys)]
    _, ours, theirs = read_instruments(config.name, signed[0], signed[1], signed[2])
    return ours, theirs


def audit_served(stage: Stage) -> tuple[LogFound, ...]:
    """Audit both exchange logs from both pages, and against each other."""
    keys = PublicKeys.listed(*_lists(stage.actors[0]))
    found: list[LogFound] = []
    own: list[Checked] = []
    for actor in stage.actors:
        origin = log_origin(_lists(actor)[0].node, _lists(actor)[0].log.number)
        at_home, problem = _audit(_base(actor), origin, keys)
        mirror, mirror_problem = _audit(_base(stage.other(actor.id)), origin, keys)
        own += [at_home] if at_home is not None else []
        found.append(_found(actor, origin, (at_home, problem), (mirror, mirror_problem)))
    wrong = cross_check(own)
    if not wrong:
        return tuple(found)
    return tuple(replace(one, verified=False, findings=(*one.findings, *wrong)) for one in found)


def _audit(base: str, origin: str, keys: PublicKeys) -> tuple[Checked | None, str]:
    try:
        ((place, read),) = read_places(f"{base}/log/{origin_hash(origin)}", keys)
        return check_log(place, read, verified_head(read, keys)), ""
    except ComityError as error:
        return None, str(error)


def _found(actor: Actor, origin: str, home: tuple[Checked | None, str], mirror: tuple[Checked | None, str]) -> LogFound:
    checked, there = home[0], mirror[0]
    problems = [problem for problem in (home[1], mirror[1]) if problem]
    for one in (checked, there):
        problems += [f"{fault.kind.value}: {fault.where}" for fault in one.report.faults] if one is not None else []
    head = checked.head.head.checkpoint if checked is not None else None
    same = checked is not None and there is not None and there.head.head.checkpoint == checked.head.head.checkpoint
    return LogFound(
        party=actor.id,
        origin=origin,
        size=head.size if head is not None else 0,
        root=head.root.hex() if head is not None else "",
        checkpoint=checked.head.note if checked is not None else "",
        verified=checked is not None and checked.report.good and head is not None and head.origin == origin,
        mirrored=there is not None and there.report.good and same,
        findings=tuple(problems),
    )
