"""Whether each configured key works: is it accepted, what may it read, how fast is the answer; and what is kept."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio
import click

from call_transcripts_mcp import logs, providers, settings
from call_transcripts_mcp.cli import asking
from call_transcripts_mcp.cli import json_output as export
from call_transcripts_mcp.cli.archive import own_archive
from call_transcripts_mcp.cli.archive.report import when
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
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.settings import Settings
    from call_transcripts_mcp.tools.base import Desk

CALLS_LOOKED_AT = 10
"""Newest calls among which one with a failed tool call is sought, to try the logs."""

_KEEPS_LOGS = frozenset({"diga"})
"""Providers that tell the reasons of failures in logs, which a key may be barred from."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One thing a key should read.

    Attributes:
        ok: None when there was nothing to try it on.
        needed: a key that lacks this does not work.
    """

    name: str
    ok: bool | None
    detail: str
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Checked:
    """One account.

    Attributes:
        host: of its API.
        latency_ms: of the first answer, retries included; None when none came.
    """

    provider: str
    host: str
    key_accepted: bool
    latency_ms: int | None
    scopes: tuple[Scope, ...]

    @property
    def works(self) -> bool:
        """Whether calls and messages can be read."""
        return all(scope.ok is not False for scope in self.scopes if scope.needed)


@dataclass(frozen=True, slots=True)
class KeptCalls:
    """The archive, in brief. It is no account: one that is away or off stops nothing.

    Attributes:
        newest: when the newest kept call was created, None when nothing is kept.
        problem: why it cannot be used, None when it can.
    """

    place: str = ""
    calls: int = 0
    newest: datetime | None = None
    problem: str | None = None


def run(*, as_json: bool) -> bool:
    """Try every key and print what came of it.

    Returns:
        Whether every configured key works.

    Raises:
        ConfigurationError: a setting is wrong.
    """
    found = settings.load()
    logs.configure(found)

    async def job(desk: Desk) -> tuple[list[Checked], Foreign]:
        checked: dict[str, Checked] = {}

        async def check(provider: Provider) -> None:
            checked[provider.name] = await _check(provider, _host(found, provider.name))

        async with anyio.create_task_group() as tasks:
            for provider in desk.library.providers.values():
                tasks.start_soon(check, provider)
        return [checked[name] for name in desk.library.providers], desk.foreign

    checked, foreign = asking.at_desk(found, job)
    works = all(one.works for one in checked)
    kept = None if found.is_sample else _kept(found)
    if as_json:
        accounts = [asdict(one) | {"works": one.works} for one in checked]
        archive = None if kept is None else asdict(kept)
        export.write({"works": works, "is_sample": found.is_sample, "accounts": accounts, "archive": archive}, foreign)
    else:
        click.echo("\n".join(_lines(checked, kept)))
    return works


def _kept(found: Settings) -> KeptCalls:
    try:
        with own_archive.opened(found) as own:
            state = own.engine.state()
    except ArchiveError as error:
        return KeptCalls(problem=str(error))
    newest_ms = max((space.last_ms for space in state.spaces if space.last_ms is not None), default=None)
    return KeptCalls(state.place, sum(space.calls for space in state.spaces), when(newest_ms))


def _host(found: Settings, provider: str) -> str:
    if found.is_sample:
        return "the built-in sample platform"
    account = next(account for account in found.accounts if account.provider == provider)
    return urlsplit(account.base_url or providers.load(provider).ADAPTER.base_url).netloc


async def _check(provider: Provider, host: str) -> Checked:
    began = time.monotonic()
    try:
        page = await provider.list_calls(CallQuery(), limit=CALLS_LOOKED_AT)
    except ProviderError as error:
        # A key that may not list calls is a key all the same.
        accepted = isinstance(error, AuthenticationError) and error.status == 403  # noqa: PLR2004 - forbidden
        return Checked(provider.name, host, accepted, None, (Scope("calls", ok=False, detail=str(error)),))
    latency_ms = round((time.monotonic() - began) * 1000)
    total = "" if page.total is None else f", {page.total:,} in all"
    scopes = [Scope("calls", ok=True, detail=f"readable{total}" if page.calls else "readable, none there yet")]
    if page.calls:
        scopes += await _read(provider, page.calls)
    return Checked(provider.name, host, key_accepted=True, latency_ms=latency_ms, scopes=tuple(scopes))


async def _read(provider: Provider, calls: Sequence[Call]) -> list[Scope]:
    """The messages of the newest call; and the logs, which are read for a call with a failed tool call."""
    scopes: list[Scope] = []
    for call in calls:
        try:
            reading = await provider.read_messages(call)
        except ProviderError as error:
            if not scopes:
                return [Scope("messages", ok=False, detail=str(error))]
            break
        if not scopes:
            detail = f"readable, {len(reading.messages):,} in the newest call ({call.ref})"
            scopes.append(Scope("messages", ok=True, detail=detail))
        if provider.name not in _KEEPS_LOGS:
            return scopes
        if any(message.tool and message.tool.outcome is Outcome.FAILED for message in reading.messages):
            detail = "; ".join(reading.gaps) or f"readable ({call.ref})"
            return [*scopes, Scope("logs", ok=not reading.gaps, detail=detail, needed=False)]
    detail = f"not tried: no failed tool call in the newest {len(calls)} calls"
    return [*scopes, Scope("logs", ok=None, detail=detail, needed=False)]


def _lines(checked: Sequence[Checked], kept: KeptCalls | None) -> list[str]:
    """For people.

    Args:
        checked: the accounts.
        kept: None on the sample platform.
    """
    lines: list[str] = []
    is_sample = kept is None
    if is_sample:
        lines.append("No key is set, so the built-in sample platform answers.")
    for one in checked:
        key = "" if is_sample or not one.key_accepted else "key accepted"
        state = "works" if one.works else "DOES NOT WORK"
        latency = f"{one.latency_ms} ms" if one.latency_ms is not None else ""
        lines.append(" · ".join(part for part in (one.provider, one.host, state, key, latency) if part))
        lines += [f"  {scope.name}: {scope.detail}" for scope in one.scopes]
    if kept is not None:
        lines.append(_archive_line(kept))
    if is_sample:
        lines.append("To read your own calls, set ULTRAVOX_API_KEY or DIGA_API_KEY in the environment.")
    return lines


def _archive_line(kept: KeptCalls) -> str:
    if kept.problem is not None:
        return f"archive · NOT USED · {kept.problem}"
    newest = f"newest created {units.moment(kept.newest)}" if kept.newest else ""
    count = f"{units.count(kept.calls, 'call')} kept" if kept.calls else "empty; `call-transcripts-mcp sync` fills it"
    return " · ".join(part for part in ("archive", one_line(kept.place), count, newest) if part)
