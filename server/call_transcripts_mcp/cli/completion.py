"""Completes refs, agents and tools of the archive when a person presses Tab in a shell.

It reads only the archive file, does not wait for locks, and offers nothing if anything is wrong, because an error would
appear in the middle of the line.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import click

    from call_transcripts_mcp.archive.archive import OpenArchive
    from call_transcripts_mcp.archive.base import Selection

NEWEST_CALLS = 200
TOOL_DAYS = 30
_WAIT_S = 0.2
_DAY_MS = 86_400_000


def refs(_context: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Refs of the newest archived calls; after a colon, only ids, because bash starts a new word there."""
    found = _archived(_refs)
    start = incomplete.strip(" :'\"")
    whole = [ref for ref in found if ref.startswith(start)]
    return whole or [bare for ref in found if (bare := ref.partition(":")[2]).startswith(start)]


def agents(_context: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Names of agents of the newest archived calls, in any case."""
    return _alike(_archived(_agents), incomplete)


def tools(_context: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Tools that were called in the last days of the archive."""
    return _alike(_archived(_tools), incomplete)


def _alike(names: Iterable[str], incomplete: str) -> list[str]:
    return sorted(name for name in set(names) if name.casefold().startswith(incomplete.casefold()))


def _archived(read: Callable[[OpenArchive, Selection], list[str]]) -> list[str]:
    try:
        return _read(read)
    except Exception:  # noqa: BLE001 - see the module's docstring
        return []


def _read(read: Callable[[OpenArchive, Selection], list[str]]) -> list[str]:
    from call_transcripts_mcp import connect, settings  # noqa: PLC0415 - a command's help does not need it
    from call_transcripts_mcp.archive.archive import OpenArchive  # noqa: PLC0415 - as above
    from call_transcripts_mcp.archive.base import Selection  # noqa: PLC0415 - as above
    from call_transcripts_mcp.archive.opening import open_engine  # noqa: PLC0415 - as above

    found = settings.load()
    url = found.archive_url or ""
    if urlsplit(url).scheme != "sqlite" or not Path(settings.file_of(urlsplit(url).path)).exists():
        return []
    identities, names = connect.identities_of(found, found.accounts), connect.agent_names_of(found)
    with closing(open_engine(url, wait_s=_WAIT_S)) as engine:
        opened = OpenArchive(engine, identities, names)
        return read(opened, Selection(spaces=list(opened.spaces.values())))


def _refs(opened: OpenArchive, selection: Selection) -> list[str]:
    return [call.ref for call in map(opened.call_of, opened.engine.calls(selection, limit=NEWEST_CALLS))]


def _agents(opened: OpenArchive, selection: Selection) -> list[str]:
    calls = map(opened.call_of, opened.engine.calls(selection, limit=NEWEST_CALLS))
    return [call.agent_name for call in calls if call.agent_name]


def _tools(opened: OpenArchive, selection: Selection) -> list[str]:
    newest = opened.engine.calls(selection, limit=1)
    if not newest:
        return []
    recent = replace(selection, since_ms=newest[0].created_ms - TOOL_DAYS * _DAY_MS)
    return sorted(opened.engine.tool_names(recent))
