"""Times and durations as text: ISO 8601 in UTC, m:ss offsets, seconds with a unit."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_MINUTE_S, _HOUR_S = 60, 3600
_EXACT_BELOW_S = 10


def moment(at: datetime | None) -> str:
    """`2026-11-20T14:03:22Z`; "" for None."""
    if at is None:
        return ""
    # The %Y of strftime drops the leading zeros of years before 1000.
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def clock(seconds: float) -> str:
    """`4:02` or `1:04:02`; negative before the call's start."""
    whole = int(abs(seconds))
    hours, rest = divmod(whole, _HOUR_S)
    minutes, second = divmod(rest, _MINUTE_S)
    text = f"{hours}:{minutes:02}:{second:02}" if hours else f"{minutes}:{second:02}"
    return f"-{text}" if seconds < 0 and whole else text


def latency(seconds: float) -> str:
    """`0.8s`, `12s`."""
    return f"{seconds:.1f}s" if round(seconds, 1) < _EXACT_BELOW_S else f"{seconds:.0f}s"


def percent(part: int, whole: int) -> str:
    """`10 %`; 0 % and 100 % only if exact."""
    share = 100 * part / whole
    if share in (0, 100):
        return f"{share:.0f} %"
    if share < 1:
        return f"{share:.1f} %" if round(share, 1) else "<0.1 %"
    return f"{min(share, 99):.0f} %"


def count(number: int, noun: str) -> str:
    """`no calls`, `1 call`, `2 calls`."""
    if not number:
        return f"no {noun}s"
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
