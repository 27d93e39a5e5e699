"""Reads our own export of a call (`show --json`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from call_transcripts_mcp.model import EventKind, Outcome, Stage, ToolEvent
from call_transcripts_mcp.providers import wire
from call_transcripts_mcp.providers.files.draft import (
    Draft,
    Line,
    first_moment,
    moment,
    objects,
    payload,
    small_count,
    strings,
    word,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def is_export(fields: Mapping[str, Any]) -> bool:
    """Whether this is such an export."""
    call = fields.get("call")
    return (
        isinstance(call, dict)
        and isinstance(fields.get("messages"), list)
        and isinstance(fields.get("tool_calls"), list)
        and {"provider", "id"} <= cast("dict[str, Any]", call).keys()
    )


def read(document: dict[str, Any], draft: Draft) -> None:
    """Add the messages of an export, with their stages, gaps and limits."""
    for message in objects(document["messages"]):
        draft.lines.append(_line(message))
    read_call(cast("dict[str, Any]", document["call"]), draft)
    draft.gaps.extend(strings(document.get("gaps")))


def read_call(call: dict[str, Any], draft: Draft) -> None:
    """Add what an export says about the call."""
    draft.stages.extend(
        Stage(
            id=word(stage, "id") or str(number),
            number=number,
            started_at=moment(stage.get("started_at")),
            error_count=small_count(stage.get("error_count")),
            agent=word(stage, "agent"),
            model=word(stage, "model"),
        )
        for number, stage in enumerate(objects(call.get("stages")), 1)
    )
    draft.started_at = first_moment(call, ("started_at",))
    draft.ended_at = first_moment(call, ("ended_at",))
    draft.has_ended = word(call, "status") == "ended"
    metadata = call.get("metadata")
    if isinstance(metadata, dict):
        found = cast("dict[object, object]", metadata)
        draft.metadata.update({str(key): value for key, value in found.items() if isinstance(value, str)})
    coverage = call.get("coverage")
    draft.limits.extend(strings(cast("dict[str, Any]", coverage).get("limits")) if isinstance(coverage, dict) else ())


def _line(message: dict[str, Any]) -> Line:
    return Line(
        role_raw=word(message, "role") or word(message, "role_raw") or "",
        text=str(message.get("text") or ""),
        tool=_event(cast("dict[str, Any]", message["tool"])) if isinstance(message.get("tool"), dict) else None,
        at=moment(message.get("at")),
        offset_s=wire.offset_s(wire.number(message.get("start_s"))),
        end_offset_s=wire.offset_s(wire.number(message.get("end_s"))),
        stage_number=small_count(message.get("stage_number")) or 1,
        id=word(message, "id"),
        medium=word(message, "medium"),
        injected=message.get("injected") is True,
    )


def _event(tool: dict[str, Any]) -> ToolEvent:
    return ToolEvent(
        kind=wire.one_of(EventKind, tool.get("kind")) or EventKind.RECORD,
        name=word(tool, "name") or "",
        invocation_id=word(tool, "invocation_id"),
        payload=payload(tool.get("payload")),
        error_details=payload(tool.get("error_details")),
        outcome=wire.one_of(Outcome, tool.get("outcome")),
        outcome_raw=word(tool, "outcome_raw"),
        payload_mixed=tool.get("payload_mixed") is True,
        latency_s=wire.number(tool.get("latency_s")),
    )
