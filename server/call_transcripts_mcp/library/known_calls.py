"""Calls and agents that were listed before. They resolve the start of an id, and supply names for suggestions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.library.references import Reference
from call_transcripts_mcp.names import Phrase, ToolName
from call_transcripts_mcp.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from call_transcripts_mcp.archive.archive import Archive
    from call_transcripts_mcp.library.listing import Listing

IN_MEMORY = 2_000
SHOWN_CANDIDATES = 5


class KnownCalls:
    """The calls that were listed last, and those in the archive.

    Attributes:
        agents: names of listed agents, the latest last.
    """

    def __init__(
        self,
        providers: Collection[str],
        archive: Archive | None,
        list_newest: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        """Start with the archive only.

        Args:
            providers: their names.
            archive: of those calls that were read.
            list_newest: adds the newest calls, where no archive knows calls of an earlier run; called at most once.
        """
        self._list_newest = list_newest
        self._providers = tuple(providers)
        self._archive = archive
        self._refs: dict[str, None] = {}
        self.agents: dict[str, None] = {}

    def add(self, listing: Listing) -> None:
        """Remember what was listed."""
        self._refs |= dict.fromkeys(call.ref for call in listing.calls)
        self.agents |= dict.fromkeys(listing.agents)
        for remembered in (self._refs, self.agents):
            for name in list(remembered)[:-IN_MEMORY]:
                del remembered[name]

    async def one_starting(self, named: Reference) -> tuple[str, str]:
        """The one known call whose id starts as the reference says: provider and id.

        Raises:
            InvalidRequestError: there is none, or more than one.
        """
        known = await self.starting(named)
        if len(known) == 1:
            return known[0]
        shown = clip(one_line(named.prefix or ""), 60)
        if not known:
            of = f" of {named.provider}" if named.provider else ""
            none = f'No known call{of} has an id that starts with "{shown}". '
            if named.elsewhere:
                refs = " or ".join(":".join(place) for place in named.elsewhere)
                raise InvalidRequestError(f"{none}It looks like {refs}.")
            raise InvalidRequestError(Phrase(none, ToolName("list_calls"), " shows complete ids."))
        raise InvalidRequestError(several(known, named.prefix or ""))

    async def elsewhere(self, named: Reference) -> list[str]:
        """Refs of the known calls with the id of a reference at other providers than the one that it names."""
        found: list[str] = []
        for provider, id_ in named.elsewhere:
            found += [":".join(place) for place in await self.starting(Reference((), prefix=id_, provider=provider))]
        return found

    async def starting(self, named: Reference) -> list[tuple[str, str]]:
        """Every known call whose id starts with the reference's prefix."""
        if named.prefix is None:
            return []
        known = await self._starting(named.prefix, named.provider)
        if known or self._list_newest is None:
            return known
        list_newest, self._list_newest = self._list_newest, None  # once: an unknown id is mostly a wrong one
        await list_newest()
        return await self._starting(named.prefix, named.provider)

    async def _starting(self, prefix: str, provider: str | None) -> list[tuple[str, str]]:
        names = [provider] if provider else list(self._providers)
        known: dict[tuple[str, str], None] = {}
        for start in spellings(prefix):
            for ref in self._refs:
                name, _, id_ = ref.partition(":")
                if name in names and id_.startswith(start):
                    known[name, id_] = None
            if self._archive is not None:
                await self._archive.flush()
                archived = await self._archive.starting_with(start, names, limit=SHOWN_CANDIDATES + 1)
                known |= dict.fromkeys((call.provider, call.id) for call in archived)
        return list(known)


def several(known: Sequence[tuple[str, str]], prefix: str) -> str:
    """The error message for the start of an id that several calls share."""
    refs = ", ".join(":".join(place) for place in known[:SHOWN_CANDIDATES])
    more = " and more" if len(known) > SHOWN_CANDIDATES else ""
    return f'Several calls have ids that start with "{clip(one_line(prefix), 60)}": {refs}{more}. Send one.'


def spellings(prefix: str) -> list[str]:
    """The spellings to try for the start of an id: as given, in lower case, and with the dashes of a UUID."""
    low = prefix.lower()
    dashed = "-".join(part for part in (low[:8], low[8:12], low[12:16], low[16:20], low[20:]) if part)
    return list(dict.fromkeys([prefix, low, *([dashed] if low.isalnum() else [])]))
