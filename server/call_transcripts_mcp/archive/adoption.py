"""Gives the space of an old key to the new key of the same account. Calls that the new key read are moved into it.

It can be interrupted at any moment and repeated: the key opens the old space only after everything has been moved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.base import Selection
from call_transcripts_mcp.archive.copying import CopyProgress, copy_space

if TYPE_CHECKING:
    from collections.abc import Callable

    from call_transcripts_mcp.archive.base import Engine
    from call_transcripts_mcp.archive.ledger import Space


def adopt(
    engine: Engine, old: Space, own: Space | None, print_of_key: str, tell: Callable[[CopyProgress], None]
) -> CopyProgress:
    """Make a key open an old space.

    Args:
        engine: holds both.
        old: the space to open.
        own: the space that the key opened until now; None when there is none. It is empty afterwards.
        print_of_key: the key's fingerprint.
        tell: called after each batch.

    Raises:
        ArchiveError: it failed; nothing is lost, and it can be repeated.
    """
    moved = CopyProgress(total=own.calls if own is not None else 0)
    if own is not None:
        copy_space(engine, engine, own, into=old.name, count=moved, tell=tell)
        engine.purge(Selection(spaces=[own.name]))
    engine.bind(print_of_key, old.name, old.provider)
    return moved
