"""Numbers over many calls as text: what was counted, totals, differences, groups, and the calls to look at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from call_transcripts_mcp.findings.summary import Difference, Share
from call_transcripts_mcp.render import units
from call_transcripts_mcp.render.answer import Lines, chosen_calls, notes, window_words
from call_transcripts_mcp.render.groups import cost_words, group_lines
from call_transcripts_mcp.render.marks import heading
from call_transcripts_mcp.render.notable import notable_lines
from call_transcripts_mcp.render.voice import MODEL
from call_transcripts_mcp.render.window import not_read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from call_transcripts_mcp.findings.distribution import Distribution
    from call_transcripts_mcp.findings.summary import CallStats, CallSummary, Change, WindowSummary
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.marks import AnswerText
    from call_transcripts_mcp.render.voice import Voice

LISTED_WORDS = 8
TEST = "two-proportion test, 95 %, corrected for the number of rows (Holm)"


def render_summary(found: CallSummary, foreign: Foreign, *, max_tokens: int, voice: Voice = MODEL) -> AnswerText:
    """The answer of `summarize_calls`.

    Args:
        found: what was counted.
        foreign: the way in.
        max_tokens: the budget; groups and calls to look at share what the totals leave.
        voice: how the next step is named.
    """
    answer = Lines(max_tokens)
    chosen = chosen_calls(found.agent, found.filters, foreign)
    answer.add(heading(f"{' + '.join(found.window.providers)}, {chosen}{_window_line(found.window, voice)}"))
    for line in voice.before_quotes:
        answer.add(line)
    ending = _missing(found, foreign, max_tokens=max_tokens, voice=voice)
    ending += notes([], foreign, is_sample=found.is_sample, voice=voice)
    answer.reserve(ending)
    totals = totals_lines(
        found.window.totals, foreign, is_by_tool_calls=bool(found.filters.keys() & {"tool", "verdict"})
    )
    for line in [*totals, *_judgement_lines(found.window, foreign)]:
        answer.add(line)
    for line in _comparison_lines(found, foreign, voice):
        answer.add(line)
    kept = answer.room() // 3 if found.window.groups else 0
    answer.reserved += kept  # for the calls to look at
    hidden = [group_lines(answer, found, foreign)]
    answer.reserved -= kept
    hidden.append(notable_lines(answer, found.window.notable, foreign, voice))
    left = " and ".join(part for part in hidden if part)
    ending = [f"Not shown: {left}; raise {voice.argument('max_tokens')}.", *ending] if left else ending
    return answer.text(ending)


def totals_lines(stats: CallStats, foreign: Foreign, *, is_by_tool_calls: bool = False) -> list[str]:
    """What the calls add up to, each share with what it is a share of.

    Args:
        stats: of the calls.
        foreign: the way in.
        is_by_tool_calls: whether calls were chosen by their tool calls; the others in them count too.
    """
    if not stats.calls:
        return []
    ended = stats.calls - stats.going_on
    lines = [_calls_line(stats)]
    if stats.durations.counts:
        lines.append(
            f"Duration, start to end, of {units.count(stats.durations.count, 'call')}: {_times(stats.durations)}"
        )
    if ended:
        words = {name or "not told": count for name, count in stats.ended.items()}
        lines.append(f"How {ended:,} ended: {_listed(words, foreign)}")
    if stats.connected:
        lines.append(f"Transferred: {share_words(Share(stats.transferred, stats.connected), ' connected')}")
    lines += _tool_lines(stats, "All tool calls of these calls" if is_by_tool_calls else "Tool calls")
    costs = [
        f"{words} ({units.count(cost.calls, 'call')})"
        for words, cost in zip(cost_words(stats, foreign), stats.costs.values(), strict=True)
    ]
    if costs:
        lines.append(f"Cost, where told: {', '.join(costs)}")
    return lines


def _judgement_lines(found: WindowSummary, foreign: Foreign) -> list[str]:
    """Each platform's own judgement of its calls. Platforms use different words, so their counts are not added up."""
    of_each = [f"{name} {_quoted(counts, foreign)}" for name, counts in found.judgements.items() if counts]
    return [f"Judged by the platform itself, calls by its word: {'; '.join(of_each)}"] if of_each else []


def _quoted(counts: Mapping[str, int], foreign: Foreign) -> str:
    """`"success" x40, "2" x1`: a word may be a number, so it stands in quotation marks."""
    every = list(counts.items())
    shown = [
        f"{json.dumps(foreign.words(word, 40), ensure_ascii=False)} x{count:,}" for word, count in every[:LISTED_WORDS]
    ]
    rest = every[LISTED_WORDS:]
    shown += [f"{len(rest)} other words x{sum(count for _, count in rest):,}"] if rest else []
    return ", ".join(shown)


def share_words(share: Share, word: str = "") -> str:
    """`12 of 120 connected (10 %)`."""
    if not share.whole:
        return "none"
    return f"{share.part:,} of {share.whole:,}{word} ({units.percent(share.part, share.whole)})"


def _window_line(found: WindowSummary, voice: Voice) -> str:
    window = window_words(found.since, found.until, voice).removeprefix(", ") or "created at any time"
    stats = found.totals
    parts = [
        units.count(stats.calls, "call") if stats.calls else ("no calls found" if found.lacks_calls else "no calls")
    ]
    if found.total is not None and found.total > stats.calls:
        parts[0] = f"{stats.calls:,} of {units.count(found.total, 'call')}"
    if found.list_only:
        parts.append(f"{found.list_only:,} of them from the list alone, without transcript")
    if found.is_partial:
        parts.append("INCOMPLETE")
    return f"{window} · {' · '.join(parts)}"


def _calls_line(stats: CallStats) -> str:
    parts = [f"{stats.connected:,} connected"]
    if stats.unjoined:
        parts.append(f"{stats.unjoined:,} unjoined (nobody joined or answered; in no share below)")
    if stats.going_on:
        parts.append(f"{stats.going_on:,} going on (no duration yet)")
    return f"Calls: {', '.join(parts)}"


def _times(found: Distribution) -> str:
    """`median 3:12, mean 3:40, p95 8:05`."""
    clock = units.clock
    median, mean, p95 = found.median_s or 0.0, found.mean_s or 0.0, found.p95_s or 0.0
    return f"median {clock(median)}, mean {clock(mean)}, p95 {clock(p95)}"


def _tool_lines(stats: CallStats, label: str) -> list[str]:
    if not stats.transcripts and not stats.tool_calls:
        return ["Tool calls: none known, since no transcript was read"] if stats.connected else []
    of_calls = [
        (stats.failed, "with a failed tool call"),
        (stats.unrecovered, "with one not recovered"),
        (stats.contradicted, "where the agent claimed success after a failure"),
        (stats.repeated, "with an action done twice"),
    ]
    shown = [f"{count:,} {words} ({units.percent(count, stats.transcripts)})" for count, words in of_calls if count]
    lines = [
        f"Of {units.count(stats.transcripts, 'call')} with a transcript: {', '.join(shown) or 'no failed tool call'}"
    ]
    if stats.tool_calls:
        line = f"{label}: {share_words(stats.failures, ' failed')}, suspected and no result included"
        lines.append(line + _percentiles("; latency", stats.latencies))
    if stats.waits.counts:
        count = units.count(stats.waits.count, "tool call")
        lines.append(f"Caller's wait around {count}, to the agent's answer{_percentiles(':', stats.waits)}")
    return lines


def _percentiles(label: str, found: Distribution) -> str:
    """`; latency median 0.8s, p95 4.1s`, nothing without values."""
    if not found.counts:
        return ""
    median, p95 = units.latency(found.median_s or 0.0), units.latency(found.p95_s or 0.0)
    return f"{label} median {median}, p95 {p95}"


def _listed(counts: Mapping[str, int], foreign: Foreign) -> str:
    """`success 40, failure 3`, the most frequent first; a rare rest together."""
    every = list(counts.items())
    shown = [f"{foreign.words(name, 40)} {count:,}" for name, count in every[:LISTED_WORDS]]
    rest = every[LISTED_WORDS:]
    shown += [f"{len(rest)} other words {sum(count for _, count in rest):,}"] if rest else []
    return ", ".join(shown)


def _comparison_lines(found: CallSummary, foreign: Foreign, voice: Voice) -> list[str]:
    if found.not_compared:
        return [f"Not compared: {foreign.words(found.not_compared, 300)}."]
    if found.other is None:
        return []
    now, before = found.window.totals, found.other
    if not before.calls:
        how = "" if found.previous else f"; {voice.argument('group_by')}=version names those that there are"
        return [f"Against {_other_words(found, foreign, voice)}: no calls, so nothing is compared{how}."]
    calls = f"{units.count(before.calls, 'call')}{_duration(now, before)}"
    lines = [f"Against {_other_words(found, foreign, voice)}: {calls}; {TEST}:"]
    told = [change for change in found.changes if change.current.part or change.other.part]
    lines += [f"- {_change(change)}" for change in told if change.difference is not Difference.TOO_FEW]
    few = [
        f"{change.measure} {_in_short(change.current)} against {_in_short(change.other)}"
        for change in told
        if change.difference is Difference.TOO_FEW
    ]
    return [*lines, f"- too few to say: {'; '.join(few)}"] if few else lines


def _in_short(share: Share) -> str:
    """`2/12`."""
    return f"{share.part:,}/{share.whole:,}"


def _other_words(found: CallSummary, foreign: Foreign, voice: Voice) -> str:
    if found.previous is not None:
        window = window_words(found.previous.since, found.previous.until, voice).removeprefix(", created ")
        return f"the window before ({window})"
    return foreign.words(found.compared_with.replace(":", " ", 1), 80)


def _duration(now: CallStats, before: CallStats) -> str:
    one, other = now.durations.median_s, before.durations.median_s
    return "" if one is None or other is None else f", median duration {units.clock(one)} against {units.clock(other)}"


def _change(change: Change) -> str:
    """`tool calls failed: 12 of 120 (10 %) against 3 of 110 (3 %): higher`."""
    now, other = share_words(change.current), share_words(change.other)
    return f"{change.measure}: {now} against {other}: {change.difference.value}"


def _missing(found: CallSummary, foreign: Foreign, *, max_tokens: int, voice: Voice) -> list[str]:
    """What was not read, of which window."""
    lines = window_gaps(found.window, foreign, max_tokens=max_tokens, voice=voice)
    if found.previous is not None:
        before = window_gaps(found.previous, foreign, max_tokens=max_tokens, voice=voice)
        lines += [line.replace(":", " (window before):", 1) for line in before if line not in lines]
    return lines


def window_gaps(found: WindowSummary, foreign: Foreign, *, max_tokens: int, voice: Voice) -> list[str]:
    """What of a window was not read."""
    lines = not_read(found, foreign, max_tokens=max_tokens, voice=voice, lists_more=False)
    unread = found.list_only - len(found.unread)
    if unread > 0:
        calls, limit = units.count(unread, "call"), voice.argument("max_calls")
        lines.insert(0, f"INCOMPLETE: the transcripts of the oldest {calls} listed were not read; raise {limit}.")
    return lines
