"""Makes the tools' context from the settings: an adapter for each configured provider, or the sample platform.

Imported by the first question, because loading this takes as long as the rest of the start.
"""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from typing import TYPE_CHECKING

import anyio
from pydantic import SecretStr

from call_transcripts_mcp import providers
from call_transcripts_mcp.analysis.agent_names import AgentNames
from call_transcripts_mcp.archive.archive import Archive
from call_transcripts_mcp.archive.file_index import ArchivedFileIndex
from call_transcripts_mcp.archive.opening import ANSWER_WAIT_S, open_engine
from call_transcripts_mcp.archive.rows import MASKING, call_rows
from call_transcripts_mcp.library.library import Library
from call_transcripts_mcp.library.settling import SETTLING_S
from call_transcripts_mcp.providers.clients import Clients
from call_transcripts_mcp.providers.files import Files
from call_transcripts_mcp.providers.http import Api
from call_transcripts_mcp.providers.named import named
from call_transcripts_mcp.providers.permitted import permitted
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.render.masking import mask_transcript
from call_transcripts_mcp.settings import Account, sqlite_url
from call_transcripts_mcp.tools.base import ToolContext

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Sequence

    from call_transcripts_mcp.providers.base import Provider
    from call_transcripts_mcp.settings import Settings

logger = logging.getLogger(__name__)

SAMPLE_BASE_URL = "http://sample.localhost"


async def _no_progress(done: float, total: float | None, message: str) -> None:
    """Ignore progress."""


@asynccontextmanager
async def open_context(settings: Settings, *, wait_s: float = ANSWER_WAIT_S) -> AsyncGenerator[ToolContext]:
    """Open the tools' context: the library, and the masking from the settings.

    Args:
        settings: without accounts and files, the sample platform in this process replaces the providers.
        wait_s: how long to wait for an archive that another process has locked.
    """
    foreign = foreign_of(settings)
    names = agent_names_of(settings)
    accounts, application = settings.accounts, None
    if settings.is_sample:
        from call_transcripts_mcp import sample  # noqa: PLC0415 - not needed with a key

        accounts = tuple(Account(name, SecretStr(key), SAMPLE_BASE_URL) for name, key in sample.KEYS.items())
        application = sample.create_app()
    with _archive(settings, accounts, foreign, wait_s) as archive:
        try:
            async with AsyncExitStack() as stack:
                adapters: dict[str, Provider] = {}
                for account in accounts:
                    adapter = providers.adapter(account.provider)
                    api = Api(
                        await stack.enter_async_context(Clients(application, settings.network)),
                        account.provider,
                        base_url=base_url_of(account),
                        headers=adapter.headers(account.api_key.get_secret_value()),
                        limits=adapter.limits,
                    )
                    shown = permitted(adapter(api), permitted_agents(settings, account.provider))
                    adapters[account.provider] = named(shown, names)
                mask = partial(mask_transcript, foreign=foreign)
                if settings.files:
                    index = None if archive is None else ArchivedFileIndex(archive, mask, providers.FILES)
                    shown = permitted(Files(settings.files, index), permitted_agents(settings, providers.FILES))
                    adapters[providers.FILES] = named(shown, names)
                library = Library(
                    adapters,
                    archive=archive,
                    mask=foreign.masked_payload,
                    mask_transcript=mask,
                    is_sample=settings.is_sample,
                    settling_s=0 if settings.is_sample else SETTLING_S,  # sample calls never change
                    names=names,
                )
                try:
                    yield ToolContext(library, foreign, _no_progress)
                finally:
                    with anyio.CancelScope(shield=True):
                        await library.reads.close()
        finally:
            if archive is not None:
                with anyio.CancelScope(shield=True):  # what was read is stored, even if the question was cancelled
                    await anyio.to_thread.run_sync(archive.close)
                for notice in archive.notices():  # no answer will show them
                    logger.warning("%s", notice)


def foreign_of(settings: Settings) -> Foreign:
    """The masking from the settings."""
    return Foreign(redactor(settings.redact, settings.secrets), by_name=settings.redact != "off")


def agent_names_of(settings: Settings) -> AgentNames:
    """What the user calls agents, masked as what platforms call them."""
    foreign = foreign_of(settings)
    return AgentNames({key: foreign.masked(name) for key, name in settings.agent_names.by_id.items()})


def permitted_agents(settings: Settings, provider: str) -> tuple[str, ...]:
    """Ids and names of the only agents whose calls are shown, with the ids of those that the user names so."""
    wanted = {agent.casefold() for agent in settings.agents}
    ids = [key.removeprefix(f"{provider}:") for key in settings.agent_names.by_id]
    given = [one for one in ids if (settings.agent_names.of(provider, one) or "").casefold() in wanted]
    return (*settings.agents, *sorted(set(given)))


def base_url_of(account: Account) -> str:
    """The base URL of an account's API."""
    return account.base_url or providers.load(account.provider).ADAPTER.base_url


def _identity_of(account: Account) -> str:
    """Identifies an account; only its `archive.spaces.fingerprint` is stored."""
    return _joined(account.provider, base_url_of(account), account.api_key.get_secret_value())


def _joined(*parts: str) -> str:
    """The parts of an identity; a bar inside one cannot be taken for the one between two."""
    return "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)


def identities_of(settings: Settings, accounts: Sequence[Account]) -> dict[str, str]:
    """By provider, what identifies its space in the archive: its account, or the paths that it reads."""
    identities = {account.provider: _identity_of(account) for account in accounts}
    if settings.files:
        identities[providers.FILES] = _joined(providers.FILES, *sorted(settings.files))
    # Calls of other agents that a server without this limit has archived must not be found by one with it.
    if not settings.agents:
        return identities
    return {
        name: f"{identity}|{_joined('agents', *sorted(permitted_agents(settings, name)))}"
        for name, identity in identities.items()
    }


@contextmanager
def _archive(
    settings: Settings, accounts: Sequence[Account], foreign: Foreign, wait_s: float
) -> Generator[Archive | None]:
    """The archive from the settings, not yet opened; for sample calls, a temporary one."""
    url = settings.archive_url
    if url is None:
        yield None
        return
    identities = identities_of(settings, accounts)
    masking, names = MASKING[settings.redact], agent_names_of(settings)
    make_rows = partial(call_rows, foreign=foreign, masking=masking)
    if settings.is_sample:
        from call_transcripts_mcp.sample.folder import temporary_folder  # noqa: PLC0415 - likewise

        with temporary_folder() as folder:
            url = sqlite_url(folder / "archive" / "calls.db")
            yield Archive(partial(open_engine, url, wait_s=wait_s), identities, make_rows, masking=masking, names=names)
    else:
        yield Archive(partial(open_engine, url, wait_s=wait_s), identities, make_rows, masking=masking, names=names)
