"""From settings to a library: one HTTP client, one adapter a configured provider, or the sample platform.

Imported when the first question comes, not at the start: what is loaded here takes as long again as the rest.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from pydantic import SecretStr

from call_transcripts_mcp import providers
from call_transcripts_mcp.fetch import Api, create_client
from call_transcripts_mcp.library import Library
from call_transcripts_mcp.redaction import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.settings import Account
from call_transcripts_mcp.tools.base import Desk

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from call_transcripts_mcp.providers.base import Provider
    from call_transcripts_mcp.settings import Settings

SAMPLE_BASE_URL = "http://sample.localhost"


async def _no_progress(done: float, total: float | None, message: str) -> None:
    """For whoever does not watch."""


@asynccontextmanager
async def open_desk(settings: Settings) -> AsyncGenerator[Desk]:
    """What a tool works with: the library, and the masking that the settings ask for."""
    keys = [account.api_key.get_secret_value() for account in settings.accounts]
    async with open_library(settings) as library:
        yield Desk(library, Foreign(redactor(settings.redact, keys)), _no_progress)


@asynccontextmanager
async def open_library(settings: Settings) -> AsyncGenerator[Library]:
    """The library of the configured accounts, closed at the end.

    Args:
        settings: without an account, the sample platform in this process takes the place of all providers.
    """
    accounts, application = settings.accounts, None
    if settings.is_sample:
        from call_transcripts_mcp import sample  # noqa: PLC0415 - not loaded for those who have a key

        keys = {"ultravox": sample.ULTRAVOX_KEY, "diga": sample.DIGA_KEY}
        accounts = tuple(Account(name, SecretStr(key), SAMPLE_BASE_URL) for name, key in keys.items())
        application = sample.create_app()
    async with create_client(application) as client:
        adapters: dict[str, Provider] = {}
        for account in accounts:
            adapter = providers.load(account.provider).ADAPTER
            api = Api(
                client,
                account.provider,
                base_url=account.base_url or adapter.base_url,
                headers=adapter.headers(account.api_key.get_secret_value()),
                requests_per_s=adapter.requests_per_s,
            )
            adapters[account.provider] = adapter(api)
        yield Library(adapters, is_sample=settings.is_sample)
