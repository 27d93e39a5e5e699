"""Words of which every failure text contains at least one. Most texts contain none, so no pattern has to run on them.

If you add a wording to `openings`, `library_errors` or `sentences`, add one of its words here, unless the list has one
already. A test checks every row of the tests against this list.
"""

from __future__ import annotations

import re
from functools import lru_cache

HEAD_CHARS = 400
_PUNCTUATION = str.maketrans(dict.fromkeys('.,:;!?()[]{}<>"`=/|\\*_#', " ") | {0x2019: "'"})

# Parts of words: `BookingError`, `IOException`, "Serverfehler", "ORA-00001".
_PARTS = ("rror", "xception", "fehler", "ora-")

_STATUSES = tuple(str(status) for status in range(400, 600))
_ENGLISH = (
    "busy", "canceled", "cancelled", "canceling", "deactivated", "dropped", "experiencing", "interrupted", "locked",
    "lost",
    "no-answer", "recursion", "responded", "serializable", "answer", "sip", "unterminated",
    "aborted", "abort", "already", "authenticate", "bad", "blocked", "broken", "cannot", "can't", "closed",
    "conflict", "could", "couldn't", "crashed", "deadline", "declined", "denied", "deprecated", "did", "didn't",
    "disabled", "doesn't", "don't", "down", "duplicate", "exceed", "exceeded", "exceeds", "exist", "exists",
    "exhausted", "expired", "fail", "failed", "fails", "failure", "fatal", "fault", "forbidden", "gateway",
    "hang", "haven't", "incorrect", "insufficient", "invalid", "isn't", "aren't", "wasn't", "weren't", "hasn't",
    "large", "limit", "loop", "malformed", "mandatory", "maximum", "misdirected", "mismatch", "missing", "must",
    "negotiates", "never", "no", "non-200", "not", "offline", "oops", "out", "overloaded", "problem", "quota",
    "reached", "refused", "rejected", "required", "reset", "revoked", "sorry", "suspended", "throttled",
    "throttling", "time-out", "timed", "timed-out", "timeout", "too", "traceback", "trouble", "unable",
    "unauthenticated", "unauthorised", "unauthorized", "unavailable", "undefined", "unexpected", "unfortunately",
    "unhandled", "unknown", "unprocessable", "unreachable", "unrecognised", "unrecognized", "unsuccessful",
    "unsupported", "upgrade", "wrong", "blank", "empty", "subscribed", "subscription", "terminated",
)  # fmt: skip
_LIBRARIES = (
    "-32000", "-32001", "-32002", "-32600", "-32601", "-32602", "-32603", "-32700", "calling", "caused",
    "certificate", "convert", "destructure", "disconnect", "disconnected", "e11000", "eacces", "eai",
    "econnaborted", "econnrefused", "econnreset", "ehostunreach", "enetunreach", "enoent", "enotfound", "epipe",
    "eperm", "eproto", "err", "errno", "etimedout", "expected", "expecting", "getaddrinfo", "goroutine",
    "handshake", "httpconnectionpool", "httpsconnectionpool", "literal", "locked", "mcp", "mongo", "nonetype",
    "objectid", "operand", "panic", "panicked", "positional", "redirects", "remotedisconnected", "reserved",
    "retries", "rpc", "segmentation", "self-signed", "should", "sql", "sqlstate", "ssl", "statuscode", "syntax",
    "tcp", "unhashable", "unpack", "upstream", "violates", "zero", "subscriptable", "deadlock",
)  # fmt: skip
_OTHER_LANGUAGES = (
    # German
    "nicht", "fehlgeschlagen", "gescheitert", "schiefgegangen", "schief", "abgelehnt", "abgebrochen", "ungültig",
    "ungültige", "ungültiger", "ungültiges", "ungültigen", "ungueltige", "fehlende", "fehlender", "fehlendes",
    "fehlt", "unbekannte", "unbekannter", "unbekanntes", "verweigert", "keine", "zeitüberschreitung",
    "abgelaufen", "erforderlich", "überschritten",
    # Spanish
    "fallo", "falló", "fallado", "imposible", "problema", "tiempo", "espera", "denegado", "denegada", "inválido",
    "inválida", "invalido", "invalida", "incorrecto", "incorrecta", "rechazada", "rechazado", "falta", "faltan",
    "excepción", "caducado", "expirado", "obligatorio", "requerido", "lamentablemente",
    # Portuguese
    "erro", "não", "nao", "falha", "falhou", "negado", "indisponível", "infelizmente", "desculpe", "tempo",
    "expirou", "obrigatório",
    # French
    "erreur", "impossible", "échec", "echec", "introuvable", "incident", "problème", "refusé", "refusée",
    "interdit", "indisponible", "invalide", "invalides", "délai", "pas", "plus", "échoué", "expiré",
    "désolé", "désolée",
    "malheureusement", "requis", "manquant", "obligatoire",
    # Italian, Dutch
    "errore", "impossibile", "non", "scaduto", "scaduta", "negato", "fallito", "fallita", "fout", "mis", "niet",
    "geen", "mislukt", "verlopen", "ongeldig", "ongeldige", "geweigerd",
)  # fmt: skip
FOREIGN_WORDS = frozenset(_OTHER_LANGUAGES) | {
    "fehler",
    "rror",
    "no",
    "se",
    "si",
    "lo",
    "ha",
    "un",
    "acceso",
    "la",
    "l'",
}
_CHINESE = re.compile("[\u4e00-\u9fff]")
_WORDS = frozenset((*_ENGLISH, *_LIBRARIES, *_OTHER_LANGUAGES, *_STATUSES))


@lru_cache(maxsize=4)  # several rules need the same text, one after the other
def trigger_words(head: str) -> frozenset[str]:
    """The words, and parts of words, in the start of a text that may indicate a failure.

    Args:
        head: the text, at most the first `HEAD_CHARS` of it.
    """
    lowered = head.lower()
    found = _WORDS.intersection(lowered.translate(_PUNCTUATION).split())
    return found.union([part for part in _PARTS if part in lowered])


def may_fail(text: str) -> bool:
    """Whether a text contains such a word, or letters of a script that this list does not cover."""
    head = text[:HEAD_CHARS]
    return bool(trigger_words(head)) or (not head.isascii() and _CHINESE.search(head) is not None)
