"""How each tool call ended, and the evidence for that verdict.

The provider's word comes first and is never overwritten; contrary evidence in a body is shown next to it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.bodies import compact, fields_of, read_body
from call_transcripts_mcp.analysis.cause_headline import full_description
from call_transcripts_mcp.analysis.error_values import Finding
from call_transcripts_mcp.analysis.pairing import pair
from call_transcripts_mcp.analysis.suspicion import (
    find_in_arguments,
    find_in_messages,
    find_in_mixed,
    find_suspicion,
)
from call_transcripts_mcp.model import CallStatus, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.model import Message, ToolCall

_ORPHAN = "result without a call"
_CALLED_OFF: dict[Outcome | None, tuple[Verdict, str]] = {
    Outcome.CANCELLED: (Verdict.CANCELLED, "the provider says cancelled"),
    Outcome.NOT_RUN: (Verdict.NO_RESULT, "the provider says that the tool never ran"),
}
_GOES_ON = frozenset({CallStatus.CREATED, CallStatus.ACTIVE})

# Keys that may give the reason in a call that failed according to the provider, the clearest first. `reason` and
# `message` are often arguments, so they count only in results, and after the keys that no tool takes as an argument.
_KEYS_OF_ERRORS = (
    "error", "errors", "failurereason", "errormessage", "errordescription", "errordetails", "exception", "fault",
    "failuremessage", "errorcode",
)  # fmt: skip
_KEYS_OF_REASONS = ("reason", "message", "detail", "details", "msg", "description", "statusmessage", "cause")


def judged(messages: Sequence[Message], call_status: CallStatus, *, complete: bool = True) -> tuple[ToolCall, ...]:
    """The tool calls of a transcript, paired and judged; `complete` when every page of it was read."""
    return tuple(judge(tool_call, call_status, complete=complete) for tool_call in pair(messages))


def judge(tool_call: ToolCall, call_status: CallStatus, *, complete: bool = True) -> ToolCall:
    """The tool call with its verdict, the evidence for it, and in `error` the reason for a failure."""
    verdict, evidence = _verdict(tool_call, call_status, complete=complete)
    found = replace(tool_call, verdict=verdict, evidence=evidence)
    error = error_text(found)
    return replace(found, error=error) if error else found  # most succeeded, and a copy takes as long as the judging


def error_text(tool_call: ToolCall) -> str:
    """The best description of why a judged tool call did not succeed, not clipped.

    The provider's own description, else the part of the body that the evidence names, else the whole result, else the
    evidence. "" for the verdicts ok, pending and unknown.
    """
    if tool_call.verdict in {Verdict.OK, Verdict.PENDING, Verdict.UNKNOWN}:
        return ""
    if _is_said(tool_call.error_details):
        return tool_call.error_details or ""
    found = _account_of(tool_call)
    result = tool_call.result_raw or ""
    if (
        found is not None and found.account and not result.startswith(found.account)
    ):  # else it is the start of the whole text
        return full_description(found.account, result)
    if _is_said(result):
        return result
    return tool_call.evidence


def _verdict(tool_call: ToolCall, call_status: CallStatus, *, complete: bool) -> tuple[Verdict, str]:
    if _is_said(tool_call.error_details) or tool_call.outcome is Outcome.FAILED:
        return Verdict.FAILED, _words_of_failure(tool_call)
    if tool_call.outcome in _CALLED_OFF:
        verdict, words = _CALLED_OFF[tool_call.outcome]
        return verdict, _with_key(tool_call.outcome_raw or words, tool_call)
    if tool_call.outcome is Outcome.STARTED:
        return _verdict_of_start(tool_call, call_status)
    if tool_call.outcome is None and tool_call.result_number is None:
        return _verdict_without_result(tool_call, call_status, complete=complete)
    if tool_call.outcome is None and _is_record(tool_call):
        words = tool_call.outcome_raw or "the provider recorded no outcome"
        found = _suspicion(tool_call)
        return Verdict.UNKNOWN, f"{words}, and {found.words}" if found else words
    return _verdict_of_result(tool_call)


def _verdict_of_start(tool_call: ToolCall, call_status: CallStatus) -> tuple[Verdict, str]:
    words = tool_call.outcome_raw or "the provider says started"
    if call_status in _GOES_ON:
        return Verdict.PENDING, f"{words}, and the call goes on"
    found = _suspicion(tool_call)
    return Verdict.UNKNOWN, f"{words}, and nothing after it" + (f", but {found.words}" if found else "")


def _verdict_without_result(tool_call: ToolCall, call_status: CallStatus, *, complete: bool) -> tuple[Verdict, str]:
    if tool_call.outcome_raw:
        return Verdict.UNKNOWN, tool_call.outcome_raw
    if call_status in _GOES_ON:
        return Verdict.PENDING, "no result yet, the call goes on"
    if not complete:
        return Verdict.UNKNOWN, "no result in what could be read"
    if call_status is CallStatus.ENDED:
        return Verdict.NO_RESULT, "no result by the end of the call"
    return Verdict.UNKNOWN, "no result, and it is not known whether the call ended"


def _verdict_of_result(tool_call: ToolCall) -> tuple[Verdict, str]:
    """The verdict on a tool call that has a result, or that succeeded according to the provider."""
    words = tool_call.outcome_raw or ("the provider says success" if tool_call.outcome is Outcome.SUCCEEDED else "")
    found = _suspicion(tool_call)
    if _is_orphan(tool_call):  # nothing was called, so nothing can have succeeded
        words = f"{words}, {_ORPHAN}" if words else _ORPHAN
        return (Verdict.SUSPECTED, f"{words}, and {found.words}") if found else (Verdict.UNKNOWN, words)
    if found is not None:
        return Verdict.SUSPECTED, f"{words}, but {found.words}" if words else found.words
    if words or _is_said(tool_call.result_raw):
        return Verdict.OK, words
    return Verdict.OK, "empty result"


def _words_of_failure(tool_call: ToolCall) -> str:
    raw = tool_call.outcome_raw
    if not _is_said(tool_call.error_details):
        return _with_key(raw or "the provider says failed", tool_call)
    if tool_call.outcome is Outcome.FAILED:
        return raw or "the provider says failed"
    return f"{raw}, but errorDetails present" if raw else "errorDetails present"


def _with_key(words: str, tool_call: ToolCall) -> str:
    """The provider's word, and where in the payload the reason was found."""
    found = _account_of(tool_call)
    return f"{words}, {found.path}" if found is not None and found.path not in {"result", "payload"} else words


def _is_orphan(tool_call: ToolCall) -> bool:
    """Whether this is a result without a call in the transcript; a record holds both in one row."""
    return tool_call.result_number == tool_call.number and tool_call.result_raw is not None


def _is_record(tool_call: ToolCall) -> bool:
    """Whether this is one row, or a start and its end: the payload is in the arguments, without a separate result."""
    if tool_call.result_raw is not None or tool_call.result_number is None:
        return False
    return tool_call.outcome is not None or tool_call.result_number == tool_call.number


def _suspicion(tool_call: ToolCall) -> Finding | None:
    if tool_call.result_raw is not None:
        return find_suspicion(tool_call.result_raw)
    if tool_call.arguments_raw is None or not _is_record(tool_call):
        return None
    return (find_in_mixed if tool_call.payload_mixed else find_in_arguments)(tool_call.arguments_raw)


def _account_of(tool_call: ToolCall) -> Finding | None:
    """Where the payload gives the reason: the evidence against it, else a key for reasons."""
    found = _suspicion(tool_call)
    if found is not None or tool_call.verdict is Verdict.SUSPECTED:
        return found
    if tool_call.result_raw is not None:
        return _keyed(tool_call.result_raw, "result", (*_KEYS_OF_ERRORS, *_KEYS_OF_REASONS))
    if tool_call.arguments_raw is None or not _is_record(tool_call):
        return None
    if tool_call.payload_mixed:
        return _keyed(tool_call.arguments_raw, "payload", (*_KEYS_OF_ERRORS, *_KEYS_OF_REASONS))
    value = read_body(tool_call.arguments_raw)
    fields = fields_of(value) if isinstance(value, dict) else {}
    # A message among plain arguments is usually the text to send, unless it begins like a failure.
    return _keyed(tool_call.arguments_raw, "payload", _KEYS_OF_ERRORS) or find_in_messages(fields, "payload")


def _keyed(body: str, root: str, names: tuple[str, ...]) -> Finding | None:
    value = read_body(body)
    fields = fields_of(value) if isinstance(value, dict) else {}
    given = ((fields[name][0], fields[name][1]) for name in names if name in fields)
    said = (Finding(f"{root}.{key}", member, compact(member)) for key, member in given if member)
    return next((found for found in said if found.account.strip()), None)


def _is_said(text: str | None) -> bool:
    return text is not None and bool(text.strip())
