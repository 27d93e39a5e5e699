"""How well tool results are judged: recall, precision, kinds and causes on a file of results judged by people.

    python benchmarks/verdict_scores.py judged.jsonl

Each line of the file is a JSON object:
    text    the tool's result, as the platform gave it
    truth   "fail" or "ok"
    kind    the kinds of cause that are right, separated by "|"; "*" when any is
    cause   what went wrong: equal for results of one tool that belong in one group
    source  where the result is from; results of two sources are never one cause
    tool    the tool's name
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from call_transcripts_mcp.analysis.causes import kind_of, signature
from call_transcripts_mcp.analysis.verdicts import judge
from call_transcripts_mcp.model import CallStatus, ToolCall, Verdict

_COMPLAINTS = frozenset({Verdict.FAILED, Verdict.SUSPECTED})
_SHOWN_CHARS = 160
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """One line of the file: a result, and what a person says about it."""

    number: int
    source: str
    tool: str
    text: str
    failed: bool
    kinds: frozenset[str]
    cause: str

    @property
    def label(self) -> str:
        """Where the result is from and how it begins, on one line."""
        return (
            f"line {self.number}, {self.source} {self.tool}: {json.dumps(self.text, ensure_ascii=False)[:_SHOWN_CHARS]}"
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """A sample with what the analysis says about it; kind and signature are "" when it finds no fault."""

    sample: Sample
    complains: bool
    evidence: str
    error: str
    kind: str
    signature: str


def read_samples(path: Path) -> list[Sample]:
    """The samples of a JSON Lines file, in its order."""
    lines = enumerate(path.read_text("utf-8").splitlines(), start=1)
    return [_sample(number, json.loads(line)) for number, line in lines if line.strip()]


def _sample(number: int, line: dict[str, str]) -> Sample:
    return Sample(
        number=number,
        source=line.get("source", ""),
        tool=line.get("tool", ""),
        text=line["text"],
        failed=line["truth"] == "fail",
        kinds=frozenset(line.get("kind", "").split("|")),
        cause=line.get("cause", ""),
    )


def judge_sample(sample: Sample) -> Judged:
    """What the analysis says about a result whose platform records no outcome."""
    tool_call = ToolCall(1, sample.tool, result_number=2, arguments_raw="{}", result_raw=sample.text)
    found = judge(tool_call, CallStatus.ENDED)
    if found.verdict not in _COMPLAINTS:
        return Judged(sample, complains=False, evidence="", error="", kind="", signature="")
    error = found.error
    return Judged(
        sample,
        complains=True,
        evidence=found.evidence,
        error=error,
        kind=kind_of(error),
        signature=signature(error),
    )


def report(judged: list[Judged]) -> list[str]:
    """The scores, then every line that is wrong."""
    hits = [found for found in judged if found.complains and found.sample.failed]
    missed = [found for found in judged if found.sample.failed and not found.complains]
    false = [found for found in judged if found.complains and not found.sample.failed]
    other_kind = [found for found in hits if not found.sample.kinds & {found.kind, "*"}]
    split, joined = _splits(hits), _joins(hits)
    return [
        _share("recall", len(hits), len(hits) + len(missed)),
        _share("precision", len(hits), len(hits) + len(false)),
        _share("kinds right", len(hits) - len(other_kind), len(hits)),
        f"cause splits {len(split)}",
        f"cause joins  {len(joined)}",
        *(f"\nMISSED  {found.sample.label}" for found in missed),
        *(f"\nFALSE   {found.sample.label}\n    {found.evidence}" for found in false),
        *(
            f"\nKIND    {found.sample.label}\n    {found.kind}, not {' or '.join(sorted(found.sample.kinds))}: "
            f"{found.error[:_SHOWN_CHARS]!r}"
            for found in other_kind
        ),
        *(f"\nSPLIT   {label}" for label in split),
        *(f"\nJOINED  {label}" for label in joined),
    ]


def _share(name: str, part: int, whole: int) -> str:
    return f"{name:12} {part / whole if whole else 1:.3f}  ({part} of {whole})"


def _splits(hits: list[Judged]) -> list[str]:
    """Causes with more than one signature."""
    signatures: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for found in hits:
        if found.sample.cause:
            signatures[found.sample.source, found.sample.cause].add(found.signature)
    return [
        f"{source}: {cause}\n    " + "\n    ".join(sorted(found))
        for (source, cause), found in signatures.items()
        if len(found) > 1
    ]


def _joins(hits: list[Judged]) -> list[str]:
    """Pairs of causes of one tool with the same signature."""
    causes: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    for found in hits:
        if found.sample.cause:
            causes[found.sample.source, found.sample.tool, found.signature].add(found.sample.cause)
    return [
        f"{source} {tool}: {one!r} and {other!r} are {shared!r}"
        for (source, tool, shared), found in causes.items()
        for one, other in combinations(sorted(found), 2)
    ]


def _microseconds_each(samples: list[Sample]) -> float:
    """Best time to judge one of the results that are well, which most are."""
    well = [sample for sample in samples if not sample.failed] or samples
    times: list[float] = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        for sample in well:
            judge_sample(sample)
        times.append((time.perf_counter() - began) / len(well))
    return min(times) * 1e6


def main() -> None:
    """Read the file named on the command line, and print its scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="judged tool results, JSON Lines")
    samples = read_samples(parser.parse_args().file)
    print("\n".join(report([judge_sample(sample) for sample in samples])))
    print(f"\n{_microseconds_each(samples):.1f} µs a result that is well")


if __name__ == "__main__":
    main()
