"""Times as people write them on a command line."""

import re
from datetime import date, datetime, time, timedelta

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
EXPECTED = "expected an age such as 30m, 12h, 1d or 2w, a day such as 2026-01-31, or a time (RFC 3339)"


def moment(text: str, now: datetime, *, is_end: bool = False) -> datetime:
    """The time that is meant; what names no zone is in this machine's.

    A day is its beginning, or with is_end its end: `--until 2026-01-31` has that day too. Raises ValueError.
    """
    age = re.fullmatch(r"(\d{1,6})([smhdw])", text)
    try:
        if age:
            return now - timedelta(**{UNITS[age[2]]: int(age[1])})
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            day = date.fromisoformat(text) + timedelta(days=int(is_end))
            return _midnight(day)
        found = datetime.fromisoformat(text)
        return found if found.tzinfo is not None else found.astimezone()
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{EXPECTED}, got {text!r}") from error


def _midnight(day: date) -> datetime:
    """Where clocks go forward at midnight there is none, and the day begins an hour later."""
    begins = datetime.combine(day, time())
    found = begins.astimezone()
    return found if found.date() == day else begins.replace(fold=1).astimezone()
