"""Days as a party counts them: its zone, its working days of the week, its holidays, all of them data that is handed in.

The rule it keeps: a day is the day of that party's own zone, so the same moment may be two days; the day from which one counts
is never counted; beyond the years whose holidays are known the count goes on and says that it did.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from comity.base.errors import BadForm
from comity.base.ids import Digest, Ms

WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NO_DIGEST: Final = Digest(bytes(32))
_DAY: Final = timedelta(days=1)
_LONGEST: Final = 3_660
"""No limit looks further than ten years of days; a calendar without any working day ends there."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """One party's days.

    Attributes:
        zone: of its capital.
        working: days of the week on which it works, 0 is Monday.
        holidays: days on which it does not.
        years: whose holidays are announced in full.
        digest: SHA-256 of the data from which it was made.
    """

    zone: tzinfo = UTC
    working: frozenset[int] = frozenset(range(5))
    holidays: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()
    digest: Digest = NO_DIGEST

    def day(self, at: Ms) -> date:
        """Return the day that it is there at a time."""
        return datetime.fromtimestamp(at / 1000, self.zone).date()

    def ends(self, day: date) -> Ms:
        """Return the first millisecond after a day there; a limit that falls on the day runs out then."""
        return Ms(round(datetime.combine(day + _DAY, time.min, self.zone).timestamp() * 1000))

    def begins(self, day: date) -> Ms:
        """Return the first millisecond of a day there."""
        return self.ends(day - _DAY)

    def works(self, day: date) -> bool:
        """Say whether a day is a working day there."""
        return day.weekday() in self.working and day not in self.holidays

    def after(self, day: date, days: int, *, working: bool) -> date:
        """Return the day that is so many days, or working days, after `day`; `day` itself is not counted.

        Raises:
            BadForm: the limit is further away than ten years.
        """
        if not working:
            return day + timedelta(days=days)
        one, left = day, days
        while left:
            one += _DAY
            if (one - day).days > _LONGEST:
                raise BadForm("the limit is further away than ten years; look at the calendar")
            left -= self.works(one)
        return one

    def between(self, first: date, last: date) -> int:
        """Return how many working days lie after `first` up to and with `last`; 0 if `last` is not later."""
        return sum(self.works(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))

    def knows(self, first: date, last: date) -> bool:
        """Say whether the holidays of every year from `first` to `last` are announced in full."""
        return self.years.issuperset(range(first.year, last.year + 1))


def read_week(days: tuple[str, ...]) -> frozenset[int]:
    """Return the numbers of days of the week, 0 is Monday.

    Raises:
        BadForm: a word is no day of the week.
    """
    if not set(days) <= set(WEEK):
        raise BadForm("a day of the week is one of " + ", ".join(WEEK))
    return frozenset(WEEK.index(day) for day in days)
