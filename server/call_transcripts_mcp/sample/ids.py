"""Ids computed from what they name, so that the same seed gives the same ids."""

from __future__ import annotations

import re
import uuid

NAMESPACE = uuid.UUID("6f1d7a52-0c1b-5d3e-9a44-5a3b1e000000")
UUID_PATTERN = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


def made_id(*parts: object) -> str:
    """The uuid5 of these parts."""
    return str(uuid.uuid5(NAMESPACE, "/".join(str(part) for part in parts)))


def agent_id(name: str) -> str:
    """The id of the agent of that name, on every platform."""
    return made_id("agent", name)
