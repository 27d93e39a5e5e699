"""The command `purge`: which calls to delete, how many they are, and the deletion.

All spaces are searched, also those of keys that are not set any more, so that no call stays behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp import providers
from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.codec import millis
from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.library import references
from call_transcripts_mcp.library.known_calls import SHOWN_CANDIDATES, several, spellings
from call_transcripts_mcp.providers.accounts import platform_of
from call_transcripts_mcp.render import units
from call_transcripts_mcp.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from call_transcripts_mcp.archive.base import Engine
    from call_transcripts_mcp.archive.ledger import Space


@dataclass(frozen=True, slots=True)
class Purge:
    """What to delete.

    Attributes:
        selection: None when the archive has no space to search.
        calls: how many archived calls it selects.
        words: the selection for people: "call ultravox:0b1c...", "calls created before 2026-11-01T00:00:00Z".
        forever: whether these ids are never archived again; they need not be archived now.
    """

    selection: Selection | None
    calls: int
    words: str
    forever: bool = False

    @property
    def changes_nothing(self) -> bool:
        """Whether there is nothing to delete and no id to remember."""
        return self.selection is None or not (self.calls or self.forever)

    @property
    def question(self) -> str:
        """The question that a person must confirm."""
        archived = f"{units.count(self.calls, 'archived call')} ({self.words})"
        return f"{archived} and never archive it again" if self.forever else archived


def of_calls(engine: Engine, refs: Sequence[str]) -> Purge:
    """Single calls, which are never archived again.

    Args:
        engine: opened.
        refs: texts that name a call each, as every other command takes them.

    Raises:
        InvalidRequestError: one of them names no call, or several.
        ArchiveError: it cannot be read.
    """
    spaces = engine.state().spaces
    named = [_Named.of(ref, engine, spaces) for ref in refs]
    keys = dict.fromkeys(key for one in named for key in one.keys)
    shown = ", ".join(one.words for one in named)
    words = f"{'call' if len(refs) == 1 else 'calls'} {shown}"
    if not keys:
        return Purge(None, 0, words, forever=True)
    selection = Selection(keys=list(keys))
    return Purge(selection, engine.count(selection).calls, words, forever=True)


def of_age(engine: Engine, before: datetime | None, provider: str | None) -> Purge:
    """Calls created before a time, and those of unknown time; all calls without a time.

    Args:
        engine: opened.
        before: calls created from this moment on stay.
        provider: only calls of this provider, whichever key read them.

    Raises:
        InvalidRequestError: there is no such provider.
        ArchiveError: it cannot be read.
    """
    spaces = [space.name for space in engine.state().spaces if provider in (None, space.provider)]
    whose = f"calls of {provider}" if provider else "calls"
    words = f"{whose} created before {units.moment(before)}" if before else f"all {whose}"
    if not spaces:
        if provider is not None and platform_of(provider) not in providers.ALL:
            raise InvalidRequestError(_no_provider(provider))
        return Purge(None, 0, words)
    until_ms = None if before is None else (millis(before) or 0) - 1
    selection = Selection(spaces=spaces if provider else None, until_ms=until_ms)
    return Purge(selection, engine.count(selection).calls, words)


def carry_out(engine: Engine, purge: Purge) -> int:
    """Delete the calls, from the search index and the free pages too.

    Returns:
        How many calls were deleted.

    Raises:
        ArchiveError: it failed.
    """
    if purge.selection is None or purge.changes_nothing:
        return 0
    return engine.purge(purge.selection, forever=purge.forever)


@dataclass(frozen=True, slots=True)
class PurgeDocument:
    """`purge --json`: what a purge deleted.

    Attributes:
        calls_deleted: how many archived calls were deleted.
        selection: what was selected, in words.
        never_archived_again: whether the selected calls will never be archived again.
        damaged_files: damaged archives that were set aside and still hold calls; delete them yourself.
    """

    calls_deleted: int
    selection: str
    never_archived_again: bool
    damaged_files: tuple[str, ...]


def document(purge: Purge, deleted: int, damaged_files: Sequence[object]) -> PurgeDocument:
    """The result as an object."""
    is_blocked = purge.forever and purge.selection is not None
    return PurgeDocument(deleted, purge.words, is_blocked, tuple(map(str, damaged_files)))


def lines(purge: Purge, deleted: int) -> list[str]:
    """The result for people."""
    if purge.forever and purge.selection is None:
        return [
            f"Not archived: {purge.words}. To make sure that it never is, set the key of its provider and purge again."
        ]
    if purge.changes_nothing:
        return [f"Nothing to delete: no {purge.words.removeprefix('all ')} in the archive."]
    if not purge.forever:
        return [f"Deleted {units.count(deleted, 'call')}: {purge.words}."]
    done = f"Deleted {units.count(deleted, 'call')} for good" if deleted else "Not in the archive, and never will be"
    return [
        f"{done}: {purge.words}.",
        "A running server may still hold a call in memory that it has just shown, until it stops.",
    ]


@dataclass(frozen=True, slots=True)
class _Named:
    """What a reference names.

    Attributes:
        keys: the places in the archive where the call can be.
        words: the call for people.
    """

    keys: tuple[Key, ...]
    words: str

    @classmethod
    def of(cls, text: str, engine: Engine, spaces: Sequence[Space]) -> _Named:
        named = references.read(text, _valid_ids(spaces))
        if named.message is not None:
            raise InvalidRequestError(
                f"--call names message {named.message} of a call, and only whole calls can be deleted. To delete the "
                f"call, leave out #{named.message}."
            )
        places = named.places
        keys = _keys(places, spaces)
        if named.prefix is not None and not (keys and engine.count(Selection(keys=keys)).calls):
            starting = _starting(named.prefix, named.provider, engine, spaces)
            if len(starting) > 1 and not places:
                raise InvalidRequestError(several(starting, named.prefix))
            if not starting and not places:
                start = clip(one_line(named.prefix), 60)
                raise InvalidRequestError(f'No archived call has an id that starts with "{start}".')
            if len(starting) == 1:
                places, keys = tuple(starting), _keys(starting, spaces)
        words = ":".join(places[0]) if len(places) == 1 else places[0][1]
        return cls(tuple(keys), clip(one_line(words), 60))


def _valid_ids(spaces: Sequence[Space]) -> dict[str, Callable[[str], str | None]]:
    """By provider; an id of a provider that this version does not know is taken as it is."""
    names = dict.fromkeys([*providers.ALL, *(space.provider for space in spaces)])
    return {
        name: providers.load(name).ADAPTER.valid_id if platform_of(name) in providers.ALL else _unchanged
        for name in names
    }


def _unchanged(id_: str) -> str | None:
    return id_


def _keys(places: Sequence[tuple[str, str]], spaces: Sequence[Space]) -> list[Key]:
    return [Key(space.name, id_) for provider, id_ in places for space in spaces if space.provider == provider]


def _starting(prefix: str, provider: str | None, engine: Engine, spaces: Sequence[Space]) -> list[tuple[str, str]]:
    """The archived calls, of any key, whose id starts so."""
    asked = {space.name: space.provider for space in spaces if provider in (None, space.provider)}
    if not asked:
        return []
    found = [
        facts.key
        for start in spellings(prefix)
        for facts in engine.calls(Selection(spaces=list(asked), id_prefix=start), limit=SHOWN_CANDIDATES + 1)
    ]
    return list(dict.fromkeys((asked[key.space], key.id) for key in found))


def _no_provider(name: str) -> str:
    return f'"{clip(one_line(name), 40)}" is not a provider. Use one of: {", ".join(providers.ALL)}.'
