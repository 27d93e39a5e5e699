"""Finds evidence of failure in a payload: a result is suspected although nobody reports a failure.

The rules for objects are rows of `object_rules.RULES`, those for texts rows of `TEXT_RULES`. A rule needs evidence in
the payload, and names it by path and value: `result.error="card declined"`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.bodies import BODY_LIMIT_CHARS, fields_of, may_hold_value, read_body
from call_transcripts_mcp.analysis.complaints import issues_in
from call_transcripts_mcp.analysis.envelopes import is_all_labels, is_thing
from call_transcripts_mcp.analysis.error_values import MESSAGE_KEYS, Finding, account_beside, with_message
from call_transcripts_mcp.analysis.library_errors import names_library_error
from call_transcripts_mcp.analysis.object_rules import find_error_key, rules_for
from call_transcripts_mcp.analysis.openings import begins_as_failure
from call_transcripts_mcp.analysis.pages import failure_page_title
from call_transcripts_mcp.analysis.sentences import tells_of_failure
from call_transcripts_mcp.analysis.trigger_words import may_fail

if TYPE_CHECKING:
    from collections.abc import Callable

    from call_transcripts_mcp.analysis.bodies import Fields, Json

_WRAPPER_KEYS = (
    "result", "data", "response", "body", "output", "payload", "content", "structuredcontent", "results",
    "toolresult", "header", "meta",
)  # fmt: skip
_TEXT_KEYS = (*MESSAGE_KEYS, "stderr", "result", "response", "output", "body", "content", "data", "payload")
_ORDER = {name: place for place, name in enumerate(dict.fromkeys((*_WRAPPER_KEYS, *_TEXT_KEYS)))}
_LOOKED_INTO = frozenset(_ORDER)
_RESULT_KEYS = (
    "result", "response", "output", "toolresult", "toolresponse", "functionresult", "functionresponse", "apiresponse",
    "httpresponse",
)  # fmt: skip
_DEPTH = 2  # wrappers are opened two levels deep; deeper values are the requested content, not the result of the call
_LONE_DEPTH = 4  # keys that contain only another key are just names

# Keys with a record's own content: the title of a ticket, the words of a voice message.
_OWN_WORDS = frozenset({"title", "description", "text", "reason", "details", "cause", "motivo", "content", "body"})
_INFORMING = frozenset(
    {"title", "description", "text"}
)  # next to other content they are information, unless they begin like failures
_SENDERS = frozenset(
    {"from", "sender", "author", "to", "recipient", "subject", "userid", "fromnumber", "channel", "role"}
)

# Errors in the parts of a result. Keys for the request and for earlier events do not count.
_NO_PARTS = frozenset(
    {
        "arguments",
        "args",
        "input",
        "inputs",
        "params",
        "parameters",
        "request",
        "requestinfo",
        "config",
        "settings",
        "options",
    }
    | {
        "schema",
        "definitions",
        "headers",
        "history",
        "example",
        "examples",
        "expected",
        "metadata",
        "last",
        "previous",
        "lastrun",
    }
)
_PART_DEPTH = 3
_MOST_PARTS = 64
_MARKS_OF_ERRORS = ("rror", "ault", "xcept", "rreur", "ehler", '"erro', "'erro")
_LONGEST_PREFIX_CHARS = 100  # "Response from the server (400): {...}"


@dataclass(frozen=True, slots=True)
class TextRule:
    """One kind of evidence in a text; `find` returns the reason; None if there is no evidence."""

    name: str
    about: str
    find: Callable[[str], str | None]


def find_suspicion(body: str, root: str = "result") -> Finding | None:
    """The evidence of failure in a tool's result; None if there is none."""
    value = read_body(body)
    found = _find(value, root, 0)
    if found is None and isinstance(value, dict) and _marks_errors(body[:BODY_LIMIT_CHARS]):
        return _find_in_parts(value, root)
    return found


def _marks_errors(head: str) -> bool:
    """Whether a body contains part of an error key: most contain none, and their parts need not be examined."""
    return any(mark in head for mark in _MARKS_OF_ERRORS)


def find_in_mixed(body: str, root: str = "payload") -> Finding | None:
    """The evidence of failure in a payload that mixes arguments, results and errors: strong evidence only.

    A `reason` may be an argument ("the caller asked for it"), and a `message` too, so a message counts only if it
    begins like a failure. Values under a key such as `result` are no arguments and are judged in full.
    """
    value = read_body(body)
    if not isinstance(value, dict):
        return _find(value, root, 0)
    fields = fields_of(value)
    return _by_rules(fields, root, in_mixed=True) or _find_in_results(fields, root) or find_in_messages(fields, root)


def find_in_messages(fields: Fields, root: str) -> Finding | None:
    """A message of an object that begins like a failure."""
    given = (fields[name] for name in MESSAGE_KEYS if name in fields and name != "reason")
    texts = ((key, value) for key, value in given if isinstance(value, str))
    return next((Finding(f"{root}.{key}", text, text) for key, text in texts if begins_as_failure(text)), None)


def find_in_arguments(body: str, root: str = "payload") -> Finding | None:
    """The evidence of failure in a payload of arguments: only values under a key such as `result` count."""
    value = read_body(body)
    return _find_in_results(fields_of(value), root) if isinstance(value, dict) else None


def _find_in_results(fields: Fields, root: str) -> Finding | None:
    results = [fields[name] for name in _RESULT_KEYS if name in fields]
    return next((found for key, value in results if (found := _find(value, f"{root}.{key}", 1))), None)


def _find(value: Json, path: str, depth: int) -> Finding | None:
    if isinstance(value, str):
        return _find_in_text(value, path, depth)
    if isinstance(value, list):
        return _find_in_list(value, path, depth)
    return _find_in_object(value, path, depth) if isinstance(value, dict) else None


def _find_in_text(text: str, path: str, depth: int) -> Finding | None:
    if depth <= _DEPTH + 1 and may_hold_value(text):
        value = read_body(text)
        if not isinstance(value, str) or value != text:  # JSON inside a string; a string in a string counts as a level
            found = _find(value, path, depth + 1)
            if found is not None or not isinstance(value, str):
                return found
    for rule in TEXT_RULES if may_fail(text) else _PAGE_RULES:
        account = rule.find(text)
        if account is not None:
            return Finding(path, text, account)
    return _find_behind_words(text, path, depth)


def _find_behind_words(text: str, path: str, depth: int) -> Finding | None:
    """Evidence in an object after a few introductory words: `Response: {"error": ...}`."""
    start = text.find("{", 0, _LONGEST_PREFIX_CHARS)
    if start <= 0 or depth > _DEPTH:
        return None
    value = read_body(text[start:])
    return _find_in_object(value, path, depth + 1) if isinstance(value, dict) else None


def _find_in_list(items: list[Json], path: str, depth: int) -> Finding | None:
    """Evidence in every element: a list of orders may contain a failed one although the tool succeeded."""
    if depth > _DEPTH + 1:
        return None
    if items and isinstance(items[0], dict) and (issues := issues_in(items, path)):
        return issues
    first: Finding | None = None
    for index, item in enumerate(items):
        found = _find(item, f"{path}[{index}]", depth + 1 if isinstance(item, list) else depth)
        if found is None:
            return None
        first = first or found
    return first


def _find_in_object(value: dict[str, Json], path: str, depth: int) -> Finding | None:
    fields = fields_of(value)
    found = _by_rules(fields, path)
    if found is not None:
        return found
    names = _LOOKED_INTO.intersection(fields)
    own = _own_words(fields) if names else names
    for name in sorted(names, key=_ORDER.__getitem__):
        key, member = fields[name]
        if name in own and not (isinstance(member, str) and member.startswith("ERROR")):  # no person writes like this
            continue
        if name in _INFORMING and isinstance(member, str) and not is_all_labels(fields):
            if begins_as_failure(member):
                return Finding(f"{path}.{key}", member, member)
            continue
        if (name in _TEXT_KEYS and isinstance(member, str)) or (name in _WRAPPER_KEYS and depth < _DEPTH):
            found = _find(member, f"{path}.{key}", depth + 1)
            if found is not None:
                return found
    if len(value) == 1 and depth < _LONE_DEPTH:
        key, member = next(iter(value.items()))
        if isinstance(member, dict) and not _NO_PARTS.intersection(fields):
            return _find_in_object(member, f"{path}.{key}", depth + 1)
    return None


def _own_words(fields: Fields) -> frozenset[str]:
    """The keys whose words belong to a record, or to someone who wrote a message."""
    if not is_thing(fields):
        return frozenset()
    return _OWN_WORDS if _SENDERS.isdisjoint(fields) else frozenset(_TEXT_KEYS)


def _find_in_parts(value: dict[str, Json], root: str) -> Finding | None:
    """An object of only errors among the parts of a result: `{"calendars": {"ana": {"errors": [...]}}}`."""
    parts = [(value, root, 0)]
    for part, path, depth in parts:
        for key, member in part.items():
            if not isinstance(member, dict) or not member or key.replace("_", "").lower() in _NO_PARTS:
                continue
            fields = fields_of(member)
            found = find_error_key(fields, f"{path}.{key}") if is_all_labels(fields) else None
            if found is not None:
                return Finding(found.path, found.value, found.account or account_beside(fields))
            if depth < _PART_DEPTH and len(parts) < _MOST_PARTS:
                parts.append((member, f"{path}.{key}", depth + 1))
    return None


def _by_rules(fields: Fields, path: str, *, in_mixed: bool = False) -> Finding | None:
    for rule in rules_for(fields):
        found = rule.find(fields, path) if rule.in_mixed or not in_mixed else None
        if found is not None:
            account = found.account or _account(fields)
            # Next to mixed arguments, a message may be an argument; next to the parts of a list, it describes the
            # whole.
            is_label = not in_mixed and found.account and found.path.rpartition(".")[0] == path
            if is_label and not found.path.endswith("]"):
                account = with_message(account, fields)
            return Finding(found.path, found.value, account)
    return None


def _account(fields: Fields) -> str:
    """The words next to a flag or a code, or in the object that it wraps."""
    beside = account_beside(fields)
    wrapped = [fields[name][1] for name in _WRAPPER_KEYS if name in fields and not beside]
    for value in wrapped:
        inner = read_body(value) if isinstance(value, str) else value
        if isinstance(inner, dict):
            beside = beside or account_beside(fields_of(inner))
        elif isinstance(inner, str):
            beside = beside or inner
    return beside


def _if_holds(holds: Callable[[str], bool]) -> Callable[[str], str | None]:
    return lambda text: text if holds(text) else None


TEXT_RULES: tuple[TextRule, ...] = (
    TextRule("opening", "a text that begins as failures do", _if_holds(begins_as_failure)),
    TextRule("error page", "a page whose title, heading or fault reports a failure", failure_page_title),
    TextRule("library error", "an error as a library or an engine words it", _if_holds(names_library_error)),
    TextRule("sentence", "a short sentence that tells of a failure, subject first", _if_holds(tells_of_failure)),
)
_PAGE_RULES = tuple(rule for rule in TEXT_RULES if rule.find is failure_page_title)  # whose words are markup
