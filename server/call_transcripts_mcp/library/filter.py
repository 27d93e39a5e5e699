"""Which calls are wanted, and who can tell: a provider by its own filters, we by what it lists, or the archive."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from call_transcripts_mcp.archive.base import Selection
from call_transcripts_mcp.archive.codec import millis
from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.findings.unjudged import NONE_UNJUDGED, UnjudgedCalls
from call_transcripts_mcp.library.references import no_provider
from call_transcripts_mcp.names import Phrase, ToolName
from call_transcripts_mcp.providers.base import CallQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from call_transcripts_mcp.archive.archive import OpenArchive
    from call_transcripts_mcp.archive.base import Engine, Key
    from call_transcripts_mcp.model import Call, Transcript
    from call_transcripts_mcp.providers.base import Provider

    Judge = Callable[[Call], bool | None]
    """Whether a call is wanted; None when that depends on what its provider's list does not tell."""


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Selects calls, across providers.

    Attributes:
        query: the window, a text, and what the calls must be like.
        providers: by name; none for all that are configured.
        agent: an agent's id, or part of its name: the user's, or the provider's if that gives names.
        tools: only calls in which one of these was called; no list tells that, only transcripts do.
        verdicts: only calls with a tool call, of these tools if any are given, that has one of these verdicts.
    """

    query: CallQuery = field(default_factory=CallQuery)
    providers: tuple[str, ...] = ()
    agent: str | None = None
    tools: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()

    def selection(self, opened: OpenArchive, providers: Iterable[str]) -> Selection:
        """The same choice among the archived calls of some providers; a text is not looked at."""
        query, agent = self.query, (self.agent or "").strip()
        spaces = {name: opened.spaces[name] for name in providers}
        return Selection(
            list(spaces.values()),
            millis(query.since),
            millis(query.until),
            agent.casefold() or None,
            facts=query.facts,
            tools=self.tools,
            verdicts=self.verdicts,
            agents=[(space, one) for name, space in spaces.items() for one in opened.names.ids(name, agent)],
        )

    @property
    def is_by_tool_calls(self) -> bool:
        """Whether it depends on what was called in a call."""
        return bool(self.tools or self.verdicts)

    def among(self, keys: Collection[Key]) -> Selection:
        """Those of some archived calls that fit by what was called in them; a list has chosen them otherwise."""
        return Selection(keys=keys, tools=self.tools, verdicts=self.verdicts)

    def fits(self, transcript: Transcript) -> bool:
        """Whether a call fits by what was called in it."""
        if not self.is_by_tool_calls:
            return True
        of_tools = [one for one in transcript.tool_calls if not self.tools or one.name in self.tools]
        return any(not self.verdicts or one.verdict in self.verdicts for one in of_tools)


_FOR_TEXT = (" ", ToolName("search_messages"), " finds words in the archived calls of every platform.")
_FOR_NAMES = (" Names for agents can be given in the file of CALL_TRANSCRIPTS_AGENT_NAMES.",)
"""What to do instead, where no provider can apply a filter."""


def unjudged_in(engine: Engine, selection: Selection) -> UnjudgedCalls:
    """The archived calls that cannot be judged."""
    if not selection.facts:
        return NONE_UNJUDGED
    count = engine.count(selection).unjudged
    return UnjudgedCalls(count, selection.facts.names if count else ())


def unjudged_among(calls: Collection[Call], wanted: CallFilter) -> UnjudgedCalls:
    """The calls of a list that could not be judged, with what they lack."""
    unknown = [name for call in calls for name in wanted.query.facts.unknown(call)]
    return UnjudgedCalls(len(calls), tuple(dict.fromkeys(unknown)))


def able_providers(providers: Mapping[str, Provider], wanted: CallFilter) -> tuple[list[Provider], list[str]]:
    """The providers that can apply the filter, and a sentence on each that cannot.

    Raises:
        InvalidRequestError: none can.
    """
    for name in wanted.providers:
        if name not in providers:
            raise InvalidRequestError(no_provider(providers, name))
    asked = [provider for name, provider in providers.items() if not wanted.providers or name in wanted.providers]
    able: list[Provider] = []
    textless: list[str] = []
    nameless: list[str] = []
    for provider in asked:
        if wanted.query.text and not provider.text_search:
            textless.append(provider.name)
        elif wanted.agent and not provider.names_agents and provider.agent_id(wanted.agent.strip()) is None:
            nameless.append(provider.name)
        else:
            able.append(provider)
    reasons: list[str] = []
    if textless:
        were = "was" if len(textless) == 1 else "were"
        reasons.append(f"{' and '.join(textless)} cannot search by text and {were} left out")
    if nameless:
        know, were = ("knows", "was") if len(nameless) == 1 else ("know", "were")
        reasons.append(f"{' and '.join(nameless)} {know} agents only by id and {were} left out")
    if not able:
        instead = (*(_FOR_TEXT if textless else ()), *(_FOR_NAMES if nameless else ()))
        raise InvalidRequestError(
            Phrase("; ".join(reasons), ". Drop this filter, or choose another provider.", *instead)
        )
    return able, reasons


def query_of(provider: Provider, wanted: CallFilter) -> CallQuery:
    """The query for a provider: with the agent, if what is wanted is an id of this provider's."""
    agent_id = provider.agent_id(wanted.agent.strip()) if wanted.agent else None
    return replace(wanted.query, agent_id=agent_id) if agent_id is not None else wanted.query


def own_judge(providers: Collection[Provider], wanted: CallFilter, widened: Collection[str] = ()) -> Judge | None:
    """Our own filter for what providers list; None when they do it all.

    Providers do what they can of the facts, which only makes their lists shorter: each is judged here again.

    Args:
        providers: that can apply the filter.
        wanted: which calls.
        widened: the names of those that may list calls of other agents.
    """
    agent, facts = (wanted.agent or "").strip(), wanted.query.facts
    folded = agent.casefold()
    ids = {provider.name: provider.agent_id(agent) if agent else None for provider in providers}
    by_name = {name for name, agent_id in ids.items() if agent and (agent_id is None or name in widened)}
    if not by_name and not facts:
        return None

    def judge(call: Call) -> bool | None:
        names = (call.agent_name or "", call.platform_agent_name or "")
        of_call = (call.agent_id or "").casefold()
        is_named = any(folded in name.casefold() for name in names) or of_call in {folded, ids.get(call.provider)}
        if call.provider in by_name and not is_named:
            return False
        return facts.judge_listed(call)

    return judge
