"""A calendar as a program that polls gets it: whole, or the word that nothing has moved.

The rule it keeps: the tag is of the very bytes, and a time counts only where no tag was sent.
"""  # spec: RFC 9110 13

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus

from litestar import Response

from comity.base.ids import Ms
from comity.screen.calendar import Feed

_SECOND = 1000
_KEPT = {"cache-control": "private, no-cache", "content-disposition": 'attachment; filename="workplan.ics"'}


def answer(feed: Feed, headers: Mapping[str, str]) -> Response[bytes]:
    """Return the answer of HTTP to a request for a calendar.

    Args:
        feed: as it is now.
        headers: of the request, names in small letters.
    """
    tag = f'"{hashlib.sha256(feed.body).hexdigest()[:32]}"'
    said = {**_KEPT, "etag": tag, "last-modified": _date(feed.revised)}
    if _same(feed, tag, headers):
        return Response(b"", status_code=HTTPStatus.NOT_MODIFIED, headers=said, media_type="text/calendar")
    return Response(feed.body, status_code=HTTPStatus.OK, headers=said, media_type="text/calendar")


def _same(feed: Feed, tag: str, headers: Mapping[str, str]) -> bool:
    known = headers.get("if-none-match")
    if known is not None:  # spec: RFC 9110 13.1.3
        return known.strip() == "*" or tag in {one.strip().removeprefix("W/") for one in known.split(",")}
    try:
        since = parsedate_to_datetime(headers.get("if-modified-since", ""))
    except (ValueError, OverflowError):
        return False
    # The very time that was said with it: what was called off can put the newest time back.
    return feed.revised // _SECOND == round(since.timestamp())


def _date(at: Ms) -> str:
    return format_datetime(datetime.fromtimestamp(at // _SECOND, UTC), usegmt=True)
