"""Forgetting for good: what a request to forget means, how many calls that is, and doing it.

All spaces are looked at, those of keys that are no longer set too: what is to be forgotten must not hide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp import providers
from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.codec import millis
from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.render import units
from call_transcripts_mcp.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from call_transcripts_mcp.archive.base import Engine, Space


@dataclass(frozen=True, slots=True)
class Purge:
    """What is to be forgotten.

    Attributes:
        selection: None when there is nowhere to look.
        calls: how many are kept of it.
        words: the same for people: "call ultravox:0b1c...", "calls created before 2026-11-01T00:00:00Z".
        forever: these ids are never kept again, whether they are kept now or not.
    """

    selection: Selection | None
    calls: int
    words: str
    forever: bool = False

    @property
    def changes_nothing(self) -> bool:
        """Whether there is nothing to be forgotten, nor to be remembered as never to be kept."""
        return self.selection is None or not (self.calls or self.forever)

    @property
    def question(self) -> str:
        """What a person is asked about."""
        kept = f"{units.count(self.calls, 'kept call')} ({self.words})"
        return f"{kept}, and never keep what was named again" if self.forever else kept


def of_calls(engine: Engine, refs: Sequence[str]) -> Purge:
    """Single calls, for ever.

    Args:
        engine: opened.
        refs: `provider:id`, or bare ids, which may be of any provider.

    Raises:
        InvalidRequestError: one of them can be no id.
        ArchiveError: it cannot be read.
    """
    spaces = engine.state().spaces
    keys = {key: None for ref in refs for key in _keys(ref, spaces)}
    shown = ", ".join(clip(one_line(ref), 60) for ref in refs)
    words = f"{'call' if len(refs) == 1 else 'calls'} {shown}"
    if not keys:
        return Purge(None, 0, words, forever=True)
    selection = Selection(keys=list(keys))
    return Purge(selection, engine.count(selection).calls, words, forever=True)


def of_age(engine: Engine, before: datetime | None, provider: str | None) -> Purge:
    """Calls by when they were created, those of unknown time among them; all of them without a time.

    Args:
        engine: opened.
        before: the first moment that stays.
        provider: of this one alone, whichever key its calls were read with.

    Raises:
        InvalidRequestError: there is no such provider.
        ArchiveError: it cannot be read.
    """
    spaces = [space.name for space in engine.state().spaces if provider in (None, space.provider)]
    whose = f"calls of {provider}" if provider else "calls"
    words = f"{whose} created before {units.moment(before)}" if before else f"all {whose}"
    if not spaces:
        if provider is not None and provider not in providers.ALL:
            raise InvalidRequestError(_no_provider(provider))
        return Purge(None, 0, words)
    until_ms = None if before is None else (millis(before) or 0) - 1
    selection = Selection(spaces=spaces if provider else None, until_ms=until_ms)
    return Purge(selection, engine.count(selection).calls, words)


def carry_out(engine: Engine, purge: Purge) -> int:
    """Forget; in the search index and in free pages too.

    Returns:
        How many calls were forgotten.

    Raises:
        ArchiveError: it failed.
    """
    if purge.selection is None or purge.changes_nothing:
        return 0
    return engine.purge(purge.selection, forever=purge.forever)


def told(purge: Purge, forgotten: int) -> list[str]:
    """What came of it."""
    if purge.forever and purge.selection is None:
        nothing = f"Nothing is kept of {purge.words}, and nothing can be remembered as never to be kept"
        return [f"{nothing}: no key of its provider is set. Set it, and purge again."]
    if purge.changes_nothing:
        return [f"Nothing is kept of {purge.words}; nothing to forget."]
    if not purge.forever:
        return [f"Forgot {units.count(forgotten, 'call')}: {purge.words}."]
    done = f"Forgot {units.count(forgotten, 'call')}" if forgotten else "Nothing was kept"
    return [
        f"{done}: {purge.words}. Never to be kept again.",
        "A server that runs may hold a call that it has just shown in memory; that ends with the server.",
    ]


def _keys(ref: str, spaces: Sequence[Space]) -> list[Key]:
    """Where a call may be kept."""
    name, colon, rest = ref.strip().partition(":")
    provider, text = (name.lower(), rest.strip()) if colon else (None, name)
    if provider is not None and provider not in {*providers.ALL, *(space.provider for space in spaces)}:
        raise InvalidRequestError(_no_provider(provider))
    if not any(_valid_id(one, text) for one in ([provider] if provider else providers.ALL)):
        shown = clip(one_line(ref), 60)
        raise InvalidRequestError(f'"{shown}" is not a call. Give provider:id as `calls` prints it, or a bare UUID.')
    return [
        Key(space.name, valid)
        for space in spaces
        if provider in (None, space.provider) and (valid := _valid_id(space.provider, text))
    ]


def _valid_id(provider: str, text: str) -> str | None:
    """The id as it is kept; as it is of a provider that this version does not know."""
    return providers.load(provider).ADAPTER.valid_id(text) if provider in providers.ALL else text


def _no_provider(name: str) -> str:
    return f'"{clip(one_line(name), 40)}" is not a provider. Use one of: {", ".join(providers.ALL)}.'
