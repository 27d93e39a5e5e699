"""Arguments as hosts really send them, through the protocol: each is understood, noted, or refused by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tool_client import WEEK, ref

if TYPE_CHECKING:
    from tool_client import Host

pytestmark = pytest.mark.anyio

CALL = ref("lumbre-anniversary-timeout")
ID = CALL.partition(":")[2]
CURSOR = re.compile(r'cursor="([^"]*)"')
NUMBERED = re.compile(r"^(\d+) ", re.MULTILINE)


def numbers(answer: str) -> list[int]:
    return [int(number) for number in NUMBERED.findall(answer)]


def cursor_of(answer: str) -> str:
    found = CURSOR.search(answer)
    assert found is not None, answer
    return found[1]


@pytest.mark.parametrize(
    "sent",
    [
        {"call_id": ID},
        {"callId": CALL},
        {"id": CALL.upper()},
        {"call": f"`{CALL}`"},
        {"call-id": ID.replace("-", "")},
        {"ref": [CALL]},
        {"url": f"https://app.ultravox.ai/calls/{ID}"},
        {"call_id": f"what went wrong in {CALL}?"},
        {"arguments": {"call_id": CALL}},
        {"params": f'{{"call_id": "{CALL}"}}'},
        {"call_id": CALL, "stage": None, "roles": [], "messages": "none", "contains": "", "detail": "null"},
        {"call_id": CALL, "roles": "all", "maxTokens": "6000", "detail": "COMPACT"},
    ],
    ids=str,
)
async def test_one_transcript_by_any_way_of_asking(host: Host, sent: dict[str, object]) -> None:
    assert await host.ask("list_call_messages", **sent) == await host.ask("list_call_messages", call_id=CALL)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ({"call_id": f"{CALL}#8"}, [8]),
        ({"call_id": CALL, "messages": 8}, [8]),
        ({"call_id": CALL, "messages": [8, "#2"]}, [2, 8]),
        ({"call_id": CALL, "messages": "last 2"}, [24, 25]),
        ({"call_id": CALL, "messages": "0:26-0:31"}, [8, 10]),
        ({"call_id": CALL, "around": 8}, [3, 4, 5, 6, 7, 8, 10, 11, 13, 14, 15]),
        ({"call_id": CALL, "around": "0:26", "roles": "tool"}, [8, 11]),
        ({"call_id": f"{CALL}#2", "around": "8+-1"}, [7, 8, 10]),
        ({"call_id": CALL, "verdict": "failures"}, [8]),
        ({"call_id": CALL, "verdict": "success"}, [11, 17, 21]),
    ],
    ids=str,
)
async def test_lines_are_chosen_in_every_way(host: Host, sent: dict[str, object], shown: list[int]) -> None:
    answer = await host.ask("list_call_messages", **sent)
    assert numbers(answer) == shown
    assert ("#2 of call_id was left out" in answer) == ("#2" in str(sent["call_id"]))


async def test_a_call_is_named_by_the_start_of_its_id_once_it_was_listed(host: Host) -> None:
    unknown = await host.refused("get_call", call_id=ID[:8])
    assert unknown == f'No known call has an id that starts with "{ID[:8]}". list_calls shows complete ids.'
    await host.ask("list_calls")
    assert (await host.ask("get_call", call_id=ID[:8])).startswith(f"{CALL} ")
    assert (await host.ask("get_call", call_id=f"Ultravox:{ID[:9].upper()}…")).startswith(f"{CALL} ")
    assert (await host.ask("get_call", call_id=ID.replace("-", "")[:14])).startswith(f"{CALL} ")


async def test_a_call_of_the_archive_is_named_by_the_start_of_its_id(filled: Host) -> None:
    assert (await filled.ask("get_call", call_id=ID[:8])).startswith(f"{CALL} ")


async def test_a_number_beyond_its_bound_is_told(host: Host) -> None:
    answer = await host.ask("list_calls", limit=5000, since="2026-05-31", until="2026-06-02")
    assert answer.endswith("\nNote: limit is at most 100; 5000 was sent.")
    assert (await host.ask("list_calls", limit=0)).startswith("1 call")


@pytest.mark.parametrize("tool", ["list_calls", "summarize_tool_failures", "search_messages"])
async def test_every_provider_and_no_agent_are_not_given(filled: Host, tool: str) -> None:
    asked = {"text": "table"} if tool == "search_messages" else {}
    plain = await filled.ask(tool, **WEEK, **asked)
    assert await filled.ask(tool, **WEEK, **asked, provider="all", agent="null") == plain


async def test_a_list_goes_on_with_another_limit(host: Host) -> None:
    whole = re.findall(r"^((?:ultravox|diga):\S+) ", await host.ask("list_calls", limit=30), re.MULTILINE)
    first = await host.ask("list_calls", limit=7)
    second = await host.ask("list_calls", limit=20, cursor=cursor_of(first))
    third = await host.ask("list_calls", limit=3, cursor=cursor_of(second))
    found = [
        ref for page in (first, second, third) for ref in re.findall(r"^((?:ultravox|diga):\S+) ", page, re.MULTILINE)
    ]
    assert found == whole


async def test_a_transcript_goes_on_with_another_detail_and_another_size(host: Host) -> None:
    long = ref("heron-stock-count")
    first = await host.ask("list_call_messages", call_id=long, max_tokens=800)
    second = await host.ask("list_call_messages", call_id=long, max_tokens=3000, detail="full", cursor=cursor_of(first))
    assert numbers(second)[0] == numbers(first)[-1] + 1
    changed = await host.refused("list_call_messages", call_id=long, roles="user", cursor=cursor_of(first))
    assert changed.startswith("This cursor belongs to another question.")


async def test_a_search_goes_on_with_another_limit(filled: Host) -> None:
    def hits(answer: str) -> list[str]:
        return re.findall(r"^  #\d+ .*", answer, re.MULTILINE)

    whole = await filled.ask("search_messages", text="table", limit=100)
    first = await filled.ask("search_messages", text="table", limit=3)
    second = await filled.ask("search_messages", text="table", limit=100, cursor=cursor_of(first))
    assert hits(first) + hits(second) == hits(whole)
    total = len(hits(whole))
    assert first.startswith(f"3 of {total} hits in ")
    assert second.startswith(f"The next {total - 3} of {total} hits in ")


@pytest.mark.parametrize(
    ("tool", "asked"),
    [
        ("summarize_tool_failures", {"call_id": CALL}),
        ("summarize_tool_failures", WEEK),
        ("search_messages", WEEK),
    ],
)
async def test_a_tool_is_found_by_its_name_in_any_spelling(filled: Host, tool: str, asked: dict[str, object]) -> None:
    plain = await filled.ask(tool, **asked, tool="check_availability")
    assert "check_availability" in plain
    for name in ("check-availability", "Check Availability", "checkAvailability"):
        assert await filled.ask(tool, **asked, tool=name) == plain


@pytest.mark.parametrize("asked", [{"call_id": CALL}, WEEK], ids=["call", "week"])
async def test_failures_are_of_one_tool_or_several(filled: Host, asked: dict[str, object]) -> None:
    both = await filled.ask("summarize_tool_failures", **asked, tool=["Check Availability", "create_booking"])
    assert " (only check_availability and create_booking)" in both.splitlines()[0]
    assert both == await filled.ask("summarize_tool_failures", **asked, tool="check_availability, CREATE-BOOKING")
    names = ("check_availability", "create_booking")
    alone = [await filled.ask("summarize_tool_failures", **asked, tool=name) for name in names]
    assert tool_calls(both) == sum(map(tool_calls, alone))


def tool_calls(answer: str) -> int:
    counted = re.search(r" · (\d+) tool calls?: ", answer)
    return int(counted[1]) if counted is not None else 0


async def test_failures_of_one_verdict_are_of_all_calls(filled: Host) -> None:
    whole = await filled.ask("summarize_tool_failures", **WEEK)
    only = await filled.ask("summarize_tool_failures", **WEEK, verdict="suspected")
    suspected = re.search(r"(\d+) suspected, ", whole)
    assert suspected is not None
    assert tool_calls(only) == tool_calls(whole)
    assert f": {suspected[1]} suspected, other failures left out, in " in only.splitlines()[0]
    outcomes = set(re.findall(r" -> (failed|suspected|no_result)\b", only))
    assert outcomes == {"suspected"}
    assert await filled.ask("summarize_tool_failures", **WEEK, verdict="failures") == whole
    assert await filled.refused("summarize_tool_failures", **WEEK, verdict="ok, failed") == (
        "verdict takes failed, no_result, suspected or failures here, not ok. list_calls lists calls by every verdict."
    )


@pytest.mark.parametrize("asked", [{"call_id": CALL}, WEEK], ids=["call", "week"])
@pytest.mark.parametrize("verdict", ["failed", "suspected", "no_result", "failed, suspected"])
async def test_the_table_of_tools_counts_failures_of_a_verdict_as_totals_and_causes_do(
    filled: Host, asked: dict[str, object], verdict: str
) -> None:
    answer = await filled.ask("summarize_tool_failures", **asked, verdict=verdict, max_tokens=20_000)
    first, *body = answer.splitlines()
    wanted = verdict.replace("_", " ").split(", ")
    total = re.search(r" tool calls?: (\d+) ", first)
    assert total is not None
    table = [line for line in body if re.match(r"[\w ]+: \d.*(call|failed|suspected|no result)", line)]
    of_verdicts = re.compile(r"(\d+) (?:of \d+ )?(failed|suspected|no result|pending|cancelled|of unknown)")
    counted = [found.groups() for line in table for found in of_verdicts.finditer(line)]
    assert {word for number, word in counted if number != "0"} <= set(wanted)
    if "call_id" not in asked:
        assert sum(int(number) for number, _ in counted) == int(total[1])
    causes = [line for line in body if re.match(r"\d+\. ", line)]
    in_groups = [
        sum(int(number) for number in re.findall(r"(\d+) (?:failed|suspected|no result)", line)) for line in causes
    ]
    assert sum(number or 1 for number in in_groups) == int(total[1])
    rates = [int(found[1]) for line in table if (found := re.match(r"[\w ]+: (\d+) of ", line))]
    assert verdict == "failed, suspected" or rates == sorted(rates, reverse=True)


async def test_hits_are_of_several_tools(filled: Host) -> None:
    one = await filled.ask("search_messages", tool="Check Availability, TRANSFER", refs_only=True)
    assert "for tool check_availability or transfer: " in one


async def test_a_call_is_sought_where_it_is(filled: Host) -> None:
    refused = await filled.refused("get_call", call_id=ID, provider="diga")
    assert refused.endswith(f"Another provider has a call with this id: {CALL}.")
    searched = await filled.ask("search_messages", text=f"https://app.ultravox.ai/calls/{ID}")
    assert "names a call: get_call shows it, list_call_messages its words." in searched
    assert "names a call" not in await filled.ask("search_messages", text="nonsenseword")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("get_transcript", "list_call_messages"),
        ("list_messages", "list_call_messages"),
        ("getFailures", "summarize_tool_failures"),
        ("analyze_errors", "summarize_tool_failures"),
        ("search", "search_messages"),
        ("fetch", "get_call"),
        ("list_recent_calls", "list_calls"),
    ],
)
async def test_an_unknown_tool_is_answered_with_the_nearest(host: Host, name: str, near: str) -> None:
    refused = await host.refused(name)
    assert refused.startswith(f"Unknown tool: {name}. Did you mean {near}")


@pytest.mark.parametrize(
    "name", ["mcp__call-transcripts__get_call", "call-transcripts:get_call", "getCall", "x.get_call"]
)
async def test_a_tool_is_found_behind_the_name_of_its_server(host: Host, name: str) -> None:
    assert (await host.ask(name, call_id=CALL)).startswith(f"{CALL} ")


async def test_a_name_that_does_not_occur_is_answered_with_the_nearest(filled: Host) -> None:
    for asked in ({"call_id": CALL}, WEEK):
        answer = await filled.ask("summarize_tool_failures", **asked, tool="check_avalability")
        assert (
            "No tool check_avalability was called. Did you mean check_availability? The tools called were: " in answer
        )
    answer = await filled.ask("search_messages", tool="check_avalability", roles="tool")
    assert "Note: No tool like check_avalability is known. Did you mean check_availability? Known tools: " in answer
    answer = await filled.ask("search_messages", tool="availability", roles="tool")
    assert "Note: No tool like availability is known. Did you mean check_availability?" in answer
    for tool in ("list_calls", "summarize_tool_failures", "search_messages"):
        text = {"text": "table"} if tool == "search_messages" else {}
        answer = await filled.ask(tool, **WEEK, **text, agent="lumber bookings")
        assert 'Note: No agent like "lumber bookings" is known. Did you mean "Lumbre Bookings"' in answer
    for both in ("Lumbre Bookings, Fenwick", "Lumbre Bookings or Fenwick", "fenwick / Lumbre Bookings"):
        answer = await filled.ask("list_calls", **WEEK, agent=both)
        assert " is known. One agent at a time: ask once for each of " in answer
    clinic = "9aa4b2c1-e9ac-5fec-bc5a-001475369456"  # it has calls, and none of this time
    for agent in (clinic, f"diga:{clinic}", clinic.replace("-", "").upper()):
        answer = await filled.ask("list_calls", agent=agent, until="2020-01-01")
        assert answer.startswith("No calls of agent ")
        assert "Note: No agent" not in answer
    unknown = await filled.ask("list_calls", agent=clinic.replace("9", "8"), until="2020-01-01")
    assert "Note: No agent like 8aa4b2c1-" in unknown
    assert await filled.refused("list_calls", provider="ultrvox") == (
        '"ultrvox" is not a provider. Did you mean ultravox? Use one of: ultravox, diga.'
    )


async def test_an_unknown_argument_is_refused_with_the_nearest(host: Host) -> None:
    assert (await host.refused("list_calls", agnt="x")).startswith(
        'list_calls: unknown argument "agnt": did you mean agent? (it takes since,'
    )
    assert await host.refused("search_messages", text="a", verdict="faild") == (
        "verdict takes ok, failed, suspected, no_result, cancelled, pending, unknown, failures, "
        'not "faild": did you mean failed?'
    )


@pytest.mark.parametrize(
    ("asked", "refs"),
    [
        ({"tool": "check_availability", "verdict": "failures"}, True),
        ({"verdict": "failed"}, False),
        ({"roles": "system"}, False),
    ],
)
async def test_lines_are_searched_without_words(filled: Host, asked: dict[str, object], *, refs: bool) -> None:
    answer = await filled.ask("search_messages", **asked, refs_only=refs)
    assert re.match(r"\d+ (?:of \d+ )?hits in |No hits for system lines", answer)
    assert bool(re.search(r" · \d+ hits?: #\d+", answer)) == refs


async def test_a_search_needs_something_to_look_for(filled: Host) -> None:
    assert await filled.refused("search_messages") == (
        "Give text to search, or choose lines by tool, verdict or roles."
    )
    assert await filled.refused("search_messages", text="-table") == (
        "text only says what to leave out. Add a word to search."
    )


async def test_operators_of_a_search(filled: Host) -> None:
    def count(answer: str) -> int:
        found = re.match(r"(\d+) (?:of (\d+) )?hit", answer)
        return int(found[2] or found[1]) if found else 0

    one, other, both = [
        count(await filled.ask("search_messages", text=text)) for text in ("terrace", "voucher", "terrace OR voucher")
    ]
    assert one
    assert other
    assert both == one + other
    begins = await filled.ask("search_messages", text="availab*", limit=1)
    assert "**" in begins
    assert begins.startswith("1 of ")
    assert " for availab*: " in begins
    without = await filled.ask("search_messages", text="table -terrace")
    assert count(without) < count(await filled.ask("search_messages", text="table"))
    assert "for table, without terrace: " in without
