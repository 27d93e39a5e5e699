"""The protocol of an archive engine, and the types that go in and out of it.

An engine stores rows and answers questions about them. It knows no provider and does not look into a call:
everything that depends on a call's content (masked text, search words, verdicts, signatures) is computed in
`archive.rows`, so that every engine gives the same answers.

Times are milliseconds since 1970 in UTC, named `_ms`; a call's time is when it was created, 0 when unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

from call_transcripts_mcp.analysis import RULES_VERSION
from call_transcripts_mcp.analysis.fact_filter import EVERY_CALL, FactFilter
from call_transcripts_mcp.archive.file_rows import FileTable
from call_transcripts_mcp.archive.ledger import Ledger
from call_transcripts_mcp.findings.call_facts import NO_FACTS, CallFacts
from call_transcripts_mcp.findings.failures import EVERY_FAILURE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from call_transcripts_mcp.analysis.summary import Groups
    from call_transcripts_mcp.archive.ledger import Interval
    from call_transcripts_mcp.archive.signal_rows import SignalRow
    from call_transcripts_mcp.archive.summaries import SeenCause, StoredFacts
    from call_transcripts_mcp.archive.terms import HitCounts, Term
    from call_transcripts_mcp.findings.failures import Day, Scope, Tally
    from call_transcripts_mcp.findings.summary import Dimension
    from call_transcripts_mcp.model import Verdict

Phrases = tuple[tuple[str, ...], ...]
"""What to search for: every phrase must occur, as consecutive folded words (see `archive.words`)."""


class Key(NamedTuple):
    """Identifies a call: its space (see `archive.spaces`) and its id there."""

    space: str
    id: str


class LinePosition(NamedTuple):
    """Where a list of calls or hits stopped: its last entry. `number` is 0 in a list of calls."""

    created_ms: int
    id: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a transcript: an utterance, or a tool call with its result.

    Attributes:
        number: of the message; for a tool call, of the message with the call.
        role: a `Role`'s value; "tool" for a tool call.
        tool, verdict: of the tool call; "" for an utterance.
        text: masked, on one line, as a transcript shows it.
        words: the folded words of `text`, separated by blanks; this is what the index holds.
    """

    number: int
    role: str
    text: str
    words: str
    tool: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class ToolRow:
    """The calls of one tool in one call, counted by verdict."""

    tool: str
    verdicts: Mapping[Verdict, int]
    latencies_s: tuple[float, ...] = ()
    waits_s: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class FailureRow:
    """One failed tool call.

    Attributes:
        verdict: failed, suspected or no_result.
        at_ms: when it happened, None when not known.
        recovered: the tool succeeded later with the same arguments, or with at most two of them changed.
        detail: `codec.detail_text`, to show the failure as an example.
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
    """One ended call in the form in which engines store it; made by `archive.rows`.

    Attributes:
        agent_words: the agent's name, folded to lower case; "" when unknown.
        masking: how strictly it was masked, see `rows.MASKING`.
        call, transcript: `codec.call_text` and `codec.transcript_bytes`.
        gaps: one sentence for each thing that is missing for good.
        facts: what is counted of the call besides its tool calls.
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
    signals: Sequence[SignalRow] = ()
    gaps: Sequence[str] = ()
    facts: CallFacts = NO_FACTS
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
    """What is known about a call without reading its transcript.

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
    """How many calls are selected.

    Attributes:
        failed: those of them with a failed tool call.
        unjudged: further calls that would be selected if an unknown fact of theirs fitted.
    """

    calls: int
    failed: int
    unjudged: int = 0


@dataclass(frozen=True, slots=True)
class Selection:
    """Selects calls. Fields that are None do not restrict.

    Attributes:
        spaces: names of spaces; None for all.
        since_ms, until_ms: when the calls were created, both included.
        agent: the id of an agent, or a part of its name in lower case.
        keys: only these calls.
        id_prefix: only calls whose id starts with this.
        facts: what the calls must be like; those of which that is unknown are not selected.
        tools: only calls in which one of these was called.
        verdicts: only calls with a tool call, of these tools if any are given, that has one of these verdicts.
        agents: further agents that `agent` means, each by its space and its id in lower case.
    """

    spaces: Collection[str] | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    agent: str | None = None
    keys: Collection[Key] | None = None
    id_prefix: str | None = None
    facts: FactFilter = EVERY_CALL
    tools: Collection[str] = ()
    verdicts: Collection[str] = ()
    agents: Collection[tuple[str, str]] = ()

    @property
    def is_by_content(self) -> bool:
        """Whether it depends on what is computed from calls, and so on the version of the rules."""
        return bool(self.facts or self.tools or self.verdicts)

    @property
    def is_whole_window(self) -> bool:
        """Whether it leaves out no call of its time."""
        return self.keys is None and self.agent is None and self.id_prefix is None and not self.is_by_content

    def without_content(self) -> Selection:
        """The same, whatever the calls' content."""
        return replace(self, facts=EVERY_CALL, tools=(), verdicts=())

    @property
    def space_names(self) -> set[str] | None:
        """The spaces whose calls may be selected; None for all."""
        of_keys = None if self.keys is None else {key.space for key in self.keys}
        return of_keys if self.spaces is None else set(self.spaces) & (set(self.spaces) if of_keys is None else of_keys)


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Selects lines of the selected calls. An empty tuple does not restrict.

    Attributes:
        any_of: of each group, at least one term must occur in the line.
        none_of: lines with one of these are left out.
    """

    roles: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    any_of: tuple[tuple[Term, ...], ...] = ()
    none_of: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that matches a search.

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


class Engine(FileTable, Ledger, Protocol):
    """One database. Methods block, may be called from any thread, and raise nothing but `ArchiveError`."""

    @property
    def generation(self) -> int:
        """Changes when the archive behind the engine changes: the file was replaced, or set aside as damaged."""
        ...

    searches_index: bool  # False if a search reads every line, as in a Python without FTS5
    notices: list[str]  # messages for people, such as that a damaged file was set aside; the reader empties the list

    def close(self) -> None:
        """Close all connections."""
        ...

    def put(
        self,
        space: str,
        calls: Sequence[CallRows],
        covering: Sequence[Interval] = (),
        depends_on: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """Store calls, all or none; each replaces its older version. Ids that were purged forever are left out.

        Args:
            space: is made when it is new.
            calls: their rows.
            covering: intervals to record as covered.
            depends_on: the calls that make it so: ids, and when each was created. If one of them is not stored after
                all, its moment is left out; if that moment is unknown (0), nothing is recorded.
        """
        ...

    def transcript(self, key: Key) -> StoredCall | None:
        """One call; None when it is not kept."""
        ...

    def kept_ids(
        self, space: str, since_ms: int | None, until_ms: int | None, *, masking: int, forgotten: bool = False
    ) -> set[str]:
        """Ids of the calls of a window that are masked no more strictly than `masking`.

        With `forgotten`, also the ids of the space that were purged forever, whenever the calls were created.
        """
        ...

    def calls(
        self,
        selection: Selection,
        *,
        before: LinePosition | None = None,
        limit: int | None = None,
    ) -> list[Facts]:
        """Calls, newest first, then by id."""
        ...

    def count(self, selection: Selection) -> CallCounts:
        """How many calls are selected; much faster than `failures`."""
        ...

    def tool_names(self, selection: Selection) -> set[str]:
        """The tools that were called in the selected calls."""
        ...

    def failures(
        self,
        selection: Selection,
        *,
        scope: Scope = EVERY_FAILURE,
        examples: int | None = 1,
        detailed: int | None = None,
    ) -> Tally:
        """The tool calls of the selected calls, counted, without days.

        Args:
            selection: which calls.
            scope: which of their tool calls and failures.
            examples: how many failures to give per cause, and how many signals of each kind; None for all.
            detailed: for how many of the largest causes; None for all.
        """
        ...

    def trend(self, selection: Selection, *, scope: Scope = EVERY_FAILURE) -> Mapping[date, Day]:
        """Calls and failures by day, in UTC."""
        ...

    def groups(self, selection: Selection, by: Sequence[Dimension], *, tool_times: bool = True) -> Groups:
        """The selected calls added up by these dimensions, as `analysis.summary.grouped` does it in plain Python.

        Words of agents and platforms name spaces. Calls without facts count as those whose platform says nothing.
        Groups by tool have latencies and waits, which cost most, only with `tool_times`.
        """
        ...

    def notable(self, selection: Selection, *, limit: int, least_wait_ms: int = 0) -> list[StoredFacts]:
        """The first calls for each reason but a new cause, by the order of `analysis.notable`; each once, in any order.

        Args:
            selection: which calls.
            limit: how many at most for one reason.
            least_wait_ms: of a long wait.
        """
        ...

    def facts(self, keys: Collection[Key]) -> list[StoredFacts]:
        """Of these calls, newest first; those that are not stored are left out."""
        ...

    def seen_causes(self, selection: Selection) -> Mapping[tuple[str, str], SeenCause]:
        """By tool and signature, every cause of a failure in the selected calls."""
        ...

    def search(
        self, phrases: Phrases, selection: Selection, where: LineFilter, *, before: LinePosition | None, limit: int
    ) -> list[Hit]:
        """Lines that hold every phrase: newest call first, then by id; within a call, the last line first."""
        ...

    def count_hits(self, phrases: Phrases, selection: Selection, where: LineFilter) -> HitCounts:
        """How many hits `search` has in all; may stop counting at `terms.MOST_COUNTED`."""
        ...

    def purge(self, selection: Selection, *, forever: bool = False) -> int:
        """Delete calls, from the index and free pages too, and count them. `forever`: never store these ids again.

        What is indexed of files of the selected spaces goes too; of all spaces, unless keys or spaces are selected.
        """
        ...

    def outdated(
        self, selection: Selection, *, rules_version: int, masking: int = 0, limit: int | None = None
    ) -> list[Key]:
        """Selected calls that older rules judged, or that are masked less strictly than `masking`; newest first."""
        ...

    def replace(self, space: str, calls: Sequence[CallRows]) -> None:
        """Replace calls, but only those that are still stored. `erase` removes the old text from the disk."""
        ...

    def erase(self) -> None:
        """Remove the text of replaced calls from the disk, including what an earlier attempt left there."""
        ...
