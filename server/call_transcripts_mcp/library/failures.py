"""The failures of all calls of a window."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.failures import join_tallies, report, tally
from call_transcripts_mcp.archive.base import Selection
from call_transcripts_mcp.findings.window import WindowFailures
from call_transcripts_mcp.library.window import Counting, keys_of, read_window

if TYPE_CHECKING:
    from collections.abc import Callable

    from call_transcripts_mcp.archive.archive import OpenArchive
    from call_transcripts_mcp.findings.failures import Report, Tally
    from call_transcripts_mcp.library.filter import CallFilter
    from call_transcripts_mcp.library.reading import CallsProgress
    from call_transcripts_mcp.library.transcripts import Transcripts
    from call_transcripts_mcp.library.window import WindowRead
    from call_transcripts_mcp.model import Transcript


@dataclass(frozen=True, slots=True)
class _Read:
    """What a call that was read says of its failures, and the names of all its tools."""

    report: Report
    tools: frozenset[str]


async def summarize_window(
    transcripts: Transcripts,
    wanted: CallFilter,
    *,
    limit: int,
    tool: str | None,
    examples: int | None,
    detailed: int | None,
    progress: CallsProgress | None,
    mask: Callable[[str], str],
) -> WindowFailures:
    """Count the failures of a window; the arguments are those of `Library.summarize_window`.

    Raises:
        InvalidRequestError: no configured provider can honour the filter.
        ProviderError: no provider could be listed.
    """

    def read(transcript: Transcript) -> _Read:
        tools = frozenset(found.name for found in transcript.tool_calls)
        return _Read(report(transcript, tool=tool, mask=mask), tools)

    def archived(opened: OpenArchive, selection: Selection) -> Tally:
        counted = opened.engine.failures(selection, tool=tool, examples=examples, detailed=detailed)
        return replace(counted, days=opened.engine.trend(selection, tool=tool))

    found = await read_window(
        transcripts, wanted, Counting(read, archived), listed=limit, limit=limit, progress=progress
    )
    counted = join_tallies([*found.archived, tally([one.report for one in found.read])])
    return WindowFailures(
        **{one.name: getattr(found.reading, one.name) for one in fields(found.reading)},
        tally=counted,
        tools=await _tools(transcripts, found, counted, tool),
    )


async def _tools(
    transcripts: Transcripts, found: WindowRead[_Read, Tally], counted: Tally, tool: str | None
) -> frozenset[str]:
    """The names of all tools; those in archived calls only if the reader named a tool that was never called."""
    names = frozenset(stats.name for stats in counted.stats).union(*(one.tools for one in found.read))
    archive = transcripts.archive
    if tool is None or tool in names or archive is None:
        return names
    every = await archive.try_query(
        lambda opened: opened.engine.failures(Selection(keys=keys_of(opened, found.archived_calls)), examples=0)
    )
    return names | {stats.name for stats in (every.stats if every else ())}
