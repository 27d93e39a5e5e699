"""What was found as rows: one JSON object a line, or CSV; calls, messages, failures or hits.

What a row has no place for is told on stderr: what is missing, and how the next page is asked for.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, cast

from call_transcripts_mcp.cli import json_output
from call_transcripts_mcp.cli.documents.calls import CallsDocument, TranscriptDocument
from call_transcripts_mcp.cli.documents.failures import FailuresDocument
from call_transcripts_mcp.cli.documents.search import SearchDocument

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from call_transcripts_mcp.cli.documents.tool import ToolDocument
    from call_transcripts_mcp.render.foreign import Foreign

    Row = dict[str, Any]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text that starts so is a formula to a spreadsheet."""


def ndjson(document: object, foreign: Foreign) -> str:
    """The rows as JSON, one a line; "" without rows."""
    return "".join(f"{json_output.text_of(row, indent=None)}\n" for row in _rows(document, foreign))


def as_csv(document: object, foreign: Foreign) -> str:
    """The rows under one line of names; what is nested has its path as its name, a list is JSON text.

    Returns "" without rows.
    """
    rows = [_flat(row) for row in _rows(document, foreign)]
    every = dict.fromkeys(name for row in rows for name in row)
    names = [name for name in every if not any(other.startswith(f"{name}.") for other in every)]
    if not rows:
        return ""
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return json_output.harmless(out.getvalue())


def gaps_of(document: object) -> Sequence[str]:
    """What the rows do not say: what could not be read."""
    return cast("Sequence[str]", getattr(document, "gaps", ()))


def _rows(document: object, foreign: Foreign) -> list[Row]:
    if isinstance(document, CallsDocument):
        return [_masked(call, foreign) for call in document.calls]
    if isinstance(document, SearchDocument):
        return [_masked(hit, foreign) for hit in document.hits]
    if isinstance(document, TranscriptDocument):
        ref = document.call.ref
        return [{"ref": ref} | _masked(message, foreign) for message in document.messages]
    if isinstance(document, FailuresDocument):
        fared = {tool.name: _fared(tool) for tool in document.tools}
        return [
            _masked({"tool": cause.tool, "kind": cause.kind, "signature": cause.signature}, foreign)
            | _masked(failure, foreign)
            | {"all_calls_of_tool": fared.get(cause.tool)}
            for cause in document.causes
            for failure in cause.failures
        ]
    raise TypeError(f"{type(document).__name__} has no rows")


def _fared(tool: ToolDocument) -> Row:
    """How the tool of a failure fared in all; numbers alone, so there is nothing to mask."""
    return json_output.plain(
        {name: getattr(tool, name) for name in ("calls", "failures", "failure_rate", "median_s", "p95_s")}
    )


def _masked(found: object, foreign: Foreign) -> Row:
    return json_output.masked(found, foreign)


def _flat(row: Mapping[str, Any], prefix: str = "") -> Row:
    flat: Row = {}
    for name, value in row.items():
        if isinstance(value, dict) and value:
            flat |= _flat(cast("Row", value), f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _cell(value: object) -> object:
    """A value as a cell; an apostrophe before a text that a spreadsheet would compute."""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=json_output.iso) if value else ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return value if value is None or isinstance(value, bool | int | float) else json_output.iso(value)
