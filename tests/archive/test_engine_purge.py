"""What is purged is gone from every answer, and no longer counts as covered: for every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kept_calls import (
    ACME,
    ANY_LINE,
    EVERYWHERE,
    ZETA,
    kept,
    minute,
    minute_ms,
    phrases,
    transcript,
    used,
    user,
)

from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.model import Verdict

if TYPE_CHECKING:
    from call_transcripts_mcp.archive.base import CallRows, Engine
    from call_transcripts_mcp.archive.ledger import Interval
    from conftest import Home

WHOLE = (minute_ms(0), minute_ms(9))


def call(at: int) -> CallRows:
    failed = used("book", Verdict.FAILED, "HTTP 504 from upstream")
    name = "Harbour Grill" if at % 2 else "City Clinic"
    return kept(transcript(f"call-{at}", user("hello"), failed, created=minute(at), agent_name=name))


def fill(engine: Engine) -> None:
    """Ten calls in one space, a minute apart, and three in the other; all of both covered."""
    engine.put(ACME, [call(at) for at in range(10)], [WHOLE])
    engine.put(ZETA, [call(at) for at in range(3)], [WHOLE])


def left(engine: Engine, space: str = ACME) -> list[int]:
    """The minutes of the calls that every kind of question still finds."""
    only = Selection(spaces=[space])
    listed = [facts.key for facts in engine.calls(only)]
    said = [hit.key for hit in engine.search(phrases("hello"), only, ANY_LINE, before=None, limit=99)]
    failed = [hit.key for hit in engine.search(phrases("upstream"), only, ANY_LINE, before=None, limit=99)]
    assert listed == said == failed
    found = engine.failures(only, examples=None)
    assert found.calls == sum(cause.count for cause in found.causes) == len(listed)
    assert sum(day.calls for day in engine.trend(only).values()) == len(listed)
    assert engine.kept_ids(space, None, None, masking=1) == {key.id for key in listed}
    assert all(engine.transcript(key) for key in listed)
    return sorted(int(key.id.removeprefix("call-")) for key in listed)


def covered(engine: Engine, space: str = ACME) -> tuple[Interval, ...]:
    return next(one.covered for one in engine.state().spaces if one.name == space)


def test_purging_by_key_forgets_these_calls_and_their_moments(engine: Engine) -> None:
    fill(engine)
    wanted = [Key(ACME, "call-3"), Key(ACME, "call-4"), Key(ACME, "unknown"), Key("acme-unknown", "call-5")]
    assert engine.purge(Selection(keys=wanted)) == 2
    assert left(engine) == [0, 1, 2, 5, 6, 7, 8, 9]
    assert engine.transcript(Key(ACME, "call-3")) is None
    assert covered(engine) == (
        (minute_ms(0), minute_ms(3) - 1),
        (minute_ms(3) + 1, minute_ms(4) - 1),
        (minute_ms(4) + 1, minute_ms(9)),
    )
    assert left(engine, ZETA) == [0, 1, 2]
    assert covered(engine, ZETA) == (WHOLE,)
    assert engine.check() == []


def test_purging_by_age_forgets_the_stretch(engine: Engine) -> None:
    fill(engine)
    assert engine.purge(Selection(spaces=[ACME], until_ms=minute_ms(5))) == 6
    assert left(engine) == [6, 7, 8, 9]
    assert covered(engine) == ((minute_ms(5) + 1, minute_ms(9)),)
    assert left(engine, ZETA) == [0, 1, 2]
    assert covered(engine, ZETA) == (WHOLE,)


def test_purging_a_window_leaves_what_is_around_it(engine: Engine) -> None:
    fill(engine)
    assert engine.purge(Selection(since_ms=minute_ms(2), until_ms=minute_ms(4))) == 4
    assert left(engine) == [0, 1, 5, 6, 7, 8, 9]
    assert covered(engine) == ((minute_ms(0), minute_ms(2) - 1), (minute_ms(4) + 1, minute_ms(9)))
    assert left(engine, ZETA) == [0, 1]
    assert covered(engine, ZETA) == covered(engine)


def test_purging_an_empty_window_uncovers_it_all_the_same(engine: Engine) -> None:
    fill(engine)
    assert engine.purge(Selection(spaces=[ZETA], since_ms=minute_ms(5))) == 0
    assert covered(engine, ZETA) == ((minute_ms(0), minute_ms(5) - 1),)


def test_purging_an_agents_calls_forgets_the_moment_of_each(engine: Engine) -> None:
    fill(engine)
    assert engine.purge(Selection(spaces=[ACME], agent="harbour", since_ms=minute_ms(4))) == 3
    assert left(engine) == [0, 1, 2, 3, 4, 6, 8]
    assert [minute_ms(at) for at in (5, 7, 9) if any(a <= minute_ms(at) <= b for a, b in covered(engine))] == []
    assert covered(engine)[0] == (minute_ms(0), minute_ms(5) - 1)


def test_purging_a_space_leaves_the_other_and_its_binding(engine: Engine) -> None:
    fill(engine)
    assert engine.purge(Selection(spaces=[ACME])) == 10
    assert left(engine) == []
    assert covered(engine) == ()
    assert left(engine, ZETA) == [0, 1, 2]
    assert covered(engine, ZETA) == (WHOLE,)
    assert engine.space_of(f"print of {ACME}") == ACME


def test_purging_everything_leaves_nothing(engine: Engine) -> None:
    fill(engine)
    assert engine.purge(EVERYWHERE) == 13
    assert left(engine) == left(engine, ZETA) == []
    assert covered(engine) == covered(engine, ZETA) == ()
    assert engine.check() == []


def test_purging_nothing_takes_nothing(engine: Engine) -> None:
    fill(engine)
    for nothing in (Selection(spaces=[]), Selection(keys=[]), Selection(keys=[Key(ACME, "unknown")])):
        assert engine.purge(nothing) == 0
    assert left(engine) == list(range(10))
    assert covered(engine) == (WHOLE,)


def test_what_was_purged_can_be_kept_again(engine: Engine) -> None:
    fill(engine)
    engine.purge(Selection(spaces=[ACME]))
    engine.put(ACME, [call(1), call(2)], [WHOLE])
    assert left(engine) == [1, 2]
    assert covered(engine) == (WHOLE,)
    assert engine.check() == []


def test_what_was_forgotten_for_good_is_never_kept_again(engine: Engine, home: Home) -> None:
    fill(engine)
    assert engine.purge(Selection(keys=[Key(ACME, "call-3")]), forever=True) == 1
    engine.put(ACME, [call(3), call(4)])
    engine.put(ZETA, [call(3)])
    again = home.reopen()
    again.put(ACME, [call(3)])
    assert left(again) == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert left(again, ZETA) == [0, 1, 2, 3]
    assert "call-3" not in again.kept_ids(ACME, None, None, masking=2)
    assert "call-3" in again.kept_ids(ACME, None, None, masking=2, forgotten=True)
    assert "call-3" in again.kept_ids(ACME, minute_ms(90), None, masking=2, forgotten=True)
    assert again.kept_ids(ZETA, None, None, masking=2, forgotten=True) == {f"call-{at}" for at in range(4)}
    assert again.check() == []


def test_a_window_can_be_forgotten_for_good(engine: Engine) -> None:
    fill(engine)
    assert engine.purge(Selection(spaces=[ACME], until_ms=minute_ms(4)), forever=True) == 5
    engine.put(ACME, [call(at) for at in range(7)])
    assert left(engine) == [5, 6, 7, 8, 9]
    assert len(engine.kept_ids(ACME, None, None, masking=2, forgotten=True)) == 10


def test_a_call_that_was_never_kept_can_be_forgotten_before_it_comes(engine: Engine) -> None:
    assert engine.purge(Selection(keys=[Key(ACME, "call-3")]), forever=True) == 0
    engine.put(ACME, [call(3), call(4)])
    assert left(engine) == [4]
    assert engine.kept_ids(ACME, None, None, masking=2, forgotten=True) == {"call-3", "call-4"}


def test_forgetting_for_good_twice_is_as_good_as_once(engine: Engine) -> None:
    fill(engine)
    assert [engine.purge(Selection(keys=[Key(ACME, "call-3")]), forever=True) for _ in range(2)] == [1, 0]
    assert left(engine) == [0, 1, 2, 4, 5, 6, 7, 8, 9]


def test_purging_thousands_of_keys_is_one_question(engine: Engine) -> None:
    fill(engine)
    assert engine.purge(Selection(keys=[Key(ACME, f"call-{at}") for at in range(5, 5_000)]), forever=True) == 5
    assert left(engine) == [0, 1, 2, 3, 4]
    assert len(engine.kept_ids(ACME, None, None, masking=2, forgotten=True)) == 5_000
