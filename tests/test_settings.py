"""The environment: every rule of it, and that no value of it is ever repeated."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from call_transcripts_mcp.errors import ConfigurationError
from call_transcripts_mcp.providers import ALL
from call_transcripts_mcp.settings import Account, Settings, load

if TYPE_CHECKING:
    from pathlib import Path

KEY = "Abcd1234.0123456789abcdefghijklmnopqrstuv"


def test_nothing_set_is_the_sample_platform() -> None:
    settings = load({})
    assert settings == Settings((), "secrets", "WARNING")
    assert settings.is_sample


@pytest.mark.parametrize("name", ALL)
def test_a_key_makes_an_account(name: str) -> None:
    settings = load({f"{name.upper()}_API_KEY": KEY})
    assert settings.accounts == (Account(name, SecretStr(KEY), None),)
    assert not settings.is_sample


def test_all_keys_make_all_accounts_in_our_order() -> None:
    environment = {f"{name.upper()}_API_KEY": KEY for name in reversed(ALL)}
    assert tuple(account.provider for account in load(environment).accounts) == ALL


def test_a_key_is_not_shown() -> None:
    settings = load({"ULTRAVOX_API_KEY": KEY})
    assert KEY not in repr(settings)
    assert KEY not in str(settings.accounts[0])


@pytest.mark.parametrize("value", ["", " ", "\t\n"])
def test_an_empty_variable_counts_as_unset(value: str) -> None:
    names = ("ULTRAVOX_API_KEY", "ULTRAVOX_BASE_URL", "CALL_TRANSCRIPTS_REDACT", "CALL_TRANSCRIPTS_LOG_LEVEL")
    assert load(dict.fromkeys(names, value)) == Settings()


def test_blanks_about_a_value_are_taken_off() -> None:
    environment = {"ULTRAVOX_API_KEY": f" {KEY}\n", "CALL_TRANSCRIPTS_REDACT": " off "}
    settings = load(environment)
    assert settings.accounts[0].api_key.get_secret_value() == KEY
    assert settings.redact == "off"


def test_the_environment_of_the_process_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not any(name.startswith("ULTRAVOX_") for name in os.environ)
    monkeypatch.setenv("ULTRAVOX_API_KEY", KEY)
    assert [account.provider for account in load().accounts] == ["ultravox"]


@pytest.mark.parametrize(
    "key",
    [f'"{KEY}"', f"'{KEY}'", "two words", "line\nbreak", "s\u00e9cret", "\u201c" + KEY + "\u201d", "nul\x00", "\x7f"],
    ids=ascii,
)
def test_a_key_with_characters_that_no_key_has_is_refused(key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load({"DIGA_API_KEY": key})
    text = "DIGA_API_KEY holds characters that no key has. Copy the key again, without quotes."
    assert str(caught.value) == text


@pytest.mark.parametrize("name", ["ULTRAVOX_API_KEY", "DIGA_API_KEY", "ULTRAVOX_BASE_URL"])
@pytest.mark.parametrize(
    "value",
    [
        "${ULTRAVOX_API_KEY}", "$ULTRAVOX_API_KEY", "%ULTRAVOX_API_KEY%", "{{ULTRAVOX_API_KEY}}", "{{ key }}",
        "${env:KEY}", "${input:key}", "${KEY:-}", "$(pass show key)", "https://${HOST}/api",
    ],
)  # fmt: skip
def test_a_variable_that_was_not_replaced_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load({name: value})
    assert str(caught.value) == (
        f"{name} holds a variable that was not replaced. Write the value itself, or set that variable for the host."
    )


@pytest.mark.parametrize("name", ["CALL_TRANSCRIPTS_HOME", "CALL_TRANSCRIPTS_ARCHIVE"])
@pytest.mark.parametrize("value", ["${HOME}/calls", "sqlite:///${HOME}/calls.db", "%APPDATA%/calls", "$HOME"])
def test_a_path_with_a_variable_that_was_not_replaced_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} holds a variable that was not replaced"):
        load({name: value})


@pytest.mark.parametrize("name", ["ULTRAVOX_API_KEY", "DIGA_API_KEY"])
@pytest.mark.parametrize(
    "value",
    [
        "...", "…", "sk-...", "<your key>", "<API_KEY>", "YOUR_API_KEY", "your-ultravox-key", "Your key", "api_key",
        "key-here", "changeme", "change-me", "placeholder", "XXXX", "****", "paste-your-key-here",
    ],
)  # fmt: skip
def test_a_placeholder_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load({name: value})
    assert str(caught.value) == f"{name} holds a placeholder. Set it to your own value, or remove it."


@pytest.mark.parametrize(
    "key", [KEY, "sk-5a3b1e", "a$b", "$2b", "100%", "%41%42", "{x}", "a..b", "keychain7", "x7xx", "yours"]
)
def test_a_key_that_only_resembles_a_placeholder_is_taken(key: str) -> None:
    assert load({"DIGA_API_KEY": key}).accounts[0].api_key.get_secret_value() == key


@pytest.mark.parametrize(
    ("url", "base_url"),
    [
        ("https://api.example.com", "https://api.example.com"),
        ("https://api.example.com/", "https://api.example.com"),
        ("https://api.example.com:8443/voice//", "https://api.example.com:8443/voice"),
        ("HTTPS://api.example.com", "HTTPS://api.example.com"),
        ("http://localhost:8900", "http://localhost:8900"),
        ("http://LOCALHOST", "http://LOCALHOST"),
        ("http://127.0.0.1:8900", "http://127.0.0.1:8900"),
        ("http://127.8.9.10", "http://127.8.9.10"),
        ("http://[::1]:8900", "http://[::1]:8900"),
        ("https://10.0.0.5", "https://10.0.0.5"),
    ],
)
def test_a_base_url_is_taken_without_its_last_slash(url: str, base_url: str) -> None:
    assert load({"DIGA_API_KEY": KEY, "DIGA_BASE_URL": url}).accounts[0].base_url == base_url


@pytest.mark.parametrize(
    ("url", "fix"),
    [
        ("api.example.com", "is not a URL"),
        ("https://", "is not a URL"),
        ("https:///path", "is not a URL"),
        ("//api.example.com", "is not a URL"),
        ("ftp://api.example.com", "is not a URL"),
        ("file:///etc/passwd", "is not a URL"),
        ("https://[::1", "is not a URL"),
        ("https://host:port", "is not a URL"),
        ("https://host:99999", "is not a URL"),
        ("https://a b", "is not a URL"),
        ("https://a\nb", "is not a URL"),
        ("https://a\u202eb", "is not a URL"),
        ("https://user:word@api.example.com", "may only hold scheme, host, port and path"),
        ("https://user@api.example.com", "may only hold scheme, host, port and path"),
        ("https://@api.example.com", "may only hold scheme, host, port and path"),
        ("https://api.example.com?key=1", "may only hold scheme, host, port and path"),
        ("https://api.example.com?", "may only hold scheme, host, port and path"),
        ("https://api.example.com#", "may only hold scheme, host, port and path"),
        ("https://api.example.com/#/x", "may only hold scheme, host, port and path"),
        ("http://api.example.com", "would send the key in the clear"),
        ("http://10.0.0.5", "would send the key in the clear"),
        ("http://0.0.0.0:8900", "would send the key in the clear"),
        ("http://localhost.example.com", "would send the key in the clear"),
        ("http://127.0.0.1.example.com", "would send the key in the clear"),
        ("http://[fe80::1]", "would send the key in the clear"),
        ("http://2130706433", "would send the key in the clear"),
    ],
)
@pytest.mark.parametrize("key", [KEY, ""], ids=["with a key", "without"])
def test_a_base_url_that_cannot_be_used_is_refused(url: str, fix: str, key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load({"ULTRAVOX_API_KEY": key, "ULTRAVOX_BASE_URL": url})
    text = str(caught.value)
    assert text.startswith("ULTRAVOX_BASE_URL ")
    assert fix in text
    assert "\n" not in text
    assert "word" not in text


@pytest.mark.parametrize(
    ("name", "field", "value", "read"),
    [
        ("CALL_TRANSCRIPTS_REDACT", "redact", "secrets", "secrets"),
        ("CALL_TRANSCRIPTS_REDACT", "redact", "Personal", "personal"),
        ("CALL_TRANSCRIPTS_REDACT", "redact", "OFF", "off"),
        ("CALL_TRANSCRIPTS_LOG_LEVEL", "log_level", "debug", "DEBUG"),
        ("CALL_TRANSCRIPTS_LOG_LEVEL", "log_level", "INFO", "INFO"),
        ("CALL_TRANSCRIPTS_LOG_LEVEL", "log_level", "Error", "ERROR"),
    ],
)
def test_a_choice_is_read_in_any_case(name: str, field: str, value: str, read: str) -> None:
    assert getattr(load({name: value}), field) == read


@pytest.mark.parametrize(
    ("name", "value", "choices"),
    [
        ("CALL_TRANSCRIPTS_REDACT", "on", "secrets, personal, off"),
        ("CALL_TRANSCRIPTS_REDACT", "secret", "secrets, personal, off"),
        ("CALL_TRANSCRIPTS_LOG_LEVEL", "TRACE", "DEBUG, INFO, WARNING, ERROR"),
        ("CALL_TRANSCRIPTS_LOG_LEVEL", "10", "DEBUG, INFO, WARNING, ERROR"),
    ],
)
def test_a_choice_that_is_none_is_refused_with_the_choices(name: str, value: str, choices: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load({name: value})
    assert str(caught.value) == f"{name} is not one of {choices}. Set it to one of them, or unset it."


@given(key=st.text(max_size=40), url=st.text(max_size=40) | st.text(max_size=30).map("https://".__add__))
def test_any_text_is_taken_or_refused_by_name(key: str, url: str) -> None:
    try:
        settings = load({"DIGA_API_KEY": key, "DIGA_BASE_URL": url})
    except ConfigurationError as error:
        refusal = str(error)
        assert refusal.startswith(("DIGA_API_KEY ", "DIGA_BASE_URL "))
    else:
        assert settings.is_sample is (not key.strip())


def test_names_of_agents_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "names.toml"
    file.write_text("agent_1 = 'Booking line'\n", encoding="utf-8-sig")
    assert load({"CALL_TRANSCRIPTS_AGENT_NAMES": str(file)}).agent_names.of("retell", "agent_1") == "Booking line"
    assert not load({"CALL_TRANSCRIPTS_AGENT_NAMES": " "}).agent_names


def test_a_file_of_names_that_cannot_be_used_is_refused_in_one_line(tmp_path: Path) -> None:
    setting, content = "CALL_TRANSCRIPTS_AGENT_NAMES", tmp_path / "names.toml"

    def refusal(path: object, text: bytes | None = None) -> str:
        if text is not None:
            content.write_bytes(text)
        with pytest.raises(ConfigurationError) as caught:
            load({setting: str(path)})
        assert "\n" not in str(caught.value)
        return str(caught.value)

    no_file = f"{setting} names no file. Write the whole path of a TOML file, or unset it."
    assert refusal(tmp_path) == no_file
    assert refusal(tmp_path / "not there.toml") == no_file
    unreadable = f"{setting} names a file that cannot be read. Check its path and rights."
    assert refusal("a\0b") in (no_file, unreadable)  # by version of Python
    assert refusal("x" * 5_000) in (no_file, unreadable)
    assert refusal("${HOME}/names.toml").startswith(f"{setting} holds a variable that was not replaced.")
    assert refusal(content, b"\xff = 'x'") == f"{setting} names a file that is not UTF-8. Save it as UTF-8."
    too_long = f"{setting} names a file of more than 500 kB. It takes one line for each agent."
    assert refusal(content, b"#" * 500_001) == too_long
    wrong = f'The file of {setting} gives "a" a value that is not text in quotes. Write "a" = "name".'
    assert refusal(content, b"a = 1") == wrong
