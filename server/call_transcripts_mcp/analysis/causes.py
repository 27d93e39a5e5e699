"""What an error text says went wrong: its headline, a cut that keeps it, its cause for grouping, its kind.

Pure functions over strings. Nothing here cleans or masks: whoever shows a result does that. The wordings they
know are rows of tables in `cause_rules`.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from call_transcripts_mcp.analysis.cause_headline import headline, is_html
from call_transcripts_mcp.analysis.cause_rules import KINDS, NUMBER, VARIABLES
from call_transcripts_mcp.findings.failures import Kind
from call_transcripts_mcp.text import clip, cut_at

__all__ = ["clip_error", "headline", "is_html", "kind_of", "signature"]

_SIGNATURE_CHARS = 120
_READ_CHARS = 4_000  # of a headline or a body: what is longer says nothing more for grouping or kind
_URL_SEGMENTS = 3  # the empty one before the first slash counted: https://host/v2/venues/…
_LEAST_CONTEXT, _MOST_CONTEXT = 24, 120  # what came before in characters: less tells nothing, more is a trace


def clip_error(error: str, limit: int) -> str:
    """Show an error in about `limit` characters so that its headline survives.

    Whole when it fits. Otherwise its start when the headline stands there, else the headline with the lines
    right before it when there is room; always ending in `… (+N chars)`, N being what is not shown. The query of a
    URL gives way first, as `?…`.
    """
    is_page = is_html(error)
    if len(error) <= limit and not is_page:
        return error
    error = _URL_QUERY.sub(r"\1?…", error)  # the longest part of many errors, and of no use to a reader
    said = headline(error)
    if is_page and said and len(said) <= limit:  # the markup of a page says nothing more than its title
        return f"{said}… (+{len(error) - len(said)} chars)" if len(said) + len("… (+0 chars)") < len(error) else error
    clipped = clip(error, limit)
    if not said or said in clipped or clipped == error:
        return clipped
    shown = said[: cut_at(said, limit)]
    if shown == said:
        shown = _context(error, said, limit) + said
    shown = f"{shown}… (+{len(error) - len(shown.removeprefix('…'))} chars)"
    return shown if len(shown) < len(error) else error


def _context(error: str, said: str, limit: int) -> str:
    """The whole lines right before the headline, "" when there is no room, or only markup to show."""
    at = error.find(said)
    room = min(_MOST_CONTEXT, limit - len(said))
    _, _, lines = error[max(0, at - room) : max(0, at)].partition("\n")
    lines = lines.lstrip()
    return f"…{lines}" if len(lines) >= _LEAST_CONTEXT and not lines.startswith(("<", "{", '"')) else ""


def signature(error: str) -> str:
    """The cause without what varies from one report to the next, so that equal causes compare equal.

    Ids, numbers with their units, dates, quoted values, addresses and the variable parts of URLs give way to
    placeholders; HTTP statuses and codes that name a cause stay. One line of at most 120 characters, readable
    as it is; "" only when the text is blank.
    """
    said = " ".join(headline(error)[:_READ_CHARS].split())
    said = _GENERIC_START.sub("", _PYDANTIC_INPUT.sub("", said)) or said
    said = _MODULE_PATH.sub("", said)
    said = _ANY_VARIABLE.sub(_placeholder, said)
    said = _DATE_RUN.sub("<date>", _NUMBER_RUN.sub("<n>", said))
    said = _LOG_START.sub("", said).rstrip(" .!") or said
    cut = cut_at(said, _SIGNATURE_CHARS - 1)
    return said if len(said) <= _SIGNATURE_CHARS else f"{said[:cut]}…"


def kind_of(error: str) -> Kind:
    """What sort of thing went wrong: by the headline, and by the whole text when that does not tell."""
    for text in (headline(error)[:_READ_CHARS], error[:_READ_CHARS]):
        kind = next((kind for kind, pattern in KINDS if pattern.search(text)), None)
        if kind is not None:
            return kind
    return Kind.UNKNOWN


# "Error: Timeout" and "Timeout" are one cause; so are `errors.BookingError` and `BookingError`.
_GENERIC_START = re.compile(
    r"\A(?:(?:uncaught |unhandled )?(?:error|exception|fatal|failure|fallo)\s?[:-]\s?){1,3}", re.IGNORECASE
)
_MODULE_PATH = re.compile(r"\A(?:[A-Za-z_]\w{0,60}\.){1,9}(?=[A-Z])")
_LOG_START = re.compile(
    r"\A(?:[\[(]<date>[\])]\W{0,4}|<date>[:|-]\s|<date>\W{0,4}(?=[A-Z]{4,8}\b))"
    r"(?:\W?(?:ERROR|WARN|WARNING|FATAL|CRITICAL|INFO)\b\W{0,4})?"
)
_URL_QUERY = re.compile(r"(\bhttps?://[^\s?#\"'<>]{1,200})\?[^\s\"'<>]{2,}", re.IGNORECASE)
_PYDANTIC_INPUT = re.compile(r", input_value=.*\Z")
_NUMBER_RUN = re.compile(r"<n>(?:[ ,/x:-]{1,2}<n>)+")
_DATE_RUN = re.compile(r"<date>(?:,? (?:at |a las )?(?:<date>|<time>))+")

# A quoted name of ours says what is wrong ("field 'date' is required"); a quoted value is the caller's.
_NAME_BEFORE = re.compile(
    r"(?:fields?|param(?:eter)?s?|arguments?|args?|keys?|columns?|propert(?:y|ies)|attributes?|KeyError:|reading|tool"
    r"|function|named?|import|header|module|campos?|par[aá]metros?|claves?|columnas?|atributos?|herramienta|argumentos?)"
    r":?\s\(?\Z",
    re.IGNORECASE,
)
_NAME_AFTER = re.compile(
    r"\s(?:is (?:a )?(?:required|missing|not defined)|field|parameter|argument|property|es (?:obligatori|requerid)"
    r"|must be|debe ser)",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z_][\w.-]{0,40}")
_QUOTED = "|".join(
    rf"(?<![\w{opening}]){opening}[^{opening}{closing}\n]{{1,300}}{closing}(?!\w)"
    for opening, closing in ("''", '""', "``", "«»", "“”", "‘’")  # noqa: RUF001 - quotation marks as people type them
)
_URL = r"\b[a-z][a-z0-9+.-]{1,15}://[^\s\"'<>`)\]}|,;]+"
_TOKEN = r"(?<![\w<-])(?=[\w-]{0,64}\d)(?=[\d_-]{0,64}[A-Za-z])[\w-]{5,}"  # noqa: S105 - a word with digits
_ANY_VARIABLE = re.compile(
    rf"(?P<quoted>{_QUOTED})|(?P<url>{_URL})|"
    + "|".join(f"(?P<row{at}>{row.pattern})" for at, row in enumerate(VARIABLES[:-1]))
    + f"|(?P<token>{_TOKEN})|(?P<row{len(VARIABLES) - 1}>{VARIABLES[-1].pattern})",
    re.IGNORECASE,
)
_NUMBER = re.compile(NUMBER, re.IGNORECASE)
_PLAIN_WORD = re.compile(r"[^\W\d][A-Za-z_-]*\d+|\d{1,4}(?:-[A-Za-z]+)+|\d+[A-Za-z]{1,2}")


def _placeholder(match: re.Match[str]) -> str:
    group = match.lastgroup or ""
    if group == "quoted":
        return _quoted(match)
    if group == "url":
        return _url(match[0])
    if group == "token":
        return "<id>" if _is_id(match[0]) else _NUMBER.sub("<n>", match[0])
    return VARIABLES[int(group.removeprefix("row"))].placeholder or match[0]


def _quoted(match: re.Match[str]) -> str:
    opening, inner, closing = match[0][0], match[0][1:-1], match[0][-1]
    if re.match(_URL, inner, re.IGNORECASE):
        return opening + re.sub(_URL, lambda url: _url(url[0]), inner, flags=re.IGNORECASE) + closing
    before, after = match.string[max(0, match.start() - 24) : match.start()], match.string[match.end() :][:24]
    is_key = after.startswith(":") and before.rstrip().endswith(("{", ","))
    named = is_key or _NAME_BEFORE.search(before) or _NAME_AFTER.match(after)
    if named and _NAME.fullmatch(inner) and not _is_id(inner):
        return match[0]
    return f"{opening}<…>{closing}"


def _url(url: str) -> str:
    """Scheme, host and the fixed start of the path; ids, ports, credentials and the query go.

    Further down a path, names of things (a venue, a customer) cannot be told from names of kinds.
    """
    trimmed = url.rstrip(".:!?")
    try:
        parts = urlsplit(trimmed)
        host = parts.hostname or ""
    except ValueError:
        return "<url>"
    host = "<ip>" if re.fullmatch(r"[\d.]+|[0-9a-f:]*:[0-9a-f:]*", host) else host
    segments = ["<id>" if _is_variable(part) else part for part in parts.path.split("/")]
    path = "/".join(segments if len(segments) <= _URL_SEGMENTS else [*segments[:_URL_SEGMENTS], "…"])
    return f"{parts.scheme}://{host}{path}{url[len(trimmed) :]}"


def _is_variable(segment: str) -> bool:
    return not re.fullmatch(r"[A-Za-z_.-]{0,40}|v\d{1,3}", segment)


def _is_id(token: str) -> bool:
    """Whether a word is a machine's name for one thing: long, with digits among its letters."""
    digits = sum(char.isdigit() for char in token)
    long_enough = (len(token) >= 8 and digits >= 2) or digits >= 3  # noqa: PLR2004 - the figures of the rule itself
    return long_enough and not _PLAIN_WORD.fullmatch(token)
