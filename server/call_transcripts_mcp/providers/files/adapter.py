"""Reads calls from files: folders of transcripts, which frameworks without an API write."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

import anyio

from call_transcripts_mcp.errors import NotFoundError
from call_transcripts_mcp.model import Call, Coverage, Stage
from call_transcripts_mcp.names import Phrase, ToolName
from call_transcripts_mcp.providers.base import CallPage, CallQuery, Provider, Reading
from call_transcripts_mcp.providers.files.folder import File, Listing, files_of, shown
from call_transcripts_mcp.providers.files.header import ID, NAME, Source, made_id
from call_transcripts_mcp.providers.files.reading import ReadFile, drafts_of, has_changed, read_file
from call_transcripts_mcp.providers.files.remedies import REMEDIES
from call_transcripts_mcp.providers.pace import Limits, Pace
from call_transcripts_mcp.providers.whole_calls import reported

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from call_transcripts_mcp.providers.base import Progress
    from call_transcripts_mcp.providers.files.draft import Draft
    from call_transcripts_mcp.providers.files.index import FileIndex
    from call_transcripts_mcp.providers.remedies import RemedyRule

_SHOWN_FILES = 4
_ID_STEM_LIMIT = 60
_OPENED_BYTES = 16 * 1024 * 1024
"""Files of so many bytes may be open together; their calls take about eight times as much memory."""
_PACKED = 20
"""A compressed file counts as so many times its size."""
_LISTED = Phrase(ToolName("list_calls"), " shows the calls in the files.")
_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _FileCall:
    """A call, and its position in its file."""

    call: Call
    file: File
    position: int


class Files(Provider):
    """The adapter."""

    name: ClassVar[str] = NAME
    coverage: ClassVar[Coverage] = Coverage()
    names_agents: ClassVar[bool] = True
    finds_every_agent: ClassVar[bool] = True
    remedies: ClassVar[tuple[RemedyRule, ...]] = REMEDIES
    is_local: ClassVar[bool] = True

    def __init__(self, paths: Sequence[str], index: FileIndex | None = None) -> None:
        """Use these folders, globs and files; nothing is opened yet.

        Args:
            paths: as people write them.
            index: what earlier processes read; None to read every file.
        """
        self.pace = Pace(Limits(at_first=8, at_most=8))
        self._paths = tuple(paths)
        self._index = index
        self._read: dict[str, ReadFile] | None = None  # until the first list, which asks the index
        self._found: dict[str, _FileCall] = {}
        self._gap: str | None = None
        self._left_out: Sequence[str] = ()
        self._refreshing = anyio.Lock()
        self._opening = anyio.Lock()
        self._opened: OrderedDict[File, list[Draft]] = OrderedDict()

    @staticmethod
    def agent_id(text: str) -> str | None:
        """None: ids of agents have no form of their own in files, so our own filter compares them."""
        del text

    @staticmethod
    def valid_id(text: str) -> str | None:
        """Ids come from the files, or are hexadecimal ones computed from the files' names."""
        return text if ID.fullmatch(text) else None

    async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
        """One page of the calls, newest first; files that changed are read again for the first page."""
        if cursor is None or not self._found:
            await self._refresh()
        # Calls of one moment, such as those of a file that dates none, stand in the order of their files.
        matching = sorted(
            (one for one in self._found.values() if _matches(one.call, query)),
            key=lambda one: (one.call.created_at or _EARLIEST, one.file.name, one.position, one.call.id),
            reverse=True,
        )
        calls = [one.call for one in matching]
        begin = int(cursor) if cursor is not None and cursor.isdecimal() else 0
        end = begin + limit
        return CallPage(
            calls=tuple(calls[begin:end]),
            cursor=str(end) if end < len(calls) else None,
            total=len(calls),
            gap=self._gap if cursor is None else None,
            unusable=self.unusable() if cursor is None else None,
        )

    async def get_call(self, call_id: str) -> Call:
        """One call, as it is in its file now."""
        await self._refresh()
        return self._find(call_id).call

    async def list_stages(self, call: Call) -> tuple[Stage, ...]:
        """The stages, which start at handoffs; one if there were none."""
        return call.stages or (Stage(id="1", number=1, started_at=call.started_at, agent=call.agent_name),)

    async def read_messages(
        self, call: Call, *, stage: Stage | None = None, progress: Progress | None = None
    ) -> Reading:
        """Every message of the call, or those of one stage."""
        found = self._found.get(call.id)
        if found is None or await anyio.to_thread.run_sync(has_changed, found.file):
            await self._refresh()
            found = self._find(call.id)
        draft = await self._draft(found)
        messages = draft.messages(found.call.started_at)
        # Reading the file again would leave the same gaps.
        reading = Reading(messages, gaps=tuple(draft.gaps), stages=tuple(draft.stages), gaps_are_final=True)
        return await reported(reading, stage, progress)

    def shapes(self) -> Counter[str]:
        """How many calls of each shape there are in the files listed so far."""
        return Counter(one.call.metadata["shape"] for one in self._found.values())

    def unusable(self, shown_files: int = _SHOWN_FILES) -> str | None:
        """Which of the files listed so far could not be read, wholly or in part, and why; None if all could be.

        Args:
            shown_files: how many of each kind are named.
        """
        reads = list((self._read or {}).values())
        unread = [f"{shown(read.file.name)} ({read.problem})" for read in reads if read.problem]
        parts = [f"{shown(read.file.name)} ({'; '.join(read.gaps)})" for read in reads if read.gaps]
        told = (
            (f"{len(unread)} of {len(reads)} files could not be read", unread),
            (f"{_files(len(parts))} could be read only in part", parts),
            (f"{_files(len(self._left_out))} left out", self._left_out),
        )
        return "; ".join(f"{what}: {_some(names, shown_files)}" for what, names in told if names) or None

    def _find(self, call_id: str) -> _FileCall:
        found = self._found.get(call_id)
        if found is None:
            raise NotFoundError(NAME, "no file holds this call", _LISTED)
        return found

    async def _draft(self, found: _FileCall) -> Draft:
        """The call from its file. The last files are kept open: calls in order of time come from several in turn.

        Raises:
            UnavailableError: the file can no longer be read.
        """
        async with self._opening:  # one at a time, so that a file with several calls is parsed once
            drafts = self._opened.pop(found.file, None)
            if drafts is None:
                # Room is made first, so that two large files are never in memory together.
                while self._opened and sum(map(_weight, (found.file, *self._opened))) > _OPENED_BYTES:
                    self._opened.popitem(last=False)
                drafts = await anyio.to_thread.run_sync(drafts_of, found.file)
            if len(drafts) > 1:
                self._opened[found.file] = drafts
        if found.position >= len(drafts):
            raise NotFoundError(NAME, "the file no longer holds this call", _LISTED)
        return drafts[found.position]

    async def _refresh(self) -> None:
        """List the files, and read those that are new or have changed."""
        async with self._refreshing:
            listing = await anyio.to_thread.run_sync(files_of, self._paths)
            files = listing.files
            known: Mapping[str, ReadFile] | None = self._read
            if known is None:
                known = await self._index.known(files) if self._index is not None else {}
            new = await anyio.to_thread.run_sync(self._look, listing, known)
            if self._index is not None:
                self._index.update(files, new)

    def _look(self, listing: Listing, known: Mapping[str, ReadFile]) -> list[ReadFile]:
        """Take over what is known of files that have not changed, and read the others, which are given back."""
        # Other questions use the old list until the new one is complete.
        reads: dict[str, ReadFile] = {}
        found_calls: dict[str, _FileCall] = {}
        new: list[ReadFile] = []
        for file in listing.files:
            read = known.get(file.path)
            if read is None or not read.is_of(file):
                read = read_file(file)
                new.append(read)
            reads[file.path] = read
            for position, call in enumerate(read.calls_now()):
                _add(found_calls, call, file, position)
        self._read, self._found, self._left_out = reads, found_calls, listing.left_out
        self._gap = "; ".join(listing.gaps) or None
        return new


def _add(found_calls: dict[str, _FileCall], call: Call, file: File, position: int) -> None:
    """Add a call; if its id is already used, it gets another one, computed from the whole path of its file."""
    given, tried = call.id, 0
    while call.id in found_calls:
        name = f"{file.path}{'#' * tried}"
        source = Source(name, position, is_alone=False, modified_at=datetime.now(UTC))
        call = replace(call, id=f"{given[:_ID_STEM_LIMIT]}-{made_id(source)}")
        tried += 1
    found_calls[call.id] = _FileCall(call, file, position)


def _weight(file: File) -> int:
    return file.size_bytes * (_PACKED if file.path.endswith(".gz") else 1)


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _some(names: Sequence[str], limit: int) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return f"{', '.join(names[:limit])}{more}"


def _matches(call: Call, query: CallQuery) -> bool:
    created = call.created_at
    if query.since is not None and (created is None or created < query.since):
        return False
    if query.until is not None and (created is None or created > query.until):
        return False
    return query.agent_id is None or call.agent_id == query.agent_id
