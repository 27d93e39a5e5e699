"""Prints what was found as one JSON document for scripts, masked like the text."""

from __future__ import annotations

import dataclasses
import json
import sys
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

import click

from call_transcripts_mcp.cli.documents.calls import calls_document, transcript_document
from call_transcripts_mcp.cli.documents.failures import failures_document
from call_transcripts_mcp.cli.documents.search import search_document
from call_transcripts_mcp.cli.documents.summary import summary_document
from call_transcripts_mcp.findings.calls import CallsPage
from call_transcripts_mcp.findings.search import SearchPage
from call_transcripts_mcp.findings.summary import CallSummary
from call_transcripts_mcp.findings.transcript import TranscriptPage
from call_transcripts_mcp.text import UNSAFE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from call_transcripts_mcp.findings.window import CallFailures, FailureSummary
    from call_transcripts_mcp.render.foreign import Foreign

Document = dict[str, Any]

_PAYLOADS = frozenset({"arguments_raw", "result_raw", "error_details", "error", "payload"})
"""Fields that may hold JSON in a string; names in it, such as `password`, tell what to mask."""


def document(found: CallsPage | TranscriptPage | CallFailures | FailureSummary | SearchPage | CallSummary) -> object:
    """The document of what a tool found, see `documents`."""
    if isinstance(found, CallsPage):
        return calls_document(found)
    if isinstance(found, TranscriptPage):
        return transcript_document(found)
    if isinstance(found, SearchPage):
        return search_document(found)
    if isinstance(found, CallSummary):
        return summary_document(found)
    return failures_document(found)


def write(found: object, foreign: Foreign) -> None:
    """Mask a document and print it. A cursor is not masked, because it is our own.

    Args:
        found: a dataclass or a dictionary.
        foreign: the masking.
    """
    click.echo(text_of(masked(found, foreign)))


def masked(found: object, foreign: Foreign) -> Document:
    """A dataclass or a dictionary as plain values, with everything masked except our cursor."""
    whole = cast("Document", plain(found))
    shown = cast("Document", foreign.masked_json(_masked_payloads(whole, foreign)))
    if whole.get("cursor") is not None:
        shown["cursor"] = whole["cursor"]
    return shown


def text_of(shown: Document, *, indent: int | None = 2) -> str:
    """Plain values as JSON that is safe for every terminal and pipe."""
    encoding = sys.stdout.encoding if sys.stdout is not None else None
    is_utf8 = (encoding or "").lower().replace("-", "") == "utf8"
    return harmless(json.dumps(shown, indent=indent, ensure_ascii=not is_utf8, default=iso))


def harmless(text: str) -> str:
    """A text with escapes for characters that could move a terminal's cursor, hide words, or not be encoded."""
    return UNSAFE.sub(lambda match: "\n" if match[0] == "\n" else json.dumps(match[0])[1:-1], text)


def plain(value: object) -> Any:  # noqa: ANN401 - JSON, or a time to be written as such
    """A value as dictionaries, lists and words."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float):
        return round(value, 6)  # a difference of two times has more digits than were measured
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in cast("Mapping[object, object]", value).items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in cast("list[object]", value)]
    return value


def iso(value: object) -> str:
    """A time in the format of JSON and CSV."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _masked_payloads(value: Any, foreign: Foreign) -> Any:  # noqa: ANN401 - as of `plain`
    """The document with JSON inside strings masked by its names."""
    if isinstance(value, list):
        return [_masked_payloads(item, foreign) for item in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    return {
        key: foreign.masked_payload(item)
        if key in _PAYLOADS and isinstance(item, str)
        else _masked_payloads(item, foreign)
        for key, item in cast("Document", value).items()
    }
