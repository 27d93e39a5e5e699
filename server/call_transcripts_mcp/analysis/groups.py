"""Groups of calls as they are shown: named, in order, and set against others."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.agent_names import NO_AGENT_NAMES
from call_transcripts_mcp.analysis.shares import LEAST_CALLS, LEAST_TOOL_CALLS, judged
from call_transcripts_mcp.analysis.summary import agent_parts, joined_groups
from call_transcripts_mcp.end_reasons import EndReason
from call_transcripts_mcp.findings.summary import TIMES, UNKNOWN, Change, Dimension, Group, Share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from call_transcripts_mcp.analysis.agent_names import AgentNames
    from call_transcripts_mcp.analysis.summary import GroupKey
    from call_transcripts_mcp.findings.summary import CallStats

    _Agent = tuple[str, str]
    """The platform, and an id, or the folded name of an agent without one."""

FAILED_TOOL_CALLS = "tool calls failed"


def named(
    windows: Sequence[Iterable[tuple[GroupKey, CallStats]]],
    by: Sequence[Dimension],
    providers: Mapping[str, str],
    names: AgentNames = NO_AGENT_NAMES,
) -> list[dict[GroupKey, CallStats]]:
    """Groups under the words by which they are shown, which are the same in every window.

    Groups of one name, such as an agent's two spellings, are one.

    Args:
        windows: each with groups of different calls; a key may come several times.
        by: the dimensions of the keys.
        providers: by space, the platform's name; a space that is not there is a platform's name already.
        names: what the user calls agents.
    """
    every = [list(groups) for groups in windows]
    words: list[Callable[[str], str]] = []
    for at, dimension in enumerate(by):
        if dimension is Dimension.PROVIDER:
            words.append(lambda space: providers.get(space, space))
        elif dimension is Dimension.AGENT:
            counted = ((key[at], stats.calls) for groups in every for key, stats in groups)
            words.append(_agent_names(counted, providers, names).__getitem__)
        else:
            words.append(str)
    return [
        joined_groups(
            (tuple(word(part) for word, part in zip(words, key, strict=True)), stats) for key, stats in groups
        )
        for groups in every
    ]


def _agent_names(counted: Iterable[tuple[str, int]], providers: Mapping[str, str], given: AgentNames) -> dict[str, str]:
    """By word of a key, an agent's name: the user's, or the one that most of its calls have.

    Agents of one name are told apart by their platform, and by their id if they have the same platform. An agent
    without a name is its id, after the platform if other platforms have this id too.
    """
    names: dict[_Agent, Counter[str]] = {}
    agents: dict[str, _Agent] = {}
    for word, calls in counted:
        space, agent_id, name = agent_parts(word)
        agents[word] = agent = (providers.get(space, space), agent_id or name.casefold())
        names.setdefault(agent, Counter()).update({name: calls} if name else {})
    shown = {
        agent: given.of(*agent) or (min(found, key=lambda name: (-found[name], name)) if found else agent[1])
        for agent, found in names.items()
    }
    shared = Counter(name.casefold() for name in shown.values())
    on_platform = Counter((provider, name.casefold()) for (provider, _), name in shown.items())

    def told_apart(agent: _Agent) -> str:
        (provider, agent_id), name = agent, shown[agent]
        if name == UNKNOWN or shared[name.casefold()] == 1:
            return name
        if name == agent_id:
            return f"{provider}:{agent_id}"
        return f"{name} ({provider if on_platform[provider, name.casefold()] == 1 else ':'.join(agent)})"

    return {word: told_apart(agent) for word, agent in agents.items()}


def with_agent_ids(
    groups: Sequence[Group],
    windows: Sequence[Iterable[tuple[GroupKey, CallStats]]],
    providers: Mapping[str, str],
    names: AgentNames,
) -> tuple[Group, ...]:
    """Groups by agent alone with the ids of the agents; the other arguments are those that `named` got."""
    counted = [(key[0], stats.calls) for groups in windows for key, stats in groups]
    ids = {shown: agent_parts(word)[1] for word, shown in _agent_names(counted, providers, names).items()}
    return tuple(replace(group, agent_id=ids.get(group.key[0], "")) for group in groups)


def ordered(groups: Mapping[GroupKey, CallStats], by: Sequence[Dimension]) -> tuple[Group, ...]:
    """In the order of time, or those with the most calls first; of two dimensions, within each of the first."""
    totals = [Counter[str]() for _ in by]
    for key, stats in groups.items():
        for counter, word in zip(totals, key, strict=True):
            counter[word] += stats.calls

    def place(key: GroupKey) -> tuple[tuple[bool, int, str], ...]:
        return tuple(
            (word == UNKNOWN, 0 if dimension in TIMES else -counter[word], word)
            for word, dimension, counter in zip(key, by, totals, strict=True)
        )

    return tuple(Group(key, groups[key]) for key in sorted(groups, key=place))


def compared(groups: Sequence[Group], others: Mapping[GroupKey, CallStats] | None = None) -> tuple[Group, ...]:
    """Groups with what became of their failed tool calls.

    Args:
        groups: in their order.
        others: the same groups in the other window or version; None sets each against all other groups together.
    """
    if others is None and len(groups) < _LEAST_GROUPS:
        return tuple(groups)
    failures = [group.stats.failures for group in groups]
    part, whole = sum(one.part for one in failures), sum(one.whole for one in failures)
    measures: list[tuple[str, Share, Share, int]] = []
    for group, of_group in zip(groups, failures, strict=True):
        other = None if others is None else others.get(group.key)
        share = Share(part - of_group.part, whole - of_group.whole)
        calls = group.stats.calls
        if others is not None:
            share = other.failures if other else Share(0, 0)
            calls = min(calls, other.calls if other else 0)
        measures.append((FAILED_TOOL_CALLS, of_group, share, LEAST_TOOL_CALLS if calls >= LEAST_CALLS else _NEVER))
    return tuple(
        Group(group.key, group.stats, change, None if others is None else others.get(group.key))
        for group, change in zip(groups, judged(measures), strict=True)
    )


def changes(now: CallStats, other: CallStats) -> tuple[Change, ...]:
    """The totals of calls against those of others, share by share."""
    measures: list[tuple[str, Share, Share, int]] = [
        (FAILED_TOOL_CALLS, now.failures, other.failures, LEAST_TOOL_CALLS)
    ]
    of_each: list[tuple[str, Callable[[CallStats], Share]]] = [
        ("calls with a failed tool call", lambda stats: Share(stats.failed, stats.transcripts)),
        ("calls with one not recovered", lambda stats: Share(stats.unrecovered, stats.transcripts)),
        ("calls with a claim of success after a failure", lambda stats: Share(stats.contradicted, stats.transcripts)),
        ("calls with an action done twice", lambda stats: Share(stats.repeated, stats.transcripts)),
        ("calls transferred", lambda stats: Share(stats.transferred, stats.connected)),
        ("calls ended by the caller", lambda stats: Share(stats.ended.get(EndReason.USER_HANGUP, 0), stats.connected)),
        ("calls unjoined", lambda stats: Share(stats.unjoined, stats.calls - stats.going_on)),
    ]
    measures += [(words, share(now), share(other), LEAST_CALLS) for words, share in of_each]
    return judged(measures)


_LEAST_GROUPS = 2
_NEVER = 2**63
"""More tool calls than there are: a group of few calls has no rate, however many tool calls these made."""
