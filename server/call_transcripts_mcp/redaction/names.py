"""Names whose values are secret, and what a value under such a name must look like.

Both are in one place, so that JSON, which is read by member, and text, where a value follows its name in some notation,
are masked in the same way.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from call_transcripts_mcp.redaction.masks import (
    API_KEY,
    BEARER,
    CARD_CODE,
    CREDENTIALS,
    MASKS,
    ONE_TIME_CODE,
    PASSWORD,
    PIN,
    PRIVATE_KEY,
    SECRET,
    TOKEN,
)

LONGEST_NAME = 64
_MASK_NAMES = tuple(MASKS)
MASKED = re.compile("|".join(map(re.escape, sorted(MASKS))))


class SecretName(NamedTuple):
    """What a name says about its value.

    Attributes:
        mask: the text that replaces the value.
        is_sure: any value is secret; otherwise only one that looks like a password, a key or a code, since the name
            has other meanings (`pass`, `credentials`, `authorization`).
    """

    mask: str
    is_sure: bool


_WHOSE = r"(?:card|user|account|sip|atm|customer|security|debit|bank|voicemail|sim|access|login)?"
# As lower-case letters and digits only. The first row that matches decides.
_NAMES: tuple[tuple[str, bool, re.Pattern[str]], ...] = (
    (
        ONE_TIME_CODE,
        False,
        re.compile(
            r"t?otp(?:code|value|token)?|.*onetime(?:code|pin|pass(?:word|code)|token)|(?:.*verification|mfa|2fa|sms"
            r"|twofactor|.*authentication|login)code|codigo(?:de)?verificacion|verificationpin|einmalcode|tan"
        ),
    ),
    (
        PASSWORD,
        True,
        re.compile(
            r".*(?:password|passwd|passphrase|passcode|passwort|kennwort|pwd|contraseña|contrasena|senha|motdepasse"
            r"|wachtwoord|hasło|пароль|密码|密碼|パスワード)s?\d?|(?:user|sip|db|smtp)pass|mdp"
        ),
    ),
    (PASSWORD, False, re.compile(r"pass|pw|clave|pword|(?:user|login|account|access)pw")),
    (API_KEY, True, re.compile(r".*apikeys?|.*(?:subscription|account|functions|application|app)key|claveapi")),
    (PRIVATE_KEY, True, re.compile(r".*(?:private|priv)key|.*(?:signing|encryption)key")),
    (
        SECRET,
        True,
        re.compile(
            r".*secrets?(?:key|token|value|string)?|.*(?:accesskey|authkey|masterkey|sharedkey|webhookkey|servicekey"
            r"|clientkey|adminkey|deploykey)s?|clavesecreta|claveacceso|secret(?:access)?keys?"
        ),
    ),
    # A cursor is called a token too, and so are the parts of a model's text and the library that makes tokens.
    (
        TOKEN,
        True,
        re.compile(
            r"(?!.*(?:next|page|paging|pagination|continuation|sync|cursor|max|min|stop|eos|bos|pad|unk|sep|cls"
            r"|start|end|first|last|special|total|prompt|completion|input|output)[a-z]{0,6}token)"
            r"(?!.*jsonwebtoken).*token|.*jwt|.*bearer"
        ),
    ),
    (CREDENTIALS, False, re.compile(r".*(?:credentials?|authorization|cookies?)|(?:x|http|basic|proxy)?auth")),
    (
        CREDENTIALS,
        False,
        # A session id alone is as often the id of a call as it is a cookie.
        re.compile(r"(?:j|php|asp|aspnet|laravel|gitlab|rails|ci|express|flask|django)sess(?:ion)?(?:id)?|.*sessioncookie|connectsid"),
    ),
    (CARD_CODE, False, re.compile(r"(?:card)?(?:cvv2?|cvc2?|cvn|csc|securitycode|verificationvalue|verificationcode)")),
    (PIN, True, re.compile(_WHOSE + r"pin(?:number)?")),
    (PIN, False, re.compile(_WHOSE + r"pincode")),
)  # fmt: skip
# A word before one of these names that makes it harmless: a kind of pass or key that opens no account.
_WORDS = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_PASS_OF = frozenset(
    """db database smtp imap pop mail email ftp sftp ssh sip user usr username root admin mysql mariadb pg postgres
    postgresql redis mongo mongodb rabbitmq amqp mqtt ldap proxy vpn wifi wlan http basic api login account service svc
    master keystore truststore app auth ssl key cert web sudo my new old current jdbc kafka oracle sql mssql smb samba
    snmp rpc elastic elasticsearch jenkins docker registry git github npm grafana test dev prod staging default temp
    client server host remote bind bot caller agent portal router""".split()  # noqa: SIM905 - easier to extend
)
_KEY_OF_OTHER = frozenset(
    """idempotency idempotence primary foreign sort cache public publishable pub partition object routing hash range
    row dedup dedupe group message event room apartment flat house car door translation i18n locale language feature
    flag metric search lookup map storage join unique composite issue project ticket order item answer correct low
    turn file image record node data json field column index site""".split()  # noqa: SIM905 - easier to extend
)


def secret_name(key: str) -> bool:
    """Whether a JSON key names a secret: `password`, `X-Api-Key`, `clientSecret`, but not `nextPageToken`."""
    return named(key) is not None


@lru_cache(maxsize=4096)
def named(key: str) -> SecretName | None:
    """What a name says about its value; None if the name is harmless, such as a mask."""
    if key.startswith(_MASK_NAMES):
        return None
    key = key[-LONGEST_NAME:]
    name = "".join(char for char in key.lower() if char.isalnum())
    for mask, is_sure, pattern in _NAMES:
        if pattern.fullmatch(name):
            return SecretName(mask, is_sure)
    words = [word.lower() for word in _WORDS.findall(key)]
    if len(words) < 2:  # noqa: PLR2004 - the purpose of a pass or key comes before it
        return None
    *_, kind, last = words
    if last in {"pass", "pw"}:
        return SecretName(PASSWORD, is_sure=True) if kind in _PASS_OF else None
    if last == "key" and kind not in _KEY_OF_OTHER:
        return SecretName(API_KEY, is_sure=False)
    return None


_SCHEME = re.compile(r"(?:bearer|token|basic|digest|negotiate|apikey)\s+\S", re.IGNORECASE)
_VERSION = re.compile(r"[\^~>=<v ]{0,3}\d+(?:\.(?:\d+|x|\*)){1,3}(?:[-+][\w.]+)?")
_PLACEHOLDER = re.compile(
    r"[*x•.#_-]{3,}|\$\{[^}]*\}|\$\([^)]*\)|\$[A-Z_]+|\{\{.*|<[\w -]+>|%\w+%"
    r"|process\.env\..*|os\.(?:environ|getenv).*|env\..*"
)
_ID = re.compile(r"(?:[A-Z]{0,6}[-# ]?|[A-Za-z]{1,6}[-#])\d[\d -]*")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+Z?)?")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_INDIAN_POSTCODE = 6  # a PIN code in India
_PARTS = re.compile(r"[-_./:]")
_FEW_DIGITS, _MANY_DIGITS, _SHORTEST_PASSWORD, _SHORTEST_KEY, _SHORTEST_PART = 3, 12, 6, 16, 10


def is_secret_value(value: str, name: SecretName) -> bool:
    """Whether a value under a secret's name is the secret, not a remark about it, a placeholder or something else."""
    bare = value.strip()
    if name.mask == CREDENTIALS and _SCHEME.match(bare):
        return MASKED.search(bare) is None
    if not bare or MASKED.search(bare) or _PLACEHOLDER.fullmatch(bare) or _is_remark(bare):
        return False
    if name.mask in {CARD_CODE, PIN, ONE_TIME_CODE}:
        return _is_code(bare, name)
    if name.is_sure:
        return not _VERSION.fullmatch(bare)
    if name.mask == PASSWORD:
        return looks_like_password(bare)
    cookie = bare.partition("=")[2].partition(";")[0] if name.mask == CREDENTIALS else ""
    return looks_like_key(bare) or looks_like_key(cookie)


def _is_code(value: str, name: SecretName) -> bool:
    digits = sum(map(str.isdigit, value))
    if name.mask == PIN and not name.is_sure and digits == _INDIAN_POSTCODE:
        return False
    return digits >= _FEW_DIGITS and len(value) <= _MANY_DIGITS and not _DATE.fullmatch(value)


def mask_for(value: str, name: SecretName) -> str:
    """The mask for a value under a name; for an authorization header, it names the scheme."""
    return BEARER if name.mask == CREDENTIALS and value[:7].lower() == "bearer " else name.mask


def looks_like_password(word: str) -> bool:
    """Whether a long enough word has a digit and a letter, and is not an id (`PA-12345`), a date or a version."""
    return (
        len(word) >= _SHORTEST_PASSWORD
        and not any(char.isspace() for char in word)
        and any(char.isdigit() for char in word)
        and any(char.isalpha() for char in word)
        and not (_ID.fullmatch(word) or _VERSION.fullmatch(word) or _DATE.fullmatch(word))
        and "://" not in word
    )


def looks_like_key(word: str) -> bool:
    """Whether a word is long, has letters and digits, and is neither a known form of id nor a path of short words."""
    if len(word) < _SHORTEST_KEY or not looks_like_password(word) or _UUID.fullmatch(word):
        return False
    if "=" in word.rstrip("="):  # a name and a value
        return False
    return any(
        len(part) >= _SHORTEST_PART and any(map(str.isdigit, part)) and any(map(str.isalpha, part))
        for part in _PARTS.split(word)
    )


# What a sentence may say about a secret without revealing it.
NOT_A_VALUE = frozenset(
    """
    null none true false undefined nil invalid incorrect wrong required missing expired empty not must was has is are
    the should cannot can will too and for bad unknown unauthorized revoked valid correct string bearer basic please
    reset mismatch failed failure error field does rejected denied contains changed incorrecta incorrecto inválida
    inválido invalida invalido obligatoria obligatorio requerida requerido caducada caducado
    errónea erróneo una que falta ungültig falsch abgelaufen yes no ok set unset masked hidden redacted provided sent
    enabled disabled verified unverified accepted declined success successful updated optional default
    integer number object array boolean text password token secret user username n/a na unavailable available
    matched match pass passed active inactive locked unlocked pending created deleted used unused
    """.split()  # noqa: SIM905 - a list of words is easier to extend than one of strings
)
_REMARKS = frozenset(
    """is must required should cannot can't invalid field characters character least not too expired incorrect wrong
    missing match matches please has have been was your be blank empty contain contains letters don't doesn't does
    already reset updated changed sent this may debe es no obligatorio inválida muss nicht ist ungültig""".split()  # noqa: SIM905
)
_SHORT_REMARK = 2
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019]t)?")


def _is_remark(value: str) -> bool:
    """`required`, `Invalid password`, `This field must not be blank.`; not `correct horse battery staple`."""
    lower = value.lower().rstrip(".!?:")
    if lower in NOT_A_VALUE:
        return True
    if " " not in lower:
        return False
    words = _WORD.findall(lower)
    if not words:
        return False
    found = sum(word in _REMARKS for word in words)
    return found >= _SHORT_REMARK or (
        len(words) == _SHORT_REMARK and bool(NOT_A_VALUE.intersection(words)) and not any(map(str.isdigit, lower))
    )
