"""A search through the archive: what is asked of the engine, the order by relevance, and what could not be found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.archive.base import Hit, Key, LineFilter, LinePosition
from call_transcripts_mcp.archive.codec import call_text, millis
from call_transcripts_mcp.archive.terms import Term
from call_transcripts_mcp.errors import ArchiveError, InvalidRequestError
from call_transcripts_mcp.library.filter import CallFilter
from call_transcripts_mcp.library.library import Library
from call_transcripts_mcp.library.search import RANKED_HITS, SearchQuery, ranked
from call_transcripts_mcp.providers.base import CallQuery
from plain_engine import PlainEngine, archive_over
from shelf import NOON, Shelf, make_call, named

if TYPE_CHECKING:
    from call_transcripts_mcp.findings.search import ArchiveCoverage, SearchHit, SearchResult

pytestmark = pytest.mark.anyio

NOON_MS = millis(NOON) or 0
HOUR_MS = 3_600_000
FRIDAY = (("friday",),)
TERMS = tuple(map(Term, FRIDAY))


def library_over(engine: PlainEngine) -> Library:
    diga = Shelf("diga", names_agents=False)
    return Library(named([Shelf("ultravox"), diga]), archive=archive_over(engine))


def engine_saying(*texts: str, provider: str = "ultravox") -> PlainEngine:
    """Each text is a call of its own, the later the newer."""
    engine = PlainEngine()
    for minute, text in enumerate(texts, 1):
        engine.say(make_call(provider, minute), 1, text)
    return engine


def asking(**changed: object) -> SearchQuery:
    return replace(SearchQuery(FRIDAY, CallFilter()), **changed)  # type: ignore[arg-type]


async def search(library: Library, query: SearchQuery) -> SearchResult:
    return await library.search(query)


def position_of(hit: SearchHit) -> LinePosition:
    return LinePosition(hit.created_ms, hit.call.id, hit.number)


def texts_of(found: SearchResult) -> list[str]:
    return [hit.text for hit in found.hits]


async def coverage_of(engine: PlainEngine, query: CallQuery | None = None) -> dict[str, ArchiveCoverage]:
    wanted = CallFilter(query=query or CallQuery())
    return {one.provider: one for one in (await search(library_over(engine), asking(wanted=wanted))).coverage}


async def test_newest_first_goes_on_behind_the_last_place() -> None:
    engine = engine_saying("friday one", "no", "friday two", "friday three")
    library = library_over(engine)
    first = await search(library, asking(limit=2))
    assert texts_of(first) == ["friday three", "friday two"]
    assert first.has_more
    assert first.ranked is None
    second = await search(library, asking(limit=2, before=position_of(first.hits[-1])))
    assert texts_of(second) == ["friday one"]
    assert not second.has_more


async def test_every_filter_reaches_the_engine_and_only_the_asked_accounts_are_searched() -> None:
    engine = engine_saying("friday")
    where = LineFilter(roles=("tool",), tools=("book",), verdicts=("failed",))
    wanted = CallFilter(CallQuery(since=NOON, until=NOON + timedelta(hours=1)), agent=" Lumbre ")
    found = await search(library_over(engine), asking(wanted=wanted, where=where))
    ((phrases, selection, lines),) = engine.searched
    assert (phrases, lines) == (FRIDAY, where)
    assert list(selection.spaces or ()) == [engine.spaces["ultravox"]]
    assert (selection.since_ms, selection.until_ms) == (NOON_MS, NOON_MS + HOUR_MS)
    assert selection.agent == "lumbre"
    assert found.providers == ("ultravox",)
    assert found.gaps == ("diga knows agents only by id and was left out",)


async def test_by_relevance_a_line_that_says_it_more_often_or_in_fewer_words_comes_first() -> None:
    engine = engine_saying("friday and much else that was said", "friday", "friday or friday", "on friday")
    found = await search(library_over(engine), asking(order="relevance"))
    assert texts_of(found) == ["friday or friday", "friday", "on friday", "friday and much else that was said"]
    assert found.ranked == 4
    assert not found.is_ranking_cut
    rest = await search(library_over(engine), asking(order="relevance", limit=2, offset=1))
    assert texts_of(rest) == ["friday", "on friday"]
    assert rest.has_more
    assert texts_of(await search(library_over(engine), asking(order="relevance", offset=9))) == []


async def test_by_relevance_only_the_newest_thousand_are_ranked_and_that_is_told() -> None:
    engine = engine_saying("friday friday", *["friday"] * RANKED_HITS)
    found = await search(library_over(engine), asking(order="relevance"))
    assert (found.ranked, found.is_ranking_cut) == (RANKED_HITS, True)
    assert "friday friday" not in texts_of(found)


@given(st.lists(st.text("friday ab", max_size=30), max_size=8))
def test_ranking_loses_no_hit_and_keeps_equal_ones_as_they_came(texts: list[str]) -> None:
    call = call_text(make_call("ultravox", 1))
    hits = [Hit(Key("u", "1"), 0, call, number, "user", "", "", text) for number, text in enumerate(texts)]
    found = ranked(hits, TERMS)
    assert sorted(hit.number for hit in found) == list(range(len(texts)))
    same = [Hit(Key("u", "1"), 0, call, number, "user", "", "", "friday") for number in range(5)]
    assert ranked(same, TERMS) == same


async def test_an_archive_that_is_off_says_what_turned_it_off() -> None:
    with pytest.raises(ArchiveError, match="CALL_TRANSCRIPTS_ARCHIVE=off turned it off"):
        await search(Library(named([Shelf("ultravox")])), asking())


async def test_an_archive_that_is_away_says_how_to_mend_it_every_time() -> None:
    class Away(PlainEngine):
        def salt(self) -> bytes:
            raise ArchiveError("is away", "Bring it back.")

    library = library_over(Away())
    for _ in range(2):
        with pytest.raises(ArchiveError, match=r"The archive is away\. Bring it back\."):
            await search(library, asking())


async def test_a_provider_that_is_not_configured_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match='"acme" is not a provider'):
        await search(library_over(PlainEngine()), asking(wanted=CallFilter(providers=("acme",))))


async def test_it_tells_what_is_kept_of_each_provider() -> None:
    engine = engine_saying("friday", "friday")
    coverage = await coverage_of(engine)
    assert (coverage["ultravox"].calls, coverage["diga"].calls) == (2, 0)
    assert coverage["ultravox"].oldest_at == NOON + timedelta(minutes=1)
    assert coverage["ultravox"].newest_at == NOON + timedelta(minutes=2)
    assert (coverage["diga"].oldest_at, coverage["diga"].newest_at) == (None, None)
    assert not (await search(library_over(replace(engine, searches_index=False)), asking())).has_index


@pytest.mark.parametrize(("masking", "masked_calls"), [(0, 3), (1, 3), (2, 0)])
async def test_calls_that_are_masked_more_strictly_are_told(masking: int, masked_calls: int) -> None:
    engine = engine_saying("friday")
    engine.personal = 3
    library = Library(named([Shelf("ultravox")]), archive=archive_over(engine, ["ultravox"], masking=masking))
    (coverage,) = (await search(library, asking())).coverage
    assert coverage.masked_calls == masked_calls


async def test_only_the_covered_part_of_the_window_is_told() -> None:
    engine = PlainEngine(
        covered={"ultravox": ((NOON_MS - HOUR_MS, NOON_MS), (NOON_MS + HOUR_MS, NOON_MS + 2 * HOUR_MS))}
    )
    window = CallQuery(since=NOON - timedelta(minutes=30), until=NOON + timedelta(minutes=30))
    assert (await coverage_of(engine, window))["ultravox"].complete_ranges == ((NOON - timedelta(minutes=30), NOON),)
    assert not (await coverage_of(engine, window))["ultravox"].is_complete
    assert (await coverage_of(engine, replace(window, until=NOON)))["ultravox"].is_complete
    assert not (await coverage_of(engine, replace(window, until=NOON)))["diga"].is_complete
    assert not (await coverage_of(engine, CallQuery(until=NOON)))["ultravox"].is_complete, (
        "nobody knows when the first call was"
    )


async def test_what_has_not_happened_yet_is_not_missing() -> None:
    now = datetime.now(UTC)
    engine = PlainEngine(covered={"ultravox": ((0, (millis(now) or 0) + HOUR_MS),)})
    tomorrow = CallQuery(since=now - timedelta(days=1), until=now + timedelta(days=1))
    assert (await coverage_of(engine, tomorrow))["ultravox"].is_complete


async def test_times_at_the_ends_of_the_calendar_and_beyond_are_no_trouble() -> None:
    engine = PlainEngine(covered={"ultravox": ((-(10**15), 10**17),)})
    engine.say(replace(make_call("ultravox", 1), created_at=None), 1, "friday")
    engine.say(replace(make_call("ultravox", 2), created_at=datetime.max.replace(tzinfo=UTC)), 1, "friday")
    coverage = await coverage_of(engine)
    assert coverage["ultravox"].oldest_at is None, "0 is a time that is not known"
    assert coverage["ultravox"].newest_at == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert coverage["ultravox"].complete_ranges == (
        (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    )


async def test_places_are_those_of_the_hits() -> None:
    found = await search(library_over(engine_saying("friday")), asking())
    assert tuple(map(position_of, found.hits)) == (LinePosition(NOON_MS + 60_000, make_call("ultravox", 1).id, 1),)


async def test_a_page_never_ends_between_the_two_lines_of_one_message() -> None:
    engine = engine_saying("friday")
    both = make_call("ultravox", 9)
    engine.say(both, 4, "friday, let me see")
    engine.say(both, 4, "look_up {day:friday} -> ok")
    first = await search(library_over(engine), asking(limit=1))
    assert len(first.hits) == 2
    assert position_of(first.hits[0]) == position_of(first.hits[1])
    assert first.has_more
    rest = await search(library_over(engine), asking(limit=1, before=position_of(first.hits[-1])))
    assert texts_of(rest) == ["friday"]
    assert not rest.has_more
