"""Numbers over many stored calls; a part of an engine.

What is counted is defined by `findings.summary.CallStats`, and computed in plain Python by `analysis.summary`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from call_transcripts_mcp.findings.call_facts import CallFacts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from call_transcripts_mcp.analysis.summary import GroupKey
    from call_transcripts_mcp.archive.base import Key, Selection
    from call_transcripts_mcp.findings.summary import CallStats, Dimension, Reason


@dataclass(frozen=True, slots=True)
class StoredFacts:
    """One call that is worth a look.

    Attributes:
        call: `codec.call_text`.
    """

    key: Key
    created_ms: int
    call: str
    facts: CallFacts


class SeenCause(NamedTuple):
    """Failures of one tool with one signature in the selected calls.

    Attributes:
        failures: how many.
        created_ms, key, number: of the newest call with one, the first by space and id of several: when it was created,
            which it is, and the message of its first such failure.
    """

    failures: int
    created_ms: int
    key: Key
    number: int


def facts_of_cells(cells: Sequence[Any]) -> CallFacts:
    """The facts whose fields an engine stores in their order, flags as numbers."""
    values: dict[str, Any] = {field.name: cell for field, cell in zip(fields(CallFacts), cells, strict=True)}
    for flag in ("is_unjoined", "is_transferred"):
        values[flag] = bool(values[flag])
    return CallFacts(**values)


class Summaries(Protocol):
    """The questions of this part."""

    def groups(self, selection: Selection, by: Sequence[Dimension]) -> Mapping[GroupKey, CallStats]:
        """The selected calls added up by these dimensions, as `analysis.summary.grouped` does.

        Words of agents and platforms name spaces. Calls whose facts older rules did not compute count as calls whose
        platform says nothing.
        """
        ...

    def notable(self, selection: Selection, reason: Reason, *, limit: int, least_wait_ms: int = 0) -> list[StoredFacts]:
        """Calls for which a reason holds, in the order of `analysis.notable`.

        Args:
            selection: which calls.
            reason: any but a new cause, which no call shows by itself.
            limit: how many at most.
            least_wait_ms: of a long wait.
        """
        ...

    def facts(self, keys: Collection[Key]) -> list[StoredFacts]:
        """Of these calls, newest first; those that are not stored are left out."""
        ...

    def seen_causes(self, selection: Selection) -> Mapping[tuple[str, str], SeenCause]:
        """By tool and signature, every cause of a failure in the selected calls."""
        ...
