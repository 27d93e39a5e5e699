"""The kinds of evidence in an object, one row each: `RULES`.

To add one, write its function, add the row, and add rows to the table in the tests, including near misses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.complaints import ISSUE_LISTS, find_field_map, find_issue_list
from call_transcripts_mcp.analysis.envelopes import is_all_labels, is_thing
from call_transcripts_mcp.analysis.error_values import ERROR_KEYS, Finding, account_beside, error_value
from call_transcripts_mcp.analysis.sentences import label_tells_of_failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from call_transcripts_mcp.analysis.bodies import Fields, Json

_ERROR_KEY_SET = frozenset(ERROR_KEYS)
STATUS_CODE_KEYS = (
    "statuscode", "httpstatus", "httpcode", "httpstatuscode", "responsecode", "responsestatus", "httpresponsecode",
    "responsestatuscode",
)  # fmt: skip
_STATUS_LINE = re.compile(r"([45]\d\d)(?:\s+(?P<phrase>\D{3,40}))?")
_FLAGS_OF_FAILURE = (
    "iserror", "haserror", "haserrors", "failed", "hasfailed", "isfailed", "isfailure", "errored", "erroroccurred",
)  # fmt: skip
_FLAG_OF_SUCCESS = re.compile(
    r"(?:is|was|has|request|response|operation|call|api|action|tool|command|query|execution)?"
    r"(?:success|successful|successfull|successfully|succeeded|succeed|ok)|[ée]xito|exitoso|erfolg|erfolgreich"
    r"|sucesso|succes|succ[eè]s"
)
_NAUGHTS = (0, "0", "no", "n")  # only next to a message: `success: 0` may be a count
_SUCCESS_STEMS = ("succ", "ok", "xito", "erfolg", "suce")

# Codes of other systems, where 0 (or 200) means success. Only next to a message: "result code 100" alone says nothing.
_RETURN_CODE_KEYS = ("retcode", "errcode", "errno", "responsecode", "respcode", "resultcode", "subcode", "bizcode")
_CODES_OF_SUCCESS = frozenset(
    {"", "0", "00", "000", "0000", "1", "200", "201", "202", "204", "ok", "success", "succeeded"}
)

_EXIT_KEYS = ("exitcode", "exitstatus", "returncode")
_FALSE_KEYS = ("status", "result", "state")
_WORD_KEYS = ("status", "result", "outcome", "state", "ack", "estado", "resultado", "statut", "ergebnis")
_FAILURE_WORD = re.compile(
    r"(?!no(?:err|fail|timeout)|non|without|zero|last)(?:\w{0,30}(?:error|errored|failed|failure|timeout|timedout"
    r"|denied|exceeded|unauthori[sz]ed"
    r"|unauthenticated|exhausted|overquerylimit|overdailylimit)|fail|fatal|forbidden|badrequest"
    r"|(?:un)?processable\w*|invalidrequest"
    r"|invalidargument|invalidparameters?|failedprecondition|internal|ko|nok|notok|err|fehler"
    r"|fehlgeschlagen|erreur|echec|"
    r"[eé]chec|fallo|fallido|fallida|erro|falha|errore|fout|mislukt|失败|错误)"
)
_WORDS_OF_LABELS = frozenset(
    {
        "exception",
        "rejected",
        "declined",
        "unavailable",
        "notfound",
        "aborted",
        "invalid",
        "refused",
        "blocked",
        "fault",
    }
)

_MESSAGE_LABELS = (
    "message", "msg", "detail", "details", "messages", "reason", "errordescription", "statusmessage", "retmsg",
    "errmsg", "resultmessage", "responsemessage", "statustext", "mensaje", "detalle", "motivo", "mensagem",
    "meldung", "nachricht", "fehlermeldung", "messaggio", "bericht", "status", "info", "消息", "信息",
)  # fmt: skip

_CODE_KEYS = ("code", "cod", "type", "errorid", "kind", "status", "name")
_NAMED_CODE = re.compile(
    r"(?:\w*_)?(?:ERR|ERROR|INVALID|NOT|MISSING|FAILED|FAILURE|DENIED|UNAUTHORIZED|UNAUTHENTICATED|FORBIDDEN|EXPIRED"
    r"|EXCEEDED|LIMIT|LIMITED"
    r"|CONFLICT|DUPLICATE|TIMEOUT|UNAVAILABLE|BAD|NO|UNKNOWN|REQUIRED|REJECTED|UNSUPPORTED|UNPROCESSABLE|MISMATCH"
    r"|EXISTS|CANNOT|TOO)"
    r"(?:_\w+)?|PGRST\w+|ORA-\d+|(?:[A-Za-z]{3,60})?(?:Error|Exception|Fault|NotFound|Denied|Failure)|E(?:CONN|NOT"
    r"|NOENT|TIMEDOUT|ACCES|PERM|PIPE|HOST|NET|USER|AUTH|INVAL|EXIST)[A-Z]{0,16}|[Ee]rr?[-_]?\d{2,6}",
)
_LONGEST_CODE_CHARS = 64


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of evidence in an object.

    Attributes:
        about: what it looks for, for people.
        find: takes the object's fields and its path; returns the evidence, or None.
        keys: the rule applies only to objects with one of these keys; if empty, to all objects.
        in_mixed: it also applies at the top of a payload that mixes arguments with results, because no tool takes such
            an argument.
    """

    name: str
    about: str
    find: Callable[[Fields, str], Finding | None]
    keys: frozenset[str] = frozenset()
    in_mixed: bool = False


def find_error_key(fields: Fields, path: str) -> Finding | None:
    """What an error key says, the most certain key first."""
    if _ERROR_KEY_SET.isdisjoint(fields):
        return None
    given = ((name, *fields[name]) for name in ERROR_KEYS if name in fields)
    values = (error_value(value, f"{path}.{key}", is_code=name == "errorcode") for name, key, value in given)
    return next((found for found in values if found is not None), None)


def _status_code(fields: Fields, path: str) -> Finding | None:
    return _first(fields, path, STATUS_CODE_KEYS, lambda value: _status_of(value) >= HTTPStatus.BAD_REQUEST)


def _plain_status_code(fields: Fields, path: str) -> Finding | None:
    if "status" not in fields or not _is_http_failure(fields["status"][1]):
        return None
    if is_thing(fields) and not account_beside(fields):
        return None
    key, value = fields["status"]
    return Finding(f"{path}.{key}", value)


def _code_beside_message(fields: Fields, path: str) -> Finding | None:
    """`{"code": "PGRST116", "message": ...}`: a failure code, with words, in an object that has only labels."""
    for name in _CODE_KEYS:
        if name not in fields:
            continue
        key, value = fields[name]
        if _is_code_of_failure(value, numbers=name in {"code", "cod"}) and _says_why(fields) and _tells_only(fields):
            return Finding(f"{path}.{key}", value)
    return None


def _tells_only(fields: Fields) -> bool:
    return is_all_labels(fields) or not is_thing(fields)


def _return_code(fields: Fields, path: str) -> Finding | None:
    for name in _RETURN_CODE_KEYS:
        if name in fields and _is_return_code_of_failure(fields[name][1]) and account_beside(fields):
            key, value = fields[name]
            return Finding(f"{path}.{key}", value)
    return None


def _exit_code(fields: Fields, path: str) -> Finding | None:
    """The exit code of a command, with what it wrote to stderr."""
    found = _first(fields, path, _EXIT_KEYS, lambda value: _is_return_code_of_failure(value) or value == 1)
    if found is None:
        return None
    told = (fields[name][1] for name in ("stderr", "error", "output", "stdout", *_MESSAGE_LABELS) if name in fields)
    account = next((text for text in told if isinstance(text, str) and text.strip()), "")
    return Finding(found.path, found.value, account)


def _failure_flag(fields: Fields, path: str) -> Finding | None:
    return _first(fields, path, _FLAGS_OF_FAILURE, lambda value: value is True or _is_word(value, "true"))


def _success_flag(fields: Fields, path: str) -> Finding | None:
    for name, (key, value) in fields.items():
        if (value is False or _is_word(value, "false")) and _names_success(name):
            return Finding(f"{path}.{key}", value)
        if value in _NAUGHTS and _names_success(name) and _says_why(fields) and is_all_labels(fields):
            return Finding(f"{path}.{key}", value)
    return None


def _false_status(fields: Fields, path: str) -> Finding | None:
    """`{"status": false, "reason": ...}`: a lamp that is off gives no reason."""
    for name in _FALSE_KEYS:
        value = fields[name][1] if name in fields else None
        if value is False or _is_word(value, "false"):
            account = account_beside(fields)
            if account and not is_thing(fields):
                return Finding(f"{path}.{fields[name][0]}", value, account)
    return None


def _status_word(fields: Fields, path: str) -> Finding | None:
    for name in _WORD_KEYS:
        value = fields[name][1] if name in fields else None
        if not isinstance(value, str):
            continue
        word = re.sub(r"[\s_-]", "", value[:48]).lower()
        if not word:
            continue
        if word in _WORDS_OF_LABELS:
            # A code in capitals is not the answer of a search: Google's NOT_FOUND.
            holds = (value.isupper() and "_" in value and not is_thing(fields)) or (
                is_all_labels(fields) and bool(len(fields) == 1 or account_beside(fields))
            )
        else:
            holds = _FAILURE_WORD.fullmatch(word) is not None and _speaks_of_the_call(fields, path)
        if holds:
            return Finding(f"{path}.{fields[name][0]}", value)
    return None


def _speaks_of_the_call(fields: Fields, path: str) -> bool:
    """Whether a status belongs to the tool call: not to a record or one row of many, unless it gives a reason."""
    if path.endswith("]"):
        return is_all_labels(fields) and bool(_says_why(fields))
    return not is_thing(fields) or bool(_says_why(fields))


def _says_why(fields: Fields) -> str:
    return account_beside(
        {
            name: member
            for name, member in fields.items()
            if name not in {"title", "description", "text", "name", "code"}
        }
    )


def _label_message(fields: Fields, path: str) -> Finding | None:
    """`{"message": "You are not subscribed to this API."}`: only the message can be judged."""
    for name in _MESSAGE_LABELS:
        if name not in fields:
            continue
        key, value = fields[name]
        if not isinstance(value, str) or (name == "status" and " " not in value):
            continue
        if name == "reason" and "result" in fields:  # an answer with its reason
            continue
        if is_all_labels(fields) and _says_nothing_well(fields) and label_tells_of_failure(value):
            return Finding(f"{path}.{key}", value, value)
    return None


def _says_nothing_well(fields: Fields) -> bool:
    """Whether nothing next to a message reports success, such as `success: true`."""
    for name, (_, value) in fields.items():
        if value is True and _names_success(name):
            return False
        if name in {"status", "result", "code", "statuscode"} and str(value).strip().lower() in _WELL:
            return False
    return True


_WELL = frozenset(
    {"success", "succeeded", "ok", "200", "201", "202", "completed", "true", "done", "confirmed", "booked", "available"}
)


def _first(fields: Fields, path: str, names: tuple[str, ...], holds: Callable[[Json], bool]) -> Finding | None:
    given = (fields[name] for name in names if name in fields)
    return next((Finding(f"{path}.{key}", value) for key, value in given if holds(value)), None)


def _names_success(name: str) -> bool:
    return any(stem in name for stem in _SUCCESS_STEMS) and _FLAG_OF_SUCCESS.fullmatch(name) is not None


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


def _is_code_of_failure(value: Json, *, numbers: bool) -> bool:
    if isinstance(value, str) and len(value) <= _LONGEST_CODE_CHARS and _NAMED_CODE.fullmatch(value.strip()):
        return True
    return numbers and _is_http_failure(value)


def _is_return_code_of_failure(value: Json) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return False
    return str(value)[:_LONGEST_CODE_CHARS].strip().lower() not in _CODES_OF_SUCCESS


def _is_word(value: Json, word: str) -> bool:
    return isinstance(value, str) and value[:20].strip().lower() == word


def _row(name: str, about: str, find: Callable[[Fields, str], Finding | None], *keys: str) -> Rule:
    return Rule(name, about, find, frozenset(keys), in_mixed=find in _IN_MIXED)


_IN_MIXED = (find_error_key, _status_code, _failure_flag, _success_flag)

RULES: tuple[Rule, ...] = (
    _row("error key", "an error key whose value says something", find_error_key, *ERROR_KEYS),
    _row("status code", "an HTTP status of 400 or more under a name for such", _status_code, *STATUS_CODE_KEYS),
    _row("plain status code", "`status` from 400 to 599", _plain_status_code, "status"),
    _row("failure flag", "a flag such as `isError` that is true", _failure_flag, *_FLAGS_OF_FAILURE),
    _row("success flag", "a flag such as `success` that is false", _success_flag),
    _row("false status", "`status` that is false, with a reason", _false_status, *_FALSE_KEYS),
    _row("status word", "`status`, `result` or `outcome` that says error, failed, KO", _status_word, *_WORD_KEYS),
    _row("return code", "`retCode`, `errno` other than 0, beside a message", _return_code, *_RETURN_CODE_KEYS),
    _row("exit code", "the exit code of a command other than 0", _exit_code, *_EXIT_KEYS),
    _row(
        "code beside message", "a `code` such as NOT_FOUND or 404, beside a message", _code_beside_message, *_CODE_KEYS
    ),
    _row("issue list", "a list of complaints, each with its place", find_issue_list, *ISSUE_LISTS),
    _row("field map", "fields, each with a list of complaints", find_field_map),
    _row("label message", "a message of failure in an object that is all labels", _label_message, *_MESSAGE_LABELS),
)
_SPEAKING_KEYS = frozenset(key for rule in RULES for key in rule.keys)
_ASKED_ALWAYS = tuple(rule for rule in RULES if not rule.keys)


def rules_for(fields: Fields) -> tuple[Rule, ...]:
    """The rules that may apply to an object with these keys, in order."""
    keys = _SPEAKING_KEYS.intersection(fields)
    if not keys:
        return _ASKED_ALWAYS
    return tuple(rule for rule in RULES if not rule.keys or not rule.keys.isdisjoint(keys))
