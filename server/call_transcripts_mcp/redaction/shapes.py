r"""The shapes of keys and tokens: one row for each vendor or family of vendors.

A new shape is a row here and a row in `tests/secret_samples.py`. The prefixes are those that vendors document and
that public scanners know, loosened where a transcript contains only part of a key.
Sources: https://github.com/gitleaks/gitleaks, https://github.com/betterleaks/betterleaks,
https://github.com/mongodb/kingfisher and
https://docs.github.com/en/code-security/reference/secret-security/supported-secret-scanning-patterns

These rows are tried only on a text with a word of twenty characters, which ordinary speech does not have, and a row
of `PREFIXED` only where a word begins with its first two characters. Every repeat is of a single class, so that all
patterns run in linear time.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from call_transcripts_mcp.redaction.masks import API_KEY, JWT, TOKEN


class Rule(NamedTuple):
    """One shape of a secret. If the pattern has a group `secret`, only that part is masked.

    Attributes:
        needles: the rule is tried on texts that contain one of them, in lower case.
    """

    name: str
    mask: str
    needles: tuple[str, ...]
    pattern: re.Pattern[str]


class Prefixed(NamedTuple):
    """A shape that begins with fixed characters, as a word of its own.

    Attributes:
        starts: the first two characters, in every form that the pattern allows.
    """

    name: str
    starts: tuple[str, ...]
    pattern: re.Pattern[str]


def rule(name: str, mask: str, needles: str, pattern: str, flags: int = 0) -> Rule:
    """A rule; `|` separates its needles."""
    return Rule(name, mask, tuple(needles.split("|")), re.compile(pattern, flags))


def _alone(pattern: str) -> str:
    return rf"(?<![A-Za-z0-9])(?:{pattern})(?![A-Za-z0-9])"


def _key(name: str, starts: str, pattern: str) -> Prefixed:
    return Prefixed(name, tuple(starts.split()), re.compile(_alone(pattern)))


def _shape(name: str, needles: str, pattern: str) -> Rule:
    """The shape of a key without a prefix, as a separate word."""
    return rule(name, API_KEY, needles, _alone(pattern))


PREFIXED: tuple[Prefixed, ...] = (
    # Diga, OpenAI (sk-proj-), Anthropic (sk-ant-), OpenRouter, DeepSeek, Langfuse and others.
    _key("sk-", "sk", r"sk-(?=[A-Za-z_-]{0,60}\d)[\w-]{20,}"),
    # Stripe, Clerk, ElevenLabs, Cartesia (sk_car_), ClickUp (pk_ and digits), Checkout.com.
    _key(
        "sk_",
        "sk rk pk",
        r"[sr]k_(?:[a-z]{2,8}_)?(?=[A-Za-z_-]{0,60}\d)[A-Za-z0-9-]{16,}|pk_\d{6,9}_[A-Za-z0-9]{30,}",
    ),
    _key("Stripe client secrets", "pi se cs sr", r"(?:pi|seti|cs|src)_\w{8,}_secret_\w{10,}"),
    _key("OpenAI client secrets", "ek", r"ek_[A-Za-z0-9_-]{24,}"),
    _key("webhook secrets", "wh ws", r"whsec_[A-Za-z0-9+/=]{16,}|wsec_[A-Za-z0-9]{24,}"),
    _key("ElevenLabs", "cv xi", r"cvtkn_[\w-]{16,}|xi_[0-9a-f]{32,}"),
    _key("Retell, Cursor", "ke", r"key_[0-9a-f]{24,64}"),
    _key("AWS ids", "AK AS AB AC A3", r"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}"),
    _key("AWS Bedrock", "AB be", r"ABSK[A-Za-z0-9+/]{40,}={0,2}|bedrock-api-key-[\w+/=-]{20,}"),
    _key("AWS session tokens", "Fw IQ", r"(?:FwoGZXIvYXdz|IQoJb3JpZ2lu)[A-Za-z0-9+/]{40,}={0,2}"),
    _key("Google", "AI ya GO AQ", r"AIza[\w-]{30,}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}|AQ\.Ab[\w-]{30,}"),
    _key("GitHub", "gh gi v1", r"gh[opsur]_[A-Za-z0-9]{30,}|github_pat_\w{22,}|v1\.[0-9a-f]{40}"),
    _key(
        "GitLab",
        "gl GR",
        r"gl(?:pat|ptt|dt|rtr?|soat|ft|imt|ffct|agent|cbt|oas|wt)-(?=[A-Za-z_.-]{0,60}\d)[\w.-]{20,}"
        r"|GR1348941[\w-]{20,}",
    ),
    _key("Slack", "xo xa", r"(?:xoxe\.)?xox[a-z]-[A-Za-z0-9%/+-]{10,}|xapp-\d-[A-Za-z0-9-]{10,}"),
    _key("Twilio, Plivo", "SK AC SI", r"SK[0-9a-f]{32}|AC[0-9a-f]{32}"),
    _key(
        "SendGrid, Mailersend, Brevo",
        "SG ml xk",
        r"SG\.[\w-]{16,}\.[\w-]{16,}|mlsn\.[A-Za-z0-9]{30,}|xkeysib-[0-9a-f]{64}-\w{16}",
    ),
    _key("Mailgun", "ke pu", r"(?:pub)?key-[0-9a-f]{32}"),
    _key(
        "npm, PyPI, crates",
        "np py ci ru",
        r"npm_[A-Za-z0-9]{30,}|pypi-[\w-]{50,}|cio[A-Za-z0-9]{32}|rubygems_[0-9a-f]{48}",
    ),
    _key("Hugging Face, Replicate", "hf r8 ap", r"(?:hf|r8|api_org)_[A-Za-z0-9]{30,}"),
    _key(
        "Groq, xAI, Perplexity, Cerebras",
        "gs xa pp cs",
        r"gsk_[A-Za-z0-9]{40,}|xai-[A-Za-z0-9_-]{40,}|pplx-[A-Za-z0-9]{40,}|csk-[a-z0-9]{40,}",
    ),
    _key("NVIDIA, Pinecone, Together", "nv pc tg", r"nvapi-[\w-]{40,}|pcsk_\w{40,}|tgp_v1_[\w-]{40,}"),
    _key("LangSmith, W&B, Devin", "ls wa co", r"lsv2_[ps][tk]_\w{40,}|wandb_v1_\w{40,}|cog_[a-z2-7]{52}"),
    _key("Databricks, DigitalOcean", "da do", r"dapi[0-9a-f]{32}(?:-\d)?|do[opr]_v1_[0-9a-f]{64}"),
    _key("Shopify", "sh", r"shp[a-z]{2}_[0-9a-fA-F]{24,}|shptka_[0-9a-f]{32}"),
    _key("Square", "sq EA", r"sq0[a-z]{3}-[\w-]{22,}|EAAA[\w-]{40,}|EAA[MC][A-Za-z0-9]{100,}"),
    _key(
        "Atlassian, Linear, Notion",
        "AT li nt se BB",
        r"ATATT3[\w=-]{50,}|ATCTT3[\w=-]{50,}|ATBB\w{28,}|lin_(?:api|oauth)_\w{32,}|ntn_[A-Za-z0-9]{40,}"
        r"|secret_[A-Za-z0-9]{43}",
    ),
    _key("Airtable, HubSpot", "pa", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}|pat-[a-z]{2}\d-[0-9a-f-]{36}"),
    _key("Vault, Doppler", "hv dp", r"hv[sbr]\.[\w-]{24,}|dp\.(?:pt|st|ct|sa|said|scim|audit)\.[\w.-]{30,}"),
    _key(
        "Supabase, Neon, PlanetScale",
        "sb na ps",
        r"sb_secret_[\w-]{20,}|sbp_\w{40}|napi_[A-Za-z0-9]{40,}|pscale_(?:tkn|oauth|pw)_[\w=.-]{32,}",
    ),
    _key(
        "Grafana, Sentry, New Relic",
        "gl sn NR",
        r"glsa_\w{32,}|glc_[A-Za-z0-9+/]{32,}={0,2}|sntry[suai]_[\w=+/-]{40,}|NR(?:AK|II|JS|IQ|RA|SP)-[\w-]{19,}",
    ),
    _key("Postman, Cal.com", "PM ca", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}|cal_(?:live_)?[0-9a-f]{32}"),
    _key("Vercel", "vc ve", r"vc[a-z]_[\w-]{24,}|vercel_[a-z]{2,10}_[\w-]{24,}"),
    _key("Cloudflare", "v1 cf", r"v1\.0-[0-9a-f]{24}-[0-9a-f]{100,}|cf(?:ut|at|k|pat)_[\w-]{30,}"),
    _key("Tailscale, Fly.io", "ts fm fo", r"tskey-[a-z]{2,12}-[\w-]{16,}|f[mo]\d_[\w+/=-]{40,}"),
    _key(
        "Flutterwave, Paystack, Midtrans",
        "FL Mi SB",
        r"FLW(?:SECK|PUBK)(?:_TEST)?-[0-9a-zA-Z]{12,}(?:-X)?|(?:SB-)?Mid-server-[\w-]{10,}",
    ),
    _key("Intercom, JFrog", "dG cm AK", r"dG9rO[\w+/=-]{40,}|cmVmd[A-Za-z0-9]{50,}|AKCp[A-Za-z0-9]{60,}"),
    _key(
        "Okta, Salesforce",
        "00",
        r"00(?=[\w=-]{0,38}[a-z])(?=[\w=-]{0,38}[A-Z])[\w=-]{40}|00[A-Za-z0-9]{13}![\w.]{40,}",
    ),
    _key("Heroku, Render, Railway", "HR rn ra", r"HRKU-[\w-]{30,}|rnd_[A-Za-z0-9]{24,}|railway_\w{24,}"),
    _key(
        "Docker, Swarm, Pulumi",
        "dc SW pu",
        r"dckr_[po]at_[\w-]{24,}|SWMTKN-1-[\w-]{50,}|SWMKEY-1-[\w+/]{40,}|pul-[0-9a-f]{40}",
    ),
    _key(
        "1Password, age",
        "op A3 AG",
        r"ops_eyJ[\w+/=]{60,}|A3-[A-Z0-9]{6}-[A-Z0-9-]{28,}|AGE-SECRET-KEY-1[A-Z0-9]{58}",
    ),
    _key("Figma, Canva, Frame.io", "fi cn", r"fig[dou][rt]?_[\w-]{24,}|fio-u-[\w=-]{40,}|cnvca[\w-]{40,}"),
    _key("PostHog, Segment, Amplitude", "ph sg", r"ph[xcs]_[\w-]{30,}|sgp_\w{40,}"),
    _key("Telnyx, Bland", "KE or", r"KEY[0-9A-F]{16,}_\w{16,}|org_[0-9a-f]{50,}"),
    _key(
        "Duffel, EasyPost, Shippo",
        "du EZ sh",
        r"duffel_(?:test|live)_[\w=-]{40,}|EZ[AT]K[A-Za-z0-9]{50,}|shippo_(?:test|live)_[0-9a-f]{40}",
    ),
    _key(
        "Plaid, Paddle, Adyen",
        "ac pd AQ",
        r"access-(?:sandbox|development|production)-[0-9a-f-]{36}|pdl_(?:live|sdbx)_apikey_\w{30,}"
        r"|AQE[a-z][A-Za-z0-9+/=]{60,}",
    ),
    _key(
        "Dynatrace, Elastic, Honeycomb",
        "dt es hc",
        r"dt0[a-z]\d\d\.[A-Z0-9]{20,}\.[A-Z0-9]{50,}|essu_[\w=-]{50,}|hc[abi][a-z]{2}_\w{50,}",
    ),
    _key("Buildkite, CircleCI, Codecov", "bk CC", r"bk[a-z]{2,3}_[\w-]{40,}|CCI(?:PAT|PRJ)_\w{40,}"),
    _key("Typeform, Contentful, Prismic", "tf CF", r"tfp_[\w=.-]{40,}|CFPAT-[\w-]{40,}"),
    _key(
        "Alibaba, Tencent, Yandex",
        "LT AK t1 AQ YC",
        r"LTAI[A-Za-z0-9]{16,}|AKID[A-Za-z0-9]{32,}|t1\.[\w-]{10,}\.[\w-]{80,}|AQVN[\w-]{35,}|YC[\w-]{38}",
    ),
    _key("MongoDB, CockroachDB, Astra", "md CC As", r"mdb_sa_sk_[\w-]{36,}|CCDB1_\w{40,}|AstraCS:[\w:]{20,}"),
    _key("Prefect, ReadMe, Ionic", "pn rd io", r"pnu_[A-Za-z0-9]{36}|rdme_[a-z0-9]{60,}|ion_[A-Za-z0-9]{40,}"),
    _key(
        "Apify, Brave, Tavily, Firecrawl",
        "ap BS tv fc",
        r"apify_api_[A-Za-z0-9]{30,}|BSA[\w-]{24,40}|tvly-[\w-]{28,}|fc-[0-9a-f]{32}",
    ),
    _key(
        "Lob, Onfido, Customer.io",
        "li te ap",
        r"(?:live|test)_[0-9a-f]{35}|api_(?:live|sandbox)(?:_[a-z]{2})?\.[\w.-]{20,}",
    ),
    _key("Adobe, Octopus, Nightfall", "p8 AP NF", r"p8e-[A-Za-z0-9_-]{32}|API-[A-Z0-9]{26,}|NF-[A-Za-z0-9]{32}"),
    _key("Facebook, Pinterest, Twitter", "EA pi AA", r"EAA[A-Za-z0-9]{80,}|pina_\w{32,}|A{20,22}[A-Za-z0-9%]{60,}"),
    _key("OpenShift", "sh", r"sha256~[\w-]{43}"),
    _key("Deno, Netlify, Scalingo", "dd nf tk", r"ddp_\w{36}|nf[pcob]_\w{36,}|tk-us-[\w-]{48}"),
)

SHAPED: tuple[Rule, ...] = (
    rule("JWT", JWT, "eyj", r"(?<![A-Za-z0-9])eyJ[\w-]{10,}(?:\.[\w-]{4,}){1,4}\.?"),
    _shape("Ultravox", ".", r"[A-Za-z0-9]{8}\.[A-Za-z0-9]{32}"),
    _shape("Telegram", ":a", r"(?:bot)?\d{6,12}:A[\w-]{33,}"),
    _shape("Azure AD", "q~", r"[\w.~-]{3}\dQ~[\w.~-]{31,34}"),
    _shape("Mailchimp", "-us", r"[0-9a-f]{32}-us\d{1,2}"),
    _shape("Terraform", ".atlasv1.", r"\w{10,}\.atlasv1\.[\w=-]{40,}"),
    _shape("MaxMind", "_mmk", r"\w{6}_\w{29}_mmk"),
    # A bot's token is its id in base64, a time and a signature; no other id has these three parts.
    _shape("Discord", ".", r"[MNO][A-Za-z\d]{22,27}\.[\w-]{6}\.[\w-]{27,40}"),
    _shape("Asaas", "$aact_", r"(?<=\$)aact_[\w-]{20,}"),
    _shape("Azure storage", "==", r"(?<![+/-])(?<!sha512:)[A-Za-z0-9+/]{86}=="),
    _shape("Google refresh tokens", "1//", r"1//0[\w-]{30,}"),
    # Secret keys of AWS have no prefix: forty characters of base64 that do not look like a word or a path.
    rule(
        "AWS secret key",
        API_KEY,
        "/|+",
        r"(?<![\w+/.-])(?=[A-Za-z0-9+]{0,39}[/+])(?=[a-z0-9+/]{0,39}[A-Z])(?=[A-Z0-9+/]{0,39}[a-z])(?=[A-Za-z+/]{0,39}\d)"
        r"(?P<secret>[A-Za-z0-9+/]{40})(?![\w+/=-])",
    ),
    rule(
        "Slack webhook",
        API_KEY,
        "hooks.slack",
        r"hooks\.slack\.\w+/(?:services|workflows|triggers)/(?P<secret>[\w/-]{16,})",
    ),
    rule("Discord webhook", API_KEY, "/api/webhooks/", r"/api/webhooks/\d{10,20}/(?P<secret>[\w-]{40,})"),
    rule("Zapier, Make", API_KEY, "hook", r"hooks\.zapier\.\w+/hooks/catch/(?P<secret>\d+/\w+)", re.IGNORECASE),
    rule("Make", API_KEY, "make.com", r"hook\.[a-z]{2}\d?\.make\.com/(?P<secret>\w{20,})"),
    rule("Teams webhook", API_KEY, "webhook.office", r"webhook\.office\.com/webhookb2/(?P<secret>[\w@/-]{30,})"),
    rule("IFTTT", API_KEY, "maker.ifttt", r"maker\.ifttt\.com/[\w/-]{0,80}?(?:use|key)/(?P<secret>[\w-]{16,})"),
    rule("Telegram in a path", TOKEN, "/bot", r"/bot(?P<secret>\d{6,12}:[\w-]{30,})"),
)

# Vendors whose keys are bare hexadecimal or alphanumeric words: the vendor's name and a word for keys precede them.
_VENDORS = (
    "adafruit|airtable|algolia|amplitude|asana|assemblyai|azure|bitbucket|bitly|box|cartesia|cloudflare|cloudinary|"
    "codecov|cohere|contentful|datadog|deepgram|discord|dropbox|elevenlabs|eleven_labs|fastly|fireworks|freshbooks|"
    "gladia|heroku|honeycomb|intercom|jira|launchdarkly|livekit|mailgun|mapbox|messagebird|mistral|netlify|neuphonic|"
    "ocp-apim|okta|openweather|plivo|playht|pinecone|retell|rime|sendbird|sentry|snyk|soniox|speechmatics|telnyx|"
    "twilio|twitter|vapi|vercel|vonage|nexmo|wandb|zendesk|aws|amazon|secret_?access_?key"
)
NAMED_VENDOR = rule(
    "vendors by name",
    API_KEY,
    _VENDORS.replace("secret_?access_?key", "access").replace("eleven_labs", "eleven"),
    rf"(?i:{_VENDORS})[^\n\[]{{0,40}}?(?i:key|token|secret|auth)[^\n\[]{{0,16}}?(?<![\w/+-])"
    r"(?P<secret>(?=[A-Za-z+/_-]{0,40}\d)(?=[\d+/_-]{0,40}[A-Za-z])[A-Za-z0-9+/_]{24,90}={0,2})(?![\w/+-])",
)

_LONG_WORD = re.compile(r"[^\s\"',;<>(){}\[\]]{20}")
_WORD_BYTES = bytes(0x20 if chr(at).isspace() or chr(at) in "\"',;<>(){}[]" else 0x78 for at in range(128)) + b"x" * 128
_TWENTY = b"x" * 20


def has_long_word(text: str) -> bool:
    """Whether a text has a word of twenty characters; its bytes are tested first, which takes a tenth of the time."""
    if _TWENTY not in text.encode("utf-8", "surrogatepass").translate(_WORD_BYTES):
        return False
    return text.isascii() or _LONG_WORD.search(text) is not None
