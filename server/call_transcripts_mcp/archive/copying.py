"""Copies calls from one archive, or one space, to another, of any engine. A copy can be stopped at any moment.

Each batch is complete, and calls that the target holds are not copied again, so the next copy continues where the
last one stopped. Rows are computed again from the transcripts, by the rules of this version, and stay masked as they
were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.base import Key, LinePosition, Selection
from call_transcripts_mcp.archive.coverage import subtract
from call_transcripts_mcp.archive.refreshing import new_rows
from call_transcripts_mcp.archive.rows import MASKING
from call_transcripts_mcp.archive.spaces import fingerprint
from call_transcripts_mcp.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from call_transcripts_mcp.archive.base import CallRows, Engine, Facts
    from call_transcripts_mcp.archive.ledger import Interval, Space

PAGE_CALLS = 100
BATCH_MESSAGES = 5_000
STRICTEST = max(MASKING.values())


@dataclass(slots=True)
class CopyProgress:
    """The progress of a copy.

    Attributes:
        total: calls in the source at the beginning.
        copied: calls that were copied.
        there: calls that the target already held, or that were purged forever there.
        unreadable: calls that this version cannot read; the provider is asked for them when they are needed.
        never: ids of calls that were purged forever.
    """

    total: int = 0
    copied: int = 0
    there: int = 0
    unreadable: int = 0
    never: int = 0

    @property
    def done(self) -> int:
        """Calls that were processed."""
        return self.copied + self.there + self.unreadable


def copy_archive(
    source: Engine, target: Engine, identities: Mapping[str, str], tell: Callable[[CopyProgress], None]
) -> CopyProgress:
    """Copy everything that the target lacks: calls, coverage, and the ids that were purged forever.

    Args:
        source: is only read.
        target: may already hold calls, of the same or other accounts.
        identities: by provider, what `spaces.fingerprint` is made of; these keys open in the target what they open
            in the source.
        tell: called after each batch.

    Raises:
        ArchiveError: one of them failed, or they are the same archive; the calls copied so far are kept.
    """
    state = source.state()
    if state.place == target.state().place:
        raise ArchiveError("is both source and target", "Give another target.")
    homes = _homes(source, target, identities, state.spaces)
    count = CopyProgress(total=sum(space.calls for space in state.spaces))
    for space in state.spaces:
        copy_space(source, target, space, into=homes[space.name], count=count, tell=tell)
    return count


def _homes(source: Engine, target: Engine, identities: Mapping[str, str], spaces: tuple[Space, ...]) -> dict[str, str]:
    """By the name of each space, its name in the target; it is created there if it is new.

    The name stays the same, unless the current key opens another space there: one key has one space.
    """
    homes = {space.name: space.name for space in spaces}
    source_salt, target_salt = source.salt(), target.salt()
    opened: set[str] = set()
    for provider, identity in identities.items():
        own = source.space_of(fingerprint(identity, source_salt))
        if own not in homes:
            continue
        opened.add(own)
        print_there = fingerprint(identity, target_salt)
        there = target.space_of(print_there)
        if there is None:
            target.bind(print_there, own, provider)
        else:
            homes[own] = there
    for space in spaces:
        if space.name not in opened:
            # Its key is not configured, so it cannot be hashed with the target's salt. No key has this fingerprint.
            target.bind(f"space:{space.name}", space.name, space.provider)
    return homes


def copy_space(
    source: Engine,
    target: Engine,
    space: Space,
    *,
    into: str,
    count: CopyProgress,
    tell: Callable[[CopyProgress], None],
) -> None:
    """Copy one space: its calls, newest first, then the ids that were purged forever, and last its coverage.

    Args:
        source: is only read.
        target: may be the source itself, with another space.
        space: as it was at the beginning, so that its coverage claims no more than was copied.
        into: the space's name in the target.
        count: is updated.
        tell: called after each batch.

    Raises:
        ArchiveError: one of them failed.
    """
    copying = _Copying(source, target, into, count)
    before: LinePosition | None = None
    while facts := source.calls(Selection(spaces=[space.name]), before=before, limit=PAGE_CALLS):
        for one in facts:
            copying.take(one)
        copying.put()
        tell(count)
        before = LinePosition(facts[-1].created_ms, facts[-1].key.id)
    copying.forbid(_never(source, space.name))
    covered = space.covered
    for at_ms in copying.lost_ms:
        covered = subtract(covered, (at_ms, at_ms))
    copying.put(covered)


class _Copying:
    """The copy of one space."""

    def __init__(self, source: Engine, target: Engine, into: str, count: CopyProgress) -> None:
        self.lost_ms: list[int] = []
        self._source = source
        self._target = target
        self._into = into
        self._count = count
        self._held: dict[int, set[str]] = {}
        self._depends_on: dict[str, int] = {}
        self._rows: list[CallRows] = []
        self._messages = 0

    def take(self, facts: Facts) -> None:
        """Copy a call with the next batch, if the target lacks it."""
        if facts.created_ms:
            self._depends_on[facts.key.id] = facts.created_ms
        if facts.key.id in self._ids_held(facts.masking):
            self._count.there += 1
            return
        kept = self._source.transcript(facts.key)
        if kept is None:  # forgotten since it was listed
            self._count.there += 1
            return
        try:
            rows = new_rows(kept)
        except (ValueError, KeyError, TypeError):  # written by a version that this one cannot read
            self._count.unreadable += 1
            self.lost_ms.append(facts.created_ms)
            return
        self._rows.append(rows)
        self._messages += rows.message_count
        if self._messages >= BATCH_MESSAGES:
            self.put()

    def put(self, covered: tuple[Interval, ...] = ()) -> None:
        """Write the batch."""
        if self._rows or covered:
            self._target.put(self._into, self._rows, covered, self._depends_on if covered else {})
        self._count.copied += len(self._rows)
        self._rows = []
        self._messages = 0

    def forbid(self, ids: set[str]) -> None:
        """Purge these ids forever in the target too."""
        if ids:
            self._target.purge(Selection(keys=[Key(self._into, id_) for id_ in sorted(ids)]), forever=True)
            self._count.never += len(ids)

    def _ids_held(self, masking: int) -> set[str]:
        """Ids that the target does not need, when they are masked like this."""
        if masking not in self._held:
            self._held[masking] = self._target.kept_ids(self._into, None, None, masking=masking, forgotten=True)
        return self._held[masking]


def _never(engine: Engine, space: str) -> set[str]:
    """Ids that were purged forever.

    They are read between two reads of the stored ids, since calls may be stored or purged in the meantime.
    """
    before = engine.kept_ids(space, None, None, masking=STRICTEST)
    named = engine.kept_ids(space, None, None, masking=STRICTEST, forgotten=True)
    return named - before - engine.kept_ids(space, None, None, masking=STRICTEST)
