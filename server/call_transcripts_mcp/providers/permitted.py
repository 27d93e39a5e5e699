"""A provider that shows the calls of some agents alone, for a server that others use.

The rest of the server sees no other call: not in a list, not by its id, and so neither in the archive, which keeps the
calls of such a server in a space of their own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from call_transcripts_mcp.errors import NotFoundError
from call_transcripts_mcp.providers.wrapped import Wrapped

if TYPE_CHECKING:
    from collections.abc import Collection

    from call_transcripts_mcp.model import Call
    from call_transcripts_mcp.providers.base import CallPage, CallQuery, Provider

PAGES_WITHOUT_CALLS = 20
"""A page may hold calls of other agents alone; so many are skipped at once."""


def permitted(provider: Provider, agents: Collection[str]) -> Provider:
    """A provider that shows the calls of these agents alone.

    Args:
        provider: what it reads from.
        agents: ids or whole names, in any case; a call without either is not shown. Empty for no limit.
    """
    return cast("Provider", _Permitted(provider, agents)) if agents else provider


class _Permitted(Wrapped):
    """Everything of a provider but the calls of other agents."""

    def __init__(self, provider: Provider, agents: Collection[str]) -> None:
        super().__init__(provider)
        self._agents = frozenset(agent.casefold() for agent in agents)

    async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
        page = await self._page(query, limit, cursor)
        for _ in range(PAGES_WITHOUT_CALLS):
            if page.calls or page.cursor is None:
                break
            page = await self._page(query, limit, page.cursor)
        return page

    async def _page(self, query: CallQuery, limit: int, cursor: str | None) -> CallPage:
        page = await self._provider.list_calls(query, limit=limit, cursor=cursor)
        # The total, and what is not a call, would tell of others' calls.
        return replace(page, calls=tuple(filter(self._is_allowed, page.calls)), total=None, unusable=None)

    async def get_call(self, call_id: str) -> Call:
        try:
            call = await self._provider.get_call(call_id)
        except NotFoundError:  # a platform's own words would tell such a call from one of another agent
            raise self._not_found() from None
        if not self._is_allowed(call):
            raise self._not_found()
        return call

    def _not_found(self) -> NotFoundError:
        """The same for a call that does not exist, was deleted, or is another agent's."""
        hint = "Check the id, and which account the key belongs to."
        return NotFoundError(self._provider.name, "cannot find the call under this key (404)", hint, status=404)

    def _is_allowed(self, call: Call) -> bool:
        return any(text is not None and text.casefold() in self._agents for text in (call.agent_id, call.agent_name))
