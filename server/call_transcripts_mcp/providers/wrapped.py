"""A provider with some methods replaced. It stands alone, since the settings load it and need nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from call_transcripts_mcp.providers.base import Provider


class Wrapped:
    """A provider with some methods replaced: whatever a subclass does not define is the provider's own."""

    def __init__(self, provider: Provider) -> None:
        """Wrap it."""
        self._provider = provider

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - what the provider has
        """What the provider has."""
        return getattr(self._provider, name)
