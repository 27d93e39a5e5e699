"""Guesses from its format which platform a key is for, because keys are easily put into the wrong setting."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_FORMATS = {
    "ultravox": ("an Ultravox", re.compile(r"[A-Za-z0-9]{8}\.[A-Za-z0-9]{32}")),
    "diga": ("a Diga", re.compile(r"sk-[0-9a-f]{64}")),
    "elevenlabs": ("an ElevenLabs", re.compile(r"sk_[0-9a-f]{48}")),
    "vapi": ("a Vapi", re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)),
    "retell": ("a Retell", re.compile(r"key_[0-9a-f]{20,64}")),
}
"""By platform: its name with an article, and the format of its keys. Used only to name the likely reason of an error;
no key is refused for its format, because platforms may change it."""


def other_platform(headers: Iterable[str], provider: str) -> str | None:
    """The platform that a key looks like, with an article; None if it may be a key of `provider`.

    Args:
        headers: the values of the headers sent to the provider; one of them holds the key.
        provider: the platform that was asked.
    """
    for value in headers:
        key = value.removeprefix("Bearer ")
        found = {name: title for name, (title, pattern) in _FORMATS.items() if pattern.fullmatch(key)}
        if found and provider not in found:
            return next(iter(found.values()))
    return None
