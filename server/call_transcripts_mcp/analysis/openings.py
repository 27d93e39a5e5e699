"""Texts that begin like failures: how to recognise an error message that is only words.

A tool that fails politely answers "Unable to book" with status 200. A text counts as a failure only if it begins like
one, because "No errors found" and "the timeout was raised" contain the same words. To add an opening, add a line to
`_OPENINGS` (it matches at the beginning, ignoring case) and a row to the tests.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from http import HTTPStatus

from call_transcripts_mcp.analysis.foreign_openings import FOREIGN_OPENINGS
from call_transcripts_mcp.analysis.trigger_words import FOREIGN_WORDS, HEAD_CHARS, trigger_words

_FOLDS = {0x2019: "'", 0x2013: "-", 0x2014: "-", ord("*"): None}  # typography, and the markup of bold text
_DECORATION = " \t\r\n\ufeff\"'`#>[(!-•·❌⛔🚫⚠️"  # prefixes that people and loggers write

# Values after a label that mean nothing to report ("Errors: 0", "Error: none", "Error: 0.1 %").
_NOTHING = (
    r"(?:(?:0+|[-+±]?\d*\.\d+\s*%?|\d+\s*%|none|null|nil|no|false|off|disabled|n/?a|ok|okay|-+|\[\s*\]|\{\s*\})"
    r"\s*(?:$|[;,.!)\]])|0\s+(?:of|out|today|so\s+far|errors?|failures?|found|in)\b"
    r"|(?:no|zero)\s+(?:errors?|problems?|issues?|failures?)\b)"
)
# A counter or a setting is not a failure, whatever its label says: "Failed logins: 0", "Not found items: none".
_COUNTER = re.compile(r"[^:=;,.]{1,60}[:=]\s*(?:0+(?:\.0+)?\s*%?|none|zero)\s*(?:$|[;,.!)])", re.IGNORECASE)
_NOBODY_FOUND = re.compile(r"(?:\w+ ){1,3}not (?:found|supported): None\b")
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
    rf"(?:{_ENDS}|\s*[:=](?!\s*{_NOTHING})|\s*[#(\[]\s*\d|\s+(?:code|number"
    rf"|status)?\s*[:#=]?\s*(?!0+\b)[a-z]{{0,4}}[-_]?\d"
    r"(?!\S{0,8}\s+(?:means?|indicates?|is|refers|stands|appears|on\s+(?:your|the))\b)"
    r"|\s+(?:(?:has\s+|was\s+)?(?:occurred|thrown|raised|encountered)|while|when|in|at|on|during|from|with|trying"
    r"|because"
    r"|due|after|message\s*:|al|en|de|del|durante|interno|inesperado|desconocido)\b"
    rf"|\s+(?!(?:{_GERUNDS_OF_HEALTH})\b)\w+ing\b)"
)
_FAILED_GOES_ON = (
    rf"(?:{_ENDS}|\s*:(?!\s*(?:{_NOTHING}|\d+\s*(?:$|[;,.])))"
    r"|\s+(?:to|with|because|due|while|when|after|during|on|at|in|by)\b)"
)
_TIMEOUT_GOES_ON = (
    rf"(?:{_ENDS}|\s*:(?!\s*(?:{_NOTHING}|{_DURATION}))|\s+(?:while|waiting|after|exceeded|occurred|error|expired"
    rf"|reached"
    r"|when|during|calling|connecting|reading|from)\b|\s+of\s+\S+\s+exceeded)"
)
_DEEDS = (
    r"(?:the\s+|your\s+)?(?:request|connection|operation|authentication|authorization|login|validation|query|execution|"
    r"(?:tool|function|api)(?:\s+(?:call|request|execution))?|call|lookup|webhook|http\s+request|transaction|payment|"
    r"booking|transfer|search|upload|download|delivery|job|task|script|workflow|command|process|server|network|gateway)"
)
STATUS_PHRASES = "|".join(re.escape(status.phrase.lower()) for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST)
_STATUS_SENTENCES = "|".join(phrase for phrase in STATUS_PHRASES.split("|") if "\\ " in phrase)  # not "gone", "locked"
_EXCUSES = r"(?:could\s+not|couldn't|unable|cannot|can't|not\s+able|failed|went\s+wrong|error|timed\s+out)\b"

# What the tool cannot do; "cannot be combined with other offers" is information.
_INPUTS = (
    r"(?:param\w*|arguments?|args?|fields?|values?|headers?|keys?|ids?|identifiers?|inputs?|types?|formats?|tools?"
    r"|functions?|actions?"
    r"|commands?|methods?|operations?|operators?|endpoints?|services?|users?|customers?|tokens?|sessions?"
    r"|credentials|passwords?|codes?"
    r"|currenc(?:y|ies)|languages?|locations?|dates?|times?|e-?mails?|columns?|tables?|propert(?:y|ies)|attributes?"
    r"|options?|events?"
    r"|models?|versions?|hosts?|providers?|genre|symbols?|tickers?|resources?|entr(?:y|ies)|characters?|responses?"
    r"|names?)\b"
)
_UNDONE = (
    r"(?:found|loaded|processed|completed|reached|parsed|read|opened|resolved|determined|retrieved|fetched|validated"
    r"|verified|"
    r"authenticated|authori[sz]ed|executed|performed|saved|created|updated|deleted|booked|scheduled|sent|connected"
    r"|accessed|"
    r"empty|blank|null|undefined|negative|zero|none|located|identified|converted|decoded|handled|served|established)"
)
_STORES = (
    r"(?:\w+\s+)?(?:system|database|db|records?|table|index|cache|list|calendar|directory|crm|account|collection|"
    r"response|file|catalog|registry|available|inventory|workspace|project|request|path)"
)

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
        r"(?:(?:we|i|the\s+(?:system|server|service|tool|request|operation|call|api))\s+)?(?:could\s+not|couldn'?t)\b"
        r"(?!\s+be\s+(?:better|happier)\b)"
    ),
    r"(?:the|your|this)\s+(?:\w+\s+){1,3}(?:could\s+not|couldn't)\s+be\s+\w+",
    rf"(?:cannot|can\s+not|can't)\s+(?:be\s+{_UNDONE}|(?!(?:be|wait|complain|make|stand|decide|remember)\b)\w+)\b",
    (
        rf"(?:(?:request|connection|connect|gateway|read|tool|call|operation|response|network|server)\s+)?time-?\s?out"
        rf"{_TIMEOUT_GOES_ON}"
    ),
    rf"(?:{_DEEDS}\s+(?:has\s+)?)?timed\s+out\b",
    r"invalid(?=[\s:.,!]|$)",
    (
        rf"(?:not\s+found(?!\s+in\s+(?!(?:the\s+|our\s+|your\s+)?{_STORES}\b))|unauthori[sz]ed(?:\s+(?:access"
        rf"|request))?|forbidden|access\s+denied|permission\s+denied|bad\s+request"
        rf"|bad\s+gateway|method\s+not\s+allowed|service\s+(?:is\s+)?(?:temporarily\s+"
        rf"|currently\s+)?unavailable){_PHRASE_ENDS}"
    ),
    r"too\s+many\s+requests\b|(?:rate|api|request)\s+limit\s+(?:was\s+)?(?:exceeded|reached)|quota\s+exceeded",
    (
        r"missing\s+(?:\w+\s+){0,3}(?:param\w*|arguments?|args?|fields?|values?|headers?|keys?|ids?|inputs?"
        r"|propert(?:y|ies)|body|tokens?"
        r"|credentials|coordinates|configuration|authentication|authori[sz]ation|data|date|e-?mail|signature"
        r"|permissions?)\b"
    ),
    r"no\s+such\s+(?:\w+\s+){0,3}\w+",
    r"(?:unknown|unsupported|unrecogni[sz]ed|undefined|unexpected|malformed|incorrect|wrong|duplicate"
    r"|expired)\s+(?:\w+\s+){0,3}" + _INPUTS,
    (
        r"(?:ok,?\s+)?no\s+result\s+(?:was\s+)?returned\b|no\s+(?:response|answer)\s+from\s+(?:the\s+)?(?:server|tool"
        r"|webhook|api|function)\b"
    ),
    r"your\s+(?:server|webhook|endpoint)\s+(?:rejected|returned|responded|failed|did\s+not)\b",
    (
        r"(?:server|webhook|tool|api|endpoint)\s+(?:returned|responded\s+with)\s+(?:an?\s+)?(?:non-200|error|invalid"
        r"|empty|unexpected|(?:http\s+|status\s+)?(?:code\s+)?[45]\d\d)"
    ),
    (
        r"(?:request|call|connection|login|order|payment|booking)\s+(?:is\s+|was\s+)?(?:denied|declined|blocked"
        r"|unsuccessful)\b"
    ),
    (
        r"(?:execution|extraction|conversion|parsing|processing|sending|loading|fetching|import|export"
        r"|sync)\s+(?:of\s+\S+\s+)?failed\b"
    ),
    r"(?:token|session|api\s+key|access\s+token|jwt)\s+(?:has\s+|is\s+)?(?:expired|invalid|missing|revoked)\b",
    (
        r"you\s+(?:are\s+not|do\s+not|don't|have\s+(?:exceeded|reached|run\s+out))\s+(?:\w+\s+){0,2}(?:authori[sz]ed"
        r"|subscribed|authenticated|logged|have\s+(?:permission|access)|quota|limit|credits|allowed\s+to\s+access)"
    ),
    (
        r"(?:incorrect|wrong)\s+(?:pin|otp|answer|username|amount)\b|no\s+(?:tool|function|method|route"
        r"|handler)\s+(?:named|found|registered|for|matching|called)\b"
    ),
    r"(?:resource\s+exhausted|deadline\s+exceeded|failed\s+precondition|sip\s+[456]\d\d)\b|(?:busy|no[-_\s]answer)\s*$",
    r"(?!no\b|zero\b|without\b|fixed\b)(?:\w+\s+){1,3}error[.!]?\s*$",
    r"something\s+went\s+wrong\b|oops\b|socket\s+hang\s+up\b|e(?:connrefused|connreset|timedout|notfound|pipe)\b",
    r"there\s+was\s+(?:an?|some)\s+(?:\w+\s+)?(?:error|problem|failure)\b",
    (
        rf"(?:(?:we|i)(?:'re|'m|\s+are|\s+am)\s+)?(?:so\s+|very\s+|really\s+)?(?:sorry"
        rf"|unfortunately)\b.{{0,120}}?\b{_EXCUSES}"
    ),
    # Status codes
    (
        rf"[45]\d\d\s*[-:.,]?\s*(?:(?:page|file|resource|client|server|http|url|route)\s+){{0,2}}(?:{STATUS_PHRASES}"
        rf"|error)\b"
    ),
    r"[45]\d\d\s*[-:.,]?\s*(?:\w+\s+){1,2}not\s+found\b",
    r"(?:40[0-9]|41[0-8]|42[2-9]|451|50[0-8]|52\d)\s*:\s+[a-z]",
    r"https?(?:/\d(?:\.\d)?)?\s*(?:error|status|code|response)?\s*(?:code)?\s*[:=]?\s*[45]\d\d\b",
    rf"(?:{_STATUS_SENTENCES}){_ENDS}",
    r"(?:status(?:\s+code)?|response\s+code)\s*[:=]?\s*[45]\d\d\b",
)
# "Unable to walk far? We offer ...": a question to customers, with its answer.
_ASKS = re.compile(
    r"(?:unable|can't|cannot|can\s+not|not|missing|lost|couldn't|could\s+not|wrong|expired|no\s+such|forbidden"
    r"|failed|invalid)\b"
    r"[^.!;:?]{0,160}\?\s+\S",
    re.IGNORECASE,
)
_OPENING = re.compile("|".join(f"(?:{opening})" for opening in _OPENINGS), re.IGNORECASE)
_FOREIGN_OPENING = re.compile("|".join(f"(?:{opening})" for opening in FOREIGN_OPENINGS), re.IGNORECASE)

# The class of an exception, as languages print it: `ValueError: ...`, `java.io.IOException: ...`.
_CLASS = re.compile(
    rf"(?:[A-Za-z_]\w{{0,60}}\.){{0,8}}(?!No(?:Error|Exception))[A-Z]\w{{0,60}}(?:Error|Exception|Fault)"
    rf"(?:\s*$|\s*[(\[]|\s*:(?!\s*(?i:{_NOTHING})))"
)


def begins_as_failure(text: str) -> bool:
    """Whether a text begins like a failure: with words in a known language, a status code or an exception's class."""
    opening = folded(text)
    if not opening or _counts_nothing(opening):
        return False
    found = _OPENING.match(opening) or _CLASS.match(opening)
    if not found and (not opening.isascii() or not trigger_words(text[:HEAD_CHARS]).isdisjoint(FOREIGN_WORDS)):
        found = _FOREIGN_OPENING.match(opening)
    return bool(found) and not _ASKS.match(opening)


def is_counter(text: str) -> bool:
    """Whether a text is a counter or a setting without a failure: "Failed logins: 0"."""
    return _counts_nothing(folded(text))


def _counts_nothing(opening: str) -> bool:
    """Whether `_COUNTER` matches; but in "Doctor not found: None", the caller named no doctor."""
    return _COUNTER.match(opening) is not None and _NOBODY_FOUND.match(opening) is None


def folded(text: str) -> str:
    """The start of a text on one line, without decoration; "; " replaces line breaks."""
    return _folded(text[:HEAD_CHARS])


@lru_cache(maxsize=4)  # several rules need the same text, one after the other
def _folded(head: str) -> str:
    if head.isascii():
        head = head.replace("*", "").lstrip(_DECORATION)
    else:
        head = unicodedata.normalize("NFC", head).translate(_FOLDS).lstrip(_DECORATION)
    lines = [" ".join(line.split()) for line in head.splitlines()]
    return "".join(f"{line} " if line.endswith(":") else f"{line}; " for line in lines if line).rstrip("; ")
