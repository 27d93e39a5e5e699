"""The conditions of a selection in SQL; the same for calls and lines, which share these columns.

Values are passed as parameters, whose names start with their kind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from call_transcripts_mcp.analysis.contacts import ContactQuery
    from call_transcripts_mcp.archive.base import Key, LineFilter, LinePosition, Phrases, Selection
    from call_transcripts_mcp.archive.terms import Term
    from call_transcripts_mcp.findings.failures import Scope

PARAMETER_BYTES = 60_000
"""A server takes no parameter longer than 128 KiB (http_max_field_value_size), and quoting makes them longer."""
SMALLEST, LARGEST = 1 - 2**63, 2**63 - 1
_LENGTH = "ifNull(duration_ms, if(is_unjoined, 0, NULL))"
TOKENS = 32
"""How many words narrow a search through the index; the comparison of phrases does the rest."""


@dataclass(slots=True)
class Conditions:
    """Conditions that must all hold, and their parameters."""

    all_of: list[str] = field(default_factory=list[str])
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def sql(self) -> str:
        """The text that follows WHERE."""
        return " AND ".join(self.all_of) or "1"

    def add(self, condition: str, **parameters: object) -> None:
        """Add a condition."""
        self.all_of.append(condition)
        self.parameters |= parameters


def of_selection(selection: Selection) -> Conditions:
    """Rows of the selected calls, in the table of calls."""
    found = _of_place(selection)
    _add_content(found, selection)
    return found


def of_unjudged(selection: Selection) -> Conditions:
    """Rows of the calls that cannot be judged, in the table of calls: of them a fact is unknown."""
    found, content = _of_place(selection), Conditions()
    _add_content(content, selection)
    found.add(f"isNull({content.sql})", **content.parameters)
    return found


def of_lines(selection: Selection) -> Conditions:
    """Lines of the selected calls; a line tells its call's time and agent, and the rest is looked up."""
    found = _of_place(selection)
    if selection.is_by_content:
        calls = of_selection(selection)
        source = f"SELECT created_ms, space, id FROM kept_calls FINAL WHERE {calls.sql}"  # noqa: S608 - bound values
        found.add(f"(created_ms, space, id) GLOBAL IN ({source})", **calls.parameters)
    return found


def _of_place(selection: Selection) -> Conditions:
    """Rows of calls and lines by what both tables tell."""
    found = Conditions()
    add_window(found, selection.since_ms, selection.until_ms)
    if selection.spaces is not None:
        found.add("space IN {spaces:Array(String)}", spaces=sorted(selection.spaces))
    if selection.agent is not None:
        any_of = ["agent_id = {agent:String}", "position(agent_words, {agent:String}) > 0"]
        any_of += _of_keys(found, selection.agents, "agent_id", "agents")
        found.add(f"({' OR '.join(any_of)})", agent=selection.agent)
    if selection.keys is not None:
        add_keys(found, selection.keys)
    if selection.id_prefix is not None:
        found.add("startsWith(id, {prefix:String})", prefix=selection.id_prefix)
    return found


def _add_content(found: Conditions, selection: Selection) -> None:
    """What only the table of calls tells; a condition is NULL where it depends on an unknown fact."""
    wanted = selection.facts
    if wanted.ended:
        found.add(_if_known("ended", "ended IN {ended:Array(String)}"), ended=list(wanted.ended))
    if wanted.min_duration_ms is not None:
        found.add(f"{_LENGTH} >= {{least:Int64}}", least=wanted.min_duration_ms)
    if wanted.max_duration_ms is not None:
        found.add(f"{_LENGTH} <= {{most:Int64}}", most=wanted.max_duration_ms)
    if wanted.directions:
        same = "direction IN {directions:Array(String)}"
        found.add(_if_known("direction", same), directions=list(wanted.directions))
    if wanted.versions:
        same = "lower(agent_version) IN {versions:Array(String)}"
        found.add(_if_known("agent_version", same), versions=list(wanted.versions))
    if wanted.contact is not None:
        _add_contact(found, wanted.contact)
    _add_tool_calls(found, selection)


def add_scope(found: Conditions, scope: Scope) -> None:
    """The parameters of what `of_tools` and `of_failures` say."""
    found.parameters |= {"counted": list(scope.tools)} if scope.tools else {}
    found.parameters |= {"failed": list(scope.verdicts)} if scope.verdicts else {}


def of_tools(scope: Scope, name: str) -> str:
    """A further condition: the tool of this column or variable is counted."""
    return f" AND has({{counted:Array(String)}}, {name})" if scope.tools else ""


def of_failures(scope: Scope, name: str, verdict: str) -> str:
    """A further condition: a failure of this tool with this verdict is counted."""
    return of_tools(scope, name) + (f" AND has({{failed:Array(String)}}, {verdict})" if scope.verdicts else "")


def _add_contact(found: Conditions, asked: ContactQuery) -> None:
    """Rows of calls with this contact."""
    same = "contact IN {contacts:Array(String)}"
    if asked.ending:
        same += " OR startsWith(contact, '+') AND endsWith(contact, {ending:String})"
        same += " AND lengthUTF8(contact) <= {longest:UInt32}"
        found.parameters |= {"ending": asked.ending, "longest": asked.longest}
    found.add(_if_known("contact", same), contacts=list(asked.exact))


def _add_tool_calls(found: Conditions, selection: Selection) -> None:
    """Rows of calls with a tool call of these tools, with one of these verdicts."""
    if selection.verdicts:
        found.parameters["had"] = list(selection.verdicts)
    if selection.tools:
        of_tools = "has({used:Array(String)}, name)" + (f" AND {_had('counts')}" if selection.verdicts else "")
        found.add(f"arrayExists((name, counts) -> {of_tools}, tool_names, tool_verdicts)", used=list(selection.tools))
    elif selection.verdicts:
        found.add(_had("verdicts"))


def _if_known(column: str, condition: str) -> str:
    """A condition that is NULL where a fact is not known."""
    return f"if({column} = '', NULL, {condition})"


def _had(counts: str) -> str:
    """Whether one of the wanted verdicts was counted."""
    return f"arrayExists(verdict -> {counts}[verdict] > 0, {{had:Array(String)}})"


def add_window(found: Conditions, since_ms: int | None, until_ms: int | None) -> None:
    """Rows of calls of this time. There are two conditions: one for the months, one for the key, which is negated."""
    if since_ms is not None:
        found.add("created_ms >= {since:Int64} AND -created_ms <= -{since:Int64}", since=clamped(since_ms))
    if until_ms is not None:
        found.add("created_ms <= {until:Int64} AND -created_ms >= -{until:Int64}", until=clamped(until_ms))


def add_moments(found: Conditions, moments_ms: Collection[int]) -> None:
    """Rows of calls of these times only."""
    found.add("-created_ms IN {moments:Array(Int64)}", moments=sorted(-moment_ms for moment_ms in moments_ms))


def add_keys(found: Conditions, keys: Collection[Key]) -> None:
    """Rows of these calls only."""
    any_of = _of_keys(found, keys, "id", "ids")
    found.add(f"({' OR '.join(any_of)})" if any_of else "0")


def _of_keys(found: Conditions, keys: Collection[tuple[str, str]], column: str, kind: str) -> list[str]:
    """A condition for each space and some of its ids, which a column has; their parameters start with the kind."""
    by_space: dict[str, set[str]] = {}
    for space, one in keys:
        by_space.setdefault(space, set()).add(one)
    any_of: list[str] = []
    for number, space in enumerate(sorted(by_space)):
        name = f"{kind}_space{number}"
        found.parameters[name] = space
        for part, ids in enumerate(_chunks(sorted(by_space[space]))):
            any_of.append(f"space = {{{name}:String}} AND {column} IN {{{kind}{number}_{part}:Array(String)}}")
            found.parameters[f"{kind}{number}_{part}"] = ids
    return any_of


def add_before(found: Conditions, before: LinePosition, *, is_line: bool) -> None:
    """Rows that come after a place: older, or at the same time and further down."""
    here, there = "-created_ms, id", "-{before_ms:Int64}, {before_id:String}"
    if is_line:
        here, there = f"{here}, -number", f"{there}, -{{before_number:Int64}}"
        found.parameters["before_number"] = clamped(before.number)
    found.add(
        f"created_ms <= {{before_ms:Int64}} AND -created_ms >= -{{before_ms:Int64}} AND ({here}) > ({there})",
        before_ms=clamped(before.created_ms),
        before_id=before.id,
    )


def add_phrases(found: Conditions, phrases: Phrases) -> None:
    """Lines that contain every phrase: the index narrows, and a comparison with blanks around the phrase decides."""
    words = sorted({word for phrase in phrases for word in phrase}, key=lambda word: (-len(word), word))
    if not words:
        return
    found.add("hasAllTokens(words, {tokens:Array(String)})", tokens=words[:TOKENS])
    if len(words) <= TOKENS and all(len(phrase) <= 1 for phrase in phrases):
        return  # the index holds words, so it has already decided
    texts = sorted({f" {' '.join(phrase)} " for phrase in phrases if phrase})
    found.add(
        "arrayAll(phrase -> position(concat(' ', words, ' '), phrase) > 0, {phrases:Array(String)})", phrases=texts
    )


def add_filter(found: Conditions, where: LineFilter) -> None:
    """Lines of these kinds only."""
    for column, values in (("role", where.roles), ("tool", where.tools), ("verdict", where.verdicts)):
        if values:
            found.add(f"{column} IN {{{column}s:Array(String)}}", **{f"{column}s": list(values)})
    for number, group in enumerate(where.any_of):
        _add_any_of(found, group, number)
    if where.none_of:
        texts = [_padded(term) for term in where.none_of]
        found.add(
            "NOT arrayExists(term -> position(concat(' ', words, ' '), term) > 0, {unwanted:Array(String)})",
            unwanted=texts,
        )


def _add_any_of(found: Conditions, terms: Sequence[Term], number: int) -> None:
    """Lines that contain one of these terms: the index narrows if every term has a complete word."""
    whole = [term.words[0] for term in terms if len(term.words) > term.is_prefix]
    if len(whole) == len(terms):
        found.add(f"hasAnyTokens(words, {{any{number}:Array(String)}})", **{f"any{number}": sorted(set(whole))})
    found.add(
        f"arrayExists(term -> position(concat(' ', words, ' '), term) > 0, {{terms{number}:Array(String)}})",
        **{f"terms{number}": [_padded(term) for term in terms]},
    )


def _padded(term: Term) -> str:
    """The term as it occurs in a line's words, with blanks around it."""
    return f" {' '.join(term.words)}{'' if term.is_prefix else ' '}"


def clamped(number: int) -> int:
    """A number, limited so that a 64-bit column can hold it and its negative."""
    return min(max(number, SMALLEST), LARGEST)


def _chunks(ids: Sequence[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for id_ in ids:
        size += len(id_.encode("utf-8", "replace")) + 3
        if chunk and size > PARAMETER_BYTES:
            yield chunk
            chunk, size = [], len(id_) + 3
        chunk.append(id_)
    if chunk:
        yield chunk
