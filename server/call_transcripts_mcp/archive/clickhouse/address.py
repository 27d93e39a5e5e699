"""The address of a ClickHouse archive: its URL, parsed, and shown without the password."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from call_transcripts_mcp.errors import ArchiveError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

DEFAULT_DATABASE = "call_transcripts"
_PORTS = {"clickhouse": 8123, "clickhouses": 8443}
_OPTIONS = {"clickhouse": {"cluster"}, "clickhouses": {"cluster", "ca_cert"}, "chdb": {"database"}}


@dataclass(frozen=True, slots=True)
class Address:
    """One database, on a server or in the engine inside this process.

    Attributes:
        path: a directory, when the engine runs in this process; "" for a server.
        ca_cert: a file with the certificate authority of the server; "" for the system's authorities.
        cluster: the name of the cluster to spread the tables over; "" for one server.
    """

    database: str
    path: str = ""
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    is_tls: bool = False
    ca_cert: str = ""
    cluster: str = ""

    @property
    def place(self) -> str:
        """The address for people, without user and password."""
        if self.path:
            return f"{self.path} (database {self.database})"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}/{self.database}"


def address_of(url: str) -> Address:
    """Parse a URL.

    Args:
        url: `clickhouse://user:password@host:port/database`, `clickhouses://` for TLS, or `chdb:///directory`;
            reserved characters in user and password are percent-encoded.

    Raises:
        ArchiveError: the URL has another form; the message repeats no part of it, since it may hold a password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        raise _malformed() from None
    if parts.scheme not in _OPTIONS or parts.fragment:
        raise _malformed()
    unknown = sorted(set(options) - _OPTIONS[parts.scheme])
    if unknown:
        known = ", ".join(sorted(_OPTIONS[parts.scheme]))
        raise ArchiveError("has a URL with an unknown option", f"After the question mark it takes {known} alone.")
    if parts.scheme == "chdb":
        return _in_process(parts, options)
    if not host or not _is_one_name(parts.path):
        raise _malformed()
    return Address(
        database=unquote(parts.path).strip("/") or DEFAULT_DATABASE,
        host=host,
        port=port or _PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        is_tls=parts.scheme == "clickhouses",
        ca_cert=options.get("ca_cert", ""),
        cluster=options.get("cluster", ""),
    )


def _in_process(parts: SplitResult, options: dict[str, str]) -> Address:
    path = unquote(parts.path)
    if parts.netloc or not path.startswith("/") or path == "/":
        raise _malformed()
    return Address(path=path, database=options.get("database") or DEFAULT_DATABASE)


def _is_one_name(path: str) -> bool:
    return "/" not in path.strip("/")


def _malformed() -> ArchiveError:
    return ArchiveError(
        "has no usable URL",
        "Write it like clickhouses://user:password@host:8443/database, with reserved characters percent-encoded.",
    )
