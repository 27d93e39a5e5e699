"""What a tool refuses, and what it says: short, with the name of the argument and one hint, and the server lives on."""

# ruff: noqa: E501 - answers stand as they are sent, one long line each

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from inline_snapshot import snapshot
from tool_client import NOWHERE, WEEK, diga_ref, ref

from call_transcripts_mcp.sample import DIGA_KEY, ULTRAVOX_KEY

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from tool_client import Host

pytestmark = pytest.mark.anyio

CALL = ref("lumbre-live")
FOREIGN_CURSOR = (
    "This cursor belongs to another question. Send it with the arguments of the answer that gave it, "
    "or leave it out to start again."
)


async def is_alive(host: Host) -> bool:
    return (await host.ask("get_call", call_id=CALL)).startswith(f"{CALL} · ")


async def test_an_unknown_argument_is_named_with_those_that_there_are(host: Host) -> None:
    assert await host.refused("get_call", call_id=CALL, verbose=True) == snapshot(
        'get_call: unknown argument "verbose" (it takes call_id).'
    )
    assert await host.refused("list_calls", status="failed", **{"x" * 500: 1}) == snapshot(
        'list_calls: unknown argument "status": did you mean verdict or ended? (it takes since, until, provider, agent, ended, min_duration, max_duration, direction, version, contact, tool, verdict, text, limit, cursor); unknown argument "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… (+440 chars)".'
    )
    assert await is_alive(host)


@pytest.mark.parametrize("secret", [ULTRAVOX_KEY, DIGA_KEY, "sk-proj-" + "Ab1" * 14, "ghp_" + "16C7e42F29" * 4])
@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_call", {"call_id": "{}"}),
        ("get_call", {"call_id": "https://app.example.com/?api_key={}"}),
        ("get_call", {"call_id": "Authorization: Bearer {} of the call"}),
        ("list_calls", {"since": "{}"}),
        ("list_calls", {"provider": "{}"}),
        ("list_calls", {"limit": "{}"}),
        ("list_calls", {"{}": "1"}),
        ("list_call_messages", {"call_id": CALL, "messages": "{}"}),
        ("list_call_messages", {"call_id": CALL, "stage": "{}"}),
        ("search_messages", {"text": "token", "verdict": "{}"}),
    ],
)
async def test_a_secret_in_the_wrong_place_is_not_repeated(
    host: Host, tool: str, arguments: dict[str, str], secret: str
) -> None:
    sent = {name.format(secret): value.format(secret) for name, value in arguments.items()}
    text = await host.refused(tool, **sent)
    assert secret[:12] not in text
    assert secret[-12:] not in text


async def test_a_missing_call_id_is_named(host: Host) -> None:
    assert await host.refused("get_call") == snapshot("get_call: call_id is required.")
    assert await host.refused("list_call_messages", call_id="  ") == snapshot(
        "list_call_messages: call_id is required."
    )
    assert await host.refused("list_call_messages", call_id=None) == snapshot(
        "list_call_messages: call_id is required."
    )


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("list_calls", {"limit": "many"}),
        ("list_calls", {"limit": [1, 2]}),
        ("list_calls", {"agent": {"name": "x"}}),
        ("get_call", {"call_id": [CALL, NOWHERE]}),
        ("get_call", {"call_id": "x" * 10_000}),
        ("list_call_messages", {"call_id": CALL, "detail": "some"}),
        ("list_call_messages", {"call_id": CALL, "roles": ["nobody"]}),
        ("list_call_messages", {"call_id": CALL, "roles": 7}),
        ("list_call_messages", {"call_id": CALL, "roles": {"user": True}}),
        ("list_call_messages", {"call_id": CALL, "messages": {"first": 5}}),
        ("summarize_tool_failures", {"max_calls": 1.5}),
    ],
)
async def test_a_wrong_value_is_refused_with_the_arguments_name(
    host: Host, tool: str, arguments: dict[str, Any]
) -> None:
    text = await host.refused(tool, **arguments)
    wrong = list(arguments)[-1]
    assert re.match(rf"{tool}: {wrong}(\.\d+)?: ", text)
    assert "pydantic" not in text


@pytest.mark.parametrize("blank", [None, "", "   "])
async def test_an_optional_argument_may_be_null_or_empty(host: Host, blank: str | None) -> None:
    names = ("provider", "since", "until", "agent", "text", "cursor", "limit")
    assert await host.ask("list_calls", **dict.fromkeys(names, blank)) == await host.ask("list_calls")
    names = ("stage", "roles", "messages", "contains", "detail", "max_tokens", "cursor")
    plain = await host.ask("list_call_messages", call_id=CALL)
    assert await host.ask("list_call_messages", call_id=CALL, **dict.fromkeys(names, blank)) == plain
    names = ("since", "until", "provider", "agent", "tool", "examples", "max_calls", "max_tokens")
    plain = await host.ask("summarize_tool_failures", call_id=CALL)
    assert await host.ask("summarize_tool_failures", call_id=CALL, **dict.fromkeys(names, blank)) == plain


@pytest.mark.parametrize(
    "call_id",
    [
        "../../api/deleted_calls",
        f"ultravox:{NOWHERE}/../..",
        f"ultravox:{NOWHERE}?mode=x",
        "ultravox:",
        ":",
        "https://api.example.com/v1/call/1",
        "%2e%2e%2f",
        "a\u202eb\x00c",
        "x" * 200,
    ],
)
async def test_what_is_no_id_never_reaches_a_provider(host: Host, platform: Starlette, call_id: str) -> None:
    before = platform.state.requests.total
    text = await host.refused("get_call", call_id=call_id)
    assert platform.state.requests.total == before
    assert text.isprintable()
    assert len(text) < 250
    assert await is_alive(host)


async def test_an_id_of_one_platform_is_not_found_at_the_other(host: Host) -> None:
    swapped = diga_ref("heron-queued").replace("diga:", "ultravox:")
    assert await host.refused("get_call", call_id=swapped) == snapshot(
        "ultravox: cannot find the call under this key (404). Check the id, and which account the key belongs to."
    )


async def test_a_provider_that_is_not_there_is_told_with_those_that_are(host: Host) -> None:
    assert await host.refused("list_calls", provider="acme") == snapshot(
        '"acme" is not a provider. Use one of: ultravox, diga.'
    )
    assert await host.refused("summarize_tool_failures", provider="acme") == snapshot(
        '"acme" is not a provider. Use one of: ultravox, diga.'
    )
    assert await host.refused("get_call", call_id=f"acme:{NOWHERE}") == snapshot(
        '"acme" is not a provider. Use one of: ultravox, diga.'
    )


async def test_a_window_that_runs_backwards_or_is_no_time_is_refused(host: Host) -> None:
    assert await host.refused("list_calls", since="2026-06-02", until="2026-06-01") == snapshot(
        'The window is empty: since (2026-06-02T00:00:00Z) is not before until (2026-06-02T00:00:00Z). Swap them: since="2026-06-01", until="2026-06-02".'
    )
    assert await host.refused("summarize_tool_failures", since="some day") == snapshot(
        'since "some day" is not a time. Examples: 24h, yesterday, 2026-11-20T14:00Z; without a zone it is UTC.'
    )
    assert await host.refused("list_calls", until="2026-13-45") == snapshot(
        'until "2026-13-45" is not a time. Examples: 24h, yesterday, 2026-11-20T14:00Z; without a zone it is UTC.'
    )


async def test_numbers_of_messages_that_cannot_be_are_refused(host: Host) -> None:
    assert await host.refused("list_call_messages", call_id=CALL, messages="9-3") == snapshot(
        "messages 9-3 runs backwards. Give the smaller number first."
    )
    assert await host.refused("list_call_messages", call_id=CALL, messages="500-600") == snapshot(
        "messages start at 500, and this call has 10. Use a smaller number."
    )
    assert await host.refused("list_call_messages", call_id=CALL, messages="the last ones") == snapshot(
        'messages "the last ones" names no lines. It takes numbers, "40-60", "40-", "-20" (the last 20) or "41,45", and offsets, "15:53-16:10".'
    )


async def cursors(host: Host) -> tuple[str, str]:
    """A cursor of a list of calls and one of a transcript."""
    calls = await host.ask("list_calls", limit=3)
    messages = await host.ask("list_call_messages", call_id=ref("heron-stock-count"), max_tokens=500)
    found = [re.search(r'cursor="([^"]*)"', answer) for answer in (calls, messages)]
    assert found[0]
    assert found[1]
    return found[0][1], found[1][1]


async def test_a_cursor_of_other_arguments_another_tool_or_another_hand_is_refused(host: Host) -> None:
    of_calls, of_messages = await cursors(host)
    long_call = ref("heron-stock-count")
    asked = [
        await host.refused("list_calls", agent="x", cursor=of_calls),
        await host.refused("list_calls", limit=3, cursor=of_calls, **WEEK),
        await host.refused("list_calls", limit=3, cursor=of_messages),
        await host.refused("list_call_messages", call_id=CALL, max_tokens=500, cursor=of_messages),
        await host.refused("list_call_messages", call_id=long_call, roles="user", cursor=of_messages),
        await host.refused("list_call_messages", call_id=long_call, cursor=of_calls),
        *[await host.refused("list_calls", cursor=cursor) for cursor in ("x", ".", "~~", "\u202e\x00", "9" * 3000)],
        *[
            await host.refused("list_call_messages", call_id=CALL, cursor=cursor)
            for cursor in ("1-0", "-1--1.00000000")
        ],
    ]
    assert set(asked) == {FOREIGN_CURSOR}
    assert await is_alive(host)


async def test_a_cursor_changed_by_one_character_is_refused(host: Host) -> None:
    of_calls, _ = await cursors(host)
    for at in range(0, len(of_calls), 9):
        changed = of_calls[:at] + ("1" if of_calls[at] != "1" else "2") + of_calls[at + 1 :]
        assert await host.refused("list_calls", limit=3, cursor=changed) == FOREIGN_CURSOR


async def test_a_cursor_of_ten_thousand_characters_is_refused_without_being_shown(host: Host) -> None:
    text = await host.refused("list_calls", cursor="A" * 10_000)
    assert "AAAA" not in text
    assert text.startswith("list_calls: cursor: ")
