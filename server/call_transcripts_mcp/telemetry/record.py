"""What this server records of itself. Until `starting.start` is called, all of it does nothing and loads nothing."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


@dataclass(slots=True)
class AnswerRecord:
    """A question that is being answered.

    Attributes:
        outcome: "answered", "refused" for an error that says what to do, "failed" for a crash.
        tokens: the length of the answer; None if it was not counted.
    """

    outcome: str = "answered"
    tokens: int | None = None


@dataclass(slots=True)
class RequestRecord:
    """A request to a provider.

    Attributes:
        attempts: how often it was sent so far.
    """

    attempts: int = 0


class Recorder(Protocol):
    """Records what happens."""

    def answering(self, tool: str, method: str) -> AbstractContextManager[AnswerRecord]:
        """Record an answer."""
        ...

    def requesting(self, provider: str, method: str, path: str) -> AbstractContextManager[RequestRecord]:
        """Record a request."""
        ...

    def end(self) -> None:
        """Send what is left, within a few seconds."""
        ...


_recorder: Recorder | None = None


def use(recorder: Recorder) -> None:
    """Record with this from now on."""
    global _recorder  # noqa: PLW0603 - one per process, as OpenTelemetry's providers are
    _recorder = recorder


def is_recording() -> bool:
    """Whether anything is recorded."""
    return _recorder is not None


def answering(tool: str, method: str) -> AbstractContextManager[AnswerRecord]:
    """Record how a question is answered, while the context is open.

    Args:
        tool: the name of the tool that answers.
        method: of the request: `tools/call`, or `resources/read`.
    """
    return nullcontext(AnswerRecord()) if _recorder is None else _recorder.answering(tool, method)


def requesting(provider: str, method: str, path: str) -> AbstractContextManager[RequestRecord]:
    """Record a request to a provider with its retries, while the context is open; an error in it may have a `status`.

    Args:
        provider: the name of the account.
        method: of HTTP.
        path: below the base URL; the ids in it are not recorded.
    """
    return nullcontext(RequestRecord()) if _recorder is None else _recorder.requesting(provider, method, path)


def end() -> None:
    """Send what was recorded and not sent yet; takes a few seconds at most."""
    if _recorder is not None:
        _recorder.end()
