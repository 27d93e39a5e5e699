"""Every answer of every tool stays within its budget, counted by the real tokenizer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hostile import (
    CREATED,
    card,
    compared,
    failures_of_many,
    failures_of_one,
    listed,
    transcript_pages,
    transcripts,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from call_transcripts_mcp.analysis.verdicts import judged
from call_transcripts_mcp.model import (
    Call,
    CallStatus,
    EventKind,
    Message,
    Outcome,
    Role,
    Stage,
    ToolEvent,
    Transcript,
)
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from real_tokens import count

FOREIGN = Foreign(redactor("secrets"))
SIZES = (500, 501, 700, 1500, 6000, 20_000)
CARD_TOKENS = LIST_TOKENS = 6000
WORDS = "Kann ich für Freitagabend einen Tisch für 4 bekommen? 预订失败请稍后再试 🎉 xqzvkj "


@given(transcripts(largest=16), st.sampled_from(SIZES), st.sampled_from(["compact", "full"]))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_page_of_any_transcript_is_over_its_budget(transcript: Transcript, size: int, detail: str) -> None:
    for page, _ in transcript_pages(transcript, FOREIGN, "full" if detail == "full" else "compact", size):
        assert count(page) <= size


@given(st.lists(transcripts(), min_size=1, max_size=3), st.sampled_from(SIZES), st.none() | st.just("no such tool"))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_summary_of_failures_is_over_its_budget(found: list[Transcript], size: int, tool: str | None) -> None:
    assert count(failures_of_one(found[0], FOREIGN, size, tool)) <= size
    assert count(failures_of_many(found, FOREIGN, size, tool)) <= size


@given(
    st.lists(transcripts(), max_size=3),
    st.lists(transcripts(), max_size=3),
    st.sampled_from(SIZES),
    st.none() | st.just("no such tool"),
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_comparison_is_over_its_budget(
    found: list[Transcript], before: list[Transcript], size: int, tool: str | None
) -> None:
    assert count(compared(found, before, FOREIGN, size, tool)) <= size


@given(transcripts())
@settings(max_examples=50, deadline=None)
def test_no_card_is_over_its_budget(transcript: Transcript) -> None:
    assert count(card(transcript, FOREIGN)) <= CARD_TOKENS


def big_call(kind: str) -> Transcript:
    """A call that is too large in one respect."""
    tools = 150 if kind == "tools" else 3
    text = WORDS * (30 if kind == "words" else 2)
    found: list[Message] = []
    for number in range(1, 400, 2):
        found.append(Message(number, Role.USER, "user", text[: 40 + number % 60] if kind != "words" else text))
        payload = f'{{"who":"{text[:200]}","id":{number}}}'
        event = ToolEvent(
            EventKind.RECORD, f"herramienta_{number % tools}_{'x' * 60}", None, payload, outcome=Outcome.FAILED,
            error_details=f"{text[: 200 + number]} {chr(0x4E00 + number)}",
        )  # fmt: skip
        stage = 1 + number // 4 if kind == "stages" else 1
        found.append(Message(number + 1, Role.TOOL, "tool", tool=event, stage_number=stage))
    call = Call(
        provider="acme",
        id="0" * 36,
        status=CallStatus.ENDED,
        created_at=CREATED,
        agent_name=text[:200],
        end_reason=text[:200],
        summary=text * 30,
        metadata={f"metadata.{WORDS}{at}": text for at in range(900 if kind == "metadata" else 3)},
        stages=tuple(Stage(str(at), at, CREATED, 1, text, text) for at in range(1, 400 if kind == "stages" else 2)),
    )
    gaps = (f"page 2 failed ({text})",) * (300 if kind == "gaps" else 0)
    return Transcript(call, tuple(found), judged(found, CallStatus.ENDED), complete=not gaps, gaps=gaps)


def shortened(found: Transcript) -> Transcript:
    return replace(found, messages=found.messages[:20], tool_calls=found.tool_calls[:10])


@pytest.mark.parametrize("kind", ["tools", "words", "stages", "metadata", "gaps"])
@pytest.mark.parametrize("size", [500, 6000])
def test_a_call_that_is_huge_in_one_respect_stays_within_the_budget(kind: str, size: int) -> None:
    found = big_call(kind)
    several = [found, replace(found, call=replace(found.call, id="1" * 36, created_at=CREATED - timedelta(1)))]
    assert count(card(found, FOREIGN)) <= CARD_TOKENS
    assert count(failures_of_one(found, FOREIGN, size)) <= size
    assert count(failures_of_many(several, FOREIGN, size)) <= size
    assert count(compared(several, [shortened(found)], FOREIGN, size)) <= size
    for page, _ in transcript_pages(shortened(found), FOREIGN, "compact", size):
        assert count(page) <= size


def test_many_gaps_are_told_in_a_few_lines() -> None:
    answer = card(big_call("gaps"), FOREIGN)
    assert answer.count("INCOMPLETE: ") == 5
    assert "296 more" in answer


@pytest.mark.parametrize("calls", [1, 40])
def test_a_list_of_calls_with_long_words_stays_within_the_budget(calls: int) -> None:
    call = big_call("words").call
    assert count(listed([replace(call, id=f"{at:036}") for at in range(calls)], FOREIGN)) <= LIST_TOKENS
