"""A key that is refused is told by a search that has nothing to search, and costs no other search a request."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from call_transcripts_mcp.archive.archive import Archive
from call_transcripts_mcp.archive.opening import open_engine
from call_transcripts_mcp.archive.rows import MASKING, call_rows
from call_transcripts_mcp.errors import AuthenticationError, UnavailableError
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.library.library import Library
from call_transcripts_mcp.library.search import SearchQuery
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.settings import sqlite_url
from shelf import Shelf, make_call, named

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio

REFUSED = AuthenticationError("a", "the key was refused (401)", "Check A_API_KEY.")
QUERY = SearchQuery((("hello",),), CallFilter())


def library_in(folder: Path, *shelves: Shelf) -> tuple[Library, Archive]:
    make_rows = partial(call_rows, foreign=Foreign(str), masking=MASKING["secrets"])
    url = sqlite_url(folder / "archive" / "calls.db")
    identities = {shelf.name: shelf.name for shelf in shelves}
    archive = Archive(partial(open_engine, url), identities, make_rows, masking=MASKING["secrets"])
    return Library(named(shelves), archive=archive), archive


async def test_nothing_kept_and_a_key_refused_is_that_error(tmp_path: Path) -> None:
    library, archive = library_in(tmp_path, Shelf("a", fails={"list": [REFUSED]}))
    with pytest.raises(AuthenticationError, match=r"a: the key was refused \(401\)\. Check A_API_KEY\."):
        await library.search(QUERY)
    archive.close()


async def test_one_of_two_keys_refused_is_told_beside_the_other_s_hits(tmp_path: Path) -> None:
    good = Shelf("b", [make_call("b", 1)])
    library, archive = library_in(tmp_path, Shelf("a", fails={"list": [REFUSED]}), good)
    await library.get_transcript(good.calls[0].ref)
    found = await library.search(QUERY)
    assert len(found.hits) == 1
    assert found.gaps == (str(REFUSED),)
    assert "list" not in good.asked
    archive.close()


async def test_a_provider_that_is_away_does_not_keep_a_search(tmp_path: Path) -> None:
    library, archive = library_in(tmp_path, Shelf("a", fails={"list": [UnavailableError("a", "is away", "Wait.")]}))
    found = await library.search(QUERY)
    assert (found.hits, found.gaps) == ((), ())
    archive.close()
