"""What all requests share: the library, which the first question opens."""

from __future__ import annotations

import gc
import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import anyio
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from starlette.requests import HTTPConnection

from call_transcripts_mcp import tools
from call_transcripts_mcp.errors import ServerError
from call_transcripts_mcp.library.deadline import answer_within
from call_transcripts_mcp.render.voice import MODEL
from call_transcripts_mcp.telemetry import record

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from contextlib import AsyncExitStack

    from mcp.server.context import ServerRequestContext
    from mcp.server.mcpserver import Context

    from call_transcripts_mcp.serving.audit import Audit
    from call_transcripts_mcp.settings import Settings
    from call_transcripts_mcp.tools.base import ReportProgress, ToolContext


logger = logging.getLogger(__name__)

NOT_RECORDED = "This server records every question, and cannot at the moment, so it answers none. Tell whoever runs it."


class Session:
    """The library of this process, opened by the first question and closed with the server."""

    def __init__(self, settings: Settings, stack: AsyncExitStack, answer_limit_s: float, audit: Audit) -> None:
        """Store what opening the library needs."""
        self._answer_limit_s = answer_limit_s
        self._settings = settings
        self._stack = stack
        self._context: ToolContext | None = None
        self._opening = anyio.Lock()
        self._audit = audit

    @contextmanager
    def audited(
        self, tool: str, arguments: Mapping[str, Any], request: ServerRequestContext[Any, Any]
    ) -> Generator[dict[str, Any]]:
        """Record a question in the audit once it is answered, refused or has failed.

        Yields:
            The arguments to record; the caller adds them under the tool's own names, once they are understood.

        Raises:
            ToolError: the question cannot be recorded, and so is not answered.
        """
        began = time.monotonic()
        outcome = "failed"
        asked = dict(arguments)
        try:
            yield asked
            outcome = "answered"
        except ToolError as error:
            outcome = "failed" if isinstance(error, UnexpectedToolError) else "refused"
            raise
        finally:
            try:
                self._audit.record(_client_of(request), tool, asked, outcome, time.monotonic() - began)
            except OSError as error:  # its text names the file, which is nothing for a client
                logger.error("CALL_TRANSCRIPTS_AUDIT cannot be written: %s", error)  # noqa: TRY400 - no crash
                raise ToolError(NOT_RECORDED) from None

    async def answer(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any], *, method: str = "tools/call"
    ) -> str:
        """What a tool says, with notes; recorded in the audit and in the traces.

        Args:
            name: of the tool.
            arguments: as they came.
            context: of the request, which gets reports of progress.
            method: of the request.

        Raises:
            ToolError: one of our errors, with its own text.
            UnexpectedToolError: a crash; its text stays in the log.
        """
        with (
            self.audited(name, arguments, context.request_context) as asked,
            record.answering(name, method) as recorded,
        ):
            try:
                text = await self._said(name, arguments, context.report_progress, asked)
            except ServerError as error:
                recorded.outcome = "refused"
                raise refusal(str(error), self._settings) from None
            except Exception as error:
                raise UnexpectedToolError(
                    f"{name} failed inside this server. That is a bug; the log on stderr has the details."
                ) from error
            if record.is_recording():
                from call_transcripts_mcp.render.tokens import estimate  # noqa: PLC0415 - loaded late, as the tools

                recorded.tokens = estimate(text)
        return text

    async def _said(
        self, name: str, arguments: dict[str, Any], report_progress: ReportProgress, asked: dict[str, Any]
    ) -> str:
        """What a tool says; `asked` gets the arguments under the tool's own names: `callId` as `call_id`."""
        tool = tools.load(name)
        parsed = tool.parse(arguments)
        asked.update(parsed.model_dump(exclude_unset=True))
        ours = (await self.context()).reporting_to(report_progress)
        with answer_within(self._answer_limit_s):
            found = await tool.find(parsed, ours)
        text = tool.say(found, parsed, ours.foreign, MODEL)
        notices = ours.library.notices()
        for notice in notices:
            logger.warning("%s", notice)
        return text + "".join(f"\nNote: {note}" for note in (*parsed.notes, *ours.notes, *notices))

    async def context(self) -> ToolContext:
        """The tools' context, without the progress of a request."""
        async with self._opening:
            if self._context is None:
                # Loaded late, so that `initialize` does not wait for the HTTP client and the adapters.
                from call_transcripts_mcp.connect import open_context  # noqa: PLC0415

                self._context = await self._stack.enter_async_context(open_context(self._settings))
                # What is loaded by now stays, so full collections should not examine it again.
                gc.collect()
                gc.freeze()
        return self._context


def _client_of(request: ServerRequestContext[Any, Any]) -> str:
    """The name that a client gives itself; over HTTP, its address too."""
    known = request.session.client_params
    name = f"{known.client_info.name} {known.client_info.version}" if known else "unknown"
    received: object = request.request
    address = received.client if isinstance(received, HTTPConnection) else None
    return f"{name} ({address.host})" if address else name


def refusal(text: str, settings: Settings) -> ToolError:
    """A text as a tool's error; secrets that it quotes are masked."""
    from call_transcripts_mcp.redaction.refusals import refusal_redactor  # noqa: PLC0415 - loaded late, as above

    return ToolError(refusal_redactor(settings.redact, settings.secrets)(text))
