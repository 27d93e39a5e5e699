"""Proxies and certificates of the environment, over real loopback sockets."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from acme_api import BASE_URL, KEY, make_api
from call_transcripts_mcp.errors import NetworkSettingError, ProviderError, UnavailableError, UnexpectedResponseError
from call_transcripts_mcp.loopback import is_loopback
from call_transcripts_mcp.providers.clients import Clients
from call_transcripts_mcp.providers.network import Network, Variable, network_of
from call_transcripts_mcp.settings import load
from loopback_proxy import ANSWER, proxy, tls_server, write_certificate
from loopback_server import answering

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

HOST = "api.acme.test"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_certificate(tmp_path_factory.mktemp("tls") / "acme.pem", HOST)


def network(**values: object) -> Network:
    return network_of({name: str(value) for name, value in values.items()}, asks_system=False)


async def ask(found: Network, base_url: str = BASE_URL) -> object:
    async with Clients(network=found) as clients:
        return (await make_api(clients, base_url).get("/calls", what="calls", names_id=False)).body


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("scheme", ["", "http://", "socks5://", "socks5h://"])
async def test_a_provider_is_asked_through_the_proxy_and_the_proxy_sees_no_key(
    name: str, scheme: str, certificate: Path
) -> None:
    async with tls_server(certificate) as server, proxy(server.port) as between:
        found = network(**{name: f"{scheme}127.0.0.1:{between.port}"}, SSL_CERT_FILE=certificate)
        assert await ask(found) == {}
        assert [KEY.encode() in request for request in server.requests] == [True]
    assert HOST.encode() in b"".join(between.seen)
    assert KEY.encode() not in b"".join(between.seen)


async def test_the_variable_of_the_scheme_goes_before_that_of_all_and_lower_case_before_capitals() -> None:
    found = network(ALL_PROXY="http://a.test", HTTPS_PROXY="http://b.test", https_proxy="http://c.test")
    assert found.proxy_of(BASE_URL) == Variable("https_proxy", "http://c.test")
    assert network(https_proxy="", HTTPS_PROXY="http://b.test").proxy_of(BASE_URL) is None
    assert network(HTTP_PROXY="http://b.test", http_proxy="garbage:://").proxy_of(BASE_URL) is None


LOOPBACK = (
    "localhost", "LOCALHOST", "LocalHost", "127.0.0.1", "127.0.0.2", "127.255.255.254", "[::1]",
    "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::ffff:127.0.0.1]", "[::FFFF:7f00:1]", "[::ffff:127.3.2.1]",
)  # fmt: skip
NOT_LOOPBACK = (
    "0x7f.1", "0x7f000001", "2130706433", "017700000001", "127.1", "127.0.1", "localhost.", "127.0.0.1.",
    "127.0.0.01", "a.localhost", "localhost.localdomain", "[::]", "0.0.0.1", "[::ffff:10.0.0.1]", "[::127.0.0.1]",
    "128.0.0.1", "127.0.0.1.nip.io", "1\uff127.0.0.1", "[::1%25lo]",
)  # fmt: skip


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_in_every_spelling_may_be_http_and_is_never_proxied(host: str) -> None:
    assert is_loopback(host)
    url = f"http://{host}:8900"
    every = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"), "http://proxy.test:1")
    settings = load({"DIGA_API_KEY": KEY, "DIGA_BASE_URL": url, **every})
    assert settings.accounts[0].base_url == url
    assert settings.network.proxy_of(url) is None
    assert settings.network.proxy_of(url.replace("http", "https")) is None


@pytest.mark.parametrize("host", NOT_LOOPBACK)
def test_what_a_resolver_may_read_otherwise_is_no_loopback(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(Exception, match=r"^DIGA_BASE_URL (would send the key in the clear|is not a URL)"):
        load({"DIGA_API_KEY": KEY, "DIGA_BASE_URL": f"http://{host}:8900"})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "LOCALHOST"])
async def test_the_key_never_meets_a_proxy_on_the_way_to_this_machine(host: str) -> None:
    local_host = "127.0.0.1" if host.isalpha() else host
    async with answering(ANSWER, local_host=local_host) as server, proxy() as between:
        names = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY")
        found = network(**dict.fromkeys(names, f"http://127.0.0.1:{between.port}"))
        assert await ask(found, f"http://{host}:{server.port}") == {}
    assert between.seen == []


@pytest.mark.parametrize(
    ("exceptions", "is_direct"),
    [
        (HOST, True),
        ("acme.test", True),
        (".acme.test", True),
        ("*.acme.test", True),
        ("ACME.TEST", True),
        ("x.test, acme.test:443", True),
        ("x.test acme.test", True),
        ("*", True),
        ("https://acme.test", True),
        ("acme.test:8443", False),
        ("me.test", False),
        ("", False),
        (" , ,", False),
        ("fe80::1%eth0,::1,[::1]:80,2001:db8::/32,[2001:db8::1", False),
        (":::,[,],%,//,://,:443,$\\,0/0", False),
        ("fe80::/10,acme.test", True),
    ],
)
def test_exceptions_are_read_with_whatever_else_stands_there(exceptions: str, *, is_direct: bool) -> None:
    found = network(HTTPS_PROXY="http://proxy.test:3128", NO_PROXY=exceptions)
    assert (found.proxy_of(BASE_URL) is None) is is_direct


@pytest.mark.parametrize(
    ("url", "exceptions", "is_direct"),
    [
        ("https://[2001:db8::5]", "2001:db8::/32", True),
        ("https://[2001:db8::5]", "[2001:db8:0:0::5]", True),
        ("https://[2001:db8::5]:8443", "[2001:db8::5]:8443", True),
        ("https://[2001:db8::5]:8443", "[2001:db8::5]:443", False),
        ("https://10.1.2.3", "10.0.0.0/8", True),
        ("https://10.1.2.3", "10.1.2.0/24,::1", True),
        ("https://11.1.2.3", "10.0.0.0/8", False),
    ],
)
def test_exceptions_hold_addresses_and_networks(url: str, exceptions: str, *, is_direct: bool) -> None:
    assert (network(ALL_PROXY="http://proxy.test", no_proxy=exceptions).proxy_of(url) is None) is is_direct


async def test_ipv6_exceptions_do_not_end_as_an_unreadable_answer(certificate: Path) -> None:
    async with tls_server(certificate) as server, proxy(server.port) as between:
        found = network(
            HTTPS_PROXY=f"http://127.0.0.1:{between.port}", SSL_CERT_FILE=certificate, NO_PROXY="::1,[::1]:80,fe80::/10"
        )
        assert await ask(found) == {}


@pytest.mark.parametrize(
    "value",
    ["http://", "http://[::1", "http://a:b", "http://a:99999", "http://a b:1", "ftp://a.test", "socks4://a.test:1",
     "${PROXY}", "http://${HOST}:1", "://", "http://a.test:0", "http://a\u0301.test", "http://[::1]x:1", "direct://"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "all_proxy"])
async def test_a_proxy_that_cannot_be_one_is_told_by_its_variable(name: str, value: str) -> None:
    with pytest.raises(NetworkSettingError) as caught:
        await ask(network(**{name: value}))
    text = str(caught.value)
    assert text.startswith(f"acme: {name} ")
    assert text.endswith(f"or unset {name}.")
    assert "a.test" not in text


def test_the_password_of_a_proxy_is_kept_from_reprs() -> None:
    found = load({"HTTPS_PROXY": "http://me:canary-4711@proxy.test:1"})
    assert "canary-4711" not in repr(found)
    assert found.network.proxy_of(BASE_URL) == Variable("HTTPS_PROXY", "http://me:canary-4711@proxy.test:1")


@pytest.fixture
def _dropped_sockets() -> Iterator[None]:
    """Sees that the sockets go in this test which httpcore leaves open after a failed handshake with a proxy."""
    yield
    gc.collect()


LEAKS = pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")


@LEAKS
@pytest.mark.usefixtures("clock", "_dropped_sockets")
@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_refuses_is_named(scheme: str) -> None:
    async with proxy(None) as between:
        with pytest.raises(UnavailableError, match=r": the proxy did not connect.*HTTPS_PROXY"):
            await ask(network(HTTPS_PROXY=f"{scheme}://127.0.0.1:{between.port}"))


@LEAKS
@pytest.mark.usefixtures("clock", "_dropped_sockets")
@pytest.mark.parametrize("scheme", ["http", "socks5"])
@pytest.mark.parametrize("garbage", [b"\x00\x00", b"\x05", b"SSH-2.0\r\n", b"\x05\x00", b"\x05\x02", b"\xff" * 5000])
async def test_a_proxy_that_talks_nonsense_is_one_line(scheme: str, garbage: bytes) -> None:
    async with proxy(garbage=garbage) as between:
        with pytest.raises(ProviderError, match="HTTPS_PROXY"):
            await ask(network(HTTPS_PROXY=f"{scheme}://127.0.0.1:{between.port}"))


@pytest.mark.usefixtures("clock")
async def test_a_proxy_that_is_not_there_is_named() -> None:
    async with proxy() as gone:
        port = gone.port
    with pytest.raises(UnavailableError, match=r"cannot be reached.*ALL_PROXY"):
        await ask(network(ALL_PROXY=f"socks5://127.0.0.1:{port}"))


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("kind", ["missing", "empty", "garbage", "of the other kind"])
async def test_certificates_that_cannot_be_used_are_told_by_their_variable(
    name: str, kind: str, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    if kind == "of the other kind":
        there.mkdir() if name == "SSL_CERT_FILE" else there.write_bytes(b"")
    elif kind != "missing":
        if name == "SSL_CERT_DIR":
            there.mkdir()
        file = there if name == "SSL_CERT_FILE" else there / "some.pem"
        file.write_bytes(
            b"" if kind == "empty" else b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n\x00"
        )
    with pytest.raises(NetworkSettingError) as caught:
        await ask(network(**{name: there}))
    text = str(caught.value)
    assert text.startswith(f"acme: {name} names ")
    assert text.endswith((f"or unset {name}.", "or unset it."))
    assert "there" not in text


async def test_only_the_folder_of_certificates_is_trusted_when_one_is_set(tmp_path: Path, certificate: Path) -> None:
    (tmp_path / "0a1b2c3d.0").symlink_to(certificate)
    async with tls_server(certificate) as server, proxy(server.port) as between:
        found = network(HTTPS_PROXY=f"http://127.0.0.1:{between.port}", SSL_CERT_DIR=tmp_path)
        with pytest.raises(UnexpectedResponseError, match="certificate that is not trusted"):
            await ask(found)  # the hash is not its own, so it is not found there


async def test_a_certificate_that_is_not_trusted_is_told_once_and_not_tried_again(certificate: Path) -> None:
    async with tls_server(certificate) as server, proxy(server.port) as between:
        with pytest.raises(UnexpectedResponseError) as caught:
            await ask(network(HTTPS_PROXY=f"http://127.0.0.1:{between.port}"))
    assert str(caught.value) == (
        "acme: presented a certificate that is not trusted. Check ACME_BASE_URL; behind a proxy that intercepts TLS, "
        "set SSL_CERT_FILE to its certificates."
    )
    assert len(between.seen) == 1
