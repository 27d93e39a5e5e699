"""The facts of a call in a file (id, times, agent, end), from the object that holds it, or from its messages."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from call_transcripts_mcp.model import Call, CallStatus, Coverage
from call_transcripts_mcp.providers import wire
from call_transcripts_mcp.providers.files.draft import first_moment, small_count, word

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from call_transcripts_mcp.providers.files.draft import Draft

NAME = "files"
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")

_IDS = ("job_id", "conversation_id", "call_id", "session_id", "thread_id", "uuid", "id")
_CREATED = ("created_at", "createdAt", "created")
_STARTED = ("started_at", "startedAt", "start_time", "start_timestamp", "start_time_unix_secs", "start", "timestamp")
_ENDED = ("ended_at", "endedAt", "end_time", "end_timestamp", "end")
_DURATIONS = (("duration_s", 1.0), ("duration_secs", 1.0), ("call_duration_secs", 1.0), ("duration_ms", 0.001))
_REASONS = ("end_reason_raw", "end_reason", "ended_reason", "endedReason", "disconnection_reason", "termination_reason")
_STATUSES = ("status", "call_status", "state")
_ONGOING = frozenset({"active", "ongoing", "in_progress", "in-progress", "running", "created"})
_OVER = frozenset({"ended", "done", "completed", "complete", "finished", "closed", "failed", "error"})

NO_TIMES = "the file gives no times, so its modification time is used as the end of the call"
NO_OFFSETS = "the messages in the file have no times, so there are no offsets and no latencies"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a call was found.

    Attributes:
        name: the file's path relative to the given folder.
        position: which call of the file, from 0.
        is_alone: the file has no other call.
    """

    name: str
    position: int
    is_alone: bool
    modified_at: datetime


def id_of(draft: Draft, source: Source) -> str:
    """The id in the content, or else one computed from the file's name."""
    given = word(draft.fields, *_IDS)
    if given is not None and ID.fullmatch(given):
        return given
    return made_id(source)


def made_id(source: Source) -> str:
    """An id computed from the file's name and the call's position."""
    digest = hashlib.sha256(source.name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return digest if source.is_alone else f"{digest}-{source.position + 1}"


def has_ended(draft: Draft) -> bool:
    """Whether the content says that the call has ended: by a time or a reason of its end, or its status."""
    fields = draft.fields
    if (status := _status(fields)) in _ONGOING:
        return False
    return bool(
        draft.has_ended
        or status in _OVER
        or draft.end_reason_raw
        or word(fields, *_REASONS)
        or first_moment(fields, _ENDED)
    )


def _status(fields: Mapping[str, Any]) -> str:
    return (word(fields, *_STATUSES) or "").lower()


def call_of(draft: Draft, call_id: str, source: Source) -> Call:
    """The call without its messages, ended unless the content says otherwise."""
    fields = draft.fields
    times = [line.at for line in draft.lines if line.at is not None]
    limits = list(draft.limits)
    started_at = draft.started_at or first_moment(fields, _STARTED) or min(times, default=None)
    ended_at = draft.ended_at or first_moment(fields, _ENDED) or max(times, default=None)
    duration_s = _duration_s(fields)
    if duration_s is not None and started_at is not None and not first_moment(fields, _ENDED):
        ended_at = draft.ended_at or wire.moment_after(started_at, duration_s) or ended_at
    if started_at is None and ended_at is None:
        ended_at = source.modified_at
        limits.append(NO_TIMES)
    elif not times and all(line.offset_s is None for line in draft.lines):
        limits.append(NO_OFFSETS)
    if duration_s is None and started_at is not None and ended_at is not None:
        duration_s = (ended_at - started_at).total_seconds()
    reason = draft.end_reason_raw or word(fields, *_REASONS)
    summary = draft.summary or word(fields, "summary", "transcript_summary", "call_summary")
    agent = fields.get("agent")
    named = cast("Mapping[str, Any]", agent) if isinstance(agent, dict) else {"name": agent}
    is_active = _status(fields) in _ONGOING
    return Call(
        provider=NAME,
        id=call_id,
        status=CallStatus.ACTIVE if is_active else CallStatus.ENDED,
        status_raw=word(fields, *(("status_raw",) if "status_raw" in fields else ("status", "call_status"))),
        created_at=first_moment(fields, _CREATED) or started_at or ended_at,
        started_at=started_at,
        ended_at=None if is_active else ended_at,
        duration_s=wire.duration_s(duration_s),
        end_reason=reason.lower() if reason else None,
        end_reason_raw=reason,
        direction=word(fields, "direction"),
        agent_id=word(fields, "agent_id", "assistant_id") or word(named, "id"),
        agent_name=word(fields, "agent_name", "assistant_name", "bot_name") or word(named, "name"),
        agent_version=word(fields, "agent_version"),
        contact=word(fields, "contact"),
        transferred=fields["transferred"] if isinstance(fields.get("transferred"), bool) else None,
        platform_success=word(fields, "platform_success"),
        cost=wire.number(fields.get("cost")) if word(fields, "cost_unit") else None,
        cost_unit=word(fields, "cost_unit"),
        error_count=small_count(fields.get("error_count")),
        short_summary=word(fields, "short_summary", "call_summary_title", "title", "subject"),
        summary=summary,
        revision=f"{source.modified_at.isoformat()} {draft.digest}",
        metadata={"file": source.name, "shape": draft.shape} | draft.metadata,
        stages=tuple(draft.stages),
        coverage=Coverage(tuple(dict.fromkeys(limits))),
    )


def _duration_s(fields: Mapping[str, Any]) -> float | None:
    for name, factor in _DURATIONS:
        if (value := wire.number(fields.get(name))) is not None:
            return wire.duration_s(value * factor)
    return None
