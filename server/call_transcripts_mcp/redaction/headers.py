"""Secrets that follow telling words: headers, schemes, URLs, cookies and commands. Tried on texts with a needle."""

from __future__ import annotations

import re

from call_transcripts_mcp.redaction.masks import (
    API_KEY,
    BEARER,
    CREDENTIALS,
    PASSWORD,
    PRIVATE_KEY,
    SIGNATURE,
    TOKEN,
)
from call_transcripts_mcp.redaction.shapes import Rule, rule

_AUTHORIZATION = r"""authorization["'\\]{0,4}\s{0,3}[:=]\s{0,3}["'\\]{0,4}"""

WORDED: tuple[Rule, ...] = (
    rule(
        "private key",
        PRIVATE_KEY,
        "private key",
        r"-----BEGIN[A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[A-Za-z0-9+/=\s:,.]|-(?!----)|\\{1,4}[nrt])*(?:-----END[A-Z ]{0,60}-----)?",
    ),
    rule(
        "password in a URL", PASSWORD, "://", r"""(?<=://)[^\s/@:"'<>]{0,100}:(?P<secret>[^\s/"'<>\[\]?#]{1,1000})@"""
    ),
    rule(
        "token in a URL",
        TOKEN,
        "://",
        r"(?<=://)(?=[A-Za-z_-]{0,60}\d)(?P<secret>[\w.~%-]{16,200})(?=(?::[\w-]{1,40})?@[\w.-]{1,200}(?:[/:?\s\"']"
        r"|\Z))",
    ),
    rule(
        "authorization header",
        BEARER,
        "authorization",
        _AUTHORIZATION + r"""(?:bearer|token|key|apikey|api-key)(?:\s|%20|\+){1,3}(?P<secret>[^\s"'\\,;\[\]<>]{4,})""",
        re.IGNORECASE,
    ),
    rule(
        "authorization header with a scheme",
        CREDENTIALS,
        "authorization",
        _AUTHORIZATION
        + r"""(?:basic|digest|negotiate|hmac|aws4-hmac-sha256)(?:\s|%20){1,3}(?P<secret>[^\s"'\\;\[\]<>]{4,})""",
        re.IGNORECASE,
    ),
    rule(
        "authorization header without a scheme",
        CREDENTIALS,
        "authorization",
        # Not an insurer's approval or its number: `Prior authorization: PA12345678`.
        r"(?<![A-Za-z][ _-])(?<![A-Za-z])" + _AUTHORIZATION + r"""(?![A-Za-z]{0,6}[-#]?\d[\d-]*(?![\w.+/=]))"""
        r"""(?P<secret>(?=[A-Za-z_-]{0,80}[\d=+/.]|\w{20})[^\s"'\\,;\[\]<>]{6,})""",
        re.IGNORECASE,
    ),
    rule(
        "basic credentials",
        CREDENTIALS,
        "basic",
        # Base64 changes from small letters to capitals inside a word; English does not.
        r"\b[Bb]asic(?:\s|%20){1,3}(?P<secret>(?=[A-Z0-9+/]{0,30}[a-z]{1,30}[A-Z0-9+/=])[A-Za-z0-9+/]{8,}={0,2})",
    ),
    rule(
        "cookies",
        CREDENTIALS,
        "cookie",
        r"""\bcookie["'\\]{0,4}\s{0,3}:\s{0,3}(?:\[\s{0,8})?["'\\]{0,4}(?P<secret>[\w.-]{1,80}=(?!\[)[^"'\\\n]{1,4000})""",
        re.IGNORECASE,
    ),
    rule(
        "session cookies",
        CREDENTIALS,
        "sess|sid=|cf_clearance|remember_|wordpress_logged",
        r"(?<![A-Za-z])(?:(?:j|php)sessid|jsessionid|asp\.net_sessionid|(?:[a-z]{0,20}[_.-])?sess(?:ion(?:id)?)?"
        r"|connect\.sid|sid|cf_clearance"
        r"|remember_\w{1,60}|wordpress_logged_in\w{0,60})=(?P<secret>(?=[A-Za-z%._-]{0,60}\d)[\w%.~+/-]{16,}={0,2})",
        re.IGNORECASE,
    ),
    rule(
        "bearer token",
        BEARER,
        "bearer",
        r"\bbearer(?:\s|%20|\+|[:=]\s{0,2}){1,3}(?P<secret>(?=[A-Za-z_.~+/=-]{0,60}\d|[\w.~+/=-]{24})[\w.~+/=-]{8,})",
        re.IGNORECASE,
    ),
    rule(
        "signature in a URL",
        SIGNATURE,
        "sig|hmac|hdnts|policy=",
        r"[?&;](?:sig|hmac|hdnts|policy|(?:[a-z_-]{0,40}[_-])?signature)=(?P<secret>[\w%+/=~*:-]{16,})",
        re.IGNORECASE,
    ),
    rule("key in a URL", API_KEY, "key=", r"[?&]key=(?P<secret>[\w%+/=.-]{16,})", re.IGNORECASE),
    rule(
        "credential in a URL",
        TOKEN,
        "code=",
        r"[?&]code=(?P<secret>(?=[A-Za-z%/_.-]{0,60}\d)[\w%/.-]{24,})",
        re.IGNORECASE,
    ),
    rule(
        "user and password of a command",
        CREDENTIALS,
        "curl|wget|httpie",
        r"""\b(?:curl|wget|httpie)\b[^\n]{0,400}?\s(?:-u|--user|-a|--auth)[ =]{0,2}["']?"""
        r"""(?P<secret>[^\s"':]{1,100}:[^\s"']{2,200})""",
        re.IGNORECASE,
    ),
    rule(
        "password of a command",
        PASSWORD,
        "mysql|sshpass|mongo|redis-cli",
        r"""\b(?:mysql\w{0,10}|mariadb|sshpass|mongo\w{0,10}|redis-cli)\b[^\n]{0,200}?\s-(?:p|a)\s?["']?(?P<secret>(?!\d{2,5}\b)[^\s"'-][^\s"']{3,100})""",
        re.IGNORECASE,
    ),
)

ANNOUNCING = ("=", "://", " -", "private key", "authorization", "basic", "cookie", "bearer")
"""Every row above needs one of these, which are rare in speech."""
