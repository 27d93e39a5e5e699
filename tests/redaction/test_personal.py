"""Personal data in mode `personal`, and what stays in it; in mode `secrets` all of it stays."""

from __future__ import annotations

import pytest

from call_transcripts_mcp.redaction.redactor import redactor

secrets, personal = redactor("secrets"), redactor("personal")

MASKED = [
    ("write to o'brien@example.ie please", "write to [email] please"),
    ('write to "john doe"@example.com please', "write to [email] please"),
    ("josé.núñez@correo.example, 用户@例子.中国", "[email], [email]"),
    ("?email=ana%40example.com&x=1", "?email=[email]&x=1"),
    ("it's john dot smith at gmail dot com", "it's [email]"),
    ("a n a at example dot co dot uk", "[email]"),
    ("es ana punto gomez arroba correo punto es", "es [email]"),
    ("ana unterstrich gomez at example punkt de", "[email]"),
    ("+33 6 12 34 56 78", "[phone]"),
    ("call me on 4155550132", "call me on [phone]"),
    ("my number is seis doce, treinta y cuatro, cincuenta y seis, setenta y ocho", "my number is [phone]"),
    ("call me on four one five, five five five, oh one three two", "call me on [phone]"),
    ("meine Nummer ist null eins fünf eins zwei drei vier fünf sechs", "meine Nummer ist [phone]"),
    ("ssn 123-45-6789", "ssn [national id]"),
    ("my social security number is 123 45 6789", "my social security number is [national id]"),
    ("NINO AZ 12 34 56 A.", "NINO [national id]."),
    ("NHS 943 476 5919", "NHS [national id]"),
    ("DNI 12345678Z, NIE X1234567L", "DNI [national id], NIE [national id]"),
    ("cf RSSMRA85T10A562S", "cf [national id]"),
    ("Aadhaar 2341 2341 2346", "Aadhaar [national id]"),
    ("CPF 390.533.447-05", "CPF [national id]"),
    ("Steuer-ID 65929970489", "Steuer-ID [national id]"),
    ("PESEL 44051401359", "PESEL [national id]"),
    ("social insurance number 046 454 286", "social insurance number [national id]"),
    ("my passport is XDB123456", "my passport is [passport number]"),
    ("routing 021000021 account 123456789", "routing [account number] account [account number]"),
    ("born on 14 March 1984", "born on [birth date]"),
    ("date of birth: 1984-03-14", "date of birth: [birth date]"),
    ("fecha de nacimiento: 14/03/1984", "fecha de nacimiento: [birth date]"),
    ("geboren am 14.03.1984", "geboren am [birth date]"),
]


@pytest.mark.parametrize(("text", "masked"), MASKED)
def test_personal_data_is_masked_in_its_mode_alone(text: str, masked: str) -> None:
    assert personal(text) == masked
    assert personal(masked) == masked
    assert secrets(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "ORD-2026-118843",
        "INV-000482, total 149.90",
        "VIN 1HGCM82633A004352",
        "order 12345678 at 10:30 on 2026-03-01",
        "my order number is one two three four five six seven eight nine",
        "flight seven thirty-nine at one forty-five",
        "we are four or five people, at six or seven thirty",
        "I'll be at the dot com office",
        "meet me at noon",
        "100 200 300 400 units",
        "conv_01jx9hz3r8e6t8m2q4w6y8abcd",
        "12345678A",
        "born to run 2024",
        "account 4471 is closed",
        "the bank opens at 9 on 2026-03-01",
    ],
)
def test_what_is_no_personal_data_stays(text: str) -> None:
    assert personal(text) == text
