"""The archive of the settings, as the archive commands use it: opened at once, with all its spaces.

The tools use `archive.archive` instead: it serves the accounts of the current keys, and the tools work without it too.
These commands need an archive, see every space, and work without a key.
"""

from __future__ import annotations

import glob
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from call_transcripts_mcp import connect
from call_transcripts_mcp.archive.opening import open_engine
from call_transcripts_mcp.archive.spaces import bind_space, fingerprint
from call_transcripts_mcp.errors import ArchiveError
from call_transcripts_mcp.settings import file_of

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from call_transcripts_mcp.archive.base import Engine
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.settings import Settings


@dataclass(frozen=True, slots=True)
class OwnArchive:
    """An open archive.

    Attributes:
        set_aside: damaged files beside it that were set aside; they still hold calls.
        identities: by provider, the text that the fingerprint of the current key is made of; empty without a key.
    """

    engine: Engine
    identities: Mapping[str, str]
    foreign: Foreign
    set_aside: tuple[Path, ...]

    def fingerprints(self) -> dict[str, str]:
        """The fingerprint of the current key of each provider."""
        salt = self.engine.salt()
        return {provider: fingerprint(identity, salt) for provider, identity in self.identities.items()}

    def spaces(self) -> dict[str, str]:
        """The space that the current key of each provider reads; a key that was never used has none yet."""
        found = {provider: self.engine.space_of(print_of_key) for provider, print_of_key in self.fingerprints().items()}
        return {provider: space for provider, space in found.items() if space is not None}

    def open_spaces(self) -> None:
        """Make a space for every current key, as the first archived call would."""
        for provider, identity in self.identities.items():
            bind_space(self.engine, provider, identity)


@contextmanager
def opened(found: Settings) -> Generator[OwnArchive]:
    """The archive of the settings, closed at the end.

    Raises:
        ArchiveError: it is turned off, or cannot be opened.
    """
    url = found.archive_url
    if url is None:
        raise ArchiveError("is turned off", "Unset CALL_TRANSCRIPTS_ARCHIVE, or set it to a URL.")
    identities = connect.identities_of(found, found.accounts)
    with closing(open_engine(url)) as engine:
        yield OwnArchive(engine, identities, connect.foreign_of(found), _set_aside(url))


def _set_aside(url: str) -> tuple[Path, ...]:
    parts = urlsplit(url)
    if parts.scheme != "sqlite":
        return ()
    file = file_of(parts.path)
    return tuple(sorted(file.parent.glob(f"{glob.escape(file.name)}.damaged-*")))
