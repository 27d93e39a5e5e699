"""A measured figure with its bound, and tables of figures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_COLUMNS = ("figure", "measured", "at most", "")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of one run.

    Attributes:
        bound: the largest allowed value; None for a figure without a bound.
        unit: "" for a plain number or a ratio.
        digits: how many decimals are meaningful.
    """

    name: str
    measured: float
    bound: float | None = None
    unit: str = ""
    digits: int = 0

    @property
    def is_met(self) -> bool | None:
        """Whether the bound is met; None without one."""
        return None if self.bound is None else self.measured <= self.bound

    def row(self) -> tuple[str, str, str, str]:
        """The figure's cells."""
        verdict = {None: "", True: "ok", False: "NOT MET"}[self.is_met]
        return self.name, self._shown(self.measured), "" if self.bound is None else self._shown(self.bound), verdict

    def _shown(self, number: float) -> str:
        text = f"{number:,.{self.digits}f}"
        return f"{text} {self.unit}" if self.unit else text


@dataclass(frozen=True, slots=True)
class Theme:
    """The figures of one module, under the name that `--only` takes."""

    name: str
    title: str
    figures: tuple[Figure, ...]


def text_table(themes: Sequence[Theme]) -> str:
    """For a terminal: columns lined up, numbers to the right."""
    rows = [figure.row() for theme in themes for figure in theme.figures]
    widths = [max(len(row[at]) for row in [_COLUMNS, *rows]) for at in range(3)]

    def line(row: tuple[str, str, str, str]) -> str:
        name, measured, bound, verdict = row
        return f"{name:<{widths[0]}}  {measured:>{widths[1]}}  {bound:>{widths[2]}}  {verdict}".rstrip()

    lines = [line(_COLUMNS)]
    for theme in themes:
        lines += ["", theme.title, *(line(figure.row()) for figure in theme.figures)]
    return "\n".join(lines)


def markdown_table(themes: Sequence[Theme]) -> str:
    """For the README."""
    lines = ["| figure | measured | at most | |", "|---|---:|---:|---|"]
    for theme in themes:
        lines.append(f"| **{theme.title}** | | | |")
        lines += ["| " + " | ".join(figure.row()).rstrip() + " |" for figure in theme.figures]
    return "\n".join(lines)


def json_text(themes: Sequence[Theme]) -> str:
    """For a script."""
    rows = [
        {
            "theme": theme.name,
            "figure": figure.name,
            "measured": round(figure.measured, 4),
            "unit": figure.unit,
            "at_most": figure.bound,
            "met": figure.is_met,
        }
        for theme in themes
        for figure in theme.figures
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False)
