"""The sample platform on a socket, with a record of what was asked of which call, and refusals at will."""

from __future__ import annotations

import re
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
from starlette.responses import PlainTextResponse

from call_transcripts_mcp.archive.codec import millis
from call_transcripts_mcp.sample import DIGA_KEY, ULTRAVOX_KEY, create_app, serve_in_thread
from call_transcripts_mcp.sample.keys import DIGA, ULTRAVOX

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from starlette.types import ASGIApp, Receive, Scope, Send

    from call_transcripts_mcp.sample.calls import SampleCalls

LONG_AGO = timedelta(hours=1)
"""The platform's present: so long ago that every call of it counts as listed for certain."""
WAIT_S = 120
_READING = re.compile(r"/(?:api/calls|v1/call)/([0-9a-f-]{36})/messages?")


@dataclass
class Watched:
    """See the module.

    Attributes:
        paths: what was asked, in order.
        urls: the same with the queries.
        open: while it is not set, nothing is answered.
        answers: after so many requests it is unset; None never does.
        refuse: the status with which a path is answered instead; 0 lets it pass.
    """

    base_url: str = ""
    paths: list[str] = field(default_factory=list[str])
    urls: list[str] = field(default_factory=list[str])
    open: threading.Event = field(default_factory=threading.Event)
    answers: int | None = None
    refuse: Callable[[str], int] = lambda _: 0
    sample_calls: SampleCalls = field(init=False)
    _asked: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self.open.set()

    def ask(self, path: str, query: str) -> int:
        with self._asked:
            self.paths.append(path)
            self.urls.append(f"{path}?{query}")
            if self.answers is not None and len(self.paths) > self.answers:
                self.open.clear()
            self._asked.notify_all()
        return self.refuse(path)

    def forget(self) -> None:
        with self._asked:
            self.paths.clear()
            self.urls.clear()

    def readings(self) -> Counter[str]:
        """By the call's id: how often its messages were asked for."""
        return Counter(found[1] for path in list(self.paths) if (found := _READING.fullmatch(path)))

    def wait_for_requests(self, count: int, until: Callable[[], bool] = lambda: False) -> bool:
        """Wait until so many requests came in; False when `until` came true first, or they never came."""
        self.wait_until(lambda: len(self.paths) >= count or until())
        return len(self.paths) >= count

    def wait_until(self, condition: Callable[[], bool]) -> bool:
        """Wait until a condition holds, which is looked at anew with every request; False when it never did."""
        with self._asked:
            for _ in range(WAIT_S * 20):
                if condition():
                    return True
                self._asked.wait(0.05)
        return False

    def keys(self) -> dict[str, str]:
        """The environment of a person with both accounts."""
        return {
            "ULTRAVOX_API_KEY": ULTRAVOX_KEY,
            "ULTRAVOX_BASE_URL": self.base_url,
            "DIGA_API_KEY": DIGA_KEY,
            "DIGA_BASE_URL": self.base_url,
        }

    def created(self, provider: str | None = None, *, ended: bool = True) -> dict[str, int]:
        """When each call was created, by id: those that have ended, or those that have not."""
        return {
            header.id: millis(header.created) or 0
            for name in ((ULTRAVOX, DIGA) if provider is None else (provider,))
            for slot in self.sample_calls.by_time[name].slots
            if ((header := self.sample_calls.header(slot)).state in {"ended", "unjoined"}) is ended
        }


class _Watch:
    """ASGI middleware before everything else."""

    def __init__(self, app: ASGIApp, *, watched: Watched) -> None:
        self._app = app
        self._watched = watched

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = self._watched.ask(scope["path"], scope["query_string"].decode())
        if not self._watched.open.is_set():
            await anyio.to_thread.run_sync(self._watched.open.wait)
        answer = PlainTextResponse("no", status_code=status) if status else self._app
        await answer(scope, receive, send)


@contextmanager
def watched_platform(calls: int, *, latency_s: float = 0.0) -> Generator[Watched]:
    present = datetime.now(UTC) - LONG_AGO
    app = create_app(calls=calls, now=present, latency_s=latency_s, providers=(ULTRAVOX, DIGA))
    watched = Watched()
    watched.sample_calls = app.state.calls
    app.add_middleware(_Watch, watched=watched)
    with serve_in_thread(app) as watched.base_url:
        yield watched
