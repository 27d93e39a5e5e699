"""What an archive holds besides calls: which key opens which space, what is covered, who may sync, its size and health.

It is a part of an engine. Times are as in `archive.base`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import psutil

Interval = tuple[int, int]
"""Time from since_ms to until_ms, both included."""


@dataclass(frozen=True, slots=True)
class Space:
    """The calls of one provider account at one address.

    Attributes:
        name: "ultravox-3f9c2b1a77"; made from a salted hash, never from the key.
        covered: intervals in which every ended call is kept; ascending, not touching each other.
        personal: how many calls are kept with personal data masked, so that a search does not find those words.
    """

    name: str
    provider: str
    calls: int = 0
    messages: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    covered: tuple[Interval, ...] = ()
    personal: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """The whole archive.

    Attributes:
        engine: its name for people, such as "SQLite 3.45.1 with FTS5, schema 1".
        place: its path or address, without credentials.
        size_bytes: on disk, with all files; None when the engine cannot tell.
    """

    engine: str
    place: str
    size_bytes: int | None
    spaces: tuple[Space, ...] = ()


@dataclass(frozen=True, slots=True)
class Lease:
    """Who may sync. `holder` is a name for people: "process 4711 on this host, since 2026-11-21T09:30:00Z"."""

    owner: str
    holder: str
    expires_ms: int
    pid: int = 0
    host: str = ""

    def is_abandoned(self, host: str) -> bool:
        """Whether its process ran on this host and has ended, even if its parent has not taken note of that."""
        if not host or self.host != host or self.pid <= 0:
            return False
        try:
            return psutil.Process(self.pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True
        except psutil.Error:  # it exists, and belongs to someone else
            return False


class Ledger(Protocol):
    """What an engine does for it. Methods block, and raise nothing but `ArchiveError`."""

    def state(self) -> State:
        """Size, counts and coverage."""
        ...

    def check(self) -> list[str]:
        """Read everything, which is slow, and list what is wrong. Calls that cannot be read are removed if possible."""
        ...

    def salt(self) -> bytes:
        """Random bytes that belong to this archive."""
        ...

    def bind(self, fingerprint: str, space: str, provider: str) -> None:
        """Make the key with this fingerprint open this space; the space is created if it is new."""
        ...

    def space_of(self, fingerprint: str) -> str | None:
        """The space that a key opens; None when the key is new."""
        ...

    def take_lease(self, lease: Lease, now_ms: int) -> Lease | None:
        """Take or renew the lease. None when it is ours now, otherwise its holder; an expired lease is free."""
        ...

    def release_lease(self, owner: str) -> None:
        """Give the lease back, if it is ours."""
        ...
