"""What an archive knows besides calls: what is covered, whose it is, who may sync, how it fares: for every engine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kept_calls import (
    ACME,
    NOON_MS,
    ZETA,
    kept,
    minute,
    minute_ms,
    transcript,
    used,
    user,
)

from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.ledger import Lease, Space
from call_transcripts_mcp.model import Verdict

if TYPE_CHECKING:
    from call_transcripts_mcp.archive.base import Engine
    from call_transcripts_mcp.archive.ledger import Interval
    from conftest import Home

ENDLESS = 2**62


def space(engine: Engine, name: str) -> Space:
    return next(one for one in engine.state().spaces if one.name == name)


def covered(engine: Engine) -> tuple[Interval, ...]:
    return space(engine, ACME).covered


def test_stretches_that_touch_or_overlap_become_one(engine: Engine) -> None:
    engine.put(ACME, [], [(100, 200)])
    assert covered(engine) == ((100, 200),)
    engine.put(ACME, [], [(201, 300)])
    assert covered(engine) == ((100, 300),)
    engine.put(ACME, [], [(50, 99), (302, 400)])
    assert covered(engine) == ((50, 300), (302, 400))
    engine.put(ACME, [], [(120, 130), (60, 70)])
    assert covered(engine) == ((50, 300), (302, 400))
    engine.put(ACME, [], [(301, 301), (500, 600), (550, 700)])
    assert covered(engine) == ((50, 400), (500, 700))
    engine.put(ACME, [], [(0, 1_000)])
    assert covered(engine) == ((0, 1_000),)
    assert space(engine, ZETA).covered == ()


def test_what_is_covered_rests_on_calls_that_are_kept(engine: Engine) -> None:
    one = kept(transcript("one", created=minute(1)))
    window = (minute_ms(0), minute_ms(9))
    without_five = ((minute_ms(0), minute_ms(5) - 1), (minute_ms(5) + 1, minute_ms(9)))
    engine.put(ACME, [one], [window], {"one": minute_ms(1), "gone": minute_ms(5)})
    assert covered(engine) == without_five
    engine.put(ACME, [], [(minute_ms(20), minute_ms(30))], {"gone": 0})
    assert covered(engine) == without_five
    engine.put(ACME, [], [window], {"one": minute_ms(1)})
    assert covered(engine) == (window,)


def test_a_call_that_is_never_kept_again_stays_a_hole(engine: Engine) -> None:
    one = kept(transcript("one", created=minute(1)))
    window = (minute_ms(0), minute_ms(9))
    engine.put(ACME, [one], [window], {"one": minute_ms(1)})
    engine.purge(Selection(keys=[Key(ACME, "one")]), forever=True)
    engine.put(ACME, [one], [window], {"one": minute_ms(1)})
    assert covered(engine) == ((minute_ms(0), minute_ms(1) - 1), (minute_ms(1) + 1, minute_ms(9)))


def test_calls_whose_personal_data_is_masked_are_counted(engine: Engine) -> None:
    for name, mode in (("one", "secrets"), ("two", "personal"), ("three", "off"), ("four", "personal")):
        engine.put(ACME, [kept(transcript(name), mode)])
    assert (space(engine, ACME).personal, space(engine, ZETA).personal) == (2, 0)
    engine.put(ACME, [kept(transcript("two"))])
    assert space(engine, ACME).personal == 1


def test_coverage_stays_when_the_archive_is_opened_again(engine: Engine, home: Home) -> None:
    engine.put(ACME, [kept(transcript("one"))], [(100, 200), (300, 400)])
    assert covered(home.reopen()) == ((100, 200), (300, 400))


def test_stretches_of_any_time_are_kept(engine: Engine) -> None:
    engine.put(ACME, [], [(-ENDLESS, -5), (0, 0), (NOON_MS, ENDLESS)])
    assert covered(engine) == ((-ENDLESS, -5), (0, 0), (NOON_MS, ENDLESS))


def test_a_stretch_that_ends_before_it_begins_covers_nothing(engine: Engine) -> None:
    engine.put(ACME, [], [(200, 100)])
    assert covered(engine) == ()


def test_many_small_stretches_become_one(engine: Engine) -> None:
    for at in range(0, 80, 2):
        engine.put(ACME, [], [(at, at)])
    assert len(covered(engine)) == 40
    engine.put(ACME, [], [(at, at) for at in range(1, 80, 2)])
    assert covered(engine) == ((0, 79),)


def test_the_state_counts_calls_and_messages_by_space(engine: Engine) -> None:
    spoken = [user("x"), used("book", Verdict.FAILED, "boom", words="and words")]
    rows = [kept(transcript("a", *spoken, created=minute(3))), kept(transcript("b", created=minute(1)))]
    engine.put(ACME, rows, [(1, 2)])
    assert space(engine, ACME) == Space(ACME, "acme", 2, 2, minute_ms(1), minute_ms(3), ((1, 2),))
    assert space(engine, ZETA) == Space(ZETA, "acme")
    engine.put(ACME, [kept(transcript("a", user("x"), created=minute(2)))])
    assert space(engine, ACME) == Space(ACME, "acme", 2, 1, minute_ms(1), minute_ms(2), ((1, 2),))
    assert engine.purge(Selection(keys=[Key(ACME, "a")])) == 1
    assert space(engine, ACME) == Space(ACME, "acme", 1, 0, minute_ms(1), minute_ms(1), ((1, 2),))


def test_the_state_says_what_it_is_where_and_how_large(engine: Engine) -> None:
    engine.put(ACME, [kept(transcript("a", user("x" * 10_000)))])
    found = engine.state()
    assert found.engine.startswith(("SQLite", "ClickHouse"))
    assert found.place
    assert found.size_bytes is None or found.size_bytes > 0
    assert [one.name for one in found.spaces] == sorted([ACME, ZETA])


def test_the_salt_belongs_to_the_archive(engine: Engine, home: Home) -> None:
    salt = engine.salt()
    assert len(salt) >= 16
    assert engine.salt() == salt
    assert home.reopen().salt() == salt


def test_a_key_opens_the_space_it_was_last_bound_to(engine: Engine, home: Home) -> None:
    assert engine.space_of("print") is None
    engine.bind("print", "ultravox-new", "ultravox")
    assert engine.space_of("print") == "ultravox-new"
    assert space(engine, "ultravox-new") == Space("ultravox-new", "ultravox")
    engine.bind("print", ACME, "acme")
    assert engine.space_of("print") == ACME
    again = home.reopen()
    assert again.space_of("print") == ACME
    assert again.space_of("print'--") is None


def test_a_rotated_key_takes_over_a_space_with_all_its_calls(engine: Engine) -> None:
    engine.put(ACME, [kept(transcript("one", created=minute(1)))], [(1, 2)])
    engine.bind("the new key's print", ACME, "acme")
    assert engine.space_of("the new key's print") == engine.space_of(f"print of {ACME}") == ACME
    assert space(engine, ACME) == Space(ACME, "acme", 1, 0, minute_ms(1), minute_ms(1), ((1, 2),))


OURS = Lease("ours", "process 1 on this host, since noon", expires_ms=2_000, pid=1, host="here")
THEIRS = Lease("theirs", "process 2's on thät host", expires_ms=5_000, pid=2, host="there")


def test_one_at_a_time_has_the_lease(engine: Engine) -> None:
    assert engine.take_lease(OURS, 1_000) is None
    assert engine.take_lease(THEIRS, 1_500) == OURS
    assert engine.take_lease(THEIRS, 1_999) == OURS


def test_whoever_has_the_lease_can_renew_it(engine: Engine) -> None:
    assert engine.take_lease(OURS, 1_000) is None
    renewed = replace(OURS, expires_ms=4_000)
    assert engine.take_lease(renewed, 1_900) is None
    assert engine.take_lease(THEIRS, 3_000) == renewed


def test_an_expired_lease_is_free(engine: Engine) -> None:
    assert engine.take_lease(OURS, 1_000) is None
    assert engine.take_lease(THEIRS, 2_001) is None
    assert engine.take_lease(OURS, 2_002) == THEIRS


def test_a_lease_is_given_back_by_who_has_it_alone(engine: Engine) -> None:
    engine.release_lease("ours")
    assert engine.take_lease(OURS, 1_000) is None
    engine.release_lease("theirs")
    assert engine.take_lease(THEIRS, 1_500) == OURS
    engine.release_lease("ours")
    assert engine.take_lease(THEIRS, 1_500) is None
    engine.release_lease("ours")
    assert engine.take_lease(OURS, 1_600) == THEIRS


def test_a_lease_outlives_the_process_that_took_it(engine: Engine, home: Home) -> None:
    assert engine.take_lease(OURS, 1_000) is None
    again = home.reopen()
    assert again.take_lease(THEIRS, 1_500) == OURS
    assert again.take_lease(OURS, 1_500) is None


def test_closing_twice_is_as_good_as_once(engine: Engine) -> None:
    engine.close()
    engine.close()
