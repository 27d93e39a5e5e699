"""The HTTP clients for one provider: connections, proxies, and trusted certificates."""

from __future__ import annotations

import logging
import ssl
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Self

import httpx
import stamina

from call_transcripts_mcp import __version__
from call_transcripts_mcp.providers.network import Network, UnusableVariableError, certificates_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from call_transcripts_mcp.providers.network import Variable

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 20.0
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",  # the only encoding that `http` can limit while it decompresses
    "User-Agent": f"call-transcripts-mcp/{__version__}",
}


@cache
def _authorities(certificates: Variable | None) -> ssl.SSLContext:
    """The trusted certificates. Read only once, because that takes longer than everything else at the start.

    Raises:
        UnusableVariableError: the certificates cannot be read.
    """
    if certificates is None:
        return httpx.create_ssl_context(trust_env=False)
    file, folder = certificates_of(certificates)
    try:
        return ssl.create_default_context(cafile=file, capath=folder)
    except OSError:  # `ssl.SSLError` is one too
        raise UnusableVariableError(
            f"{certificates.name} names a file that holds no certificates",
            f"Set {certificates.name} to a file in PEM format, or unset it.",
        ) from None


class Clients:
    """The HTTP clients for one provider, one for each request in flight; close them as an asynchronous context.

    At every request, httpcore looks through all connections of its client and checks each idle one with a system call.
    One client for all of them took a third of the time of reading many calls, so each client has one connection.

    A client is a bare transport. What `httpx.AsyncClient` adds to one (redirects, cookies, credentials from a URL or a
    file) must not happen here, and it costs as much as a fifth of a request.
    """

    def __init__(self, application: Callable[..., Any] | None = None, network: Network | None = None) -> None:
        """Open nothing yet.

        Args:
            application: an ASGI app that answers instead of the network (the built-in sample platform).
            network: proxies and certificates; None for neither.
        """
        for noisy in ("httpx", "httpcore"):  # at INFO they print whole URLs
            logging.getLogger(noisy).setLevel(logging.WARNING)
        # `http` logs each failed attempt, so stamina's own log line is turned off.
        stamina.instrumentation.set_on_retry_hooks([])
        self._application = application
        self._network = network or Network()
        self._all: list[httpx.AsyncBaseTransport] = []
        self._idle: list[httpx.AsyncBaseTransport] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._all:
            await client.aclose()

    @contextmanager
    def borrow(self, base_url: str) -> Generator[httpx.AsyncBaseTransport]:
        """A client for one request: the one used last, because its connection is most likely still open.

        Args:
            base_url: the provider's; the same for every call.

        Raises:
            UnusableVariableError: a network setting cannot be used.
        """
        if not self._idle:
            self._all.append(self._transport(base_url))
            self._idle.append(self._all[-1])
        client = self._idle.pop()
        try:
            yield client
        finally:
            self._idle.append(client)

    def proxy_of(self, base_url: str) -> Variable | None:
        """The proxy for a provider.

        Raises:
            UnusableVariableError: the variable does not hold a proxy.
        """
        return None if self._application else self._network.proxy_of(base_url)

    def _transport(self, base_url: str) -> httpx.AsyncBaseTransport:
        if self._application:
            return httpx.ASGITransport(self._application)
        proxy = self.proxy_of(base_url)
        authorities = _authorities(self._network.certificates)
        if proxy is None:
            return httpx.AsyncHTTPTransport(verify=authorities)
        return _ProxiedTransport(verify=authorities, proxy=proxy.value)


class _ProxiedTransport(httpx.AsyncHTTPTransport):
    """The transport through a proxy; an invalid response of the proxy becomes an `httpx.ProxyError`."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request.

        Raises:
            httpx.ProxyError: also for a response for which the library raises an AssertionError.
        """
        try:
            return await super().handle_async_request(request)
        except httpx.HTTPError:
            raise
        except Exception as error:
            raise httpx.ProxyError("the proxy broke its protocol") from error


def new_request(
    method: str, url: str, params: Sequence[tuple[str, str]], body: Mapping[str, Any] | None, headers: Mapping[str, str]
) -> httpx.Request:
    """A request with the headers and timeouts of every request.

    Args:
        method: GET or POST.
        url: without a query.
        params: the query.
        body: sent as JSON; None for a GET.
        headers: the headers that hold the key.
    """
    timeout = httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S, pool=None).as_dict()
    return httpx.Request(
        method,
        url,
        params=list(params) or None,
        json=body,
        headers={**_HEADERS, **headers},
        extensions={"timeout": timeout},
    )


def is_untrusted(error: BaseException | None) -> bool:
    """Whether a connection failed because of the certificate."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
