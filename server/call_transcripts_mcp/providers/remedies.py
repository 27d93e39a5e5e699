"""Which failures a platform's own documents explain. Each provider has a table of rules beside its adapter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from call_transcripts_mcp.findings.failures import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.findings.failures import Failure, Remedy

UNANSWERED = frozenset({Kind.TIMEOUT, Kind.NETWORK, Kind.SERVER_ERROR, Kind.AUTHENTICATION, Kind.RATE_LIMIT})
"""Kinds of failures where the tool's server did not answer, or answered with an error status."""


@dataclass(frozen=True, slots=True)
class RemedyRule:
    """One row of a table: every condition that is set must hold.

    Attributes:
        remedy: a fact from the platform's documents, in a sentence that says what to do.
        kinds: of the failure; empty for any.
        says: a regular expression that the error, the result or the evidence of the failure contains; "" for any.
        has_details: whether the platform gave details of the error that the agent did not see; None for either.
        has_error: whether there are words about the error, beside the evidence that there was one; None for either.
    """

    remedy: Remedy
    kinds: frozenset[Kind] = frozenset()
    says: str = ""
    has_details: bool | None = None
    has_error: bool | None = None

    def explains(self, failure: Failure) -> bool:
        """Whether a failure is of this sort."""
        found = failure.tool_call
        if self.kinds and failure.kind not in self.kinds:
            return False
        if self.has_details is not None and self.has_details != bool(found.error_details):
            return False
        if self.has_error is not None and self.has_error != (failure.error != found.evidence):
            return False
        texts = (failure.error, found.evidence, found.result_raw or "", found.outcome_raw or "")
        return not self.says or any(re.search(self.says, text, re.IGNORECASE) for text in texts)


def remedy_of(rules: Sequence[RemedyRule], failure: Failure) -> Remedy | None:
    """What the first rule that explains a failure says; None when none does."""
    return next((rule.remedy for rule in rules if rule.explains(failure)), None)
