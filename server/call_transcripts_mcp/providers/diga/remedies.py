"""Failures that the documents of Diga explain."""

from __future__ import annotations

from call_transcripts_mcp.findings.failures import Remedy
from call_transcripts_mcp.providers.remedies import RemedyRule

REMEDIES = (
    RemedyRule(
        Remedy(
            "Diga writes why a tool failed into the call's log: give the key read permission for Logs",
            "Diga, API keys: https://docs.diga.io/en/platform/api-keys",
        ),
        has_error=False,
    ),
)
