"""References to calls as people and models send them: `Ultravox:ID`, `ID#8`, a link, a sentence that contains an id.

Each provider defines what its ids look like (`valid_id`). A link is only parsed, never followed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.names import Argument, Phrase, ToolName, did_you_mean, nearest
from call_transcripts_mcp.providers import NAMES
from call_transcripts_mcp.providers.accounts import platform_of, setting
from call_transcripts_mcp.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    ValidIds = Mapping[str, Callable[[str], str | None]]
    """By provider, a function that returns an id in the form of its API, or None for a text that cannot be an id."""

SHORTEST_PREFIX = 8
_LONGEST_PREFIX = 100
_SHOWN_REFERENCES = 5
_LABELS = {"call", "callid", "call_id", "conversation", "conversation_id", "id", "ref", "reference", "session", "url"}
"""Labels that may stand before a colon instead of a provider's name."""

_WRAPPING = " \t\r\n\"'`<>()[]{}*~|,;\u00b4\u2018\u2019\u201c\u201d\u00ab\u00bb"
_NAME = r"(?P<name>[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)?)"
_ID = r"[A-Za-z0-9_-]+"
_WHOLE = re.compile(rf"(?:{_NAME}\s*(?P<mark>[:/=])\s*)?(?P<id>{_ID})(?:…)?")
_MESSAGE = re.compile(rf"[{re.escape(_WRAPPING)}]*#\s?(?P<number>[0-9]{{1,7}})(?![0-9A-Za-z])")
_LAST_MESSAGE = re.compile(_MESSAGE.pattern + rf"[{re.escape(_WRAPPING)}.?!]*\Z")
_WITHIN = re.compile(rf"(?:{_NAME}\s?[:/](?P<gap>\s?))?(?<![A-Za-z0-9_-])(?P<id>{_ID})")
_PROSE = re.compile(r"\s|://|^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/|\":\"")
"""Matches a sentence, a link or JSON, in which ids are searched; any other text must be a reference as a whole."""
_AFTER_CALL = re.compile(r"(?:calls?|conversations?|history|sessions?)[/=]$", re.IGNORECASE)
_SHORTEST_ID_WITHIN = 12
"""An id within a sentence must have this many characters, letters and digits; for some providers any word is valid."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A call that a text names.

    Attributes:
        places: where the call may be, as (provider, id); at least one unless `prefix` is set.
        message: the number of a message of the call.
        prefix: the text, if it may be the start of an id.
        provider: the provider that was named; None for any.
        elsewhere: where the call may be instead, as (provider, id), if the named provider does not have it.
    """

    places: tuple[tuple[str, str], ...]
    message: int | None = None
    prefix: str | None = None
    provider: str | None = None
    elsewhere: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    places: tuple[tuple[str, str], ...]
    start: int
    end: int


def read(text: str, valid_ids: ValidIds) -> Reference:
    """The call that a text names.

    Raises:
        InvalidRequestError: it names no call, several calls, or a call of a provider that is not configured.
    """
    decoded = unquote(text) if "%" in text else text
    body = decoded.strip(_WRAPPING)
    tail = _LAST_MESSAGE.search(body)
    whole = _WHOLE.fullmatch((body[: tail.start()] if tail else body).strip(_WRAPPING + "#.!"))
    if whole is not None and (found := _one(whole, int(tail["number"]) if tail else None, valid_ids)) is not None:
        return found
    return _in_prose(decoded if _PROSE.search(body) else "", valid_ids, shown=clip(one_line(text.strip()), 60))


def names_a_call(text: str, valid_ids: ValidIds) -> str | None:
    """The ref, or the id that several providers may have, of the call that a text is nothing but the name of."""
    if re.search(r"\s", text.strip()):
        return None
    try:
        found = read(text, valid_ids)
    except InvalidRequestError:
        return None
    is_sure = found.provider is not None or "://" in text or _looks_like_an_id(text.strip(_WRAPPING))
    if not found.places or not is_sure:
        return None
    return ":".join(found.places[0]) if len(found.places) == 1 else found.places[0][1]


def no_provider(known: Mapping[str, object], name: str) -> str:
    """The error message for a provider that is not configured, or does not exist."""
    names = ", ".join(known)
    if name in NAMES:
        return f"{name} is not configured. Set {setting(name)}, or use one of: {names}."
    near = did_you_mean(nearest(name, known))
    return f'"{clip(one_line(name), 40)}" is not a provider. {f"{near} " if near else ""}Use one of: {names}.'


def _one(whole: re.Match[str], message: int | None, valid_ids: ValidIds) -> Reference | None:
    """The reference if the whole text is an id, or the start of one, with or without its provider; else None."""
    name, token = (whole["name"] or "").lower(), whole["id"]
    provider = name if name in valid_ids else None
    is_name = name in NAMES or (whole["mark"] == ":" and name not in _LABELS)
    if name and provider is None and is_name:
        raise InvalidRequestError(no_provider(valid_ids, name))
    asked = [provider] if provider else list(valid_ids)
    places = _places(asked, token, valid_ids)
    is_prefix = SHORTEST_PREFIX <= len(token) <= _LONGEST_PREFIX and any(char.isdigit() for char in token)
    prefix = token if is_prefix else None
    others = [one for one in valid_ids if provider and one != provider and _looks_like_an_id(token)]
    elsewhere = _places(others, token, valid_ids)
    return Reference(places, message, prefix, provider, elsewhere) if places or prefix else None


def _in_prose(text: str, valid_ids: ValidIds, *, shown: str) -> Reference:
    """The one call whose id a link or a sentence contains."""
    found = _ids_in(text, valid_ids)
    # Links contain ids of agents and stages too; the id after "calls/" is the call's.
    found = [one for one in found if _AFTER_CALL.search(text[: one.start])] or found
    distinct = {one.places: one for one in reversed(found)}
    if len(distinct) == 1:
        (one,) = distinct.values()
        message = _MESSAGE.match(text, one.end) or _LAST_MESSAGE.search(text)
        return Reference(one.places, int(message["number"]) if message else None)
    if not distinct:
        raise InvalidRequestError(
            Phrase(
                Argument("call_id"),
                f' "{shown}" holds no id of a call. It takes provider:id as ',
                ToolName("list_calls"),
                f" prints it, a bare id, the first {SHORTEST_PREFIX} or more characters of one, or a link to the call.",
            )
        )
    refs = [":".join(one.places[0]) for one in reversed(distinct.values())]
    more = f" and {len(refs) - _SHOWN_REFERENCES} more" if len(refs) > _SHOWN_REFERENCES else ""
    several = f" holds several ids: {', '.join(refs[:_SHOWN_REFERENCES])}{more}. Send one."
    raise InvalidRequestError(Phrase(Argument("call_id"), several))


def _ids_in(text: str, valid_ids: ValidIds) -> list[_Found]:
    found: list[_Found] = []
    for match in _WITHIN.finditer(text):
        name, token = (match["name"] or "").lower(), match["id"]
        if name in NAMES and name not in valid_ids and len(token) >= SHORTEST_PREFIX:
            raise InvalidRequestError(no_provider(valid_ids, name))
        is_qualified = name in valid_ids
        if not _looks_like_an_id(token) and (match["gap"] or not is_qualified):
            continue
        asked = [name] if is_qualified else list(valid_ids)
        places = _places(asked, token, valid_ids)
        if places:
            found.append(_Found(_of_the_host(text, places), match.start("id"), match.end("id")))
    return found


def _places(providers: Iterable[str], token: str, valid_ids: ValidIds) -> tuple[tuple[str, str], ...]:
    """Where an id may be, by its shape."""
    return tuple((one, valid) for one in providers if (valid := valid_ids[one](token)) is not None)


def _looks_like_an_id(token: str) -> bool:
    has_both = any(char.isdigit() for char in token) and any(char.isalpha() for char in token)
    return has_both and len(token) >= _SHORTEST_ID_WITHIN


def _of_the_host(text: str, places: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Only the accounts of the platform whose name is part of the link's host, if there is one."""
    host = re.search(r"https?://([^/\s?#]*)", text, re.IGNORECASE)
    named = tuple(place for place in places if host is not None and platform_of(place[0]) in host[1].lower())
    return named or places
