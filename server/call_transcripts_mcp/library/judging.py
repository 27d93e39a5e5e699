"""Our own filter over the calls of a list. Where a list does not tell enough, an archived call may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.base import Key, Selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.archive.archive import Archive, OpenArchive
    from call_transcripts_mcp.library.filter import Judge
    from call_transcripts_mcp.model import Call


@dataclass(frozen=True, slots=True)
class PageFilter:
    """Judges pages of lists.

    Attributes:
        judge: judges one call.
        archive: is asked about the calls that a list tells too little of; None when it is turned off.
    """

    judge: Judge
    archive: Archive | None = None

    async def __call__(self, calls: Sequence[Call]) -> dict[str, bool | None]:
        """By ref, whether each call of a page is wanted; None when nobody knows."""
        answers = {call.ref: self.judge(call) for call in calls}
        unknown = [call for call in calls if answers[call.ref] is None]
        if self.archive is not None and unknown:
            for archived in await self.archive.try_query(lambda opened: _archived(opened, unknown)) or ():
                answers[archived.ref] = self.judge(archived)
        return answers


def _archived(opened: OpenArchive, calls: Sequence[Call]) -> list[Call]:
    """Those of these calls that are archived, as they were read."""
    keys = [Key(opened.spaces[call.provider], call.id) for call in calls if call.provider in opened.spaces]
    found = opened.engine.calls(Selection(keys=keys)) if keys else []
    return list(map(opened.call_of, found))
