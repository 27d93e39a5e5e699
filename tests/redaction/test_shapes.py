"""Keys and tokens that tell themselves by their shape; the words are put together here so that no scanner trips."""

from __future__ import annotations

import random
import string

import pytest

from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.redaction.shapes import PREFIXED

secrets = redactor("secrets")

_MADE = random.Random(7)  # noqa: S311 - made-up keys open nothing
HEX, ALNUM = "0123456789abcdef", string.ascii_letters + string.digits
WORD, BASE64 = ALNUM + "_-", ALNUM + "+/"


def made(count: int, of: str = ALNUM) -> str:
    """A word that looks drawn by lot, with a digit and both cases where there are any."""
    return "".join(_MADE.choice(of) for _ in range(count - 3)) + of[0] + of[-1] + "7"


GITLAB = ("pat", "ft", "agent", "cbt", "ptt", "dt", "rt", "soat", "imt", "ffct", "oas")
SHAPES = {
    "OpenAI project": "sk-" + "proj-" + made(60, WORD),
    "OpenAI client secret": "ek" + "_" + made(40),
    "Anthropic admin": "sk-" + "ant-admin01-" + made(90, WORD),
    "ElevenLabs": "sk" + "_" + made(48, HEX),
    "ElevenLabs signed": "cvt" + "kn_" + made(32),
    "ElevenLabs webhook": "ws" + "ec_" + made(64, HEX),
    "Cartesia": "sk_" + "car_" + made(22),
    "Retell": "key" + "_" + made(28, HEX),
    "LiveKit, Supabase old": "eyJ" + "hbGciOiJIUzI1NiJ9." + made(60, WORD) + "." + made(43, WORD),
    "Stripe": "sk_" + "live_" + made(24),
    "Stripe restricted": "rk_" + "live_" + made(24),
    "Stripe client": "pi_" + made(24) + "_secret_" + made(25),
    "Stripe setup": "seti_" + made(24) + "_secret_" + made(25),
    "Stripe webhook": "wh" + "sec_" + made(32),
    "AWS id": "AK" + "IA" + made(16, string.ascii_uppercase + "234567")[:16].replace("7", "2"),
    "AWS secret": made(19) + "/" + made(19) + "+",
    "AWS session": "FwoGZXIv" + "YXdz" + made(160, BASE64),
    "AWS Bedrock": "AB" + "SK" + made(120, BASE64),
    "Azure storage": made(86, BASE64) + "==",
    "Google": "AI" + "za" + made(35, WORD),
    "Google Gemini": "AQ" + ".Ab8RN6" + made(44, WORD),
    "Google refresh": "1/" + "/0" + made(60, WORD),
    "Google access": "ya" + "29." + made(60, WORD),
    "GitHub": "gh" + "p_" + made(36),
    "GitHub fine": "github" + "_pat_" + made(82),
    **{f"GitLab {kind}": f"gl{kind}-" + made(24, WORD) for kind in GITLAB},
    "GitLab runner": "GR" + "1348941" + made(20, WORD),
    "Slack bot": "xo" + "xb-" + "123456789012-1234567890123-" + made(24),
    "Slack app": "xa" + "pp-1-A0" + made(9) + "-1234567890-" + made(40, HEX),
    "Supabase": "sb" + "_secret_" + made(31, WORD),
    "Supabase management": "sb" + "p_" + made(40, HEX),
    "Shopify": "shp" + "at_" + made(32, HEX),
    "Shopify newer": "shp" + "ua_" + made(32, HEX),
    "Vercel": "vc" + "p_" + made(56),
    "Cloudflare": "cf" + "ut_" + made(40),
    "Cloudflare origin": "v1" + ".0-" + made(24, HEX) + "-" + made(146, HEX),
    "Tailscale": "ts" + "key-auth-" + made(17) + "-" + made(32),
    "Fly.io": "fm" + "2_" + made(80, BASE64),
    "Twilio": "S" + "K" + made(32, HEX),
    "SendGrid": "SG" + "." + made(22, WORD) + "." + made(43, WORD),
    "Mailgun": "key" + "-" + made(32, HEX),
    "Brevo": "xkey" + "sib-" + made(64, HEX) + "-" + made(16),
    "npm": "np" + "m_" + made(36),
    "PyPI": "py" + "pi-" + made(80, WORD),
    "Hugging Face": "h" + "f_" + made(34),
    "DigitalOcean": "do" + "p_v1_" + made(64, HEX),
    "Databricks": "da" + "pi" + made(32, HEX),
    "Linear": "lin" + "_api_" + made(40),
    "Notion": "nt" + "n_" + made(46),
    "Airtable": "pat" + made(14) + "." + made(64, HEX),
    "HubSpot": "pa" + "t-na1-" + "dd2db335-58b8-41d1-9915-63143271771f",
    "Discord": "M" + made(25) + "." + made(6) + "." + made(38, WORD),
    "Telegram": "6233533869" + ":A" + made(34, WORD),
    "Square": "EA" + "AA" + made(60, WORD),
    "Heroku": "HR" + "KU-" + made(60, WORD),
    "Doppler": "dp" + ".pt." + made(43),
    "Grafana": "gl" + "c_" + made(80),
    "Grafana service": "gl" + "sa_" + made(32) + "_" + made(8, HEX),
    "Sentry": "sn" + "tryu_" + made(64, HEX),
    "New Relic": "NR" + "AK-" + made(27, string.ascii_uppercase + string.digits),
    "Vault": "hv" + "s." + made(90, WORD),
    "Terraform": made(14) + ".atlas" + "v1." + made(66, WORD),
    "Intercom": "dG" + "9rO" + made(55),
    "Okta": "00" + made(40, WORD),
    "Flutterwave": "FLW" + "SECK-" + made(32, HEX) + "-X",
    "Postman": "PM" + "AK-" + made(24, HEX) + "-" + made(34, HEX),
    "Docker": "dc" + "kr_pat_" + made(27, WORD),
    "Groq": "gs" + "k_" + made(52),
    "xAI": "xa" + "i-" + made(80),
    "NVIDIA": "nv" + "api-" + made(64, WORD),
    "Pinecone": "pc" + "sk_" + made(6) + "_" + made(60),
    "1Password": "op" + "s_eyJ" + made(260, BASE64),
    "Telnyx": "KEY" + made(32, "0123456789ABCDEF") + "_" + made(22),
    "Plaid": "access" + "-production-" + "dd2db335-58b8-41d1-9915-63143271771f",
    "PostHog": "ph" + "x_" + made(43),
    "Slack webhook": "https://hooks.slack.com/services/" + "T00000000/B00000000/" + made(24),
    "Discord webhook": "https://discord.com/api/webhooks/" + "123456789012345678/" + made(68, WORD),
    "Zapier": "https://hooks.zapier.com/hooks/catch/" + "1234567/u3JqlG4",
    "Make": "https://hook.eu1.make.com/" + made(32),
}  # fmt: skip


@pytest.mark.parametrize("secret", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("text", ["Sure, it is {}, did you get that?", "{}", '{{"value": "{}"}}', "x={}&y=1", "({})"])
def test_a_key_is_masked_by_its_shape_alone(secret: str, text: str) -> None:
    shown = secrets(text.format(secret))
    assert secret not in shown
    assert secret[-8:].rstrip("=") not in shown
    assert "[" in shown


KEPT = [
    "{'order_id': 'ORD-2026-118843', 'sku': 'AC-1234567890-XL-BLUE-42'}",
    "123e4567-e89b-12d3-a456-426614174000",
    f"sha256 {made(64, HEX)}",
    f"commit {made(40, HEX)}",
    f"md5 {made(32, HEX)}",
    "integrity sha512-" + made(86, BASE64) + "==",
    "sha256:" + made(64, HEX),
    "conv_" + "01jx9hz3r8e6t8m2q4w6y8abcd",
    "evt_" + made(24),
    "pi_" + made(24),
    "cus_" + made(14) + " ch_" + made(24),
    "cs_" + "test_" + made(58),
    "CA" + made(32, HEX),
    "SM" + made(32, HEX),
    "ChIJN1t_tDeuEmsRUsoyG83frY4",
    "arn:aws:iam::123456789012:role/service-role/MyVeryLongRoleName-1A2B3C",
    "https://example.com/a/b/2026/11/28/some-long-article-name-with-words-42.html",
    "/usr/local/lib/python3.11/site-packages/starlette/routing.py",
    "com.example.service.internal.CustomerAccountLookupServiceImpl2",
    "TheQuickBrownFoxJumpsOverTheLazyDog12345",
    "2026-11-28T09:21:28.123456+00:00",
    "key_performance_indicator_dashboard",
    "glossary-of-all-the-terms-in-2026",
    "skating-lessons-for-beginners-2026",
    "sk-ating lessons",
    "patient-0123456789-appointment-2026",
    "hf_transfer is a package",
    "data:image/png;base64,iVBORw0KGgo",
    "pk_" + "live_abcdefghijklmnopqrstuvwx",
]


@pytest.mark.parametrize("text", KEPT)
def test_an_id_a_hash_or_a_path_is_no_key(text: str) -> None:
    assert secrets(text) == text


VENDORS = ["deepgram", "Cohere", "TWILIO", "mistral", "Azure", "Datadog"]


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_bare_key_is_told_by_its_vendor_s_name(vendor: str) -> None:
    key = made(40, HEX)
    assert secrets(f"our {vendor} key is now {key} okay") == f"our {vendor} key is now [api key] okay"
    assert secrets(f"our {vendor} order {key} okay") == f"our {vendor} order {key} okay"


@pytest.mark.parametrize("row", PREFIXED, ids=lambda row: row.name)
def test_a_row_is_found_by_two_letters(row: object) -> None:
    assert all(len(start) == 2 and start.isalnum() for start in getattr(row, "starts"))  # noqa: B009
