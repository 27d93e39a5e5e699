"""Whether time grows with a text's length and not with its square: the one thing about time that tests assert.

How fast things are is measured by `make bench`. Here the processor time of one thread counts, the best of several
runs, and a machine that is busy gets further tries; what is quadratic fails every one of them.
"""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

GRAIN_S = 0.004  # below this the clock's grain and the first touch of memory are what is measured
TRIES = 4


def assert_grows_no_faster(prepare: Callable[[int], Callable[[], object]], small: int, large: int) -> None:
    """Run both sizes; between linear (`large / small`) and quadratic, the bound is half way.

    Args:
        prepare: given a size, what to time.
        small, large: the sizes.
    """
    bound = (large / small) ** 1.5
    ratios: list[float] = []
    for _ in range(TRIES):
        ratios.append(_best_s(prepare(large)) / max(_best_s(prepare(small)), GRAIN_S))
        if ratios[-1] < bound:
            return
    raise AssertionError(f"{large / small:.0f} times the size took {ratios} times as long")


def _best_s(run: Callable[[], object]) -> float:
    times: list[float] = []
    gc.disable()  # the collector would look through all that a session of tests holds, the more often the larger
    try:
        for _ in range(3):
            began = time.thread_time()
            run()
            times.append(time.thread_time() - began)
    finally:
        gc.enable()
    return min(times)
