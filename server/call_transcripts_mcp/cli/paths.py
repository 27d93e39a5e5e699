"""Lets commands take files and folders instead of a call or an account: `show ./call.json`, `failures ./calls/`.

A call or a message in them has the path before its ref: `show ./calls/#files:chat-7`, `show ./call.json#8`.
"""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from pydantic import SecretStr

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.providers.accounts import FILES
from call_transcripts_mcp.providers.files.folder import files_of, is_glob
from call_transcripts_mcp.settings import OFF

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from call_transcripts_mcp.settings import Settings
    from call_transcripts_mcp.tools.base import ToolContext

EVER = "0001-01-01"
"""The start of a window that includes files of any age."""

_SUFFIXES = (".json", ".jsonl", ".ndjson", ".gz")
_SHOWN_CALLS = 5
_MESSAGE = re.compile(r"[0-9]{1,7}")


def is_path(text: str) -> bool:
    """Whether a text is a path, or a glob that matches files, rather than a ref.

    Raises:
        click.UsageError: it can only be a path, and there is nothing; or it is empty, as from a variable that is not
            set, which would else be the folder in which the command runs.
    """
    if not text.strip():
        raise click.UsageError("An argument is empty: name a call, a file or a folder, or leave it out.")
    if "://" in text:
        return False
    path = Path(text).expanduser()
    if not path.exists() and _matches(text):
        return True
    looks_like_one = _looks_like_path(text)
    if not path.exists() and looks_like_one:
        raise click.UsageError(f"{text} {'matches no file' if is_glob(text) else 'does not exist'}.")
    return path.exists() and (looks_like_one or os.sep in text or path.is_dir() or path.is_file())


def _looks_like_path(text: str) -> bool:
    return text.endswith((os.sep, *_SUFFIXES)) or text.startswith((f".{os.sep}", f"..{os.sep}", os.sep, "~"))


def refuse_among_words(words: tuple[str, ...]) -> None:
    """End a search for words, one of which is meant as a file.

    Raises:
        click.UsageError: one looks like a path, and is there.
    """
    for word in words:
        if _looks_like_path(word) and Path(word).expanduser().exists():
            raise click.UsageError(
                f"search takes no files, and finds what is archived. For {word}, use show FILE --contains TEXT, or set "
                "CALL_TRANSCRIPTS_FILES and run sync."
            )


def _matches(text: str) -> bool:
    """Whether a text is a glob that matches files."""
    return "://" not in text and is_glob(text) and bool(files_of([text]).files)


def split(text: str) -> tuple[str, str | None] | None:
    """The path in a text, and the call or the message that is named behind it; None if the text holds no path.

    `./calls/#files:chat-7#8` is the path `./calls/` and `files:chat-7#8`; the longest path that exists counts.

    Raises:
        click.UsageError: it can only be a path, and does not exist.
    """
    for end in reversed([found.start() for found in re.finditer("#", text)]):
        path = text[:end]
        is_there = bool(end) and (Path(path).expanduser().exists() or _matches(path))
        if is_there and not Path(text).expanduser().exists():
            return path, text[end + 1 :].strip() or None
    return (text, None) if is_path(text) else None


def typed(path: str, ref: str) -> str:
    """How a call in a file or folder is typed, for a shell."""
    return shlex.quote(f"{path}#{ref}")


def existing(files: tuple[str, ...]) -> tuple[str, ...]:
    """The files, folders and globs.

    Raises:
        click.UsageError: one of them does not exist.
    """
    for path in files:
        if not is_path(path):
            raise click.UsageError(
                f"{path} does not exist. FILES are files, folders and globs; options choose other calls."
            )
    return files


def split_all(texts: tuple[str, ...]) -> tuple[tuple[str, ...], str | None]:
    """The files in the arguments of a command that takes one call or several files, and the call that is named.

    Returns:
        The files, none if a call was given by its ref or nothing was; and the ref, or what `split` found behind the
        path.

    Raises:
        click.UsageError: one is no file, and it is not the only one.
    """
    if len(texts) > 1:
        return existing(texts), None
    found = split(texts[0]) if texts else None
    return ((found[0],), found[1]) if found is not None else ((), texts[0] if texts else None)


def are_several(files: Sequence[str]) -> bool:
    """Whether files are named as several, however many calls they hold: more than one path, a folder or a glob."""
    return len(files) > 1 or any(not Path(path).expanduser().is_file() for path in files)


def refuse_archived(wanted: Mapping[str, object], files: Sequence[str]) -> None:
    """End a command whose --tool and --verdict choose among archived calls.

    Raises:
        click.UsageError: they were given for files, which are not archived.
    """
    if files and (wanted.get("tool") or wanted.get("verdict")):
        raise click.UsageError(
            "--tool and --verdict choose among archived calls, and FILES are not archived: use failures or stats, or "
            "set CALL_TRANSCRIPTS_FILES and run sync."
        )


def settings_for(found: Settings, paths: Sequence[str]) -> Settings:
    """The settings with these paths as the only source, and without an archive."""
    files = tuple(str(Path(path).expanduser().absolute()) for path in paths)
    return replace(found, accounts=(), files=files, archive=SecretStr(OFF))


async def ref_in(path: str, wanted: str | None, context: ToolContext) -> str | None:
    """The ref of a call in a file or folder.

    Args:
        path: of the file or folder.
        wanted: what `split` found behind it; None for the only call.
        context: reads the path alone.

    Returns:
        A ref, with the number of a message if one was named; None if nothing was, and there are several calls.

    Raises:
        InvalidRequestError: there is no call, or several and only a message was named.
        NotFoundError: there is no call of this name.
    """
    listing = await context.library.list_calls(CallFilter(), limit=2)
    if not listing.calls:
        raise InvalidRequestError("; ".join(listing.gaps) or "There is no call in these files.")
    only = listing.calls[0].ref if len(listing.calls) == 1 else None
    if wanted is None:
        return only
    if not _MESSAGE.fullmatch(wanted):
        return wanted if wanted.lower().startswith(f"{FILES}:") else f"{FILES}:{wanted}"
    if only is None:
        raise await refuse_several(context, path)
    return f"{only}#{wanted}"


async def one_ref_in(path: str, wanted: str | None, context: ToolContext) -> str:
    """The same for a command that needs one call.

    Raises:
        InvalidRequestError: there is no call, or there are several and none is named.
        NotFoundError: there is no call of this name.
    """
    ref = await ref_in(path, wanted, context)
    if ref is None:
        raise await refuse_several(context, path)
    return ref


async def refuse_several(context: ToolContext, path: str) -> InvalidRequestError:
    """The error for a command that needs one call, and a path with several."""
    listing = await context.library.list_calls(CallFilter(), limit=_SHOWN_CALLS)
    refs = ", ".join(call.ref for call in listing.calls)
    more = ", ..." if listing.positions else ""
    name = typed(path, listing.calls[0].ref)
    return InvalidRequestError(f"{path} has several calls ({refs}{more}). Name one behind a #, such as {name}.")
