"""Reads a file: its calls without messages, or why it cannot be read.

The result depends only on the file, so it can be kept until the file changes. Only whether a call is still going on
depends on the current time; `calls_now` tells.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from call_transcripts_mcp.errors import UnavailableError
from call_transcripts_mcp.model import CallStatus
from call_transcripts_mcp.providers.files.content import UnreadableFileError, read_content
from call_transcripts_mcp.providers.files.folder import file_at, shown
from call_transcripts_mcp.providers.files.header import NAME, Source, call_of, has_ended, id_of
from call_transcripts_mcp.providers.files.shapes import Calls, calls_in
from call_transcripts_mcp.text import clip, one_line

if TYPE_CHECKING:
    from call_transcripts_mcp.model import Call
    from call_transcripts_mcp.providers.files.draft import Draft
    from call_transcripts_mcp.providers.files.folder import File

GROWING_S = 60
"""A file changed within this many seconds may still grow, unless it says that the call has ended."""
_TICK_NS = 100_000_000
_COARSE_TICK_NS = 2_000_000_000
"""For file systems whose times are whole seconds, or even seconds, as on FAT."""


@dataclass(frozen=True, slots=True)
class ListedCall:
    """A call of a file.

    Attributes:
        call: without its messages, as if the file no longer grew.
        has_ended: the file says that the call has ended; otherwise it has ended once the file no longer grows.
    """

    call: Call
    has_ended: bool


@dataclass(frozen=True, slots=True)
class ReadFile:
    """The calls of a file when it was read.

    Attributes:
        file: as it was then.
        problem: why it could not be read; None if it could.
        gaps: clauses about parts of it that could not be read, and may have been calls.
        is_certain: a later change would show in `file`. False if the file was written in the same clock tick in which
            it was read.
    """

    file: File
    calls: tuple[ListedCall, ...] = ()
    problem: str | None = None
    gaps: tuple[str, ...] = ()
    is_certain: bool = True

    def is_of(self, file: File) -> bool:
        """Whether the file has not changed since."""
        return self.is_certain and self.file == file

    def calls_now(self) -> list[Call]:
        """The calls. In a growing file they are active, unless the file says that they have ended."""
        # `abs`, because a file's time can be in the future.
        if abs(time.time() - self.file.modified_ns / 1e9) >= GROWING_S:
            return [one.call for one in self.calls]
        return [
            one.call if one.has_ended else replace(one.call, status=CallStatus.ACTIVE, ended_at=None)
            for one in self.calls
        ]


def read_file(file: File) -> ReadFile:
    """Read a file."""
    is_certain = _is_certain(file)
    modified_at = _moment_of(file)
    calls: list[ListedCall] = []
    try:
        found = _content_of(file)
        for position, draft in enumerate(found.drafts):
            source = Source(file.name, position, len(found.drafts) == 1, modified_at)
            calls.append(ListedCall(call_of(draft, id_of(draft, source), source), has_ended(draft)))
    except UnreadableFileError as error:
        return ReadFile(file, problem=clip(one_line(str(error)), 200), is_certain=is_certain)
    gaps = tuple(clip(one_line(gap), 200) for gap in found.gaps)
    return ReadFile(file, tuple(calls), gaps=gaps, is_certain=is_certain)


def drafts_of(file: File) -> list[Draft]:
    """The calls of a file with their messages.

    Raises:
        UnavailableError: the file can no longer be read.
    """
    try:
        return _content_of(file).drafts
    except UnreadableFileError as error:
        raise UnavailableError(
            NAME, f"{shown(file.name)} cannot be read ({clip(one_line(str(error)), 200)})", "Check the file."
        ) from None


def has_changed(file: File) -> bool:
    """Whether the file changed since it was listed. A missing file is reported when it is read."""
    found = file_at(file.path, file.name)
    return found is not None and (found.size_bytes, found.modified_ns, found.changed_ns, found.inode) != (
        file.size_bytes,
        file.modified_ns,
        file.changed_ns,
        file.inode,
    )


def _is_certain(file: File) -> bool:
    written_ns = file.modified_ns if os.name == "nt" else file.changed_ns
    tick_ns = _TICK_NS if written_ns % 1_000_000_000 else _COARSE_TICK_NS
    return time.time_ns() - written_ns > tick_ns


def _content_of(file: File) -> Calls:
    """The calls of a file.

    Raises:
        UnreadableFileError: it cannot be read, or has no call.
    """
    try:
        return calls_in(read_content(file.path))
    except RecursionError:
        raise UnreadableFileError("nested too deeply") from None
    except MemoryError:
        raise UnreadableFileError("too large for this machine's memory") from None


def _moment_of(file: File) -> datetime:
    """When a file was last changed; the start of 1970 if the time is beyond the calendar."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    try:
        return epoch + timedelta(microseconds=file.modified_ns // 1000)
    except OverflowError:
        return epoch
