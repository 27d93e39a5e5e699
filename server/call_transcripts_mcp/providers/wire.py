"""Lenient field types for the wire models: whatever a provider sends, validation does not fail.

No field is required, and an unexpected value becomes text if possible, or None: one odd message must not make a
transcript unreadable.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from call_transcripts_mcp.errors import UnexpectedResponseError
from call_transcripts_mcp.providers.accounts import base_url_setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Chosen = TypeVar("Chosen", bound=StrEnum)

MAX_OFFSET_S = 30 * 24 * 3600.0
"""Longer than any call; a larger offset is an error of the provider's clock."""
MAX_CURSOR_CHARS = 4000
_MOST_COUNTED = 10**12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_SECONDS = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,9})?s")


class Wire(BaseModel):
    """The base of every wire model."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json_text(value)


def _word(value: object) -> str | None:
    """A short value (an id, a name, an enum value); "" counts as missing."""
    if isinstance(value, str):
        return value.strip() or None
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _integer(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, float) and value.is_integer() else None


def _small_count(value: object) -> int | None:
    """A number of things that can be shown; None for anything else, and for an absurd one."""
    found = count(_integer(value))
    return found if found is not None and found <= _MOST_COUNTED else None


def number(value: object) -> float | None:
    """A finite number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def iso_moment(value: object) -> datetime | None:
    """An ISO 8601 time, UTC if it has no zone; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value.strip())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def protobuf_seconds(value: object) -> float | None:
    """Seconds from a protobuf duration such as "12.345s"; None for anything else."""
    if not isinstance(value, str) or not _SECONDS.fullmatch(value):
        return None
    return offset_s(float(value[:-1]))


def as_object(value: object) -> dict[str, Any] | None:
    """A JSON object; None for anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def as_array(value: object) -> list[Any] | None:
    """A JSON array; None for anything else."""
    return cast("list[Any]", value) if isinstance(value, list) else None


Text = Annotated[str | None, BeforeValidator(_text)]
Word = Annotated[str | None, BeforeValidator(_word)]
Integer = Annotated[int | None, BeforeValidator(_integer)]
Count = Annotated[int | None, BeforeValidator(_small_count)]
Number = Annotated[float | None, BeforeValidator(number)]
Moment = Annotated[datetime | None, BeforeValidator(iso_moment)]
Object = Annotated[dict[str, Any] | None, BeforeValidator(as_object)]
Array = Annotated[list[Any] | None, BeforeValidator(as_array)]
Boolean = Annotated[bool | None, BeforeValidator(lambda value: value if isinstance(value, bool) else None)]


def json_text(value: object) -> str:
    """A JSON value as compact text."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:  # the writer needs more depth than the parser, which accepted it
        return "(nested too deeply to be written)"


def offset_s(seconds: float | None) -> float | None:
    """An offset, if it is plausible; None if it is longer than any call."""
    return seconds if seconds is not None and abs(seconds) <= MAX_OFFSET_S else None


def duration_s(seconds: float | None) -> float | None:
    """A duration, if it is plausible; None if it is negative or longer than any call."""
    return seconds if seconds is not None and 0 <= seconds <= MAX_OFFSET_S else None


def moment_after(start: datetime | None, offset_s: float | None) -> datetime | None:
    """The moment at an offset; None if either is missing or the moment is beyond the calendar."""
    if start is None or offset_s is None or not math.isfinite(offset_s):
        return None
    try:
        return start + timedelta(seconds=offset_s)
    except OverflowError:
        return None


def unix_moment(unix_s: float | None) -> datetime | None:
    """The moment of a Unix time in seconds; None if it is missing, not positive, or beyond the calendar."""
    return moment_after(_EPOCH, unix_s) if unix_s is not None and unix_s > 0 else None


def unix_ms_moment(unix_ms: float | None) -> datetime | None:
    """Like `unix_moment`, for a Unix time in milliseconds."""
    return unix_moment(unix_ms / 1000) if unix_ms is not None else None


def cursor_of(value: object) -> str | None:
    """A cursor that can be sent in a query; None for anything else."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_CURSOR_CHARS:
        return None
    return value if value.isprintable() else None  # half a surrogate pair, for example, cannot be sent


def next_cursor(page: Mapping[str, Any], key: str) -> tuple[str | None, str | None]:
    """The next page's cursor from `key`; without one, the reason if `has_more` says that more follow."""
    if page.get("has_more") is False or (page.get("has_more") is not True and not page.get(key)):
        return None, None
    cursor = cursor_of(page.get(key))
    return cursor, None if cursor else "the provider says that more follow, without a cursor"


def advancing(
    found: str | None, lost: str | None, *, cursor: str | None, items: Sequence[Any]
) -> tuple[str | None, str | None]:
    """The next cursor of a list of calls and why there is none, unless the cursor repeats or the page is empty.

    Args:
        found: the next page's cursor.
        lost: why there is none although more follow.
        cursor: this page's cursor.
        items: this page's items.
    """
    if found is not None and (found == cursor or not items):
        return None, "the provider's list of calls stopped early (a repeated cursor or an empty page)"
    return found, lost


Model = TypeVar("Model", bound=Wire)


def parse_items(model: type[Model], items: list[Any], noun: str) -> tuple[list[Model], str | None]:
    """Parse a page's items one by one.

    Returns:
        The items that are objects, and a sentence about the others; None if there are no others.
    """
    parsed: list[Model] = []
    for item in items:
        if isinstance(item, dict):
            try:
                parsed.append(model.model_validate(item))
            except ValidationError:  # no field can fail, but a nested model might
                continue
    return parsed, unreadable(items, parsed, noun)


def unreadable(items: Sequence[Any], parsed: Sequence[object], noun: str) -> str | None:
    """A sentence about the items of a page that could not be read; None if all could be."""
    odd = len(items) - len(parsed)
    return f"{odd} of the {len(items)} {noun} on a page could not be read" if odd else None


def unreadable_within(lists: Iterable[Sequence[Any] | None], noun: str) -> str | None:
    """A sentence about the items of lists inside of messages that are no objects; None if all are."""
    odd = sum(not isinstance(item, dict) for items in lists for item in items or ())
    return f"{odd} of its {noun} could not be read" if odd else None


def list_gap(items: Sequence[Any], usable: Sequence[object], lost: str | None) -> str | None:
    """The gap of a page of calls: unreadable items, and why the list stops early; None if it is complete."""
    return "; ".join(filter(None, (unreadable(items, usable, "calls"), lost))) or None


def count(value: object) -> int | None:
    """A number of things, 0 or more; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def one_of(words: type[Chosen], value: object) -> Chosen | None:
    """The member of an enumeration with this value; None if there is none."""
    return next((found for found in words if found.value == value), None)


def items_of(body: object, key: str, provider: str) -> tuple[dict[str, Any], list[Any]]:
    """The page and its list of items.

    Raises:
        UnexpectedResponseError: the response is not a page.
    """
    page = as_object(body)
    items = as_array(page.get(key)) if page is not None else None
    if page is None or items is None:
        raise unexpected(provider, f'sent a page without a list "{key}"')
    return page, items


def object_of(body: object, provider: str) -> dict[str, Any]:
    """A response that must be an object.

    Raises:
        UnexpectedResponseError: it is something else.
    """
    found = as_object(body)
    if found is None:
        raise unexpected(provider, "sent a response that is not an object")
    return found


def unexpected(provider: str, fact: str) -> UnexpectedResponseError:
    """The error for a response of another form than documented."""
    hint = f"Try again; if it happens every time, check {base_url_setting(provider)}."
    return UnexpectedResponseError(provider, fact, hint)
