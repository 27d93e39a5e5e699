"""Every error that the server raises on purpose. Each message has a fact and a hint, and no foreign text.

    ServerError
    |-- ConfigurationError          a setting is wrong; the server does not start
    |-- InvalidRequestError         an argument is wrong; the message says what it takes
    |-- ArchiveError                the archive cannot be used; providers can still be asked
    |   |-- ArchiveAwayError        nothing answers at its address
    |   |-- ArchiveRepairedError    damaged parts were removed; the same question works now
    |   `-- ArchiveBusyError        another process has locked it; a later attempt may work
    `-- ProviderError               a provider did not answer a request
        |-- NetworkSettingError     a proxy or certificate variable cannot be used; nothing was sent
        |-- StillReadingError       the time for an answer is up; reading continues
        |-- AuthenticationError     401, 403
        |-- NotFoundError           404, 410
        |-- RateLimitedError        429, after all retries
        |-- UnavailableError        transport errors, timeouts, 408, 5xx
        `-- UnexpectedResponseError not what the API documents (redirect, HTML, broken JSON)
            `-- AnswerTooLargeError a response over the size limit

Models and people read `str(error)`. It never contains a response body, a URL or a key.
"""

from __future__ import annotations


class ServerError(Exception):
    """The base of all errors that are raised on purpose."""


class ConfigurationError(ServerError):
    """A setting is missing or malformed; the message names the variable and the fix."""


class InvalidRequestError(ServerError):
    """An argument cannot be used; the message names it and says what it takes."""


class ArchiveError(ServerError):
    """The archive cannot be opened, read or written.

    Attributes:
        fact: what happened, as a clause.
        hint: how to fix it, as a sentence.
    """

    def __init__(self, fact: str, hint: str) -> None:
        """Compose the one-line message."""
        super().__init__(f"The archive {fact}. {hint}")
        self.fact = fact
        self.hint = hint


class ArchiveAwayError(ArchiveError):
    """Nothing answers at the archive's address."""


class ArchiveRepairedError(ArchiveError):
    """The archive was damaged. The damaged parts were removed, so the same question works now."""


class ArchiveBusyError(ArchiveError):
    """Another process locked the archive for longer than we wait."""


class ProviderError(ServerError):
    """A provider did not answer a request.

    Attributes:
        provider: the provider's name, such as "ultravox".
        fact: what happened, as a clause.
        hint: what to do about it, as a sentence.
        status: the HTTP status; None if there was no response.
        code: the provider's error code, if it is a plain word such as "CALL_NOT_FOUND"; for decisions in code, never
            shown.
        retry_after_s: how many seconds the provider asks us to wait; None if it does not say.
    """

    def __init__(
        self,
        provider: str,
        fact: str,
        hint: str,
        *,
        status: int | None = None,
        code: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        """Compose the one-line message from its three parts."""
        super().__init__(f"{provider}: {fact}. {hint}")
        self.provider = provider
        self.fact = fact
        self.hint = hint
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s


class NetworkSettingError(ProviderError):
    """A proxy or certificate variable cannot be used, so no request was sent."""


class StillReadingError(ProviderError):
    """The time for an answer is up before everything was read; reading continues."""


class AuthenticationError(ProviderError):
    """The key was refused, or lacks the permission to read this."""


class NotFoundError(ProviderError):
    """The provider has nothing with this id under this key."""


class RateLimitedError(ProviderError):
    """The provider's rate limit was reached, and all retries failed."""


class UnavailableError(ProviderError):
    """No response, or a 5xx, after all retries."""


class UnexpectedResponseError(ProviderError):
    """A response that differs from the API's documentation."""


class AnswerTooLargeError(UnexpectedResponseError):
    """A response over the size limit; a smaller page may fit."""
