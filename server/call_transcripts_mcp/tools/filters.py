"""Turns the arguments that several tools share into a filter for calls."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.names import Argument, Phrase, folded
from call_transcripts_mcp.providers import NAMES
from call_transcripts_mcp.providers.base import CallQuery
from call_transcripts_mcp.tools.dates import EARLIEST

if TYPE_CHECKING:
    from datetime import datetime

    from call_transcripts_mcp.tools.window import Window

_MICROSECOND = timedelta(microseconds=1)


def call_filter(window: Window, provider: str | None, agent: str | None, text: str | None = None) -> CallFilter:
    """The calls of a window, of one provider or all, of one agent or all."""
    return CallFilter(
        query=CallQuery(since=window.since, until=window.until, text=text),
        providers=providers_of(provider),
        agent=agent,
    )


def window_before(wanted: CallFilter, now: datetime) -> CallFilter:
    """The window of the same length that ends where this one starts.

    Raises:
        InvalidRequestError: there is no room for it.
    """
    since = wanted.query.since or EARLIEST
    length = (wanted.query.until or now) - since
    if since - EARLIEST <= length:
        since_name = Argument("since")
        needed = (" needs a window of the same length before ", since_name, "; give a later ", since_name, ".")
        raise InvalidRequestError(Phrase(Argument("compare"), *needed))
    return replace(wanted, query=replace(wanted.query, since=since - length, until=since - _MICROSECOND))


_SEPARATORS = re.compile(r"\s*[,;|/+&]\s*(?:and\s+|or\s+)?|\s+(?:and|or)\s+", re.IGNORECASE)
_SPELLINGS = {"11labs": "elevenlabs", "file": "files", "folder": "files"}
_ENDINGS = re.compile(r"(?:ai|io|com)$")


def providers_of(text: str | None) -> tuple[str, ...]:
    """The providers that a text names, in any spelling: `Ultravox, Retell AI`; a name that is none stays as it is."""
    return tuple(dict.fromkeys(_provider(part) for part in _SEPARATORS.split(text or "") if part.strip()))


def _provider(name: str) -> str:
    word = folded(name)
    for one in (word, _SPELLINGS.get(word, ""), _ENDINGS.sub("", word)):
        if one in NAMES:
            return one
    return name.strip().lower()
