"""How many requests of one provider are in flight, and how many start in a second."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest
import respx

from acme_api import make_api, send_json
from call_transcripts_mcp.errors import RateLimitedError
from call_transcripts_mcp.providers.clients import Clients
from call_transcripts_mcp.providers.pace import Limits

if TYPE_CHECKING:
    from acme_api import Send
    from call_transcripts_mcp.providers.http import Api
    from conftest import Clock

pytestmark = pytest.mark.anyio

GROWING = Limits(at_first=2, at_most=32)


@dataclass(slots=True)
class Crowd:
    """An ASGI application that counts who waits for an answer, and lets all go at once.

    Attributes:
        answers: status and headers of the answers to come; 200 without any when there are none left.
        started_s: when each request came.
    """

    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list[tuple[int, dict[str, str]]])
    in_flight: int = 0
    most: int = 0
    answered: int = 0
    started_s: list[float] = field(default_factory=list[float])
    let_go: anyio.Event = field(default_factory=anyio.Event)

    async def __call__(self, _scope: object, _receive: object, send: Send) -> None:
        self.started_s.append(time.monotonic())
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        await self.let_go.wait()
        self.in_flight -= 1
        self.answered += 1
        status, headers = self.answers.pop(0) if self.answers else (200, {})
        await send_json(send, status=status, headers=headers)

    def answer_those(self) -> None:
        """Let go those that wait now, and make those that come after them wait."""
        self.let_go.set()
        self.let_go = anyio.Event()


def make_timeless_api(clients: Clients, limits: Limits) -> Api:
    """One whose pace finds every answer fast, however busy the machine is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: 0.0)
        return make_api(clients, limits=limits)


async def ask(api: Api, number: int) -> None:
    await api.get(f"/calls/{number}", what="calls")


async def test_at_most_the_first_number_of_requests_are_in_flight_before_an_answer() -> None:
    crowd = Crowd()
    async with Clients(crowd) as clients, anyio.create_task_group() as tasks:
        for api in (make_api(clients), make_api(clients)):
            for number in range(20):
                tasks.start_soon(ask, api, number)
        await anyio.wait_all_tasks_blocked()
        assert crowd.in_flight == 16  # eight of each of the two
        crowd.let_go.set()
    assert (crowd.most, crowd.answered) == (16, 40)


async def test_requests_in_flight_double_with_each_round_of_fast_answers_up_to_the_most() -> None:
    crowd, seen = Crowd(), list[int]()
    async with Clients(crowd) as clients, anyio.create_task_group() as tasks:
        api = make_timeless_api(clients, GROWING)
        for number in range(200):
            tasks.start_soon(ask, api, number)
        while crowd.answered < 200:
            await anyio.wait_all_tasks_blocked()
            seen.append(crowd.in_flight)
            crowd.answer_those()
            await anyio.wait_all_tasks_blocked()
    assert seen[:6] == [2, 4, 8, 16, 32, 32]
    assert crowd.most == 32


async def test_a_429_halves_those_in_flight(clock: Clock) -> None:
    crowd = Crowd()
    async with Clients(crowd) as clients, anyio.create_task_group() as tasks:
        api = make_api(clients, limits=Limits(at_first=8, at_most=8))
        for number in range(16):
            tasks.start_soon(ask, api, number)
        await anyio.wait_all_tasks_blocked()
        crowd.answers = [(429, {"retry-after": "3"})] * 8
        crowd.answer_those()
        await anyio.wait_all_tasks_blocked()
        assert crowd.in_flight == 4
        assert clock.ahead_s >= 3  # whoever came next kept the pause
        crowd.let_go.set()
    assert crowd.answered == 24


async def test_an_answer_that_names_the_most_requests_in_flight_is_believed() -> None:
    limits = Limits(at_first=4, at_most=4, at_most_header="maximum-concurrent-requests")
    crowd = Crowd([(200, {"maximum-concurrent-requests": "10"})])
    async with Clients(crowd) as clients, anyio.create_task_group() as tasks:
        api = make_timeless_api(clients, limits)
        for number in range(100):
            tasks.start_soon(ask, api, number)
        while crowd.answered < 100:
            await anyio.wait_all_tasks_blocked()
            crowd.answer_those()
            await anyio.wait_all_tasks_blocked()
    assert crowd.most == 10


@pytest.mark.parametrize("value", ["", "0", "-3", "many", "1e3", "99999", "\u00b2"])
async def test_a_header_that_is_no_number_of_requests_changes_nothing(value: str) -> None:
    limits = Limits(at_first=4, at_most=4, at_most_header="maximum-concurrent-requests")
    crowd = Crowd([(200, {"maximum-concurrent-requests": value})])
    crowd.let_go.set()
    async with Clients(crowd) as clients:
        api = make_api(clients, limits=limits)
        await ask(api, 1)
    assert (api.pace.at_once, api.pace.at_most) == (4, 4)


async def test_no_more_requests_start_in_a_second_than_are_documented() -> None:
    crowd = Crowd()
    crowd.let_go.set()
    async with Clients(crowd) as clients, anyio.create_task_group() as tasks:
        api = make_api(clients, limits=Limits(at_first=32, at_most=32, requests_per_s=200))
        for number in range(260):
            tasks.start_soon(ask, api, number)
    started = crowd.started_s
    assert len(started) == 260
    assert started[-1] - started[0] > 1
    for number, at in enumerate(started):
        assert sum(1 for other in started[number:] if other < at + 1) <= 200


async def test_a_slow_pace_lets_one_request_pass_at_a_time() -> None:
    crowd = Crowd()
    crowd.let_go.set()
    async with Clients(crowd) as clients, anyio.create_task_group() as tasks:
        api = make_api(clients, limits=Limits(at_first=8, at_most=8, requests_per_s=5))
        for number in range(20):
            tasks.start_soon(ask, api, number)
        await anyio.wait_all_tasks_blocked()
        assert crowd.answered == 1
        tasks.cancel_scope.cancel()


async def test_a_cancelled_request_leaves_its_place_to_others() -> None:
    crowd = Crowd()
    async with Clients(crowd) as clients:
        api = make_api(clients)
        async with anyio.create_task_group() as tasks:
            for number in range(8):
                tasks.start_soon(ask, api, number)
            await anyio.wait_all_tasks_blocked()
            assert crowd.in_flight == 8
            tasks.cancel_scope.cancel()
        crowd.let_go.set()
        assert (await api.get("/calls", what="calls")).body == {}


async def test_requests_cancelled_while_they_wait_leave_their_places_to_others() -> None:
    crowd = Crowd()
    async with Clients(crowd) as clients:
        api = make_api(clients, limits=Limits(at_first=8, at_most=8, requests_per_s=5))
        async with anyio.create_task_group() as tasks:
            for number in range(20):  # one is sent, seven wait for the pace, and the others for a place
                tasks.start_soon(ask, api, number)
            await anyio.wait_all_tasks_blocked()
            assert crowd.in_flight == 1
            tasks.cancel_scope.cancel()
        crowd.let_go.set()
        async with anyio.create_task_group() as tasks:
            for number in range(2):
                tasks.start_soon(ask, api, number)
    assert crowd.answered == 2


@respx.mock
async def test_a_request_that_waits_for_its_place_keeps_a_pause_that_began_meanwhile(
    clients: Clients, clock: Clock
) -> None:
    respx.route(path="/limited").mock(return_value=httpx.Response(429, headers={"retry-after": "61"}))
    respx.route(path="/short").mock(return_value=httpx.Response(429, headers={"retry-after": "40"}))
    other = respx.route(path="/other").mock(return_value=httpx.Response(200, json={}))
    api = make_api(clients, limits=Limits(at_first=1, at_most=1))

    async def refused() -> None:
        with pytest.raises(RateLimitedError):
            await api.get("/short", what="calls")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(refused)
        tasks.start_soon(lambda: api.get("/other", what="calls"))
    assert other.called
    assert clock.waits_s[0] > 39
