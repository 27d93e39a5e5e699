"""The filter criteria of Retell's list of calls: typed, checked, applied. What the types do not know is refused.

Source: `CallListParams` of the vendor's SDK (retell-sdk 6.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from call_transcripts_mcp.sample.retell import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from call_transcripts_mcp.sample.conversation import Conversation

STATUSES: Final = ("not_connected", "ongoing", "ended", "error")
_STORED: Final = ("everything", "everything_except_pii", "basic_attributes_only")
_SENTIMENTS: Final = ("Negative", "Positive", "Neutral", "Unknown")


class BadCriteriaError(Exception):
    """The criteria have no known form; says where."""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_range(value: object) -> bool:
    if not isinstance(value, list):
        return False
    ends = cast("list[Any]", value)
    return len(ends) == len(("low", "high")) and all(map(_is_number, ends))


def _is_words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in cast("list[Any]", value))


# By the type of a filter: its operators, what a value of it is, and how they hold against what a call has.
_TYPES: dict[str, tuple[dict[str, Callable[[Any, Any], bool]], Callable[[object], bool]]] = {
    "string": (
        {
            "eq": lambda found, asked: found == asked,
            "ne": lambda found, asked: found != asked,
            "sw": lambda found, asked: str(found or "").startswith(asked),
            "ew": lambda found, asked: str(found or "").endswith(asked),
            "co": lambda found, asked: asked in str(found or ""),
        },
        lambda value: isinstance(value, str),
    ),
    "number": (
        {
            "eq": lambda found, asked: found == asked,
            "ne": lambda found, asked: found != asked,
            "gt": lambda found, asked: found is not None and found > asked,
            "ge": lambda found, asked: found is not None and found >= asked,
            "lt": lambda found, asked: found is not None and found < asked,
            "le": lambda found, asked: found is not None and found <= asked,
        },
        _is_number,
    ),
    "range": ({"bt": lambda found, asked: found is not None and asked[0] <= found <= asked[1]}, _is_range),
    "boolean": ({"eq": lambda found, asked: found is asked}, lambda value: isinstance(value, bool)),
    "enum": ({"in": lambda found, asked: found in asked}, _is_words),
}
_AMOUNT = ("number", "range")


def _started_ms(conversation: Conversation) -> float | None:
    return cast("float | None", wire.item(conversation).get("start_timestamp"))


def _of_item(name: str) -> Callable[[Conversation], Any]:
    return lambda conversation: wire.item(conversation).get(name)


# By the criterion: the types that it takes, the words that an `enum` may name (None for any), and what a call has.
_CRITERIA: dict[str, tuple[tuple[str, ...], tuple[str, ...] | None, Callable[[Conversation], Any]]] = {
    "batch_call_id": (("string",), None, lambda _: None),
    "call_id": (("string", "enum"), None, lambda conversation: conversation.header.vendor_id),
    "call_status": (("enum",), STATUSES, wire.status),
    "call_successful": (("boolean",), None, lambda conversation: conversation.is_success),
    "call_type": (("enum",), ("web_call", "phone_call"), _of_item("call_type")),
    "combined_cost": (_AMOUNT, None, wire.cost_cents),
    "data_storage_setting": (("enum",), _STORED, lambda conversation: wire.storage(conversation.header)),
    "direction": (("enum",), ("inbound", "outbound"), _of_item("direction")),
    "disconnection_reason": (("enum",), None, wire.ended_because),
    "duration_ms": (_AMOUNT, None, wire.duration_ms),
    "end_timestamp": (_AMOUNT, None, _of_item("end_timestamp")),
    "from_number": (("string",), None, _of_item("from_number")),
    "in_voicemail": (("boolean",), None, lambda one: wire.ended_because(one) == "voicemail_reached"),
    "start_timestamp": (_AMOUNT, None, _started_ms),
    "to_number": (("string",), None, _of_item("to_number")),
    "user_sentiment": (("enum",), _SENTIMENTS, wire.sentiment),
}


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadCriteriaError(f"{where} should be an object")
    return cast("dict[str, Any]", value)


def _objects(value: object, where: str) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise BadCriteriaError(f"{where} should be an array")
    return [_object(one, where) for one in cast("list[Any]", value)]


def _known(fields: dict[str, Any], names: set[str], where: str) -> None:
    unknown = sorted(fields.keys() - names)
    if unknown:
        raise BadCriteriaError(f"{where} should NOT have additional properties: {', '.join(unknown)}")


def _checked(value: object, where: str, types: tuple[str, ...], words: tuple[str, ...] | None = None) -> dict[str, Any]:
    """One typed filter: `{"type", "op", "value"}`."""
    given = _object(value, where)
    _known(given, {"type", "op", "value"}, where)
    kind = given.get("type")
    if kind not in types:
        raise BadCriteriaError(f"{where}.type should be one of {', '.join(types)}")
    operators, is_value = _TYPES[cast("str", kind)]
    if given.get("op") not in operators:
        raise BadCriteriaError(f"{where}.op should be one of {', '.join(operators)}")
    if not is_value(given.get("value")):
        raise BadCriteriaError(f"{where}.value is no value of type {kind}")
    if words is not None and kind == "enum" and not set(given["value"]) <= set(words):
        raise BadCriteriaError(f"{where}.value should be some of {', '.join(words)}")
    return given


def _holds(given: dict[str, Any], found: object) -> bool:
    operators, _ = _TYPES[given["type"]]
    return operators[given["op"]](found, given["value"])


def check(criteria: object) -> dict[str, Any]:
    """The criteria, unless they have an unknown form.

    Raises:
        BadCriteriaError: they do.
    """
    given = _object(criteria, "filter_criteria")
    _known(given, {*_CRITERIA, "agent", "tool_calls"}, "filter_criteria")
    for name, value in given.items():
        if name in _CRITERIA:
            types, words, _ = _CRITERIA[name]
            _checked(value, f"filter_criteria.{name}", types, words)
    for agent in _objects(given.get("agent", []), "filter_criteria.agent"):
        _known(agent, {"agent_id", "version"}, "filter_criteria.agent")
        versions = agent.get("version", [])
        if not isinstance(agent.get("agent_id"), str) or not isinstance(versions, list):
            raise BadCriteriaError("filter_criteria.agent should have an agent_id, and versions in an array")
    for tool in _objects(given.get("tool_calls", []), "filter_criteria.tool_calls"):
        _known(tool, {"latency_ms", "name", "success", "type"}, "filter_criteria.tool_calls")
        if "success" in tool:
            _checked(tool["success"], "filter_criteria.tool_calls.success", ("boolean",))
        if "latency_ms" in tool:
            _checked(tool["latency_ms"], "filter_criteria.tool_calls.latency_ms", _AMOUNT)
    return given


def passes(given: dict[str, Any], conversation: Conversation) -> bool:
    """Whether a call meets all criteria: one of the agents, and every kind of tool call that is named."""
    header = conversation.header
    agents = given.get("agent", [])
    if agents and not any(
        agent["agent_id"] == wire.vendor_agent_id(header.agents[0])
        and (not agent.get("version") or header.version in agent["version"])
        for agent in agents
    ):
        return False
    if not all(_has_tool_call(tool, conversation) for tool in given.get("tool_calls", [])):
        return False
    return all(_holds(given[name], find(conversation)) for name, (_, _, find) in _CRITERIA.items() if name in given)


def _has_tool_call(asked: dict[str, Any], conversation: Conversation) -> bool:
    return any(
        asked.get("name") in {None, name}
        and asked.get("type") in {None, wire.tool_type(name)}
        and ("success" not in asked or _holds(asked["success"], success))
        and ("latency_ms" not in asked or _holds(asked["latency_ms"], took_s * 1000))
        for name, success, took_s in wire.results(conversation)
    )
