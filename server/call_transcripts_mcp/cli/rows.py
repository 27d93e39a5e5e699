"""Prints calls, messages, failures, groups or hits as rows: one JSON object per line, or CSV.

What does not fit into rows goes to stderr: what is missing, and how to get the next page.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any, cast

from call_transcripts_mcp.cli import json_output
from call_transcripts_mcp.cli.documents.calls import CallsDocument, TranscriptDocument
from call_transcripts_mcp.cli.documents.failures import FailuresDocument
from call_transcripts_mcp.cli.documents.search import SearchDocument
from call_transcripts_mcp.cli.documents.stats import DistributionDocument, StatsDocument
from call_transcripts_mcp.cli.documents.summary import GroupDocument, SummaryDocument

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from call_transcripts_mcp.cli.documents.tool import ToolDocument
    from call_transcripts_mcp.render.foreign import Foreign

    Row = dict[str, Any]

_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
"""A spreadsheet may treat a text that starts with one of these, or with blanks before it, as a formula; the last four
are the wide forms, which those of East Asia take for the others."""
_BLANKS = ("\t", "\r")


def ndjson(document: object, foreign: Foreign) -> str:
    """The rows as JSON, one per line; "" without rows."""
    return "".join(f"{json_output.text_of(row, indent=None)}\n" for row in _rows(document, foreign))


def as_csv(document: object, foreign: Foreign) -> str:
    """The rows below a line of names; a nested field's name is its path, and a list is JSON text.

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
    """What could not be read, which rows cannot show."""
    if isinstance(document, SummaryDocument):
        return document.window.gaps
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
        chosen = document.marked.causes if document.marked is not None else ()  # they are in no count of their tool
        return [
            _masked({"tool": cause.tool, "kind": cause.kind, "signature": cause.signature}, foreign)
            | _masked(failure, foreign)
            | {"all_calls_of_tool": counts.get(cause.tool)}
            for causes, counts in ((document.causes, fared), (chosen, dict[str, "Row"]()))
            for cause in causes
            for failure in cause.failures
        ]
    if isinstance(document, SummaryDocument):
        return [_masked(row, foreign) for row in _group_rows(document)]
    raise TypeError(f"{type(document).__name__} has no rows")


def _group_rows(document: SummaryDocument) -> list[Row]:
    """A row for each group; without groups, one of the totals."""
    if not document.group_by:
        return [_numbers(document.totals)]
    names = [dimension.value for dimension in document.group_by]
    return [
        dict(zip(names, group.key, strict=True)) | _numbers(group.stats) | _judged(group) for group in document.groups
    ]


def _numbers(stats: StatsDocument) -> Row:
    """The numbers of a group, distributions as their percentiles."""
    flat: Row = {}
    for field in fields(stats):
        value = getattr(stats, field.name)
        if isinstance(value, int):
            flat[field.name] = value
        elif isinstance(value, DistributionDocument):
            flat |= {f"{field.name}_{name}": getattr(value, name) for name in ("median_s", "mean_s", "p95_s")}
    return flat


def _judged(group: GroupDocument) -> Row:
    change = group.failures
    return {"failed_tool_calls_are": change.difference.value if change else None}


def _fared(tool: ToolDocument) -> Row:
    """The counts of a failure's tool. They are only numbers, so there is nothing to mask."""
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
    """A value as a cell; a text that a spreadsheet would compute gets an apostrophe before it."""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=json_output.iso) if value else ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_BLANKS) or value.lstrip().startswith(_FORMULA) else value
    return value if value is None or isinstance(value, bool | int | float) else json_output.iso(value)
