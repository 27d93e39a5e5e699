r"""The tables behind `causes`: what varies between two reports of one cause, and which words tell its kind.

To teach either a new wording, add a row here and a row in tests/test_causes.py. Every pattern must run in
linear time: bound what repeats, and never let two repeats match the same characters side by side.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from call_transcripts_mcp.findings.failures import Kind
from call_transcripts_mcp.redaction.masks import EMAIL, PHONE

# Where three digits are an HTTP status rather than a count: at the start, after a word that announces one, or
# alone in brackets.
_STATUS_WORDS = (
    r"(?:\b(?:https?(?:/\d(?:\.\d)?)?|status|code|error|err|response|responded|returned|received|got|with|sip"
    r"|estado|c[oó]digo|respondi[oó]|devolvi[oó]|respuesta)[ _-]{0,2}(?:status|code|with|de|con|an?|un)?"
    r"[\s:=\"'(\[#]{0,4}"
    r"|\A\W{0,2}|(?<=[(\[]))"
)
_STATUS_END = r"(?![\w%€$]|[.,:/-]\d)"
_STATUS = rf"{_STATUS_WORDS}[45]\d\d{_STATUS_END}"


def _row(pattern: str, *statuses: str) -> re.Pattern[str]:
    """A row's pattern, with the HTTP statuses that mean the same."""
    codes = rf"|{_STATUS_WORDS}(?:{'|'.join(statuses)}){_STATUS_END}" if statuses else ""
    return re.compile(pattern + codes, re.IGNORECASE)


# The first row that matches wins. What is most certain comes first: words that have one meaning, then statuses
# that a generic body may go with, then the words that many errors share.
KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        Kind.RATE_LIMIT,
        _row(
            r"rate.?limit|too many (?:requests|calls)|throttl|quota|resource.?exhausted"
            r"|demasiadas (?:solicitudes|peticiones|llamadas)|cuota"
            r"|l[ií]mite de (?:solicitudes|peticiones|llamadas|uso)",
            "429",
        ),
    ),
    (
        Kind.TIMEOUT,
        _row(
            r"time[ds]?[ _-]?out|deadline.?exceeded|ETIMEDOUT|took too long|did not (?:respond|answer) (?:in|within)"
            r"|tiempo de (?:espera|respuesta)|tiempo agotado|agotado el tiempo|(?:tard[oó]|tardado) demasiado"
            r"|no (?:respondi[oó]|contest[oó]|ha respondido) a tiempo",
            "408",
            "504",
            "524",
        ),
    ),
    (
        Kind.NETWORK,
        _row(
            r"ECONN\w+|ENOTFOUND|E(?:HOST|NET)UNREACH|EPIPE|EAI_AGAIN|connection.?(?:was |is )?(?:refused|reset|aborted"
            r"|closed|lost|error|failed)|(?:unable|failed|could not|couldn't|cannot) (?:to )?(?:connect|reach|resolve)"
            r"|name or service not known|getaddrinfo|name resolution|\bdns\b|host (?:not found|unreachable)"
            r"|socket hang.?up|network (?:error|failure|is|was|unreachable)|no route to host|broken pipe|fetch failed"
            r"|\b(?:ssl|tls)\b|certificate.?(?:verif|is not|has expired|unknown)|remote end closed|server disconnected"
            r"|(?:error|fallo|fall[oó] la) (?:de |en la )?(?:red|conexi[oó]n)|sin conexi[oó]n"
            r"|conexi[oó]n (?:\w+ )?(?:rechazada|perdida|cerrada|interrumpida|fallida)"
            r"|no se (?:pudo|puede|ha podido) (?:conectar|establecer)",
        ),
    ),
    (
        Kind.AUTHENTICATION,
        _row(
            r"un-?authori[sz]ed|un-?authenticated|not (?:authori[sz]ed|authenticated|logged in)|forbidden|authenticat"
            r"|authori[sz]ation (?:failed|required|header)|invalid[ _]grant|(?:access|permission).?denied"
            r"|(?:invalid|expired|missing|wrong|bad|incorrect|revoked|no) (?:access |auth |bearer |refresh )?"
            r"(?:api.?key|token|jwt|credentials?|signature|client.?secret|user.?name|password)|AADSTS"
            r"|(?:token|session) (?:<?\w{1,40}>? )?(?:has |is |was )?(?:expired|invalid|revoked|missing)"
            r"|insufficient.?(?:scope|permission|privilege)"
            r"|no autorizad|autenticaci[oó]n|credencial|acceso denegado|sin permiso|permisos? (?:insuficiente|denegad)"
            r"|prohibido|sesi[oó]n (?:\w+ )?(?:caducada|expirada)"
            r"|(?:token|clave|contraseña) (?:\w+ )?(?:caducad|expirad|inv[aá]lid|incorrect|no v[aá]lid)",
            "401",
            "403",
            "407",
        ),
    ),
    (Kind.SERVER_ERROR, _row(r"(?:module|class|method|function)\s?not\s?found|import ?error|no module named")),
    (
        Kind.NOT_FOUND,
        _row(
            r"not[ _-]?found|no such|(?:does ?n[o']t|do not|does not) exist|no longer exists?|ENOENT|no_?such_?\w+"
            r"|could(?: not|n't) (?:be )?f[io]u?nd|unknown (?:id|customer|booking|order|user|account|resource|table)"
            r"|no (?:matching )?(?:record|result|customer|booking|reservation|order|user|match)s? (?:was |were )?"
            r"(?:found|for)"
            r"|no (?:se )?(?:ha |han |pudo |puede )?(?:encontr|hall)|no existe|inexistente|sin resultados",
            "404",
            "410",
        ),
    ),
    (
        Kind.SERVER_ERROR,
        _row(
            r"internal.?(?:server.?)?error|bad gateway|service.?(?:is |temporarily ){0,2}unavailable|server error"
            r"|temporarily unavailable|out of memory|database (?:error|is|connection)|deadlock|segmentation fault"
            r"|overloaded|maintenance|\bdown\b"
            r"|(?:error|fallo) (?:interno|del? servidor|en el servidor|de base de datos)"
            r"|(?:servicio|servidor|sistema) (?:\w+ )?(?:no disponible|ca[ií]do|saturado)|temporalmente no disponible"
            r"|mantenimiento",
            r"5\d\d",
        ),
    ),
    (
        Kind.SERVER_ERROR,
        _row(
            r"(?:type|attribute|key|index|name|reference|unboundlocal|zerodivision)error|null ?pointer|nonetype"
            r"|cannot (?:read|set) propert|is not (?:a function|defined|iterable|callable)"
            r"|undefined (?:method|variable|index)"
        ),
    ),
    (
        Kind.VALIDATION,
        _row(
            r"validat|\bin-?valid|malformed|\brequired?\b|mandatory|\bmust (?:be|have|contain|match|not|start|end)\b"
            r"|\bmissing\b|schema|\bpars(?:e|ing)\b|unprocessable|bad request|out of range|\bexpect(?:ed|ing)\b"
            r"|not (?:a |an )?(?:valid|allowed value|supported|in range)"
            r"|unexpected (?:token|keyword|end|field|character)"
            r"|unrecogni[sz]ed|wrong (?:type|format)|in the past|json ?decode|valueerror|too (?:long|short|large|small)"
            r"|inv[aá]lid|no (?:es |son )?(?:un |una )?v[aá]lid|obligatori|requerid|formato|\bfaltan?\b"
            r"|debe (?:ser|tener|contener)|incorrect[oa]s?\b|fuera de rango|en el pasado",
            "400",
            "422",
        ),
    ),
    (
        Kind.REFUSAL,
        _row(
            r"unable to|can(?:not| not|'t)\b|could(?: not|n't)"
            r"|not (?:allowed|possible|permitted|available|eligible|accepted)"
            r"|no (?:\w+ ){0,2}(?:availab\w+|left|free)"
            r"|no (?:slots?|tables?|rooms?|seats?|capacity|stock|agents?|funds)\b"
            r"|unavailable|declined|reject|refus|denied|fully.?booked|sold.?out|out of stock|already|conflict|duplicate"
            r"|closed|taken|only <?\w{1,9}>? |insufficient|exceeds?\b|busy|no[ _-]answer|blocked|expired|cancell?ed"
            r"|no (?:es |fue |está |hay |se |ha |quedan? |podemos |puedo |tenemos )"
            r"|sin (?:disponibilidad|plazas|stock|saldo)|no_\w+|rechaz|deneg|complet[oa]s?\b|cerrad[oa]"
            r"|ya (?:existe|est[aá]|hay|tiene|ha|fue)|ocupad|agotad|insuficiente|caducad|cancelad",
            "402",
            "406",
            "409",
            "412",
            "423",
            "451",
            r"4[89]\d",
        ),
    ),
    (
        Kind.SERVER_ERROR,
        _row(
            r"traceback|(?:runtime|assertion|recursion|memory)error|undefined|panic|unhandled|crash|fatal"
            r"|stack overflow|server"
        ),
    ),
)


class Variable(NamedTuple):
    """What differs between two reports of one cause, and what stands for it (None: it stays as it is)."""

    placeholder: str | None
    pattern: str


_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?|ene(?:ro)?|febrero|marzo|abr(?:il)?|mayo|junio|julio|ago(?:sto)?|septiembre|octubre"
    r"|noviembre|dic(?:iembre)?)"
)
_DAY = (
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado"
    r"|domingo"
)
_UNIT = (
    r"(?:milliseconds?|milisegundos?|seconds?|segundos?|minutes?|minutos?|hours?|horas?|days?|d[ií]as?|bytes?"
    r"|ms|[µu]s|ns|secs?|seg|mins?|hrs?|[KMGT]i?B|s|h)\b|%"
)

NUMBER = rf"(?:(?<![\w.,])[-+])?(?:\d{{2,}}|(?<![A-Za-z])\d)(?:[.,]\d+)*(?: ?{_UNIT})?"

# Tried in this order at every place of the text, without regard to case.
VARIABLES: tuple[Variable, ...] = (
    # As its mask, too: a cause has one name, whatever is masked.
    Variable("<email>", rf"{re.escape(EMAIL)}|(?<![\w.+-])[\w.+-]{{1,64}}@[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,5}}"),
    Variable("<id>", r"(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])"),
    Variable(
        "<date>",
        rf"(?<![\w.])(?:(?:{_DAY}),? (?:de )?)?(?:"
        r"\d{4}[-/]\d{1,2}[-/]\d{1,2}"
        r"|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{1,2}/\d{1,2}/\d{2}"
        rf"|\d{{1,2}}(?:st|nd|rd|th)?[ -](?:de )?{_MONTH}(?:(?:[ -]|,? de |, )\d{{4}})?\b"
        rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?\b"
        r")(?:(?:T|,? (?:at |a las )?)\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)?"
        r"(?: ?(?:[ap]\.?m\.?|Z|UTC|GMT|[+-]\d\d:?\d\d)(?!\w))?(?!\w)",
    ),
    Variable("<ip>", r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?(?![\w.]{0,8}\d)"),
    Variable(
        "<ip>", r"\[(?=[0-9a-f]{0,4}:)[0-9a-f:]{2,39}\](?::\d{1,5})?|(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}:?[0-9a-f]{1,4}\b"
    ),
    Variable(
        "<time>",
        r"(?<![\w:.])\d{1,2}(?::\d\d){1,2}(?:[.,]\d{1,9})?(?: ?[ap]\.?m\b\.?|Z\b| ?UTC\b|[+-]\d\d:?\d\d\b)?(?![\w:])"
        r"|(?<![\w.])\d{1,2} ?[ap]\.?m\b",
    ),
    Variable("<phone>", re.escape(PHONE)),
    Variable("<phone>", r"(?<![\w+])\+\d(?:[ ().-]{0,2}\d){6,14}(?!\d)"),
    Variable("<phone>", r"(?<![\w.-])\(?\d{3}\)?[ .-]\d{3}[ .-]?\d{3,4}(?![\w-])"),
    # A code that names the cause stays, and so does an HTTP status: 404 and 502 are different causes.
    Variable(
        None,
        r"\b(?:ORA-|AADSTS|PGRST|SQLSTATE\W{1,2}|errno\W{0,2}"
        r"|(?:error|exit|status|result|return)[ _-]?(?:code|c[oó]digo)"
        r"\W{1,3}|c[oó]digo de (?:error|estado|salida)\W{1,3})\w{1,8}\b",
    ),
    Variable(None, _STATUS),
    Variable("<id>", r"\b0x[0-9a-f]+\b"),
    Variable("<n>", NUMBER),
)
