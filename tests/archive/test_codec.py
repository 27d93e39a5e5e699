"""The model as text and bytes comes back as it was, whatever a provider sent and whichever version wrote it."""

from __future__ import annotations

import json
import zlib
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, TypeVar, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from call_transcripts_mcp.analysis.failures import report
from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.findings.failures import Failure, Kind
from call_transcripts_mcp.model import (
    Call,
    CallStatus,
    Coverage,
    EventKind,
    Message,
    Outcome,
    Role,
    Stage,
    ToolCall,
    ToolEvent,
    Transcript,
    Verdict,
)
from sample_transcripts import sample_transcripts

T = TypeVar("T")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def filled(made: type[T], /, **members: st.SearchStrategy[object]) -> st.SearchStrategy[T]:
    """Every field there is: one that is added to the model has to be added here."""
    assert set(members) == {field.name for field in fields(cast("type[Any]", made)) if field.init}
    return st.builds(made, **members)


words = st.text(st.characters(), max_size=12)
seconds = st.none() | st.floats(allow_nan=False, allow_infinity=False)
moments = st.none() | st.datetimes(timezones=st.just(UTC))
events = filled(
    ToolEvent,
    kind=st.sampled_from(EventKind),
    name=words,
    invocation_id=st.none() | words,
    payload=st.none() | words,
    error_details=st.none() | words,
    outcome=st.none() | st.sampled_from(Outcome),
    outcome_raw=st.none() | words,
    payload_mixed=st.booleans(),
    latency_s=seconds,
)
messages = filled(
    Message,
    number=st.integers(1, 10**6),
    role=st.sampled_from(Role),
    role_raw=words,
    text=words,
    id=st.none() | words,
    stage_number=st.integers(1, 9),
    medium=st.none() | words,
    injected=st.booleans(),
    start_s=seconds,
    end_s=seconds,
    at=moments,
    tool=st.none() | events,
)
tool_calls = filled(
    ToolCall,
    number=st.integers(1, 10**6),
    name=words,
    verdict=st.sampled_from(Verdict),
    evidence=words,
    error=words,
    result_number=st.none() | st.integers(1, 10**6),
    id=st.none() | words,
    id_is_synthetic=st.booleans(),
    arguments_raw=st.none() | words,
    result_raw=st.none() | words,
    error_details=st.none() | words,
    outcome=st.none() | st.sampled_from(Outcome),
    outcome_raw=st.none() | words,
    payload_mixed=st.booleans(),
    start_s=seconds,
    latency_s=seconds,
    at=moments,
    stage_number=st.integers(1, 9),
)
stages = filled(
    Stage,
    id=words,
    number=st.integers(1, 9),
    started_at=moments,
    error_count=st.none() | st.integers(),
    agent=st.none() | words,
    model=st.none() | words,
    platform_agent=st.none() | words,
)
calls = filled(
    Call,
    provider=words,
    id=words,
    status=st.sampled_from(CallStatus),
    status_raw=st.none() | words,
    created_at=moments,
    started_at=moments,
    ended_at=moments,
    duration_s=seconds,
    end_reason=st.none() | words,
    end_reason_raw=st.none() | words,
    direction=st.none() | words,
    agent_id=st.none() | words,
    agent_name=st.none() | words,
    agent_version=st.none() | words,
    revision=st.none() | words,
    contact=st.none() | words,
    transferred=st.none() | st.booleans(),
    platform_success=st.none() | words,
    cost=seconds,
    cost_unit=st.none() | words,
    short_summary=st.none() | words,
    summary=st.none() | words,
    error_count=st.none() | st.integers(),
    metadata=st.dictionaries(words, words, max_size=3),
    stages=st.lists(stages, max_size=2).map(tuple),
    coverage=st.builds(Coverage, limits=st.lists(words, max_size=2).map(tuple)),
    platform_agent_name=st.none() | words,
)
transcripts = filled(
    Transcript,
    call=calls,
    messages=st.lists(messages, max_size=3).map(tuple),
    tool_calls=st.lists(tool_calls, max_size=3).map(tuple),
    complete=st.booleans(),
    is_settling=st.booleans(),
    gaps_are_final=st.booleans(),
    gaps=st.lists(words, max_size=2).map(tuple),
    stage_number=st.none() | st.integers(1, 9),
    inherited=st.dictionaries(st.integers(1, 9), st.integers(0, 99), max_size=2),
)
failures = filled(
    Failure,
    call=calls,
    tool_call=tool_calls,
    error=words,
    signature=words,
    kind=st.sampled_from(Kind),
    caller_before=st.none() | messages,
    next_attempt=st.none() | tool_calls,
    agent_after=st.none() | messages,
    recovered_by=st.none() | tool_calls,
)


def there_and_back(transcript: Transcript) -> Transcript:
    call = codec.call_of(codec.call_text(transcript.call))
    return codec.transcript_of(call, codec.transcript_bytes(transcript))


def member_names(text: str) -> set[str]:
    return set(json.loads(text))


def test_every_sample_call_comes_back_as_it_was() -> None:
    for transcript in sample_transcripts(NOON):
        assert there_and_back(transcript) == transcript


def test_every_failure_of_the_sample_calls_comes_back_as_it_was() -> None:
    found = [failure for transcript in sample_transcripts(NOON) for failure in report(transcript).failures]
    assert len(found) > 20
    for failure in found:
        assert codec.detail_of(Failure, failure.call, codec.detail_text(failure)) == failure


@given(transcripts)
@settings(max_examples=60)
def test_any_transcript_comes_back_as_it_was(transcript: Transcript) -> None:
    assert there_and_back(transcript) == transcript


@given(failures)
@settings(max_examples=50)
def test_any_failure_comes_back_as_it_was(failure: Failure) -> None:
    assert codec.detail_of(Failure, failure.call, codec.detail_text(failure)) == failure


@given(calls)
def test_the_text_of_a_call_is_ascii_whatever_the_provider_sent(call: Call) -> None:
    assert codec.call_text(call).isascii()


def test_enumerations_and_times_come_back_as_what_they_were_and_not_as_text() -> None:
    event = ToolEvent(EventKind.RESULT, "book", outcome=Outcome.FAILED)
    found = there_and_back(
        Transcript(
            Call("acme", "1", CallStatus.ENDED, created_at=NOON, stages=(Stage("s", 1, NOON),)),
            (Message(1, Role.TOOL, "tool", at=NOON, tool=event),),
            (ToolCall(1, "book", Verdict.FAILED, outcome=Outcome.CANCELLED, at=NOON),),
        )
    )
    assert type(found.call.status) is CallStatus
    assert type(found.messages[0].role) is Role
    assert found.messages[0].tool == event
    assert type(found.tool_calls[0].verdict) is Verdict
    assert type(found.tool_calls[0].outcome) is Outcome
    assert found.call.stages == (Stage("s", 1, NOON),)
    assert found.tool_calls[0].at == NOON


def test_what_equals_its_default_is_left_out() -> None:
    assert member_names(codec.call_text(Call("acme", "1"))) == {"provider", "id"}
    packed = codec.transcript_bytes(Transcript(Call("acme", "1"), (Message(1, Role.USER, "user"),)))
    assert json.loads(zlib.decompress(packed)) == {"messages": {"number": [1], "role": ["user"], "role_raw": ["user"]}}


def test_a_time_of_another_zone_comes_back_as_the_same_moment() -> None:
    call = Call("acme", "1", created_at=NOON.astimezone(timezone(timedelta(hours=-3))))
    assert codec.call_of(codec.call_text(call)).created_at == NOON


def test_names_that_this_version_does_not_know_are_passed_over_at_every_depth() -> None:
    def with_more(members: object) -> object:
        if isinstance(members, dict):
            named = cast("dict[str, object]", members)
            return {"mood": {"of": "the caller"}} | {name: with_more(value) for name, value in named.items()}
        return [with_more(value) for value in cast("list[object]", members)] if isinstance(members, list) else members

    transcript = next(one for one in sample_transcripts(NOON) if one.tool_calls)
    transcript = replace(transcript, call=replace(transcript.call, metadata={}))  # its names are the provider's
    call = codec.call_of(json.dumps(with_more(json.loads(codec.call_text(transcript.call)))))
    packed = codec.transcript_bytes(transcript)
    newer = zlib.compress(json.dumps(with_more(json.loads(zlib.decompress(packed)))).encode())
    assert codec.transcript_of(call, newer) == transcript


@pytest.mark.parametrize("packed", [b"", b"no zlib", zlib.compress(b"no json"), zlib.compress(b"\xff")])
def test_what_is_no_transcript_is_a_value_error(packed: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        codec.transcript_of(Call("acme", "1"), packed)


@pytest.mark.parametrize(
    ("at", "at_ms"),
    [
        (None, None),
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC), -1),
        (datetime(1, 1, 1, tzinfo=UTC), -62_135_596_800_000),
        (datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC), 253_402_300_799_999),
        (datetime(2026, 6, 1, 12, 0, 0, 7_000, tzinfo=UTC), 1_780_315_200_007),
    ],
)
def test_times_are_counted_in_milliseconds_and_back(at: datetime | None, at_ms: int | None) -> None:
    assert codec.millis(at) == at_ms
    assert codec.moment(at_ms) == at


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_is_counted_to_the_millisecond_below(at: datetime) -> None:
    found = codec.moment(codec.millis(at))
    assert found is not None
    assert timedelta(0) <= at - found < timedelta(milliseconds=1)
