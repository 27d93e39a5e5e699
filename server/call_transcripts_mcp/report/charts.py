"""What a chart shows, as data for the script of the page and as a table for those who do not see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Series:
    """One row of values.

    Attributes:
        label: its name in the legend.
        colour: the name of a colour of the style sheet: ok, failed, suspected, calls, caller, agent, wait ...
        values: one for each label of the chart; for spans `[start, end]`; None leaves a gap.
        kind: bar, or line for a rate on an axis of its own.
        refs: by value, the fragment of the page that a click opens.
    """

    label: str
    colour: str
    values: Sequence[Any]
    kind: str = "bar"
    refs: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart with its numbers.

    Attributes:
        name: of its canvas, unique in the page.
        title: a heading.
        summary: what it shows, in a sentence.
        labels: of its bars.
        series: rows of values.
        head, rows: the same numbers as a table, already as text.
        is_horizontal: whether bars run to the right.
        is_stacked: whether the series are stacked.
        unit: of the values: "calls", "s" for offsets in a call, "" for plain counts.
        is_empty: there is nothing to draw.
    """

    name: str
    title: str
    summary: str
    labels: Sequence[str]
    series: Sequence[Series]
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    is_horizontal: bool = False
    is_stacked: bool = False
    unit: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.labels or not any(value for one in self.series for value in one.values)

    def drawn(self) -> dict[str, Any]:
        """The data for the script."""
        return {
            "labels": list(self.labels),
            "horizontal": self.is_horizontal,
            "stacked": self.is_stacked,
            "unit": self.unit,
            "series": [
                {
                    "label": one.label,
                    "colour": one.colour,
                    "kind": one.kind,
                    "values": list(one.values),
                    "refs": list(one.refs),
                }
                for one in self.series
            ],
        }


@dataclass(frozen=True, slots=True)
class Charts:
    """The charts of a page, in order."""

    every: list[Chart] = field(default_factory=list[Chart])

    def add(self, chart: Chart) -> Chart:
        """Add a chart, which is drawn unless it is empty."""
        self.every.append(chart)
        return chart

    def drawn(self) -> dict[str, Any]:
        """By name, the data for the script."""
        return {chart.name: chart.drawn() for chart in self.every if not chart.is_empty}
