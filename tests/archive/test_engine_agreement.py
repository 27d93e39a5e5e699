"""Any question over any calls has one answer: every engine gives it, and counting in plain Python gives it too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kept_calls import NOON, NOON_MS, Oracle, agent, kept, phrases, placed, plain, transcript, used, user

from call_transcripts_mcp.analysis.contacts import contact_query
from call_transcripts_mcp.analysis.fact_filter import EVERY_CALL, FactFilter, version_spellings
from call_transcripts_mcp.archive.base import Key, LineFilter, LinePosition, Selection
from call_transcripts_mcp.archive.terms import Term
from call_transcripts_mcp.end_reasons import EndReason
from call_transcripts_mcp.findings.failures import EVERY_FAILURE, FAILURES, Scope
from call_transcripts_mcp.model import Role, Verdict

if TYPE_CHECKING:
    from call_transcripts_mcp.archive.base import CallRows, Engine
    from call_transcripts_mcp.model import Message, Transcript

HOUR_MS = 3_600_000
HOURS = [-60, -36, -13, -12, 0]
"""When calls are created, and where windows end: few, so that many calls fall on one moment, and on a window's end."""
WORDS = ["table", "four", "café", "预订"]
ERRORS = [
    "HTTP 504 from upstream 1",
    "HTTP 504 from upstream 2",
    "Tool call timed out.",
    "card declined",
    "404: no A-17",
]
TOOLS = ["book", "pay", "b%k"]
GAPS = [(), (), ("no logs",), ("no logs", "no logs", "rows without a form: 2")]
AGENTS = [None, "Harbour Grill", "City Clinic 100%"]
AGENT_IDS = [None, "agent_1", "agent_2", "käse"]
CONTACTS = [
    None,
    "+1 (415) 555-0101",
    "4155550101",
    "sip:0014155550101@carrier.test",
    "Ana",
    "12345",
    "[phone]",
    "Åsa ",
]
ASKED_CONTACTS = ["+14155550101", "415-555-0101", "5550101", "ana", "12345", "nobody", "ÅSA"]
_spaces = count()

terms = st.builds(
    Term,
    st.sampled_from(["table", "tab", "fou", "four", "cafe", "预", "absent"]).map(lambda word: (word,))
    | st.sampled_from(["table four", "four tab", "预 订", "cafe caf"]).map(lambda words: tuple(words.split())),
    is_prefix=st.booleans(),
)
speech = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
tool_uses = st.builds(
    used,
    st.sampled_from(TOOLS),
    st.sampled_from(Verdict),
    st.sampled_from(["", *ERRORS]),
    latency_s=st.none() | st.sampled_from([0.1, 2.5, 30.0]),
)
messages = st.one_of(speech.map(user), speech.map(agent), tool_uses, tool_uses)


@dataclass(frozen=True, slots=True)
class Fleet:
    """Calls of two spaces; ids do not repeat."""

    here: tuple[CallRows, ...]
    there: tuple[CallRows, ...]


told = st.fixed_dictionaries(
    {
        "end_reason": st.sampled_from(
            [None, "hangup", "customer-ended-call", "voicemail", "foo.bar", "pipeline-error", "no-answer"]
        ),
        "duration_s": st.sampled_from([None, 0.0, 59.5, 60.0, 61.25, 3600.0]),
        "direction": st.sampled_from([None, "inbound", "Outgoing", "web"]),
        "agent_version": st.sampled_from([None, "12", "v12", "12.1", "KÄSE", "\ud800", "Nightly"]),
        "contact": st.sampled_from(CONTACTS),
    }
)


@st.composite
def made_calls(draw: st.DrawFn, name: str) -> Transcript:
    parts: list[Message] = draw(st.lists(messages, min_size=2, max_size=6))
    when = NOON + timedelta(hours=draw(st.sampled_from(HOURS)))
    made = transcript(name, *parts, created=when, agent_name=draw(st.sampled_from(AGENTS)))
    call = replace(made.call, agent_id=draw(st.sampled_from(AGENT_IDS)), **draw(told))
    made = replace(made, call=call)
    return replace(made, gaps=draw(st.sampled_from(GAPS)), gaps_are_final=True)


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    sizes = draw(st.tuples(st.integers(4, 10), st.integers(0, 4)))
    modes = st.sampled_from(["secrets", "secrets", "off"])
    here, there = (
        tuple(kept(draw(made_calls(f"{side}-{at}")), draw(modes)) for at in range(size))
        for side, size in zip(("a", "b"), sizes, strict=True)
    )
    return Fleet(here, there)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, without the spaces, which each example has for itself."""

    hours: tuple[int | None, int | None]
    agent: str | None
    agents: tuple[tuple[int, str], ...]
    ids: tuple[str, ...] | None
    spaces: int
    scope: Scope
    examples: int | None
    facts: FactFilter
    had: tuple[tuple[str, ...], tuple[str, ...]]
    words: tuple[str, ...]
    where: LineFilter
    page: int

    def selection(self, spaces: tuple[str, str]) -> Selection:
        since, until = (None if hour is None else NOON_MS + hour * HOUR_MS for hour in self.hours)
        keys = None if self.ids is None else [Key(space, name) for name in self.ids for space in spaces]
        tools, verdicts = self.had
        return Selection(
            spaces[: self.spaces],
            since,
            until,
            self.agent,
            keys,
            facts=self.facts,
            tools=tools,
            verdicts=verdicts,
            agents=[(spaces[at], agent_id) for at, agent_id in self.agents],
        )


fact_filters = st.builds(
    FactFilter,
    ended=st.just(()) | st.lists(st.sampled_from(list(EndReason)), min_size=1, max_size=3, unique=True).map(tuple),
    min_duration_ms=st.none() | st.sampled_from([0, 59_500, 60_000, 3_600_000]),
    max_duration_ms=st.none() | st.sampled_from([0, 60_000, 61_000]),
    directions=st.sampled_from([(), ("inbound",), ("outbound",), ("inbound", "outbound")]),
    versions=st.just(()) | st.sampled_from(["v12", "12.1", "KÄSE", "nightly"]).map(version_spellings),
    contact=st.none() | st.sampled_from(ASKED_CONTACTS).map(contact_query),
)
questions = st.builds(
    Asked,
    hours=st.tuples(st.none() | st.sampled_from(HOURS), st.none() | st.sampled_from(HOURS)),
    agent=st.none() | st.sampled_from(["harbour", "c", "%", "nobody"]),
    agents=st.just(())
    | st.lists(st.tuples(st.sampled_from([0, 1]), st.sampled_from(AGENT_IDS[1:])), max_size=3).map(tuple),
    ids=st.none() | st.lists(st.sampled_from(["a-0", "a-1", "a-2", "b-0", "b-9"]), max_size=3, unique=True).map(tuple),
    spaces=st.sampled_from([2, 2, 1]),
    scope=st.just(EVERY_FAILURE)
    | st.builds(
        Scope,
        tools=st.lists(st.sampled_from(TOOLS), max_size=3, unique=True).map(tuple),
        verdicts=st.lists(st.sampled_from(sorted(FAILURES)), max_size=2, unique=True).map(tuple),
    ),
    examples=st.sampled_from([0, 1, 2, None]),
    facts=st.just(EVERY_CALL) | fact_filters,
    had=st.just(((), ()))
    | st.tuples(st.sampled_from([(), ("pay",), ("book", "b%k")]), st.sampled_from([(), FAILURES, ("ok",)])),
    words=st.just(())
    | st.sampled_from(WORDS).map(lambda word: (word,))
    | st.lists(speech, min_size=1, max_size=2).map(tuple),
    where=st.builds(
        LineFilter,
        roles=st.just(()) | st.lists(st.sampled_from([role.value for role in Role]), max_size=2).map(tuple),
        tools=st.just(()) | st.lists(st.sampled_from(TOOLS), max_size=2).map(tuple),
        verdicts=st.just(()) | st.lists(st.sampled_from([verdict.value for verdict in Verdict]), max_size=2).map(tuple),
        any_of=st.just(()) | st.lists(st.lists(terms, min_size=1, max_size=3).map(tuple), max_size=2).map(tuple),
        none_of=st.just(()) | st.lists(terms, max_size=2).map(tuple),
    ),
    page=st.integers(1, 4),
)


def new_spaces(engines: dict[str, Engine], fleet: Fleet) -> tuple[tuple[str, str], Oracle]:
    """The calls in spaces that no example had before."""
    number = next(_spaces)
    spaces = f"acme-{number}a", f"acme-{number}b"
    oracle = Oracle()
    for space, calls in zip(spaces, (fleet.here, fleet.there), strict=True):
        oracle.put(space, calls)
        for engine in engines.values():
            engine.bind(f"print of {space}", space, "acme")
            engine.put(space, calls)
    return spaces, oracle


def assert_agree(engine: Engine, oracle: Oracle, asked: Asked, where: Selection) -> None:
    listed = [facts.key for facts in engine.calls(where)]
    assert listed == oracle.calls(where)
    if len(listed) > asked.page:
        last = engine.calls(where, limit=asked.page)[-1]
        after = LinePosition(last.created_ms, last.key.id)
        assert [facts.key for facts in engine.calls(where, before=after)] == listed[asked.page :]
    failed = [key for key in oracle.calls(where) if oracle.rows[key].kept.failures]
    assert engine.count(where) == (len(listed), len(failed), oracle.unjudged(where))
    wanted = oracle.tally(where, asked.scope)
    assert plain(engine.failures(where, scope=asked.scope, examples=asked.examples)) == plain(wanted, asked.examples)
    assert dict(engine.trend(where, scope=asked.scope)) == wanted.days
    question = phrases(*asked.words)
    hits = engine.search(question, where, asked.where, before=None, limit=1_000)
    assert placed(hits) == oracle.search(question, where, asked.where)
    assert engine.count_hits(question, where, asked.where) == (len(hits), len({hit.key for hit in hits}), False)
    if len(hits) > asked.page:
        last = hits[asked.page - 1]
        after = LinePosition(last.created_ms, last.key.id, last.number)
        assert engine.search(question, where, asked.where, before=after, limit=1_000) == hits[asked.page :]


@given(fleets(), st.lists(questions, min_size=3, max_size=3))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_every_engine_answers_as_plain_python_does(
    engines: dict[str, Engine], fleet: Fleet, asked: list[Asked]
) -> None:
    spaces, oracle = new_spaces(engines, fleet)
    for question in asked:
        for engine in engines.values():
            assert_agree(engine, oracle, question, question.selection(spaces))


@given(fleets(), fleets(), questions)
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_calls_that_are_put_again_and_purged_leave_no_trace_in_any_answer(
    engines: dict[str, Engine], before: Fleet, fleet: Fleet, asked: Asked
) -> None:
    spaces, oracle = new_spaces(engines, before)
    where = asked.selection(spaces)
    for space, calls in zip(spaces, (fleet.here, fleet.there), strict=True):
        oracle.put(space, calls)
    for key in oracle.calls(where):
        del oracle.rows[key]
    for engine in engines.values():
        for space, calls in zip(spaces, (fleet.here, fleet.there), strict=True):
            engine.put(space, calls)
        engine.purge(where)
        assert engine.calls(where) == []
        assert_agree(engine, oracle, asked, Selection(spaces=spaces))
