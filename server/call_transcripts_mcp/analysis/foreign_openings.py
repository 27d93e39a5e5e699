r"""How failures begin in German, Spanish, Portuguese, French, Italian, Dutch and Chinese.

As in `openings`, these match at the beginning of a text, ignoring case. To add a wording, add a line under
its language and a row to the tests. A wording must never be mere information: "kann nicht kombiniert werden" is a
condition.
"""

from __future__ import annotations

_NUMBERS_OF_NOTHING = r"(?:\s*[:=]\s*(?:0+|keiner?|ninguno|nenhum|aucune?|nessuno|geen)\b)"
_ENDS = r"(?:\s*$|\s*[.,;:!)\]]|\s+[-(\[])"

GERMAN = (
    (
        rf"(?:(?:ein|der|interner|unbekannter|unerwarteter|schwerer"
        rf"|technischer)\s+){{0,2}}(?:\w+)?fehler(?!{_NUMBERS_OF_NOTHING})"
        rf"(?:{_ENDS}|\s+(?:beim|bei|im|in|am|an|auf|aufgetreten|ist|w[aä]hrend|mit|\d))"
    ),
    r"(?:es\s+)?(?:ist|gab|trat|kam)\s+(?:leider\s+)?(?:(?:ein|einen|zu\s+einem)\s+)?(?:\w+\s+)?(?:\w+)?fehler\b",
    (
        r"(?:\w+\s+){0,4}(?:konnten?|k[oö]nnen)\s+(?:\w+\s+){0,4}nicht\s+(?:\w+\s+){0,2}(?:werden|gefunden|erreichen"
        r"|laden|finden|verarbeiten|herstellen)\b"
    ),
    (
        r"(?:\w+\s+){0,4}(?:ist|sind|ging|hat|wurde|wurden)\s+(?:leider\s+)?(?:fehlgeschlagen|gescheitert"
        r"|schiefgegangen"
        r"|schief|abgelehnt\b|abgebrochen|nicht\s+gefunden)"
    ),
    r"(?:ung[uü]ltige[rsnm]?|fehlende[rsnm]?|unbekannte[rsnm]?)\s+\w+",
    (
        rf"(?:nicht\s+(?:gefunden|autorisiert|berechtigt|verf[uü]gbar|erlaubt)|zugriff\s+verweigert"
        rf"|keine\s+berechtigung"
        rf"|fehlgeschlagen){_ENDS}"
    ),
    (
        r"zeit[uü]berschreitung\b|keine\s+(?:verbindung|antwort)\s+(?:zum|vom|zu|von)\b|(?:etwas"
        r"|da)\s+ist\s+(?:etwas\s+)?schief"
    ),
    (
        r"(?:leider|es\s+tut\s+mir\s+leid|entschuldigung)\b.{0,120}?\b(?:konnten?\s+(?:\w+\s+){0,6}nicht"
        r"|nicht\s+m[oö]glich|fehler|fehlgeschlagen)"
    ),
)
SPANISH = (
    r"no\s+se\s+(?:pudo|pudieron|ha\s+podido|han\s+podido)\b|no\s+(?:fue|ha\s+sido)\s+posible\b",
    (
        r"no\s+se\s+(?:puede|pueden)\s+(?:acceder|conectar|procesar|completar|encontrar|establecer|realizar|cargar|leer"
        r"|guardar)\b"
    ),
    r"no\s+se\s+(?:encontr[oó]|ha\s+encontrado)\s+(?:el|la|ese|esa|al|un|una)\b",
    r"no\s+existe\s+(?:el|la|ese|esa|un|una|ning[uú]n)\b|no\s+tiene[s]?\s+(?:permisos?|autorizaci[oó]n|acceso)\b",
    (
        r"no\s+(?:pude|pudimos|he\s+podido|hemos\s+podido)\b|imposible\s+(?:conectar|acceder|procesar|completar"
        r"|realizar)\b"
    ),
    (
        r"(?:ha\s+ocurrido|ocurri[oó]|se\s+(?:produjo|ha\s+producido)|hubo|ha\s+habido)\s+un[ao]?\s+(?:\w+\s+)?"
        r"(?:error|fallo|problema|excepci[oó]n)\b"
    ),
    r"tiempo\s+de\s+espera\s+(?:agotado|excedido|superado)\b|se\s+agot[oó]\s+el\s+tiempo\b",
    rf"fall[oó](?!{_NUMBERS_OF_NOTHING}|\s*:\s*\d)(?:{_ENDS}|\s+(?:al|en|de|del|la|el|interno)\b)",
    (
        rf"(?:no\s+(?:encontrad|autorizad|v[aá]lid)[oa]s?|acceso\s+denegado|servicio\s+no\s+disponible"
        rf"|solicitud\s+(?:inv[aá]lida|rechazada)){_ENDS}"
    ),
    r"(?:\w+\s+){1,4}(?:inv[aá]lid|no\s+v[aá]lid|no\s+encontrad|incorrect)[oa]s?" + _ENDS,
    r"(?:falta|faltan)\s+(?:el|la|los|las)\s+(?:par[aá]metro|campo|dato|valor)",
    (
        r"(?:lo\s+siento|lamentablemente)\b.{0,120}?\b(?:no\s+se\s+(?:pudo|ha\s+podido)|no\s+(?:pude|pudimos"
        r"|he\s+podido"
        r"|fue\s+posible)|error)\b"
    ),
)
PORTUGUESE = (
    (
        rf"erro(?!s)(?!{_NUMBERS_OF_NOTHING})(?:{_ENDS}|\s+(?:ao|na|no|de|do|da|interno|inesperado|desconhecido|durante"
        rf"|\d))"
    ),
    r"n[aã]o\s+(?:foi|é)\s+poss[ií]vel\b|n[aã]o\s+(?:consegui|conseguimos|p[oô]de)\b",
    r"(?:ocorreu|houve|aconteceu)\s+um\s+(?:\w+\s+)?(?:erro|problema|falha)\b",
    rf"falha(?!s)(?!{_NUMBERS_OF_NOTHING})(?:{_ENDS}|\s+(?:ao|na|no|de|interna|durante)\b)",
    (
        rf"(?:n[aã]o\s+(?:encontrad|autorizad)[oa]s?|acesso\s+negado|servi[cç]o\s+indispon[ií]vel"
        rf"|requisi[cç][aã]o\s+inv[aá]lida){_ENDS}"
    ),
    r"tempo\s+(?:limite|de\s+espera)\s+(?:excedido|esgotado)\b",
    r"(?:\w+\s+){1,4}(?:inv[aá]lid|n[aã]o\s+encontrad)[oa]s?" + _ENDS,
    r"(?:desculpe|infelizmente|lamento)\b.{0,120}?\b(?:n[aã]o\s+(?:foi\s+poss[ií]vel|consegui|pude)|erro)\b",
)
FRENCH = (
    r"(?:\w+\s+){1,3}invalides?" + _ENDS,
    (
        rf"(?:une\s+)?erreur(?!s)(?!{_NUMBERS_OF_NOTHING})(?:{_ENDS}|\s+(?:lors|de|du|interne|serveur|inattendue"
        rf"|inconnue|est|s'est|pendant|[aà]|r[eé]seau|\d))"
    ),
    r"impossible\s+(?:de|d'|d\s)|[eé]chec\s+(?:de|du|d'|lors)",
    r"(?:un|le)\s+(?:probl[eè]me|incident)\s+(?:est\s+survenu|s'est\s+produit)",
    (
        rf"(?:introuvable|non\s+(?:trouv[eé]e?|autoris[eé]e?)|acc[eè]s\s+(?:refus[eé]|interdit)|service\s+indisponible"
        rf"|requ[eê]te\s+invalide){_ENDS}"
    ),
    (
        r"d[eé]lai\s+(?:d'attente\s+)?(?:d[eé]pass[eé]|expir[eé])|la\s+(?:requ[eê]te|connexion|r[eé]servation"
        r"|demande)\s+(?:a\s+(?:[eé]chou|expir|[eé]t[eé]\s+(?:refus|rejet))|n'a\s+pas)"
    ),
    (
        r"(?:le|la|l'|les|ce|cette)\s?(?:\S+\s+){1,5}(?:n'existe(?:nt)?\s+pas|(?:est|sont)\s+(?:introuvables?"
        r"|invalides?"
        r"|requis(?:es?)?|obligatoires?\s*[.!]?$))"
    ),
    (
        r"(?:d[eé]sol[eé]e?|malheureusement)\b.{0,120}?\b(?:impossible|erreur|n'ai\s+pas\s+pu|n'a\s+pas\s+pu"
        r"|n'avons\s+pas\s+pu)"
    ),
)
ITALIAN = (
    (
        rf"(?:un\s+)?errore(?!{_NUMBERS_OF_NOTHING})(?:{_ENDS}|\s+(?:durante|di|del|nel|nella|interno|imprevisto"
        rf"|sconosciuto|\d))"
    ),
    (
        r"si\s+[eè]\s+verificat[oa]\s+un[a']?\s*(?:\w+\s+)?(?:errore|problema)|impossibile\s+(?:\w+(?:are|ere|ire)"
        r"|contattare)\b|non\s+[eè]\s+stato\s+possibile\b"
    ),
    rf"(?:non\s+(?:trovat|autorizzat)[oa]|accesso\s+negato|servizio\s+non\s+disponibile|tempo\s+scaduto){_ENDS}",
)
DUTCH = (
    (
        rf"(?:er\s+is\s+)?(?:een\s+)?(?:\w+\s+)?fout(?!{_NUMBERS_OF_NOTHING})(?:{_ENDS}|\s+(?:bij|tijdens|opgetreden|in"
        rf"|\d))"
    ),
    r"er\s+(?:is|ging)\s+iets\s+(?:fout|mis)|kon\s+(?:\w+\s+){0,4}niet\b|kan\s+geen\s+verbinding\b",
    rf"(?:niet\s+(?:gevonden|geautoriseerd)|toegang\s+geweigerd|ongeldige?\s+\w+|mislukt){_ENDS}",
)
CHINESE = (
    r"(?:抱歉|对不起|很抱歉).{0,20}?(?:无法|失败|错误|不能|出错)",
    r".{0,12}?(?:失败|错误|异常|不存在|找不到|超时|无效|出错)(?!率|数)(?:$|[:：，,。；;!（(]|或)",  # noqa: RUF001 - punctuation of Chinese
    r"(?:无法|请先登录|未登录|未授权|权限不足|无权限|拒绝访问|缺少|参数|系统繁忙|服务(?:暂时)?不可用|请求过于频繁|未找到(?!符合|匹配|相关)).{0,40}",
)

FOREIGN_OPENINGS = (*GERMAN, *SPANISH, *PORTUGUESE, *FRENCH, *ITALIAN, *DUTCH, *CHINESE)
