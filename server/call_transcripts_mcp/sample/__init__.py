"""The built-in sample platform: the providers' read APIs over seeded, synthetic calls.

`create_app()` returns an ASGI application. Without a key, the server's adapters call it in process;
`serve_in_thread` and the command `sample` serve it on loopback. The people, the businesses and the keys are made up.
Importing this package is cheap: starlette and the scenarios are loaded by the first `create_app`.

`calls` holds the calls in a form that belongs to no vendor. Each platform has a folder: `wire` converts
a call to the vendor's objects, `routes` serves them. To add a platform, add its folder, its key in
`keys`, and its `PLATFORM` in `app`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from call_transcripts_mcp.sample.faults import Faults
from call_transcripts_mcp.sample.keys import (
    DEFAULT_CALLS,
    DIGA_KEY,
    DIGA_KEY_WITHOUT_LOGS,
    ELEVENLABS_KEY,
    KEYS,
    RETELL_KEY,
    ULTRAVOX_KEY,
    VAPI_KEY,
)

if TYPE_CHECKING:
    from call_transcripts_mcp.sample.app import create_app
    from call_transcripts_mcp.sample.serving import serve_in_thread

__all__ = [
    "DEFAULT_CALLS",
    "DIGA_KEY",
    "DIGA_KEY_WITHOUT_LOGS",
    "ELEVENLABS_KEY",
    "KEYS",
    "RETELL_KEY",
    "ULTRAVOX_KEY",
    "VAPI_KEY",
    "Faults",
    "create_app",
    "serve_in_thread",
]

_LATE: Final = {"create_app": "app", "serve_in_thread": "serving"}
"""What is loaded when it is first used, and its module."""


def __getattr__(name: str) -> object:
    """Load what needs starlette."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
