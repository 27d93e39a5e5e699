"""Compares the arguments of two tool calls: equal, corrected, or about another person."""

from __future__ import annotations

import json
import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.bodies import read_body

if TYPE_CHECKING:
    from call_transcripts_mcp.analysis.bodies import Json

MOST_MENDED = 2
"""If more arguments than this changed, it is another request, not a correction of the same one."""

_ALIKE = 0.6  # between two values: a corrected name or number resembles the wrong one
_COMPARED_CHARS = 200
_DEPTH = 6

# Arguments that name the person whom a tool call is for. Another value means another person, unless the error named it.
_PERSON = re.compile(
    r"(?:patient|customer|client|guest|member|person|passenger|attendee|caller|contact|user|account|paciente|cliente"
    r"|kunde)"
    r"(?:s?_?(?:id|name|number|email|phone))?|(?:first|last|full|family|given)?_?name|surname|nombre|apellidos?|dob"
    r"|(?:date_of_birth|birth_?date|birthday)|phone(?:_?number)?|telefono|mobile|e_?mail",
    re.IGNORECASE,
)


def canonical(raw: str | None) -> str:
    """Arguments as canonical text: equal arguments give equal text, whatever the order of their members."""
    value = _value(raw)
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def are_corrected(failed: str | None, later: str | None, error: str = "") -> bool:
    """Whether the later arguments make the same request as the failed ones: equal, or at most two of them changed.

    A different person is not a correction, unless the value resembles the failed one or the error names it.
    """
    one, other = _value(failed), _value(later)
    if one == other:
        return True
    if not isinstance(one, dict) or not isinstance(other, dict):
        return False
    before, after = dict(_members(one)), dict(_members(other))
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if len(changed) > MOST_MENDED:
        return False
    return all(_may_change(name, before.get(name), after.get(name), error) for name in changed)


def _value(raw: str | None) -> Json:
    value = read_body(raw or "")
    return {} if value == "" else value


def _members(value: dict[str, Json], path: str = "", depth: int = _DEPTH) -> list[tuple[str, Json]]:
    """Every member by its path, including members of nested objects."""
    found: list[tuple[str, Json]] = []
    for key, member in value.items():
        if isinstance(member, dict) and member and depth:
            found += _members(member, f"{path}{key}.", depth - 1)
        else:
            found.append((f"{path}{key}", member))
    return found


def _may_change(path: str, before: Json, after: Json, error: str) -> bool:
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", path.rpartition(".")[2]).replace("-", "_")
    if not _PERSON.fullmatch(name) or before is None or after is None:
        return True
    said = error.lower()
    words = [word for word in name.lower().split("_") if word not in {"id", "name", "number"}] or [name.lower()]
    if any(re.search(rf"\b{re.escape(word)}", said.replace("_", " ")) for word in words):
        return True
    if str(before).lower() in said and str(before):
        return True
    one, other = str(before)[:_COMPARED_CHARS].lower(), str(after)[:_COMPARED_CHARS].lower()
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= _ALIKE
