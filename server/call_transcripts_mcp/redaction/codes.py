"""Codes that people say or type after naming them: the code on a card, a PIN, a one-time code, a spoken password."""

from __future__ import annotations

import re

from call_transcripts_mcp.redaction.masks import CARD_CODE, ONE_TIME_CODE, PASSWORD, PIN
from call_transcripts_mcp.redaction.spoken import runs

_CARD_CODE = (
    r"cvv2?|cvc2?|cvn|csc|card code|card (?:verification|security|validation) (?:code|value|number)"
    r"|security (?:code|number)"
    r"|(?:three|3|four|4)[- ]digit(?:s)?(?: security)? code|c[oó]digo de seguridad|sicherheitscode|kartenpr[uü]fnummer"
    r"|pr[uü]f(?:nummer|ziffer)|code de sécurité|cryptogramme|(?:numbers?|digits|code) on the back"
)
_ONE_TIME = (
    r"otp|t-?otp|one[-_ ]?time[-_ ](?:pass)?(?:code|word|pin)|(?:verification|authentication|authenticator|login"
    r"|sign[- ]?in|2fa|mfa"
    r"|two[- ]factor|sms)[-_ ](?:code|pin|number)|code (?:that )?(?:you|they|was|we|i|it)(?:'?ve)?(?: just)?(?: have)?"
    r" (?:sent|texted|messaged|emailed|got|received)(?: me| you| us)?(?: (?:by|via|in|on|to) [a-z ]{1,20})?"
    r"|c[oó]digo de (?:verificaci[oó]n|un solo uso|autenticaci[oó]n)|clave (?:de un solo uso|din[aá]mica)"
    r"|(?:best[aä]tigungs|verifizierungs|einmal|sms)-?(?:code|passwort|kennwort)|\btan\b|code de vérification"
    r"|c[oó]digo de verifica[cç][aã]o"
)
_PIN = r"pin|pin[- ]?(?:code|number|nummer)|n[uú]mero (?:de )?pin|geheimzahl|nip|code secret|passcode"
_FILLERS = (
    r"(?:[\s,.:;\"'=\\>-]+(?:is|are|was|s|it|it's|its|it\u2019s|that's|code|number|digits?|uh|um|okay|ok|so|well|the|my"
    r"|your|would be|should be"
    r"|for (?:the|my|that|this) \w{2,12}|on the back|of (?:the|my) card|es|el|la|mi|n[uú]mero|ist|die|der|lautet"
    r"|meine?|nummer|est|"
    r"este|é|for you|here|please|sure|yes|yeah|and|i got|i have|says|reads)\b){0,7}[\s,.:;\"'=\\>-]{1,6}\Z"
)
_NAMED = (
    (CARD_CODE, re.compile(rf"\b(?:{_CARD_CODE}){_FILLERS}"), range(3, 5)),
    (ONE_TIME_CODE, re.compile(rf"\b(?:{_ONE_TIME}){_FILLERS}"), range(4, 11)),
    (PIN, re.compile(rf"(?<!\[)\b(?:{_PIN}){_FILLERS}"), range(4, 9)),
)
_NEEDLES = (
    "pin", "cv", "code", "otp", "security n", "csc", "time p", "digo de", "geheimz", "pruf", "cryptog", "clave",
    " nip ", "on the back", " tan ", "einmalp", "einmalk",
)  # fmt: skip
_ANY_NAME = re.compile(rf"(?<![a-z])(?:{_CARD_CODE}|{_ONE_TIME}|{_PIN})(?![a-z])")
_BEFORE = 90
_PIN_CODE = re.compile(r"pin[- ]?code")
_AROUND = 200
_INDIAN_POSTCODE = 6
_PLACE = re.compile(r"street|road|nagar|address|city|district|deliver|postal|locat|area|zip|colony|sector|live")
_ASKS = re.compile(
    r"\?|\b(?:please|can you|could you|tell me|give me|what's|what is|enter|por favor|dígame|bitte|nennen)\b"
)
_WORD = re.compile(r"[^\W\d_]+")
_ANSWER_WORDS = frozenset(
    """
    it s is sure yes yeah yep okay ok um uh er the my code number pin let me see that would be so moment here got i
    please and thank you thanks es el la mi son sí si vale claro ist die der das ja bitte meine also lautet
    """.split()  # noqa: SIM905 - easier to extend
)

_SPOKEN_PASSWORD = re.compile(
    r"\b(?:my|the|your|our|mi|la|mein|das) (?:\w{1,12} )?(?:password|passphrase|contraseña|clave|passwort|kennwort)"
    r" (?:is|es|ist|lautet):? (?P<secret>(?:[^\W\d_]{1,20}[ ,]{1,2}){0,5}?)(?=\S)",
    re.IGNORECASE,
)
_SPELLED = re.compile(r"(?:[^\W_][ ,-]{1,2}){3,30}[^\W_]\b")


def mentions_code(lower: str) -> bool:
    """Whether a lower-cased text names any of these codes."""
    for needle in _NEEDLES:
        if needle in lower:
            return _ANY_NAME.search(lower) is not None
    return not lower.isascii() and _ANY_NAME.search(lower) is not None


def mentions_password(lower: str) -> bool:
    """Whether a lower-cased text names a password as people do."""
    return "passw" in lower or "contraseña" in lower or "clave" in lower or "kennwort" in lower


def mask_named_codes(text: str) -> str:
    """Mask the digits, in figures or words, that follow the name of a code."""
    parts: list[str] = []
    done = 0
    for run in runs(text):
        digits = "".join(group.digits for group in run)
        start, end = run[0].start, run[-1].end
        mask = _mask_after(text[max(0, start - _BEFORE) : start].lower(), len(digits), text, start)
        if mask is None or start < done or text[end : end + 1].isalnum():
            continue
        parts += [text[done:start], mask]
        done = end
    return "".join([*parts, text[done:]])


def asked_code(question: str) -> str | None:
    """The mask of the code that a message asks for; None if it asks for no code."""
    lower = question.lower()
    if not mentions_code(lower) or not _ASKS.search(lower):
        return None
    mask = next((mask for mask, pattern in _ASKED if pattern.search(lower)), None)
    return None if mask == PIN and _PLACE.search(lower) else mask


def mask_answer(text: str, mask: str) -> str:
    """Mask the digits of a short answer to a question about a code."""
    sizes = next(sizes for asked, _, sizes in _NAMED if asked == mask)
    found = list(runs(text))
    if len(found) != 1:
        return text
    around = _WORD.findall(f"{text[: found[0][0].start]} {text[found[0][-1].end :]}".lower())
    if sum(word not in _ANSWER_WORDS for word in around) > 1:
        return text
    digits = "".join(group.digits for group in found[0])
    if len(digits) not in sizes:
        return text
    return text[: found[0][0].start] + mask + text[found[0][-1].end :]


_ASKED = tuple(
    (mask, re.compile(rf"\b(?:{names})\b"))
    for mask, names in ((CARD_CODE, _CARD_CODE), (ONE_TIME_CODE, _ONE_TIME), (PIN, _PIN))
)


def _mask_after(before: str, count: int, text: str, start: int) -> str | None:
    for mask, pattern, sizes in _NAMED:
        if count in sizes and (named := pattern.search(before)):
            may_be_postcode = mask == PIN and count == _INDIAN_POSTCODE
            around = text[max(0, start - _AROUND) : start + _AROUND].lower()
            return None if may_be_postcode and (_PIN_CODE.match(named[0]) or _PLACE.search(around)) else mask
    return None


def mask_spoken_password(text: str) -> str:
    """Mask a password that is said in words with digits or letter by letter: "my password is blue horse forty two"."""
    parts: list[str] = []
    done = 0
    spans = [(run[0].start, run[-1].end) for run in runs(text)]
    for match in _SPOKEN_PASSWORD.finditer(text):
        start = match.start("secret")
        spelled = _SPELLED.match(text, start)
        ends = [end for begin, end in spans if start < begin <= start + 60 and "." not in text[start:begin]]
        end = spelled.end() if spelled else ends[0] if ends else None
        if end is not None and start >= done and "[" not in text[start:end]:
            parts += [text[done:start], PASSWORD]
            done = end
    return "".join([*parts, text[done:]])
