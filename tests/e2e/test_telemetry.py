"""Traces and metrics, as a collector receives them over HTTP from a server in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from http_process import http_client, http_process
from mcp_types import CallToolResult, TextContent
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as ProtoSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from call_transcripts_mcp.sample import DIGA_KEY, ULTRAVOX_KEY, create_app, serve_in_thread
from call_transcripts_mcp.telemetry.export import template_of
from call_transcripts_mcp.telemetry.variables import telemetry_of
from loopback_server import answering
from stdio_process import MODULE, PATIENCE_S, environment, sdk_client

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path

    from opentelemetry.proto.common.v1.common_pb2 import KeyValue

pytestmark = pytest.mark.anyio

WORDS_OF_THE_CALLER = "my secret wish is 4711 tulips"


@dataclass
class Collector:
    """Everything that was exported to it.

    Attributes:
        status: what it answers.
    """

    url: str = ""
    status: int = 200
    bodies: dict[str, list[bytes]] = field(default_factory=lambda: {"/v1/traces": [], "/v1/metrics": []})

    def spans(self) -> list[ProtoSpan]:
        return [
            span
            for body in self.bodies["/v1/traces"]
            for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for of_scope in of_resource.scope_spans
            for span in of_scope.spans
        ]

    def resource(self) -> dict[str, str]:
        (of_resource, *_) = ExportTraceServiceRequest.FromString(self.bodies["/v1/traces"][0]).resource_spans
        return {pair.key: pair.value.string_value for pair in of_resource.resource.attributes}

    def points(self) -> dict[str, list[dict[str, object]]]:
        """By metric: the attributes of each series, with its count and sum."""
        (body, *_) = self.bodies["/v1/metrics"][-1:]
        return {
            metric.name: [
                {**attributes(point.attributes), "count": point.count, "sum": point.sum}
                for point in metric.histogram.data_points
            ]
            for of_resource in ExportMetricsServiceRequest.FromString(body).resource_metrics
            for of_scope in of_resource.scope_metrics
            for metric in of_scope.metrics
        }

    def everything(self) -> bytes:
        return b"\n".join(body for bodies in self.bodies.values() for body in bodies)


def attributes(pairs: Iterable[KeyValue]) -> dict[str, object]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "") for pair in pairs}


@contextmanager
def collecting() -> Generator[Collector]:
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.bodies[self.path].append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as found:
        yield found


@pytest.fixture(scope="module")
def platform() -> Iterator[str]:
    with serve_in_thread(create_app()) as url:
        yield url


async def test_a_tool_call_is_one_span_with_the_requests_to_the_providers_as_its_children(
    collector: Collector, platform: str, tmp_path: Path
) -> None:
    changes = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_HEADERS": "x-team-key=otlp-key-4711",
        "CALL_TRANSCRIPTS_HOME": str(tmp_path),
    }
    async with sdk_client(platform, tmp_path / "log", **changes) as client:
        listed = await client.call_tool("list_calls", {"since": "365d", "limit": 3})
        assert isinstance(listed, CallToolResult)
        (content,) = listed.content
        assert isinstance(content, TextContent)
        ref = next(word for word in content.text.split() if word.startswith("ultravox:"))
        await client.call_tool("list_call_messages", {"call_id": ref})
        await client.read_resource(f"call://{ref}")
        await client.call_tool("search_messages", {"text": WORDS_OF_THE_CALLER})
        refused = await client.call_tool("list_calls", {"since": WORDS_OF_THE_CALLER})
        unknown = await client.call_tool(WORDS_OF_THE_CALLER, {})
        for wrong in (refused, unknown):
            assert isinstance(wrong, CallToolResult)
            assert wrong.is_error

    spans = collector.spans()
    tools = [span for span in spans if span.name.startswith("tools/call")]
    assert [span.name for span in tools] == [
        "tools/call list_calls", "tools/call list_call_messages", "tools/call search_messages",
        "tools/call list_calls", "tools/call",
    ]  # fmt: skip
    first, messages, _, mistaken, other = (attributes(span.attributes) for span in tools)
    assert (first["gen_ai.tool.name"], first["call_transcripts.outcome"]) == ("list_calls", "answered")
    assert isinstance(first["call_transcripts.answer.tokens"], int)
    assert first["call_transcripts.answer.tokens"] > 20
    assert (mistaken["call_transcripts.outcome"], mistaken["error.type"]) == ("refused", "tool_error")
    assert "gen_ai.tool.name" not in other
    assert tools[3].status.code == Status.STATUS_CODE_ERROR

    (resource,) = [attributes(span.attributes) for span in spans if span.name.startswith("resources/read")]
    assert resource["call_transcripts.outcome"] == "answered"
    assert resource["call_transcripts.answer.tokens"] == messages["call_transcripts.answer.tokens"]

    requests = [span for span in spans if span.kind == ProtoSpan.SPAN_KIND_CLIENT]
    assert {span.name for span in requests if span.parent_span_id == tools[0].span_id} == {
        "GET /api/calls", "GET /v1/call/",
    }  # fmt: skip
    of_messages = [span for span in requests if span.parent_span_id == tools[1].span_id]
    assert "GET /api/calls/{id}/messages" in {span.name for span in of_messages}
    assert "call_transcripts.answer.tokens" in messages
    assert attributes(of_messages[0].attributes) == {
        "call_transcripts.provider": "ultravox",
        "http.request.method": "GET",
        "url.template": of_messages[0].name.removeprefix("GET "),
        "http.response.status_code": 200,
        "http.request.resend_count": 0,
    }
    assert collector.resource()["service.name"] == "call-transcripts-mcp"

    points = collector.points()
    counted = points["mcp.server.operation.duration"]
    called = [one for one in counted if one["mcp.method.name"] == "tools/call"]
    durations = {(one["gen_ai.tool.name"], one["call_transcripts.outcome"]): one["count"] for one in called}
    read = [one for one in counted if one["mcp.method.name"] == "resources/read"]
    assert [(one["gen_ai.tool.name"], one["count"]) for one in read] == [("list_call_messages", 1)]
    assert durations["list_calls", "answered"] == durations["list_calls", "refused"] == 1
    tokens = {one["gen_ai.tool.name"]: one["sum"] for one in points["call_transcripts.answer.tokens"]}
    assert tokens["list_calls"] == first["call_transcripts.answer.tokens"]
    assert {one["url.template"] for one in points["http.client.request.duration"]} >= {"/api/calls", "/v1/call/"}

    exported = collector.everything()
    for secret in (
        ULTRAVOX_KEY,
        DIGA_KEY,
        "otlp-key-4711",
        ref.partition(":")[2],
        WORDS_OF_THE_CALLER,
        "tulips",
        "traceback",
    ):
        assert secret.encode() not in exported
    assert all(not span.events and not span.status.message for span in spans)
    assert "OpenTelemetry" not in (tmp_path / "log").read_text(encoding="utf-8")


async def test_retries_and_refusals_of_a_provider_are_told_by_status_and_count(
    collector: Collector, tmp_path: Path
) -> None:
    down = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    async with (
        answering(down) as platform,
        sdk_client(
            platform.base_url,
            tmp_path / "log",
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
            CALL_TRANSCRIPTS_HOME=str(tmp_path),
        ) as client,
    ):
        answer = await client.call_tool("list_calls", {"provider": "ultravox"})
        assert isinstance(answer, CallToolResult)
        assert answer.is_error

    found = [attributes(span.attributes) for span in collector.spans() if span.kind == ProtoSpan.SPAN_KIND_CLIENT]
    assert (found[0]["http.response.status_code"], found[0]["error.type"]) == (503, "UnavailableError")
    assert found[0]["http.request.resend_count"] == 4


async def test_over_http_what_was_recorded_is_sent_before_a_signal_ends_the_server(
    collector: Collector, platform: str, tmp_path: Path
) -> None:
    changes = {
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{collector.url}/v1/traces",
        "OTEL_BSP_SCHEDULE_DELAY": "600000",
        "OTEL_SERVICE_NAME": "calls-of-the-team",
        "CALL_TRANSCRIPTS_HOME": str(tmp_path),
    }
    with http_process(platform, tmp_path / "log", **changes) as server:
        async with http_client(server.url) as client:
            await client.call_tool("list_calls", {"limit": 1})
        server.process.terminate()
        server.process.wait(PATIENCE_S)

    assert "tools/call list_calls" in {span.name for span in collector.spans()}
    assert collector.resource()["service.name"] == "calls-of-the-team"
    assert collector.bodies["/v1/metrics"] == []


def test_a_sync_exports_its_requests_under_a_name_of_its_own(
    collector: Collector, platform: str, tmp_path: Path
) -> None:
    given = environment(platform, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, CALL_TRANSCRIPTS_HOME=str(tmp_path))
    subprocess.run(  # noqa: S603 - ours
        [sys.executable, *MODULE, "sync", "--since", "365d", "--max-calls", "3"], env=given, check=True,
        capture_output=True, timeout=PATIENCE_S,
    )  # fmt: skip

    assert collector.resource()["service.name"] == "call-transcripts-mcp-sync"
    assert "GET /api/calls/{id}/messages" in {span.name for span in collector.spans()}


@pytest.mark.parametrize("ending", ["silent", "refusing"])
async def test_a_collector_that_fails_costs_no_answer_and_no_long_end(
    collector: Collector, platform: str, tmp_path: Path, ending: str
) -> None:
    collector.status = 503
    url = collector.url if ending == "refusing" else "http://127.0.0.1:9"
    began = time.monotonic()
    async with sdk_client(
        platform, tmp_path / "log", OTEL_EXPORTER_OTLP_ENDPOINT=url, CALL_TRANSCRIPTS_HOME=str(tmp_path)
    ) as client:
        answer = await client.call_tool("list_calls", {"limit": 1})
        assert isinstance(answer, CallToolResult)
        assert not answer.is_error
    assert time.monotonic() - began < PATIENCE_S


def hosted(platform: str, *start: str, **changes: str) -> tuple[str, str]:
    """stdout and stderr of a server that is asked to introduce itself."""
    request = {
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }  # fmt: skip
    found = subprocess.run(  # noqa: S603 - ours
        [sys.executable, *(start or MODULE)], input=json.dumps(request) + "\n", text=True, check=True,
        capture_output=True, env=environment(platform, **changes), timeout=PATIENCE_S,
    )  # fmt: skip
    return found.stdout, found.stderr


WITHOUT_THE_EXTRA = (
    "import sys; sys.modules['opentelemetry.sdk'] = None;"
    "from call_transcripts_mcp.cli.commands import main; sys.argv = ['x']; main()"
)
LOADED = (
    "import atexit, sys; from call_transcripts_mcp.cli.commands import main; sys.argv = ['x'];"
    "atexit.register(lambda: print(*sorted(m for m in sys.modules if m.startswith("
    "('opentelemetry.sdk', 'opentelemetry.exporter', 'requests', 'call_transcripts_mcp.telemetry.export'))),"
    " file=sys.stderr)); main()"
)


def test_without_the_extra_one_warning_names_it_and_the_server_works(platform: str) -> None:
    out, err = hosted(
        platform, "-c", WITHOUT_THE_EXTRA,
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", CALL_TRANSCRIPTS_LOG_LEVEL="WARNING",
    )  # fmt: skip

    assert json.loads(out)["id"] == 1
    assert len(err.splitlines()) == 1
    assert 'pip install "call-transcripts-mcp[otel]"' in err


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"},
        {"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"},
    ],
)
def test_nothing_of_it_is_loaded_when_nothing_asks_for_it(platform: str, changes: dict[str, str]) -> None:
    _, err = hosted(platform, "-c", LOADED, **{"CALL_TRANSCRIPTS_LOG_LEVEL": "WARNING", **changes})

    assert err == "\n"


@pytest.mark.parametrize(
    ("values", "exported", "problems"),
    [
        ({}, (False, False), 0),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, (True, True), 0),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, (True, False), 0),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://c"}, (False, True), 0),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_METRICS_EXPORTER": "none"}, (True, False), 0),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "True"}, (False, False), 0),
        ({"OTEL_TRACES_EXPORTER": "console"}, (False, False), 1),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, (False, False), 2),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"}, (True, False), 0),
    ],
)
def test_the_standard_variables_say_what_is_exported(
    values: dict[str, str], exported: tuple[bool, bool], problems: int
) -> None:
    found = telemetry_of(values)

    assert ((found.traces, found.metrics), len(found.problems)) == (exported, problems)


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/api/calls", "/api/calls"),
        ("/api/calls/0b1c/stages/77ae/messages", "/api/calls/{id}/stages/{id}/messages"),
        ("/v1/call/", "/v1/call/"),
        ("/v1/convai/conversations/conv_ann", "/v1/convai/conversations/{id}"),
        ("/v2/get-call/ann-smith", "/v2/get-call/{id}"),
    ],
)
def test_a_path_is_recorded_without_its_ids(path: str, template: str) -> None:
    assert template_of(path) == template
