"""What every provider is held to: its operations, one call of each, and what an error may say."""

from __future__ import annotations

from collections import defaultdict
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from platform_api import CALL_ID, KEY, a_call

from call_transcripts_mcp.errors import ProviderError
from call_transcripts_mcp.providers import ALL
from call_transcripts_mcp.providers.base import CallQuery
from call_transcripts_mcp.providers.wire import Wire, as_object

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from call_transcripts_mcp.providers.base import Provider

CANARY = "canary-5c7e"
"""Stands in every body; no error may repeat it."""

OPERATIONS: dict[str, Callable[[Provider], Awaitable[object]]] = {
    "list_calls": lambda provider: provider.list_calls(CallQuery(), limit=5),
    "get_call": lambda provider: provider.get_call(CALL_ID),
    "list_stages": lambda provider: provider.list_stages(a_call(provider.name)),
    "read_messages": lambda provider: provider.read_messages(a_call(provider.name)),
}
CASES = [(name, operation) for name in ALL for operation in OPERATIONS]


async def outcome(provider: Provider, operation: str) -> object:
    """What the operation gives, or the error it raises."""
    try:
        return await OPERATIONS[operation](provider)
    except ProviderError as error:
        return error


def check_error(error: ProviderError, provider: str) -> None:
    """Provider, fact, hint; nothing foreign, nothing secret."""
    text = str(error)
    assert text.startswith(f"{provider}: ")
    assert text == f"{provider}: {error.fact}. {error.hint}"
    assert len(text) < 2000
    for secret in (CANARY, KEY, "://", f"{provider}.test"):
        assert secret not in text
    assert error.__cause__ is None


def fields_of(provider: str) -> set[str]:
    """Every field that the provider's wire models read, as it is named on the wire."""
    module = import_module(f"call_transcripts_mcp.providers.{provider}")
    below = iter_modules(getattr(module, "__path__", ()))  # a platform is one file, or a folder
    modules = [module, *(import_module(f"{module.__name__}.{found.name}") for found in below)]
    found = [value for module in modules for value in vars(module).values()]
    models = [model for model in found if isinstance(model, type) and issubclass(model, Wire)]
    return {field.alias or name for model in models for name, field in model.model_fields.items()}


PAGING: dict[str, Any] = {
    "next": None, "has_more": False, "total": 1, "total_pages": 1, "last_id": None, "next_cursor": None,
    "pagination_key": None,
}  # fmt: skip
LISTS = ("results", "data", "conversations", "transcript", "items", "transcript_with_tool_calls", "messages")
"""Where the platforms keep the items of their pages and calls."""
BARE_LISTS = {("vapi", "list_calls")}
"""Whose body is the list itself."""
CASE_COUNTS = {"elevenlabs", "retell"}
"""Whose ids are not UUIDs: the case of a letter tells two ids apart."""
READING_POSTS: defaultdict[str, set[tuple[str, str]]] = defaultdict(set, retell={("POST", "/v3/list-calls")})
"""What is read by a POST, for lack of a GET."""
SEVERAL = {"elevenlabs", "vapi"}
"""Where one item can be several messages: its words, its tool calls, their results."""


def body_of(provider: str, operation: str, items: Sequence[object], **envelope: object) -> object:
    """One body for an operation: a page of these items, with the first one's members where a call is asked for."""
    if (provider, operation) in BARE_LISTS:
        return list(items)
    own = as_object(items[0]) if items else None
    return (own or {}) | {key: list(items) for key in LISTS} | PAGING | {"provider": provider} | envelope
