"""Gives a space to the current key, after a check that the key may read it.

Two accounts must never see each other's calls. So the provider is asked first: if the account has a call of the space,
the space belongs to the account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from call_transcripts_mcp import connect
from call_transcripts_mcp.archive.adoption import adopt
from call_transcripts_mcp.archive.base import Selection
from call_transcripts_mcp.errors import InvalidRequestError, NotFoundError
from call_transcripts_mcp.providers import ALL
from call_transcripts_mcp.providers.accounts import platform_of, setting
from call_transcripts_mcp.text import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from call_transcripts_mcp.archive.copying import CopyProgress
    from call_transcripts_mcp.archive.ledger import Space
    from call_transcripts_mcp.cli.archive.own_archive import OwnArchive
    from call_transcripts_mcp.settings import Settings

CALLS_ASKED_FOR = 5
"""How many of the newest calls of the space are asked for; platforms delete old calls first."""


def run(
    found: Settings, archive: OwnArchive, name: str, tell: Callable[[CopyProgress], None], *, trust: bool = False
) -> tuple[Space, CopyProgress] | None:
    """Have the current key of the provider read a space.

    Args:
        found: the settings, with the key.
        archive: opened.
        name: of the space.
        tell: called after each batch.
        trust: skip the check, because the person says that it is the same account.

    Returns:
        The space, and what was moved into it; None if the key reads it already.

    Raises:
        InvalidRequestError: no such space, no key for it, the space of another account, or settings for some agents.
        ProviderError: the provider could not be asked.
        ArchiveError: it failed; nothing is lost.
    """
    if found.agents:  # else a server for some agents would find the calls of all
        raise InvalidRequestError(
            "CALL_TRANSCRIPTS_AGENTS is set, and a server for some agents keeps its calls in a space of its own. "
            "Unset it to give this space to a server for all agents."
        )
    spaces = {space.name: space for space in archive.engine.state().spaces}
    old = spaces.get(name)
    if old is None:
        known = ", ".join(one_line(space) for space in spaces) or "none"
        raise InvalidRequestError(f'"{clip(one_line(name), 60)}" is not a space of this archive. Spaces: {known}.')
    print_of_key = archive.fingerprints().get(old.provider)
    if print_of_key is None:
        variable = setting(old.provider) if platform_of(old.provider) in ALL else "its key"
        raise InvalidRequestError(f"No key of {one_line(old.provider)} is set. Set {variable}.")
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
        async with connect.open_context(found) as context:
            provider = context.library.providers[old.provider]
            for call_id in ids:
                try:
                    await provider.get_call(call_id)
                except NotFoundError:
                    continue
                return True
        return False

    if not anyio.run(knows_one):
        what = f"none of the {len(ids)} newest calls" if ids else "no call"
        raise InvalidRequestError(
            f"The account of the current {old.provider} key has {what} of {one_line(old.name)}, so it may be "
            "another account. "
            "If you are sure that it is the same account, add --same-account."
        )
