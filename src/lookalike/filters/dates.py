"""Dates as people write them: each is a stretch of time, be it a year or a second."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lookalike.errors import UsageError

__all__ = ["Period", "parse_date"]

_DATE = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?)?)?)?",
    re.ASCII | re.IGNORECASE,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time: its first microsecond since 1970, and the first one after it."""

    start: int
    end: int


def parse_date(text: str) -> Period | None:
    """Return the time that ``2024``, ``2024-05``, ``2024-05-03`` or ``2024-05-03 14:00`` means.

    Seconds, their fractions and an offset from UTC (``Z``, ``+02:00``) may follow; without an
    offset it is the time of this machine. None when the text is no date.

    >>> day = parse_date("2024-05-03 00:00Z")
    >>> day.start, day.end - day.start
    (1714694400000000, 60000000)
    """
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    fraction, offset = match[7], match[8]
    try:
        start = datetime(year, month or 1, day or 1, hour, minute, second)
        start += timedelta(microseconds=int((fraction or "").ljust(6, "0")))
        end = _after(start, match)
        if offset is not None:
            written = offset.upper().replace("Z", "+00:00")
            zone = datetime.strptime(written, "%z").tzinfo
            start, end = start.replace(tzinfo=zone), end.replace(tzinfo=zone)
        return Period(_microseconds(start), _microseconds(end))
    except (ValueError, OverflowError) as error:
        raise UsageError(f"There is no date {text!r}: {error}.") from error


def _after(start: datetime, match: re.Match[str]) -> datetime:
    _, month, day, hour, _, second, fraction, _ = match.groups()
    if fraction is not None:
        return start + timedelta(microseconds=10 ** (6 - len(fraction)))
    if second is not None:
        return start + timedelta(seconds=1)
    if hour is not None:
        return start + timedelta(minutes=1)
    if day is not None:
        return start + timedelta(days=1)
    if month is not None and start.month < 12:
        return start.replace(month=start.month + 1)
    return start.replace(year=start.year + 1, month=1)


def _microseconds(time: datetime) -> int:
    return (time.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)
