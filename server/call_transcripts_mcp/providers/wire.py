"""Lenient field types for the wire models: whatever a provider sends, a field holds it or is None.

No field of a wire model is required, and none can fail: a transcript with one odd message is still a transcript. An odd
value is kept as text if possible, and is None otherwise.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from call_transcripts_mcp.errors import UnexpectedResponseError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_OFFSET_S = 30 * 24 * 3600.0
"""No call lasts longer; a larger offset is an error of the provider's clock."""
MAX_CURSOR_CHARS = 4000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_BARE_UUID = re.compile(r"[0-9a-f]{32}")
_SECONDS = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,9})?s")


def uuid(text: str) -> str | None:
    """A UUID in the form that APIs take, even if it was written in capitals or without dashes; None for other text."""
    text = text.lower()
    if _BARE_UUID.fullmatch(text):
        text = f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
    return text if UUID.fullmatch(text) else None


class Wire(BaseModel):
    """The base of every wire model."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json_text(value)


def _word(value: object) -> str | None:
    """A short plain value (an id, a name, an enumeration's word); "" counts as missing."""
    if isinstance(value, str):
        return value.strip() or None
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _integer(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, float) and value.is_integer() else None


def number(value: object) -> float | None:
    """A finite number, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _moment(value: object) -> datetime | None:
    """An ISO 8601 time; one without a zone is UTC."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value.strip())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def offset(value: object) -> float | None:
    """Seconds from a protobuf duration such as "12.345s"."""
    if not isinstance(value, str) or not _SECONDS.fullmatch(value):
        return None
    seconds = float(value[:-1])
    return seconds if abs(seconds) <= MAX_OFFSET_S else None


def as_object(value: object) -> dict[str, Any] | None:
    """A JSON object, None for anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def as_array(value: object) -> list[Any] | None:
    """A JSON array, None for anything else."""
    return cast("list[Any]", value) if isinstance(value, list) else None


Text = Annotated[str | None, BeforeValidator(_text)]
Word = Annotated[str | None, BeforeValidator(_word)]
Integer = Annotated[int | None, BeforeValidator(_integer)]
Number = Annotated[float | None, BeforeValidator(number)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]
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
    """An offset that can be one: None when it is beyond any call."""
    return seconds if seconds is not None and abs(seconds) <= MAX_OFFSET_S else None


def duration_s(seconds: float | None) -> float | None:
    """A duration that is plausible; None when it is negative or longer than any call."""
    return seconds if seconds is not None and 0 <= seconds <= MAX_OFFSET_S else None


def moment_after(start: datetime | None, offset_s: float | None) -> datetime | None:
    """The moment at an offset; None when either is missing or the calendar ends before."""
    if start is None or offset_s is None or not math.isfinite(offset_s):
        return None
    try:
        return start + timedelta(seconds=offset_s)
    except OverflowError:
        return None


def unix_moment(unix_s: float | None) -> datetime | None:
    """The moment of an epoch time in seconds; None when it is missing, not after the epoch, or beyond the calendar."""
    return moment_after(_EPOCH, unix_s) if unix_s is not None and unix_s > 0 else None


def unix_ms_moment(unix_ms: float | None) -> datetime | None:
    """The same, of an epoch time in milliseconds."""
    return unix_moment(unix_ms / 1000) if unix_ms is not None else None


def cursor_of(value: object) -> str | None:
    """A cursor that can be sent in a query; None for anything else."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_CURSOR_CHARS:
        return None
    return value if value.isprintable() else None  # half a surrogate pair, for example, cannot be sent


def next_cursor(page: Mapping[str, Any], key: str) -> tuple[str | None, str | None]:
    """The next page's cursor under `key`, and why there is none although `has_more` says that the list goes on."""
    if page.get("has_more") is False or (page.get("has_more") is not True and not page.get(key)):
        return None, None
    cursor = cursor_of(page.get(key))
    return cursor, None if cursor else "the provider says that more follow, without a cursor"


def advancing(
    found: str | None, lost: str | None, *, cursor: str | None, items: Sequence[Any]
) -> tuple[str | None, str | None]:
    """The next cursor of a list of calls and why there is none; one that leads nowhere ends the list, and says so."""
    if found is not None and (found == cursor or not items):
        return None, "the provider's list of calls did not go on (a repeated cursor or an empty page)"
    return found, lost


Model = TypeVar("Model", bound=Wire)


def parse_items(model: type[Model], items: list[Any], noun: str) -> tuple[list[Model], str | None]:
    """Parse a page's items one by one.

    Returns:
        The items that are objects, and a sentence about the others; None when there are none.
    """
    parsed: list[Model] = []
    for item in items:
        if isinstance(item, dict):
            try:
                parsed.append(model.model_validate(item))
            except ValidationError:  # no field can fail; a nested model might, one day
                continue
    return parsed, unreadable(items, parsed, noun)


def unreadable(items: Sequence[Any], parsed: Sequence[object], noun: str) -> str | None:
    """A sentence about the items of a page that could not be used; None when all could be."""
    odd = len(items) - len(parsed)
    return f"{odd} of the {len(items)} {noun} on a page could not be read" if odd else None


def items_of(body: object, key: str, provider: str) -> tuple[dict[str, Any], list[Any]]:
    """The page and its list of items.

    Raises:
        UnexpectedResponseError: when the answer is not a page.
    """
    page = as_object(body)
    items = as_array(page.get(key)) if page is not None else None
    if page is None or items is None:
        raise UnexpectedResponseError(
            provider,
            f'sent a page without a list "{key}"',
            f"Try again; if every answer is so, check {provider.upper()}_BASE_URL.",
        )
    return page, items


def object_of(body: object, provider: str) -> dict[str, Any]:
    """An answer that must be an object.

    Raises:
        UnexpectedResponseError: when it is something else.
    """
    found = as_object(body)
    if found is None:
        raise UnexpectedResponseError(
            provider,
            "sent an answer that is not an object",
            f"Try again; if every answer is so, check {provider.upper()}_BASE_URL.",
        )
    return found
