"""1. Rewritten row: an operator alters a dispatch of his own side in his own store, past the program.

What notices: the commitment recomputed from the row is not the one in the co-signed leaf. The other side's copy still
gives it, so both texts can be shown.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

import msgspec

from comity.base import cbor
from comity.base.cbor import Value
from comity.cli.demo.attacks.arena import Arena, timed
from comity.cli.demo.attacks.result import AttackResult
from comity.dispatch import wire
from comity.dispatch.book import LogRole
from comity.dispatch.entries import DispatchLeaf, decode_entry
from comity.dispatch.partsrow import parts_bytes, parts_of
from comity.node.audit import Audit, audit
from comity.node.proofs import Signers
from comity.node.remake import remake
from comity.tlog.proof import parse_proof
from comity.tlog.tree import leaf_hash, verify_inclusion

ATTACK = (1, "rewritten-row")
_FALSE = "This sentence was put here by the operator, days later. "


def run(ring: Arena) -> AttackResult:
    """Alter content and desk row of a dispatch at its sender; then read it, and audit the node."""
    number = ring.finished.script.attacks[ATTACK[1]][0]
    cheat, victim = ring.scene(number).party, ring.finished.other(ring.scene(number).party)
    dispatch = ring.id(number)
    index = _rewrite(ring, cheat, dispatch)
    node = ring.nodes[cheat]
    found: list[Audit] = []
    signers = Signers.of(node.voice, node.peer)
    with node.ledger.read() as tx:
        took = timed(lambda: found.append(audit(tx, signers)))
        remade = remake(tx, dispatch, signers)
    differing = [one for one in found[0].differences if one.table == "sent"]
    ring.keep("audit.json", msgspec.json.format(msgspec.json.encode(found[0])))
    ring.check("the cheat's own audit names the row", differing)
    wrong = [] if remade is None else [step.what for step in remade.steps if not step.good]
    ring.check("the next read says that the content is not the committed one", "Content" in wrong)
    _show_both(ring, cheat, victim, dispatch, index)
    return ring.result(
        ATTACK,
        by=cheat,
        done=f"the operator rewrote the text of dispatch {number} in his own store, content and desk row, past the program",
        noticed=f"the commitment made from the row is not the one in leaf {index}, which {ring.mark(victim)} co-signed: the next "
        f"read, the node's own audit, and {ring.mark(victim)}'s copy, which still gives the leaf",
        after=f"at the next read; the audit of all rows took {took:.0f} ms",
    )


def _rewrite(ring: Arena, cheat: str, dispatch: bytes) -> int:
    """Write past the program, as someone with the database file can; return the leaf's index."""
    path = ring.opened[cheat].config.path(ring.opened[cheat].config.store)
    with closing(sqlite3.connect(path)) as store, store:
        index, plain = store.execute("SELECT idx, plain FROM sent WHERE id = ?", (dispatch,)).fetchone()
        header, body, attachments, author = parts_of(plain)
        false = cbor.encode(_changed(cbor.decode(body.content)))
        forged = parts_bytes((header, wire.Part(body.salt, false), attachments, author))
        store.execute("UPDATE sent SET plain = ? WHERE id = ?", (forged, dispatch))
        store.execute("UPDATE requests_dispatch SET body = ? WHERE id = ?", (false, dispatch))
    return int(index)


def _changed(body: Value) -> Value:
    assert isinstance(body, dict)
    said = "text" if "text" in body else "reason"
    return {**body, said: _FALSE + str(body.get(said, ""))}


def _show_both(ring: Arena, cheat: str, victim: str, dispatch: bytes, index: int) -> None:
    """Keep both texts, leaf and proof, and check with public keys alone which of them was committed."""
    mine, theirs = (_parts(ring, *where, dispatch) for where in ((cheat, "sent"), (victim, "got")))
    for name, parts in (("text-in-the-altered-store", mine), ("text-as-committed", theirs)):
        ring.keep(f"{name}.cbor", parts_bytes(parts))
        ring.keep(f"{name}.txt", _readable(cbor.decode(parts[1].content)))
    proof = parse_proof(ring.keep_proof(victim, LogRole.THEIRS, index, "dispatch"))
    entry = ring.rows(victim, "SELECT entry FROM entry WHERE role = ? AND idx = ?", (LogRole.THEIRS, index))[0][0]
    assert isinstance(entry, bytes)
    checkpoint = ring.keys().head(proof.note).head.checkpoint
    ring.keep("checkpoint", proof.note)
    verify_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.path, checkpoint.root)
    leaf = decode_entry(entry)
    assert isinstance(leaf, DispatchLeaf)
    ring.check(
        f"{ring.mark(victim)}'s copy gives the commitment in the co-signed leaf",
        wire.commit_of(theirs) == leaf.commit,
        public=True,
    )
    ring.check("the altered text does not", wire.commit_of(mine) != leaf.commit, public=True)


def _parts(ring: Arena, party: str, table: str, dispatch: bytes) -> wire.Parts:
    plain = ring.rows(party, f"SELECT plain FROM {table} WHERE id = ?", (dispatch,))[0][0]  # noqa: S608  two names of our own
    assert isinstance(plain, bytes)
    return parts_of(plain)


def _readable(body: Value) -> str:
    assert isinstance(body, dict)
    return "".join(f"{key}: {value}\n" for key, value in body.items())
