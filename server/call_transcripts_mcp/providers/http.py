"""Sends every request: asks one path of a provider's API and returns its JSON, or raises one of our errors.

It does what all providers need: the key in its header, no redirects, timeouts, retries that obey Retry-After, the
provider's pace, a limit for the body, and errors for statuses. A provider's module only builds paths and parameters,
and parses.
"""

from __future__ import annotations

import json
import logging
import re
import time
import zlib
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlsplit

import anyio
import httpx
import stamina

from call_transcripts_mcp.errors import (
    AnswerTooLargeError,
    AuthenticationError,
    NetworkSettingError,
    ProviderError,
    RateLimitedError,
    UnavailableError,
    UnexpectedResponseError,
)
from call_transcripts_mcp.providers.accounts import base_url_setting, platform_of, setting
from call_transcripts_mcp.providers.clients import is_untrusted, new_request
from call_transcripts_mcp.providers.keys import other_platform
from call_transcripts_mcp.providers.network import UnusableVariableError
from call_transcripts_mcp.providers.pace import Pace
from call_transcripts_mcp.providers.statuses import not_found_rule, status_rule
from call_transcripts_mcp.telemetry import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from call_transcripts_mcp.providers.clients import Clients
    from call_transcripts_mcp.providers.pace import Limits
    from call_transcripts_mcp.telemetry.record import RequestRecord

logger = logging.getLogger(__name__)

ATTEMPT_TIMEOUT_S = 30.0
"""For a whole attempt. It ends a body that arrives slowly for ever: each byte resets the read timeout."""
LEAST_TIMEOUT_S = 5.0
RETRY_BUDGET_S = 60.0
ATTEMPTS = 5
BODY_LIMIT_BYTES = 32 * 1024 * 1024
ERROR_BODY_LIMIT_BYTES = 64 * 1024
INFLATE_STEP_BYTES = 256 * 1024
ERROR_BODY_TIMEOUT_S = 5.0

OK, NOT_FOUND, TOO_MANY = 200, 404, 429
_RETRIED_STATUSES = frozenset({TOO_MANY, 502, 503, 504})
_COUNT = re.compile(r"[1-9][0-9]{0,3}")
_ERROR_CODE = re.compile(r"[A-Z][A-Z0-9_]{2,63}")


@dataclass(frozen=True, slots=True)
class Answer:
    """A decoded body and its size.

    Attributes:
        body: the parsed JSON.
        size_bytes: the length of the body after decompression.
    """

    body: object
    size_bytes: int


@dataclass(frozen=True, slots=True)
class _Request:
    """A request; see `Api.get` for the fields.

    Attributes:
        body: the JSON of a POST; None for a GET.
    """

    path: str
    params: Sequence[tuple[str, str]]
    what: str
    names_id: bool
    body: Mapping[str, Any] | None = None

    @property
    def method(self) -> str:
        return "GET" if self.body is None else "POST"


class _Inflate(Protocol):
    """The type of `zlib.decompressobj()`, which the library keeps private."""

    @property
    def unused_data(self) -> bytes: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes: ...


class Api:
    """The read side of one provider's HTTP API."""

    def __init__(
        self,
        clients: Clients,
        provider: str,
        *,
        base_url: str,
        headers: Mapping[str, str],
        limits: Limits,
    ) -> None:
        """Bind clients to one provider.

        Args:
            clients: used for this provider only.
            provider: its name; errors start with it, and its settings are named after it.
            base_url: without a slash at the end.
            headers: the headers that hold the key.
            limits: the provider's published limits.
        """
        self._clients = clients
        self._provider = provider
        self._base_url = base_url
        self._headers = dict(headers)
        self.pace = Pace(limits)
        self._at_most_header = limits.at_most_header
        self._has_answered = False
        self._clock_ahead_s: float | None = None  # of the provider's clock, compared with ours

    async def get(
        self, path: str, params: Sequence[tuple[str, str]] = (), *, what: str, names_id: bool = True
    ) -> Answer:
        """GET one path and return its JSON; temporary failures are retried.

        Args:
            path: below the base URL, built from validated parts.
            params: the query; the caller leaves out parameters without a value.
            what: the noun for an error message ("the call's messages").
            names_id: the path holds an id, which may be wrong.

        Raises:
            ProviderError: of one of the kinds in `errors`.
        """
        return await self._send(_Request(path, params, what, names_id))

    async def post_to_read(self, path: str, body: Mapping[str, Any], *, what: str) -> Answer:
        """POST to a path that only reads, for an API whose list is not a GET, and return its JSON; retried like a GET.

        Args:
            path: below the base URL. The caller makes sure that the request changes nothing.
            body: sent as JSON.
            what: as in `get`.

        Raises:
            ProviderError: of one of the kinds in `errors`.
        """
        return await self._send(_Request(path, (), what, names_id=False, body=body))

    async def _send(self, request: _Request) -> Answer:
        """Send a request, with retries."""
        with record.requesting(self._provider, request.method, request.path) as recorded:
            return await self._retried(request, recorded)

    async def _retried(self, request: _Request, recorded: RequestRecord) -> Answer:
        ends_at = time.monotonic() + RETRY_BUDGET_S

        def wait_s(error: Exception) -> bool | float:
            return _wait_s(error, ends_at - time.monotonic())

        async for attempt in stamina.retry_context(
            on=wait_s, attempts=ATTEMPTS, timeout=RETRY_BUDGET_S, wait_initial=0.25, wait_jitter=0.25
        ):
            with attempt:
                recorded.attempts = attempt.num
                try:
                    return await self._attempt(request, ends_at)
                except (RateLimitedError, UnavailableError) as error:
                    # Other requests wait too: they would also be refused.
                    if error.retry_after_s is not None and error.retry_after_s <= RETRY_BUDGET_S:
                        self.pace.pause(error.retry_after_s)
                    logger.info("%s: attempt %d failed: %s", self._provider, attempt.num, error.fact)
                    raise
        raise AssertionError("the loop above returns or raises")

    def now(self) -> datetime | None:
        """The provider's time, from the date of its last response; None if no response had a date that can be."""
        if self._clock_ahead_s is None:
            return None
        try:
            return datetime.fromtimestamp(time.time() + self._clock_ahead_s, UTC)
        except (ValueError, OverflowError, OSError):  # beyond the year 9999, or before the first
            return None

    async def _attempt(self, request: _Request, ends_at: float) -> Answer:
        """One attempt, within what is left of the retry budget when its turn comes."""
        async with self.pace.turn() as sent_at:
            left_s = max(ends_at - time.monotonic(), LEAST_TIMEOUT_S)
            try:
                with anyio.fail_after(min(ATTEMPT_TIMEOUT_S, left_s)):
                    return await self._exchange(request, sent_at)
            except UnusableVariableError as error:
                raise NetworkSettingError(self._provider, error.fact, error.hint) from None
            except (httpx.TimeoutException, TimeoutError):
                raise self._unavailable("did not answer in time") from None
            except httpx.ProxyError:
                raise self._unavailable("cannot be reached: the proxy did not connect") from None
            except (httpx.ConnectError, httpx.UnsupportedProtocol) as error:
                if is_untrusted(error):
                    raise self._untrusted() from None
                raise self._unavailable("cannot be reached") from None
            except httpx.TransportError:
                raise self._unavailable("closed the connection early") from None
            except (httpx.HTTPError, httpx.InvalidURL):
                raise self._unexpected("sent a response that cannot be read") from None

    async def _exchange(self, request: _Request, sent_at: float) -> Answer:
        with self._clients.borrow(self._base_url) as client:
            url = self._base_url + request.path
            sent = new_request(request.method, url, request.params, request.body, self._headers)
            async with aclosing(await client.handle_async_request(sent)) as response:
                self._read_headers(response, sent_at)
                if response.status_code != OK:
                    raise await self._status_error(response, request)
                body = await self._read(response, BODY_LIMIT_BYTES)
        parsed = self._parse(body)
        self._has_answered = True
        return Answer(parsed, len(body))

    def _read_headers(self, response: httpx.Response, sent_at: float) -> None:
        """Learn from the headers and the status what the provider's time is, and how fast it may be asked."""
        if (at := _date(response.headers.get("date"))) is not None:
            self._clock_ahead_s = at.timestamp() - time.time()
        at_most = response.headers.get(self._at_most_header or "", "")
        if _COUNT.fullmatch(at_most):
            self.pace.limit_to(int(at_most))
        if response.status_code == OK:
            self.pace.answered(sent_at)
        elif response.status_code == TOO_MANY:
            self.pace.refused(sent_at)

    async def _read(self, response: httpx.Response, limit_bytes: int) -> bytearray:
        """The body, decompressed in steps so that a small response cannot exceed the limit in one step."""
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity", "gzip"):
            raise self._unexpected("used a content encoding that was not asked for")
        inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if encoding == "gzip" else None
        body = bytearray()
        async for chunk in response.aiter_raw():
            for part in self._inflated(chunk, inflate) if inflate else (chunk,):
                body += part
                if len(body) > limit_bytes:
                    raise AnswerTooLargeError(
                        self._provider,
                        f"sent a response of more than {limit_bytes // 1024 // 1024} MiB, which was not read in full",
                        "Ask for fewer calls or a narrower window.",
                    )
        if inflate is not None and not inflate.eof:
            raise self._unavailable("stopped in the middle of a response")
        return body

    def _inflated(self, chunk: bytes, inflate: _Inflate) -> Iterator[bytes]:
        """A chunk of the body, decompressed in steps."""
        while chunk:
            try:
                yield inflate.decompress(chunk, INFLATE_STEP_BYTES)
            except zlib.error:
                raise self._unexpected("sent a response that cannot be decompressed") from None
            if inflate.unused_data:  # zlib would collect it without a limit
                raise self._unexpected("sent a response that cannot be decompressed")
            chunk = inflate.unconsumed_tail

    def _parse(self, body: bytearray) -> object:
        try:
            return cast("object", json.loads(body))
        except (ValueError, RecursionError):
            looks_like_a_page = body.lstrip().startswith(b"<")
            fact = "answered with a web page instead of JSON" if looks_like_a_page else "answered with broken JSON"
        raise self._unexpected(fact, "Check {url}, or try again.")

    async def _status_error(self, response: httpx.Response, request: _Request) -> ProviderError:
        status = response.status_code
        rule = status_rule(status)
        if status == NOT_FOUND and not self._has_answered:
            rule = not_found_rule(names_id=request.names_id, has_path=bool(urlsplit(self._base_url).path))
        fact = f"{rule.fact.format(what=request.what)} ({status})"
        hint = rule.hint.format(key=setting(self._provider), url=base_url_setting(self._provider))
        other = (
            other_platform(self._headers.values(), platform_of(self._provider))
            if rule.error is AuthenticationError
            else None
        )
        if other is not None:
            hint = f"Check {setting(self._provider)}: this looks like {other} key."
        code = await self._error_code(response)
        retry_after_s = _retry_after_s(response.headers.get("retry-after"))
        passes = issubclass(rule.error, RateLimitedError | UnavailableError)
        if passes and retry_after_s is not None and retry_after_s > 1:
            hint = f"It asks you to wait {_rounded(retry_after_s)} before you try again."
        return rule.error(self._provider, fact, hint, status=status, code=code, retry_after_s=retry_after_s)

    async def _error_code(self, response: httpx.Response) -> str | None:
        """The provider's error code, if the body is JSON and the code a plain word. The rest of the body is ignored."""
        try:
            with anyio.fail_after(ERROR_BODY_TIMEOUT_S):  # the status is known, so the body is not worth a long wait
                body = json.loads(await self._read(response, ERROR_BODY_LIMIT_BYTES))
        except (ProviderError, ValueError, RecursionError, TimeoutError, httpx.HTTPError):
            return None
        code = cast("dict[str, object]", body).get("error_code") if isinstance(body, dict) else None
        return code if isinstance(code, str) and _ERROR_CODE.fullmatch(code) else None

    def _unavailable(self, fact: str) -> UnavailableError:
        return UnavailableError(self._provider, fact, self._hint("Try again, or check {url}."))

    def _unexpected(self, fact: str, hint: str = "Check {url}.") -> UnexpectedResponseError:
        return UnexpectedResponseError(self._provider, fact, self._hint(hint))

    def _hint(self, hint: str) -> str:
        """A hint in which `{url}` names the settings that may be wrong; after a first response, not the base URL."""
        if "{url}" not in hint:
            return hint
        proxy = self._clients.proxy_of(self._base_url)
        suspects = [] if self._has_answered else [base_url_setting(self._provider)]
        suspects += [proxy.name] if proxy else []
        return hint.format(url=" and ".join(suspects)) if suspects else "Try again in a while."

    def _untrusted(self) -> UnexpectedResponseError:
        return self._unexpected(
            "presented a certificate that is not trusted",
            f"Check {base_url_setting(self._provider)}; behind a proxy that intercepts TLS, set SSL_CERT_FILE to its "
            "certificates.",
        )


def _wait_s(error: Exception, left_s: float) -> bool | float:
    """Whether to retry: the seconds that the provider asks for, True for our own backoff, False for no retry."""
    if not isinstance(error, RateLimitedError | UnavailableError):
        return False
    if error.status is not None and error.status not in _RETRIED_STATUSES:
        return False
    if error.retry_after_s is None:
        return True
    if error.retry_after_s > left_s:
        return False  # the caller decides about a longer wait; the hint names it
    return max(error.retry_after_s, 0.05)


def _rounded(seconds: float) -> str:
    """A wait in the unit that a person would use."""
    for limit_s, unit_s, unit in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h"), (31_536_000, 86_400, "days")):
        if seconds < limit_s:
            return f"{seconds / unit_s:.0f} {unit}"
    return "more than a year"


def _retry_after_s(value: str | None) -> float | None:
    """Retry-After in seconds from now, given as seconds or an HTTP date; None if missing or unreadable."""
    if value is None:
        return None
    value = value.strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", value):
        return float(value)
    at = _date(value)
    return None if at is None else max(0.0, (at - datetime.now(UTC)).total_seconds())


def _date(value: str | None) -> datetime | None:
    """The date in a header; None if missing or unreadable."""
    try:
        at = parsedate_to_datetime(value or "")
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)  # RFC 9110 dates are GMT; "-0000" parses as naive
