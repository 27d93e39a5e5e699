"""A call of more than a thousand messages: a depot worker counts a warehouse by voice, shelf after shelf."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING

from call_transcripts_mcp.sample.script import AGENT, USER, Line, ToolUse, ToolUses

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from call_transcripts_mcp.sample.script import Step

_SHELVES = 262
_TIMEOUTS = frozenset({37, 88, 89, 143, 201, 233, 250})  # shelves where the scanner's service was too slow
_REFUSED = frozenset({61, 177})  # counts that the stock system refused
_GOODS = (
    "brown boxes, size M", "padded envelopes", "rolls of tape", "pallet wrap", "label rolls", "returns cages",
    "insulated bags", "document wallets", "bubble wrap", "cardboard tubes",
)  # fmt: skip
_SAID = (
    "{shelf}, {count}.", "{shelf}: {count} of them.", "Next is {shelf}. I've got {count}.",
    "{shelf} has {count} {goods}.",
    "Er, {shelf}... {count}. No, wait, yes, {count}.", "{shelf}, that's {count} {goods}.",
)  # fmt: skip
_HEARD = (
    "{count} {goods} on {shelf}. Next?", "Got it, {shelf} is done.", "{count}, thank you.", "{shelf} matches.",
    "Noted. That's {done} shelves so far.", "Saved. Carry on.",
)  # fmt: skip


def steps(created: datetime) -> tuple[Step, ...]:
    """The whole count; only its dates depend on `created`."""
    rng = Random("stock count")  # noqa: S311  # repeatable on purpose
    return (
        Line(USER, "(New Call) Respond as if you are answering the phone.", injected=True),
        Line(AGENT, "Depot stock count, ready when you are. Tell me the shelf and the number."),
        *(step for shelf in range(_SHELVES) for step in _shelf(shelf, rng, created)),
        Line(USER, "That was the last one. My voice is gone."),
        Line(AGENT, f"All {_SHELVES} shelves are in. Thank you, Tomek, go and have a tea."),
    )


def _shelf(number: int, rng: Random, created: datetime) -> Iterator[Step]:
    shelf = f"{'ABCDEFGH'[number // 36]}-{number % 36 + 1:02d}"
    count, goods = rng.randrange(0, 180), rng.choice(_GOODS)
    words = {"shelf": shelf, "count": count, "goods": goods, "done": number + 1}
    yield Line(USER, rng.choice(_SAID).format(**words))
    arguments = json.dumps({"shelf": shelf, "counted": count, "item": goods})
    saved = {"shelf": shelf, "expected": max(0, count + rng.randint(-2, 2)), "saved": True, "error": None}
    took_s = round(rng.uniform(0.1, 0.6), 3)
    ok = ToolUse("record_count", arguments, result=json.dumps(saved), took_s=took_s)
    if number in _TIMEOUTS:
        url = f"https://stock.example.com/depots/4/shelves/{shelf}/counts"
        details = f"Request to {url} timed out after {2.5 + number / 10000:.4f} seconds"
        yield ToolUses((ToolUse("record_count", arguments, result="Tool call timed out.", took_s=2.51, error=details),))
        yield Line(AGENT, "That one did not save, I'll send it again.")
        yield ToolUses((ok,))
    elif number in _REFUSED:
        refused = {"message": f"Unable to book {count} against order {created:%y%m}-{number}: period is closed"}
        result = json.dumps(refused)
        yield ToolUses((ToolUse("record_count", arguments, result=result, took_s=took_s, is_quiet_failure=True),))
    else:
        yield ToolUses((ok,))
    yield Line(AGENT, rng.choice(_HEARD).format(**words))
