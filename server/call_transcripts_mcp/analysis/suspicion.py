"""What in a payload speaks against it: the rules by which a result is suspected although no one says it failed.

A rule is a row of `RULES` for objects or of `TEXT_RULES` for texts. To add one, write what it finds, add the
row, and add rows to the table in the tests. A rule needs evidence that is written in the payload, and names
it by path and value: `result.error="card declined"`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.bodies import fields_of, read_body
from call_transcripts_mcp.analysis.error_values import (
    ERROR_KEYS,
    MESSAGE_KEYS,
    Finding,
    account_beside,
    error_value,
    with_message,
)
from call_transcripts_mcp.analysis.openings import begins_as_failure, failure_page_title

if TYPE_CHECKING:
    from collections.abc import Callable

    from call_transcripts_mcp.analysis.bodies import Fields, Json

_WRAPPER_KEYS = ("result", "data", "response", "body", "output", "payload", "content", "structuredcontent")
_TEXT_KEYS = (*MESSAGE_KEYS, "result", "response", "output", "body", "content", "data", "payload")
_RESULT_KEYS = (
    "result", "response", "output", "toolresult", "toolresponse", "functionresult", "functionresponse", "apiresponse",
    "httpresponse",
)  # fmt: skip
_DEPTH = 2  # wrappers are looked into two deep; what lies deeper is what the tool was asked for, not how it went

_STATUS_CODE_KEYS = (
    "statuscode", "httpstatus", "httpcode", "httpstatuscode", "responsecode", "responsestatus", "httpresponsecode",
    "responsestatuscode",
)  # fmt: skip
_STATUS_LINE = re.compile(r"([45]\d\d)(?:\s+(?P<phrase>\D{3,40}))?")
_FLAGS_OF_FAILURE = ("iserror", "haserror", "haserrors", "failed", "hasfailed", "isfailed", "isfailure", "errored")
_FLAGS_OF_SUCCESS = (
    "success",
    "ok",
    "succeeded",
    "successful",
    "issuccess",
    "issuccessful",
    "wassuccessful",
    "exito",
    "éxito",
)
_WORD_KEYS = ("status", "result", "outcome", "estado", "resultado")
_FAILURE_WORDS = frozenset(
    {"error", "errored", "failed", "failure", "fail", "timeout", "timedout", "exception", "fatal"}
    | {
        "unauthorized",
        "unauthorised",
        "forbidden",
        "badrequest",
        "internalerror",
        "servererror",
        "fallo",
        "fallido",
        "fallida",
    }
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of evidence in an object.

    Attributes:
        about: what it looks for, for people.
        find: (the object's fields, its path) -> the evidence, None when there is none.
        in_mixed: it holds at the top of a payload that mixes arguments with results too, because no tool
            takes such an argument.
    """

    name: str
    about: str
    find: Callable[[Fields, str], Finding | None]
    in_mixed: bool = False


@dataclass(frozen=True, slots=True)
class TextRule:
    """One kind of evidence in a text; `find` gives the words for why, None when there is no evidence."""

    name: str
    about: str
    find: Callable[[str], str | None]


def find_suspicion(body: str, root: str = "result") -> Finding | None:
    """What speaks against a tool's result; None when nothing does."""
    return _find(read_body(body), root, 0)


def find_in_mixed(body: str, root: str = "payload") -> Finding | None:
    """What speaks against a payload that holds arguments, results and errors: strong evidence only.

    A `reason` may be an argument ("the caller asked for it"), and a `message` too, so a message counts only when
    it begins as failures do. What stands under a key such as `result` is no argument and is judged in full.
    """
    value = read_body(body)
    if not isinstance(value, dict):
        return _find(value, root, 0)
    fields = fields_of(value)
    return _by_rules(fields, root, in_mixed=True) or _find_in_results(fields, root) or find_in_messages(fields, root)


def find_in_messages(fields: Fields, root: str) -> Finding | None:
    """A message of an object that begins as failures do."""
    given = (fields[name] for name in MESSAGE_KEYS if name in fields and name != "reason")
    texts = ((key, value) for key, value in given if isinstance(value, str))
    return next((Finding(f"{root}.{key}", text, text) for key, text in texts if begins_as_failure(text)), None)


def find_in_arguments(body: str, root: str = "payload") -> Finding | None:
    """What speaks against a payload of arguments: only what stands under a key such as `result`."""
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
    if depth <= _DEPTH + 1 and text.lstrip().startswith(("{", "[", '"')):
        value = read_body(text)
        if not isinstance(value, str) or value != text:  # JSON inside a string; a string in a string counts as a level
            found = _find(value, path, depth + 1)
            if found is not None or not isinstance(value, str):
                return found
    for rule in TEXT_RULES:
        account = rule.find(text)
        if account is not None:
            return Finding(path, text, account)
    return None


def _find_in_list(items: list[Json], path: str, depth: int) -> Finding | None:
    """Evidence in every element: a list of orders may well hold one that failed, without the tool having failed."""
    if depth > _DEPTH + 1:
        return None
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
    for name in dict.fromkeys((*_WRAPPER_KEYS, *_TEXT_KEYS)):
        if name not in fields:
            continue
        key, member = fields[name]
        if (name in _TEXT_KEYS and isinstance(member, str)) or (name in _WRAPPER_KEYS and depth < _DEPTH):
            found = _find(member, f"{path}.{key}", depth + 1)
            if found is not None:
                return found
    return None


def _by_rules(fields: Fields, path: str, *, in_mixed: bool = False) -> Finding | None:
    for rule in RULES:
        found = rule.find(fields, path) if rule.in_mixed or not in_mixed else None
        if found is not None:
            account = found.account or _account(fields)
            # Beside mixed arguments a message may be one of them; beside the parts of a list it speaks of the whole.
            is_label = not in_mixed and found.account and found.path.rpartition(".")[0] == path
            if is_label and not found.path.endswith("]"):
                account = with_message(account, fields)
            return Finding(found.path, found.value, account)
    return None


def _account(fields: Fields) -> str:
    """The words beside a flag or a code, or those in the object it wraps."""
    beside = account_beside(fields)
    wrapped = [fields[name][1] for name in _WRAPPER_KEYS if name in fields and not beside]
    for value in wrapped:
        inner = read_body(value) if isinstance(value, str) else value
        if isinstance(inner, dict):
            beside = beside or account_beside(fields_of(inner))
        elif isinstance(inner, str):
            beside = beside or inner
    return beside


def _error_key(fields: Fields, path: str) -> Finding | None:
    given = ((name, *fields[name]) for name in ERROR_KEYS if name in fields)
    values = (error_value(value, f"{path}.{key}", is_code=name == "errorcode") for name, key, value in given)
    return next((found for found in values if found is not None), None)


def _status_code(fields: Fields, path: str) -> Finding | None:
    return _first(fields, path, _STATUS_CODE_KEYS, lambda value: _status_of(value) >= HTTPStatus.BAD_REQUEST)


def _plain_status_code(fields: Fields, path: str) -> Finding | None:
    return _first(fields, path, ("status",), _is_http_failure)


def _failure_flag(fields: Fields, path: str) -> Finding | None:
    return _first(fields, path, _FLAGS_OF_FAILURE, lambda value: value is True or _is_word(value, "true"))


def _success_flag(fields: Fields, path: str) -> Finding | None:
    return _first(fields, path, _FLAGS_OF_SUCCESS, lambda value: value is False or _is_word(value, "false"))


def _status_word(fields: Fields, path: str) -> Finding | None:
    return _first(fields, path, _WORD_KEYS, _is_failure_word)


def _first(fields: Fields, path: str, names: tuple[str, ...], holds: Callable[[Json], bool]) -> Finding | None:
    given = (fields[name] for name in names if name in fields)
    return next((Finding(f"{path}.{key}", value) for key, value in given if holds(value)), None)


def _status_of(value: Json) -> int:
    """A three-digit status; 0 for anything else."""
    if isinstance(value, bool):
        return 0
    if isinstance(value, str):
        digits = value.strip()[:40]
        if _is_http_failure(digits):
            return int(digits[:3])
        value = int(digits) if digits.isascii() and digits.isdigit() else 0
    return value if isinstance(value, int) and value <= 999 else 0  # noqa: PLR2004 - an HTTP status has three digits


def _is_http_failure(value: Json) -> bool:
    """400 to 599, as a number, as digits or as a status line ("404 Not Found")."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return False
    found = _STATUS_LINE.fullmatch(str(value)[:40].strip())
    if found is None:
        return False
    phrase, code = found["phrase"], int(found[1])
    return phrase is None or any(code == status and phrase.lower() == status.phrase.lower() for status in HTTPStatus)


def _is_word(value: Json, word: str) -> bool:
    return isinstance(value, str) and value[:20].strip().lower() == word


def _is_failure_word(value: Json) -> bool:
    if not isinstance(value, str):
        return False
    return re.sub(r"[\s_-]", "", value[:40]).lower() in _FAILURE_WORDS


RULES: tuple[Rule, ...] = (
    Rule("error key", "an error key whose value says something", _error_key, in_mixed=True),
    Rule("status code", "an HTTP status of 400 or more under a name for such", _status_code, in_mixed=True),
    Rule("plain status code", "`status` from 400 to 599", _plain_status_code),
    Rule("failure flag", "a flag such as `isError` that is true", _failure_flag, in_mixed=True),
    Rule("success flag", "a flag such as `success` that is false", _success_flag, in_mixed=True),
    Rule("status word", "`status`, `result` or `outcome` that says error, failed, timeout", _status_word),
)

TEXT_RULES: tuple[TextRule, ...] = (
    TextRule("opening", "a text that begins as failures do", lambda text: text if begins_as_failure(text) else None),
    TextRule("error page", "an HTML page whose title or heading reports a failure", failure_page_title),
)
