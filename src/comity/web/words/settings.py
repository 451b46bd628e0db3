"""An officer's own settings, passkeys and sessions."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "settings.h1": "Own settings and keys",
    "settings.choices": "How pages look and listen",
    "settings.language": "Language",
    "settings.theme": "Light or dark",
    "settings.theme.system": "As this computer",
    "settings.theme.light": "Light",
    "settings.theme.dark": "Dark",
    "settings.keys": "Letter keys",
    "settings.keys.on": "On",
    "settings.keys.off": "Off",
    "settings.sound": "Sound for immediate dispatches",
    "settings.sound.off": "Off",
    "settings.sound.on": "On",
    "settings.keep": "Keep settings",
    "settings.passkeys": "Your passkeys",
    "settings.passkeys.text": "Keep a second key in a safe place: whoever loses the only one needs the administrator.",
    "settings.passkeys.add": "Add a passkey",
    "settings.sessions": "Your sessions",
    "settings.sessions.text": "A session ends after 12 hours, or when nothing is done for an hour; for administrators after 15 minutes.",
    "settings.sessions.here": "this one",
    "settings.sessions.end": "End",
    "settings.sessions.others": "End all others",
    "settings.calendar": "Calendar of the workplan",
    "settings.calendar.text": "An address that your calendar program asks for by itself: due days and titles of the plan and of meetings, nothing else. Whoever has it sees these, so keep it to yourself.",
    "settings.calendar.since": "You have an address, since {time} UTC.",
    "settings.calendar.none": "You have no address.",
    "settings.calendar.make": "Make an address",
    "settings.calendar.again": "Make a new one; the old one ends",
    "settings.calendar.end": "Take it back",
    "settings.calendar.once": "Copy it now: it is shown this once.",
    "settings.said.calendar": "The address was taken back; it opens nothing any more.",
    "settings.said.kept": "The settings were kept.",
    "settings.said.added": "The passkey was added.",
    "settings.said.ended": "Ended.",
}
