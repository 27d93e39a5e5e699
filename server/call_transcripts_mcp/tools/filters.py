"""Turns the arguments that several tools share into a filter for calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.providers.base import CallQuery

if TYPE_CHECKING:
    from call_transcripts_mcp.tools.window import Window


def call_filter(window: Window, provider: str | None, agent: str | None, text: str | None = None) -> CallFilter:
    """The calls of a window, of one provider or all, of one agent or all."""
    return CallFilter(
        query=CallQuery(since=window.since, until=window.until, text=text),
        provider=provider.lower() if provider else None,
        agent=agent,
    )
