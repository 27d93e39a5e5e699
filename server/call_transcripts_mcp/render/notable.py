"""The calls to look at: a line each, with every reason in words and where to look."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from call_transcripts_mcp.findings.summary import Reason
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import handle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.findings.summary import NotableCall, Sign
    from call_transcripts_mcp.render.answer import Lines
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.voice import Voice

SIGNATURE_LIMIT = 80
_FEW = 2
"""More for one reason are listed only if more are asked for."""


def notable_lines(answer: Lines, calls: Sequence[NotableCall], foreign: Foreign, voice: Voice) -> str:
    """Add as many calls as fit; what was left out, in words."""
    if not calls:
        return ""
    lines = [notable_line(one, foreign) for one in calls]
    read = f"read with {voice.tool('list_call_messages')}, {voice.argument('around')}=number"
    most = max(Counter(one.signs[0].reason for one in calls).values())
    few = ", at most two for one reason" if most <= _FEW else ""
    heading = f"Calls to look at{few} ({read}):"
    if not answer.fits(heading, lines[0]):
        return units.count(len(calls), "call") + " to look at"
    answer.add(heading)
    added = 0
    for line in lines:
        if not answer.fits(line):
            break
        answer.add(line)
        added += 1
    return units.count(len(calls) - added, "call") + " to look at" if added < len(calls) else ""


def notable_line(one: NotableCall, foreign: Foreign) -> str:
    """`ultravox:0b1c... #40: hung up after a failure not recovered; 4 failures in a row #36`."""
    first, *others = one.signs
    where = f" #{first.number}" if first.number is not None else ""
    more = "".join(f"; {sign_words(sign, foreign, in_short=True)}{_at(sign, first)}" for sign in others)
    return f"- {handle(one.call, foreign)}{where}: {sign_words(first, foreign)}{more}"


def sign_words(sign: Sign, foreign: Foreign, *, in_short: bool = False) -> str:
    """A reason with what its words leave open."""
    match sign.reason:
        case Reason.NEW_CAUSE if not in_short:
            count = units.count(round(sign.amount), "failure")
            signature = foreign.column(sign.signature, SIGNATURE_LIMIT, labelled=False)
            return f"{sign.reason}: {foreign.name(sign.tool or 'unnamed tool')}, {signature} ({count})"
        case Reason.FAILURES_IN_A_ROW:
            return f"{round(sign.amount)} {sign.reason}"
        case Reason.LONG_WAIT:
            return f"{sign.reason} of {units.latency(sign.amount)}"
        case _:
            return sign.reason.value


def _at(sign: Sign, first: Sign) -> str:
    return f" #{sign.number}" if sign.number not in (None, first.number) else ""
