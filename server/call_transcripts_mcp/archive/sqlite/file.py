"""Where the archive's file may be, and whether what is there is ours to use, to set aside, or to leave alone."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import psutil

from call_transcripts_mcp.archive.sqlite.errors import is_damage
from call_transcripts_mcp.archive.sqlite.schema import APPLICATION_ID, foreign, refuse_newer
from call_transcripts_mcp.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT_NAME = "calls.db"
"""An unreadable file of this name counts as a damaged archive of ours; under any other name it does not."""

State = Literal["new", "ours", "damaged"]

_FILE_MODE, _DIRECTORY_MODE = 0o600, 0o700
# Source: https://www.sqlite.org/fileformat2.html; the table of tables begins after the 100 bytes of the header.
_HEADER_BYTES = 108
_MAGIC = b"SQLite format 3\0"
_VERSION, _APPLICATION, _TABLES = slice(60, 64), slice(68, 72), slice(103, 105)
_SIDES = ("-wal", "-shm", "-journal")

_NETWORK = frozenset(
    {"cifs", "smb", "smb2", "smb3", "smbfs", "afs", "afpfs", "ncpfs", "ncp", "sshfs", "fuse.sshfs", "fuse.rclone",
     "rclone", "s3fs", "fuse.s3fs", "davfs", "davfs2", "fuse.davfs2", "webdav", "glusterfs", "fuse.glusterfs", "lustre",
     "beegfs", "ceph", "fuse.ceph", "gpfs", "fuse.gcsfuse", "fuse.blobfuse", "fuse.blobfuse2", "fuse.goofys",
     "vboxsf", "fuse.vmhgfs-fuse"}
)  # fmt: skip


class Mount(NamedTuple):
    """A mounted file system, as psutil describes it."""

    mountpoint: str
    fstype: str
    opts: str


class Identity(NamedTuple):
    """Identifies a file, whatever its name."""

    device: int
    inode: int


LastWrite = tuple[tuple[int, int], ...]
"""When a file and its log were written last, and their sizes; empty when that is not asked for."""


def network_kind(path: Path, mounts: Iterable[Mount]) -> str | None:
    """The kind of network file system that a resolved path is on, None when it is on none."""
    if path.drive.startswith("\\\\"):  # a Windows share without a drive letter
        return "remote"
    holding = [mount for mount in mounts if path.is_relative_to(mount.mountpoint)]
    if not holding:
        return None
    # Of several on one mount point, the last one covers the others.
    depth = max(len(Path(mount.mountpoint).parts) for mount in holding)
    nearest = [mount for mount in holding if len(Path(mount.mountpoint).parts) == depth][-1]
    kind, options = nearest.fstype.lower(), nearest.opts.lower().split(",")
    if kind.startswith("nfs") or kind in _NETWORK or "remote" in options:
        return nearest.fstype or "remote"
    # How Windows disks appear inside WSL, where SQLite's locks do not work.
    return "drvfs" if kind == "drvfs" or (kind == "9p" and "aname=drvfs" in nearest.opts) else None


def make_ready(path: Path, mounts: Iterable[Mount] | None = None) -> Path:
    """Create the directories that lead to a file, accessible to the owner only, and return the file's real path.

    Args:
        path: where the archive will be.
        mounts: used instead of this machine's mounts.

    Raises:
        ArchiveError: no file can be created there, or it is on a network.
    """
    try:
        path = path.expanduser().resolve()
        kind = network_kind(path, _mounts() if mounts is None else mounts)
        if kind is not None:
            raise ArchiveError(
                f"would be on a network file system ({kind}), on which SQLite loses data",
                "Set CALL_TRANSCRIPTS_HOME to a local disk; to share one archive, use ClickHouse.",
            )
        _make_directories(path.parent)
    except (OSError, RuntimeError) as error:
        raise _unusable(path, error) from None
    return path


def examine(path: Path) -> State:
    """Find out what is at a path, by reading only; nothing is changed.

    Raises:
        ArchiveError: it is not ours, or of a newer version.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise foreign("would be at a path that is not a file")
        header = _header(path)
    except FileNotFoundError:
        return "new"
    except OSError as error:
        raise _unusable(path, error) from None
    if not header:
        return "new"
    is_database = len(header) == _HEADER_BYTES and header.startswith(_MAGIC)
    is_marked = is_database and int.from_bytes(header[_APPLICATION]) == APPLICATION_ID
    is_empty = is_database and not any(header[_TABLES])
    if is_marked and (is_empty or any(header[_VERSION])):
        return "ours"
    if is_empty and not any(header[_APPLICATION]):
        # Our file gets its mark before its log, so if there is a log, there is a mark by now.
        if _has_log(path) and not any(_header(path)[_APPLICATION]):
            raise foreign()
        return "new"  # another process of ours is creating it right now
    if (path.name == DEFAULT_NAME or is_marked) and (not is_database or not _can_be_read(path)):
        return "damaged"
    raise foreign()


def refuse_newer_file(path: Path, known: int) -> None:
    """Refuse a newer file before SQLite opens it, since opening would already write next to it.

    Raises:
        ArchiveError: it is newer.
    """
    refuse_newer(int.from_bytes(_header(path)[_VERSION]), known)


def create(path: Path) -> None:
    """Create an empty file that only its owner can read, if there is none; SQLite gives its other files the same mode.

    Raises:
        ArchiveError: it cannot be created.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, _FILE_MODE))
    except FileExistsError:
        with suppress(OSError):  # of another owner: it may still be readable
            _close_to_others(path)
    except OSError as error:
        raise _unusable(path, error) from None


def identity(path: Path) -> Identity | None:
    """Which file is at a path, None when there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return Identity(status.st_dev, status.st_ino)


def last_write(path: Path) -> LastWrite:
    """Tells apart two states of a file: between them, some process has written to it."""
    found: list[tuple[int, int]] = []
    for part in (path, path.with_name(f"{path.name}-wal")):
        try:
            status = part.stat()
        except OSError:
            found.append((0, 0))
        else:
            found.append((status.st_mtime_ns, status.st_size))
    return tuple(found)


def _has_log(path: Path) -> bool:
    try:
        return Path(f"{path}-wal").stat().st_size > 0
    except OSError:
        return False


def set_aside(path: Path, damaged: Identity | None) -> Path | None:
    """Rename a damaged file, together with SQLite's files next to it.

    Args:
        path: where it was found.
        damaged: which file it was. If another file is there now, the damaged one was already set aside.

    Returns:
        Where it is now, None when it had been moved.

    Raises:
        ArchiveError: it cannot be moved.
    """
    if damaged is None or identity(path) != damaged:
        return None
    aside = _free_name(path)
    try:
        # The log before the file: a new file must never be found next to an old log.
        Path(f"{path}-shm").unlink(missing_ok=True)
        for side in ("-wal", "-journal"):
            with suppress(FileNotFoundError):
                Path(f"{path}{side}").replace(f"{aside}{side}")
        path.rename(aside)
        aside.chmod(_FILE_MODE)
    except OSError as error:
        raise ArchiveError(
            f"is damaged and cannot be set aside ({error.strerror})",
            f"Stop the other servers and move {path} away; a new one fills as calls are read.",
        ) from None
    return aside


def size_of(path: Path) -> int:
    """Bytes on disk, including SQLite's files next to it."""
    size = 0
    for side in ("", *_SIDES):
        with suppress(OSError):
            size += Path(f"{path}{side}").stat().st_size
    return size


def _free_name(path: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    return path.with_name(f"{path.name}.damaged-{stamp}")


def _header(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEADER_BYTES)


def _can_be_read(path: Path) -> bool:
    """Whether it is a sound database; opened as immutable, so that no file is created next to it."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            return connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    except UnicodeDecodeError:  # SQLite's message quotes a damaged schema
        return False
    except sqlite3.Error as error:
        return not is_damage(error)


def _make_directories(directory: Path) -> None:
    missing = [level for level in (directory, *directory.parents) if not level.exists()]
    for level in reversed(missing):
        with suppress(FileExistsError):  # another process was faster
            level.mkdir(mode=_DIRECTORY_MODE)
    if directory.name == "archive" and _is_mine(directory):
        _close_to_others(directory)


def _close_to_others(path: Path) -> None:
    """Remove the permissions of others; permissions that the owner lacks stay removed."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & ~stat.S_IRWXU:
        path.chmod(mode & stat.S_IRWXU)


def _is_mine(directory: Path) -> bool:
    return not hasattr(os, "geteuid") or directory.stat().st_uid == os.geteuid()


def _mounts() -> list[Mount]:
    try:
        found = psutil.disk_partitions(all=True)
    except (OSError, psutil.Error):  # a system that does not say
        return []
    return [Mount(one.mountpoint, one.fstype, one.opts) for one in found]


def _unusable(path: Path, error: OSError | RuntimeError) -> ArchiveError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "no such place can be"
    return ArchiveError(
        f"cannot be at {path}: {reason}",
        "Make its directory writable, or set CALL_TRANSCRIPTS_HOME or CALL_TRANSCRIPTS_ARCHIVE.",
    )
