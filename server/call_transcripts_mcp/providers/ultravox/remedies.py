"""Failures that the documents of Ultravox explain."""

from __future__ import annotations

from call_transcripts_mcp.findings.failures import Kind, Remedy
from call_transcripts_mcp.providers.remedies import RemedyRule

REMEDIES = (
    RemedyRule(
        Remedy(
            "a tool has 2.5 s unless its definition sets `timeout`, at most 40 s",
            "Ultravox, BaseToolDefinition.timeout: https://docs.ultravox.ai/api-reference/schema/base-tool-definition",
        ),
        kinds=frozenset({Kind.TIMEOUT}),
    ),
    RemedyRule(
        Remedy(
            "the agent saw the text of the result, not these details",
            "Ultravox, Message.errorDetails: https://docs.ultravox.ai/api-reference/calls/calls-stages-messages-list",
        ),
        has_details=True,
    ),
)
