"""Tables of arguments as models and people send them to every tool: what is sent, and what is understood."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp import tools
from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.tools.base import Tool
from call_transcripts_mcp.tools.filters import providers_of

Sent = dict[str, Any]
ID = "3f2b8c1e-9a4d-4e7f-8b6a-1c2d3e4f5a6b"
REF = f"ultravox:{ID}"
LISTS, CALL, READS, FAILS, FINDS, SUMS = (tools.load(name) for name in tools.NAMES)
WINDOWED = (LISTS, FAILS, FINDS, SUMS)
OF_A_CALL = (CALL, READS, FAILS)


def shown(value: object) -> str:
    """A parameter in the name of a test."""
    return value.name if isinstance(value, Tool) else repr(value)


def understood(tool: Tool[Any, Any], sent: object) -> Sent:
    """The arguments that differ from the defaults."""
    return tool.parse(sent).model_dump(exclude_defaults=True)


WINDOWS: list[tuple[Sent, Sent]] = [
    ({"days": 3}, {"since": "3 days"}),
    ({"days": "3"}, {"since": "3 days"}),
    ({"hours": 24}, {"since": "24 hours"}),
    ({"lastHours": 6}, {"since": "6 hours"}),
    ({"last_days": 7}, {"since": "7 days"}),
    ({"days_back": 7}, {"since": "7 days"}),
    ({"weeks": 2}, {"since": "2 weeks"}),
    ({"window": "7d"}, {"since": "7d"}),
    ({"period": "last week"}, {"since": "last week"}),
    ({"timeframe": "24h"}, {"since": "24h"}),
    ({"time_range": "2026-11-01 to 2026-11-07"}, {"since": "2026-11-01 to 2026-11-07"}),
    ({"dateRange": {"start": "2026-11-01", "end": "2026-11-07"}}, {"since": "2026-11-01", "until": "2026-11-07"}),
    ({"window": {"days": 3}}, {"since": "3 days"}),
    ({"date": "2026-11-25"}, {"since": "2026-11-25", "until": "2026-11-25"}),
    ({"day": "yesterday"}, {"since": "yesterday", "until": "yesterday"}),
    ({"since": {"days": 3}}, {"since": "3 days"}),
    ({"since": {"gte": "2026-11-01", "lt": "2026-11-07"}}, {"since": "2026-11-01", "until": "2026-11-07"}),
    ({"since": ["2026-11-01", "2026-11-07"]}, {"since": "2026-11-01 to 2026-11-07"}),
    ({"since": '["2026-11-01", "2026-11-07"]'}, {"since": "2026-11-01 to 2026-11-07"}),
    ({"since": 7}, {"since": "7"}),
    ({"since": 1795183205.0}, {"since": "1795183205"}),
    ({"from": "2026-11-01", "to": "2026-11-07"}, {"since": "2026-11-01", "until": "2026-11-07"}),
    ({"start_date": "2026-11-01", "endDate": "2026-11-07"}, {"since": "2026-11-01", "until": "2026-11-07"}),
    ({"created_after": "2026-11-01"}, {"since": "2026-11-01"}),
    ({"filters": {"since": "7d", "agent": "Anna"}}, {"since": "7d", "agent": "Anna"}),
    ({"since": "null", "until": None}, {}),
    ({"since": "  'yesterday' "}, {"since": "yesterday"}),
    ({"provider": ["ultravox", "diga"]}, {"provider": "ultravox,diga"}),
    ({"provider": '["ultravox"]'}, {"provider": "ultravox"}),
    ({"platform": "Ultravox"}, {"provider": "Ultravox"}),
    ({"providers": "ultravox, diga"}, {"provider": "ultravox, diga"}),
    ({"provider": "all"}, {}),
    ({"provider": []}, {}),
    ({"assistant": "Anna"}, {"agent": "Anna"}),
    ({"agentId": ID}, {"agent": ID}),
    ({"agent": "none"}, {}),
]
REFERENCES: list[tuple[Sent, str]] = [
    ({"call_id": REF}, REF),
    ({"callId": ID}, ID),
    ({"id": ID, "provider": "ultravox"}, REF),
    ({"id": ID, "platform": "Ultravox"}, REF),
    ({"call_id": REF, "provider": "ultravox"}, REF),
    ({"call_id": REF.upper(), "provider": "ultravox"}, REF.upper()),
    ({"call_id": ID, "provider": ["ultravox"]}, REF),
    ({"call_id": ID, "provider": "all"}, ID),
    ({"call_id": ID, "provider": None}, ID),
    ({"call_id": {"provider": "ultravox", "id": ID}}, REF),
    ({"call_id": {"id": ID}}, ID),
    ({"call": {"call_id": REF}}, REF),
    ({"call_ids": [REF]}, REF),
    ({"call_id": [REF, REF]}, REF),
    ({"call_id": f'["{REF}"]'}, REF),
    ({"conversationId": ID}, ID),
    ({"url": f"https://app.ultravox.ai/calls/{ID}", "provider": "ultravox"}, f"https://app.ultravox.ai/calls/{ID}"),
]
NUMBERS: list[tuple[object, int]] = [
    ("5", 5), (5.0, 5), ("5.0", 5), ([5], 5), ("ten", 10), ("10 calls", 10), ("20 results", 20), ("`7`", 7),
    ("fifty", 50), (" 12 ", 12), ("all", 100), ("max", 100), ("unlimited", 100), ("no limit", 100), (10**30, 100),
    (1e99, 100), (0, 1), (-5, 1), ("1k", 100), ("2,000", 100),
]  # fmt: skip
CLAMPED = ("all", "max", "unlimited", "no limit", 10**30, 1e99, 0, -5, "1k", "2,000")
TOKENS: list[tuple[object, int]] = [
    ("2k", 2000), ("2.5k", 2500), ("2,000", 2000), ("4000 tokens", 4000), (1e4, 10_000), ("10_000", 10_000),
    ("2K", 2000), ("0.5k", 500), ("max", 20_000), ("100k", 20_000), (1, 500),
]  # fmt: skip
EXAMPLES: list[tuple[object, Sent]] = [
    (False, {"examples": 0}), ("false", {"examples": 0}), ("no", {"examples": 0}), (0, {"examples": 0}), (True, {}),
    ("yes", {}), ("3", {"examples": 3}), ("all", {"examples": 10}), ("three", {"examples": 3}), ("none", {}),
]  # fmt: skip
COMPARE: list[tuple[object, bool, bool]] = [
    ("previous", True, False), (True, True, False), ("true", True, False), ("PREVIOUS", True, False),
    ("prior", True, False), ("previous_window", True, False), ("previous period", True, False),
    ("baseline", True, False), ("last_week", True, True), ("last week", True, True), ("week before", True, True),
    ("yesterday", True, True), ("week-over-week", True, True), (False, False, False), ("no", False, False),
    ("none", False, False),
]  # fmt: skip
VERDICTS: list[tuple[object, list[str] | None]] = [
    ("failed", ["failed"]), (["failed"], ["failed"]), (["failed", "suspected"], ["failed", "suspected"]),
    ("failed,suspected", ["failed", "suspected"]), ('["failed", "suspected"]', ["failed", "suspected"]),
    ("failed or suspected", ["failed", "suspected"]), ("failed|no_result", ["failed", "no_result"]),
    ("failed and no result", ["failed", "no_result"]), ("no result", ["no_result"]), ("No-Result", ["no_result"]),
    ("not ok", ["failures"]), ("failures", ["failures"]), ("FAILED", ["failed"]), ("error", ["failed"]),
    ("success", ["ok"]), ("canceled", ["cancelled"]), ("all", None), (["failed", "failed"], ["failed"]), ([], None),
]  # fmt: skip
ROLES: list[tuple[object, list[str] | None]] = [
    ("user", ["user"]), ("user,agent", ["user", "agent"]), (["user", "agent"], ["user", "agent"]),
    ('["user","agent"]', ["user", "agent"]), ("caller and bot", ["user", "agent"]), ("assistant", ["agent"]),
    ("USER / TOOL", ["user", "tool"]), ("customer", ["user"]), ("function call", ["tool"]), ("all", None),
    ("(user)", ["user"]), ("any", None),
]  # fmt: skip
TOOL_NAMES: list[tuple[Sent, Sent]] = [
    ({"tool": "book_table"}, {"tool": "book_table"}),
    ({"tools": ["book_table"]}, {"tool": "book_table"}),
    ({"toolName": "book_table"}, {"tool": "book_table"}),
    ({"function": "book_table"}, {"tool": "book_table"}),
    ({"tool": ["a", "b"]}, {"tool": "a,b"}),
    ({"tool": '["a", "b"]'}, {"tool": "a,b"}),
    ({"tool": "all"}, {}),
    ({"tool": "null"}, {}),
]
REFUSED: list[tuple[Tool[Any, Any], Sent, str]] = [
    (LISTS, {"verdct": "failed"}, 'unknown argument "verdct"'),
    (LISTS, {"page": 2}, 'unknown argument "page": to go on, send cursor of the answer before'),
    (LISTS, {"offset": 20}, 'unknown argument "offset": to go on, send cursor of the answer before'),
    (LISTS, {"detail": "full"}, 'unknown argument "detail": list_call_messages takes detail'),
    (LISTS, {"limt": 5}, 'unknown argument "limt": did you mean limit?'),
    (LISTS, {"limit": True}, "limit: takes a whole number, not true"),
    (LISTS, {"limit": "many"}, 'limit: takes a whole number, not "many"'),
    (LISTS, {"limit": 2.7}, "limit: takes a whole number, not 2.7"),
    (LISTS, {"window": "7d", "since": "3d"}, "both mean since; send one"),
    (LISTS, {"verdict": "!ok"}, 'verdict: can leave nothing out, as "!ok" would; name what you want'),
    (LISTS, {"ended": ["transfer", "!user_hangup"]}, 'ended: can leave nothing out, as "!user_hangup" would'),
    (LISTS, {"ended": "everything except voicemail"}, "ended: can leave nothing out"),
    (LISTS, {"provider": "-diga"}, "provider: can leave nothing out"),
    (LISTS, {"direction": "not inbound"}, "direction: can leave nothing out"),
    (FAILS, {"tool": '["!book_table"]'}, "tool: can leave nothing out"),
    (READS, {"call_id": REF, "roles": "all but tool"}, "roles: can leave nothing out"),
    (LISTS, {"status": "failed"}, 'unknown argument "status": did you mean verdict or ended?'),
    (LISTS, {"agents": ["Anna", "Ben"]}, "agent: takes one value, not 2; ask once for each"),
    (LISTS, {"agent": ["Anna", "Ben"]}, "agent: takes one value, not 2; ask once for each"),
    (CALL, {}, "call_id is required"),
    (CALL, {"call_id": REF, "provider": "diga"}, 'call_id names another platform than "diga"; send one of them'),
    (CALL, {"call_id": REF, "messages": "8"}, 'unknown argument "messages": list_call_messages takes messages'),
    (CALL, {"call_id": REF, "detail": "full"}, 'unknown argument "detail": list_call_messages takes detail'),
    (CALL, {"call_id": [REF, ID]}, "call_id: takes one value, not 2; ask once for each"),
    (READS, {"call_id": REF, "page": 2}, "send cursor of the answer before"),
    (READS, {"call_id": REF, "since": "7d"}, 'unknown argument "since": list_calls'),
    (READS, {"call_id": REF, "roles": "customer_support"}, "roles: takes user, agent, tool, system, other, not"),
    (READS, {"call_id": REF, "verdict": "faild"}, "did you mean failed?"),
    (READS, {"call_id": REF, "verdict": "failed, faild"}, "did you mean failed?"),
    (READS, {"call_id": REF, "max_tokens": "plenty"}, "max_tokens: takes a whole number"),
    (FAILS, {"compare": "2026-11-01"}, 'compare: takes previous, not "2026-11-01"'),
    (FAILS, {"examples": "some"}, "examples: takes a whole number"),
    (FAILS, {"group_by": "tool"}, 'unknown argument "group_by": summarize_calls takes group_by'),
    (FINDS, {"text": "a", "call_id": REF}, 'unknown argument "call_id": get_call, '),
    (FINDS, {"text": "a", "order": "random"}, "order: takes newest, relevance, not"),
    (FINDS, {"text": "a", "refs_only": "perhaps"}, "refs_only: takes true or false"),
]


@pytest.mark.parametrize("tool", WINDOWED, ids=shown)
@pytest.mark.parametrize(("sent", "read"), WINDOWS, ids=shown)
def test_windows_agents_and_providers_in_every_tool_over_many_calls(
    tool: Tool[Any, Any], sent: Sent, read: Sent
) -> None:
    assert understood(tool, sent) == read


@pytest.mark.parametrize("tool", OF_A_CALL, ids=shown)
@pytest.mark.parametrize(("sent", "call_id"), REFERENCES, ids=shown)
def test_references_in_every_tool_of_one_call(tool: Tool[Any, Any], sent: Sent, call_id: str) -> None:
    assert understood(tool, sent) == {"call_id": call_id}


@pytest.mark.parametrize("tool", [LISTS, FINDS], ids=shown)
@pytest.mark.parametrize(("sent", "number"), NUMBERS, ids=shown)
def test_numbers_as_people_write_them(tool: Tool[Any, Any], sent: object, number: int) -> None:
    parsed = tool.parse({"limit": sent})
    assert parsed.limit == number
    is_clamped = sent in CLAMPED
    assert any(note.startswith("limit is at ") for note in parsed.notes) == is_clamped


@pytest.mark.parametrize(("sent", "number"), TOKENS, ids=shown)
def test_budgets_as_people_write_them(sent: object, number: int) -> None:
    assert READS.parse({"call_id": REF, "max_tokens": sent}).max_tokens == number
    assert FAILS.parse({"max_tokens": sent}).max_tokens == number


@pytest.mark.parametrize(("sent", "read"), EXAMPLES, ids=shown)
def test_examples_may_be_switched_off_and_on(sent: object, read: Sent) -> None:
    assert understood(FAILS, {"examples": sent}) == read
    assert understood(FAILS, {"include_examples": sent}) == read


@pytest.mark.parametrize("tool", [FAILS, SUMS], ids=shown)
@pytest.mark.parametrize(("sent", "compares", "is_noted"), COMPARE, ids=shown)
def test_the_window_before_in_other_words(
    tool: Tool[Any, Any], sent: object, *, compares: bool, is_noted: bool
) -> None:
    parsed = tool.parse({"compare": sent})
    assert parsed.compare == ("previous" if compares else None)
    assert any("was read as previous" in note for note in parsed.notes) == is_noted


@pytest.mark.parametrize(
    ("sent", "read"),
    [("platform", ["provider"]), ("hour of day", ["hour"]), ("end reason", ["ended"]), ("Daily", ["day"]),
     ("agent name and date", ["agent", "day"]), (["bot", "week"], ["agent", "week"]), ("functions", ["tool"])],
)  # fmt: skip
def test_groups_in_other_words(sent: object, read: list[str]) -> None:
    assert SUMS.parse({"group_by": sent}).group_by == read


@pytest.mark.parametrize(("sent", "read"), VERDICTS, ids=shown)
def test_verdicts_one_or_several(sent: object, read: list[str] | None) -> None:
    assert READS.parse({"call_id": REF, "verdict": sent}).verdict == read
    assert FINDS.parse({"verdict": sent, "outcome": sent}).verdicts == tuple(read or ())


@pytest.mark.parametrize(("sent", "read"), ROLES, ids=shown)
def test_roles_one_or_several(sent: object, read: list[str] | None) -> None:
    assert READS.parse({"call_id": REF, "role": sent}).roles == read
    assert FINDS.parse({"speakers": sent}).roles == read


@pytest.mark.parametrize("tool", [FAILS, FINDS], ids=shown)
@pytest.mark.parametrize(("sent", "read"), TOOL_NAMES, ids=shown)
def test_names_of_tools(tool: Tool[Any, Any], sent: Sent, read: Sent) -> None:
    assert understood(tool, sent) == read


@pytest.mark.parametrize(("tool", "sent", "said"), REFUSED, ids=shown)
def test_what_is_not_understood_is_refused_with_what_to_do(tool: Tool[Any, Any], sent: Sent, said: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        tool.parse(sent)
    assert str(caught.value).startswith(f"{tool.name}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ultravox", ("ultravox",)), ("ultravox.ai", ("ultravox",)), ("Retell AI", ("retell",)),
        ("Eleven Labs", ("elevenlabs",)), ("11labs", ("elevenlabs",)), ("vapi.ai", ("vapi",)),
        ("ultravox,diga", ("ultravox", "diga")), ("Ultravox and Vapi", ("ultravox", "vapi")),
        ("ultravox / ultravox", ("ultravox",)), ("ultrvox", ("ultrvox",)), (None, ()), ("", ()),
    ],
)  # fmt: skip
def test_names_of_providers(text: str | None, names: tuple[str, ...]) -> None:
    assert providers_of(text) == names


@pytest.mark.parametrize("tool", [tools.load(name) for name in tools.NAMES], ids=shown)
@given(data=st.data())
def test_no_argument_is_ignored_without_a_word(tool: Tool[Any, Any], data: st.DataObject) -> None:
    """What is sent is understood, noted, refused by name, or a way to say nothing."""
    properties = list(tool.schema()["properties"])
    name = data.draw(st.sampled_from(properties) | st.text("abcdefghij_", min_size=1, max_size=12))
    value = data.draw(st.text(max_size=20) | st.integers() | st.booleans() | st.lists(st.text(max_size=5), max_size=3))
    needed = {"call_id": REF} if "call_id" in tool.schema().get("required", ()) else {}
    try:
        parsed = tool.parse({**needed, name: value})
    except InvalidRequestError as error:
        refused = str(error)
        assert refused.startswith(f"{tool.name}: ")
        assert len(refused) < 1500
    else:
        words = str(value).strip(" \"'`[],").casefold()
        parts = value if isinstance(value, list) else [value]
        says_nothing = not any(str(part).strip().strip(" \"'`") for part in parts) or words in {
            "null", "none", "all", "any", "*", "every", "everything", "n/a", "nil", "undefined", "true", "false"
        }  # fmt: skip
        assert parsed.model_fields_set - (set(needed) - {name}) or parsed.notes or says_nothing
