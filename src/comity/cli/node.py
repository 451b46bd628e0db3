"""`comity node init | pair | run | status | backup | restore | left`: one party's node, from an empty folder to a running one."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from comity.base.errors import BadForm
from comity.base.ids import NodeName, show_id
from comity.cli.doorway import ask
from comity.cli.keys import show_notices
from comity.cli.link import named_lines
from comity.cli.out import moment, read_moment, show_json, show_table
from comity.dispatch.accord import fingerprint
from comity.edge.backup import backup_store, mark_store, put_back_store
from comity.edge.calm import calm
from comity.edge.clock import SystemClock
from comity.edge.config import POSTGRESQL, read_config
from comity.edge.database import read_database
from comity.edge.logs import logging_as
from comity.edge.oldstore import MEANING, left_behind
from comity.edge.registry import Registry, read_toml
from comity.edge.roomcopy import check_rooms, copies_of, copy_rooms, put_back_rooms
from comity.edge.setup import KEYS, LAW_FILE, LAW_KEY, NewNode, init_node, keep_peer_law, pair_node


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the program's."""
    parser = commands.add_parser("node", help="make, pair, run and look at one party's node")
    inner = parser.add_subparsers(dest="node", metavar="ACTION", required=True)
    _add_init(inner.add_parser("init", help="make a node in an empty folder: keys, certificates, settings, law"))
    pair = inner.add_parser("pair", help="hold the ceremony: take the signed accord and the peer's key list")
    pair.add_argument("folder", type=Path)
    pair.add_argument("--accord", type=Path, required=True, help="the accord, signed by both parties")
    pair.add_argument("--peer-keys", type=Path, required=True, help="keys.cose of the other party")
    pair.add_argument("--peer-registry", type=Path, required=True, help="registry of the other party")
    pair.add_argument("--peer-law", type=Path, help="law folder of the other party, to show what it publishes")
    pair.add_argument(
        "--confirm", metavar="FINGERPRINT", action="append", help="a fingerprint heard by voice; else asked"
    )
    pair.set_defaults(run=run_pair)
    run = inner.add_parser("run", help="run the node of a folder until it is stopped")
    run.add_argument("folder", type=Path)
    run.add_argument("--json", action="store_true", help="print one JSON line when it is ready")
    run.set_defaults(run=run_run)
    status = inner.add_parser("status", help="show link, logs and counters of a running node")
    status.add_argument("folder", type=Path)
    status.add_argument("--json", action="store_true", help="for machines")
    status.set_defaults(run=run_status)
    backup = inner.add_parser("backup", help="copy a node's store into a new file, also while it runs")
    backup.add_argument("folder", type=Path)
    backup.add_argument("copy", type=Path, help="the new file")
    backup.set_defaults(run=run_backup)
    restore = inner.add_parser("restore", help="put a copy of a stopped node's store back; its next start mends it")
    restore.add_argument("folder", type=Path)
    restore.add_argument("copy", type=Path, nargs="?", help="a file that `backup` made")
    restore.add_argument(
        "--in-place", action="store_true", help="the database's own tools have put it back already: say so to the node"
    )
    restore.add_argument(
        "--newest",
        action="store_true",
        help="the node stood still since the copy was made, as when it moves to a database",
    )
    restore.set_defaults(run=run_restore)
    left = inner.add_parser("left", help="say what an old store holds that the store in use does not, by number")
    left.add_argument("folder", type=Path, help="of the node in use")
    left.add_argument("old", type=Path, help="the file of the old store, or the folder of a node with one")
    left.add_argument("--json", action="store_true", help="for machines")
    left.set_defaults(run=run_left)


def _add_init(init: argparse.ArgumentParser) -> None:
    init.add_argument("folder", type=Path, help="the node's data folder, made here")
    init.add_argument(
        "--root", type=Path, required=True, help="folder for root and law keys, to be kept off the machine"
    )
    init.add_argument("--node", required=True, help="the node's name in the accord, such as north.example/comity")
    init.add_argument("--country", required=True, help="country code in the accord")
    init.add_argument("--peer", required=True, help="the other node's name in the accord")
    init.add_argument("--registry", type=Path, required=True, help="our agencies")
    init.add_argument("--roster", type=Path, required=True, help="our officers by desk and number")
    init.add_argument("--workplan", type=Path, required=True, help="items of the signed workplan")
    init.add_argument("--laws", type=Path, default=Path("laws"), help="folder of law editions")
    init.add_argument("--calendars", type=Path, default=Path("calendars"), help="folder with holidays, by party")
    init.add_argument("--substances", type=Path, default=Path("substances"), help="folder with the list of substances")
    init.add_argument(
        "--desk", action="append", help="desk to load, again for each; default: requests, precursors, workplan"
    )
    init.add_argument("--law", required=True, help="our edition in it")
    init.add_argument("--exchange-port", type=int, required=True, help="port for the peer's exchanges")
    init.add_argument("--page-port", type=int, required=True, help="port of the officers' page")
    init.add_argument(
        "--address", action="append", help="https://host:port under which the peer reaches us; default: loopback"
    )
    init.add_argument("--exchange-host", default="127.0.0.1", help="address of this machine for the peer's exchanges")
    init.add_argument(
        "--database", help="keep the store in this PostgreSQL database, as postgresql://user@host/name; default: a file"
    )
    init.add_argument("--peer-address", action="append", default=[], help="https://host:port of the peer")
    init.add_argument("--at", help="time from which the keys count, ISO 8601; default: now")
    init.add_argument("--exercise", action="store_true", help="allow a law edition that no lawyer has signed")
    init.set_defaults(run=run_init)


def run_init(asked: argparse.Namespace) -> int:
    """Make a node and say what to do next."""
    registry = read_toml(asked.registry, Registry)
    quoted = ", ".join(f'"{one}"' for one in asked.peer_address)
    settings = {
        "peer": f'"{asked.peer}"',
        "peer_addresses": f"[{quoted}]",
        "exchange_host": f'"{asked.exchange_host}"',
        "exchange_port": str(asked.exchange_port),
        "page_port": str(asked.page_port),
        "page_name": f'"{registry.short.lower()}.localhost"',
        "web": '"comity.web.app:create"',
        "insecure_exercise_edition": "true" if asked.exercise else "false",
    }
    if asked.database:
        read_database(asked.database, asked.folder)
        settings |= {"store": f'"{POSTGRESQL}"', "database": f'"{asked.database}"'}
    new = NewNode(
        folder=asked.folder,
        root_folder=asked.root,
        node=NodeName(asked.node),
        party=registry.short,
        country=asked.country,
        addresses=tuple(asked.address or (f"https://127.0.0.1:{asked.exchange_port}",)),
        registry=asked.registry,
        roster=asked.roster,
        workplan=asked.workplan,
        laws=asked.laws,
        law=asked.law,
        desks=tuple(asked.desk or ("requests", "precursors", "workplan")),
        calendars=asked.calendars,
        substances=asked.substances,
        settings=settings,
    )
    now = read_moment(asked.at) if asked.at else SystemClock().now()
    print(f"made {asked.folder}. Fingerprint of our key list, to be read aloud:\n  {init_node(new, now)}")
    print(f"hand {asked.folder}/party.json, keys.cose and registry.toml to the other party; take {asked.root} away")
    return 0


def run_pair(asked: argparse.Namespace) -> int:
    """Hold the ceremony: nothing is taken before both fingerprints were confirmed."""
    accord, keys = asked.accord.read_bytes(), asked.peer_keys.read_bytes()
    for what, signed in (("the accord", accord), ("the other party's key list", keys)):
        if not _confirmed(what, fingerprint(signed), asked.confirm):
            print(f"the fingerprint of {what} was not confirmed; nothing was changed", file=sys.stderr)
            return 1
    pair_node(asked.folder, accord, keys, asked.peer_registry.read_bytes())
    if asked.peer_law is not None:
        law = asked.peer_law
        keep_peer_law(asked.folder, (law / LAW_FILE).read_bytes(), (law / LAW_KEY).read_bytes())
    ours = fingerprint((asked.folder / KEYS).read_bytes())
    print(
        f"paired. Our own key list, for the other side to confirm:\n  {ours}\nstart with: comity node run {asked.folder}"
    )
    return 0


def _confirmed(what: str, shown: str, heard: list[str] | None) -> bool:
    if heard is not None:
        return any(_plain(one) == _plain(shown) for one in heard)
    print(f"fingerprint of {what}:\n  {shown}\nCompare it by voice, group by group.")
    try:
        return input("Is it the same? Type yes: ").strip().casefold() == "yes"
    except EOFError:
        return False


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()


def run_run(asked: argparse.Namespace) -> int:
    """Run a node."""
    with calm():
        from comity.edge.listener import run as run_loop  # noqa: PLC0415  loads all of a running node
        from comity.edge.running import RunningNode, run_until_stopped  # noqa: PLC0415

    config = read_config(asked.folder)

    def ready(node: RunningNode) -> None:
        url = f"http://{config.page_name}:{node.page_port}"
        if asked.json:
            show_json(
                {"node": config.node, "url": url, "exchange_port": node.exchange_port, "folder": str(asked.folder)}
            )
        else:
            print(
                f"{config.node} runs. Page: {url}   exchanges: port {node.exchange_port}   stop with Ctrl-C", flush=True
            )

    with logging_as(config.log):
        run_loop(run_until_stopped(config, ready))
    return 0


def run_backup(asked: argparse.Namespace) -> int:
    """Copy the store."""
    size = backup_store(asked.folder, asked.copy)
    print(f"copied the store to {asked.copy}, {size:,} bytes. It holds content: keep it as safe as the node itself")
    rooms = copy_rooms(read_config(asked.folder), asked.copy)
    if rooms:
        numbers = ", ".join(map(str, rooms))
        print(f"copied restricted rooms {numbers} to {copies_of(asked.copy)}: ciphertext and charters, no keys")
    return 0


def run_restore(asked: argparse.Namespace) -> int:
    """Put a copy back, and say what the next start will do."""
    if (asked.copy is None) != asked.in_place or (asked.in_place and asked.newest):
        raise BadForm("name the copy to put back, or --in-place where that was done already")
    if asked.in_place:
        mark_store(asked.folder)
        print("the store is marked as put back")
        return _then_start(asked.folder)
    config, now = read_config(asked.folder), SystemClock().now()
    check_rooms(config, asked.copy)
    kept = put_back_store(asked.folder, asked.copy, now, newest=asked.newest)
    print(f"put {asked.copy} in the place of the store; the one before it is kept as {kept}")
    for room in put_back_rooms(config, asked.copy, now):
        before = f"; the store before it is kept as {room.kept}" if room.kept else ""
        print(f"put restricted room {room.number} back{before}; it asks the other side before it signs")
        if not room.keys:
            print(f"room {room.number} has no keys here: put its folder `keys` back, or it cannot start")
    return _then_start(asked.folder)


def _then_start(folder: Path) -> int:
    print(f"start with: comity node run {folder}")
    print(
        "The node then asks the other side for what came after the copy, and says in its own log what is lost for good."
    )
    return 0


def run_left(asked: argparse.Namespace) -> int:
    """Say what only an old store holds."""
    found, records = left_behind(asked.folder, asked.old)
    if asked.json:
        rows = [{"id": show_id(one.id), "why": one.why, "desk": one.desk, "at": one.at} for one in found]
        show_json({"left": rows, "records": records})
        return 0
    told = [[show_id(one.id), one.desk, moment(one.at), MEANING[one.why]] for one in found]
    show_table("Only in the old store", ("id", "desk", "at", "what it is"), told)
    print(
        f"{len(found)} dispatches and drafts, and {records} decision records: keep the old store until all are seen to"
    )
    return 0


def run_status(asked: argparse.Namespace) -> int:
    """Show a running node."""
    status = ask(asked.folder, "GET", "/status")
    if asked.json:
        show_json(status)
        return 0
    link = status["link"]
    rows = [["link", f"{link['state']}: {link['reason']}"], ["last exchange", moment(link["last_exchange"])]]
    rows += [["waiting", str(link["waiting"])], ["evidence", str(status["counters"]["evidence"])]]
    rows += [
        [f"log {log['role']}", f"{log['origin']}: {log['size']} entries, cosigned {log['cosigned_size']}"]
        for log in status["logs"]
    ]
    rows += [
        [f"feedback missing, {item['item']}", ", ".join(f"{owes}: {count}" for owes, count in item["feedback_missing"])]
        for item in status["workplan"]
        if item["feedback_missing"]
    ]
    rows += [["named head", line] for line in named_lines(status["named"])]
    show_table("Node", ("what", "now"), rows)
    show_notices(ask(asked.folder, "GET", "/keys")["notices"])
    return 0
