"""What a provider is: the whole protocol, on one screen.

A provider's module holds a class that fulfils `Provider` and is called `ADAPTER`; it only builds paths and
parameters and parses answers into the model. Fetching, retries and limits are `fetch.Api`'s, judging is
`analysis`'s, text is `render`'s.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from call_transcripts_mcp.model import Call, Coverage, Message, Stage
    from call_transcripts_mcp.providers.http import Api
    from call_transcripts_mcp.providers.pace import Limits, Pace

    Progress = Callable[[int, int | None], Awaitable[None]]
    """Told after each page: messages read so far, and how many there are when the provider says so."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CallQuery:
    """Which calls to list, newest first. Times are aware; both ends count by when the call was created."""

    since: datetime | None = None
    until: datetime | None = None
    agent_id: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class CallPage:
    """One page of calls.

    Attributes:
        cursor: for the next page; None at the end.
        total: how many calls match in all, None when the provider does not say.
        gap: why the list stops early or lacks entries, None when it does not.
        unusable: what the source holds that is no call, such as files in no known shape; None when there is nothing.
            The reader is told, but no call is missing: asking again would bring none.
    """

    calls: tuple[Call, ...]
    cursor: str | None = None
    total: int | None = None
    gap: str | None = None
    unusable: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """The messages of a call or a stage, all pages joined, numbered from 1 in call order.

    Attributes:
        complete: no page is missing; when False `gaps` says which and why.
        stages: the call's stages, when they had to be read to order the messages.
        gaps_are_final: what is missing will be missing whenever this key asks, so there is no use in asking again.
        answered_at: the provider's time when it began to answer, None when it does not say.
    """

    messages: tuple[Message, ...]
    complete: bool = True
    gaps: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    gaps_are_final: bool = False
    answered_at: datetime | None = None


class Watch:
    """A `Progress` for several, through which one can also ask for what was read so far.

    Attributes:
        told: those that are told after each page.
        so_far: set by the adapter once it reads pages; the reading as it is, which is not complete.
    """

    def __init__(self) -> None:
        """Watch nothing yet."""
        self.told: list[Progress] = []
        self.so_far: Callable[[], Reading] | None = None

    async def __call__(self, done: int, total: int | None) -> None:
        """Tell everyone; one that cannot be told is told no more, and takes nothing from the others."""
        for progress in list(self.told):
            try:
                await progress(done, total)
            except Exception as error:  # noqa: BLE001 - what a host's connection raises is the SDK's
                logger.info("progress could not be told: %s", type(error).__name__)


def watched(progress: Progress | None, so_far: Callable[[], Reading]) -> None:
    """Tell a watch, if it is one that is told of progress, how to ask for what was read so far."""
    if isinstance(progress, Watch):
        progress.so_far = so_far


class Provider(Protocol):
    """A source of calls, read-only. Every method raises `ProviderError`s that start with `name`."""

    name: ClassVar[str]
    coverage: ClassVar[Coverage]
    text_search: ClassVar[str]  # what a search by `CallQuery.text` looks at; "" has none, and must never be sent one
    names_agents: ClassVar[bool]  # whether calls carry `agent_name`
    is_local: ClassVar[bool]  # reading costs no request, and what was read of an ended call may have changed since

    @property
    def pace(self) -> Pace:
        """How many calls are read side by side: as many as requests may be in flight."""
        ...

    @staticmethod
    def valid_id(text: str) -> str | None:
        """The id in the form the API takes; None when it cannot be one of this provider's."""
        ...

    async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
        """One page of calls, newest first, of at most `limit`."""
        ...

    async def get_call(self, call_id: str) -> Call:
        """One call. Raises `NotFoundError`, which tells a deleted call from an unknown one where it can."""
        ...

    async def list_stages(self, call: Call) -> tuple[Stage, ...]:
        """The call's stages in order; one stage for a provider that has none."""
        ...

    async def read_messages(
        self, call: Call, *, stage: Stage | None = None, progress: Progress | None = None
    ) -> Reading:
        """Every message of the call, each once; or those of one stage, with what it inherited."""
        ...


class Platform(Provider, Protocol):
    """A provider with an API and a key."""

    base_url: ClassVar[str]
    limits: ClassVar[Limits]  # how fast it may be asked, with the source beside it

    def __init__(self, api: Api) -> None:
        """Bind the adapter to its API."""
        ...

    @staticmethod
    def headers(key: str) -> Mapping[str, str]:
        """The headers that carry the key."""
        ...


class PlatformModule(Protocol):
    """What a platform's module must hold."""

    ADAPTER: type[Platform]
