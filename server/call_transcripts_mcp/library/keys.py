"""Which keys are refused; checked only when that would explain an empty answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from call_transcripts_mcp.errors import AuthenticationError, ProviderError
from call_transcripts_mcp.library import deadline
from call_transcripts_mcp.providers.base import CallQuery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.providers.base import Provider

PATIENCE_S = 5.0
"""The question can be answered without this check, so the wait is short."""


async def refused_keys(providers: Sequence[Provider]) -> list[AuthenticationError]:
    """The errors of the providers that refuse their key; providers that do not answer now are left out."""
    found: dict[str, AuthenticationError] = {}

    async def ask(provider: Provider) -> None:
        try:
            await provider.list_calls(CallQuery(), limit=1)
        except AuthenticationError as error:
            found[provider.name] = error
        except ProviderError:  # the archive is searched without it
            return

    left_s = deadline.left_s()
    with anyio.move_on_after(PATIENCE_S if left_s is None else min(PATIENCE_S, left_s)):
        async with anyio.create_task_group() as tasks:
            for provider in providers:
                tasks.start_soon(ask, provider)
    return [found[provider.name] for provider in providers if provider.name in found]
