"""Reads vCons, the IETF's draft format for conversations, with dialogs as text.

Source: https://datatracker.ietf.org/doc/draft-ietf-vcon-vcon-container/ (versions 0.0.1 to 0.4.0).
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast

from call_transcripts_mcp.model import EventKind, Outcome, ToolEvent
from call_transcripts_mcp.providers import wire
from call_transcripts_mcp.providers.files import chat, export
from call_transcripts_mcp.providers.files.draft import Draft, moment, objects, payload, strings, word

if TYPE_CHECKING:
    from datetime import datetime

    from call_transcripts_mcp.providers.files.draft import Line

_AGENTS = ("agent", "bot", "assistant", "ai", "system")
_TOOL_CALLS = "tool_calls"
_CALL_FACTS = "call_facts"

LIMITS = "vCon does not define tool calls; they are shown if the file has them as an attachment"


def is_vcon(value: object) -> bool:
    """Whether this is a vCon."""
    if not isinstance(value, dict):
        return False
    fields = cast("dict[str, Any]", value)
    return "vcon" in fields and isinstance(fields.get("dialog"), list)


def facts_of(vcon: dict[str, Any]) -> dict[str, Any]:
    """The object that holds the facts of the call: the attachment that our own export has, else the vCon."""
    found = next((_body(one) for one in _attached(vcon, _CALL_FACTS)), None)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else vcon


def read(vcon: dict[str, Any], draft: Draft) -> None:
    """Add the dialogs of a vCon."""
    facts = facts_of(vcon)
    if facts is not vcon:
        export.read_call(facts, draft)
        draft.gaps.extend(strings(facts.get("gaps")))
    draft.stages = []  # a dialog names no stage
    _read_dialogs(vcon, draft, is_ours=facts is not vcon)
    for analysis in objects(vcon.get("analysis")):
        if word(analysis, "type") == "summary":
            draft.summary = chat.words_of(analysis.get("body")) or None
    numbered: list[tuple[int | None, Line]] = []
    for attachment in _attached(vcon, _TOOL_CALLS):
        numbered += _read_tool_calls(attachment, draft)
    _put_in_order(draft, numbered)
    draft.has_ended = draft.has_ended or facts is vcon
    draft.limits.append(LIMITS)


def _read_dialogs(vcon: dict[str, Any], draft: Draft, *, is_ours: bool) -> None:
    parties = objects(vcon.get("parties"))
    not_text = 0
    ends: list[datetime] = []
    spoken: list[tuple[Line, datetime]] = []
    for dialog in objects(vcon.get("dialog")):
        at = moment(dialog.get("start"))
        kind = word(dialog, "type") or ""
        end = wire.moment_after(at, wire.number(dialog.get("duration")))
        if kind == "text":
            draft.say(_role(dialog, parties), _text(dialog), at=at, id=word(dialog, "message_id"))
            spoken += [(draft.lines[-1], end)] if end is not None else []
        elif kind == "transfer":
            draft.say("transfer", wire.json_text({key: value for key, value in dialog.items() if key != "type"}), at=at)
        elif kind != "incomplete":  # which has no content
            not_text += 1
        ends += [end] if end is not None else []
    if not is_ours:
        draft.ended_at = max(ends, default=None)
    draft.started_at = draft.started_at or next((line.at for line in draft.lines if line.at is not None), None)
    for line, end in spoken:
        if draft.started_at is not None:
            line.end_offset_s = wire.offset_s((end - draft.started_at).total_seconds())
    if not_text:
        draft.gaps.append(f"{not_text} of its dialogs are not text, such as recordings")


def _attached(vcon: dict[str, Any], purpose: str) -> list[dict[str, Any]]:
    """The attachments with a purpose, which older versions call a type."""
    found = objects(vcon.get("attachments"))
    return [one for one in found if purpose in (word(one, "type"), word(one, "purpose"))]


def _body(attachment: dict[str, Any]) -> object:
    """What is attached; None if it cannot be read."""
    body = attachment.get("body")
    if not isinstance(body, str):
        return body
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _put_in_order(draft: Draft, numbered: list[tuple[int | None, Line]]) -> None:
    """Move attached tool calls to where they happened: by their numbers, or else by their times, if all have these."""
    places = {number: line for number, line in numbered if number is not None and number >= 1}
    if numbered and len(places) == len(numbered) and all(number <= len(draft.lines) for number in places):
        words = iter(draft.lines[: len(draft.lines) - len(numbered)])
        draft.lines[:] = [places.get(number) or next(words) for number in range(1, len(draft.lines) + 1)]
        return
    latest: datetime | None = None
    dated: list[tuple[datetime, Line]] = []
    for line in draft.lines:
        latest = line.at or (latest if line.tool and line.tool.kind is EventKind.RESULT else None)
        if latest is None:
            return
        dated.append((latest, line))
    draft.lines[:] = [line for _, line in sorted(dated, key=itemgetter(0))]


def _role(dialog: dict[str, Any], parties: list[dict[str, Any]]) -> str:
    """The role of the speaker, who is the dialog's originator, or else the first of its parties."""
    given = dialog.get("originator", dialog.get("parties"))
    listed = cast("list[object]", given) if isinstance(given, list) else [given]
    first = listed[0] if listed else None
    party = parties[first] if isinstance(first, int) and 0 <= first < len(parties) else {}
    role = (word(party, "role") or "").lower()
    if chat.known_role(role):
        return role
    named = f"{role} {word(party, 'name') or ''}".lower()
    return "agent" if any(name in named.split() for name in _AGENTS) else role or "user"


def _text(dialog: dict[str, Any]) -> str:
    body = dialog.get("body")
    if isinstance(body, str) and dialog.get("encoding") == "base64url":
        try:
            return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return body
    return chat.words_of(body)


def _read_tool_calls(attachment: dict[str, Any], draft: Draft) -> list[tuple[int | None, Line]]:
    """Read the tool calls in an attachment: `[{name, arguments, result, error, id, at}]`.

    Our own export also gives outcomes, latencies and the numbers of the messages. Returns each added line with its
    number.
    """
    body = _body(attachment)
    if body is None:
        draft.gaps.append("its tool calls are attached in a form that cannot be read")
    added: list[tuple[int | None, Line]] = []
    for found in objects(body):
        number, result_number = wire.count(found.get("number")), wire.count(found.get("result_number"))
        for event, is_result in _events(found, is_one_row=number is not None and number == result_number):
            at = moment(found.get("result_at" if is_result else "at"))
            draft.add_event(event, at=at)
            added.append((result_number if is_result else number, draft.lines[-1]))
    return added


def _events(found: dict[str, Any], *, is_one_row: bool) -> list[tuple[ToolEvent, bool]]:
    """The events of an attached tool call, each with whether it is the result."""
    told = ToolEvent(
        kind=EventKind.CALL,
        name=word(found, "name") or "",
        invocation_id=word(found, "id"),
        payload=payload(found.get("arguments")),
        payload_mixed=found.get("payload_mixed") is True,
    )
    outcome, outcome_raw = wire.one_of(Outcome, found.get("outcome")), word(found, "outcome_raw")
    error = payload(found.get("error"))
    if found.get("kind") == EventKind.RECORD:
        record = replace(told, kind=EventKind.RECORD)
        last = replace(record, outcome=outcome, outcome_raw=outcome_raw, error_details=error)
        has_two = not is_one_row and found.get("result_number") is not None
        return [(replace(record, outcome=Outcome.STARTED), False), (last, True)] if has_two else [(last, False)]
    result = replace(
        told,
        kind=EventKind.RESULT,
        payload=payload(found.get("result")),
        error_details=error,
        outcome=outcome,
        outcome_raw=outcome_raw,
        latency_s=wire.number(found.get("latency_s")),
    )
    if is_one_row:
        return [(result, False)]
    has_result = any(found.get(name) is not None for name in ("result", "error", "result_number"))
    # When a result came is often not told; it follows its call.
    if has_result:
        return [(told, False), (result, True)]
    return [(replace(told, outcome=outcome, outcome_raw=outcome_raw), False)]
