"""The user's names for agents: their file, and a provider whose calls show them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from call_transcripts_mcp.analysis.agent_names import agent_names, platform_call
from call_transcripts_mcp.errors import ConfigurationError
from call_transcripts_mcp.providers.wrapped import Wrapped

if TYPE_CHECKING:
    from pathlib import Path

    from call_transcripts_mcp.analysis.agent_names import AgentNames
    from call_transcripts_mcp.model import Call, Stage
    from call_transcripts_mcp.providers.base import CallPage, CallQuery, Progress, Provider, Reading


_MOST_BYTES = 500_000


def read_names(setting: str, file: Path) -> AgentNames:
    """The names of a TOML file.

    Args:
        setting: names the file, for errors.
        file: may be missing, or anything else.

    Raises:
        ConfigurationError: one line on what is wrong with it.
    """
    try:
        if not file.is_file():  # reading a pipe could wait forever
            raise ConfigurationError(f"{setting} names no file. Write the whole path of a TOML file, or unset it.")
        with file.open("rb") as opened:
            content = opened.read(_MOST_BYTES + 1)
    except (OSError, ValueError):
        raise ConfigurationError(f"{setting} names a file that cannot be read. Check its path and rights.") from None
    if len(content) > _MOST_BYTES:
        raise ConfigurationError(f"{setting} names a file of more than 500 kB. It takes one line for each agent.")
    try:
        return agent_names(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ConfigurationError(f"{setting} names a file that is not UTF-8. Save it as UTF-8.") from None
    except ValueError as error:
        raise ConfigurationError(f"The file of {setting} {error}") from None


def named(provider: Provider, names: AgentNames) -> Provider:
    """The provider, with these names on its calls."""
    return cast("Provider", _Named(provider, names)) if names else provider


class _Named(Wrapped):
    """Everything of a provider, and the names; the provider itself is only given calls as it told them."""

    names_agents = True

    def __init__(self, provider: Provider, names: AgentNames) -> None:
        super().__init__(provider)
        self._names = names

    def agent_id(self, text: str) -> str | None:
        """An id; also that of the one agent with this in its name, where only the user gives names to agents."""
        found = self._provider.agent_id(text)
        if found is not None or self._provider.names_agents or not self._provider.finds_every_agent:
            return found
        ids = [id_ for one in self._names.ids(self._provider.name, text) if (id_ := self._provider.agent_id(one))]
        return ids[0] if len(ids) == 1 else None

    async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
        page = await self._provider.list_calls(query, limit=limit, cursor=cursor)
        return replace(page, calls=tuple(map(self._names.named, page.calls)))

    async def get_call(self, call_id: str) -> Call:
        return self._names.named(await self._provider.get_call(call_id))

    async def list_stages(self, call: Call) -> tuple[Stage, ...]:
        return await self._provider.list_stages(platform_call(call))

    async def read_messages(
        self, call: Call, *, stage: Stage | None = None, progress: Progress | None = None
    ) -> Reading:
        return await self._provider.read_messages(platform_call(call), stage=stage, progress=progress)
