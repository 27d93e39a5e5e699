"""The option `failures --fail-on`: conditions that make a script or a CI job fail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from call_transcripts_mcp.findings.comparison import ChangeKind, Rate
from call_transcripts_mcp.findings.window import CallFailures, FailureSummary
from call_transcripts_mcp.render import units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from call_transcripts_mcp.findings.failures import Cause, ToolStats
    from call_transcripts_mcp.render.foreign import Foreign

EXIT_CODE = 4
_CONDITION = re.compile(
    r"(?P<measure>rate|failures|unrecovered)\s*>\s*(?P<limit>[0-9]{1,9}(?:\.[0-9]{1,6})?)\s*(?P<unit>%?)"
)
_TAKES = 'takes "rate>5%", "failures>10", "unrecovered>3" or "new"'
_SHOWN_CAUSES = 3


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition.

    Attributes:
        measure: rate, failures, unrecovered or new.
        limit: the largest value that does not fail; a rate in percent.
        text: as it was typed.
    """

    measure: str
    limit: float
    text: str


class ConditionType(click.ParamType[Condition, object]):
    """Reads a condition as people type it."""

    name = "condition"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Condition:
        """Read it, or end with a usage error."""
        if isinstance(value, Condition):
            return value
        text = str(value).strip().casefold()
        if text == "new":
            return Condition("new", 0, text)
        found = _CONDITION.fullmatch(text)
        if found is None or (found["unit"] == "%") != (found["measure"] == "rate"):
            self.fail(f"it {_TAKES}.", param, ctx)
        return Condition(found["measure"], float(found["limit"]), re.sub(r"\s", "", text))


def reasons(found: CallFailures | FailureSummary, conditions: Sequence[Condition], foreign: Foreign) -> list[str]:
    """A line for each condition that is met, and for each that cannot be checked.

    Args:
        found: the failures; with the previous window if "new" is a condition.
        conditions: the conditions.
        foreign: masks and cleans names of tools.
    """
    told = (_reason(found, condition, foreign) for condition in conditions)
    return [line for line in told if line]


def _reason(found: CallFailures | FailureSummary, condition: Condition, foreign: Foreign) -> str:
    if condition.measure == "new":
        return _new(found, foreign)
    stats, causes = _counted(found)
    rate = Rate(sum(found.scope.failures(one.verdicts) for one in stats), sum(one.calls for one in stats))
    if condition.measure == "rate":
        share = 100 * rate.failures / rate.calls if rate.calls else 0.0
        percent = units.percent(rate.failures, rate.calls) if rate.calls else ""
        shown = f"{rate.failures:,} of {units.count(rate.calls, 'tool call')} failed ({percent})"
        return f"{condition.text}: {shown}" if share > condition.limit else ""
    unrecovered = sum(cause.count - cause.recovered for cause in causes)
    number, words = (
        (rate.failures, "failed") if condition.measure == "failures" else (unrecovered, "failed and did not recover")
    )
    return f"{condition.text}: {units.count(number, 'tool call')} {words}" if number > condition.limit else ""


def _new(found: CallFailures | FailureSummary, foreign: Foreign) -> str:
    """Causes that the previous window did not have."""
    if isinstance(found, CallFailures):
        return "new: one call cannot be compared with a window before it"
    if found.comparison is None:
        return f"new: {found.not_compared or 'there is no window before to compare with'}"
    new = [change for change in found.comparison.causes if change.change is ChangeKind.NEW]
    if not new:
        return ""
    shown = "; ".join(
        f"{foreign.name(change.cause.tool or 'unnamed tool')}, {change.cause.kind} ({change.current.failures:,})"
        for change in new[:_SHOWN_CAUSES]
    )
    more = f"; and {len(new) - _SHOWN_CAUSES} more" if len(new) > _SHOWN_CAUSES else ""
    return f"new: {units.count(len(new), 'new cause')}: {shown}{more}"


def _counted(found: CallFailures | FailureSummary) -> tuple[Sequence[ToolStats], Sequence[Cause]]:
    if isinstance(found, CallFailures):
        return found.report.stats, found.causes
    return found.window.tally.stats, found.window.tally.causes
