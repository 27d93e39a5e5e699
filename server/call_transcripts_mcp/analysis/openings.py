"""Texts that begin as failures do: what an error message looks like when all there is of it is words.

A tool that fails politely answers "Unable to book" with status 200. To be taken for a failure a text must
begin like one, because "No errors found" and "the timeout was raised" hold the same words. To add an opening,
add a line to `_OPENINGS` (it is matched at the beginning, without regard to case) and a row to the tests.
"""

from __future__ import annotations

import re
import unicodedata
from http import HTTPStatus

_HEAD_CHARS = 400
_HTML_HEAD_CHARS = 16 * 1024
_FOLDS = {0x2019: "'", 0x2013: "-", 0x2014: "-", ord("*"): None}  # typography, and the marks of bold text
_DECORATION = " \t\r\n\ufeff\"'`#>[(!-•·❌⛔🚫⚠️"  # what people and loggers put before the first word

# After a word and a colon: nothing to report ("Errors: 0", "Error: none", "Error: 0.1 %").
_NOTHING = (
    r"(?:(?:0+|[-+±]?\d*\.\d+\s*%?|\d+\s*%|none|null|nil|no|false|off|disabled|n/?a|ok|okay|-+|\[\s*\]|\{\s*\})"
    r"\s*(?:$|[;,.!)\]])|0\s+(?:of|out|today|so\s+far|errors?|failures?|found|in)\b"
    r"|(?:no|zero)\s+(?:errors?|problems?|issues?|failures?)\b)"
)
# A counter or a setting is not a failure, whatever its label says: "Failed logins: 0", "Not found items: none".
_COUNTER = re.compile(r"[^:=;,.]{1,60}[:=]\s*(?:0+(?:\.0+)?\s*%?|none|zero)\s*(?:$|[;,.!)])", re.IGNORECASE)
_DURATION = r"\d+(?:\.\d+)?\s*(?:ms|s|m|h|sec\w*|min\w*|milli\w*|hours?)?\s*(?:$|[;,.])"

_ENDS = r"(?:\s*$|\s*[.,;!)\]]|\s+[-(\[])"
_PHRASE_ENDS = rf"(?:{_ENDS}|\s*:|\s+(?:in|for|on|at|by|with|to|because)\b)"
_ERROR_KINDS = (
    "fatal|critical|unexpected|unknown|internal|external|server|client|network|connection|api|validation|database|db|"
    "runtime|tool|function|system|http|auth|authentication|authorization|syntax|parse|parsing|gateway|timeout|"
    "upstream|backend|application|request|general|remote|unhandled|uncaught"
)
_GERUNDS_OF_HEALTH = "handling|logging|reporting|tracking|checking|monitoring|testing|warning"
_ERROR_GOES_ON = (
    rf"(?:{_ENDS}|\s*[:=](?!\s*{_NOTHING})|\s*[#(\[]\s*\d|\s+(?:code|number|status)?\s*[:#=]?\s*(?!0+\b)[a-z]{{0,4}}[-_]?\d"
    r"|\s+(?:(?:has\s+|was\s+)?(?:occurred|thrown|raised|encountered)|while|when|in|at|on|during|from|with|trying|because"
    r"|due|after|message\s*:|al|en|de|del|durante|interno|inesperado|desconocido)\b"
    rf"|\s+(?!(?:{_GERUNDS_OF_HEALTH})\b)\w+ing\b)"
)
_FAILED_GOES_ON = (
    rf"(?:{_ENDS}|\s*:(?!\s*(?:{_NOTHING}|\d+\s*(?:$|[;,.])))"
    r"|\s+(?:to|with|because|due|while|when|after|during|on|at|in|by)\b)"
)
_TIMEOUT_GOES_ON = (
    rf"(?:{_ENDS}|\s*:(?!\s*(?:{_NOTHING}|{_DURATION}))|\s+(?:while|waiting|after|exceeded|occurred|error|expired|reached"
    r"|when|during|calling|connecting|reading|from)\b|\s+of\s+\S+\s+exceeded)"
)
_DEEDS = (
    r"(?:the\s+|your\s+)?(?:request|connection|operation|authentication|authorization|login|validation|query|execution|"
    r"(?:tool|function|api)(?:\s+(?:call|request|execution))?|call|lookup|webhook|http\s+request|transaction|payment|"
    r"booking|transfer|search|upload|download|delivery|job|task|script|workflow|command|process|server|network|gateway)"
)
_STATUS_PHRASES = "|".join(
    re.escape(status.phrase.lower()) for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST
)
_STATUS_SENTENCES = "|".join(phrase for phrase in _STATUS_PHRASES.split("|") if "\\ " in phrase)  # not "gone", "locked"
_EXCUSES = r"(?:could\s+not|couldn't|unable|cannot|can't|not\s+able|failed|went\s+wrong|error|timed\s+out)\b"

_OPENINGS = (
    # English
    rf"(?:(?:an?|the)\s+)?(?:(?:{_ERROR_KINDS})\s+){{0,2}}(?:error|exception){_ERROR_GOES_ON}",
    rf"errors\s*:(?!\s*(?:{_NOTHING}|\d))",
    r"traceback\s+\(most",
    rf"(?:failed|failure){_FAILED_GOES_ON}",
    rf"{_DEEDS}\s+(?:has\s+|was\s+|is\s+)?(?:failed|aborted|refused|reset|rejected){_FAILED_GOES_ON}",
    (
        r"(?:(?:we|i)\s+(?:are|were|am|was)\s+|(?:we|i)'(?:re|m)\s+|the\s+\w+\s+(?:is|was)\s+)?(?:currently\s+)?"
        r"(?:unable|not\s+able)\s+to\b"
    ),
    (
        r"(?:(?:we|the\s+(?:system|server|service|tool|request|operation|call|api))\s+)?(?:could\s+not|couldn'?t)\b"
        r"(?!\s+be\s+(?:better|happier)\b)"
    ),
    r"(?:the|your|this)\s+(?:\w+\s+){1,3}(?:could\s+not|couldn't)\s+be\s+\w+",
    r"(?:cannot|can\s+not|can't)\b(?!\s+(?:wait|complain)\b)",
    (
        rf"(?:(?:request|connection|connect|gateway|read|tool|call|operation|response|network|server)\s+)?time-?\s?out"
        rf"{_TIMEOUT_GOES_ON}"
    ),
    rf"(?:{_DEEDS}\s+(?:has\s+)?)?timed\s+out\b",
    r"invalid(?=[\s:.,!]|$)",
    (
        rf"(?:not\s+found|unauthori[sz]ed(?:\s+(?:access|request))?|forbidden|access\s+denied|permission\s+denied|bad\s+request"
        rf"|bad\s+gateway|method\s+not\s+allowed|service\s+(?:is\s+)?(?:temporarily\s+|currently\s+)?unavailable){_PHRASE_ENDS}"
    ),
    r"too\s+many\s+requests\b|(?:rate|api|request)\s+limit\s+(?:was\s+)?(?:exceeded|reached)|quota\s+exceeded",
    r"something\s+went\s+wrong\b|oops\b|socket\s+hang\s+up\b|e(?:connrefused|connreset|timedout|notfound|pipe)\b",
    r"there\s+was\s+(?:an?|some)\s+(?:\w+\s+)?(?:error|problem|failure)\b",
    rf"(?:(?:we|i)(?:'re|'m|\s+are|\s+am)\s+)?(?:so\s+|very\s+|really\s+)?(?:sorry|unfortunately)\b.{{0,120}}?\b{_EXCUSES}",
    # Status codes
    rf"[45]\d\d\s*[-:.]?\s*(?:(?:page|file|resource|client|server|http|url|route)\s+){{0,2}}(?:{_STATUS_PHRASES}|error)\b",
    r"https?(?:/\d(?:\.\d)?)?\s*(?:error|status|code|response)?\s*(?:code)?\s*[:=]?\s*[45]\d\d\b",
    rf"(?:{_STATUS_SENTENCES}){_ENDS}",
    r"(?:status(?:\s+code)?|response\s+code)\s*[:=]?\s*[45]\d\d\b",
    # Spanish
    r"no\s+se\s+(?:pudo|pudieron|ha\s+podido|han\s+podido)\b|no\s+(?:fue|ha\s+sido)\s+posible\b",
    r"no\s+(?:pude|pudimos|he\s+podido|hemos\s+podido)\b",
    (
        r"(?:ha\s+ocurrido|ocurri[oó]|se\s+(?:produjo|ha\s+producido)|hubo|ha\s+habido)\s+un[ao]?\s+(?:\w+\s+)?"
        r"(?:error|fallo|problema|excepci[oó]n)\b"
    ),
    r"tiempo\s+de\s+espera\s+(?:agotado|excedido|superado)\b|se\s+agot[oó]\s+el\s+tiempo\b",
    rf"fall[oó](?:{_ENDS}|\s*:(?!\s*(?:{_NOTHING}|\d))|\s+(?:al|en|de|del|la|el|interno)\b)",
    rf"(?:no\s+(?:encontrad|autorizad)[oa]s?|acceso\s+denegado|servicio\s+no\s+disponible){_PHRASE_ENDS}",
    r"lo\s+siento\b.{0,120}?\b(?:no\s+se\s+(?:pudo|ha\s+podido)|no\s+(?:pude|he\s+podido|fue\s+posible)|error)\b",
)
_OPENING = re.compile("|".join(f"(?:{opening})" for opening in _OPENINGS), re.IGNORECASE)

# The class of an exception, as every language prints it: `ValueError: ...`, `java.io.IOException: ...`.
_CLASS = re.compile(
    rf"(?:[A-Za-z_]\w{{0,60}}\.){{0,8}}(?!No(?:Error|Exception))[A-Z]\w{{0,60}}(?:Error|Exception|Fault)"
    rf"(?:\s*$|\s*[(\[]|\s*:(?!\s*(?i:{_NOTHING})))"
)
_HTML = re.compile(r"\s*<(?:!doctype\s+html|html|head|body|title|h1)\b", re.IGNORECASE)
_PAGE_OF_FAILURE = re.compile(
    r"(?:error\s+|http\s+|status\s+)*[45]\d\d\b|.{0,200}?(?:\b(?:error|http|status)\s*:?\s*[45]\d\d\b|\(?[45]\d\d\)?\s*$|"
    rf"\b(?:errors?(?!-free|\s+rate)|exception|failed|failure|{_STATUS_PHRASES}|access denied|timed out|went wrong)\b)",
    re.IGNORECASE | re.DOTALL,
)


def begins_as_failure(text: str) -> bool:
    """Whether a text begins as failures do, in English or Spanish, or with a status code or an exception's class."""
    opening = _folded(text)
    if not opening or _COUNTER.match(opening):
        return False
    return bool(_OPENING.match(opening) or _CLASS.match(opening))


def failure_page_title(text: str) -> str | None:
    """The title (else the first heading) of an HTML page that reports a failure; None for any other text."""
    if not _HTML.match(text[:_HEAD_CHARS]):
        return None
    head = text[:_HTML_HEAD_CHARS]
    titles = (_element(head, "title"), _element(head, "h1"))
    return next((title for title in titles if title and _PAGE_OF_FAILURE.match(title)), None)


def _folded(text: str) -> str:
    """The head of a text on one line, without decoration; lines are kept apart by "; "."""
    head = unicodedata.normalize("NFC", text[:_HEAD_CHARS]).translate(_FOLDS).lstrip(_DECORATION)
    lines = [" ".join(line.split()) for line in head.splitlines()]
    return "".join(f"{line} " if line.endswith(":") else f"{line}; " for line in lines if line).rstrip("; ")


def _element(page: str, tag: str) -> str | None:
    """The text of the first element of a kind, found by searching, which a hostile page cannot slow down."""
    lowered = page.lower()
    start = lowered.find(f"<{tag}")
    start = lowered.find(">", start) if start >= 0 else -1
    end = lowered.find(f"</{tag}", start) if start >= 0 else -1
    return " ".join(page[start + 1 : end].split()) if end >= 0 else None
