"""Names of accounts: `ultravox` for the plain key of a platform, `ultravox.eu` for a further one.

The key of `ultravox` is in ULTRAVOX_API_KEY, that of `ultravox.eu` in ULTRAVOX_API_KEY_EU.
"""

from __future__ import annotations

FILES = "files"
"""The provider that reads calls from files; it has no key."""


def platform_of(name: str) -> str:
    """The platform of an account: of `ultravox.eu`, `ultravox`."""
    return name.partition(".")[0]


def setting(name: str) -> str:
    """The variable that configures a provider."""
    return "CALL_TRANSCRIPTS_FILES" if name == FILES else _variable(name, "API_KEY")


def base_url_setting(name: str) -> str:
    """The variable with the address of an account's API."""
    return _variable(name, "BASE_URL")


def _variable(name: str, kind: str) -> str:
    platform, _, account = name.upper().partition(".")
    return "_".join((platform, kind, *([account] if account else [])))
