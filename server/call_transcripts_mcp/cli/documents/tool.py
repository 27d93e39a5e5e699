"""How one tool fared, as a JSON document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp.cli.documents.filling import filled
from call_transcripts_mcp.findings.failures import EVERY_FAILURE
from call_transcripts_mcp.model import Verdict

if TYPE_CHECKING:
    from call_transcripts_mcp.findings.failures import Scope, ToolStats


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDocument:
    """The calls of one tool: in all, and by verdict.

    Attributes:
        name: the tool's name.
        calls: how often it was called.
        ok: how many succeeded.
        failed: how many failed, according to the platform.
        suspected: how many have a result that reads like a failure, although the platform does not say so.
        no_result: how many had no result when the call ended.
        cancelled: how many were cancelled.
        pending: how many have no result yet, in a call that is still going on.
        unknown: for how many the platform recorded no outcome.
        failures: how many failed, suspected and no_result included; with `--verdict`, those with that verdict.
        failure_rate: the share of the calls that failed so, from 0 to 1.
        median_s: median time to the result in seconds; null if no time was recorded.
        p95_s: the time that 95 % of the calls do not exceed, in seconds; null in the same case.
        longest_s: longest time to the result in seconds; null in the same case.
    """

    name: str
    calls: int
    ok: int
    failed: int
    suspected: int
    no_result: int
    cancelled: int
    pending: int
    unknown: int
    failures: int
    failure_rate: float
    median_s: float | None
    p95_s: float | None
    longest_s: float | None


def tool_document(stats: ToolStats, scope: Scope = EVERY_FAILURE) -> ToolDocument:
    """How a tool fared, and its failures within the scope."""
    counts = {verdict.value: stats.verdicts[verdict] for verdict in Verdict}
    failures = scope.failures(stats.verdicts)
    rate = failures / stats.calls if stats.calls else 0.0
    return filled(ToolDocument, stats, **counts, failures=failures, failure_rate=rate)
