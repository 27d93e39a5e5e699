"""Several accounts of one platform in one server: their names, their keys, and whose calls are whose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest
from mcp import Client
from mcp_types import TextContent

from call_transcripts_mcp.app import build_server
from call_transcripts_mcp.errors import ConfigurationError
from call_transcripts_mcp.sample import ULTRAVOX_KEY, create_app, serve_in_thread
from call_transcripts_mcp.sample.ids import made_id
from call_transcripts_mcp.settings import load

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST, SECOND = made_id("call", 7, "lumbre-gives-up"), made_id("call", 8, "lumbre-gives-up")


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("ULTRAVOX_API_KEY", "ultravox"),
        ("ULTRAVOX_API_KEY_EU", "ultravox.eu"),
        ("RETELL_API_KEY_2", "retell.2"),
    ],
)
def test_the_variable_names_the_account(name: str, provider: str) -> None:
    (account,) = load({name: "key-of-the-account"}).accounts
    assert account.provider == provider


@pytest.mark.parametrize(
    "name", ["ULTRAVOX_API_KEY_FILE", "ULTRAVOX_API_KEY_", "ULTRAVOX_API_KEY_A_B", "VAPI_API_KEY_\u00c9"]
)
def test_a_variable_that_names_no_account_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="names no account"):
        load({name: "key-of-the-account"})


def test_an_account_has_its_own_address_or_that_of_its_platform() -> None:
    accounts = load(
        {
            "DIGA_API_KEY_A": "key-a",
            "DIGA_API_KEY_B": "key-b",
            "DIGA_BASE_URL": "https://diga.example",
            "DIGA_BASE_URL_B": "https://b.example",
        }
    ).accounts
    assert [account.base_url for account in accounts] == ["https://diga.example", "https://b.example"]


async def _answers(settings: dict[str, str], *asked: tuple[str, Mapping[str, object]]) -> list[str]:
    async with Client(build_server(load(settings))) as client:
        answers = [await client.call_tool(tool, dict(arguments)) for tool, arguments in asked]
        return ["\n".join(part.text for part in answer.content if isinstance(part, TextContent)) for answer in answers]


def test_calls_of_two_accounts_stand_side_by_side_under_their_own_names(tmp_path: object) -> None:
    with serve_in_thread(create_app(seed=7)) as first, serve_in_thread(create_app(seed=8)) as second:
        settings = {
            "ULTRAVOX_API_KEY": ULTRAVOX_KEY,
            "ULTRAVOX_BASE_URL": first,
            "ULTRAVOX_API_KEY_EU": ULTRAVOX_KEY,
            "ULTRAVOX_BASE_URL_EU": second,
            "CALL_TRANSCRIPTS_HOME": str(tmp_path),
        }
        both, eu, found, other, wrong, unknown, searched = anyio.run(
            _answers,
            settings,
            ("list_calls", {"since": "365d", "limit": 100}),
            ("list_calls", {"since": "365d", "provider": "ultravox.eu", "limit": 100}),
            ("get_call", {"call_id": f"ultravox.eu:{SECOND}"}),
            ("get_call", {"call_id": SECOND}),
            ("get_call", {"call_id": f"ultravox:{SECOND}"}),
            ("get_call", {"call_id": f"ultravox.us:{SECOND}"}),
            ("search_messages", {"tool": "check_availability", "refs_only": True}),
        )
    assert f"ultravox:{FIRST}" in both
    assert f"ultravox.eu:{SECOND}" in both
    assert f"ultravox.eu:{SECOND}" in eu
    assert f"ultravox:{FIRST}" not in eu
    assert found.startswith(f"ultravox.eu:{SECOND}")
    assert other == found
    assert "cannot find the call" in wrong
    assert "ultravox.us" in unknown
    assert "ultravox.eu" in unknown
    assert f"ultravox.eu:{SECOND}" in searched


def test_a_refused_key_of_an_account_is_named_by_its_own_variable(tmp_path: object) -> None:
    with serve_in_thread(create_app()) as platform:
        settings = {
            "ULTRAVOX_API_KEY_EU": "wrong-key-4711",
            "ULTRAVOX_BASE_URL": platform,
            "CALL_TRANSCRIPTS_HOME": str(tmp_path),
        }
        (answer,) = anyio.run(_answers, settings, ("list_calls", {"limit": 20}))
    assert "ultravox.eu: the key was refused (401). Check ULTRAVOX_API_KEY_EU" in answer
    assert "wrong-key-4711" not in answer
