"""Calls with everything hostile in them, and pages taken apart: for the tests of the HTML pages."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

from call_transcripts_mcp.analysis.verdicts import judged
from call_transcripts_mcp.model import Call, CallStatus, EventKind, Message, Role, ToolEvent, Transcript
from call_transcripts_mcp.redaction.redactor import redactor
from call_transcripts_mcp.render.foreign import Foreign

MASKING = Foreign(redactor("secrets"))
START = datetime(2026, 5, 30, 10, 0, tzinfo=UTC)
HOSTILE = (
    "</script><script>window.hit=1</script><img src=x onerror=window.hit=1><a href=javascript:hit()>x</a>"
    "<style>*{display:none}</style><!-- {{ 7*7 }} {% raw %} \u202egnp.exe\u0000 \u2028 \ud800"
    " &lt;b&gt; \"'` --><base href=//x>"
)
SECRET = f"sk-proj-{'a1B2' * 12}"


def hostile_call() -> Transcript:
    """A call whose every text is hostile."""
    payload = json.dumps({"note": HOSTILE, "password": "hunter2", "key": SECRET})
    tool_name = 'find"><script>window.hit=1</script>'
    messages = (
        Message(1, Role.AGENT, "agent", HOSTILE, start_s=0.0, end_s=2.0),
        Message(2, Role.USER, "user", f"{HOSTILE} {SECRET}", start_s=2.5, end_s=4.0),
        Message(3, Role.TOOL, "tool", tool=ToolEvent(EventKind.CALL, tool_name, "t1", payload), start_s=4.5),
        Message(
            4, Role.TOOL, "tool", tool=ToolEvent(EventKind.RESULT, tool_name, "t1", f"Error: {HOSTILE}"), start_s=6.0
        ),
        Message(5, Role.OTHER, HOSTILE, HOSTILE, start_s=6.5, end_s=7.0),
        Message(6, Role.AGENT, "agent", "Your table is booked.", start_s=7.0, end_s=9.0),
    )
    call = Call(
        provider="ultravox",
        id="40181285-a6c4-53f9-9692-258ee5152402",
        status=CallStatus.ENDED,
        started_at=START,
        duration_s=9.0,
        end_reason_raw=HOSTILE,
        agent_name=HOSTILE,
        agent_version=HOSTILE,
        contact=HOSTILE,
        short_summary=HOSTILE,
        summary=HOSTILE,
        metadata={HOSTILE: HOSTILE},
    )
    return Transcript(call, messages, judged(messages, call.status), gaps=(HOSTILE,))


@dataclass
class Taken(HTMLParser):
    """A page, taken apart.

    Attributes:
        tags: each start tag with its attributes, in order.
        texts: by name of a tag, the text in each such element.
        visible: all other text.
    """

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list[Any])
    texts: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    visible: str = ""
    _open: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in {"script", "style", "title"}:
            self._open = tag
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = "" if tag == self._open else self._open

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open][-1] += data
        else:
            self.visible += data

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [given for name, given in self.tags if name == tag]


def taken_apart(text: str) -> Taken:
    page = Taken()
    page.feed(text)
    page.close()
    return page


def assert_self_contained(text: str) -> Taken:
    """Nothing in a page is asked from anywhere, and its policy allows its own scripts and style alone."""
    page = taken_apart(text)
    metas = page.attributes("meta")
    policy = next(one["content"] or "" for one in metas if one.get("http-equiv") == "Content-Security-Policy")
    rules = {name: sources for name, *sources in (rule.split() for rule in policy.split(";"))}
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == ["'none'"]
    run = [
        code
        for code, given in zip(page.texts["script"], page.attributes("script"), strict=True)
        if given.get("type") != "application/json"
    ]
    assert rules["script-src"] == [hash_of(code) for code in run]
    assert rules["style-src"] == [hash_of(code) for code in page.texts["style"]]
    for tag, given in page.tags:
        assert tag not in {"iframe", "object", "embed", "base", "img", "audio", "video", "svg"}
        assert not {name for name in given if name.startswith("on") or name in {"src", "srcset", "style", "action"}}
        assert not (given.get("href") or "#").removeprefix("data:,").removeprefix("#").startswith(("http", "/", "java"))
    assert "url(" not in page.texts["style"][0]
    assert "@import" not in page.texts["style"][0]
    return page


def hash_of(code: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"
