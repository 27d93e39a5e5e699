"""What engines store of contradictions and repeated actions, of which most calls have none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SignalKind(StrEnum):
    """What a row of a signal is of."""

    CONTRADICTION = "contradiction"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class SignalRow:
    """One contradiction or repeated action.

    Attributes:
        number: of the tool call: the one that failed, or the repetition.
        tool: its name.
        detail: `codec.signal_text`, to show it as an example.
    """

    kind: SignalKind
    number: int
    tool: str
    detail: str
