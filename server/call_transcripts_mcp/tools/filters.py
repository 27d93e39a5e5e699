"""Turns the arguments that several tools share into a filter for calls."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.names import folded
from call_transcripts_mcp.providers import NAMES
from call_transcripts_mcp.providers.base import CallQuery

if TYPE_CHECKING:
    from call_transcripts_mcp.tools.window import Window


def call_filter(window: Window, provider: str | None, agent: str | None, text: str | None = None) -> CallFilter:
    """The calls of a window, of one provider or all, of one agent or all."""
    return CallFilter(
        query=CallQuery(since=window.since, until=window.until, text=text),
        providers=providers_of(provider),
        agent=agent,
    )


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
