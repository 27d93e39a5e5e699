"""The model as text and bytes, and back: JSON that names its fields, so that an older archive can still be read.

Fields that have their default value are left out, and names that this version does not know are ignored. Messages and
tool calls are stored by column, one list for each field: that takes a third of the time of writing and reading a name
with every value.
"""

from __future__ import annotations

import json
import zlib
from contextlib import suppress
from dataclasses import MISSING, Field, fields
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from itertools import repeat, starmap
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from call_transcripts_mcp.findings.failures import Failure, Kind
from call_transcripts_mcp.findings.signals import Contradiction, RepeatedAction
from call_transcripts_mcp.model import (
    Call,
    CallStatus,
    Coverage,
    EventKind,
    Message,
    Outcome,
    Role,
    Stage,
    ToolCall,
    ToolEvent,
    Transcript,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

T = TypeVar("T")
Detail = Failure | Contradiction | RepeatedAction
DetailT = TypeVar("DetailT", Failure, Contradiction, RepeatedAction)

COMPRESSION = 3
"""The level of zlib. Level 6 takes twice as long and saves a tenth."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def call_text(call: Call) -> str:
    """A call without its messages, as JSON."""
    return _dumps(_members(call))


def call_of(text: str) -> Call:
    """The call that `call_text` wrote.

    Raises:
        ValueError, KeyError, TypeError: the text has another form.
    """
    return _made(Call, json.loads(text))


def call_or_ref(text: str, provider: str, call_id: str, created_ms: int) -> Call:
    """The call that `call_text` wrote; only its ref and its time when that cannot be read."""
    with suppress(ValueError, KeyError, TypeError):
        call = call_of(text)
        if (call.provider, call.id) == (provider, call_id):
            return call
    return Call(provider, call_id, CallStatus.ENDED, created_at=calendar_moment(created_ms or None))


def transcript_bytes(transcript: Transcript) -> bytes:
    """A transcript without its call, compressed."""
    members = _members(transcript)
    del members["call"]
    members |= {name: _columns(kind, members[name]) for name, kind in _TABLES.items() if name in members}
    return zlib.compress(_dumps(members).encode(), COMPRESSION)


def transcript_of(call: Call, packed: bytes) -> Transcript:
    """The transcript that `transcript_bytes` wrote.

    Raises:
        ValueError: the bytes have another form.
    """
    try:
        members = json.loads(zlib.decompress(packed))
    except zlib.error as error:
        raise ValueError(str(error)) from None
    return _made(Transcript, members, call=call)


def detail_text(detail: Detail) -> str:
    """A failure or a signal without its call, as JSON."""
    members = _members(detail)
    del members["call"]
    return _dumps(members)


def detail_of(kind: type[DetailT], call: Call, text: str) -> DetailT:
    """The failure or signal that `detail_text` wrote."""
    return _made(kind, json.loads(text), call=call)


def millis(at: datetime | None) -> int | None:
    """A time as the archive stores it: in milliseconds, rounded down."""
    return None if at is None else (at - _EPOCH) // _MILLISECOND


def moment(at_ms: int | None) -> datetime | None:
    """The time that `millis` converted."""
    return None if at_ms is None else _EPOCH + at_ms * _MILLISECOND


def calendar_moment(at_ms: int | None) -> datetime | None:
    """The time that `millis` converted; also None when it is outside the calendar, as a hostile time may be."""
    try:
        return moment(at_ms)
    except OverflowError:
        return None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _plain(value: object) -> object:
    """Converts what JSON cannot hold: our dataclasses and times. Enumerations are strings already."""
    if isinstance(value, datetime):
        return value.isoformat()
    return _members(value)


def _dumps(members: dict[str, Any]) -> str:
    # In ASCII, because providers may send lone surrogates, and databases accept those only as escapes.
    return json.dumps(members, separators=(",", ":"), default=_plain)


_WRITTEN_NAMES = {
    "caller_before": "said",
    "next_attempt": "again",
    "agent_after": "answered",
    "gaps_are_final": "gaps_last",
}
"""Fields that archives store under their original name."""


class _Form(NamedTuple):
    """How the objects of one class are taken apart.

    Attributes:
        names: of its fields.
        written: the names under which they are stored.
    """

    names: tuple[str, ...]
    written: tuple[str, ...]
    values: Callable[[object], Sequence[object]]
    defaults: tuple[object, ...]


@cache
def _form(kind: type) -> _Form:
    found = [field for field in fields(kind) if field.init]  # the others tell nothing that is stored
    names = tuple(field.name for field in found)
    # The first name is given twice, since attrgetter returns a bare value for a single name; the copy is unused.
    values = cast("Callable[[object], Sequence[object]]", attrgetter(*names, names[0]))
    written = tuple(_WRITTEN_NAMES.get(name, name) for name in names)
    return _Form(names, written, values, tuple(map(_default, found)))


def _default(field: Field[Any]) -> object:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


def _members(value: object) -> dict[str, Any]:
    form = _form(type(value))
    return {
        name: member
        for name, member, default in zip(form.written, form.values(value), form.defaults, strict=False)
        if member is not default and member != default
    }


def _optional(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def made(value: object) -> object:
        return None if value is None else make(value)

    return made


def _made(kind: type[T], members: dict[str, Any], **given: object) -> T:
    makers, form = _MAKERS[kind], _form(kind)
    try:
        found = members.items()
    except AttributeError:  # not an object, as in a damaged text
        raise TypeError(f"no {kind.__name__}") from None
    names = dict(zip(form.written, form.names, strict=True))
    given |= {
        (name := names[key]): makers[name](value) if name in makers else value for key, value in found if key in names
    }
    return kind(**given)


def _columns(kind: type, rows: Sequence[object]) -> dict[str, object]:
    """Objects of one class by column; columns that hold only the field's default are left out."""
    form = _form(kind)
    by_name = zip(form.names, zip(*map(form.values, rows), strict=True), form.defaults, strict=False)
    columns: dict[str, object] = {
        name: column for name, column, default in by_name if column.count(default) < len(column)
    }
    if "tool" in columns:  # most messages have none, so these are stored separately, each with the place of its message
        tools = {at: tool for at, tool in enumerate(cast("Sequence[object]", columns["tool"])) if tool is not None}
        columns["tool"] = {"places": list(tools), "events": _columns(ToolEvent, list(tools.values()))}
    return columns


def _rows(kind: type[T], columns: dict[str, Any]) -> tuple[T, ...]:
    """The objects that `_columns` took apart.

    Raises:
        ValueError: the columns do not fit together.
        KeyError: one that has no default is missing.
    """
    form = _form(kind)
    count = len(columns.get(form.names[0], ()))
    every = [
        _column(kind, name, columns[name], count)
        if name in columns or (default is MISSING and count)
        else repeat(default, count)
        for name, default in zip(form.names, form.defaults, strict=True)
    ]
    return tuple(starmap(kind, zip(*every, strict=True)))


def _column(kind: type, name: str, column: Any, count: int) -> Iterable[object]:  # noqa: ANN401 - JSON
    if name == "tool":
        events = zip(column["places"], _rows(ToolEvent, column["events"]), strict=True)
        return map(dict(events).get, range(count))
    make = _MAKERS[kind].get(name)
    return column if make is None else map(make, column)


def _each(kind: type[T]) -> Callable[[Iterable[dict[str, Any]]], tuple[T, ...]]:
    return lambda members: tuple(_made(kind, one) for one in members)


def _one(kind: type) -> Callable[[dict[str, Any]], Any]:
    return _optional(partial(_made, kind))


def _by_number(counts: dict[str, int]) -> dict[int, int]:
    return {int(number): count for number, count in counts.items()}


_WHEN = _optional(_moment)
_MAKERS: dict[type, dict[str, Callable[[Any], Any]]] = {
    Call: {
        "status": CallStatus,
        "created_at": _WHEN,
        "started_at": _WHEN,
        "ended_at": _WHEN,
        "stages": _each(Stage),
        "coverage": _one(Coverage),
    },
    Coverage: {"limits": tuple},
    Stage: {"started_at": _WHEN},
    Message: {"role": Role, "at": _WHEN, "tool": _one(ToolEvent)},
    ToolEvent: {"kind": EventKind, "outcome": _optional(Outcome)},
    ToolCall: {"verdict": Verdict, "outcome": _optional(Outcome), "at": _WHEN},
    Transcript: {
        "messages": partial(_rows, Message),
        "tool_calls": partial(_rows, ToolCall),
        "gaps": tuple,
        "inherited": _by_number,
    },
    Failure: {
        "tool_call": _one(ToolCall),
        "kind": Kind,
        "caller_before": _one(Message),
        "next_attempt": _one(ToolCall),
        "agent_after": _one(Message),
        "recovered_by": _one(ToolCall),
    },
    Contradiction: {"tool_call": _one(ToolCall), "claim": _one(Message)},
    RepeatedAction: {"first": _one(ToolCall), "again": _one(ToolCall)},
}
"""How members are restored that JSON holds only as text, list or object."""
_TABLES: dict[str, type] = {"messages": Message, "tool_calls": ToolCall}
"""Members of a transcript that are stored by column."""
