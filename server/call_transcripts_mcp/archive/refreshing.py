"""Computes the rows of archived calls again, by newer rules or with stricter masking, without asking the provider.

The archive holds what a call's rows are computed from: the transcript, with the arguments and results of its tool
calls.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis import RULES_VERSION
from call_transcripts_mcp.analysis.verdicts import judged
from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.base import Selection
from call_transcripts_mcp.archive.rows import call_rows
from call_transcripts_mcp.render.foreign import AS_IT_IS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from call_transcripts_mcp.archive.base import CallRows, Engine, Key, StoredCall
    from call_transcripts_mcp.model import Transcript
    from call_transcripts_mcp.render.foreign import Foreign

logger = logging.getLogger(__name__)


def stored_transcript(stored: StoredCall) -> Transcript:
    """The transcript of a stored call, judged by the rules of this version.

    Raises:
        ValueError, KeyError, TypeError: it cannot be read.
    """
    transcript = codec.transcript_of(codec.call_of(stored.call), stored.transcript)
    if stored.rules_version >= RULES_VERSION:
        return transcript
    messages, status = transcript.messages, transcript.call.status
    return replace(transcript, tool_calls=judged(messages, status, complete=transcript.complete))


def new_rows(stored: StoredCall, foreign: Foreign = AS_IT_IS, masking: int = 0) -> CallRows:
    """The rows of a stored call, computed again. What was masked stays masked.

    Args:
        stored: as the engine gives it.
        foreign: masks on top of that.
        masking: how strictly it does, see `rows.MASKING`.

    Raises:
        ValueError, KeyError, TypeError: the call cannot be read.
    """
    rows = call_rows(stored_transcript(stored), foreign, max(masking, stored.masking))
    return replace(rows, rules_version=max(RULES_VERSION, stored.rules_version))


def refresh(engine: Engine, keys: Iterable[Key], foreign: Foreign = AS_IT_IS, masking: int = 0) -> None:
    """Compute the rows of these calls again, in one transaction for each space. Blocks.

    A call that cannot be read is removed, since it would stay outdated forever; it is read from the provider when it is
    needed.

    Raises:
        ArchiveError: the engine failed; calls that were replaced before that stay replaced.
    """
    rows: dict[str, list[CallRows]] = {}
    unreadable: list[Key] = []
    for key in keys:
        stored = engine.transcript(key)
        if stored is None:
            continue
        try:
            rows.setdefault(key.space, []).append(new_rows(stored, foreign, masking))
        except Exception:
            logger.exception(
                "the rows of an archived call could not be computed; it is removed and read again when needed"
            )
            unreadable.append(key)
    for space, calls in rows.items():
        engine.replace(space, calls)
    if unreadable:
        engine.purge(Selection(keys=unreadable))
