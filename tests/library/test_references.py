"""References to calls as they are really sent, and what is understood."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.errors import InvalidRequestError
from call_transcripts_mcp.library.references import Reference, no_provider, read
from call_transcripts_mcp.providers import load

ONE = "0b1c2d3e-4f50-4a61-8b72-9c83ad94be01"
TWO = "713e7312-f162-51fc-9d8e-bb7d29512e87"
BARE = ONE.replace("-", "")
TALK = "conv_8801kq3x7rfwe1ta2nm5zs4d6hbg"


def conversation(text: str) -> str | None:
    """Ids of a platform whose ids are no UUIDs, and keep their case."""
    return text if re.fullmatch(r"conv_[A-Za-z0-9]{10,60}", text) else None


def loose(text: str) -> str | None:
    """Ids of a platform that publishes no form, so that most words could be one."""
    return text if re.fullmatch(r"[A-Za-z0-9_-]{1,80}", text) else None


UUIDS = load("ultravox").ADAPTER.valid_id
BOTH = {"ultravox": UUIDS, "diga": load("diga").ADAPTER.valid_id}
MIXED = {"ultravox": UUIDS, "talks": conversation}
ULTRAVOX = (("ultravox", ONE),)
EITHER = (("ultravox", ONE), ("diga", ONE))


@pytest.mark.parametrize(
    ("sent", "places", "message"),
    [
        (f"ultravox:{ONE}", ULTRAVOX, None),
        (f"ULTRAVOX:{ONE.upper()}", ULTRAVOX, None),
        (f" Ultravox : {ONE}\n", ULTRAVOX, None),
        (f"ultravox/{ONE}", ULTRAVOX, None),
        (f"ultravox:{BARE}", ULTRAVOX, None),
        (f'"ultravox:{ONE}"', ULTRAVOX, None),
        (f"`ultravox:{ONE}`", ULTRAVOX, None),
        (f"<ultravox:{ONE}>", ULTRAVOX, None),
        (f"[ultravox:{ONE}]", ULTRAVOX, None),
        (f"(ultravox:{ONE})", ULTRAVOX, None),
        (f"\u201cultravox:{ONE}\u201d", ULTRAVOX, None),
        (f'["ultravox:{ONE}"]', ULTRAVOX, None),
        (f"ultravox:{ONE}.", ULTRAVOX, None),
        (f"ultravox:{ONE},", ULTRAVOX, None),
        (f"ultravox:{ONE}#8", ULTRAVOX, 8),
        (f"ultravox:{ONE} #8", ULTRAVOX, 8),
        (f"`ultravox:{ONE}`#41", ULTRAVOX, 41),
        (f"**ultravox:{ONE}**", ULTRAVOX, None),
        (f"| ultravox:{ONE} |", ULTRAVOX, None),
        (f"**ultravox:{ONE}** #41", ULTRAVOX, 41),
        (f"`ultravox:{ONE}#41`", ULTRAVOX, 41),
        (f"{ONE}#8", EITHER, 8),
        (f"#{ONE}", EITHER, None),
        (ONE, EITHER, None),
        (BARE.upper(), EITHER, None),
        (f"call {ONE}", EITHER, None),
        (f"call_id: {ONE}", EITHER, None),
        (f"id={ONE}", EITHER, None),
        (f"Call ultravox:{ONE} failed.", ULTRAVOX, None),
        (f"what went wrong in ultravox:{ONE}#12, please?", ULTRAVOX, 12),
        (f"see {ONE} ({ONE})", EITHER, None),
        (f"message #7 of {ONE} or #9", EITHER, 9),
        (f"the call {ONE}, message #7.", EITHER, 7),
        (f"https://app.ultravox.ai/calls/{ONE}", ULTRAVOX, None),
        (f"https://app.ultravox.ai/calls/{ONE}/", ULTRAVOX, None),
        (f"https://api.ultravox.ai/api/calls/{ONE}/messages?pageSize=50", ULTRAVOX, None),
        (f"https://api.ultravox.ai/api/calls/{ONE}/stages/{TWO}/messages", ULTRAVOX, None),
        (f"https://app.example.com/agents/{TWO}/calls/{ONE}?tab=log#8", EITHER, 8),
        (f"https://app.example.com/agents/{TWO}?call={ONE}", EITHER, None),
        (f"app.ultravox.ai/calls/{ONE}", EITHER, None),
        (f"[the call](https://app.ultravox.ai/calls/{ONE})", ULTRAVOX, None),
        (f"ultravox%3A{ONE}", ULTRAVOX, None),
        (f'{{"call_id": "ultravox:{ONE}"}}', ULTRAVOX, None),
    ],
)
def test_a_reference_is_understood(sent: str, places: tuple[tuple[str, str], ...], message: int | None) -> None:
    found = read(sent, BOTH)
    assert (found.places, found.message) == (places, message)


@pytest.mark.parametrize(
    ("sent", "places"),
    [
        (TALK, (("talks", TALK),)),
        (f"Talks:{TALK}", (("talks", TALK),)),
        (f"https://example.com/app/conversational-ai/history/{TALK}", (("talks", TALK),)),
        (f"https://example.com/agents/agent_01jxyz/history/{TALK}?tab=2026-11-20", (("talks", TALK),)),
        (ONE, ULTRAVOX),
    ],
)
def test_each_provider_says_what_its_ids_look_like(sent: str, places: tuple[tuple[str, str], ...]) -> None:
    assert read(sent, MIXED).places == places


def test_a_word_of_a_sentence_is_no_id_where_any_word_could_be_one() -> None:
    wide = {"files": loose, "ultravox": UUIDS}
    assert read("please show the call of 2026-11-20, files:booking", wide).places == (("files", "booking"),)
    assert read("booking", wide).places == (("files", "booking"),)
    with pytest.raises(InvalidRequestError, match="holds no id of a call"):
        read("please show the booking of yesterday", wide)


@pytest.mark.parametrize(
    ("sent", "prefix", "provider", "message"),
    [
        ("0b1c2d3e", "0b1c2d3e", None, None),
        ("ultravox:0b1c2d3e-4f50", "0b1c2d3e-4f50", "ultravox", None),
        ("`0B1C2D3E…`#8", "0B1C2D3E", None, 8),
        ("0b1c2d3e...", "0b1c2d3e", None, None),
        (f"{ONE}0", f"{ONE}0", None, None),
    ],
)
def test_the_start_of_an_id_is_one_to_look_up(
    sent: str, prefix: str, provider: str | None, message: int | None
) -> None:
    assert read(sent, BOTH) == Reference((), message, prefix, provider)


@pytest.mark.parametrize(
    "sent",
    [
        "",
        " ",
        "abc",
        "0b1c2d3",
        "the last call",
        "https://app.ultravox.ai/calls",
        f"{ONE}?x=1",
        f"{ONE};x",
        f"{ONE}/../x",
        f"{ONE}%2f..",
        f"{ONE}#x",
        f"{ONE}\x00",
        "\x00",
        "\ud800",
    ],
)
def test_what_names_no_call_is_refused_with_the_forms(sent: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        read(sent, BOTH)
    text = str(caught.value)
    assert "holds no id of a call. It takes provider:id as list_calls prints it, a bare id," in text
    assert "\n" not in text


def test_several_calls_are_named() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        read(f"compare ultravox:{ONE} with diga:{TWO}", BOTH)
    assert str(caught.value) == f"call_id holds several ids: ultravox:{ONE}, diga:{TWO}. Send one."


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (f"acme:{ONE}", '"acme" is not a provider. Use one of: ultravox.'),
        (f"ultravx:{ONE}", '"ultravx" is not a provider. Did you mean ultravox? Use one of: ultravox.'),
        (f"diga:{ONE}", "diga is not configured. Set DIGA_API_KEY, or use one of: ultravox."),
        (f"look at diga/{ONE} please", "diga is not configured. Set DIGA_API_KEY, or use one of: ultravox."),
    ],
)
def test_a_provider_that_cannot_be_asked_is_told(sent: str, said: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        read(sent, {"ultravox": UUIDS})
    assert str(caught.value) == said
    assert no_provider({"ultravox": UUIDS}, sent.partition(":")[0]) == said or " " in sent


PIECES = st.sampled_from(
    [ONE, BARE, TALK, "ultravox", "diga", ":", "/", "#", "8", " ", "https://", "calls/", "`", "(", "0b1c2d3e", "…", "é"]
)


@given(sent=st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=60))
def test_any_text_is_a_reference_or_one_refusal(sent: str) -> None:
    try:
        found = read(sent, BOTH | {"talks": conversation})
    except InvalidRequestError as error:
        refused = str(error)
        assert "\n" not in refused
    else:
        assert found.places or found.prefix
        assert all((BOTH | {"talks": conversation})[name](call_id) == call_id for name, call_id in found.places)
