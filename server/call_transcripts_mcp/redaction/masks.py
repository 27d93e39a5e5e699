"""The text that replaces a masked value: its kind, in brackets."""

from __future__ import annotations

BEARER, PASSWORD, API_KEY, JWT = "[bearer token]", "[password]", "[api key]", "[jwt]"
PRIVATE_KEY, CARD, CARD_CODE, PIN, IBAN = "[private key]", "[card number]", "[card code]", "[pin]", "[iban]"
TOKEN, SECRET, CREDENTIALS, SIGNATURE = "[token]", "[secret]", "[credentials]", "[signature]"
ONE_TIME_CODE = "[one-time code]"
EMAIL, PHONE = "[email]", "[phone]"
NATIONAL_ID, PASSPORT, BIRTH_DATE, ACCOUNT = "[national id]", "[passport number]", "[birth date]", "[account number]"

MASKS = frozenset(
    {BEARER, PASSWORD, API_KEY, JWT, PRIVATE_KEY, CARD, CARD_CODE, PIN, IBAN, TOKEN, SECRET, CREDENTIALS, SIGNATURE}
    | {ONE_TIME_CODE, EMAIL, PHONE, NATIONAL_ID, PASSPORT, BIRTH_DATE, ACCOUNT}
)
