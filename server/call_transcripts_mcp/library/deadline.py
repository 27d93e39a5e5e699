"""How long an answer may take. Hosts give up after a minute, and then what was read is lost.

The limit belongs to one question and applies to everything that the question calls. Without a limit, as on the command
line, nothing is cut short.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

import anyio

if TYPE_CHECKING:
    from collections.abc import Generator

ANSWER_LIMIT_S = 45.0


class _Limit(NamedTuple):
    ends_at: float
    limit_s: float


_NONE = _Limit(math.inf, math.inf)
_limit: ContextVar[_Limit] = ContextVar("limit", default=_NONE)


@contextmanager
def answer_within(limit_s: float) -> Generator[None]:
    """Limit the question that is answered in this context."""
    with _set(_Limit(anyio.current_time() + limit_s, limit_s)):
        yield


@contextmanager
def unlimited() -> Generator[None]:
    """Remove the limit for work that continues after an answer."""
    with _set(_NONE):
        yield


def left_s() -> float | None:
    """Seconds until the answer is due, at least 0; None without a limit."""
    limit = _limit.get()
    return None if limit == _NONE else max(0.0, limit.ends_at - anyio.current_time())


def is_over() -> bool:
    """Whether the answer is due."""
    return left_s() == 0


def limit_words() -> str:
    """`45 s`, for messages."""
    return f"{_limit.get().limit_s:g} s"


@contextmanager
def _set(limit: _Limit) -> Generator[None]:
    token = _limit.set(limit)
    try:
        yield
    finally:
        _limit.reset(token)
