"""The facts of a call that are counted: from a list, or from its transcript too."""

from __future__ import annotations

import math
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.contacts import contact_key
from call_transcripts_mcp.analysis.summary import CountedCall, countable_ms, grouped
from call_transcripts_mcp.end_reasons import EndReason, end_reason_of
from call_transcripts_mcp.findings.call_facts import CallFacts
from call_transcripts_mcp.findings.failures import FAILURES
from call_transcripts_mcp.findings.summary import CallStats
from call_transcripts_mcp.model import CallStatus
from call_transcripts_mcp.redaction.masks import MASKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from call_transcripts_mcp.findings.failures import Report
    from call_transcripts_mcp.model import Call, ToolCall

_DIRECTIONS = {"incoming": "inbound", "in": "inbound", "outgoing": "outbound", "out": "outbound"}
_MOST_UNITS = 1_000_000
"""A higher cost of one call is not credible; and sums of such costs fit into 64 bits."""


def listed_facts(call: Call) -> CallFacts:
    """The facts that a list has about a call."""
    ended = end_reason_of(call.end_reason_raw or call.end_reason)
    return CallFacts(
        ended=ended.value if ended else "",
        is_unjoined=call.status is CallStatus.ENDED and (ended is EndReason.NO_ANSWER or _never_started(call)),
        duration_ms=_duration_ms(call),
        direction=_direction(call.direction or ""),
        agent_name=(call.agent_name or "").strip(),
        version=(call.agent_version or "").strip(),
        contact=_contact(call.contact or ""),
        is_transferred=bool(call.transferred) or ended is EndReason.TRANSFER,
        success=(call.platform_success or "").strip(),
        cost_micros=_micros(call.cost),
        cost_unit=(call.cost_unit or "").strip(),
    )


def listed_call(call: Call) -> CountedCall:
    """A call to be counted by what a list says of it."""
    return CountedCall(
        call.provider,
        (call.agent_id or "").lower(),
        call.created_at or call.started_at,
        listed_facts(call),
        is_over=call.status not in (CallStatus.CREATED, CallStatus.ACTIVE),
    )


def totals_of(calls: Iterable[Call]) -> CallStats:
    """Listed calls, added up."""
    return grouped(map(listed_call, calls), []).get((), CallStats())


def call_facts(call: Call, tool_calls: Sequence[ToolCall], found: Report) -> CallFacts:
    """The facts of a call whose transcript was read.

    Args:
        call: as it was listed or read.
        tool_calls: all of them, judged.
        found: the report on all of them.
    """
    run, run_at = _longest_run(tool_calls)
    signals = found.signals
    waits = [wait for wait in signals.waits if countable_ms(wait.seconds) is not None]
    longest = max(waits, key=lambda wait: wait.seconds, default=None)
    return replace(
        listed_facts(call),
        unrecovered_at=max((one.tool_call.number for one in found.failures if not one.recovered_by), default=None),
        contradiction_at=min((one.tool_call.number for one in signals.contradictions), default=None),
        repeated_at=min((one.again.number for one in signals.repeated), default=None),
        failed_run=run,
        failed_run_at=run_at,
        wait_ms=countable_ms(longest.seconds) if longest else None,
        wait_at=longest.tool_call.number if longest else None,
    )


def _direction(written: str) -> str:
    word = written.strip().lower()
    return _DIRECTIONS.get(word, word)


def _contact(written: str) -> str:
    """In a comparable form; nothing of a masked one, which would equal any other."""
    return "" if any(mask in written for mask in MASKS) else contact_key(written)


def _never_started(call: Call) -> bool:
    """Whether a platform that records when calls are created and end has no start of this one."""
    made, ended = call.created_at, call.ended_at
    return call.started_at is None and not call.duration_s and made is not None and ended is not None and made != ended


def _duration_ms(call: Call) -> int | None:
    if call.status is not CallStatus.ENDED:
        return None
    seconds = call.duration_s
    if seconds is None and call.started_at is not None and call.ended_at is not None:
        seconds = (call.ended_at - call.started_at).total_seconds()
    return None if seconds is None else countable_ms(seconds)


def _micros(cost: float | None) -> int | None:
    if cost is None or not math.isfinite(cost) or abs(cost) > _MOST_UNITS:
        return None
    return round(cost * 1_000_000)


def _longest_run(tool_calls: Sequence[ToolCall]) -> tuple[int, int | None]:
    """The length of the longest run of failed tool calls, and the message of its first one."""
    longest, longest_at, run, run_at = 0, None, 0, 0
    for tool_call in sorted(tool_calls, key=attrgetter("number")):
        if tool_call.verdict not in FAILURES:
            run = 0
            continue
        run_at = run_at if run else tool_call.number
        run += 1
        if run > longest:
            longest, longest_at = run, run_at
    return longest, longest_at if longest > 1 else None
