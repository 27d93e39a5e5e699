"""The providers: one module each, named here. `docs`: CONTRIBUTING.md, "Adding a provider"."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from call_transcripts_mcp.providers.base import ProviderModule

ALL: tuple[str, ...] = ("ultravox", "diga", "elevenlabs", "vapi", "retell")
"""Every provider, by module name. Its settings are `<NAME>_API_KEY` and `<NAME>_BASE_URL`."""


def load(name: str) -> ProviderModule:
    """The module of a provider, imported when it is first needed, so that the server starts sooner."""
    return cast("ProviderModule", import_module(f"{__name__}.{name}"))
