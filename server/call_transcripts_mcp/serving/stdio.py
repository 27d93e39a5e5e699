"""Reads JSON-RPC messages from stdin, one per line, and answers requests that cannot be parsed.

The SDK drops a line that it cannot parse, and the host then waits for an answer that never comes. Here each line is
checked first. An invalid one is answered with a JSON-RPC error for its request id, or logged if it has no id.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO, Self, cast

import anyio
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp_types import (
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCNotification,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError

from call_transcripts_mcp.text import clip

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator

logger = logging.getLogger(__name__)

LINE_LIMIT_BYTES = 16 * 1024 * 1024
"""A longer line is refused; the longest request that any tool accepts has a few thousand bytes."""
SCANNED_CHARS = 256 * 1024
"""How much of an invalid line is searched for its id: this much of the start, and `TAIL_CHARS` of the end."""
TAIL_CHARS = 1024
ERROR_CHARS = 300
SKIP_STEP_BYTES = 1024 * 1024

_STRING = r'"(?:[^"\\]|\\.)*+"'
_TOKEN = re.compile(rf'{_STRING}|[{{}}\[\],:]|[^\s{{}}\[\],:"]++|"', re.DOTALL)
# Several clients write the id last; if members follow it, they are short strings.
_LAST_ID = re.compile(rf'"id"\s*:\s*(-?[0-9]+|{_STRING})(?:\s*,\s*{_STRING}\s*:\s*{_STRING})*\s*\}}\s*$', re.DOTALL)

RequestId = int | str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of stdin.

    Attributes:
        text: the line, or the first part of one beyond the limit.
        tail: the end of a line beyond the limit; otherwise empty.
    """

    text: str
    tail: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """The outermost members of a JSON object, which may be broken inside: their names, and the id."""

    names: frozenset[str]
    id: RequestId | None


class RequestLines:
    """Iterates over the valid messages on stdin, for the SDK; invalid lines are refused."""

    def __init__(self, source: BinaryIO, *, limit_bytes: int = LINE_LIMIT_BYTES) -> None:
        """Nothing is read yet.

        Args:
            source: where requests come from.
            limit_bytes: the limit for one line.
        """
        self.answer: Callable[[SessionMessage], Awaitable[None]] | None = None
        """Sends an error to the host; set before the first line is read."""
        self._source = source
        self._limit_bytes = limit_bytes

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        while (line := await self._read()) is not None:
            if not line.text.strip():
                continue
            error = fault_of(line)
            if error is None:
                return line.text
            await self._refuse(line, error)
        raise StopAsyncIteration

    async def _read(self) -> Line | None:
        # The thread is abandoned when the server ends, because the next line may never come.
        return await anyio.to_thread.run_sync(read_line, self._source, self._limit_bytes, abandon_on_cancel=True)

    async def _refuse(self, line: Line, error: ErrorData) -> None:
        envelope = envelope_of(line)
        if envelope.id is None or "method" not in envelope.names or self.answer is None:
            logger.warning("a message on stdin was dropped, because it has no id to answer to: %s", error.message)
            return
        logger.warning("a request on stdin was refused: %s", error.message)
        await self.answer(SessionMessage(JSONRPCError(jsonrpc="2.0", id=envelope.id, error=error)))


def _short(value: object) -> object:
    """A value with all strings in it shortened."""
    if isinstance(value, str):
        return clip(value, ERROR_CHARS)
    if isinstance(value, dict):
        return {name[:ERROR_CHARS]: _short(inner) for name, inner in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return [_short(inner) for inner in cast("list[object]", value)]
    return value


class ShortErrors:
    """A stream of answers that shortens errors, because the SDK repeats what a host sent at any length."""

    def __init__(self, answers: Any) -> None:  # noqa: ANN401 - the SDK's stream, which has no public type
        """Send through a stream of the SDK."""
        self._answers = answers

    async def send(self, sent: SessionMessage) -> None:
        """Send one message."""
        if isinstance(sent.message, JSONRPCError):
            error = sent.message.error
            shown = {name: _short(getattr(error, name)) for name in error.model_fields_set - {"code"}}
            sent = replace(sent, message=sent.message.model_copy(update={"error": error.model_copy(update=shown)}))
        await self._answers.send(sent)

    def close(self) -> None:
        """Close the stream."""
        self._answers.close()

    async def aclose(self) -> None:
        """Close the stream."""
        await self._answers.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


@asynccontextmanager
async def stdio_streams() -> AsyncGenerator[tuple[Any, Any]]:
    """The SDK's streams over stdin and stdout; invalid requests are answered too.

    Raises:
        BrokenPipeError: the host has closed stdout.
    """
    # Never closed, because closing would wait for the thread that still reads a line.
    lines = RequestLines(os.fdopen(sys.stdin.fileno(), "rb", closefd=False))
    is_closed = False
    try:
        async with stdio_server(stdin=cast("anyio.AsyncFile[str]", lines)) as (requests, answers):
            lines.answer = answers.send  # the reader has not run yet, because nothing was awaited since it started
            yield requests, ShortErrors(answers)
    except* (BrokenPipeError, ConnectionResetError):
        is_closed = True
    if is_closed:
        raise BrokenPipeError


def read_line(source: BinaryIO, limit_bytes: int) -> Line | None:
    """The next line; None at the end. Of one beyond the limit, only the start and the end are kept. Blocks."""
    raw = source.readline(limit_bytes + 1)
    if not raw:
        return None
    if len(raw) <= limit_bytes:
        return Line(raw.decode("utf-8", "replace"))
    head, tail = raw[:SCANNED_CHARS], raw[-TAIL_CHARS:]
    while raw and not raw.endswith(b"\n"):
        raw = source.readline(SKIP_STEP_BYTES)
        tail = (tail + raw)[-TAIL_CHARS:]
    return Line(head.decode("utf-8", "replace"), tail.decode("utf-8", "replace"))


def fault_of(line: Line) -> ErrorData | None:
    """Why a line cannot be passed to the SDK; None if it can."""
    if line.tail:
        return ErrorData(code=INVALID_REQUEST, message="The request is too long. Send shorter arguments.")
    try:
        message = jsonrpc_message_adapter.validate_json(line.text, by_name=False)
    except ValidationError as error:
        return _error_of(error)
    if isinstance(message, JSONRPCNotification) and "id" in envelope_of(line).names:
        return ErrorData(code=INVALID_REQUEST, message="Invalid request: its id is neither an integer nor a string.")
    return None


def envelope_of(line: Line) -> Envelope:
    """The outermost members of a line, which may be cut, nested too deeply, or not JSON."""
    names: set[str] = set()
    found: RequestId | None = None
    marks = list(_outermost(line.text[:SCANNED_CHARS]))
    for name, colon, value in zip(marks, marks[1:], [*marks[2:], ""], strict=False):
        if colon == ":":
            names.add(name.strip('"'))
            found = _id_of(value) if name == '"id"' else found
    if found is None and (line.tail or len(line.text) > SCANNED_CHARS):
        last = _LAST_ID.search((line.tail or line.text)[-TAIL_CHARS:])
        found = _id_of(last[1]) if last else None
    return Envelope(frozenset(names), found)


def _outermost(text: str) -> Iterator[str]:
    """The tokens of an object's members, without nested ones."""
    depth = 0
    for found in _TOKEN.finditer(text):
        mark = found[0]
        if mark in ("{", "["):
            if depth == 0 and mark == "[":
                return
            depth += 1
        elif mark in ("}", "]"):
            depth -= 1
        elif depth == 1:
            yield mark
        if depth == 0:
            return


def _id_of(token: str) -> RequestId | None:
    """A request's id; None if the token cannot be one."""
    try:
        value = cast("object", json.loads(token))
    except ValueError:
        return None
    if isinstance(value, str):  # a lone surrogate could not be sent back
        return value if value.encode("utf-8", "replace").decode() == value else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _error_of(error: ValidationError) -> ErrorData:
    """What is wrong with a line; the text repeats nothing of the line."""
    found = error.errors(include_url=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return ErrorData(code=PARSE_ERROR, message=f"Parse error: {found[0]['msg'].removeprefix('Invalid JSON: ')}.")
    of_request = [one for one in found if one["loc"][:1] == ("JSONRPCRequest",)]
    reasons = [": ".join((".".join(map(str, one["loc"][1:])), one["msg"])).lstrip(": ") for one in of_request or found]
    return ErrorData(code=INVALID_REQUEST, message=f"Invalid request: {'; '.join(reasons[:3])}.")
