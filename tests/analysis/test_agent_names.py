"""Agents as groups: as short as tells them apart, and never cut."""

from __future__ import annotations

from call_transcripts_mcp.analysis.groups import named
from call_transcripts_mcp.analysis.summary import agent_word
from call_transcripts_mcp.findings.summary import CallStats, Dimension


def test_an_agent_has_no_more_words_than_tell_it_from_the_others() -> None:
    agents = [
        agent_word("ultravox", "a1", "Booking"),
        agent_word("retell", "r1", "Booking"),
        agent_word("ultravox", "a2", "Clinic"),
        agent_word("ultravox", "a3", "Clinic"),
        agent_word("diga", "d1", ""),
        agent_word("vapi", "d1", ""),
        agent_word("diga", "d2", ""),
        agent_word("diga", "d3", "Night desk"),
        agent_word("diga", "", ""),
    ]
    (found,) = named([(((word,), CallStats(calls=1)) for word in agents)], (Dimension.AGENT,), {})
    assert [name for (name,) in found] == [
        "Booking (ultravox)",
        "Booking (retell)",
        "Clinic (ultravox:a2)",
        "Clinic (ultravox:a3)",
        "diga:d1",
        "vapi:d1",
        "d2",
        "Night desk",
        "",
    ]


def test_an_agent_has_the_same_name_in_both_windows_though_its_namesake_called_in_one_alone() -> None:
    ours, namesake = (agent_word(provider, "a1", "Booking") for provider in ("ultravox", "retell"))
    now, before = named(
        [[((ours,), CallStats(calls=3)), ((namesake,), CallStats(calls=2))], [((ours,), CallStats(calls=1))]],
        (Dimension.AGENT,),
        {},
    )
    assert {key: stats.calls for key, stats in now.items()} == {("Booking (ultravox)",): 3, ("Booking (retell)",): 2}
    assert {key: stats.calls for key, stats in before.items()} == {("Booking (ultravox)",): 1}
