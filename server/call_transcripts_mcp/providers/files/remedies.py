"""Failures that the documents of the frameworks behind files explain."""

from __future__ import annotations

from call_transcripts_mcp.findings.failures import Remedy
from call_transcripts_mcp.providers.remedies import RemedyRule

REMEDIES = (
    RemedyRule(
        Remedy(
            "LiveKit puts this text in the place of an exception that the tool did not catch: raise `ToolError` with "
            "words for the agent; the exception itself is in the agent's own log",
            "LiveKit, function tools: https://docs.livekit.io/agents/logic/tools/definition",
        ),
        says="^An internal error occurred",
    ),
)
