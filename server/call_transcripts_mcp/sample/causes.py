"""Why tools fail in generated calls, and what is said afterwards. A few causes are common, most are rare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True, slots=True)
class Cause:
    """One way in which a tool fails; `@tool@`, `@id@`, `@digits@` and `@n@` are filled in.

    Attributes:
        result: what the call's model read; None if the result had no text.
        error: what the platform recorded; None if only the result shows the failure.
        status: for platforms that record one.
    """

    result: str | None
    error: str | None
    took_s: float = 0.6
    status: str = "error"
    answered: bool = True


_TRACEBACK = """Traceback (most recent call last):
  File "/srv/tools/@tool@.py", line @n@, in handler
    row = find(payload["reference"])
  File "/srv/tools/store.py", line 118, in find
    return self._rows[key]
KeyError: 'reference-@id@'"""
_PAGE = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    "<hr><center>nginx/1.25.3</center>\r\n</body>\r\n</html>"
)

CAUSES: Final = (
    Cause(
        "Tool call timed out.",
        "Request to https://tools.example.com/@tool@/@id@ timed out after 2.50@n@ seconds",
        took_s=2.5,
    ),
    Cause('{"message":"Unable to complete the request at this time","reference":"@id@"}', None, status="success"),
    Cause('{"detail":"Invalid token"}', "HTTP 401 Unauthorized: the integration's token expired", took_s=0.2),
    Cause('{"error":"not_found","id":"@digits@"}', "HTTP 404 Not Found: no record with id @digits@", took_s=0.3),
    Cause(
        '{"errors":[{"field":"date","message":"must not be in the past"}]}', "HTTP 422 Unprocessable Entity: date", 0.2
    ),
    Cause("I could not do that right now.", f"HTTP 502 Bad Gateway: {_PAGE}", took_s=1.1),
    Cause("Something went wrong.", _TRACEBACK, took_s=0.9),
    Cause('{"statusCode":500,"body":"internal error @id@"}', None, status="success"),
    Cause("Too many requests.", "HTTP 429 Too Many Requests: retry after @n@ s", took_s=0.1),
    Cause(None, "ECONNRESET: connection reset by peer (10.4.@n@.17:8443)", took_s=0.4),
    Cause('{"success":false,"reason":"slot already taken"}', None, status="success"),
    Cause(None, None, status="cancelled", took_s=0.8),
    Cause(None, None, status="started", answered=False),
    Cause("Error: certificate has expired", "TLS handshake failed: certificate has expired", took_s=0.3),
    Cause("No hay conexión con el servidor.", "getaddrinfo ENOTFOUND erp.example.com", took_s=0.2),
    Cause('{"code":"E-@n@","msg":"database is locked"}', 'HTTP 500: {"code":"E-@n@","msg":"database is locked"}', 1.4),
    Cause("null", "Expected an object, received null", took_s=0.3),
    Cause("Payload Too Large", "HTTP 413 Payload Too Large: @n@00 kB", took_s=0.2),
)
WEIGHTS: Final = tuple(round(1000 / rank**1.1) for rank in range(1, len(CAUSES) + 1))

_WORDS: Final = {
    "again": {
        "en": (
            "Sorry, that did not go through. Let me try once more.",
            "One moment, the system is slow today. I'll try again.",
            "Hm, it did not answer. Give me a second.",
        ),
        "es": (
            "Perdone, no ha respondido. Lo intento otra vez.",
            "Un momento, el sistema va lento hoy. Vuelvo a probar.",
        ),
    },
    "sorry": {
        "en": (
            "I'm sorry, I can't reach our system right now. A colleague will call you back within the hour.",
            "I apologise, this is not working at the moment. I have left a note so that someone rings you today.",
            "I'm afraid I can't finish this now. Could you try again this afternoon, or shall we call you?",
        ),
        "es": (
            "Lo siento, ahora mismo no puedo acceder al sistema. Una compañera le llamará antes de una hora.",
            "Disculpe, no funciona en este momento. Dejo una nota para que le llamen hoy.",
        ),
    },
    "resigned": {
        "en": ("Okay. Please do call me back.", "Again? Fine, I'll wait for the call.", "All right, thanks anyway."),
        "es": ("Vale, espero la llamada.", "Bueno, gracias de todos modos.", "¿Otra vez? En fin, de acuerdo."),
    },
    "bye": {
        "en": ("Thank you for your patience. Goodbye.", "Thanks for calling, talk to you soon."),
        "es": ("Gracias por su paciencia. Hasta luego.", "Gracias por llamar, que tenga buen día."),
    },
}


def words(occasion: str, language: str, rng: Random) -> str:
    """A sentence for this occasion."""
    return rng.choice(_WORDS[occasion][language])
