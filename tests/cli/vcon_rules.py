"""The rules of a vCon 0.4.0 in its unsigned form, as a JSON Schema of our own.

Source: https://datatracker.ietf.org/doc/draft-ietf-vcon-vcon-core/ (sections 4.1 to 4.5).
"""

from __future__ import annotations

from typing import Any

_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}
_INDEX = {"type": "integer", "minimum": 0}
_INDICES = {"anyOf": [_INDEX, {"type": "array", "items": _INDEX}]}
_WORDS = {"type": "string"}
_ENCODING = {"enum": ["base64url", "json", "none"]}
_CONTENT = {"mediatype": _WORDS, "filename": _WORDS, "body": _WORDS, "encoding": _ENCODING}

_PARTY = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "tel": _WORDS,
        "name": _WORDS,
        "mailto": _WORDS,
        "uuid": _WORDS,
        "role": {"enum": ["agent", "customer", "supervisor", "sme", "thirdparty", "system"]},
    },
}
_TEXT = {
    "required": ["type", "start", "parties", "body", "encoding"],
    "additionalProperties": False,
    "properties": {
        "type": {"const": "text"},
        "start": _TIME,
        "duration": {"type": "number", "minimum": 0},
        "parties": _INDICES,
        "originator": _INDEX,
        "message_id": _WORDS,
        **_CONTENT,
    },
}
_INCOMPLETE = {
    "required": ["type", "start", "disposition"],
    "additionalProperties": False,  # it has no content
    "properties": {
        "type": {"const": "incomplete"},
        "start": _TIME,
        "parties": _INDICES,
        "disposition": {"enum": ["no-answer", "congestion", "failed", "busy", "hung-up", "voicemail-no-message"]},
    },
}
_ANALYSIS = {
    "type": "object",
    "required": ["type", "vendor", "body", "encoding"],
    "additionalProperties": False,
    "properties": {"type": _WORDS, "dialog": _INDICES, "vendor": _WORDS, "product": _WORDS, **_CONTENT},
}
_ATTACHMENT = {
    "type": "object",
    "required": ["start", "party", "dialog", "body", "encoding"],
    "additionalProperties": False,
    "properties": {"purpose": _WORDS, "start": _TIME, "party": _INDEX, "dialog": _INDEX, **_CONTENT},
}

VCON: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["vcon", "uuid", "created_at", "parties", "dialog"],
    "additionalProperties": False,
    "properties": {
        "vcon": {"const": "0.4.0"},
        "uuid": {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
        "extensions": {"type": "array", "items": _WORDS},
        "created_at": _TIME,
        "subject": _WORDS,
        "parties": {"type": "array", "minItems": 1, "items": _PARTY},
        "dialog": {"type": "array", "items": {"oneOf": [_TEXT, _INCOMPLETE]}},
        "analysis": {"type": "array", "items": _ANALYSIS},
        "attachments": {"type": "array", "items": _ATTACHMENT},
    },
}


def dangling(vcon: dict[str, Any]) -> list[str]:
    """References to parties and dialogs that do not exist, which no schema can tell."""
    parties, dialogs = len(vcon["parties"]), len(vcon["dialog"])
    named = [(index, parties) for dialog in vcon["dialog"] for index in dialog["parties"]]
    named += [(one["party"], parties) for one in vcon["attachments"]]
    named += [(one["dialog"], dialogs) for one in [*vcon["attachments"], *vcon["analysis"]]]
    return [f"{index} of {count}" for index, count in named if index >= count]
