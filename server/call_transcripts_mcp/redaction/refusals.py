"""Masks what a refusal quotes: an argument that cannot be used may be a misplaced secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from call_transcripts_mcp.redaction.masks import API_KEY
from call_transcripts_mcp.redaction.redactor import redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_TELLING_START = 8
_SHORTEST_KNOWN = 12


def refusal_redactor(
    mode: Literal["secrets", "personal", "off"], known_secrets: Iterable[str] = ()
) -> Callable[[str], str]:
    """Build the function that masks one refusal.

    Personal data stays: the reader has just sent it, and a time in milliseconds looks like a phone number.

    Args:
        mode: `off` masks only the known secrets.
        known_secrets: the keys this server was given. A refusal quotes only the start of a long argument, so the start
            of a key is masked too.
    """
    known = list(known_secrets)
    redact = redactor("off" if mode == "off" else "secrets", known)
    starts = sorted({secret[:_TELLING_START] for secret in known if len(secret) >= _SHORTEST_KNOWN})
    begun = re.compile(rf"(?:{'|'.join(map(re.escape, starts))})[^\s\"'`…]*") if starts else None

    def mask(text: str) -> str:
        masked = redact(text)
        return masked if begun is None else begun.sub(API_KEY, masked)

    return mask
