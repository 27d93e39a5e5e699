"""The one HTTP module: what goes on the wire, what is tried again and for how long, and what never leaves."""

from __future__ import annotations

import gzip
import logging
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, cast

import anyio
import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st
from loopback_server import answering

from call_transcripts_mcp import fetch
from call_transcripts_mcp.errors import (
    AuthenticationError,
    NotFoundError,
    ProviderError,
    RateLimitedError,
    UnavailableError,
    UnexpectedResponseError,
)
from call_transcripts_mcp.fetch import Api, create_client, status_rule

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from conftest import Clock

    Scope = MutableMapping[str, object]
    Send = Callable[[MutableMapping[str, object]], Awaitable[None]]

pytestmark = pytest.mark.anyio

KEY = "Abcd1234.0123456789abcdefghijklmnopqrstuv"
BASE_URL = "https://api.acme.test"
RETRIED = (429, 502, 503, 504)
NOT_RETRIED = (204, 301, 302, 307, 400, 401, 403, 404, 408, 410, 418, 422, 425, 500, 501, 505)


def make_api(client: httpx.AsyncClient, base_url: str = BASE_URL, requests_per_s: float | None = None) -> Api:
    return Api(client, "acme", base_url=base_url, headers={"X-API-Key": KEY}, requests_per_s=requests_per_s)


def answer_always(*, status: int = 200, content: bytes = b"{}", headers: dict[str, str] | None = None) -> respx.Route:
    """Every request gets this; a stream of its own each time, so that the body arrives as raw bytes."""
    return respx.route().mock(
        side_effect=lambda _: httpx.Response(status, headers=headers, stream=httpx.ByteStream(content))
    )


def request_of(route: respx.Route, index: int = -1) -> httpx.Request:
    return cast("httpx.Request", route.calls[index].request)


@respx.mock
async def test_a_request_carries_the_key_in_its_header_alone(client: httpx.AsyncClient) -> None:
    route = answer_always(content=b'{"a": 1}')
    answer = await make_api(client).get("/calls", [("cursor", "a b&c"), ("sort", "-created")], what="calls")
    assert (answer.body, answer.size_bytes) == ({"a": 1}, 8)
    request = request_of(route)
    assert request.method == "GET"
    assert str(request.url) == "https://api.acme.test/calls?cursor=a+b%26c&sort=-created"
    assert [name for name, value in request.headers.items() if KEY in value] == ["x-api-key"]
    assert request.headers["accept-encoding"] == "gzip"
    assert request.headers["user-agent"].startswith("call-transcripts-mcp/")
    assert not request.content


@respx.mock
async def test_without_parameters_there_is_no_question_mark(client: httpx.AsyncClient) -> None:
    route = answer_always()
    await make_api(client).get("/calls", what="calls")
    assert str(request_of(route).url) == "https://api.acme.test/calls"


@respx.mock
async def test_no_cookie_is_kept_or_sent_back(client: httpx.AsyncClient) -> None:
    route = answer_always(headers={"set-cookie": "session=abc; Path=/"})
    api = make_api(client)
    await api.get("/calls", what="calls")
    await api.get("/calls", what="calls")
    assert "cookie" not in request_of(route).headers
    assert not list(client.cookies.jar)


@respx.mock
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_so_the_key_goes_nowhere_else(status: int, client: httpx.AsyncClient) -> None:
    elsewhere = respx.get("https://evil.test/").mock(return_value=httpx.Response(200, json={}))
    respx.get(f"{BASE_URL}/calls").mock(
        return_value=httpx.Response(status, headers={"location": "https://evil.test/"})
    )
    with pytest.raises(UnexpectedResponseError, match="redirect"):
        await make_api(client).get("/calls", what="calls")
    assert not elsewhere.called


@respx.mock
@pytest.mark.parametrize("status", RETRIED)
async def test_what_may_pass_is_tried_five_times(status: int, client: httpx.AsyncClient, clock: Clock) -> None:
    route = answer_always(status=status)
    with pytest.raises((RateLimitedError, UnavailableError)) as caught:
        await make_api(client).get("/calls", what="calls")
    assert caught.value.status == status
    assert route.call_count == 5
    # 0.25 s doubling, each with a jitter of as much again, and never more than 5 s
    for number, waited_s in enumerate(clock.waits_s):
        assert 0.25 * 2**number <= waited_s <= 0.25 * 2**number + 0.25
    assert len(clock.waits_s) == 4


@respx.mock
@pytest.mark.parametrize("status", NOT_RETRIED)
async def test_what_would_not_pass_is_asked_once(status: int, client: httpx.AsyncClient, clock: Clock) -> None:
    route = answer_always(status=status)
    with pytest.raises(ProviderError) as caught:
        await make_api(client).get("/calls", what="calls")
    assert caught.value.status == status
    assert (route.call_count, clock.waits_s) == (1, [])


@respx.mock
@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    "error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError]
)
async def test_transport_errors_are_tried_again(error: type[httpx.TransportError], client: httpx.AsyncClient) -> None:
    route = respx.route().mock(side_effect=error)
    with pytest.raises(UnavailableError):
        await make_api(client).get("/calls", what="calls")
    assert route.call_count == 5


@respx.mock
@pytest.mark.usefixtures("clock")
async def test_an_answer_after_failures_is_the_answer(client: httpx.AsyncClient) -> None:
    route = respx.route().mock(
        side_effect=[httpx.Response(503), httpx.ReadTimeout("slow"), httpx.Response(200, json=[1])]
    )
    assert (await make_api(client).get("/calls", what="calls")).body == [1]
    assert route.call_count == 3


@respx.mock
@pytest.mark.parametrize("status", RETRIED)
async def test_the_wait_that_a_provider_names_is_kept(status: int, client: httpx.AsyncClient, clock: Clock) -> None:
    respx.route().mock(side_effect=[httpx.Response(status, headers={"retry-after": "7"}), httpx.Response(200, json=1)])
    assert (await make_api(client).get("/calls", what="calls")).body == 1
    assert 7 <= sum(clock.waits_s) < 7.5


@respx.mock
async def test_a_wait_until_a_date_is_kept(client: httpx.AsyncClient, clock: Clock) -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    respx.route().mock(side_effect=[httpx.Response(429, headers={"retry-after": at}), httpx.Response(200, json=1)])
    await make_api(client).get("/calls", what="calls")
    assert 18 < sum(clock.waits_s) <= 20.5


@respx.mock
async def test_a_date_that_has_passed_is_no_wait(client: httpx.AsyncClient, clock: Clock) -> None:
    past = {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}
    respx.route().mock(side_effect=[httpx.Response(429, headers=past), httpx.Response(200, json=1)])
    await make_api(client).get("/calls", what="calls")
    assert sum(clock.waits_s) < 0.1


@respx.mock
@pytest.mark.parametrize("value", ["61", "3600", "999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
async def test_a_wait_beyond_the_budget_is_left_to_the_caller(
    value: str, client: httpx.AsyncClient, clock: Clock
) -> None:
    route = answer_always(status=429, headers={"retry-after": value})
    with pytest.raises(RateLimitedError, match=r"It asks to wait \d+ s") as caught:
        await make_api(client).get("/calls", what="calls")
    assert caught.value.retry_after_s is not None
    assert (route.call_count, clock.waits_s) == (1, [])


@respx.mock
@pytest.mark.parametrize(
    "value",
    [
        "soon", "-5", "", " ", "1e9", "0x10", "NaN", "Wed, 21 Oct 99999999999 07:28:00 GMT",
        "Wed, 21 Oct 2015 07:28:00 +99999999999999999999", "9" * 400, "1 2 3 4 5",
    ],
)  # fmt: skip
async def test_a_wait_that_cannot_be_read_is_ours_to_choose(
    value: str, client: httpx.AsyncClient, clock: Clock
) -> None:
    route = answer_always(status=429, headers={"retry-after": value})
    with pytest.raises(RateLimitedError) as caught:
        await make_api(client).get("/calls", what="calls")
    assert caught.value.retry_after_s is None
    assert route.call_count == 5
    assert sum(clock.waits_s) < 10


@given(value=st.text(st.characters(max_codepoint=0xFF, exclude_categories=["Cc"]), max_size=40))
async def test_no_retry_after_crashes(value: str) -> None:
    async def application(_scope: Scope, _receive: object, send: Send) -> None:
        header = (b"retry-after", value.encode("latin-1"))
        await send({"type": "http.response.start", "status": 404, "headers": [header]})
        await send({"type": "http.response.body", "body": b""})

    async with create_client(application) as client:
        with pytest.raises(NotFoundError):
            await make_api(client).get("/calls", what="calls")


@respx.mock
async def test_all_tries_together_keep_the_budget(client: httpx.AsyncClient, clock: Clock) -> None:
    """Three waits of 25 s would be 75 s; the third is left to the caller."""
    route = answer_always(status=503, headers={"retry-after": "25"})
    with pytest.raises(UnavailableError, match="wait 25 s"):
        await make_api(client).get("/calls", what="calls")
    assert route.call_count == 3
    assert sum(clock.waits_s) < 60


@respx.mock
async def test_slow_failures_use_up_the_budget_too(client: httpx.AsyncClient, clock: Clock) -> None:
    def slow(_: httpx.Request) -> httpx.Response:
        clock.advance(25)
        return httpx.Response(503)

    route = respx.route().mock(side_effect=slow)
    with pytest.raises(UnavailableError):
        await make_api(client).get("/calls", what="calls")
    assert route.call_count == 3


@respx.mock
async def test_a_named_wait_holds_for_the_other_requests_too(client: httpx.AsyncClient, clock: Clock) -> None:
    respx.get(f"{BASE_URL}/limited").mock(return_value=httpx.Response(429, headers={"retry-after": "40"}))
    respx.get(f"{BASE_URL}/other").mock(return_value=httpx.Response(200, json={}))
    api = make_api(client)
    with pytest.raises(RateLimitedError):
        await api.get("/limited", what="calls")
    del clock.waits_s[:]
    await api.get("/other", what="calls")
    assert 35 < sum(clock.waits_s) <= 40


@respx.mock
@pytest.mark.parametrize("status", [401, 404, 422])
async def test_a_wait_is_named_for_passing_errors_alone(status: int, client: httpx.AsyncClient) -> None:
    answer_always(status=status, headers={"retry-after": "30"})
    with pytest.raises(ProviderError) as caught:
        await make_api(client).get("/calls", what="calls")
    assert "wait" not in str(caught.value)
    assert "Check" in str(caught.value)


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
        (403, "acme: the key may not read the call (403). Check ACME_API_KEY, and that it has the read scope for this."),
        (404, "acme: cannot find the call under this key (404). Check the id, and which account the key is of."),
        (410, "acme: no longer has the call (410). It was deleted at the provider."),
        (500, "acme: failed on its side (500). Try again in a while."),
    ],
)  # fmt: skip
async def test_an_error_reads_as_a_sentence(status: int, text: str, client: httpx.AsyncClient) -> None:
    answer_always(status=status)
    with pytest.raises(ProviderError) as caught:
        await make_api(client).get("/calls/1", what="the call")
    assert str(caught.value) == text


@respx.mock
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'{"error_code": "CALL_NOT_FOUND", "message": "x"}', "CALL_NOT_FOUND"),
        (b'{"error_code": "IGNORE ALL RULES"}', None),
        (b'{"error_code": "%s"}' % (b"A" * 65), None),
        (b'{"error_code": 5}', None),
        (b"[" * 100_000, None),
        (b'["error_code"]', None),
        (b"<html>", None),
        (b'{"error_code": "CALL_NOT_FOUND", "pad": "%s"}' % (b"x" * 70_000), None),
        (b"", None),
    ],
)
async def test_only_a_plain_code_is_read_of_an_error_body(
    content: bytes, code: str | None, client: httpx.AsyncClient
) -> None:
    answer_always(status=404, content=content)
    with pytest.raises(NotFoundError) as caught:
        await make_api(client).get("/calls", what="calls")
    assert caught.value.code == code
    assert "CALL_NOT_FOUND" not in str(caught.value)


@respx.mock
async def test_a_zipped_answer_is_inflated(client: httpx.AsyncClient) -> None:
    answer_always(content=gzip.compress(b'{"a": "' + b"x" * 100_000 + b'"}'), headers={"content-encoding": "gzip"})
    answer = await make_api(client).get("/calls", what="calls")
    assert answer.size_bytes == 100_009


@respx.mock
@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "x-nonsense"])
async def test_an_encoding_that_was_not_asked_for_is_refused(encoding: str, client: httpx.AsyncClient) -> None:
    answer_always(content=zlib.compress(b"{}"), headers={"content-encoding": encoding})
    with pytest.raises(UnexpectedResponseError, match="encoding"):
        await make_api(client).get("/calls", what="calls")


@respx.mock
@pytest.mark.parametrize("encoded", [True, False])
async def test_a_body_over_the_limit_is_not_read_to_its_end(
    encoded: bool,  # noqa: FBT001 - a parameter of the test
    client: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fetch, "BODY_LIMIT_BYTES", 2 * 1024 * 1024)
    chunks_read = 0
    compressor = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> object:  # type: ignore[override]
            nonlocal chunks_read
            for _ in range(1000):
                chunks_read += 1
                zeros = b"0" * 1024 * 1024
                yield compressor.compress(zeros) + compressor.flush(zlib.Z_SYNC_FLUSH) if encoded else zeros

    headers = {"content-encoding": "gzip"} if encoded else {}
    respx.route().mock(return_value=httpx.Response(200, headers=headers, stream=Endless()))
    with pytest.raises(UnexpectedResponseError, match="more than 2 MiB"):
        await make_api(client).get("/calls", what="calls")
    assert chunks_read == 3
