"""The commands that ask a tool: calls, show, failures, stats, search."""

from __future__ import annotations

import click

from call_transcripts_mcp.cli import completion
from call_transcripts_mcp.cli.exit_codes import exit_codes
from call_transcripts_mcp.cli.gate import Condition, ConditionType
from call_transcripts_mcp.cli.options import CALLED, CURSOR, EXIT_CODE, FILTERS, FORM, VERDICT_HELP, number, several
from call_transcripts_mcp.cli.paths import existing, refuse_among_words, refuse_archived, split_all
from call_transcripts_mcp.cli.running import Shown, answer
from call_transcripts_mcp.cli.terminal.screen import NO_PAGER


@click.command(
    epilog="""\b
Examples:
  call-transcripts-mcp calls --since 7d --agent booking
  call-transcripts-mcp calls ./transcripts/
"""
    + exit_codes(more="3 something was found (--exit-code)"),
)
@click.argument("files", nargs=-1, metavar="[FILES]...")
@FILTERS
@click.option("--text", metavar="WORDS", help="Search words, where the provider can search.")
@several("--tool", metavar="TOOL", shell_complete=completion.tools, help="Archived calls that called this tool.")
@several("--verdict", metavar="VERDICT", help=f"Archived calls with such tool calls: {VERDICT_HELP}")
@click.option("--failed", is_flag=True, help="Short for --verdict failures.")
@number("--limit", "20", "How many calls, at most 100.")
@CURSOR
@FORM
@NO_PAGER
@EXIT_CODE
def calls(*, files: tuple[str, ...], form: str | None, exit_code: bool, failed: bool, **given: object) -> None:
    """List calls, newest first: of all accounts, or those in FILES (files, folders and globs of transcripts)."""
    if failed and given["verdict"]:
        raise click.UsageError("--failed is short for --verdict failures; give one of them.")
    asked = given | ({"verdict": "failures"} if failed else {})
    files = existing(files)
    refuse_archived(asked, files)
    answer("list_calls", asked, Shown(form, exit_code=exit_code), files=files)


@click.command(
    epilog="\b\nExample:\n  call-transcripts-mcp show ultravox:0b1c... --messages 40-60 --full" + exit_codes()
)
@click.argument("call_id", metavar="CALL", shell_complete=completion.refs)
@click.option("--stage", metavar="STAGE", help="A stage's number or id; all stages if left out.")
@several("--roles", metavar="ROLES", help="user, agent, tool, system, other; several with commas.")
@click.option("--messages", metavar="NUMBERS", help='"40-60", "40-", "-20" (the last 20), "41,45" or "15:53-16:10".')
@click.option("--around", metavar="NUMBER", help="This message, or 15:53, with 5 lines before and after; 176+-9 for 9.")
@click.option("--contains", metavar="TEXT", help="Only lines with this text.")
@several("--verdict", metavar="VERDICT", help=f"Only such tool calls: {VERDICT_HELP}")
@click.option("--detail", metavar="DETAIL", help="compact clips long texts, and says so; full does not.")
@click.option("--full", is_flag=True, help="Short for --detail full.")
@number("--max-tokens", None, "A page of this size, 500 to 20000; the whole transcript if left out.")
@click.option("--html", metavar="FILE", help="Write the whole call as a page for a browser to FILE.")
@CURSOR
@FORM
@NO_PAGER
def show(*, form: str | None, full: bool, html: str | None, **given: object) -> None:
    """Print the transcript of CALL, each tool call with its result and verdict.

    CALL is provider:id as `calls` prints it, a bare id, the first characters of one, a link, or a file that holds one
    call; FILE#files:id is a call in a file or folder. With #8 at its end, only message 8 is shown.
    """
    if full and str(given["detail"]).casefold() == "compact":
        raise click.UsageError("--full and --detail compact exclude each other.")
    if form and (given["cursor"] or given["max_tokens"]):
        raise click.UsageError(f"--{form} has no pages; leave out --max-tokens and --cursor.")
    if html is not None:
        if form or full or any(value is not None for name, value in given.items() if name != "call_id"):
            raise click.UsageError("--html shows the whole call; leave out the other options.")
        from call_transcripts_mcp.cli.pages import write_call  # noqa: PLC0415 - templates take time to load

        write_call(str(given["call_id"]), html)
        return
    detail = "full" if full else given["detail"]
    is_whole = given["max_tokens"] is None
    files, named = split_all((str(given["call_id"]),))
    asked = given | {"call_id": named, "detail": detail}
    answer("list_call_messages", asked, Shown(form), is_unabridged=is_whole, files=files)


@click.command(
    epilog="""\b
Examples:
  call-transcripts-mcp failures --since 24h --tool check_availability
  call-transcripts-mcp failures --since 1d --fail-on "rate>5%" --fail-on new
  call-transcripts-mcp failures ./transcripts/
"""
    + exit_codes(more="3 something was found (--exit-code); 4 a condition was met (--fail-on)"),
)
@click.argument("call_id", nargs=-1, metavar="[CALL | FILES...]", shell_complete=completion.refs)
@FILTERS
@several("--tool", metavar="TOOL", shell_complete=completion.tools, help="Only this tool.")
@several("--verdict", metavar="VERDICT", help="Only such failures: failed, suspected or no_result.")
@click.option("--compare", is_flag=True, help="Compare with the previous window of the same length.")
@number("--examples", "1", "Per cause, at most 10; --json has every failure.")
@number("--max-calls", "200", "Newest calls read, at most 1000.")
@number("--max-tokens", "6000", "Room for the text, 500 to 20000.")
@FORM
@NO_PAGER
@EXIT_CODE
@click.option(
    "--fail-on",
    type=ConditionType(),
    multiple=True,
    metavar="CONDITION",
    help='Exit with 4 if it is met: "rate>5%", "failures>10", "unrecovered>3" or new; repeatable.',
)
def failures(
    *,
    call_id: tuple[str, ...],
    form: str | None,
    exit_code: bool,
    fail_on: tuple[Condition, ...],
    compare: bool,
    **given: object,
) -> None:
    """Say which tool calls failed, why and how often: in CALL, or in all calls of a window (7 days unless given).

    FILES are files, folders and globs of transcripts; all calls in them are counted, unless --since is given.
    """
    if call_id and any(condition.measure == "new" for condition in fail_on):
        raise click.UsageError("--fail-on new compares windows; leave out CALL and FILES.")
    is_compared = compare or any(condition.measure == "new" for condition in fail_on)
    files, named = split_all(call_id)
    asked = given | {"call_id": named, "compare": "previous" if is_compared else None}
    shown = Shown(form, exit_code=exit_code, fail_on=fail_on)
    answer("summarize_tool_failures", asked, shown, is_unabridged=form is not None, files=files)


@click.command(
    epilog="""\b
Examples:
  call-transcripts-mcp stats --since 30d --group-by agent
  call-transcripts-mcp stats --since 7d --compare previous
  call-transcripts-mcp stats --version 13 --compare version:12 --json
"""
    + exit_codes(),
)
@click.argument("files", nargs=-1, metavar="[FILES]...")
@FILTERS
@CALLED
@several(
    "--group-by",
    metavar="WORDS",
    help="day, week, hour (of the day), agent, version, ended, provider or tool; two with a comma.",
)
@click.option("--compare", metavar="WITH", help="previous (the window before), or another version: version:12.")
@number("--look-at", "10", "How many calls to look at, at most 50.")
@number("--max-calls", "200", "Newest transcripts read, at most 1000; archived ones do not count.")
@number("--max-tokens", "6000", "Room for the text, 500 to 20000.")
@FORM
@NO_PAGER
def stats(*, files: tuple[str, ...], form: str | None, **given: object) -> None:
    """Say how the calls went, in numbers: how many, how long, how they ended, failed tool calls, waits, cost.

    Of all calls of a window (7 days unless given), or of those in FILES. With --group-by a row for each group, with
    --compare the differences that a test shows; and the calls to look at, each with its reason.
    """
    answer("summarize_calls", given, Shown(form), is_unabridged=form == "json", files=existing(files))


class _Search(click.Command):
    """Says how to leave out a word, since `-word` reads like an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments, or end with a usage error."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.option_name.startswith("--"):
                raise
            hint = "To leave out a word, write -- before TEXT: search -- table -terrace"
            raise click.UsageError(f"{error.format_message()} {hint}", ctx) from None


@click.command(
    cls=_Search,
    epilog="""\b
Examples:
  call-transcripts-mcp search refund --since 30d --roles user
  call-transcripts-mcp search '"card was declined" retry OR again -test' --order relevance
  call-transcripts-mcp search --tool check_availability --verdict failures --refs-only
"""
    + exit_codes(more="3 something was found (--exit-code)"),
)
@click.argument("text", nargs=-1, metavar="[TEXT]...")
@FILTERS
@several("--roles", metavar="ROLES", help="user, agent, tool, system, other; several with commas.")
@several("--tool", metavar="TOOL", shell_complete=completion.tools, help="Only calls of this tool.")
@several("--verdict", metavar="VERDICT", help=f"Tool calls alone: {VERDICT_HELP}")
@click.option("--order", metavar="ORDER", help="Which come first: newest or relevance; newest if left out.")
@click.option("--refs-only", is_flag=True, help="One line a call.")
@number("--limit", "20", "How many hits, or calls with --refs-only; at most 100.")
@CURSOR
@FORM
@NO_PAGER
@EXIT_CODE
def search(*, text: tuple[str, ...], form: str | None, exit_code: bool, **given: object) -> None:
    """Search archived transcripts for every word of TEXT, or for a phrase in double quotes.

    OR between words takes either, -word leaves lines out, begin* takes every ending. Without TEXT, --tool, --verdict
    or --roles choose the lines. The answer says which window and how many calls were searched; `sync` adds more.
    """
    refuse_among_words(text)
    answer("search_messages", {"text": " ".join(text), **given}, Shown(form, exit_code=exit_code))
