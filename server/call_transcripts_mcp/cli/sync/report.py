"""The result of a sync: as an object, which `--json` prints, and as lines for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the JSON Schema is made from the types
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.codec import calendar_moment
from call_transcripts_mcp.archive.coverage import intersect, join_across_holes
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.voice import MODEL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from call_transcripts_mcp.archive.ledger import Interval, Space
    from call_transcripts_mcp.cli.sync.count import Count
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.voice import Voice

SHOWN_WINDOWS = 5
DETAIL_LIMIT = 200


@dataclass(frozen=True, slots=True)
class CompleteWindow:
    """A part of the window in which every ended call is archived.

    Attributes:
        since, until: its ends; both are included.
    """

    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class CallsNotKept:
    """Calls that were not archived, for one reason.

    Attributes:
        reason: why they were not archived.
        calls: how many.
        is_failure: whether the calls should have been archived.
        example: the ref of the first one.
        detail: more about the first one; "" if there is nothing more.
    """

    reason: str
    calls: int
    is_failure: bool
    example: str
    detail: str


@dataclass(frozen=True, slots=True)
class SyncedProvider:
    """One provider.

    Attributes:
        provider: its name.
        calls_read: calls that this sync put into the archive.
        calls_kept_before: calls of the window that were already in the archive.
        calls_not_kept: calls of the window that were not kept, by reason.
        key_refused: the error, if the provider refused the key; null otherwise.
        stopped: why the sync of this provider ended early; null if it did not.
        unusable: what the provider has that is not a call, such as files of an unknown shape; null if there is nothing.
        calls, messages: how many the archive holds of this provider, from any time.
        complete: the parts of the window in which every ended call is archived, oldest first.
        calls_missing: calls inside these parts that are not archived.
    """

    provider: str
    calls_read: int
    calls_kept_before: int
    calls_not_kept: tuple[CallsNotKept, ...]
    key_refused: str | None
    stopped: str | None
    unusable: str | None
    calls: int
    messages: int
    complete: tuple[CompleteWindow, ...]
    calls_missing: int


@dataclass(frozen=True, slots=True)
class SyncDocument:
    """`sync --json`: what a sync did.

    Attributes:
        since, until: the window; both ends are included.
        is_complete: whether every readable call was read.
        is_interrupted: whether the person who started it stopped it.
        max_calls: the limit, if it stopped the sync; null otherwise.
        providers: each provider that was synced.
    """

    since: datetime | None
    until: datetime | None
    is_complete: bool
    is_interrupted: bool
    max_calls: int | None
    providers: tuple[SyncedProvider, ...]


def document(
    counts: Sequence[Count],
    spaces: Mapping[str, Space],
    *,
    max_calls: int | None = None,
    is_interrupted: bool = False,
) -> SyncDocument:
    """The result as an object.

    Args:
        counts: one per provider, at least one, all of the same window.
        spaces: what the archive holds now, by provider.
        max_calls: how many calls could be read at most, if that is why the sync stopped.
        is_interrupted: whether the person who started it stopped it.
    """
    return SyncDocument(
        since=calendar_moment(counts[0].since_ms),
        until=calendar_moment(counts[0].until_ms),
        is_complete=not is_interrupted and all(count.is_whole for count in counts),
        is_interrupted=is_interrupted,
        max_calls=max_calls,
        providers=tuple(_synced(count, spaces.get(count.provider)) for count in counts),
    )


def _synced(count: Count, space: Space | None) -> SyncedProvider:
    complete: Sequence[Interval]
    complete, missing = join_across_holes(
        intersect(space.covered, count.since_ms, count.until_ms) if space is not None else ()
    )
    return SyncedProvider(
        provider=count.provider,
        calls_read=count.written,
        calls_kept_before=count.kept_before,
        calls_not_kept=tuple(
            CallsNotKept(reason.words, found.calls, reason.is_failure, found.example, found.detail)
            for reason, found in count.not_kept.items()
        ),
        key_refused=count.refusal,
        stopped=count.stopped,
        unusable=count.unusable,
        calls=space.calls if space is not None else 0,
        messages=space.messages if space is not None else 0,
        complete=tuple(
            CompleteWindow(calendar_moment(since_ms), calendar_moment(until_ms)) for since_ms, until_ms in complete
        ),
        calls_missing=missing,
    )


def lines(found: SyncDocument, foreign: Foreign, voice: Voice = MODEL) -> list[str]:
    """The result for people; `foreign` masks what providers say, and the voice puts times."""
    refused = [foreign.words(one.key_refused) for one in found.providers if one.key_refused is not None]
    accepted = [one for one in found.providers if one.key_refused is None]
    if not accepted:
        return refused
    shown = [numbers(found, voice)]
    shown += [_not_kept(left, foreign) for one in accepted for left in one.calls_not_kept]
    shown += [_stopped(one, foreign) for one in accepted if one.stopped]
    shown += [f"  {one.provider} · {foreign.words(one.unusable)}" for one in accepted if one.unusable]
    shown += [_archived(one, voice) for one in accepted]
    shown += refused
    if found.max_calls is not None:
        shown.append(f"Stopped after {units.count(found.max_calls, 'call')} (--max-calls). Sync again to continue.")
    elif found.is_interrupted or any(_failed(one) for one in accepted):
        shown.append("Sync again to continue; archived calls are not read again.")
    return shown


def numbers(found: SyncDocument, voice: Voice = MODEL) -> str:
    """`12 calls read · 345 already kept · 2 not kept · window ...`, of the providers that accepted the key."""
    accepted = [one for one in found.providers if one.key_refused is None]
    read = units.count(sum(one.calls_read for one in accepted), "call")
    before = sum(one.calls_kept_before for one in accepted)
    not_kept = sum(left.calls for one in accepted for left in one.calls_not_kept)
    counts = f"{read} read · {before:,} already kept · {not_kept:,} not kept"
    window = f"window {_times(found.since, found.until, voice)}"
    return " · ".join((*(["interrupted"] if found.is_interrupted else []), counts, window))


def problems(found: SyncDocument, foreign: Foreign) -> dict[str, list[str]]:
    """What went wrong, by provider, in lines as of `lines`."""
    by_provider = {
        one.provider: [
            *([foreign.words(one.key_refused)] if one.key_refused is not None else []),
            *(_not_kept(left, foreign).strip() for left in one.calls_not_kept if left.is_failure),
            *([_stopped(one, foreign).strip()] if one.stopped else []),
            *([f"{one.provider} · {foreign.words(one.unusable)}"] if one.unusable else []),
        ]
        for one in found.providers
    }
    return {provider: found for provider, found in by_provider.items() if found}


def _stopped(one: SyncedProvider, foreign: Foreign) -> str:
    return f"  {one.provider} stopped early · {foreign.words(one.stopped or '')}"


def _failed(one: SyncedProvider) -> bool:
    return one.stopped is not None or any(left.is_failure for left in one.calls_not_kept)


def _not_kept(left: CallsNotKept, foreign: Foreign) -> str:
    detail = f": {foreign.words(left.detail, DETAIL_LIMIT)}" if left.detail else ""
    such_as = "" if left.calls == 1 else "such as "
    return f"  {left.calls:,} {left.reason} · {such_as}{foreign.words(left.example)}{detail}"


def _archived(one: SyncedProvider, voice: Voice) -> str:
    """What the archive holds of one provider, and which parts of the window are complete."""
    held = f"{one.provider} · {units.count(one.calls, 'call')}, {units.count(one.messages, 'message')} in the archive"
    if not one.complete:
        return f"{held} · no part of the window is complete yet"
    newest = [_times(window.since, window.until, voice) for window in reversed(one.complete[-SHOWN_WINDOWS:])]
    more = len(one.complete) - len(newest)
    older = f" and {more:,} older windows" if more else ""
    missing = f" except {units.count(one.calls_missing, 'call')}" if one.calls_missing else ""
    return f"{held} · complete: {', '.join(newest)}{older}{missing}"


def _times(since: datetime | None, until: datetime | None, voice: Voice) -> str:
    return f"{voice.moment(since)} to {voice.moment(until)}"
