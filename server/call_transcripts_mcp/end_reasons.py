"""Maps a platform's reason for the end of a call to one of ten that are the same for every platform.

Platforms have hundreds of reasons, with new ones every month, so a reason is recognised by its parts, the most specific
first. What no row recognises becomes `other`.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache


class EndReason(StrEnum):
    """Why a call ended."""

    USER_HANGUP = "user_hangup"
    AGENT_HANGUP = "agent_hangup"
    TRANSFER = "transfer"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no_answer"
    SILENCE = "silence"
    MAX_DURATION = "max_duration"
    PLATFORM_ERROR = "platform_error"
    CONFIGURATION_ERROR = "configuration_error"
    OTHER = "other"


# Patterns for a reason in lower case with single blanks between its words; the first row that matches counts.
# Errors come first: "pipeline error ... voice not found" is not a voicemail. Sources of the words: Ultravox
# (`endReason`), Vapi (`endedReason`), Retell (`disconnection_reason`), LiveKit (`close_reason`), and people's files.
_ROWS: tuple[tuple[EndReason, tuple[str, ...]], ...] = (
    (
        EndReason.CONFIGURATION_ERROR,
        (
            r"(assistant|workflow|squad|phone number|sip) not (found|valid|provided|configured|registered)",
            r"assistant not",
            r"assistant request (failed|returned)",
            r"missing (assistant|phone|customer)",
            r"invalid (destination|number|phone|assistant)",
            r"payment|permission denied|unauthorized|forbidden|api key|subscription|quota|credits?\b|blocked\b",
            r"not (configured|allowed|verified|enabled|permitted)",
            r"misconfigured|configuration|validation\b",
        ),
    ),
    (
        EndReason.PLATFORM_ERROR,
        (
            r"error\b(?! user not joined)|(?<!transfer )failed\b|failure\b|crash|unavailable\b|worker died",
            r"concurrency|registered call timeout|join timed out",
            r"disconnected 10(06|1[1-5])\b",  # WebSocket's codes for a connection that broke (RFC 6455)
        ),
    ),
    (EndReason.VOICEMAIL, (r"voice ?mail|answering machine|machine\b",)),
    (
        EndReason.NO_ANSWER,
        (
            r"no answer|did not answer|not answered|unanswered|busy\b|declined|rejected|unreachable|no show",
            r"unjoined\b|never joined|not joined|not connected",
        ),
    ),
    (EndReason.USER_HANGUP, (r"(user|customer|caller) (ended|left|hung up).* (before|during|after) ",)),
    (
        EndReason.TRANSFER,
        (r"transfer(?!.*(?:cancel|fail))|forward(ed|ing)?\b|hand ?(off|ed off|over)\b|handed over|escalat",),
    ),
    (EndReason.MAX_DURATION, (r"max(imum)? (call )?(duration|length|time)|exceeded|time limit|duration limit",)),
    (EndReason.SILENCE, (r"silence|inactiv|idle\b|no input|user away",)),
    (
        EndReason.AGENT_HANGUP,
        (
            r"(agent|assistant|bot|ai) (hung ?up|hang ?up|ended|said|disconnected|left)",
            r"by (the )?(agent|assistant|bot)\b|end call( tool)?\b|task completed",
            r"(?<!.)(completed|user initiated)$",
        ),
    ),
    (
        EndReason.USER_HANGUP,
        (
            (
                r"(user|customer|caller|client|participant|remote|human|callee) (party )?"
                r"(hung ?up|hang ?up|ended|left|disconnected|initiated|closed|cancel)"
            ),
            r"by (the )?(user|customer|caller|client|remote)",
            r"(?<!.)(hang ?up|hung up)$|disconnected$",
        ),
    ),
    (EndReason.MAX_DURATION, (r"time ?d? ?out\b",)),
)
_TABLE = tuple((re.compile(rf"\b(?:{'|'.join(patterns)})"), reason) for reason, patterns in _ROWS)
_LIMIT = 200
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@lru_cache(maxsize=1024)
def end_reason_of(raw: str | None) -> EndReason | None:
    """The reason that a platform's word means; None if there is no word."""
    if raw is None or not raw.strip():
        return None
    words = _SEPARATORS.sub(" ", _CAMEL.sub(" ", raw[:_LIMIT]).lower()).strip()
    words = words.removeprefix("cr ")
    return next((reason for pattern, reason in _TABLE if pattern.search(words)), EndReason.OTHER)
