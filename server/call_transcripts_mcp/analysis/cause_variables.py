"""What differs between two reports of the same cause: ids, numbers, dates, addresses; rows of a table.

To add a shape, add a row here and a row in tests/analysis/test_cause_signatures.py. Every pattern must run in linear
time: limit every repeat, and never let two adjacent repeats match the same characters.
"""

from __future__ import annotations

from typing import NamedTuple

from call_transcripts_mcp.analysis.cause_rules import STATUS_END, STATUS_PHRASES, STATUS_WORDS

ANY = "<*>"
"""The placeholder for everything that varies; only one, because a hexadecimal id can consist of digits by chance."""


class Variable(NamedTuple):
    """A shape that differs between two reports of the same cause; `stays` marks a similar shape that does not."""

    pattern: str
    stays: bool = False


_MONTH = (
    r"(?:jan(?:uary|uar|vier|eiro)?|feb(?:ruary|ruar)?|mar(?:ch|s)?|märz|apr(?:il)?|may|mai|june?|juni|july?|juli"
    r"|aug(?:ust)?|sept?(?:ember|embre)?|oct(?:ober|obre)?|okt(?:ober)?|nov(?:ember|embre)?|dec(?:ember)?"
    r"|dez(?:ember|embro)?"
    r"|ene(?:ro)?|febrero|marzo|abr(?:il)?|mayo|junio|julio|ago(?:sto)?|septiembre|octubre|noviembre|dic(?:iembre)?"
    r"|fevereiro|março|maio|junho|julho|setembro|outubro|novembro|février|avril|juin|juillet|août|décembre)"
)
_DAY = (
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|lunes|martes|mi[eé]rcoles|jueves|viernes"
    r"|s[aá]bado"
    r"|domingo|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|lundi|mardi|mercredi|jeudi|vendredi|samedi"
    r"|dimanche|(?:segunda|terça|quarta|quinta|sexta)(?:-feira)?"
)
# Only full names count as days; "sat" and "sun" are words.
_DAY_ALONE = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bados?|domingos?"
    r"|(?:mon|diens|donners|frei|sams|sonn)tags?|mittwochs?|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    r"|(?:segunda|terça|quarta|quinta|sexta)-feira"
)
_UNIT = (
    r"(?:milliseconds?|milisegundos?|millisekunden|seconds?|segundos?|sekunden?|secondes?|minutes?|minutos?|minuten?"
    r"|hours?|horas?|stunden?|heures?|days?|d[ií]as?|tage?n?|jours?|bytes?|weeks?|months?|years?"
    r"|ms|[µu]s|ns|secs?|seg|mins?|hrs?|[KMGT]i?B|usd|eur|gbp|chf|s|h)\b|[%€$£¥]"
)

NUMBER = rf"(?:[$€£¥] ?|(?<![\w.,])[-+])?(?:\d{{2,}}|(?<![A-Za-z])\d)(?:[.,]\d+)*(?: ?{_UNIT})?"
# Names of standards and technical terms; other words with a digit are ids.
_NAMES_WITH_DIGITS = (
    r"(?<![\w-])(?:utf-?\d{1,2}|sha-?\d{1,3}|md5|base(?:32|58|64)|iso-?\d{3,5}|rfc-?\d{3,4}|e\.?164|ipv[46]|http/?[123]"
    r"|oauth-?2?|s3|ec2|k8s|i18n|x509|int(?:32|64)|float(?:32|64)|[45]xx|e11000|mp[34]|h26[45]|v\d{1,2}|win32|x64"
    r"|java\d|python\d|es\d)(?![\w-])"
)

# Tried in this order at every position of the text, ignoring case.
VARIABLES: tuple[Variable, ...] = (
    Variable(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"),
    Variable(r"(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])"),
    Variable(
        rf"(?<![\w.])(?:(?:{_DAY}),? (?:de |dem |den |,)?)?(?:"
        r"\d{4}[-/]\d{1,2}[-/]\d{1,2}"
        r"|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{1,2}/\d{1,2}/\d{2}"
        rf"|\d{{1,2}}(?:st|nd|rd|th|er|\.)?[ -](?:de |of )?{_MONTH}(?:(?:[ -]|,? de |, )\d{{4}})?\b"
        rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?\b"
        r")(?:(?:T|,? (?:at |a las |um |às |à )?)\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)?"
        r"(?: ?(?:[ap]\.?m\.?|Z|UTC|GMT|[+-]\d\d:?\d\d)(?!\w))?(?!\w)"
    ),
    Variable(r"\d{4}年\d{1,2}月(?:\d{1,2}[日号])?|\d{1,2}月\d{1,2}[日号]"),
    Variable(rf"(?<![\w.-])(?:{_DAY_ALONE})(?![\w-])"),
    Variable(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?(?![\w.]{0,8}\d)"),
    Variable(r"\[(?=[0-9a-f]{0,4}:)[0-9a-f:]{2,39}\](?::\d{1,5})?|(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}:?[0-9a-f]{1,4}\b"),
    Variable(
        r"(?<![\w:.])\d{1,2}(?::\d\d){1,2}(?:[.,]\d{1,9})?(?: ?[ap]\.?m\b\.?|Z\b| ?(?:UTC|Uhr)\b"
        r"|[+-]\d\d:?\d\d\b)?(?![\w:])"
        r"|(?<![\w.])\d{1,2} ?(?:[ap]\.?m\b|uhr\b)|(?<![\w.])\d{1,2}h\d\d\b"
    ),
    Variable(r"(?<![\w+])\+\d(?:[ ().-]{0,2}\d){6,14}(?!\d)"),
    Variable(r"(?<![\w.-])\(?\d{3}\)?[ .-]\d{3}[ .-]?\d{3,4}(?![\w-])"),
    # Codes that name the cause stay, and so do HTTP statuses: 404 and 502 are different causes.
    Variable(
        r"\b(?:ORA-|AADSTS|PGRST|SQLSTATE\W{1,2}|errno\W{0,2}"
        r"|(?:error|exit|status|result|return)[ _-]?(?:code|c[oó]digo)"
        r"\W{1,3}|c[oó]digo de (?:error|estado|salida)\W{1,3})\w{1,8}\b",
        stays=True,
    ),
    Variable(rf"{STATUS_WORDS}[45]\d\d{STATUS_END}|\b[45]\d\d(?={STATUS_PHRASES})", stays=True),
    Variable(r"(?<!\w)-32\d{3}\b", stays=True),  # the codes of JSON-RPC
    Variable(r"(?<=host )[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}(?::\d{1,5})?|(?<=ENOTFOUND )[\w.-]{1,253}(?::\d{1,5})?"),
    Variable(r"(?<![\w.@-])[a-z][\w-]{0,63}(?:\.[\w-]{1,63}){1,5}:\d{2,5}\b"),
    Variable(_NAMES_WITH_DIGITS, stays=True),
    Variable(r"\b0x[0-9a-f]+\b"),
    Variable(r"(?<=unexpected token )[^\s\w'\"]{1,3}(?=\s|\Z)"),
    Variable(r"(?<![\w-])[a-f]{8,}(?![\w-])"),  # a hexadecimal id that happens to have no digit
    Variable(NUMBER),
)
