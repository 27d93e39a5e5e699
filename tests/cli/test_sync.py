"""Sync over the sample platform and a real archive: what is kept, what is covered, and what is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from call_transcripts_mcp import connect, settings
from call_transcripts_mcp.archive.codec import moment
from call_transcripts_mcp.archive.coverage import merge
from call_transcripts_mcp.archive.opening import open_engine
from call_transcripts_mcp.cli.sync import command
from call_transcripts_mcp.errors import ArchiveError, ConfigurationError, InvalidRequestError
from watched_platform import watched_platform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from call_transcripts_mcp.archive.base import Engine
    from call_transcripts_mcp.archive.ledger import Space
    from watched_platform import Watched

CALLS = 40
PROVIDERS = ("ultravox", "diga")


@pytest.fixture(scope="module")
def served() -> Iterator[Watched]:
    with watched_platform(CALLS) as found:
        yield found


@pytest.fixture
def platform(served: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watched:
    """The platform with nothing asked yet, and an empty archive for it in the environment."""
    served.forget()
    served.refuse = lambda _: 0
    for name, value in served.keys().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CALL_TRANSCRIPTS_HOME", str(tmp_path))
    return served


def synced(
    since: str | None = None, until: str | None = None, *, provider: str | None = None, max_calls: int | None = None
) -> bool:
    return command.run(command.Wanted(since, until, provider, max_calls))


@pytest.fixture
def engine(platform: Watched) -> Iterator[Engine]:
    """The archive of the environment, opened when it is first needed."""
    assert platform.base_url
    found = open_engine(settings.load().archive_url or "")
    yield found
    found.close()


def spaces(engine: Engine) -> dict[str, Space]:
    return {space.provider: space for space in engine.state().spaces}


def kept(engine: Engine, provider: str) -> set[str]:
    space = spaces(engine).get(provider)
    return engine.kept_ids(space.name, None, None, masking=1) if space else set()


def test_every_ended_call_of_the_window_is_kept_and_the_window_is_covered(
    platform: Watched, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert synced("30d")

    for provider in PROVIDERS:
        assert kept(engine, provider) == set(platform.created(provider))
        (first, *_), (*_, last) = (spaces(engine)[provider].covered,) * 2
        whole = merge([*spaces(engine)[provider].covered, *((at, at) for at in holes(platform, provider))])
        assert whole == ((first[0], last[1]),)
        assert first[0] < min(platform.created(provider).values()) <= max(platform.created(provider).values()) < last[1]
        assert not covered_moments(engine, provider, holes(platform, provider))
    assert engine.check() == []
    printed = capsys.readouterr().out.splitlines()
    ended, going_on = len(platform.created()), len(platform.created(ended=False))
    assert printed[0].startswith(f"{ended} calls read · 0 already kept · {going_on} not kept · window 20")
    assert [line for line in printed if "not ended yet" in line]


def test_both_ends_of_the_window_count_to_the_millisecond(platform: Watched, engine: Engine) -> None:
    times = sorted(platform.created("ultravox").values())
    since_ms, until_ms = times[2], times[-3]
    bounds = [str(moment(at)) for at in (since_ms, until_ms)]

    assert synced(*bounds, provider="ultravox")

    inside = {call_id for call_id, at in platform.created("ultravox").items() if since_ms <= at <= until_ms}
    assert kept(engine, "ultravox") == inside
    cut = (since_ms - 1, since_ms, until_ms, until_ms + 1)
    assert covered_moments(engine, "ultravox", set(cut)) == {since_ms, until_ms}


def holes(platform: Watched, provider: str) -> set[int]:
    return set(platform.created(provider, ended=False).values())


def covered_moments(engine: Engine, provider: str, moments: set[int]) -> set[int]:
    covered = spaces(engine)[provider].covered
    return {at for at in moments if any(since <= at <= until for since, until in covered)}


def test_a_second_sync_asks_for_the_list_alone(platform: Watched, capsys: pytest.CaptureFixture[str]) -> None:
    assert synced()
    platform.forget()
    capsys.readouterr()

    assert synced()

    assert set(platform.paths) == {"/api/calls", "/v1/call/"}
    assert capsys.readouterr().out.startswith(f"no calls read · {len(platform.created())} already kept")


def test_a_synced_call_needs_no_request_any_more(platform: Watched) -> None:
    synced()
    platform.forget()

    async def look_at_all() -> int:
        async with connect.open_context(settings.load()) as context:
            for provider in PROVIDERS:
                for call_id in platform.created(provider):
                    transcript = await context.library.get_transcript(f"{provider}:{call_id}")
                    assert (await context.library.with_stages(transcript)).call.stages
        return len(platform.paths)

    assert anyio.run(look_at_all) == 0


def test_max_calls_reads_the_newest_of_all_providers_and_the_next_sync_the_ones_behind(
    platform: Watched, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    created = platform.created()
    newest = sorted(created, key=lambda call_id: created[call_id], reverse=True)

    assert synced(max_calls=10)

    assert set(platform.readings()) == set(newest[:10])
    assert "Stopped after 10 calls (--max-calls)." in capsys.readouterr().out
    for provider in PROVIDERS:
        unread = {at for call_id, at in platform.created(provider).items() if call_id in newest[10:]}
        assert not covered_moments(engine, provider, unread)
    platform.forget()
    assert synced(max_calls=15)
    assert set(platform.readings()) == set(newest[10:25])


def test_max_calls_that_suffice_are_not_said_to_have_stopped_anything(
    platform: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    assert synced(max_calls=len(platform.created()))

    assert "--max-calls" not in capsys.readouterr().out


def test_one_provider_alone(platform: Watched, engine: Engine) -> None:
    assert synced(provider="diga")

    assert kept(engine, "diga") == set(platform.created("diga"))
    assert not any(path.startswith("/api") for path in platform.paths)


def test_a_provider_that_refuses_the_key_is_told_and_the_other_goes_on(
    platform: Watched, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    platform.refuse = lambda path: 401 if path.startswith("/v1/") else 0

    assert not synced()

    assert kept(engine, "ultravox") == set(platform.created("ultravox"))
    assert kept(engine, "diga") == set()
    assert "diga" not in spaces(engine)
    printed = capsys.readouterr().out
    assert printed.count("diga: the key was refused (401). Check DIGA_API_KEY.") == printed.count("diga: ") == 1
    assert "Sync again" not in printed


def test_a_call_that_is_refused_is_told_uncovered_and_read_by_the_next_sync(
    platform: Watched, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    lost, at = next(iter(platform.created("ultravox").items()))
    platform.refuse = lambda path: 404 if lost in path else 0

    assert not synced()

    assert kept(engine, "ultravox") == set(platform.created("ultravox")) - {lost}
    assert not covered_moments(engine, "ultravox", {at})
    assert f"1 could not be read: cannot find the call's messages under this key (404) · ultravox:{lost}" in (
        capsys.readouterr().out
    )
    platform.refuse = lambda _: 0
    platform.forget()
    assert synced()
    assert set(platform.readings()) == {lost}
    assert covered_moments(engine, "ultravox", {at})


def test_a_call_whose_stages_cannot_be_read_is_kept_without(platform: Watched, engine: Engine) -> None:
    platform.refuse = lambda path: 404 if path.endswith("/stages") else 0

    synced(provider="ultravox")

    single = {path.split("/")[3] for path in platform.paths if path.endswith("/stages")}
    assert kept(engine, "ultravox") & single


def test_without_a_key_there_is_nothing_to_sync(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CALL_TRANSCRIPTS_HOME", str(tmp_path))

    with pytest.raises(ConfigurationError, match=r"such as ULTRAVOX_API_KEY\) or CALL_TRANSCRIPTS_FILES"):
        synced()
    assert list(tmp_path.iterdir()) == []


def test_an_archive_that_is_off_cannot_be_filled(platform: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALL_TRANSCRIPTS_ARCHIVE", "off")

    with pytest.raises(ConfigurationError, match="CALL_TRANSCRIPTS_ARCHIVE is off"):
        synced()
    assert platform.paths == []


def test_an_archive_that_is_away_is_told_before_anything_is_asked(platform: Watched, tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("a file where the folder should be")

    with pytest.raises(ArchiveError):
        synced()
    assert platform.paths == []


@pytest.mark.parametrize(("since", "provider"), [("soon", None), ("2999-01-01", None), (None, "acme"), ("30d", "vapi")])
def test_an_argument_that_cannot_be_used_is_refused(platform: Watched, since: str | None, provider: str | None) -> None:
    with pytest.raises(InvalidRequestError):
        synced(since, provider=provider)
    assert platform.paths == []
