"""The environment, read once into one frozen object; nothing else in the package reads it.

An empty variable counts as unset: hosts write empty strings for what a person left blank.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast, get_args
from urllib.parse import urlsplit

from pydantic import SecretStr

from call_transcripts_mcp.errors import ConfigurationError
from call_transcripts_mcp.providers import ALL

if TYPE_CHECKING:
    from collections.abc import Mapping

Redaction = Literal["secrets", "personal", "off"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


@dataclass(frozen=True, slots=True)
class Account:
    """One provider that has a key.

    Attributes:
        base_url: without a slash at the end; None for the provider's own.
    """

    provider: str
    api_key: SecretStr
    base_url: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says.

    Attributes:
        accounts: the configured providers; none means the built-in sample platform.
    """

    accounts: tuple[Account, ...] = ()
    redact: Redaction = "secrets"
    log_level: LogLevel = "WARNING"

    @property
    def is_sample(self) -> bool:
        """Whether answers come from the sample platform."""
        return not self.accounts


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Args:
        environment: instead of the process's own.

    Raises:
        ConfigurationError: one line that names the variable and the fix.
    """
    values = {name: value.strip() for name, value in (os.environ if environment is None else environment).items()}
    accounts = tuple(account for name in ALL if (account := _account(name, values)) is not None)
    return Settings(
        accounts=accounts,
        redact=cast("Redaction", _choice(values, "CALL_TRANSCRIPTS_REDACT", get_args(Redaction), "secrets")),
        log_level=cast(
            "LogLevel", _choice(values, "CALL_TRANSCRIPTS_LOG_LEVEL", get_args(LogLevel), "WARNING", upper=True)
        ),
    )


def _account(provider: str, values: Mapping[str, str]) -> Account | None:
    key_name, url_name = f"{provider.upper()}_API_KEY", f"{provider.upper()}_BASE_URL"
    key, url = values.get(key_name, ""), values.get(url_name, "")
    base_url = _base_url(url_name, url) if url else None
    if not key:
        return None
    if not (key.isascii() and key.isprintable()) or any(mark in key for mark in " \"'"):
        raise ConfigurationError(f"{key_name} holds characters that no key has. Copy the key anew, without quotes.")
    return Account(provider, SecretStr(key), base_url)


def _base_url(name: str, value: str) -> str:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port  # both may raise
    except ValueError:
        raise ConfigurationError(f"{name} is not a URL. Write it like https://api.example.com.") from None
    if not host or parts.scheme not in ("https", "http") or not value.isprintable() or " " in value:
        raise ConfigurationError(f"{name} is not a URL. Write it like https://api.example.com.")
    if any(mark in value for mark in "@?#"):  # even an empty query would swallow the paths that are put behind it
        raise ConfigurationError(f"{name} may hold scheme, host, port and path alone. Take the rest out.")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ConfigurationError(f"{name} would send the key in the clear. Use https (http is for this machine alone).")
    return value.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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
