"""Which calls are wanted, and which providers can filter for them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.library.references import no_provider
from call_transcripts_mcp.providers.base import CallQuery
from call_transcripts_mcp.providers.wire import UUID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from call_transcripts_mcp.model import Call
    from call_transcripts_mcp.providers.base import Provider


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Selects calls, across providers.

    Attributes:
        providers: by name; none for all that are configured.
        agent: an agent's id, or part of its name if the provider gives names.
    """

    query: CallQuery = field(default_factory=CallQuery)
    providers: tuple[str, ...] = ()
    agent: str | None = None


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
    reasons: list[str] = []
    textless: list[str] = []
    for provider in asked:
        if wanted.query.text and not provider.text_search:
            textless.append(provider.name)
        elif wanted.agent and not provider.names_agents and provider.valid_id(wanted.agent.strip()) is None:
            reasons.append(f"{provider.name} knows agents only by id and was left out")
        else:
            able.append(provider)
    if textless:
        were = "was" if len(textless) == 1 else "were"
        reasons.insert(0, f"{' and '.join(textless)} cannot search by text and {were} left out")
    if not able:
        raise InvalidRequestError("; ".join(reasons) + ". Drop this filter, or choose another provider.")
    return able, reasons


def split_agent(wanted: CallFilter) -> tuple[CallQuery, Callable[[Call], bool] | None]:
    """The query for the provider, and a filter for its results if the agent is given by name."""
    if not wanted.agent:
        return wanted.query, None
    agent = wanted.agent.strip()
    if UUID.fullmatch(agent.lower()):
        return replace(wanted.query, agent_id=agent.lower()), None
    return wanted.query, lambda call: agent.casefold() in (call.agent_name or "").casefold()


def agent_words(agent: str | None) -> str | None:
    """An agent as `archive.base.Selection.agent` expects it: an id, or a part of the name, in lower case."""
    return agent.strip().casefold() if agent and agent.strip() else None
