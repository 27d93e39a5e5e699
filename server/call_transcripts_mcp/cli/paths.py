"""Lets commands take files and folders instead of a call or an account: `show ./call.json`, `failures ./calls/`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from pydantic import SecretStr

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.settings import OFF

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.settings import Settings
    from call_transcripts_mcp.tools.base import ToolContext

EVER = "0001-01-01"
"""The start of a window that includes files of any age."""

_SUFFIXES = (".json", ".jsonl", ".ndjson", ".gz")
_SHOWN_CALLS = 5


def is_path(text: str) -> bool:
    """Whether a text is a path rather than a ref.

    Raises:
        click.UsageError: it can only be a path, and does not exist.
    """
    if "://" in text:
        return False
    path = Path(text).expanduser()
    looks_like_one = text.endswith((os.sep, *_SUFFIXES)) or text.startswith((f".{os.sep}", f"..{os.sep}", os.sep, "~"))
    if not path.exists() and looks_like_one:
        raise click.UsageError(f"{text} does not exist.")
    return path.exists() and (looks_like_one or os.sep in text or path.is_dir() or path.is_file())


def existing(files: tuple[str, ...]) -> tuple[str, ...]:
    """The files and folders.

    Raises:
        click.UsageError: one of them does not exist.
    """
    for path in files:
        if not is_path(path):
            raise click.UsageError(f"{path} does not exist. FILES are files and folders; options choose other calls.")
    return files


def settings_for(found: Settings, paths: Sequence[str]) -> Settings:
    """The settings with these paths as the only source, and without an archive."""
    files = tuple(str(Path(path).expanduser().absolute()) for path in paths)
    return replace(found, accounts=(), files=files, archive=SecretStr(OFF))


async def only_call(context: ToolContext) -> str | None:
    """The ref of the only call in the files; None if there are several.

    Raises:
        InvalidRequestError: there is no call.
    """
    listing = await context.library.list_calls(CallFilter(), limit=2)
    if not listing.calls:
        raise InvalidRequestError("; ".join(listing.gaps) or "There is no call in these files.")
    return listing.calls[0].ref if len(listing.calls) == 1 else None


async def ref_in(path: str, context: ToolContext) -> str:
    """The ref of the only call in a file.

    Raises:
        InvalidRequestError: there is no call, or there are several.
    """
    ref = await only_call(context)
    if ref is None:
        raise await refuse_several(context, path)
    return ref


async def refuse_several(context: ToolContext, path: str) -> InvalidRequestError:
    """The error for a command that needs one call, and a path with several."""
    listing = await context.library.list_calls(CallFilter(), limit=_SHOWN_CALLS)
    refs = ", ".join(call.ref for call in listing.calls)
    more = ", ..." if listing.positions else ""
    return InvalidRequestError(
        f"{path} has several calls ({refs}{more}). Set CALL_TRANSCRIPTS_FILES={path}, and show one of them."
    )
