"""Calls in files: folders of transcripts, as frameworks without an API leave them."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

import anyio

from call_transcripts_mcp.errors import NotFoundError, UnavailableError
from call_transcripts_mcp.model import Call, Coverage, Stage
from call_transcripts_mcp.providers.base import CallPage, CallQuery, Reading
from call_transcripts_mcp.providers.files.content import UnreadableFileError, read_content
from call_transcripts_mcp.providers.files.folder import File, files_of
from call_transcripts_mcp.providers.files.header import ID, NAME, Source, call_of, id_of, made_id
from call_transcripts_mcp.providers.files.shapes import calls_in
from call_transcripts_mcp.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.providers.base import Progress
    from call_transcripts_mcp.providers.files.draft import Draft

GROWING_S = 60
"""A file that was written to within so many seconds may grow, unless it says that the call has ended."""
_SHOWN_FILES = 5
_NAME_LIMIT = 80
_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Read:
    """What a file held when it was read."""

    file: File
    calls: tuple[Call, ...] = ()
    is_settled: bool = True
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a call is."""

    call: Call
    file: File
    position: int


class Files:
    """The adapter."""

    name: ClassVar[str] = NAME
    coverage: ClassVar[Coverage] = Coverage()
    searches_text: ClassVar[bool] = False
    names_agents: ClassVar[bool] = True
    is_local: ClassVar[bool] = True

    def __init__(self, paths: Sequence[str]) -> None:
        """Read the calls of these folders, globs and files; nothing is opened yet."""
        self._paths = tuple(paths)
        self._read: dict[str, _Read] = {}
        self._places: dict[str, _Place] = {}
        self._gap: str | None = None
        self._refreshing = anyio.Lock()

    @staticmethod
    def valid_id(text: str) -> str | None:
        """Ids are those that the files give, or hexadecimal ones made of their names."""
        return text if ID.fullmatch(text) else None

    async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
        """One page of the calls, newest first; files that changed are read anew for the first page."""
        if cursor is None or not self._places:
            await self._refresh()
        calls = sorted(
            (place.call for place in self._places.values() if _matches(place.call, query)),
            key=lambda call: (call.created_at or _EARLIEST, call.id),
            reverse=True,
        )
        begin = int(cursor) if cursor is not None and cursor.isdecimal() else 0
        end = begin + limit
        return CallPage(
            calls=tuple(calls[begin:end]),
            cursor=str(end) if end < len(calls) else None,
            total=len(calls),
            gap=self._gap if cursor is None else None,
        )

    async def get_call(self, call_id: str) -> Call:
        """One call, as its file says now."""
        await self._refresh()
        return self._place(call_id).call

    async def list_stages(self, call: Call) -> tuple[Stage, ...]:
        """The stages that handoffs make; one where there was none."""
        return call.stages or (Stage(id="1", number=1, started_at=call.started_at, agent=call.agent_name),)

    async def read_messages(
        self, call: Call, *, stage: Stage | None = None, progress: Progress | None = None
    ) -> Reading:
        """Every message of the call, or those of one stage."""
        if call.id not in self._places:
            await self._refresh()
        place = self._place(call.id)
        draft = await anyio.to_thread.run_sync(_draft_at, place)
        messages = draft.messages(place.call.started_at)
        if stage is not None:
            messages = tuple(message for message in messages if message.stage_number == stage.number)
        if progress is not None:
            await progress(len(messages), len(messages))
        # What a file lacks it will always lack: asking again would not fill the gaps.
        return Reading(messages, gaps=tuple(draft.gaps), stages=tuple(draft.stages), gaps_are_final=True)

    def shapes(self) -> Counter[str]:
        """How many calls there are of each shape, as far as the files were listed."""
        return Counter(place.call.metadata["shape"] for place in self._places.values())

    def _place(self, call_id: str) -> _Place:
        place = self._places.get(call_id)
        if place is None:
            raise NotFoundError(NAME, "no file holds this call", "list_calls shows the calls in the files.")
        return place

    async def _refresh(self) -> None:
        async with self._refreshing:
            await anyio.to_thread.run_sync(self._look)

    def _look(self) -> None:
        """List the files, and read those that are new or have changed."""
        files, gaps = files_of(self._paths)
        known, self._read = self._read, {}
        self._places = {}
        for file in files:
            read = known.get(str(file.path))
            if read is None or read.file != file or not read.is_settled:
                read = _read(file)
            self._read[str(file.path)] = read
            for position, call in enumerate(read.calls):
                self._add(call, file, position, is_alone=len(read.calls) == 1)
        problems = [(read.file.name, read.problem) for read in self._read.values() if read.problem]
        shown = [f"{clip(one_line(name), _NAME_LIMIT)} ({problem})" for name, problem in problems[:_SHOWN_FILES]]
        if problems:
            more = f" and {len(problems) - _SHOWN_FILES} more" if len(problems) > _SHOWN_FILES else ""
            gaps.append(f"{len(problems)} of {len(files)} files could not be read: {', '.join(shown)}{more}")
        self._gap = "; ".join(gaps) or None

    def _add(self, call: Call, file: File, position: int, *, is_alone: bool) -> None:
        """Put a call into the list; of two with one id the later gets another."""
        if call.id in self._places:
            source = Source(file.name, position, is_alone, datetime.now(UTC), is_growing=False)
            call = replace(call, id=f"{call.id[:60]}-{made_id(source)}")
        self._places[call.id] = _Place(call, file, position)


def _read(file: File) -> _Read:
    is_growing = time.time() - file.modified_ns / 1e9 < GROWING_S
    try:
        drafts = calls_in(read_content(file.path))
    except UnreadableFileError as error:
        return _Read(file, is_settled=not is_growing, problem=clip(one_line(str(error)), 200))
    modified_at = datetime.fromtimestamp(file.modified_ns / 1e9, UTC)
    calls: list[Call] = []
    for position, draft in enumerate(drafts):
        source = Source(file.name, position, len(drafts) == 1, modified_at, is_growing)
        calls.append(call_of(draft, id_of(draft, source), source))
    return _Read(file, tuple(calls), is_settled=not is_growing)


def _draft_at(place: _Place) -> Draft:
    """The call as its file holds it now.

    Raises:
        UnavailableError: the file cannot be read any more.
    """
    try:
        drafts = calls_in(read_content(place.file.path))
    except UnreadableFileError as error:
        raise UnavailableError(
            NAME,
            f"{clip(one_line(place.file.name), _NAME_LIMIT)} cannot be read ({clip(one_line(str(error)), 200)})",
            "Check the file.",
        ) from None
    if place.position >= len(drafts):
        raise NotFoundError(NAME, "the file no longer holds this call", "list_calls shows the calls in the files.")
    return drafts[place.position]


def _matches(call: Call, query: CallQuery) -> bool:
    created = call.created_at
    if query.since is not None and (created is None or created < query.since):
        return False
    if query.until is not None and (created is None or created > query.until):
        return False
    return query.agent_id is None or call.agent_id == query.agent_id
