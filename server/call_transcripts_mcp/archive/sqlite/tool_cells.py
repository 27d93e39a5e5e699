"""What is counted of each tool of a call, in one cell, so that counting by tool reads a row for each call."""

from __future__ import annotations

import json
from array import array
from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.signal_rows import SignalKind
from call_transcripts_mcp.archive.sqlite.lines import encodable
from call_transcripts_mcp.archive.sqlite.schema import VERDICTS
from call_transcripts_mcp.findings.failures import FAILURES

if TYPE_CHECKING:
    from call_transcripts_mcp.archive.base import CallRows

_BETWEEN_CALLS = 30
"""A control character, which JSON escapes."""
_OF_ROWS = f"""
(SELECT group_concat(json_array({", ".join(f"t.{verdict}" for verdict in VERDICTS)},
    EXISTS (SELECT 1 FROM failures AS x WHERE x.call = c.key AND x.tool = t.tool AND NOT x.recovered),
    EXISTS (SELECT 1 FROM call_signals AS x WHERE x.call = c.key AND x.tool = t.tool AND x.kind = 'contradiction'),
    EXISTS (SELECT 1 FROM call_signals AS x WHERE x.call = c.key AND x.tool = t.tool AND x.kind = 'repeated'),
    t.tool), char(10)) FROM call_tools AS t WHERE t.call = c.key)
"""  # noqa: S608 - our words
"""Older calls have no such cell."""
JOINED = f"group_concat(coalesce(f.tools, {_OF_ROWS}, ''), char({_BETWEEN_CALLS}))"
"""SQL for the cells of calls `c` with facts `f`, for `in_calls`."""


@dataclass(slots=True)
class ToolInCalls:
    """One tool in many calls.

    Attributes:
        calls: how many.
        durations_ms: of the calls, as far as they are known.
        verdicts: how many tool calls have each of `VERDICTS`.
        marks: in how many calls it failed, failed and was not recovered, was contradicted, was repeated.
    """

    calls: int = 0
    durations_ms: array[int] = field(default_factory=lambda: array("I"))
    verdicts: list[int] = field(default_factory=lambda: [0] * len(VERDICTS))
    marks: list[int] = field(default_factory=lambda: [0] * _MARKS)


_MARKS = 4


def tool_cell(call: CallRows) -> str:
    """A line of JSON for each tool."""
    unrecovered = {row.tool for row in call.failures if not row.recovered}
    contradicted = {row.tool for row in call.signals if row.kind is SignalKind.CONTRADICTION}
    repeated = {row.tool for row in call.signals if row.kind is SignalKind.REPEATED}
    return "\n".join(
        json.dumps(
            [
                *(one.verdicts.get(verdict, 0) for verdict in VERDICTS),
                *(int(one.tool in tools) for tools in (unrecovered, contradicted, repeated)),
                encodable(one.tool),
            ],
            separators=(",", ":"),
        )
        for one in call.tools
    )


def in_calls(joined: str, durations: str) -> dict[str, ToolInCalls]:
    """The tools in many calls, by name.

    Args:
        joined: what `JOINED` gives.
        durations: of the same calls, in the same order, with commas between them; "" if unknown.
    """
    of_lines: defaultdict[str, list[str]] = defaultdict(list)
    for lines, duration in zip(joined.split(chr(_BETWEEN_CALLS)), durations.split(","), strict=True):
        if lines:
            for line in lines.split("\n"):
                of_lines[line].append(duration)
    found: defaultdict[str, ToolInCalls] = defaultdict(ToolInCalls)
    for line, of_line in of_lines.items():
        tool, verdicts, marks = _read(line)
        one, count = found[tool], len(of_line)
        one.calls += count
        one.durations_ms.extend([int(duration) for duration in of_line if duration])
        one.verdicts = [known + count * more for known, more in zip(one.verdicts, verdicts, strict=True)]
        one.marks = [known + count * more for known, more in zip(one.marks, marks, strict=True)]
    return found


@lru_cache(maxsize=4096)
def _read(line: str) -> tuple[str, list[int], list[int]]:
    """The tool, its verdicts and its marks, 0 or 1 each."""
    *counts, unrecovered, contradicted, repeated, tool = json.loads(line)
    failed = any(count for verdict, count in zip(VERDICTS, counts, strict=True) if verdict in FAILURES)
    return tool, counts, [int(failed), unrecovered, contradicted, repeated]
