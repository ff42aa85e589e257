"""Times as people write them: ISO 8601, and the ways of spreadsheets that have one meaning.

A point between the parts means day first (``31.01.2026 16:05``), a year at the start means year,
month, day (``2026/1/31``, ``2026年1月31日``). ``03/04/2026`` is a day of March or of April, and is
not read: a wrong month is worse than a refused line.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

_CLOCK = r"(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?"
_DAY_FIRST = re.compile(rf"(\d{{1,2}})\.(\d{{1,2}})\.(\d{{4}}){_CLOCK}")
_YEAR_FIRST = re.compile(rf"(\d{{4}})[/.年-](\d{{1,2}})[/.月-](\d{{1,2}})日?{_CLOCK}")


def read_time(text: str) -> datetime | None:
    """The moment that a text tells, in UTC, which is meant where no zone stands; None if none.

    Example:
        >>> read_time("31.1.2026 16:05").isoformat(), read_time("2026年1月31日").isoformat()
        ('2026-01-31T16:05:00+00:00', '2026-01-31T00:00:00+00:00')
        >>> read_time("2026-01-31T16:05+02:00").isoformat()
        '2026-01-31T14:05:00+00:00'
        >>> read_time("03/04/2026") is None
        True
    """
    moment: datetime | None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = _written(text)
    if moment is None:
        return None
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:  # a zone that leads out of the years there are
        return None


def _written(text: str) -> datetime | None:
    if found := _DAY_FIRST.fullmatch(text):
        day, month, year, *clock = found.groups()
    elif found := _YEAR_FIRST.fullmatch(text):
        year, month, day, *clock = found.groups()
    else:
        return None
    try:
        hour, minute, second = (int(part or 0) for part in clock)
        return datetime(int(year), int(month), int(day), hour, minute, second)
    except ValueError:
        return None
