"""Every provider, every operation, every foreign behaviour: an error of ours or what can be read, never a crash.

A new provider is held to this by standing in `providers.ALL`.
"""

from __future__ import annotations

import gzip
import logging
from typing import TYPE_CHECKING

import httpx
import pytest
import respx
from contract import BARE_LISTS, CANARY, CASE_COUNTS, CASES, LISTS, OPERATIONS, READING_POSTS, check_error, outcome
from platform_api import CALL_ID, KEY, a_call, make_adapter

from acme_api import RawStream, request_of
from call_transcripts_mcp import providers
from call_transcripts_mcp.errors import (
    AnswerTooLargeError,
    AuthenticationError,
    NotFoundError,
    ProviderError,
    RateLimitedError,
    UnavailableError,
    UnexpectedResponseError,
)
from call_transcripts_mcp.model import Stage
from call_transcripts_mcp.providers.http import BODY_LIMIT_BYTES
from call_transcripts_mcp.providers.pace import MOST_AT_ONCE
from loopback_server import answering

if TYPE_CHECKING:
    from call_transcripts_mcp.providers.clients import Clients
    from conftest import Clock

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("clock")]

every_operation = pytest.mark.parametrize(("name", "operation"), CASES)

STATUSES = {
    301: UnexpectedResponseError,
    302: UnexpectedResponseError,
    400: UnexpectedResponseError,
    401: AuthenticationError,
    403: AuthenticationError,
    404: NotFoundError,
    408: UnavailableError,
    410: NotFoundError,
    418: UnexpectedResponseError,
    422: UnexpectedResponseError,
    429: RateLimitedError,
    500: UnavailableError,
    502: UnavailableError,
    503: UnavailableError,
    504: UnavailableError,
}
ERROR_BODIES = {
    "page": f"<html><title>{CANARY}</title>{'x' * 100_000}</html>",
    "json": f'{{"detail": "{CANARY}", "message": "{CANARY} {KEY}", "error_code": "{CANARY}"}}',
    "nothing": "",
}
WAITS = ["5", "0", "-5", "soon", "1e9", "99999999999999999999", "Wed, 21 Oct 2015 07:28:00 GMT",
         "Wed, 21 Oct 99999999999 07:28:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", ""]  # fmt: skip
BODIES = {
    "page": f"<!doctype html><title>{CANARY}</title>".encode(),
    "nothing": b"",
    "blanks": b"  \n ",
    "text": CANARY.encode(),
    "broken JSON": f'{{"results": [{CANARY}], "data": ]}}'.encode(),
    "truncated": f'{{"results": [{{"text": "{CANARY}"'.encode(),
    "a list": f'["{CANARY}"]'.encode(),
    "an empty list": b"[]",
    "a string": f'"{CANARY}"'.encode(),
    "null": b"null",
    "a number": b"5",
    "NaN": b"NaN",
    "no UTF-8": b'{"results": ["\xff\xfe\xfa"]}',
    "100,000 brackets": b"[" * 100_000,
    "100,000 brackets in a page": b'{"results": ' + b"[" * 100_000 + b"]" * 100_000 + b', "data": []}',
    "100,000 objects": b'{"a":' * 100_000,
    "a huge number": b'{"results": [], "data": [], "total": %s}' % (b"9" * 5000),
}
TOO_LARGE: dict[str, tuple[bytes, dict[str, str]]] = {
    "gzip bomb": (gzip.compress(b"0" * (BODY_LIMIT_BYTES + 1)), {"content-encoding": "gzip"}),
    "too large": (b'"' + b"x" * BODY_LIMIT_BYTES + b'"', {}),
}
RAW: dict[str, tuple[bytes, dict[str, str]]] = {
    "not as encoded": (b'{"results": []}', {"content-encoding": "gzip"}),
    "an encoding not asked for": (b"{}", {"content-encoding": "br"}),
}


async def meet(name: str, operation: str, clients: Clients, route: respx.Route, error: type[ProviderError]) -> None:
    """Run the operation against the mocked route: this error, or no request at all (a provider without stages)."""
    found = await outcome(make_adapter(name, clients), operation)
    if route.called:
        assert type(found) is error
        check_error(found, name)
    else:
        assert operation == "list_stages"
        assert isinstance(found, tuple)


def answer(status: int, content: bytes | str = b"", headers: dict[str, str] | None = None) -> respx.Route:
    raw = content.encode() if isinstance(content, str) else content

    def respond(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers=headers, stream=RawStream(raw))

    return respx.route().mock(side_effect=respond)


@respx.mock
@every_operation
@pytest.mark.parametrize("body", ERROR_BODIES.values(), ids=ERROR_BODIES)
@pytest.mark.parametrize("status", STATUSES)
async def test_each_status_is_its_error(
    name: str,
    operation: str,
    *,
    status: int,
    body: str,
    clients: Clients,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    location = {"location": f"https://evil.test/{CANARY}"}
    await meet(name, operation, clients, answer(status, body, location), STATUSES[status])
    assert not any(secret in caplog.text for secret in (CANARY, KEY, CALL_ID))


@respx.mock
@every_operation
@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize("status", [429, 503])
async def test_a_wait_of_whatever_form_is_survived(
    name: str, operation: str, *, status: int, wait: str, clients: Clients, clock: Clock
) -> None:
    route = answer(status, headers={"retry-after": wait})
    await meet(name, operation, clients, route, STATUSES[status])
    assert sum(clock.waits_s) <= 60


@respx.mock
@every_operation
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_a_body_that_is_no_answer_is_told(name: str, operation: str, body: bytes, clients: Clients) -> None:
    if (name, operation) in BARE_LISTS and body.startswith(b"["):
        body = b'{"items": %s}' % body  # an array is a list of theirs
    await meet(name, operation, clients, answer(200, body), UnexpectedResponseError)


@respx.mock
@every_operation
@pytest.mark.parametrize(("body", "headers"), RAW.values(), ids=RAW)
async def test_a_body_that_cannot_be_taken_is_told(
    name: str, operation: str, body: bytes, headers: dict[str, str], clients: Clients
) -> None:
    await meet(name, operation, clients, answer(200, body, headers), UnexpectedResponseError)


@respx.mock
@every_operation
@pytest.mark.parametrize(("body", "headers"), TOO_LARGE.values(), ids=TOO_LARGE)
async def test_a_body_beyond_the_limit_is_told(
    name: str, operation: str, body: bytes, headers: dict[str, str], clients: Clients
) -> None:
    await meet(name, operation, clients, answer(200, body, headers), AnswerTooLargeError)


@respx.mock
@every_operation
@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectError("[Errno -2] Name or service not known"),
        httpx.ConnectTimeout(CANARY),
        httpx.ReadTimeout(CANARY),
        httpx.WriteError(CANARY),
        httpx.RemoteProtocolError(CANARY),
        httpx.ProxyError(CANARY),
    ],
    ids=["refused", "no such host", "connect timeout", "read timeout", "write error", "protocol error", "proxy error"],
)
async def test_a_connection_that_fails_is_unavailable(
    name: str, operation: str, error: httpx.TransportError, clients: Clients
) -> None:
    await meet(name, operation, clients, respx.route().mock(side_effect=error), UnavailableError)


@every_operation
@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{",
        b'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a":',
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"",
        b"not HTTP at all\r\n\r\n",
    ],
    ids=["in the body", "in a chunk", "in the headers", "at once", "no HTTP"],
)
async def test_a_disconnect_is_unavailable(name: str, operation: str, sent: bytes, clients: Clients) -> None:
    async with answering(sent) as server:
        found = await outcome(make_adapter(name, clients, server.base_url), operation)
    if server.requests:
        assert isinstance(found, UnavailableError)
        check_error(found, name)
        assert len([request for request in server.requests if b" HTTP/1.1\r\n" in request]) == 5
    else:
        assert operation == "list_stages"
        assert isinstance(found, tuple)


@pytest.mark.parametrize("name", providers.ALL)
async def test_an_adapter_is_what_the_protocol_says(name: str, clients: Clients) -> None:
    provider = make_adapter(name, clients)
    assert provider.name == name
    assert provider.base_url.startswith("https://")
    assert not provider.base_url.endswith("/")
    assert 1 <= provider.limits.at_first <= provider.limits.at_most <= MOST_AT_ONCE
    assert provider.limits.requests_per_s is None or provider.limits.requests_per_s > 0
    assert provider.coverage.limits
    assert [value for value in provider.headers(KEY).values() if KEY in value]


@pytest.mark.parametrize("name", providers.ALL)
@pytest.mark.parametrize(
    "text",
    ["", " ", "..", "../" + CALL_ID, CALL_ID + "/..", "%2e%2e%2f", CALL_ID + "%00", CALL_ID + "\x00", CALL_ID + "\n",
     " " + CALL_ID, CALL_ID + "?x=1", CALL_ID + "#", "x" * 10_000, "\u0660" * 36,
     CALL_ID.replace("-", "/"), "a b", "\ud800"],
)  # fmt: skip
def test_what_could_change_a_path_is_no_id(name: str, text: str) -> None:
    assert providers.load(name).ADAPTER.valid_id(text) is None


@pytest.mark.parametrize("name", sorted({*providers.ALL} - CASE_COUNTS))
@pytest.mark.parametrize("text", [CALL_ID[:-1], CALL_ID + "0"])
def test_what_is_no_uuid_is_no_id_where_ids_are_uuids(name: str, text: str) -> None:
    assert providers.load(name).ADAPTER.valid_id(text) is None


@pytest.mark.parametrize("name", providers.ALL)
def test_an_id_is_taken_in_any_case_where_the_case_says_nothing(name: str) -> None:
    given = CALL_ID.upper()
    assert providers.load(name).ADAPTER.valid_id(given) == (given if name in CASE_COUNTS else CALL_ID)


@respx.mock
@pytest.mark.parametrize("name", providers.ALL)
async def test_only_reading_requests_are_sent_each_with_the_key(name: str, clients: Clients) -> None:
    page = {key: list[str]() for key in LISTS}

    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=[] if (name, request.url.path) == ("vapi", "/call") else page)

    route = respx.route().mock(side_effect=respond)
    provider = make_adapter(name, clients)
    for operation in OPERATIONS.values():
        await operation(provider)
    await provider.read_messages(a_call(name), stage=Stage(CALL_ID, 1))
    requests = [request_of(route, index) for index in range(route.call_count)]
    assert {(request.method, request.url.path) for request in requests if request.method != "GET"} == READING_POSTS[
        name
    ]
    assert all(KEY in "".join(request.headers.values()) for request in requests)
    assert not any(KEY in str(request.url) for request in requests)
