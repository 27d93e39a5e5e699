"""Ids computed from what they name, so that the same seed gives the same ids; and how each platform writes them."""

from __future__ import annotations

import base64
import re
import uuid

from call_transcripts_mcp.sample.keys import ELEVENLABS, RETELL

NAMESPACE = uuid.UUID("6f1d7a52-0c1b-5d3e-9a44-5a3b1e000000")
UUID_PATTERN = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)

_CONVERSATION = re.compile(r"conv_01([a-z2-7]{26})")
_CALL = re.compile(r"call_([0-9a-f]{32})")


def made_id(*parts: object) -> str:
    """The uuid5 of these parts."""
    return str(uuid.uuid5(NAMESPACE, "/".join(str(part) for part in parts)))


def agent_id(name: str) -> str:
    """The id of the agent of that name, on a platform whose ids are UUIDs."""
    return made_id("agent", name)


def in_base32(made: str) -> str:
    """A UUID in 26 letters and digits."""
    return base64.b32encode(uuid.UUID(made).bytes).decode().rstrip("=").lower()


def in_hex(made: str) -> str:
    """A UUID in 32 hexadecimal digits."""
    return made.replace("-", "")


def vendor_id(provider: str, call_id: str) -> str:
    """A call's id as its platform writes it."""
    if provider == ELEVENLABS:
        return f"conv_01{in_base32(call_id)}"
    return f"call_{in_hex(call_id)}" if provider == RETELL else call_id


def uuid_of(provider: str, written: str) -> str | None:
    """The UUID of a call whose id a platform writes like this; None for what no call of it can be named."""
    try:
        if provider == ELEVENLABS:
            found = _CONVERSATION.fullmatch(written)
            return str(uuid.UUID(bytes=base64.b32decode(f"{found[1].upper()}======"))) if found else None
        if provider == RETELL:
            found = _CALL.fullmatch(written)
            return str(uuid.UUID(found[1])) if found else None
        return str(uuid.UUID(written))
    except ValueError:  # a last letter whose bits no id uses
        return None
