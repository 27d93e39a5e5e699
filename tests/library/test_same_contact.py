"""One call on one screen: why its tool calls failed, in short, and the other calls of its contact."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from archived_library import FOREIGN, fleet, library_of

from call_transcripts_mcp.archive.rows import MASKING, call_rows
from call_transcripts_mcp.archive.sqlite.engine import SqliteEngine
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.render.voice import MODEL
from call_transcripts_mcp.tools import get_call
from call_transcripts_mcp.tools.base import ToolContext

if TYPE_CHECKING:
    from pathlib import Path

    from call_transcripts_mcp.archive.base import CallCounts, Selection
    from call_transcripts_mcp.library.library import Library
    from shelf import Shelf

pytestmark = pytest.mark.anyio

OFF, PERSONAL = (Foreign(redactor(mode)) for mode in ("off", "personal"))


def of_contacts(*contacts: str | None) -> Shelf:
    """Calls, newest first, each with its contact; the tool of the newest fails."""
    shelf = fleet(len(contacts), failing=1)
    shelf.calls[:] = [replace(call, contact=one) for call, one in zip(shelf.calls, contacts, strict=True)]
    return shelf


async def read_all(library: Library) -> None:
    await library.summarize_window(CallFilter(), limit=100)
    assert library.archive is not None
    await library.archive.flush()


async def told(library: Library, call_id: str, foreign: Foreign = OFF) -> list[str]:
    async def nothing(_done: float, _total: float | None, _what: str) -> None:
        """No progress is shown."""

    arguments = get_call.TOOL.parse({"call_id": call_id})
    found = await get_call.find(arguments, ToolContext(library, foreign, nothing))
    return get_call.say(found, arguments, foreign, MODEL).splitlines()


def others_of(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("Other archived calls")]


async def test_other_calls_of_the_contact_are_named_newest_first_however_its_number_is_written(tmp_path: Path) -> None:
    shelf = of_contacts("+14155550101", "+4930123456", "tel:+1-415-555-0101", None, "(415) 555-0101")
    with library_of(tmp_path, shelf) as library:
        assert others_of(await told(library, shelf.calls[0].ref)) == []  # nothing is archived yet
        await read_all(library)
        lines = await told(library, shelf.calls[0].ref)
        older, oldest = f"{shelf.calls[2].ref} 2026-11-20T12:03:00Z", f"{shelf.calls[4].ref} 2026-11-20T12:01:00Z"
        assert others_of(lines) == [f"Other archived calls of this contact: 2: {older}, {oldest}"]
        assert others_of(await told(library, shelf.calls[1].ref)) == []
        assert others_of(await told(library, shelf.calls[3].ref)) == []


async def test_of_many_other_calls_the_newest_are_named_and_all_are_counted(tmp_path: Path) -> None:
    shelf = of_contacts(*["ana-7"] * 9)
    with library_of(tmp_path, shelf) as library:
        await read_all(library)
        (line,) = others_of(await told(library, shelf.calls[8].ref))
    assert line.startswith("Other archived calls of this contact: 8, the newest 5: ")
    assert [call.ref for call in shelf.calls if call.ref in line] == [call.ref for call in shelf.calls[:5]]


async def test_a_call_that_is_written_while_it_is_asked_for_is_no_other_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = of_contacts("ana-7")
    with library_of(tmp_path, shelf) as library:
        rows = call_rows(await library.get_transcript(shelf.calls[0].ref), FOREIGN, MASKING["secrets"])
        count = SqliteEngine.count

        def count_once_written(engine: SqliteEngine, selection: Selection) -> CallCounts:
            for space in selection.space_names or ():
                engine.put(space, [rows])
            return count(engine, selection)

        monkeypatch.setattr(SqliteEngine, "count", count_once_written)
        assert others_of(await told(library, shelf.calls[0].ref)) == []


async def test_a_contact_that_is_masked_links_no_calls(tmp_path: Path) -> None:
    shelf = of_contacts("+14155550101", "+14155550101")
    with library_of(tmp_path, shelf) as library:
        await read_all(library)  # under a milder setting, by which the archive knows the numbers
        lines = await told(library, shelf.calls[0].ref, PERSONAL)
    assert others_of(lines) == []
    assert "contact=[phone]" in "\n".join(lines)


async def test_a_failed_tool_call_says_why_in_short(tmp_path: Path) -> None:
    shelf = of_contacts(None, None)
    with library_of(tmp_path, shelf) as library:
        lines = await told(library, shelf.calls[0].ref)
    assert "#2 book_table -> failed [errorDetails]: timed out" in lines
