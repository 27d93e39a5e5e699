"""Where the archive is: what the two settings mean, and what is refused with a line that says how to mend it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from call_transcripts_mcp.errors import ConfigurationError
from call_transcripts_mcp.settings import Settings, file_of, load, sqlite_url


def url_of(archive: str = "", home: str = "") -> str | None:
    return load({"CALL_TRANSCRIPTS_ARCHIVE": archive, "CALL_TRANSCRIPTS_HOME": home}).archive_url


def path_of(url: str | None) -> Path:
    assert url is not None
    assert url.startswith("sqlite:///")
    return file_of(url.removeprefix("sqlite://"))


def test_the_archive_is_a_file_in_the_user_s_data_by_default() -> None:
    assert path_of(url_of()).is_relative_to(Path.home())
    assert path_of(url_of()).parts[-2:] == ("archive", "calls.db")


@pytest.mark.parametrize("folder", ["data", "with blanks", "ein#fach?", "100 %25", "名前"])
def test_the_home_may_be_any_folder(tmp_path: Path, folder: str) -> None:
    assert path_of(url_of(home=str(tmp_path / folder))) == tmp_path / folder / "archive" / "calls.db"


def test_a_tilde_is_the_user_s_own_folder() -> None:
    assert path_of(url_of(home="~/calls")) == Path.home() / "calls" / "archive" / "calls.db"
    assert path_of(url_of("sqlite:///~/x.db")) == Path.home() / "x.db"


def test_a_home_that_nobody_knows_is_told_by_the_name_of_the_variable() -> None:
    with pytest.raises(ConfigurationError, match="CALL_TRANSCRIPTS_HOME must be an absolute path"):
        url_of(home="~nobody-of-this-name/calls")
    with pytest.raises(ConfigurationError, match="CALL_TRANSCRIPTS_ARCHIVE must hold an absolute path"):
        url_of("sqlite:///~nobody-of-this-name/x.db")


@pytest.mark.parametrize("word", ["off", "OFF", " off "])
def test_the_archive_can_be_turned_off(word: str) -> None:
    assert url_of(word) is None


@pytest.mark.parametrize("url", ["sqlite:///srv/calls.db", "sqlite:////srv/calls.db"])
def test_a_file_is_named_by_its_absolute_path(url: str) -> None:
    assert path_of(url_of(url)) == Path("/srv/calls.db")


@pytest.mark.parametrize("folder", ["a#b?c %41", os.fsdecode(b"\xff\xfe")])
def test_the_url_of_a_file_gives_the_file_back(folder: str, tmp_path: Path) -> None:
    file = tmp_path / folder / "calls.db"
    assert path_of(sqlite_url(file)) == file


@pytest.mark.parametrize(
    "url",
    [
        "clickhouses://me:secret@db.example.com:8443/calls",
        "clickhouse://me:secret@127.0.0.1:8123/calls",
        "clickhouse://localhost",
        "chdb:///srv/calls",
    ],
)
def test_clickhouse_is_named_by_its_url(url: str) -> None:
    assert url_of(url) == url


def test_the_archive_s_password_is_a_secret() -> None:
    settings = load({"CALL_TRANSCRIPTS_ARCHIVE": "clickhouses://me:pa%40ss@db.example.com/calls"})
    assert settings.secrets == ["pa@ss"]
    assert "pa%40ss" not in repr(settings)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("postgres://localhost/calls", "is not the URL of an archive"),
        ("/srv/calls.db", "is not the URL of an archive"),
        ("sqlite:calls.db", "absolute path"),
        ("sqlite://calls.db", "is not the URL of an archive"),
        ("sqlite:///srv/a\nb.db", "is not the URL of an archive"),
        ("clickhouse://", "has no host"),
        ("clickhouse://db.example.com/calls", "in the clear"),
        ("clickhouses://[", "is not a URL"),
        ("clickhouses://db:port/calls", "is not a URL"),
    ],
)
def test_an_unusable_archive_is_refused_with_the_fix(value: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        load({"CALL_TRANSCRIPTS_ARCHIVE": value})
    text = str(caught.value)
    assert text.startswith("CALL_TRANSCRIPTS_ARCHIVE ")
    assert "\n" not in text


def test_a_refused_url_is_not_repeated() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load({"CALL_TRANSCRIPTS_ARCHIVE": "clickhouse://me:hunter2@db.example.com/calls"})
    assert "hunter2" not in str(caught.value)


def test_a_relative_home_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="CALL_TRANSCRIPTS_HOME must be an absolute path"):
        load({"CALL_TRANSCRIPTS_HOME": "data"})


def test_settings_made_in_code_have_the_default_archive() -> None:
    assert Settings().archive_url == url_of()
