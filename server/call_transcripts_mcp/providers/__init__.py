"""The providers, one module each; "Adding a provider" in CONTRIBUTING.md explains how to add one."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from call_transcripts_mcp.providers.base import PlatformModule

ALL: tuple[str, ...] = ("ultravox", "diga", "elevenlabs", "vapi", "retell")
"""Every platform, by module name. Its settings are `<NAME>_API_KEY` and `<NAME>_BASE_URL`."""

FILES = "files"
"""The provider that reads calls from files; it has no key."""

NAMES: tuple[str, ...] = (*ALL, FILES)
"""The names before the colon of a ref."""


def setting(name: str) -> str:
    """The variable that configures a provider."""
    return "CALL_TRANSCRIPTS_FILES" if name == FILES else f"{name.upper()}_API_KEY"


def load(name: str) -> PlatformModule:
    """The module of a platform, imported when it is first needed, so that the server starts faster."""
    return cast("PlatformModule", import_module(f"{__name__}.{name}"))
