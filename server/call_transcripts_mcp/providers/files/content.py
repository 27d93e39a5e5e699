"""Reads the JSON of a file: one value, or one on each line; plain or gzip, whatever the file's name is."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import stat
import zlib
from dataclasses import dataclass, replace
from typing import Any

FILE_LIMIT_BYTES = 128 * 1024 * 1024
"""For the decompressed text. A recorded call has a few hundred kilobytes."""
VALUES_LIMIT = 5_000_000
"""Each value takes 64 bytes of memory or more, even if it is tiny in the file, such as `{}` in gzip."""
_CHUNK_BYTES = 1024 * 1024
_SHOWN_LINES = 5
_AS_LETTERS = str.maketrans("0123456789", "ghijklmnop")


class UnreadableFileError(Exception):
    """The file cannot be read as calls; the message tells people why, without the file's name."""


@dataclass(frozen=True, slots=True)
class Content:
    """The JSON of a file.

    Attributes:
        values: one value, or one for each line.
        is_lines: the file is JSON Lines.
        gaps: sentences about lines that could not be read.
        digest: of the whole content; another one when any of it changes. Letters only, so that nothing masks it.
    """

    values: tuple[Any, ...]
    is_lines: bool = False
    gaps: tuple[str, ...] = ()
    digest: str = ""


def read_content(path: str) -> Content:
    """Read and parse a file.

    Raises:
        UnreadableFileError: it cannot be opened, is too large, or is not JSON.
    """
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UnreadableFileError("not a regular file")
            data = file.read(FILE_LIMIT_BYTES + 1)
    except OSError as error:
        raise UnreadableFileError(error.strerror or type(error).__name__) from None
    if data[:2] == b"\x1f\x8b" and len(data) <= FILE_LIMIT_BYTES:
        data = _decompressed(data)
    if len(data) > FILE_LIMIT_BYTES:
        raise UnreadableFileError(f"larger than {FILE_LIMIT_BYTES // 1024 // 1024} MiB")
    if len(data) > VALUES_LIMIT and sum(map(data.count, (b",", b"[", b"{"))) > VALUES_LIMIT:
        raise UnreadableFileError(f"more than {VALUES_LIMIT:,} values")
    return replace(parse(_decoded(data)), digest=_digest(data))


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=10).hexdigest().translate(_AS_LETTERS)


def _open_without_waiting(name: str, flags: int) -> int:
    """Open a file; if it was replaced by a pipe, do not wait for a writer."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))  # not on Windows


def _decompressed(data: bytes) -> bytes:
    """The content of a gzip file; at most one byte more than the limit."""
    from io import BytesIO  # noqa: PLC0415 - few files are compressed

    parts: list[bytes] = []
    size = 0
    try:
        with gzip.GzipFile(fileobj=BytesIO(data)) as stream:
            while size <= FILE_LIMIT_BYTES and (part := stream.read(_CHUNK_BYTES)):
                parts.append(part)
                size += len(part)
    except (OSError, EOFError, zlib.error):
        raise UnreadableFileError("a damaged gzip file") from None
    return b"".join(parts)[: FILE_LIMIT_BYTES + 1]


def _decoded(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise UnreadableFileError("not text in UTF-8") from None


def parse(text: str) -> Content:
    """The JSON of a text.

    Raises:
        UnreadableFileError: it is empty, or neither JSON nor JSON Lines.
    """
    if not text.strip():
        raise UnreadableFileError("empty")
    try:
        return Content((json.loads(text),))
    except RecursionError:
        raise UnreadableFileError("nested too deeply") from None
    except ValueError as error:
        lines = _lines(text)
        if lines is None:
            raise UnreadableFileError(f"not JSON ({_reason(error)})") from None
        return lines


def _lines(text: str) -> Content | None:
    """The text as JSON Lines; None if most lines are not JSON."""
    values: list[Any] = []
    broken: list[int] = []
    for number, line in enumerate(text.split("\n"), 1):  # not `splitlines`: strings may contain other line breaks
        if not line.strip():
            continue
        try:
            values.append(json.loads(line))
        except (ValueError, RecursionError):
            broken.append(number)
    objects = sum(isinstance(value, dict | list) for value in values)
    if not objects or objects < len(broken):
        return None
    return Content(tuple(values), is_lines=True, gaps=(_broken(broken),) if broken else ())


def _broken(lines: list[int]) -> str:
    if len(lines) == 1:
        return f"line {lines[0]} is not JSON"
    shown = ", ".join(map(str, lines[:_SHOWN_LINES])) + (", ..." if len(lines) > _SHOWN_LINES else "")
    return f"{len(lines)} lines are not JSON ({shown})"


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}"
    return "a number with too many digits"
