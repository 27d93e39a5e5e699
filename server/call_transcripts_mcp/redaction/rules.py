r"""What secrets look like: one row a shape, so that a new one is a row here and a row in tests/test_redaction.py.

The shapes follow the public rules of gitleaks, loosened where a transcript holds only a part of a key, and the
vendors' own documentation. Source: https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml

A row is tried only on a text that holds one of its needles, which are compared in lower case. Patterns are
anchored on fixed words and every repeat is bounded or of a single class, so that all of them run in linear time.
"""

from __future__ import annotations

import re
from typing import NamedTuple

BEARER, PASSWORD, API_KEY, JWT = "[bearer token]", "[password]", "[api key]", "[jwt]"
PRIVATE_KEY, CARD, CARD_CODE, PIN, IBAN = "[private key]", "[card number]", "[card code]", "[pin]", "[iban]"
TOKEN, SECRET, CREDENTIALS, SIGNATURE = "[token]", "[secret]", "[credentials]", "[signature]"
EMAIL, PHONE = "[email]", "[phone]"
MASKS = frozenset(
    {BEARER, PASSWORD, API_KEY, JWT, PRIVATE_KEY, CARD, CARD_CODE, PIN, IBAN, TOKEN, SECRET, CREDENTIALS, SIGNATURE}
    | {EMAIL, PHONE}
)


class Rule(NamedTuple):
    """One shape of a secret. When the pattern has a group `secret`, only that part is masked."""

    name: str
    mask: str
    needles: tuple[str, ...]
    pattern: re.Pattern[str]


def _rule(name: str, mask: str, needles: str, pattern: str, flags: int = 0) -> Rule:
    return Rule(name, mask, tuple(needles.split("|")), re.compile(pattern, flags))


def _key(name: str, needles: str, pattern: str, flags: int = 0) -> Rule:
    """The shape of an API key, standing as a word of its own."""
    return _rule(name, API_KEY, needles, rf"(?<![A-Za-z0-9])(?:{pattern})(?![A-Za-z0-9])", flags)


# Tried on every text that holds a needle.
WORDED: tuple[Rule, ...] = (
    _rule(
        "private key",
        PRIVATE_KEY,
        "private key",
        r"-----BEGIN[A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[A-Za-z0-9+/=\s:,.]|-(?!----)|\\{1,4}[nrt])*(?:-----END[A-Z ]{0,60}-----)?",
    ),
    _rule(
        "password in a URL", PASSWORD, "://", r"""(?<=://)[^\s/@:"'<>]{0,100}:(?P<secret>[^\s/"'<>\[\]?#]{1,1000})@"""
    ),
    _rule(
        "authorization header",
        BEARER,
        "authorization",
        r"""authorization["'\\]{0,4}\s{0,3}[:=]\s{0,3}["'\\]{0,4}(?:bearer|token|key|apikey|api-key)\s{1,3}"""
        r"""(?P<secret>[^\s"'\\,;\[\]<>]{4,})""",
        re.IGNORECASE,
    ),
    _rule(
        "authorization header with a scheme",
        CREDENTIALS,
        "authorization",
        r"""authorization["'\\]{0,4}\s{0,3}[:=]\s{0,3}["'\\]{0,4}(?:basic|digest|negotiate|hmac|aws4-hmac-sha256)\s{1,3}"""
        r"""(?P<secret>[^\s"'\\;\[\]<>]{4,})""",
        re.IGNORECASE,
    ),
    _rule(
        "authorization header without a scheme",
        CREDENTIALS,
        "authorization",
        r"""authorization["'\\]{0,4}\s{0,3}[:=]\s{0,3}["'\\]{0,4}"""
        r"""(?P<secret>(?=[A-Za-z_-]{0,80}[\d=+/.]|\w{20})[^\s"'\\,;\[\]<>]{6,})""",
        re.IGNORECASE,
    ),
    _rule(
        "basic credentials",
        CREDENTIALS,
        "basic",
        # Base64 goes from small letters to capitals inside a word, which English does not.
        r"\b[Bb]asic\s{1,3}(?P<secret>(?=[A-Z0-9+/]{0,30}[a-z]{1,30}[A-Z0-9+/=])[A-Za-z0-9+/]{8,}={0,2})",
    ),
    _rule(
        "cookies",
        CREDENTIALS,
        "cookie",
        r"""\bcookie["'\\]{0,4}\s{0,3}:\s{0,3}["'\\]{0,4}(?P<secret>[\w.-]{1,80}=(?!\[)[^"'\\\n]{1,4000})""",
        re.IGNORECASE,
    ),
    _rule(
        "bearer token",
        BEARER,
        "bearer",
        r"\bbearer\s{1,3}(?P<secret>(?=[A-Za-z_.~+/=-]{0,60}\d|[\w.~+/=-]{24})[\w.~+/=-]{8,})",
        re.IGNORECASE,
    ),
    _rule(
        "signature in a URL",
        SIGNATURE,
        "sig",
        r"[?&](?:sig|signature|x-(?:amz|goog)-signature)=(?P<secret>[\w%+/=-]{16,})",
        re.IGNORECASE,
    ),
    _rule("key in a URL", API_KEY, "key=", r"[?&]key=(?P<secret>[\w%+/=.-]{16,})", re.IGNORECASE),
    _rule(
        "card code",
        CARD_CODE,
        "cvv|cvc|security code|digo de seguridad",
        r"\b(?:cvv2?|cvc2?|security code|c[oó]digo de seguridad)[\"']?(?:\W{1,3}(?:is|es|code|number)\b)?\W{1,4}"
        r"(?P<secret>\d{3,4})(?![A-Za-z0-9])",
        re.IGNORECASE,
    ),
    _rule(
        "PIN",
        PIN,
        "pin",
        r"(?<!\[)\bpin[\"']?(?:\W{1,3}(?:is|es|code|number|n[uú]mero)\b){0,2}\W{1,4}(?P<secret>\d{4,8})(?![A-Za-z0-9])",
        re.IGNORECASE,
    ),
)

# Tried only on a text with a word of twenty characters, which ordinary speech does not have.
SHAPED: tuple[Rule, ...] = (
    _rule("JWT", JWT, "eyj", r"(?<![A-Za-z0-9])eyJ[\w-]{10,}(?:\.[\w-]{4,}){1,4}\.?"),
    _key("Ultravox", ".", r"[A-Za-z0-9]{8}\.[A-Za-z0-9]{32}"),
    # Diga, OpenAI (sk-proj-), Anthropic (sk-ant-), OpenRouter and others.
    _key("sk-", "sk-", r"sk-(?=[A-Za-z_-]{0,60}\d)[\w-]{20,}"),
    _key("Stripe, ElevenLabs", "sk_|rk_", r"[sr]k_(?:live_|test_|prod_)?[A-Za-z0-9]{16,}"),
    _key("Stripe webhook", "whsec_", r"whsec_[A-Za-z0-9+/=]{16,}"),
    _key("AWS", "akia|asia|abia|acca|a3t", r"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}"),
    _key("Google", "aiza|ya29.|gocspx-", r"AIza[\w-]{30,}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}"),
    _key("GitHub", "ghp_|gho_|ghs_|ghu_|ghr_|github_pat_", r"gh[opsur]_[A-Za-z0-9]{30,}|github_pat_\w{22,}"),
    _key("GitLab", "glpat-|glptt-|gldt-|glrt-|glsoat-", r"gl(?:pat|ptt|dt|rt|soat)-[\w.-]{20,}"),
    _key("Slack", "xox|xapp-", r"xox[a-z]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{10,}"),
    _rule("Slack webhook", API_KEY, "hooks.slack.com", r"hooks\.slack\.com/services/(?P<secret>[A-Za-z0-9/]{20,})"),
    _rule("Discord webhook", API_KEY, "/api/webhooks/", r"/api/webhooks/\d{10,20}/(?P<secret>[\w-]{40,})"),
    _key("Twilio", "sk|ac", r"(?:SK|AC)[0-9a-f]{32}"),
    _rule("Twilio token", API_KEY, "twilio", r"(?i:twilio)[^\n\[]{0,60}?(?<![\w-])(?P<secret>[0-9a-f]{32})(?![\w-])"),
    _key("SendGrid", "sg.", r"SG\.[\w-]{16,}\.[\w-]{16,}"),
    _key("Mailgun, Mailchimp", "key-|-us", r"key-[0-9a-f]{32}|[0-9a-f]{32}-us\d{1,2}"),
    _key("npm, PyPI", "npm_|pypi-", r"npm_[A-Za-z0-9]{30,}|pypi-[\w-]{50,}"),
    _key("Hugging Face, Replicate", "hf_|r8_", r"(?:hf|r8)_[A-Za-z0-9]{30,}"),
    _key(
        "Groq, xAI, Perplexity", "gsk_|xai-|pplx-", r"gsk_[A-Za-z0-9]{40,}|xai-[A-Za-z0-9]{40,}|pplx-[A-Za-z0-9]{40,}"
    ),
    _key("Telegram", ":a", r"(?:bot)?\d{6,12}:A[\w-]{34}"),
    _key("Azure AD", "q~", r"[\w.~-]{3}\dQ~[\w.~-]{31,34}"),
    _rule(
        "Azure, Deepgram and others by name",
        API_KEY,
        "azure|ocp-apim|deepgram|cartesia|assemblyai|datadog|algolia|cloudflare",
        r"(?i:azure|ocp-apim|deepgram|cartesia|assemblyai|datadog|algolia|cloudflare)[^\n\[]{0,40}?(?i:key|token|secret)"
        r"[^\n\[]{0,10}?(?<![\w-])(?P<secret>[0-9a-f]{32,64})(?![\w-])",
    ),
    _key("Databricks, DigitalOcean", "dapi|_v1_", r"dapi[0-9a-f]{32}|do[opr]_v1_[0-9a-f]{64}"),
    _key(
        "Shopify, Square",
        "shpat_|shpca_|shppa_|shpss_|sq0",
        r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|sq0[a-z]{3}-[\w-]{22,}",
    ),
    _key(
        "Atlassian, Linear, Notion", "atatt3|lin_api_|ntn_", r"ATATT3[\w=-]{50,}|lin_api_\w{32,}|ntn_[A-Za-z0-9]{40,}"
    ),
    _key("Airtable, HubSpot", "pat", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}|pat-(?:na|eu|ap)\d-[0-9a-f-]{36}"),
    _key(
        "Vault, Doppler, Supabase",
        "hvs.|dp.|sbp_",
        r"hv[sb]\.[\w-]{24,}|dp\.(?:pt|st|ct)\.[A-Za-z0-9]{40,}|sbp_[0-9a-f]{40}",
    ),
    _key("Grafana, Sentry, New Relic", "glsa_|sntry|nrak-", r"glsa_\w{32,}|sntry[us]_[\w=+/-]{40,}|NRAK-[A-Z0-9]{27}"),
    _key("Postman, Cal.com", "pmak-|cal_", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}|cal_(?:live_)?[0-9a-f]{32}"),
)

_LONG_WORD = re.compile(r"[^\s\"',;<>(){}\[\]]{20}")
_WORD_BYTES = bytes(0x20 if chr(at).isspace() or chr(at) in "\"',;<>(){}[]" else 0x78 for at in range(128)) + b"x" * 128
_TWENTY = b"x" * 20


def has_long_word(text: str) -> bool:
    """Whether a text has a word of twenty characters: asked of its bytes first, which takes a tenth of the time."""
    if _TWENTY not in text.encode("utf-8", "surrogatepass").translate(_WORD_BYTES):
        return False
    return text.isascii() or _LONG_WORD.search(text) is not None


# Names whose values are secret, as lower-case letters and digits only, by what stands for the value.
NAMES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        PASSWORD,
        re.compile(r".*(?:password|passwd|passphrase|passcode|pwd|contraseña|contrasena)s?|pass|userpass|sippass"),
    ),
    (API_KEY, re.compile(r".*apikeys?|.*(?:subscription|account)key|claveapi")),
    (PRIVATE_KEY, re.compile(r".*privatekey|.*(?:signing|encryption)key")),
    (SECRET, re.compile(r".*(?:secret|secretkey|accesskey|authkey|masterkey|sharedkey)s?|clavesecreta|claveacceso")),
    # A cursor is called a token too, and the count of a model's tokens.
    (
        TOKEN,
        re.compile(
            r"(?!.*(?:next|page|paging|pagination|continuation|sync|cursor|max|stop|eos|bos|pad)[a-z]{0,6}token).*token"
        ),
    ),
    (CREDENTIALS, re.compile(r".*(?:credentials?|authorization|cookie)")),
    (CARD_CODE, re.compile(r"(?:card)?(?:cvv2?|cvc2?|securitycode)")),
    (PIN, re.compile(r"(?:card|user|account|sip|atm|customer)?pin")),
)

# `name: value` and `name=value` in any notation: JSON, JSON inside a string, a query, an environment file, prose.
# The end of a name is searched in the lower-cased text, where a search for fixed words is fastest; what follows it
# is matched in the text itself.
ASSIGNED_NAME = re.compile(
    r"passwords?|passwd|passphrase|passcode|pwd|contraseña|contrasena|secrets?|token|cookie|credentials?"
    r"|api[_ -]?key|private[_ -]?key|secret[_ -]?key|access[_ -]?key|auth[_ -]?key|subscription[_ -]?key"
    r"|account[_ -]?key|signing[_ -]?key|encryption[_ -]?key|master[_ -]?key|shared[_ -]?key|(?<![a-z])pass"
)
ASSIGNED_NEEDLES = ("pass", "pwd", "contrase", "secret", "token", "cookie", "credential", "key")
"""Every name above holds one of these, which are sought much faster."""
ASSIGNED_VALUE = re.compile(
    r"""(?P<quote>["'\\]{0,4})(?P<equals>\s{0,3}(?::?=>?|:)\s{0,3}|\s(?:is|es)\s)"""
    r"""(?:"(?P<quoted>(?:[^"\\\n]|\\.)+)|\\{1,7}"(?P<escaped>[^"\\\n]+)|'(?P<single>[^'\n]+)"""
    r"""|(?P<bare>[^\s"'\\,;&|<>(){}\[\]]{3,}))""",
    re.IGNORECASE,
)

# What a sentence may say of a secret without telling it.
NOT_A_VALUE = frozenset(
    """
    null none true false undefined nil invalid incorrect wrong required missing expired empty not must was has is are
    the should cannot can will too and for bad unknown unauthorized revoked valid correct string bearer basic please
    reset mismatch failed failure error field does rejected denied contains changed incorrecta incorrecto inválida
    inválido invalida invalido obligatoria obligatorio requerida requerido caducada caducado
    errónea erróneo una que falta
    """.split()  # noqa: SIM905 - a list of words is easier to extend than one of strings
)
