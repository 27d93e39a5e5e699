"""Calls in files: folders of transcripts, as frameworks without an API leave them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

import anyio

from call_transcripts_mcp.errors import NotFoundError
from call_transcripts_mcp.model import Call, Coverage, Stage
from call_transcripts_mcp.providers.base import CallPage, CallQuery, Reading
from call_transcripts_mcp.providers.files.folder import File, files_of, shown
from call_transcripts_mcp.providers.files.header import ID, NAME, Source, made_id
from call_transcripts_mcp.providers.files.reading import ReadFile, drafts_of, has_changed, read_file
from call_transcripts_mcp.providers.pace import Limits, Pace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.providers.base import Progress
    from call_transcripts_mcp.providers.files.draft import Draft

_SHOWN_FILES = 5
_ID_STEM_LIMIT = 60
_EARLIEST = datetime.min.replace(tzinfo=UTC)


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
        self._read: dict[str, ReadFile] = {}
        self._places: dict[str, _Place] = {}
        self._gap: str | None = None
        self._unusable: str | None = None
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
            unusable=self._unusable if cursor is None else None,
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
        if place is None or await anyio.to_thread.run_sync(has_changed, place.file):
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
                opened = place.file, await anyio.to_thread.run_sync(drafts_of, place.file)
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
        reads: dict[str, ReadFile] = {}
        places: dict[str, _Place] = {}
        for file in files:
            read = self._read.get(file.path)
            if read is None or not read.is_of(file):
                read = read_file(file)
            reads[file.path] = read
            for position, call in enumerate(read.calls_now()):
                _add(places, call, file, position)
        problems = [(read.file.name, read.problem) for read in reads.values() if read.problem]
        named = [f"{shown(name)} ({problem})" for name, problem in problems[:_SHOWN_FILES]]
        more = f" and {len(problems) - _SHOWN_FILES} more" if len(problems) > _SHOWN_FILES else ""
        self._unusable = (
            f"{len(problems)} of {len(files)} files could not be read: {', '.join(named)}{more}" if problems else None
        )
        self._read, self._places, self._gap = reads, places, "; ".join(gaps) or None


def _add(places: dict[str, _Place], call: Call, file: File, position: int) -> None:
    """Put a call into the list; of two with one id the later gets another, made of its whole path."""
    given, tried = call.id, 0
    while call.id in places:
        name = f"{file.path}{'#' * tried}"
        source = Source(name, position, is_alone=False, modified_at=datetime.now(UTC))
        call = replace(call, id=f"{given[:_ID_STEM_LIMIT]}-{made_id(source)}")
        tried += 1
    places[call.id] = _Place(call, file, position)


def _matches(call: Call, query: CallQuery) -> bool:
    created = call.created_at
    if query.since is not None and (created is None or created < query.since):
        return False
    if query.until is not None and (created is None or created > query.until):
        return False
    return query.agent_id is None or call.agent_id == query.agent_id
