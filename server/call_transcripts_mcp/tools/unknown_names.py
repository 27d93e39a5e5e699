"""What to tell a reader who named an agent or a tool that does not occur: the nearest names that do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from call_transcripts_mcp.names import did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Collection

    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.tools.base import ToolContext

SHOWN = 8


def unknown(kind: str, name: str, known: Collection[str], foreign: Foreign) -> str | None:
    """A sentence: No agent like "bokng" is known. Did you mean Booking? Known agents: Booking, Clinic.

    Args:
        kind: agent or tool.
        name: as it was sent.
        known: the names that occur.
        foreign: the way of foreign text into an answer.

    Returns:
        None when the name occurs, or when no name is known.
    """
    if not known or any(name.strip().casefold() in one.casefold() for one in known):
        return None
    near = nearest(name, known)
    names = [*near, *sorted(set(known) - set(near))]
    shown = ", ".join(foreign.name(one) for one in names[:SHOWN])
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    hint = did_you_mean([foreign.name(one) for one in near])
    return " ".join(
        part
        for part in (f"No {kind} like {foreign.name(name)} is known.", hint, f"Known {kind}s: {shown}{more}.")
        if part
    )


async def note_unknown(context: ToolContext, *, agent: str | None, tool: str | None = None) -> None:
    """Tell the reader of an answer without calls or hits which names do occur."""
    if not agent and not tool:
        return
    known = await context.library.known_names()
    for kind, name, names in (("agent", agent, known.agents), ("tool", tool, known.tools)):
        if name and (sentence := unknown(kind, name, names, context.foreign)):
            context.notes.append(sentence)
