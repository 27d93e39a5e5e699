"""Lists of calls by an agent's id, at providers whose own filter does not find every agent.

Vapi finds assistants, and neither squads nor workflows, by id. When it finds nothing of an agent that the archive
knows, its whole list is read instead, and our own filter chooses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.providers.wrapped import Wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.archive.archive import Archive, OpenArchive
    from call_transcripts_mcp.providers.base import CallPage, CallQuery, Provider


async def widened(
    providers: Sequence[Provider], wanted: CallFilter, archive: Archive | None
) -> tuple[list[Provider], set[str]]:
    """The providers to list, and the names of those whose calls need our own filter.

    Args:
        providers: that can apply the filter.
        wanted: which calls.
        archive: whether it has calls of the agent decides; without one, every such list is widened.
    """
    agent = (wanted.agent or "").strip()
    ids = {
        provider.name: agent_id
        for provider in providers
        if agent and not provider.finds_every_agent and (agent_id := provider.agent_id(agent)) is not None
    }
    names = set(ids)
    if ids and archive is not None:

        def known(opened: OpenArchive) -> set[str]:
            chosen = {name: CallFilter(agent=one).selection(opened, [name]) for name, one in ids.items()}
            return {name for name, selection in chosen.items() if opened.engine.count(selection).calls}

        await archive.flush()
        names = await archive.try_query(known) or set()
    return [cast("Provider", _Widened(one)) if one.name in names else one for one in providers], names


class _Widened(Wrapped):
    """A provider whose list is the whole list if no call has the agent's id, for one answer."""

    def __init__(self, provider: Provider) -> None:
        super().__init__(provider)
        self._finds: bool | None = None  # not asked yet

    async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
        if self._finds is not False:
            page = await self._provider.list_calls(query, limit=limit, cursor=cursor)
            self._finds = self._finds or bool(page.calls) or page.cursor is not None
            if self._finds:
                return page
        return await self._provider.list_calls(replace(query, agent_id=None), limit=limit, cursor=cursor)
