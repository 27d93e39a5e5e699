"""Copying an archive: the same answers from either engine afterwards, whatever it was cut off by."""

from __future__ import annotations

import sys
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from call_transcripts_mcp.archive import copying
from call_transcripts_mcp.archive.adoption import adopt
from call_transcripts_mcp.archive.base import Key, LineFilter, Selection
from call_transcripts_mcp.archive.codec import millis
from call_transcripts_mcp.archive.copying import CopyProgress, copy_archive
from call_transcripts_mcp.archive.opening import open_engine
from call_transcripts_mcp.archive.rows import MASKING, call_rows
from call_transcripts_mcp.archive.spaces import fingerprint
from call_transcripts_mcp.errors import ArchiveError
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign
from call_transcripts_mcp.settings import sqlite_url
from sample_transcripts import sample_transcripts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from call_transcripts_mcp.archive.base import CallRows, Engine
    from call_transcripts_mcp.archive.ledger import Space
    from call_transcripts_mcp.model import Transcript

NOW = datetime(2026, 6, 1, 18, 0, tzinfo=UTC)
NOW_MS = millis(NOW) or 0
DAY_MS = 86_400_000
SECRETS = MASKING["secrets"]
IDENTITIES = {"ultravox": "ultravox|https://api.example.com|key-1", "diga": "diga|https://api.example.com|key-2"}
SPACES = {"ultravox": "ultravox-aaaaaaaaaa", "diga": "diga-bbbbbbbbbb"}
KINDS = ["sqlite"] if sys.platform == "win32" else ["sqlite", "chdb"]
"""ClickHouse's engine in process is not made for Windows."""
LATER = timedelta(days=30)


class CutOffError(Exception):
    """What a test cuts a copy off with."""


def transcripts(provider: str) -> list[Transcript]:
    return [one for one in sample_transcripts(NOW) if one.call.provider == provider]


def rows(found: Sequence[Transcript], masking: str = "secrets") -> list[CallRows]:
    return [call_rows(one, Foreign(redactor("secrets")), MASKING[masking]) for one in found]


def many(provider: str, copies: int) -> list[Transcript]:
    """The sample calls several times over, each under an id and a time of its own."""
    return [
        replace(one, call=replace(one.call, id=f"{number:08}{one.call.id[8:]}", created_at=NOW - LATER * number))
        for number in range(copies)
        for one in transcripts(provider)
    ]


def nobody(_: CopyProgress) -> None:
    """For whoever does not watch."""


@pytest.fixture
def opening() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def at(url: str, opening: ExitStack) -> Engine:
    return opening.enter_context(closing(open_engine(url)))


def filled(url: str, opening: ExitStack) -> Engine:
    """An archive of both accounts, with a window covered and a call that must never be kept."""
    engine = at(url, opening)
    for provider, space in SPACES.items():
        engine.bind(fingerprint(IDENTITIES[provider], engine.salt()), space, provider)
        engine.put(space, rows(transcripts(provider)), covering=[(NOW_MS - 5 * DAY_MS, NOW_MS)])
    return engine


def said(engine: Engine, spaces: Sequence[str]) -> list[object]:
    """What an archive answers to every kind of question."""
    every = Selection(spaces=spaces)
    calls = engine.calls(every)
    counted = engine.failures(every, examples=None)
    return [
        [(one.created_ms, one.call, one.message_count, one.masking, dict(one.verdicts)) for one in calls],
        [engine.transcript(one.key) for one in calls],
        (counted.calls, counted.calls_hit, counted.causes),
        [(one.name, one.verdicts, sorted(one.latencies_s)) for one in counted.stats],
        engine.trend(every),
        [
            (hit.created_ms, hit.call, hit.number, hit.tool, hit.verdict, hit.text)
            for words in ((("table",),), (("not", "available"),), (("error",), ("timeout",)))
            for hit in engine.search(words, every, LineFilter(), before=None, limit=500)
        ],
        {space.name: (space.provider, space.calls, space.messages, space.covered) for space in engine.state().spaces},
    ]


def by_name(engine: Engine) -> dict[str, Space]:
    return {space.name: space for space in engine.state().spaces}


@pytest.mark.parametrize("kind", KINDS)
def test_from_sqlite_to_another_engine_and_back_the_answers_stay_the_same(
    kind: str, tmp_path: Path, opening: ExitStack
) -> None:
    source = filled(sqlite_url(tmp_path / "a" / "calls.db"), opening)
    middle = at(sqlite_url(tmp_path / "middle" / "calls.db").replace("sqlite:", f"{kind}:"), opening)
    back = at(sqlite_url(tmp_path / "b" / "calls.db"), opening)

    there = copy_archive(source, middle, IDENTITIES, nobody)
    home = copy_archive(middle, back, IDENTITIES, nobody)

    names = list(SPACES.values())
    total = len(sample_transcripts(NOW))
    assert (there.copied, there.there, there.unreadable) == (home.copied, home.there, home.unreadable) == (total, 0, 0)
    assert said(middle, names) == said(source, names)
    assert said(back, names) == said(source, names)


def test_present_keys_open_in_the_target_what_they_open_in_the_source(tmp_path: Path, opening: ExitStack) -> None:
    source = filled(sqlite_url(tmp_path / "a" / "calls.db"), opening)
    target = at(sqlite_url(tmp_path / "b" / "calls.db"), opening)

    copy_archive(source, target, {"ultravox": IDENTITIES["ultravox"]}, nobody)

    assert target.salt() != source.salt()
    assert target.space_of(fingerprint(IDENTITIES["ultravox"], target.salt())) == SPACES["ultravox"]
    assert target.space_of(fingerprint(IDENTITIES["diga"], target.salt())) is None
    assert by_name(target)[SPACES["diga"]].calls == len(transcripts("diga"))


def test_a_key_with_a_space_of_its_own_in_the_target_keeps_it_and_all_calls_are_there(
    tmp_path: Path, opening: ExitStack
) -> None:
    source = filled(sqlite_url(tmp_path / "a" / "calls.db"), opening)
    target = at(sqlite_url(tmp_path / "b" / "calls.db"), opening)
    theirs = "ultravox-of-the-team"
    target.bind(fingerprint(IDENTITIES["ultravox"], target.salt()), theirs, "ultravox")
    extra = replace(transcripts("ultravox")[0], call=replace(transcripts("ultravox")[0].call, id="of-the-team"))
    target.put(theirs, rows([extra]))

    copy_archive(source, target, IDENTITIES, nobody)

    assert target.space_of(fingerprint(IDENTITIES["ultravox"], target.salt())) == theirs
    assert by_name(target)[theirs].calls == len(transcripts("ultravox")) + 1
    assert SPACES["ultravox"] not in by_name(target)


def test_a_copy_that_was_cut_off_goes_on_and_copies_nothing_twice(tmp_path: Path, opening: ExitStack) -> None:
    source = filled(sqlite_url(tmp_path / "a" / "calls.db"), opening)
    source.put(SPACES["ultravox"], rows(many("ultravox", 6)))
    target_url = sqlite_url(tmp_path / "b" / "calls.db")

    def cut_off(copied: CopyProgress) -> None:
        if copied.copied > copying.PAGE_CALLS:
            raise CutOffError

    with closing(open_engine(target_url)) as target, pytest.raises(CutOffError):
        copy_archive(source, target, IDENTITIES, cut_off)
    target = at(target_url, opening)
    got = sum(space.calls for space in target.state().spaces)
    rest = copy_archive(source, target, IDENTITIES, nobody)

    assert 0 < got < rest.total
    assert (rest.there, rest.copied) == (got, rest.total - got)
    assert said(target, list(SPACES.values())) == said(source, list(SPACES.values()))
    again = copy_archive(source, target, IDENTITIES, nobody)
    assert (again.copied, again.there) == (0, again.total)


def test_a_copy_that_was_cut_off_claims_no_window(tmp_path: Path, opening: ExitStack) -> None:
    source = filled(sqlite_url(tmp_path / "a" / "calls.db"), opening)
    target = at(sqlite_url(tmp_path / "b" / "calls.db"), opening)

    def cut_off(_: CopyProgress) -> None:
        raise CutOffError

    with pytest.raises(CutOffError):
        copy_archive(source, target, IDENTITIES, cut_off)

    assert all(space.covered == () for space in target.state().spaces)


def test_what_must_never_be_kept_is_not_kept_in_the_target_either(tmp_path: Path, opening: ExitStack) -> None:
    source = filled(sqlite_url(tmp_path / "a" / "calls.db"), opening)
    target = at(sqlite_url(tmp_path / "b" / "calls.db"), opening)
    copy_archive(source, target, IDENTITIES, nobody)
    gone = transcripts("diga")[0]
    key = Key(SPACES["diga"], gone.call.id)
    source.purge(Selection(keys=[key]), forever=True)

    copied = copy_archive(source, target, IDENTITIES, nobody)
    target.put(SPACES["diga"], rows([gone]))

    assert copied.never == 1
    assert target.transcript(key) is None


def test_what_the_target_must_never_keep_is_a_hole_in_what_it_covers(tmp_path: Path, opening: ExitStack) -> None:
    source = filled(sqlite_url(tmp_path / "a" / "calls.db"), opening)
    target = at(sqlite_url(tmp_path / "b" / "calls.db"), opening)
    gone = rows(transcripts("diga"))[0]
    target.bind("print", SPACES["diga"], "diga")
    target.purge(Selection(keys=[Key(SPACES["diga"], gone.id)]), forever=True)

    copy_archive(source, target, IDENTITIES, nobody)

    (covered,) = [space.covered for space in target.state().spaces if space.name == SPACES["diga"]]
    (before,) = [space.covered for space in source.state().spaces if space.name == SPACES["diga"]]
    assert target.transcript(Key(SPACES["diga"], gone.id)) is None
    assert any(since <= gone.created_ms <= until for since, until in before)
    assert covered
    assert not any(since <= gone.created_ms <= until for since, until in covered)


def test_a_call_that_only_an_age_took_away_may_be_kept_again(tmp_path: Path, opening: ExitStack) -> None:
    source = filled(sqlite_url(tmp_path / "a" / "calls.db"), opening)
    target = at(sqlite_url(tmp_path / "b" / "calls.db"), opening)
    gone = transcripts("diga")[0]
    source.purge(Selection(keys=[Key(SPACES["diga"], gone.call.id)]))

    copied = copy_archive(source, target, IDENTITIES, nobody)
    target.put(SPACES["diga"], rows([gone]))

    assert copied.never == 0
    assert target.transcript(Key(SPACES["diga"], gone.call.id)) is not None


def test_a_call_masked_more_strictly_in_the_target_is_copied_and_a_looser_one_stays(
    tmp_path: Path, opening: ExitStack
) -> None:
    source = filled(sqlite_url(tmp_path / "a" / "calls.db"), opening)
    target = at(sqlite_url(tmp_path / "b" / "calls.db"), opening)
    for provider, space in SPACES.items():
        target.bind(fingerprint(IDENTITIES[provider], target.salt()), space, provider)
    strict, loose = transcripts("diga")[:2]
    target.put(SPACES["diga"], [*rows([strict], "personal"), *rows([loose], "off")])

    copied = copy_archive(source, target, IDENTITIES, nobody)

    masking = {facts.key.id: facts.masking for facts in target.calls(Selection())}
    assert copied.there == 1
    assert (masking[strict.call.id], masking[loose.call.id]) == (SECRETS, MASKING["off"])


def test_a_call_that_cannot_be_read_stays_behind_and_leaves_a_hole_in_the_window(
    tmp_path: Path, opening: ExitStack
) -> None:
    source = filled(sqlite_url(tmp_path / "a" / "calls.db"), opening)
    target = at(sqlite_url(tmp_path / "b" / "calls.db"), opening)
    newest = next(row for row in rows(transcripts("diga")) if NOW_MS - DAY_MS < row.created_ms < NOW_MS)
    source.put(SPACES["diga"], [replace(newest, transcript=b"of another version")])

    copied = copy_archive(source, target, IDENTITIES, nobody)

    hole = newest.created_ms
    assert copied.unreadable == 1
    assert by_name(target)[SPACES["diga"]].covered == ((NOW_MS - 5 * DAY_MS, hole - 1), (hole + 1, NOW_MS))


def test_an_archive_is_not_copied_onto_itself(tmp_path: Path, opening: ExitStack) -> None:
    url = sqlite_url(tmp_path / "a" / "calls.db")

    with pytest.raises(ArchiveError, match="is both source and target"):
        copy_archive(filled(url, opening), at(url, opening), IDENTITIES, nobody)


def test_progress_is_told_up_to_the_total(tmp_path: Path, opening: ExitStack) -> None:
    seen: list[tuple[int, int]] = []
    source = filled(sqlite_url(tmp_path / "a" / "calls.db"), opening)

    copied = copy_archive(
        source, at(sqlite_url(tmp_path / "b" / "calls.db"), opening), {}, lambda one: seen.append((one.done, one.total))
    )

    assert seen == sorted(seen)
    assert seen[-1] == (copied.total, copied.total)


def test_adopting_puts_what_the_new_key_kept_into_the_old_space(tmp_path: Path, opening: ExitStack) -> None:
    engine = filled(sqlite_url(tmp_path / "a" / "calls.db"), opening)
    print_of_key = fingerprint("ultravox|https://api.example.com|key-of-today", engine.salt())
    engine.bind(print_of_key, "ultravox-of-today", "ultravox")
    old_calls, new_calls = transcripts("ultravox"), many("ultravox", 2)
    window = (NOW_MS + DAY_MS, NOW_MS + 2 * DAY_MS)
    engine.put("ultravox-of-today", rows([*new_calls, *old_calls[:3]]), covering=[window])
    engine.purge(Selection(keys=[Key("ultravox-of-today", new_calls[0].call.id)]), forever=True)
    spaces = by_name(engine)

    moved = adopt(engine, spaces[SPACES["ultravox"]], spaces["ultravox-of-today"], print_of_key, nobody)

    old = by_name(engine)[SPACES["ultravox"]]
    assert (moved.copied, moved.there, moved.never) == (len(new_calls) - 1, 3, 1)
    assert engine.space_of(print_of_key) == old.name
    assert old.calls == len(old_calls) + len(new_calls) - 1
    assert window in old.covered
    assert by_name(engine).get("ultravox-of-today", old).calls in (0, old.calls)
    engine.put(old.name, rows(new_calls[:1]))
    assert engine.transcript(Key(old.name, new_calls[0].call.id)) is None


def test_adopting_that_was_cut_off_loses_nothing_and_can_be_done_again(tmp_path: Path, opening: ExitStack) -> None:
    engine = filled(sqlite_url(tmp_path / "a" / "calls.db"), opening)
    print_of_key = fingerprint("ultravox|https://api.example.com|key-of-today", engine.salt())
    engine.bind(print_of_key, "ultravox-of-today", "ultravox")
    engine.put("ultravox-of-today", rows(many("ultravox", 2)))

    def cut_off(_: CopyProgress) -> None:
        raise CutOffError

    with pytest.raises(CutOffError):
        adopt(engine, by_name(engine)[SPACES["ultravox"]], by_name(engine)["ultravox-of-today"], print_of_key, cut_off)
    assert engine.space_of(print_of_key) == "ultravox-of-today"
    assert by_name(engine)["ultravox-of-today"].calls == len(many("ultravox", 2))
    adopt(engine, by_name(engine)[SPACES["ultravox"]], by_name(engine)["ultravox-of-today"], print_of_key, nobody)

    assert engine.space_of(print_of_key) == SPACES["ultravox"]
    assert by_name(engine)[SPACES["ultravox"]].calls == len(transcripts("ultravox")) + len(many("ultravox", 2))
