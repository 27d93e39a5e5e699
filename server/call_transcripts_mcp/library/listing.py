"""Calls of several providers as one list, newest first, that can be continued later.

Each provider is a stream of pages. A stream's position is the cursor of its page and the last call taken from that
page, so a list continues exactly where it stopped, whatever the mix of providers, and even after new calls have arrived
at the top. Streams that will need their next page read it at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel

from call_transcripts_mcp.errors import (
    AuthenticationError,
    ProviderError,
    RateLimitedError,
    StillReadingError,
    UnavailableError,
    UnexpectedResponseError,
)
from call_transcripts_mcp.library import deadline
from call_transcripts_mcp.library.filter import able_providers, own_judge, query_of
from call_transcripts_mcp.library.judging import PageFilter
from call_transcripts_mcp.library.widened import widened

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from call_transcripts_mcp.archive.archive import Archive
    from call_transcripts_mcp.library.filter import CallFilter
    from call_transcripts_mcp.model import Call
    from call_transcripts_mcp.providers.base import CallPage, CallQuery, Provider

    PageJudge = Callable[[Sequence[Call]], Awaitable[Mapping[str, bool | None]]]


@dataclass(frozen=True, slots=True)
class ListPosition:
    """Where a provider's list stopped.

    Attributes:
        cursor: of its page; None for the first one.
        last_id, last_created: the last call taken from that page; None if none was.
    """

    cursor: str | None = None
    last_id: str | None = None
    last_created: datetime | None = None


START = ListPosition()
CALLS_PER_PAGE = 100

REPEATED_PAGES = 3
"""After this many consecutive pages with only calls that were listed before, reading stops."""
PAGES_SCANNED = 20
"""How many pages are read for one answer: our own filter may leave most calls out, and pages may be empty."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What was listed.

    Attributes:
        positions: where to continue, by provider; empty at the end of all lists. A provider that failed keeps its
            position, unless it refused the key.
        total: calls in all; None if a provider does not say, or if our own filter leaves some out.
        scanned: calls examined; more than `calls` if our own filter left some out.
        reached: by provider, when the last call that was examined was created.
        gaps: sentences about what could not be listed.
        errors: by provider, why its list broke off; each is also one of the gaps.
        is_partial: a list broke off, took too long, or lacks entries; providers that were left out do not count.
        lacks_calls: likewise, but without what the provider says will never be a call, however often one asks.
        agents: names of the agents of the calls examined.
        unjudged: calls examined that our own filter cannot judge; they are not among `calls`.
        is_down: no provider could be listed at all, so that only the archive can answer.
    """

    calls: tuple[Call, ...]
    positions: Mapping[str, ListPosition]
    total: int | None
    scanned: int
    gaps: tuple[str, ...]
    errors: Mapping[str, ProviderError] = field(default_factory=dict[str, ProviderError])
    is_partial: bool = False
    lacks_calls: bool = False
    reached: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    agents: frozenset[str] = frozenset()
    unjudged: tuple[Call, ...] = ()
    is_down: bool = False

    @property
    def going_on(self) -> tuple[str, ...]:
        """Providers with more calls than were taken, without those whose list broke off."""
        return tuple(name for name in self.positions if name not in self.errors)

    @property
    def notes(self) -> list[str]:
        """The gaps in lists that did not break off."""
        broken = set(map(str, self.errors.values()))
        return [gap for gap in self.gaps if gap not in broken]


@dataclass(slots=True)
class _Stream:
    provider: Provider
    query: CallQuery
    page_size: int
    position: ListPosition
    is_resuming: bool
    """Whether the last call that an earlier answer took has not been found yet."""
    taken: int = 0
    reached: datetime | None = None
    """When the last call that was taken was created."""
    page: CallPage | None = None
    error: ProviderError | None = None
    pages_read: int = 0
    notes: list[str] = field(default_factory=list[str])
    lacks_calls: bool = False
    next_page: CallPage | ProviderError | None = None
    """The page after the current one, if it was already read."""
    seen: set[str] = field(default_factory=set[str])
    """Ids on the pages so far; a list that shifts while it is read shows the same call on two pages."""
    repeats: int = 0
    """Consecutive pages without a new call."""
    judge: PageJudge | None = None
    answers: Mapping[str, bool | None] = field(default_factory=dict[str, bool | None])
    """What our own filter says of each call of the page, by ref."""

    async def load(self) -> None:
        """Read until the page has calls left, the list ends, or enough pages were read without a result."""
        pages_before = self.pages_read
        while not self.is_over and self.pages_read - pages_before < PAGES_SCANNED:
            if self.page is None:
                found = self.next_page or await self._read(self.position.cursor)
                self.next_page = None
                if isinstance(found, ProviderError):
                    self.error = found
                    return
                self.page = self._without_repeats(found)
                self.answers = await self.judge(self.page.calls) if self.judge is not None else {}
                if self.repeats >= REPEATED_PAGES:
                    fact = "lists the same calls again and again"
                    self.error = UnexpectedResponseError(self.provider.name, fact, "Try again in a while.")
                    return
                self.pages_read += 1
                self.taken = self._taken_before(self.page.calls) if self.is_resuming else 0
                self.lacks_calls = self.lacks_calls or self.page.gap is not None
                for note in filter(None, (self.page.gap, self.page.unusable)):
                    self.notes.append(f"{self.provider.name}: {note}")
            if self.taken < len(self.page.calls) or self.page.cursor is None:
                return
            # Newer calls may have pushed the last call taken onto a later page, where it must still be found.
            self.position = replace(self.position if self.is_resuming else START, cursor=self.page.cursor)
            self.page = None

    def _without_repeats(self, page: CallPage) -> CallPage:
        calls = {call.id: call for call in page.calls if call.id not in self.seen}
        self.repeats = self.repeats + 1 if page.calls and not calls else 0
        self.seen.update(calls)
        return page if len(calls) == len(page.calls) else replace(page, calls=tuple(calls.values()))

    async def look_ahead(self) -> None:
        """Read the next page before its turn."""
        if self.page is not None:
            self.next_page = await self._read(self.page.cursor)

    async def _read(self, cursor: str | None) -> CallPage | ProviderError:
        try:
            return await self.provider.list_calls(self.query, limit=self.page_size, cursor=cursor)
        except ProviderError as error:
            return error

    def may_look_ahead(self) -> bool:
        """Whether there is a next page that was not read yet."""
        return not self.is_spent and self.page is not None and self.page.cursor is not None and self.next_page is None

    def calls_since(self, end: datetime) -> float:
        """How many more calls it has back to a time: counted on its page, and estimated beyond by the same density."""
        if self.page is None or not self.page.calls:
            return 0
        first, last = (self.page.calls[at].created_at or end for at in (0, -1))
        left = sum(1 for call in self.page.calls[self.taken :] if call.created_at is None or call.created_at >= end)
        is_ended = self.page.cursor is None or last <= end or first <= last
        return left if is_ended else left + len(self.page.calls) * ((last - end) / (first - last))

    def _taken_before(self, calls: Sequence[Call]) -> int:
        """How many calls of a page were taken by an earlier answer or have arrived at the top since."""
        last = self.position
        for index, call in enumerate(calls):
            if call.id == last.last_id:
                self.is_resuming = False
                return index + 1
        newer = 0
        if last.last_created is not None:
            # It may have been any of those created at the same moment; showing a call twice is better than losing it.
            newer = sum(1 for call in calls if call.created_at and call.created_at > last.last_created)
        self.is_resuming = newer == len(calls)
        return newer

    @property
    def is_over(self) -> bool:
        if self.error is not None:
            return True
        return self.page is not None and self.page.cursor is None and self.taken >= len(self.page.calls)

    @property
    def goes_on(self) -> bool:
        """Whether a list that broke off can be continued from its position."""
        return not isinstance(self.error, AuthenticationError) and self.repeats < REPEATED_PAGES

    @property
    def is_spent(self) -> bool:
        """Whether the current page has no call left."""
        return self.page is None or self.taken >= len(self.page.calls)

    @property
    def is_due(self) -> bool:
        """Whether `load` is due."""
        return self.is_spent and not self.is_over

    def head(self) -> datetime:
        """When the next call was created; a call without a time is taken at once, where its provider put it."""
        assert self.page is not None  # noqa: S101 - `load` ran and the stream has not ended
        return self.page.calls[self.taken].created_at or datetime.max.replace(tzinfo=UTC)

    def pop(self) -> Call:
        assert self.page is not None  # noqa: S101 - as above
        call = self.page.calls[self.taken]
        self.taken += 1
        self.position = ListPosition(self.position.cursor, call.id, call.created_at)
        self.reached = call.created_at
        return call


async def list_wanted(
    providers: Mapping[str, Provider],
    wanted: CallFilter,
    *,
    limit: int,
    positions: Mapping[str, ListPosition] | None = None,
    taken: Callable[[Call], None] | None = None,
    archive: Archive | None = None,
    may_be_down: bool = False,
) -> Listing:
    """The next `limit` calls that match a filter; the other arguments are those of `Library.list_calls`.

    Args:
        providers: by name.
        wanted: which calls.
        limit: how many at most.
        positions: where an earlier list stopped.
        taken: called with each call of the answer as soon as it is known.
        archive: is asked about the calls of which a list does not tell what the filter needs.
        may_be_down: return a listing without calls when no provider can be reached, instead of raising.

    Raises:
        InvalidRequestError: no configured provider can honour the filter.
        ProviderError: no provider could be read.
    """
    able, gaps = able_providers(providers, wanted)
    able, judged = await widened(able, wanted, archive)
    judge = own_judge(able, wanted, judged)
    # Our own filter reads full pages, however few calls are wanted.
    page_size = CALLS_PER_PAGE if judge else min(limit, CALLS_PER_PAGE)
    own = PageFilter(judge, archive) if judge else None
    listing = await list_calls(
        able,
        partial(query_of, wanted=wanted),
        limit=limit,
        page_size=page_size,
        positions=positions,
        judge=own,
        taken=taken,
        may_be_down=may_be_down and positions is None and not wanted.query.text,
    )
    return replace(listing, gaps=(*gaps, *listing.gaps))


async def list_calls(
    providers: Sequence[Provider],
    query: Callable[[Provider], CallQuery],
    *,
    limit: int,
    page_size: int,
    positions: Mapping[str, ListPosition] | None = None,
    judge: PageJudge | None = None,
    taken: Callable[[Call], None] | None = None,
    may_be_down: bool = False,
) -> Listing:
    """The next `limit` calls of all providers together, newest first.

    Args:
        providers: the ones to ask; with `positions`, those that still have calls.
        query: by provider, which must be able to apply it.
        limit: how many calls to return at most.
        page_size: how many to request from a provider at once.
        positions: where an earlier listing stopped.
        judge: our own filter, for what a provider cannot filter by: what it says of each call of a page, by ref.
        taken: called with each call of the answer as soon as it is known.
        may_be_down: return a listing without calls when no provider can be reached, instead of raising.

    Raises:
        ProviderError: when no provider could be read; when only some could, `gaps` says which failed.
    """
    streams = [
        _Stream(provider, query(provider), page_size, position, is_resuming=position.last_id is not None, judge=judge)
        for provider in providers
        if (position := START if positions is None else positions.get(provider.name)) is not None
    ]
    calls: list[Call] = []
    agents: set[str] = set()
    unjudged: list[Call] = []
    scanned, is_late = 0, False
    while len(calls) < limit:
        if judge is not None and sum(stream.pages_read for stream in streams) > PAGES_SCANNED + limit // page_size:
            break
        if any(stream.is_due for stream in streams):
            if taken is not None and calls:
                await anyio.lowlevel.checkpoint()  # lets reading of the taken calls start before the next page arrives
            with anyio.move_on_after(deadline.left_s()) as scope:
                await _load(streams, limit - len(calls) if judge is None else 0)
            if scope.cancelled_caught:
                is_late = True
                break
        ready = [stream for stream in streams if not stream.is_over]
        if not ready or any(stream.is_spent for stream in ready):
            break
        stream = max(ready, key=_Stream.head)
        call = stream.pop()
        scanned += 1
        agents.add(call.agent_name or "")
        answer = judge is None or stream.answers[call.ref]
        if answer is None:
            unjudged.append(call)
        elif answer:
            calls.append(call)
            if taken is not None:
                taken(call)
    listing = _listing(streams, calls, scanned, is_late=is_late, may_be_down=may_be_down)
    listing = replace(listing, agents=frozenset(agents - {""}), unjudged=tuple(unjudged))
    return listing if judge is None else replace(listing, total=None)


async def _load(streams: Sequence[_Stream], needed: int) -> None:
    """Read the next page of each stream that has no calls left, and of each whose page will be used up too."""
    async with anyio.create_task_group() as tasks:
        for stream in streams:
            if stream.is_due:
                tasks.start_soon(stream.load)
            elif stream.may_look_ahead() and _is_used_up(stream, streams, needed):
                tasks.start_soon(stream.look_ahead)


def _too_slow(provider: str) -> StillReadingError:
    fact = f"did not list its calls within {deadline.limit_words()}"
    return StillReadingError(provider, fact, "Ask again to continue.")


def _is_used_up(stream: _Stream, streams: Sequence[_Stream], needed: int) -> bool:
    """Whether taking this many more calls exhausts a stream's page, judged by the current pages."""
    assert stream.page is not None  # noqa: S101 - the stream has calls left
    end = stream.page.calls[-1].created_at
    return end is not None and sum(other.calls_since(end) for other in streams) < needed


def _listing(
    streams: Sequence[_Stream], calls: Sequence[Call], scanned: int, *, is_late: bool, may_be_down: bool
) -> Listing:
    late = [_too_slow(stream.provider.name) for stream in streams if is_late and stream.is_due]
    if late and not calls:
        raise late[0]
    errors = {stream.provider.name: stream.error for stream in streams if stream.error is not None}
    if errors and len(errors) == len(streams) and not calls:
        is_down = all(isinstance(error, UnavailableError | RateLimitedError) for error in errors.values())
        if not (may_be_down and is_down):
            raise next(iter(errors.values()))
    gaps = (*(note for stream in streams for note in stream.notes), *map(str, [*errors.values(), *late]))
    totals = [stream.page.total if stream.page else None for stream in streams]
    return Listing(
        calls=tuple(calls),
        positions={
            stream.provider.name: stream.position
            for stream in streams
            if not stream.is_over or (stream.error and stream.goes_on)
        },
        total=sum(total for total in totals if total is not None) if None not in totals else None,
        scanned=scanned,
        reached={stream.provider.name: stream.reached for stream in streams if stream.reached is not None},
        gaps=gaps,
        errors=errors,
        is_partial=bool(gaps),
        lacks_calls=bool(errors or late or any(stream.lacks_calls for stream in streams)),
        is_down=bool(errors) and len(errors) == len(streams) and not calls,
    )
