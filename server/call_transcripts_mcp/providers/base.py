"""The protocol that every provider implements.

A platform's module holds a class derived from `Platform`, exported as `ADAPTER`. It only builds paths and
parameters, and parses responses into the model. `http.Api` sends requests, with retries and limits; `analysis` judges
tool calls; `render` makes text.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from call_transcripts_mcp.analysis.fact_filter import EVERY_CALL, FactFilter

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from call_transcripts_mcp.model import Call, Coverage, Message, Stage
    from call_transcripts_mcp.providers.http import Api
    from call_transcripts_mcp.providers.pace import Limits, Pace
    from call_transcripts_mcp.providers.remedies import RemedyRule

    Progress = Callable[[int, int | None], Awaitable[None]]
    """Called after each page: messages read so far, and the number of all messages if the provider gives it."""

logger = logging.getLogger(__name__)

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_BARE_UUID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class CallQuery:
    """Which calls to list, newest first. Both times are aware, inclusive, and compared with a call's creation.

    Attributes:
        facts: what the calls must be like. A provider may leave out calls that do not fit, and no others: not those
            of which it does not tell.
        agent_id: in the form of `Provider.agent_id`.
        failed: only calls in which the platform itself says that a tool call failed; see `Provider.tool_call_filter`.
        tool: only calls in which the platform says that this tool was called; with `failed`, that it failed.
    """

    since: datetime | None = None
    until: datetime | None = None
    agent_id: str | None = None
    text: str | None = None
    facts: FactFilter = EVERY_CALL
    failed: bool = False
    tool: str | None = None


@dataclass(frozen=True, slots=True)
class ToolCallFilter:
    """A list that a platform itself narrows by tool calls: to calls with failed ones, or with those of one tool.

    It goes by the platform's word: a failure that only the result tells is not among them.

    Attributes:
        words: what the platform counts as failed, as its documents name it.
        needs_tool: whether failures have to be asked for tool by tool, by name.
    """

    words: str
    needs_tool: bool = False


@dataclass(frozen=True, slots=True)
class CallPage:
    """One page of calls.

    Attributes:
        cursor: for the next page; None at the end.
        total: how many calls match in all; None if the provider does not say.
        gap: why the list stops early or lacks entries; None if it is complete.
        unusable: what in the source is not a call, such as files of unknown shape; None if there is nothing. No call is
            missing because of it, so reading again would not help.
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
        complete: no page is missing; if False, `gaps` says which and why.
        stages: the call's stages, if they had to be read to order the messages.
        gaps_are_final: reading again with this key would leave the same gaps.
        answered_at: the provider's time before the first request; None if the provider does not give it.
    """

    messages: tuple[Message, ...]
    complete: bool = True
    gaps: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    gaps_are_final: bool = False
    answered_at: datetime | None = None


class SharedProgress:
    """A `Progress` with several listeners, which also gives access to what was read so far.

    Attributes:
        listeners: called after each page.
        so_far: returns the incomplete reading; set by the adapter once it reads pages.
    """

    def __init__(self) -> None:
        """Start without listeners."""
        self.listeners: list[Progress] = []
        self.so_far: Callable[[], Reading] | None = None

    async def __call__(self, done: int, total: int | None) -> None:
        """Call every listener; an error of one does not affect the others."""
        for progress in list(self.listeners):
            try:
                await progress(done, total)
            except Exception as error:  # noqa: BLE001 - the SDK decides what a host's connection raises
                logger.info("progress could not be sent: %s", type(error).__name__)


def offer_so_far(progress: Progress | None, so_far: Callable[[], Reading]) -> None:
    """Give a `SharedProgress` access to what was read so far; nothing for any other progress."""
    if isinstance(progress, SharedProgress):
        progress.so_far = so_far


def uuid(text: str) -> str | None:
    """A UUID in lower case with dashes, from one in any case, with or without dashes; None for other text."""
    text = text.lower()
    if _BARE_UUID.fullmatch(text):
        text = f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
    return text if UUID.fullmatch(text) else None


class Provider(Protocol):
    """A source of calls, read-only. Every method raises `ProviderError`s that start with `name`."""

    name: ClassVar[str]
    coverage: ClassVar[Coverage]
    names_agents: ClassVar[bool]  # whether calls have an `agent_name`
    finds_every_agent: ClassVar[bool]  # whether a list that is narrowed by `CallQuery.agent_id` lacks no such call
    pace: Pace  # how many requests may be in flight, which is also how many calls are read at a time

    remedies: ClassVar[tuple[RemedyRule, ...]] = ()  # failures that its documents explain, the closest rule first
    text_search: ClassVar[str] = ""  # what `CallQuery.text` searches; "" if it cannot search, and gets no text
    tool_call_filter: ClassVar[ToolCallFilter | None] = None  # others never get `CallQuery.failed` and `tool`
    has_logs: ClassVar[bool] = False  # whether reasons for failures are in logs, which need a permission of their own
    is_local: ClassVar[bool] = False  # reading costs no request, and an ended call may have changed since it was read

    @staticmethod
    def agent_id(text: str) -> str | None:
        """The id of an agent in the form that the API takes; None if the text must be (part of) an agent's name."""
        ...

    @staticmethod
    def valid_id(text: str) -> str | None:
        """The id in the form that the API takes; None if it cannot be an id of this provider."""
        ...

    async def list_calls(self, query: CallQuery, *, limit: int, cursor: str | None = None) -> CallPage:
        """One page of calls, newest first, of at most `limit`."""
        ...

    async def get_call(self, call_id: str) -> Call:
        """One call. Raises `NotFoundError`, which says if the call was deleted, where the provider tells."""
        ...

    async def list_stages(self, call: Call) -> tuple[Stage, ...]:
        """The call's stages in order; a provider without stages returns one."""
        ...

    async def read_messages(
        self, call: Call, *, stage: Stage | None = None, progress: Progress | None = None
    ) -> Reading:
        """Every message of the call, each once; or those of one stage, including inherited ones."""
        ...


class Platform(Provider):
    """A provider with an API and a key. If an adapter does not say otherwise, ids are UUIDs, the key a bearer token."""

    base_url: ClassVar[str]
    limits: ClassVar[Limits]  # state their source in a comment

    def __init__(self, api: Api) -> None:
        """Bind the adapter to its API."""
        self._api = api
        self.pace = api.pace

    @staticmethod
    def headers(key: str) -> Mapping[str, str]:
        """The headers that hold the key."""
        return {"Authorization": f"Bearer {key}"}

    @staticmethod
    def agent_id(text: str) -> str | None:
        """See `Provider`."""
        return uuid(text)

    @staticmethod
    def valid_id(text: str) -> str | None:
        """See `Provider`."""
        return uuid(text)


class PlatformModule(Protocol):
    """A platform's module."""

    ADAPTER: type[Platform]
