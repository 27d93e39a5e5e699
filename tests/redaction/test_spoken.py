"""Cards and codes as people say them and as speech recognition writes them, and numbers that are neither."""

from __future__ import annotations

import pytest

from call_transcripts_mcp.redaction.redactor import redactor

secrets = redactor("secrets")

CARDS = [
    "4111. 1111. 1111. 1111",
    "4111 - 1111 - 1111 - 1111",
    "4111 ... 1111 ... 1111 ... 1111",
    "4111\u20091111\u20091111\u20091111",
    "4111\u00a01111  1111\n1111",
    "4111, uh, 1111, um 1111 and 1111",
    "4111-1111-1111-1111",
    "4111.1111.1111.1111",
    "41111111 11111111",
    "4111 111111 111111",
    "411 111 111 111 111 1",
    "3782 822463 10005",
    "3782. 822463. 10005",
    "four one one one, one one one one, one one one one, one one one one",
    "four triple one one one one one one one one one one one one one",
    "four one double one one one one one double one one one one double one one",
    "forty one eleven, eleven eleven, eleven eleven, eleven eleven",
    "forty-one eleven eleven eleven eleven eleven eleven eleven",
    "4111, one one one one, 1111, one one one one",
    "double five double five double five double five double five double five double four double four",
    "four oh one two, eight eight eight eight, eight eight eight eight, one eight eight one",
    "cuatro uno uno uno uno uno uno uno uno uno uno uno uno uno uno uno",
    "cuarenta y uno once once once once once once once",
    "vier eins eins eins eins eins eins eins eins eins eins eins eins eins eins eins",
    "einundvierzig elf elf elf elf elf elf elf",
    "vier null eins zwei acht acht acht acht acht acht acht acht eins acht acht eins",
]


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("text", ["{}", "my number is {} okay", "It is {}.", "mi tarjeta es {}, gracias"])
def test_a_card_number_is_masked_however_it_is_said(card: str, text: str) -> None:
    assert secrets(text.format(card)) == text.format("[card number]")


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112",
        "four one one one, one one one one, one one one one, one one one two",
        "four one one is the area code",
        "my order is four five one two",
        "I live at one hundred and twenty two Main Street",
        "one or two, maybe three, at four thirty",
        "flight seven three nine at one forty-five PM on March twenty-fifth",
        "100 200 300 400 units",
        "from 4111 to 5222 units, 1111, 2222 and 3333",
        "lat 41.40338, -2.17403",
        "4,111.11 1,111.11 1,111.11",
        '{"shopify_order": 6123456789015}',
        '{"id": 6011234567893}',
        '{"gtin": "4006381333931", "imei": "490154203237518"}',
        "2026-11-28 09:21:28 and 2026-11-29",
        "tracking 9400 1000 0000 0000 0000 00",
        "+49 30 1234 5678 9012 34",
        "17:30, 18:30, 19:30, 20:30, 21:30",
    ],
)
def test_other_numbers_are_no_card(text: str) -> None:
    assert secrets(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("cvv is four five six", "cvv is [card code]"),
        ("the security code's 456", "the security code's [card code]"),
        ("and the three digits on the back are 4 5 6", "and the three digits on the back are [card code]"),
        ("el código de seguridad es cuatro cinco seis", "el código de seguridad es [card code]"),
        ("der Sicherheitscode ist vier fünf sechs", "der Sicherheitscode ist [card code]"),
        ("my PIN is four eight two one", "my PIN is [pin]"),
        ("my PIN code is 4821", "my PIN code is [pin]"),
        ("el pin es 4821", "el pin es [pin]"),
        ("meine Geheimzahl lautet vier acht zwei eins", "meine Geheimzahl lautet [pin]"),
        ("my one-time code is 48 29 13", "my one-time code is [one-time code]"),
        ("the verification code is 482913", "the verification code is [one-time code]"),
        ("the code you sent me is four eight two nine one three", "the code you sent me is [one-time code]"),
        ("card code 123", "card code [card code]"),
        ('{"verification_code": "482913"}', '{"verification_code": "[one-time code]"}'),
        ("your OTP: 482913", "your OTP: [one-time code]"),
        ("el código de verificación es 482913", "el código de verificación es [one-time code]"),
        ("my password is blue horse forty two", "my password is [password]"),
        ("my password is h u n t e r 2", "my password is [password]"),
        ("mi contraseña es hola1234", "mi contraseña es [password]"),
    ],
)
def test_a_code_is_masked_once_it_is_named(text: str, masked: str) -> None:
    assert secrets(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "the pin code is 560001",
        "pincode: 560001",
        "delivery to MG Road, Bangalore, pin 560001",
        "drop a pin at 1234 Main Street",
        "your PIN must have 4 digits",
        "the confirmation code is 482913",
        "promo code 482913",
        "the area code is 415",
        "zip code 94105",
        "error code 50012",
        "the dress code is smart casual since 2019",
        "the access code for the gate is on page 1234",
        "security code requirements changed in 2024",
        "authorization code 123456",
        "OTP was sent at 10:30",
        "tan shoes in size 1234",
        "spin 1234 times",
    ],
)
def test_other_codes_stay(text: str) -> None:
    assert secrets(text) == text
