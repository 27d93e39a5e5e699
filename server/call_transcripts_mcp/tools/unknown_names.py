"""Suggestions for a reader who named an unknown agent or tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from call_transcripts_mcp.names import did_you_mean, folded, nearest
from call_transcripts_mcp.tools.filters import agent_of
from call_transcripts_mcp.tools.values import MARKS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.tools.base import ToolContext

SHOWN = 8


def unknown(kind: str, name: str, known: Collection[str], foreign: Foreign) -> str | None:
    """A note: No agent like "bokng" is known. Did you mean Booking? Known agents: Booking, Clinic.

    Args:
        kind: agent or tool.
        name: as it was sent.
        known: the known names.
        foreign: masks and folds text from calls.

    Returns:
        None if the name is known, or if there are no known names.
    """
    if not known or (_is_of(name, known) and (kind != "tool" or folded(name) in map(folded, known))):
        return None  # part of the name will do for an agent alone
    near = nearest(name, known)
    names = [*near, *sorted(set(known) - set(near))]
    shown = ", ".join(foreign.name(one) for one in names[:SHOWN])
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    parts = [part for part in MARKS.split(name) if part.strip()]
    hint = did_you_mean([foreign.name(one) for one in near])
    if len(parts) > 1 and any(_is_of(part, known) for part in parts):
        hint = f"One {kind} at a time: ask once for each of {', '.join(map(foreign.name, parts))}."
    return " ".join(
        part
        for part in (f"No {kind} like {foreign.name(name)} is known.", hint, f"Known {kind}s: {shown}{more}.")
        if part
    )


def _is_of(name: str, known: Collection[str]) -> bool:
    return any(name.strip().casefold() in one.casefold() for one in known)


async def note_unknown(context: ToolContext, *, agent: str | None, tools: Sequence[str] = ()) -> None:
    """Add notes with known names, for an answer without calls or hits."""
    if not agent and not tools:
        return
    known = await context.library.known_names()
    is_known_id = folded(agent_of(agent)[1] or "") in map(folded, known.agent_ids)
    asked = [
        ("agent", "" if is_known_id else agent or "", known.agents),
        *(("tool", tool, known.tools) for tool in tools),
    ]
    for kind, name, names in asked:
        if name and (sentence := unknown(kind, name, names, context.foreign)):
            context.notes.append(sentence)
