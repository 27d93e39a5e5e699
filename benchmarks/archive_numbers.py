"""What a whole answer of `summarize_calls` over an archive costs: the list, the numbers, and the calls to look at.

The provider is an object that lists the archived calls without delay, so only our own work is measured.
"""

from __future__ import annotations

import gc
import time
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, ClassVar

import anyio

from archive_fleet import DAYS, PROVIDERS, TOOL, UNTIL, made_calls, moment_ms
from call_transcripts_mcp.archive.codec import moment
from call_transcripts_mcp.errors import NotFoundError
from call_transcripts_mcp.library.library import Library
from call_transcripts_mcp.model import Coverage
from call_transcripts_mcp.providers.base import CallPage, Provider
from call_transcripts_mcp.providers.pace import Limits, Pace
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.render.voice import MODEL
from call_transcripts_mcp.tools.base import ToolContext
from call_transcripts_mcp.tools.summarize_calls import SummarizeCallsArguments, find, say
from figures import Figure

if TYPE_CHECKING:
    from datetime import datetime

    from call_transcripts_mcp.archive.archive import Archive
    from call_transcripts_mcp.model import Call, Stage
    from call_transcripts_mcp.providers.base import CallQuery, Progress, Reading

ANSWER_MS = 150
ROUNDS = 9
_QUESTIONS: dict[str, dict[str, object]] = {
    "by day": {"group_by": ["day"]},
    "by tool": {"group_by": ["tool"]},
    "by agent and tool": {"group_by": ["agent", "tool"]},
    "by day and hour": {"group_by": ["day", "hour"]},
    "by day and tool": {"group_by": ["day", "tool"]},
    "by tool, of the calls that used one": {"group_by": ["tool"], "tool": TOOL},
    "by tool, of half the days against the other half": {
        "group_by": ["tool"],
        "compare": "previous",
        "since": str(moment(moment_ms(DAYS / 2))),
    },
}


@dataclass(slots=True)
class _Lister(Provider):
    """Lists calls, newest first; a cursor is the place of the next one. All of them are archived, so none is read."""

    name: str  # pyright: ignore[reportIncompatibleVariableOverride] - of the object here, since there are two
    calls: list[Call] = field(default_factory=list["Call"])
    pace: Pace = field(default_factory=lambda: Pace(Limits(at_first=8, at_most=8)))
    coverage: ClassVar[Coverage] = Coverage()
    names_agents: ClassVar[bool] = True
    finds_every_agent: ClassVar[bool] = True

    @staticmethod
    def agent_id(text: str) -> str | None:
        return text

    @staticmethod
    def valid_id(text: str) -> str | None:
        return text

    async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
        first = bisect_left(self.calls, _age(query.until), key=_age_of) if query.until else 0
        last = bisect_right(self.calls, _age(query.since), key=_age_of) if query.since else len(self.calls)
        start = first + int(cursor or 0)
        end = min(start + limit, last)
        return CallPage(tuple(self.calls[start:end]), str(end - first) if end < last else None)

    async def get_call(self, call_id: str) -> Call:
        raise self._not_read(call_id)

    async def list_stages(self, call: Call) -> tuple[Stage, ...]:
        raise self._not_read(call.id)

    async def read_messages(
        self,
        call: Call,
        *,
        stage: Stage | None = None,  # noqa: ARG002 - the protocol's
        progress: Progress | None = None,  # noqa: ARG002
    ) -> Reading:
        raise self._not_read(call.id)

    def _not_read(self, call_id: str) -> NotFoundError:
        return NotFoundError(self.name, f"has no messages of {call_id}", "It is to be archived.")


async def answers(archive: Archive, messages: int) -> list[Figure]:
    """The time of each answer over an archive with this many messages."""
    listers = {name: _Lister(name) for name in PROVIDERS}
    for provider, made in made_calls(messages):
        listers[provider].calls.append(made.call)
    foreign = Foreign(redactor("secrets"))
    library = Library(listers, archive=archive, mask=foreign.masked_payload)
    context = ToolContext(library, foreign, _no_progress)
    gc.collect()
    gc.freeze()  # a real platform's calls are no objects of this process, so collecting garbage does not look at them
    window = {"since": str(moment(moment_ms(DAYS))), "until": str(UNTIL)}
    found: list[Figure] = []
    for name, asked in _QUESTIONS.items():
        arguments = SummarizeCallsArguments.model_validate(window | asked)
        took_s: list[float] = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            summary = await find(arguments, context)
            say(summary, arguments, foreign, MODEL)
            took_s.append(time.perf_counter() - began)
            if not summary.window.totals.calls or summary.window.unread:
                raise RuntimeError("the archive lacks calls")
        found.append(Figure(f"summarize_calls over {DAYS} days, {name}", median(took_s[1:]) * 1000, ANSWER_MS, "ms"))
    return found


def _age(moment: datetime) -> float:
    return -moment.timestamp()


def _age_of(call: Call) -> float:
    return -call.created_at.timestamp() if call.created_at else 0.0


async def _no_progress(_done: float, _total: float | None, _words: str) -> None:
    await anyio.lowlevel.checkpoint()
