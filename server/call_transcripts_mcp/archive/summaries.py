"""What engines give of calls that are worth a look, and of causes that were seen. A key is a `base.Key`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple

from call_transcripts_mcp.analysis.notable import LEAST_RUN, PLATFORM_ENDS
from call_transcripts_mcp.end_reasons import EndReason
from call_transcripts_mcp.findings.call_facts import CallFacts
from call_transcripts_mcp.findings.summary import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENDS = ", ".join(f"'{end}'" for end in PLATFORM_ENDS)
REASONS: dict[Reason, tuple[str, str]] = {
    Reason.HANG_UP: (f"unrecovered_at IS NOT NULL AND ended = '{EndReason.USER_HANGUP}'", ""),
    Reason.CONTRADICTION: ("contradiction_at IS NOT NULL", ""),
    Reason.FAILURES_IN_A_ROW: (f"failed_run >= {LEAST_RUN}", "failed_run"),
    Reason.PLATFORM_ERROR: (f"ended IN ({_ENDS})", ""),
    Reason.REPEATED: ("repeated_at IS NOT NULL", ""),
    Reason.LONG_WAIT: ("wait_ms >= {least}", "wait_ms"),
}
"""In SQL, when a reason holds, and by what the calls are ranked before their time, the most first; "" by nothing.

`{least}` stands for a parameter. See `analysis.notable.signs_of`, which says the same of facts.
"""


@dataclass(frozen=True, slots=True)
class StoredFacts:
    """One call that is worth a look.

    Attributes:
        call: `codec.call_text`.
    """

    key: tuple[str, str]
    created_ms: int
    call: str
    facts: CallFacts


class SeenCause(NamedTuple):
    """Failures of one tool with one signature in the selected calls.

    Attributes:
        failures: how many.
        created_ms, key, number: of the newest call with one, the first by space and id of several: when it was created,
            which it is, and the message of its first such failure.
    """

    failures: int
    created_ms: int
    key: tuple[str, str]
    number: int


def facts_of_cells(cells: Sequence[Any]) -> CallFacts:
    """The facts whose fields an engine stores in their order, flags as numbers."""
    values: dict[str, Any] = {field.name: cell for field, cell in zip(fields(CallFacts), cells, strict=True)}
    for flag in ("is_unjoined", "is_transferred"):
        values[flag] = bool(values[flag])
    return CallFacts(**values)
