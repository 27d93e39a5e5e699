"""Rows made anew: by newer rules or masked more strictly, on every engine, without asking a provider."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from kept_calls import (
    ACME,
    ANY_LINE,
    EVERYWHERE,
    NOON_MS,
    ZETA,
    agent,
    kept,
    minute,
    minute_ms,
    phrases,
    transcript,
    user,
)

from call_transcripts_mcp.analysis import RULES_VERSION
from call_transcripts_mcp.analysis.verdicts import judged
from call_transcripts_mcp.archive.base import Key, Selection
from call_transcripts_mcp.archive.refreshing import refresh, stored_transcript
from call_transcripts_mcp.archive.rows import MASKING, call_rows
from call_transcripts_mcp.model import CallStatus, EventKind, Message, Role, ToolEvent, Verdict
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign

if TYPE_CHECKING:
    from call_transcripts_mcp.archive.base import CallRows, Engine
    from conftest import Home

OFF, PERSONAL = (Foreign(redactor(mode)) for mode in ("off", "personal"))
MAIL = "ana@example.com"
FAILED = '{"error": "no table left"}'


def older(call_id: str, at: float = 0) -> CallRows:
    """A call as older rules saw it: well, whatever the tool's result says."""
    events = (
        ToolEvent(EventKind.CALL, "book", invocation_id="1", payload="{}"),
        ToolEvent(EventKind.RESULT, "book", invocation_id="1", payload=FAILED),
    )
    messages = [Message(0, Role.TOOL, "tool", "", tool=event) for event in events]
    found = transcript(call_id, user("A table, please"), *messages, agent("Done"), created=minute(at))
    (judged_now,) = judged(found.messages, CallStatus.ENDED)
    found = replace(found, tool_calls=(replace(judged_now, verdict=Verdict.OK, evidence="", error=""),))
    return replace(kept(found), rules_version=RULES_VERSION - 1)


def outdated(engine: Engine, selection: Selection = EVERYWHERE, **given: int) -> list[str]:
    return [key.id for key in engine.outdated(selection, rules_version=RULES_VERSION, **given)]


def test_calls_of_older_rules_are_named_newest_first(engine: Engine) -> None:
    engine.put(ACME, [older("a", 1), kept(transcript("new", user("hello"), created=minute(2))), older("c", 3)])
    engine.put(ZETA, [older("b", 2)])
    assert outdated(engine) == ["c", "b", "a"]
    assert outdated(engine, limit=2) == ["c", "b"]
    assert outdated(engine, Selection(spaces=[ACME])) == ["c", "a"]
    assert outdated(engine, Selection(until_ms=minute_ms(2))) == ["b", "a"]
    assert outdated(engine, Selection(keys=[Key(ACME, "a"), Key(ACME, "new")])) == ["a"]
    assert engine.outdated(EVERYWHERE, rules_version=RULES_VERSION - 1) == []


def test_a_call_of_older_rules_is_judged_anew_from_what_is_stored(engine: Engine) -> None:
    engine.put(ACME, [older("a"), older("b", 1)], [(NOON_MS, minute_ms(5))])
    assert engine.count(EVERYWHERE).failed == 0
    refresh(engine, [Key(ACME, "a")])
    assert engine.count(EVERYWHERE).failed == 1
    assert [cause.verdicts.total() for cause in engine.failures(EVERYWHERE).causes] == [1]
    assert [sum(facts.verdicts.values()) for facts in engine.calls(EVERYWHERE)] == [1, 1]
    hits = engine.search(phrases("table left"), EVERYWHERE, ANY_LINE, before=None, limit=9)
    assert [(hit.key.id, hit.verdict != "ok") for hit in hits] == [("b", False), ("a", True)]
    assert outdated(engine) == ["b"]
    assert engine.state().spaces[0].covered == ((NOON_MS, minute_ms(5)),)
    assert engine.check() == []


def test_a_transcript_of_older_rules_is_judged_when_it_is_read(engine: Engine) -> None:
    engine.put(ACME, [older("a")])
    stored = engine.transcript(Key(ACME, "a"))
    assert stored is not None
    assert stored.rules_version == RULES_VERSION - 1
    assert [found.verdict for found in stored_transcript(stored).tool_calls] != [Verdict.OK]


def test_a_call_that_was_purged_is_not_put_again(engine: Engine) -> None:
    one = older("a")
    engine.put(ACME, [one, older("b")])
    engine.purge(Selection(keys=[Key(ACME, "a")]))
    engine.replace(ACME, [one])
    engine.replace("acme-unknown", [one])
    assert [facts.key.id for facts in engine.calls(EVERYWHERE)] == ["b"]


def test_a_call_that_cannot_be_read_is_removed_and_does_not_stay_outdated(engine: Engine) -> None:
    engine.put(ACME, [replace(older("a"), transcript=b"no zlib"), older("b")], [(NOON_MS, NOON_MS)])
    refresh(engine, engine.outdated(EVERYWHERE, rules_version=RULES_VERSION))
    assert outdated(engine) == []
    assert [facts.key.id for facts in engine.calls(EVERYWHERE)] == ["b"]
    assert engine.state().spaces[0].covered == ()


@pytest.mark.parametrize("secret", [MAIL])
def test_what_is_masked_more_strictly_leaves_the_disk(home: Home, secret: str) -> None:
    engine = home.open()
    names = [f"call-{number}" for number in range(5)]
    found = [transcript(name, user(f"Write to {secret} soon"), created=minute(at)) for at, name in enumerate(names)]
    engine.put(ACME, [call_rows(one, OFF, MASKING["off"]) for one in found])
    assert outdated(engine, masking=MASKING["personal"]) == names[::-1]
    refresh(engine, [Key(ACME, name) for name in names], PERSONAL, MASKING["personal"])
    engine.erase()
    assert outdated(engine, masking=MASKING["personal"]) == []
    assert engine.search(phrases("example"), EVERYWHERE, ANY_LINE, before=None, limit=9) == []
    stored = [engine.transcript(Key(ACME, name)) for name in names]
    assert all(one is not None and secret not in stored_transcript(one).messages[0].text for one in stored)
    assert all(one is not None and one.masking == MASKING["personal"] for one in stored)
    assert engine.state().spaces[0].personal == len(names)
    assert engine.check() == []


def test_erasing_what_was_never_replaced_does_nothing(engine: Engine) -> None:
    engine.put(ACME, [older("a")])
    engine.erase()
    assert outdated(engine) == ["a"]
