"""Finds the files that may hold calls, in the given folders, globs and paths."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from call_transcripts_mcp.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SUFFIXES = (".json", ".jsonl", ".ndjson")
_GLOB = frozenset("*?[")
_ANY_FOLDERS = "**"
_NAME_LIMIT = 80
_SHOWN_FOLDERS = 5


@dataclass(frozen=True, slots=True)
class File:
    """A regular file as the file system lists it.

    Equal ones have the same content, unless it was changed within one tick of the file system's clock.

    Attributes:
        path: without links.
        name: its path relative to the given folder, with `/` between the parts.
        modified_ns: when its content was changed; programs can set this time.
        changed_ns: when anything about it was changed, which programs cannot set; on Windows, when it was created.
        inode: changes if another file takes its place, on file systems with inodes.
    """

    path: str
    name: str
    size_bytes: int
    modified_ns: int
    changed_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class Listing:
    """What there is in some paths.

    Attributes:
        files: each once, sorted by name.
        gaps: sentences about paths that could not be listed.
        left_out: what is named like a file with calls and is none, each with the reason.
    """

    files: list[File]
    gaps: list[str]
    left_out: list[str]


def files_of(paths: Sequence[str]) -> Listing:
    """List paths, folders with their subfolders."""
    found: dict[str, File] = {}
    gaps: list[str] = []
    unlisted: list[str] = []
    left_out: list[str] = []
    for path in paths:
        root = Path(path).expanduser()
        if root.is_dir():
            files = list(_files_below(root, unlisted, left_out))
        elif root.exists():
            file = file_at(str(root.resolve()), root.name)
            files = [] if file is None else [file]
            if file is None:
                gaps.append(f"{shown(root.name)} is not a regular file")
        else:
            files = list(_matches(root, unlisted, left_out)) if is_glob(path) else []
            if not files:
                gaps.append(f"{shown(root.name)} does not exist")
        for file in files:
            found.setdefault(file.path, file)
    if unlisted:
        more = f" and {len(unlisted) - _SHOWN_FOLDERS} more" if len(unlisted) > _SHOWN_FOLDERS else ""
        gaps.append(f"folders that cannot be listed: {', '.join(unlisted[:_SHOWN_FOLDERS])}{more}")
    return Listing(sorted(found.values(), key=lambda file: file.name), gaps, sorted(left_out))


def is_glob(path: str) -> bool:
    """Whether a path may stand for several files."""
    return bool(_GLOB & set(path))


def shown(name: str) -> str:
    """The name of a file or folder, short and on one line."""
    return clip(one_line(name), _NAME_LIMIT)


def _files_below(root: Path, unlisted: list[str], left_out: list[str]) -> Iterator[File]:
    """The files in a folder and its subfolders whose names end like those of calls."""
    inside = root.resolve()
    for folder, prefix in _folders(str(inside), "", unlisted):
        for entry in _entries(folder, prefix, unlisted):
            if entry.name.lower().removesuffix(".gz").endswith(_SUFFIXES):
                yield from _file(entry, inside, f"{prefix}{entry.name}", left_out)


def _matches(pattern: Path, unlisted: list[str], left_out: list[str]) -> Iterator[File]:
    """The files that match a pattern. As in folders, links must end inside, and links to folders are not followed."""
    parts = pattern.parts
    fixed = next(number for number, part in enumerate(parts) if _GLOB & set(part))
    base = Path(*parts[:fixed])
    if not base.is_dir():
        return
    inside = base.resolve()
    *folder_parts, last = parts[fixed:]
    if last == _ANY_FOLDERS:
        folder_parts, last = [*folder_parts, last], "*"
    level = {str(inside): ""}
    for part in folder_parts:
        level = {
            folder: prefix
            for start, start_prefix in level.items()
            for folder, prefix in (
                _folders(start, start_prefix, unlisted)
                if part == _ANY_FOLDERS
                else _subfolders(start, start_prefix, part, unlisted)
            )
        }
    for folder, prefix in level.items():
        for entry in _entries(folder, prefix, unlisted, last):
            yield from _file(entry, inside, f"{prefix}{entry.name}", left_out)


def _folders(root: str, prefix: str, unlisted: list[str]) -> Iterator[tuple[str, str]]:
    """A folder and all below it, each with the prefix of its files' names; links are not followed."""
    waiting = [(root, prefix)]
    while waiting:  # no recursion: folders may be nested deeper than Python's stack
        folder, prefix = waiting.pop()
        yield folder, prefix
        waiting.extend(_subfolders(folder, prefix, "*", unlisted))


def _subfolders(folder: str, prefix: str, pattern: str, unlisted: list[str]) -> Iterator[tuple[str, str]]:
    for entry in _entries(folder, prefix, unlisted, pattern):
        if entry.is_dir(follow_symlinks=False):
            yield entry.path, f"{prefix}{entry.name}/"


def _entries(folder: str, prefix: str, unlisted: list[str], pattern: str = "*") -> list[os.DirEntry[str]]:
    """The entries of a folder, without hidden ones unless the pattern starts with a dot."""
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if fnmatchcase(entry.name, pattern)]
    except OSError as error:
        sentence = f"{shown(prefix.rstrip('/') or Path(folder).name)} ({error.strerror})"
        if sentence not in unlisted:
            unlisted.append(sentence)
        return []
    return [entry for entry in found if pattern.startswith(".") or not entry.name.startswith(".")]


def _file(entry: os.DirEntry[str], root: Path, name: str, left_out: list[str]) -> Iterator[File]:
    """The file of an entry; nothing if it is no file, which `left_out` then tells, or no longer exists."""
    path, reason = entry.path, "not a regular file"
    try:
        if entry.is_dir(follow_symlinks=False):
            return
        if entry.is_symlink():
            end = Path(path).resolve(strict=True)
            path, reason = str(end), "a link to a folder" if end.is_dir() else reason
            if not end.is_relative_to(root):
                left_out.append(f"{shown(name)} (a link out of the folder)")
                return
    except (OSError, RuntimeError):  # RuntimeError before Python 3.13: a link to itself
        left_out.append(f"{shown(name)} (a link to nothing)")
        return
    if (file := file_at(path, name)) is not None:
        yield file
    elif os.path.lexists(path):
        left_out.append(f"{shown(name)} ({reason})")


def file_at(path: str, name: str) -> File | None:
    """The regular file at a path; None if there is none.

    Args:
        path: without links.
        name: as `File.name`.
    """
    try:
        found = os.stat(path)  # noqa: PTH116 - called thousands of times; a `Path` would take longer than the system call
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    # A name in another encoding would contain lone surrogates, which JSON cannot hold.
    shown_name = os.fsencode(name).decode("utf-8", "replace")
    return File(path, shown_name, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
