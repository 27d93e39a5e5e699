"""Calls in files: folders of transcripts, as frameworks without an API leave them."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

import anyio

from call_transcripts_mcp.errors import NotFoundError, UnavailableError
from call_transcripts_mcp.model import Call, Coverage, Stage
from call_transcripts_mcp.providers.base import CallPage, CallQuery, Reading
from call_transcripts_mcp.providers.files.content import UnreadableFileError, read_content
from call_transcripts_mcp.providers.files.folder import File, files_of, shown
from call_transcripts_mcp.providers.files.header import ID, NAME, Source, call_of, id_of, made_id
from call_transcripts_mcp.providers.files.shapes import calls_in
from call_transcripts_mcp.providers.pace import Limits, Pace
from call_transcripts_mcp.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.providers.base import Progress
    from call_transcripts_mcp.providers.files.draft import Draft

GROWING_S = 60
"""A file that was written to within so many seconds may grow, unless it says that the call has ended."""
_SHOWN_FILES = 5
_ID_STEM_LIMIT = 60
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
    text_search: ClassVar[str] = ""
    names_agents: ClassVar[bool] = True
    is_local: ClassVar[bool] = True

    def __init__(self, paths: Sequence[str]) -> None:
        """Read the calls of these folders, globs and files; nothing is opened yet."""
        self.pace = Pace(Limits(at_first=8, at_most=8))
        self._paths = tuple(paths)
        self._read: dict[str, _Read] = {}
        self._places: dict[str, _Place] = {}
        self._gap: str | None = None
        self._refreshing = anyio.Lock()
        self._opening = anyio.Lock()
        self._opened: tuple[File, list[Draft]] | None = None

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
        place = self._places.get(call.id)
        if place is None or await anyio.to_thread.run_sync(_has_changed, place.file):
            await self._refresh()
            place = self._place(call.id)
        draft = await self._draft(place)
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

    async def _draft(self, place: _Place) -> Draft:
        """The call as its file holds it; the calls of the file that was opened last are kept for the next question.

        Raises:
            UnavailableError: the file cannot be read any more.
        """
        async with self._opening:  # calls of one file are read one after another, so that it is parsed once
            opened = self._opened
            if opened is None or opened[0] != place.file:
                self._opened = None  # before the next is read: two large files need not fit into memory
                opened = place.file, await anyio.to_thread.run_sync(_drafts_of, place.file)
                self._opened = opened if len(opened[1]) > 1 else None
        if place.position >= len(opened[1]):
            raise NotFoundError(NAME, "the file no longer holds this call", "list_calls shows the calls in the files.")
        return opened[1][place.position]

    async def _refresh(self) -> None:
        async with self._refreshing:
            await anyio.to_thread.run_sync(self._look)

    def _look(self) -> None:
        """List the files, and read those that are new or have changed."""
        files, gaps = files_of(self._paths)
        # Other questions look at the old list until the new one is whole.
        reads: dict[str, _Read] = {}
        places: dict[str, _Place] = {}
        for file in files:
            read = self._read.get(str(file.path))
            if read is None or read.file != file or not read.is_settled:
                read = _read(file)
            reads[str(file.path)] = read
            for position, call in enumerate(read.calls):
                _add(places, call, file, position)
        problems = [(read.file.name, read.problem) for read in reads.values() if read.problem]
        named = [f"{shown(name)} ({problem})" for name, problem in problems[:_SHOWN_FILES]]
        if problems:
            more = f" and {len(problems) - _SHOWN_FILES} more" if len(problems) > _SHOWN_FILES else ""
            gaps.append(f"{len(problems)} of {len(files)} files could not be read: {', '.join(named)}{more}")
        self._read, self._places, self._gap = reads, places, "; ".join(gaps) or None


def _add(places: dict[str, _Place], call: Call, file: File, position: int) -> None:
    """Put a call into the list; of two with one id the later gets another, made of its whole path."""
    given, tried = call.id, 0
    while call.id in places:
        name = f"{file.path}{'#' * tried}"
        source = Source(name, position, is_alone=False, modified_at=datetime.now(UTC), is_growing=False)
        call = replace(call, id=f"{given[:_ID_STEM_LIMIT]}-{made_id(source)}")
        tried += 1
    places[call.id] = _Place(call, file, position)


def _read(file: File) -> _Read:
    is_growing = abs(time.time() - file.modified_ns / 1e9) < GROWING_S  # a clock that is ahead does not run for ever
    modified_at = _moment_of(file)
    calls: list[Call] = []
    try:
        drafts = _content_of(file)
        for position, draft in enumerate(drafts):
            source = Source(file.name, position, len(drafts) == 1, modified_at, is_growing)
            calls.append(call_of(draft, id_of(draft, source), source))
    except UnreadableFileError as error:
        return _Read(file, is_settled=not is_growing, problem=clip(one_line(str(error)), 200))
    return _Read(file, tuple(calls), is_settled=not is_growing)


def _content_of(file: File) -> list[Draft]:
    """The calls of a file.

    Raises:
        UnreadableFileError: it cannot be read, or holds no call.
    """
    try:
        return calls_in(read_content(file.path))
    except RecursionError:
        raise UnreadableFileError("nested too deeply") from None
    except MemoryError:
        raise UnreadableFileError("too large for this machine's memory") from None


def _drafts_of(file: File) -> list[Draft]:
    try:
        return _content_of(file)
    except UnreadableFileError as error:
        raise UnavailableError(
            NAME, f"{shown(file.name)} cannot be read ({clip(one_line(str(error)), 200)})", "Check the file."
        ) from None


def _moment_of(file: File) -> datetime:
    """When a file was written; the first moment of 1970 for a time that no calendar holds."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    try:
        return epoch + timedelta(microseconds=file.modified_ns // 1000)
    except OverflowError:
        return epoch


def _has_changed(file: File) -> bool:
    """Whether the file is another one than when it was listed; one that went away is for its reader to tell."""
    try:
        found = file.path.stat()
    except OSError:
        return False
    return (found.st_size, found.st_mtime_ns) != (file.size_bytes, file.modified_ns)


def _matches(call: Call, query: CallQuery) -> bool:
    created = call.created_at
    if query.since is not None and (created is None or created < query.since):
        return False
    if query.until is not None and (created is None or created > query.until):
        return False
    return query.agent_id is None or call.agent_id == query.agent_id
