"""What the value of an error key says, if it has content: `{"error": {"code": 0, "message": ""}}` has none.

The keys that describe a failure in an object. Keys are compared normalised (`fields_of`), and exactly:
`error_rate` and `errors_seen` are no error keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.bodies import compact, fields_of, read_body, shown

if TYPE_CHECKING:
    from call_transcripts_mcp.analysis.bodies import Fields, Json

ERROR_KEYS = (
    "error", "errors", "errormessage", "errormsg", "errordetail", "errordetails", "errordescription",
    "errorreason", "failurereason", "failuremessage", "exception", "exceptions", "fault", "failure",
    "errorcode", "errortype", "traceback", "stacktrace", "parametererrors", "usererrors", "validationerrors",
    "responseerrors", "responseerror", "fielderrors", "formerrors", "nonfielderrors", "err", "errmsg",
    "errorsummary", "errortext", "errorinfo", "exceptionmessage", "apierror", "servererror", "requesterror",
    "toolerror", "errores", "mensajeerror", "fehler", "fehlermeldung", "erreur", "erreurs", "erro", "erros",
    "mensagemerro", "errore", "errori", "fout", "foutmelding", "fallo", "falha", "échec", "错误", "错误信息",
)  # fmt: skip
MESSAGE_KEYS = (
    "message", "detail", "details", "msg", "reason", "description", "errordescription", "errormessage",
    "faultstring", "text", "title", "cause", "statusmessage", "retmsg", "resultmessage", "resultmsg", "responsemessage",
    "messages", "mensaje", "detalle", "motivo", "mensagem", "motif", "grund", "meldung", "nachricht",
    "messaggio", "bericht", "消息",
)  # fmt: skip
_SURE_MESSAGE_KEYS = ("errordescription", "errormessage", "message", "detail", "details", "msg", "reason")
_CODE_KEYS = ("code", "errorcode", "status", "statuscode", "type", "name")
_SILENCING_KEYS = (*MESSAGE_KEYS, "code", "errorcode")  # if these are blank, nothing happened, whatever else is there
_FIELD_KEYS = ("field", "param", "parameter")  # what a validation error is about: "must not be empty" alone says little
_NESTED_KEYS = ("error", "errors")
_DEPTH = 4

_NOTHING_WORDS = frozenset(
    {"none", "null", "nil", "undefined", "nan", "no", "false", "0", "00", "000", "0000", "n/a", "na", "ok", "okay"}
    | {"keine", "keiner", "ninguno", "ninguna", "nenhum", "aucun", "aucune", "nessuno", "geen", "无"}
    | {"success", "successful", "succeeded", "empty", "unset", "noerror", "no_error", "[]", "{}"}
)
_NO_ERRORS = re.compile(
    r"(?:no|zero|0|without)\s+(?:\w+\s+)?(?:errors?|problems?|issues?|failures?|faults?|exceptions?)\b"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A part of a payload that reports a failure.

    Attributes:
        path: its position, from the payload's root: `result.error.message`.
        value: the value at that position.
        account: the best description of the reason, not clipped; "" if the value is all there is.
    """

    path: str
    value: Json
    account: str = ""

    @property
    def words(self) -> str:
        """The finding as evidence: path and short value."""
        return f"{self.path}={shown(self.value)}"


def error_value(value: Json, path: str, *, is_code: bool = False, depth: int = 0) -> Finding | None:
    """What the value of an error key says; None if it has no content, such as null, zero or an empty list.

    A fraction does not count: it is a margin of error.
    """
    if isinstance(value, str):
        return _error_text(value, path, depth, is_code=is_code)
    if isinstance(value, (dict, list)):
        if depth > _DEPTH:
            return Finding(path, value, compact(value)) if value else None
        return _error_list(value, path, depth) if isinstance(value, list) else _error_object(value, path, depth)
    if isinstance(value, float) or not value or (is_code and value == HTTPStatus.OK):
        return None
    return Finding(path, value)


def account_beside(fields: Fields) -> str:
    """The reason given in the same object as a flag or a code; "" if there is none."""
    return _first_said(fields, (*ERROR_KEYS, *MESSAGE_KEYS, "code"))


def with_message(error: str, fields: Fields) -> str:
    """A short error joined with the message next to it: "Bad Request" alone is not the cause, "the date is past" is."""
    message = _first_said(fields, _SURE_MESSAGE_KEYS)
    if not message or message in error:
        return error
    return message if error in message else f"{error}: {message}"


def _first_said(fields: Fields, names: tuple[str, ...]) -> str:
    for name in names:
        value = fields[name][1] if name in fields else None
        if isinstance(value, str) and not _says_nothing(value):
            return value
    return ""


def _error_text(text: str, path: str, depth: int, *, is_code: bool) -> Finding | None:
    decoded = read_body(text) if text.lstrip().startswith(("{", "[")) else text
    if isinstance(decoded, (dict, list)) and depth <= _DEPTH:
        return error_value(decoded, path, depth=depth + 1)
    return None if _says_nothing(text, is_code=is_code) else Finding(path, text, text)


def _error_list(items: list[Json], path: str, depth: int) -> Finding | None:
    found = [
        said for index, item in enumerate(items) if (said := error_value(item, f"{path}[{index}]", depth=depth + 1))
    ]
    if not found:
        return None
    accounts = dict.fromkeys(said.account or compact(said.value) for said in found)
    return Finding(found[0].path, found[0].value, "; ".join(accounts))


def _error_object(value: dict[str, Json], path: str, depth: int) -> Finding | None:
    """The text of an object: its message, else its code, else any of its values."""
    fields = fields_of(value)
    for name in (*MESSAGE_KEYS, *_NESTED_KEYS, *_CODE_KEYS):
        if name not in fields:
            continue
        key, member = fields[name]
        said = error_value(member, f"{path}.{key}", is_code=name in _CODE_KEYS, depth=depth + 1)
        if said is not None and not isinstance(said.value, bool):
            about = _first_said(fields, _FIELD_KEYS)
            return Finding(said.path, said.value, f"{about}: {said.account}") if about and said.account else said
    if any(name in fields and not isinstance(fields[name][1], (dict, list)) for name in _SILENCING_KEYS):
        return None
    if any(error_value(member, path, depth=depth + 1) for member in value.values()):
        return Finding(path, value, compact(value))
    return None


def _says_nothing(text: str, *, is_code: bool = False) -> bool:
    words = text[:80].strip(" \t\r\n.!-").lower()
    return not words or words in _NOTHING_WORDS or bool(_NO_ERRORS.match(words)) or (is_code and words == "200")
