"""Finds the place in an error text that says what went wrong, in tracebacks, JSON bodies and HTML pages."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_DEPTH = 6  # JSON in a string in JSON ...; deeper nesting does not occur in practice
_PREFIX = 80  # "POST /book answered 502: {...}": a longer prefix is a log, not a label
_SHOWN_ERRORS = 3
_LONGEST_JSON_CHARS = 1_000_000

# Keys by how directly they state the cause, compared as lower-case letters only. `error` and `title` are labels: they
# precede the message ("Bad Request: date is in the past") and are used alone if there is none.
_LABEL_KEYS = ("error", "title")
_MESSAGE_KEYS = (
    "message", "errormessage", "errordescription", "errordetails", "errordetail", "detail", "msg", "statusmessage",
    "retmsg", "resultmessage", "messages", "failurereason", "reason", "fault", "faultstring", "cause", "exception",
    "errmsg",
    "mensaje", "motivo", "mensagem", "nachricht", "fehlermeldung", "fehler", "erreur", "erro",
)  # fmt: skip
# Keys that tell what went wrong with which part; next to a message that names no part, they are the cause.
_PART_KEYS = (
    "errors", "parametererrors", "fielderrors", "validationerrors", "usererrors", "responseerrors", "invalidparams",
    "violations", "issues", "details", "detail", "failures", "causes",
)  # fmt: skip
_LAST_KEYS = ("description", "text", "errorcode", "code", "errortype", "type")
_WRAPPER_KEYS = ("response", "body", "result", "data", "payload", "output", "content")
_STATUS_KEYS = ("statuscode", "httpstatus", "httpstatuscode", "httpcode", "status", "code")
_FIELD_KEYS = (
    "field", "param", "parameter", "path", "property", "attribute", "pointer", "propertypath", "source", "apiname",
)  # fmt: skip
_MESSAGE_ENDINGS = ("error", "message", "msg", "reason")
_NAMES_NO_PART = re.compile(
    r"\W*(?:(?:http )?[45]\d\d\W*)?(?:(?:the |one or more |some )?(?:supplied |given |request |input |submitted )*"
    r"(?:validation|bad request|invalid (?:argument|request|input|data|param\w*)|unprocessable entity|param\w* (?:is"
    r"|are) invalid"
    r"|data was invalid|not found|internal (?:server )?error|error|forbidden|conflict|request failed|failed|failure)"
    r"(?: (?:error|errors|failed|has failed|occurred|exception))*|.{0,60}\b(?:returned|responded with|reported"
    r"|with) an? error"
    r"|.{0,40}\bvalidation (?:failed|errors?(?: occurred)?)|.{0,60}(?:errors? (?:has |have )?occurred"
    r"|following errors?))\W*",
    re.IGNORECASE,
)

# A body that is cut short, or a printed Python dict, is not JSON, but its message can still be read.
_LOOSE_MESSAGE = re.compile(
    r"""["'](?:message|error_?message|error_description|details?|msg|status_?message|reason|failure_?reason|mensaje"
    r"|error)"""
    r"""["']\s{0,4}:\s{0,4}"""
    r"""(?:"((?:[^"\\\n]|\\.)+)"?|'((?:[^'\\\n]|\\.)+)'?)""",
    re.IGNORECASE,
)

_HTML = re.compile(r"<(?:!doctype|html|head|title|body|h1|\?xml|\w{0,20}:?envelope|error)\b", re.IGNORECASE)
_HTML_TAGS = ("faultstring", "message", "msg", "errormessage", "title", "h1", "h2", "pre", "p", "description", "reason")
_GENERIC_TITLE = re.compile(r"\W*(?:errors?(?: page)?|w?h?oops|problem|sorry|an error occurred)?\W*", re.IGNORECASE)

_THROWN = re.compile(
    r"(?:uncaught\s+(?:exception:?\s+)?|unhandled\s+\w+:?\s+)?"
    r"(?:[A-Za-z_][\w.$]*)?(?:Error|Exception|Warning|Exit|Interrupt|Fault|Failure|Timeout|Refused|NotFound|Denied)\b"
    r"(?:\s\[\w+\])?(?=:|\s*$|\s\()"
)
_FRAME = re.compile(r'\s*(?:at\s+\S|File "|from \S+:\d+|\.\.\. \d+ more|goroutine \d)')
_CAUSED_BY = re.compile(r"^\s*(?:Caused by:|\[?cause\]?:)\s*(.+)", re.IGNORECASE | re.MULTILINE)
_PYTHON_TRACEBACK = "Traceback (most recent call last)"
_FOLDED_TRACE = re.compile(r"\\n\s{0,20}(?:at |File \"|Caused by:|Traceback )|\(most recent call last\):\\n")
_VALIDATION_SUMMARY = re.compile(r"(?<!\d)\d{1,6} validation errors? for ")
_BOILERPLATE = re.compile(
    r"\W*(?:(?:an?|the|un|se ha producido un|ha ocurrido un)?\s*(?:unexpected |unknown )?"
    r"(?:error|exception|failure|fallo|stack ?trace|details?|tool (?:call|execution) (?:error|failed))"
    r"(?: has)?(?: occurred| was thrown| details?)?)?\W*"
    # "Function executing from orders.lookup error...": says where; the next line says what.
    r"|(?:function|tool|action|script|code|api|task|step|workflow|node)\b.{0,200}\b(?:error|failed|exception"
    r"|failure)\W*",
    re.IGNORECASE,
)
_ORM_CALL = re.compile(r"\bInvalid `[^`\n]{1,120}` invocation")  # Prisma: the call, its source, and the cause last
_DIRECT_CAUSE = "The above exception was the direct cause of the following exception:"


def headline(error: str) -> str:
    """The part of an error text that states its cause.

    A traceback's exception, the last `Caused by`, a JSON body's message with its HTTP status, an HTML page's
    title, or the first line with content. Neither cleaned nor masked; "" only if the text is blank.
    """
    return _headline(error, _DEPTH)


def full_description(account: str, body: str) -> str:
    """The description of an error, or the headline of its body if only that names the faulty part."""
    if not body.lstrip().startswith(("{", "[")) or not _NAMES_NO_PART.fullmatch(account.strip()[:200]):
        return account
    told = headline(body)
    return told if account.strip(" .").lower() in told.lower() and not _NAMES_NO_PART.fullmatch(told) else account


def is_html(error: str) -> bool:
    """Whether a page's markup starts in the text, so that its title says more than its first characters."""
    return _HTML.search(error[: _PREFIX * 4]) is not None


def _headline(error: str, depth: int) -> str:
    text = error.strip()
    if depth <= 0:
        return _of_lines(text)
    if found := _of_json(text, depth).strip():
        return found
    if _FOLDED_TRACE.search(text):
        text = text.replace("\\r", "").replace("\\n", "\n").strip()
    return _of_html(text).strip() or _of_trace(text).strip() or _of_lines(text)


def _of_json(text: str, depth: int) -> str:
    start = min((at for at in (text.find("{"), text.find("["), text.find('"')) if at >= 0), default=-1)
    if start < 0 or len(text) > _LONGEST_JSON_CHARS:
        return ""
    prefix = _short_prefix(text[:start])
    if prefix is None or (text[start] == '"' and start > 0):
        start = text.find("{")
        prefix = _short_prefix(text[:start]) if start >= 0 else None
    if prefix is None:
        return ""
    try:
        value, end = cast("tuple[object, int]", json.JSONDecoder().raw_decode(text, start))
    except (ValueError, RecursionError):
        loose = _LOOSE_MESSAGE.search(text, start)
        said = _headline((loose[1] or loose[2]).replace('\\"', '"'), depth - 1) if loose else ""
    else:
        if text[end:].strip(" .)\n"):  # a quotation inside prose
            return ""
        said = _of_value(value, depth - 1)
        if not said and not prefix and isinstance(value, (dict, list)):
            said = _compact(text)
    return _joined(prefix, _without_repeats(said, prefix)) if said else ""


def _without_repeats(said: str, prefix: str) -> str:
    """The text without what the prefix says: `HTTP 401 Unauthorized: 401: Unauthorized: expired` says it twice."""
    while ": " in said and said.partition(": ")[0].lower() in prefix.lower():
        said = said.partition(": ")[2]
    return said


def _short_prefix(before: str) -> str | None:
    before = before.strip()
    return before.rstrip(" :-") if len(before) <= _PREFIX and "\n" not in before else None


def _compact(text: str) -> str:
    return " ".join(text.split())


def _joined(*parts: str) -> str:
    """The parts as `a: b`, without those that a later or longer part already contains."""
    said = [part for part in parts if part]
    lower = [part.lower() for part in said]
    new = [
        part
        for at, part in enumerate(said)
        if not any(
            lower[at] in other and (lower[at] != other or at < there)
            for there, other in enumerate(lower)
            if there != at
        )
    ]
    return ": ".join(new)


def _of_value(value: object, depth: int) -> str:
    """The message inside a parsed JSON value; "" if it has none."""
    if depth <= 0:
        return ""
    if isinstance(value, str):
        return _headline(value, depth)
    if isinstance(value, list):
        items = [_of_value(item, depth - 1) for item in cast("list[object]", value)[:_SHOWN_ERRORS]]
        return "; ".join(item for item in items if item)
    if isinstance(value, dict):
        return _of_object(cast("dict[str, object]", value), depth)
    return ""


def _of_object(value: dict[str, object], depth: int) -> str:
    fields = {re.sub(r"[^a-z]", "", key.lower()): found for key, found in value.items()}

    def first(keys: Iterable[str]) -> str:
        said = (_of_value(fields[key], depth - 1) for key in keys if key in fields)
        return next((text for text in said if text), "")

    message = first(_MESSAGE_KEYS)
    label = first(_LABEL_KEYS)
    about = _field(fields) if message else ""
    if about:  # one row of a list of faults: what it is about comes first
        return about if message in about else message if about in message else f"{about}: {message}"
    if not message or _NAMES_NO_PART.fullmatch(message):
        keys = (key for key in _PART_KEYS if fields.get(key) is not None)
        parts = next((text for key in keys if (text := _of_parts(fields[key], depth - 1))), "")
        message = f"{message}: {parts}" if message and parts not in ("", message) else message or parts
    if not message and not label:
        endings = [key for key in fields if key.endswith(_MESSAGE_ENDINGS)]
        message = first(_LAST_KEYS) or first(_WRAPPER_KEYS) or first(endings) or "; ".join(_field_errors(value))
    if not message and not label:
        objects = (cast("dict[str, object]", member) for member in value.values() if isinstance(member, dict))
        wrapped = (_of_value(member, depth - 1) for member in objects)
        message = next((text for text in wrapped if text), "") or first(("status",))
    return _joined(_http_status(fields), label, message)


def _field(fields: dict[str, object]) -> str:
    """The subject of a row in a list of faults: `body.date`, `start_time`."""
    where = fields.get("loc")
    if isinstance(where, list):  # one row of a FastAPI validation error
        return ".".join(str(part) for part in cast("list[object]", where))
    for key in _FIELD_KEYS:
        found = fields.get(key)
        if isinstance(found, list):
            found = ".".join(str(part) for part in cast("list[object]", found))
        if isinstance(found, dict):  # JSON:API: {"source": {"pointer": "/data/attributes/date"}}
            found = next(iter(cast("dict[str, object]", found).values()), "")
        if isinstance(found, str) and re.fullmatch(r"[\w./\[\]-]{1,60}", found):
            return found
    return ""


def _of_parts(value: object, depth: int) -> str:
    """The text of a list or map of faults; in a map of fields, each with its field."""
    if not isinstance(value, dict):
        return _of_value(value, depth)
    fields = cast("dict[str, object]", value)
    names = {re.sub(r"[^a-z]", "", key.lower()): found for key, found in fields.items()}
    return _of_value(fields, depth) or _field(names) or "; ".join(_field_errors(fields, words_too=True))


def _http_status(fields: dict[str, object]) -> str:
    for key in _STATUS_KEYS:
        status = str(fields.get(key, ""))
        if re.fullmatch(r"[45]\d\d", status):
            return status
    return ""


def _field_errors(value: dict[str, object], *, words_too: bool = False) -> Iterator[str]:
    """Messages of the form `{"field": ["This field is required."]}`, and `{"field": "is required"}` where it is one."""
    for field, messages in list(value.items())[:_SHOWN_ERRORS]:
        message: object = messages if words_too else ""
        if isinstance(messages, list):
            message = next(iter(cast("list[object]", messages)), "")
        if isinstance(message, str) and message.strip():
            yield f"{field}: {message}"


def _of_html(text: str) -> str:
    start = _HTML.search(text)
    if start is None:
        return ""
    lower = text.lower() if len(text.lower()) == len(text) else text  # a few letters grow when lowered
    said = [found for tag in _HTML_TAGS if (found := _element(text, lower, tag))]
    found = next((part for part in said if not _GENERIC_TITLE.fullmatch(part)), next(iter(said), ""))
    prefix = _short_prefix(text[: start.start()])
    label = "" if prefix is None or prefix.startswith("<") else prefix
    return _joined(label, found) if found else ""


def _element(text: str, lower: str, tag: str) -> str:
    """The text of the first element of this kind; "" if there is none. `find` keeps the time linear."""
    start = lower.find(f"<{tag}")
    while start >= 0 and lower[start + len(tag) + 1 : start + len(tag) + 2].isalnum():
        start = lower.find(f"<{tag}", start + 1)
    opened = text.find(">", start) if start >= 0 else -1
    if opened < 0:
        return ""
    closed = lower.find(f"</{tag}", opened)
    inner = text[opened + 1 : closed] if closed >= 0 else text[opened + 1 :].partition("\n")[0]
    return _compact(html.unescape(re.sub(r"<[^<>]*>", " ", inner)))


def _of_trace(text: str) -> str:
    readers: tuple[Callable[[str], str], ...] = (_of_python, _of_caused_by, _of_thrown)
    return next((found for read in readers if (found := read(text))), "")


def _of_python(text: str) -> str:
    text = text.partition(_DIRECT_CAUSE)[0]  # of chained exceptions, the first one is the cause
    _, traceback, block = text.rpartition(_PYTHON_TRACEBACK)
    lines = [re.sub(r"^ {0,8}[|+] ?", "", line) for line in block.splitlines()[1:]]
    outer = [at for at, line in enumerate(lines) if line.strip() and not line[0].isspace() and not _FRAME.match(line)]
    if not traceback or not outer:
        return ""
    thrown = [at for at in outer if _THROWN.match(lines[at])]
    at = thrown[-1] if thrown else outer[0]
    if _VALIDATION_SUMMARY.search(lines[at]):  # pydantic puts the field and the fault on the next two lines
        return ": ".join(line.strip() for line in lines[at : at + 3] if line.strip())
    return lines[at]


def _of_caused_by(text: str) -> str:
    causes = _CAUSED_BY.findall(text)
    last = str(causes[-1]) if causes else text.partition("\n")[0]
    return last.rpartition("---> ")[2].rstrip(" {") if causes or "---> " in last else ""


def _of_thrown(text: str) -> str:
    lines = text.splitlines()
    if not any(_FRAME.match(line) for line in lines[1:]):
        return ""
    thrown = next((line for line in lines if _THROWN.match(line.strip())), "")
    return re.sub(r'^Exception in thread "[^"]*" ', "", thrown.strip().rstrip(" {"))


def _of_lines(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if lines and _ORM_CALL.search(text):
        return lines[-1]
    if (
        lines
        and (summary := next((at for at, line in enumerate(lines[:3]) if _VALIDATION_SUMMARY.search(line)), -1)) >= 0
    ):
        return ": ".join(lines[summary : summary + 3])
    said = (line for line in lines if not _BOILERPLATE.fullmatch(line) and not _FRAME.match(line))
    return re.sub(r'^Exception in thread "[^"]*" ', "", next(said, lines[0] if lines else ""))
