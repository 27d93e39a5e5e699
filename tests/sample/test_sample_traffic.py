from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest
from sample_client import NOW, NOWHERE, json_of, ultravox

from call_transcripts_mcp.sample import ULTRAVOX_KEY, Faults, create_app, serve_in_thread

if TYPE_CHECKING:
    from starlette.applications import Starlette

pytestmark = pytest.mark.anyio


async def _statuses(app: Starlette, requests: int) -> list[int]:
    return [(await ultravox(app)("/api/calls", pageSize=1)).status_code for _ in range(requests)]


async def test_faults_hit_their_share_of_requests_and_the_same_ones_every_time() -> None:
    faults = Faults(rate_limited=0.3, unavailable=0.2, retry_after_s=2.2)
    first, again = [await _statuses(create_app(calls=3, now=NOW, faults=faults), 200) for _ in range(2)]
    assert first == again
    assert 40 <= first.count(429) <= 80
    assert 25 <= first.count(503) <= 55
    assert first.count(200) == 200 - first.count(429) - first.count(503)
    other = create_app(calls=3, now=NOW, faults=Faults(rate_limited=0.3, unavailable=0.2, seed=5))
    assert await _statuses(other, 200) != first


async def test_a_rate_limited_answer_says_how_long_to_wait_in_whole_seconds_or_as_a_date() -> None:
    in_seconds = create_app(calls=1, faults=Faults(rate_limited=1.0, retry_after_s=2.2))
    as_date = create_app(calls=1, faults=Faults(rate_limited=1.0, retry_after_as_date=True))
    assert (await ultravox(in_seconds)("/api/calls")).headers["retry-after"] == "3"
    assert (await ultravox(as_date)("/api/calls")).headers["retry-after"].endswith("GMT")


async def test_a_slow_body_is_the_right_body_in_many_chunks() -> None:
    slow = create_app(calls=1, now=NOW, faults=Faults(slow_body=1.0))
    plain = create_app(calls=1, now=NOW)
    assert (await ultravox(slow)("/api/calls")).content == (await ultravox(plain)("/api/calls")).content
    with serve_in_thread(slow) as base:
        headers = {"X-API-Key": ULTRAVOX_KEY}
        async with (
            httpx.AsyncClient(base_url=base, headers=headers) as client,
            client.stream("GET", "/api/calls") as slowly,
        ):
            chunks = [chunk async for chunk in slowly.aiter_raw()]
    assert len(chunks) > 1


async def test_requests_are_counted_by_path_template_and_method_with_their_peak_in_flight() -> None:
    app = create_app(calls=3, now=NOW, latency_s=0.001)
    get, count = ultravox(app), app.state.requests
    page = json_of(await get("/api/calls"))
    await get(f"/api/calls/{page['results'][0]['callId']}/messages")
    await get(f"/api/calls/{NOWHERE}")
    await get("/elsewhere")
    assert count.total == 4
    assert count.by_method == {"GET": 4}
    assert count.by_path == {
        "/api/calls": 1,
        "/api/calls/{call_id}/messages": 1,
        "/api/calls/{call_id}": 1,
        "(no such path)": 1,
    }
    assert (count.in_flight, count.peak_in_flight) == (0, 1)
    count.reset()
    assert (count.total, count.peak_in_flight, dict(count.by_path)) == (0, 0, {})


async def test_the_platform_serves_on_a_real_socket_and_stops() -> None:
    with serve_in_thread(create_app(calls=2, now=NOW)) as base:
        assert base.startswith("http://127.0.0.1:")
        async with httpx.AsyncClient(base_url=base) as client:
            assert (await client.get("/api/calls")).status_code == 401
    async with httpx.AsyncClient(base_url=base) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("/api/calls")


async def test_importing_the_package_loads_no_web_framework() -> None:
    program = (
        "import sys, call_transcripts_mcp.sample; print([n for n in ('starlette', 'uvicorn') if n in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: ASYNC221, S603
    assert run.stdout.strip() == "[]"
