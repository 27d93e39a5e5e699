"""What an archive engine is: the whole protocol on one screen, and what goes in and out of it.

An engine stores rows and answers questions over them; it knows no provider and computes nothing about a call.
Everything that depends on a call's content (masked text, the words it is found by, verdicts, signatures) is
computed once, in `archive.rows`, so that every engine gives the same answers.

Times are milliseconds since 1970 in UTC, named `_ms`; a call's time is when it was created, 0 when unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

from call_transcripts_mcp.analysis import RULES_VERSION

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from call_transcripts_mcp.findings.failures import Day, Tally
    from call_transcripts_mcp.model import Verdict

Phrases = tuple[tuple[str, ...], ...]
"""What to search: every phrase must occur, each as folded words in a row (see `archive.words`)."""

Interval = tuple[int, int]
"""A stretch of time, both ends included: (since_ms, until_ms)."""


class Key(NamedTuple):
    """Which call: its space (see `archive.spaces`), and its id there."""

    space: str
    id: str


class LinePosition(NamedTuple):
    """Where a list of calls or hits was left: the last one given. `number` is 0 in a list of calls."""

    created_ms: int
    id: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a transcript: an utterance, or a tool call with its result.

    Attributes:
        number: the message's; the tool call's line stands under the number of its call.
        role: a `Role`'s value; "tool" for a tool call.
        tool, verdict: of a tool call; "" for an utterance.
        text: masked, on one line, as a transcript shows it.
        words: the folded words of `text`, a blank between; what the index holds.
    """

    number: int
    role: str
    text: str
    words: str
    tool: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class ToolRow:
    """How one tool fared in one call."""

    tool: str
    verdicts: Mapping[Verdict, int]
    latencies_s: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class FailureRow:
    """One failed tool call.

    Attributes:
        verdict: failed, suspected or no_result.
        at_ms: when it happened, None when not known.
        recovered: the tool was called again and went well.
        detail: `codec.failure_text`, for when it is shown as an example.
    """

    number: int
    tool: str
    signature: str
    kind: str
    verdict: Verdict
    at_ms: int | None
    recovered: bool
    detail: str


@dataclass(frozen=True, slots=True)
class CallRows:
    """One ended call as an engine stores it; made by `archive.rows`.

    Attributes:
        agent_words: the agent's name, folded to lower case; "" when unknown.
        masking: how strictly it was masked: 0 not at all, 1 secrets, 2 personal data too.
        call: `codec.call_text`.
        transcript: `codec.transcript_bytes`.
        gaps: sentences on what is missing for good; each once.
        rules_version: of the rules that judged its tool calls, see `analysis.RULES_VERSION`.
    """

    id: str
    created_ms: int
    agent_id: str
    agent_words: str
    message_count: int
    masking: int
    call: str
    transcript: bytes
    lines: Sequence[Line] = ()
    tools: Sequence[ToolRow] = ()
    failures: Sequence[FailureRow] = ()
    gaps: Sequence[str] = ()
    rules_version: int = RULES_VERSION


@dataclass(frozen=True, slots=True)
class StoredCall:
    """One call as it is given back; the attributes are those of `CallRows`."""

    call: str
    transcript: bytes
    masking: int
    rules_version: int = RULES_VERSION


@dataclass(frozen=True, slots=True)
class Facts:
    """What the archive knows of a call without opening its transcript.

    Attributes:
        call: `codec.call_text`.
        verdicts: of all its tool calls.
    """

    key: Key
    created_ms: int
    call: str
    message_count: int
    masking: int
    verdicts: Mapping[Verdict, int]


class CallCounts(NamedTuple):
    """How many calls, and how many of them with a failed tool call."""

    calls: int
    failed: int


@dataclass(frozen=True, slots=True)
class Selection:
    """Which calls of the archive. What is None does not restrict.

    Attributes:
        spaces: whose calls; None for all that there are.
        since_ms, until_ms: by when the calls were created, both ends included.
        agent: an agent's id, or a part of the name in lower case.
        keys: these calls alone.
        id_prefix: calls whose id starts so.
    """

    spaces: Collection[str] | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    agent: str | None = None
    keys: Collection[Key] | None = None
    id_prefix: str | None = None


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which lines of the selected calls; an empty tuple does not restrict."""

    roles: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that holds what was searched.

    Attributes:
        call: `codec.call_text` of its call.
    """

    key: Key
    created_ms: int
    call: str
    number: int
    role: str
    tool: str
    verdict: str
    text: str


@dataclass(frozen=True, slots=True)
class Space:
    """One provider account at one address.

    Attributes:
        name: "ultravox-3f9c2b1a77"; made from a salted hash, never from the key.
        covered: stretches of time of which every ended call is kept, ascending, apart from each other.
        personal: how many calls are kept with their personal data masked, so that no word of that finds them.
    """

    name: str
    provider: str
    calls: int = 0
    messages: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    covered: tuple[Interval, ...] = ()
    personal: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """The archive as a whole.

    Attributes:
        engine: what it is, for people: "SQLite 3.45.1 with FTS5, schema 1".
        place: where it is, without credentials.
        size_bytes: on disk, everything counted; None when the engine cannot say.
    """

    engine: str
    place: str
    size_bytes: int | None
    spaces: tuple[Space, ...] = ()


@dataclass(frozen=True, slots=True)
class Lease:
    """Who may sync. `holder` is for people: "process 4711 on this host, since 2026-11-21T09:30:00Z"."""

    owner: str
    holder: str
    expires_ms: int
    pid: int = 0
    host: str = ""


class Engine(Protocol):
    """One database. Methods block, may be called from any thread, and raise `ArchiveError` alone."""

    @property
    def generation(self) -> int:
        """Another one when what it holds is another archive than before: it was replaced, or set aside as damaged."""
        ...

    searches_index: bool  # False where search has to scan, as a Python without FTS5 does
    notices: list[str]  # what happened that a person should know, such as a damaged file set aside; taken by the reader

    def close(self) -> None:
        """Give everything back; what was put is kept."""
        ...

    def put(
        self,
        space: str,
        calls: Sequence[CallRows],
        covering: Sequence[Interval] = (),
        depends_on: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """Keep calls, each replacing an older version of itself, all or none; a forgotten id is not kept.

        `covering` is recorded as covered, but for the moments of those of `resting_on` that are not kept after all:
        ids of calls, and when each was created. When that is 0, unknown, nothing is recorded.
        """
        ...

    def transcript(self, key: Key) -> StoredCall | None:
        """One call, None when it is not kept."""
        ...

    def kept_ids(
        self, space: str, since_ms: int | None, until_ms: int | None, *, masking: int, forgotten: bool = False
    ) -> set[str]:
        """Ids of the kept calls of a window that are masked no more strictly than `masking`.

        With `forgotten`, also those of the space that are never to be kept, whenever they were created.
        """
        ...

    def calls(
        self,
        selection: Selection,
        *,
        failed: bool = False,
        before: LinePosition | None = None,
        limit: int | None = None,
    ) -> list[Facts]:
        """Calls, newest first, ties by id ascending; `failed` for those with a failed tool call alone."""
        ...

    def count(self, selection: Selection) -> CallCounts:
        """How many calls these are; much sooner than their failures are told."""
        ...

    def failures(
        self,
        selection: Selection,
        *,
        tool: str | None = None,
        examples: int | None = 1,
        detailed: int | None = None,
    ) -> Tally:
        """What the selected calls say about their tool calls, without days.

        With `examples` a cause, None for all, of the `detailed` largest causes, None for every one.
        """
        ...

    def trend(self, selection: Selection, *, tool: str | None = None) -> Mapping[date, Day]:
        """By day, in UTC."""
        ...

    def search(
        self, phrases: Phrases, selection: Selection, where: LineFilter, *, before: LinePosition | None, limit: int
    ) -> list[Hit]:
        """Lines that hold every phrase: newest call first, ties by id ascending, in a call the last line first."""
        ...

    def purge(self, selection: Selection, *, forever: bool = False) -> int:
        """Forget calls, in the index and in free pages too; how many. `forever`: never keep these ids again."""
        ...

    def outdated(
        self, selection: Selection, *, rules_version: int, masking: int = 0, limit: int | None = None
    ) -> list[Key]:
        """Selected calls that older rules judged, or that are masked less strictly than `masking`; newest first."""
        ...

    def replace(self, space: str, calls: Sequence[CallRows]) -> None:
        """Put calls again, but only those that are still kept. `erase` removes the old text from the disk."""
        ...

    def erase(self) -> None:
        """Remove the text of replaced calls from the disk, also what an earlier attempt left there."""
        ...

    def state(self) -> State:
        """Size, counts and coverage."""
        ...

    def check(self) -> list[str]:
        """What is wrong with the database, thoroughly and slowly; empty when all is well."""
        ...

    def salt(self) -> bytes:
        """Random bytes that belong to this archive."""
        ...

    def bind(self, fingerprint: str, space: str, provider: str) -> None:
        """From now on the key with this fingerprint opens this space, which is made when it is new."""
        ...

    def space_of(self, fingerprint: str) -> str | None:
        """The space that a key opens, None when the key is new."""
        ...

    def take_lease(self, lease: Lease, now_ms: int) -> Lease | None:
        """Take or renew it: None when it is ours now, otherwise whose it is. An expired one is free."""
        ...

    def release_lease(self, owner: str) -> None:
        """Give it back, if it is ours."""
        ...
