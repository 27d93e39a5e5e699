"""Answers as one JSON document for scripts: the model's own fields, masked as the text is.

Times are ISO 8601 in UTC, enumerations their words, and null means that the provider did not say.
"""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

import click

from call_transcripts_mcp.analysis.comparison import compare
from call_transcripts_mcp.analysis.failures import causes as causes_of
from call_transcripts_mcp.findings.failures import FAILURES
from call_transcripts_mcp.model import Call, Verdict
from call_transcripts_mcp.text import UNSAFE

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping

    from call_transcripts_mcp.cli.asking import Asked
    from call_transcripts_mcp.findings.comparison import CauseChange
    from call_transcripts_mcp.findings.failures import Cause, Failure, Report, ToolStats
    from call_transcripts_mcp.library.window import Survey
    from call_transcripts_mcp.render.foreign import Foreign
    from call_transcripts_mcp.render.hits import HitLine

Document = dict[str, Any]

# Lines of ours, which no foreign text can start.
_MORE_CALLS = re.compile(r'^(?:[0-9,]+ calls looked at so far\. )?More calls: .* cursor="([^"]*)"\.$', re.MULTILINE)
_MORE_HITS = re.compile(r'^(?:[0-9,]+ hits? left out for length\. )?More hits: .* cursor="([^"]*)"\.$', re.MULTILINE)
_HIT_LINE = re.compile(r"^  #[0-9]+ ", re.MULTILINE)
_MESSAGE_LINE = re.compile(r"^([0-9]+) ", re.MULTILINE)

_PAYLOADS = frozenset({"arguments_raw", "result_raw", "error_details", "error", "payload"})
"""Fields that may hold JSON inside a string, where a name such as `password` says what to mask."""


def write(document: Document, foreign: Foreign) -> None:
    """Mask the document, and print it. A cursor is ours and passes as it is."""
    cursor = document.get("cursor")
    masked = cast("Document", foreign.masked_json(_masked_payloads(document, foreign)))
    if cursor is not None:
        masked["cursor"] = cursor
    encoding = sys.stdout.encoding if sys.stdout is not None else None
    is_utf8 = (encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(masked, indent=2, ensure_ascii=not is_utf8, default=_time)
    # What could move a terminal's cursor, hide words, or not be encoded at all is escaped.
    click.echo(UNSAFE.sub(lambda match: "\n" if match[0] == "\n" else json.dumps(match[0])[1:-1], text))


def document(asked: Asked) -> Document:
    """The answer as plain dictionaries and lists, not yet masked."""
    makers: dict[str, Callable[[Asked], Document]] = {
        "list_calls": _calls,
        "list_call_messages": _transcript,
        "summarize_tool_failures": _failures,
        "search_messages": _hits,
    }
    return {"is_sample": asked.is_sample, "cursor": None} | makers[asked.tool](asked)


def plain(value: object) -> Any:  # noqa: ANN401 - JSON, or a time to be written as such
    """A value of the model as dictionaries, lists and words; a call carries its ref."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"ref": value.ref} | fields if isinstance(value, Call) else fields
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float):
        return round(value, 6)  # a difference of two times has digits that no one measured
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in cast("Mapping[object, object]", value).items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in cast("list[object]", value)]
    return value


def _calls(asked: Asked) -> Document:
    listing, query = asked.seen.listing, asked.seen.wanted.query
    cursor = _MORE_CALLS.search(asked.text)
    failed = asked.seen.failed
    of_kept = {} if failed is None else {"kept": failed.kept, "whole_until": failed.whole_until}
    return {
        "providers": list(asked.providers),
        "since": query.since,
        "until": query.until,
        **of_kept,
        "total": listing.total if listing else None,
        "complete": listing is not None and not listing.gaps and (failed is None or failed.is_whole(query.until)),
        "gaps": list(listing.gaps) if listing else [],
        "cursor": cursor[1] if cursor else None,
        "calls": [
            plain(call) | _known(asked.seen.verdicts.get(call.ref)) for call in (listing.calls if listing else ())
        ],
    }


def _known(verdicts: Counter[Verdict] | None) -> Document:
    """How many tool calls a kept call had, and how many of them failed; null of a call that is not kept."""
    if verdicts is None:
        return {"tool_calls": None, "failed_tool_calls": None}
    return {"tool_calls": verdicts.total(), "failed_tool_calls": sum(verdicts[one] for one in FAILURES)}


def _hits(asked: Asked) -> Document:
    """The hits that the text shows, each with all of its line."""
    found, query = asked.seen.found, asked.seen.wanted.query
    if found is None:
        raise AssertionError("the tool searches or raises")
    cursor = _MORE_HITS.search(asked.text)
    return {
        "providers": list(found.providers),
        "since": query.since,
        "until": query.until,
        "ranked": found.ranked,
        "only_newest_ranked": found.is_ranking_cut,
        "complete": not found.gaps and all(one.is_whole and not one.hidden for one in found.held),
        "gaps": list(found.gaps),
        "cursor": cursor[1] if cursor else None,
        "hits": [_hit(hit) for hit in found.hits[: len(_HIT_LINE.findall(asked.text))]],
        "archive": plain(found.held),
    }


def _hit(hit: HitLine) -> Document:
    call = hit.call
    return {
        "ref": call.ref,
        "created_at": call.created_at,
        "started_at": call.started_at,
        "agent_id": call.agent_id,
        "agent_name": call.agent_name,
        "number": hit.number,
        "role": hit.role,
        "tool": hit.tool or None,
        "verdict": hit.verdict or None,
        "text": hit.text,
    }


def _transcript(asked: Asked) -> Document:
    """The transcript; of a selection, the messages whose lines the tool chose, with the results they hold."""
    if asked.seen.transcript is None:
        raise AssertionError("the tool reads the transcript or raises")
    found: Document = plain(asked.seen.transcript)
    if any(getattr(asked.arguments, name) for name in ("roles", "messages", "contains")):
        chosen = {int(number) for number in _MESSAGE_LINE.findall(asked.text)}
        found["tool_calls"] = [one for one in found["tool_calls"] if one["number"] in chosen]
        chosen |= {one["result_number"] for one in found["tool_calls"]}
        found["messages"] = [one for one in found["messages"] if one["number"] in chosen]
    return found


def _failures(asked: Asked) -> Document:
    """Of one call, or of a window and maybe the one before it."""
    seen = asked.seen
    given = {
        "providers": list(asked.providers),
        "since": seen.wanted.query.since,
        "until": seen.wanted.query.until,
        "call": plain(seen.transcript.call) if seen.transcript else None,
    }
    if seen.survey is None:
        return given | _failures_of_call(seen.report) | {"comparison": None}
    comparison = None
    if seen.previous is not None:
        compared = compare(seen.survey.tally, seen.previous.tally)
        tools, causes = ([plain(one) for one in compared.tools], [_cause_change(one) for one in compared.causes])
        comparison = {"before": _failures_of_window(seen.previous), "tools": tools, "causes": causes}
    return given | _failures_of_window(seen.survey) | {"comparison": comparison}


def _failures_of_call(report: Report | None) -> Document:
    if report is None:
        raise AssertionError("the tool reads a call or a window, or raises")
    return {
        "calls_read": 1,
        "calls_listed": 1,
        "calls_in_window": None,
        "calls_from_archive": None,
        "calls_counted": 1,
        "older": None,
        "broken": {},
        "complete": report.complete,
        "gaps": [f"{report.call.ref}: {gap}" for gap in report.gaps],
        "unread": [],
        "partial": [] if report.complete else [report.call.ref],
        "tools": [_tool(one) for one in report.stats],
        "causes": [_cause(one) for one in causes_of([report])],
        "days": [],
    }


def _failures_of_window(survey: Survey) -> Document:
    listing, tally, older = survey.listing, survey.tally, survey.older
    is_cut = bool(listing.going_on) and not (older is not None and older.is_whole)
    is_broken = any(not one.is_whole for one in survey.broken.values())
    gaps = [*listing.gaps, *(f"{gap} (in {count} calls)" for gap, count in tally.gaps.most_common())]
    if is_cut and older is not None:
        before = f"before {older.before.isoformat()}" if older.before else "that were not listed"
        gaps.insert(0, f"of the calls {before} only those in the archive were counted")
    elif is_cut:
        gaps.insert(0, f"only the newest {len(listing.calls)} calls were read")
    return {
        "calls_read": tally.calls - sum(one.calls for one in (*([older] if older else []), *survey.broken.values())),
        "calls_listed": len(listing.calls),
        "calls_in_window": listing.total,
        "calls_from_archive": survey.from_archive,
        "calls_counted": tally.calls,
        "older": plain(older),
        "broken": {name: plain(one) for name, one in survey.broken.items()},
        "complete": not (is_cut or is_broken or listing.notes or survey.unread or survey.partial),
        "gaps": gaps,
        "unread": [{"ref": lost.call.ref, "error": str(lost.error)} for lost in survey.unread],
        "partial": [call.ref for call in survey.partial],
        "tools": [_tool(one) for one in tally.stats],
        "causes": [_cause(one) for one in tally.causes],
        "days": [{"day": day.isoformat()} | plain(counted) for day, counted in sorted(tally.days.items())],
    }


def _cause_change(change: CauseChange) -> Document:
    cause = change.cause
    return {
        "turn": change.turn.value,
        "tool": cause.tool,
        "kind": cause.kind.value,
        "signature": cause.signature,
        "now": plain(change.now),
        "before": plain(change.before),
    }


def _tool(stats: ToolStats) -> Document:
    counts = {verdict.value: stats.verdicts[verdict] for verdict in Verdict}
    return {
        "name": stats.name,
        "calls": stats.calls,
        **counts,
        "median_s": plain(stats.median_s),
        "longest_s": plain(stats.longest_s),
    }


def _cause(cause: Cause) -> Document:
    return {
        "tool": cause.tool,
        "kind": cause.kind.value,
        "signature": cause.signature,
        "count": cause.count,
        "call_count": cause.call_count,
        "recovered": cause.recovered,
        "first_at": cause.first_at,
        "last_at": cause.last_at,
        "failures": [_failure(failure) for failure in cause.failures],
    }


def _failure(failure: Failure) -> Document:
    return {
        "ref": failure.call.ref,
        "at": failure.at,
        "error": failure.error,
        "tool_call": plain(failure.tool_call),
        "said": plain(failure.said),
        "again": plain(failure.again),
        "answered": plain(failure.answered),
    }


def _time(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _masked_payloads(value: Any, foreign: Foreign) -> Any:  # noqa: ANN401 - as of `plain`
    """The document with JSON inside strings masked by its names."""
    if isinstance(value, list):
        return [_masked_payloads(item, foreign) for item in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    return {
        key: foreign.masked_payload(item)
        if key in _PAYLOADS and isinstance(item, str)
        else _masked_payloads(item, foreign)
        for key, item in cast("Document", value).items()
    }
