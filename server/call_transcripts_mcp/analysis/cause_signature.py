"""The name of a cause: what an error says, without the parts that differ from one report to the next."""

from __future__ import annotations

import re

from call_transcripts_mcp.analysis.cause_headline import headline
from call_transcripts_mcp.analysis.cause_variables import ANY, NUMBER, VARIABLES
from call_transcripts_mcp.redaction.masks import MASKS
from call_transcripts_mcp.text import cut_at

SIGNATURE_CHARS = 120
READ_CHARS = 4_000  # of a headline or a body: more text adds nothing to grouping or kind


def signature(error: str) -> str:
    """The cause without its variable parts, so that equal causes compare equal.

    A placeholder replaces ids, numbers with their units, dates, quoted values, values after a label, addresses and
    masks; names of fields, HTTP statuses and codes that name a cause stay. The result is one readable line of at most
    120 characters; "" only if the text is blank.
    """
    said = " ".join(headline(error)[:READ_CHARS].split())
    said = _GENERIC_START.sub("", _PYDANTIC_INPUT.sub("", said)) or said
    said = _MODULE_PATH.sub("", said)
    said = _COUNTED.sub(_singular, said)
    said = _ANY_VARIABLE.sub(_placeholder, said)
    said = _LOG_START.sub("", said) or said
    said = _without_values(said)
    said = _RUN.sub(ANY, said)
    said = _TRACKING.sub("", said) or said
    said = said.rstrip(" .!…") or said
    return said if len(said) <= SIGNATURE_CHARS else f"{_start(said)}…"


def _start(said: str) -> str:
    """As much as fits, without a cut placeholder, and with only our dots at the end."""
    start = said[: cut_at(said, SIGNATURE_CHARS - 1)]
    half = start.rfind("<", max(0, len(start) - len(ANY) + 1))
    return (start if half < 0 else start[:half]).rstrip(" .…")


# "Error: Timeout" and "Timeout" are one cause; so are `errors.BookingError` and `BookingError`.
_GENERIC_START = re.compile(
    r"\A(?:(?:uncaught |unhandled )?(?:error|exception|fatal|failure|fallo|fehler|erro|erreur)\s?[:-]\s?){1,3}",
    re.IGNORECASE,
)
_MODULE_PATH = re.compile(r"\A(?:[A-Za-z_]\w{0,60}\.){1,9}(?=[A-Z])")
_LOG_START = re.compile(
    r"\A(?:[\[(]<\*>[\])]\W{0,4}|<\*>[:|-]\s|<\*>\W{0,4}(?=[A-Z]{4,8}\b))"
    r"(?:\W?(?:ERROR|WARN|WARNING|FATAL|CRITICAL|INFO)\b\W{0,4})?"
)
_PYDANTIC_INPUT = re.compile(r" ?\[type=\w{1,40}, input_value=.*\Z")
_RUN = re.compile(
    r"<\*>(?:(?:[ ,;/|:x&.+-]{0,3}|,? ?(?:and|or|to|at|y|o|a|a las|und|oder|bis|um|e|ou|às|et|à) ?)<\*>)+"
)
# The number of one request, which only some answers have at their end.
_TRACKING = re.compile(
    r"(?<!invalid)(?<!unknown)(?<!missing)[\s,;.|([{-]{1,3}(?:request|trace|correlation|incident|ray|span"
    r"|support)[ _-]?id"
    r"\W{0,3}<\*>[\])}]?\W{0,2}\Z",
    re.IGNORECASE,
)

# "1 validation error" and "2 validation errors" are one cause.
_COUNTED = re.compile(r"(?<![\w.,:/#-])(\d{1,20}) ([a-z]{2,20})(?: ([a-z]{2,20}))?\b")
_VERBS = frozenset(
    {
        "exists",
        "exceeds",
        "needs",
        "requires",
        "fails",
        "conflicts",
        "overlaps",
        "belongs",
        "contains",
        "expires",
        "starts",
    }
    | {"ends", "takes", "closes", "opens", "does", "remains", "lacks", "wants", "comes", "falls", "lies", "refers"}
)


def _singular(match: re.Match[str]) -> str:
    words = [_without_plural(word) for word in match.groups()[1:] if word]
    return " ".join([match[1], *words])


def _without_plural(word: str) -> str:
    if len(word) < 4 or word in _VERBS or not word.endswith("s") or word.endswith(("ss", "us", "is")):  # noqa: PLR2004
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-2] if word.endswith(("ches", "shes", "xes", "sses")) else word[:-1]


# A quoted field name says what is wrong ("field 'date' is required"); a quoted value comes from the caller.
_NAMED = (
    r"(?:fields?|param(?:eter)?s?|arguments?|args?|keys?|columns?|propert(?:y|ies)|attributes?|header|module"
    r"|campos?|par[aá]metros?|claves?|columnas?|atributos?|argumentos?|feld(?:er)?|spalte|champs?|paramètres?)"
)
_NAME_BEFORE = re.compile(
    rf"(?:{_NAMED}|KeyError:|reading|constraint|index|relation|tool|function|named?|import|herramienta):?\s\(?\Z",
    re.IGNORECASE,
)
_NAME_AFTER = re.compile(
    rf"\s(?:is (?:a )?(?:required|missing|not defined|not recogni[sz]ed)|{_NAMED}\b|es (?:obligatori|requerid)"
    r"|must be|should be|debe ser|muss|cannot be|can't be|may not be)",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z_][\w.\[\]-]{0,60}")
_QUOTED = "|".join(
    [
        r"(?<![\w'])''[^'\n]{1,300}''(?!\w)|(?<!\w)\"\"[^\"\n]{1,300}\"\"(?!\w)|\\\"[^\"\\\n]{1,300}\\\"",
        r"(?<![\w'])'(?:[^'\n]|(?<=\w)'(?=\w)){1,300}'(?!\w)",
        *(
            rf"(?<![\w{opening}]){opening}[^{opening}{closing}\n]{{1,300}}{closing}(?!\w)"
            for opening, closing in ('""', "``", "«»", "“”", "‘’", "„“", "「」", "《》")  # noqa: RUF001 - quotation marks as people type them
        ),
    ]
)
_URL = r"\b[a-z][a-z0-9+.-]{1,15}://[^\s\"'<>`)\]}|,;]+"
_TOKEN = r"#?(?<![\w<-])(?=[\w-]{0,64}\d)(?=[\d_-]{0,64}[A-Za-z])[\w-]{2,}"  # noqa: S105 - a word with digits
_MASKS = "|".join(re.escape(mask) for mask in sorted(MASKS))
_ANY_VARIABLE = re.compile(
    rf"(?P<quoted>{_QUOTED})|(?P<url>{_URL})|(?P<mask>{_MASKS})|"
    + "|".join(f"(?P<row{at}>{row.pattern})" for at, row in enumerate(VARIABLES[:-1]))
    + f"|(?P<token>{_TOKEN})|(?P<row{len(VARIABLES) - 1}>#?{VARIABLES[-1].pattern})",
    re.IGNORECASE,
)
_NUMBER = re.compile(NUMBER, re.IGNORECASE)
# A name that ends in a digit, such as `address2`, and "2nd", "3-course".
_PLAIN_WORD = re.compile(r"[^\W\d_]+\d|\d{1,4}(?:-[A-Za-z]+)+|\d+(?:st|nd|rd|th)", re.IGNORECASE)


def _placeholder(match: re.Match[str]) -> str:
    group = match.lastgroup or ""
    if group == "quoted":
        return _quoted(match)
    if group in {"url", "mask"}:
        trimmed = match[0].rstrip(".:!?") if group == "url" else match[0]
        return ANY + match[0][len(trimmed) :]
    if group == "token":
        return _NUMBER.sub(ANY, match[0]) if _PLAIN_WORD.fullmatch(match[0]) else ANY
    return match[0] if VARIABLES[int(group.removeprefix("row"))].stays else ANY


def _quoted(match: re.Match[str]) -> str:
    quoted = match[0]
    marks = 2 if quoted.startswith(("''", '""', "\\")) else 1
    inner = quoted[marks:-marks]
    before, after = match.string[max(0, match.start() - 24) : match.start()], match.string[match.end() :][:24]
    is_key = after.startswith(":") and before.rstrip().endswith(("{", ","))
    named = is_key or _NAME_BEFORE.search(before) or _NAME_AFTER.match(after)
    if named and _NAME.fullmatch(inner) and not _is_id(inner):
        return quoted if marks == 1 else f'"{inner}"'
    return _inside(inner) or ANY


_SAID_BY_CODE = re.compile(
    r"[45]\d\d [A-Z]|(?:[A-Z][a-z]+){1,5}(?:Error|Exception)\b|.{0,80}\b(?:refused|aborted|reset|closed|timed out)\b"
)


def _inside(inner: str) -> str:
    """Quoted text that is not a value: `'401 Unauthorized'`, `RemoteDisconnected('Remote end closed ...')`."""
    return f"'{_ANY_VARIABLE.sub(_placeholder, inner)}'" if _SAID_BY_CODE.match(inner) else ""


def _is_id(token: str) -> bool:
    """Whether a word is a generated id: long, with digits among its letters."""
    digits = sum(char.isdigit() for char in token)
    return digits >= 3 or (len(token) >= 8 and digits >= 2)  # noqa: PLR2004 - the numbers of the rule itself


# "Invalid restaurant_id: Green Lotus": a label that complains about something, or names something, followed by a value.
_LABELLED = re.compile(r"(?P<label>[^:.;!?\n]{2,80}?) ?[:=] ?(?=\S)")
_COMPLAINS_OF = re.compile(
    r"\b(?:not (?:found|recogni[sz]ed|supported|available|valid|known|registered|allowed)|no such|does ?n[o']t exist"
    r"|do(?:es)? not exist|already (?:exists?|booked|taken|registered)|unknown|unrecogni[sz]ed|unsupported"
    r"|duplicate (?!key)"
    r"|(?:in-?valid|illegal|incorrect|wrong|bad|unexpected|malformed) [\w*-]+|(?:could not|couldn't|cannot|can't"
    r"|unable to|failed to)"
    r" (?:parse|find|locate|convert|resolve|identify|recogni[sz]e|match|decode|read) [\w*-]+|provided|specified"
    r"|supplied|given"
    r"|no (?:\w+ ){1,3}(?:found|for|with|named|matching)|no encontrad[oa]s?|no existe|inv[aá]lid[oa]s?"
    r"|desconocid[oa]|inexistente"
    r"|nicht (?:gefunden|verfügbar|bekannt)|ungültige[rsn]? [\w-]+|unbekannte[rsn]? [\w-]+|não (?:encontrad[oa]|existe)"
    r"|introuvable|invalide|inconnue?)\b|(?:无效|不存在|未找到|找不到)",
    re.IGNORECASE,
)
_NAMES_A_THING = re.compile(
    r"(?:[\w*]+[ _-]){0,3}(?:ids?|names?|values?|number|input|received|got|was|supported|allowed|available|options?"
    r"|choices|intervals?|customer|order|city|location|address|date|time|slot|phone|e-?mail|user|client|account"
    r"|query|url"
    r"|patient|doctor|guest|booking|reservation|existing|requested|valid \w+|supported \w+|allowed \w+|available \w+)",
    re.IGNORECASE,
)
_FIELD_LABEL = re.compile(
    rf"(?:{_NAMED}|validation (?:failed|error)s?|(?:invalid|wrong|bad) (?:data|request|arguments?)|missing|required"
    rf"|obligatori[oa]s?|requerid[oa]s?)(?: names?)?\Z",
    re.IGNORECASE,
)
_FIELDS = re.compile(
    r"['\"`]?[A-Za-z_][\w.\[\]-]{0,60}['\"`]?(?:(?:, | and | or |,"
    r"| y )['\"`]?[A-Za-z_][\w.\[\]-]{0,60}['\"`]?){0,20}[.!]?"
)
# Words that turn the text after a colon into a sentence: an explanation, which belongs to the cause.
_EXPLAINS = re.compile(
    r"\b(?:is|are|was|were|be|been|must|should|cannot|can't|can|could|couldn't|not|failed|fails|required|missing"
    r"|invalid"
    r"|expired|expected|error|exception|timed|timeout|unable|has|have|had|does|do|did|please|denied|refused"
    r"|unauthori[sz]ed|forbidden"
    r"|found|exists?|already|no|only|unexpected|unavailable|exceeded|violates|closed|reset|limit|es|está|son|debe"
    r"|fue|ha"
    r"|ist|sind|war|wurde|muss|kann|nicht|kein|keine|não|foi|est|sont|pas|doit|duplicate|try)\b|n't\b|无|不|已",
    re.IGNORECASE,
)
_STATUS = re.compile(r"[45]\d\d\b")
_SENTENCE_END = re.compile(r"[.;!?] |\n")


def _without_values(said: str) -> str:
    """The text with a placeholder for each value after a label; explanations stay."""
    parts: list[str] = []
    place = 0
    while found := _LABELLED.search(said, place):
        parts.append(said[place : found.end()])
        place = found.end()
        end = _value_end(said, found["label"].strip(), place, is_first=found.start() == 0)
        if end > place:
            parts.append(ANY)
            place = end
    return "".join([*parts, said[place:]])


def _value_end(said: str, label: str, place: int, *, is_first: bool) -> int:
    """Where the value that follows a label ends; `place` when no value follows it."""
    complains = _COMPLAINS_OF.search(label)
    if not complains and (is_first or not _NAMES_A_THING.fullmatch(label)):
        return place
    rest = said[place:]
    if _STATUS.match(rest):
        return place
    if _FIELD_LABEL.search(label) and _FIELDS.fullmatch(rest.partition(". ")[0]):
        return place
    if not _EXPLAINS.search(rest):
        return len(said)
    sentence = _SENTENCE_END.search(rest)
    if sentence and not _EXPLAINS.search(rest[: sentence.start()]):
        return place + sentence.start()
    return place
