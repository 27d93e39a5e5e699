"""Calls that filters have no answer for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UnjudgedCalls:
    """Calls that were left out because a filter depends on what is not known of them.

    Attributes:
        calls: how many.
        unknown: what is not known of some of them: end reason, duration, direction, version, contact.
    """

    calls: int = 0
    unknown: tuple[str, ...] = ()

    def __add__(self, other: UnjudgedCalls) -> UnjudgedCalls:
        """Both together."""
        unknown = dict.fromkeys((*self.unknown, *other.unknown))
        return UnjudgedCalls(self.calls + other.calls, tuple(unknown))


NONE_UNJUDGED = UnjudgedCalls()
