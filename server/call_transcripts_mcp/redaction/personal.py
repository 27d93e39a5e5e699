"""Personal data, masked on request: e-mail addresses, phones, identity numbers, birth dates, bank accounts.

Identity numbers are recognised by their check digits; if a check digit alone would match every tenth order number, also
by the words before them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from stdnum import luhn

from call_transcripts_mcp.redaction.masks import ACCOUNT, BIRTH_DATE, EMAIL, NATIONAL_ID, PASSPORT, PHONE
from call_transcripts_mcp.redaction.numbers import mask_phones
from call_transcripts_mcp.redaction.spoken import figures, runs_in_words, says_number

if TYPE_CHECKING:
    from collections.abc import Callable

_EMAIL = re.compile(
    r"(?<![\w.+@%-])(?:\"[^\"@\n]{1,64}\"|[^\W_](?:[^\s@<>()\[\]{},;:\"/=&?\\%]|%(?!40)){0,63}|_[\w.+-]{0,63})(?:@|%40)"
    r"(?:[^\W_][\w-]{0,62}\.){1,8}[^\W\d_]{2,24}(?![\w-])"
)
_JOINT = (
    r"(?:dot|underscore|dash|hyphen|minus|plus|punto|guion bajo|guión bajo|guion|guión|punkt|unterstrich|bindestrich)"
)
_SPOKEN_EMAIL = re.compile(
    rf"\b(?:(?:[\w'+-]{{1,40}} {_JOINT} ){{0,5}}[\w'.+-]{{1,40}}"
    rf"|(?:\w ){{2,20}}\w(?: {_JOINT} \w{{1,40}})?)[ ,]{{1,2}}(?:at|arroba|ät|@)[ ,]{{1,2}}"
    r"(?!(?:the|an?|my|your|our|this|that|la|el|die|der|das) )"
    r"(?:[\w-]{1,40} ){1,3}?(?:dot|punto|punkt|\.)[ ,]{1,2}(?:[a-z]{2,12})(?: (?:dot|punto|punkt) [a-z]{2,6})?\b",
    re.IGNORECASE,
)
_NOT_A_PHONE = re.compile(
    r"(?:order|confirmation|reference|booking|reservation|tracking|case|ticket|invoice|serial|policy|member"
    r"|account|flight"
    r"|pedido|reserva|referencia|factura|bestell|buchung|kunden|rechnung|vin\b|zip|postal|amount|price|total)"
)
_PHONE_WORDS = re.compile(
    r"phone|number|mobile|cell|call me|reach me|tel[eé]fono|n[uú]mero|m[oó]vil|nummer|telefon|handy|line"
)
_BEFORE = 60
_SURE_PHONE, _NAMED_PHONE = range(9, 14), range(7, 16)


class _Id(NamedTuple):
    """An identity number.

    Attributes:
        names: words, one of which precedes it; None if its form and
    check digits are enough.
        number: the name of a stdnum module that checks it; None if there is only its
    form.
    """

    mask: str
    pattern: re.Pattern[str]
    names: re.Pattern[str] | None = None
    number: str | None = None


def _id(pattern: str, *, number: str | None = None, names: str | None = None, mask: str = NATIONAL_ID) -> _Id:
    bounded = re.compile(rf"(?<![\w.+-])(?:{pattern})(?![\w-])")
    return _Id(mask, bounded, re.compile(names) if names else None, number)


_ANY_ID = r"identi[ft]|\bid\b|ausweis|documento|tax|steuer|fiscal|insurance|versicherung"
_IDS: tuple[_Id, ...] = (
    _id(r"\d{3}-\d{2}-\d{4}", number="us.ssn"),
    _id(r"\d{3}[ -]?\d{2}[ -]?\d{4}", number="us.ssn", names=r"ssn|social security|seguro social|social is"),
    _id(r"[A-CEGHJ-PR-TW-Za-ceghj-pr-tw-z][A-CEGHJ-NPR-TW-Za-ceghj-npr-tw-z] ?\d\d ?\d\d ?\d\d ?[A-Da-d]"),
    _id(r"\d{3}[ -]\d{3}[ -]\d{4}", number="gb.nhs"),
    _id(r"\d{10}", number="gb.nhs", names="nhs"),
    _id(r"\d{8} ?-?[A-Za-z]", number="es.dni"),
    _id(r"\d{2}\.\d{3}\.\d{3} ?-?[A-Za-z]", number="es.dni"),
    _id(r"[XYZxyz] ?-?\d{7} ?-?[A-Za-z]", number="es.nie"),
    _id(
        r"[A-Za-z]{3} ?[A-Za-z]{3} ?[\dL-Vl-v]{2}[A-Ea-eHLMPRSThlmprst][\dL-Vl-v]{2} ?[A-Za-z][\dL-Vl-v]{3}[A-Za-z]",
        number="it.codicefiscale",
    ),
    _id(r"\d{4} \d{4} \d{4}|\d{4}-\d{4}-\d{4}", number="in_.aadhaar"),
    _id(r"\d{12}", number="in_.aadhaar", names=r"aadhaa?r|uidai|आधार|" + _ANY_ID),
    _id(r"[12] ?\d\d ?\d\d ?\d[\dABab] ?\d{3} ?\d{3} ?\d\d", number="fr.nir"),
    _id(r"\d{3}\.\d{3}\.\d{3}-\d\d", number="br.cpf"),
    _id(r"\d{11}", number="br.cpf", names=r"cpf"),
    _id(r"\d{2} ?\d{3} ?\d{3} ?\d{3}", number="de.idnr", names=r"idnr|" + _ANY_ID),
    _id(r"\d{11}", number="pl.pesel", names=r"pesel|" + _ANY_ID),
    _id(r"\d{3}[ -]?\d{3}[ -]?\d{3}", number="luhn", names=r"\bsin\b|social insurance|" + _ANY_ID),
    _id(r"\d{9}", number="nl.bsn", names=r"\bbsn\b|burgerservice|" + _ANY_ID),
    _id(r"\d{3} ?\d{3} ?\d{3}", number="au.tfn", names=r"\btfn\b|" + _ANY_ID),
    _id(r"[A-Z]{5}\d{4}[A-Z]", number="in_.pan", names=r"\bpan\b|" + _ANY_ID),
    _id(
        r"(?=[A-Z]{0,3}\d)[A-Za-z]{0,3}\d{6,9}[A-Za-z]?|[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8}",
        names=r"passport|pasaporte|reisepass|passeport|passaporto|paspoort|identi[ft]|ausweis",
        mask=PASSPORT,
    ),
    _id(r"\d{9}", number="us.rtn", names=r"routing|\baba\b|\brtn\b", mask=ACCOUNT),
    _id(r"\d{2}-\d{2}-\d{2}|\d{6}", names=r"sort code", mask=ACCOUNT),
    _id(r"\d{6,17}", names=r"(?:bank|checking|savings) account|account (?:number )?(?:is )?$", mask=ACCOUNT),
)
_BANK = re.compile(r"routing|\baba\b|sort code|bank|checking|savings")
_NAMES_BEFORE = 48
_LIKE_ID = re.compile(
    r"\d(?:\d{4}|\d{2}[ -]\d{2,4}[ -]\d{3,4}|\d \d{2} \d{2}|\d{3}[ -]\d{4}[ -]\d{4}|\d?\.\d{3}\.\d{3}|\d[A-Za-z]\d\d)"
)
"""Whether a text may contain identity numbers: dates, times and prices are not enough."""
_MONTH = r"[^\W\d_]{3,10}"
_DATE = (
    r"(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d\d-\d\d"
    rf"|(?:the )?\d{{1,2}}(?:st|nd|rd|th|\.)?(?: of| de)? {_MONTH},?(?: de| of)? (?:19|20)\d\d"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d\d)"
)
_BORN = re.compile(
    rf"(?:\bborn(?: on)?|date of birth|\bdob\b|birth ?da(?:y|te)|birthday|geboren(?: am)?|geburts(?:datum|tag)"
    rf"|fecha de nacimiento"
    rf"|nacid[oa](?: el)?|nací(?: el)?|date de naissance|né(?:e)? le"
    rf"|data de nascimento)[\s\"'_:=,is-]{{1,8}}(?:es |ist |the |el |am )?(?P<secret>{_DATE})",
    re.IGNORECASE,
)
_BORN_NEEDLES = (
    "born",
    "birth",
    "dob",
    "gebor",
    "geburt",
    "nacim",
    "nacid",
    "nací",
    "naissance",
    "né ",
    "née",
    "nascim",
)
_SOME_DIGITS = re.compile(r"\d{2}")


def mask_personal(text: str) -> str:
    """Mask what identifies a person."""
    lower = text.lower()
    if "@" in text or "%40" in text:
        text = _EMAIL.sub(EMAIL, text)
    if (
        (" at " in lower and " dot " in lower)
        or "arroba" in lower
        or (" punkt " in lower and (" at " in lower or " ät " in lower))
    ):
        text = _SPOKEN_EMAIL.sub(EMAIL, text)
    if _SOME_DIGITS.search(text):
        for needle in _BORN_NEEDLES:
            if needle in lower:
                text = _BORN.sub(_masked_date, text)
                break
        if _LIKE_ID.search(text):
            text = _mask_ids(text, lower)
        text = mask_phones(text)
    return _mask_spoken_phones(text) if says_number(lower.replace("-", " ").split(), figures(text)) else text


def _masked_date(match: re.Match[str]) -> str:
    return match[0][: match.start("secret") - match.start()] + BIRTH_DATE


def _mask_ids(text: str, lower: str) -> str:
    is_bank = _BANK.search(lower) is not None
    if is_bank or _ANY_NAME.search(lower):
        rows = _IDS
    elif _ANY_FORM.search(text):
        rows = _BY_FORM
    else:
        return text
    for row in rows:
        if row.mask != ACCOUNT or is_bank:
            text = row.pattern.sub(_masking(row), text)
    return text


_BY_FORM = tuple(row for row in _IDS if row.names is None)
_ANY_NAME = re.compile("|".join(row.names.pattern for row in _IDS if row.names is not None and row.mask != ACCOUNT))
_ANY_FORM = re.compile("|".join(f"(?:{row.pattern.pattern})" for row in _BY_FORM))


def _masking(row: _Id) -> Callable[[re.Match[str]], str]:
    def mask(match: re.Match[str]) -> str:
        if row.names is not None:
            before = match.string[max(0, match.start() - _NAMES_BEFORE) : match.start()].lower()
            if not row.names.search(before):
                return match[0]
        return row.mask if row.number is None or _is_valid(row.number, match[0]) else match[0]

    return mask


def _is_valid(number: str, written: str) -> bool:
    if number == "luhn":
        return luhn.is_valid("".join(filter(str.isdigit, written)))
    from stdnum.util import get_cc_module  # noqa: PLC0415 - its modules are loaded when one is needed

    country, _, name = number.partition(".")
    module = get_cc_module(country.rstrip("_"), name)
    return module is not None and bool(module.is_valid(written.replace(" ", "")))


def _mask_spoken_phones(text: str) -> str:
    """Mask the digits of a phone number that someone said in words."""
    parts: list[str] = []
    done = 0
    for run in runs_in_words(text):
        count = sum(len(group.digits) for group in run)
        if not any(group.is_word for group in run):
            continue
        before = text[max(0, run[0].start - _BEFORE) : run[0].start].lower()
        sizes = _NAMED_PHONE if _PHONE_WORDS.search(before) else _SURE_PHONE
        if count in sizes and not _NOT_A_PHONE.search(before):
            parts += [text[done : run[0].start], PHONE]
            done = run[-1].end
    return "".join([*parts, text[done:]])
