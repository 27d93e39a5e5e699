"""Failures as a person asks about them: one group a cause, with what came before and what came after."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from call_transcripts_mcp.analysis.failures import causes, join_stats, report, tool_stats
from call_transcripts_mcp.findings.failures import Kind, Scope
from call_transcripts_mcp.model import Call, CallStatus, Message, Role, ToolCall, Transcript, Verdict
from growth_of_time import assert_grows_no_faster

CREATED = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def called(
    number: int, name: str = "book", verdict: Verdict = Verdict.FAILED, error: str = "boom", **more: object
) -> ToolCall:
    failed = verdict not in (Verdict.OK, Verdict.PENDING, Verdict.CANCELLED, Verdict.UNKNOWN)
    made = ToolCall(number, name, verdict=verdict, error=error if failed else "", result_number=number + 1)
    return replace(made, **more)  # pyright: ignore[reportArgumentType]


def user(number: int, text: str = "please") -> Message:
    return Message(number, Role.USER, "user", text)


def agent(number: int, text: str = "sorry") -> Message:
    return Message(number, Role.AGENT, "agent", text)


def transcript(*parts: Message | ToolCall, call_id: str = "1", created: datetime | None = CREATED) -> Transcript:
    """What was said and which tools were called; the messages of the tool calls themselves do not matter here."""
    return Transcript(
        call=Call("acme", call_id, status=CallStatus.ENDED, created_at=created),
        messages=tuple(part for part in parts if isinstance(part, Message)),
        tool_calls=tuple(part for part in parts if isinstance(part, ToolCall)),
    )


def test_eighteen_timeouts_with_other_ids_and_durations_are_one_group() -> None:
    errors = [
        f"Request to https://api.example.com/v1/slots/{at}f{at}e{at}9 timed out after 2.50{at} seconds"
        for at in range(18)
    ]
    (cause,) = causes([report(transcript(*(called(2 * at + 1, error=error) for at, error in enumerate(errors))))])
    assert len(cause.failures) == 18
    assert cause.kind is Kind.TIMEOUT
    assert cause.call_count == 1


def test_other_errors_and_other_tools_are_groups_of_their_own_largest_first() -> None:
    found = causes(
        [
            report(
                transcript(
                    called(1, error="HTTP 404 Not Found: no booking A-1"),
                    called(3, error="HTTP 502 Bad Gateway"),
                    called(5, error="HTTP 404 Not Found: no booking A-2"),
                    called(7, "pay", error="HTTP 502 Bad Gateway"),
                )
            )
        ]
    )
    assert [(cause.tool, cause.kind, len(cause.failures)) for cause in found] == [
        ("book", Kind.NOT_FOUND, 2),
        ("book", Kind.SERVER_ERROR, 1),
        ("pay", Kind.SERVER_ERROR, 1),
    ]


@pytest.mark.parametrize(
    ("error", "evidence", "kind"),
    [
        ("Tool call timed out.", "", Kind.TIMEOUT),
        ("HTTP 401 Unauthorized: token expired", "", Kind.AUTHENTICATION),
        ("HTTP 422: date is required", "", Kind.VALIDATION),
        ("HTTP 429 Too Many Requests", "", Kind.RATE_LIMIT),
        ("connect ECONNREFUSED 10.0.0.1:443", "", Kind.NETWORK),
        ("Unable to book: table T7 is taken", "", Kind.REFUSAL),
        ("it just did not", "result.statusCode=503", Kind.SERVER_ERROR),
        ("it just did not", "errorDetails present", Kind.UNKNOWN),
    ],
)
def test_the_kind_is_of_the_error_or_else_of_the_evidence(error: str, evidence: str, kind: Kind) -> None:
    (cause,) = causes([report(transcript(called(1, error=error, evidence=evidence)))])
    assert cause.kind is kind


def test_a_group_across_calls_counts_them_and_has_the_newest_call_first() -> None:
    days = [transcript(called(1), called(5), call_id=str(age), created=CREATED - timedelta(age)) for age in (2, 0, 1)]
    (cause,) = causes([report(day) for day in days])
    assert cause.call_count == 3
    places = [(failure.call.id, failure.tool_call.number) for failure in cause.failures]
    assert places == [("0", 1), ("0", 5), ("1", 1), ("1", 5), ("2", 1), ("2", 5)]


def test_groups_of_one_size_come_as_they_happened_the_newest_call_first() -> None:
    old = transcript(called(1, "zip"), call_id="old", created=CREATED - timedelta(1))
    new = transcript(called(3, "ask"), called(1, "pay"), call_id="new")
    timeless = transcript(called(1, "add"), call_id="timeless", created=None)
    assert [cause.tool for cause in causes([report(one) for one in (timeless, old, new)])] == [
        "pay",
        "ask",
        "zip",
        "add",
    ]


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.SUSPECTED, Verdict.NO_RESULT])
def test_a_failure_has_what_the_caller_said_before_and_the_agent_after(verdict: Verdict) -> None:
    (failure,) = report(
        transcript(user(1, "first"), agent(2, "one moment"), user(3, "last"), user(4, "  "), called(5, verdict=verdict),
                   user(7, "after"), agent(8, ""), agent(9, "I am sorry"), agent(10, "anything else?"))
    ).failures  # fmt: skip
    assert failure.caller_before == user(3, "last")
    assert failure.agent_after == agent(9, "I am sorry")
    assert failure.next_attempt is None


def test_words_during_a_slow_tool_are_not_its_sequel() -> None:
    chatter = [agent(number, "still there?") for number in range(2, 40)]
    (failure,) = report(transcript(called(1, result_number=40), *chatter, agent(41, "it failed"))).failures
    assert failure.agent_after == agent(41, "it failed")


def test_a_failure_in_a_silent_call_has_nothing_around_it() -> None:
    (failure,) = report(transcript(called(1))).failures
    assert (failure.caller_before, failure.agent_after, failure.next_attempt) == (None, None, None)


@pytest.mark.parametrize(("verdict", "recovered"), [(Verdict.OK, 1), (Verdict.FAILED, 0), (Verdict.PENDING, 0)])
def test_the_next_call_of_the_tool_tells_whether_it_recovered(verdict: Verdict, recovered: int) -> None:
    found = report(transcript(called(1), called(3, "other", Verdict.OK), called(5, verdict=verdict)))
    assert found.failures[0].next_attempt == called(5, verdict=verdict)
    assert causes([found])[0].recovered == recovered


def test_a_call_made_side_by_side_is_no_retry() -> None:
    first, beside = called(1, result_number=3), called(2, verdict=Verdict.OK, result_number=4)
    (failure,) = report(transcript(first, beside)).failures
    assert failure.next_attempt is None
    later = called(6, verdict=Verdict.OK)
    (failure,) = report(transcript(first, beside, later)).failures
    assert failure.next_attempt == later


def test_a_call_without_result_is_followed_by_the_next_one() -> None:
    lost = called(1, verdict=Verdict.NO_RESULT, result_number=None)
    assert report(transcript(lost, called(2, verdict=Verdict.OK))).failures[0].next_attempt == called(
        2, verdict=Verdict.OK
    )


def test_neither_cancelled_nor_pending_nor_unknown_is_a_failure() -> None:
    harmless = (Verdict.OK, Verdict.CANCELLED, Verdict.PENDING, Verdict.UNKNOWN)
    found = report(transcript(*(called(2 * at + 1, verdict=verdict) for at, verdict in enumerate(harmless))))
    assert found.failures == ()
    assert found.stats[0].failures == 0
    assert found.stats[0].calls == 4


def test_one_tool_alone_counts_nothing_else() -> None:
    found = report(
        transcript(called(1, "pay"), called(3, "book"), called(5, "book", Verdict.OK)), scope=Scope(("book",))
    )
    assert [(one.name, one.calls, one.failures) for one in found.stats] == [("book", 2, 1)]
    assert [failure.tool_call.name for failure in found.failures] == ["book"]


def test_stats_have_the_median_and_the_longest_of_the_latencies_that_are_known() -> None:
    (one,) = tool_stats(
        [called(at, verdict=Verdict.OK, latency_s=latency) for at, latency in enumerate([0.2, None, 9.0, 0.4, 0.0], 1)]
    )
    assert one.median_s == pytest.approx(0.3)
    assert one.longest_s == 9.0
    (unknown,) = tool_stats([called(1)])
    assert (unknown.median_s, unknown.longest_s) == (None, None)


def test_stats_of_many_calls_join_and_rank_by_failures_then_calls_then_name() -> None:
    reports = [
        report(transcript(called(1, "a", Verdict.OK, latency_s=1.0), called(3, "c"), called(5, "b", Verdict.OK))),
        report(transcript(called(1, "a", Verdict.OK, latency_s=3.0), called(3, "c", Verdict.OK), called(5, "d"))),
    ]
    joined = join_stats(stats for one in reports for stats in one.stats)
    assert [(one.name, one.calls, one.failures) for one in joined] == [
        ("c", 2, 1),
        ("d", 1, 1),
        ("a", 2, 0),
        ("b", 1, 0),
    ]
    assert joined[2].median_s == pytest.approx(2.0)
    assert [one.calls for one in reports[0].stats] == [1, 1, 1], "joining must not change what is joined"


def unanswered(size: int) -> Transcript:
    """A call of so many tool calls, of which every one failed and none was tried again."""
    parts: list[Message | ToolCall] = []
    for at in range(size):
        parts += [user(4 * at + 1), called(4 * at + 2, f"tool_{at}"), agent(4 * at + 4)]
    return transcript(*parts)


def test_time_grows_with_the_tool_calls() -> None:
    calls = {size: unanswered(size) for size in (1_000, 10_000)}
    assert len(report(calls[10_000]).failures) == 10_000
    assert_grows_no_faster(lambda size: lambda: report(calls[size]), 1_000, 10_000)
