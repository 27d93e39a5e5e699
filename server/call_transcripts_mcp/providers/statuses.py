"""The error for each HTTP status, and its text."""

from __future__ import annotations

from dataclasses import dataclass

from call_transcripts_mcp.errors import (
    AuthenticationError,
    NotFoundError,
    ProviderError,
    RateLimitedError,
    UnavailableError,
    UnexpectedResponseError,
)


@dataclass(frozen=True, slots=True)
class StatusRule:
    """An error, with templates for its fact and its hint.

    `{what}` is what was asked for ("the call's messages"); `{key}` and `{url}` are the names of the settings.
    """

    error: type[ProviderError]
    fact: str
    hint: str


_RULES: dict[int, StatusRule] = {
    400: StatusRule(
        UnexpectedResponseError, "refused the request for {what} as malformed", "Check the id and the filters."
    ),
    401: StatusRule(AuthenticationError, "the key was refused", "Check {key}."),
    403: StatusRule(
        AuthenticationError, "the key may not read {what}", "Check {key}, and that it has the read scope for this."
    ),
    404: StatusRule(
        NotFoundError, "cannot find {what} under this key", "Check the id, and which account the key belongs to."
    ),
    408: StatusRule(UnavailableError, "timed out while answering", "Try again."),
    410: StatusRule(NotFoundError, "no longer has {what}", "It was deleted at the provider."),
    422: StatusRule(
        UnexpectedResponseError, "refused the request for {what} as malformed", "Check the id and the filters."
    ),
    429: StatusRule(RateLimitedError, "too many requests", "Wait, or ask for a shorter window or fewer calls."),
}
_REDIRECT = StatusRule(
    UnexpectedResponseError,
    "answered with a redirect, which is not followed, so that the key is not sent elsewhere",
    "Check {url}.",
)
_SERVER_ERROR = StatusRule(UnavailableError, "failed on its side", "Try again in a while.")
_OTHER = StatusRule(UnexpectedResponseError, "answered with a status that its API does not document", "Check {url}.")


_NOT_FOUND_BELOW_A_PATH = StatusRule(
    NotFoundError,
    "cannot find {what} at this address",
    "Check the id, and {url}: it ends in a path, which may be wrong.",
)
_NO_SUCH_LIST = StatusRule(NotFoundError, "has no {what} at this address", "Check {url}.")
_NO_SUCH_LIST_BELOW_A_PATH = StatusRule(
    NotFoundError, "has no {what} at this address", "Check {url}: it ends in a path, which may be wrong."
)


def not_found_rule(*, names_id: bool, has_path: bool) -> StatusRule:
    """The rule for a 404 before any successful response, when the base URL may be wrong too.

    Args:
        names_id: the request was for an id, not for a list.
        has_path: the base URL has a path.
    """
    if names_id:
        return _NOT_FOUND_BELOW_A_PATH if has_path else _RULES[404]
    return _NO_SUCH_LIST_BELOW_A_PATH if has_path else _NO_SUCH_LIST


def status_rule(status: int) -> StatusRule:
    """The rule for a status other than 200, from the table or by its class."""
    if status in _RULES:
        return _RULES[status]
    if 300 <= status < 400:  # noqa: PLR2004 - the class of redirects
        return _REDIRECT
    if status >= 500:  # noqa: PLR2004 - the class of server errors
        return _SERVER_ERROR
    return _OTHER
