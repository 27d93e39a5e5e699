"""A choice of calls by their facts: how they ended, how long, which way, which version, who.

A platform may not tell a fact. The choice then has three answers: yes, no, and cannot be judged; a call whose version
is unknown is neither one of version 12 nor one of another.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.call_facts import listed_facts
from call_transcripts_mcp.model import CallStatus

if TYPE_CHECKING:
    from call_transcripts_mcp.analysis.contacts import ContactQuery
    from call_transcripts_mcp.findings.call_facts import CallFacts
    from call_transcripts_mcp.model import Call

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


@dataclass(frozen=True, slots=True)
class FactFilter:
    """Chooses calls by their facts; what is None or empty does not restrict.

    Attributes:
        ended: values of `EndReason`; a call may have ended in any of these ways.
        min_duration_ms, max_duration_ms: both included; a call that nobody joined took no time.
        directions: inbound, outbound or both.
        versions: spellings of one version, see `version_spellings`.
        contact: see `contacts.contact_query`.
    """

    ended: tuple[str, ...] = ()
    min_duration_ms: int | None = None
    max_duration_ms: int | None = None
    directions: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    contact: ContactQuery | None = None

    def __bool__(self) -> bool:
        """Whether it restricts at all."""
        return self != EVERY_CALL

    @property
    def names(self) -> tuple[str, ...]:
        """The facts that it depends on."""
        asked = {
            "end reason": bool(self.ended),
            "duration": self.min_duration_ms is not None or self.max_duration_ms is not None,
            "direction": bool(self.directions),
            "version": bool(self.versions),
            "contact": self.contact is not None,
        }
        return tuple(name for name, is_asked in asked.items() if is_asked)

    def judge(self, facts: CallFacts) -> bool | None:
        """Whether a call is chosen; None when a fact that it depends on is unknown."""
        answers = [self._answer(name, facts) for name in self.names]
        return False if False in answers else None if None in answers else True

    def unknown(self, call: Call) -> tuple[str, ...]:
        """The facts that a call which cannot be judged lacks."""
        facts = listed_facts(call)
        return tuple(name for name in self.names if self._answer(name, facts) is None)

    def judge_listed(self, call: Call) -> bool | None:
        """Whether a call is chosen by what a list says of it; one that goes on has ended in no way yet."""
        if self.ended and call.status in (CallStatus.CREATED, CallStatus.ACTIVE):
            return False
        return self.judge(listed_facts(call))

    def _answer(self, name: str, facts: CallFacts) -> bool | None:
        match name:
            case "end reason":
                return facts.ended in self.ended if facts.ended else None
            case "duration":
                length = 0 if facts.duration_ms is None and facts.is_unjoined else facts.duration_ms
                return None if length is None else self._has_duration(length)
            case "direction":
                return facts.direction in self.directions if facts.direction else None
            case "version":
                return lower(facts.version) in self.versions if facts.version else None
            case _:
                return self.contact.matches(facts.contact) if self.contact and facts.contact else None

    def _has_duration(self, duration_ms: int) -> bool:
        least, most = self.min_duration_ms, self.max_duration_ms
        return (least is None or duration_ms >= least) and (most is None or duration_ms <= most)


EVERY_CALL = FactFilter()


def version_spellings(written: str) -> tuple[str, ...]:
    """How platforms may write a version, in lower case: "12" is `12`, `v12` and `version 12`."""
    text = lower(" ".join(written.split()))
    bare = text.removeprefix("version").removeprefix("v").lstrip(" .:#")
    return (bare, f"v{bare}", f"v {bare}", f"version {bare}") if bare[:1].isdecimal() else (text,)


def lower(text: str) -> str:
    """In lower case as far as ASCII goes, as every database does it."""
    return text.translate(_LOWER)
