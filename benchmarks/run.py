"""`make bench`: measures what this project promises, and says which bounds are not met.

Times are ratios within one run, since machines are noisy and shared: what is compared runs in turns, and the median
counts. The archive's times are absolute, because its promises are. The exit code is 1 if a bound is not met.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

import archive_answers
import archive_clickhouse
import archive_million
import archive_scale
import archive_start
import growth
import http_load
import installed_weight
import memory_peak
import request_counts
import source_costs
import start_time
import token_prices
import wall_time
from figures import Theme, json_text, markdown_table, text_table

if TYPE_CHECKING:
    from types import ModuleType

THEMES: dict[str, ModuleType] = {
    "tokens": token_prices,
    "requests": request_counts,
    "sources": source_costs,
    "time": wall_time,
    "start": start_time,
    "weight": installed_weight,
    "memory": memory_peak,
    "growth": growth,
    "http": http_load,
    "archive": archive_scale,
    "archive-start": archive_start,
    "answers": archive_answers,
    "million": archive_million,
    "clickhouse": archive_clickhouse,
}
ON_REQUEST = ("million", "clickhouse")
"""Themes that take minutes or need an extra package; they run only if `--only` names them."""


def main() -> int:
    """Measure the requested themes and print one table."""
    asked = _asked()
    themes: list[Theme] = []
    for name in asked.only:
        began = time.monotonic()
        themes.append(Theme(name, THEMES[name].TITLE, tuple(THEMES[name].measure())))
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    show = json_text if asked.json else markdown_table if asked.markdown else text_table
    print(show(themes))
    missed = [figure for theme in themes for figure in theme.figures if figure.is_met is False]
    if missed:
        print(f"{len(missed)} not met: {'; '.join(figure.name for figure in missed)}", file=sys.stderr)
    return 1 if missed else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what this project promises.")
    parser.add_argument(
        "--only",
        type=_names,
        default=[name for name in THEMES if name not in ON_REQUEST],
        metavar="THEME,...",
        help=f"some of {', '.join(THEMES)}; {' and '.join(ON_REQUEST)} run only when named",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="for a script")
    form.add_argument("--markdown", action="store_true", help="the table that the README quotes")
    return parser.parse_args()


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in THEMES]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown) or 'nothing'}: not one of {', '.join(THEMES)}")
    return names


if __name__ == "__main__":
    sys.exit(main())
