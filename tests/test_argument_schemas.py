"""Any arguments that a listed schema allows are accepted: what a host checks before it asks is what we check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from call_transcripts_mcp import tools
from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.text import one_line

if TYPE_CHECKING:
    from call_transcripts_mcp.tools.base import Tool

Schema = dict[str, Any]
ALL = [tools.load(name) for name in tools.NAMES]
KNOWN = {
    "type", "properties", "required", "additionalProperties", "description", "default", "items", "enum",
    "minimum", "maximum",
}  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)


def allowed(schema: Schema) -> st.SearchStrategy[Any]:
    """Values that fit a schema, from its own keywords."""
    assert set(schema) <= KNOWN, f"the strategy does not know {set(schema) - KNOWN}"
    if "enum" in schema:
        return st.sampled_from(cast("list[str]", schema["enum"]))
    match schema["type"]:
        case "string":
            return st.text(max_size=40)  # whatever a JSON string may hold
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(schema["minimum"], schema["maximum"])
        case "array":
            return st.lists(allowed(schema["items"]), max_size=20)
        case "object":
            properties: dict[str, Schema] = schema["properties"]
            required = set(cast("list[str]", schema.get("required", [])))
            return st.fixed_dictionaries(
                {name: allowed(part) for name, part in properties.items() if name in required},
                optional={name: allowed(part) for name, part in properties.items() if name not in required},
            )
        case other:
            raise AssertionError(f"the strategy does not know the type {other}")


@pytest.mark.parametrize("tool", ALL, ids=lambda tool: tool.name)
@given(data=st.data())
@settings(max_examples=60)
def test_whatever_the_schema_allows_is_accepted(tool: Tool[Any, Any], data: st.DataObject) -> None:
    given_arguments = data.draw(allowed(tool.schema()))
    required: list[str] = tool.schema().get("required", [])
    if any(not str(given_arguments[name]).strip() for name in required):
        with pytest.raises(InvalidRequestError, match="is required"):
            tool.parse(given_arguments)
        return
    try:
        tool.parse(given_arguments)
    except InvalidRequestError as error:  # such as `!ok`, which a schema cannot tell
        if " can leave nothing out, " not in str(error):
            raise


@pytest.mark.parametrize("tool", ALL, ids=lambda tool: tool.name)
@given(given_arguments=JSON)
@settings(max_examples=100)
def test_any_other_json_is_accepted_or_refused_in_one_short_line(tool: Tool[Any, Any], given_arguments: object) -> None:
    try:
        tool.parse(given_arguments)
    except InvalidRequestError as error:
        text = str(error)
        assert text.startswith(f"{tool.name}: ")
        assert one_line(text) == text
        assert len(text) < 1500


@pytest.mark.parametrize("tool", ALL, ids=lambda tool: tool.name)
def test_a_text_that_is_too_long_is_refused_with_its_bound(tool: Tool[Any, Any]) -> None:
    schema = tool.schema()
    needed = dict.fromkeys(schema.get("required", ()), "x")
    for name, part in schema["properties"].items():
        if part["type"] == "string" and "enum" not in part:
            with pytest.raises(InvalidRequestError, match=f"{name}: String should have at most [0-9]+ characters"):
                tool.parse({**needed, name: "aé" * 4000})
