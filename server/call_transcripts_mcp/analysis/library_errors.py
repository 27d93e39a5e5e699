r"""Error messages of libraries and engines, anywhere in a text: `ECONNREFUSED`, `E11000 duplicate key`.

To add one, add a row: what the lower-case text must contain (for all other texts, the pattern does not run), and the
pattern. A row needs words that only the library writes. Add a row to the tests.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_HEAD_CHARS = 400
_LONGEST_TEXT_CHARS = 4_000  # a longer text that names an error far from its start explains it

_EXPLAINS = re.compile(
    r"\W*(?:if|when|how|why|what|to fix|troubleshoot\w*|this (?:article|guide|page)|faq|common|solving|understanding)\b"
)


class LibraryError(NamedTuple):
    """A message of one library, driver or runtime."""

    library: str
    needles: tuple[str, ...]
    pattern: re.Pattern[str]


def _row(library: str, needles: str, pattern: str) -> LibraryError:
    return LibraryError(library, tuple(needles.split("|")), re.compile(pattern))


LIBRARY_ERRORS: tuple[LibraryError, ...] = (
    _row("Node", "econn|etimedout|enotfound|eai_again|unreach|epipe|enoent|eacces|err_|eproto", (
        r"\be(?:conn(?:refused|reset|aborted)|timedout|notfound|ai_again|hostunreach|netunreach|pipe|noent|acces"
        r"|proto)\b"
        r"|\berr_(?:bad|network|cancel|invalid|http|socket|tls|ssl|name|connection|too|fr|stream|module|unhandled)\w*"
    )),
    _row("fetch", "fetch failed|failed to fetch|socket hang up|unexpected token|is not valid json|unexpected end of", (
        r"\bfetch failed\b|\bfailed to fetch\b|socket hang up|unexpected token .{1,20} (?:in json|is not valid)|is"
        r" not valid json|unexpected end of"
    )),
    _row("JavaScript", "read propert|is not a function|is not defined|is not iterable|call stack|undefined (|is not"
        " an object", (
        r"cannot (?:read|set) propert|\bis not (?:a function|defined|iterable)\b|maximum call stack|is not an object"
        r" \(evaluating"
    )),
    _row("axios", "status code ", r"\brequest failed with status code [45]\d\d"),
    _row("HTTP", "status|respon|non-200", (
        r"\b(?:status(?: code)?(?: of)?|responded with|response(?: code)?)\W{1,3}(?:code )?"
        r"(?:4(?:0\d|1[0-8]|2[2-9]|31|51)|5(?:0\d|1[01]|2\d|30))(?=\s*$|\s*[.,:;)\]\"'-]| (?:from|for|when|while|at"
        r"|on)\b)"
        r"|\bnon-200 (?:response|status)"
    )),
    _row("cancelled work", "cancel", (
        r"(?:request|task|operation|execution|call) was cancell?ed (?:due|by the|because|after)|^\W*(?:a task|tool"
        r" execution) was cancell?ed"
        r"|canceling statement"
    )),
    _row("errno", "errno", r"\[errno -?\d+\]|\berrno[:=] ?-?\d+"),
    _row("sockets", "connection |host|name resolution|dial tcp|getaddrinfo|i/o timeout|broken pipe|disconnected", (
        r"\bconnection (?:refused|reset|aborted|timed out|closed (?:by|before|unexpectedly)|error\b|broken)|cannot"
        r" connect to host"
        r"|no route to host|no such host|name or service not known|temporary failure in name resolution|\bgetaddrinfo\b"
        r"|\bdial tcp\b|\bi/o timeout\b|broken pipe|server disconnected|connecttimeout|host is unreachable"
    )),
    _row("requests", "connectionpool|max retries|read timed out|client error|server error|remotedisconnected|remote"
        " end|redirects", (
        r"https?connectionpool|max retries exceeded|read timed out|(?:client|server) error:? '?[45]\d\d|\b[45]\d\d"
        r" (?:client|server) error"
        r"|remotedisconnected|remote end closed|exceeded \d+ redirects"
    )),
    _row("Envoy", "upstream", r"upstream connect error|no healthy upstream|upstream request timeout"),
    _row("TLS", "certificate|handshake|ssl", (
        r"certificate (?:verify failed|has expired|is not trusted)|self[- ]signed certificate|(?:tls|ssl) handshake"
        r"|\bssl: \w+|sslerror"
    )),
    _row("Python", "positional argument|keyword argument|has no attribute|nonetype|expecting |invalid literal|could"
        " not convert"
        "|out of range|unsupported operand|not subscriptable|not callable|unpack|division by zero|unhashable"
        "|unterminated|serializable|recursion", (
        r"(?:missing|takes) (?:from )?\d+ (?:required |to |positional)|unexpected keyword argument|object has no"
        r" attribute|'nonetype'"
        r"|expecting (?:value|property name|',' delimiter)|invalid literal for int|could not convert string|index"
        r" out of range"
        r"|unsupported operand type|object is not (?:subscriptable|callable|iterable)|(?:cannot|values to) unpack"
        r"|division by zero"
        r"|unhashable type|unterminated string starting|is not json serializable|maximum recursion depth"
    )),
    _row("pydantic", "validation error|input should be|field required|_error", (
        r"\b\d+ validation errors? for \w|\binput should be \w+.{0,80}\[?type=|field required \[type|\bvalue_error\b"
    )),
    _row("zod", "invalid_type|zoderror|expected |unrecognized_keys", (
        r"\binvalid_type\b|\bzoderror\b|\bunrecognized_keys\b"
        r"|\bexpected (?:\w+|an? (?:object|array|string|number|integer|boolean|list|dict(?:ionary)?)), received \w+"
    )),
    _row("MCP", "mcp error|-32", r"\bmcp error:? -?\d+|(?<![\w.-])-32(?:[67]\d\d|0\d\d)\b"),
    _row("gRPC", "rpc error|statuscode.|grpc|deadline exceeded|unavailable:|_exhausted:|invalid_argument:"
        "|permission_denied:"
        "|unauthenticated:|not_found:|already_exists:|failed_precondition:", (
        r"rpc error: code =|\bstatuscode\.[a-z_]{4,}|grpc\.\w*rpcerror|(?:context )?deadline exceeded|(?:^|\d"
        r" )(?:unavailable|resource_exhausted"
        r"|invalid_argument|permission_denied|unauthenticated|not_found|already_exists|failed_precondition"
        r"|deadline_exceeded): "
    )),
    _row("PostgreSQL", 'duplicate key|violates|relation "|column "|sqlstate|syntax error at|deadlock|connection'
        " slots|too many clients|authentication failed", (
        r"duplicate key (?:value|error)|violates (?:foreign key|unique|not-null|check|row-level|exclusion)"
        r"|\b(?:relation|column) \"[^\"]{1,80}\".{0,80} does not exist"
        r"|\bsqlstate\b|syntax error at or near|deadlock detected|connection slots are reserved|too many clients"
        r" already|password authentication failed"
    )),
    _row("MySQL", "duplicate entry|sql syntax|unknown column|lock wait|too many connections|deadlock found|doesn't"
        " exist", (
        r"duplicate entry '|error in your sql syntax|unknown column '|lock wait timeout|too many connections"
        r"|deadlock found"
        r"|table '[^']{1,80}' doesn't exist"
    )),
    _row("SQLite", "constraint failed|no such table|no such column|database is locked|disk image", (
        r"constraint failed|no such (?:table|column):|database is locked|disk image is malformed"
    )),
    _row("MongoDB", "e11000|objectid|mongo", r"\be11000\b|cast to objectid failed|\bmongo\w*error\b"),
    _row("Oracle", "ora-", r"\bora-\d{5}\b"),
    _row("AWS", "when calling|exception", r"an error occurred \(\w+\) when calling"),
    _row("Java, .NET, PHP", "exception|fatal error:|caused by:", (
        r"exception in thread|\b(?:java|javax|kotlin|system|org|com)(?:\.\w+)+exception\b|\bnullpointerexception\b"
        r"|\bcaused by: "
        r"|\b(?:php )?fatal error: "
    )),
    _row("Go, Rust, Ruby", "panic|undefined method|segmentation", (
        r"\bpanic: |goroutine \d+ \[|panicked at|undefined (?:local variable or )?method|segmentation (?:fault"
        r"|violation)"
    )),
    _row("OpenAI", "error code: ", r"\berror code: [45]\d\d\b"),
)  # fmt: skip

_NEEDLES = [(needle, row) for row in LIBRARY_ERRORS for needle in row.needles]

# The class of an exception in the middle: "Tool raised KeyError('date')", "(BookingError: the slot is gone)".
_CLASS = re.compile(
    r"(?<![\w.])(?:[a-z_]\w*\.)*[A-Z][a-zA-Z]{2,40}(?:Error|Exception)(?:\(['\"\d]|[:,] \S|\s*$|"
    r" (?:when|while|occurred|at) )"
)


def names_library_error(text: str) -> bool:
    """Whether the start of a text contains an error message of a library."""
    if len(text) > _LONGEST_TEXT_CHARS:
        return False
    head = text[:_HEAD_CHARS]
    lowered = head.lower()
    rows = [row for needle, row in _NEEDLES if needle in lowered]
    if any(row.pattern.search(lowered) for row in rows):
        return not _EXPLAINS.match(lowered)
    if ("Error" in head or "Exception" in head) and _CLASS.search(head):
        return not _EXPLAINS.match(lowered)
    return False
