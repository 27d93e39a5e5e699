"""`latest` in the place of a call is the newest call that has started; and no argument is dropped in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tool_client import Host

pytestmark = pytest.mark.anyio

ABOUT_ONE_CALL = ("get_call", "list_call_messages", "summarize_tool_failures")


@pytest.mark.parametrize("tool", ABOUT_ONE_CALL)
@pytest.mark.parametrize("sent", ["latest", "Last", "newest", "the last call", "most_recent", '"latest"'])
async def test_the_newest_call_that_has_started_is_read_and_named(host: Host, tool: str, sent: str) -> None:
    listed = [line for line in (await host.ask("list_calls")).splitlines() if line.startswith(("ultravox:", "diga:"))]
    newest = next(line.split(" ")[0] for line in listed if "not started" not in line)
    first, *_, last = (await host.ask(tool, call_id=sent)).splitlines()
    assert first.startswith(newest)
    assert last == f"Note: {newest} is the newest call that has started."


async def test_the_pages_of_the_newest_call_go_on_by_the_same_word(host: Host) -> None:
    listed = [line for line in (await host.ask("list_calls")).splitlines() if line.startswith(("ultravox:", "diga:"))]
    newest = next(line.split(" ")[0] for line in listed if "not started" not in line)
    named, meant = [await host.ask("list_call_messages", call_id=sent, max_tokens=500) for sent in (newest, "latest")]
    assert meant.startswith(named)


@pytest.mark.parametrize("word", ["lastest call ever", "previous"])
async def test_another_word_is_refused_with_what_a_call_is_named_by(host: Host, word: str) -> None:
    assert "provider:id" in await host.refused("get_call", call_id=word)


@pytest.mark.parametrize(
    ("tool", "sent", "said"),
    [
        ("list_calls", "max_tokens", "limit bounds this answer"),
        ("search_messages", "tokenBudget", "limit bounds this answer"),
        ("get_call", "max_tokens", "it is one screen"),
        ("get_call", "foo", "it takes call_id"),
        ("list_calls", "limt", "did you mean limit?"),
    ],
)
async def test_an_argument_that_a_tool_lacks_is_refused_by_name(host: Host, tool: str, sent: str, said: str) -> None:
    text = await host.refused(tool, **{sent: 900})
    assert f'unknown argument "{sent}"' in text
    assert said in text
