"""What is counted of each tool of a call, in one cell, so that counting by tool reads a row for each call."""

from __future__ import annotations

import json
from array import array
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from call_transcripts_mcp.archive.signal_rows import SignalKind
from call_transcripts_mcp.archive.sqlite.lines import encodable
from call_transcripts_mcp.archive.sqlite.schema import VERDICTS
from call_transcripts_mcp.findings.failures import FAILURES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from call_transcripts_mcp.archive.base import CallRows
    from call_transcripts_mcp.model import Verdict

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


class ToolInCall(NamedTuple):
    """One tool in a call.

    Attributes:
        name: of the tool.
        verdicts: of its tool calls.
        marks: 0 or 1 each: it failed, it failed and was not recovered, it was contradicted, it was repeated.
    """

    name: str
    verdicts: dict[Verdict, int]
    marks: tuple[int, int, int, int]


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


def in_calls(joined: str, durations: str) -> Iterator[tuple[ToolInCall, array[int], int]]:
    """The tools in many calls: each with the known durations of the calls, and how many calls they are.

    Args:
        joined: what `JOINED` gives.
        durations: of the same calls, in the same order, with commas between them; "" if unknown.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    for lines, duration in zip(joined.split(chr(_BETWEEN_CALLS)), durations.split(","), strict=True):
        if lines:
            for line in lines.split("\n"):
                found[line].append(duration)
    for line, of_line in found.items():
        yield _read(line), array("I", [int(duration) for duration in of_line if duration]), len(of_line)


@lru_cache(maxsize=4096)
def _read(line: str) -> ToolInCall:
    *counts, unrecovered, contradicted, repeated, tool = json.loads(line)
    verdicts = dict(zip(VERDICTS, counts, strict=True))
    failed = int(any(verdicts[verdict] for verdict in FAILURES))
    return ToolInCall(tool, verdicts, (failed, unrecovered, contradicted, repeated))
