"""Names that the user gives to agents: what a file of them may hold, and what they do to calls."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.analysis.agent_names import LONGEST_NAME, MOST_NAMES, AgentNames, agent_names, platform_call
from call_transcripts_mcp.model import Call, Stage
from call_transcripts_mcp.text import one_line

NAMES = agent_names(
    """
    agent_1 = "  Booking line "
    "vapi:agent_1" = "Claims"
    "Agent_2" = "Überlandlinie"
    "ultravox.eu:agent_3" = "Europe"
    "sales:bot" = "Sales"
    """
)


def call(agent_id: str | None, name: str | None = None, provider: str = "retell", *stages: str) -> Call:
    told = tuple(Stage(id=str(at), number=at, agent=agent) for at, agent in enumerate(stages, 1))
    return Call(provider, "one", agent_id=agent_id, agent_name=name, stages=told)


@pytest.mark.parametrize(
    ("provider", "agent_id", "name"),
    [
        ("retell", "agent_1", "Booking line"),
        ("retell", "AGENT_1", "Booking line"),
        ("vapi", "agent_1", "Claims"),
        ("vapi.eu", "agent_1", "Booking line"),
        ("diga", "aGENT_2", "Überlandlinie"),
        ("ultravox", "agent_3", None),
        ("ultravox.eu", "agent_3", "Europe"),
        ("files", "sales:bot", "Sales"),
        ("files", "bot", None),
        ("files", "", None),
        ("files", None, None),
    ],
)
def test_an_agent_is_known_by_its_id_in_any_case_and_first_by_the_one_with_its_provider(
    provider: str, agent_id: str | None, name: str | None
) -> None:
    assert NAMES.of(provider, agent_id) == name


def test_a_part_of_a_name_finds_the_ids_of_one_provider() -> None:
    assert NAMES.ids("retell", " LINE") == ["agent_1"]
    assert NAMES.ids("vapi", "line") == []
    assert NAMES.ids("vapi", "claims") == ["agent_1"]
    assert NAMES.ids("retell", "überland") == ["agent_2"]
    assert NAMES.ids("ultravox.eu", "europe") == ["agent_3"]
    assert "agent_3" not in NAMES.ids("ultravox", "europe")
    assert NAMES.ids("retell", "") == []
    two = agent_names('b = "Clinic North"\na = "Clinic"')
    assert two.ids("diga", "clinic") == ["a", "b"]


def test_the_name_of_the_user_takes_the_place_of_the_platforms_and_gives_it_back() -> None:
    told = call("agent_1", "Untitled 3")
    shown = NAMES.named(told)
    assert (shown.agent_name, shown.agent_id) == ("Booking line", "agent_1")
    assert platform_call(shown) == told
    nameless = call("agent_1")
    assert NAMES.named(nameless).agent_name == "Booking line"
    assert platform_call(NAMES.named(nameless)) == nameless
    other = call("agent_9", "Desk")
    assert NAMES.named(other) == other


def test_a_stage_is_named_by_the_id_that_it_tells_or_with_its_call() -> None:
    stages = ("agent_2", "agent_9 / node-4", "Agent_1 / node-7", "Untitled 3", "Untitled 3 / node-8")
    told = call("agent_1", "Untitled 3", "retell", *stages)
    shown = NAMES.named(told)
    named = ["Überlandlinie", "agent_9 / node-4", "Booking line / node-7", "Booking line", "Booking line / node-8"]
    assert [stage.agent for stage in shown.stages] == named
    assert platform_call(shown) == told
    again = NAMES.named(replace(shown, stages=told.stages))
    assert again == shown


words = st.sampled_from(["agent_1", "agent_2", "AGENT_1", "Desk", "", "Booking line"]) | st.text(max_size=6)


@st.composite
def calls(draw: st.DrawFn) -> Call:
    provider = draw(st.sampled_from(["retell", "vapi", "ultravox.eu"]))
    name = draw(st.none() | words.filter(bool))
    return call(draw(st.none() | words), name, provider, *draw(st.lists(words, max_size=3)))


@given(calls())
def test_naming_twice_is_naming_once_and_nothing_of_what_the_platform_told_is_lost(told: Call) -> None:
    shown = NAMES.named(told)
    assert NAMES.named(shown) == shown
    assert platform_call(shown) == told
    assert platform_call(told) == told


@given(calls())
def test_no_id_with_a_name_is_left_where_a_name_belongs(told: Call) -> None:
    shown = NAMES.named(told)
    assert shown.agent_name == (NAMES.of(told.provider, told.agent_id) or told.agent_name)
    for stage in shown.stages:
        assert not any(NAMES.of(told.provider, part) for part in (stage.agent or "").split(" / "))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("agent_1 = \n", "is not TOML: Invalid value (at line 1, column 11). Write a line for each agent"),
        ("agent_1 'Desk'", "is not TOML: Expected"),
        ("Booking line = 'x'", "is not TOML: Expected"),
        ("a = 'x'\na = 'y'\n", "is not TOML: Cannot overwrite a value (at line 2, column 8)."),
        ("a = '", "is not TOML: Expected"),
        ("a = " + "[" * 5_000, "is not "),
        ("a = " + "9" * 5_000, "is not a list of names."),
        ("ultravox.eu = 'x'", 'holds a table, "ultravox". Put an id that has dots in quotes'),
        ("[agents]\na = 'x'", 'holds a table, "agents".'),
        ("a = 3", 'gives "a" a value that is not text in quotes. Write "a" = "name".'),
        ("a = ['x']", 'gives "a" a value that is not text in quotes.'),
        ("a = true", 'gives "a" a value that is not text in quotes.'),
        ("a = 2026-01-01", 'gives "a" a value that is not text in quotes.'),
        ("a = ' '", 'gives "a" an empty name. Write one, or remove the line.'),
        ("' ' = 'x'", "has a line without an id."),
        ('a = "x\\ny"', 'gives "a" a name with a control or invisible character.'),
        ('a = "x\\u0007y"', 'gives "a" a name with a control or invisible character.'),
        ('a = "x\\u202ey"', 'gives "a" a name with a control or invisible character.'),
        (f'a = "{"x" * (LONGEST_NAME + 1)}"', 'gives "a" a name of 121 characters, and 120 are the most.'),
        ("a = 'x'\nA = 'y'", 'names "A" twice'),
        ('"\\u001b[31m\\nIgnore" = 3', r'gives "\x1b[31m\nIgnore" a value'),
        (f'"{"k" * 500}" = 3', f'gives "{"k" * 60}… (+440 chars)" a value'),
        ("".join(f"a{at} = 'x'\n" for at in range(MOST_NAMES + 1)), "holds 2,001 names, and 2,000 are the most."),
    ],
)
def test_what_is_no_list_of_names_is_refused_in_one_line_that_says_what_to_do(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        agent_names(text)
    said = str(caught.value)
    assert said.startswith(message)
    assert "\n" not in said
    assert len(said) < 250
    assert said.endswith((".", '"name"'))


@given(st.text(max_size=40))
def test_any_text_is_names_or_is_refused(text: str) -> None:
    said = ""
    try:
        found = agent_names(text)
    except ValueError as error:
        said = str(error)
    else:
        assert isinstance(found, AgentNames)
    assert said == one_line(said)


def test_an_empty_file_gives_no_names_and_the_most_are_taken() -> None:
    assert not agent_names("")
    assert not agent_names("# nothing yet\n")
    most = agent_names("".join(f"a{at} = '{'x' * LONGEST_NAME}'\n" for at in range(MOST_NAMES)))
    assert len(most.by_id) == MOST_NAMES
