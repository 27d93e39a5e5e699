"""How many secrets are masked and how many ordinary texts stay unchanged, in a file of labelled texts.

    python benchmarks/masking_scores.py FILE

Each line of FILE is a JSON object: `type`, `text64` and `secret64` (base64; `secret64` may be null or missing).
Types that begin with `personal:` must be masked in mode `personal` only, `neg in secrets:` is ordinary in mode
`secrets` only, and the text of any other type that begins with `neg` must stay unchanged in both modes.

A secret counts as masked if it is gone from the text both when it is read as speech and as a payload; an ordinary text
counts as kept if both are unchanged.
"""

from __future__ import annotations

import argparse
import base64
import json
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign

Mode = Literal["secrets", "personal"]
SHOWN_CHARS = 160
ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text; `secret` is None if nothing in it may be masked."""

    kind: str
    text: str
    secret: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether one text came out right, and the masked text."""

    labelled: Labelled
    is_right: bool
    shown: str


def main() -> None:
    """Print the scores of one file."""
    parser = argparse.ArgumentParser(description="How much is masked, how much is kept, and every miss.")
    parser.add_argument("file", type=Path, help="labelled texts, one JSON object a line")
    file = cast("Path", parser.parse_args().file)
    texts = [read(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    outcomes = [outcome for labelled in texts for outcome in judged(labelled)]
    ordinary = [one for one in outcomes if one.labelled.secret is None]
    personal = [one for one in outcomes if one.labelled.kind.startswith("personal:")]
    secret = [one for one in outcomes if one.labelled.secret is not None and one not in personal]
    print(f"secrets masked         {share(secret)}")
    print(f"personal data masked   {share(personal)}")
    print(f"ordinary texts kept    {share(ordinary)}")
    print(f"time of an ordinary text {time_us([one.labelled.text for one in ordinary]):.1f} µs\n")
    by_kind: defaultdict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_kind[outcome.labelled.kind].append(outcome)
    for kind, found in sorted(by_kind.items()):
        print(f"{kind:32} {share(found)}")
    print()
    for outcome in outcomes:
        if not outcome.is_right:
            print(f"MISS {outcome.labelled.kind}: {outcome.shown[:SHOWN_CHARS]!r}")


def read(line: str) -> Labelled:
    """One line of the file."""
    fields = cast("dict[str, str | None]", json.loads(line))
    kind, secret = fields["type"] or "", fields.get("secret64")
    text = base64.b64decode(fields["text64"] or "").decode()
    is_ordinary = kind.startswith("neg") or not secret
    return Labelled(kind, text, None if is_ordinary else base64.b64decode(secret or "").decode())


def judged(labelled: Labelled) -> list[Outcome]:
    """A text in each mode that it is labelled for."""
    modes: tuple[Mode, ...] = ("secrets",)
    if labelled.kind.startswith("personal:"):
        modes = ("personal",)
    elif labelled.kind.startswith("neg") and not labelled.kind.startswith("neg in secrets:"):
        modes = ("secrets", "personal")
    return [_outcome(labelled, mode) for mode in modes]


def _outcome(labelled: Labelled, mode: Mode) -> Outcome:
    foreign = Foreign(redactor(mode))
    shown = [foreign.masked(labelled.text), foreign.masked_payload(labelled.text)]
    if labelled.secret is None:
        wrong = [one for one in shown if one != labelled.text]
    else:
        wrong = [one for one in shown if labelled.secret in one]
    return Outcome(labelled, not wrong, wrong[0] if wrong else "")


def share(outcomes: list[Outcome]) -> str:
    """How many came out right, and their share."""
    right = sum(one.is_right for one in outcomes)
    return f"{right:4} of {len(outcomes):4}  {right / max(len(outcomes), 1):.3f}"


def time_us(texts: list[str]) -> float:
    """The time to mask one of the texts, the best of several rounds, without cached results."""
    times_s: list[float] = []
    for _ in range(ROUNDS):
        redact = redactor("secrets")
        began = time.perf_counter()
        for text in texts:
            redact(text)
        times_s.append(time.perf_counter() - began)
    return min(times_s) / max(len(texts), 1) * 1e6


if __name__ == "__main__":
    main()
