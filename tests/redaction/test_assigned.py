"""Values under a secret's name, in every notation, and what only looks like them."""

from __future__ import annotations

import pytest

from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from secret_samples import ALNUM

secrets = redactor("secrets")
payload = Foreign(secrets).masked_payload
KEY = ALNUM[:24]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("secret_key: hunter22", "secret_key: [secret]"),
        (f"STRIPE_SECRET_KEY={KEY}", "STRIPE_SECRET_KEY=[secret]"),
        ("DB_PASS=hunter", "DB_PASS=[password]"),
        ("export SMTP_PASS=hunter", "export SMTP_PASS=[password]"),
        ("senha: hunter22", "senha: [password]"),
        ("Passwort: hunter22", "Passwort: [password]"),
        ("mot de passe: hunter22", "mot de passe: [password]"),
        ('setenv("DB_PASSWORD", "hunter22")', 'setenv("DB_PASSWORD", "[password]")'),
        (f'("authorization", "{KEY}")', '("authorization", "[credentials]")'),
        ('$password .= "hunter"', '$password .= "[password]"'),
        ("PASSWORD ?= hunter", "PASSWORD ?= [password]"),
        ("api_key ||= 'hunter22'", "api_key ||= '[api key]'"),
        ("password => 'hunter'", "password => '[password]'"),
        ("password := `hunter`", "password := `[password]`"),
        ('apiKey string = "hunter22"', 'apiKey string = "[api key]"'),
        ('let apiKey: string = "hunter22";', 'let apiKey: string = "[api key]";'),
        ('os.environ["API_KEY"] = "hunter22"', 'os.environ["API_KEY"] = "[api key]"'),
        ("deploy --password hunter --user ana", "deploy --password [password] --user ana"),
        ("deploy --api-key=hunter22", "deploy --api-key=[api key]"),
        ("curl -u ana:hunter https://x.example", "curl -u [credentials] https://x.example"),
        ("mysql -u root -phunter22 shop", "mysql -u root -p[password] shop"),
        ("wifi password Tr0ub4dor, okay", "wifi password [password], okay"),
        (f"token {KEY} please", "token [token] please"),
        ("my password is BlueHorse!", "my password is [password]!"),
        ("the password's hunter22", "the password's [password]"),
        ("password - hunter22", "password - [password]"),
        ("we changed the password to hunter22.", "we changed the password to [password]."),
        ("the password for the guest wifi is hunter22", "the password for the guest wifi is [password]"),
        (f"?auth={KEY}", "?auth=[credentials]"),
        (f"Bearer%20{KEY}", "Bearer%20[bearer token]"),
        (f"laravel_session={KEY}", "laravel_session=[credentials]"),
        (f"PHPSESSID={KEY}; path=/", "PHPSESSID=[credentials]; path=/"),
        (f"https://{KEY}@git.example/x.git", "https://[token]@git.example/x.git"),
        ("redis://:hunter22@cache.example:6379/0", "redis://:[password]@cache.example:6379/0"),
        (f"https://x.example/a.wav?Key-Pair-Id=K1&Signature={KEY}~", "https://x.example/a.wav?Key-Pair-Id=K1&Signature=[signature]"),
        ("<ns:token>hunter22</ns:token>", "<ns:token>[token]</ns:token>"),
        ("<password>hunter</password>", "<password>[password]</password>"),
        ('<add key="Password" value="hunter"/>', '<add key="Password" value="[password]"/>'),
    ],
)  # fmt: skip
def test_a_value_is_masked_in_any_notation(text: str, masked: str) -> None:
    assert secrets(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('{"name":"X-Api-Key","value":"hunter22"}', '{"name":"X-Api-Key","value":"[api key]"}'),
        ('{"value":"hunter22","name":"X-Api-Key"}', '{"value":"[api key]","name":"X-Api-Key"}'),
        (f'["X-Api-Key","{KEY}"]', '["X-Api-Key","[api key]"]'),
        ('{"Password":["hunter"]}', '{"Password":["[password]"]}'),
        (f'{{"set-cookie":["sid={KEY}; Secure"]}}', '{"set-cookie":["[credentials]"]}'),
        ('{"otp":"190284"}', '{"otp":"[one-time code]"}'),
        ('{"db_pass":"hunter"}', '{"db_pass":"[password]"}'),
        (f'{{"vapi_key":"{KEY}"}}', '{"vapi_key":"[api key]"}'),
    ],
)
def test_json_is_masked_alike_as_a_payload_and_as_text(text: str, masked: str) -> None:
    assert payload(text) == masked
    assert secrets(text).replace(" Secure", "") in {masked, masked.replace("[credentials]", "[credentials]; Secure")}


KEPT = [
    "PASSWORD=\nDEBUG=true12",
    "password:\nusername: ana12345",
    "Prior authorization: PA12345678",
    "authorization number is 4471002",
    '{"credentials": "MD, FACP"}',
    '{"credentials": ["MD", "RN-12345"]}',
    '{"pass": "Gold"}',
    '{"season_pass": "GOLD2024"}',
    "boarding pass: 14C",
    "boarding pass: ABC123XYZ",
    "jsonwebtoken:jjwt-jackson",
    "io.jsonwebtoken:jjwt-api:0.12.3",
    '{"jsonwebtoken": "^9.0.2", "tokenizers": "0.15.0"}',
    '{"apartment_key": "with neighbour"}',
    '{"idempotency_key": "a1b2c3d4e5f6a7b8c9d0"}',
    '{"primary_key": "usr_1234567890abcdef1234"}',
    '{"session_id": "3d93804c25d6a1b2c3d4"}',
    '{"has_password": true, "secretary": "Ana", "monkey": "george"}',
    '{"password": ["This field is required."]}',
    '{"password": "must be at least 8 characters"}',
    '{"password": "invalid", "token": "expired"}',
    '{"password": {"type": "string", "minLength": 8}}',
    '{"required": ["password", "email"]}',
    '["password", "email"]',
    '{"key": "appointment_type", "value": "Cleaning 2024"}',
    '{"name": "tier", "value": "Gold2024Member"}',
    '{"authorization": "approved"}',
    '{"authorization_code": "09127A"}',
    '{"cookies": "accepted"}',
    '{"token_type": "bearer", "expires_in": 3600}',
    "password=${DB_PASSWORD} token={{ token }} key=<your key>",
    "api_key=process.env.API_KEY",
    "password: ********",
    "Unexpected token: } in JSON at position 14",
    "I forgot my password again",
    "password reset link sent 2024-01-02",
    "Please reset your password",
    "my password is gone",
    "Your token has expired.",
    "token ring network 16Mbit",
    "the secret is 2 cups of flour",
    "the key is under the mat at 12 Oak Street",
    "passport: required",
    "passengers: 4, bypass: route66a",
    "promo code: SAVE2024NOW, coupon: a1b2c3d4e5f6",
    "confirmation code: ABC123XYZ99",
]


@pytest.mark.parametrize("text", KEPT)
def test_what_only_looks_like_a_secret_s_name_or_value_stays(text: str) -> None:
    assert secrets(text) == text
    assert payload(text) == text
