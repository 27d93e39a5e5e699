"""Failures over time as a line of bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.findings.failures import Day

_BLOCKS, _ASCII = "▁▂▃▄▅▆▇█", "_.:=+*%#"  # from low to high
_NO_CALLS = "-"


def sparkline(periods: Sequence[tuple[str, Day]], encoding: str) -> str:
    """`2026-11-14 |▂▁-█▃| 2026-11-18, most 8 of 20 on 2026-11-17`: a bar for each period, a dash for one without calls.

    Args:
        periods: as `Voice.trend` takes them.
        encoding: of the terminal; if it lacks the block characters, the bars are ASCII.
    """
    bars = _BLOCKS if _can_print(encoding) else _ASCII
    most = max(counted.failures for _, counted in periods)
    steps = [round(counted.failures * (len(bars) - 1) / most) if most else 0 for _, counted in periods]
    # A period with few failures must look different from one with none.
    shown = (
        bars[max(step, int(counted.failures > 0))] if counted.calls else _NO_CALLS
        for step, (_, counted) in zip(steps, periods, strict=True)
    )
    first, last = periods[0][0], periods[-1][0]
    line = f"{first} |{''.join(shown)}| {last}"
    peak, highest = max(periods, key=lambda period: period[1].failures)
    return f"{line}, most {highest.failures:,} of {highest.tool_calls:,} on {peak}" if most else f"{line}, no failures"


def _can_print(encoding: str) -> bool:
    try:
        _BLOCKS.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
