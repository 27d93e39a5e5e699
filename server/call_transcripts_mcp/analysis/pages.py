"""Pages that report a failure: HTML answers of a proxy, a tunnel or a host, and XML faults."""

from __future__ import annotations

import html
import re

from call_transcripts_mcp.analysis.openings import STATUS_PHRASES

_HEAD_CHARS = 400
_PAGE_HEAD_CHARS = 16 * 1024
_PAGE = re.compile(r"\s*<(?:!doctype\s+html|html|head|body|title|h1|center)\b", re.IGNORECASE)
_XML = re.compile(r"\s*<(?:\?xml\b|(?:\w{1,20}:)?[A-Za-z]{1,40}[\s>/])")
_TITLES = ("title", "h1")

_FAILED_TITLE = re.compile(
    r"(?:error\s+|http\s+|status\s+)*[45]\d\d\b|.{0,200}?(?:\b(?:error|http|status)\s*:?\s*[45]\d\d\b"
    r"|\(?[45]\d\d\)?\s*$|"
    rf"\b(?:errors?(?!-free|\s+rate|\s+handling)|exception|failed|failure|{STATUS_PHRASES}|access denied|timed out"
    r"|went wrong)\b)",
    re.IGNORECASE | re.DOTALL,
)
# Headings of pages that hosts and shields serve instead of the requested one.
_FAILED_PAGES = re.compile(
    r"just a moment|attention required|checking your browser|are you (?:a )?(?:human|robot)|verify you are human"
    r"|captcha"
    r"|no such app|application not (?:responding|found)|there's nothing here|site not found|domain not (?:found"
    r"|configured)"
    r"|page (?:could )?not (?:be )?found|err_ngrok|tunnel .{0,80}not found|ngrok.{0,40}error|tunnel (?:unavailable"
    r"|not found)"
    r"|(?:temporarily|currently|site|page|account|service) (?:is )?unavailable|(?:under|scheduled) maintenance|be"
    r" right back"
    r"|(?:account|site|service|website) (?:has been |is )?suspended|host (?:error|not found)"
    r"|web server is (?:down|returning)|origin is unreachable|bad request|request blocked|you have been blocked"
    r"|invalid (?:hostname|url|request|ssl)|upgrade your (?:subscription|plan)|default backend|whitelabel error"
    r"|runtime error"
    r"|deployment (?:not found|has failed|is (?:paused|disabled))|login required",
    re.IGNORECASE,
)

_FAULT_TAGS = (
    "faultstring",
    "error_message",
    "errormessage",
    "msg",
    "message",
    "detail",
    "description",
    "reason",
    "text",
)
_FAULT = re.compile(
    r"<(?:\w{1,20}:)?(?:fault|faultstring|faultcode|errors?|errorresponse|error_?message|exceptionreport"
    r"|serviceexception|exception)[\s>]",
    re.IGNORECASE,
)
_NOTHING = re.compile(r"\s*(?:0|false|none|null|no|ok|success|no error)?\s*</", re.IGNORECASE)
_FAILED_STATUS = re.compile(
    r"<(?:\w{1,20}:)?(?:status|result|success|ack)>\s*(?:error|fail(?:ed|ure)?|false|[45]\d\d)\s*</", re.IGNORECASE
)


def failure_page_title(text: str) -> str | None:
    """The title, heading or fault of a page that reports a failure; None for any other text."""
    if not text[:64].lstrip().startswith("<"):
        return None
    head = text[:_PAGE_HEAD_CHARS]
    if _PAGE.match(text[:_HEAD_CHARS]):
        titles = [title for tag in _TITLES if (title := _element(head, tag))]
        failed = (title for title in titles if _FAILED_TITLE.match(title) or _FAILED_PAGES.search(title))
        return next(failed, None)
    return _xml_fault(head) if _XML.match(text[:_HEAD_CHARS]) else None


def _xml_fault(head: str) -> str | None:
    fault = _FAULT.search(head) or _FAILED_STATUS.search(head)
    if fault is None:
        return None
    begin = head.find(">", fault.start()) + 1
    if _NOTHING.match(head, begin):
        return None
    told = (words for tag in _FAULT_TAGS if (words := _element(head, tag, fault.start())))
    return next(told, None) or " ".join(head[begin:].partition("</")[0].split()) or None


def _element(page: str, tag: str, start: int = 0) -> str | None:
    """The text of the first element of a kind. It is found by plain search, which a hostile page cannot slow down."""
    lowered = page.lower()
    found = -1
    for opening in (f"<{tag}>", f"<{tag} ", f":{tag}>", f":{tag} "):
        at = lowered.find(opening, start)
        found = at if found < 0 or 0 <= at < found else found
    begin = lowered.find(">", found) if found >= 0 else -1
    end = lowered.find("</", begin) if begin >= 0 else -1
    return html.unescape(" ".join(page[begin + 1 : end].split())) if end >= 0 else None
