import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_transcripts_mcp.redaction.redactor import MASKS, redact_json, redactor, secret_name
from call_transcripts_mcp.redaction.shapes import has_long_word
from growth_of_time import assert_grows_no_faster
from secret_samples import HEX, MASKED

secrets = redactor("secrets")
personal = redactor("personal")


UNTOUCHED = [
    "I wanted to book a table for four people tonight, please.",
    "Invalid token: expired",
    "token: not found",
    "the password is wrong",
    "Password must have 8 characters",
    "next_page_token=abc123",
    '{"nextPageToken": "abc123", "max_tokens": 500, "tokens": 12}',
    "bearer authentication failed",
    "Basic questions answered",
    "Authorization: required",
    "risk-assessment-of-the-whole-company",
    "spin 1234",
    "we ship in 1234 boxes",
    "1767225600000",
    "1767225600000000",
    "4111111111111112",
    "9111111111111111",
    "0.4111111111111111",
    "4111111111111111.5",
    "a4111111111111111",
    "123e4567-e89b-12d3-a456-426614174000",
    "ES91 2100 0418 4502 0005 1333",
    "https://example.com:8080/x?y=a@b",
    f"sha256 {HEX[:64]}",
    "call +34 600 123 456 or ana@example.com",
]


@pytest.mark.parametrize(("text", "masked"), MASKED)
def test_a_secret_gives_way_to_its_kind(text: str, masked: str) -> None:
    assert secrets(text) == masked


@pytest.mark.parametrize("text", UNTOUCHED)
def test_what_only_resembles_a_secret_stays(text: str) -> None:
    assert secrets(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mail ana.b+c@mail.example.com now", "mail [email] now"),
        ("call +34 600 123 456 or 555-123-4567", "call [phone] or [phone]"),
        ("600 12 34 56", "[phone]"),
        ("+15551234567", "[phone]"),
        ("tel:600123456, Ana,600123456", "tel:[phone], Ana,[phone]"),
        ("at 10:30 600123456.", "at 10:30 [phone]."),
        ("020 7946 0958", "[phone]"),
        ("(212) 555-0123 thanks", "[phone] thanks"),
        ("card 4111111111111111 of a@b.co", "card [card number] of [email]"),
        ("on 2026-03-01 10:30 in room 12345", "on 2026-03-01 10:30 in room 12345"),
        ("123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000"),
        ("1767225600000", "1767225600000"),
    ],
)
def test_personal_data_is_masked_when_asked(text: str, masked: str) -> None:
    assert personal(text) == masked


def test_off_masks_nothing() -> None:
    text = "password: hunter2, ana@example.com"
    assert redactor("off")(text) == text


@pytest.mark.parametrize("mode", ["secrets", "personal", "off"])
def test_the_keys_this_server_was_given_are_masked_in_every_mode(mode: str) -> None:
    redact = redactor(mode, ["plain/key with space", "", "abc"])  # pyright: ignore[reportArgumentType]
    assert redact("x plain/key with space y") == "x [api key] y"
    assert redact("?k=plain%2Fkey%20with%20space&") == "?k=[api key]&"
    assert redact("?k=plain%2Fkey+with+space&") == "?k=[api key]&"
    assert redact("abc is too short to be a key") == "abc is too short to be a key"


@pytest.mark.parametrize(
    "key",
    ["password", "Password", "user_password", "sip.pass", "x-api-key", "apiKey", "client_secret", "accessToken", "pin",
     "refresh_token", "cvv", "Authorization", "set-cookie", "privateKey", "AWS_SECRET_ACCESS_KEY", "contraseña"],
)  # fmt: skip
def test_names_of_secrets(key: str) -> None:
    assert secret_name(key)


@pytest.mark.parametrize(
    "key",
    ["", "name", "max_tokens", "nextPageToken", "page_token", "tokens", "token_type", "key", "keyboard", "shopping",
     "password_length", "passenger", "author", "secretary", "x" * 1000, *sorted(MASKS), "[api key] 2"],
)  # fmt: skip
def test_names_of_other_things(key: str) -> None:
    assert not secret_name(key)


class Number(str):
    """A number that keeps how it was written."""

    __slots__ = ()


def test_json_is_masked_by_name_and_by_shape() -> None:
    value = {
        "password": "x",
        "empty": {"password": ""},
        "token": {"value": "abc", "expires_in": 3600, "ok": True},
        "secrets": ["a", "b"],
        "authorization": "Bearer abc",
        "pin": 1234,
        "cvv": Number("123"),
        "n": 4111111111111111,
        "list": [{"url": "https://a:b@c.d"}, 4.5, None, False],
        f"sk-{HEX[:64]}": 1,
        f"sk-{HEX[1:65]}": 2,
        "text": "hello",
    }
    assert redact_json(value, secrets) == {
        "password": "[password]",
        "empty": {"password": ""},
        "token": {"value": "[token]", "expires_in": 3600, "ok": True},
        "secrets": ["[secret]", "[secret]"],
        "authorization": "[bearer token]",
        "pin": "[pin]",
        "cvv": "[card code]",
        "n": "[card number]",
        "list": [{"url": "https://a:[password]@c.d"}, 4.5, None, False],
        "[api key]": 1,
        "[api key] 11": 2,
        "text": "hello",
    }


def test_a_phone_number_may_be_a_json_number() -> None:
    assert redact_json([600123456, 1767225600, 12], personal) == ["[phone]", 1767225600, 12]
    assert redact_json([600123456], secrets) == [600123456]


def test_what_needs_no_mask_keeps_its_type_and_its_order() -> None:
    number = Number("12.50")
    masked = redact_json({"b": [number], "a": 1}, secrets)
    assert json.dumps(masked) == '{"b": ["12.50"], "a": 1}'
    assert isinstance(masked, dict)
    assert masked["b"][0] is number


def test_no_depth_of_nesting_is_too_much() -> None:
    value: object = "password: hunter2"
    for _ in range(100_000):
        value = [value]
    masked = redact_json(value, secrets)
    while isinstance(masked, list):
        masked = masked[0]  # pyright: ignore[reportUnknownVariableType]
    assert masked == "password: [password]"


pieces = st.sampled_from(
    [text for text, _ in MASKED]
    + [*UNTOUCHED, *MASKS, "password", ": ", "=", '"', "\\", "'", " is ", "[", "]", "@", "://", "bearer ", "4111 1111 "]
    + ["600123456", "+34", "-", " ", "\n", "pin ", "key", "azure key ", "twilio ", HEX[:32], "1", "é", "\ud83d"]
)
any_text = st.text(st.characters()) | st.lists(pieces, max_size=6).map("".join)


@given(any_text)
def test_masking_a_masked_text_changes_nothing(text: str) -> None:
    for redact in (secrets, personal):
        masked = redact(text)
        assert redact(masked) == masked


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "token", "pin"]), inner),
    max_leaves=8,
)


@given(st.text(st.sampled_from("aé漢_9" * 4 + ' ,"{\x1c\xa0\ud800'), min_size=15, max_size=120))
def test_a_long_word_is_twenty_characters_without_a_blank_or_a_bracket_or_a_quote(text: str) -> None:
    assert has_long_word(text) == any(len(word) >= 20 for word in re.split(r"[\s\"',;<>(){}\[\]]+", text))


@given(json_values)
def test_masking_json_keeps_its_form(value: object) -> None:
    masked = redact_json(value, personal)
    assert redact_json(masked, personal) == masked
    assert type(masked) is type(value) or masked in MASKS


@given(st.text("abcdefghijklmnopqrstuvwxyz ,.!?", max_size=200).map(lambda text: text.replace("es", "e")))
def test_speech_without_digits_and_names_of_secrets_is_untouched(text: str) -> None:
    assert personal(text) == text


UNITS = [
    *"a1A -_./:=@+\"'\\[é\n", "1 ", "1-", "a1", "A1", "ES12", "ES12 ", "4111 ", "4111, ", "a@", "a.b@c.", "://", "://a:",
    "://a:b@", "password", "password: ", 'password":"', 'password":"\\', "token is ", "token=", "bearer ",
    "authorization: ", "basic aA", "eyJa", "eyJabcdefghijk.", "-----BEGIN PRIVATE KEY-----", "sk-", "sk-a", "azure ",
    "azure key ", "twilio ", "pin is ", "cookie: a=", "+34 ", "(1) ", "api_", "xoxb-", "?sig=", "gh", "SG.", "1:A",
    "four ", "forty ", "double ", "one, uh ", "vier eins ", "4111 uh ", "cvv is ", "pin is 12 ", "code you sent ",
    "otp ", "my password is a ", "<token>", "</", '"value": "a", "name": "', "--token ", "curl -u a", "mysql -p",
    "sess=", "PASS=", "(", '", "', "sk_", "gl", "A/", "hooks.zapier.com/hooks/catch/1", "deepgram key ", "1//0",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_time_grows_no_faster_than_the_text(unit: str) -> None:
    assert_grows_no_faster(lambda length: lambda: secrets(unit * (length // len(unit))), 4_000, 32_000)


PERSONAL_UNITS = [
    "a@", "a.b@c.", "%40", '"a', "dot ", "a at b dot ", "arroba ", "1 ", "12 34 ", "123-45-", "born ", "born 1 May ",
    "+34 ", "seven ", "account 1", "routing ", "passport A1", "id 123456 ", "AZ 12 ", "X1234567",
]  # fmt: skip


@pytest.mark.parametrize("unit", PERSONAL_UNITS)
def test_time_of_personal_data_grows_no_faster_than_the_text(unit: str) -> None:
    assert_grows_no_faster(lambda length: lambda: personal(unit * (length // len(unit))), 2_000, 16_000)
