"""The colours of an answer's parts.

Parts are marked where a line is made, so text from a call cannot pass as one of them.
"""

from __future__ import annotations

from rich.text import Text

from call_transcripts_mcp.model import Role, Verdict
from call_transcripts_mcp.render.marks import Line, Part

STYLES: dict[str, str] = {
    Part.HEADING: "bold",
    Part.NOTE: "dim",
    Part.WARNING: "bold yellow",
    Part.NUMBER: "dim",
    Part.NAME: "bold",
    Part.LABEL: "dim",
    Part.CALL: "cyan",
    Part.MATCH: "bold yellow",
    Role.USER: "cyan",
    Role.AGENT: "bold",
    Role.SYSTEM: "dim",
    Role.TOOL: "magenta",
    Role.OTHER: "dim",
    Verdict.FAILED: "bold red",
    Verdict.SUSPECTED: "yellow",
    Verdict.NO_RESULT: "magenta",
    Verdict.CANCELLED: "dim",
    Verdict.PENDING: "blue",
    Verdict.UNKNOWN: "dim",
    Verdict.OK: "green",
}


def coloured(line: Line) -> Text:
    """A line with its parts in their colours."""
    text = Text(line)
    for start, end, what in line.marks:
        text.stylize(STYLES.get(what, ""), start, end)
    return text
