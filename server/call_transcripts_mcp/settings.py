"""Reads the environment variables into one frozen object; no other module reads them.

An empty variable counts as unset, because hosts write an empty string for a field that was left blank.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit

from pydantic import SecretStr

from call_transcripts_mcp.analysis.agent_names import NO_AGENT_NAMES, AgentNames
from call_transcripts_mcp.errors import ConfigurationError
from call_transcripts_mcp.loopback import is_loopback
from call_transcripts_mcp.providers import ALL
from call_transcripts_mcp.providers.accounts import base_url_setting, platform_of, setting
from call_transcripts_mcp.providers.named import read_names
from call_transcripts_mcp.providers.network import Network, is_plain_host, network_of
from call_transcripts_mcp.telemetry.variables import Telemetry, telemetry_of
from call_transcripts_mcp.text import clip

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

Redaction = Literal["secrets", "personal", "off"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
LogFormat = Literal["plain", "json"]

OFF = "off"
LOG_FORMAT = "CALL_TRANSCRIPTS_LOG_FORMAT"
MIN_TOKEN_CHARS = 16
_ACCOUNT = re.compile(r"[A-Z0-9]{1,30}")
_HOST = re.compile(r"(\[[0-9a-f:]+\]|[a-z0-9_.-]+)(:\d{1,5})?")
_ARCHIVE = "CALL_TRANSCRIPTS_ARCHIVE"
_AGENT_NAMES = "CALL_TRANSCRIPTS_AGENT_NAMES"
ARCHIVE_FORMS = "sqlite:///absolute/path.db or clickhouses://user:password@host:port/database"

# `${NAME}`, `${env:NAME}`, `{{NAME}}`, `%NAME%`, `$(command)`: a host passes them on unchanged if the name is unknown.
# `%AB%` can be part of a URL.
_UNEXPANDED = re.compile(r"\$\{|\$\(|\{\{|%(?![0-9A-Fa-f]{2})[A-Za-z_]\w*%")
_UNEXPANDED_NAME = re.compile(r"\$[A-Za-z_]\w*")
# Placeholders that documentation uses for a value.
_PLACEHOLDER = re.compile(
    r".*(?:\.\.\.|\u2026|<[^<>]*>).*"
    r"|(?:your|put|insert|paste|enter|replace)[-_ ].*"
    r"|(?:api[-_ ]?)?(?:key|token)(?:[-_ ]here)?"
    r"|change[-_ ]?me|placeholder|x{3,}|\*{3,}",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Account:
    """One account: a platform with a key.

    Attributes:
        provider: the name of the account: `ultravox`, or `ultravox.eu` for ULTRAVOX_API_KEY_EU.
        base_url: without a slash at the end; None for the provider's own.
    """

    provider: str
    api_key: SecretStr
    base_url: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings.

    Attributes:
        accounts: the configured platforms.
        home: the folder for the files of this server; None for the system's folder for user data.
        archive: the URL of the archive, which may hold a password; "off" for none, "" for a file under `home`.
        network: proxies and certificates, on the way to the providers.
        files: folders, globs and files with calls; with neither these nor an account, the sample platform answers.
        tools: the only tools that are offered; empty for all.
        agents: ids or names of the only agents whose calls are shown; empty for all.
        agent_names: what the user calls agents.
        audit: where a line a question goes: "stderr", or the path of a file; "" for none.
        http_token: what a client of `serve --http` sends as its bearer token; None admits every client.
        http_hosts: names under which clients reach `serve --http`, besides those of this machine.
        http_proxies: addresses and networks whose `X-Forwarded-For` names the client of `serve --http`.
        telemetry: which traces and metrics are exported.
    """

    accounts: tuple[Account, ...] = ()
    redact: Redaction = "secrets"
    log_level: LogLevel = "WARNING"
    log_format: LogFormat = "plain"
    home: Path | None = None
    archive: SecretStr = field(default_factory=lambda: SecretStr(""))
    network: Network = field(default_factory=Network)
    files: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    agent_names: AgentNames = NO_AGENT_NAMES
    audit: str = ""
    http_token: SecretStr | None = None
    http_hosts: tuple[str, ...] = ()
    http_proxies: tuple[str, ...] = ()
    telemetry: Telemetry = field(default_factory=Telemetry)

    @property
    def is_sample(self) -> bool:
        """Whether answers come from the sample platform."""
        return not (self.accounts or self.files)

    @property
    def archive_url(self) -> str | None:
        """The URL of the archive; None when it is turned off."""
        url = self.archive.get_secret_value()
        if url:
            return None if url == OFF else url
        if self.home is None:
            from platformdirs import user_data_path  # noqa: PLC0415 - not needed at the start

            home = user_data_path("call-transcripts-mcp", appauthor=False)
        else:
            home = self.home
        return sqlite_url(home / "archive" / "calls.db")

    @property
    def secrets(self) -> list[str]:
        """Values that must never be shown: the keys, the token, and the archive's password."""
        password = urlsplit(self.archive.get_secret_value()).password
        keys = [account.api_key.get_secret_value() for account in self.accounts]
        tokens = [self.http_token.get_secret_value()] if self.http_token else []
        return [*keys, *tokens, *([unquote(password)] if password else [])]


_options: dict[str, str] = {}
"""By variable: what an option of the command line sets instead."""


@contextmanager
def option(name: str, value: str) -> Generator[None]:
    """Replace a variable by an option of the command line, while the context is open."""
    _options[name] = value
    try:
        yield
    finally:
        del _options[name]


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Args:
        environment: replaces the environment of the process.

    Raises:
        ConfigurationError: one line that names the variable and the fix.
    """
    given = os.environ | _options if environment is None else environment
    values = {name: value.strip() for name, value in given.items()}
    for name in ("CALL_TRANSCRIPTS_FILES", "CALL_TRANSCRIPTS_HOME", "CALL_TRANSCRIPTS_ARCHIVE"):
        _check_expanded(name, values.get(name, ""))
    names = [name for platform in ALL for name in _account_names(platform, values)]
    accounts = tuple(account for name in names if (account := _account(name, values)) is not None)
    return Settings(
        accounts=accounts,
        files=_files(values.get("CALL_TRANSCRIPTS_FILES", "")),
        redact=cast("Redaction", _choice(values, "CALL_TRANSCRIPTS_REDACT", get_args(Redaction), "secrets")),
        log_level=cast(
            "LogLevel", _choice(values, "CALL_TRANSCRIPTS_LOG_LEVEL", get_args(LogLevel), "WARNING", upper=True)
        ),
        log_format=cast("LogFormat", _choice(values, LOG_FORMAT, get_args(LogFormat), "plain")),
        home=_home(values.get("CALL_TRANSCRIPTS_HOME", "")),
        archive=SecretStr(archive_url(values.get("CALL_TRANSCRIPTS_ARCHIVE", ""))),
        network=network_of(values, asks_system=environment is None),
        tools=_words(values.get("CALL_TRANSCRIPTS_TOOLS", "")),
        agents=_words(values.get("CALL_TRANSCRIPTS_AGENTS", "")),
        agent_names=_agent_names(values.get(_AGENT_NAMES, "")),
        audit=_audit(values.get("CALL_TRANSCRIPTS_AUDIT", "")),
        http_token=_http_token(values),
        http_hosts=_http_hosts(values.get("CALL_TRANSCRIPTS_HTTP_HOSTS", "")),
        http_proxies=_http_proxies(values.get("CALL_TRANSCRIPTS_HTTP_PROXIES", "")),
        telemetry=telemetry_of(values),
    )


def archive_url(value: str, *, name: str = _ARCHIVE) -> str:
    """Check the URL of an archive; "" and "off" pass.

    Args:
        value: as it was given.
        name: the name of the setting or argument, for the error.

    Raises:
        ConfigurationError: the URL is not one of an archive, or the connection would not be encrypted.
    """
    if not value or value.lower() == OFF:
        return value.lower()
    forms = f"{ARCHIVE_FORMS}, or {OFF}" if name == _ARCHIVE else ARCHIVE_FORMS
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port  # both may raise
    except ValueError:
        raise ConfigurationError(f"{name} is not a URL. Write {forms}.") from None
    if parts.scheme in ("clickhouse", "clickhouses"):
        if not host:
            raise ConfigurationError(f"{name} has no host. Write {forms}.")
        if parts.scheme == "clickhouse" and not is_loopback(host):
            raise ConfigurationError(f"{name} would send transcripts in the clear. Use clickhouses:// (TLS).")
        return value
    if parts.scheme not in ("sqlite", "chdb") or host or not value.isprintable():
        raise ConfigurationError(f"{name} is not the URL of an archive. Write {forms}.")
    if not parts.path.startswith("/") or not file_of(parts.path).is_absolute():
        raise ConfigurationError(f"{name} must hold an absolute path. Write sqlite:///absolute/path.db.")
    return value


def sqlite_url(file: Path) -> str:
    """The URL of an archive in a file, whose path may contain any characters."""
    return f"sqlite:///{quote(os.fsencode(file.as_posix().removeprefix('/')))}"


def file_of(path: str) -> Path:
    """The file that a URL's path names: `/home/me/calls.db`, `/~/calls.db` or `/C:/calls.db`."""
    bare = os.fsdecode(unquote_to_bytes(path)).lstrip("/")
    return _expanded(bare) if bare.startswith("~") or bare[1:2] == ":" else Path(f"/{bare}")


def _expanded(path: str) -> Path:
    """The path with its `~` replaced; unchanged, and so not absolute, if the home directory is unknown."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def _files(value: str) -> tuple[str, ...]:
    """The paths of a list in the style of PATH. A path that does not exist is reported when calls are read."""
    paths = [path.strip() for path in value.split(os.pathsep)]
    return tuple(str(_expanded(path).absolute()) for path in paths if path)


def _home(value: str) -> Path | None:
    if not value:
        return None
    home = _expanded(value)
    if not home.is_absolute():
        raise ConfigurationError("CALL_TRANSCRIPTS_HOME must be an absolute path of a folder. Write the whole path.")
    return home


def _http_token(values: Mapping[str, str]) -> SecretStr | None:
    name, token, path = "CALL_TRANSCRIPTS_HTTP_TOKEN", values.get("CALL_TRANSCRIPTS_HTTP_TOKEN", ""), ""
    if not token:
        name = "CALL_TRANSCRIPTS_HTTP_TOKEN_FILE"
        path = values.get(name, "")
        if not path:
            return None
        try:
            token = _expanded(path).read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            raise ConfigurationError(f"{name} names a file that cannot be read. Check its path and rights.") from None
    _check_filled_in(name, token)
    if len(token) < MIN_TOKEN_CHARS or not (token.isascii() and token.isprintable()) or " " in token:
        raise ConfigurationError(
            f"{name} is not a token of {MIN_TOKEN_CHARS} or more characters without spaces. "
            "Make one with `openssl rand -hex 32`."
        )
    return SecretStr(token)


def _words(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


def _agent_names(path: str) -> AgentNames:
    _check_expanded(_AGENT_NAMES, path)
    return read_names(_AGENT_NAMES, _expanded(path)) if path else NO_AGENT_NAMES


def _audit(value: str) -> str:
    if value.lower() in ("", "stderr", OFF):
        return "" if value.lower() == OFF else value.lower()
    path = _expanded(value)
    if not path.is_absolute():
        raise ConfigurationError("CALL_TRANSCRIPTS_AUDIT is neither stderr nor an absolute path of a file.")
    return str(path)


def _http_hosts(value: str) -> tuple[str, ...]:
    hosts = _words(value.lower())
    if any(not _HOST.fullmatch(host) for host in hosts):
        raise ConfigurationError(
            "CALL_TRANSCRIPTS_HTTP_HOSTS is not a list of host names. Write it like calls.example.com,10.0.0.5:8765."
        )
    return hosts


def _http_proxies(value: str) -> tuple[str, ...]:
    try:
        networks = [ip_network(word) for word in _words(value)]
    except ValueError:
        raise ConfigurationError(
            "CALL_TRANSCRIPTS_HTTP_PROXIES is no list of addresses and networks. Write it like 127.0.0.1,10.0.0.0/24."
        ) from None
    if any(network.prefixlen == 0 for network in networks):
        raise ConfigurationError(
            "CALL_TRANSCRIPTS_HTTP_PROXIES would let every client choose its address. Name your proxies alone."
        )
    return tuple(str(network) for network in networks)


def _account_names(platform: str, values: Mapping[str, str]) -> list[str]:
    """The plain account of a platform, and those of `<PLATFORM>_API_KEY_<NAME>`, in the order of their names."""
    start = f"{setting(platform)}_"
    further = sorted(name.removeprefix(start) for name, value in values.items() if name.startswith(start) and value)
    for name in further:
        if not _ACCOUNT.fullmatch(name) or name == "FILE":
            raise ConfigurationError(
                f"{clip(start + name, 60)} names no account. After {start}, write a name of letters and digits, such "
                "as EU."
            )
    return [platform, *(f"{platform}.{name.lower()}" for name in further)]


def _account(provider: str, values: Mapping[str, str]) -> Account | None:
    key_name, url_name = setting(provider), base_url_setting(provider)
    if url_name not in values:  # an account of its own may share the address
        url_name = base_url_setting(platform_of(provider))
    key, url = values.get(key_name, ""), values.get(url_name, "")
    for name, value in ((key_name, key), (url_name, url)):
        _check_filled_in(name, value)
    base_url = _base_url(url_name, url) if url else None
    if not key:
        return None
    if not (key.isascii() and key.isprintable()) or any(mark in key for mark in " \"'"):
        raise ConfigurationError(f"{key_name} holds characters that no key has. Copy the key again, without quotes.")
    return Account(provider, SecretStr(key), base_url)


def _check_filled_in(name: str, value: str) -> None:
    """Refuse a value that was not filled in: an example, or a variable that the host did not replace."""
    _check_expanded(name, value)
    if _PLACEHOLDER.fullmatch(value):
        raise ConfigurationError(f"{name} holds a placeholder. Set it to your own value, or remove it.")


def _check_expanded(name: str, value: str) -> None:
    if _UNEXPANDED.search(value) or _UNEXPANDED_NAME.fullmatch(value):
        raise ConfigurationError(
            f"{name} holds a variable that was not replaced. Write the value itself, or set that variable for the host."
        )


def _base_url(name: str, value: str) -> str:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port  # both may raise
    except ValueError:
        raise ConfigurationError(f"{name} is not a URL. Write it like https://api.example.com.") from None
    if not host or parts.scheme not in ("https", "http") or not value.isprintable() or " " in value:
        raise ConfigurationError(f"{name} is not a URL. Write it like https://api.example.com.")
    if any(mark in value for mark in "@?#"):  # paths are appended, and would become part of even an empty query
        raise ConfigurationError(f"{name} may only hold scheme, host, port and path. Remove the rest.")
    if not is_plain_host(parts):
        raise ConfigurationError(f"{name} is not a URL. Write it like https://api.example.com.")
    if parts.scheme == "http" and not is_loopback(host):
        raise ConfigurationError(f"{name} would send the key in the clear. Use https; http is only for this machine.")
    return value.rstrip("/")


def _choice(
    values: Mapping[str, str], name: str, choices: tuple[str, ...], default: str, *, upper: bool = False
) -> str:
    value = values.get(name, "")
    if not value:
        return default
    value = value.upper() if upper else value.lower()
    if value not in choices:
        raise ConfigurationError(f"{name} is not one of {', '.join(choices)}. Set it to one of them, or unset it.")
    return value


def pager() -> str:
    """The command that shows long output on a terminal; "" for none.

    It sets LESS if it is not set, as git does: less then ends at once if everything fits, keeps colours, and leaves the
    text on the screen.
    """
    os.environ.setdefault("LESS", "FRX")
    return os.environ.get("PAGER", "less").strip()
