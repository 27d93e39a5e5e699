"""The facts of one call that are counted: how it went, and where to look in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallFacts:
    """The facts of one call. A text is "", and a number None, if the platform does not say, or there is no such thing.

    Attributes:
        ended: an `EndReason`'s value.
        is_unjoined: the call ended before anybody joined or answered.
        duration_ms: from start to end.
        direction: inbound, outbound, or the platform's other word in lower case.
        version: of the agent's definition.
        contact: in a comparable form, see `analysis.contacts`; "" where it is masked.
        is_transferred: it was handed to somebody else.
        success: the platform's own judgement, in its own words.
        cost_micros: what it cost, in millionths of `cost_unit`.
        unrecovered_at: the message of the last tool call that failed and did not succeed later.
        contradiction_at: of the first failed tool call after which the agent claimed success.
        repeated_at: of the first action that was done again after it had succeeded.
        failed_run: how many tool calls failed one after the other, at most.
        failed_run_at: the message of the first of these; None unless there are at least two.
        wait_ms: the caller's longest wait around a tool call.
        wait_at: the message of that tool call.
    """

    ended: str = ""
    is_unjoined: bool = False
    duration_ms: int | None = None
    direction: str = ""
    agent_name: str = ""
    version: str = ""
    contact: str = ""
    is_transferred: bool = False
    success: str = ""
    cost_micros: int | None = None
    cost_unit: str = ""
    unrecovered_at: int | None = None
    contradiction_at: int | None = None
    repeated_at: int | None = None
    failed_run: int = 0
    failed_run_at: int | None = None
    wait_ms: int | None = None
    wait_at: int | None = None


NO_FACTS = CallFacts()
"""The facts of a call about which nothing is known."""
