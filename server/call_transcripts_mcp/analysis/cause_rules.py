"""Which words tell the kind of a failure: rows of a table, in English and five other languages.

To add a wording, add it to a row here and to the rows in tests/analysis/test_cause_kinds.py. Every pattern must run in
linear time: limit every repeat, and never let two adjacent repeats match the same characters.
"""

from __future__ import annotations

import re

from call_transcripts_mcp.findings.failures import Kind

# Where three digits are an HTTP status rather than a count: at the start, after a word such as "status", or alone in
# brackets.
STATUS_WORDS = (
    r"(?:\b(?:https?(?:/\d(?:\.\d)?)?|status|code|error|err|response|responded|returned|received|got|with|sip|request"
    r"|estado|c[oó]digo|respondi[oó]|devolvi[oó]|respuesta|fehler|fehlercode|erro|erreur|resposta|réponse)[ _-]{0,2}"
    r"(?:status|code|with|de|con|an?|un)?"
    r"[\s:=\"'(\[#]{0,4}"
    r"|\A\W{0,2}|(?<=[(\[]))"
)
STATUS_END = r"(?![\w%€$]|[.,:/-]\d)"
# "in sending the GET request: 400 Client Error:": the phrase tells what the number is.
STATUS_PHRASES = (
    r"(?: client error| server error| bad request| unauthorized| forbidden| not found| unprocessable"
    r"| bad gateway| service unavailable| gateway time| internal server| too many requests| method not| conflict)"
)


def _row(pattern: str, *statuses: str) -> re.Pattern[str]:
    """A row's pattern, with the HTTP statuses that mean the same."""
    codes = "|".join(statuses)
    of_status = rf"|{STATUS_WORDS}(?:{codes}){STATUS_END}|\b(?:{codes})(?={STATUS_PHRASES})" if statuses else ""
    return re.compile(pattern + of_status, re.IGNORECASE)


# Words for credentials, and words for their refusal. `key` and `pin` alone usually mean something else.
_CREDENTIAL = (
    r"(?:(?:access |auth |bearer |refresh |oauth\d? |id |session |security |csrf |invitation |user )?tokens?|jwts?"
    r"|(?:api|access|secret|auth|subscription|private|license|account)[ -]?keys?|apikeys?|credentials?|passwords?"
    r"|passcodes?|client[ -]?secrets?|client[ -]?id|(?:oauth )?scopes?|user ?names?|logins?|otp|one[- ]time codes?"
    r"|verification codes?|security codes?|access codes?)"
)
_BROKEN = (
    r"(?:invalid|expired|missing|wrong|bad|incorrect|revoked|malformed|unrecogni[sz]ed|inactive|insufficient"
    r"|not (?:a )?valid|unknown)"
)
_IS_BROKEN = (
    r"(?:expired|invalid|revoked|missing|required|incorrect|wrong|malformed|mismatch|disabled|denied|rejected"
    r"|not (?:valid|provided|recogni[sz]ed|present|supplied|active|correct|accepted|set|configured|found|authori[sz]ed)"
    r"|does(?: not|n't) match|(?:could|can) ?not be (?:verified|validated|decoded)|verification failed|no longer valid)"
)
_THING = r"(?:service|server|system|tool|api|function|endpoint|database|backend|platform|gateway|website|site|app)"

# The first row that matches wins. The most certain rows come first: words with one meaning, then statuses that may come
# with a generic body, then words that many errors share.
KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        Kind.NO_RESULT,
        _row(r"\bno (?:result|response|output|data) (?:was |were )?(?:returned|received|given)\b|no result by"),
    ),
    (
        Kind.RATE_LIMIT,
        _row(
            r"rate.?limit|too many (?:requests|calls)|throttl|\bquotas?\b|resource.?exhausted|over query limit"
            r"|(?:request|call|usage|api|monthly|daily|hourly) (?:\w+ )?limit (?:was |has been |is )?(?:exceeded"
            r"|reached|hit)"
            r"|exceeded (?:your |the )?(?:\w+ ){0,2}(?:requests?|calls?) (?:per|limit)|error code:? 1015\b|slow down"
            r"|demasiadas (?:solicitudes|peticiones|llamadas)|\bcuotas?\b"
            r"|l[ií]mite de (?:solicitudes|peticiones|llamadas|uso|requisiç|consultas)"
            r"|zu viele (?:anfragen|aufrufe)|anfragelimit|ratenlimit|muitas (?:solicitaç|requisiç|chamadas)"
            r"|trop de (?:requêtes|demandes|tentatives)|limite de requêtes"
            r"|请求(?:过于)?频繁|过于频繁|频率|限流|配额|次数(?:已)?超",
            "429",
        ),
    ),
    (
        Kind.TIMEOUT,
        _row(
            r"time[ds]?[ _-]?out(?!side| of\b)|timeout of \d|deadline.?exceeded|ETIMEDOUT|took too long"
            r"|did(?: not|n't) (?:respond|answer|finish|complete) (?:in|within)|no (?:response|answer) within"
            r"|tiempo de (?:espera|respuesta)|tiempo agotado|agotado el tiempo|(?:tard[oó]|tardado) demasiado"
            r"|no (?:respondi[oó]|contest[oó]|ha respondido) a tiempo"
            r"|zeitüberschreitung|zeitlimit|zu lange gedauert|nicht rechtzeitig|tempo (?:limite|esgotado|de espera"
            r"|excedido)"
            r"|demorou (?:demais|muito)|délai (?:d'attente|dépassé|expiré|imparti)|délai .{0,20}dépassé|超时",
            "408",
            "504",
            "524",
        ),
    ),
    (
        Kind.NETWORK,
        _row(
            r"\b(?:ECONN\w+|ENOTFOUND|E(?:HOST|NET)UNREACH|EPIPE|EAI_AGAIN)\b|connection.?(?:was |is |attempts? )?"
            r"(?:refused|reset|aborted|closed|lost|error|failed|terminated|dropped|timeout)"
            r"|(?:unable|failed|could not|couldn't|cannot|can't) (?:to )?(?:connect|resolve)\b(?! (?:you|your"
            r"|the caller)\b)"
            r"|(?:unable|failed|could not|couldn't|cannot|can't) (?:to )?reach (?:the )?"
            rf"(?:{_THING}|host|upstream|url|remote|https?:)"
            r"|name or service not known|getaddrinfo|name resolution|\bdns\b|(?:host|unknown host) (?:not found"
            r"|unreachable)"
            r"|unknown host|no such host|nodename nor servname|\b(?:is|was|are|host|network) (?:currently )?unreachable"
            r"|socket hang.?up|network (?:error|failure|is|was|unreachable|request failed)|no route to host|broken pipe"
            r"|fetch failed|failed to fetch\Z|max retries exceeded|newconnectionerror|connect(?:ion)?error\b"
            r"|upstream connect error|reset before headers|\b(?:ssl|tls)\b|certificate.?(?:verif|is not|has expired"
            r"|unknown)"
            r"|remote end closed|remotedisconnected|server disconnected|incomplete ?read|\berrno 1(?:0[1-4]|1[0-3])\b"
            r"|err ngrok|ngrok|\btunnel\b|(?:endpoint|host) .{1,80} is offline|error code:? 1033\b"
            r"|(?:error|fallo|fall[oó] la) (?:de |en la )?(?:red|conexi[oó]n)|sin conexi[oó]n|inalcanzable"
            r"|conexi[oó]n (?:\w+ )?(?:rechazada|perdida|cerrada|interrumpida|fallida)"
            r"|no se (?:pudo|puede|ha podido) (?:conectar|establecer)"
            r"|verbindung (?:\w+ ){0,3}(?:fehlgeschlagen|abgebrochen|verweigert|unterbrochen|verloren|hergestellt)"
            r"|verbindungs(?:fehler|aufbau|abbruch)|keine verbindung|nicht erreichbar|netzwerkfehler"
            r"|(?:falha|erro) (?:na|de|da) (?:conexão|rede)|conexão (?:recusada|perdida|encerrada)|sem conexão"
            r"|inacessível"
            r"|connexion (?:\w+ )?(?:refusée|perdue|échouée|impossible|interrompue)|erreur (?:de )?réseau|injoignable"
            r"|网络(?:错误|异常|连接)|连接(?:失败|超时|被拒绝|中断|错误)|无法连接",
        ),
    ),
    (
        Kind.NOT_FOUND,  # before authentication: the name of a tool may contain any word
        _row(
            r"(?:no such|unknown|unrecogni[sz]ed) (?:function|tool|method|command|action|operation)\b"
            r"|(?:function|tool|method) (?:name )?['\"`]?[\w.-]{0,60}['\"`]? ?(?:was |is |could )?not (?:be )?found"
            r"|\btool [\w'\"`.-]{1,60} does not exist|-32601\b"
        ),
    ),
    (
        Kind.AUTHENTICATION,
        _row(
            r"un-?authori[sz]ed|un-?authenticated|not (?:authori[sz]ed|authenticated|logged in|signed in)|\bforbidden"
            r"|\bauthenticat(?:ion|e|ed|ing)\b|authentication(?:error|exception|failed)|auth ?(?:error|failed"
            r"|failure)\b"
            r"|authori[sz]ation (?:failed|required|header|error)|invalid (?:grant|client)\b"
            r"|(?:access|permission)s?.?(?:is |was )?denied|\baccess ?denied|AADSTS"
            rf"|\b{_BROKEN} (?:(?:or|and|the|your|a|an|\w+) ){{0,3}}{_CREDENTIAL}\b"
            rf"|\b(?:no|without) (?:an? |any |valid |active |such )?{_CREDENTIAL}\b"
            rf"|\b{_CREDENTIAL} (?:(?!too\b)[\w'\"<>*]{{1,40}} ){{0,3}}{_IS_BROKEN}"
            r"|\b(?:invalid|wrong|expired|revoked) (?:security |signing )?(?:key|pin|signature)\b(?! ?[\"'`:]| code"
            r"| in| length)"
            r"|\b(?:pin|signature|session|invitation) (?:<?[\w*]{1,40}>? ){0,2}(?:(?:has |is |was )?(?:expired|invalid"
            r"|revoked|incorrect)|mismatch|does not match|verification failed)"
            r"|expired (?:session|invitation)|(?:please |must |need to )(?:be )?(?:log(?:ged)? ?in|sign(?:ed)? ?in)\b"
            r"|(?:log-?in|sign-?in) (?:is )?(?:required|failed)|missing (?:or invalid )?authorization"
            r"|insufficient.?(?:scope|permission|privilege|rights|access)|(?:lack|no|without|(?:n[o']t|not) have) "
            r"(?:\w+ ){0,3}permissions?\b|not (?:been )?granted|not subscribed to|verification (?:has )?failed"
            r"|(?:identity|caller|phone|number|user) (?:could|can)(?: ?not|n't) be verified|verify (?:your"
            r"|the) identity"
            r"|just a moment|attention required|captcha|are (?:a )?human|error code:? 10(?:0[6-9]|1[02]|20)\b"
            r"|no autorizad|autenticaci[oó]n|autenticação|autenticad|credencia|acceso denegado|acesso (?:negado"
            r"|proibido)"
            r"|sin permiso|sem permissão|permisos? (?:insuficiente|denegad)|não autorizad|\bsenha\b"
            r"|prohibido|sesi[oó]n (?:\w+ )?(?:caducada|expirada)|sessão (?:\w+ )?expirada"
            r"|(?:token|clave|contraseña|llave|jeton) (?:\w+ ){0,2}(?:caducad|expirad|expiré|inv[aá]lid|incorrect"
            r"|no v[aá]lid"
            r"|abgelaufen|ungültig|fehlt|manquant)"
            r"|nicht (?:autorisiert|authentifiziert|angemeldet|eingeloggt|berechtigt)|zugriff verweigert"
            r"|authentifizierung"
            r"|anmeldung (?:fehlgeschlagen|erforderlich)|keine berechtigung|verifikation|verifizierung|\bpasswort"
            r"|zugangsdaten"
            r"|(?:ungültige[rs]?|abgelaufene[rs]?|fehlende[rs]?) (?:token|schlüssel|api-?(?:key|schlüssel)|signatur"
            r"|sitzung)"
            r"|non autorisé|authentification|accès (?:refusé|interdit)|mot de passe|(?:jeton"
            r"|session) (?:\w+ )?(?:expiré|invalide)"
            r"|未授权|未登录|认证|鉴权|身份验证|权限|密码|令牌|密钥|登录(?:失败|已过期)",
            "401",
            "403",
            "407",
        ),
    ),
    (
        Kind.SERVER_ERROR,
        _row(
            r"import ?error|no module named|(?:module|class) ?not ?found"
            rf"|\b{_THING}(?: \w+)? (?:is |are |was )?(?:temporarily |currently ){{0,2}}(?:not available|unavailable"
            rf"|offline|down\b)"
        ),
    ),
    (
        Kind.REFUSAL,  # unmistakable refusals by the business, whatever the status
        _row(
            r"(?:slot|time|date|appointment|table|room|seat|flight|item|product)s? (?:[\w:<>*.,-]{1,30} ){0,6}?"
            r"(?:no longer|not|isn't|aren't|un) ?(?:longer )?available"
            r"|no longer available|no availability|not enough\b|insufficient (?:funds|balance|credit|stock|inventory"
            r"|points)"
            r"|fully.?booked|sold.?out|out.?of.?stock|(?:already|been) (?:booked|taken|reserved|cancel|exists?|been"
            r"|used|paid)"
            r"|already (?:\w+ ){0,2}(?:exists?|registered|in use)|duplicate (?:key|entry|record|booking)"
            r"|uniqueviolation|unique constraint|E11000|\b23505\b|\bP2002\b"
            r"|outside (?:of )?(?:the |our |your )?(?:\w+ )?(?:hours|schedule|availability|range of|service area)"
            r"|after hours"
            r"|(?:we are|is|are|office|store|restaurant|clinic|business) closed\b|closed on\b"
            r"|(?:card|payment|transaction|charge) (?:\w+ ){0,2}(?:declined|refused|rejected)|card declined"
            r"|was declined"
            r"|non-?refundable|not (?:refundable|eligible|permitted by)|\bpolicy\b|in advance\b|minimum notice"
            r"|cannot be (?:cancel|chang|modif|resched|refund|upgrad|combin|return|exchang)"
            r"|no (?:free |open |available |more )*(?:slots?|tables?|rooms?|seats?|appointments?|agents?|stock"
            r"|capacity|times)\b"
            r"|no hay (?:\w+ )?(?:huecos?|citas?|mesas?|plazas?|disponib|horarios?)|fuera de(?:l)? horario"
            r"|sin (?:disponibilidad|plazas|stock|saldo|huecos)|saldo insuficiente"
            r"|keine (?:\w+ ){0,2}(?:termine?|plätze|tische?|zimmer)\b|(?:termine?|plätze|tische?|zeit(?:en)?"
            r"|zimmer) (?:\w+ ){0,4}"
            r"(?:nicht (?:mehr )?)?(?:verfügbar|frei|belegt|vergeben)|ausgebucht|außerhalb der|\bgeschlossen"
            r"|bereits (?:\w+ )?"
            r"(?:gebucht|vergeben|belegt|vorhanden|storniert|registriert)"
            r"|(?:não há|sem) (?:\w+ )?(?:horários?|vagas?|disponibilidade|mesas?)|fora do horário|esgotad|lotad"
            r"|já (?:existe|está|foi)"
            r"|(?:aucune?|plus de|pas de) (?:\w+ )?(?:créneau|place|disponibilité|table|rendez-vous (?:disponible"
            r"|possible|libre))|en dehors des h"
            r"|déjà (?:\w+ )?(?:réservé|pris|annulé|utilisé|existant)|solde insuffisant|complet\b|rupture de stock"
            r"|没有(?:空位|可用|余位|空房)|已满|已(?:被)?(?:预订|预约|取消|存在|占用)|余额不足|售罄|库存不足|营业时间",
            "402",
        ),
    ),
    (
        Kind.NOT_FOUND,
        _row(
            r"not[ _-]?found|\bno such|does ?n[o']t exist|do(?:es)? not exist|(?:do )?n[o']t exists?"
            r"|no longer exists?|ENOENT"
            r"|could(?: not|n't) (?:be )?(?:f[io]u?nd|located?)|(?:can(?:not|'t)|unable to|failed to) (?:find|locate)"
            r"|unknown (?!error|exception|reason|problem|failure|status|field|param|argument|key|column|property"
            r"|issue|type)\w+"
            r"|no (?:\w+ ){0,3}(?:found|matching)\b|no (?:matching )?(?:record|result|customer|booking|reservation"
            r"|order|user"
            r"|match)(?:s|es)? (?:was |were )?(?:for|with|in|under|exists?)|nothing (?:was )?found"
            r"|not (?:been )?registered"
            r"|no (?:se )?(?:ha |han |pudo |puede |pudieron )?(?:encontr|hall|localiz)|no existe|inexistente"
            r"|sin resultados"
            r"|no (?:est[aá] |ha sido |fue )?(?:registrad|encontrad)|ning[uú]n \w+ encontrad"
            r"|nicht (?:\w+ )?(?:gefunden|vorhanden|registriert|bekannt)|existiert nicht|kein(?:e|en"
            r"|er)? (?:\w+ ){0,4}gefunden"
            r"|\bunbekannte[rsn]? (?!fehler)\w+|não (?:\w+ ){0,2}(?:encontr|existe|localizad|registrad|cadastrad)"
            r"|nenhum\w? "
            r"(?:\w+ ){0,2}(?:encontrad|localizad)|introuvable|n'existe pas|(?:pas|non"
            r"|aucune?) (?:[\w-]+ ){0,2}trouvée?"
            r"|找不到|未找到|没有找到|不存在|查无|未注册|\bPGRST116\b|no rows\b|\bP2025\b",
            "404",
            "410",
        ),
    ),
    (
        Kind.SERVER_ERROR,
        _row(
            r"internal.?(?:\w+ )?error|bad gateway|service.?(?:is |temporarily |currently ){0,2}unavailable"
            r"|server.?error"
            r"|temporarily unavailable|out of memory|database (?:error|is|connection)|deadlock|segmentation fault"
            r"|overloaded|maintenance|\b(?:is|are|be|was|went|currently) down\b|failed to respond|application error"
            r"|something went wrong|(?:unexpected|unknown|unhandled|general) (?:\w+ )?(?:error|exception|problem"
            r"|failure)"
            r"|an? error (?:has )?occur|no such app|error code:? 1[0-2]\d\d\b|(?:api|upstream|backend|server"
            r"|service) (?:has )?"
            r"(?:returned|responded with|rejected|reported|sent|threw) |scenario failed|workflow (?:\w+ )*(?:failed"
            r"|error)"
            r"|execution (?:has )?(?:failed|error)|crashed"
            r"|(?:error|fallo) (?:interno|inesperado|del? servidor|en el servidor|de base de datos)"
            r"|(?:servicio|servidor|sistema) (?:\w+ )?(?:no disponible|ca[ií]do|saturado)|temporalmente no disponible"
            r"|mantenimiento|intern(?:er|e) (?:\w*fehler|störung)|serverfehler|systemfehler|unerwarteter fehler"
            r"|unbekannter fehler"
            r"|fehler (?:ist )?aufgetreten|ein fehler|wartung|(?:dienst|server|system) (?:\w+ ){0,3}nicht verfügbar"
            r"|erro (?:interno|inesperado|no servidor|do servidor|de servidor)|manutenção|ocorreu um erro"
            r"|(?:serviço|servidor|sistema) (?:\w+ ){0,2}(?:indisponível|fora)|erreur (?:interne|inattendue|serveur"
            r"|du serveur)"
            r"|une erreur (?:\w+ )*est survenue|(?:service|serveur|système) (?:\w+ ){0,2}indisponible"
            r"|服务器|内部错误|系统(?:错误|异常|繁忙|维护)|服务(?:不可用|异常|错误)|维护",
            r"5\d\d",
        ),
    ),
    (
        Kind.VALIDATION,  # before the errors of code: a wrong call of a function concerns its arguments
        _row(
            r"missing \d+ required|unexpected keyword|takes (?:from )?\d+ (?:to \d+ )?positional|could not convert"
            r"|cannot convert"
            r"|invalid literal|json ?decode|-32602\b|valueerror|zoderror|validation ?error|not valid json|non-?numeric"
            r"|is not a (?:dict|list|str|string|number|integer|object|valid|date)|expected (?:an? )?(?:str|int|dict"
            r"|list|string"
            r"|number|object|array)\b"
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
            r"validat|\bin-?valid|malformed|\brequired?s?\b|mandatory|\b(?:must|should) (?:be|have|contain|match|not"
            r"|start|end|only)\b"
            r"|\bmissing\b|schema|\bpars(?:e|ing|ed|able)\b|unprocessable|bad request|out of range|\bexpect(?:ed|ing"
            r"|s)\b"
            r"|not (?:an? )?(?:valid|allowed value|supported|in (?:the )?range|recogni[sz]ed|numeric|provided"
            r"|specified|given|a number)"
            r"|(?:was|were|is|are|no \w+) not? ?(?:provided|specified|given|supplied)\b|no \w+ (?:\w+ )?(?:provided"
            r"|specified|given|supplied)"
            r"|(?:can(?:not|'t)|may not|must not) be (?:empty|blank|null|none|negative|zero|longer|more|less|greater)"
            r"|unexpected (?:token|keyword|end|field|character|parameter|value|property)|unknown (?:field|param"
            r"|argument|key|column"
            r"|property|type)|unsupported|illegal|ambiguous|mismatch|(?:does|do)(?: not|n't) match|not match\b|not.null"
            r"|unrecogni[sz]ed|(?:wrong|incorrect|bad) (?:type|format|value|number|parameter|argument|input|length"
            r"|\w+)\b"
            r"|in the (?:past|future)|(?:enter|provide|use|specify|supply) an? valid|too (?:long|short|large|small"
            r"|few|many)|(?:check|correct|specify|provide|enter|choose|select)"
            r" (?:the |your |a |an |one )?(?:\w+ ){0,4}(?:parameters?|arguments?|input|values?|format|fields?"
            r"|spelling|endpoint|date|id)\b"
            r"|(?:enumeration|enum)\b|one of the (?:following|allowed)|allowed values|invalid input|constraint"
            r"|\b22P02\b|\b2350[123]\b"
            r"|inv[aá]lid|no (?:es |son )?(?:un |una )?v[aá]lid|obligatori|requerid|formato|\bfaltan?\b"
            r"|debe (?:ser|tener|contener)|incorrect[oa]s?\b|fuera de rango|en el pasado"
            r"|ungültig|erforderlich|pflichtfeld|\bfehl(?:t|en|ende[rs]?)\b|\bmuss\b|darf nicht|falsche[rsn]?\b"
            r"|vergangenheit"
            r"|obrigatóri|deve (?:ser|ter|conter)|faltando|ausente|no passado|invalide|obligatoire|\brequis"
            r"|manquante?\b"
            r"|doit (?:être|contenir)|dans le passé|格式|不能为空|必填|缺少|无效|参数|不合法|不正确",
            "400",
            "422",
        ),
    ),
    (
        Kind.SERVER_ERROR,
        _row(
            r"(?:unable|failed|could not|couldn't|cannot|can't|error) (?:to )?(?:process(?:ing)?|fetch(?:ing)?"
            r"|load(?:ing)?"
            r"|retriev(?:e|ing)|execut(?:e|ing)|run(?:ning)?|quer(?:y|ying)|access(?:ing)?|sav(?:e|ing)|call(?:ing)?) "
            r"(?:the |your |our |a |this )?(?:\w+ ){0,2}(?:request|data|database|api|response|server|service|tool"
            r"|function|results?"
            r"|information|details|file|query|workflow|webhook|content|list|url|step|command|model)"
        ),
    ),
    (
        Kind.REFUSAL,
        _row(
            r"unable to|can(?:not| not|'t)\b|could(?: not|n't)"
            r"|not (?:allowed|possible|permitted|available|eligible|accepted|included|offered|covered|open|in service)"
            r"|no (?:\w+ ){0,2}(?:availab\w+|left|free)\b|(?:do|does)(?: not|n't) have|has no\b|you have no\b"
            r"|unavailable|declined|reject|refus|denied|already|conflict|duplicate"
            r"|closed|taken|only <?[\w*]{1,9}>? |insufficient|exceed(?:s|ed)?\b|busy|no[ _-]answer|blocked|expired"
            r"|cancell?ed"
            r"|suspended|locked|limit\b|maximum|at least\b|ineligible|prohibited|too (?:late|early|soon|far)|no funds"
            r"|no (?:es |fue |está |hay |se |ha |quedan? |podemos |puedo |tenemos |answer|show)"
            r"|rechaz|deneg|complet[oa]s?\b|cerrad[oa]"
            r"|ya (?:existe|est[aá]|hay|tiene|ha|fue)|ocupad|agotad|insuficiente|caducad|cancelad"
            r"|\bleider\b|nicht (?:mehr )?(?:möglich|verfügbar|zulässig|erlaubt)|kann nicht"
            r"|können (?:\w+ ){0,3}nicht|konnte nicht"
            r"|bereits|abgelehnt|gesperrt|storniert|não (?:é|foi|está|há|pode|temos)|recusad|bloquead|indispon[ií]"
            r"|impossible|ne (?:peut|peuvent|sont|pouvons)|n'est (?:pas|plus)|refusé|annulée?|indisponible|fermé|无法"
            r"|不能|不可|拒绝",
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
            r"|stack overflow|\bserver\b|(?:error|fehler|erro|erreur) (?:al|ao|beim|lors|while|when|during|in|on"
            r"|from|fetching)\b"
            r"|(?:failed|failure) to \w+"
        ),
    ),
)
