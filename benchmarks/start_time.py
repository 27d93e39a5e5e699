"""How long a host waits for the server: from the process's start to the answer of `initialize`, over stdio."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from figures import Figure
from stdio_process import OURS, running

if TYPE_CHECKING:
    from collections.abc import Sequence

TITLE = "Start, against a server of the same SDK with one tool"

RATIO = 1.1
ROUNDS = 11
_BARE = (sys.executable, str(Path(__file__).with_name("bare_server.py")))


def measure() -> list[Figure]:
    """All figures of this theme."""
    for command in (OURS, _BARE):
        _start_s(command)  # compiles modules that are not compiled yet
    pairs = [_pair_s(ours_first=number % 2 == 0) for number in range(ROUNDS)]
    ratio = median(ours_s / bare_s for ours_s, bare_s in pairs)
    return [
        Figure("to the answer of initialize", ratio, RATIO, digits=2),
        Figure(
            "to the answer of initialize, on this machine", median(ours_s for ours_s, _ in pairs), unit="s", digits=2
        ),
    ]


def _pair_s(*, ours_first: bool) -> tuple[float, float]:
    """Ours and the bare one, one right after the other, so that both see the same load."""
    if ours_first:
        return _start_s(OURS), _start_s(_BARE)
    bare_s = _start_s(_BARE)
    return _start_s(OURS), bare_s


def _start_s(command: Sequence[str]) -> float:
    began = time.perf_counter()
    with running(command) as server:
        server.initialize()
        return time.perf_counter() - began
