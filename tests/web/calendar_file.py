"""Reads iCalendar by the words of RFC 5545 alone, and says what of it a file breaks; nothing of the program is used."""

from __future__ import annotations

import re

NAME = re.compile(r"[A-Za-z0-9-]+")
PARAM = re.compile(r';([A-Za-z0-9-]+)=("[^"\x00-\x08\x0a-\x1f\x7f]*"|[^";:,\x00-\x08\x0a-\x1f\x7f]*)')
STAMP = re.compile(r"\d{8}T\d{6}Z")
ONCE = {
    "UID",
    "DTSTAMP",
    "DTSTART",
    "DTEND",
    "DURATION",
    "SUMMARY",
    "DESCRIPTION",
    "SEQUENCE",
    "STATUS",
    "TRANSP",
    "LAST-MODIFIED",
}
"""3.6.1: these stand at most once in an event."""


def unfolded(data):
    """3.1: lines end with CRLF, have at most 75 octets without it, and a blank at the start goes on with the line before."""
    assert data.endswith(b"\r\n")
    raw = data.split(b"\r\n")[:-1]
    assert all(len(line) <= 75 for line in raw)
    assert not any(b"\n" in line or b"\r" in line for line in raw)
    lines: list[bytes] = []
    for line in raw:
        if line[:1] in {b" ", b"\t"}:
            lines[-1] += line[1:]
        else:
            lines.append(line)
    for line in raw:
        line.decode()  # a letter is never cut in two by what folds by octets
    return [line.decode() for line in lines]


def content_line(line):
    """3.1: name, parameters, value."""
    name = NAME.match(line)
    rest, params = line[name.end() :], {}
    while rest.startswith(";"):
        found = PARAM.match(rest)
        params[found[1].upper()] = found[2].strip('"')
        rest = rest[found.end() :]
    assert rest.startswith(":"), line
    return name[0].upper(), params, rest[1:]


def text(value):
    """3.3.11: in a text commas, semicolons, backslashes and line ends are escaped, and nothing else is."""
    assert not re.search(r"(?<!\\)(?:\\\\)*[;,]", value), value
    assert not re.search(r"(?<!\\)(?:\\\\)*\\(?![\\;,nN])", value), value
    return re.sub(r"\\([\\;,nN])", lambda found: "\n" if found[1] in "nN" else found[1], value)


def read(data):
    """Return the calendar's own properties and its events, each a mapping of names to (parameters, value)."""
    lines = [content_line(line) for line in unfolded(data)]
    assert lines[0] == ("BEGIN", {}, "VCALENDAR")
    assert lines[-1] == ("END", {}, "VCALENDAR")
    head: dict[str, tuple[dict, str]] = {}
    events: list[dict[str, tuple[dict, str]]] = []
    inside = None
    for name, params, value in lines[1:-1]:
        if name == "BEGIN":
            assert (value, inside) == ("VEVENT", None)
            inside = {}
        elif name == "END":
            assert value == "VEVENT"
            events.append(_event(inside))
            inside = None
        else:
            where = head if inside is None else inside
            assert not (name in ONCE and name in where and inside is not None), name
            where[name] = (params, value)
    assert head["VERSION"][1] == "2.0"
    assert head["PRODID"][1]
    assert "METHOD" not in head
    assert len({one["UID"][1] for one in events}) == len(events)
    return head, events


def _event(one):
    """3.6.1: an event has UID, DTSTAMP and, without a METHOD, DTSTART; DTEND or DURATION, and DTEND of DTSTART's type, later."""
    assert one["UID"][1]
    assert STAMP.fullmatch(one["DTSTAMP"][1])
    assert not {"DTEND", "DURATION"} <= one.keys()
    assert re.fullmatch(r"\d+", one["SEQUENCE"][1])
    assert one["STATUS"][1] in {"TENTATIVE", "CONFIRMED", "CANCELLED"}
    text(one["SUMMARY"][1])
    params, starts = one["DTSTART"]
    if params.get("VALUE") == "DATE":
        assert re.fullmatch(r"\d{8}", starts)
        assert one["DTEND"][0] == {"VALUE": "DATE"}
        assert one["DTEND"][1] > starts
    else:
        assert STAMP.fullmatch(starts)
        assert re.fullmatch(r"PT\d+M", one.get("DURATION", ({}, "PT1M"))[1])
    return one
