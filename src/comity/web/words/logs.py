"""The logs and how to check them."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "logs.h": "Logs",
    "logs.h1": "The logs, and how to check them",
    "logs.lead": "What crossed is a leaf of its sender's log. The other side mirrors it whole and co-signs its head.",
    "logs.role.ours": "Our exchange log",
    "logs.role.theirs": "Our mirror of theirs",
    "logs.role.exchange": "Our exchange log",
    "logs.role.mirror": "Our mirror of theirs",
    "logs.role.decision": "Our decision log",
    "logs.size": "Entries",
    "logs.root": "Root",
    "logs.cosigned": "Co-signed",
    "logs.cosigned.at": "{size} of {total}, {time}",
    "logs.cosigned.none": "not yet",
    "logs.cosigned.never": "not co-signed: it stays at home, its head goes into the exchange log once a day",
    "logs.origin": "Origin",
    "logs.keys": "Log keys",
    "logs.keys.count": "{n} key, in full",
    "logs.keys.count.many": "{n} keys, in full",
    "logs.cosigners": "Co-signer keys",
    "logs.checkpoint": "Checkpoint",
    "logs.tiles": "Tiles",
    "logs.all": "All logs and their keys",
    "logs.offline.h": "Check it yourself, offline",
    "logs.offline": "The checkpoint and tiles are plain files in the C2SP tlog-tiles form. Fetch them, hash the entries, and compare the root with the one both sides signed. No certificate is needed to read them.",
    "logs.served": "Only what a visitor may read is linked. The decision log is not served.",
    "leaf.h": "Broken glass",
    "leaf.none": "No leaf of this log says that glass was broken.",
    "leaf.break-glass": "Glass was broken: a life was in danger, and approvals or full forms were deferred.",
    "leaf.review": "A reviewer looked at it.",
    "leaf.at": "leaf {index}",
}
