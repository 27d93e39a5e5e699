"""The file that a command writes to."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from call_transcripts_mcp.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import TextIO


@contextmanager
def output_file(path: str | None) -> Generator[TextIO]:
    """The file to write to; stdout if none is given, or for `-`.

    A regular file is replaced when the new one is whole; if the command fails, it stays as it was.

    Raises:
        InvalidRequestError: it cannot be written.
    """
    if path is None or path == "-":
        yield sys.stdout
        return
    target = Path(path).expanduser()
    if target.is_dir():
        raise InvalidRequestError(f"{path} is a folder; name a file.")
    try:
        if target.exists() and not target.is_file():  # a pipe, or a device
            with target.open("w", encoding="utf-8", newline="\n") as opened:
                yield opened
            return
        target = target.resolve()  # a link stays, and its file is replaced
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            with part.open("x", encoding="utf-8", newline="\n") as opened:
                yield opened
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise InvalidRequestError(f"{path} cannot be written ({why}). Choose another file.") from None
