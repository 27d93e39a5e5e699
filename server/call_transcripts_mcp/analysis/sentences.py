r"""Sentences that report a failure without beginning like one: "City not found: Oslo", "The token has expired".

There are two lists. A sentence decides about a whole text only with wordings that are never mere information ("Pets are
not allowed" is). For the message of an object that has only labels, more wordings count: `{"message": "wrong
latitude"}`.

To add a wording, add a row: words of which at least one must occur (in lower case; for all other texts, the pattern
does not run), and the pattern, for a lower-case sentence. Add rows to the tests, including near misses.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from call_transcripts_mcp.analysis.library_errors import names_library_error
from call_transcripts_mcp.analysis.openings import folded, is_counter

_SENTENCE_CHARS = 240
_LONGEST_TEXT_CHARS = 600  # longer texts are information; failures are reported in a few words, or at the very start
_PUNCTUATION = str.maketrans(dict.fromkeys('.,:;!?()[]{}<>"`=/|\\*_', " ") | {0x2019: "'"})
_SENTENCE_ENDS = re.compile(r"[.!?;]\s|[.!?;]?\Z|[。！？；]")  # noqa: RUF001 - the end of a Chinese sentence

# Explanations, instructions and questions are no reports; nor are sentences about what did not go wrong.
_EXPLAINS = re.compile(
    r"(?:if|when|whenever|in case|should|how|why|what|where|who|for|to (?:fix|avoid|resolve|prevent)|note that"
    r"|please note"
    r"|faq|q:|wenn|falls|si|se|quando|cuando|quand|als|indien|remember|make sure|ensure that you)\b"
    r"|(?:no|zero|without|not any|keine?|ning[uú]n|sin|sem|aucune?|nessun)\s",
)
_SUCCEEDS = re.compile(
    r"\b(?<!not )(?<!un)success(?:ful(?:ly)?)?\b|\berfolgreich\b|\bcon [eé]xito\b|\bcom sucesso\b|\bavec succ[eè]s\b"
    r"|\bno (?:\w+ )?(?:errors?|problems?|issues?|failures?)\b"
    r"|(?<!already )(?<!not )(?<!n't )\b(?:has|have|is|was|were|been) (?:now )?(?:confirmed|scheduled|created"
    r"|updated|saved|started|queued|sent|booked|"
    r"resolved|fixed|registered|added|removed|deleted|cancell?ed|completed|processed)\b"
)

_THING = (
    r"(?:tool|function|service|system|server|api|endpoint|database|backend|calendar|network|site|website|webhook|url"
    r"|provider|integration|resource|host|gateway|model|agent|workflow|scenario|connector|plugin|feature|operation"
    r"|method|request|connection)"
)
_INPUT = (
    r"(?:values?|ids?|parameters?|params?|arguments?|dates?|times?|numbers?|e-?mails?|phones?|inputs?|formats?|tokens?"
    r"|keys?|fields?|urls?|codes?|addresse?s?|zips?|names?|types?|credentials?|passwords?|sessions?|signatures?|links?"
    r"|locations?|languages?|currency|symbols?|headers?|body|payload|json|requests?|quer(?:y|ies)|licen[sc]es?"
    r"|subscriptions?|accounts?|certificates?|identifiers?|slots?|durations?|coordinates|latitude|longitude|timezones?)"
)
_SUPPORTED = (
    r"(?:city|country|region|language|currency|type|format|method|operation|version|model|value|parameter|request|"
    r"action|command|protocol|media|media type|file type|locale|timezone|state|function|feature|endpoint|query)"
)


class Wording(NamedTuple):
    """A wording for a failure."""

    words: frozenset[str]
    pattern: re.Pattern[str]


def _row(words: str, pattern: str) -> Wording:
    return Wording(frozenset(words.split()), re.compile(pattern))


# For complete texts. The subject comes first, in a few words.
SENTENCES: tuple[Wording, ...] = (
    _row(
        "found",
        r"^(?:\S+ ){1,8}?(?:(?:was|were|is|are|could|has been|have been) )?not (?:be )?found"
        r"(?=\s*$|\s*[.:!,;(-]|\s(?:or|for|with|matching|by|on|at|under)\b"
        r"|\sin (?:the |our |your |this )?(?:\w+ )?(?:system|database|db|records?|table|index|cache|list|calendar"
        r"|directory|crm"
        r"|account|collection|response|file|catalog|registry|available|inventory|workspace|project)\b)",
    ),
    _row(
        "exist exists",
        r"^(?:\S+ ){1,10}?(?:does ?n[o']t|do ?n[o']t|did ?n[o']t|does not|do not|did not|no longer) exists?\b",
    ),
    _row(
        "unavailable available unreachable reachable down offline responding",
        rf"^(?:\S+ ){{0,4}}?(?:{_THING}|\S+(?:\.\w+)+)s? (?:'[^']{{1,60}}' |\"[^\"]{{1,60}}\" |\S+ )?(?:is|was|are"
        rf"|seems|appears) "
        r"(?:to be )?(?:currently |temporarily |presently )?(?:unavailable|not available|unreachable|not reachable"
        r"|down\b|offline"
        r"|not responding)(?! (?:on|in|during|after|before|between|until|for (?!maintenance))\b)"
        rf"|^(?:\S+ ){{0,2}}?{_THING} (?:down|offline|unavailable|unreachable)\s*[.!]?$",
    ),
    _row(
        "available",
        r"^(?:\S+ ){0,4}?(?:slot|time|appointment|table|room|seat|booking|item|product|date|offer|flight|tour)s?"
        r" (?:\S+ )?(?:is|are)"
        r" no longer available\b",
    ),
    _row(
        "not could couldn't",
        r"^(?:\S+ ){1,6}?(?:could not|couldn't) be (?!better|happier)\w+"
        r"|^(?:\S+ ){1,3}?not (?:created|sent|delivered|verified|saved|booked|processed|completed|updated"
        r"|authori[sz]ed|activated"
        r"|registered|recogni[sz]ed|configured|connected|enabled|implemented|confirmed|executed)"
        r"(?=\s*$|\s*[:.!,;(]| (?:due|because|by|for)\b)",
    ),
    _row(
        "locked suspended disabled blocked deactivated",
        r"^(?:\S+ ){0,2}?(?:account|user|card|database|file|resource) (?:is |has been |was )?(?:locked|suspended"
        r"|disabled|blocked"
        r"|deactivated)\b",
    ),
    _row("lost dropped interrupted", r"^(?:\S+ ){0,3}?connection (?:was |has been )?(?:lost|dropped|interrupted)\b"),
    _row("experiencing", r"\bexperiencing (?:\S+ )?(?:technical|difficult|issues|problems)"),
    _row(
        "failed",
        r"^(?!.{0,60}\b(?:that|which|who) failed)"
        r"(?:\S+ ){1,4}?(?:has |have )?failed(?=\s*[.:!]?\s*$|\s*[:(]| (?:to|with|due|because|after|while|during|on"
        r"|at)\b)",
    ),
    _row(
        "executed processed completed saved sent created performed successful unsuccessful delivered submitted",
        r"^(?:\S+ ){0,8}?(?:was|were|is|could|has|have) (?:not|n't) (?:be |been )?(?:executed|processed|completed"
        r"|saved|sent|created"
        r"|performed|successful|delivered|submitted)\b|^(?:\S+ ){1,4}?(?:was|is) unsuccessful\b",
    ),
    _row(
        "invalid malformed valid missing empty expired incorrect revoked wrong disabled",
        rf"^(?:\S+ ){{0,5}}?['\"]?{_INPUT}['\"]? (?:\S+ ){{0,5}}?(?:is|was|are|were|has|have|cannot be|must not be"
        rf"|may not be) (?:been )?"
        r"(?:an? )?(?:either )?(?:missing|invalid|malformed|not (?:a )?valid|empty|expired|incorrect|revoked|wrong"
        r"|blank|null"
        r"|disabled)(?! for (?:\d|one|two|three|our|all)| with\b| from\b| until\b| on (?:the )?(?:arrival|day)\b)",
    ),
    _row(
        "required provided missing",
        rf"^['\"]?(?:{_INPUT}|\w+_\w+)['\"]? (?:field |parameter )?(?:is|are) required\s*[.!]?$"
        r"|^(?:\S+ ){0,6}?(?:parameter|argument|field|api[ -]?key|header|credentials|property|token|attribute)s?"
        r" (?:\S+ ){0,2}?(?:is|are|was|were)"
        r" (?:required|not provided|missing)\b",
    ),
    _row("invalid", r"^(?:\S+ ){1,6}?or invalid (?:\S+ ){0,2}\S+$|^(?:\S+ ){0,3}\(?invalid (?:combination|request)\b"),
    _row(
        "supported",
        rf"^(?:\S+ ){{0,3}}?{_SUPPORTED}(?: \S+)? (?:(?:is|are) )?(?:not (?:currently |yet )?supported|unsupported)\b",
    ),
    _row(
        "denied rejected declined blocked refused aborted",
        r"^(?:\S+ ){0,3}?(?:access|permission|request|payment|card|transaction|connection|authorization|call"
        r"|operation|server)"
        r" (?:to \S+ |for \S+ )?(?:is |was |has been |has )?(?:denied|rejected|declined|blocked|refused|aborted)\b",
    ),
    _row("timed", r"^(?:\S+ ){1,6}?(?:has |have )?timed[ -]?out\b"),
    _row("timeout", r"^(?:\S+ ){1,4}?timeout (?:error|exceeded|expired|reached|occurred|after)\b"),
    _row(
        "error exception errors",
        r"^(?:\[?\S+\]? ){1,4}?(?:error|exception)(?=\s*[:(]\s*\S| - \S| occurred| while | when )(?!:? ?(?:none|no"
        r"|0)\b)"
        r"|^(?:\S+ ){1,5}?(?:returned|encountered|raised|threw|reported|got|hit|received) (?:an? |the )?(?:\S+ ){0,3}?"
        r"(?:errors?|exception|failure)\b",
    ),
    _row(
        "exceeded reached limit",
        r"^(?:\S+ ){0,6}?(?:limit|quota|credits|budget|capacity|maximum \w+) (?:has been |was |is )?(?:exceeded"
        r"|reached)\b",
    ),
    _row(
        "respond response return returned responded",
        rf"^(?:\S+ ){{0,2}}?{_THING} (?:did not|didn't|failed to) (?:respond|return|answer)\b"
        rf"|^no (?:response|reply|answer) (?:was )?(?:received )?from (?:\S+ ){{0,2}}?{_THING}\b"
        rf"|^(?:\S+ ){{0,2}}?{_THING} (?:returned|responded with|answered with) (?:an? )?(?:non-200|(?:http |status"
        rf" )?(?:code )?[45]\d\d)",
    ),
    _row("subscribed subscription", r"\bnot subscribed\b|\bdisabled for your subscription\b"),
    _row(
        "authenticated authorized authorised permission permissions allowed logged",
        r"^(?:you|user|caller|client|request|agent)(?: \S+)? (?:is |are |was |do |does )(?:not|n't) (?:currently"
        r" )?(?:authenticated|authori[sz]ed"
        r"|have (?:the |sufficient |enough )?(?:\S+ )?permissions?|logged in|allowed to (?:access|perform|use|call"
        r"|execute))\b",
    ),
    # German, Spanish, Portuguese, French, Italian, Dutch
    _row(
        "nicht fehlgeschlagen ungültig abgelaufen",
        r"^(?:\S+ ){0,3}?\S*(?:dienst|service|server|system|kalender|schnittstelle|api) (?:ist |sind )(?:\S+ )?nicht"
        r" (?:verfügbar|erreichbar)"
        r"|^(?:\S+ ){1,8}?(?:nicht (?:gefunden|verarbeitet|gespeichert|erreichbar|geladen"
        r"|autorisiert|authentifiziert|registriert"
        r"|angelegt|erstellt|gebucht werden)|existiert (?:\S+ )?nicht|fehlgeschlagen|(?:ist|sind) (?:ungültig"
        r"|abgelaufen))\b",
    ),
    _row(
        "no inválido inválida incorrecto incorrecta caducado expirado falló fallado obligatorio",
        r"^(?:\S+ ){1,8}?(?:no (?:existe|existen|est[aá] registrad[oa]|est[aá] disponible(?=[.!]?$| en este|"
        r" actualmente| por el| temporalmente)|responde|fue"
        r" encontrad[oa]|ha sido encontrad[oa]|se encontr[oó]"
        r"|se pudo|es v[aá]lid[oa])|(?:es|son) (?:inv[aá]lid|incorrect|obligatori)[oa]s?|ha (?:caducado|expirado"
        r"|fallado)|fall[oó])\b"
        r"|^(?:\S+ ){1,3}?no (?:encontrad|v[aá]lid|autorizad)[oa]s?\b",
    ),
    _row(
        "não nao inválido inválida expirou falhou indisponível",
        r"^(?:\S+ ){1,8}?(?:n[aã]o (?:existe|foi (?:poss[ií]vel|encontrad[oa])|encontrad[oa]|est[aá] (?:registrad"
        r"|cadastrad)[oa]|autorizad[oa]"
        r"|p[oô]de ser)|(?:[eé]|est[aá]) inv[aá]lid[oa]|inv[aá]lid[oa]$|expirou|falhou|indispon[ií]vel)\b",
    ),
    _row(
        "pas plus introuvable invalide échoué expiré indisponible trouvé trouvée",
        r"^(?:\S+ ){1,8}?(?:n'existe pas|n'est plus disponible|ne r[eé]pond pas|n'a pas (?:[eé]t[eé] trouv|pu "
        r"|abouti)|est introuvable|introuvable|(?:est"
        r"|sont) (?:invalide|indisponible)s?"
        r"|a [eé]chou[eé]|a expir[eé]|non trouv[eé]e?)",
    ),
    _row(
        "non scaduto scaduta fallito fallita",
        r"^(?:\S+ ){1,8}?(?:non (?:esiste|[eè] stat[oa] trovat[oa]|trovat[oa]|[eè] valid[oa]|valid[oa]"
        r"|autorizzat[oa])|[eè] scadut[oa]|(?:[eè] )?fallit[oa])\b",
    ),
    _row(
        "niet mislukt verlopen ongeldig",
        r"^(?:\S+ ){1,8}?(?:niet (?:gevonden|worden|geautoriseerd|bereikbaar)|bestaat niet|mislukt|is (?:verlopen"
        r"|ongeldig))\b",
    ),
)

# For the message of an object that has only labels.
LABEL_SENTENCES: tuple[Wording, ...] = (
    _row(
        "not n't doesn't don't isn't aren't hasn't cannot can't couldn't didn't wasn't weren't unable could never",
        r"\b(?:not|n't|cannot|can't|unable to|never)\b(?! only\b| later than\b)",
    ),
    _row(
        "invalid unknown unsupported unrecognized unrecognised unauthorized unauthorised unauthenticated unavailable"
        " unreachable"
        " unexpected unprocessable incorrect wrong bad malformed missing required mandatory forbidden disabled"
        " expired denied"
        " refused rejected declined blocked suspended revoked exceeded exceeds exceed insufficient duplicate"
        " conflict mismatch"
        " failed failure fail fails error errors exception timeout fatal crashed throttled throttling deprecated"
        " inactive unhandled"
        " outside overloaded maintenance unsubscribed ungültig ungültige fehler fehlgeschlagen fehlt erforderlich"
        " abgelaufen verweigert"
        " überschritten erreur invalide introuvable échec échoué impossible indisponible refusé expiré requis"
        " obligatoire manquant"
        " erro falha falhou inválido inválida indisponível negado expirado obrigatório fallo falló falta requerido"
        " obligatorio"
        " denegado caducado incorrecto incorrecta errore scaduto impossibile obbligatorio negato fout mislukt"
        " ongeldig verlopen vereist",
        r"",
    ),
    _row("timed", r"\btimed[ -]?out\b"),
    _row("must should", r"\b(?:must|should) (?:be|have|contain|match|start|end|not|provide|specify|include|supply"
        r"|only|set|either)\b"),
    _row("already", r"\balready (?:exists?|taken|booked|registered|in use|been|reserved|used|cancell?ed|running|has"
        r"|have)\b"),
    _row("too", r"\btoo (?:many|long|short|large|small|fast|early|late|old|big|much|few|low|high)\b"),
    _row("upgrade", r"\bupgrad(?:e|ing) (?:your|to|now|the|at|plan)\b"),
    _row("limit quota credits", r"\b(?:limit|quota|credits?) (?:of \S+ )?(?:exceeded|reached|exhausted)\b|\bran out"
        r" of\b|\brun out of\b"),
    _row("problem wrong trouble", r"\b(?:a|the|some|any|encountered|with) (?:\w+ )?(?:problem|trouble)\b|\bwent"
        r" wrong\b"),
    _row("check enter provide specify supply", r"^(?:please )?(?:check|enter|provide|specify|supply) (?:an?|the|your"
        r"|valid)\b"),
    _row("no such authenticate", r"^(?:no such|authenticate$|no (?:token|api key|key|credentials?|permission"
        r"|authorization|access))\b"),
    _row("nicht keine no não nao pas non niet geen", r"\b(?:nicht|keine berechtigung|zu viele|kein zugriff|não|nao"
        r"|niet|geen toegang)\b"
        r"|\bno (?:existe|est[aá]|se|es|tiene|ha|fue|encontrad|v[aá]lid|autorizad|permitid|disponible|hay conexi)"
        r"|\bn'\S+ pas\b|\bne \S+ pas\b|\bnon (?:trouv|autoris|valid|trovat|esiste|autorizzat|disponibil|riuscit"
        r"|[eè] )"),
)  # fmt: skip

_SENTENCE_WORDS = frozenset(word for row in SENTENCES for word in row.words)
_LABEL_WORDS = frozenset(word for row in LABEL_SENTENCES for word in row.words) | _SENTENCE_WORDS

# A message of one word may be a code: `no_available_hosts_found_error`, `SlotNotFound`.
_CODE = re.compile(
    r"(?<!no_)(?:error|exception|timeout)\W*$|(?<!no_)(?:^|_|-)(?:failed|failure|invalid|not_?found|denied|expired"
    r"|missing"
    r"|unavailable|exceeded|conflict|forbidden|unauthori[sz]ed|rejected|required|unknown|unsupported)(?:_|-|\W*$)"
    r"|not_?found|not_?allowed|not_?supported|unauthori[sz]ed\W*$"
)

# "There is none" is a failure if one is needed; if a search found none, it is an answer.
_NOTHING_TO_USE = re.compile(
    r"no (?:\w+ ){0,2}(?:route|account|api|endpoint|handler|token|key|credentials|permission|access|authori[sz]ation"
    r"|quota|licen[sc]e"
    r"|subscription|tool|function|such)\b"
)

# Chinese has no spaces to split at. "Nothing meets the conditions" is an answer, not a failure.
_CHINESE = re.compile(
    r"失败|错误|异常|不存在|找不到|未找到(?!符合|匹配|相关)|没有找到该|无法|超时|无效|不合法|非法|缺少|不能为空|必填|不支持|不可用|余额不足"
    r"|库存不足|权限不足|无权限|没有权限|未授权|未登录|请先登录|拒绝|已过期|已失效|不正确|格式有误|出错|故障|未注册|频率过高|请求过多"
)
_CHINESE_SUCCESS = re.compile(r"成功|没有错误|无错误|无异常|正常")
_LONGEST_CHINESE_CHARS = 120


def tells_of_failure(text: str) -> bool:
    """Whether the first sentence of a short text reports a failure, subject first."""
    return _matches(text, SENTENCES, _SENTENCE_WORDS)


def label_tells_of_failure(text: str) -> bool:
    """Whether the message of an object that has only labels reports a failure."""
    if _NOTHING_TO_USE.match(text.lower()):
        return True
    if " " not in text.strip() and text.isascii():
        return _CODE.search(text.lower()) is not None
    return (
        _matches(text, LABEL_SENTENCES, _LABEL_WORDS)
        or tells_of_failure(text)
        or (names_library_error(text) and not _SUCCEEDS.search(sentence_of(text)))
    )


def sentence_of(text: str) -> str:
    """The first sentence of a text, folded on one line, at most 240 characters, in lower case."""
    head = folded(text)[:_SENTENCE_CHARS].lower()
    end = _SENTENCE_ENDS.search(head)
    return head[: end.end()].rstrip() if end else head


def _matches(text: str, rows: tuple[Wording, ...], all_words: frozenset[str]) -> bool:
    if len(text) > _LONGEST_TEXT_CHARS:
        return False
    if all_words.isdisjoint(_words(text)):
        return not text.isascii() and _is_chinese_failure(text)
    if is_counter(text):
        return False
    sentence = sentence_of(text)
    if sentence.endswith("?") or _EXPLAINS.match(sentence) or _SUCCEEDS.search(sentence):
        return False
    words = all_words.intersection(_words(sentence))
    return any(not words.isdisjoint(row.words) and row.pattern.search(sentence) for row in rows)


def _words(text: str) -> list[str]:
    return text.lower().translate(_PUNCTUATION).split()


def _is_chinese_failure(text: str) -> bool:
    if len(text) > _LONGEST_CHINESE_CHARS:
        return False
    return _CHINESE.search(text) is not None and _CHINESE_SUCCESS.search(text) is None
