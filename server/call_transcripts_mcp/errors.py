"""Every error that a caller may meet. Each message has a fact and one hint, and never foreign text.

    ServerError
    |-- ConfigurationError          a setting is wrong; stops the start
    |-- InvalidRequestError         an argument is wrong; a smarter caller would not have sent it
    |-- ArchiveError                the archive cannot be used; providers can still be asked
    |   |-- ArchiveAwayError        nobody answers where it should be
    |   |-- ArchiveRepairedError    it was damaged; what was damaged was removed, so the same question works now
    |   `-- ArchiveBusyError        another process holds it; a later attempt may work
    `-- ProviderError               a provider did not answer as asked
        |-- NetworkSettingError     a proxy or certificate variable cannot be used; nothing was asked
        |-- StillReadingError       the answer is due; reading continues
        |-- AuthenticationError     401, 403
        |-- NotFoundError           404, 410
        |-- RateLimitedError        429, once the retries are used up
        |-- UnavailableError        transport errors, timeouts, 408, 5xx
        `-- UnexpectedResponseError an answer that breaks the published form (redirect, HTML, broken JSON)
            `-- AnswerTooLargeError one that goes beyond the limit of a body

`str(error)` is what a model or a person reads. It never holds an upstream body, a URL or a key.
"""

from __future__ import annotations


class ServerError(Exception):
    """The root: anything raised on purpose."""


class ConfigurationError(ServerError):
    """A setting is missing or malformed; the message names the variable and the fix."""


class InvalidRequestError(ServerError):
    """An argument cannot be used; the message names it and says what it takes."""


class ArchiveError(ServerError):
    """The archive cannot be opened, read or written.

    Attributes:
        fact: what happened, one clause.
        hint: how to mend it, one sentence.
    """

    def __init__(self, fact: str, hint: str) -> None:
        """Compose the one-line message."""
        super().__init__(f"The archive {fact}. {hint}")
        self.fact = fact
        self.hint = hint


class ArchiveAwayError(ArchiveError):
    """There is no answer at its address."""


class ArchiveRepairedError(ArchiveError):
    """It was damaged; what was damaged was removed, so the same question works now."""


class ArchiveBusyError(ArchiveError):
    """Another process held it for longer than we wait."""


class ProviderError(ServerError):
    """A provider did not answer as asked.

    Attributes:
        provider: the provider's name, such as "ultravox".
        fact: what happened, one clause.
        hint: what to do about it, one sentence.
        status: the HTTP status behind it, None when there was none.
        code: the provider's own error code when it is a plain word such as "CALL_NOT_FOUND"; for code to
            branch on, never shown.
        retry_after_s: seconds the provider asked us to wait, None when it did not say.
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
    """A proxy or certificate variable of the environment cannot be used, so the provider was not asked."""


class StillReadingError(ProviderError):
    """The answer is due before the provider has given everything; the reading goes on."""


class AuthenticationError(ProviderError):
    """The key was refused, or lacks the permission to read this."""


class NotFoundError(ProviderError):
    """The provider has nothing with this id under this key."""


class RateLimitedError(ProviderError):
    """The provider's limit was hit and the retries are used up."""


class UnavailableError(ProviderError):
    """No answer, or a 5xx one, after all retries."""


class UnexpectedResponseError(ProviderError):
    """An answer that is not what the provider publishes."""


class AnswerTooLargeError(UnexpectedResponseError):
    """An answer that goes beyond the limit of a body; a smaller page may fit."""
