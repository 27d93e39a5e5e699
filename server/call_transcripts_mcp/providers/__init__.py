"""The providers, one module each; "Adding a provider" in CONTRIBUTING.md explains how to add one."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from call_transcripts_mcp.providers.accounts import FILES as FILES
from call_transcripts_mcp.providers.accounts import platform_of

if TYPE_CHECKING:
    from call_transcripts_mcp.providers.base import Platform, PlatformModule

ALL: tuple[str, ...] = ("ultravox", "diga", "elevenlabs", "vapi", "retell")
"""Every platform, by module name. Its settings are `<NAME>_API_KEY` and `<NAME>_BASE_URL`."""

NAMES: tuple[str, ...] = (*ALL, FILES)
"""The names before the colon of a ref; those of further accounts are `<name>.<account>`."""


def load(name: str) -> PlatformModule:
    """The module of a platform, imported when it is first needed, so that the server starts faster.

    Args:
        name: of the platform, or of an account of it.
    """
    return cast("PlatformModule", import_module(f"{__name__}.{platform_of(name)}"))


def adapter(name: str) -> type[Platform]:
    """The class of an account: the platform's own, under the account's name."""
    found = load(name).ADAPTER
    return found if name == found.name else type(found.__name__, (found,), {"name": name})
