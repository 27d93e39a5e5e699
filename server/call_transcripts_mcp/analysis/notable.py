"""Selects the calls that are worth a look, and says why.

The facts of a single call are enough for all reasons but one: a new cause requires the failures of the window before.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from call_transcripts_mcp.end_reasons import EndReason
from call_transcripts_mcp.findings.summary import NotableCall, Reason, Sign

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from call_transcripts_mcp.findings.call_facts import CallFacts
    from call_transcripts_mcp.findings.distribution import Distribution
    from call_transcripts_mcp.model import Call

LEAST_RUN = 3
"""From how many failures in a row a call is worth a look."""
PLATFORM_ENDS = (EndReason.PLATFORM_ERROR, EndReason.CONFIGURATION_ERROR)
_LEAST_WAIT_S, _TIMES_THE_MEDIAN = 8.0, 3
_LEAST_FOR_ONE_REASON = 2


def unusual_wait_ms(waits: Distribution) -> int:
    """From how many milliseconds on a wait is unusually long: 8 s at least, and three times the median wait."""
    return round(max(_LEAST_WAIT_S, _TIMES_THE_MEDIAN * (waits.median_s or 0.0)) * 1000)


def signs_of(facts: CallFacts, least_wait_ms: int) -> tuple[Sign, ...]:
    """All reasons that follow from the facts of a call, in the order of `Reason`."""
    signs: list[Sign] = []
    if facts.unrecovered_at is not None and facts.ended == EndReason.USER_HANGUP:
        signs.append(Sign(Reason.HANG_UP, facts.unrecovered_at))
    if facts.contradiction_at is not None:
        signs.append(Sign(Reason.CONTRADICTION, facts.contradiction_at))
    if facts.failed_run >= LEAST_RUN:
        signs.append(Sign(Reason.FAILURES_IN_A_ROW, facts.failed_run_at, facts.failed_run))
    if facts.ended in PLATFORM_ENDS:
        signs.append(Sign(Reason.PLATFORM_ERROR))
    if facts.repeated_at is not None:
        signs.append(Sign(Reason.REPEATED, facts.repeated_at))
    if facts.wait_ms is not None and facts.wait_ms >= least_wait_ms:
        signs.append(Sign(Reason.LONG_WAIT, facts.wait_at, facts.wait_ms / 1000))
    return tuple(signs)


def most_telling(call: Call, sign: Sign) -> tuple[float, float, str]:
    """The order of calls with one reason: the most failures or the longest wait first, then the newest, then by ref."""
    at = call.created_at or call.started_at
    return -sign.amount, -(at.timestamp() if at else 0.0), call.ref


def chosen(found: Iterable[tuple[Call, Sequence[Sign]]], limit: int) -> tuple[NotableCall, ...]:
    """The calls to look at.

    Args:
        found: calls with their signs; a call may appear several times with different signs.
        limit: how many calls at most. At most two are listed per reason, unless the limit is higher than two for each
            reason: then as many more as there are, a call for each reason in turn.
    """
    calls: dict[str, Call] = {}
    signs: dict[str, dict[Reason, Sign]] = {}
    for call, some in found:
        calls.setdefault(call.ref, call)
        for sign in some:
            signs.setdefault(call.ref, {}).setdefault(sign.reason, sign)
    most = max(_LEAST_FOR_ONE_REASON, ceil(limit / len(Reason)))
    fills = limit > _LEAST_FOR_ONE_REASON * len(Reason)
    listed: dict[str, Reason] = {}
    while True:
        before = len(listed)
        for reason in Reason:
            having = [ref for ref, of_call in signs.items() if reason in of_call and ref not in listed]
            having.sort(key=lambda ref: most_telling(calls[ref], signs[ref][reason]))
            listed |= dict.fromkeys(having[: min(most, limit - len(listed)) if fills else most], reason)
        if not fills or len(listed) in (before, limit):
            break
        most = 1
    order = {reason: at for at, reason in enumerate(Reason)}
    by_reason = sorted(listed.items(), key=lambda one: order[one[1]])
    return tuple(NotableCall(calls[ref], _first(reason, signs[ref])) for ref, reason in by_reason[: max(limit, 0)])


def _first(reason: Reason, signs: Mapping[Reason, Sign]) -> tuple[Sign, ...]:
    return (signs[reason], *(signs[other] for other in Reason if other in signs and other is not reason))
