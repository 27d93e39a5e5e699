"""The command `check`: is each key accepted, what may it read, how fast are answers; and the state of the archive."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import anyio
import click

from call_transcripts_mcp import connect, logs, providers, settings
from call_transcripts_mcp.cli import json_output, running
from call_transcripts_mcp.cli.archive import own_archive
from call_transcripts_mcp.cli.archive.report import when
from call_transcripts_mcp.cli.exit_codes import exit_codes
from call_transcripts_mcp.cli.options import JSON
from call_transcripts_mcp.cli.terminal import answers, screen
from call_transcripts_mcp.cli.voice import CommandVoice
from call_transcripts_mcp.errors import ArchiveError, AuthenticationError, ProviderError
from call_transcripts_mcp.model import Outcome
from call_transcripts_mcp.providers.base import CallQuery
from call_transcripts_mcp.render import units
from call_transcripts_mcp.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from call_transcripts_mcp.model import Call
    from call_transcripts_mcp.providers.base import Provider
    from call_transcripts_mcp.providers.files import Files
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.voice import Voice
    from call_transcripts_mcp.settings import Settings
    from call_transcripts_mcp.tools.base import ToolContext

NAMED_FILES = 100
"""How many files that cannot be read are named, each with the reason; other answers name fewer."""
CALLS_LOOKED_AT = 10
"""How many of the newest calls are searched for a failed tool call, to test access to the logs."""
SHOWN_IDS = 5


@dataclass(frozen=True, slots=True)
class Scope:
    """One thing that a key should read.

    Attributes:
        name: calls, messages, logs or files.
        ok: whether it can be read; null if there was nothing to test it with.
        detail: what was seen.
        needed: whether the account is useless without it.
    """

    name: str
    ok: bool | None
    detail: str
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Account:
    """One account.

    Attributes:
        provider: its name.
        host: the host of its API.
        key_accepted: whether the provider accepts the key.
        latency_ms: the time of the first answer in milliseconds, including retries; null if there was none.
        scopes: what the key can read.
        works: whether calls and messages can be read.
    """

    provider: str
    host: str
    key_accepted: bool
    latency_ms: int | None
    scopes: tuple[Scope, ...]
    works: bool


@dataclass(frozen=True, slots=True)
class ArchiveState:
    """The archive in brief. It does not affect `works`: calls can be read without it.

    Attributes:
        place: where it is.
        calls: how many calls it holds.
        newest_at: when the newest of them was created; null if it is empty.
        problem: why it cannot be used; null if it can.
    """

    place: str = ""
    calls: int = 0
    newest_at: datetime | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class AgentNamesState:
    """The file of agents' names.

    Attributes:
        names: how many it holds.
        unused: ids in it of agents that have none of the newest calls, listed or archived; in lower case.
    """

    names: int
    unused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckDocument:
    """`check --json`: whether each key works.

    Attributes:
        works: whether every account works.
        is_sample: whether no key is set, so that answers come from the built-in sample calls.
        accounts: each configured account.
        archive: the archive in brief; null for sample calls.
        agent_names: the file of agents' names; null without one.
    """

    works: bool
    is_sample: bool
    accounts: tuple[Account, ...]
    archive: ArchiveState | None
    agent_names: AgentNamesState | None


@click.command(
    epilog="\b\nExample:\n  call-transcripts-mcp check --json"
    + exit_codes(error="an error, or a key that does not work")
)
@JSON
@click.pass_context
def check(context: click.Context, *, as_json: bool) -> None:
    """Try each key: is it accepted, what may it read, how fast is the answer."""
    found = settings.load()
    logs.configure(found)
    accounts, agent_names = running.in_context(found, lambda context: _check_all(found, context))
    checked = CheckDocument(
        works=all(account.works for account in accounts),
        is_sample=found.is_sample,
        accounts=accounts,
        archive=None if found.is_sample else _archive_state(found),
        agent_names=agent_names,
    )
    foreign = connect.foreign_of(found)
    if as_json:
        json_output.write(checked, foreign)
    else:
        console = screen.terminal()
        answers.write_lines(_lines(checked, foreign, CommandVoice.of(check, console)), console)
    if not checked.works:
        context.exit(1)


async def _check_all(found: Settings, context: ToolContext) -> tuple[tuple[Account, ...], AgentNamesState | None]:
    accounts: dict[str, Account] = {}
    seen: list[Call] = []

    async def check_one(provider: Provider) -> None:
        accounts[provider.name] = await _check(provider, _host(found, provider.name), seen)

    async with anyio.create_task_group() as tasks:
        for provider in context.library.providers.values():
            tasks.start_soon(check_one, provider)
    names, state = context.library.names, None
    if names:
        unused = names.unused([*seen, *await context.library.newest_archived()])
        state = AgentNamesState(len(names.by_id), tuple(unused))
    return tuple(accounts[name] for name in context.library.providers), state


def _archive_state(found: Settings) -> ArchiveState:
    try:
        with own_archive.opened(found) as own:
            state = own.engine.state()
    except ArchiveError as error:
        return ArchiveState(problem=str(error))
    newest_ms = max((space.last_ms for space in state.spaces if space.last_ms is not None), default=None)
    return ArchiveState(state.place, sum(space.calls for space in state.spaces), when(newest_ms))


def _host(found: Settings, provider: str) -> str:
    if found.is_sample:
        return "the built-in sample platform"
    if provider == providers.FILES:
        return ", ".join(found.files)
    account = next(account for account in found.accounts if account.provider == provider)
    return urlsplit(account.base_url or providers.load(provider).ADAPTER.base_url).netloc


async def _check(provider: Provider, host: str, seen: list[Call]) -> Account:
    """Try one account; the newest calls are added to those that were seen."""
    began = time.monotonic()
    try:
        page = await provider.list_calls(CallQuery(), limit=CALLS_LOOKED_AT)
    except ProviderError as error:
        # A key that may not list calls is still a valid key.
        accepted = isinstance(error, AuthenticationError) and error.status == 403  # noqa: PLR2004 - forbidden
        scope = Scope("calls", ok=False, detail=str(error))
        return Account(provider.name, host, accepted, None, (scope,), works=False)
    latency_ms = round((time.monotonic() - began) * 1000)
    seen += page.calls
    total = "" if page.total is None else f", {page.total:,} in all"
    scopes = [Scope("calls", ok=True, detail=f"readable{total}" if page.calls else "readable, none there yet")]
    if provider.name == providers.FILES:
        files = cast("Files", provider)  # or what shows some of its calls
        told = "; ".join(filter(None, (page.gap, files.unusable(NAMED_FILES)))) or None
        scopes.append(Scope("files", ok=told is None, detail=_shapes(files, told), needed=False))
    if page.calls:
        scopes += await _read(provider, page.calls)
    works = all(scope.ok is not False for scope in scopes if scope.needed)
    return Account(provider.name, host, key_accepted=True, latency_ms=latency_ms, scopes=tuple(scopes), works=works)


def _shapes(files: Files, gap: str | None) -> str:
    """How many calls there are of each shape, and what could not be read."""
    counted = [f"{shape} {count:,}" for shape, count in files.shapes().most_common()]
    return "; ".join(filter(None, (", ".join(counted), gap))) or "no file with calls"


async def _read(provider: Provider, calls: Sequence[Call]) -> list[Scope]:
    """The messages of the newest call, and the logs of a call with a failed tool call."""
    scopes: list[Scope] = []
    for call in calls:
        try:
            reading = await provider.read_messages(call)
        except ProviderError as error:
            if not scopes:
                return [Scope("messages", ok=False, detail=str(error))]
            break
        if not scopes:
            detail = f"readable, {units.count(len(reading.messages), 'message')} in the newest call ({call.ref})"
            scopes.append(Scope("messages", ok=True, detail=detail))
        if not provider.has_logs:
            return scopes
        if any(message.tool and message.tool.outcome is Outcome.FAILED for message in reading.messages):
            detail = "; ".join(reading.gaps) or f"readable ({call.ref})"
            return [*scopes, Scope("logs", ok=not reading.gaps, detail=detail, needed=False)]
    detail = f"not tried: no failed tool call in the newest {len(calls)} calls"
    return [*scopes, Scope("logs", ok=None, detail=detail, needed=False)]


def _lines(checked: CheckDocument, foreign: Foreign, voice: Voice) -> list[str]:
    """The document as lines for people; masked, because the name of a file may contain a secret."""
    lines: list[str] = []
    if checked.is_sample:
        lines.append("No key is set, so the built-in sample platform answers.")
    for one in checked.accounts:
        has_key = one.key_accepted and one.provider != providers.FILES and not checked.is_sample
        key = "key accepted" if has_key else ""
        state = "works" if one.works else "DOES NOT WORK"
        latency = f"{one.latency_ms} ms" if one.latency_ms is not None else ""
        lines.append(" · ".join(part for part in (one.provider, one.host, state, key, latency) if part))
        lines += [f"  {scope.name}: {foreign.words(scope.detail)}" for scope in one.scopes]
    if checked.archive is not None:
        lines.append(_archive_line(checked.archive, voice))
    if checked.agent_names is not None:
        lines.append(_names_line(checked.agent_names, foreign))
    if checked.is_sample:
        lines.append("For your own calls, set a platform's key (such as ULTRAVOX_API_KEY) or CALL_TRANSCRIPTS_FILES.")
    return lines


def _names_line(found: AgentNamesState, foreign: Foreign) -> str:
    line = f"agent names · {units.count(found.names, 'name')}"
    if not found.unused:
        return line
    shown = ", ".join(foreign.name(one) for one in found.unused[:SHOWN_IDS])
    more = f" and {len(found.unused) - SHOWN_IDS} more" if len(found.unused) > SHOWN_IDS else ""
    return f"{line} · of no agent among the newest calls: {shown}{more}"


def _archive_line(archive: ArchiveState, voice: Voice) -> str:
    if archive.problem is not None:
        return f"archive · NOT USED · {archive.problem}"
    newest = f"newest created {voice.moment(archive.newest_at)}" if archive.newest_at else ""
    count = (
        f"{units.count(archive.calls, 'call')} kept" if archive.calls else "empty; `call-transcripts-mcp sync` fills it"
    )
    return " · ".join(part for part in ("archive", one_line(archive.place), count, newest) if part)
