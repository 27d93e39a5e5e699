"""What is tried again, how long is waited, and when it is given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from acme_api import BASE_URL, answer_always, make_api
from call_transcripts_mcp.errors import NotFoundError, ProviderError, RateLimitedError, UnavailableError
from call_transcripts_mcp.providers.clients import Clients

if TYPE_CHECKING:
    from acme_api import Send
    from conftest import Clock

pytestmark = pytest.mark.anyio

RETRIED = (429, 502, 503, 504)
NOT_RETRIED = (204, 301, 302, 307, 400, 401, 403, 404, 408, 410, 418, 422, 425, 500, 501, 505)


@respx.mock
@pytest.mark.parametrize("status", RETRIED)
async def test_what_may_pass_is_tried_five_times(status: int, clients: Clients, clock: Clock) -> None:
    route = answer_always(status=status)
    with pytest.raises((RateLimitedError, UnavailableError)) as caught:
        await make_api(clients).get("/calls", what="calls")
    assert caught.value.status == status
    assert route.call_count == 5
    # 0.25 s doubling, each with a jitter of as much again, and never more than 5 s
    for number, waited_s in enumerate(clock.waits_s):
        assert 0.25 * 2**number <= waited_s <= 0.25 * 2**number + 0.25
    assert len(clock.waits_s) == 4


@respx.mock
@pytest.mark.parametrize("status", NOT_RETRIED)
async def test_what_would_not_pass_is_asked_once(status: int, clients: Clients, clock: Clock) -> None:
    route = answer_always(status=status)
    with pytest.raises(ProviderError) as caught:
        await make_api(clients).get("/calls", what="calls")
    assert caught.value.status == status
    assert (route.call_count, clock.waits_s) == (1, [])


@respx.mock
@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    "error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError]
)
async def test_transport_errors_are_tried_again(error: type[httpx.TransportError], clients: Clients) -> None:
    route = respx.route().mock(side_effect=error)
    with pytest.raises(UnavailableError):
        await make_api(clients).get("/calls", what="calls")
    assert route.call_count == 5


@respx.mock
@pytest.mark.usefixtures("clock")
async def test_an_answer_after_failures_is_the_answer(clients: Clients) -> None:
    route = respx.route().mock(
        side_effect=[httpx.Response(503), httpx.ReadTimeout("slow"), httpx.Response(200, json=[1])]
    )
    assert (await make_api(clients).get("/calls", what="calls")).body == [1]
    assert route.call_count == 3


@respx.mock
@pytest.mark.parametrize("status", RETRIED)
async def test_the_wait_that_a_provider_names_is_kept(status: int, clients: Clients, clock: Clock) -> None:
    respx.route().mock(side_effect=[httpx.Response(status, headers={"retry-after": "7"}), httpx.Response(200, json=1)])
    assert (await make_api(clients).get("/calls", what="calls")).body == 1
    assert 7 <= sum(clock.waits_s) < 7.5


@respx.mock
async def test_a_wait_until_a_date_is_kept(clients: Clients, clock: Clock) -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    respx.route().mock(side_effect=[httpx.Response(429, headers={"retry-after": at}), httpx.Response(200, json=1)])
    await make_api(clients).get("/calls", what="calls")
    assert 18 < sum(clock.waits_s) <= 20.5


@respx.mock
async def test_a_date_that_has_passed_is_no_wait(clients: Clients, clock: Clock) -> None:
    past = {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}
    respx.route().mock(side_effect=[httpx.Response(429, headers=past), httpx.Response(200, json=1)])
    await make_api(clients).get("/calls", what="calls")
    assert sum(clock.waits_s) < 0.1


@respx.mock
@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("61", "61 s"),
        ("3600", "60 min"),
        ("86400", "24 h"),
        ("999999", "12 days"),
        ("999999999", "more than a year"),
        ("Fri, 31 Dec 9999 23:59:59 GMT", "more than a year"),
    ],
)
async def test_a_wait_beyond_the_budget_is_left_to_the_caller(
    value: str, told: str, clients: Clients, clock: Clock
) -> None:
    route = answer_always(status=429, headers={"retry-after": value})
    with pytest.raises(RateLimitedError, match=f"It asks you to wait {told} before you try again") as caught:
        await make_api(clients).get("/calls", what="calls")
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
async def test_a_wait_that_cannot_be_read_is_ours_to_choose(value: str, clients: Clients, clock: Clock) -> None:
    route = answer_always(status=429, headers={"retry-after": value})
    with pytest.raises(RateLimitedError) as caught:
        await make_api(clients).get("/calls", what="calls")
    assert caught.value.retry_after_s is None
    assert route.call_count == 5
    assert sum(clock.waits_s) < 10


@given(value=st.text(st.characters(max_codepoint=0xFF, exclude_categories=["Cc"]), max_size=40))
async def test_no_retry_after_crashes(value: str) -> None:
    async def application(_scope: object, _receive: object, send: Send) -> None:
        header = (b"retry-after", value.encode("latin-1"))
        await send({"type": "http.response.start", "status": 404, "headers": [header]})
        await send({"type": "http.response.body", "body": b""})

    async with Clients(application) as clients:
        with pytest.raises(NotFoundError):
            await make_api(clients).get("/calls", what="calls")


@respx.mock
async def test_all_tries_together_keep_the_budget(clients: Clients, clock: Clock) -> None:
    """Three waits of 25 s would be 75 s; the third is left to the caller."""
    route = answer_always(status=503, headers={"retry-after": "25"})
    with pytest.raises(UnavailableError, match="wait 25 s"):
        await make_api(clients).get("/calls", what="calls")
    assert route.call_count == 3
    assert sum(clock.waits_s) < 60


@respx.mock
async def test_slow_failures_use_up_the_budget_too(clients: Clients, clock: Clock) -> None:
    def slow(_: httpx.Request) -> httpx.Response:
        clock.advance(25)
        return httpx.Response(503)

    route = respx.route().mock(side_effect=slow)
    with pytest.raises(UnavailableError):
        await make_api(clients).get("/calls", what="calls")
    assert route.call_count == 3


@respx.mock
async def test_a_named_wait_holds_for_the_other_requests_too(clients: Clients, clock: Clock) -> None:
    respx.get(f"{BASE_URL}/limited").mock(return_value=httpx.Response(429, headers={"retry-after": "40"}))
    respx.get(f"{BASE_URL}/other").mock(return_value=httpx.Response(200, json={}))
    api = make_api(clients)
    with pytest.raises(RateLimitedError):
        await api.get("/limited", what="calls")
    del clock.waits_s[:]
    await api.get("/other", what="calls")
    assert 35 < sum(clock.waits_s) <= 40


@respx.mock
@pytest.mark.parametrize("status", [401, 404, 422])
async def test_a_wait_is_named_for_passing_errors_alone(status: int, clients: Clients) -> None:
    answer_always(status=status, headers={"retry-after": "30"})
    with pytest.raises(ProviderError) as caught:
        await make_api(clients).get("/calls", what="calls")
    assert "wait" not in str(caught.value)
    assert "Check" in str(caught.value)
