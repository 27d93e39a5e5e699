"""What answers cost in tokens of o200k_base, on the fixed benchmark call, and how well they are estimated."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import anyio
import httpx

from asking import ask, client_of, read_pages
from call_transcripts_mcp import sample
from call_transcripts_mcp.render.tokens import estimate
from call_transcripts_mcp.sample.calls import benchmark_call_id
from call_transcripts_mcp.tools.base import MAX_TOKENS
from figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mcp import Client

    from call_transcripts_mcp.sample.calls import SampleCalls
    from call_transcripts_mcp.sample.conversation import Conversation

MEASURED_AT = datetime(2026, 5, 12, 9, 30, tzinfo=UTC)
TITLE = "Tokens (o200k_base), on a call of 200 messages with 30 tool calls, 7 of them failures"

FULL_SHARE = 0.95
COMPACT_TOKENS = 7000
FAILURES_TOKENS = 1000
TOOLS_TOKENS = 2000
INSTRUCTIONS_BYTES = 2048
UNDER_PERCENT = 3
OVER_PERCENT = 20
OVER_SHARE_PERCENT = 5

_CURSOR = re.compile(r'cursor="([^"]+)"')
LINES_IN_GROUP = 20
LEAST_TOKENS = 200
"""A shorter group is no sample, because one token is more than half a percent of it."""

# rs_bpe ships a compiled module without types; counting is all that we use of it.
_O200K = cast("Any", import_module("rs_bpe")).openai.o200k_base()


def measure() -> list[Figure]:
    """All figures of this theme."""
    return anyio.run(_measure)


def count(text: str) -> int:
    """How many tokens a text is."""
    return cast("int", _O200K.count(text))


@dataclass(frozen=True, slots=True)
class _Read:
    """One call as its platform gives it, and as we do."""

    message_count: int
    raw: str
    bare: str
    full: Sequence[str]
    compact: Sequence[str]

    @classmethod
    async def of(cls, client: Client, base_url: str, call_id: str) -> _Read:
        """Read one Ultravox call both ways."""
        bodies = await _bodies(base_url, call_id)
        messages: list[dict[str, Any]] = [message for body in bodies for message in json.loads(body)["results"]]
        words = [part for found in messages for part in (found.get("text"), found.get("errorDetails")) if part]
        return cls(
            message_count=len(messages),
            raw="".join(bodies),
            bare="\n".join(words),
            full=await read_pages(client, f"ultravox:{call_id}", "full"),
            compact=await read_pages(client, f"ultravox:{call_id}", "compact"),
        )

    def each(self) -> list[tuple[str, int]]:
        """The tokens of every form."""
        return [
            ("raw JSON", count(self.raw)),
            ("bare words", count(self.bare)),
            ("full", _sum(self.full)),
            ("compact", _sum(self.compact)),
        ]


async def _bodies(base_url: str, call_id: str) -> list[str]:
    """The pages of a call's messages, byte for byte."""
    bodies: list[str] = []
    params = {"mode": "in_call", "pageSize": "100"}
    async with httpx.AsyncClient(base_url=base_url, headers={"X-API-Key": sample.ULTRAVOX_KEY}) as client:
        while True:
            answer = await client.get(f"/api/calls/{call_id}/messages", params=params)
            answer.raise_for_status()
            bodies.append(answer.text)
            following = answer.json()["next"]
            if not following:
                return bodies
            params["cursor"] = httpx.URL(following).params["cursor"]


async def _measure() -> list[Figure]:
    # One fixed day, so that the same code gives the same figures on any other day.
    app = sample.create_app(now=MEASURED_AT)
    call_id = benchmark_call_id()
    with sample.serve_in_thread(app) as base_url:
        async with client_of(base_url) as client:
            read = await _Read.of(client, base_url, call_id)
            failures = await ask(client, "summarize_tool_failures", {"call_id": f"ultravox:{call_id}"})
            others = [await _Read.of(client, base_url, other) for other in _others(app.state.calls)]
            answers = [*read.full, *read.compact, failures, *await _more_answers(client)]
            answers += [page for other in others for page in (*other.full, *other.compact)]
            return [
                *_prices(read, failures),
                *await _conversation(client, f"ultravox:{call_id}"),
                *await _surface(client),
                *_estimator(answers),
                *_each_message("Spanish call", others[0]),
                *_each_message("call over 1,000 messages", others[1]),
            ]


def _prices(read: _Read, failures: str) -> list[Figure]:
    prices = dict(read.each())
    return [
        Figure("raw JSON, as the API gives it", prices["raw JSON"]),
        Figure("bare words and payloads, without any structure", prices["bare words"]),
        Figure("the whole transcript, detail=full, all pages", prices["full"]),
        Figure("the same, against the bare words", prices["full"] / prices["bare words"], FULL_SHARE, digits=2),
        Figure("the transcript, compact, all pages", prices["compact"], COMPACT_TOKENS),
        Figure("the failures of the call", count(failures), FAILURES_TOKENS),
    ]


async def _conversation(client: Client, ref: str) -> list[Figure]:
    """Questions as a support lead asks them one after the other, and what each answer costs."""
    window: dict[str, object] = {"since": "2026-05-05T09:30Z", "until": "2026-05-12T09:30Z"}
    asked: list[tuple[str, str, dict[str, object]]] = [
        ("failures of a week", "summarize_tool_failures", window),
        (
            "the same of one tool, 1,500 tokens",
            "summarize_tool_failures",
            {**window, "tool": "consultar_agenda", "max_tokens": 1500},
        ),
        ("a call's card", "get_call", {"call_id": ref}),
        ("five messages of it", "list_call_messages", {"call_id": ref, "messages": "40-44"}),
        ("its transcript, first 1,000 tokens", "list_call_messages", {"call_id": ref, "max_tokens": 1000}),
        ("five calls", "list_calls", {"limit": 5}),
        ("a search, five hits", "search_messages", {"text": "timed out", "limit": 5}),
        ("another search, five hits", "search_messages", {"text": "friday", "limit": 5}),
        ("a search without hits", "search_messages", {"text": "helicopter"}),
    ]
    figures: list[Figure] = []
    for name, tool, arguments in asked:
        answer = await ask(client, tool, arguments)
        figures.append(Figure(f"asked: {name}", count(answer)))
        if cursor := _CURSOR.search(answer):
            page = await ask(client, tool, arguments | {"cursor": cursor[1]})
            figures.append(Figure(f"asked: {name}, next page", count(page)))
    total = sum(figure.measured for figure in figures)
    return [*figures, Figure(f"these {len(figures)} answers together", total)]


async def _surface(client: Client) -> list[Figure]:
    tools = [
        {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}
        for tool in (await client.list_tools()).tools
    ]
    listed = json.dumps(tools, separators=(",", ":"), ensure_ascii=False)
    instructions = (client.instructions or "").encode()
    return [
        Figure("all tools as listed", count(listed), TOOLS_TOKENS),
        Figure("the server's instructions", len(instructions), INSTRUCTIONS_BYTES, "bytes"),
    ]


def _others(sample_calls: SampleCalls) -> tuple[str, str]:
    """The longest Spanish call of the sample platform's Ultravox, and the longest of all."""
    calls = [sample_calls.conversation(slot) for slot in sample_calls.by_time["ultravox"].slots]
    spanish = [call for call in calls if call.header.language == "es"]

    def length(call: Conversation) -> int:
        return len(call.events)

    return max(spanish, key=length).header.id, max(calls, key=length).header.id


async def _more_answers(client: Client) -> list[str]:
    """Other answers than transcripts, for the estimator."""
    everything = await ask(client, "list_calls", {"limit": 100})
    refs = [line.split(" ")[0] for line in everything.splitlines() if line.startswith(("ultravox:", "diga:"))]
    window: dict[str, object] = {"since": "2026-04-01", "until": "2026-05-13"}
    answers = [everything, await ask(client, "summarize_tool_failures", window)]
    for ref in refs:
        answers += await read_pages(client, ref, "full")
        answers += [await ask(client, tool, {"call_id": ref}) for tool in ("get_call", "summarize_tool_failures")]
    return answers


def _estimator(answers: Sequence[str]) -> list[Figure]:
    samples = [text for answer in answers for text in (answer, *_groups(answer))]
    errors = [100 * (estimate(text) / real - 1) for text in samples if (real := count(text)) >= LEAST_TOKENS]
    over = 100 * sum(1 for error in errors if error > OVER_PERCENT) / len(errors)
    return [
        Figure("the largest of all answers", max(map(count, answers)), MAX_TOKENS),
        Figure("answers and groups of lines that were estimated", len(errors)),
        Figure("estimator: furthest under the tokenizer", max(0.0, -min(errors)), UNDER_PERCENT, "%", digits=1),
        Figure("estimator: furthest over the tokenizer", max(errors), unit="%", digits=1),
        Figure(f"estimator: over by more than {OVER_PERCENT} %, share", over, OVER_SHARE_PERCENT, "%", digits=1),
    ]


def _groups(answer: str) -> list[str]:
    lines = answer.splitlines()
    return ["\n".join(lines[at : at + LINES_IN_GROUP]) for at in range(0, len(lines), LINES_IN_GROUP)]


def _each_message(name: str, read: _Read) -> list[Figure]:
    return [
        Figure(f"{name} ({read.message_count:,} messages): {form}, a message", tokens / read.message_count, digits=1)
        for form, tokens in read.each()
    ]


def _sum(texts: Iterable[str]) -> int:
    return sum(map(count, texts))
