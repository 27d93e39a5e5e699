"""What the platforms' own documents say about the causes that were found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from call_transcripts_mcp.providers.remedies import remedy_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from call_transcripts_mcp.findings.failures import Cause, Remedy
    from call_transcripts_mcp.providers.base import Provider


def with_remedies(causes: Iterable[Cause], providers: Mapping[str, Provider]) -> tuple[Cause, ...]:
    """The causes, each with what its platform's documents say about the newest of its failures that they explain."""
    return tuple(replace(cause, remedy=_remedy(cause, providers)) for cause in causes)


def _remedy(cause: Cause, providers: Mapping[str, Provider]) -> Remedy | None:
    for failure in cause.failures:
        provider = providers.get(failure.call.provider)
        if provider is not None and (found := remedy_of(provider.remedies, failure)) is not None:
            return found
    return None
