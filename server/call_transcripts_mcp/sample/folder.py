"""The folder that holds the archive of the sample calls; it is removed when the process ends, whatever ends it."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name))
_ATTEMPTS = 5


@contextmanager
def temporary_folder() -> Generator[Path]:
    """A folder that is removed when the context closes, or when a signal ends the process first."""
    with tempfile.TemporaryDirectory(prefix="call-transcripts-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with _removed_by_signals(folder):
            yield folder


@contextmanager
def _removed_by_signals(folder: Path) -> Generator[None]:
    """Remove the folder, then let the signal act as before; signals that are ignored or raise are left alone."""
    left_alone = (signal.SIG_IGN, signal.default_int_handler, None)
    before = {number: handler for number in _SIGNALS if (handler := signal.getsignal(number)) not in left_alone}

    def handle(number: int, frame: FrameType | None) -> None:
        _remove(folder)
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)
        else:
            signal.signal(number, handler)
            os.kill(os.getpid(), number)

    if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
        yield
        return
    for number in before:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _remove(folder: Path) -> None:
    """Remove the folder; several attempts, because a thread may still be writing into it."""
    for _ in range(_ATTEMPTS):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
