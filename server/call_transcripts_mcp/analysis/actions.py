"""Which tools change something, by the verb in their name, in English or Spanish.

Doing such a thing twice may do harm; looking something up twice does none. A name without a verb from these tables,
such as `delivery_options`, counts as a look-up. To add a verb, add it here and a row, with a near miss, to
tests/analysis/test_actions.py.
"""

from __future__ import annotations

import re
from functools import lru_cache

_ACTIONS = frozenset({
    "accept", "activate", "add", "allocate", "append", "apply", "appoint", "approve", "arrange", "assign", "attach",
    "authorize", "buy", "cancel", "checkin", "checkout", "clear", "complete", "confirm", "create", "deactivate",
    "debit", "decline", "delete", "deliver", "deposit", "disable", "dispatch", "donate", "edit", "enable", "enroll",
    "escalate", "execute", "extend", "generate", "grant", "insert", "invite", "make", "merge", "modify", "move",
    "notify", "onboard", "pair", "pause", "pay", "purchase", "put", "reactivate", "rebook", "redeem", "reassign",
    "reduce", "register", "reject", "release", "remind", "remove", "renew", "reopen", "replace", "reschedule",
    "reserve", "reset", "resend", "restart", "restore", "resume", "revoke", "save", "send", "set", "ship", "sign",
    "store", "submit", "subscribe", "suspend", "swap", "terminate", "trigger", "unblock", "unlock", "unregister",
    "unsubscribe", "update", "upgrade", "upload", "upsert", "withdraw", "write", "abonar", "activar", "actualizar",
    "agendar", "anular", "apuntar", "asignar", "aplazar", "aprobar", "autorizar", "bloquear", "cambiar", "cancelar",
    "cobrar", "comprar", "confirmar", "crear", "dar", "desactivar", "devolver", "editar", "eliminar", "emitir",
    "enviar", "generar", "grabar", "guardar", "iniciar", "insertar", "mandar", "marcar", "modificar", "mover",
    "notificar", "pagar", "pedir", "programar", "reagendar", "realizar", "reembolsar", "registrar", "renovar",
    "reprogramar", "reservar", "solicitar", "subir", "tramitar", "transferir",
})  # fmt: skip
_ACTIONS_OR_THINGS = frozenset({
    "address", "alert", "bill", "block", "book", "call", "change", "charge", "close", "contact", "credit", "email",
    "escalation", "file", "fill", "hold", "issue", "label", "lock", "log", "mail", "mark", "message", "note", "offer",
    "open", "order", "page", "park", "place", "post", "print", "process", "raise", "record", "refund", "report",
    "request", "return", "schedule", "sms", "start", "stop", "switch", "text", "ticket", "transfer", "waive", "cita",
    "nota", "pedido",
})  # fmt: skip
"""Verbs that are nouns or adjectives too: an action only as the first word, and unless the name ends in a thing."""
_LOOK_UPS = frozenset({
    "ask", "browse", "calculate", "check", "compare", "compute", "describe", "estimate", "explain", "fetch", "find",
    "get", "has", "identify", "inspect", "is", "list", "load", "locate", "look", "lookup", "match", "measure", "ping",
    "poll", "preview", "query", "quote", "read", "recommend", "retrieve", "search", "see", "show", "status", "suggest",
    "track", "validate", "verify", "view", "wait", "buscar", "calcular", "comprobar", "consultar", "estimar", "leer",
    "listar", "mostrar", "obtener", "validar", "ver", "verificar",
})  # fmt: skip
_THINGS = frozenset({
    "availability", "balance", "calendar", "catalog", "catalogue", "code", "codes", "cost", "costs", "data", "dates",
    "days", "details", "eligibility", "fee", "fees", "forecast", "history", "hours", "id", "info", "information",
    "inventory", "items", "latest", "list", "locations", "menu", "method", "methods", "options", "plan", "plans",
    "policies", "policy", "price", "prices", "profile", "quote", "rates", "reason", "reasons", "result", "results",
    "rules", "schema", "slots", "state", "statement", "stats", "status", "summary", "template", "templates", "terms",
    "time", "times", "type", "types", "window", "windows",
})  # fmt: skip
"""Last words of names that say what is looked up: refund_policy, order_status, open_slots."""
_NAMESPACE = re.compile(r"__|[.:/]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORDS = re.compile(r"[^\W_]+")
_AFTER_CHECK = frozenset({"in", "out"})  # check_in, check_out
_JOINTS = frozenset({"and", "then", "or", "y", "o"})  # find_and_book


@lru_cache(maxsize=512)
def is_action(tool: str) -> bool:
    """Whether a tool changes something, by its name."""
    name = _NAMESPACE.split(tool.strip())[-1]  # mcp__shop__place_order, shop.place_order
    return any(map(_acts, _parts(_WORDS.findall(_CAMEL.sub("_", name).lower()))))


def _parts(words: list[str]) -> list[list[str]]:
    """The parts of a name that "and" joins; one of them may act."""
    parts: list[list[str]] = [[]]
    for word in words:
        if word in _JOINTS:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def _acts(words: list[str]) -> bool:
    """Whether the first verb among the words acts."""
    if not words:
        return False
    if words[0] == "check" and _AFTER_CHECK & {*words[1:2]}:
        return True
    if words[0] in _ACTIONS_OR_THINGS and words[-1] not in _THINGS | _LOOK_UPS:
        return True
    verb = next((word for word in words if word in _ACTIONS or word in _LOOK_UPS), "")
    return verb in _ACTIONS
