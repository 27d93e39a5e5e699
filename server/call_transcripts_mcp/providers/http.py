"""The one module that speaks HTTP: GET a path of one provider's API and return its JSON, or raise our error.

Everything every provider needs alike is here: the key in its header, TLS, no redirects, timeouts, retries
that obey Retry-After, a limit of requests at once and a second, a limit of the body, and status -> error.
A provider's module only builds paths and parameters, and parses.
"""

from __future__ import annotations

import json
import logging
import re
import time
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Protocol, Self, cast

import anyio
import httpx
import stamina
from aiolimiter import AsyncLimiter

from call_transcripts_mcp import __version__
from call_transcripts_mcp.errors import (
    AuthenticationError,
    NotFoundError,
    ProviderError,
    RateLimitedError,
    UnavailableError,
    UnexpectedResponseError,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 20.0
ATTEMPT_TIMEOUT_S = 30.0
"""One attempt in all: a body that drips for ever meets this, since each drop resets the read timeout."""
LEAST_TIMEOUT_S = 5.0
RETRY_BUDGET_S = 60.0
ATTEMPTS = 5
BODY_LIMIT_BYTES = 32 * 1024 * 1024
ERROR_BODY_LIMIT_BYTES = 64 * 1024
INFLATE_STEP_BYTES = 256 * 1024
ERROR_BODY_TIMEOUT_S = 5.0
CONCURRENT_REQUESTS = 8

_RETRIED_STATUSES = frozenset({429, 502, 503, 504})
_ERROR_CODE = re.compile(r"[A-Z][A-Z0-9_]{2,63}")


@dataclass(frozen=True, slots=True)
class Answer:
    """A decoded body and what it weighed.

    Attributes:
        body: the parsed JSON.
        size_bytes: the length of the body after decompression.
    """

    body: object
    size_bytes: int


class _Inflate(Protocol):
    """What `zlib.decompressobj` gives."""

    @property
    def unused_data(self) -> bytes: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _StatusRule:
    error: type[ProviderError]
    fact: str
    hint: str


# {what} is what was asked for ("the call's messages"), {key} and {url} the names of the settings.
_STATUS_RULES: dict[int, _StatusRule] = {
    400: _StatusRule(
        UnexpectedResponseError, "refused the request for {what} as malformed", "Check the id and the filters."
    ),
    401: _StatusRule(AuthenticationError, "the key was refused", "Check {key}."),
    403: _StatusRule(
        AuthenticationError, "the key may not read {what}", "Check {key}, and that it has the read scope for this."
    ),
    404: _StatusRule(
        NotFoundError, "cannot find {what} under this key", "Check the id, and which account the key is of."
    ),
    408: _StatusRule(UnavailableError, "timed out while answering", "Try again."),
    410: _StatusRule(NotFoundError, "no longer has {what}", "It was deleted at the provider."),
    422: _StatusRule(
        UnexpectedResponseError, "refused the request for {what} as malformed", "Check the id and the filters."
    ),
    429: _StatusRule(RateLimitedError, "too many requests", "Wait, or ask for a shorter window or fewer calls."),
}
_REDIRECT = _StatusRule(
    UnexpectedResponseError,
    "answered with a redirect, which is not followed so that the key goes nowhere else",
    "Check {url}.",
)
_SERVER_ERROR = _StatusRule(UnavailableError, "failed on its side", "Try again in a while.")
_OTHER = _StatusRule(UnexpectedResponseError, "gave an answer that its API does not describe", "Check {url}.")


def status_rule(status: int) -> _StatusRule:
    """The rule for a status other than 200: the table first, then its class."""
    if status in _STATUS_RULES:
        return _STATUS_RULES[status]
    if 300 <= status < 400:  # noqa: PLR2004 - the class of redirects
        return _REDIRECT
    if status >= 500:  # noqa: PLR2004 - the class of server errors
        return _SERVER_ERROR
    return _OTHER


@cache
def _authorities() -> ssl.SSLContext:
    """Whom to trust, read once: it takes longer than all else at the start."""
    return httpx.create_ssl_context()


class Clients:
    """The HTTP clients towards one provider, one a request in flight; close them as an asynchronous context.

    At every request httpcore looks through all connections of its client, and asks the system about each idle one.
    With all of them in one client that took a third of the time of reading many calls; here each has one connection.
    """

    def __init__(self, application: Callable[..., Any] | None = None) -> None:
        """Open nothing yet.

        Args:
            application: an ASGI app that answers instead of the network (the built-in sample platform).
        """
        for noisy in ("httpx", "httpcore"):  # at INFO they print whole URLs
            logging.getLogger(noisy).setLevel(logging.WARNING)
        # stamina logs each retry by itself; ours says the same in our words, without a second line.
        stamina.instrumentation.set_on_retry_hooks([])
        self._application = application
        self._all: list[httpx.AsyncClient] = []
        self._idle: list[httpx.AsyncClient] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._all:
            await client.aclose()

    @contextmanager
    def lent(self) -> Generator[httpx.AsyncClient]:
        """A client for one request: the one that was used last, whose connection is the likeliest to be open."""
        if not self._idle:
            self._all.append(self._new())
            self._idle.append(self._all[-1])
        client = self._idle.pop()
        try:
            yield client
        finally:
            self._idle.append(client)

    def _new(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self._application) if self._application else None,
            verify=True if self._application else _authorities(),
            follow_redirects=False,
            timeout=httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S, pool=None),
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "gzip",  # the one encoding that `_read` can bound while it inflates
                "User-Agent": f"call-transcripts-mcp/{__version__}",
            },
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # an API needs none, so none is kept or sent
            # A proxy of the environment must never see what is asked of this machine itself.
            mounts={f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")},
        )


class Api:
    """The read side of one provider's HTTP API."""

    def __init__(
        self,
        clients: Clients,
        provider: str,
        *,
        base_url: str,
        headers: Mapping[str, str],
        requests_per_s: float | None = None,
    ) -> None:
        """Bind clients to one provider.

        Args:
            clients: of this provider alone.
            provider: its name; errors start with it, and its settings are named after it.
            base_url: without a slash at the end.
            headers: those that carry the key.
            requests_per_s: the pace to stay within, in bursts of at most a second's worth; None for no pace.
        """
        self._clients = clients
        self._provider = provider
        self._base_url = base_url
        self._headers = dict(headers)
        self._slots = anyio.CapacityLimiter(CONCURRENT_REQUESTS)
        self._pace = AsyncLimiter(requests_per_s, 1) if requests_per_s else None
        self._resume_at = 0.0

    async def get(self, path: str, params: Sequence[tuple[str, str]] = (), *, what: str) -> Answer:
        """GET one path and return its JSON, retrying what may pass.

        Args:
            path: below the base URL, built from validated parts.
            params: the query; a parameter without a value is left out by the caller.
            what: what is asked for, a noun as it reads in an error ("the call's messages").

        Raises:
            ProviderError: of the kind that `errors` draws.
        """
        began = time.monotonic()

        def wait_s(error: Exception) -> bool | float:
            return _wait_s(error, time.monotonic() - began)

        async for attempt in stamina.retry_context(
            on=wait_s, attempts=ATTEMPTS, timeout=RETRY_BUDGET_S, wait_initial=0.25, wait_jitter=0.25
        ):
            with attempt:
                try:
                    return await self._attempt(path, params, what, began + RETRY_BUDGET_S - time.monotonic())
                except (RateLimitedError, UnavailableError) as error:
                    # Whoever else is about to ask would only be refused too.
                    if error.retry_after_s is not None and error.retry_after_s <= RETRY_BUDGET_S:
                        self._resume_at = max(self._resume_at, time.monotonic() + error.retry_after_s)
                    logger.info("%s: attempt %d failed: %s", self._provider, attempt.num, error.fact)
                    raise
        raise AssertionError("the loop above returns or raises")

    async def _attempt(self, path: str, params: Sequence[tuple[str, str]], what: str, left_s: float) -> Answer:
        """One try, within what is left of the budget."""
        pause_s = self._resume_at - time.monotonic()
        if pause_s > 0:
            await anyio.sleep(pause_s)
            left_s -= pause_s
        if self._pace is not None:
            await self._pace.acquire()
        async with self._slots:
            try:
                with anyio.fail_after(min(ATTEMPT_TIMEOUT_S, max(left_s, LEAST_TIMEOUT_S))):
                    return await self._exchange(path, params, what)
            except (httpx.TimeoutException, TimeoutError):
                raise self._unavailable("did not answer in time") from None
            except (httpx.ConnectError, httpx.UnsupportedProtocol):
                raise self._unavailable("cannot be reached") from None
            except httpx.TransportError:
                raise self._unavailable("broke off the connection") from None
            except (httpx.HTTPError, httpx.InvalidURL):
                raise self._unexpected("gave an answer that cannot be read") from None

    async def _exchange(self, path: str, params: Sequence[tuple[str, str]], what: str) -> Answer:
        with self._clients.lent() as client:
            url = self._base_url + path
            async with client.stream("GET", url, params=list(params) or None, headers=self._headers) as response:
                if response.status_code != 200:  # noqa: PLR2004 - the one status with a body we want
                    raise await self._status_error(response, what)
                body = await self._read(response, BODY_LIMIT_BYTES)
        return Answer(self._parse(body), len(body))

    async def _read(self, response: httpx.Response, limit_bytes: int) -> bytearray:
        """The body, inflated here so that a small answer cannot swell past the limit in one step."""
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity", "gzip"):
            raise self._unexpected("answered in an encoding that was not asked for")
        inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if encoding == "gzip" else None
        body = bytearray()
        async for chunk in response.aiter_raw():
            for part in self._inflated(chunk, inflate) if inflate else (chunk,):
                body += part
                if len(body) > limit_bytes:
                    raise self._unexpected(
                        f"gave an answer of more than {limit_bytes // 1024 // 1024} MiB, which was not read to its end",
                        "Ask for fewer calls or a narrower window.",
                    )
        if inflate is not None and not inflate.eof:
            raise self._unavailable("broke off in the middle of an answer")
        return body

    def _inflated(self, chunk: bytes, inflate: _Inflate) -> Iterator[bytes]:
        """A piece of the body, unpacked in steps."""
        while chunk:
            try:
                yield inflate.decompress(chunk, INFLATE_STEP_BYTES)
            except zlib.error:
                raise self._unexpected("gave an answer that cannot be unpacked") from None
            if inflate.unused_data:  # it would be gathered without a limit
                raise self._unexpected("gave an answer that cannot be unpacked")
            chunk = inflate.unconsumed_tail

    def _parse(self, body: bytearray) -> object:
        try:
            return cast("object", json.loads(body))
        except (ValueError, RecursionError):
            looks_like_a_page = body.lstrip().startswith(b"<")
            fact = "answered with a web page instead of JSON" if looks_like_a_page else "answered with broken JSON"
        raise self._unexpected(fact, f"Check {self._provider.upper()}_BASE_URL, or try again.")

    async def _status_error(self, response: httpx.Response, what: str) -> ProviderError:
        status = response.status_code
        rule = status_rule(status)
        name = self._provider.upper()
        fact = f"{rule.fact.format(what=what)} ({status})"
        hint = rule.hint.format(key=f"{name}_API_KEY", url=f"{name}_BASE_URL")
        code = await self._error_code(response)
        retry_after_s = _retry_after_s(response.headers.get("retry-after"))
        passes = issubclass(rule.error, RateLimitedError | UnavailableError)
        if passes and retry_after_s is not None and retry_after_s > 1:
            hint = f"It asks to wait {retry_after_s:.0f} s before the next try."
        return rule.error(self._provider, fact, hint, status=status, code=code, retry_after_s=retry_after_s)

    async def _error_code(self, response: httpx.Response) -> str | None:
        """The provider's own code, when the body is JSON and the code a plain word; nothing else of the body."""
        try:
            with anyio.fail_after(ERROR_BODY_TIMEOUT_S):  # the status is known; its body may cost little
                body = json.loads(await self._read(response, ERROR_BODY_LIMIT_BYTES))
        except (ProviderError, ValueError, RecursionError, TimeoutError, httpx.HTTPError):
            return None
        code = cast("dict[str, object]", body).get("error_code") if isinstance(body, dict) else None
        return code if isinstance(code, str) and _ERROR_CODE.fullmatch(code) else None

    def _unavailable(self, fact: str) -> UnavailableError:
        return UnavailableError(self._provider, fact, f"Try again, or check {self._provider.upper()}_BASE_URL.")

    def _unexpected(self, fact: str, hint: str | None = None) -> UnexpectedResponseError:
        return UnexpectedResponseError(self._provider, fact, hint or f"Check {self._provider.upper()}_BASE_URL.")


def _wait_s(error: Exception, elapsed_s: float) -> bool | float:
    """Whether to try again: seconds that the provider named, True for our own backoff, False for no."""
    if not isinstance(error, RateLimitedError | UnavailableError):
        return False
    if error.status is not None and error.status not in _RETRIED_STATUSES:
        return False
    if error.retry_after_s is None:
        return True
    if elapsed_s + error.retry_after_s > RETRY_BUDGET_S:
        return False  # a longer wait is the caller's to decide; the hint names it
    return max(error.retry_after_s, 0.05)


def _retry_after_s(value: str | None) -> float | None:
    """Retry-After in seconds from now, from seconds or an HTTP date; None when missing or unreadable."""
    if value is None:
        return None
    value = value.strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", value):
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if at.tzinfo is None:  # RFC 9110 dates are GMT; "-0000" parses as naive
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
