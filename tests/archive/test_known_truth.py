"""Every figure of a summary, over HTTP, on each engine and without one: it is what the sample platform knows itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from call_transcripts_mcp.connect import open_context
from call_transcripts_mcp.findings.summary import CallStats, CallSummary, Cost, Group, NotableCall, WindowSummary
from call_transcripts_mcp.findings.unjudged import NONE_UNJUDGED
from call_transcripts_mcp.sample import KEYS, create_app, serve_in_thread
from call_transcripts_mcp.settings import load
from call_transcripts_mcp.tools.summarize_calls import TOOL
from known_truth import FAILURES, KnownCall, known_calls, signs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from call_transcripts_mcp.findings.distribution import Distribution
    from conftest import Home

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 6, 1, 18, 0, tzinfo=UTC)
MONTH = {"since": "2026-05-01", "until": "2026-06-02"}
CALLS = 400
GROUPINGS = [("agent",), ("day", "ended"), ("version", "provider"), ("tool",), ("week", "hour"), ("agent", "tool")]


@pytest.fixture(scope="module")
def platform() -> Iterator[tuple[str, list[KnownCall]]]:
    app = create_app(calls=CALLS, now=NOW)
    with serve_in_thread(app) as url:
        yield url, known_calls(app.state.calls)


def _times(found: Distribution, known: Iterator[float | None]) -> None:
    values = sorted(value for value in known if value is not None)
    assert [value for value, count in found.counts for _ in range(count)] == pytest.approx(values, abs=0.005)


def _counts(words: Iterator[str | None]) -> dict[str, int]:
    return dict(Counter(word for word in words if word is not None))


def _over(calls: Sequence[KnownCall]) -> list[KnownCall]:
    return [call for call in calls if not call.is_unjoined]


def _costs(calls: Sequence[KnownCall]) -> dict[str, Cost]:
    priced = [call.cost for call in calls if call.cost is not None]
    return {
        unit: Cost(sum(micros for one, micros in priced if one == unit), sum(one == unit for one, _ in priced))
        for unit in {unit for unit, _ in priced}
    }


def _having(calls: Sequence[KnownCall], mark: str) -> int:
    return sum(any(getattr(use, mark) for use in call.uses) for call in calls)


TRUTHS: dict[str, Callable[[Sequence[KnownCall]], Any]] = {
    "calls": len,
    "going_on": lambda calls: sum(call.is_going_on for call in calls),
    "unjoined": lambda calls: sum(call.is_unjoined for call in calls),
    "ended": lambda calls: _counts(None if call.is_going_on or "tool" in call.keys else call.ended for call in calls),
    "transferred": lambda calls: sum(call.is_transferred for call in calls),
    "successes": lambda calls: _counts(call.judgement for call in calls),
    "costs": _costs,
    "transcripts": lambda calls: len(_over(calls)),
    "failed": lambda calls: _having(calls, "is_failure"),
    "unrecovered": lambda calls: sum(
        any(use.is_failure and not use.is_recovered for use in call.uses) for call in calls
    ),
    "contradicted": lambda calls: _having(calls, "is_claimed"),
    "repeated": lambda calls: _having(calls, "is_repetition"),
    "verdicts": lambda calls: Counter(use.verdict for call in calls for use in call.uses),
}
TIMES: dict[str, Callable[[Sequence[KnownCall]], Iterator[float | None]]] = {
    "durations": lambda calls: (call.duration_s for call in calls),
    "latencies": lambda calls: (use.latency_s for call in calls for use in call.uses),
    "waits": lambda calls: (use.wait_s for call in calls for use in call.uses),
}


def assert_true(found: CallStats, calls: Sequence[KnownCall], where: str) -> None:
    """Every field of the stats of these calls; one without a truth here fails."""
    for one in fields(CallStats):
        value = getattr(found, one.name)
        if one.name in TIMES:
            _times(value, TIMES[one.name](calls))
        else:
            assert value == TRUTHS[one.name](calls), (where, one.name)


def assert_groups(found: CallSummary, calls: Sequence[KnownCall], by: tuple[str, ...]) -> None:
    """Every group that the plan has and no other, each against all others together."""
    parts = [part for call in calls for part in (_of_tools(call) if "tool" in by else [call])]
    known: dict[tuple[str, ...], list[KnownCall]] = {}
    for part in parts:
        known.setdefault(tuple(part.keys[name] for name in by), []).append(part)
    assert {group.key for group in found.window.groups} == {*known}
    for group in found.window.groups:
        of_group = known[group.key]
        assert_true(group.stats, of_group, f"{by} {group.key}")
        assert {one.name for one in fields(Group)} == {"key", "stats", "failures", "other", "agent_id"}
        assert group.other is None
        assert {group.agent_id} == ({call.agent_id for call in of_group} if by == ("agent",) else {""})
        if group.failures is not None:
            own = {id(part) for part in of_group}
            others = [part for part in parts if id(part) not in own]
            assert (*group.failures.current, *group.failures.other) == (*_failures(of_group), *_failures(others))


def _of_tools(call: KnownCall) -> list[KnownCall]:
    return [call.only_of(name) for name in dict.fromkeys(use.name for use in call.uses)]


def _failures(calls: Sequence[KnownCall]) -> tuple[int, int]:
    verdicts = [use.verdict for call in calls for use in call.uses]
    return sum(verdict in FAILURES for verdict in verdicts), len(verdicts)


def assert_window(found: WindowSummary, calls: Sequence[KnownCall], *, has_archive: bool, from_archive: int) -> None:
    """Every field of a window but its groups; one without a truth here fails."""
    truths: dict[str, Any] = {
        "providers": tuple(KEYS),
        "since": datetime(2026, 5, 1, tzinfo=UTC),
        "until": datetime(2026, 6, 3, tzinfo=UTC),
        "listed": len(calls),
        "scanned": len(calls),
        "total": None,  # Vapi does not say how many there are
        "has_more": False,
        "from_archive": from_archive,
        "unlisted": None,
        "broken": (),
        "unread": (),
        "partial": (),
        "gaps": (),
        "is_list_partial": False,
        "unjudged": NONE_UNJUDGED,
        "has_archive": has_archive,
        "list_only": 0,
    }
    for one in fields(WindowSummary):
        value = getattr(found, one.name)
        if one.name in CHECKS:
            CHECKS[one.name](value, calls)
        elif one.name != "groups":
            assert value == truths[one.name], one.name


def assert_days(found: Mapping[date, CallStats], calls: Sequence[KnownCall]) -> None:
    assert {day.isoformat() for day in found} == {call.keys["day"] for call in calls}
    for day, stats in found.items():
        assert_true(stats, [call for call in calls if call.keys["day"] == day.isoformat()], str(day))


def assert_tools(found: Mapping[str, CallStats], calls: Sequence[KnownCall]) -> None:
    assert {*found} == {use.name for call in calls for use in call.uses}
    for name, stats in found.items():
        assert_true(stats, [call.only_of(name) for call in calls if any(use.name == name for use in call.uses)], name)


def assert_judgements(found: Mapping[str, Mapping[str, int]], calls: Sequence[KnownCall]) -> None:
    of_each = {name: [call for call in calls if call.keys["provider"] == name] for name in KEYS}
    assert found == {name: TRUTHS["successes"](own) for name, own in of_each.items()}


def assert_oldest(found: datetime, calls: Sequence[KnownCall]) -> None:
    assert found.date().isoformat() == min(call.keys["day"] for call in calls)


def assert_notable(found: Sequence[NotableCall], calls: Sequence[KnownCall]) -> None:
    """Each listed call has its reasons and no other, and there is a call for each reason."""
    waits = [use.wait_s for call in calls for use in call.uses if use.wait_s is not None]
    known = {call.ref: reasons for call in calls if (reasons := signs(call, waits))}
    for one in found:
        assert {sign.reason.value for sign in one.signs} == known[one.call.ref], one.call.ref
    listed = {sign.reason.value for one in found for sign in one.signs}
    assert listed == {reason for reasons in known.values() for reason in reasons}


CHECKS: dict[str, Callable[[Any, Sequence[KnownCall]], None]] = {
    "totals": lambda found, calls: assert_true(found, calls, "totals"),
    "days": assert_days,
    "tools": assert_tools,
    "judgements": assert_judgements,
    "notable": assert_notable,
    "oldest_listed": assert_oldest,
}


def assert_summary(found: CallSummary, by: tuple[str, ...]) -> None:
    """Every other field of an answer without a comparison."""
    truths: dict[str, Any] = {
        "group_by": by,
        "agent": "",
        "filters": {},
        "compared_with": "",
        "previous": None,
        "other": None,
        "changes": (),
        "not_compared": "",
        "is_sample": False,
    }
    told = {one.name for one in fields(CallSummary)} - {"window", "asked_at"}
    assert {name: getattr(found, name) for name in told} == truths
    assert found.asked_at <= datetime.now(UTC)


async def ask(url: str, archive: str, folder: Path, by: tuple[str, ...]) -> CallSummary:
    """Ask a server of its own, which reads every platform over HTTP; it has the days and the tools, as for a script."""
    accounts = {f"{name.upper()}_API_KEY": key for name, key in KEYS.items()}
    accounts |= {f"{name.upper()}_BASE_URL": url for name in KEYS}
    settings = load({**accounts, "CALL_TRANSCRIPTS_ARCHIVE": archive, "CALL_TRANSCRIPTS_HOME": str(folder)})
    sent = {**MONTH, "max_calls": 1000, "look_at": 50, "group_by": list(by)}
    async with open_context(settings) as context:
        return await TOOL.find(TOOL.parse(sent), replace(context, is_unabridged=True))


async def test_every_figure_is_the_platforms_own_from_each_archive(
    platform: tuple[str, list[KnownCall]], home: Home, tmp_path: Path
) -> None:
    url, calls = platform
    home.close()
    for place, by in enumerate(GROUPINGS):  # the first answer reads every call, the others find it in the archive
        found = await ask(url, home.url, tmp_path, by)
        stored = sum(not call.is_going_on for call in calls) if place else 0
        assert_window(found.window, calls, has_archive=True, from_archive=stored)
        assert_groups(found, calls, by)
        assert_summary(found, by)


@pytest.mark.parametrize("by", [("agent", "tool"), ("version", "ended")])
async def test_every_figure_is_the_platforms_own_without_an_archive(
    platform: tuple[str, list[KnownCall]], tmp_path: Path, by: tuple[str, ...]
) -> None:
    url, calls = platform
    found = await ask(url, "off", tmp_path, by)
    assert_window(found.window, calls, has_archive=False, from_archive=0)
    assert_groups(found, calls, by)
    assert_summary(found, by)


def test_the_calls_have_every_kind_of_what_is_counted(platform: tuple[str, list[KnownCall]]) -> None:
    _, calls = platform
    assert all(truth(calls) for truth in TRUTHS.values())
    assert all(any(value is not None for value in times(calls)) for times in TIMES.values())
