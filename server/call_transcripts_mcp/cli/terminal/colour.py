"""Finds the parts of a line to colour, even if foreign text in the line looks like one of them.

Positions come from the found object, or are counted from the start of a line up to the first foreign word. Foreign
names and columns that could be misread are JSON strings in quotes; `QUOTED` skips them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from call_transcripts_mcp.findings.window import CallFailures
from call_transcripts_mcp.model import Verdict
from call_transcripts_mcp.render.cause_groups import outcomes_at
from call_transcripts_mcp.render.transcript import line_of, outcome_at

if TYPE_CHECKING:
    from collections.abc import Generator

    from rich.text import Text

    from call_transcripts_mcp.findings.transcript import TranscriptPage
    from call_transcripts_mcp.findings.window import FailureSummary
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.voice import Voice

VERDICTS = {
    Verdict.FAILED: "bold red",
    Verdict.SUSPECTED: "yellow",
    Verdict.NO_RESULT: "magenta",
    Verdict.CANCELLED: "dim",
    Verdict.PENDING: "blue",
    Verdict.UNKNOWN: "dim",
    Verdict.OK: "green",
}

QUOTED = r'"(?:[^"\\]|\\.)*+"'
NAME = rf"(?:{QUOTED}|[\w][\w.\-/]*|unnamed tool)"
_LABEL = r"(?:agent |ended: |status |not started \()?"
_COLUMN = re.compile(rf"(?:{_LABEL}{QUOTED}\)?|(?:(?! · ).)*+)(?: · |$)")
_OUTCOME = re.compile(rf"-> (?P<verdict>{'|'.join(verdict.value for verdict in Verdict)})\b.*")
_COUNT = re.compile(r"[0-9,]+ (?P<verdict>failed|suspected|no result|cancelled|pending)\b")
_COUNTS = re.compile(
    r"[0-9,]+ (?:tool calls?: |of [0-9,]+ failed\b|(?:failed|suspected|no result|cancelled|pending)\b)"
)


def transcript_outcomes(page: TranscriptPage, foreign: Foreign) -> dict[str, int]:
    """Where the outcome begins, for each line of a transcript that has one."""
    found: dict[str, int] = {}
    for entry in page.entries:
        at = outcome_at(entry, page.detail, foreign, page.contains)
        if at is not None:
            found[line_of(entry, page.detail, foreign, page.contains)] = at
    return found


def failure_outcomes(found: CallFailures | FailureSummary, foreign: Foreign, voice: Voice) -> dict[str, int]:
    """Where the outcome begins, for each line that can show a failure."""
    if isinstance(found, CallFailures):
        return outcomes_at(found.report.failures, foreign, in_one_call=True, voice=voice)
    failures = [failure for cause in found.window.tally.causes for failure in cause.failures]
    return outcomes_at(failures, foreign, in_one_call=False, voice=voice)


def colour_outcome(text: Text, at: int) -> None:
    """Colour the outcome at a position; of a success, only the word."""
    if found := _OUTCOME.match(text.plain, at):
        verdict = Verdict(found["verdict"])
        start, end = found.span("verdict") if verdict is Verdict.OK else found.span()
        text.stylize(VERDICTS[verdict], start, end)


def colour_counts(text: Text, start: int = 0, end: int | None = None) -> None:
    """Colour the counts of verdicts in a part of a line, but not in foreign columns."""
    for begin, stop in _columns(text.plain[:end], start):
        if _COUNTS.match(text.plain, begin, stop):
            for found in _COUNT.finditer(text.plain, begin, stop):
                text.stylize(VERDICTS[Verdict(found["verdict"].replace(" ", "_"))], *found.span())


def _columns(line: str, start: int) -> Generator[tuple[int, int]]:
    while start < len(line) and (found := _COLUMN.match(line, start)):
        yield found.span()
        start = found.end()
