"""The rows of contradictions and repeated actions; most calls have none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SignalKind(StrEnum):
    """Which kind of signal a row is."""

    CONTRADICTION = "contradiction"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class SignalRow:
    """One contradiction or repeated action.

    Attributes:
        number: of the tool call that failed, or of the repetition.
        tool: its name.
        detail: `codec.detail_text`, to show it as an example.
    """

    kind: SignalKind
    number: int
    tool: str
    detail: str
