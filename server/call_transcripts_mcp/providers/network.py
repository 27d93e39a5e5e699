"""The network settings of the environment: which proxy to use, and which certificates to trust.

| variable | meaning |
|---|---|
| `HTTPS_PROXY` | the proxy for https; `http://`, `https://`, `socks5://` or `socks5h://`, with a password if need be |
| `HTTP_PROXY` | no effect: only loopback addresses use http, and they are never proxied |
| `ALL_PROXY` | the proxy if `HTTPS_PROXY` is not set |
| `NO_PROXY` | hosts that are reached directly: names with their subdomains, addresses, networks, `host:port`, or `*` |
| `SSL_CERT_FILE` | a file of certificates to trust, instead of the usual ones |
| `SSL_CERT_DIR` | a folder of such files with hashed names; ignored if `SSL_CERT_FILE` is set |

Proxy variables may also be in lower case, which takes precedence. Without any of them, the system's proxy setting is
used on macOS and Windows. Loopback addresses are never proxied.
"""

from __future__ import annotations

import ipaddress
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from call_transcripts_mcp.loopback import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMES = ("http", "https", "socks5", "socks5h")
_HOST = re.compile(r"[\w.-]+")
_HASHED_NAME = re.compile(r"[0-9a-f]{8}\.[0-9]+")


class UnusableVariableError(Exception):
    """A variable that cannot be used.

    Attributes:
        fact: which one and why, as a clause.
        hint: how to fix it, as a sentence.
    """

    def __init__(self, fact: str, hint: str) -> None:
        """Keep both."""
        super().__init__(f"{fact}. {hint}")
        self.fact = fact
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable and the name under which it was found."""

    name: str
    value: str = field(repr=False)  # a proxy's URL may hold a password


@dataclass(frozen=True, slots=True)
class Network:
    """The settings of the environment; by default, no proxy and the usual certificates.

    Attributes:
        proxies: by "https" and "all".
        no_proxy: hosts that are reached directly.
        certificates: a file or folder of certificates to trust.
        asks_system: if no variable names a proxy, use the system's setting.
    """

    proxies: Mapping[str, Variable] = field(default_factory=dict[str, Variable])
    no_proxy: str = ""
    certificates: Variable | None = None
    asks_system: bool = False

    def proxy_of(self, base_url: str) -> Variable | None:
        """The proxy for an address; None if it is reached directly.

        Raises:
            UnusableVariableError: the variable does not hold a proxy.
        """
        parts = urlsplit(base_url)
        host = parts.hostname or ""
        if is_loopback(host) or _is_excepted(host, parts.port or 443, self.no_proxy):
            return None
        proxies = self.proxies or (_of_system() if self.asks_system else {})
        found = proxies.get(parts.scheme) or proxies.get("all")
        return None if found is None else Variable(found.name, _proxy_url(found))


def network_of(values: Mapping[str, str], *, asks_system: bool) -> Network:
    """The network settings in environment variables.

    Args:
        values: the variables.
        asks_system: whether the system's proxy setting may be used if no variable names a proxy.
    """
    proxies = {
        scheme: Variable(name, values[name])
        for scheme in ("https", "all")
        if (name := _spelling(f"{scheme}_proxy", values)) is not None
    }
    certificates = next((name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if values.get(name)), None)
    exceptions = _spelling("no_proxy", values)
    return Network(
        proxies=proxies,
        no_proxy=values[exceptions] if exceptions else "",
        certificates=Variable(certificates, values[certificates]) if certificates else None,
        asks_system=asks_system,
    )


def certificates_of(variable: Variable) -> tuple[str | None, str | None]:
    """The file and the folder that a variable names; one of them is None.

    Raises:
        UnusableVariableError: there is no such file or folder.
    """
    unset = f"Set {variable.name} to the right path, or unset it."
    if variable.name == "SSL_CERT_FILE":
        if not Path(variable.value).is_file():
            raise UnusableVariableError(f"{variable.name} names a path that is not a file", unset)
        return variable.value, None
    folders = [Path(part) for part in variable.value.split(";" if sys.platform == "win32" else ":") if part]
    if not any(folder.is_dir() for folder in folders):
        raise UnusableVariableError(f"{variable.name} names a path that is not a folder", unset)
    if not any(_HASHED_NAME.fullmatch(file.name) for folder in folders if folder.is_dir() for file in folder.iterdir()):
        raise UnusableVariableError(
            f"{variable.name} names a folder without certificates with hashed names",
            f"Run openssl rehash on it, or unset {variable.name}.",
        )
    return None, variable.value


def _spelling(name: str, values: Mapping[str, str]) -> str | None:
    """The spelling in which a variable is set. Lower case takes precedence, so an empty one unsets the upper case."""
    for spelling in (name, name.upper()):
        if spelling in values:
            return spelling if values[spelling] else None
    return None


def _of_system() -> dict[str, Variable]:
    if sys.platform not in ("darwin", "win32"):
        return {}
    from urllib.request import getproxies  # noqa: PLC0415 - slow to import, and used only here

    found = getproxies()
    return {
        scheme: Variable("the system's proxy setting", found[scheme]) for scheme in ("https", "all") if scheme in found
    }


def _proxy_url(variable: Variable) -> str:
    """A proxy's URL in the form that the HTTP client takes."""
    url = variable.value if "://" in variable.value else f"http://{variable.value}"
    hint = f"Write it like http://proxy.example.com:3128 or socks5://127.0.0.1:1080, or unset {variable.name}."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port  # both may raise
    except ValueError:
        raise UnusableVariableError(f"{variable.name} is not the URL of a proxy", hint) from None
    if parts.scheme not in SCHEMES:
        raise UnusableVariableError(f"{variable.name} names a kind of proxy that is not supported", hint)
    if not (host and url.isascii() and url.isprintable() and " " not in url and is_plain_host(parts)) or port == 0:
        raise UnusableVariableError(f"{variable.name} is not the URL of a proxy", hint)
    return f"{parts.scheme}://{parts.netloc}"


def is_plain_host(parts: SplitResult) -> bool:
    """Whether a URL's host is only a name or an address, so that all parsers find the same host."""
    host, port = parts.hostname or "", parts.port
    place = parts.netloc.rpartition("@")[2].lower()
    written = f"[{host}]" if ":" in host else host
    if place not in (written, f"{written}:", f"{written}:{port}"):
        return False
    return _is_address(host) if ":" in host else _HOST.fullmatch(host) is not None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_excepted(host: str, port: int, exceptions: str) -> bool:
    """Whether NO_PROXY lists a host; parts that cannot be parsed are ignored."""
    return any(_excepts(part, host, port) for part in re.split(r"[,\s]+", exceptions.lower()) if part)


def _excepts(part: str, host: str, port: int) -> bool:
    if part == "*":
        return True
    part = part.rpartition("://")[2]
    if found := re.fullmatch(r"\[([^\]]*)\](?::([0-9]+))?|([^:]*):([0-9]+)", part):
        name, wanted = found[1] or found[3] or "", found[2] or found[4]
        if wanted is not None and int(wanted) != port:
            return False
    else:
        name = part
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(name, strict=False)
    except ValueError:
        name = name.removeprefix("*").strip(".")
        return bool(name) and (host == name or host.endswith(f".{name}"))
