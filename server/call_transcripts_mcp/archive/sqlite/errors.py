"""Turns errors of SQLite into ours: what happened, in words for users, and what to do about it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from call_transcripts_mcp.errors import ArchiveBusyError, ArchiveError

if TYPE_CHECKING:
    from pathlib import Path

_START_ANEW = "Stop the other servers and move the file away; a new one fills as calls are read."
_KINDS: dict[int, tuple[type[ArchiveError], str, str]] = {
    sqlite3.SQLITE_BUSY: (
        ArchiveBusyError,
        "is locked by another process",
        "Try again in a moment; if this persists, look for a sync or a copy that uses {path}.",
    ),
    sqlite3.SQLITE_LOCKED: (ArchiveBusyError, "is locked by this process", "Try again in a moment."),
    sqlite3.SQLITE_FULL: (
        ArchiveError,
        "could not be written because the disk is full",
        "Free some space where {path} is; archived calls can still be read.",
    ),
    sqlite3.SQLITE_READONLY: (
        ArchiveError,
        "cannot be written",
        "Make {path} and its directory writable, or point CALL_TRANSCRIPTS_ARCHIVE at a directory that is.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        ArchiveError,
        "cannot be opened",
        "Make {path} and its directory readable and writable, or set CALL_TRANSCRIPTS_ARCHIVE to another place.",
    ),
    sqlite3.SQLITE_PERM: (ArchiveError, "cannot be opened", "Make {path} readable and writable."),
    sqlite3.SQLITE_CORRUPT: (ArchiveError, "is damaged", _START_ANEW),
    sqlite3.SQLITE_NOTADB: (ArchiveError, "is damaged", _START_ANEW),
    sqlite3.SQLITE_IOERR: (
        ArchiveError,
        "could not be read or written: the disk reports an error",
        "Look at the disk that {path} is on; it may be full, failing or gone.",
    ),
    sqlite3.SQLITE_NOMEM: (ArchiveError, "ran out of memory", "Close other programs, or ask for less at once."),
    sqlite3.SQLITE_TOOBIG: (ArchiveError, "was given a text that is too long", "Ask for less at once."),
}
_PRIMARY = 0xFF  # the low byte of an extended result code


def code_of(error: sqlite3.Error) -> int:
    """SQLite's primary result code, 0 when the error is of the Python module."""
    code = getattr(error, "sqlite_errorcode", None)
    return code & _PRIMARY if isinstance(code, int) else 0


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file itself is at fault."""
    return code_of(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class DamagedCellError(sqlite3.DatabaseError):
    """A row was changed on the disk, which SQLite itself does not notice; the rest of the file may be sound."""


def is_damage_of_cells(error: Exception) -> bool:
    """Whether only single rows are damaged, as far as is known."""
    # Invalid text is detected by Python, not by SQLite.
    return isinstance(error, DamagedCellError) or str(error).startswith("Could not decode to UTF-8")


def is_damage_of_index(error: sqlite3.Error) -> bool:
    """Whether only the full-text index is damaged, as far as is known."""
    # Newer versions of FTS5 describe what they found, under the general code for damage.
    is_said_to_be = is_damage(error) and str(error).startswith("fts5:")
    return is_said_to_be or getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_CORRUPT_VTAB


def is_busy(error: sqlite3.Error) -> bool:
    """Whether a later attempt may work."""
    return code_of(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def archive_error(error: sqlite3.Error, path: Path) -> ArchiveError:
    """The error for users."""
    kind, fact, hint = _KINDS.get(
        code_of(error),
        (
            ArchiveError,
            f"gave an error of SQLite ({getattr(error, 'sqlite_errorname', None) or type(error).__name__})",
            "Run `call-transcripts-mcp archive --check`; if this persists, move {path} away and sync again.",
        ),
    )
    return kind(fact, hint.format(path=path))
