"""The index of files with calls in the archive: a process that starts later lists thousands of files unread.

A row holds what a list shows of a file's calls, if nothing of it must be masked. It counts only for the very same file,
in the mode of masking and for the version that wrote it; any other file is read again. No row says where its file is.
"""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING

from call_transcripts_mcp import __version__
from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.file_rows import FileRow
from call_transcripts_mcp.model import Call, Transcript
from call_transcripts_mcp.providers.files.reading import ListedCall, ReadFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from call_transcripts_mcp.archive.archive import Archive, OpenArchive
    from call_transcripts_mcp.providers.files.folder import File

logger = logging.getLogger(__name__)

_ENDED, _OPEN, _PROBLEM, _GAP = "+", "?", "!", "-"
"""How the lines of an entry begin: a call that the file says has ended, another call, why the file cannot be read, what
of it could not be read."""
_NO_CALL = Call("", "")


class ArchivedFileIndex:
    """Implements `providers.files.index.FileIndex`."""

    def __init__(self, archive: Archive, mask: Callable[[Transcript], Transcript], provider: str) -> None:
        """Use an archive, which may be away.

        Args:
            archive: with the provider among its identities.
            mask: masks a transcript as the archive does; one without messages, here.
            provider: whose space holds the index.
        """
        self._archive = archive
        self._mask = mask
        self._provider = provider
        self._stored: set[str] = set()

    async def known(self, files: Sequence[File]) -> Mapping[str, ReadFile]:
        """By path, what was read of those of these files that have not changed since."""

        def question(opened: OpenArchive) -> dict[str, ReadFile]:
            rows = {row.file: row for row in opened.engine.files(opened.spaces[self._provider])}
            self._stored = set(rows)
            salt = opened.engine.salt()
            found: dict[str, ReadFile] = {}
            for file in files if rows else ():
                row = rows.get(_name(file, salt))
                if row is not None and row.stamp == self._stamp(file) and (read := _read(file, row.entry)) is not None:
                    found[file.path] = read
            return found

        return await self._archive.try_query(question) or {}

    def update(self, files: Sequence[File], read: Sequence[ReadFile]) -> None:
        """Keep what was read just now, and nothing of files that are gone; in the background."""
        certain = [one for one in read if one.is_certain]
        if certain or len(self._stored) > len(files):
            self._archive.write_later(lambda opened: self._write(opened, files, certain))

    def _write(self, opened: OpenArchive, files: Sequence[File], read: Sequence[ReadFile]) -> None:
        salt, space = opened.engine.salt(), opened.bind(self._provider)
        forgotten = opened.engine.kept_ids(space, 1, 0, masking=0, forgotten=True)  # of no window
        rows = [
            FileRow(_name(one.file, salt), self._stamp(one.file), entry)
            for one in read
            if (entry := self._entry(one)) is not None and not any(found.call.id in forgotten for found in one.calls)
        ]
        written = {row.file for row in rows}
        left_out = {_name(one.file, salt) for one in read} - written
        gone = self._stored & left_out | self._stored - {_name(file, salt) for file in files}
        opened.engine.put_files(space, rows, gone)
        self._stored = self._stored - gone | written

    def _stamp(self, file: File) -> str:
        numbers = (self._archive.masking, file.size_bytes, file.modified_ns, file.changed_ns, file.inode)
        return " ".join((__version__, *map(str, numbers)))

    def _entry(self, read: ReadFile) -> str | None:
        """What was read as text; None when something of it must be masked.

        A call is masked by what all of it says, and masked facts would no longer tell what to mask in its messages.
        """
        found = [Transcript(one.call, ()) for one in read.calls]
        found += [Transcript(_NO_CALL, (), gaps=tuple(filter(None, (read.problem, *read.gaps))))]
        if any(self._mask(one) != one for one in found):
            return None
        if read.problem is not None:
            return _PROBLEM + read.problem
        lines = [f"{_ENDED if one.has_ended else _OPEN}{codec.call_text(one.call)}" for one in read.calls]
        return "\n".join([*lines, *(f"{_GAP}{gap}" for gap in read.gaps)])


def _name(file: File, salt: bytes) -> str:
    """A hash of a file's path, and of the name that its calls show."""
    text = f"{file.path}\0{file.name}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, key=salt, digest_size=16).hexdigest()


def _read(file: File, entry: str) -> ReadFile | None:
    """What was read of a file, as an entry says; None when it cannot be understood."""
    if entry.startswith(_PROBLEM):
        return ReadFile(file, problem=entry[1:])
    try:
        lines = entry.split("\n")
        calls = [ListedCall(codec.call_of(line[1:]), line[0] == _ENDED) for line in lines if line[0] != _GAP]
    except (ValueError, KeyError, TypeError, IndexError):  # damaged, or of another version
        logger.warning("what was indexed of a file could not be read; the file is read anew")
        return None
    return ReadFile(file, tuple(calls), gaps=tuple(line[1:] for line in lines if line[0] == _GAP))
