"""Ids that follow from what they name, so that the same seed gives the same ids."""

from __future__ import annotations

import uuid

NAMESPACE = uuid.UUID("6f1d7a52-0c1b-5d3e-9a44-5a3b1e000000")


def made_id(*parts: object) -> str:
    """A uuid5 that follows from its parts."""
    return str(uuid.uuid5(NAMESPACE, "/".join(str(part) for part in parts)))


def agent_id(name: str) -> str:
    """The id of the agent of that name, on every platform."""
    return made_id("agent", name)
