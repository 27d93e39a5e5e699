"""`summarize_calls` over the protocol, with the sample platform on a real socket."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tool_client import WEEK

if TYPE_CHECKING:
    from tool_client import Host

pytestmark = pytest.mark.anyio

FOUR_WEEKS = {"since": "2026-05-04T18:00Z", "until": "2026-06-02T00:00Z"}


async def ask(host: Host, **arguments: object) -> str:
    return await host.ask("summarize_calls", **(WEEK | arguments))


def number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    assert found, (pattern, text)
    return int(found[1].replace(",", ""))


async def test_the_totals_are_those_of_the_other_tools(host: Host) -> None:
    text = await ask(host)
    listed = await host.ask("list_calls", limit=100, **WEEK)
    failures = await host.ask("summarize_tool_failures", max_calls=1000, **WEEK)
    calls = number(r"· ([0-9,]+) calls", text)
    assert calls == len(re.findall(r"^(?:ultravox|diga):", listed, re.MULTILINE))
    assert number(r"Tool calls: [0-9,]+ of ([0-9,]+)", text) == number(r"([0-9,]+) tool calls: ", failures)
    of_each = re.search(r"Calls: ([0-9,]+) connected, ([0-9,]+) unjoined[^,]*, ([0-9,]+) going on", text)
    assert of_each
    assert sum(int(part) for part in of_each.groups()) == calls


@pytest.mark.parametrize("by", ["day", "week", "hour", "agent", "ended", "provider", "agent,day"])
async def test_the_rows_of_a_group_add_up_to_the_calls(host: Host, by: str) -> None:
    text = await ask(host, group_by=by, look_at=0)
    _, _, rows = text.partition("\nBy ")
    counts = re.findall(r"^(?!By|Note|INCOMPLETE|SAMPLE).+: ([0-9]+)(?: |$)", rows, re.MULTILINE)
    assert sum(map(int, counts)) == number(r"· ([0-9,]+) calls", text)


async def test_days_come_in_order_of_time_and_agents_by_their_calls(host: Host) -> None:
    days = re.findall(r"^(2026-\d\d-\d\d): ", await ask(host, group_by="day"), re.MULTILINE)
    assert days == sorted(days)
    assert len(days) > 3
    calls = [
        int(one) for one in re.findall(r"^\D.+: ([0-9]+) [0-9]+:", await ask(host, group_by="agent"), re.MULTILINE)
    ]
    assert calls == sorted(calls, reverse=True)


async def test_the_calls_to_look_at_are_said_to_be_two_for_one_reason_only_if_they_are(host: Host) -> None:
    assert "\nCalls to look at, at most two for one reason (" in await ask(host, look_at=10)
    many = await ask(host, look_at=40, **FOUR_WEEKS)
    assert "\nCalls to look at (" in many
    assert many.count(": unusually long wait of ") > 2


async def test_versions_against_each_other_leave_out_the_calls_that_tell_none(host: Host) -> None:
    rows = (await ask(host, group_by="version", look_at=0, **FOUR_WEEKS)).partition("\nBy ")[2]
    of_each = dict(re.findall(r"^([^:\n]+): ([0-9]+)", rows, re.MULTILINE))
    untold = int(of_each.pop("no version told"))
    version, calls = max(of_each.items(), key=lambda one: int(one[1]))
    compared = await ask(host, compare=f"version:{version}", look_at=0, **FOUR_WEEKS)
    assert f"\nNote: {untold} more calls are left out: their version is not known." in compared
    others = number(r"· ([0-9,]+) calls?\n", compared)
    assert others + int(calls) + untold == number(r"· ([0-9,]+) calls", await ask(host, look_at=0, **FOUR_WEEKS))


async def test_an_unknown_tool_is_answered_with_the_nearest(host: Host) -> None:
    answer = await ask(host, tool="check_avalability")
    assert "Note: No tool like check_avalability is known. Did you mean check_availability?" in answer


async def test_a_group_of_few_has_no_rate(host: Host) -> None:
    heading, *rows = (await ask(host, group_by="agent", **FOUR_WEEKS)).partition("\nBy ")[2].split("\n")
    found = [match for row in rows if (match := re.search(r": ([0-9]+) [0-9:]+ [0-9]+/([0-9]+)( [0-9<.]+%)?", row))]
    assert len(found) > 3
    for row in found:
        assert (row[3] is None) == (int(row[2]) < 30 or int(row[1]) < 10)
    assert any(row[3] is None for row in found)
    assert "; no % of fewer than 10 calls or 30 tool calls" in heading


async def test_a_comparison_gives_both_counts_and_says_when_they_are_too_few(host: Host) -> None:
    text = await ask(host, compare="previous")
    assert "Against the window before (2026-05-18T12:00:00Z to 2026-05-25T17:59:59Z)" in text
    rows = [line for line in text.split("\n") if line.startswith("- ") and " against " in line]
    few = [row for row in rows if row.startswith("- too few to say: ")]
    verdicts = {row.rpartition(": ")[2] for row in rows if row not in few}
    assert verdicts <= {"higher", "lower", "no clear difference"}
    assert len(few) <= 1
    assert all(re.search(r"[a-z] \d+/\d+ against \d+/\d+(; |$)", row) for row in few)


async def test_versions_are_set_against_each_other_in_one_window(host: Host) -> None:
    grouped = await ask(host, group_by="version", look_at=0, **FOUR_WEEKS)
    versions = re.findall(r"^([^:\n]+): [0-9]+ ", grouped.partition("\nBy ")[2], re.MULTILINE)
    known = [name for name in versions if name != "no version told"]
    if len(known) > 1:
        text = await ask(host, version=known[0], compare=f"version:{known[1]}", **FOUR_WEEKS)
        assert f"Against version {known[1]}" in text
    text = await ask(host, compare="version:no-such-version", **FOUR_WEEKS)
    assert "Against version no-such-version: no calls, so nothing is compared; group_by=version names" in text


async def test_calls_to_look_at_come_with_a_reason_and_a_place(host: Host) -> None:
    text = await ask(host, look_at=5)
    lines = re.findall(r"^- (?:ultravox|diga):\S+(?: #\d+)?: .+$", text, re.MULTILINE)
    assert 0 < len(lines) <= 5
    assert "Calls to look at" not in await ask(host, look_at=0)


async def test_an_answer_stays_within_its_budget_and_says_what_it_left_out(host: Host) -> None:
    text = await ask(host, group_by=["agent", "day"], max_tokens=600)
    assert "Not shown: " in text
    assert "raise max_tokens" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"group_by": "day,agent,tool"}, "group_by takes one or two, not 3."),
        ({"group_by": "colour"}, "group_by: takes day, week, hour, agent, version, ended, provider, tool"),
        ({"compare": "12"}, "compare takes previous, or a version such as version:12"),
        ({"compare": "version:"}, "compare takes previous, or a version such as version:12"),
        ({"compare": "version:2", "group_by": "version"}, "leave version out of group_by"),
        ({"compare": "previous", "since": "0001-01-03"}, "compare needs a window of the same length"),
    ],
)
async def test_what_cannot_be_answered_is_refused_with_what_to_send(
    host: Host, arguments: dict[str, object], said: str
) -> None:
    assert said in await host.refused("summarize_calls", **arguments)


async def test_a_window_without_calls_has_no_numbers(host: Host) -> None:
    text = await host.ask("summarize_calls", since="2001-01-01", until="2001-01-02")
    assert "no calls" in text
    assert "Duration" not in text


@pytest.mark.parametrize("chosen", [{"tool": "check_availability"}, {"verdict": "suspected"}])
async def test_all_tool_calls_of_calls_chosen_by_one_are_said_to_count(host: Host, chosen: dict[str, str]) -> None:
    assert "\nAll tool calls of these calls: " in await ask(host, group_by="tool", look_at=0, **chosen)
    assert "\nTool calls: " in await ask(host, look_at=0)


async def test_versions_of_several_agents_are_said_to_be_counted_by_each(host: Host) -> None:
    assert "\nBy version (each agent counts its own), " in await ask(host, group_by="version", look_at=0)
    for of_one in ({"group_by": "agent,version"}, {"group_by": "version", "agent": "Lumbre Bookings"}):
        assert "counts its own" not in await ask(host, look_at=0, **of_one)
