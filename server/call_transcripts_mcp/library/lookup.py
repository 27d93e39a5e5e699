"""Finds the provider that holds the call that a caller named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from call_transcripts_mcp.errors import InvalidRequestError, NotFoundError, ProviderError
from call_transcripts_mcp.library import references

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from call_transcripts_mcp.library.references import Reference
    from call_transcripts_mcp.model import Call
    from call_transcripts_mcp.providers.base import Provider


def reference(providers: Mapping[str, Provider], call_id: str) -> Reference:
    """The call that a text names.

    Raises:
        InvalidRequestError: it names no call of a configured provider.
    """
    return references.read(call_id, {name: provider.valid_id for name, provider in providers.items()})


async def find(providers: Mapping[str, Provider], places: Sequence[tuple[str, str]]) -> Call:
    """The call, requested at the same time from every provider that may hold its id.

    Args:
        providers: by name.
        places: provider and id, at least one.

    Raises:
        InvalidRequestError: several providers have a call with this id.
        ProviderError: no provider returned it.
    """
    found: list[Call] = []
    errors: list[ProviderError] = []

    async def ask(name: str, valid_id: str) -> None:
        try:
            found.append(await providers[name].get_call(valid_id))
        except ProviderError as error:
            errors.append(error)

    async with anyio.create_task_group() as tasks:
        for name, valid_id in places:
            tasks.start_soon(ask, name, valid_id)
    if len(found) > 1:
        refs = " and ".join(call.ref for call in found)
        raise InvalidRequestError(f"This id is a call of more than one provider. Say which: {refs}.")
    if found:
        return found[0]
    names = list(providers)
    raise _worst(sorted(errors, key=lambda error: names.index(error.provider)))


def _worst(errors: Sequence[ProviderError]) -> ProviderError:
    """One error for a call that no provider returned: the one that is not "not found", if any."""
    if len(errors) == 1:
        return errors[0]
    missing = [error for error in errors if isinstance(error, NotFoundError)]
    other = next((error for error in errors if not isinstance(error, NotFoundError)), None)
    if other is not None:
        known = f" {', '.join(error.provider for error in missing)} does not know this id." if missing else ""
        return type(other)(
            other.provider,
            other.fact,
            other.hint + known,
            status=other.status,
            code=other.code,
            retry_after_s=other.retry_after_s,
        )
    facts = f"{errors[0].fact}; " + "; ".join(f"{error.provider}: {error.fact}" for error in errors[1:])
    return NotFoundError(errors[0].provider, facts, errors[0].hint, status=404)
