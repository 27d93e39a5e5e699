"""What an error text says: its headline, a cut that keeps the headline, its cause for grouping, its kind.

Pure functions over strings. They neither clean nor mask text: the caller that shows a result does that. The wordings
are rows of tables in `cause_rules` and `cause_variables`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from call_transcripts_mcp.analysis.cause_headline import headline, is_html
from call_transcripts_mcp.analysis.cause_rules import KINDS
from call_transcripts_mcp.analysis.cause_signature import READ_CHARS, signature
from call_transcripts_mcp.findings.failures import Kind
from call_transcripts_mcp.text import cut_at

__all__ = ["clip_error", "headline", "is_html", "kind_of", "signature"]

_LEAST_CONTEXT, _MOST_CONTEXT = 24, 120  # characters of the text before: fewer tell nothing, more would be a trace


def clip_error(error: str, limit: int) -> str:
    """Show an error in about `limit` characters, including its headline.

    If the error fits, it is shown whole. Otherwise the text is its start if the headline is there, else the headline
    with the lines right before it if there is room. It ends in `… (+N chars)`, where N counts what is not shown. URL
    queries are shortened first: to `?…` if that is enough, otherwise they are removed.
    """
    is_page = is_html(error)
    if len(error) <= limit and not is_page:
        return error
    if not is_page and len(shorter := _URL_QUERY.sub(r"\1?…", error)) <= limit:
        return shorter
    text = _URL_QUERY.sub(r"\1", error)  # the longest part of many errors, and useless to a reader
    said = headline(text)
    start = text if len(text) <= limit else text[: cut_at(text, limit)]
    if is_page and said and len(said) <= limit:  # the markup of a page adds nothing to its title
        return _marked(said, error)
    if not said or said in start:
        return _marked(start, error)
    shown = said[: cut_at(said, limit)]
    return _marked(_context(text, said, limit) + said if shown == said else shown, error)


def _marked(shown: str, error: str) -> str:
    """The text with the mark of the cut, unless that would not be shorter; its dots are the only ones at the end."""
    shown = shown.rstrip(" .…")
    marked = f"{shown}… (+{len(error) - len(shown)} chars)"
    return marked if len(marked) < len(error) else error


def _context(error: str, said: str, limit: int) -> str:
    """The complete lines right before the headline; "" if there is no room, or only markup."""
    at = error.find(said)
    room = min(_MOST_CONTEXT, limit - len(said))
    _, _, lines = error[max(0, at - room) : max(0, at)].partition("\n")
    lines = lines.lstrip()
    return lines if len(lines) >= _LEAST_CONTEXT and not lines.startswith(("<", "{", '"')) else ""


@lru_cache(maxsize=512)
def kind_of(error: str, body: str = "") -> Kind:
    """The kind of a failure.

    It comes from the headline of the error, else from the whole error, else from the codes in `body`, the result that
    contains the error: `{"status": "no_availability", "message": ...}`.

    A long text that matches no rule takes milliseconds, and is asked for again for the archive and for each answer.
    """
    for text in (headline(error)[:READ_CHARS], error[:READ_CHARS], _codes(body[:READ_CHARS])):
        words = _in_words(text)
        kind = next((kind for kind, pattern in KINDS if pattern.search(words)), None)
        if kind is not None:
            return kind
    return Kind.UNKNOWN


def _in_words(text: str) -> str:
    """The text, followed by the text with names split into words: INVALID_TOKEN, TooManyRequests."""
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
