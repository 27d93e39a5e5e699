"""`name: value` in any notation: JSON, JSON inside a string, a query, XML, environment files, code, commands, prose.

The end of a name is searched in the lower-cased text, where a search for fixed words is fastest; its surroundings are
matched in the text itself, and `names` tells what the whole name means.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from call_transcripts_mcp.redaction.masks import MASKS, PASSWORD
from call_transcripts_mcp.redaction.names import (
    LONGEST_NAME,
    MASKED,
    NOT_A_VALUE,
    is_secret_value,
    looks_like_key,
    looks_like_password,
    mask_for,
    named,
)

if TYPE_CHECKING:
    from call_transcripts_mcp.redaction.names import SecretName

NEEDLES = (
    "pwd", "contrase", "secret", "token", "cookie", "credential", "key", "auth", "sess", "otp", "jwt", "pw",
    "senha", "kennwort", "clave", "mdp", "time code", "time-code", "ation code", "login code", "wachtwoord",
)  # fmt: skip
"""Every name below contains one of these, which can be searched much faster."""
FOREIGN_NEEDLES = ("пароль", "密", "パスワ", "contraseñ")
"""The ones to search in a text that is not ASCII."""

_PASS = re.compile(r"pass(?!eng|ed|es|ing|age|port|ion|iv)")


def holds_name(lower: str) -> bool:
    """Whether a lower-cased text may name a secret."""
    for needle in NEEDLES:  # runs on every text, and `any` takes 50 % longer
        if needle in lower:
            return True
    if "pass" in lower and _PASS.search(lower):  # passengers occur in every other call
        return True
    return not lower.isascii() and any(needle in lower for needle in FOREIGN_NEEDLES)


# Every alternative begins with a different letter; matches that are no names are dropped once the whole name is known.
_NAME = re.compile(
    r"(?:api|private|secret access|secret|access|auth|subscription|account|signing|encryption|master|shared|app"
    r"|license)"
    r"[ -]key|passwor[dt]|passwd|passphrase|passcode|passw|pwd|contrase[nñ]a|senha|mot de passe|kennwort|wachtwoord"
    r"|(?:one[- ]time|verification|authentication|login)[ -]code|secret|token|cookie|credential|key|auth|jwt|sess"
    r"|otp|clave|mdp|pass(?!eng|ed|es|ing|age|port|ion|iv)|pw|пароль|密[码碼]|パスワード"
)
_LED = re.compile(r"[\w.-]+\Z")
_WORD_BEFORE = re.compile(r"[A-Za-z]{2,20} \Z")
_REST = re.compile(r"[\w-]*")
_QUOTED = (
    r"""(?:"(?P<quoted>(?:[^"\\\n]|\\.)+)|\\{1,7}"(?P<escaped>[^"\\\n]+)|'(?P<single>[^'\n]+)|`(?P<code>[^`\n]+)"""
)
_BARE = r"""|(?P<bare>[^\s"'`\\,;&|<>(){}\[\]=:][^\s"'`\\,;&|<>(){}\[\]]{2,500}))"""
_ASSIGNED = re.compile(
    r"""(?P<quote>["'`\\]{0,4})\s?[\])]?[ \t]{0,3}(?:(?::?[ \t]{0,3}(?:string|str|char\*|&str)[ \t]{0,3})?"""
    r"""(?P<equals>[.?:+|&!]{0,2}={1,3}>?|::?|->|~>)[ \t]{0,3}(?:[\[(]\s{0,8})?|(?P<member>,\s{0,8}["'\\]{1,4}"""
    r"""(?:value|val|secret|text|content|data|string_?value)["'\\]{1,4}\s{0,3}:\s{0,3})|(?P<attribute>value=))"""
    + _QUOTED
    + _BARE,
    re.IGNORECASE,
)
_REST_OF_VALUE = re.compile(r"""[^\s"'`\\,;&|<>(){}\[\]]*""")
_PAIR = re.compile(r"""["'\\]{1,4},\s{0,8}""" + _QUOTED + ")")
_SAID = re.compile(
    r"(?:\s(?:for|of|on|to|de|del|para|für|von)(?:\s[\w'-]{1,20}){1,4}?)?"
    r"(?:\s(?:is|are|to|was|as|es|ist|lautet|war|est|é|será)\b|['\u2019]s\b)"
    r"(?:\s(?:set to|now|ahora|jetzt))?:?\s" + _QUOTED + _BARE,
    re.IGNORECASE,
)
_BESIDE = re.compile(r"""[ \t]{1,3}(?:-[ ])?["']?(?P<bare>[^\s"'`\\,;&|<>(){}\[\]]{3,})""")
_NEXT_ASSIGNMENT = re.compile(r"[A-Za-z_][\w.-]*(?:[=:]\Z|=[^=])")
_COORDINATES = re.compile(r"[a-z][a-z0-9.-]*:v?\d+(?:\.\w+)+")
_DIGIT = re.compile(r"\d")
_SURE_LENGTH = 16  # of a bare word after `token: `; shorter ones without a digit describe a problem with it

_TAG = re.compile(
    r"<(?:[\w-]{1,30}:)?(?P<name>[\w.-]{2,64})(?:\s[^<>]{0,200})?>\s{0,3}(?P<value>[^<>\s][^<>]{0,1000})</"
)
_VALUE_FIRST = re.compile(
    r"""["'](?:value|val)["']\s{0,3}:\s{0,3}(?:"(?P<value>[^"\\\n]{1,1000})"|'(?P<single>[^'\n]{1,1000})')\s{0,3},\s{0,8}"""
    r"""["'](?:name|key|header|field|id|label)["']\s{0,3}:\s{0,3}["'](?P<name>[\w.-]{2,64})["']"""
)


def mask_assigned(text: str) -> str:
    """Mask values under a secret's name; call it on texts that contain a needle."""
    if "</" in text:
        text = _TAG.sub(_mask_named, text)
    if "value" in text or "'val" in text or '"val' in text:
        text = _VALUE_FIRST.sub(_mask_named, text)
    return _mask_after_names(text)


def _mask_named(match: re.Match[str]) -> str:
    group = "value" if match["value"] else "single"
    name, value = named(match["name"]), match[group]
    if name is None or not is_secret_value(value, name):
        return match[0]
    start, end = match.start(group) - match.start(), match.end(group) - match.start()
    return match[0][:start] + mask_for(value, name) + match[0][end:]


def _mask_after_names(text: str) -> str:
    lower = text.lower()
    if len(lower) != len(text):  # a few letters get longer in lower case, and positions would no longer match
        lower = "".join(char if len(char.lower()) > 1 else char.lower() for char in text)
    parts: list[str] = []
    done = start = 0
    while core := _NAME.search(lower, start):
        led = _LED.search(text, max(done, core.start() - LONGEST_NAME), core.start())
        begin = led.start() if led else core.start()
        end = start = max(_end_of_name(text, core.end()), core.end())
        name = named(text[begin:end])
        if name is not None and not name.is_sure and (word := _WORD_BEFORE.search(text, max(0, begin - 24), begin)):
            name = named(word[0] + text[begin:end])  # a boarding pass is not a password
        if name is None or _is_in_mask(text, begin):
            continue
        found = _value_after(text, begin, end, name)
        if found is not None and not _is_in_mask(text, found[0]):
            value_start, start = found
            parts += [text[done:value_start], mask_for(text[value_start:start], name)]
            done = start
    return "".join([*parts, text[done:]])


def _is_in_mask(text: str, start: int) -> bool:
    """Whether a name or a value is the inside of a mask, as after `api_key=[api key]`."""
    return text[start - 1 : start] == "[" and MASKED.match(text, start - 1) is not None


def _end_of_name(text: str, end: int) -> int:
    rest = _REST.match(text, end, end + LONGEST_NAME)
    return rest.end() if rest else end


def _value_after(text: str, begin: int, end: int, name: SecretName) -> tuple[int, int] | None:
    """The position of the value of the name between `begin` and `end`; None if there is none."""
    match = _ASSIGNED.match(text, end)
    if match is not None:
        group = match.lastgroup or "bare"
        if match["attribute"] and not match["quote"]:
            return None
        return _whole(match, group) if _is_assigned(match, group, name) else None
    match = _PAIR.match(text, end)
    if match is not None:
        value = match[match.lastgroup or "quoted"]
        is_secret = looks_like_password(value) if name.mask == PASSWORD else looks_like_key(value)
        return match.span(match.lastgroup or "quoted") if is_secret else None
    match = _SAID.match(text, end)
    if match is not None:
        group = match.lastgroup or "bare"
        return _trimmed(match, group) if _is_said(match[group], group, name) else None
    match = _BESIDE.match(text, end)
    if match is not None and _is_beside(
        match["bare"],
        name,
        is_option=text[max(0, begin - 2) : begin + 2].startswith("--") or text[begin : begin + 2] == "--",
    ):
        return _trimmed(match, "bare")
    return None


def _whole(match: re.Match[str], group: str) -> tuple[int, int]:
    """A bare value up to its end; the pattern reads only a part of it, to stay fast when many follow each other."""
    rest = _REST_OF_VALUE.match(match.string, match.end(group)) if group == "bare" else None
    return match.start(group), rest.end() if rest else match.end(group)


def _trimmed(match: re.Match[str], group: str) -> tuple[int, int]:
    """The value without the full stop of its sentence."""
    return match.start(group), match.start(group) + len(match[group].rstrip(".,!?:")) if group == "bare" else match.end(
        group
    )


def _is_assigned(match: re.Match[str], group: str, name: SecretName) -> bool:
    value, equals = match[group], match["equals"] or ""
    if value in MASKS or not is_secret_value(value, name):
        return False
    if group != "bare" or match["quote"] or match["member"] or not name.is_sure:
        return True
    if (_NEXT_ASSIGNMENT.match(value) and not looks_like_key(value)) or _COORDINATES.fullmatch(value):
        return False
    return bool(_DIGIT.search(value)) or len(value) >= _SURE_LENGTH or "=" in equals or name.mask == PASSWORD


def _is_said(value: str, group: str, name: SecretName) -> bool:
    """`the password is hunter2`, not `the password is wrong`."""
    if not is_secret_value(value, name) or value in MASKS:
        return False
    if group != "bare" or _DIGIT.search(value):
        return True
    return name.mask == PASSWORD and any(char.isupper() for char in value[1:]) and any(map(str.islower, value))


def _is_beside(value: str, name: SecretName, *, is_option: bool) -> bool:
    """`--password x`, `wifi password Tr0ub4dor`, `token` and a key."""
    if value.startswith(("-", "=")) or value in MASKS or value.lower().rstrip(".!?:") in NOT_A_VALUE:
        return False
    if is_option and name.is_sure:
        return True
    word = value.rstrip(".,!?:")
    return looks_like_password(word) if name.mask == PASSWORD else looks_like_key(word)
