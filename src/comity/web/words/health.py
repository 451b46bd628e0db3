"""How the node runs, for its administrator."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "health.h1": "Health of the node",
    "health.lead": "Sizes and counts. Nothing here says what was exchanged, or with whom.",
    "health.store": "Store",
    "health.store.size": "Size with its side files",
    "health.store.free": "Free on its disk",
    "health.store.low": "The disk is nearly full. Make room before the node can no longer write.",
    "health.link": "Link",
    "health.link.state": "State",
    "health.link.last": "Last exchange",
    "health.link.waiting": "Ours without a receipt",
    "health.link.quarantined": "Quarantined",
    "health.people": "People",
    "health.people.sessions": "Open sessions",
    "health.people.streams": "Open event streams of this process",
    "health.people.faults": "Faults since the start",
    "health.unknown": "not known in this process",
    "health.never": "never",
    "health.logs": "Logs",
    "health.logs.caption": "Entries stored, signed and co-signed",
    "health.logs.log": "Log",
    "health.logs.size": "Entries",
    "health.logs.signed": "Signed",
    "health.logs.cosigned": "Co-signed",
    "health.log.exchange": "Ours",
    "health.log.mirror": "Theirs, as we hold it",
    "health.log.decision": "Decisions",
    "health.alarms": "Alarms for the administrator",
    "health.alarms.none": "No alarm is open.",
    "health.alarm.passkey-counter": "A passkey of {about} counted less than before. It was refused: there may be a copy of it. End the key and ask the officer.",
    "health.eyes": "Two pairs of eyes",
    "health.eyes.able": "Administrators with a key or a binding",
    "health.eyes.waits": "Changes of accounts that wait",
    "health.alarm.account-alone": "Whoever has this machine changed the account of {about} alone, though an administrator could have confirmed it. Ask why; the reason is in our decision log.",
    "health.alarm.other": "{kind}: {about}",
    "health.alarms.seen": "Seen",
    "health.mib": "{size} MiB",
}
