"""Whether a key may take over a space, and having it do so: the command after a key was changed.

Two accounts must never see each other's calls, so the provider is asked first: an account that knows one of the
space's calls is the account they came from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from call_transcripts_mcp import connect
from call_transcripts_mcp.archive.adoption import adopt
from call_transcripts_mcp.archive.base import Selection
from call_transcripts_mcp.errors import InvalidRequestError, NotFoundError
from call_transcripts_mcp.providers import ALL
from call_transcripts_mcp.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from call_transcripts_mcp.archive.base import Space
    from call_transcripts_mcp.archive.copying import CopyProgress
    from call_transcripts_mcp.cli.archive.own_archive import OwnArchive
    from call_transcripts_mcp.settings import Settings

CALLS_ASKED_FOR = 5
"""Newest calls of the space; platforms forget old ones first."""


def run(
    found: Settings, archive: OwnArchive, name: str, tell: Callable[[CopyProgress], None], *, trust: bool = False
) -> tuple[Space, CopyProgress] | None:
    """Have the present key of a space's provider open it.

    Args:
        found: the settings, with the key.
        archive: opened.
        name: of the space.
        tell: called after each batch.
        trust: take the person's word that it is the same account.

    Returns:
        The space, and what was moved into it; None when the key opens it already.

    Raises:
        InvalidRequestError: there is no such space, no key for it, or it is another account's.
        ProviderError: the provider could not be asked.
        ArchiveError: it failed; nothing is lost.
    """
    spaces = {space.name: space for space in archive.engine.state().spaces}
    old = spaces.get(name)
    if old is None:
        known = ", ".join(one_line(space) for space in spaces) or "none"
        raise InvalidRequestError(f'"{clip(one_line(name), 60)}" is not a space of this archive. There are: {known}.')
    print_of_key = archive.fingerprints().get(old.provider)
    if print_of_key is None:
        variable = f"{old.provider.upper()}_API_KEY" if old.provider in ALL else "its key"
        raise InvalidRequestError(f"No key of {one_line(old.provider)} is set. Set {variable} to the key to open it.")
    own_name = archive.engine.space_of(print_of_key)
    if own_name == old.name:
        return None
    if not trust:
        newest = archive.engine.calls(Selection(spaces=[old.name]), limit=CALLS_ASKED_FOR)
        _check_account(found, old, [facts.key.id for facts in newest])
    own = spaces.get(own_name) if own_name is not None else None
    return old, adopt(archive.engine, old, own, print_of_key, tell)


def _check_account(found: Settings, old: Space, ids: Sequence[str]) -> None:
    async def knows_one() -> bool:
        async with connect.open_desk(found) as desk:
            provider = desk.library.providers[old.provider]
            for call_id in ids:
                try:
                    await provider.get_call(call_id)
                except NotFoundError:
                    continue
                return True
        return False

    if not anyio.run(knows_one):
        what = f"none of the {len(ids)} newest calls" if ids else "no call, and none is there to ask for"
        raise InvalidRequestError(
            f"The present key of {old.provider} knows {what} of {one_line(old.name)}, so it may be another account's. "
            "If you are sure that it is the same account, add --same-account."
        )
