"""Questions that the archive alone answers: the verdicts of calls' tool calls, and which calls had failed ones.

No provider is asked, so calls outside the archive are not found; the answer says how many calls the archive has.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.call_facts import listed_facts
from call_transcripts_mcp.analysis.contacts import contact_query
from call_transcripts_mcp.analysis.fact_filter import FactFilter
from call_transcripts_mcp.archive.base import Key, LinePosition, Selection
from call_transcripts_mcp.archive.codec import millis, moment
from call_transcripts_mcp.archive.coverage import UNCERTAIN_MS, is_covered, join_across_holes, merge
from call_transcripts_mcp.errors import ArchiveError
from call_transcripts_mcp.findings.calls import ArchivedWindow, OtherCalls
from call_transcripts_mcp.findings.unjudged import NONE_UNJUDGED, UnjudgedCalls
from call_transcripts_mcp.library.filter import unjudged_in
from call_transcripts_mcp.names import Phrase, ToolName

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from call_transcripts_mcp.archive.archive import Archive, OpenArchive
    from call_transcripts_mcp.archive.base import Facts
    from call_transcripts_mcp.findings.calls import Verdicts
    from call_transcripts_mcp.findings.summary import CallStats
    from call_transcripts_mcp.library.filter import CallFilter
    from call_transcripts_mcp.library.listing import Listing
    from call_transcripts_mcp.model import Call, Verdict


NEWEST_FOR_NAMES = 300
_NEWEST_MS = 2 * UNCERTAIN_MS
"""Calls of so short a time may be lacking although everything was archived some minutes ago."""


@dataclass(frozen=True, slots=True)
class ArchivedCalls:
    """Archived calls that a filter selects, newest first.

    Attributes:
        total: how many such calls the window has, including those that are not in `calls`.
        next: where to continue; None if there are no more.
        archived: which calls of the window the archive has, whatever their content.
        unjudged: further calls that cannot be judged.
        gaps: sentences on providers that were left out.
        verdicts: by ref, the verdicts of the tool calls of `calls`.
        marked: refs of calls that the archive does not list, and a platform does.
        is_partial: a platform could not be asked.
    """

    calls: tuple[Call, ...]
    total: int | None
    next: LinePosition | None
    archived: ArchivedWindow
    unjudged: UnjudgedCalls = NONE_UNJUDGED
    gaps: tuple[str, ...] = ()
    verdicts: Mapping[str, Counter[Verdict]] = field(default_factory=dict[str, Counter["Verdict"]])
    marked: frozenset[str] = frozenset()
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class KnownNames:
    """Names to suggest to a reader who gave an unknown one; and the ids of agents, which are not unknown."""

    agents: frozenset[str] = frozenset()
    agent_ids: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()


async def known_names(archive: Archive | None, names: Sequence[str]) -> KnownNames:
    """The agents of the newest archived calls, and all archived tools; empty if the archive cannot be read."""
    if archive is None:
        return KnownNames()

    def question(opened: OpenArchive) -> KnownNames:
        selection = Selection([opened.spaces[name] for name in names])
        calls = _read(opened, opened.engine.calls(selection, limit=NEWEST_FOR_NAMES))
        agents = frozenset(call.agent_name for call, _ in calls if call.agent_name)
        agent_ids = frozenset(call.agent_id for call, _ in calls if call.agent_id)
        return KnownNames(agents, agent_ids, frozenset(opened.engine.tool_names(selection)))

    await archive.flush()
    return await archive.try_query(question) or KnownNames()


async def newest_archived(archive: Archive | None, names: Sequence[str]) -> list[Call]:
    """The newest archived calls, newest first; nothing when the archive cannot be asked."""
    if archive is None:
        return []

    def question(opened: OpenArchive) -> list[Call]:
        selection = Selection([opened.spaces[name] for name in names])
        return [call for call, _ in _read(opened, opened.engine.calls(selection, limit=NEWEST_FOR_NAMES))]

    await archive.flush()
    return await archive.try_query(question) or []


async def known_facts(archive: Archive | None, calls: Sequence[Call]) -> list[tuple[Call, Facts]]:
    """Those calls that are archived, with their facts; empty if the archive cannot be read."""
    if archive is None or not calls:
        return []

    def question(opened: OpenArchive) -> list[tuple[Call, Facts]]:
        keys = [Key(opened.spaces[call.provider], call.id) for call in calls if call.provider in opened.spaces]
        opened.refresh(Selection(keys=keys))
        return _read(opened, opened.engine.calls(Selection(keys=keys)))

    await archive.flush()
    return await archive.try_query(question) or []


async def calls_with_contact(archive: Archive | None, names: Sequence[str], call: Call, *, limit: int) -> OtherCalls:
    """Other archived calls with the contact of a call, as far as that is shown; none if the archive cannot be read."""
    contact = listed_facts(call).contact
    if archive is None or not contact:
        return OtherCalls()
    facts = FactFilter(contact=contact_query(contact))

    def question(opened: OpenArchive) -> OtherCalls:
        selection = Selection([opened.spaces[name] for name in names], facts=facts)
        found = _read(opened, opened.engine.calls(selection, limit=limit + 1))
        others = [one for one, _ in found if one.ref != call.ref]
        if len(found) <= limit:  # all of them, and of one moment: the call itself may be written at this one
            return OtherCalls(tuple(others), len(others))
        own = opened.engine.calls(Selection(keys=[Key(opened.spaces[call.provider], call.id)], facts=facts))
        return OtherCalls(tuple(others[:limit]), opened.engine.count(selection).calls - len(own))

    return await archive.try_query(question) or OtherCalls()


async def archived_totals(archive: Archive | None, names: Sequence[str], wanted: CallFilter) -> CallStats | None:
    """The archived calls that a filter selects, added up; None if the archive cannot be read, or has none."""
    if archive is None:
        return None

    def question(opened: OpenArchive) -> CallStats | None:
        return opened.engine.groups(wanted.selection(opened, names), []).get(())

    return await archive.try_query(question)


def revisions(opened: OpenArchive, provider: str, ids: Iterable[str]) -> dict[str, str | None]:
    """The revisions of archived calls whose content may have changed since they were read; blocks."""
    keys = [Key(opened.spaces[provider], call_id) for call_id in ids]
    every = opened.engine.calls(Selection(keys=keys)) if keys else []
    return {one.key.id: opened.call_of(one).revision for one in every}


def completed(archived: Call, listed: Call) -> Call | None:
    """An archived call with fields that its provider added later, such as its summary; None if nothing is new."""
    late = {
        name: value
        for name in (field.name for field in fields(archived))
        if getattr(archived, name) is None and (value := getattr(listed, name)) is not None
    }
    return replace(archived, **late) if late else None


async def archived_calls(
    archive: Archive | None, names: Sequence[str], wanted: CallFilter, *, limit: int, before: LinePosition | None
) -> ArchivedCalls:
    """The archived calls that a filter selects.

    Args:
        archive: None if it is turned off.
        names: the providers.
        wanted: which calls; its text is not used.
        limit: how many at most.
        before: the last call of the previous page; None for the first page.

    Raises:
        ArchiveError: it is off, or cannot be read.
    """
    if archive is None:
        raise ArchiveError(
            "is turned off",
            Phrase("Unset CALL_TRANSCRIPTS_ARCHIVE, or use ", ToolName("summarize_tool_failures"), " instead."),
        )
    until = wanted.query.until

    def question(opened: OpenArchive) -> ArchivedCalls:
        spaces = [opened.spaces[name] for name in names]
        selection = wanted.selection(opened, names)
        opened.refresh(selection)
        found = opened.engine.calls(selection, before=before, limit=limit + 1)
        listed = _read(opened, found[:limit])
        window = opened.engine.count(selection.without_content())
        return ArchivedCalls(
            calls=tuple(call for call, _ in listed),
            total=opened.engine.count(selection).calls,
            next=LinePosition(found[limit - 1].created_ms, found[limit - 1].key.id) if len(found) > limit else None,
            archived=ArchivedWindow(
                window.calls, _complete_until(opened, spaces, selection.since_ms, until or datetime.now(UTC))
            ),
            unjudged=unjudged_in(opened.engine, selection),
            verdicts=verdicts(listed),
        )

    await archive.flush()
    return await archive.query(question)


async def archived_listing(archive: Archive | None, wanted: CallFilter, down: Listing, *, limit: int) -> Listing:
    """The archived calls that a filter selects, in place of a listing of providers that cannot be reached.

    Raises:
        ProviderError: why the first of them cannot be reached; the archive has no such call.
    """
    first = next(iter(down.errors.values()))
    try:
        found = await archived_calls(archive, list(down.errors), wanted, limit=limit, before=None)
    except ArchiveError:
        raise first from None
    if not found.calls:
        raise first
    more = (found.total or 0) - len(found.calls)
    gaps = (*down.gaps, f"the archive has {more:,} more calls of this window") if more else down.gaps
    return replace(down, calls=found.calls, total=found.total, scanned=len(found.calls), gaps=gaps)


def _complete_until(opened: OpenArchive, spaces: Sequence[str], since_ms: int | None, end: datetime) -> datetime | None:
    """Until when, from the window's start on, all spaces have every ended call; None if one has not."""
    if since_ms is None:
        return None
    covered = {space.name: merge(space.covered) for space in opened.engine.state().spaces}
    ends = [
        next((end_ms for begin_ms, end_ms in covered.get(name, ()) if begin_ms <= since_ms <= end_ms), None)
        for name in spaces
    ]
    known = [end_ms for end_ms in ends if end_ms is not None]
    if not known or len(known) < len(ends):
        return None
    return end if min(known) >= (millis(end) or 0) else moment(min(known))


async def without_gaps(
    archive: Archive | None, names: Sequence[str], since: datetime | None, until: datetime | None
) -> frozenset[str]:
    """The providers of which the archive has every call of a window, but for active ones and the newest minutes."""
    since_ms, until_ms = millis(since), millis(until)
    if archive is None or since_ms is None:
        return frozenset()
    newest_ms = (millis(datetime.now(UTC)) or 0) - _NEWEST_MS
    end_ms = newest_ms if until_ms is None else min(until_ms, newest_ms)

    def question(opened: OpenArchive) -> frozenset[str]:
        covered = {space.name: join_across_holes(space.covered)[0] for space in opened.engine.state().spaces}
        spaces = {name: covered.get(opened.spaces[name], ()) for name in names}
        return frozenset(name for name, known in spaces.items() if is_covered(known, since_ms, end_ms))

    return await archive.try_query(question) or frozenset()


def verdicts(found: Sequence[tuple[Call, Facts]]) -> Verdicts:
    """The verdicts of each call's tool calls."""
    return {call.ref: Counter(facts.verdicts) for call, facts in found}


def _read(opened: OpenArchive, found: Sequence[Facts]) -> list[tuple[Call, Facts]]:
    return [(opened.call_of(one), one) for one in found]
