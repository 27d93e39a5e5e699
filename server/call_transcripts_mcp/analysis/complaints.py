"""Complaints about the input: field maps, and the issue lists of pydantic, zod, Symfony, FHIR and others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.error_values import Finding
from call_transcripts_mcp.analysis.sentences import label_tells_of_failure

if TYPE_CHECKING:
    from call_transcripts_mcp.analysis.bodies import Fields, Json

_LONGEST_KEY_CHARS = 40
_COMPLAINS = re.compile(
    r"\b(?:required|valid|must|may not|can't|cannot|can not|blank|empty|already|at least|at most|ensure|too (?:long"
    r"|short|many)|unique|does not"
    r"|is not|should|missing|incorrect|not a|not allowed|greater|less than|invalid|obligator\w+|requerid\w+"
    r"|v[aá]lid\w+|ung[uü]ltig\w*|erforderlich"
    r"|obrigat\w+|requis|obligatoire)\b",
    re.IGNORECASE,
)
_MOST_FIELDS = 12
_LONGEST_COMPLAINT_CHARS = 300

ISSUE_LISTS = (
    "detail",
    "details",
    "issues",
    "issue",
    "violations",
    "invalidparams",
    "messages",
    "fielderrors",
    "formerrors",
    "message",
)
_PLACES_OF_ISSUES = (
    "loc",
    "path",
    "field",
    "param",
    "parameter",
    "propertypath",
    "property",
    "pointer",
    "attribute",
    "source",
)
_MESSAGES_OF_ISSUES = ("msg", "message", "reason", "description", "diagnostics", "title")
_SEVERITIES = frozenset({"error", "fatal"})


def find_field_map(fields: Fields, path: str) -> Finding | None:
    """`{"email": ["Enter a valid e-mail address."]}`: every member is a list of complaints about a field."""
    if not 0 < len(fields) <= _MOST_FIELDS:
        return None
    complaints: list[str] = []
    for key, value in fields.values():
        if not isinstance(value, list) or not value:
            return None
        for item in value:
            if not isinstance(item, str) or not _is_field_complaint(item):
                return None
        complaints.append(f"{key}: {value[0]}")
    key, value = next(iter(fields.values()))
    return Finding(f"{path}.{key}[0]", value[0] if isinstance(value, list) else value, "; ".join(complaints))


def _is_field_complaint(text: str) -> bool:
    return len(text) <= _LONGEST_COMPLAINT_CHARS and _COMPLAINS.search(text) is not None and text[:3].lower() != "no "


def find_issue_list(fields: Fields, path: str) -> Finding | None:
    """`{"detail": [{"loc": ["query", "q"], "msg": "field required"}]}`: complaints, each with its place."""
    for name in ISSUE_LISTS:
        value = fields[name][1] if name in fields else None
        if isinstance(value, list) and value:
            found = issues_in(value, f"{path}.{fields[name][0]}")
            if found is not None:
                return found
    return None


def issues_in(items: list[Json], path: str) -> Finding | None:
    """The text of a list of complaints, if every member is a complaint."""
    complaints: list[str] = []
    for item in items[:_MOST_FIELDS]:
        complaint = _complaint(item)
        if complaint is None:
            return None
        complaints.append(complaint)
    return Finding(f"{path}[0]", complaints[0], "; ".join(dict.fromkeys(complaints))) if complaints else None


def _complaint(item: Json) -> str | None:
    if not isinstance(item, dict):
        return None
    keys = {key.replace("_", "").lower(): value for key, value in item.items() if len(key) <= _LONGEST_KEY_CHARS}
    words = next((keys[name] for name in _MESSAGES_OF_ISSUES if isinstance(keys.get(name), str)), None)
    place = next((keys[name] for name in _PLACES_OF_ISSUES if keys.get(name)), None)
    if not isinstance(words, str) or not words.strip():
        return None
    if _is_severe(keys.get("severity")):
        return words
    if place is None or "id" in keys:
        return None
    if isinstance(place, str) and ("/" in place or not (_COMPLAINS.search(words) or label_tells_of_failure(words))):
        return None
    where = (
        ".".join(str(part) for part in place) if isinstance(place, list) else place if isinstance(place, str) else ""
    )
    return f"{where}: {words}" if where else words


def _is_severe(value: Json) -> bool:
    return isinstance(value, str) and value[:10].lower() in _SEVERITIES
