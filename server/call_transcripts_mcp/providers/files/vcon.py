"""Reads vCons, the IETF's draft format for conversations, with dialogs as text.

Source: https://datatracker.ietf.org/doc/draft-ietf-vcon-vcon-container/ (versions 0.0.1 to 0.4.0).
"""

from __future__ import annotations

import base64
import binascii
import json
from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast

from call_transcripts_mcp.model import EventKind, ToolEvent
from call_transcripts_mcp.providers import wire
from call_transcripts_mcp.providers.files import chat
from call_transcripts_mcp.providers.files.draft import Draft, moment, objects, payload, word

if TYPE_CHECKING:
    from datetime import datetime

    from call_transcripts_mcp.providers.files.draft import Line

_AGENTS = ("agent", "bot", "assistant", "ai", "system")
_TOOL_CALLS = "tool_calls"

LIMITS = "vCon does not define tool calls; they are shown if the file has them as an attachment"


def is_vcon(value: object) -> bool:
    """Whether this is a vCon."""
    if not isinstance(value, dict):
        return False
    fields = cast("dict[str, Any]", value)
    return "vcon" in fields and isinstance(fields.get("dialog"), list)


def read(vcon: dict[str, Any], draft: Draft) -> None:
    """Add the dialogs of a vCon."""
    parties = objects(vcon.get("parties"))
    not_text = 0
    for dialog in objects(vcon.get("dialog")):
        at = moment(dialog.get("start"))
        kind = word(dialog, "type") or ""
        if kind == "text":
            draft.say(_role(dialog, parties), _text(dialog), at=at)
        elif kind == "transfer":
            draft.say("transfer", wire.json_text({key: value for key, value in dialog.items() if key != "type"}), at=at)
        else:
            not_text += 1
        duration_s = wire.number(dialog.get("duration"))
        if at is not None and duration_s is not None:
            end = wire.moment_after(at, duration_s)
            draft.ended_at = max(filter(None, (draft.ended_at, end)), default=None)
    draft.started_at = next((line.at for line in draft.lines if line.at is not None), None)
    if not_text:
        draft.gaps.append(f"{not_text} of its dialogs are not text, such as recordings")
    for analysis in objects(vcon.get("analysis")):
        if word(analysis, "type") == "summary":
            draft.summary = chat.words_of(analysis.get("body")) or None
    for attachment in objects(vcon.get("attachments")):
        if _TOOL_CALLS in (word(attachment, "type"), word(attachment, "purpose")):
            _read_tool_calls(attachment, draft)
    _put_in_order(draft)
    draft.has_ended = True
    draft.limits.append(LIMITS)


def _put_in_order(draft: Draft) -> None:
    """Move attached tool calls to where they happened, if every one is dated; a result follows its call."""
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


def _read_tool_calls(attachment: dict[str, Any], draft: Draft) -> None:
    """Read the tool calls in an attachment: `[{name, arguments, result, error, id, at}]`."""
    body = attachment.get("body")
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError):
            draft.gaps.append("its tool calls are attached in a form that cannot be read")
            return
    for found in objects(body):
        name, invocation_id, at = word(found, "name") or "", word(found, "id"), moment(found.get("at"))
        draft.call(name, invocation_id, found.get("arguments"), at=at)
        if found.get("result") is None and found.get("error") is None:
            continue
        event = ToolEvent(
            kind=EventKind.RESULT,
            name=name,
            invocation_id=invocation_id,
            payload=payload(found.get("result")),
            error_details=payload(found.get("error")),
        )
        draft.result(event)  # when it came is not told
