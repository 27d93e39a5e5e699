"""What is put into an archive comes out as it was, and calls are listed newest first: for every engine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kept_calls import (
    ACME,
    ANY_LINE,
    EVERYWHERE,
    NOON,
    SECRETS,
    ZETA,
    agent,
    kept,
    minute,
    minute_ms,
    phrases,
    transcript,
    used,
    user,
)

from call_transcripts_mcp.archive import codec
from call_transcripts_mcp.archive.base import Facts, Key, LinePosition, Selection, StoredCall
from call_transcripts_mcp.archive.rows import call_rows
from call_transcripts_mcp.findings.failures import FAILURES
from call_transcripts_mcp.model import Transcript, Verdict
from sample_transcripts import sample_transcripts

if TYPE_CHECKING:
    from call_transcripts_mcp.archive.base import Engine
    from conftest import Home

FAILED = Selection(verdicts=FAILURES)
BOOKED = transcript(
    "booked",
    user("A table for four, please"),
    used("book_table", Verdict.FAILED, "HTTP 504 from upstream", latency_s=2.5),
    agent("I am sorry"),
    created=minute(1),
    agent_name="Harbour Grill",
    agent_id="AGENT-1",
)


def ids(found: list[Facts]) -> list[str]:
    return [one.key.id for one in found]


def read(engine: Engine, key: Key) -> Transcript:
    found = engine.transcript(key)
    assert found is not None
    return codec.transcript_of(codec.call_of(found.call), found.transcript)


def test_a_call_comes_back_byte_for_byte(engine: Engine) -> None:
    row = kept(BOOKED)
    engine.put(ACME, [row])
    assert engine.transcript(Key(ACME, "booked")) == StoredCall(row.call, row.transcript, row.masking)


def test_every_sample_call_comes_back_as_it_was_kept(engine: Engine) -> None:
    rows = {one.call.id: call_rows(one, SECRETS, 1) for one in sample_transcripts(NOON)}
    engine.put(ACME, list(rows.values()))
    for call_id, row in rows.items():
        assert engine.transcript(Key(ACME, call_id)) == StoredCall(row.call, row.transcript, 1)


def test_a_call_that_is_not_kept_is_none(engine: Engine) -> None:
    engine.put(ACME, [kept(BOOKED)])
    assert engine.transcript(Key(ACME, "another")) is None
    assert engine.transcript(Key(ZETA, "booked")) is None


def test_what_an_archive_holds_is_there_after_it_was_closed_and_opened_again(engine: Engine, home: Home) -> None:
    row = kept(BOOKED)
    engine.put(ACME, [row])
    again = home.reopen()
    assert again.transcript(Key(ACME, "booked")) == StoredCall(row.call, row.transcript, row.masking)
    assert len(again.search(phrases("upstream"), EVERYWHERE, ANY_LINE, before=None, limit=9)) == 1


def test_a_call_that_is_put_again_replaces_all_that_was_known_of_it(engine: Engine) -> None:
    engine.put(ACME, [kept(BOOKED)])
    engine.put(ACME, [kept(transcript("booked", user("A taxi, please"), created=minute(1)))])
    assert [message.text for message in read(engine, Key(ACME, "booked")).messages] == ["A taxi, please"]
    (facts,) = engine.calls(EVERYWHERE)
    assert (facts.message_count, dict(facts.verdicts)) == (1, {})
    assert engine.failures(EVERYWHERE).causes == ()
    assert engine.failures(EVERYWHERE).stats == ()
    assert engine.search(phrases("upstream"), EVERYWHERE, ANY_LINE, before=None, limit=9) == []
    assert len(engine.search(phrases("taxi"), EVERYWHERE, ANY_LINE, before=None, limit=9)) == 1
    assert engine.calls(Selection(agent="harbour")) == []
    assert engine.check() == []


def test_a_call_that_is_put_again_with_another_time_stands_at_that_time_alone(engine: Engine) -> None:
    engine.put(ACME, [kept(BOOKED)])
    engine.put(ACME, [kept(replace(BOOKED, call=replace(BOOKED.call, created_at=minute(-90_000))))])
    assert [facts.created_ms for facts in engine.calls(EVERYWHERE)] == [minute_ms(-90_000)]
    assert engine.calls(Selection(since_ms=minute_ms(0))) == []
    assert engine.failures(EVERYWHERE).calls == 1
    assert [day.calls for day in engine.trend(EVERYWHERE).values()] == [1]
    assert len(engine.search(phrases("upstream"), EVERYWHERE, ANY_LINE, before=None, limit=9)) == 1


def test_of_a_call_that_is_put_twice_at_once_the_last_one_is_kept(engine: Engine) -> None:
    engine.put(ACME, [kept(BOOKED), kept(transcript("booked", user("A taxi, please"), created=minute(1)))])
    assert [message.text for message in read(engine, Key(ACME, "booked")).messages] == ["A taxi, please"]
    assert engine.search(phrases("upstream"), EVERYWHERE, ANY_LINE, before=None, limit=9) == []
    assert len(engine.calls(EVERYWHERE)) == 1
    assert engine.check() == []


def test_putting_the_same_again_changes_nothing(engine: Engine) -> None:
    for _ in range(3):
        engine.put(ACME, [kept(BOOKED)])
    assert engine.failures(EVERYWHERE).calls == 1
    assert engine.failures(EVERYWHERE).causes[0].count == 1
    assert len(engine.search(phrases("upstream"), EVERYWHERE, ANY_LINE, before=None, limit=9)) == 1
    assert engine.state().spaces[0].calls == 1


def test_facts_tell_what_is_known_of_a_call(engine: Engine) -> None:
    row = kept(BOOKED)
    engine.put(ACME, [row])
    (facts,) = engine.calls(EVERYWHERE)
    assert facts == Facts(Key(ACME, "booked"), minute_ms(1), row.call, 3, 1, {Verdict.FAILED: 1})


def test_facts_count_the_verdicts_of_all_tools(engine: Engine) -> None:
    calls = [
        used("a"),
        used("a", Verdict.FAILED, "x"),
        used("b"),
        used("b", Verdict.CANCELLED),
        used("c", Verdict.PENDING),
    ]
    engine.put(ACME, [kept(transcript("one", *calls))])
    verdicts = {Verdict.OK: 2, Verdict.FAILED: 1, Verdict.CANCELLED: 1, Verdict.PENDING: 1}
    assert dict(engine.calls(EVERYWHERE)[0].verdicts) == verdicts


def test_calls_come_newest_first_and_those_of_one_moment_by_id(engine: Engine) -> None:
    times = {"b": 5, "a": 5, "d": 9, "B": 5, "c": 1, "e": 5}
    engine.put(ACME, [kept(transcript(name, created=minute(at))) for name, at in times.items()])
    assert ids(engine.calls(EVERYWHERE)) == ["d", "B", "a", "b", "e", "c"]
    assert ids(engine.calls(EVERYWHERE, limit=3)) == ["d", "B", "a"]


def test_paging_through_calls_gives_each_once(engine: Engine) -> None:
    rows = [kept(transcript(f"call-{at:02}", created=minute(at // 3))) for at in range(20)]
    engine.put(ACME, rows)
    for size in (1, 3, 7):
        seen: list[str] = []
        before: LinePosition | None = None
        while page := engine.calls(EVERYWHERE, before=before, limit=size):
            seen += ids(page)
            before = LinePosition(page[-1].created_ms, page[-1].key.id)
        assert seen == ids(engine.calls(EVERYWHERE))
        assert len(set(seen)) == len(seen) == 20


def test_a_page_may_start_before_a_call_that_is_no_longer_there(engine: Engine) -> None:
    engine.put(ACME, [kept(transcript(name, created=minute(5))) for name in "ac"])
    assert ids(engine.calls(EVERYWHERE, before=LinePosition(minute_ms(5), "b"))) == ["c"]
    assert ids(engine.calls(EVERYWHERE, before=LinePosition(minute_ms(6), "z"))) == ["a", "c"]
    assert ids(engine.calls(EVERYWHERE, before=LinePosition(minute_ms(4), ""))) == []


def test_failed_calls_are_those_with_a_tool_call_that_needs_an_explanation(engine: Engine) -> None:
    rows = [kept(transcript(verdict, used("a", verdict, "boom"), used("a"))) for verdict in Verdict]
    engine.put(ACME, [*rows, kept(transcript("silent"))])
    assert ids(engine.calls(FAILED)) == ["failed", "no_result", "suspected"]
    assert ids(engine.calls(replace(FAILED, keys=[Key(ACME, "failed"), Key(ACME, "ok")]))) == ["failed"]
    assert ids(engine.calls(FAILED, limit=1)) == ["failed"]


def test_both_ends_of_a_window_belong_to_it(engine: Engine) -> None:
    engine.put(ACME, [kept(transcript(str(at), created=minute(at))) for at in range(5)])
    assert ids(engine.calls(Selection(since_ms=minute_ms(1), until_ms=minute_ms(3)))) == ["3", "2", "1"]
    assert ids(engine.calls(Selection(since_ms=minute_ms(4)))) == ["4"]
    assert ids(engine.calls(Selection(since_ms=minute_ms(1) + 1, until_ms=minute_ms(3) - 1))) == ["2"]
    assert ids(engine.calls(Selection(since_ms=minute_ms(3), until_ms=minute_ms(1)))) == []


def test_an_agent_is_a_whole_id_or_a_part_of_a_name(engine: Engine) -> None:
    engine.put(
        ACME,
        [
            kept(transcript("grill", created=minute(3), agent_name="Harbour GRILL Straße", agent_id="AB-12")),
            kept(transcript("percent", created=minute(2), agent_name="100%_sure\\no'quote")),
            kept(transcript("nobody", created=minute(1))),
        ],
    )
    for wanted in ("harbour", "grill", "r g", "ab-12", "strasse"):
        assert ids(engine.calls(Selection(agent=wanted))) == ["grill"], wanted
    for wanted in ("%", "_", "\\", "'", "0%_", "\\n"):
        assert ids(engine.calls(Selection(agent=wanted))) == ["percent"], wanted
    for wanted in ("ab-1", "b-12", "harbour%", "h_rbour", "x"):
        assert ids(engine.calls(Selection(agent=wanted))) == [], wanted


def test_further_agents_are_those_of_their_own_space_alone(engine: Engine) -> None:
    for space in (ACME, ZETA):
        calls = [transcript(f"{space}-{at}", created=minute(at), agent_id=f"Agent-{at}") for at in range(3)]
        engine.put(space, [kept(call) for call in calls])
    chosen = Selection(agent="nobody", agents=[(ACME, "agent-1"), (ZETA, "agent-2"), (ZETA, "agent-9"), ("none", "x")])
    assert ids(engine.calls(chosen)) == [f"{ZETA}-2", f"{ACME}-1"]
    assert ids(engine.calls(replace(chosen, spaces=[ACME]))) == [f"{ACME}-1"]
    assert ids(engine.calls(replace(chosen, agent="agent-0"))) == [f"{ZETA}-2", f"{ACME}-1", f"{ACME}-0", f"{ZETA}-0"]
    many = [(ACME, f"{'x' * 60}-{at}") for at in range(2_000)]
    assert ids(engine.calls(replace(chosen, agents=[*many, (ZETA, "agent-0")]))) == [f"{ZETA}-0"]
    assert engine.count(chosen).calls == engine.failures(chosen).calls == 2


def test_keys_select_these_calls_alone(engine: Engine) -> None:
    for space in (ACME, ZETA):
        engine.put(space, [kept(transcript(f"{space}-{at}", created=minute(at))) for at in range(3)])
    wanted = [Key(ACME, f"{ACME}-2"), Key(ZETA, f"{ZETA}-0"), Key(ZETA, f"{ACME}-1"), Key(ACME, "unknown")]
    assert [facts.key for facts in engine.calls(Selection(keys=wanted))] == wanted[:2]
    assert engine.calls(Selection(keys=[])) == []
    assert [facts.key for facts in engine.calls(Selection(keys=wanted, spaces=[ZETA]))] == [wanted[1]]
    assert engine.failures(Selection(keys=wanted)).calls == 2


def test_thousands_of_keys_are_one_question(engine: Engine) -> None:
    engine.put(ACME, [kept(transcript(f"call-{at}", created=minute(at))) for at in range(3)])
    wanted = [Key(ACME, f"call-{at}") for at in range(40_000)]
    assert len(engine.calls(Selection(keys=wanted))) == 3
    assert engine.failures(Selection(keys=wanted)).calls == 3
    assert len(engine.trend(Selection(keys=wanted))) == 1


def test_spaces_do_not_see_each_other(engine: Engine) -> None:
    engine.put(ACME, [kept(BOOKED)])
    engine.put(ZETA, [kept(transcript("booked", user("upstream, they say"), created=minute(2)))])
    for space, count in ((ACME, 3), (ZETA, 1)):
        only = Selection(spaces=[space])
        assert len(read(engine, Key(space, "booked")).messages) == count
        assert [facts.key.space for facts in engine.calls(only)] == [space]
        assert [hit.key.space for hit in engine.search(phrases("upstream"), only, ANY_LINE, before=None, limit=9)] == [
            space
        ]
        assert engine.failures(only).calls == 1
        assert len(engine.trend(only)) == 1
    assert engine.failures(Selection(spaces=[ACME, ZETA])).calls == 2
    for nothing in (Selection(spaces=[]), Selection(spaces=["acme-unknown"])):
        assert engine.calls(nothing) == []
        assert engine.failures(nothing).calls == 0
        assert engine.trend(nothing) == {}
        assert engine.search(phrases("upstream"), nothing, ANY_LINE, before=None, limit=9) == []


def test_kept_ids_are_those_of_the_window_masked_no_more_strictly_than_asked(engine: Engine) -> None:
    modes = ["off", "secrets", "personal"]
    engine.put(ACME, [kept(transcript(mode, created=minute(at)), mode) for at, mode in enumerate(modes)])
    engine.put(ZETA, [kept(transcript("elsewhere"), "off")])
    for masking in range(3):
        assert engine.kept_ids(ACME, None, None, masking=masking) == set(modes[: masking + 1])
    assert engine.kept_ids(ACME, minute_ms(1), minute_ms(1), masking=2) == {"secrets"}
    assert engine.kept_ids(ACME, minute_ms(1), None, masking=2) == {"secrets", "personal"}
    assert engine.kept_ids(ACME, None, minute_ms(1), masking=2) == {"off", "secrets"}
    assert engine.kept_ids("acme-unknown", None, None, masking=2) == set()


def test_an_empty_archive_answers_every_question(engine: Engine) -> None:
    assert engine.calls(EVERYWHERE) == []
    assert engine.failures(EVERYWHERE).calls == 0
    assert engine.trend(EVERYWHERE) == {}
    assert engine.search(phrases("hello"), EVERYWHERE, ANY_LINE, before=None, limit=9) == []
    assert engine.kept_ids(ACME, None, None, masking=2) == set()
    assert engine.purge(EVERYWHERE) == 0
    assert engine.check() == []


def test_calls_are_found_by_the_start_of_their_id(engine: Engine) -> None:
    calls = [
        transcript(name, user("hello"), created=minute(at))
        for at, name in enumerate(["ab-1", "ab-2", "aB-3", "abé", "a"])
    ]
    engine.put(ACME, [kept(one) for one in calls])
    engine.put(ZETA, [kept(transcript("ab-9", user("hello"), created=minute(9)))])
    assert ids(engine.calls(Selection(spaces=[ACME], id_prefix="ab"))) == ["abé", "ab-2", "ab-1"]
    assert ids(engine.calls(Selection(id_prefix="ab-"), limit=2)) == ["ab-9", "ab-2"]
    assert ids(engine.calls(Selection(spaces=[ACME], id_prefix="%"))) == []
    assert ids(engine.calls(Selection(spaces=[ACME], id_prefix="a", keys=[Key(ACME, "ab-2"), Key(ACME, "b")]))) == [
        "ab-2"
    ]
    assert engine.count(Selection(spaces=[ACME], id_prefix="ab")).calls == 3
