"""The one HTTP module: what goes on the wire, how many requests at once, and which error a status becomes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest
import respx
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from acme_api import BASE_URL, KEY, answer_always, make_api, request_of
from call_transcripts_mcp.errors import (
    AuthenticationError,
    NotFoundError,
    ProviderError,
    RateLimitedError,
    UnavailableError,
    UnexpectedResponseError,
)
from call_transcripts_mcp.providers import clients as connections
from call_transcripts_mcp.providers import http as fetch
from call_transcripts_mcp.providers.clients import Clients
from call_transcripts_mcp.providers.statuses import status_rule
from call_transcripts_mcp.sample import serve_in_thread
from loopback_server import answering

if TYPE_CHECKING:
    from starlette.requests import Request

    from conftest import Clock

pytestmark = pytest.mark.anyio


@respx.mock
async def test_a_request_carries_the_key_in_its_header_alone(clients: Clients) -> None:
    route = answer_always(content=b'{"a": 1}')
    answer = await make_api(clients).get("/calls", [("cursor", "a b&c"), ("sort", "-created")], what="calls")
    assert (answer.body, answer.size_bytes) == ({"a": 1}, 8)
    request = request_of(route)
    assert request.method == "GET"
    assert str(request.url) == "https://api.acme.test/calls?cursor=a+b%26c&sort=-created"
    assert [name for name, value in request.headers.items() if KEY in value] == ["x-api-key"]
    assert request.headers["accept-encoding"] == "gzip"
    assert request.headers["user-agent"].startswith("call-transcripts-mcp/")
    assert not request.content


@respx.mock
async def test_without_parameters_there_is_no_question_mark(clients: Clients) -> None:
    route = answer_always()
    await make_api(clients).get("/calls", what="calls")
    assert str(request_of(route).url) == "https://api.acme.test/calls"


@respx.mock
async def test_no_cookie_is_kept_or_sent_back(clients: Clients) -> None:
    route = answer_always(headers={"set-cookie": "session=abc; Path=/"})
    api = make_api(clients)
    await api.get("/calls", what="calls")
    await api.get("/calls", what="calls")
    assert "cookie" not in request_of(route).headers


@respx.mock
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_so_the_key_goes_nowhere_else(status: int, clients: Clients) -> None:
    elsewhere = respx.get("https://evil.test/").mock(return_value=httpx.Response(200, json={}))
    respx.get(f"{BASE_URL}/calls").mock(return_value=httpx.Response(status, headers={"location": "https://evil.test/"}))
    with pytest.raises(UnexpectedResponseError, match="redirect"):
        await make_api(clients).get("/calls", what="calls")
    assert not elsewhere.called


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (204, UnexpectedResponseError), (206, UnexpectedResponseError), (301, UnexpectedResponseError),
        (304, UnexpectedResponseError), (400, UnexpectedResponseError), (401, AuthenticationError),
        (403, AuthenticationError), (404, NotFoundError), (408, UnavailableError), (410, NotFoundError),
        (418, UnexpectedResponseError), (422, UnexpectedResponseError), (425, UnexpectedResponseError),
        (429, RateLimitedError), (500, UnavailableError), (502, UnavailableError), (503, UnavailableError),
        (504, UnavailableError), (599, UnavailableError),
    ],
)  # fmt: skip
async def test_every_status_has_its_error(status: int, error: type[ProviderError]) -> None:
    assert status_rule(status).error is error


@respx.mock
@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    ("status", "text"),
    [
        (400, "acme: refused the request for the call as malformed (400). Check the id and the filters."),
        (401, "acme: the key was refused (401). Check ACME_API_KEY."),
        (
            403,
            "acme: the key may not read the call (403). Check ACME_API_KEY, and that it has the read scope for this.",
        ),
        (404, "acme: cannot find the call under this key (404). Check the id, and which account the key belongs to."),
        (410, "acme: no longer has the call (410). It was deleted at the provider."),
        (500, "acme: failed on its side (500). Try again in a while."),
    ],
)  # fmt: skip
async def test_an_error_reads_as_a_sentence(status: int, text: str, clients: Clients) -> None:
    answer_always(status=status)
    with pytest.raises(ProviderError) as caught:
        await make_api(clients).get("/calls/1", what="the call")
    assert str(caught.value) == text


async def test_requests_one_after_another_share_a_connection_and_those_at_once_have_their_own() -> None:
    ports: list[int] = []

    async def answer(request: Request) -> JSONResponse:
        ports.append(request.client.port if request.client else 0)
        return JSONResponse({})

    with serve_in_thread(Starlette(routes=[Route("/calls", answer)])) as base_url:
        async with Clients() as clients, anyio.create_task_group() as tasks:
            api = make_api(clients, base_url)
            for _ in range(3):
                await api.get("/calls", what="calls")
            assert len(set(ports)) == 1
            for _ in range(20):
                tasks.start_soon(lambda: api.get("/calls", what="calls"))
    assert len(ports) == 23
    assert 1 < len(set(ports)) <= 8


@pytest.mark.usefixtures("clock")
async def test_an_answer_that_breaks_off_is_tried_again_and_then_told(clients: Clients) -> None:
    async with answering(b'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"a": ') as server:
        with pytest.raises(UnavailableError, match="closed the connection early"):
            await make_api(clients, server.base_url).get("/calls", what="calls")
        assert len(server.requests) == 5


@pytest.mark.usefixtures("clock")
async def test_a_silent_server_meets_the_read_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "READ_TIMEOUT_S", 0.02)
    async with Clients() as clients, answering(b"", stay_open=True) as server:
        with pytest.raises(UnavailableError, match="did not answer in time"):
            await make_api(clients, server.base_url).get("/calls", what="calls")
        assert len(server.requests) == 5


@pytest.mark.usefixtures("clock")
async def test_a_body_that_never_ends_meets_the_timeout_of_the_attempt(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "ATTEMPT_TIMEOUT_S", 0.05)
    async with answering(b'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"a": ', stay_open=True) as server:
        with pytest.raises(UnavailableError, match="did not answer in time"):
            await make_api(clients, server.base_url).get("/calls", what="calls")
        assert len(server.requests) == 5


async def test_an_error_whose_body_never_ends_is_still_that_error(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "ERROR_BODY_TIMEOUT_S", 0.05)
    async with answering(b"HTTP/1.1 401 No\r\ncontent-length: 100\r\n\r\n{", stay_open=True) as server:
        with pytest.raises(AuthenticationError):
            await make_api(clients, server.base_url).get("/calls", what="calls")
        assert len(server.requests) == 1


@pytest.mark.usefixtures("clock")
async def test_a_port_where_no_one_listens_cannot_be_reached(clients: Clients) -> None:
    async with answering(b"") as server:
        gone = server.base_url
    with pytest.raises(UnavailableError, match="acme: cannot be reached"):
        await make_api(clients, gone).get("/calls", what="calls")


async def test_what_is_no_http_is_told(clients: Clients, clock: Clock) -> None:
    async with answering(b"SSH-2.0-OpenSSH_9.6\r\n") as server:
        with pytest.raises(UnavailableError, match="closed the connection early"):
            await make_api(clients, server.base_url).get("/calls", what="calls")
    assert len(clock.waits_s) == 4


@respx.mock
@pytest.mark.usefixtures("clock")
async def test_the_log_tells_of_tries_without_url_or_key(clients: Clients, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    answer_always(status=503, content=b"CANARY")
    with pytest.raises(UnavailableError):
        await make_api(clients).get("/calls/CANARY", [("q", "CANARY")], what="calls")
    assert [record.getMessage() for record in caplog.records] == [
        f"acme: attempt {number} failed: failed on its side (503)" for number in range(1, 6)
    ]
