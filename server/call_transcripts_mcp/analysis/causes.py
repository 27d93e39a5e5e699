"""What an error text says went wrong: its headline, a cut that keeps it, its cause for grouping, its kind.

Pure functions over strings. Nothing here cleans or masks: whoever shows a result does that. The wordings they
know are rows of tables in `cause_rules` and `cause_variables`.
"""

from __future__ import annotations

import re

from call_transcripts_mcp.analysis.cause_headline import headline, is_html
from call_transcripts_mcp.analysis.cause_rules import KINDS
from call_transcripts_mcp.analysis.cause_signature import READ_CHARS, signature
from call_transcripts_mcp.findings.failures import Kind
from call_transcripts_mcp.text import cut_at

__all__ = ["clip_error", "headline", "is_html", "kind_of", "signature"]

_LEAST_CONTEXT, _MOST_CONTEXT = 24, 120  # what came before in characters: less tells nothing, more is a trace


def clip_error(error: str, limit: int) -> str:
    """Show an error in about `limit` characters so that its headline survives.

    Whole when it fits. Otherwise its start when the headline stands there, else the headline with the lines
    right before it when there is room; always ending in `… (+N chars)`, N being what is not shown. The query of a
    URL gives way first: as `?…` when that is enough, without a trace when more is cut.
    """
    is_page = is_html(error)
    if len(error) <= limit and not is_page:
        return error
    if not is_page and len(shorter := _URL_QUERY.sub(r"\1?…", error)) <= limit:
        return shorter
    text = _URL_QUERY.sub(r"\1", error)  # the longest part of many errors, and of no use to a reader
    said = headline(text)
    start = text if len(text) <= limit else text[: cut_at(text, limit)]
    if is_page and said and len(said) <= limit:  # the markup of a page says nothing more than its title
        return _marked(said, error)
    if not said or said in start:
        return _marked(start, error)
    shown = said[: cut_at(said, limit)]
    return _marked(_context(text, said, limit) + said if shown == said else shown, error)


def _marked(shown: str, error: str) -> str:
    """With the mark of the cut, unless that would be no shorter; its dots are the only ones at the end."""
    shown = shown.rstrip(" .…") or shown
    marked = f"{shown}… (+{len(error) - len(shown)} chars)"
    return marked if len(marked) < len(error) else error


def _context(error: str, said: str, limit: int) -> str:
    """The whole lines right before the headline, "" when there is no room, or only markup to show."""
    at = error.find(said)
    room = min(_MOST_CONTEXT, limit - len(said))
    _, _, lines = error[max(0, at - room) : max(0, at)].partition("\n")
    lines = lines.lstrip()
    return lines if len(lines) >= _LEAST_CONTEXT and not lines.startswith(("<", "{", '"')) else ""


def kind_of(error: str, body: str = "") -> Kind:
    """What sort of thing went wrong.

    By the headline of the error, by the whole error when that does not tell, and by the codes in `body`, the result
    that the error is a part of: `{"status": "no_availability", "message": ...}`.
    """
    for text in (headline(error)[:READ_CHARS], error[:READ_CHARS], _codes(body[:READ_CHARS])):
        words = _in_words(text)
        kind = next((kind for kind, pattern in KINDS if pattern.search(words)), None)
        if kind is not None:
            return kind
    return Kind.UNKNOWN


def _in_words(text: str) -> str:
    """The text, and once more with the words of names apart: INVALID_TOKEN, TooManyRequests."""
    apart = _WORDS_OF_NAMES.sub(" ", text)
    return text if apart == text else f"{text}\n{apart}"


def _codes(body: str) -> str:
    return "\n".join(match[1] for match in _CODE.finditer(body))


_CODE = re.compile(
    r"""["'](?:status|code|error|error_?code|error_?type|type|reason|category|result|outcome)["']\s?:\s?"""
    r"""["']([A-Za-z][\w .-]{2,60})["']""",
    re.IGNORECASE,
)
_WORDS_OF_NAMES = re.compile(r"_|(?<=[a-z])(?=[A-Z][a-z])")
_URL_QUERY = re.compile(r"(\bhttps?://[^\s?#\"'<>]{1,200})\?[^\s\"'<>]{2,}", re.IGNORECASE)
