"""Options that several commands share."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from call_transcripts_mcp.cli import completion
from call_transcripts_mcp.end_reasons import EndReason
from call_transcripts_mcp.tools.values import whole_number

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST_INTERVAL_S = 24 * 3600
_Command = TypeVar("_Command", bound="Callable[..., Any]")


def _together(*options: Callable[[Any], Any]) -> Callable[[_Command], _Command]:
    """Several options as one decorator, listed in this order."""

    def decorate(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _with_commas(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> str | None:
    return ",".join(given) or None


def _one_alone(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> str | None:
    if len(given) > 1:
        raise click.BadParameter("one at a time; run the command once for each.")
    return given[0] if given else None


several = partial(click.option, multiple=True, callback=_with_commas)
"""An option of several values: with commas, or given again for each."""
PROVIDER = several(
    "--provider", metavar="NAME", help="ultravox, diga, files, ...; all that are configured if left out."
)
UNTIL = click.option("--until", metavar="WHEN", help="To: like --since.")
WINDOW = _together(
    click.option(
        "--since", metavar="WHEN", help="From: 24h, yesterday, last week, a date or a time; local if no zone."
    ),
    UNTIL,
    PROVIDER,
    click.option(
        "--agent",
        metavar="AGENT",
        multiple=True,
        callback=_one_alone,
        shell_complete=completion.agents,
        help="Agent id, or part of its name.",
    ),
)
FILTERS = _together(
    WINDOW,
    several("--ended", metavar="HOW", help=f"{', '.join(EndReason).replace('_', '-')}; several with commas."),
    click.option("--min-duration", metavar="LENGTH", help='At least so long: 90, 90s, 2m, "1:30".'),
    click.option("--max-duration", metavar="LENGTH", help="At most so long."),
    several("--direction", metavar="WAY", help="inbound or outbound."),
    click.option("--version", metavar="VERSION", help="The agent's version."),
    click.option("--contact", metavar="CONTACT", help="The other party: a phone number or a user id."),
)
"""By which every command over many calls chooses them; `--tool` and `--verdict` have words of their own in each."""
VERDICT_HELP = "ok, failed, suspected, no_result, cancelled, pending, unknown; failures for all bad ones."
CALLED = _together(
    several("--tool", metavar="TOOL", shell_complete=completion.tools, help="Only calls that called this tool."),
    several("--verdict", metavar="VERDICT", help=f"Only calls with such tool calls: {VERDICT_HELP}"),
)
"""The filters by tool calls, where they choose whole calls."""
CURSOR = click.option("--cursor", metavar="CURSOR", help="From the previous answer; same other options.")
OUTPUT = click.option(
    "-o", "--output", metavar="FILE", help="Write to FILE, which is replaced, instead of the terminal."
)
JSON = click.option(
    "--json", "as_json", is_flag=True, help="One JSON document for scripts; secrets are masked there too."
)


def _choose_form(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: FBT001 - as click calls it
    """Set the command's argument `form`; None if none of its options was given."""
    chosen = ctx.params.setdefault("form", None)
    if not value:
        return
    if chosen is not None:
        raise click.UsageError(f"--{chosen} and --{param.name} exclude each other.", ctx)
    ctx.params["form"] = param.name


def _form(name: str, text: str) -> Callable[[_Command], _Command]:
    return click.option(f"--{name}", name, is_flag=True, expose_value=False, callback=_choose_form, help=text)


FORM = _together(
    _form("json", "One JSON document for scripts; secrets are masked there too."),
    _form("ndjson", "Rows for scripts: one JSON object a line."),
    _form("csv", "Rows for a spreadsheet, with a line of names."),
)
EXIT_CODE = click.option("--exit-code", is_flag=True, help="Exit with 3 if anything was found, with 0 if nothing was.")


class Number(click.ParamType[int, object]):
    """A whole number in any form that the tools understand; the tools check its range."""

    name = "number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it, or end with a usage error."""
        try:
            return whole_number(value)
        except ValueError as error:
            self.fail(f"it {error}.", param, ctx)


def number(name: str, default: str | None, text: str) -> Callable[[_Command], _Command]:
    """An option that takes a number."""
    left_out = f"; {default} if left out." if default else "."
    return click.option(name, type=Number(), metavar="NUMBER", help=text.removesuffix(".") + left_out)


class Interval(click.ParamType[float, object]):
    """Minutes, or seconds with an `s`; in seconds."""

    name = "minutes"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it, or end with a usage error."""
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"([0-9]{1,5}(?:\.[0-9]{1,3})?)\s*(s|m|min|h)?", str(value).strip())
        seconds = float(found[1]) * {"s": 1, "h": 3600}.get(found[2], 60) if found else 0.0
        if not 0 < seconds <= _LONGEST_INTERVAL_S:
            self.fail("it is a number of minutes up to 1440, such as 15.", param, ctx)
        return seconds
