"""Whether a server with a large archive starts more slowly than one with an empty one; over stdio, like a host."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import anyio

from archive_filling import archive_at, fill
from asking import environment
from call_transcripts_mcp import connect, settings
from call_transcripts_mcp.cli.sync.batch import SMALL_BATCHES
from figures import Figure
from platform_process import sample_platform
from stdio_process import running

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLE = "Start of a server whose archive holds much, against one whose archive is empty"

SIZES = (10_000, 100_000)
RATIO = 1.1
ROUNDS = 11
FLEET_CALLS = 100


class Start(NamedTuple):
    """Seconds from the start of the process.

    Attributes:
        ready_s: until the answer to `tools/list`, after the one to `initialize`.
        answered_s: from there to the answer of `list_calls`, which opens the archive.
    """

    ready_s: float
    answered_s: float


def measure() -> list[Figure]:
    """All figures of this theme."""
    return measure_starts(SIZES)


def measure_starts(sizes: tuple[int, ...]) -> list[Figure]:
    """The figures with archives of these sizes."""
    with tempfile.TemporaryDirectory() as folder, sample_platform(FLEET_CALLS, 0) as platform:
        variables = {messages: _variables(Path(folder), messages, platform.base_url) for messages in (0, *sizes)}
        for messages, names in variables.items():
            if messages:
                anyio.run(_fill, names, messages)
        for names in variables.values():
            _start(names)  # creates the empty one, and fills the caches for the others
        rounds = [_round(variables, number) for number in range(ROUNDS)]
    return [figure for messages in sizes for figure in _figures(rounds, messages)]


def _variables(folder: Path, messages: int, base_url: str) -> dict[str, str]:
    return environment(base_url) | {"CALL_TRANSCRIPTS_HOME": str(folder / str(messages))}


async def _fill(variables: Mapping[str, str], messages: int) -> None:
    """Fill the server's own archive, for the accounts that it will have."""
    found = settings.load(variables)
    identities = connect.identities_of(found, found.accounts)
    async with archive_at(found.archive_url or "", identities) as (_, opened):
        fill(opened, messages, SMALL_BATCHES)


def _round(variables: Mapping[int, Mapping[str, str]], number: int) -> dict[int, Start]:
    """One start with each archive, one right after the other, so that all see the same load."""
    sizes = list(variables)
    turned = sizes[number % len(sizes) :] + sizes[: number % len(sizes)]
    return {messages: _start(variables[messages]) for messages in turned}


def _start(variables: Mapping[str, str]) -> Start:
    began = time.perf_counter()
    with running(environment=variables) as server:
        server.initialize()
        server.request("tools/list", {})
        ready_s = time.perf_counter() - began
        text, is_error = server.call_tool("list_calls", {"limit": 20})
        if is_error:
            raise RuntimeError(text)
        return Start(ready_s, time.perf_counter() - began - ready_s)


def _figures(rounds: list[dict[int, Start]], messages: int) -> list[Figure]:
    ready = median(found[messages].ready_s / found[0].ready_s for found in rounds)
    answered = median(sum(found[messages]) / sum(found[0]) for found in rounds)
    on_this_machine = median(sum(found[messages]) for found in rounds)
    return [
        Figure(f"{messages:,} messages: to the list of tools", ready, RATIO, digits=2),
        Figure(f"{messages:,} messages: to the first answer of list_calls", answered, RATIO, digits=2),
        Figure(f"{messages:,} messages: to that answer, on this machine", on_this_machine, unit="s", digits=2),
    ]
