"""The order of hits where keys do not tell it: calls of one millisecond, hostile times, milliseconds that are full."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from kept_calls import ACME, NOON_MS, ZETA, Oracle, agent, kept, phrases, placed, transcript, used, user

from call_transcripts_mcp.analysis.fact_filter import FactFilter
from call_transcripts_mcp.archive.base import LineFilter, LinePosition, Selection
from call_transcripts_mcp.archive.sqlite.database import Database, Options
from call_transcripts_mcp.archive.sqlite.engine import open_sqlite
from call_transcripts_mcp.archive.sqlite.lines import AT_ONCE, SLOT_BITS
from call_transcripts_mcp.archive.sqlite.search import FEW_CALLS
from call_transcripts_mcp.archive.terms import MOST_COUNTED
from call_transcripts_mcp.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from call_transcripts_mcp.archive.base import CallRows, Hit, Phrases
    from call_transcripts_mcp.archive.sqlite.engine import SqliteEngine

EVERYTHING, ANY_LINE = Selection(), LineFilter()
YEAR_9999_MS = 253_402_300_799_999
HOSTILE_MS = [
    0,
    1,
    -1,
    -62_135_596_800_000,
    YEAR_9999_MS,
    YEAR_9999_MS - 1,
    1 << 42,
    -(1 << 42),
    (1 << 42) - 1,
    NOON_MS,
]


@pytest.fixture
def engine(file: Path) -> Generator[SqliteEngine]:
    opened = open_sqlite(file)
    yield opened
    opened.close()


def call(name: str, created_ms: int, length: int = 3) -> CallRows:
    lines = [user(f"table {name}") if at % 2 else agent("a table, or another") for at in range(length)]
    made = kept(transcript(name, *lines, used("book", Verdict.FAILED, "no table"), agent_name=f"Host {name[-1]}"))
    return replace(made, created_ms=created_ms)


def all_pages(
    engine: SqliteEngine, asked: Phrases, selection: Selection, where: LineFilter, size: int
) -> list[list[Hit]]:
    """Page after page, each begun where the one before it ended."""
    pages = [engine.search(asked, selection, where, before=None, limit=size)]
    while pages[-1]:
        last = pages[-1][-1]
        before = LinePosition(last.created_ms, last.key.id, last.number)
        pages.append(engine.search(asked, selection, where, before=before, limit=size))
    return pages


def ask_all(engine: SqliteEngine, oracle: Oracle, selections: Sequence[Selection] = (EVERYTHING,)) -> None:
    """Every question, whole and in pages, is answered as by looking at all there is."""
    for selection in selections:
        for words in ("table", "another table", "a table", "book", "nowhere"):
            for where in (ANY_LINE, LineFilter(roles=("agent", "tool")), LineFilter(tools=("book",))):
                asked = phrases(words)
                wanted = oracle.search(asked, selection, where)
                assert placed(engine.search(asked, selection, where, before=None, limit=10_000)) == wanted
                paged = [hit for page in all_pages(engine, asked, selection, where, 3) for hit in page]
                assert placed(paged) == wanted


def test_calls_of_one_millisecond_come_by_id_and_hostile_times_in_their_order(engine: SqliteEngine) -> None:
    oracle = Oracle()
    order = random.Random(7)  # noqa: S311 - the same at every run
    for round_, space in enumerate((ACME, ZETA, ACME)):
        times = [*HOSTILE_MS, *[NOON_MS + order.randrange(3) for _ in range(12)]]
        order.shuffle(times)
        calls = [call(f"{space[5]}-{order.randrange(100):02d}-{round_}", at, order.randrange(6)) for at in times]
        calls = list({one.id: one for one in calls}.values())
        engine.put(space, calls)
        oracle.put(space, calls)
    windows = [
        Selection(since_ms=NOON_MS, until_ms=NOON_MS),
        Selection(since_ms=NOON_MS + 1),
        Selection(until_ms=-1),
        Selection(since_ms=1 << 42, until_ms=1 << 70),
        Selection(since_ms=-(1 << 70), until_ms=0, agent="host"),
        Selection(spaces=[ZETA]),
        Selection(spaces=[]),
    ]
    ask_all(engine, oracle, [EVERYTHING, *windows])
    assert [facts.key for facts in engine.calls(EVERYTHING)] == oracle.calls(EVERYTHING)
    assert engine.check() == []


def test_a_call_that_finds_its_millisecond_full_is_put_behind_and_found_in_its_place(
    file: Path, engine: SqliteEngine
) -> None:
    oracle = Oracle()
    first = [call("full-b", NOON_MS), call("full-d", NOON_MS), call("next-a", NOON_MS + 1), call("next-z", NOON_MS + 1)]
    engine.put(ACME, first)
    database = Database(file, Options())
    with database.writing() as connection:  # as after two million lines
        connection.execute(
            "INSERT INTO calls SELECT key + line_count, space, 'filler', created_ms, '', '', 0, 9, ?, 0, 1, "
            "0, 0, 0, 0, 0, 0, 0, 2, NULL FROM calls WHERE id = 'full-d'",
            ((1 << SLOT_BITS) - 10,),
        )
    database.close()
    later = [call(f"full-{name}", NOON_MS) for name in "acef"]
    engine.put(ACME, later)
    oracle.put(ACME, [*first, *later])
    ask_all(engine, oracle, [EVERYTHING, Selection(until_ms=NOON_MS), Selection(since_ms=NOON_MS + 1)])
    assert engine.failures(Selection(until_ms=NOON_MS), examples=0).causes[0].count == 6


def test_lines_of_a_long_call_are_found_wherever_they_stand(engine: SqliteEngine) -> None:
    oracle = Oracle()
    calls = [call("long", NOON_MS, 3 * AT_ONCE + 5), call("exact", NOON_MS + 1, AT_ONCE - 1), call("none", NOON_MS, 0)]
    engine.put(ACME, [*calls, replace(call("empty", NOON_MS + 2), lines=())])
    oracle.put(ACME, calls)
    wanted = oracle.search(phrases("table"), EVERYTHING, ANY_LINE)
    assert placed(engine.search(phrases("table"), EVERYTHING, ANY_LINE, before=None, limit=10_000)) == wanted
    assert len(wanted) > 3 * AT_ONCE


def test_of_two_lines_with_one_number_both_are_found(engine: SqliteEngine) -> None:
    both = kept(transcript("both", used("book", words="a table it is")))
    engine.put(ACME, [both])
    found = engine.search(phrases("table"), EVERYTHING, ANY_LINE, before=None, limit=10)
    found += engine.search(phrases("book"), EVERYTHING, ANY_LINE, before=None, limit=10)
    assert {(hit.number, hit.tool) for hit in found} == {(1, ""), (1, "book")}


def test_a_replaced_call_leaves_nothing_of_its_older_self(engine: SqliteEngine) -> None:
    oracle = Oracle()
    for version in range(4):
        calls = [call(f"call-{number}", NOON_MS + number * version, version + number) for number in range(4)]
        engine.put(ACME, calls)
        oracle.put(ACME, calls)
        ask_all(engine, oracle)
    assert engine.failures(EVERYTHING, examples=0).causes[0].count == 4
    assert engine.check() == []


@pytest.mark.parametrize("count", [FEW_CALLS - 40, 2 * FEW_CALLS])
def test_calls_chosen_by_their_facts_are_searched_alone_few_or_many(engine: SqliteEngine, count: int) -> None:
    oracle = Oracle()
    calls: list[CallRows] = []
    for number in range(count + 60):
        direction = "inbound" if number % 8 else "outbound"
        at_ms = NOON_MS + number // 3 if number % 50 else HOSTILE_MS[number // 50 % len(HOSTILE_MS)]
        made = call(f"call-{number:04d}", at_ms, 1 + number % 3)
        calls.append(replace(made, facts=replace(made.facts, direction=direction)))
    engine.put(ACME, calls)
    oracle.put(ACME, calls)
    for direction in ("inbound", "outbound"):
        chosen = Selection(facts=FactFilter(directions=(direction,)))
        for words in ("table", "a table", "nowhere"):
            wanted = oracle.search(phrases(words), chosen, ANY_LINE)
            assert placed(engine.search(phrases(words), chosen, ANY_LINE, before=None, limit=10_000)) == wanted
            paged = [hit for page in all_pages(engine, phrases(words), chosen, ANY_LINE, 40) for hit in page]
            assert placed(paged) == wanted
            counted = engine.count_hits(phrases(words), chosen, ANY_LINE)
            assert counted == (len(wanted), len({key for key, *_ in wanted}), False)


def test_half_a_surrogate_pair_and_a_zero_byte_stop_nothing(engine: SqliteEngine) -> None:
    odd = "x\ud800\x00y"
    made = call("odd", NOON_MS)
    lines = [replace(line, words=f"{odd} table", text=odd, tool=odd) for line in made.lines]
    tools = [replace(tool, tool=odd) for tool in made.tools]
    failures = [replace(failure, tool=odd, signature=odd) for failure in made.failures]
    engine.put(odd, [replace(made, id=odd, agent_words=odd, lines=lines, tools=tools, failures=failures)])
    hits = engine.search(phrases("table"), Selection(agent=odd), LineFilter(tools=(odd,)), before=None, limit=10)
    assert {hit.text for hit in hits} == {odd}
    assert engine.failures(EVERYTHING, examples=0).causes[0].count == 1
    assert engine.purge(EVERYTHING) == 1
    assert engine.check() == []


def test_counting_stops_where_an_exact_number_does_not_matter(engine: SqliteEngine) -> None:
    engine.put(
        ACME, [kept(transcript("many", *[user("table")] * (MOST_COUNTED + 1))), kept(transcript("one", user("pier")))]
    )
    assert engine.count_hits(phrases("table"), EVERYTHING, ANY_LINE) == (MOST_COUNTED, 1, True)
    assert engine.count_hits(phrases("pier"), EVERYTHING, ANY_LINE) == (1, 1, False)
    assert engine.count_hits((), EVERYTHING, ANY_LINE) == (MOST_COUNTED, 1, True)
