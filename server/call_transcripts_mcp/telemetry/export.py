"""Exports traces and metrics over OTLP.

The SDK of MCP makes a span for each request, which becomes the span of a tool call here; requests to providers are its
children. Nothing of a call's content, no id and no key is exported: of a span, only the attributes and names listed
here are passed on.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Status, StatusCode

from call_transcripts_mcp.telemetry.record import AnswerRecord, RequestRecord

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Sequence

    from opentelemetry.util.types import Attributes, AttributeValue

    from call_transcripts_mcp.telemetry.variables import Telemetry

logger = logging.getLogger(__name__)

SCOPE = "call_transcripts_mcp"
END_S = 5.0
"""How long the process waits for a collector when it ends."""

_PATH_WORDS = frozenset(
    {"api", "call", "calls", "conversations", "convai", "deleted_calls", "get-call", "list-calls", "log", "message"}
    | {"messages", "stages", "v1", "v2", "v3"}
)
"""The parts of a path that are kept; any other part may be an id."""
_NAMES = ("gen_ai.tool.name", "gen_ai.prompt.name")
_WORDS = (
    "call_transcripts.outcome",
    "call_transcripts.provider",
    "error.type",
    "gen_ai.operation.name",
    "http.request.method",
    "jsonrpc.request.id",
    "mcp.method.name",
    "mcp.protocol.version",
    "rpc.response.status_code",
    "url.template",
)
_NUMBERS = ("call_transcripts.answer.tokens", "http.request.resend_count", "http.response.status_code")
_WORD = re.compile(r"[\w./{} -]{1,80}", re.ASCII)
_REQUEST_ID = re.compile(r"[0-9]{1,18}")


def template_of(path: str) -> str:
    """`/api/calls/{id}/messages`: a path without the ids in it."""
    return "/".join(part if not part or part in _PATH_WORDS else "{id}" for part in path.split("/"))


class CleanExporter(SpanExporter):
    """Passes spans on without anything that was copied from a request, a response or an error."""

    def __init__(self, exporter: SpanExporter, names: Collection[str]) -> None:
        """Export through another exporter.

        Args:
            exporter: sends the spans.
            names: of tools and prompts; others are a client's words.
        """
        self._exporter = exporter
        self._names = frozenset(names)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans."""
        return self._exporter.export([self._cleaned(span) for span in spans])

    def shutdown(self) -> None:
        """Send no more."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what is queued."""
        return self._exporter.force_flush(timeout_millis)

    def _cleaned(self, span: ReadableSpan) -> ReadableSpan:
        method, _, target = span.name.partition(" ")
        is_ours = span.instrumentation_scope is not None and span.instrumentation_scope.name == SCOPE
        known = span.name if is_ours or target in self._names else method
        return ReadableSpan(
            name=known if _WORD.fullmatch(known) else "request",
            context=span.get_span_context(),
            parent=span.parent,
            resource=span.resource,
            attributes={
                name: value for name, value in (span.attributes or {}).items() if self._is_harmless(name, value)
            },
            kind=span.kind,
            status=Status(span.status.status_code),  # its description may quote an argument
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    def _is_harmless(self, name: str, value: AttributeValue) -> bool:
        if name in _NUMBERS:
            return isinstance(value, int)
        if name in _NAMES:
            return value in self._names
        if name == "jsonrpc.request.id":  # a client may choose any text
            return isinstance(value, str) and _REQUEST_ID.fullmatch(value) is not None
        return name in _WORDS and isinstance(value, str) and _WORD.fullmatch(value) is not None


class OtlpRecorder:
    """Records with OpenTelemetry's API, and owns the providers that export."""

    def __init__(self, traces: TracerProvider | None, meters: MeterProvider | None) -> None:
        """Record in these providers; None records nothing of that kind."""
        self._traces = traces
        self._meters = meters
        self._tracer = trace.get_tracer(SCOPE)
        meter = metrics.get_meter(SCOPE)
        self._answers = meter.create_histogram("mcp.server.operation.duration", "s", "How long answers took.")
        self._tokens = meter.create_histogram("call_transcripts.answer.tokens", "{token}", "The length of answers.")
        self._requests = meter.create_histogram("http.client.request.duration", "s", "Requests, with their retries.")

    @contextmanager
    def answering(self, tool: str, method: str) -> Generator[AnswerRecord]:
        """See `record.answering`; the span is the one that the SDK has begun."""
        record = AnswerRecord()
        began = time.monotonic()
        attributes: dict[str, str | int] = {"mcp.method.name": method, "gen_ai.tool.name": tool}
        try:
            yield record
        except BaseException as error:
            record.outcome = "refused" if record.outcome == "refused" else "failed"
            attributes["error.type"] = type(error).__name__
            raise
        finally:
            attributes["call_transcripts.outcome"] = record.outcome
            span = trace.get_current_span()
            span.set_attribute("call_transcripts.outcome", record.outcome)
            self._answers.record(time.monotonic() - began, attributes)
            if record.tokens is not None:
                span.set_attribute("call_transcripts.answer.tokens", record.tokens)
                self._tokens.record(record.tokens, {"gen_ai.tool.name": tool})

    @contextmanager
    def requesting(self, provider: str, method: str, path: str) -> Generator[RequestRecord]:
        """See `record.requesting`."""
        record = RequestRecord()
        began = time.monotonic()
        template = template_of(path)
        found: dict[str, str | int] = {
            "call_transcripts.provider": provider,
            "http.request.method": method,
            "url.template": template,
        }
        with self._tracer.start_as_current_span(
            f"{method} {template}", kind=SpanKind.CLIENT, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield record
                found["http.response.status_code"] = 200
            except BaseException as error:
                found["error.type"] = type(error).__name__
                if isinstance(status := getattr(error, "status", None), int):
                    found["http.response.status_code"] = status
                span.set_status(StatusCode.ERROR)
                raise
            finally:
                span.set_attributes({**found, "http.request.resend_count": max(0, record.attempts - 1)})
                self._requests.record(time.monotonic() - began, found)

    def end(self) -> None:
        """See `record.end`. A collector that does not answer is not waited for."""
        threads = [
            threading.Thread(target=provider.shutdown, daemon=True)
            for provider in (self._traces, self._meters)
            if provider is not None
        ]
        for thread in threads:
            thread.start()
        until = time.monotonic() + END_S
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        self._traces = self._meters = None


def otlp_recorder(asked: Telemetry, *, service: str, version: str, names: Collection[str]) -> OtlpRecorder:
    """Make and install the providers of OpenTelemetry that the variables ask for.

    Args:
        asked: what is exported.
        service: the name of this service, if no variable names it.
        version: of this server.
        names: of tools and prompts.
    """
    described: Attributes = {"service.version": version, **({} if asked.is_named else {"service.name": service})}
    resource = Resource.create(described)
    traces = meters = None
    if asked.traces:
        traces = TracerProvider(resource=resource, shutdown_on_exit=False)
        traces.add_span_processor(BatchSpanProcessor(CleanExporter(OTLPSpanExporter(), names)))
        trace.set_tracer_provider(traces)
    if asked.metrics:
        reader = PeriodicExportingMetricReader(OTLPMetricExporter())
        meters = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
        metrics.set_meter_provider(meters)
    return OtlpRecorder(traces, meters)
