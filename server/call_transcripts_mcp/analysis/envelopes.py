"""What kind of object a payload is: labels that describe the result, or a record with a state of its own.

`{"message": "wrong latitude", "code": 400}` has only labels, so its message is about the tool call. A shipment with
`status: exception` and a ticket with the title "Error on invoice" are records: the tool succeeded in finding them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from call_transcripts_mcp.analysis.error_values import ERROR_KEYS, MESSAGE_KEYS

if TYPE_CHECKING:
    from call_transcripts_mcp.analysis.bodies import Fields

_LABEL_KEYS = (
    "code", "cod", "status", "statuscode", "statustext", "state", "type", "kind", "object", "success", "ok",
    "name", "path", "instance", "method", "uri", "url", "timestamp", "time", "datetime", "date", "elapsed",
    "duration", "took", "requestid", "correlationid", "traceid", "transactionid", "rid", "logid", "spanid",
    "xrequestid", "eventid", "docurl", "documentationurl", "docs", "moreinfo", "help", "helpurl", "helplink",
    "link", "links", "info", "hint", "suggestion", "resolution", "action", "nextaction", "param", "params",
    "parameter", "field", "loc", "location", "errorid", "severity", "category", "subcategory", "context", "ctx",
    "meta", "level", "domain", "service", "retryable", "retryafter", "isretryable", "shouldretry",
    "sideeffectapplied", "executed", "retcode", "extensions", "retmsg", "statusmessage", "apiversion",
    "version", "notice", "target", "help_url", "data", "result", "results", "content", "body", "response",
    "output", "errno", "iserror", "failed", "valid", "input", "expected", "received", "validation", "stack",
    "trace", "source", "limit", "remaining", "resetat", "number", "debug", "advice", "attempts", "tool",
    "toolname", "function", "functionname", "operation", "toolcallid", "invocationid", "callid", "sessionid",
)  # fmt: skip
_LABELS = frozenset((*_LABEL_KEYS, *ERROR_KEYS, *MESSAGE_KEYS))
_WRAPPED = frozenset({"data", "result", "results", "content", "body", "response", "output", "meta", "source", "links"})

_IDENTITY_KEYS = (
    "id", "uuid", "gid", "sid", "sku", "key", "reference", "number", "name", "firstname", "email", "phone",
    "from", "sender", "author", "to", "createdat", "updatedat", "created", "assignedto", "customer", "shipment",
    "incident",
    "order", "ticket", "booking", "appointment", "priority", "assignee", "amount", "price", "dueat", "startsat",
    "subject", "items", "lastevent",
)  # fmt: skip
_IDENTITY = frozenset(_IDENTITY_KEYS)
_IDS_OF_REQUESTS = (
    "requestid", "correlationid", "traceid", "transactionid", "errorid", "logid", "eventid", "spanid", "callid",
    "sessionid", "toolcallid", "invocationid", "conversationid", "valid", "paid", "void", "invalid", "rid",
    "fbtraceid",
)  # fmt: skip


def is_all_labels(fields: Fields) -> bool:
    """Whether an object has only labels that describe the result: a message, a code, a request's id, but no payload."""
    for name, (_, value) in fields.items():
        if not value and value is not False:
            continue  # an empty list of results has no content; `eligible: false` has
        if name not in _LABELS or (name in _WRAPPED and isinstance(value, (dict, list))):
            return False
    return True


def is_thing(fields: Fields) -> bool:
    """Whether an object is a record with an identity, such as an order: its status and title describe the record."""
    return any(
        value and (name in _IDENTITY or (name.endswith("id") and name not in _IDS_OF_REQUESTS))
        for name, (_, value) in fields.items()
    )
