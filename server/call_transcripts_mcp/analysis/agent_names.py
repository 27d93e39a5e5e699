"""Names that the user gives to agents, by their ids: platforms know many agents by id alone.

They are put on calls where these come in, from a provider or from the archive. The archive keeps what the platform
said, so that a changed file of names changes the names of old calls too.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from call_transcripts_mcp.text import clip, one_line, without_breaks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from call_transcripts_mcp.findings.failures import Tally
    from call_transcripts_mcp.model import Call, Stage

MOST_NAMES = 2_000
LONGEST_NAME = 120
_EXAMPLE = 'Write a line for each agent: "id" = "name".'
_PARTS = " / "
"""Between an agent's id and the node of its workflow, in a stage."""


@dataclass(frozen=True, slots=True)
class AgentNames:
    """Names by the id of the agent, or by `provider:id` where the id alone would be another platform's too.

    Attributes:
        by_id: the keys are in lower case, as ids are compared.
    """

    by_id: Mapping[str, str] = field(default_factory=dict[str, str])

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.by_id)

    def of(self, provider: str, agent_id: str | None) -> str | None:
        """The name of an agent; None if it has none."""
        if not agent_id or not self.by_id:
            return None
        key = agent_id.lower()
        return self.by_id.get(f"{provider}:{key}") or self.by_id.get(key)

    def ids(self, provider: str, part: str) -> list[str]:
        """The ids, in lower case, of a provider's agents whose name contains this, in any case."""
        wanted = part.strip().casefold()
        bare = {key.removeprefix(f"{provider}:") for key in self.by_id} if wanted else set[str]()
        return sorted(one for one in bare if wanted in (self.of(provider, one) or "").casefold())

    def unused(self, calls: list[Call]) -> list[str]:
        """The keys that name the agent of none of these calls, nor of their stages."""
        used: set[str] = set()
        for call in map(platform_call, calls):
            ids = [call.agent_id or "", *(part for stage in call.stages for part in (stage.agent or "").split(_PARTS))]
            used |= {key for one in ids for key in (one.lower(), f"{call.provider}:{one.lower()}")}
        return [key for key in self.by_id if key not in used]

    def named(self, call: Call) -> Call:
        """A call and its stages under these names; a call that has them already stays as it is."""
        if not self.by_id:
            return call
        call = platform_call(call)
        name = self.of(call.provider, call.agent_id)
        stages = tuple([self._stage(stage, call, name) for stage in call.stages])
        if stages != call.stages:
            call = replace(call, stages=stages)
        if name is None:
            return call
        return replace(call, agent_name=name, platform_agent_name=call.agent_name or "")

    def tally(self, tally: Tally) -> Tally:
        """Counted failures and signals whose examples show the names."""
        if not self.by_id:
            return tally
        causes = tuple(
            replace(cause, failures=tuple([replace(one, call=self.named(one.call)) for one in cause.failures]))
            for cause in tally.causes
        )
        found = tally.signals
        signals = replace(
            found,
            contradictions=tuple([replace(one, call=self.named(one.call)) for one in found.contradictions]),
            repeated=tuple([replace(one, call=self.named(one.call)) for one in found.repeated]),
        )
        return replace(tally, causes=causes, signals=signals)

    def _stage(self, stage: Stage, call: Call, name: str | None) -> Stage:
        """A stage is told by its agent's id, or by the name that the platform gives to the call's agent."""
        own, told = stage.agent or "", call.agent_name

        def shown_for(part: str) -> str:
            return (name if part and part == told else None) or self.of(call.provider, part) or part

        shown = shown_for(own) if own == told else _PARTS.join(map(shown_for, own.split(_PARTS)))
        return stage if shown == own else replace(stage, agent=shown, platform_agent=own)


NO_AGENT_NAMES = AgentNames()


def platform_call(call: Call) -> Call:
    """The call as its platform tells it, without names that were given to its agents."""
    if any(stage.platform_agent is not None for stage in call.stages):
        call = replace(call, stages=tuple(map(_platform_stage, call.stages)))
    if call.platform_agent_name is None:
        return call
    return replace(call, agent_name=call.platform_agent_name or None, platform_agent_name=None)


def _platform_stage(stage: Stage) -> Stage:
    return stage if stage.platform_agent is None else replace(stage, agent=stage.platform_agent, platform_agent=None)


def agent_names(text: str) -> AgentNames:
    """The names of a TOML file.

    Raises:
        ValueError: what is wrong, and what to do, as the end of a sentence.
    """
    import tomllib  # noqa: PLC0415 - most servers have no such file, and start faster without this

    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"is not TOML: {clip(one_line(str(error)), 100)}. {_EXAMPLE}") from None
    except (ValueError, RecursionError):  # a number of too many digits, or too many brackets
        raise ValueError(f"is not a list of names. {_EXAMPLE}") from None
    if len(found) > MOST_NAMES:
        raise ValueError(f"holds {len(found):,} names, and {MOST_NAMES:,} are the most. Keep those that are used.")
    names: dict[str, str] = {}
    for written, value in found.items():
        key = written.strip().lower()
        problem = "has a line without an id. Write one, or remove the line." if not key else _problem(written, value)
        if key in names:
            problem = f"names {_shown(written)} twice, as upper and lower case do not differ in ids. Remove one."
        if problem:
            raise ValueError(problem)
        names[key] = value.strip()
    return AgentNames(names)


def _shown(written: str) -> str:
    return f'"{clip(one_line(written), 60)}"'


def _problem(written: str, value: object) -> str:
    """What is wrong with a name; "" if nothing is."""
    shown = _shown(written)
    if isinstance(value, dict):
        return f"holds a table, {shown}. Put an id that has dots in quotes, and leave out [headings]."
    if not isinstance(value, str):
        return f'gives {shown} a value that is not text in quotes. Write {shown} = "name".'
    name = value.strip()
    if not name:
        return f"gives {shown} an empty name. Write one, or remove the line."
    if without_breaks(name) != name:
        return f"gives {shown} a name with a control or invisible character. Write it without that."
    if len(name) > LONGEST_NAME:
        return f"gives {shown} a name of {len(name):,} characters, and {LONGEST_NAME} are the most. Shorten it."
    return ""
