"""The files that may hold calls: those of the folders, globs and paths that were named."""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SUFFIXES = (".json", ".jsonl", ".ndjson")
_GLOB = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class File:
    """A file as the file system lists it.

    Attributes:
        name: its path relative to the folder that was named, with `/` between the parts.
    """

    path: Path
    name: str
    size_bytes: int
    modified_ns: int


def files_of(paths: Sequence[str]) -> tuple[list[File], list[str]]:
    """The files of paths, each once, by name; and a sentence on each path that has none to give."""
    found: dict[Path, File] = {}
    gaps: list[str] = []
    for path in paths:
        count = len(found)
        for file in _files_of(path, gaps):
            found.setdefault(file.path, file)
        if len(found) == count and not gaps and not Path(path).is_dir():
            gaps.append(f"{Path(path).name} is not there")
    return sorted(found.values(), key=lambda file: file.name), gaps


def _files_of(path: str, gaps: list[str]) -> Iterator[File]:
    root = Path(path).expanduser()
    if root.is_dir():
        yield from _walk(root, root.resolve(), "", gaps)
    elif root.exists():
        yield from _file(root, root.name)
    elif _GLOB & set(path):
        base = re.split(r"[*?\[]", str(root), maxsplit=1)[0].rpartition(os.sep)[0] or os.curdir
        for match in sorted(glob.glob(str(root), recursive=True)):  # noqa: PTH207 - a pattern may be absolute
            if Path(match).is_file():
                yield from _file(Path(match), os.path.relpath(match, base))


def _walk(folder: Path, root: Path, prefix: str, gaps: list[str]) -> Iterator[File]:
    """The files below a folder; a link is followed as long as it stays inside the root."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        gaps.append(f"{prefix or folder.name} cannot be listed ({error.strerror})")
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(root):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), root, f"{prefix}{entry.name}/", gaps)
        elif entry.is_file() and entry.name.lower().removesuffix(".gz").endswith(_SUFFIXES):
            yield from _file(Path(entry.path), f"{prefix}{entry.name}")


def _file(path: Path, name: str) -> Iterator[File]:
    try:
        found = path.stat()
        yield File(path.resolve(), name, found.st_size, found.st_mtime_ns)
    except OSError:  # it went away a moment ago
        return
