"""Which platform a key is for, as far as its shape tells: five keys in five settings are easily swapped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHAPES = {
    "ultravox": ("an Ultravox", re.compile(r"[A-Za-z0-9]{8}\.[A-Za-z0-9]{32}")),
    "diga": ("a Diga", re.compile(r"sk-[0-9a-f]{64}")),
    "elevenlabs": ("an ElevenLabs", re.compile(r"sk_[0-9a-f]{48}")),
    "vapi": ("a Vapi", re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)),
    "retell": ("a Retell", re.compile(r"key_[0-9a-f]{20,64}")),
}
"""By platform: its name with an article, and what its keys look like today. Only an error that names the likely
reason is made of it; a key is never refused for its shape, which a platform may change."""


def other_platform(headers: Iterable[str], provider: str) -> str | None:
    """The platform that a key looks like, with an article; None when it may well be the provider's own.

    Args:
        headers: the values that are sent to the provider, one of which holds the key.
        provider: the platform that was asked.
    """
    for value in headers:
        key = value.removeprefix("Bearer ")
        found = {name: named for name, (named, shape) in _SHAPES.items() if shape.fullmatch(key)}
        if found and provider not in found:
            return next(iter(found.values()))
    return None
