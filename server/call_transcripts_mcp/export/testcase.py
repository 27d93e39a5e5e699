"""Failed tool calls as test cases: the conversation before them, results to play back, what failed, what was expected.

A test runner gives an agent the conversation, answers its tool calls with the mocks, and compares what it does with
`expected`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from call_transcripts_mcp.analysis.refusals import is_refusal
from call_transcripts_mcp.export.chat import chat_messages

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from call_transcripts_mcp.findings.failures import Failure, Kind
    from call_transcripts_mcp.model import ToolCall, Transcript, Verdict

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MockDocument:
    """One tool call of the recorded call, to be answered in the test as it was answered then.

    Attributes:
        number: the message that made it.
        tool: the tool's name.
        arguments: parsed if they are JSON, otherwise as text; null if the platform gives none.
        result: what the tool returned, as text; null if it returned nothing.
        error: what the platform says about the error; null if it says nothing.
        verdict: how it ended.
        latency_s: how long it took in seconds; null if that is not known.
        is_failure: whether this is the failure that the case is about; it is the last mock.
    """

    number: int
    tool: str
    arguments: Any
    result: str | None
    error: str | None
    verdict: Verdict
    latency_s: float | None
    is_failure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedDocument:
    """What failed, and what the agent did then.

    Attributes:
        tool: the tool's name.
        arguments: parsed if they are JSON, otherwise as text.
        kind: the kind of failure.
        is_refusal: whether the business said no; otherwise it is a technical failure.
        signature: the error without its variable parts, as in `failures --json`.
        error: the best description of the reason.
        verdict: failed, suspected or no_result.
        evidence: the fact on which the verdict is based.
        agent_said: the agent's next words; null if it said nothing more.
    """

    tool: str
    arguments: Any
    kind: Kind
    is_refusal: bool
    signature: str
    error: str
    verdict: Verdict
    evidence: str
    agent_said: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedDocument:
    """What a good run does.

    Attributes:
        source: "recovery" if the same call shows it, since the tool succeeded later with these arguments; "refusal" if
            the business said no, so that the agent has to tell the caller; "assumption" if nothing in the call shows
            more than that the tool call should have succeeded.
        tool: the tool that the agent calls.
        arguments: with which arguments; those that failed, unless the call shows better ones.
        succeeds: whether the tool call succeeds; false for a refusal.
        result: the recorded result of the success; null if there was none.
        claims_success: whether the agent may tell the caller that it worked while the tool call has not succeeded.
    """

    source: str
    tool: str
    arguments: Any
    succeeds: bool
    result: str | None
    claims_success: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDocument:
    """One failed tool call as a test case.

    Attributes:
        name: for people: the message, the tool and the kind of failure.
        ref: the call.
        message: the message that made the failed tool call.
        agent_id: the provider's id of the agent.
        agent_name: the agent's name.
        agent_version: the version of the agent's definition.
        created_at: when the call was created.
        messages: the conversation before the failed tool call, as chat messages of OpenAI's API.
        mocks: the tool calls up to the failed one, in order.
        failed: what failed.
        expected: what was expected.
    """

    name: str
    ref: str
    message: int
    agent_id: str | None
    agent_name: str | None
    agent_version: str | None
    created_at: datetime | None
    messages: tuple[dict[str, Any], ...]
    mocks: tuple[MockDocument, ...]
    failed: FailedDocument
    expected: ExpectedDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesDocument:
    """`export --format testcase`: the failed tool calls of one call or of a window, as test cases.

    Attributes:
        version: of this format.
        is_sample: whether the calls are built-in sample data.
        cases: newest call first, within a call in its order.
        gaps: what could not be read, in sentences.
    """

    version: int
    is_sample: bool
    cases: tuple[CaseDocument, ...]
    gaps: tuple[str, ...]


def cases(transcript: Transcript, failures: Iterable[Failure]) -> list[CaseDocument]:
    """The failures of a call as test cases.

    Args:
        transcript: already masked.
        failures: of this transcript.
    """
    return [_case(transcript, failure) for failure in failures]


def _case(transcript: Transcript, failure: Failure) -> CaseDocument:
    call, failed = transcript.call, failure.tool_call
    earlier = [one for one in transcript.tool_calls if one.number <= failed.number]
    return CaseDocument(
        name=f"{call.ref}#{failed.number} {failed.name}: {failure.kind}",
        ref=call.ref,
        message=failed.number,
        agent_id=call.agent_id,
        agent_name=call.agent_name,
        agent_version=call.agent_version,
        created_at=call.created_at,
        messages=tuple(chat_messages(transcript, before=failed.number)),
        mocks=tuple(_mock(one, is_failure=one.number == failed.number) for one in earlier),
        failed=FailedDocument(
            tool=failed.name,
            arguments=_value(failed.arguments_raw),
            kind=failure.kind,
            is_refusal=is_refusal(failure.kind, failure.signature),
            signature=failure.signature,
            error=failure.error,
            verdict=failed.verdict,
            evidence=failed.evidence,
            agent_said=failure.agent_after.text if failure.agent_after else None,
        ),
        expected=_expected(failure),
    )


def _expected(failure: Failure) -> ExpectedDocument:
    failed, success = failure.tool_call, failure.recovered_by
    refused = success is None and is_refusal(failure.kind, failure.signature)
    return ExpectedDocument(
        source="recovery" if success else "refusal" if refused else "assumption",
        tool=failed.name,
        arguments=_value((success or failed).arguments_raw),
        succeeds=not refused,
        result=success.result_raw if success else None,
        claims_success=False,
    )


def _mock(tool_call: ToolCall, *, is_failure: bool) -> MockDocument:
    return MockDocument(
        number=tool_call.number,
        tool=tool_call.name,
        arguments=_value(tool_call.arguments_raw),
        result=tool_call.result_raw,
        error=tool_call.error_details,
        verdict=tool_call.verdict,
        latency_s=tool_call.latency_s,
        is_failure=is_failure,
    )


def _value(raw: str | None) -> Any:  # noqa: ANN401 - JSON of any kind
    if raw is None:
        return None
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return raw
