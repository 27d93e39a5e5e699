"""What only a whole call shows: values that come again, numbers over several messages, answers to questions."""

from __future__ import annotations

import pytest

from call_transcripts_mcp.model import Call, EventKind, Message, Role, ToolEvent, Transcript
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.render.masking import mask_transcript
from secret_samples import ALNUM

FOREIGN = Foreign(redactor("secrets"))
Turn = tuple[Role, str]
USER, AGENT = Role.USER, Role.AGENT


def masked(*turns: Turn, foreign: Foreign = FOREIGN) -> list[str]:
    messages = tuple(Message(at, role, role.value, text) for at, (role, text) in enumerate(turns, 1))
    shown = mask_transcript(Transcript(Call("ultravox", "1"), messages), foreign)
    assert mask_transcript(shown, foreign) == shown
    return [message.text for message in shown.messages]


def test_a_value_that_was_masked_once_is_masked_everywhere_in_the_call() -> None:
    value = ALNUM[:24]
    event = ToolEvent(EventKind.CALL, "login", payload=f'{{"login": {{"password": "{value}", "user": "ana"}}}}')
    messages = (
        Message(1, USER, "user", f"I typed {value} just now"),
        Message(2, Role.TOOL, "tool", tool=event),
        Message(3, AGENT, "agent", f"so it was {value}?"),
        Message(4, AGENT, "agent", "see https://x.example/?v=" + value),
    )
    shown = mask_transcript(Transcript(Call("ultravox", "1", summary=f"They said {value}."), messages), FOREIGN)
    assert [message.text for message in shown.messages] == [
        "I typed [password] just now",
        "",
        "so it was [password]?",
        "see https://x.example/?v=[password]",
    ]
    assert shown.call.summary == "They said [password]."
    assert shown.messages[1].tool is not None
    assert shown.messages[1].tool.payload == '{"login":{"password":"[password]","user":"ana"}}'


@pytest.mark.parametrize("value", ["hunter22", "correcthorsebattery", "2026-03-01T10:30:00Z"])
def test_a_short_or_plain_value_stays_where_nothing_calls_it_a_secret(value: str) -> None:
    assert masked((USER, f"password={value}"), (AGENT, f"that is {value}"))[1] == f"that is {value}"


def test_mode_off_masks_known_keys_alone() -> None:
    off = Foreign(redactor("off", ["a-known-key-1"]), by_name=False)
    turns = [(USER, "4111 1111 password=hunter22"), (USER, "1111 1111 and a-known-key-1")]
    assert masked(*turns, foreign=off) == ["4111 1111 password=hunter22", "1111 1111 and [api key]"]


def test_a_card_number_over_several_messages_of_one_speaker_is_masked_in_each() -> None:
    assert masked(
        (AGENT, "What is your card number?"),
        (USER, "okay it's 4111"),
        (AGENT, "Go on."),
        (USER, "one one one one"),
        (AGENT, "Yes?"),
        (USER, "uh"),
        (USER, "next 1111"),
        (USER, "and 1111, expires 12/29"),
    ) == [
        "What is your card number?",
        "okay it's [card number]",
        "Go on.",
        "[card number]",
        "Yes?",
        "uh",
        "next [card number]",
        "and [card number], expires 12/29",
    ]


@pytest.mark.parametrize(
    "texts",
    [
        ["it's 4111", "1111", "1111", "1112"],
        ["41", "11111", "111", "111111"],
        ["we are 4", "at 8 30", "on the 12th"],
        ["4111 people came to see 1111 shows in 1111 towns of the country", "1111"],
        ["4111", "1111", "no", "wait", "let me see", "1111", "1111"],
    ],
)
def test_other_numbers_over_several_messages_stay(texts: list[str]) -> None:
    assert masked(*[(USER, text) for text in texts]) == texts


def test_a_number_is_not_put_together_from_two_speakers() -> None:
    turns = [(USER, "4111 1111"), (AGENT, "1111 1111")]
    assert masked(*turns) == [text for _, text in turns]


@pytest.mark.parametrize(
    ("question", "answer", "shown"),
    [
        ("Can you tell me the security code on the back?", "sure, one two three", "sure, [card code]"),
        ("What's the CVV?", "4 5 6", "[card code]"),
        ("Please enter your PIN.", "it's 4821", "it's [pin]"),
        ("Could you read me the verification code?", "48 29 13", "[one-time code]"),
        ("¿Me dice el código de seguridad, por favor?", "cuatro cinco seis", "[card code]"),
        ("Wie lautet bitte Ihre Geheimzahl?", "vier acht zwei eins", "[pin]"),
        ("What's your zip code?", "94105", "94105"),
        ("What is the pin code of your area?", "560001", "560001"),
        ("Your PIN was accepted.", "there are 1234 of us", "there are 1234 of us"),
        ("What's the CVV?", "I was born in 1984", "I was born in 1984"),
    ],
)
def test_the_answer_to_a_question_for_a_code_is_masked(question: str, answer: str, shown: str) -> None:
    assert masked((AGENT, question), (USER, answer))[1] == shown
