"""Which space a key opens. Each account at each address has its own, so no key shows the calls of another account."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from call_transcripts_mcp.archive.base import Engine


def fingerprint(identity: str, salt: bytes) -> str:
    """A salted hash of an account's address and key. A key has too many values to be guessed from it."""
    encoded = identity.encode("utf-8", "surrogateescape")  # a folder's name may be of any bytes
    return hashlib.blake2b(encoded, key=salt, digest_size=16).hexdigest()


def space_names(engine: Engine, identities: Mapping[str, str]) -> dict[str, str]:
    """By provider, the space that its key opens; for a new key, the name that its space will get.

    Nothing is written, so that a key that the provider refuses leaves no empty space.

    Raises:
        ArchiveError: the engine cannot be asked.
    """
    salt = engine.salt()
    prints = {provider: fingerprint(identity, salt) for provider, identity in identities.items()}
    return {provider: engine.space_of(one) or space_name(provider, one) for provider, one in prints.items()}


def bind_space(engine: Engine, provider: str, identity: str) -> str:
    """Return the name of the space that a key opens, and create the space if there is none.

    Raises:
        ArchiveError: the engine cannot be asked.
    """
    own = fingerprint(identity, engine.salt())
    space = engine.space_of(own)
    if space is None:
        space = space_name(provider, own)
        engine.bind(own, space, provider)
    return space


def space_name(provider: str, own: str) -> str:
    """The name of a new space, from the fingerprint of the key that opens it."""
    return f"{provider}-{own[:10]}"
