"""Whether shares differ by more than chance: two-proportion tests at 95 %, corrected for the number of rows (Holm).

Tool calls of one call are not quite independent of each other, so a difference of tool calls close to the limit says
less than one of calls.
"""

from __future__ import annotations

from math import erfc, exp, lgamma, sqrt
from typing import TYPE_CHECKING

from call_transcripts_mcp.findings.summary import Change, Difference, Share

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_TOOL_CALLS, LEAST_CALLS = 30, 10
"""Of fewer, a share says nothing."""
_ALPHA = 0.05
_LEAST_EXPECTED = 5
"""With fewer expected in any cell, the normal distribution is no approximation, and Fisher's exact test is used."""
_ROUNDING = 1 + 1e-7


def judged(measures: Sequence[tuple[str, Share, Share, int]]) -> tuple[Change, ...]:
    """Judge shares that stand in one answer.

    Args:
        measures: words for a share, the share, the one to compare it with, and of how few it says nothing.
    """
    values = {
        at: p_value(share, other)
        for at, (_, share, other, least) in enumerate(measures)
        if min(share.whole, other.whole) >= least
    }
    different = _holm(values)
    return tuple(
        Change(words, share, other, _difference(share, other, at in different) if at in values else Difference.TOO_FEW)
        for at, (words, share, other, _) in enumerate(measures)
    )


def p_value(one: Share, other: Share) -> float:
    """How likely chance alone makes two shares differ at least as much, from 0 to 1; 1 of nothing."""
    whole, part = one.whole + other.whole, one.part + other.part
    if not one.whole or not other.whole or part in (0, whole):
        return 1.0
    if min(part, whole - part) * min(one.whole, other.whole) < _LEAST_EXPECTED * whole:
        return _fisher(one, other)
    pooled = part / whole
    deviation = sqrt(pooled * (1 - pooled) * (1 / one.whole + 1 / other.whole))
    distance = abs(one.part / one.whole - other.part / other.whole) / deviation
    return erfc(distance / sqrt(2))  # both tails of the normal distribution, exact where they are small


def _difference(share: Share, other: Share, is_different: bool) -> Difference:  # noqa: FBT001 - private
    if not is_different:
        return Difference.NO_CLEAR_DIFFERENCE
    return Difference.HIGHER if share.part * other.whole > other.part * share.whole else Difference.LOWER


def _holm(values: dict[int, float]) -> set[int]:
    """Those that are significant: the smallest against 5 % divided by their number, and so on up to the first not."""
    different: set[int] = set()
    for rank, (at, value) in enumerate(sorted(values.items(), key=lambda one: one[1])):
        if value > _ALPHA / (len(values) - rank):
            break
        different.add(at)
    return different


def _fisher(one: Share, other: Share) -> float:
    """Two-sided: all tables with these sums that are no likelier than this one."""
    whole, part = one.whole + other.whole, one.part + other.part
    low, high = max(0, part - other.whole), min(part, one.whole)
    total = _log_choose(whole, part)

    def chance(parts: int) -> float:
        return exp(_log_choose(one.whole, parts) + _log_choose(other.whole, part - parts) - total)

    this = chance(one.part) * _ROUNDING
    return min(1.0, sum(found for parts in range(low, high + 1) if (found := chance(parts)) <= this))


def _log_choose(whole: int, part: int) -> float:
    return lgamma(whole + 1) - lgamma(part + 1) - lgamma(whole - part + 1)
