"""Calls as nobody expects them are kept and given back like any other: for every engine."""

from __future__ import annotations

from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING

from kept_calls import (
    ACME,
    ANY_LINE,
    EVERYWHERE,
    ZETA,
    Oracle,
    agent,
    kept,
    minute,
    phrases,
    placed,
    plain,
    transcript,
    used,
    user,
)

from call_transcripts_mcp.archive.base import Key, LinePosition, Selection, StoredCall
from call_transcripts_mcp.findings.failures import Scope
from call_transcripts_mcp.model import Verdict

if TYPE_CHECKING:
    from call_transcripts_mcp.archive.base import Engine

HOSTILE = ["'; DROP TABLE calls; --", '"', "\\", "%", "_", "a\tb", "ünïcödé", "预订", "🎉", "x" * 500, "a/b?c=d#e",
           "null", "1", "01", "1.0", "{id:String}", "NaN", " a", "a ", "A", "a", "ﬁ", "e\u0301", "é"]  # fmt: skip


def test_any_id_is_a_handle(engine: Engine) -> None:
    rows = [kept(transcript(name, user(f"number {at}"), created=minute(0))) for at, name in enumerate(HOSTILE)]
    engine.put(ACME, rows)
    for row in rows:
        assert engine.transcript(Key(ACME, row.id)) == StoredCall(row.call, row.transcript, row.masking)
        assert [facts.key.id for facts in engine.calls(Selection(keys=[Key(ACME, row.id)]))] == [row.id]
    assert engine.kept_ids(ACME, None, None, masking=1) == set(HOSTILE)
    assert [facts.key.id for facts in engine.calls(EVERYWHERE)] == sorted(HOSTILE)
    for name in HOSTILE:
        wanted = sorted(other for other in HOSTILE if other > name)
        found = engine.calls(EVERYWHERE, before=LinePosition(rows[0].created_ms, name))
        assert [facts.key.id for facts in found] == wanted
    assert engine.purge(Selection(keys=[Key(ACME, "'; DROP TABLE calls; --"), Key(ACME, "%")])) == 2
    assert len(engine.calls(EVERYWHERE)) == len(HOSTILE) - 2


def test_any_name_of_a_tool_is_counted_under_that_name(engine: Engine) -> None:
    rows = [kept(transcript(f"{at}", used(name, Verdict.FAILED, name))) for at, name in enumerate(HOSTILE)]
    engine.put(ACME, rows)
    oracle = Oracle()
    oracle.put(ACME, rows)
    assert plain(engine.failures(EVERYWHERE, examples=None)) == plain(oracle.tally(EVERYWHERE))
    for name in HOSTILE:
        assert plain(engine.failures(EVERYWHERE, scope=Scope((name,)))) == plain(
            oracle.tally(EVERYWHERE, Scope((name,))), 1
        ), name


def test_half_a_surrogate_pair_anywhere_is_no_obstacle(engine: Engine) -> None:
    odd = "half \ud83d of it"
    parts = [user(odd), used(f"{odd} tool", Verdict.FAILED, f"{odd} error"), agent(odd)]
    found = transcript("one", *parts, agent_name=odd, agent_id=odd)
    found = replace(found, call=replace(found.call, summary=odd, metadata={odd: odd}), gaps=(odd,))
    row = kept(found)
    engine.put(ACME, [row])
    assert engine.transcript(Key(ACME, "one")) == StoredCall(row.call, row.transcript, row.masking)
    (cause,) = engine.failures(EVERYWHERE).causes
    assert cause.failures[0].tool_call.name == f"{odd} tool"
    assert len(engine.search(phrases("of it"), EVERYWHERE, ANY_LINE, before=None, limit=9)) == 3
    for strange in (Selection(agent=odd), Selection(keys=[Key(ACME, odd)]), Selection(spaces=[odd])):
        engine.calls(strange)
    assert engine.transcript(Key(ACME, odd)) is None
    assert engine.check() == []


def test_control_characters_and_nuls_are_kept(engine: Engine) -> None:
    odd = "nul \x00 bell \x07 line \u2028 end"
    row = kept(transcript("one", user(odd), used(odd, Verdict.FAILED, odd), agent_name=odd))
    engine.put(ACME, [row])
    assert engine.transcript(Key(ACME, "one")) == StoredCall(row.call, row.transcript, row.masking)
    assert engine.failures(EVERYWHERE).causes[0].tool == odd
    assert len(engine.search(phrases("bell"), EVERYWHERE, ANY_LINE, before=None, limit=9)) == 2


def test_a_call_without_a_message_is_a_call(engine: Engine) -> None:
    engine.put(ACME, [kept(transcript("silent"))])
    assert [facts.message_count for facts in engine.calls(EVERYWHERE)] == [0]
    assert engine.failures(EVERYWHERE).calls == 1
    assert sum(day.calls for day in engine.trend(EVERYWHERE).values()) == 1
    assert engine.check() == []


def test_a_payload_of_five_megabytes_is_kept_whole(engine: Engine) -> None:
    large = " ".join(f"word{at % 1_000}" for at in range(700_000)) + " end"
    assert len(large) > 5_000_000
    row = kept(transcript("large", user(large), user("and one more")))
    engine.put(ACME, [row])
    assert engine.transcript(Key(ACME, "large")) == StoredCall(row.call, row.transcript, row.masking)
    (hit,) = engine.search(phrases("word999 end"), EVERYWHERE, ANY_LINE, before=None, limit=9)
    assert hit.text == large
    assert engine.search(phrases("end and"), EVERYWHERE, ANY_LINE, before=None, limit=9) == []


def test_a_call_of_thousands_of_lines_is_searched_to_its_end(engine: Engine) -> None:
    row = kept(transcript("long", *(user(f"yes {at}") for at in range(3_000))))
    engine.put(ACME, [row])
    oracle = Oracle()
    oracle.put(ACME, [row])
    found = engine.search(phrases("yes"), EVERYWHERE, ANY_LINE, before=None, limit=5_000)
    assert placed(found) == oracle.search(phrases("yes"), EVERYWHERE, ANY_LINE)
    assert engine.check() == []


def test_a_batch_of_nothing_is_no_error(engine: Engine) -> None:
    engine.put(ACME, [])
    engine.put(ACME, [], [])
    assert engine.calls(EVERYWHERE) == []


def test_many_threads_may_ask_and_put_at_once(engine: Engine) -> None:
    wrong: list[BaseException] = []

    def work(space: str, at: int) -> None:
        try:
            for turn in range(4):
                engine.put(space, [kept(transcript(f"call-{at}-{turn}", user("hello"), created=minute(at)))])
                assert engine.transcript(Key(space, f"call-{at}-{turn}")) is not None
                assert engine.search(phrases("hello"), Selection(spaces=[space]), ANY_LINE, before=None, limit=3)
                engine.failures(EVERYWHERE)
        except BaseException as error:  # noqa: BLE001 - told by the test itself
            wrong.append(error)

    threads = [Thread(target=work, args=(space, at)) for at in range(3) for space in (ACME, ZETA)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert engine.failures(EVERYWHERE).calls == 24
    assert engine.check() == []
